"""For the tests of the whole house: a folder, our server, our phone, an ear, foreign clients."""

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.house.ear import Ear
from tests.house.foreign import Judges, privileged
from tests.house.secured import Papers
from tests.house.started import BASIC, MAC, SERIAL, Phone, Server, plug_in, serve


@pytest.fixture(scope="session")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    """An authority, a server pair, two phones; nobody may change them."""
    return Papers.made_in(tmp_path_factory.mktemp("papers"))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The folder that is served; ``basic.txt`` is in it."""
    folder = tmp_path / "root"
    folder.mkdir()
    (folder / "basic.txt").write_text(BASIC)
    return folder


@pytest.fixture
def ear() -> Iterator[Ear]:
    """A syslog server that keeps what it hears."""
    with Ear() as heard:
        yield heard


@pytest.fixture
def server(root: Path, tmp_path: Path) -> Iterator[Server]:
    """Our server, with every transport, on ports that it says itself."""
    transports = ("tftp", "http", "syslog")
    anywhere = [text for kind in transports for text in (f"--{kind}", "127.0.0.1:0")]
    with serve(root, tmp_path / "server", *anywhere) as process:
        said = (process.wait_for(f" {kind} ") for kind in ("TFTP", "HTTP", "syslog"))
        ports = [int(line.rpartition(":")[2]) for line in said]
        yield Server(process, root, *ports)


Plug = Callable[..., Phone]


@pytest.fixture
def plug() -> Iterator[Plug]:
    """Plug phones in: ``plug("--model", …, Resync_On_Reset="No")``; a CP-7832-3PCC unless named."""
    with ExitStack() as plugged:

        def make(*arguments: str, **settings: str) -> Phone:
            usual = [] if "--model" in arguments else ["--model", "7832"]
            who = ["--mac", MAC, "--serial", SERIAL, *usual]
            at_once = {"Resync_Random_Delay": "0"}
            phone = plug_in([*arguments, *who], at_once | settings)
            plugged.callback(phone.process.stop)
            return phone

        yield make


@pytest.fixture
def loopback() -> str:
    """An address of loopback that no other test uses, so that well-known ports are free there."""
    one, two = os.urandom(2)
    return f"127.{one % 200 + 20}.{two % 200 + 20}.{os.getpid() % 200 + 20}"


@pytest.fixture(name="privileged")
def _privileged() -> None:
    """Skip unless root."""
    privileged()


@pytest.fixture
def judges(
    program: Callable[[str], str],
    free_port: Callable[..., int],
    root: Path,
    tmp_path: Path,
    ear: Ear,
) -> Judges:
    """Foreign servers."""
    return Judges(program, free_port, root, tmp_path, ear.port)


@pytest.fixture
def curl(program: Callable[[str], str]) -> Callable[..., bytes]:
    """curl, which must succeed; what it got."""
    return tool(program, "curl", "-sS", "--fail", "--max-time", "20")


def tool(program: Callable[[str], str], name: str, *always: str) -> Callable[..., bytes]:
    """A foreign program that must succeed; what it wrote."""
    binary = program(name)

    def run(*arguments: str | Path, cwd: Path | None = None, stdin: bytes = b"") -> bytes:
        command = [binary, *always, *map(str, arguments)]
        done = subprocess.run(
            command, input=stdin, capture_output=True, timeout=30, cwd=cwd, check=False
        )
        assert done.returncode == 0, (command, done.stderr, done.stdout)
        return done.stdout

    return run


TFTP_CLIENTS: dict[str, tuple[str, ...]] = {
    "curl": ("curl", "-sS", "-o", "{to}", "tftp://{host}:{port}/{name}"),
    "tftp-hpa": ("tftp", "-m", "binary", "{host}", "{port}", "-c", "get", "{name}", "{to}"),
    "atftp": ("atftp", "--get", "-r", "{name}", "-l", "{to}", "{host}", "{port}"),
    "busybox": ("busybox", "tftp", "-g", "-r", "{name}", "-l", "{to}", "{host}", "{port}"),
}
"""How each foreign client fetches a file over TFTP."""


@pytest.fixture
def fetch_tftp(program: Callable[[str], str], tmp_path: Path) -> Callable[..., bytes]:
    """``fetch_tftp("atftp", port, name)``: the bytes that a foreign client got."""

    def fetch(client: str, port: int, name: str, host: str = "127.0.0.1") -> bytes:
        to = tmp_path / f"got-by-{client}"
        facts = {"host": host, "port": port, "name": name, "to": to}
        binary, *arguments = (each.format(**facts) for each in TFTP_CLIENTS[client])
        subprocess.run([program(binary), *arguments], check=True, timeout=30, capture_output=True)
        return to.read_bytes()

    return fetch
