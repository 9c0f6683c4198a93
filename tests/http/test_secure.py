"""TLS in front of a connection, on loopback: judged by openssl, curl and Python's own client."""

import asyncio
import contextlib
import gc
import re
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from tests.certificate.house import House, found

from ringback.certificate.kept import Kept, maker
from ringback.certificate.pair import Pair
from ringback.certificate.policy import Clients, Policy
from ringback.http.answer import Answer
from ringback.http.engine import Engine, MakeEngine, Session
from ringback.http.limits import Limits
from ringback.http.request import Request
from ringback.http.secure import HANDSHAKE

from .conftest import Serve, Served, hear

GET = b"GET /spa.cfg HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
KEPT = GET.replace(b"close", b"keep-alive")
BIG = bytes(range(256)) * 64 * 1024
HURRIED = Limits(patience=0.15, linger=0.05)
BOTH = [Clients.NONE, Clients.ASK]
"""One listener on each of the two engines."""
VERSIONS = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]

both = pytest.mark.parametrize("clients", BOTH)
versions = pytest.mark.parametrize("version", VERSIONS)


@pytest.fixture(scope="module")
def house() -> House:
    made: House = found()
    return made


@pytest.fixture(scope="module")
def stranger() -> House:
    made: House = found("Somebody Else")
    return made


@pytest.fixture(scope="module")
def makers(house: House) -> dict[Clients, MakeEngine]:
    pair = house.server("127.0.0.1", "prov.example.com")
    return {each: maker(pair, Policy(each), house.anchors) for each in Clients}


def context(
    house: House, version: ssl.TLSVersion | None = None, phone: Path | None = None
) -> ssl.SSLContext:
    """A client's."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.load_verify_locations(cadata=house.root.certificate.pem().decode())
    if version:
        made.minimum_version = made.maximum_version = version
    if phone:
        made.load_cert_chain(phone)
    return made


def kept_in(folder: Path, pair: Pair) -> Path:
    place = folder / "phone.pem"
    place.write_bytes(bytes(pair))
    return place


def wrap(made: ssl.SSLContext, client: socket.socket) -> ssl.SSLSocket:
    return made.wrap_socket(
        client, server_hostname="127.0.0.1", do_handshake_on_connect=True,
        suppress_ragged_eofs=False,
    )  # fmt: skip


@contextlib.contextmanager
def connected(served: Served, made: ssl.SSLContext) -> Iterator[ssl.SSLSocket]:
    with served.connect() as client, wrap(made, client) as tls:
        yield tls


def ask(served: Served, made: ssl.SSLContext, data: bytes = GET) -> bytes:
    """Say something, and hear everything until the goodbye; one that is missing is an error."""
    with connected(served, made) as tls:
        tls.sendall(data)
        return hear(tls)


def statuses(answer: bytes) -> list[int]:
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", answer)]


def eventually(holds: Callable[[], object], seconds: float = 5.0) -> None:
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, "it never happened"
        time.sleep(0.002)


def first_flight(made: ssl.SSLContext) -> bytes:
    """A ClientHello."""
    going = ssl.MemoryBIO()
    tls = made.wrap_bio(ssl.MemoryBIO(), going, server_hostname="127.0.0.1")
    with pytest.raises(ssl.SSLWantReadError):
        tls.do_handshake()
    return going.read()


# What the handshake tells the house.


@both
@versions
def test_a_request_carries_what_the_handshake_proved(
    serve: Serve, house: House, makers, clients: Clients, version: ssl.TLSVersion
) -> None:
    served = serve(tls=makers[clients])
    assert statuses(ask(served, context(house, version))) == [200]
    session = served.accesses[0].request.tls
    assert isinstance(session, Session)
    assert session.version == version.name.replace("_", ".")
    assert session.cipher
    assert session.bits >= 128
    assert (session.certificate, session.verified, session.doubt) == (None, False, None)
    assert session.proven is None
    assert served.accesses[0].request.scheme == "https"


@versions
def test_a_phones_certificate_is_proven_and_a_strangers_is_not(  # noqa: PLR0917 (fixtures)
    serve: Serve, house: House, stranger: House, makers, tmp_path: Path, version: ssl.TLSVersion
) -> None:
    served = serve(tls=makers[Clients.ASK])
    ours, theirs = house.device(), stranger.device()
    for phone in (ours, theirs):
        assert statuses(ask(served, context(house, version, kept_in(tmp_path, phone)))) == [200]
    first, second = (each.request.tls for each in served.accesses)
    assert isinstance(first, Session)
    assert isinstance(second, Session)
    assert first.proven == ours.certificate.der()
    assert second.certificate == theirs.certificate.der()
    assert second.proven is None
    (failed,) = served.failed
    assert failed.served
    assert failed.doubt == second.doubt
    assert failed.doubt is not None
    assert failed.doubt.anchor == "CN=Somebody Else"


def test_all_requests_of_a_connection_have_one_session(serve: Serve, house: House, makers) -> None:
    served = serve(tls=makers[Clients.ASK])
    ask(served, context(house), KEPT + GET)
    first, second = (each.request.tls for each in served.accesses)
    assert first is second


@pytest.fixture
def curl(program):
    path = program("curl")

    def run(*arguments: object) -> subprocess.CompletedProcess[str]:
        command = [path, "--silent", "--show-error", "--max-time", "20", *map(str, arguments)]
        return subprocess.run(command, check=False, capture_output=True, text=True)

    return run


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_curl_with_and_without_a_certificate(  # noqa: PLR0917 (fixtures)
    serve: Serve, house: House, stranger: House, makers, tmp_path: Path, curl, version: str
) -> None:
    def answer(request: Request) -> Answer:
        session = request.tls
        assert isinstance(session, Session)
        return Answer(200, b"a phone\n" if session.proven else b"nobody\n")

    (tmp_path / "ca.pem").write_bytes(house.root.certificate.pem())
    usual = ("--cacert", tmp_path / "ca.pem", f"--tlsv{version}", "--tls-max", version)
    said: dict[tuple[Clients, str], str] = {}
    for clients in Clients:
        served = serve(answer, tls=makers[clients])
        for name, pair in (("", None), ("ours", house.device()), ("other", stranger.device())):
            shown = ("--cert", kept_in(tmp_path, pair)) if pair else ()
            said[clients, name] = curl(*usual, *shown, served.url("/x", "https")).stdout
    nobody = "nobody\n"
    assert said == {
        (Clients.NONE, ""): nobody, (Clients.NONE, "ours"): nobody, (Clients.NONE, "other"): nobody,
        (Clients.ASK, ""): nobody, (Clients.ASK, "ours"): "a phone\n",
        (Clients.ASK, "other"): nobody,
        (Clients.REQUIRE, ""): "", (Clients.REQUIRE, "ours"): "a phone\n",
        (Clients.REQUIRE, "other"): "",
    }  # fmt: skip


# Bytes come as they like.


@both
@versions
def test_everything_may_come_byte_by_byte(
    serve: Serve, house: House, makers, clients: Clients, version: ssl.TLSVersion
) -> None:
    served = serve(tls=makers[clients])
    coming, going = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context(house, version).wrap_bio(coming, going, server_hostname="127.0.0.1")
    with served.connect() as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

        def send() -> None:
            for byte in going.read():
                client.sendall(bytes((byte,)))

        shaken = False
        while not shaken:
            with contextlib.suppress(ssl.SSLWantReadError):
                tls.do_handshake()
                shaken = True
            send()
            if not shaken:
                coming.write(client.recv(65536))
        for byte in GET:
            tls.write(bytes((byte,)))
        send()
        coming.write(hear(client))
        assert tls.read(65536).endswith(b"\r\n\r\nfine\n")
        assert tls.read(1) == b""  # a goodbye, not a mere hang-up


@both
def test_a_request_right_behind_the_handshake_is_answered(
    serve: Serve, house: House, makers, clients: Clients
) -> None:
    served = serve(tls=makers[clients])
    coming, going = ssl.MemoryBIO(), ssl.MemoryBIO()
    made = context(house, ssl.TLSVersion.TLSv1_3)
    tls = made.wrap_bio(coming, going, server_hostname="127.0.0.1")
    with served.connect() as client:
        with pytest.raises(ssl.SSLWantReadError):
            tls.do_handshake()
        client.sendall(going.read())
        while True:
            coming.write(client.recv(65536))
            with contextlib.suppress(ssl.SSLWantReadError):
                tls.do_handshake()
                break
        tls.write(GET)
        client.sendall(going.read())  # the end of the handshake and the request, as one
        coming.write(hear(client))
        assert tls.read(65536).endswith(b"\r\n\r\nfine\n")


@both
def test_requests_in_one_record_wait_for_an_answer_that_takes_its_time(
    serve: Serve, house: House, makers, clients: Clients
) -> None:
    async def slowly(request: Request) -> Answer:
        await asyncio.sleep(0.01)
        return Answer(200, request.path.encode())

    served = serve(slowly, tls=makers[clients], limits=Limits(pipeline=2))
    with connected(served, context(house)) as tls:
        for number in range(8):  # the reading is paused at the second
            tls.sendall(KEPT.replace(b"spa.cfg", b"%d" % number))
        tls.sendall(GET.replace(b"spa.cfg", b"8"))
        heard = hear(tls)
    assert re.findall(rb"\r\n\r\n/(\d)", heard) == [b"%d" % number for number in range(9)]


@both
def test_a_client_that_reads_slowly_gets_everything(
    serve: Serve, house: House, makers, clients: Clients
) -> None:
    served = serve(lambda _: Answer(200, BIG), tls=makers[clients], limits=HURRIED)
    with connected(served, context(house)) as tls:
        tls.sendall(GET)
        heard = bytearray()
        while piece := tls.recv(1 << 20):
            heard += piece
            if len(heard) % (1 << 20) < len(piece):
                time.sleep(0.02)
    assert heard.endswith(BIG)
    (access,) = served.accesses
    assert (access.sent, access.complete) == (len(BIG), True)


@both
def test_a_client_that_does_not_read_is_dropped(
    serve: Serve, house: House, makers, clients: Clients
) -> None:
    served = serve(lambda _: Answer(200, BIG), tls=makers[clients], limits=HURRIED)
    with connected(served, context(house)) as tls:
        tls.sendall(GET)
        eventually(lambda: served.accesses)
    (access,) = served.accesses
    assert (access.status, access.complete) == (200, False)
    eventually(lambda: not served.listener.connections)


# How it ends.


@both
@versions
def test_who_says_goodbye_first_still_gets_its_answer(
    serve: Serve, house: House, makers, clients: Clients, version: ssl.TLSVersion
) -> None:
    async def slowly(_: Request) -> Answer:
        await asyncio.sleep(0.02)
        return Answer(200, b"after your goodbye")

    served = serve(slowly, tls=makers[clients])
    coming, going = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context(house, version).wrap_bio(coming, going, server_hostname="127.0.0.1")
    with served.connect() as client:
        shaken = False
        while not shaken:
            with contextlib.suppress(ssl.SSLWantReadError):
                tls.do_handshake()
                shaken = True
            client.sendall(going.read())
            if not shaken:
                coming.write(client.recv(65536))
        tls.write(KEPT)
        with pytest.raises(ssl.SSLWantReadError):
            tls.unwrap()
        client.sendall(going.read())
        client.shutdown(socket.SHUT_WR)
        hear(client)
    eventually(lambda: served.accesses)
    (access,) = served.accesses
    assert (access.status, access.complete, access.sent) == (200, True, 18)
    assert served.failed == []


@both
def test_a_refused_upload_still_hears_why(
    serve: Serve, house: House, makers, clients: Clients
) -> None:
    served = serve(methods=("GET", "POST"), tls=makers[clients], limits=Limits(body=1000))
    with connected(served, context(house)) as tls:
        tls.sendall(b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n")
        for _ in range(10):
            tls.sendall(bytes(10_000))
        assert statuses(hear(tls)) == [413]


@both
def test_a_record_that_was_tampered_with_ends_the_connection(
    serve: Serve, house: House, makers, clients: Clients
) -> None:
    served = serve(tls=makers[clients])
    with served.connect() as client:
        tls = wrap(context(house), client.dup())
        client.sendall(b"\x17\x03\x03\x00\x20" + bytes(32))
        hear(client)
        tls.close()
    eventually(lambda: served.failed)
    (failed,) = served.failed
    assert failed.why.startswith("TLS: ")
    assert failed.version == "TLSv1.3"


@both
def test_renegotiation_is_refused(serve: Serve, makers, clients: Clients, program) -> None:
    served = serve(tls=makers[clients])
    with subprocess.Popen(
        [program("openssl"), "s_client", "-connect", f"127.0.0.1:{served.port}", "-tls1_2"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    ) as client:  # fmt: skip
        assert client.stdin
        eventually(lambda: served.listener.waiting)
        client.stdin.write(b"R\n")
        client.stdin.flush()
        said, _ = client.communicate(timeout=20)
    assert b"RENEGOTIATING" in said
    assert b"no renegotiation" in said or b"handshake failure" in said
    assert served.accesses == []


@both
@pytest.mark.parametrize("when", ["now", "while an answer is being made"])
def test_closing_the_house(serve: Serve, house: House, makers, clients: Clients, when: str) -> None:
    async def slowly(_: Request) -> Answer:
        await asyncio.sleep(0.05)
        return Answer(200, b"in time")

    served = serve(slowly, tls=makers[clients])
    with connected(served, context(house)) as tls, served.connect() as stalled:
        stalled.sendall(first_flight(context(house))[:50])
        eventually(lambda: served.listener.connections == 2)
        if when != "now":
            tls.sendall(KEPT)
            eventually(lambda: not served.listener.waiting)
        begun = time.monotonic()
        served.call(served.listener.close())
        assert time.monotonic() - begun < 1
        assert (b"in time" in hear(tls)) == (when != "now")
        assert hear(stalled) == b""


# What is not a handshake, and what never becomes one.


@both
def test_plain_http_is_told_that_this_is_https(
    serve: Serve, makers, clients: Clients, curl
) -> None:
    served = serve(tls=makers[clients])
    done = curl("-i", served.url("/spa.cfg", "http"))
    assert done.stdout.startswith("HTTP/1.1 400 Bad Request")
    assert "This port speaks HTTPS" in done.stdout
    with served.connect() as client:
        for byte in GET:
            with contextlib.suppress(OSError):
                client.sendall(bytes((byte,)))
        assert statuses(hear(client)) == [400]
    assert [each.why for each in served.failed] == [
        "plain HTTP on a listener that speaks HTTPS"
    ] * 2
    assert served.failed[0].address == "127.0.0.1"
    assert served.accesses == []


@both
@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"SSH-2.0-OpenSSH_9.2\r\n", "not TLS"),
        (b"\0", "not TLS"),
        (b"\x80\x2e\x01\x03\x01" + bytes(44), "TLS: "),
        (b"\x16\x03\x01\xff\xff", "TLS: "),
        (b"\x16\x03\x01\x00\x05\x01\xff\xff\xff\xff", "TLS: "),
        (b"\x16\x03\x01\x00\x04\x00\x00\x00\x00", "TLS: "),
        (b"\x16\x03\x01\x00\x02\x01\x00", "hung up during the handshake"),
        (b"\x16\x03\x01", "hung up during the handshake"),
    ],
)
def test_what_is_no_handshake_is_one_line(
    serve: Serve, makers, clients: Clients, data: bytes, why: str
) -> None:
    served = serve(tls=makers[clients])
    served.say(data)
    eventually(lambda: served.failed)
    eventually(lambda: not served.listener.connections)
    (failed,) = served.failed
    assert why in failed.why
    assert "Traceback" not in str(failed)


@both
def test_a_handshake_without_end_is_cut_off(serve: Serve, makers, clients: Clients) -> None:
    served = serve(tls=makers[clients])
    head = b"\x01" + (HANDSHAKE * 4).to_bytes(3, "big")
    record = b"\x16\x03\x01" + (16_000).to_bytes(2, "big") + head + bytes(15_996)
    more = b"\x16\x03\x01" + (16_000).to_bytes(2, "big") + bytes(16_000)
    with served.connect() as client, contextlib.suppress(OSError):
        client.sendall(record)
        for _ in range(100):
            client.sendall(more)
        hear(client)
    eventually(lambda: served.failed)
    (failed,) = served.failed
    assert failed.why in (
        f"a handshake of more than {HANDSHAKE} bytes", "TLS: excessive message size",
    )  # fmt: skip
    eventually(lambda: not served.listener.connections)


@both
@pytest.mark.parametrize("part", [0, 1, 5, 100, None])
def test_a_handshake_that_stalls_is_dropped(
    serve: Serve, house: House, makers, clients: Clients, part: int | None
) -> None:
    served = serve(tls=makers[clients], limits=HURRIED)
    with served.connect() as client:
        client.sendall(first_flight(context(house))[:part])
        begun = time.monotonic()
        hear(client)
        assert time.monotonic() - begun < 1
    eventually(lambda: not served.listener.connections)
    said = [each.why for each in served.failed]
    assert said == ([] if part == 0 else ["the handshake did not finish in time"])


def test_a_client_that_is_silent_after_its_handshake_is_dropped(
    serve: Serve, house: House, makers
) -> None:
    served = serve(tls=makers[Clients.NONE], limits=HURRIED)
    with connected(served, context(house)) as tls:
        assert hear(tls) == b""
    assert served.failed == []


def test_stalled_handshakes_are_the_first_to_make_room(
    serve: Serve, house: House, makers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ringback.http.listener._STALLED", -1.0)
    served = serve(tls=makers[Clients.NONE], limits=Limits(connections=4))
    with ExitStack() as stack:
        idle = stack.enter_context(connected(served, context(house)))
        stalled = [stack.enter_context(served.connect()) for _ in range(3)]
        stalled[0].sendall(b"\x16")
        eventually(lambda: served.listener.connections == 4)
        assert statuses(ask(served, context(house))) == [200]
        assert hear(stalled[0]) == b""
        assert [each.why for each in served.failed] == ["the handshake was given up to make room"]
        idle.sendall(GET)
        assert statuses(hear(idle)) == [200]


def test_a_handshake_that_has_just_begun_does_not_make_room_for_others(
    serve: Serve, house: House, makers
) -> None:
    """Else who fills the house with idle clients would keep every phone outside."""
    served = serve(tls=makers[Clients.NONE], limits=Limits(connections=2))
    with connected(served, context(house)) as idle, served.connect() as client:
        eventually(lambda: served.listener.connections == 2)
        with served.connect():
            with contextlib.suppress(ssl.SSLError):
                assert hear(idle) == b""
            with wrap(context(house), client) as tls:
                tls.sendall(GET)
                assert statuses(hear(tls)) == [200]


# A new pair while it serves.


@pytest.mark.parametrize("clients", list(Clients))
def test_a_reload_drops_nobody_and_is_seen_by_newcomers(
    serve: Serve, house: House, tmp_path: Path, clients: Clients
) -> None:
    offered = [house.server("127.0.0.1", "one.example.com")]
    kept = Kept(lambda: offered[0], Policy(clients), house.anchors)
    served = serve(tls=kept)
    made = context(house, None, kept_in(tmp_path, house.device()))
    with connected(served, made) as before:
        before.sendall(KEPT)
        assert statuses(before.recv(65536)) == [200]
        offered[0] = house.server("127.0.0.1", "two.example.com")
        assert kept.reload()
        with connected(served, made) as after:
            assert names(after) == {"127.0.0.1", "two.example.com"}
        offered[0] = Pair(house.device().key, offered[0].certificate)
        with pytest.raises(Exception, match="OpenSSL does not take the certificate"):
            kept.reload()
        with connected(served, made) as after:
            assert names(after) == {"127.0.0.1", "two.example.com"}
        before.sendall(GET)
        assert statuses(hear(before)) == [200]
        assert names(before) == {"127.0.0.1", "one.example.com"}


def names(tls: ssl.SSLSocket) -> set[str]:
    shown: dict[str, Any] = tls.getpeercert() or {}
    return {name for _, name in shown["subjectAltName"]}


# Crowds.


@pytest.mark.parametrize("clients", list(Clients))
def test_a_crowd_of_stalled_and_failed_handshakes_keeps_no_phone_waiting(  # noqa: PLR0917
    serve: Serve, house: House, stranger: House, makers, tmp_path: Path, clients: Clients
) -> None:
    served = serve(tls=makers[clients])
    phone = context(house, None, kept_in(tmp_path, house.device()))
    (tmp_path / "x").mkdir()
    other = context(house, ssl.TLSVersion.TLSv1_2, kept_in(tmp_path / "x", stranger.device()))
    hello = first_flight(phone)
    with ExitStack() as crowd:
        for number in range(150):
            client = crowd.enter_context(served.connect())
            client.sendall(hello[: (0, 50, len(hello))[number % 3]])
        for _ in range(50):
            served.say(b"\x16\x03\x01\x00\x04\x00\x00\x00\x00")
            with contextlib.suppress(OSError), connected(served, other):
                pass
        for _ in range(5):
            begun = time.monotonic()
            assert statuses(ask(served, phone)) == [200]
            assert time.monotonic() - begun < 1
    eventually(lambda: not served.listener.connections)
    assert served.listener.shaking == {}
    failed = [each for each in served.failed if not each.served]
    assert len([each for each in failed if each.why.startswith("TLS: ")]) >= 50


@pytest.mark.parametrize("clients", list(Clients))
def test_nothing_is_left_of_clients_that_are_gone(
    serve: Serve, house: House, makers, tmp_path: Path, clients: Clients
) -> None:
    """Not even to the collector of rings: what is gone is gone at once."""
    served = serve(tls=makers[clients], limits=HURRIED)
    phone = context(house, None, kept_in(tmp_path, house.device()))
    hello = first_flight(phone)
    gc.collect()
    before = left_over()
    gc.disable()
    try:
        for _ in range(3):
            for data in (b"", hello[:50], hello, b"nonsense", b"\x16\x03\x01\0\4\0\0\0\0", GET):
                served.say(data)
            for data in (GET, KEPT * 3 + GET, b"nonsense\r\n\r\n"):
                ask(served, phone, data)
        eventually(lambda: not served.listener.connections)
        served.accesses.clear()
        eventually(lambda: left_over() <= before)
    finally:
        gc.enable()


def left_over() -> int:
    """Connections, and what they are made of, of this test and those before it."""
    kinds = ("Secured", "Session", "Connection", "SSLObject", "Engine")
    return sum(type(each).__name__ in kinds for each in gc.get_objects())


def test_both_engines_are_what_a_listener_expects(makers) -> None:
    engines: list[Engine] = [makers[each]() for each in Clients]
    for engine in engines:
        assert not engine.over
        assert engine.take() == b""


@both
def test_who_asks_for_new_keys_all_the_time_is_cut_off(
    serve: Serve, makers, clients: Clients, program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ringback.http.secure._CHATTER", 200)
    served = serve(tls=makers[clients])
    with subprocess.Popen(
        [program("openssl"), "s_client", "-connect", f"127.0.0.1:{served.port}", "-tls1_3"],
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    ) as client:  # fmt: skip
        assert client.stdin
        assert client.stderr
        eventually(lambda: served.listener.waiting)
        with contextlib.suppress(OSError):
            while not served.failed:
                client.stdin.write(b"K\n")  # read one letter at a time, when it is all there is
                client.stdin.flush()
                while b"KEYUPDATE" not in (line := client.stderr.readline()) and line:
                    pass
        client.communicate(timeout=20)
    assert [each.why for each in served.failed] == ["the client never stops re-keying"]
    assert served.failed[0].version == "TLSv1.3"
