"""``{{ … }}`` in a setting's value: facts of the device put into text, within bounds.

The language is Jinja2's, read by Jinja2's own parser, and only its expressions: names,
``lines[1]``, ``a.b``, ``~ + - * // %`` (on whole numbers, ``+`` on text too), comparisons,
``and or not``, ``x if y else z``, the filters and tests of ``operation``, ``secret('NAME')`` and
``own_secret('NAME')``. Statements, loops, macros, methods and attributes of objects do not exist.
``{% … %}`` and ``{# … #}`` are refused, for whoever writes them means Jinja2's: as text they are
``{{ '{%' }}`` and ``{{ '{#' }}``. Other braces are text: dial plans may hold what they like.

Jinja2's sandbox renders it no longer than it likes: it bounds neither time nor memory, and makes
200 MB of one short expression. A process to be killed was rejected for 100 000 devices. So the
tree is walked once, whatever is not on the list is refused with its place, and what is left has
an end by its nature: no loops, at most ``MOST_NODES`` operations, no text beyond ``LONGEST``
characters, no number beyond 18 digits. That is also several times faster than rendering. The
tests compare the results with Jinja2's.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from jinja2 import TemplateSyntaxError, nodes

from ringback.dynamic.template import Stationery
from ringback.errors import Place, RingbackError
from ringback.provisioning.node import MAKERS, Facts, Step
from ringback.provisioning.operation import LONGEST, ExpressionError, bounded, plain, text

MOST_NODES: Final = 500
"""Operations in one value."""
DEEPEST: Final = 50
"""Operations within operations."""
_NAME: Final = "value"
TAGS: Final = {"{{": "an expression", "{%": "the statement", "{#": "the comment"}
"""What is not plain text in a value; of these only the first is allowed."""
_TAG: Final = re.compile(r"\{[{%#]")
_REST: Final = re.compile(
    r"""(?:[^'"}]|"(?:\\.|[^"\\])*+"|'(?:\\.|[^'\\])*+'|\}(?!\}))*+\}\}""", re.DOTALL
)
"""The rest of an expression, up to the braces that end it."""


@dataclass(frozen=True, slots=True)
class Expression:
    """A value, read once and rendered often."""

    source: str
    names: frozenset[str]
    """Every name it looks up, functions too; what it can depend on."""
    steps: tuple[str | Step, ...]

    def render(self, facts: Facts) -> str:
        """The text for these facts.

        Raises:
            ExpressionError: at the operation that fails; ``AbsentError`` for an unknown name.
        """
        if not self.names and len(self.steps) == 1 and isinstance(self.steps[0], str):
            return self.steps[0]
        pieces = [step if type(step) is str else text(step(facts)) for step in self.steps]  # type: ignore[operator]
        joined = "".join(pieces)
        return joined if len(joined) <= LONGEST else str(bounded(joined))


def parse(source: str) -> Expression:
    """Read a value.

    Raises:
        ExpressionError: with line and column in the value.
    """
    if "{" in source and any(each in source for each in TAGS):
        return _read(source)
    return Expression(source, frozenset(), (source,))


@lru_cache(maxsize=16_384)
def _read(source: str) -> Expression:
    """The same, remembered: layers say the same thing to thousands of phones."""
    if len(source) > LONGEST:
        raise ExpressionError(f"a value of more than {LONGEST} characters")
    _refuse_others(source)
    reader = Reader(source)
    steps = tuple(reader.steps())
    return Expression(source, frozenset(reader.names), steps)


def _refuse_others(source: str) -> None:
    """Refuse ``{% … %}`` and ``{# … #}`` outside of expressions: a phone would be sent them.

    Raises:
        ExpressionError: with the place of the first.
    """
    at = 0
    while found := _TAG.search(source, at):
        if found[0] != "{{":
            what = f"{TAGS[found[0]]} {found[0]} cannot stand in a value"
            remedy = f"write {{{{ '{found[0]}' }}}} if the phone is to get these two characters"
            raise ExpressionError(what, place=_at(source, found.start()), remedy=remedy)
        end = _REST.match(source, found.end())
        if end is None:
            return  # Jinja2 will say what is not closed
        at = end.end()


def _at(source: str, offset: int) -> Place:
    before = source[:offset]
    return Place("", before.count("\n") + 1, offset - before.rfind("\n"))


class Reader:
    """One source, from Jinja2's tree to steps."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._paper = Stationery(lambda _: None)
        self._left = MOST_NODES
        self._depth = 0
        self.names: set[str] = set()

    def steps(self) -> Iterator[str | Step]:
        """Each piece of text and each expression, in order."""
        for node in self._tree().body:
            assert isinstance(node, nodes.Output)  # statements were refused before
            for each in node.nodes:
                yield each.data if isinstance(each, nodes.TemplateData) else self.step(each)

    def _tree(self) -> nodes.Template:
        try:
            return self._paper.parse(self._source, _NAME)
        except TemplateSyntaxError as error:
            place = self._paper.place(_NAME, error.lineno)
            what = (error.message or "cannot be read").rstrip(".")
            raise ExpressionError(what, place=_bare(place)) from error
        except (RecursionError, ValueError) as error:
            raise ExpressionError("too deeply nested, or a number too long") from error

    def error(self, node: nodes.Node, what: str, remedy: str = "") -> ExpressionError:
        """An error at a node."""
        return ExpressionError(what, place=self.place(node), remedy=remedy)

    def place(self, node: nodes.Node) -> Place:
        """Where a node begins in the value."""
        return _bare(self._paper.place(_NAME, node.lineno))

    def step(self, node: nodes.Node) -> Step:
        """A node as something to do; its errors know their place."""
        self._left -= 1
        if self._left < 0:
            raise self.error(node, f"more than {MOST_NODES} operations in one value")
        if self._depth == DEEPEST:
            raise self.error(node, f"more than {DEEPEST} operations within one another")
        make = MAKERS.get(type(node))
        if make is None:
            what = f"{type(node).__name__.lower()} is not allowed in a value"
            raise self.error(node, what)
        self._depth += 1
        try:
            return make(self, node)
        finally:
            self._depth -= 1

    def placed(self, node: nodes.Node, do: Step) -> Step:
        """``do``, its failures told with the place of ``node``."""
        place = self.place(node)

        def step(facts: Facts) -> Any:
            try:
                value = do(facts)
                # Here and not only in ``bounded``: it is said for every part of every value.
                return value if type(value) is str and len(value) <= LONGEST else bounded(value)
            except ExpressionError as error:
                if error.place == Place():  # never of one in a variable, which has its place
                    raise type(error)(error.what, place=place, remedy=error.remedy) from error
                raise
            except RingbackError as error:
                raise ExpressionError(error.what, place=place, remedy=error.remedy) from error
            except (TypeError, ValueError, ArithmeticError, LookupError) as error:
                raise ExpressionError(plain(error), place=place) from error

        return step


def _bare(place: Place) -> Place:
    return Place("", place.line, place.column)
