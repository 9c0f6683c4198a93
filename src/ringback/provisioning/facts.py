"""What names mean in an expression: facts of a device, its lines, and variables.

Facts are ``mac``, ``mac_upper``, ``mac_colons``, ``serial``, ``model``, ``series``,
``generation``, ``site``, ``group``, ``tags``, ``lines``, ``release`` and, in a setting that is
said for every line, ``line``. All other names are variables: the fleet's, those of the layers in
their order, the device's own; the last wins. A variable may itself hold ``{{ … }}``; it is
rendered when first needed and then kept, so that chains of them cost no more than their number,
and one that needs itself is found.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ringback.cisco.model import Model
from ringback.provisioning.device import Device
from ringback.provisioning.expression import Expression, parse
from ringback.provisioning.line import Line
from ringback.provisioning.operation import ElsewhereError, ExpressionError

RELEASE: Final = "\uf8ff"
"""Stands for the release's number until the rest is known: a character no phone is sent."""
UNKNOWN: Final = "\ufffd"
"""Stands for a secret that nobody has set yet, where that is only noted: nothing is said of it."""
OF_DEVICE: Final = frozenset({"mac", "mac_upper", "mac_colons", "serial", "tags", "lines", "line"})
OF_MODEL: Final = frozenset({"model", "series", "generation"})
SECRET: Final = frozenset({"secret", "own_secret"})
RESERVED: Final = OF_DEVICE | OF_MODEL | SECRET | {"site", "group", "release"}
"""No variable may be called so."""

Function = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable, read; and the layer that set it, ``fleet`` for the fleet's own."""

    expression: Expression
    layer: str


Variables = Mapping[str, Variable]


class Facts(dict[str, Any]):
    """Names to meanings; variables are rendered when they are looked up.

    What fails in one is raised as an ``ElsewhereError``, since it is not where it is looked up.
    """

    __slots__ = ("_pending", "variables")

    def __init__(self, known: Mapping[str, Any], variables: Variables) -> None:
        super().__init__(known)
        self.variables = variables
        self._pending: list[str] = []

    def __missing__(self, name: str) -> str:
        variable = self.variables.get(name)
        if variable is None:
            raise KeyError(name)
        if name in self._pending:
            circle = " needs ".join([*self._pending[self._pending.index(name) :], name])
            what = f"variables go round in a circle: {circle}"
            raise ExpressionError(what, remedy="give one of them a value of its own")
        self._pending.append(name)
        try:
            value = self[name] = variable.expression.render(self)
        except ElsewhereError:
            raise
        except ExpressionError as error:
            raise ElsewhereError(error, variable.layer, f"variable {name}") from error
        finally:
            self._pending.pop()
        return value


def reach(expression: Expression, variables: Variables) -> frozenset[str]:
    """Every name that a value depends on, through variables too."""
    found, open_names = set(expression.names), list(expression.names)
    while open_names:
        through = variables.get(open_names.pop())
        if through is not None:
            new = through.expression.names - found
            found |= new
            open_names += new
    return frozenset(found)


def of_device(
    device: Device, model: Model, variables: Variables, secret: Function, own_secret: Function
) -> Facts:
    """What names mean for one device.

    Raises:
        ElsewhereError: in a text of one of its lines, or in a variable.
    """
    facts = Facts(of_model(model, device.site, device.group), variables)
    facts.update(
        mac=device.mac.digits,
        mac_upper=device.mac.upper,
        mac_colons=device.mac.colons,
        serial=device.serial,
        tags=tuple(sorted(device.tags)),
    )
    facts["lines"] = {line.number: _of_line(device, line, facts) for line in device.lines}
    # Only now: no line's text may hold a secret, or it would be one without anybody's knowing.
    facts.update(secret=secret, own_secret=own_secret)
    return facts


def of_model(model: Model | None, site: str = "", group: str = "") -> dict[str, Any]:
    """What names mean for all phones of a model, perhaps at one site or in one group."""
    facts: dict[str, Any] = {"release": RELEASE, "site": site, "group": group}
    if model is not None:
        facts |= {
            "model": model.name, "series": model.series, "generation": model.generation.value
        }  # fmt: skip
    return facts


def _of_line(device: Device, line: Line, facts: Facts) -> dict[str, Any]:
    """What ``line`` means: everything but the password."""
    texts = {
        "user": line.user,
        "display_name": line.display_name,
        "proxy": line.proxy,
        "auth_id": line.auth_id,
    }
    told: dict[str, Any] = {"number": line.number}
    for name, text in (*texts.items(), *line.variables.items()):
        try:
            told[name] = parse(text).render(facts) if "{" in text else text
        except ElsewhereError:
            raise
        except ExpressionError as error:
            said = f"variable {name}" if name in line.variables else name
            raise ElsewhereError(error, f"device/{device.mac} line {line.number}", said) from error
    return told
