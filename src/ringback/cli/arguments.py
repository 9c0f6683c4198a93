"""Arguments that several commands share: which phone is meant, and NAME=VALUE pairs.

Each is checked while the command line is read, so that a wrong one is wrong usage (exit 2) and
the message names the option.
"""

from collections.abc import Callable, Sequence
from typing import Annotated, Any

from cyclopts import Parameter

from ringback.cisco.model import find_model
from ringback.errors import NotFoundError, UsageError
from ringback.mac import Mac

DEFAULT_MODEL = "CP-8851-3PCC"
DEFAULT_MAC = "000e08abcdef"
DEFAULT_SERIAL = "FCH2133E8B9"


def checked(parse: Callable[[str], Any]) -> Callable[[Any, str | None], None]:
    """A validator that turns our errors into the command line's."""

    def check(_: Any, value: str | None) -> None:
        if value is None:  # an option not given, whose default is none
            return
        try:
            parse(value)
        except (UsageError, NotFoundError) as error:
            raise ValueError(str(error)) from error

    return check


def pair(text: str) -> tuple[str, str]:
    """Split ``NAME=VALUE`` at its first ``=``; the value may hold more, dashes or nothing.

    Raises:
        UsageError: without a name or without ``=``.
    """
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise UsageError(f"not NAME=VALUE: {text!r}", remedy="such as GPP_A=12345678")
    return name.strip(), value


def _pairs_checked(_: Any, texts: Sequence[str]) -> None:
    for text in texts:
        checked(pair)(None, text)


ModelName = Annotated[
    str, Parameter(name="--model", validator=checked(find_model), help="Such as 8851 or SPA504G.")
]
MaybeModelName = Annotated[
    str | None,
    Parameter(name="--model", validator=checked(find_model), help="Such as 8851 or SPA504G."),
]
MacText = Annotated[
    str, Parameter(name="--mac", validator=checked(Mac.parse), help="Twelve hex digits.")
]
Serial = Annotated[str, Parameter(name="--serial", help="The phone's serial number.")]
Settings = Annotated[
    tuple[str, ...],
    Parameter(
        name="--set",
        negative="",
        validator=_pairs_checked,
        allow_leading_hyphen=True,
        help="A parameter, NAME=VALUE; repeatable.",
    ),
]
Macros = Annotated[
    tuple[str, ...],
    Parameter(
        name="--macro",
        negative="",
        validator=_pairs_checked,
        allow_leading_hyphen=True,
        help="What a macro is now, NAME=VALUE, such as PRVST=1; repeatable.",
    ),
]
Json = Annotated[bool, Parameter(name="--json", negative="", help="One JSON object instead.")]
