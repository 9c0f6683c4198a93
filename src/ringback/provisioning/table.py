"""One table of a TOML file: keys taken one by one, each checked, each error with file and line.

Python's TOML reader says where a file is not TOML, but not where a value stands. So when a value
is wrong, and only then, the text is looked through for the table's head and the key under it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import Enum
from typing import Any, TypeVar

from ringback.errors import MalformedError, Place

E = TypeVar("E", bound=Enum)
_HEAD = re.compile(r"^\s*\[\[?\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?$")
_WORDS = {
    str: "a text",
    int: "a whole number",
    bool: "true or false",
    list: "a list",
    dict: "a table",
}


@dataclass(slots=True)
class Source:
    """A file's text and name; finds the line of a key."""

    name: str
    text: str = field(repr=False)

    def line(self, table: str, number: int, key: str = "") -> int:
        """The line of a key in the ``number``-th table of that name (from 0); 0 when not found.

        A sub-table's head counts for its own name; with no key, the line of the head itself.
        """
        parent, _, child = table.partition(".")
        seen, at = -1, not table
        head = 0
        for count, text in enumerate(self.text.split("\n"), 1):
            found = _HEAD.match(text)
            if found:
                name = re.sub(r"\s*\.\s*", ".", found[1])
                seen += name == parent
                here = seen == number and name in {table, parent}
                at, head = here and name == table, count if here else head
                if at and not key:
                    return count
                continue
            if (at or (seen == number and child and not key)) and _is_key(text, key):
                return count
        return head


def _is_key(text: str, key: str) -> bool:
    bare = text.lstrip()
    return any(
        re.match(re.escape(form) + r"\s*[=.]", bare) for form in (key, f'"{key}"', f"'{key}'")
    )


@dataclass(slots=True)
class Table:
    """A table being read. What nobody has taken is unknown, and said so by ``end``."""

    source: Source
    name: str
    number: int
    content: dict[str, Any]
    _taken: set[str] = field(default_factory=set)

    def place(self, key: str = "") -> Place:
        """Where a key stands."""
        return Place(self.source.name, self.source.line(self.name, self.number, key))

    def below(self, section: str, *keys: str) -> Place:
        """Where the first of some keys stands in a table below; else that table, else this one."""
        table = self._below(section)
        head = self.source.line(table, self.number)
        lines = (self.source.line(table, self.number, each) for each in keys)
        line = next((each for each in lines if each > head), head)
        return Place(self.source.name, line or self.place().line)

    def error(self, key: str, what: str, remedy: str = "") -> MalformedError:
        """An error about a key."""
        what = f"{key}: {what}" if key else what
        return MalformedError(what, place=self.place(key), remedy=remedy)

    def _take(self, key: str, kind: type, default: Any) -> Any:
        self._taken.add(key)
        value = self.content.get(key, default)
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise self.error(key, f"{_WORDS[kind]} is wanted here", "see docs/layers.md")
        return value

    def text(self, key: str, default: str = "") -> str:
        """A text; a number is taken for one, since serial numbers look like that."""
        self._taken.add(key)
        value = self.content.get(key, default)
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        return str(self._take(key, str, default))

    def needed(self, key: str) -> str:
        """A text that must be there."""
        value = self.text(key)
        if not value:
            raise self.error(key, "is missing", f"write {key} = …")
        return value

    def number_of(self, key: str, default: int | None) -> int | None:
        """A whole number from 0."""
        self._taken.add(key)
        if key not in self.content:
            return default
        value: int = self._take(key, int, 0)
        if value < 0:
            raise self.error(key, "cannot be below 0")
        return value

    def flag(self, key: str) -> bool:
        """True or false; false when it is not there."""
        return bool(self._take(key, bool, default=False))

    def texts(self, key: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        """A list of texts."""
        value = self._take(key, list, list(default))
        if not all(isinstance(each, str) for each in value):
            raise self.error(key, "a list of texts is wanted here", f'such as {key} = ["a", "b"]')
        return tuple(value)

    def choice(self, key: str, choices: Mapping[str, Any], default: str) -> Any:
        """One of some words."""
        word = self.text(key, default)
        if word not in choices:
            remedy = f"one of {', '.join(choices)}"
            raise self.error(key, f"{word!r} is not known here", remedy)
        return choices[word]

    def tables(self, key: str) -> list["Table"]:
        """The tables ``[[name.key]]``."""
        found = self._take(key, list, [])
        if not all(isinstance(each, dict) for each in found):
            raise self.error(key, "tables are wanted here", f"write [[{self._below(key)}]]")
        return [Table(self.source, self._below(key), self.number, each) for each in found]

    def table(self, key: str) -> "Table":
        """The table ``[name.key]``, empty when it is not there."""
        return Table(self.source, self._below(key), self.number, self._take(key, dict, {}))

    def _below(self, key: str) -> str:
        return f"{self.name}.{key}" if self.name else key

    def variables(self) -> dict[str, str]:
        """Every key of this table as a name and its text, by name."""
        for key in self.content:
            if not key.isidentifier():
                raise self.error(key, "cannot name a variable", "letters, digits and _")
        return {key: self.text(key) for key in sorted(self.content)}

    def end(self) -> None:
        """Refuse keys nobody asked for."""
        for key in self.content:
            if key not in self._taken:
                close = get_close_matches(key, self._taken, n=1)
                known = f"known: {', '.join(sorted(self._taken))}"
                remedy = f"did you mean {close[0]}?" if close else known
                raise self.error(key, "is not known here", remedy)
