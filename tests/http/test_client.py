"""The client on loopback, against small servers that misbehave on purpose."""

import asyncio
import inspect
import ssl
import subprocess
import time
from contextlib import asynccontextmanager, suppress

import pytest

from ringback.errors import Failure, TransferError
from ringback.http.client import Client

pytestmark = pytest.mark.duty(5)

AGENT = "Cisco-CP-7832-3PCC/11.3 (000e08abcdef)"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


class Server:
    """Says ``answer`` to each request: bytes, a function of the head, or a whole conversation.

    None is silence until the other end hangs up. Every head it was sent is kept.
    """

    def __init__(self, answer):
        self.answer = answer
        self.heads = []
        self.port = 0
        self.talks = set()
        self.asked = asyncio.Event()

    async def serve(self, reader, writer):
        self.talks.add(asyncio.current_task())
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            self.heads.append(head)
            self.asked.set()
            if inspect.iscoroutinefunction(self.answer):
                await self.answer(reader, writer)
            else:
                said = self.answer(head) if callable(self.answer) else self.answer
                writer.write(said or b"")
                await (reader.read() if said is None else writer.drain())
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()

    async def quiet(self):
        """All connections are gone."""
        await asyncio.wait_for(asyncio.gather(*self.talks), 5)


@asynccontextmanager
async def serving(answer, host="127.0.0.1", port=0, **kwargs):
    server = Server(answer)
    listening = await asyncio.start_server(server.serve, host, port, **kwargs)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        async with listening:
            yield server
    finally:
        await server.quiet()


def client(*addresses, **kwargs):
    async def resolve(name):
        assert name, "a name to resolve"
        return addresses or ("127.0.0.1",)

    return Client(resolve, agent=AGENT, **({"timeout": 10.0} | kwargs))


def fetched(answer, path="/basic.txt", *, made=None, **kwargs):
    """What the client gets from a server with this answer, and that server."""

    async def run():
        async with serving(answer) as server:
            got = await (made or client()).fetch("http", "prov", server.port, path, **kwargs)
            return got, server

    return asyncio.run(run())


def failed(answer, **kwargs):
    with pytest.raises(TransferError) as caught:
        fetched(answer, **kwargs)
    return caught.value


def test_a_phones_request_byte_for_byte():
    got, server = fetched(OK, "/dir/basic.txt?mac=1")

    assert (got.status, got.body, got.address) == (200, b"hello", "127.0.0.1")
    (head,) = server.heads
    assert head == (
        f"GET /dir/basic.txt?mac=1 HTTP/1.1\r\nHost: prov:{server.port}\r\n"
        f"User-Agent: {AGENT}\r\nConnection: close\r\n\r\n"
    )


def test_a_server_that_keeps_the_connection_open_does_not_keep_the_phone():
    async def keep_open(reader, writer):
        writer.write(OK)
        await reader.read()

    began = time.monotonic()
    assert fetched(keep_open)[0].body == b"hello"
    assert time.monotonic() - began < 2


def test_a_redirect_leads_to_another_server():
    async def run():
        async with serving(OK) as goal:
            there = f"HTTP/1.1 301 M\r\nLocation: http://other:{goal.port}/b\r\n\r\n".encode()
            async with serving(there) as first:
                got = await client().fetch("http", "prov", first.port, "/a")
        return got, first.heads, goal.heads, goal.port

    got, first, goal, port = asyncio.run(run())
    assert got.body == b"hello"
    assert first[0].startswith("GET /a ")
    assert goal[0].startswith(f"GET /b HTTP/1.1\r\nHost: other:{port}\r\n")


def test_an_endless_redirect_ends():
    assert "more than 5 redirects" in str(failed(b"HTTP/1.1 302 F\r\nLocation: /x\r\n\r\n"))


# --- every address in its turn --------------------------------------------------------------------


def test_addresses_are_tried_in_order_until_one_answers():
    async def run():
        async with serving(OK, "127.0.0.3") as server:
            made = client("127.0.0.2", "127.0.0.3", "127.0.0.4")
            return await made.fetch("http", "prov", server.port, "/")

    assert asyncio.run(run()).address == "127.0.0.3"


@pytest.mark.parametrize("first", [None, b""], ids=["silent", "closing at once"])
def test_a_server_that_does_not_answer_gives_way_to_the_next(first, free_port):
    port = free_port()

    async def run():
        async with (
            serving(first, "127.0.0.2", port),
            serving(OK, "127.0.0.3", port),
        ):
            made = client("127.0.0.2", "127.0.0.3", timeout=1.0)
            return await made.fetch("http", "prov", port, "/")

    assert asyncio.run(run()).address == "127.0.0.3"


def test_a_server_that_answers_anything_is_the_last_one_asked(free_port):
    port = free_port()

    async def run():
        async with (
            serving(b"HTTP/1.1 404 Not Found\r\n\r\n", "127.0.0.2", port),
            serving(OK, "127.0.0.3", port) as second,
        ):
            made = client("127.0.0.2", "127.0.0.3")
            with pytest.raises(TransferError) as caught:
                await made.fetch("http", "prov", port, "/")
            return caught.value.failure, second.heads

    assert asyncio.run(run()) == (Failure.NOT_FOUND, [])


def test_when_nobody_answers_the_error_says_what_each_did(free_port):
    port = free_port()

    async def run():
        await client("127.0.0.2", "127.0.0.3").fetch("http", "prov", port, "/")

    with pytest.raises(TransferError) as caught:
        asyncio.run(run())
    assert caught.value.failure is Failure.GET
    assert str(caught.value) == (
        f"no answer from prov:{port} (127.0.0.2: connection refused; 127.0.0.3: connection refused)"
    )


def test_ipv6_is_spoken_too():
    async def run():
        async with serving(OK, "::1") as server:
            return await client("::1").fetch("http", "::1", server.port, "/"), server

    got, server = asyncio.run(run())
    assert got.address == "::1"
    assert f"Host: [::1]:{server.port}\r\n" in server.heads[0]


# --- answers that go wrong ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (OK[:-1], Failure.INTERRUPTED),
        (OK[:20], Failure.INTERRUPTED),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel", Failure.INTERRUPTED),
        (b"HTTP/1.1 404 Not Found\r\n\r\n", Failure.NOT_FOUND),
        (b"HTTP/1.1 403 Forbidden\r\n\r\n", Failure.GET),
        (b"HTTP/1.1 503 Busy\r\n\r\n", Failure.GET),
        (b"HTTP/1.1 307 T\r\nLocation: /b\r\n\r\n", Failure.GET),
        (b"220 ftp ready\r\n", Failure.GET),
        (b"\x16\x03\x01\x00\x00", Failure.GET),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 100_000, Failure.GET),
    ],
)
def test_each_bad_answer_has_the_phones_own_word(answer, kind):
    assert failed(answer).failure is kind


def test_a_body_beyond_the_limit_is_not_read():
    async def endless(_, writer):
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(bytes(65536))
            await writer.drain()

    assert failed(endless, made=client(limit=1_000_000)).failure is Failure.TOO_LARGE


def test_silence_in_the_middle_of_a_file_is_an_interruption():
    async def stalling(reader, writer):
        writer.write(OK[:-2])
        await reader.read()

    error = failed(stalling, made=client(timeout=0.2))
    assert error.failure is Failure.INTERRUPTED
    assert "silence" in str(error)


def test_a_trickle_ends_at_the_deadline():
    async def trickling(reader, writer):
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while not reader.at_eof():
            writer.write(b"x")
            with suppress(TimeoutError):
                await asyncio.wait_for(reader.read(1), 0.05)

    began = time.monotonic()
    assert "was not fetched within 0.4 s" in str(failed(trickling, made=client(deadline=0.4)))
    assert time.monotonic() - began < 3


def test_a_name_that_does_not_exist_is_reported_as_the_resolver_put_it():
    async def resolve(name):
        raise TransferError(f"there is no server named {name}", failure=Failure.DNS)

    with pytest.raises(TransferError, match="no server named prov") as caught:
        asyncio.run(Client(resolve, agent=AGENT).fetch("http", "prov", 80, "/"))
    assert caught.value.failure is Failure.DNS


def test_a_cancelled_errand_leaves_no_connection_behind():
    async def run():
        async with serving(None) as server:
            errand = asyncio.create_task(client().fetch("http", "prov", server.port, "/"))
            await server.asked.wait()
            errand.cancel()
            with pytest.raises(asyncio.CancelledError):
                await errand
            await server.quiet()

    asyncio.run(run())


def test_many_errands_share_one_client():
    async def run():
        async with serving(OK) as server:
            made = client()
            all_ = (made.fetch("http", "prov", server.port, f"/{n}") for n in range(50))
            return await asyncio.gather(*all_), server.heads

    answers, heads = asyncio.run(run())
    assert [each.body for each in answers] == [b"hello"] * 50
    assert len({head.split()[1] for head in heads}) == 50


# --- TLS ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def identity(program, tmp_path_factory):
    """A self-signed certificate for prov.test made by openssl; its path, key and all."""
    file = tmp_path_factory.mktemp("tls") / "prov.pem"
    subprocess.run(
        [program("openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
         "-subj", "/CN=prov.test", "-addext", "subjectAltName=DNS:prov.test",
         "-keyout", str(file), "-out", str(file.with_suffix(".crt"))],
        check=True, capture_output=True,
    )  # fmt: skip
    file.write_text(file.read_text() + file.with_suffix(".crt").read_text())
    return file


def over_tls(identity, host, trusted):
    server_side = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server_side.load_cert_chain(identity)
    tls = ssl.create_default_context(cafile=identity.with_suffix(".crt")) if trusted else None

    async def run():
        async with serving(OK, ssl=server_side) as server:
            return await client().fetch("https", host, server.port, "/", tls=tls)

    return asyncio.run(run())


def test_https_checks_the_name_in_the_url_against_the_certificate(identity):
    assert over_tls(identity, "prov.test", trusted=True).body == b"hello"
    with pytest.raises(TransferError, match="not trusted: Hostname mismatch"):
        over_tls(identity, "other.test", trusted=True)


def test_without_a_context_the_systems_authorities_decide(identity):
    with pytest.raises(TransferError, match="not trusted: self-signed certificate"):
        over_tls(identity, "prov.test", trusted=False)


def test_a_plain_server_on_a_tls_port_is_one_clear_error():
    async def run():
        async with serving(OK) as server:
            await client(timeout=0.5).fetch("https", "prov", server.port, "/")

    with pytest.raises(TransferError, match="no answer from prov"):
        asyncio.run(run())


def test_a_context_that_must_be_made_is_made_for_https_only():
    async def run():
        async with serving(OK) as server:
            return await client().fetch("http", "prov", server.port, "/", tls=never)

    def never():
        raise AssertionError("plain HTTP shakes no hands")

    assert asyncio.run(run()).body == b"hello"
