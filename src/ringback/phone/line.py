"""One line of a phone as its settings have it: who it is, where it registers, who may command it.

Settings of the tabs *Ext n* (S1, C1, C2): ``Line_Enable``, ``User_ID``, ``Password``, ``Auth_ID``,
``Proxy``, ``Outbound_Proxy``, ``Register``, ``Register_Expires``, ``SIP_Transport``,
``Auth_Resync-Reboot``; timers and retries are those of the tab *SIP*. *Inferred*: a number that
cannot be read is the factory's; ``AUTO`` and TLS are not spoken here, so AUTO means UDP and a TLS
line does not register; the realm of the line's own challenge is the host of its proxy, as no
source shows one.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Self

from ringback.cisco.agent import agent_line
from ringback.cisco.model import AgentStyle, Model
from ringback.cisco.resync import yes
from ringback.mac import Mac
from ringback.sip.gate import Lock
from ringback.sip.message import Request
from ringback.sip.registration import Account
from ringback.sip.transaction import Timing

Values = Callable[[str], str]
TRANSPORTS = {"UDP": "UDP", "AUTO": "UDP", "": "UDP", "TCP": "TCP"}
"""``SIP_Transport_n_`` to what is spoken."""
ALGORITHMS = ("MD5",)
"""What a phone's own challenge offers; *inferred*: the pages of the same firmware offer MD5 (F)."""


@dataclass(frozen=True, slots=True)
class Line:
    """The settings of one line, from 1."""

    number: int
    enabled: bool
    registers: bool
    transport: str
    """Empty when it is none that is spoken here."""
    account: Account
    hop: str
    """Where requests are sent, ``host[:port]``: the outbound proxy, else the proxy."""
    service: bool
    """Whether the proxy's name is looked up as a service (SRV) first."""
    guarded: bool
    """``Auth_Resync-Reboot``."""
    timing: Timing

    @classmethod
    def read(cls, values: Values, number: int) -> Self:
        """Read line ``number``; no value can make this fail."""

        def own(name: str) -> str:
            return values(f"{name}_{number}_").strip()

        proxy, outbound = own("Proxy"), own("Outbound_Proxy")
        through = bool(outbound) and yes(own("Use_Outbound_Proxy"), empty=True)
        user = own("User_ID")
        auth = own("Auth_ID") if yes(own("Use_Auth_ID"), empty=True) else ""
        account = Account(
            user,
            proxy,
            auth=auth,
            pwd=own("Password"),
            name=own("Display_Name"),
            expires=int(_number(own("Register_Expires"), 3600)),
            retry=_number(values("Reg_Retry_Intvl"), 30),
            long_retry=_number(values("Reg_Retry_Long_Intvl"), 1200),
            retry_spread=_number(values("Reg_Retry_Random_Delay"), 0),
            long_spread=_number(values("Reg_Retry_Long_Random_Delay"), 0),
        )
        enabled = yes(own("Line_Enable"), empty=True)
        return cls(
            number,
            enabled,
            enabled and yes(own("Register"), empty=True) and bool(user and proxy),
            TRANSPORTS.get(own("SIP_Transport").upper(), ""),
            account,
            outbound if through else proxy,
            yes(own("Use_DNS_SRV")),
            yes(own("Auth_Resync-Reboot"), empty=True),
            timing(values),
        )

    @property
    def lock(self) -> Lock:
        """Whose credentials let a NOTIFY in."""
        account = self.account
        realm = account.domain.partition(":")[0] or "phone"
        return Lock(realm, account.auth or account.user, account.pwd, ALGORITHMS)


@dataclass(frozen=True, slots=True)
class Dial:
    """Send this for a line; its final response, or None for silence, goes to ``Lines.answered``."""

    line: Line
    request: Request = field(repr=False)


def timing(values: Values) -> Timing:
    """The timers of the tab *SIP*, in seconds; phones give up sooner than RFC 3261 does."""
    names = ("SIP_T1", "SIP_T2", "SIP_T4", "SIP_Timer_F", "SIP_Timer_J")
    return _timing(tuple(values(name) for name in names))


@lru_cache(maxsize=256)
def _timing(texts: tuple[str, ...]) -> Timing:
    """Phones that are equal in it share one."""
    usual = (0.5, 4.0, 5.0, 16.0, 16.0)
    found = (_number(text, each) for text, each in zip(texts, usual, strict=True))
    t1, t2, t4, give_up, linger = (max(each, 0.05) for each in found)
    return Timing(t1, max(t1, t2), t4, max(t1, give_up), linger)


def sip_agent(model: Model, mac: Mac, serial: str, load: str) -> str:
    """What a phone calls itself over SIP: the HTTP line without what stands in parentheses.

    The multiplatform generations add their MAC behind an underscore (seen on the wire, C1).
    """
    name = agent_line(model, mac, serial, load).partition(" ")[0]
    return f"{name}_{mac}" if model.traits.agent_style is AgentStyle.VERSION else name


def _number(text: str, usual: float) -> float:
    """A number of seconds, up to the largest that phones take."""
    try:
        found = float(text)
    except ValueError:
        return usual
    return found if 0 <= found <= 2_147_483_647 else usual
