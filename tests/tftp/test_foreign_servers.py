"""Our client fetches files from servers we did not write: tftpd-hpa and dnsmasq."""

import asyncio
import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from ringback.clock import dice, monotonic
from ringback.errors import Failure, TransferError
from ringback.tftp.client import read, write
from ringback.tftp.packet import Mode

Address = tuple[str, int]

LARGE = 34_603_008
FILES = {str(size): dice(size).randbytes(size) for size in (0, 511, 512, 513, 20_480, LARGE)}
TEXT = b"one\ntwo\nthree\n"

OPTIONS: list[dict[str, Any]] = [
    {},
    {"blksize": None, "tsize": False, "timeout": 0.9},
    {"blksize": 512},
    {"blksize": 65464},
    {"windowsize": 8},
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Files that any user may read and write."""
    root = tmp_path_factory.mktemp("tftp")
    for name, content in {**FILES, "text": TEXT}.items():
        (root / name).write_bytes(content)
        (root / name).chmod(0o666)
    root.chmod(0o777)
    return root


def need_root(name: str) -> None:
    if os.geteuid() != 0:
        pytest.skip(f"{name} must be started by root")


@contextmanager
def running(command: list[str], address: Address) -> Iterator[Address]:
    """The server, from its first answer for as long as it is needed."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        wait_for_answer(process, address)
        yield address
    finally:
        process.terminate()
        process.communicate(timeout=10)


def wait_for_answer(process: "subprocess.Popen[bytes]", address: Address) -> None:
    until = monotonic() + 10
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.settimeout(0.1)
        while monotonic() < until and process.poll() is None:
            probe.sendto(b"\0\1no-such-file\0octet\0", address)
            with suppress(TimeoutError):
                probe.recv(1000)
                return
    process.kill()
    said, _ = process.communicate()
    raise AssertionError(f"{process.args!r} does not answer: {said!r}")


@pytest.fixture(scope="module")
def tftpd(program, folder):
    """tftpd-hpa; it changes its root, which takes root."""
    path = program("in.tftpd")
    need_root("in.tftpd -s")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        host, port = probe.getsockname()
    command = [path, "-L", "-c", "-p", "-u", "root", "-a", f"{host}:{port}", "-s", str(folder)]
    with running(command, (host, port)) as address:
        yield address


@pytest.fixture(scope="module")
def dnsmasq(program, folder, tmp_path_factory):
    """dnsmasq; its TFTP knows no port but 69, so it gets a loopback address of its own."""
    path = program("dnsmasq")
    need_root("dnsmasq on port 69")
    log = tmp_path_factory.mktemp("dnsmasq") / "log"
    command = [
        *(path, "--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--user=root"),
        *("--enable-tftp", f"--tftp-root={folder}", "--bind-interfaces"),
        *("--listen-address=127.0.0.69", f"--pid-file={log}.pid", f"--log-facility={log}"),
    ]
    with running(command, ("127.0.0.69", 69)) as address:
        yield address


@pytest.fixture(params=["tftpd", "dnsmasq"])
def server(request):
    return request.getfixturevalue(request.param)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("name", FILES)
def test_files_are_read_intact(server: Address, name, options):
    if name == str(LARGE) and options == {"windowsize": 8}:
        options = {"windowsize": 8, "blksize": 512}  # rolls over with windows asked for

    assert asyncio.run(read(*server, f"/{name}", **options)) == FILES[name]


def test_a_missing_file_is_file_not_found(server: Address):
    with pytest.raises(TransferError, match="the server said error 1") as caught:
        asyncio.run(read(*server, "/missing"))

    assert caught.value.failure is Failure.NOT_FOUND


def test_a_file_beyond_the_limit_is_refused_by_its_announced_size(server: Address):
    with pytest.raises(TransferError, match="larger than 100 octets") as caught:
        asyncio.run(read(*server, "/20480", limit=100))

    assert caught.value.failure is Failure.TOO_LARGE


def test_text_is_read_in_netascii(tftpd: Address):
    assert asyncio.run(read(*tftpd, "/text", mode=Mode.NETASCII)) == TEXT


@pytest.mark.parametrize("size", [0, 511, 512, 50_000])
def test_files_are_written_intact(tftpd: Address, folder, size):
    content = FILES["20480"] * 3
    asyncio.run(write(*tftpd, f"/written{size}", content[:size]))

    assert (folder / f"written{size}").read_bytes() == content[:size]


def test_a_server_that_takes_no_files_says_so(dnsmasq: Address):
    with pytest.raises(TransferError) as caught:
        asyncio.run(write(*dnsmasq, "/written", b"text", timeout=0.2, retries=1))

    assert caught.value.failure is Failure.GET


def test_forty_phones_are_served_at_once(server: Address):
    async def fetch() -> list[bytes]:
        return await asyncio.gather(*(read(*server, "/20480") for _ in range(40)))

    assert asyncio.run(fetch()) == [FILES["20480"]] * 40
