"""What a phone's page looks like: one form, tabs without a script, labels as on the real phone.

Tabs are radio buttons that a style sheet turns into tabs, so a page needs no script and the
strictest content policy holds. The radio buttons belong to the form, which tells the phone to come
back to the tab that was open. Every input is named by its element name. Whatever came from a
profile, a rule or a request is escaped here and nowhere else.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from importlib.resources import files
from itertools import groupby

from ringback.cisco.catalogue import Entry, Kind
from ringback.cisco.profile import Profile

SECTIONS = (
    "System Configuration", "Optional Network Configuration", "Configuration Profile",
    "General Purpose Parameters", "Upload Configuration Options", "Firmware Upgrade",
)  # fmt: skip
"""These come first, in this order; other sections follow in that of the catalogue."""

FIRST = (
    "Enable_Web_Server", "Enable_Protocol", "Web_Server_Port", "Enable_Web_Admin_Access",
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
)  # fmt: skip
"""The order of the fields an engineer looks for; others follow in that of the catalogue."""

_RANK = {name: rank for rank, name in enumerate(FIRST)}
_SECTION_RANK = {name: rank for rank, name in enumerate(SECTIONS)}


@dataclass(frozen=True, slots=True)
class Field:
    """One setting on a page."""

    name: str
    entry: Entry
    value: str


@dataclass(frozen=True, slots=True)
class Tab:
    """One tab: a title, and its body in HTML."""

    name: str
    title: str
    body: str
    group: str = ""
    """What to call this tab and those after it; empty for the same as before."""


@lru_cache(maxsize=1)
def style() -> bytes:
    """The style sheet of every page."""
    return (files("ringback.phone") / "page.css").read_bytes()


def document(title: str, body: str, *, refresh: str = "") -> bytes:
    """A whole page; ``refresh`` is ``seconds; url=…``."""
    again = f'<meta http-equiv="refresh" content="{escape(refresh)}">' if refresh else ""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'{again}<title>{escape(title)}</title>\n<link rel="stylesheet" href="/page.css">\n'
        f"</head>\n<body>\n{body}\n</body>\n</html>\n"
    ).encode("utf-8", "replace")


def header(product: str, links: Sequence[tuple[str, str]]) -> str:
    """The bar on top: what phone this is, and where else to go."""
    shown = "".join(f'<a href="{escape(url)}">{escape(text)}</a>' for text, url in links)
    return f"<header><h1>{escape(product)}</h1><nav>{shown}</nav></header>"


def tabbed(tabs: Sequence[Tab], chosen: str, *, action: str = "") -> str:
    """Tabs, of which ``chosen`` is open; a form with its button when there is an ``action``."""
    names = [tab.name for tab in tabs]
    opened = chosen if chosen in names else names[0]
    radios = "".join(_radio(tab, opened=tab.name == opened) for tab in tabs)
    panes = "".join(f'<section class="{tab.name}">\n{tab.body}</section>\n' for tab in tabs)
    inside = f'<div class="tabs">\n{radios}{panes}</div>'
    if not action:
        return f"<main>{inside}</main>"
    buttons = (
        '<footer><button type="reset">Undo All Changes</button>'
        '<button type="submit" class="primary">Submit All Changes</button></footer>'
    )
    return f'<main><form method="post" action="{escape(action)}">\n{inside}{buttons}</form></main>'


def _radio(tab: Tab, *, opened: bool) -> str:
    group = f'<span class="group">{escape(tab.group)}</span>' if tab.group else ""
    return (
        f'{group}<input class="tab" type="radio" name="tab" id="tab-{tab.name}"'
        f' value="{tab.name}"{" checked" if opened else ""}>'
        f'<label for="tab-{tab.name}">{escape(tab.title)}</label>\n'
    )


def settings(fields: Iterable[Field]) -> str:
    """Settings grouped into their sections."""
    ordered = sorted(fields, key=_rank)
    return "".join(
        f"<fieldset><legend>{escape(section)}</legend>\n{''.join(map(_row, group))}</fieldset>\n"
        for section, group in groupby(ordered, key=lambda each: each.entry.section)
    )


def fields_of(tab: str, profile: Profile) -> list[Field]:
    """The fields of one tab; hidden registers (GPP_SA to GPP_SD) are on no page (S10)."""
    return [
        Field(name, entry, profile.value(name))
        for name, entry in profile.catalogue.rows.items()
        if entry.tab.removeprefix("Voice/") == tab and not name.startswith("GPP_S")
    ]


def _rank(field: Field) -> tuple[int, str, int, str]:
    section, last = field.entry.section, len(FIRST)
    rank = _SECTION_RANK.get(section, len(SECTIONS))
    return rank, section, _RANK.get(field.name, last), field.name


def _row(field: Field) -> str:
    label, name = escape(field.entry.label), escape(field.name)
    long = field.entry.type is Kind.RULE or field.name.startswith("Log_")
    kind = ' class="wide"' if long else ""
    return f'<label for="{name}"{kind}><span>{label}:</span>{_input(field)}</label>\n'


def _input(field: Field) -> str:
    name, value, entry = escape(field.name), field.value, field.entry
    given = f'id="{name}" name="{name}"'
    if entry.secret:
        hint = "unchanged" if value else "not set"
        return f'<input {given} type="password" value="" placeholder="{hint}" autocomplete="off">'
    choices = ("Yes", "No") if entry.type is Kind.BOOL else entry.choices
    if not choices:
        return f'<input {given} type="text" value="{escape(value)}" autocomplete="off">'
    return f"<select {given}>{''.join(_options(choices, value))}</select>"


def _options(choices: Sequence[str], value: str) -> Iterable[str]:
    """The choices, and the present value when it is none of them."""
    for choice in choices if value in choices else (value, *choices):
        chosen = " selected" if choice == value else ""
        yield f'<option value="{escape(choice)}"{chosen}>{escape(choice)}</option>'


def facts(title: str, rows: Iterable[tuple[str, str]]) -> str:
    """A table of what is so."""
    shown = "".join(f"<dt>{escape(name)}:</dt><dd>{escape(value)}</dd>\n" for name, value in rows)
    return f"<fieldset><legend>{escape(title)}</legend><dl>{shown}</dl></fieldset>\n"


def notice(title: str, *paragraphs: str, link: tuple[str, str] | None = None) -> str:
    """A short message in place of the tabs."""
    said = "".join(f"<p>{escape(each)}</p>\n" for each in paragraphs if each)
    more = f'<p><a href="{escape(link[1])}">{escape(link[0])}</a></p>' if link else ""
    return f'<main class="notice"><h2>{escape(title)}</h2>\n{said}{more}</main>'
