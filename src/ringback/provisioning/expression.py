"""``{{ … }}`` in a setting's value: facts of the device put into text, within bounds.

The language is Jinja2's, read by Jinja2's own parser, and only its expressions: names,
``lines[1]``, ``a.b``, ``~ + - * // %`` (on whole numbers, ``+`` on text too), comparisons,
``and or not``, ``x if y else z``, the filters and tests of ``operation``, ``secret('NAME')`` and
``own_secret('NAME')``. Statements, loops, macros, methods and attributes of objects do not exist.
A text without ``{{`` is not looked at: dial plans may hold what they like.

Jinja2's sandbox renders it no longer than it likes: it bounds neither time nor memory, and makes
200 MB of one short expression. A process to be killed was rejected for 100 000 devices. So the
tree is walked once, whatever is not on the list is refused with its place, and what is left has
an end by its nature: no loops, at most ``MOST_NODES`` operations, no text beyond ``LONGEST``
characters, no number beyond 18 digits. That is also several times faster than rendering. The
tests compare the results with Jinja2's.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from jinja2 import TemplateSyntaxError, nodes

from ringback.dynamic.template import Stationery
from ringback.errors import Place, RingbackError
from ringback.provisioning.operation import (
    ARITHMETIC,
    COMPARISON,
    FILTERS,
    GREATEST,
    LONGEST,
    AbsentError,
    ExpressionError,
    bounded,
    letters,
    pick,
    plain,
    span,
    text,
    whole,
)

MOST_NODES: Final = 500
"""Operations in one value."""
DEEPEST: Final = 50
"""Operations within operations."""
_NAME: Final = "value"

Facts = Mapping[str, Any]
"""What names mean: text, whole numbers, tuples of text, mappings of those."""
Step = Callable[[Facts], Any]


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
        pieces = [step if isinstance(step, str) else text(step(facts)) for step in self.steps]
        return str(bounded("".join(pieces)))


def parse(source: str) -> Expression:
    """Read a value.

    Raises:
        ExpressionError: with line and column in the value.
    """
    return _read(source) if "{{" in source else Expression(source, frozenset(), (source,))


@lru_cache(maxsize=16_384)
def _read(source: str) -> Expression:
    """The same, remembered: layers say the same thing to thousands of phones."""
    if len(source) > LONGEST:
        raise ExpressionError(f"a value of more than {LONGEST} characters")
    if "{#" in source:
        raise ExpressionError("a comment beside {{ … }}", remedy="write {{ '{#' }} if it is meant")
    reader = _Reader(source)
    steps = tuple(reader.steps())
    return Expression(source, frozenset(reader.names), steps)


class _Reader:
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
            if not isinstance(node, nodes.Output):
                remedy = "write {{ a if b else c }}"
                raise self.error(node, "only {{ … }} can stand in a value", remedy)
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
        make = _MAKERS.get(type(node))
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
                return bounded(do(facts))
            except ExpressionError as error:
                if error.place == Place():
                    raise type(error)(error.what, place=place, remedy=error.remedy) from error
                raise
            except RingbackError as error:
                raise ExpressionError(error.what, place=place, remedy=error.remedy) from error
            except (TypeError, ValueError, ArithmeticError, LookupError) as error:
                raise ExpressionError(plain(error), place=place) from error

        return step


def _bare(place: Place) -> Place:
    return Place("", place.line, place.column)


def _constant(reader: _Reader, node: nodes.Const) -> Step:
    value = node.value
    if not isinstance(value, str | int):
        raise reader.error(node, f"{value!r} is neither text nor a whole number")
    if isinstance(value, int) and abs(value) > GREATEST:
        raise reader.error(node, "a number of more than 18 digits")
    return lambda _: value


def _name(reader: _Reader, node: nodes.Name) -> Step:
    wanted = node.name
    reader.names.add(wanted)

    def look(facts: Facts) -> Any:
        try:
            return facts[wanted]
        except KeyError as error:
            raise AbsentError(f"there is nothing called {wanted!r}") from error

    return reader.placed(node, look)


def _part(reader: _Reader, node: nodes.Getattr) -> Step:
    owner, wanted = reader.step(node.node), node.attr
    return reader.placed(node, lambda facts: pick(owner(facts), wanted))


def _item(reader: _Reader, node: nodes.Getitem) -> Step:
    owner = reader.step(node.node)
    if isinstance(node.arg, nodes.Slice):
        return _slice(reader, node, owner, node.arg)
    wanted = reader.step(node.arg)
    return reader.placed(node, lambda facts: pick(owner(facts), wanted(facts)))


def _slice(reader: _Reader, node: nodes.Getitem, owner: Step, cut: nodes.Slice) -> Step:
    ends = [None if each is None else reader.step(each) for each in (cut.start, cut.stop)]
    if cut.step is not None:
        raise reader.error(node, "a slice has two ends and no step")

    def do(facts: Facts) -> Any:
        first, last = (None if each is None else whole(each(facts)) for each in ends)
        return span(owner(facts), first, last)

    return reader.placed(node, do)


def _listed(reader: _Reader, node: nodes.List | nodes.Tuple) -> Step:
    items = [reader.step(each) for each in node.items]
    return lambda facts: tuple(item(facts) for item in items)


def _choice(reader: _Reader, node: nodes.CondExpr) -> Step:
    if node.expr2 is None:
        raise reader.error(node, "an if without else", "write {{ a if b else c }}")
    test, yes, no = (reader.step(each) for each in (node.test, node.expr1, node.expr2))
    return lambda facts: yes(facts) if test(facts) else no(facts)


def _and(reader: _Reader, node: nodes.And) -> Step:
    left, right = reader.step(node.left), reader.step(node.right)
    return lambda facts: left(facts) and right(facts)


def _or(reader: _Reader, node: nodes.Or) -> Step:
    left, right = reader.step(node.left), reader.step(node.right)
    return lambda facts: left(facts) or right(facts)


def _not(reader: _Reader, node: nodes.Not) -> Step:
    inner = reader.step(node.node)
    return lambda facts: not inner(facts)


def _joined(reader: _Reader, node: nodes.Concat) -> Step:
    parts = [reader.step(each) for each in node.nodes]
    return reader.placed(node, lambda facts: "".join(letters(part(facts)) for part in parts))


def _sign(reader: _Reader, node: nodes.UnaryExpr) -> Step:
    inner, factor = reader.step(node.node), -1 if isinstance(node, nodes.Neg) else 1
    return reader.placed(node, lambda facts: factor * whole(inner(facts)))


def _calculation(reader: _Reader, node: nodes.BinExpr) -> Step:
    left, right, do = reader.step(node.left), reader.step(node.right), ARITHMETIC[type(node)]
    return reader.placed(node, lambda facts: do(left(facts), right(facts)))


def _comparison(reader: _Reader, node: nodes.Compare) -> Step:
    first = reader.step(node.expr)
    rest = [(COMPARISON[each.op], reader.step(each.expr)) for each in node.ops]

    def do(facts: Facts) -> bool:
        left = first(facts)
        for compare, other in rest:
            right = other(facts)
            if not compare(left, right):
                return False
            left = right
        return True

    return reader.placed(node, do)


def _call(reader: _Reader, node: nodes.Call) -> Step:
    if not isinstance(node.node, nodes.Name) or node.node.name not in FUNCTIONS:
        known = " and ".join(f"{each}('NAME')" for each in FUNCTIONS)
        raise reader.error(node, "this cannot be called", f"there are {known}")
    if len(node.args) != 1 or node.kwargs or node.dyn_args or node.dyn_kwargs:
        raise reader.error(node, f"{node.node.name} takes one name", "such as secret('sip-trunk')")
    name, argument = node.node.name, reader.step(node.args[0])
    reader.names.add(name)
    return reader.placed(node, lambda facts: facts[name](letters(argument(facts))))


FUNCTIONS: Final = ("secret", "own_secret")
"""What can be called. The facts hold the functions; their results are secrets."""


_DEFAULTS: Final = ("default", "d")


def _filter(reader: _Reader, node: nodes.Filter) -> Step:
    if node.node is None or node.kwargs or node.dyn_args or node.dyn_kwargs:
        raise reader.error(node, f"{node.name} takes its arguments by position")
    inner, arguments = reader.step(node.node), [reader.step(each) for each in node.args]
    if node.name in _DEFAULTS:
        return _default(reader, node, inner, arguments)
    if node.name not in FILTERS:
        known = ", ".join(["default", *FILTERS])
        raise reader.error(node, f"there is no filter {node.name!r}", f"there are {known}")
    least, most, do = FILTERS[node.name]
    if not least <= len(arguments) <= most:
        raise reader.error(node, f"{node.name} takes {most} arguments, not {len(arguments)}")
    return reader.placed(node, lambda facts: do(inner(facts), *(each(facts) for each in arguments)))


def _default(reader: _Reader, node: nodes.Filter, inner: Step, arguments: list[Step]) -> Step:
    if len(arguments) != 1:
        raise reader.error(node, "default takes one argument", "such as | default('none')")

    def do(facts: Facts) -> Any:
        try:
            return inner(facts)
        except AbsentError:
            return arguments[0](facts)

    return do


def _test(reader: _Reader, node: nodes.Test) -> Step:
    if node.name not in {"defined", "undefined"} or node.args or node.kwargs:
        raise reader.error(node, f"there is no test {node.name!r}", "there are defined, undefined")
    inner, wanted = reader.step(node.node), node.name == "defined"

    def do(facts: Facts) -> bool:
        try:
            inner(facts)
        except AbsentError:
            return not wanted
        return wanted

    return do


_MAKERS: Mapping[type[nodes.Node], Callable[[_Reader, Any], Step]] = {
    nodes.Const: _constant,
    nodes.Name: _name,
    nodes.Getattr: _part,
    nodes.Getitem: _item,
    nodes.List: _listed,
    nodes.Tuple: _listed,
    nodes.CondExpr: _choice,
    nodes.And: _and,
    nodes.Or: _or,
    nodes.Not: _not,
    nodes.Concat: _joined,
    nodes.Neg: _sign,
    nodes.Pos: _sign,
    **dict.fromkeys(ARITHMETIC, _calculation),
    nodes.Compare: _comparison,
    nodes.Call: _call,
    nodes.Filter: _filter,
    nodes.Test: _test,
}
