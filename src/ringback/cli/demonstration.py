"""``ringback demo``: every exercise of the vendor's chapter, done before your eyes."""

import signal
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from rich.markup import escape

from ringback import clock
from ringback.cli.exercises import EXERCISES
from ringback.cli.secure_exercises import SECURE_EXERCISES
from ringback.cli.secure_stage import SecureStage
from ringback.cli.stage import Stage
from ringback.cli.terminal import terminal
from ringback.errors import RingbackError

AnyStage = TypeVar("AnyStage", bound=Stage)


def demo(*, secure: bool = False) -> None:
    """Walk through the vendor's exercises: a server and a phone, on loopback.

    Needs no privilege and no network, and ends within 40 seconds. Exits 0 only if every verdict,
    read back from the phone's page or its syslog, held.

    Args:
        secure: The exercises with HTTPS and certificates instead of the basic ones.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if secure:
        _walk(SecureStage, SECURE_EXERCISES)
    else:
        _walk(Stage, EXERCISES)


def _walk(
    setting: Callable[[Path, Callable[[str], None]], AnyStage],
    exercises: Sequence[Callable[[AnyStage], None]],
) -> None:
    console, started = terminal(), clock.monotonic()

    def tell(text: str) -> None:
        console.print(f"  [green]✓[/] {escape(text)}")

    with tempfile.TemporaryDirectory(prefix="ringback-demo-") as folder:
        try:
            with setting(Path(folder), tell) as stage:
                ports = ", ".join(f"{port} ({kind.upper()})" for kind, port in stage.ports.items())
                console.print(f"A server on ports {ports}, and")
                console.print(f"a virtual phone whose pages are at {stage.pages}/admin/advanced")
                for number, exercise in enumerate(exercises, 1):
                    console.print(f"\n[bold]{number}. {(exercise.__doc__ or '').rstrip('.')}[/]")
                    exercise(stage)
        except RingbackError as error:
            console.print(f"  [red]✗ {escape(str(error))}[/]")
            sys.exit(1)
    seconds = clock.monotonic() - started
    console.print(f"\nAll {len(exercises)} exercises held, in {seconds:.0f} seconds.")
