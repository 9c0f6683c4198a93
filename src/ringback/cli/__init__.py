"""The command line: one file per command group, imported when it is called for."""

import os
import sys
from collections.abc import Sequence
from typing import Any

from cyclopts import App, CycloptsError, Parameter

from ringback import __version__
from ringback.errors import RingbackError, UnknownModelError, UsageError

FAILED, WRONG_USAGE, INTERRUPTED = 1, 2, 130
_WRONG = (UsageError, UnknownModelError)
"""What no fleet and no network could make right: the command line itself is wrong. Every other
error says that it was understood, and that what it asked for did not hold."""


def _default(value: Any) -> Any:
    """A default worth a word in the help: not that nothing is given, nor that a switch is off."""
    return value or None


app = App(
    name="ringback",
    default_parameter=Parameter(negative=(), show_default=_default),
    help="Provision Cisco IP phones and prove that each took what it was given.",
    version=f"ringback {__version__}",
)

# Noun or verb -> "module:application", and its help. Cyclopts imports each one when it is needed.
_COMMANDS = {
    "serve": (
        "ringback.cli.serving:serve",
        "Serve a folder of profiles to phones, and hear what they say.",
    ),
    "apply": (
        "ringback.cli.folders:apply",
        "Make the fleet what a folder of TOML files says, after showing what that changes.",
    ),
    "export": (
        "ringback.cli.folders:export",
        "Write the fleet as a folder of TOML files, comments kept.",
    ),
    "adopt": (
        "ringback.cli.adoptions:adopt",
        "Propose a fleet for a folder of profiles; nothing in it is changed.",
    ),
    "layer": ("ringback.cli.layers:app", "Settings for all, a model, a site, a group, a device."),
    "document": ("ringback.cli.documents:app", "The files that phones may ask for."),
    "publish": (
        "ringback.cli.publishing:publish",
        "Freeze a numbered release of the fleet, prepare its files and serve it.",
    ),
    "explain": (
        "ringback.cli.explanations:explain",
        "Tell what a phone would fetch, be given and become, and why, without touching it.",
    ),
    "release": ("ringback.cli.releases:app", "List, compare and roll back releases."),
    "device": ("ringback.cli.devices:app", "The phones in our care."),
    "secret": ("ringback.cli.secrets:app", "Secrets that settings refer to by name."),
    "token": ("ringback.cli.admissions:token", "Unguessable parts of a URL, each for one device."),
    "window": ("ringback.cli.admissions:window", "Doors opened by a person, for a while."),
    "decoy": ("ringback.cli.admissions:decoy", "MACs that nobody has: asking is an alarm."),
    "ledger": ("ringback.cli.ledgers:app", "Prove and hand on what was served."),
    "phone": ("ringback.cli.phones:app", "Plug in virtual phones that behave as real ones do."),
    "notify": (
        "ringback.cli.notices:notify",
        "Tell a phone over SIP to resync, report or restart, and say what it answered.",
    ),
    "profile": ("ringback.cli.profiles:app", "Read, check, compare, seal and open profiles."),
    "report": ("ringback.cli.reports:app", "Read what phones upload about themselves."),
    "firmware": ("ringback.cli.firmwares:app", "Dummy firmware, for rehearsing upgrades."),
    "rule": (
        "ringback.cli.rules:app",
        "Explain the rules that tell a phone where its profile is.",
    ),
    "cert": (
        "ringback.cli.certificates:app",
        "Certificates for this server and its phones.",
    ),
    "plan-capacity": (
        "ringback.cli.capacities:plan_capacity",
        "Reckon the load that a fleet's resync settings make, and which delays would lower it.",
    ),
    "demo": (
        "ringback.cli.demonstration:demo",
        (
            "Walk through the vendor's exercises: a server and a phone, on loopback.\n\n"
            "Needs no privilege and no network, and ends within 40 seconds. Exits 0 only if every "
            "verdict, read back from the phone's page or its syslog, held."
        ),
    ),
    "try": (
        "ringback.cli.trial:try_it",
        "Serve an example folder to one virtual phone that resyncs every 30 s, until stopped.",
    ),
}

for _name, (_target, _help) in _COMMANDS.items():
    app.command(_target, name=_name, help=_help)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command; docs/exit-codes.md says what it exits with."""
    try:
        app(arguments, exit_on_error=False, print_error=True)
    except (CycloptsError, *_WRONG) as error:
        if isinstance(error, RingbackError):
            print(f"ringback: {error}", file=sys.stderr)
        sys.exit(WRONG_USAGE)
    except RingbackError as error:
        print(f"ringback: {error}", file=sys.stderr)
        sys.exit(FAILED)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(FAILED)
