"""How a phone finds its first profile when nobody has typed a rule into it.

The order is the guide's (S3): what DHCP says, then the DNS service records of the DHCP domain,
then the maker's activation server. Each of them comes to one or more *candidates*, which are
profile rules like any other; they stand in for ``Profile_Rule`` as long as that is the factory's,
and are tried in order until one of them brings a file. The phone remembers how far it came as the
``Customization`` state that its page shows (S3, S20):

    Open ──────────── DHCP gave data, or somebody provisioned it by hand ──→ Aborted
    Open ──────────── the activation server is asked ──────────────────────→ Pending
    Pending ───────── it answered with an empty file ──────────────────────→ Unavailable
    Pending ───────── it answered with a profile that names the next rule ─→ Custom-Pending
    Custom-Pending ── that rule's file was fetched ────────────────────────→ Acquired

Only a factory reset leads back. *Inferred*, because nobody has published it: the state Aborted
does not keep a phone from asking DHCP's server again; the rule that the activation server's answer
names is followed in the same resync; a missing file leads on to the next candidate even with
``Resync_Fails_On_FNF`` No. What the activation server's answer looks like is not published either;
a profile is taken. A virtual phone asks such a server only when it is told one: it leaves the
maker's alone, and knows no activation codes (``gds://``).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from ringback.cisco.resync import RULES, Result
from ringback.phone.lease import Hint
from ringback.phone.part import Part

if TYPE_CHECKING:
    from ringback.cisco.profile import Profile
    from ringback.phone.action import Outcome
    from ringback.phone.handset import Handset
    from ringback.phone.memory import Memory
    from ringback.phone.wish import Order

RULE = RULES[0]
"""The parameter that candidates stand in for."""


class Customization(StrEnum):
    """How far remote customization came, as the phone's page spells it (S3)."""

    OPEN = "Open"
    ABORTED = "Aborted"
    PENDING = "Pending"
    CUSTOM_PENDING = "Custom-Pending"
    ACQUIRED = "Acquired"
    UNAVAILABLE = "Unavailable"


UNFINISHED = frozenset(
    {Customization.OPEN, Customization.PENDING, Customization.CUSTOM_PENDING}
)  # fmt: skip
ACTIVATION = "activation server"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A rule worth trying, and who suggested it."""

    origin: str
    rule: str


class ZeroTouch(Part):
    """What one phone makes of the network it was plugged into."""

    __slots__ = ("state",)
    name = "zero_touch"

    def __init__(self, phone: "Handset") -> None:
        super().__init__(phone)
        self.state = Customization.OPEN

    def recall(self, memory: "Memory") -> None:
        """A state that no version of us wrote counts as Open."""
        kept = memory.kept.get(self.name, {}).get("customization", "")
        self.state = next((each for each in Customization if each == kept), Customization.OPEN)

    def keep(self) -> Mapping[str, Any]:
        """The state; nothing for a phone fresh from the factory."""
        fresh = self.state is Customization.OPEN
        return {} if fresh else {"customization": self.state.value}

    def macro(self, name: str) -> str | None:
        """``$ISCUST``: 1 once the phone is customized (S18)."""
        if name != "ISCUST":
            return None
        return "1" if self.state is Customization.ACQUIRED else "0"

    # -- what to try

    def candidates(self) -> tuple[Candidate, ...]:
        """Rules to try in place of ``Profile_Rule``; none when that is not the factory's."""
        if not self._fresh(self.phone.profile):
            return ()
        found = (*self._from_dhcp(), *self._from_srv(), *self._from_activation())
        return tuple({each.rule: each for each in reversed(found)}.values())[::-1]

    def _fresh(self, profile: "Profile") -> bool:
        return profile.value(RULE) == profile.model.traits.default_rule

    def _from_dhcp(self) -> Iterator[Candidate]:
        for hint in self._hints():
            rules = (hint.rule,) if hint.rule else self._files(f"tftp://{hint.server}")
            yield from (Candidate(str(hint), rule) for rule in rules)

    def _hints(self) -> Iterator[Hint]:
        return self.phone.identity.lease.hints(self.phone.value("DHCP_Option_To_Use"))

    def _files(self, where: str) -> tuple[str, ...]:
        """The file that option 67 names, or those the firmware asks for."""
        named = self.phone.identity.lease.file
        paths = (named,) if named else self.phone.identity.model.traits.first_files
        return tuple(where + path for path in paths)

    def _from_srv(self) -> Iterator[Candidate]:
        """``_ciscoprov-https._tls`` before ``_ciscoprov-http._tcp``, at the DHCP domain (S3)."""
        traits, domain = self.phone.identity.model.traits, self.phone.identity.lease.domain
        if not (domain and traits.srv_discovery):
            return
        for scheme in ("https", "http"):
            for path in traits.first_files:
                yield Candidate(f"DNS SRV, {scheme}", f"[--srv] {scheme}://{domain}{path}")

    def _from_activation(self) -> Iterator[Candidate]:
        """Not where DHCP gave data, which aborts it, nor once it is over."""
        rule = self.phone.identity.activation
        if rule and self.state in UNFINISHED and not any(self._hints()):
            yield Candidate(ACTIVATION, rule)

    # -- what became of it

    def trying(self, candidate: Candidate) -> None:
        """The phone asks for this one now."""
        if candidate.origin == ACTIVATION:
            self._become(Customization.PENDING)

    def empty(self, candidate: Candidate) -> None:
        """The answer was an empty file."""
        if candidate.origin == ACTIVATION:
            self._become(Customization.UNAVAILABLE)

    def brought(self, candidate: Candidate) -> bool:
        """Its file is applied; True when the rule it named is to be followed at once."""
        if candidate.origin != ACTIVATION:
            self._become(Customization.ABORTED)
            return False
        leads_on = not self._fresh(self.phone.profile)
        self._become(Customization.CUSTOM_PENDING if leads_on else Customization.ACQUIRED)
        return leads_on

    def adopted(self, before: "Profile", *, local: bool) -> None:
        """A rule typed on the phone's page ends it (S3)."""
        if local and self.phone.profile.value(RULE) != before.value(RULE):
            self._become(Customization.ABORTED)

    def concluded(self, order: "Order", outcome: "Outcome", now: float) -> None:
        """A rule that somebody sent ends it, and the redirect's file completes it."""
        del now
        if outcome.result is Result.FAILED:
            return
        if self.state is Customization.CUSTOM_PENDING and order.rule is None:
            self._become(Customization.ACQUIRED)
        elif order.rule is not None:
            self._become(Customization.ABORTED)

    def _become(self, state: Customization) -> None:
        """Go on to a state; from one that is final there is no way (S3)."""
        if self.state in UNFINISHED and state is not self.state:
            self.state = state
            self.phone.detail(1, f"customization: {state}")
