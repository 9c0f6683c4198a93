"""The porch on loopback: whom a trusted proxy speaks for, before TLS too, and who stays out."""

import asyncio
import contextlib
import socket
import ssl
import struct
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ringback.certificate.engine import Engine
from ringback.errors import UsageError
from ringback.http.answer import Access, Answer
from ringback.http.engine import MakeEngine, Session
from ringback.http.limits import Limits
from ringback.http.listener import Listener
from ringback.http.networks import NOBODY, Networks
from ringback.http.proxy_protocol import SIGNATURE
from ringback.http.tlv import Tls

from .conftest import Served, hear

GET = b"GET /spa.cfg HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
LINE = b"PROXY TCP4 192.0.2.7 192.0.2.1 40000 443\r\n"
ADDRESSES = struct.pack("!4s4sHH", bytes((192, 0, 2, 7)), bytes((192, 0, 2, 1)), 40000, 443)
BINARY = SIGNATURE + struct.pack("!BBH", 0x21, 0x11, len(ADDRESSES)) + ADDRESSES
LOCAL = SIGNATURE + struct.pack("!BBH", 0x20, 0, 0)
SSL_TLV = struct.pack("!BHBIBH", 0x20, 5 + 3 + 5, 3, 0, 0x22, 5) + b"phone"
ENDED_TLS = SIGNATURE + struct.pack("!BBH", 0x21, 0x11, 12 + len(SSL_TLV)) + ADDRESSES + SSL_TLV
LOOPBACK = Networks.parse(["127.0.0.1"])
Behind = Callable[..., Served]


@pytest.fixture
def behind() -> Iterator[Behind]:
    """A listener that expects PROXY headers; its clients' addresses are its answer."""
    running: list[Served] = []

    def start(
        trusted: Networks = LOOPBACK,
        limits: Limits | None = None,
        tls: MakeEngine | None = None,
        host: str = "127.0.0.1",
    ) -> Served:
        accesses: list[Access] = []

        def answer(request: object) -> Answer:
            return Answer(200, f"{request.address} {request.port} {request.scheme}\n".encode())  # type: ignore[attr-defined]

        served = Served(Listener(answer, log=accesses.append, limits=limits), accesses)
        running.append(served)
        served.call(served.listener.start(host, 0, tls=tls, proxies=trusted))
        served.port = served.listener.sockname[1]
        return served

    yield start
    for served in running:
        served.stop()


@pytest.fixture
def contexts(program, tmp_path: Path) -> tuple[MakeEngine, ssl.SSLContext]:
    """A server's TLS, and the context of a client that trusts it."""
    import subprocess

    pair = tmp_path / "pair.pem"
    subprocess.run(
        [program("openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:P-256", "-nodes", "-keyout", pair, "-out", tmp_path / "cert.pem",
         "-subj", "/CN=here", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"],
        check=True, capture_output=True,
    )  # fmt: skip
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(tmp_path / "cert.pem", pair)
    return lambda: Engine(server), ssl.create_default_context(cafile=str(tmp_path / "cert.pem"))


def say(served: Served, data: bytes) -> bytes:
    """Send bytes, say no more, and return what comes back; to be hung up on is no error."""
    with served.connect() as client, contextlib.suppress(OSError):
        client.sendall(data)
        client.shutdown(socket.SHUT_WR)
        return hear(client)
    return b""


def body(answer: bytes) -> str:
    return answer.rpartition(b"\r\n\r\n")[2].decode()


def eventually(holds: Callable[[], object]) -> None:
    until = time.monotonic() + 5
    while not holds():
        assert time.monotonic() < until, "it never happened"
        time.sleep(0.002)


@pytest.mark.parametrize("header", [LINE, BINARY], ids=["version 1", "version 2"])
def test_the_request_is_the_clients(behind: Behind, header: bytes) -> None:
    served = behind()
    assert body(say(served, header + GET)) == "192.0.2.7 40000 http\n"
    (access,) = served.accesses
    assert (access.request.address, access.request.port) == ("192.0.2.7", 40000)


def test_every_request_of_a_connection_is_the_clients(behind: Behind) -> None:
    served = behind()
    say(served, LINE + GET.replace(b"close", b"keep-alive") + GET)
    assert [each.request.address for each in served.accesses] == ["192.0.2.7"] * 2


def test_a_proxy_that_speaks_for_itself_keeps_its_address(behind: Behind) -> None:
    served = behind()
    assert body(say(served, LOCAL + GET)).startswith("127.0.0.1 ")
    assert body(say(served, b"PROXY UNKNOWN\r\n" + GET)).startswith("127.0.0.1 ")


def test_what_the_proxy_learnt_from_tls_comes_along(behind: Behind) -> None:
    served = behind()
    assert body(say(served, ENDED_TLS + GET)) == "192.0.2.7 40000 https\n"
    (access,) = served.accesses
    assert access.request.tls == Tls(common_name="phone", verified=True)


def test_the_header_may_come_in_pieces(behind: Behind) -> None:
    served = behind()
    stream = BINARY + GET
    with served.connect() as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for at in range(len(stream)):
            client.sendall(stream[at : at + 1])
            time.sleep(0.0005)
        assert body(hear(client)) == "192.0.2.7 40000 http\n"


@pytest.mark.parametrize("together", [True, False], ids=["one segment", "two segments"])
def test_tls_begins_behind_the_header(behind: Behind, contexts, together: bool) -> None:
    server, client = contexts
    served = behind(tls=server)
    coming, going = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = client.wrap_bio(coming, going, server_hostname="127.0.0.1")
    with pytest.raises(ssl.SSLWantReadError):
        tls.do_handshake()
    with served.connect() as connection:
        if together:
            connection.sendall(ENDED_TLS + going.read())
        else:
            connection.sendall(ENDED_TLS)
        assert talk(tls, connection, coming, going) == "192.0.2.7 40000 https\n"
    (access,) = served.accesses
    assert isinstance(access.request.tls, Session)


def talk(
    tls: ssl.SSLObject, connection: socket.socket, coming: ssl.MemoryBIO, going: ssl.MemoryBIO
) -> str:
    """Finish the handshake, ask, and give the answer's body."""
    asked, answer = False, b""
    while True:
        try:
            if not asked:
                tls.do_handshake()
                asked = bool(tls.write(GET))
            piece = tls.read()
            answer += piece
            if not piece:
                return body(answer)
        except ssl.SSLWantReadError:
            connection.sendall(going.read())
            heard = connection.recv(65536)
            coming.write(heard) if heard else coming.write_eof()
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            return body(answer)


def test_a_handshake_that_fails_leaves_nothing_behind(behind: Behind, contexts) -> None:
    served = behind(tls=contexts[0])
    say(served, LINE + b"\x16\x03\x01\x00\x05hello")
    eventually(lambda: not served.listener.connections)
    assert served.accesses == []


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        (GET, "no PROXY header"),
        (b"\x16\x03\x01\x02\0" + bytes(40), "no PROXY header"),
        (BINARY[:20], "the PROXY header was cut off"),
        (SIGNATURE + b"\x21\x11\xff\xff", "a PROXY header of 65551 bytes"),
    ],
)
def test_without_a_header_nothing_is_answered_and_one_line_says_so(
    behind: Behind, sent: bytes, why: str
) -> None:
    served = behind()
    assert say(served, sent) == b""
    (access,) = served.accesses
    assert (access.status, access.sent, access.complete, access.why) == (400, 0, False, why)
    assert access.request.address == "127.0.0.1"


def test_a_proxy_that_only_looks_whether_we_listen_is_no_complaint(behind: Behind) -> None:
    served = behind()
    assert say(served, b"") == b""
    say(served, LINE + GET)
    assert len(served.accesses) == 1


def test_strangers_stay_out_and_are_logged_once_a_minute(behind: Behind) -> None:
    served = behind(Networks.parse(["10.0.0.0/8"]))
    for _ in range(20):
        assert say(served, LINE + GET) == b""
    (access,) = served.accesses
    assert access.status == 403
    assert access.why == "no trusted proxy (trusted: 10.0.0.0/8)"
    assert access.request.address == "127.0.0.1"


def test_when_nobody_is_trusted_nobody_comes_in(behind: Behind) -> None:
    served = behind(NOBODY)
    assert say(served, LINE + GET) == b""
    assert served.accesses[0].status == 403


def test_a_header_that_comes_too_late(behind: Behind) -> None:
    served = behind(limits=Limits(patience=0.05))
    with served.connect() as client:
        client.sendall(LINE[:20])
        assert hear(client) == b""
    (access,) = served.accesses
    assert (access.status, access.why) == (408, "the PROXY header did not arrive in time")


def test_the_porch_has_room_for_so_many_and_the_oldest_goes(behind: Behind) -> None:
    served = behind(limits=Limits(connections=8))
    idle = [served.connect() for _ in range(30)]
    try:
        assert body(say(served, LINE + GET)) == "192.0.2.7 40000 http\n"
        assert sum(hear_nothing(client) for client in idle) >= 20
    finally:
        for client in idle:
            client.close()


def test_handshakes_that_stall_make_room_too(behind: Behind, contexts) -> None:
    server, client = contexts
    served = behind(tls=server, limits=Limits(connections=8))
    idle = [served.connect() for _ in range(30)]
    try:
        for each in idle:
            each.sendall(LINE)
        eventually(lambda: sum(hear_nothing(each) for each in idle) >= 20)
        with served.connect() as connection:
            connection.sendall(LINE)
            with client.wrap_socket(connection, server_hostname="127.0.0.1") as tls:
                tls.sendall(GET)
                assert body(hear(tls)) == "192.0.2.7 40000 https\n"
    finally:
        for each in idle:
            each.close()


def hear_nothing(client: socket.socket) -> bool:
    """Whether the other side has hung up."""
    client.settimeout(0.02)
    try:
        return client.recv(1) == b""
    except ConnectionResetError:
        return True
    except TimeoutError:
        return False


def test_closing_sends_everybody_on_the_porch_away(behind: Behind, contexts) -> None:
    served = behind(tls=contexts[0])
    with served.connect() as silent, served.connect() as shaking:
        shaking.sendall(LINE)
        time.sleep(0.05)
        served.call(served.listener.close(drain=0.1))
        assert hear(silent) == b""
        assert hear(shaking) == b""
    with pytest.raises(ConnectionRefusedError):
        served.connect()


def test_closing_ends_connections_that_came_in(behind: Behind) -> None:
    served = behind()
    with served.connect() as client:
        client.sendall(LINE + GET.replace(b"close", b"keep-alive"))
        eventually(lambda: served.accesses)
        served.call(served.listener.close(drain=0.1))
        assert hear(client).endswith(b"192.0.2.7 40000 http\n")


def test_an_address_in_use_is_our_own_error(behind: Behind) -> None:
    served = behind()

    async def again() -> None:
        other = Listener(lambda _: Answer(), log=lambda _: None)
        await other.start("127.0.0.1", served.port, proxies=LOOPBACK)

    with pytest.raises(UsageError, match=f"cannot listen for HTTP on 127.0.0.1:{served.port}"):
        asyncio.run(again())


def test_a_dual_stack_host_is_listened_on_wherever_it_is(behind: Behind) -> None:
    served = behind(Networks.parse(["::1"]), host="::1")
    with socket.create_connection(("::1", served.port), timeout=5) as client:
        client.sendall(LINE + GET)
        assert body(hear(client)) == "192.0.2.7 40000 http\n"
