import asyncio
import contextlib
import socket

import pytest
from tests.sip.scenario import Sipp, answer, request, scenario, send, sipp

from ringback.errors import TransferError, UsageError
from ringback.sip.endpoint import MOST_STREAMS, Endpoint, new_name
from ringback.sip.errand import Errand
from ringback.sip.gate import Gate, Lock
from ringback.sip.keyring import Keyring
from ringback.sip.message import Request
from ringback.sip.peer import Peer
from ringback.sip.respond import respond
from ringback.sip.transaction import State, Timing

FAST = Timing.scaled(0.02)


def polite(asked, peer, now):
    return respond(asked, 200, ("X-Peer", f"{peer.transport} {now >= 0}"), body=asked.body)


@contextlib.asynccontextmanager
async def endpoint(answer=polite, host="127.0.0.1", port=0):
    found = Endpoint(answer)
    await found.start(host, port)
    try:
        yield found
    finally:
        found.close()
        await asyncio.sleep(0)


def options(uri="sip:u@example.com", method="OPTIONS"):
    errand = Errand(method, uri, (("To", f"<{uri}>"),), sender="<sip:a@b>", name=new_name)
    return errand.next()


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
@pytest.mark.parametrize("transport", ["UDP", "TCP"])
def test_two_endpoints_speak(host, transport):
    async def main():
        async with endpoint(host=host) as one, endpoint(host=host) as other:
            responses = [
                await one.ask(options(), Peer(transport, *other.sockname)) for _ in range(3)
            ]
            back = await other.ask(options(), Peer(transport, *one.sockname))
            return [*responses, back]

    responses = asyncio.run(main())

    assert [each.code for each in responses] == [200] * 4
    assert {each.get("X-Peer") for each in responses} == {f"{transport} True"}


def test_bound_to_all_addresses_it_says_the_one_the_peer_can_reach():
    async def main():
        async with endpoint(host="0.0.0.0") as one, endpoint() as other:
            return (await one.ask(options(), Peer("UDP", *other.sockname))).get("Via")

    assert asyncio.run(main()).startswith("SIP/2.0/UDP 127.0.0.1:")


@pytest.mark.parametrize("transport", ["UDP", "TCP"])
def test_silence_and_a_closed_port_are_told(transport, free_port):
    async def main():
        async with endpoint() as one:
            peer = Peer(transport, "127.0.0.1", free_port("udp"))
            await one.ask(options(), peer, timing=FAST)

    with pytest.raises(TransferError, match="did not answer OPTIONS"):
        asyncio.run(main())


def test_an_address_that_is_taken_is_told():
    async def main():
        async with endpoint() as one, endpoint(port=one.sockname[1]):
            pass

    with pytest.raises(UsageError, match="SIP cannot listen"):
        asyncio.run(main())


def test_a_megabyte_of_header_ends_the_connection_and_nothing_else():
    async def main():
        async with endpoint() as one:
            reader, writer = await asyncio.open_connection(*one.sockname)
            writer.write(b"OPTIONS sip:a SIP/2.0\r\nX: " + b"y" * 1_000_000)
            with contextlib.suppress(OSError):
                await writer.drain()
                assert await reader.read() == b""
            writer.close()
            async with endpoint() as other:
                return await other.ask(options(), Peer("TCP", *one.sockname))

    assert asyncio.run(main()).code == 200


def test_a_body_too_large_is_told_so():
    async def main():
        async with endpoint() as one:
            reader, writer = await asyncio.open_connection(*one.sockname)
            ask = options()
            via = ("Via", "SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bKx")
            head = bytes(Request((via, *ask.headers), b"", "OPTIONS", ask.uri))
            writer.write(head.replace(b"Content-Length: 0", b"Content-Length: 9999999"))
            said = await reader.read()
            writer.close()
            return said

    assert asyncio.run(main()).startswith(b"SIP/2.0 513 Message Too Large")


def test_a_ping_is_answered():
    async def main():
        async with endpoint() as one:
            reader, writer = await asyncio.open_connection(*one.sockname)
            writer.write(b"\r\n\r\n")
            said = await reader.readexactly(2)
            writer.close()
            return said

    assert asyncio.run(main()) == b"\r\n"


def test_there_are_never_more_connections_than_that():
    async def main():
        async with endpoint() as one:
            socks = []
            for _ in range(MOST_STREAMS + 20):
                sock = socket.socket()
                sock.settimeout(0)
                await asyncio.get_running_loop().sock_connect(sock, one.sockname)
                socks.append(sock)
            await asyncio.sleep(0.1)
            count = len(one._streams)
            for sock in socks:
                sock.close()
            return count

    assert asyncio.run(main()) == MOST_STREAMS


def locked():
    gate = Gate(b"secret")
    lock = Lock("example.com", "4711", "pw")

    def judge(asked, _, now):
        challenges = gate.check(asked, lock, now)
        return respond(asked, 401, *challenges) if challenges else respond(asked, 200)

    return judge


MODES = [("UDP", "u1"), ("TCP", "t1")]


@pytest.mark.parametrize(("transport", "mode"), MODES)
def test_sipp_asks_and_is_answered(transport, mode, program, tmp_path):
    del transport
    text = scenario(send(request("OPTIONS")), '<recv response="200"/>')

    async def main():
        async with endpoint() as one:
            target = "{}:{}".format(*one.sockname)
            await asyncio.to_thread(
                sipp, program, tmp_path, text, target, "-t", mode, "-m", "200", "-r", "200"
            )

    asyncio.run(main())


@pytest.mark.parametrize("lost", [5, 20])
def test_sipp_loses_messages_and_is_answered(lost, program, tmp_path):
    text = (
        scenario(send(request("OPTIONS"), retrans=100), '<recv response="200"/>')
        .replace("<recv ", f'<recv lost="{lost}" ')
        .replace("<send ", f'<send lost="{lost}" ')
    )

    async def main():
        async with endpoint() as one:
            target = "{}:{}".format(*one.sockname)
            await asyncio.to_thread(sipp, program, tmp_path, text, target, "-m", "30", "-r", "100")

    asyncio.run(main())


@pytest.mark.parametrize(("transport", "mode"), MODES)
def test_sipp_is_challenged_and_comes_in(transport, mode, program, tmp_path):
    del transport
    auth = "[authentication username=4711 password=pw]"
    text = scenario(
        send(request("NOTIFY", "Event: resync")),
        '<recv response="401" auth="true"/>',
        send(request("NOTIFY", "Event: resync", auth, number=2)),
        '<recv response="200"/>',
    )

    async def main():
        async with endpoint(locked()) as one:
            target = "{}:{}".format(*one.sockname)
            await asyncio.to_thread(
                sipp, program, tmp_path, text, target, "-t", mode, "-m", "20", "-s", "4711"
            )

    asyncio.run(main())


def test_sipp_calls_is_refused_and_acknowledges(program, tmp_path):
    ack = request("ACK").replace(
        "Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]", "[last_Via:]"
    )
    text = scenario(send(request("INVITE")), '<recv response="486"/>', send(ack, retrans=0))

    async def main():
        async with endpoint(lambda asked, *_: respond(asked, 486)) as one:
            target = "{}:{}".format(*one.sockname)
            await asyncio.to_thread(sipp, program, tmp_path, text, target, "-m", "10")
            await one.ask(options(), Peer("UDP", *one.sockname))  # behind the last ACK
            kept = one._exchange._kept.values()
            return [each.machine.state for each in kept if "INVITE" in each.key]

    assert asyncio.run(main()) == [State.CONFIRMED] * 10


def test_sipp_with_a_wrong_password_stays_outside(program, tmp_path):
    auth = "[authentication username=4711 password=wrong]"
    text = scenario(
        send(request("NOTIFY")),
        '<recv response="401" auth="true"/>',
        send(request("NOTIFY", auth, number=2)),
        '<recv response="401"/>',
    )

    async def main():
        async with endpoint(locked()) as one:
            target = "{}:{}".format(*one.sockname)
            await asyncio.to_thread(sipp, program, tmp_path, text, target, "-m", "3")

    asyncio.run(main())


@pytest.mark.parametrize("qop", ["", ', qop="auth,auth-int"'])
def test_sipp_challenges_us_and_checks_what_we_answer(qop, program, tmp_path, free_port):
    challenge = f'WWW-Authenticate: Digest realm="r", nonce="47ebe028", algorithm=MD5{qop}'
    check = (
        '<recv request="NOTIFY"><action>'
        '<verifyauth assign_to="fine" username="4711" password="pw"/></action></recv>'
        '<nop hide="true" test="fine" next="1"/>'
    )
    text = scenario(
        '<recv request="NOTIFY"/>',
        send(answer(401, "Unauthorized", challenge), retrans=0),
        check,
        send(answer(403, "Forbidden"), retrans=0),
        '<label id="1"/>',
        send(answer(200, "OK"), retrans=0),
    )
    port = free_port("udp")

    async def main():
        peer = Peer("UDP", "127.0.0.1", port)
        errand = Errand(
            "NOTIFY", "sip:4711@127.0.0.1", (("To", "<sip:4711@127.0.0.1>"),),
            sender="<sip:a@b>", name=new_name, keyring=Keyring("4711", "pw"),
        )  # fmt: skip
        async with endpoint() as one:
            response = await one.fulfil(errand, peer)
            assert errand.tries == 2
            return response.code

    with Sipp(program, tmp_path, text, "-p", str(port), "-m", "1"):
        assert asyncio.run(main()) == 200
