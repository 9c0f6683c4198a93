"""``ringback phone call`` and ``factory-reset``: what a person does at the handset of a phone.

It speaks to a phone under ``ringback phone run`` through the socket that phone listens at: beside
its state file, or where ``--control`` put it.
"""

import json
import socket
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter
from rich.text import Text

from ringback.cli.arguments import Json
from ringback.cli.rules import printable
from ringback.cli.terminal import terminal
from ringback.errors import RefusedError, TransferError, UsageError
from ringback.phone.control import LONGEST, PATIENCE

app = App(name="call", help="Begin and end calls on a phone that runs: no resync while one is up.")

State = Annotated[Path | None, Parameter(name="--state")]
ControlPath = Annotated[Path | None, Parameter(name="--control")]


def beside(state: Path) -> Path:
    """Where a phone with that state file listens."""
    return state.with_name(state.name + ".control")


@app.command
def start(
    line: int = 1,
    /,
    *,
    number: Annotated[str, Parameter(name="--number")] = "",
    name: Annotated[str, Parameter(name="--name")] = "",
    state: State = None,
    control: ControlPath = None,
    as_json: Json = False,
) -> None:
    """Begin a call on a line.

    Args:
        line: Which, from 1.
        number: The other's number, $REMOTENUMBER.
        name: The other's name, $INCOMINGNAME.
        state: The phone's state file, as given to phone run.
        control: The phone's socket, when it is not beside its state file.
        as_json: The answer as one JSON object.
    """
    asked = {"do": "start", "line": line, "number": number, "name": name}
    _show(_ask(_where(state, control), asked), as_json=as_json)


@app.command
def end(
    line: int | None = None,
    /,
    *,
    state: State = None,
    control: ControlPath = None,
    as_json: Json = False,
) -> None:
    """End the call on a line, or every call.

    Args:
        line: Which, from 1; without it, all of them.
        state: The phone's state file, as given to phone run.
        control: The phone's socket, when it is not beside its state file.
        as_json: The answer as one JSON object.
    """
    _show(_ask(_where(state, control), {"do": "end", "line": line}), as_json=as_json)


@app.command(name="list")
def list_(*, state: State = None, control: ControlPath = None, as_json: Json = False) -> None:
    """Show which calls are up.

    Args:
        state: The phone's state file, as given to phone run.
        control: The phone's socket, when it is not beside its state file.
        as_json: The answer as one JSON object.
    """
    _show(_ask(_where(state, control), {"do": "calls"}), as_json=as_json)


def factory_reset(*, state: State = None, control: ControlPath = None) -> None:
    """Take a phone that runs back to the factory's settings, once no call is up.

    Every setting, the custom CA and what it remembers are gone; the firmware stays.

    Args:
        state: The phone's state file, as given to phone run.
        control: The phone's socket, when it is not beside its state file.
    """
    _ask(_where(state, control), {"do": "reset"})
    print("The phone goes back to the factory's settings and restarts when it is not in use.")


def _where(state: Path | None, control: Path | None) -> Path:
    if control:
        return control
    if state:
        return beside(state)
    raise UsageError("which phone?", remedy="name its --state file, or its --control socket")


def _ask(path: Path, asked: dict[str, Any]) -> dict[str, Any]:
    """One line there, one line back.

    Raises:
        TransferError: no phone listens there.
        RefusedError: the phone does not do that.
    """
    try:
        with socket.socket(socket.AF_UNIX) as phone:
            phone.settimeout(PATIENCE)
            phone.connect(str(path))
            phone.sendall(json.dumps(asked).encode() + b"\n")
            with phone.makefile("rb") as lines:
                answer = json.loads(lines.readline(16 * LONGEST))
    except (OSError, ValueError) as error:
        remedy = "ringback phone run prints where it listens"
        why = getattr(error, "strerror", None) or error
        raise TransferError(f"no phone listens at {path}: {why}", remedy=remedy) from error
    if "refused" in answer:
        raise RefusedError(str(answer["refused"]))
    return dict(answer)


def _show(answer: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(answer, ensure_ascii=False))
        return
    console = terminal()
    for call in answer["calls"]:
        other = " ".join(filter(None, (call["name"], call["number"]))) or "somebody"
        console.print(Text(f"line {call['line']}: a call with {printable(other)}"))
    if not answer["calls"]:
        console.print(Text("Every line is idle."))
