"""What every test may ask for: the corpus, a foreign program, a port nobody uses."""

import os
import shutil
import socket
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# A busy machine is no failure, so nothing is timed. Under CI the examples are the same each time:
# a change is judged by itself, and new examples are for those who look for them.
settings.register_profile(
    "house",
    deadline=None,
    derandomize=bool(os.environ.get("CI")),
    suppress_health_check=[HealthCheck.too_slow],
    print_blob=True,
)
settings.load_profile("house")

HERE = Path(__file__).resolve().parent
SYSTEM_FOLDERS = ":/usr/sbin:/sbin:/usr/local/sbin"


def find_corpus() -> Path | None:
    """The corpus folder: ``RINGBACK_CORPUS``, else ``shared/corpus`` beside the project."""
    named = os.environ.get("RINGBACK_CORPUS")
    folder = Path(named) if named else HERE.parent.parent / "shared" / "corpus"
    return folder if folder.is_dir() else None


@pytest.fixture(scope="session")
def corpus() -> Path:
    """Real files nobody here wrote."""
    folder = find_corpus()
    if folder is None:
        pytest.skip("no corpus: set RINGBACK_CORPUS or put shared/corpus beside the project")
    return folder


@pytest.fixture(scope="session")
def program():
    """Find a foreign program by name, or skip with that reason."""

    def find(name: str) -> str:
        path = shutil.which(name, path=os.environ.get("PATH", "") + SYSTEM_FOLDERS)
        if path is None:
            pytest.skip(f"{name} is not installed: make system-packages")
        return path

    return find


@pytest.fixture
def free_port():
    """A port on 127.0.0.1 that was free a moment ago: ``free_port()`` TCP, ``free_port("udp")``.

    Below the range from which systems take ports for whoever does not care: what is free here
    is not taken by a client a moment later.
    """

    def pick(kind: str = "tcp") -> int:
        family = socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM
        while True:
            port = 10_000 + int.from_bytes(os.urandom(2)) % 22_000
            with socket.socket(socket.AF_INET, family) as probe:
                if not _refused(probe, port):
                    return port

    return pick


def _refused(probe: socket.socket, port: int) -> bool:
    try:
        probe.bind(("127.0.0.1", port))
    except OSError:
        return True
    return False
