"""Settings back to lines: what ``cascade`` makes of a line, turned around.

A line is worth having where there is a user: phones are then found by extension and name. A proxy
is most often everybody's, and stays a setting, where it can go into a layer for all. Whatever a
line cannot say (an access, an expression that is no reference to a secret) stays a setting too.
"""

from collections.abc import Mapping
from typing import Any, Final

from ringback.cisco.catalogue import catalogue
from ringback.cisco.model import Model
from ringback.provisioning.cascade import SUGAR
from ringback.provisioning.layer import Setting
from ringback.provisioning.line import Line

FIELDS: Final = ("user", "password", "display_name", "auth_id")
"""What becomes part of a line."""


def lines_of(
    settings: Mapping[str, Setting], model: Model
) -> tuple[tuple[Line, ...], dict[str, Setting]]:
    """The lines, and the settings that they do not speak of."""
    rest, lines = dict(settings), list[Line]()
    for number in range(1, model.lines + 1):
        names = {each: SUGAR[each].replace("_n_", f"_{number}_") for each in FIELDS}
        switch = f"Use_Auth_ID_{number}_"
        if switch in catalogue(model) and not _says_yes(rest.get(switch)):
            del names["auth_id"]  # a line with an auth ID turns the switch on
        texts: dict[str, Any] = {
            each: rest[name].value or ""
            for each, name in names.items()
            if name in rest and _sayable(rest[name])
        }
        if texts.get("user"):
            lines.append(Line(number, **texts))
            for each in texts:
                del rest[names[each]]
            if "auth_id" in texts and switch in catalogue(model):
                del rest[switch]
    return tuple(lines), rest


def _says_yes(switch: Setting | None) -> bool:
    return switch is not None and switch.value == "Yes" and switch.access is None


def _sayable(setting: Setting) -> bool:
    """Whether a line can say it."""
    value = setting.value or ""
    secret = value.startswith("{{ secret(")
    return bool(value) and setting.access is None and ("{{" not in value or secret)
