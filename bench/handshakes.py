"""Does a phone get its profile while thousands of handshakes stall and fail?

``python -m bench.handshakes [COUNT]``: a server that requires certificates, COUNT clients that
stall in the middle of a handshake, COUNT whose handshake fails, and all the while a good phone
(curl with a device certificate) that asks again and again. Says how long the slowest answer took
and how much memory was left behind.

Half of those who stall send part of a ClientHello, half a whole one and then nothing. Of those
who fail, a third speak no TLS, a third show no certificate, a third show one of a stranger.
"""

import resource
import socket
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ringback import clock
from ringback.certificate.key import Kind
from ringback.certificate.request import Hosts
from ringback.certificate.roster import Phone
from ringback.certificate.vault import DEVICES, Vault
from ringback.cli.processes import Process
from ringback.operations.certify import Founding, Registrar

COUNT: Final = 2000
MAC: Final = "000e08aaaaaa"
_THREADS: Final = 8
_SETTLE: Final = 20.0
"""Seconds memory gets to return: stalled handshakes end after ten."""


@dataclass
class Target:
    """A server, and the papers to talk to it with."""

    process: Process
    port: int
    root: Path
    phone: Path
    stranger: Path

    def memory(self) -> int:
        """Kibibytes the server has in memory."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        line = next(each for each in status.splitlines() if each.startswith("VmRSS:"))
        return int(line.split()[1])

    def connect(self) -> socket.socket:
        """A connection without TLS."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=30)


@dataclass(frozen=True)
class Outcome:
    """What came of it. Seconds, kibibytes."""

    count: int
    answers: tuple[float, ...]
    """How long each answer to the good phone took, curl's start included."""
    before: int
    most: int
    after: int

    @property
    def slowest(self) -> float:
        """The longest that the good phone waited."""
        return max(self.answers)

    @property
    def left(self) -> float:
        """Memory left behind, as a part of what there was."""
        return self.after / self.before - 1

    def __str__(self) -> str:
        return (
            f"{self.count} stalled and {self.count} failed handshakes: the phone was served "
            f"{len(self.answers)} times, slowest {self.slowest * 1000:.0f} ms; memory "
            f"{self.before} KiB before, {self.most} at most, {self.after} after ({self.left:+.1%})"
        )


def measure(target: Target, count: int) -> Outcome:
    """Stall and fail, while the good phone asks."""
    _warm(target)
    before = most = target.memory()
    answers: list[float] = []
    with ExitStack() as stalled, ThreadPoolExecutor(_THREADS) as crowd:
        for act in (lambda number: stalled.enter_context(stall(target, number)),
                    lambda number: fail(target, number)):  # fmt: skip
            acting = [crowd.submit(act, number) for number in range(count)]
            while not all(each.done() for each in acting):
                answers.append(ask(target))
                most = max(most, target.memory())
            for each in acting:
                each.result()
        answers += [ask(target) for _ in range(5)]
    after = _settled(target, before, answers)
    return Outcome(count, tuple(answers), before, most, after)


def _warm(target: Target) -> None:
    """One of each kind, and some answers: what is made once is made before we look."""
    for number in range(6):
        stall(target, number).close()
        fail(target, number)
        ask(target)


def _settled(target: Target, before: int, answers: list[float]) -> int:
    deadline = clock.monotonic() + _SETTLE
    while target.memory() > before * 1.1 and clock.monotonic() < deadline:
        answers.append(ask(target))
    return target.memory()


def ask(target: Target) -> float:
    """The good phone asks; how long it took.

    Raises:
        CalledProcessError: when it was not served.
    """
    began = clock.monotonic()
    command = ["curl", "-sS", "--fail", "--max-time", "30", "--cacert", str(target.root), "--cert",
               str(target.phone), f"https://127.0.0.1:{target.port}/basic.txt"]  # fmt: skip
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return clock.monotonic() - began


def hello() -> bytes:
    """A ClientHello."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = ssl.create_default_context()
    with suppress(ssl.SSLWantReadError):
        context.wrap_bio(incoming, outgoing, server_hostname="localhost").do_handshake()
    return outgoing.read()


def stall(target: Target, number: int) -> socket.socket:
    """Begin a handshake, and say no more."""
    sock, first = target.connect(), hello()
    sock.sendall(first if number % 2 else first[: len(first) // 2])
    return sock


def fail(target: Target, number: int) -> None:
    """A handshake that comes to nothing."""
    with suppress(OSError), target.connect() as sock:
        _FAILURES[number % len(_FAILURES)](target, sock)


def _no_tls(_: Target, sock: socket.socket) -> None:
    sock.sendall(b"\x16\x03\x01\x00\x05hello")
    sock.recv(100)


def _no_certificate(target: Target, sock: socket.socket) -> None:
    _shake(target, sock, None)


def _strange_certificate(target: Target, sock: socket.socket) -> None:
    _shake(target, sock, target.stranger)


def _shake(target: Target, sock: socket.socket, shown: Path | None) -> None:
    context = ssl.create_default_context(cafile=str(target.root))
    if shown:
        context.load_cert_chain(shown)
    with context.wrap_socket(sock, server_hostname="127.0.0.1") as tls:
        tls.sendall(b"GET /basic.txt HTTP/1.0\r\n\r\n")
        tls.recv(100)


_FAILURES: Final[tuple[Callable[[Target, socket.socket], None], ...]] = (
    _no_tls, _no_certificate, _strange_certificate,
)  # fmt: skip


def opened(folder: Path) -> Iterator[Target]:
    """A server in ``folder`` that requires certificates; once."""
    ours, stranger = (_found(folder / name) for name in ("ours", "strange"))
    ours.certify_server(Hosts.parse(["localhost", "127.0.0.1"]), kind=Kind.ECDSA_P256)
    root = folder / "root"
    root.mkdir()
    (root / "basic.txt").write_text("<flat-profile><GPP_A>12345678</GPP_A></flat-profile>\n")
    where = ["--https", "127.0.0.1:0,client=require", "--log", str(folder / "log")]
    command = ["serve", "--root", str(root), "--state", str(ours.vault.state), *where]
    with Process(command) as process:
        process.wait_for("Ready")
        line = next(each for each in process.lines if " HTTPS " in each)
        port = int(line.rpartition(":")[2].split()[0])
        yield Target(
            process, port, ours.vault.trust_file,
            ours.vault.pair_file(DEVICES, MAC), stranger.vault.pair_file(DEVICES, MAC),
        )  # fmt: skip


def _found(state: Path) -> Registrar:
    registrar = Registrar(Vault(state), clock.now(), clock.random_bytes)
    registrar.found(Founding(state.name, kind=Kind.ECDSA_P256))
    phone = Phone.of(MAC, "FCH2133E8B9", "8861")
    registrar.certify_phone(phone, registrar.vault.open(), kind=Kind.ECDSA_P256)
    return registrar


def main() -> int:
    """Measure and say; 1 when the phone waited more than a second or memory was left behind."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else COUNT
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with tempfile.TemporaryDirectory() as folder:
        for target in opened(Path(folder)):
            outcome = measure(target, count)
            print(outcome)
            return 0 if outcome.slowest < 1.0 and outcome.left < 0.1 else 1
    return 1


if __name__ == "__main__":
    sys.exit(main())
