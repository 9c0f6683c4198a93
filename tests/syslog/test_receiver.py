import asyncio
import socket
import subprocess
import sys

import pytest

from ringback.errors import UsageError
from ringback.syslog import receiver
from ringback.syslog.message import Message
from ringback.syslog.receiver import Receiver

BURST = 20_000
SHOUT = f"""
import socket
phone = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
phone.connect(("127.0.0.1", int(__import__("sys").argv[1])))
head = b"<182>Apr 11 18:16:44 CP-7832-3PCC 00:0e:08:ab:cd:ef -- Requesting resync tftp://192.0.2.1/"
for number in range({BURST}):
    phone.send(head + b"%d" % number)
"""


def send_udp(port, *datagrams, address="127.0.0.1"):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as phone:
        for each in datagrams:
            phone.sendto(each, (address, port))


def test_a_datagram_is_heard_with_its_sender_and_its_time_of_arrival(run, new_ear):
    async def story():
        ear = new_ear()
        ours = Receiver(ear, now=lambda: 1234.5)
        _, port = await ours.start("127.0.0.1", 0)
        send_udp(port, b"<134>hello")
        await ear.heard_all(1)
        await ours.close()
        return ear.heard

    assert run(story()) == [(Message("hello", 16, 6), "127.0.0.1", 1234.5)]


def test_ipv6_is_heard_too(run, new_ear):
    async def story():
        ear = new_ear()
        ours = Receiver(ear)
        _, port = await ours.start("::1", 0)
        send_udp(port, b"<134>six", address="::1")
        await ear.heard_all(1)
        await ours.close()
        return ear.heard[0].address

    assert run(story()) == "::1"


def test_a_burst_of_20000_loses_nothing_and_keeps_its_order(run, new_ear):
    async def story():
        ear = new_ear()
        ours = Receiver(ear)
        _, port = await ours.start("127.0.0.1", 0)
        if ours.warning:
            pytest.skip(ours.warning)
        crowd = await asyncio.create_subprocess_exec(sys.executable, "-c", SHOUT, str(port))
        await ear.heard_all(BURST)
        await crowd.wait()
        await ours.close()
        return ear.texts, ours.counts

    texts, counts = run(story())
    assert [int(text.rpartition("/")[2]) for text in texts] == list(range(BURST))
    assert (counts.heard, counts.dropped) == (BURST, 0)


def test_a_burst_that_arrives_while_the_loop_is_busy_is_all_there_afterwards(run, new_ear):
    async def story():
        ear = new_ear()
        ours = Receiver(ear)
        _, port = await ours.start("127.0.0.1", 0)
        if ours.warning:
            pytest.skip(ours.warning)
        subprocess.run([sys.executable, "-c", SHOUT, str(port)], check=True)  # noqa: ASYNC221
        await ours.close()
        return len(ear.heard)

    assert run(story()) == BURST


def test_what_the_kernel_drops_is_counted(run, new_ear):
    async def story():
        ear = new_ear()
        ours = Receiver(ear, buffer=4096)
        _, port = await ours.start("127.0.0.1", 0)
        send_udp(port, *[b"<134>x"] * 500)
        dropped = ours.dropped
        await ours.close()
        return len(ear.heard), dropped, ours.counts.dropped

    heard, dropped, after = run(story())
    assert 0 < heard < 500
    assert heard + dropped == 500
    assert after == dropped


def test_a_small_buffer_is_told_with_the_line_to_type(run, new_ear):
    async def story():
        ours = Receiver(new_ear(), buffer=100_000)
        await ours.start("127.0.0.1", 0)
        told = ours.warning, ours.buffer
        await ours.close()
        return told

    warning, buffer = run(story())
    assert "sysctl -w net.core.rmem_max" in warning
    assert 100_000 <= buffer < receiver.ENOUGH


def test_tcp_and_udp_share_one_port(run, new_ear):
    async def story():
        ear = new_ear()
        ours = Receiver(ear)
        address, port = await ours.start("127.0.0.1", 0)
        send_udp(port, b"<134>datagram")
        await ear.heard_all(1)
        _, writer = await asyncio.open_connection(address, port)
        writer.write(b"<134>line\n")
        await ear.heard_all(2)
        writer.close()
        await ours.close()
        return ear.texts

    assert run(story()) == ["datagram", "line"]


def test_listening_where_somebody_else_does_is_refused_with_the_address(run, new_ear):
    async def story():
        first, second = Receiver(new_ear()), Receiver(new_ear())
        _, port = await first.start("127.0.0.1", 0)
        try:
            with pytest.raises(UsageError, match=f"127.0.0.1:{port}"):
                await second.start("127.0.0.1", port)
        finally:
            await first.close()

    run(story())


@pytest.mark.parametrize(("host", "port"), [("192.168.1.300", 514), ("127.0.0.1", 70_000)])
def test_an_address_that_cannot_be_is_refused(run, new_ear, host, port):
    async def story():
        with pytest.raises(UsageError, match="--syslog HOST:PORT"):
            await Receiver(new_ear()).start(host, port)

    run(story())


def test_a_listener_that_stumbles_hears_the_next_message(run, new_ear):
    async def story():
        ear = new_ear()
        complaints = []

        def hear(heard):
            ear(heard)
            if heard.message.text == "bad":
                raise ValueError("stumbled")

        asyncio.get_running_loop().set_exception_handler(
            lambda _, context: complaints.append(str(context["exception"]))
        )
        ours = Receiver(hear)
        _, port = await ours.start("127.0.0.1", 0)
        send_udp(port, b"<134>bad", b"<134>good")
        await ear.heard_all(2)
        await ours.close()
        return ear.texts, complaints

    assert run(story()) == (["bad", "good"], ["stumbled"])


def test_neighbours_on_the_loop_get_their_turn_during_a_burst(run, new_ear):
    async def story():
        ear = new_ear()
        ours = Receiver(ear)
        _, port = await ours.start("127.0.0.1", 0)
        send_udp(port, *[b"<134>x"] * 400)
        turns = 0
        while len(ear.heard) < 400:
            await asyncio.sleep(0)
            turns += 1
        await ours.close()
        return turns

    assert run(story()) >= 400 // receiver.SLICE


@pytest.mark.parametrize(
    "arguments",
    [
        "-d --rfc3164",
        "-d --rfc5424",
        "-d --rfc5424=notime,nohost",
        "-T --rfc3164",
        "-T --rfc5424",
        "-T --rfc5424 --octet-count",
        "-T --rfc3164 --octet-count",
    ],
)
def test_logger_is_understood(run, new_ear, program, arguments):
    text = "CP-7832-3PCC 00:0e:08:ab:cd:ef -- Requesting resync tftp://192.0.2.1/ä.txt"
    server = ["-n", "127.0.0.1", *arguments.split(), "-t", "phone", "-p", "local6.info"]

    async def story():
        ear = new_ear()
        ours = Receiver(ear)
        _, port = await ours.start("127.0.0.1", 0)
        logger = await asyncio.create_subprocess_exec(
            program("logger"), *server, "-P", str(port), text
        )
        await ear.heard_all(1)
        await logger.wait()
        await ours.close()
        return [each.message for each in ear.heard]

    (message,) = run(story())
    assert (message.text, message.facility, message.severity) == (text, 22, 6)
    assert (bool(message.host), message.app) == ("nohost" not in arguments, "phone")


def test_a_listener_that_stumbles_at_the_end_does_not_keep_the_door_open(run):
    async def story():
        complaints = []
        asyncio.get_running_loop().set_exception_handler(
            lambda _, context: complaints.append(type(context["exception"]))
        )

        def hear(_):
            raise ValueError

        ours = Receiver(hear)
        _, port = await ours.start("127.0.0.1", 0)
        send_udp(port, b"<134>a", b"<134>b")
        await ours.close()
        return complaints, ours.counts.heard

    assert run(story()) == ([ValueError, ValueError], 2)
