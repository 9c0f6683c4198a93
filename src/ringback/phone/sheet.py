"""Which settings stand where on a phone's pages: tabs, sections, and who sees which.

The catalogue names a tab and a section for each parameter; *Ext n* and its like stand for one tab
a number. Tabs are in the order of the phones' own pages. The administrator sees everything, the
user what ``ua`` lets him: na is hidden, ro can be read, rw changed (S2, S7). Hidden registers
(GPP_SA to GPP_SD) are on no page (S10).

*Basic* pages show what a person at the desk would want to change; *advanced* ones everything.
That the Provisioning tab is on the administrator's advanced page only is documented (S1, S13);
*inferred*: which other tabs are basic, and that a user who was granted a setting there sees it on
his advanced page.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from ringback.cisco.catalogue import Entry, catalogue
from ringback.cisco.model import Model
from ringback.cisco.parameter import Access, index
from ringback.cisco.profile import Profile
from ringback.phone.page import Field
from ringback.phone.secret import mask

TABS = ("System", "SIP", "Provisioning", "Regional", "Phone", "User", "Ext", "Line")
"""The order of tabs; others follow by alphabet."""
BASIC = frozenset(("System", "Phone", "User", "Ext", "Line"))
"""Tabs of the basic pages, without their numbers."""

SECTIONS = (
    "System Configuration", "Optional Network Configuration", "Configuration Profile",
    "General Purpose Parameters", "Upload Configuration Options", "Firmware Upgrade",
    "General", "Share Line Appearance", "NAT Settings", "Network Settings", "SIP Settings",
    "Call Feature Settings", "Proxy and Registration", "Subscriber Information",
    "Audio Configuration",
)  # fmt: skip
"""These come first, in this order; other sections follow by alphabet and number."""

FIRST = (
    "Enable_Web_Server", "Enable_Protocol", "Web_Server_Port", "Enable_Web_Admin_Access",
    "Enable_Direct_Action_Url", "Admin_Password", "Admin_Passwd", "User_Password",
    "Host_Name", "HostName", "Domain", "Syslog_Server", "Syslog_Identifier", "Debug_Server",
    "Debug_Level",
    "Provision_Enable", "Resync_On_Reset", "Resync_Random_Delay", "Resync_At__HHmm_",
    "Resync_At_Random_Delay", "Resync_Periodic", "Resync_Error_Retry_Delay",
    "Forced_Resync_Delay", "Resync_From_SIP", "Resync_After_Upgrade_Attempt",
    "Resync_Trigger_1", "Resync_Trigger_2", "User_Configurable_Resync", "Resync_Fails_On_FNF",
    "Profile_Authentication_Type", "Profile_Rule", "Profile_Rule_B", "Profile_Rule_C",
    "Profile_Rule_D", "DHCP_Option_To_Use", "DHCPv6_Option_To_Use",
    "Log_Request_Msg", "Log_Success_Msg", "Log_Failure_Msg",
    "Log_Resync_Request_Msg", "Log_Resync_Success_Msg", "Log_Resync_Failure_Msg",
    "CISCO_XML_EXE_Enable", "CISCO_XML_EXE_Auth_Mode",
)  # fmt: skip
"""The order of the fields an engineer looks for; others follow by name and number."""

_UNNAMED = "Other"
_RANK = {name: rank for rank, name in enumerate(FIRST)}
_SECTION_RANK = {name: rank for rank, name in enumerate(SECTIONS)}
_TAB_RANK = {name: rank for rank, name in enumerate(TABS)}
_PLACEHOLDER = re.compile(r"\bn$")
_DIGITS = re.compile(r"(\d+)")
_NOT_SLUG = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Spot:
    """Where one parameter stands."""

    name: str
    entry: Entry
    section: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """One tab of settings, in the order shown."""

    title: str
    spots: tuple[Spot, ...]

    @property
    def slug(self) -> str:
        """The title as a name in HTML: ``ext-1``."""
        return slug(self.title)

    @property
    def basic(self) -> bool:
        """Whether it is on the basic pages."""
        return self.title.partition(" ")[0] in BASIC

    def fields(self, profile: Profile, *, user: bool) -> list[Field]:
        """What is shown of it; to the user, what ``ua`` lets him see, keys in rules masked."""
        return list(self._for_user(profile) if user else self._for_admin(profile))

    def _for_admin(self, profile: Profile) -> Iterator[Field]:
        for spot in self.spots:
            yield Field(spot.name, spot.entry, spot.section, profile.value(spot.name))

    def _for_user(self, profile: Profile) -> Iterator[Field]:
        for spot in self.spots:
            access = profile.access(spot.name)
            if access is not Access.NA:
                value = profile.value(spot.name)
                shown = value if spot.entry.secret else mask(value)
                locked = access is Access.RO
                yield Field(spot.name, spot.entry, spot.section, shown, locked=locked)


def slug(title: str) -> str:
    """A title in lower-case letters, digits and dashes."""
    return _NOT_SLUG.sub("-", title.lower()).strip("-")


@lru_cache(maxsize=64)
def sheets(model: Model) -> tuple[Sheet, ...]:
    """Every tab of settings of a model, in order."""
    tabs: dict[str, list[Spot]] = {}
    for name, entry in catalogue(model).rows.items():
        if not name.startswith("GPP_S"):
            title, section = place(name, entry)
            tabs.setdefault(title, []).append(Spot(name, entry, section))
    return tuple(
        Sheet(title, tuple(sorted(tabs[title], key=_order)))
        for title in sorted(tabs, key=_tab_order)
    )


def place(name: str, entry: Entry) -> tuple[str, str]:
    """Tab and section of a parameter, numbers put in."""
    numbers = index(name)
    tab = entry.tab.removeprefix("Voice/")
    if not tab:
        # Adapters keep what their lines have on pages that no source names.
        tab = "Line n" if numbers else _UNNAMED
    first, last = (str(numbers[0]), str(numbers[-1])) if numbers else ("", "")
    title = _PLACEHOLDER.sub(last if tab == "Line n" else first, tab).strip()
    return title, _PLACEHOLDER.sub(first, entry.section).strip() or "General"


def _order(spot: Spot) -> tuple[object, ...]:
    section = spot.section
    rank = _SECTION_RANK.get(section, len(SECTIONS))
    return rank, _natural(section), _RANK.get(spot.name, len(FIRST)), _natural(spot.name)


def _tab_order(title: str) -> tuple[object, ...]:
    kind = title.partition(" ")[0]
    return _TAB_RANK.get(kind, len(TABS)), title == _UNNAMED, _natural(title)


def _natural(text: str) -> tuple[tuple[int, str], ...]:
    """A key under which 2 comes before 10."""
    parts = _DIGITS.split(text)
    return tuple((int(part) if part.isdigit() else -1, part.lower()) for part in parts)
