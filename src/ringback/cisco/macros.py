"""Which macros there are, and what each becomes for one phone.

Sources stand beside each name. Nothing is worked out before it is looked up: there are some
eighty macros, and a log line uses six of them.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from ringback.cisco.model import Model
from ringback.mac import Mac

_LETTERS = "ABCDEFGHIJKLMNOP"

PARAMETERS: Mapping[str, str] = {
    **{letter: f"GPP_{letter}" for letter in _LETTERS},  # S2, S5
    **{f"GPP_{letter}": f"GPP_{letter}" for letter in _LETTERS},  # S5
    **{name: f"GPP_{name}" for name in ("SA", "SB", "SC", "SD")},  # S10
    "EXTIP": "EXT_IP",  # S5
    "XML_User_Name": "XML_User_Name",  # S18
}
"""Macro to the parameter whose value it is."""

LINE_PARAMETERS: Mapping[str, str] = {
    "UID": "User_ID",  # S5
    "DISPLAYNAME": "Display_Name",  # S5
    "AUTHID": "Auth_ID",  # S5
    "PROXY": "Proxy",  # S18
}
"""Macro to parameter, both followed by the number of a line: ``$UID2`` is ``User_ID_2_``."""

STATE: Mapping[str, str] = {
    "CCERT": "Installed",  # S10: every unit carries a certificate of its own
    "IP": "",  # S5
    "HWVER": "1.0.0",  # S5; the number is *inferred*
    "PRVST": "0",  # S5: -1 asked for, 0 power-up, 1 periodic, 2 retry
    "UPGST": "1",  # S5: 1 first attempt, 2 retry
    "UPGERR": "",  # S5
    "PRVTMR": "0",  # S5: seconds since the last resync
    "UPGTMR": "0",  # S5: seconds since the last upgrade attempt
    "REGTMR1": "0",  # S5: seconds since line 1 lost its registration
    "REGTMR2": "0",  # S5
    "UPGCOND": "1",  # S10: always true since 2.0.6; the spelling is *inferred*
    "SCHEME": "",  # S5
    "SERV": "",  # S5
    "SERVIP": "",  # S5
    "PORT": "",  # S5
    "PATH": "",  # S5
    "ERR": "",  # S5, S14
    "ISCUST": "0",  # S18
    "INCOMINGNAME": "",  # S18
    "REMOTENUMBER": "",  # S18
    "EMS": "",  # S8
    "MUID": "",  # F
    "MPWD": "",  # F
    "PUID": "",  # F
    "PPWD": "",  # F
    "PDOM": "",  # F
    "ORIGTYPE": "none",  # S5
    "AUTHSTATUS": "none",  # S5
}
"""What a phone knows about itself at the moment, and what each is before anything happened."""


def _nothing(_: str) -> None:
    """Nothing is known beyond what is always true."""


def phone_macros(
    model: Model,
    mac: Mac,
    serial: str,
    *,
    values: Callable[[str], str],
    state: Mapping[str, str] | None = None,
    live: Callable[[str], str | None] = _nothing,
) -> Mapping[str, str]:
    """Every macro of one phone; each is worked out when it is looked up.

    Args:
        model: names the product, its series and, unless ``state`` has SWVER, its load.
        mac: the phone's own address.
        serial: its serial number.
        values: reads a parameter by its XML name; empty text for one that the phone lacks.
        state: what is true now (SWVER, PRVST, SERVIP …); adds to and overrides everything else.
        live: asked next: what a macro is at this moment; None for one it knows nothing about.
    """
    return _Macros(model, mac, serial, values, state or {}, live)


_OWN: Mapping[str, Callable[["_Macros"], str]] = {
    "MA": lambda phone: str(phone.mac),
    "MAU": lambda phone: phone.mac.upper,
    "MAC": lambda phone: phone.mac.colons,
    "PN": lambda phone: phone.model.name,
    "PSN": lambda phone: phone.model.series,
    "SN": lambda phone: phone.serial,
    "SERIAL_NUMBER": lambda phone: phone.serial,
    "SWVER": lambda phone: phone.model.load,
    "METH": lambda phone: phone["SCHEME"],
}
"""What the label says."""


@lru_cache(maxsize=64)
def _parameters(lines: int) -> Mapping[str, str]:
    """Macro to parameter, on a phone with so many lines."""
    numbered = {
        f"{name}{line}": f"{parameter}_{line}_"
        for line in range(1, lines + 1)
        for name, parameter in LINE_PARAMETERS.items()
    }
    return {**PARAMETERS, **numbered}


@dataclass(frozen=True, slots=True, eq=False)
class _Macros(Mapping[str, str]):
    """The macros of one phone: some eighty names, of which a text uses three."""

    model: Model
    mac: Mac
    serial: str
    value_of: Callable[[str], str] = field(repr=False)
    state: Mapping[str, str] = field(repr=False)
    live: Callable[[str], str | None] = field(repr=False)

    def __getitem__(self, name: str) -> str:
        if name in self.state:
            return self.state[name]
        if name not in self:
            raise KeyError(name)
        told = self.live(name)
        if told is not None:
            return told
        if parameter := _parameters(self.model.lines).get(name):
            return self.value_of(parameter)
        own = _OWN.get(name)
        return own(self) if own else STATE[name]

    def __contains__(self, name: object) -> bool:
        return (
            name in _OWN
            or name in STATE
            or name in self.state
            or name in _parameters(self.model.lines)
        )

    def __iter__(self) -> Iterator[str]:
        fixed = {**STATE, **_OWN, **_parameters(self.model.lines)}
        return iter({**fixed, **self.state})

    def __len__(self) -> int:
        return sum(1 for _ in self)
