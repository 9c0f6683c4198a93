"""The command line: one file per command group, imported when it is called for."""

import sys
from collections.abc import Sequence

from cyclopts import App

from ringback import __version__
from ringback.errors import RingbackError

app = App(
    name="ringback",
    help="Provision Cisco IP phones and prove that each took what it was given.",
    version=f"ringback {__version__}",
)

# Noun or verb -> "module:application". Cyclopts imports each one when it is needed.
_COMMANDS = {
    "rule": "ringback.cli.rules:app",
    "profile": "ringback.cli.profiles:app",
    "phone": "ringback.cli.phones:app",
    "serve": "ringback.cli.serving:serve",
    "demo": "ringback.cli.demonstration:demo",
}

for _name, _target in _COMMANDS.items():
    app.command(_target, name=_name)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command. Exits 0 for success, 1 when the thing failed, 2 for wrong usage."""
    try:
        app(arguments)
    except RingbackError as error:
        print(f"ringback: {error}", file=sys.stderr)
        sys.exit(1)
