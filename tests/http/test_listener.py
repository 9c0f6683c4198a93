"""The listener on loopback: order, deadlines, room for everybody, and a clean end."""

import asyncio
import re
import socket
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack

import pytest

from ringback.errors import NotFoundError, RefusedError, UsageError
from ringback.http.answer import Answer
from ringback.http.limits import Limits
from ringback.http.listener import Listener
from ringback.http.request import Request

from .conftest import Serve, Served, hear

GET = b"GET /spa.cfg HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
KEPT = GET.replace(b"close", b"keep-alive")
BIG = bytes(16 * 1024 * 1024)


def eventually(holds: Callable[[], object], seconds: float = 5.0) -> None:
    """Wait for another thread, and fail when it takes too long."""
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, "it never happened"
        time.sleep(0.002)


def statuses(answer: bytes) -> list[int]:
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", answer)]


def without_date(answer: bytes) -> bytes:
    return re.sub(rb"Date: [^\r]*\r\n", b"", answer)


def test_a_request_is_answered_and_logged(serve: Serve) -> None:
    served = serve()
    answer = served.say(GET)
    assert answer.endswith(b"\r\n\r\nfine\n")
    assert b"Server: Ringback\r\n" in answer
    (access,) = served.accesses
    assert (access.status, access.sent, access.complete) == (200, 5, True)
    assert access.request.address == "127.0.0.1"
    assert access.request.tls is None


def test_requests_in_one_piece_are_answered_in_order(serve: Serve) -> None:
    served = serve(lambda request: Answer(200, request.path.encode()))
    requests = b"".join(KEPT.replace(b"spa.cfg", b"%d" % number) for number in range(10))
    answer = served.say(requests)
    assert re.findall(rb"\r\n\r\n/(\d)", answer) == [b"%d" % number for number in range(10)]


def test_an_answer_that_must_wait_keeps_its_place(serve: Serve) -> None:
    async def slowly(request: Request) -> Answer:
        await asyncio.sleep(0.02)
        return Answer(200, request.path.encode())

    def answer(request: Request) -> Answer:
        return slowly(request) if request.path == "/1" else Answer(200, request.path.encode())  # type: ignore[return-value]

    served = serve(answer)
    requests = b"".join(KEPT.replace(b"spa.cfg", b"%d" % number) for number in range(3))
    with served.connect() as client:
        client.sendall(requests)
        client.shutdown(socket.SHUT_WR)
        heard = hear(client)
    assert re.findall(rb"\r\n\r\n/(\d)", heard) == [b"0", b"1", b"2"]


def test_too_many_requests_before_their_answers_end_the_connection(serve: Serve) -> None:
    async def slowly(_: Request) -> Answer:
        await asyncio.sleep(0.02)
        return Answer()

    served = serve(slowly, limits=Limits(pipeline=3))
    assert statuses(served.say(KEPT * 50)) == [200] * 4 + [503]


@pytest.mark.parametrize(
    "error",
    [
        NotFoundError("no such file", nearest="secret.cfg", remedy="secret.cfg"),
        RefusedError("not served", why="a secret reason"),
    ],
)
def test_the_refusal_is_one_and_the_same(serve: Serve, error: Exception) -> None:
    def refuse(_: Request) -> Answer:
        raise error

    served = serve(refuse)
    answer = served.say(GET)
    assert without_date(answer) == (
        b"HTTP/1.1 404 Not Found\r\nServer: Ringback\r\n"
        b"Content-Type: text/plain; charset=utf-8\r\nContent-Length: 10\r\n"
        b"Connection: close\r\n\r\nNot Found\n"
    )
    assert "secret" in served.accesses[0].why


@pytest.mark.parametrize("later", [False, True])
def test_a_mistake_of_ours_is_a_500_and_says_nothing(serve: Serve, later: bool) -> None:
    def fail(_: Request) -> Answer:
        raise ZeroDivisionError("secret detail")

    async def fail_later(request: Request) -> Answer:
        return fail(request)

    served = serve(fail_later if later else fail)
    with served.connect() as client:
        client.sendall(GET)
        answer = hear(client)
    assert statuses(answer) == [500]
    assert b"secret" not in answer
    assert b"Traceback" not in answer
    assert isinstance(served.accesses[0].error, ZeroDivisionError)


def test_a_header_that_would_write_another_is_a_500(serve: Serve) -> None:
    served = serve(lambda _: Answer(headers=(("X", "a\r\nY: b"),)))
    assert statuses(served.say(GET)) == [500]


def test_an_answer_that_takes_too_long_is_given_up(serve: Serve) -> None:
    gone: list[str] = []

    async def never(_: Request) -> Answer:
        try:
            await asyncio.sleep(60)
        finally:
            gone.append("gone")
        return Answer()

    served = serve(never, limits=Limits(answer=0.05))
    with served.connect() as client:
        client.sendall(KEPT)
        assert statuses(hear(client)) == [503]
    assert gone == ["gone"]


def test_a_client_that_leaves_before_its_answer_is_logged(serve: Serve) -> None:
    async def never(_: Request) -> Answer:
        await asyncio.sleep(60)
        return Answer()

    served = serve(never)
    with served.connect() as client:
        client.sendall(KEPT)
        eventually(lambda: served.listener.connections and not served.listener.waiting)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    eventually(lambda: served.accesses)
    (access,) = served.accesses
    assert (access.status, access.complete) == (499, False)


def test_writing_is_off_unless_asked_for(serve: Serve) -> None:
    served = serve()
    body = bytes(3_000_000)
    head = f"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    with served.connect() as client:
        client.sendall(head)
        answer = client.recv(65536)
        assert statuses(answer) == [405]
        assert b"Allow: GET, HEAD\r\n" in answer


def test_a_refused_upload_still_hears_why(serve: Serve) -> None:
    """Closing at once would reset the connection under the answer."""
    served = serve(methods=("GET", "POST"), limits=Limits(body=1000))
    with served.connect() as client:
        client.sendall(b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n")
        for _ in range(10):
            client.sendall(bytes(10_000))
        assert statuses(hear(client)) == [413]


def test_a_body_reaches_whoever_asked_for_it(serve: Serve) -> None:
    served = serve(lambda request: Answer(200, request.body[::-1]), methods=("PUT",))
    with served.connect() as client:
        client.sendall(
            b"PUT /x HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n"
            b"Connection: close\r\n\r\n"
        )
        assert client.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"abc")
        assert hear(client).endswith(b"\r\n\r\ncba")
    assert served.listener.held == 0


def test_bodies_of_all_clients_together_are_bounded(serve: Serve) -> None:
    served = serve(methods=("PUT",), limits=Limits(bodies=1500))
    head = b"PUT /x HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n"
    with served.connect() as first, served.connect() as second:
        first.sendall(head + bytes(1000))
        eventually(lambda: served.listener.held == 1000)
        second.sendall(head + bytes(1000))
        assert statuses(hear(second)) == [503]
        first.sendall(bytes(1))
        assert statuses(first.recv(65536)) == [200]
    eventually(lambda: served.listener.held == 0)


def test_an_upgrade_is_answered_in_http_1_1(serve: Serve) -> None:
    served = serve()
    upgrade = b"Connection: Upgrade\r\nUpgrade: h2c\r\n\r\nPRI * HTTP/2.0\r\n\r\n"
    answer = served.say(b"GET / HTTP/1.1\r\nHost: a\r\n" + upgrade)
    assert statuses(answer) == [200]
    assert b"Connection: close" in answer


HURRIED = Limits(patience=0.15, linger=0.05)


def test_an_idle_client_is_dropped(serve: Serve) -> None:
    served = serve(limits=HURRIED)
    with served.connect() as client:
        begun = time.monotonic()
        assert hear(client) == b""
        assert time.monotonic() - begun < 1
    assert served.accesses == []


def test_an_idle_client_is_dropped_after_its_answer(serve: Serve) -> None:
    served = serve(limits=HURRIED)
    with served.connect() as client:
        client.sendall(KEPT)
        assert statuses(hear(client)) == [200]


@pytest.mark.parametrize(
    "begun",
    [
        b"",
        b"GET / HTTP/1.1\r\nX: ",
        b"\r\n",
        b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999\r\n\r\n",
        b"PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
    ],
)
def test_a_trickling_client_is_dropped_however_busy_it_looks(serve: Serve, begun: bytes) -> None:
    served = serve(limits=HURRIED, methods=("GET", "PUT"))
    heard: list[bytes] = []
    with served.connect() as client:
        listening = threading.Thread(target=lambda: heard.append(hear(client)))
        listening.start()
        began = time.monotonic()
        client.sendall(begun)
        while listening.is_alive():
            assert time.monotonic() - began < 2
            try:
                client.sendall(b"\r\n" if begun == b"\r\n" else b"1")
            except OSError:
                break
            time.sleep(0.01)
        listening.join()
    eventually(lambda: served.listener.connections == 0)
    assert statuses(heard[0]) in ([408], [400], [])


def test_a_client_that_does_not_read_is_dropped(serve: Serve) -> None:
    served = serve(lambda _: Answer(200, BIG), limits=HURRIED)
    with served.connect() as client:
        client.sendall(GET)
        eventually(lambda: served.accesses)
        (access,) = served.accesses
        assert (access.status, access.complete) == (200, False)
        assert len(hear(client)) < len(BIG)


def test_a_client_that_reads_slowly_gets_everything(serve: Serve) -> None:
    served = serve(lambda _: Answer(200, BIG), limits=HURRIED)
    with served.connect() as client:
        client.sendall(GET)
        heard = 0
        while piece := client.recv(1 << 20):
            heard += len(piece)
            time.sleep(0.02)
    assert heard > len(BIG)
    (access,) = served.accesses
    assert (access.sent, access.complete) == (len(BIG), True)


def test_two_thousand_idle_clients_keep_no_phone_waiting(serve: Serve) -> None:
    served = serve()
    with ExitStack() as idle:
        for number in range(2000):
            client = idle.enter_context(served.connect())
            if number % 2:
                client.sendall(b"GET / HTTP/1.1\r\nX: ")
        eventually(lambda: served.listener.connections == 2000, 20)
        begun = time.monotonic()
        for _ in range(20):
            assert statuses(served.say(GET)) == [200]
        assert time.monotonic() - begun < 1


def test_when_the_house_is_full_the_longest_waiting_goes(serve: Serve) -> None:
    served = serve(limits=Limits(connections=5))
    with ExitStack() as stack:
        clients = [stack.enter_context(served.connect()) for _ in range(5)]
        eventually(lambda: served.listener.connections == 5)
        clients[0].sendall(KEPT)
        assert statuses(clients[0].recv(65536)) == [200]
        assert statuses(served.say(GET)) == [200]
        assert hear(clients[1]) == b""
        clients[0].sendall(KEPT)
        assert statuses(clients[0].recv(65536)) == [200]
    assert served.listener.dropped == 1


def test_a_house_full_of_slow_readers_still_serves_a_phone(serve: Serve) -> None:
    served = serve(
        lambda request: Answer(200, BIG if request.path == "/big" else b"fine"),
        limits=Limits(connections=3),
    )
    with ExitStack() as stack:
        for _ in range(3):
            client = stack.enter_context(served.connect())
            client.sendall(GET.replace(b"spa.cfg", b"big"))
        eventually(lambda: served.listener.connections == 3 and not served.listener.waiting)
        assert statuses(served.say(GET)) == [200]


def test_closing_lets_answers_arrive_and_hangs_up_on_the_rest(serve: Serve) -> None:
    async def slowly(_: Request) -> Answer:
        await asyncio.sleep(0.1)
        return Answer(200, b"in time")

    served = serve(slowly)
    with served.connect() as busy, served.connect() as idle:
        busy.sendall(KEPT)
        eventually(lambda: len(served.listener.waiting) == 1)
        begun = time.monotonic()
        served.call(served.listener.close())
        assert time.monotonic() - begun < 1
        heard = hear(busy)
        assert heard.endswith(b"in time")
        assert b"Connection: close" in heard
        assert hear(idle) == b""
    with pytest.raises(ConnectionRefusedError):
        served.connect()


def test_closing_waits_for_nobody_longer_than_it_was_told(serve: Serve) -> None:
    async def never(_: Request) -> Answer:
        await asyncio.sleep(60)
        return Answer()

    served = serve(never)
    with served.connect() as client:
        client.sendall(KEPT)
        eventually(lambda: served.listener.connections and not served.listener.waiting)
        begun = time.monotonic()
        served.call(served.listener.close(drain=0.1))
        assert time.monotonic() - begun < 1
        assert hear(client) == b""


def test_nothing_is_left_of_clients_that_are_gone(serve: Serve) -> None:
    served = serve(methods=("GET", "PUT"), limits=HURRIED)
    put = b"PUT /x HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n"
    for data in (b"", GET, KEPT * 3, b"nonsense\r\n\r\n", put + b"12345", GET[:20]) * 30:
        served.say(data)
    house = served.listener
    eventually(lambda: not house.connections)
    assert (house.waiting, house.held, house.dropped) == ({}, 0, 0)


def test_ipv6(serve: Serve) -> None:
    served = serve(host="::1")
    with socket.create_connection(("::1", served.port), timeout=5) as client:
        client.sendall(GET)
        assert statuses(hear(client)) == [200]
    assert served.accesses[0].request.address == "::1"


@pytest.mark.parametrize("place", ["taken", "nowhere"])
def test_a_socket_that_cannot_be_had_is_one_clear_error(serve: Serve, place: str) -> None:
    served: Served = serve()
    listener = Listener(lambda _: Answer(), log=lambda _: None)
    host, port = ("127.0.0.1", served.port) if place == "taken" else ("192.0.2.1", 0)
    with pytest.raises(UsageError, match=f"cannot listen for HTTP on {host}:{port}"):
        served.call(listener.start(host, port))
