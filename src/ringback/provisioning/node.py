"""Each kind of node in an expression's tree, made into something to do.

``expression`` walks the tree and counts; here is what a node means. A kind that is not in
``MAKERS`` does not exist in a value.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from jinja2 import nodes

from ringback.errors import NotFoundError
from ringback.provisioning.operation import (
    ARITHMETIC,
    COMPARISON,
    FILTERS,
    GREATEST,
    AbsentError,
    letters,
    pick,
    span,
    whole,
)

if TYPE_CHECKING:
    from ringback.provisioning.expression import Reader

Facts = Mapping[str, Any]
"""What names mean: text, whole numbers, tuples of text, mappings of those."""
Step = Callable[[Facts], Any]


def _constant(reader: "Reader", node: nodes.Const) -> Step:
    value = node.value
    if not isinstance(value, str | int):
        raise reader.error(node, f"{value!r} is neither text nor a whole number")
    if isinstance(value, int) and abs(value) > GREATEST:
        raise reader.error(node, "a number of more than 18 digits")
    return lambda _: value


def _name(reader: "Reader", node: nodes.Name) -> Step:
    wanted = node.name
    reader.names.add(wanted)

    def look(facts: Facts) -> Any:
        try:
            return facts[wanted]
        except KeyError as error:
            raise AbsentError(f"there is nothing called {wanted!r}") from error

    return reader.placed(node, look)


def _part(reader: "Reader", node: nodes.Getattr) -> Step:
    owner, wanted = reader.step(node.node), node.attr
    return reader.placed(node, lambda facts: pick(owner(facts), wanted))


def _item(reader: "Reader", node: nodes.Getitem) -> Step:
    owner = reader.step(node.node)
    if isinstance(node.arg, nodes.Slice):
        return _slice(reader, node, owner, node.arg)
    wanted = reader.step(node.arg)
    names = _names(node.arg)
    return reader.placed(
        node, lambda facts: pick(owner(facts), wanted(facts), told=not _may_hide(names, facts))
    )


def _names(node: nodes.Node) -> frozenset[str]:
    """What a part of a value looks up."""
    inner = {each.name for each in node.find_all(nodes.Name)}
    return frozenset(inner | ({node.name} if isinstance(node, nodes.Name) else set()))


def _may_hide(names: frozenset[str], facts: Facts) -> bool:
    """Whether its result may be a secret: by a call, or by a variable, which may hold one."""
    variables: Mapping[str, Any] = getattr(facts, "variables", {})
    return any(each in FUNCTIONS or each in variables for each in names)


def _slice(reader: "Reader", node: nodes.Getitem, owner: Step, cut: nodes.Slice) -> Step:
    ends = [None if each is None else reader.step(each) for each in (cut.start, cut.stop)]
    if cut.step is not None:
        raise reader.error(node, "a slice has two ends and no step")

    def do(facts: Facts) -> Any:
        first, last = (None if each is None else whole(each(facts)) for each in ends)
        return span(owner(facts), first, last)

    return reader.placed(node, do)


def _listed(reader: "Reader", node: nodes.List | nodes.Tuple) -> Step:
    items = [reader.step(each) for each in node.items]
    return lambda facts: tuple(item(facts) for item in items)


def _choice(reader: "Reader", node: nodes.CondExpr) -> Step:
    if node.expr2 is None:
        raise reader.error(node, "an if without else", "write {{ a if b else c }}")
    test, yes, no = (reader.step(each) for each in (node.test, node.expr1, node.expr2))
    return lambda facts: yes(facts) if test(facts) else no(facts)


def _and(reader: "Reader", node: nodes.And) -> Step:
    left, right = reader.step(node.left), reader.step(node.right)
    return lambda facts: left(facts) and right(facts)


def _or(reader: "Reader", node: nodes.Or) -> Step:
    left, right = reader.step(node.left), reader.step(node.right)
    return lambda facts: left(facts) or right(facts)


def _not(reader: "Reader", node: nodes.Not) -> Step:
    inner = reader.step(node.node)
    return lambda facts: not inner(facts)


def _joined(reader: "Reader", node: nodes.Concat) -> Step:
    parts = [reader.step(each) for each in node.nodes]
    return reader.placed(node, lambda facts: "".join(letters(part(facts)) for part in parts))


def _sign(reader: "Reader", node: nodes.UnaryExpr) -> Step:
    inner, factor = reader.step(node.node), -1 if isinstance(node, nodes.Neg) else 1
    return reader.placed(node, lambda facts: factor * whole(inner(facts)))


def _calculation(reader: "Reader", node: nodes.BinExpr) -> Step:
    left, right, do = reader.step(node.left), reader.step(node.right), ARITHMETIC[type(node)]
    return reader.placed(node, lambda facts: do(left(facts), right(facts)))


def _comparison(reader: "Reader", node: nodes.Compare) -> Step:
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


def _call(reader: "Reader", node: nodes.Call) -> Step:
    if not isinstance(node.node, nodes.Name) or node.node.name not in FUNCTIONS:
        known = " and ".join(f"{each}('NAME')" for each in FUNCTIONS)
        raise reader.error(node, "this cannot be called", f"there are {known}")
    if len(node.args) != 1 or node.kwargs or node.dyn_args or node.dyn_kwargs:
        raise reader.error(node, f"{node.node.name} takes one name", "such as secret('sip-trunk')")
    name, argument = node.node.name, reader.step(node.args[0])
    reader.names.add(name)
    names = _names(node.args[0])

    def call(facts: Facts) -> Any:
        wanted = letters(argument(facts))
        try:
            return facts[name](wanted)
        except NotFoundError as error:
            if _may_hide(names, facts):
                raise NotFoundError("there is no secret of the name that is meant here") from error
            raise

    return reader.placed(node, call)


FUNCTIONS: Final = ("secret", "own_secret")
"""What can be called. The facts hold the functions; their results are secrets."""


_DEFAULTS: Final = ("default", "d")


def _filter(reader: "Reader", node: nodes.Filter) -> Step:
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


def _default(reader: "Reader", node: nodes.Filter, inner: Step, arguments: list[Step]) -> Step:
    if len(arguments) != 1:
        raise reader.error(node, "default takes one argument", "such as | default('none')")

    def do(facts: Facts) -> Any:
        try:
            return inner(facts)
        except AbsentError:
            return arguments[0](facts)

    return do


def _test(reader: "Reader", node: nodes.Test) -> Step:
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


MAKERS: Mapping[type[nodes.Node], Callable[["Reader", Any], Step]] = {
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
