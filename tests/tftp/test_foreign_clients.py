"""Clients we did not write fetch files from our server: over a good network, and over a bad one.

Over the bad network (5 % lost each way, 2 % doubled, 5 % overtaken) a transfer stands still for one
retransmission after each loss, and whose clock that is depends on the client: with an agreed
``timeout`` the server keeps to it (curl asks for 6 s, with ``--connect-timeout 3`` for 1 s),
otherwise the server repeats after 0.25 s. So 33 MB cross only in large blocks: busybox takes 10 s
for 530 blocks of 65464 octets, curl would take minutes. tftp-hpa knows no options on its command
line; 67 000 blocks of 512 octets would take it an hour. atftp 0.8 gives up when it hears an OACK
twice, lost acknowledgement or doubled OACK alike, so for it the first datagrams pass untouched.
"""

import asyncio
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.tftp.loopback import Ends, serving
from tests.tftp.relay import Relay, Weather

from ringback.clock import dice

LARGE = 34_603_008
"""33 MB: 67 585 blocks of 512 octets, so that block numbers roll over."""

SIZES = [0, 511, 512, 513, 20_480, LARGE]
FILES = {f"/{size}": dice(size).randbytes(size) for size in SIZES}


@dataclass(frozen=True)
class Client:
    """How to call a client (``_`` is a blank), and how long a calm it needs at first."""

    command: str
    calm: int = 0

    def __str__(self) -> str:
        return self.command.replace(" {host} {port}", "").replace(
            " tftp://{host}:{port}/{name}", ""
        )


CLIENTS = [
    Client("curl -sS -o {out} tftp://{host}:{port}/{name}"),
    Client("curl -sS --tftp-no-options -o {out} tftp://{host}:{port}/{name}"),
    Client("curl -sS --tftp-blksize 8 -o {out} tftp://{host}:{port}/{name}"),
    Client("curl -sS --tftp-blksize 1428 -o {out} tftp://{host}:{port}/{name}"),
    Client("curl -sS --tftp-blksize 65464 -o {out} tftp://{host}:{port}//{name}"),
    Client("tftp -m binary {host} {port} -c get {name} {out}"),
    Client("atftp -g -r {name} -l {out} {host} {port}"),
    Client("atftp -g -r /{name} -l {out} --option tsize --option blksize_1428 {host} {port}"),
    Client("atftp -g -r {name} -l {out} --option windowsize_8 --option timeout_1 {host} {port}"),
    Client("busybox tftp -g -r {name} -l {out} {host} {port}"),
    Client("busybox tftp -b 1428 -g -r {name} -l {out} {host} {port}"),
    Client("busybox tftp -b 65464 -g -r {name} -l {out} {host} {port}"),
]

PATIENT_CLIENTS = [
    Client("curl -sS --connect-timeout 3 -o {out} tftp://{host}:{port}/{name}"),
    Client("curl -sS --tftp-no-options -o {out} tftp://{host}:{port}/{name}"),
    Client("tftp -m binary {host} {port} -c get {name} {out}"),
    Client("atftp --tftp-timeout 1 -g -r {name} -l {out} {host} {port}"),
    Client("atftp -g -r {name} -l {out} --option blksize_1024 --option timeout_1 {host} {port}", 6),
    Client("atftp -g -r {name} -l {out} --option windowsize_4 --option timeout_1 {host} {port}", 6),
    Client("busybox tftp -g -r {name} -l {out} {host} {port}"),
    Client("busybox tftp -b 1024 -g -r {name} -l {out} {host} {port}"),
]


async def run(client: Client, program: str, name: str, address: tuple[str, int], out: Path) -> str:
    """Have ``client`` fetch ``name``; what it complains about."""
    facts = {"host": address[0], "port": address[1], "name": name, "out": out}
    words = [word.replace("_", " ").format(**facts) for word in client.command.split()]
    process = await asyncio.create_subprocess_exec(
        program,
        *words[1:],
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        said, _ = await asyncio.wait_for(process.communicate(), 120)
    except TimeoutError:
        process.kill()
        await process.wait()
        return "not done after two minutes"
    return "" if process.returncode == 0 else said.decode(errors="replace")


async def fetch(
    client: Client, program: str, size: int, out: Path, weather: Weather | None
) -> tuple[str, Ends]:
    async with serving(FILES) as (server, ends, _):
        if weather is None:
            return await run(client, program, str(size), server.sockname, out), ends
        weather.calm = client.calm
        with Relay(server.sockname, weather) as relay:
            return await run(client, program, str(size), relay.address, out), ends


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("client", CLIENTS, ids=str)
def test_foreign_clients_fetch_files_intact(client, size, program, tmp_path):
    if "blksize 8 " in client.command and size == LARGE:
        size = 8 * 70_000  # blocks of 8 octets roll over sooner
        FILES[f"/{size}"] = FILES[f"/{LARGE}"][:size]
    out = tmp_path / "out"
    complaint, ends = asyncio.run(
        fetch(client, program(client.command.split()[0]), size, out, None)
    )

    assert complaint == ""
    assert out.read_bytes() == FILES[f"/{size}"]
    outcome = asyncio.run(ends.next())
    assert (outcome.ok, outcome.octets) == (True, size)
    assert ends.none()


@pytest.mark.parametrize(
    ("size", "seed"), [(0, 1), (0, 2), (512, 3), (512, 4), (513, 5), (513, 6), (20_480, 1)]
)
@pytest.mark.parametrize("client", PATIENT_CLIENTS, ids=str)
def test_foreign_clients_fetch_files_intact_over_a_bad_network(
    client, size, seed, program, tmp_path
):
    out = tmp_path / "out"
    complaint, _ = asyncio.run(
        fetch(client, program(client.command.split()[0]), size, out, Weather(seed=seed))
    )

    assert complaint == ""
    assert out.read_bytes() == FILES[f"/{size}"]


def test_33_megabytes_cross_a_bad_network(program, tmp_path):
    client = Client("busybox tftp -b 65464 -g -r {name} -l {out} {host} {port}")
    out = tmp_path / "out"
    complaint, _ = asyncio.run(fetch(client, program("busybox"), LARGE, out, Weather(seed=1)))

    assert complaint == ""
    assert out.read_bytes() == FILES[f"/{LARGE}"]


@pytest.mark.parametrize(
    "client",
    [
        Client("curl -sS -o {out} tftp://{host}:{port}/{name}"),
        Client("atftp -g -r {name} -l {out} {host} {port}"),
        Client("busybox tftp -g -r {name} -l {out} {host} {port}"),
    ],
    ids=str,
)
def test_foreign_clients_understand_that_a_file_is_missing(client, program, tmp_path):
    async def ask() -> tuple[str, str]:
        async with serving(FILES) as (server, ends, _):
            complaint = await run(
                client,
                program(client.command.split()[0]),
                "missing",
                server.sockname,
                tmp_path / "out",
            )
            return complaint, (await ends.next()).why

    complaint, why = asyncio.run(ask())

    assert complaint != ""
    assert why == "File not found: no missing"


def test_tftp_hpa_fetches_text_in_netascii(program, tmp_path):
    async def ask() -> str:
        async with serving({"/t": b"one\ntwo\r\nthree\rfour\n"}) as (server, _, _):
            client = Client("tftp -m ascii {host} {port} -c get {name} {out}")
            return await run(client, program("tftp"), "t", server.sockname, tmp_path / "out")

    assert asyncio.run(ask()) == ""
    assert (tmp_path / "out").read_bytes() == b"one\ntwo\r\nthree\rfour\n"


WRITERS = [
    "curl -sS -T {file} tftp://{host}:{port}/up",
    "tftp -m binary {host} {port} -c put {file} up",
    "atftp -p -l {file} -r up {host} {port}",
    "busybox tftp -b 1024 -p -l {file} -r up {host} {port}",
]


@pytest.mark.parametrize(
    ("command", "size"),
    [
        (command, size)
        for command in WRITERS
        for size in (0, 511, 512, 20_480)
        if size or not command.startswith("curl")  # curl 7.88 sends nothing for an empty file
    ],
)
def test_foreign_clients_leave_files_with_us_intact(command, size, program, tmp_path):
    source = tmp_path / "source"
    source.write_bytes(FILES[f"/{size}"])
    kept: list[bytes] = []

    async def leave() -> tuple[str, bool]:
        async with serving({}, accept_write=lambda _: kept.append) as (server, ends, _):
            client = Client(command.replace("{file}", "{out}"))
            complaint = await run(
                client, program(command.split()[0]), "up", server.sockname, source
            )
            return complaint, (await ends.next()).ok

    assert asyncio.run(leave()) == ("", True)
    assert kept == [FILES[f"/{size}"]]
