"""Who asks a server for everything, again and again, by TFTP and HTTP: plain sockets, none of ours.

``bench/crash.py`` lets it ask while a store is hurt. Every answer is noted with its place in the
order of questions, since one who asks one thing after another must never see a fleet go back.
"""

import http.client
import itertools
import re
import socket
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from ringback.cli.processes import Process

HOST = "127.0.0.1"
BLOCK = 512
PATIENCE = 20.0
"""Seconds for an answer of a busy machine."""


class Look(NamedTuple):
    """One answer."""

    path: str
    data: bytes
    by: str


class GoneError(Exception):
    """The server is not there."""


@dataclass
class Asker:
    """A server of ours as a process, and whoever asks it."""

    store: Path
    root: Path
    state: Path
    process: Process = field(init=False)
    tftp: int = 0
    http: int = 0

    def __post_init__(self) -> None:
        self.root.mkdir(exist_ok=True)
        self.start()

    def start(self) -> None:
        """Start the server; ready when this returns."""
        where = ("--tftp", f"{HOST}:0", "--http", f"{HOST}:0", "--store", str(self.store))
        folders = ("--root", str(self.root), "--state", str(self.state))
        self.process = Process(["serve", *folders, *where])
        self.process.wait_for("Ready", within=60.0)
        said = "\n".join(self.process.lines)
        self.tftp, self.http = (
            int(each)
            for each in re.findall(r"^ +(?:TFTP|HTTP) +127\.0\.0\.1:(\d+)", said, re.MULTILINE)
        )

    def stop(self) -> None:
        """Stop it as a person does."""
        self.process.stop()

    def kill(self) -> None:
        """Stop it as a power cut does."""
        self.process.cut_power()

    def look(self, paths: Sequence[str], more: Callable[[], bool]) -> list[Look]:
        """Ask for one path after the other, by turns over TFTP and HTTP, while ``more`` says so.

        Raises:
            GoneError: the server does not answer.
        """
        looks: list[Look] = []
        pages = http.client.HTTPConnection(HOST, self.http, timeout=PATIENCE)
        try:
            for path, by in itertools.cycle(itertools.product(paths, ("tftp", "http"))):
                if not more():
                    return looks
                data = self._over_tftp(path) if by == "tftp" else _over_http(pages, path)
                looks.append(Look(path, data, by))
        except (OSError, http.client.HTTPException) as error:
            raise GoneError(f"{path} by {by}: {error!r}") from error
        finally:
            pages.close()
        return looks

    def everything(self, paths: Sequence[str]) -> list[Look]:
        """Ask for each path once over each."""
        left = iter(range(2 * len(paths)))
        return self.look(paths, lambda: next(left, None) is not None)

    def _over_tftp(self, path: str) -> bytes:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.settimeout(PATIENCE)
            sock.sendto(b"\0\1" + path.encode() + b"\0octet\0", (HOST, self.tftp))
            got, block = b"", 0
            while True:
                packet, peer = sock.recvfrom(BLOCK + 4)
                kind, number = struct.unpack("!HH", packet[:4])
                assert kind == 3, f"{path} is refused over TFTP: {packet!r}"
                if number == (block + 1) & 0xFFFF:
                    block, got = number, got + packet[4:]
                sock.sendto(struct.pack("!HH", 4, number), peer)
                if len(packet) < BLOCK + 4:
                    return got


def _over_http(pages: http.client.HTTPConnection, path: str) -> bytes:
    pages.request("GET", path)
    answer = pages.getresponse()
    data = answer.read()
    assert answer.status == 200, f"{path} is refused over HTTP: {answer.status}"
    return data
