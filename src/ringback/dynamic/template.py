"""Templates: Jinja2 in its sandbox, with an end to everything and a place for every error.

``NAME.j2`` in the served folder answers for ``NAME``. Rendering happens in a process of its own
(``worker``); this file is what runs there. The sandbox is the second fence, not the first: it has
been climbed before, and bounds neither time nor memory.

Jinja2 counts lines and not columns, and names the line of the statement rather than of the
expression. Here every token gets its own number where Jinja2 keeps the line, and a table leads
from the number to line and column, so that an error names the very expression.

Undefined names are errors: a misspelt fact must not become an empty password.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any, Final

from jinja2 import FunctionLoader, StrictUndefined, TemplateSyntaxError, lexer
from jinja2.environment import Template
from jinja2.exceptions import SecurityError, TemplateNotFound, UndefinedError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from ringback.dynamic.facts import Facts
from ringback.errors import MalformedError, Place, RingbackError

ENDING: Final = ".j2"
LARGEST: Final = 1024 * 1024
"""Bytes of one template's source."""
_LARGEST_NUMBER: Final = 1 << 4096
_KEPT: Final = 200

Load = Callable[[str], tuple[str, str, Callable[[], bool]] | None]
"""Source, file name and "is it still the same" of a template's name; None when there is none."""


class TemplateError(MalformedError):
    """A template that cannot be rendered: where, and why."""


class SpentError(BaseException):
    """The processor time is used up. Not an Exception: no filter may swallow it."""


class Stationery(ImmutableSandboxedEnvironment):
    """The sandbox, with places. Operators that could make huge numbers are looked at first."""

    intercepted_binops = frozenset(("**", "*"))

    def __init__(self, load: Load) -> None:
        super().__init__(
            loader=FunctionLoader(load),
            autoescape=True,
            undefined=StrictUndefined,
            keep_trailing_newline=True,
            cache_size=_KEPT,
        )
        self.places: dict[str, list[tuple[int, int]]] = {}

    def _tokenize(
        self, source: str, name: str | None, filename: str | None = None, state: str | None = None
    ) -> lexer.TokenStream:
        places = self.places[name or ""] = []
        tokens = self.lexer.tokeniter(source, name, filename, state)
        numbered = _numbered(tokens, source, places)
        return lexer.TokenStream(self.lexer.wrap(numbered, name, filename), name, filename)

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """An operator; no number may outgrow what a configuration could mean."""
        numbers = isinstance(left, int) and isinstance(right, int)
        if operator == "**" and numbers and left.bit_length() * max(right, 0) > 4096:
            raise OverflowError("a number of more than 4096 bits")
        if numbers and (abs(left) > _LARGEST_NUMBER or abs(right) > _LARGEST_NUMBER):
            raise OverflowError("a number of more than 4096 bits")
        return super().call_binop(context, operator, left, right)

    def place(self, name: str | None, number: int) -> Place:
        """Line and column of a token; ``name`` is the template's."""
        places = self.places.get(name or "", [])
        line, column = places[number - 1] if 0 < number <= len(places) else (0, 0)
        return Place(name or "", line, column)


def _numbered(
    tokens: Iterator[tuple[int, str, str]], source: str, places: list[tuple[int, int]]
) -> Iterator[tuple[int, str, str]]:
    """The tokens of a template with their ordinal where the line would stand."""
    text = "\n".join(lexer.newline_re.split(source)[::2])
    starts = [0, *(at + 1 for at, letter in enumerate(text) if letter == "\n")]
    at = 0
    try:
        for _, token, value in tokens:
            found = text.find(value, at)
            start = found if found >= 0 else at
            places.append(_line_and_column(starts, start))
            at = start + len(value)
            yield len(places), token, value
    except TemplateSyntaxError as error:
        places.append(_after(starts, text, at, error.lineno))
        what = _OFFSET.sub("", error.message or "")
        raise TemplateSyntaxError(what, len(places), error.name, error.filename) from error


_OFFSET = re.compile(r" at [0-9]+$")
"""Jinja2 counts characters from the beginning of the file; we have said line and column."""


def _line_and_column(starts: list[int], at: int) -> tuple[int, int]:
    line = bisect_right(starts, at)
    return line, at - starts[line - 1] + 1


def _after(starts: list[int], text: str, at: int, line: int) -> tuple[int, int]:
    """Where the lexer gave up: behind the last token, if that is on the line it names."""
    while at < len(text) and text[at].isspace():
        at += 1
    found = _line_and_column(starts, min(at, max(len(text) - 1, 0)))
    return found if found[0] == line else (line, 0)


def render(stationery: Stationery, name: str, facts: Facts, *, most: int) -> bytes:
    """Render a template, at most ``most`` bytes of it.

    Raises:
        TemplateError: with its place, for whatever goes wrong.
    """
    try:
        template = stationery.get_template(name)
        return _print(stationery, template, facts, most)
    except (TemplateError, MemoryError):
        raise
    except TemplateSyntaxError as error:
        what = (error.message or "syntax error").rstrip(".")
        raise TemplateError(what, place=stationery.place(error.name, error.lineno)) from error
    except TemplateNotFound as error:
        raise TemplateError(
            f"no template {error.name!r}" if error.name else "no template",
            place=where(stationery, error.__traceback__, name),
            remedy="names are relative to the served folder",
        ) from error
    except Exception as error:
        place = where(stationery, error.__traceback__, name)
        raise TemplateError(_explain(error), place=place) from error


def _print(stationery: Stationery, template: Template, facts: Facts, most: int) -> bytes:
    pieces, size = [], 0
    # What Template.new_context makes, without merging the globals key by key: a quarter of a page.
    known = {**stationery.globals, **facts}
    context = stationery.context_class(stationery, known, template.name, template.blocks)
    stream = template.root_render_func(context)
    for piece in stream:
        octets = piece.encode("utf-8", "replace")
        pieces.append(octets)
        size += len(octets)
        if size > most:
            frame = getattr(stream, "gi_frame", None)
            number = template.get_corresponding_lineno(frame.f_lineno) if frame else 0
            raise TemplateError(
                f"more than {most} bytes come out of it",
                place=stationery.place(template.name, number),
            )
    return b"".join(pieces)


def where(stationery: Stationery, trace: TracebackType | None, name: str) -> Place:
    """The innermost place in a template that a traceback passed through."""
    place = Place(name)
    while trace is not None:
        template = trace.tb_frame.f_globals.get("__jinja_template__")
        if isinstance(template, Template):
            number = template.get_corresponding_lineno(trace.tb_lineno)
            place = stationery.place(template.name, number)
        trace = trace.tb_next
    return place


_ATTRIBUTE = re.compile(r"^'dict object' has no attribute ('.*')$")


def _explain(error: Exception) -> str:
    """An error in words for the person who wrote the template."""
    text = " ".join(str(error).split())[:200]
    if isinstance(error, UndefinedError):
        return _ATTRIBUTE.sub(r"there is no fact called \1", text)
    if isinstance(error, SecurityError):
        return f"not allowed in a template: {text}"
    if isinstance(error, RecursionError):
        return "it includes, extends or calls itself without an end"
    if isinstance(error, RingbackError | OverflowError):
        return text
    return f"{type(error).__name__}: {text}"
