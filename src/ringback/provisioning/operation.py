"""What expressions do with values: whole numbers, text, lists and tables, each within bounds.

The operations behind ``expression``'s tree. Values are ``str``, ``int``, ``bool``, tuples and
mappings; nothing else ever comes in. No result is longer than ``LONGEST`` characters or 18
digits, and what could make a longer one on the way is measured before it is made.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import quote

from jinja2 import nodes

from ringback.errors import MalformedError, Place

LONGEST: Final = 16_384
"""Characters of a value, of its source and of everything on the way to it."""
GREATEST: Final = 10**18


class ExpressionError(MalformedError):
    """A value whose ``{{ … }}`` cannot be read or has no result; ``place`` counts within it."""


class AbsentError(ExpressionError):
    """A name that means nothing here."""


class ElsewhereError(ExpressionError):
    """A fault in another value than the one that is rendered: a variable, or a text of a line.

    ``layer`` and ``name`` say which, and ``place`` counts within that one.
    """

    def __init__(self, error: ExpressionError, layer: str, name: str) -> None:
        line, column = (error.place.line, error.place.column) if error.place.line else (1, 1)
        place = Place(standing(layer, name), line, column)
        super().__init__(error.what, place=place, remedy=error.remedy)
        self.layer = layer
        self.name = name


def standing(layer: str, name: str) -> str:
    """Where a setting, a variable or a line's text stands, in words."""
    whose = f"layer {layer}" if "/" in layer else layer
    return ", ".join(filter(None, (whose, name)))


def plain(error: Exception) -> str:
    """What Python complains of, in words."""
    if isinstance(error, LookupError):
        return f"there is no {error.args[0] if error.args else 'such thing'!r}"
    return str(error) or type(error).__name__


def text(value: Any) -> str:
    """What a result is in a profile: a bool is Yes or No."""
    if type(value) is str:  # most are, and every value of every device comes by here
        return value
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, str | int):
        return str(value)
    raise ExpressionError(
        f"a {_kind(value)} is not a value", remedy="name a part of it, or join it: | join(',')"
    )


def _kind(value: Any) -> str:
    return {tuple: "list", bool: "yes or no", int: "number", str: "text"}.get(type(value), "table")


def bounded(value: Any) -> Any:
    """The value itself, if it is not too large."""
    if isinstance(value, str):
        if len(value) > LONGEST:
            raise ExpressionError(f"the result has more than {LONGEST} characters")
    elif isinstance(value, int) and abs(value) > GREATEST:
        raise ExpressionError("a number of more than 18 digits")
    return value


def whole(value: Any) -> int:
    """The value as a whole number."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise ExpressionError(f"{_shown(value)} is no whole number", remedy="write | int")


def letters(value: Any) -> str:
    """The value as text."""
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise ExpressionError(f"a {_kind(value)} is no text", remedy="write {{ a if b else c }}")


def span(value: Any, first: int | None, last: int | None) -> str:
    """A part of a text, as Python counts."""
    if not isinstance(value, str):
        raise ExpressionError(f"a {_kind(value)} is no text")
    return value[first:last]


def _shown(value: Any) -> str:
    """A value in an error: never itself, for it may be a secret."""
    return f"a {_kind(value)}"


def pick(owner: Any, wanted: Any, *, told: bool = True) -> Any:
    """A part of a table, list or text; ``told``: an error may say which, for it is no secret.

    Raises:
        AbsentError: it has no such part.
    """
    if isinstance(owner, Mapping):
        if wanted in owner:
            return owner[wanted]
        raise AbsentError(f"there is no {repr(wanted) if told else 'such part'} in it")
    if isinstance(owner, tuple | str) and isinstance(wanted, int):
        try:
            return owner[whole(wanted)]
        except IndexError as error:
            which = f"number {wanted}" if told else "such part"
            raise AbsentError(f"there is no {which} in it") from error
    raise ExpressionError(f"{_shown(owner)} has no parts")


def _plus(left: Any, right: Any) -> Any:
    if isinstance(left, str) and isinstance(right, str):
        return left + right
    return whole(left) + whole(right)


ARITHMETIC: Mapping[type[nodes.Node], Callable[[Any, Any], Any]] = {
    nodes.Add: _plus,
    nodes.Sub: lambda left, right: whole(left) - whole(right),
    nodes.Mul: lambda left, right: whole(left) * whole(right),
    nodes.FloorDiv: lambda left, right: whole(left) // whole(right),
    nodes.Mod: lambda left, right: whole(left) % whole(right),
}


COMPARISON: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": lambda left, right: left == right,
    "ne": lambda left, right: left != right,
    "lt": lambda left, right: left < right,
    "lteq": lambda left, right: left <= right,
    "gt": lambda left, right: left > right,
    "gteq": lambda left, right: left >= right,
    "in": lambda left, right: left in right,
    "notin": lambda left, right: left not in right,
}


def _replace(text: Any, old: Any, new: Any) -> str:
    held, before, after = letters(text), letters(old), letters(new)
    if len(held) + (held.count(before) + 1) * len(after) > LONGEST:
        raise ExpressionError(f"the result has more than {LONGEST} characters")
    return held.replace(before, after)


def _integer(value: Any) -> int:
    text = letters(value).strip()
    if len(text) > 19:
        raise ExpressionError("a number of more than 18 digits")
    try:
        return int(text)
    except ValueError as error:
        raise ExpressionError("the text is no whole number") from error


FILTERS: Mapping[str, tuple[int, int, Callable[..., Any]]] = {
    "upper": (0, 0, lambda value: letters(value).upper()),
    "lower": (0, 0, lambda value: letters(value).lower()),
    "title": (0, 0, lambda value: letters(value).title()),
    "capitalize": (0, 0, lambda value: letters(value).capitalize()),
    "trim": (0, 0, lambda value: letters(value).strip()),
    "string": (0, 0, letters),
    "int": (0, 0, _integer),
    "abs": (0, 0, lambda value: abs(whole(value))),
    "length": (0, 0, len),
    "first": (0, 0, lambda value: pick(value, 0)),
    "last": (0, 0, lambda value: pick(value, -1)),
    "join": (0, 1, lambda value, by="": letters(by).join(map(letters, value))),
    "replace": (2, 2, _replace),
    "urlencode": (0, 0, lambda value: quote(letters(value), safe="/")),
}
"""Name to least and most arguments, and what it does. ``default`` is apart: it looks first."""
