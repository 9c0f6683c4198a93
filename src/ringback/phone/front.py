"""What people, pages and NOTIFYs may ask of a phone: the front of the handset.

Each method refuses what cannot be, and says why, while whoever asked still listens; what is left is
a wish, which the phone grants when it is free.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ringback.cisco.resync import Cause
from ringback.errors import RefusedError
from ringback.phone.boot import Reason
from ringback.phone.call import Call, Calls
from ringback.phone.report import Reports
from ringback.phone.trust import Trust
from ringback.phone.upgrade import Upgrades
from ringback.phone.wish import Order, Reset, Restart, Submission, Update, Wish

if TYPE_CHECKING:
    from ringback.cisco.envelope import Opened
    from ringback.cisco.profile import Profile
    from ringback.phone.parts import P


class Front:
    """The front of a handset."""

    __slots__ = ()

    if TYPE_CHECKING:
        profile: Profile

        def holds(self, name: str) -> bool:
            """As the handset does."""

        def part(self, kind: type[P]) -> P:
            """As the handset does."""

        def want(self, wish: Wish, now: float) -> None:
            """As the handset does."""

        def refuse_unless_up(self) -> None:
            """As the handset does."""

        def turn(self, now: float) -> None:
            """As the handset does."""

    def request(self, rule: str | None, now: float, *, host: str = "", sip: bool = False) -> None:
        """Resync because somebody asks: to a one-shot ``rule``, or to the phone's own (None).

        ``sip`` when a NOTIFY asks: Resync_From_SIP may forbid that.

        Raises:
            RefusedError: Provision_Enable is No, Resync_From_SIP is No, the phone is not up, or
                too many are waiting.
        """
        if not self.holds("Provision_Enable"):
            raise RefusedError("provisioning is disabled", why="Provision_Enable is No")
        if sip and not self.holds("Resync_From_SIP"):
            raise RefusedError("no resync is asked for by SIP", why="Resync_From_SIP is No")
        self.want(Order(Cause.REQUEST, rule, host), now)

    def submit(self, values: Mapping[str, str], now: float) -> Submission:
        """Save settings, then restart and resync: *Submit All Changes*.

        The answer says what became of it, as soon as the disk has spoken.

        Raises:
            RingbackError: a name the phone does not have; or RefusedError, as for ``request``.
        """
        self.profile.set(values)  # Refuses unknown names now, while somebody listens.
        submission = Submission(values)
        self.want(submission, now)
        return submission

    def update_ca(self, rule: str | None, now: float, *, host: str = "") -> None:
        """Install a custom authority, by a one-shot ``rule`` or the phone's own (None).

        Raises:
            RefusedError: there is no rule, the phone is not up, or too many are waiting.
        """
        if rule is None and not self.part(Trust).rule.strip():
            raise RefusedError("there is no custom CA to fetch", why="name its URL after the ?")
        self.want(Update(rule, host), now)

    def upgrade(self, rule: str | None, now: float, *, host: str = "") -> None:
        """Upgrade the firmware, by a one-shot ``rule`` or the phone's own (None).

        Raises:
            RefusedError: Upgrade_Enable is No, there is no rule, the phone is not up, or too many
                are waiting.
        """
        self.part(Upgrades).request(rule, now, host)

    def report(self, now: float) -> None:
        """Upload what Report_Rule says, once.

        Raises:
            RefusedError: there is no Report_Rule, the phone is not up, or too many are waiting.
        """
        self.part(Reports).request(now)

    def reboot(self, now: float, reason: Reason = Reason.USER) -> None:
        """Restart, once the phone is idle.

        Raises:
            RefusedError: the phone is not up, or too many are waiting.
        """
        self.want(Restart(reason), now)

    def reset(self, now: float) -> None:
        """Back to the factory's settings, once the phone is idle; the firmware stays.

        Raises:
            RefusedError: the phone is not up, or too many are waiting.
        """
        self.want(Reset(), now)

    def start_call(self, line: int, now: float, *, number: str = "", name: str = "") -> None:
        """A call begins on a line, from 1, with whom ``number`` and ``name`` say.

        Raises:
            RefusedError: the phone is not up, has no such line, or it is in use.
        """
        self.refuse_unless_up()
        self.part(Calls).start(line, Call(number, name))
        self.turn(now)

    def end_call(self, now: float, line: int | None = None) -> None:
        """The call on that line ends, or every call (None); what waited for it is done.

        Raises:
            RefusedError: there is no such call.
        """
        self.part(Calls).end(now, line)
        self.turn(now)

    # -- what a phone notes in passing; whoever rehearses its mind listens here (rehearse.py)

    def follows(self, name: str, rule: str) -> None:
        """The phone turns to a rule, as typed in the parameter ``name``."""

    def opens(self, opened: "Opened") -> None:
        """A file is out of its envelope, and about to be read."""
