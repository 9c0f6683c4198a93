"""``ringback try``: an example folder, a server and one virtual phone, until stopped."""

import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.markup import escape

from ringback.cli.processes import Process, example_folder, free_port
from ringback.cli.terminal import terminal

MODEL, MAC, SERIAL = "CP-7832-3PCC", "000e08abcdef", "FCH2133E8B9"
EVERY = 30


def try_it(
    folder: Annotated[Path, Parameter(name="--folder")] = Path("ringback-example"),
    *,
    every: int = EVERY,
) -> None:
    """Serve an example folder to one virtual phone that resyncs every 30 s, until stopped.

    Args:
        folder: The folder to serve; made from the built-in example when it does not exist.
        every: Seconds between two resyncs of the phone.
    """
    console = terminal()
    if not folder.exists():
        shutil.copytree(example_folder(), folder)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    tftp, http, syslog = (
        free_port(udp=True, wanted=6969),
        free_port(wanted=6980),
        free_port(udp=True, wanted=6514),
    )
    pages = free_port(wanted=6981)

    def show(source: str, colour: str) -> Callable[[str], None]:
        return lambda line: console.print(f"[{colour}]{source}[/] {escape(line)}", soft_wrap=True)

    server = Process(
        ["serve", "--root", str(folder), "--tftp", f"127.0.0.1:{tftp}",
         "--http", f"127.0.0.1:{http}", "--syslog", f"127.0.0.1:{syslog}"],
        show=show("server |", "cyan"),
    )  # fmt: skip
    with server:
        server.wait_for("Ready")
        phone = Process(
            ["phone", "run", f"tftp://127.0.0.1:{tftp}/$PN.cfg",
             "--model", MODEL, "--mac", MAC, "--serial", SERIAL, "--pages", f"127.0.0.1:{pages}",
             "--syslog", f"127.0.0.1:{syslog}", "--set", f"Resync_Periodic={every}",
             "--set", "Resync_Random_Delay=0",
             "--set", f"Profile_Rule_B=tftp://127.0.0.1:{tftp}/phones/$MA.cfg"],
            show=show("phone  |", "green"),
        )  # fmt: skip
        with phone:
            phone.wait_for("Successful resync")
            console.print(
                f"\n[bold]It works.[/] The phone's pages: http://127.0.0.1:{pages}/admin/advanced\n"
                f"Edit {escape(str(folder))}/{MODEL}.cfg and watch the phone take it within "
                f"{every} s.  Ctrl-C ends.\n"
            )
            while phone.running and server.running:
                phone.wait()
