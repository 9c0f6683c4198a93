"""A long roll of devices, read quickly: TOML as ``inscription`` writes it, line by line.

Python's TOML reader needs about a millisecond for a device, which is minutes for 100 000. A file of
devices is nearly always one shape: five kinds of heads, and keys with one value on one line. That
shape is read here; a line that is not plain (an escape, an inline table, a remark behind it) goes
to the real reader by itself, and at anything that one line does not tell (texts over several
lines, dotted keys, other heads, a key twice) this gives up, and the whole file goes to the real
reader, which also says what is wrong. The tests hold the two against one another.
"""

import re
import tomllib
from typing import Any, Final

_PLAIN: Final = re.compile(
    r'([A-Za-z0-9_-]+) = (?:"([^"\\\x00-\x1f\x7f]*)"|(0|[1-9][0-9]{0,17})|(true|false))'
)
_PAIR: Final = re.compile(r'[ \t]*(?:[A-Za-z0-9_-]+|"[^"\\\x00-\x1f\x7f]*")[ \t]*=')
_NOTHING: Final = re.compile(r"[ \t]*(?:#[^\x00-\x08\x0a-\x1f\x7f]*)?")
_BELOW_DEVICE: Final = frozenset({"line", "settings", "variables"})

Table = dict[str, Any]


def read_roll(text: str) -> Table | None:
    """The tables of a file of devices, as ``tomllib.loads`` gives them; None: ask that."""
    roll = _Roll()
    for line in text.split("\n"):
        found = _PLAIN.fullmatch(line)
        if found is not None:
            key, string, number, word = found.groups()
            value = string if string is not None else int(number) if number else word == "true"
            if not roll.put(key, value):
                return None
        elif not roll.odd(line):
            return None
    return {"device": roll.devices} if roll.devices else {}


class _Roll:
    """The devices so far, and the table that keys go into now."""

    __slots__ = ("_below", "_table", "devices")

    def __init__(self) -> None:
        self.devices: list[Table] = []
        self._table: Table | None = None
        self._below: frozenset[str] = frozenset()

    def put(self, key: str, value: Any) -> bool:
        """Take a key; False where it cannot be: no table yet, twice, or a table's name."""
        table = self._table
        if table is None or key in table or key in self._below:
            return False
        table[key] = value
        return True

    def odd(self, line: str) -> bool:
        """Take a line that is no plain key; False to give up."""
        if not line or _NOTHING.fullmatch(line):
            return True
        head = line.rstrip(" \t")
        if head in _HEADS:
            path, below, listed = _HEADS[head]
            return self._open(path, below, listed=listed)
        if not _PAIR.match(line):
            return False
        try:
            ((key, value),) = tomllib.loads(line).items()
        except (tomllib.TOMLDecodeError, ValueError, RecursionError):
            return False
        return self.put(key, value)

    def _open(self, path: tuple[str, ...], below: frozenset[str], *, listed: bool) -> bool:
        """A head: go to the last device, and from there down to a fresh table."""
        fresh: Table = {}
        if not path:
            self.devices.append(fresh)
        elif not self.devices:
            return False
        else:
            *way, name = path
            owner = self.devices[-1]
            for step in way:
                if step not in owner:
                    return False
                owner = owner[step][-1]
            if listed:
                owner.setdefault(name, []).append(fresh)
            elif name in owner:
                return False
            else:
                owner[name] = fresh
        self._table, self._below = fresh, below
        return True


_HEADS: Final[dict[str, tuple[tuple[str, ...], frozenset[str], bool]]] = {
    "[[device]]": ((), _BELOW_DEVICE, True),
    "[[device.line]]": (("line",), frozenset({"variables"}), True),
    "[device.settings]": (("settings",), frozenset(), False),
    "[device.variables]": (("variables",), frozenset(), False),
    "[device.line.variables]": (("line", "variables"), frozenset(), False),
}
"""Head to the way from the device, the names that only a head may use there, and whether it is
one of several."""
