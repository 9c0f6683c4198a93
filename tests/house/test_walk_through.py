"""docs/walk-through.md, typed as it stands: a CSV of 1 000 phones becomes 1 000 phones with files.

The page is read for what is to be written and typed, and what is to be printed. Only the ports are
others, so that tests can run beside one another. ``…`` stands for anything within a line, and on a
line of its own for any lines; ``^C`` is Ctrl-C, once all that stands above it was printed.
"""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from ringback import clock

PAGE = Path(__file__).parents[2] / "docs" / "walk-through.md"
PORTS = {"6900": "udp", "8080": "tcp", "8443": "tcp", "8444": "tcp"}
PATIENCE = 300.0
"""Seconds that a command may take on a busy machine."""
LOOKING = ("grep", "ringback ledger", "ringback device history")
"""Commands that look at what the server writes in the background: repeated until it is there."""


class Step(NamedTuple):
    """One command, or one file (named by its first comment), and what stands below it."""

    typed: str
    shown: str


def steps(text: str) -> Iterator[Step]:
    """What the page has one type, in its order."""
    for kind, block in re.findall(
        r"^```(toml|console)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL
    ):
        if kind == "toml":
            yield Step(block.partition("\n")[0], block)
            continue
        typed: list[str] = []
        shown: list[str] = []
        for line in block.splitlines():
            going_on = typed and not shown and _unfinished("\n".join(typed))
            if line.startswith("$ ") and not going_on:
                if typed:
                    yield Step("\n".join(typed), "\n".join(shown))
                typed, shown = [line.removeprefix("$ ")], []
            elif going_on:
                typed.append(line)
            else:
                shown.append(line)
        yield Step("\n".join(typed), "\n".join(shown))


def _unfinished(command: str) -> bool:
    """Whether a shell would wait for more."""
    opened = command.startswith("for ") and not command.rstrip().endswith("done")
    return opened or command.endswith("\\") or command.count("'") % 2 == 1


def pattern(shown: str) -> re.Pattern[str]:
    """What the page shows, as something to compare with."""
    lines = [
        r"(?:.*\n)*?" if line == "…" else re.escape(line).replace("…", ".*") + r"\n"
        for line in shown.splitlines()
    ]
    return re.compile("".join(lines))


def test_the_page_is_read_as_a_person_reads_it():
    assert list(steps("```console\n$ a \\\n  b\nc\n…\n$ d\n```\n```toml\n# x\n```\n")) == [
        Step("a \\\n  b", "c\n…"), Step("d", ""), Step("# x", "# x\n"),
    ]  # fmt: skip
    assert pattern("a…c\n…\nz").fullmatch("abc\n1\n2\nz\n")
    assert not pattern("a\nz").fullmatch("a\nb\nz\n")


class Terminal:
    """A shell in an empty folder."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder = folder
        self._environment = environment
        self._running: list[subprocess.Popen[str]] = []
        self._count = 0

    def type(self, step: Step) -> str:
        """Type it; what was printed, once it is as the page has it."""
        if step.typed.startswith("# "):
            (self.folder / step.typed.removeprefix("# ")).write_text(step.shown)
            return ""
        if step.shown.endswith("^C"):
            started, out = self._started(step.typed)
            printed = self._until(out, started, step.shown.removesuffix("^C"))
            started.send_signal(signal.SIGINT)
            assert started.wait(PATIENCE) == 0
            return printed
        if step.typed.endswith(" &"):
            started, out = self._started(step.typed.removesuffix(" &"))
            return self._until(out, started, step.shown)
        return self._run(step)

    def _run(self, step: Step) -> str:
        wanted = pattern(step.shown)
        deadline = clock.monotonic() + PATIENCE
        while True:
            done = subprocess.run(
                ["/bin/sh", "-c", step.typed], cwd=self.folder, env=self._environment, text=True,
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                timeout=PATIENCE, check=False,
            )  # fmt: skip
            # Nobody saw who came first, standard output or standard error: both orders will do.
            if wanted.fullmatch(_ended(done.stdout)):
                return done.stdout
            again = step.typed.startswith(LOOKING) and clock.monotonic() < deadline
            assert again, f"$ {step.typed}\n{done.stdout}\n-- instead of --\n{step.shown}"

    def _started(self, typed: str) -> tuple[subprocess.Popen[str], Path]:
        self._count += 1
        out = self.folder.parent / f"printed-{self._count}"
        with out.open("w") as file:
            started = subprocess.Popen(
                ["/bin/sh", "-c", f"exec {typed}"], cwd=self.folder, env=self._environment,
                text=True, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT,
            )  # fmt: skip
        self._running.append(started)
        return started, out

    @staticmethod
    def _until(out: Path, started: subprocess.Popen[str], shown: str) -> str:
        """Wait until it has printed what is shown."""
        wanted, deadline = pattern(shown), clock.monotonic() + PATIENCE
        while True:
            printed = out.read_text()
            if wanted.match(printed):
                return printed
            alive = started.poll() is None and clock.monotonic() < deadline
            assert alive, f"{printed}\n-- instead of --\n{shown}"
            try:
                started.wait(0.05)
            except subprocess.TimeoutExpired:
                continue

    def close(self) -> None:
        """End what still runs."""
        for started in self._running:
            if started.poll() is None:
                started.terminate()
                started.wait(PATIENCE)


def _ended(text: str) -> str:
    return text if not text or text.endswith("\n") else text + "\n"


@pytest.fixture
def terminal(tmp_path: Path, program: Callable[[str], str]) -> Iterator[Terminal]:
    for name in ("curl", "awk", "grep"):
        program(name)
    tools, folder = tmp_path / "bin", tmp_path / "walk"
    tools.mkdir()
    folder.mkdir()
    (tools / "ringback").write_text(f'#!/bin/sh\nexec {sys.executable} -m ringback "$@"\n')
    (tools / "ringback").chmod(0o755)
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("RINGBACK_")},
        "PATH": f"{tools}:{os.environ['PATH']}",
        "PYTHONUNBUFFERED": "1",
    }
    opened = Terminal(folder, environment)
    yield opened
    opened.close()


def test_a_thousand_phones_take_their_own_file_as_the_page_tells(terminal, free_port):
    text = PAGE.read_text()
    for port, kind in PORTS.items():
        text = re.sub(rf"\b{port}\b", str(free_port(kind)), text)
    printed = {step.typed: terminal.type(step) for step in steps(text)}
    assert len(printed) > 30
    _secrets_stay_where_they_belong(terminal.folder)


def _secrets_stay_where_they_belong(folder: Path) -> None:
    """What the phones hold, and what nobody else does."""
    table = (folder / "phones.csv").read_text().splitlines()[1:]
    assert len(table) == 1000
    flashes = {
        file.name: file.read_text()
        for kind in ("8851", "7832", "504")
        for file in (folder / f"fleet-{kind}" / "phones").iterdir()
        if "." not in file.name
    }
    assert len(flashes) == 1000
    for row in table:
        mac, _, _, site, user, password = row.split(";")
        flash = flashes[mac.replace(":", "").lower()]
        registrar = "sip-berlin.example.com" if site == "Berlin" else "sip.example.com"
        assert f'"{password}"' in flash, mac
        assert f'"{user}"' in flash, mac
        assert f'"{registrar}"' in flash, mac
        assert f"{mac.replace(':', '').lower()}-1.cfg" in flash, mac
    for told in (folder / "requests.log", folder / "fleet.db", folder / "fleet.db.ledger"):
        assert b"pw10000" not in told.read_bytes(), told
