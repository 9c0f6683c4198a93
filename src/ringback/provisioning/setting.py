"""A setting as a TOML table says it: a value alone, or a table with what the user may do with it.

Values are text, whole numbers, or true and false for Yes and No; ``{ value, access, unchecked }``
says more.
"""

import re
from typing import Any, Final

from ringback.cisco.parameter import Access
from ringback.errors import MalformedError
from ringback.provisioning.layer import Setting
from ringback.provisioning.table import Table

_ACCESS: Final = {"": None, **{each.value: each for each in Access}}
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")


def read_settings(table: Table) -> tuple[Setting, ...]:
    """The settings in a table, by name.

    Raises:
        MalformedError: one that cannot be, with its place.
    """
    settings = []
    for name in sorted(table.content):
        if not _NAME.fullmatch(name):
            raise table.error(name, "cannot name a parameter", "letters, digits, _ . and -")
        settings.append(_setting(name, table))
    return tuple(settings)


def _setting(name: str, table: Table) -> Setting:
    written = table.content[name]
    if not isinstance(written, dict):
        return Setting(name, _value(written, name, table))
    inner = Table(table.source, table.name, table.number, written)
    value = _value(written["value"], name, table) if "value" in written else None
    inner.content = {key: held for key, held in written.items() if key != "value"}
    try:
        access = inner.choice("access", _ACCESS, "")
        setting = Setting(name, value, access, inner.flag("unchecked"))
        inner.end()
    except MalformedError as error:
        raise table.error(name, error.what, error.remedy) from error
    if value is None and access is None:
        raise table.error(name, "says nothing", "give it a value, an access or both")
    return setting


def _value(written: Any, name: str, table: Table) -> str:
    if isinstance(written, bool):
        return "Yes" if written else "No"
    if isinstance(written, str | int):
        return str(written)
    raise table.error(
        name, "a text, a whole number, true or false is wanted here", "put it in quotes"
    )
