"""What a phone's page looks like: one form, tabs without a script, labels as on the real phone.

Tabs are radio buttons that a style sheet turns into tabs, so a page needs no script and the
strictest content policy holds. Each is followed by its label and what it opens, in the order in
which a screen reader or a browser without styles should meet them. The radio buttons belong to the
form, which tells the phone to come back to the tab that was open. Every input is named by its
element name. Whatever came from a profile, a rule or a request is escaped here and nowhere else.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from importlib.resources import files
from itertools import groupby

from ringback.cisco.catalogue import Entry, Kind

_INDEX = re.compile(r"_\d+_$")


@dataclass(frozen=True, slots=True)
class Field:
    """One setting on a page."""

    name: str
    entry: Entry
    section: str
    """Where on its tab it stands."""
    value: str
    """What is shown; of a secret, whether it is set."""
    locked: bool = False
    """Shown, but not to be changed."""

    @property
    def label(self) -> str:
        """What the phone calls it; its name in words where no source tells."""
        return self.entry.label or _INDEX.sub("", self.name).replace("_", " ").strip()


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


def header(product: str, links: Sequence[tuple[str, str]], *, who: str = "") -> str:
    """The bar on top: what phone this is, as whom one is here, and where else to go."""
    shown = "".join(f'<a href="{escape(url)}">{escape(text)}</a>' for text, url in links)
    whose = f'<p class="who">{escape(who)}</p>' if who else ""
    nav = f'<nav aria-label="Pages">{shown}</nav>' if shown else ""
    return f"<header><h1>{escape(product)}</h1>{whose}{nav}</header>"


def tabbed(tabs: Sequence[Tab], chosen: str, *, action: str = "") -> str:
    """Tabs, of which ``chosen`` is open; a form with its buttons when there is an ``action``."""
    names = [tab.name for tab in tabs]
    opened = chosen if chosen in names else names[0]
    shown = "".join(_tab(tab, opened=tab.name == opened) for tab in tabs)
    inside = f'<div class="tabs">\n{shown}</div>'
    if not action:
        return f"<main>{inside}</main>"
    buttons = (
        '<footer><button type="reset">Undo All Changes</button>'
        '<button type="submit" class="primary">Submit All Changes</button></footer>'
    )
    return f'<main><form method="post" action="{escape(action)}">\n{inside}{buttons}</form></main>'


def _tab(tab: Tab, *, opened: bool) -> str:
    name, title = escape(tab.name), escape(tab.title)
    group = f'<span class="group">{escape(tab.group)}</span>' if tab.group else ""
    return (
        f'{group}<input class="tab" type="radio" name="tab" id="tab-{name}"'
        f' value="{name}"{" checked" if opened else ""}>'
        f'<label for="tab-{name}">{title}</label>\n'
        f'<section aria-label="{title}">\n{tab.body}</section>\n'
    )


def settings(fields: Iterable[Field]) -> str:
    """Settings in the order given, grouped into their sections."""
    return "".join(
        f"<fieldset><legend>{escape(section)}</legend>\n{''.join(map(_row, group))}</fieldset>\n"
        for section, group in groupby(fields, key=lambda each: each.section)
    )


def _row(field: Field) -> str:
    label, name = escape(field.label), escape(field.name)
    long = field.entry.type in (Kind.RULE, Kind.SCRIPT) or field.name.startswith("Log_")
    kind = ' class="wide"' if long else ""
    return f'<label for="{name}"{kind}><span>{label}:</span>{_input(field)}</label>\n'


def _input(field: Field) -> str:
    """A field by its type; a locked one has no name, so that no form carries it."""
    name, value, entry = escape(field.name), field.value, field.entry
    if field.locked:
        shown = escape(("set" if value else "not set") if entry.secret else value)
        return f'<input id="{name}" type="text" value="{shown}" readonly>'
    given = f'id="{name}" name="{name}"'
    if entry.secret:
        hint = "unchanged" if value else "not set"
        return (
            f'<input {given} type="password" value="" placeholder="{hint}"'
            ' autocomplete="new-password">'
        )
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
