"""The stage of ``demo``: a folder, a server, a phone, and an ear for what the phone says."""

import shutil
import socket
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from ringback import clock
from ringback.cli.browser import Page, open_page, submit
from ringback.cli.processes import Process, free_port
from ringback.errors import RingbackError

MODEL, MAC, SERIAL = "CP-7832-3PCC", "000e08012345", "88012BA01234"
WITHIN = 8.0
_PAUSE = 0.05


class Stage:
    """Everything an exercise uses. ``tell`` prints one line."""

    def __init__(self, folder: Path, tell: Callable[[str], None]) -> None:
        self.folder = folder
        self.root = folder / "root"
        self.root.mkdir()
        self.tell = tell
        self._state = folder / "phone.state"
        self.server_state = folder / "server"
        self.ports = {"tftp": free_port(udp=True), "http": free_port()}
        self.pages = f"http://127.0.0.1:{free_port()}"
        self._ear = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._ear.bind(("127.0.0.1", 0))
        self._heard: list[str] = []
        self.prepare()
        self.server = self._start_server()
        self.phone = self._start_phone()

    @property
    def syslog(self) -> str:
        """``host:port`` of the ear."""
        return f"127.0.0.1:{self._ear.getsockname()[1]}"

    # -- what another stage adds

    def prepare(self) -> None:
        """Make ready what must be there before server and phone start."""

    @property
    def server_options(self) -> Sequence[str]:
        """More of what to type after ``serve``."""
        return ()

    @property
    def phone_options(self) -> Sequence[str]:
        """More of what to type after ``phone run``."""
        return ("--resolve", "prov.telco.com=127.0.0.1")

    # -- the two processes

    def _start_server(self) -> Process:
        server = Process(
            ["serve", "--root", str(self.root), "--state", str(self.server_state),
             "--tftp", f"127.0.0.1:{self.ports['tftp']}",
             "--http", f"127.0.0.1:{self.ports['http']}", *self.server_options],
        )  # fmt: skip
        server.wait_for("Ready")
        return server

    def _start_phone(self) -> Process:
        phone = Process(
            ["phone", "run", "--model", MODEL, "--mac", MAC, "--serial", SERIAL,
             "--pages", self.pages.removeprefix("http://"), "--state", str(self._state),
             "--boot-seconds", "0.2", *self.phone_options],
        )  # fmt: skip
        phone.wait_for(self.pages)
        return phone

    def stop_server(self) -> None:
        """Disable the server."""
        self.server.stop()

    def start_server(self) -> None:
        """Enable it again, on the same ports."""
        self.server = self._start_server()

    def power_cycle(self) -> None:
        """Pull the phone's plug and put it back."""
        self.phone.cut_power()
        self.phone = self._start_phone()

    # -- files

    def put(self, name: str, text: str) -> Path:
        """Write a file into the served folder."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def url(self, name: str, scheme: str = "tftp", host: str = "127.0.0.1") -> str:
        """The address of a served file."""
        return f"{scheme}://{host}:{self.ports[scheme]}/{name}"

    # -- the phone's pages

    def page(self) -> Page:
        """The phone's admin/advanced page."""
        return open_page(f"{self.pages}/admin/advanced")

    def submit_all_changes(self, **values: str) -> None:
        """Enter values and press the button."""
        submit(self.page(), **values)

    def field(self, name: str) -> str:
        """What the page shows for one parameter."""
        return self.page().fields[name]

    def expect_field(self, name: str, value: str) -> None:
        """Wait until the page shows ``value``; while the phone boots it has no page."""

        def shown() -> bool:
            try:
                return self.field(name) == value
            except RingbackError:
                return False

        self.expect(f"the page shows {name} = {value}", shown)

    def expect(self, what: str, holds: Callable[[], bool], within: float = WITHIN) -> None:
        """Wait until something holds, and say so.

        Raises:
            RingbackError: when it does not in time.
        """
        deadline = clock.monotonic() + within
        while not holds():
            if clock.monotonic() > deadline:
                raise RingbackError(f"this did not come true within {within:g} s: {what}")
            self._listen(_PAUSE)
        self.tell(what)

    # -- the ear

    def _listen(self, seconds: float) -> None:
        self._ear.settimeout(seconds)
        try:
            while True:
                self._heard.append(self._ear.recv(65535).decode(errors="replace"))
                self._ear.settimeout(0.001)
        except TimeoutError:
            pass

    def forget(self) -> None:
        """From here on, only new messages count."""
        self._listen(0.001)
        self._heard.clear()

    def expect_said(self, text: str, times: int = 1, within: float = WITHIN) -> None:
        """Wait until the phone has said ``text`` so many times on syslog."""
        often = f" ({times} times)" if times > 1 else ""

        def said() -> bool:
            self._listen(0.001)
            return sum(text in line for line in self._heard) >= times

        self.expect(f"syslog: {text}{often}", said, within)

    def said(self, text: str) -> bool:
        """Whether the phone has said ``text``."""
        self._listen(0.001)
        return any(text in line for line in self._heard)

    # -- the end

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: object, _trace: TracebackType | None
    ) -> None:
        self.phone.stop()
        self.server.stop()
        self._ear.close()


def run_ringback(*arguments: str) -> list[str]:
    """Run one of our own commands to its end; what it printed.

    Raises:
        RingbackError: when it fails; with what it printed.
    """
    with Process(arguments) as process:
        status = process.wait()
        process.stop()
    if status:
        said = "\n  ".join(process.lines)
        raise RingbackError(f"ringback {' '.join(arguments)} failed: {said}")
    return process.lines


def run_tool(*command: str, folder: Path) -> None:
    """Run a foreign command in ``folder``.

    Raises:
        RingbackError: when it fails.
    """
    done = subprocess.run(  # noqa: S603 (fixed commands of the exercises)
        command, cwd=folder, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RingbackError(f"{' '.join(command)} failed: {done.stderr.strip()}")


def has_tool(name: str) -> bool:
    """Whether a foreign program is installed."""
    return shutil.which(name) is not None
