"""``ringback demo``: every exercise of the vendor's chapter, done before your eyes."""

import signal
import sys
import tempfile
from pathlib import Path

from rich.markup import escape

from ringback import clock
from ringback.cli.exercises import EXERCISES
from ringback.cli.stage import Stage
from ringback.cli.terminal import terminal
from ringback.errors import RingbackError


def demo() -> None:
    """Walk through the vendor's basic exercises: a server and a phone, on loopback.

    Needs no privilege and no network, and ends within 40 seconds. Exits 0 only if every verdict,
    read back from the phone's page or its syslog, held.
    """
    console = terminal()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    started = clock.monotonic()

    def tell(text: str) -> None:
        console.print(f"  [green]✓[/] {escape(text)}")

    with tempfile.TemporaryDirectory(prefix="ringback-demo-") as folder:
        try:
            with Stage(Path(folder), tell) as stage:
                console.print(f"A server on ports {stage.tftp} (TFTP) and {stage.http} (HTTP), and")
                console.print(f"a virtual phone whose pages are at {stage.pages}/admin/advanced")
                for number, exercise in enumerate(EXERCISES, 1):
                    console.print(f"\n[bold]{number}. {(exercise.__doc__ or '').rstrip('.')}[/]")
                    exercise(stage)
        except RingbackError as error:
            console.print(f"  [red]✗ {escape(str(error))}[/]")
            sys.exit(1)
    seconds = clock.monotonic() - started
    console.print(f"\nAll {len(EXERCISES)} exercises held, in {seconds:.0f} seconds.")
