"""Start Ringback's own commands as a user does, for the tests of the whole house."""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ringback.cli.browser import Page, open_page, submit
from ringback.cli.processes import Process

MAC, SERIAL = "000e08012345", "88012BA01234"
BASIC = "<flat-profile>\n  <GPP_A> 12345678\n</GPP_A>\n</flat-profile>\n"
"""``basic.txt`` as the vendor's chapter prints it."""


def basic(value: str, more: str = "") -> str:
    """``basic.txt`` with another value, and more elements."""
    return f"<flat-profile>\n  <GPP_A> {value}\n</GPP_A>\n{more}</flat-profile>\n"


def ringback(*arguments: str, cwd: Path | None = None, timeout: float = 60.0):
    """Run one command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "ringback", *arguments],
        capture_output=True,
        text=True,
        timeout=timeout,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        check=False,
    )


def resync(*arguments: str) -> dict[str, Any]:
    """What ``phone resync --json`` reports; its exit status must agree with it."""
    done = ringback("phone", "resync", *arguments, "--json")
    assert done.stdout, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    assert done.returncode == (0 if report["applied"] else 1), done.stderr
    return report


def serve(root: Path, state: Path, *arguments: str) -> Process:
    """A server that is ready."""
    process = Process(["serve", "--root", str(root), "--state", str(state), *arguments])
    try:
        process.wait_for("Ready")
    except BaseException:
        process.stop()
        raise
    return process


@dataclass
class Server:
    """Our server as a process, and where it listens on 127.0.0.1."""

    process: Process
    root: Path
    tftp: int
    http: int
    syslog: int

    def url(self, name: str, scheme: str = "tftp", host: str = "127.0.0.1") -> str:
        """The address of a served file."""
        return f"{scheme}://{host}:{getattr(self, scheme)}/{name}"

    def wait_for(self, text: str) -> str:
        """Wait for a line of its log."""
        return self.process.wait_for(text)


@dataclass
class Phone:
    """Our phone as a process, and its pages."""

    process: Process
    pages: str

    def open(self, path: str, body: bytes | None = None) -> Page:
        """Open one of its pages, or post to it."""
        return open_page(f"{self.pages}{path}", body)

    def field(self, name: str) -> str:
        """What its admin/advanced page shows for one parameter."""
        return self.open("/admin/advanced").fields[name]

    def submit(self, **values: str) -> None:
        """Enter values there and press *Submit All Changes*."""
        submit(self.open("/admin/advanced"), **values)

    def said(self, text: str, *, after: int = 0) -> str:
        """Wait until it says a line on its console."""
        return self.process.wait_for(text, after=after)


def plug_in(arguments: Sequence[str], settings: dict[str, str]) -> Phone:
    """A phone that is up and restarts at once, with ``settings`` typed in."""
    typed = [text for name, value in settings.items() for text in ("--set", f"{name}={value}")]
    slowly = "--boot-seconds" in arguments
    at_once = [] if slowly else ["--boot-seconds", "0"]
    process = Process(["phone", "run", *arguments, *at_once, "--pages", "127.0.0.1:0", *typed])
    try:
        page = process.wait_for("/admin/advanced").rpartition(" ")[2]
    except BaseException:
        process.stop()
        raise
    return Phone(process, page.removesuffix("/admin/advanced"))
