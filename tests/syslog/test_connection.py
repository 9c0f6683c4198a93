import asyncio

from ringback.syslog.backlog import Backlog
from ringback.syslog.receiver import Receiver


async def connected(port):
    return await asyncio.open_connection("127.0.0.1", port)


def test_both_framings_are_heard_in_order_and_the_last_line_needs_no_end(run, new_ear):
    async def story():
        ear = new_ear()
        ours = Receiver(ear)
        _, port = await ours.start("127.0.0.1", 0)
        _, writer = await connected(port)
        writer.write(b"15 <134>two\nlines\n<134>line\n<134>zero\0<134>last")
        writer.write_eof()
        await ear.heard_all(4)
        writer.close()
        await ours.close()
        return ear.texts

    assert run(story()) == ["two\nlines", "line", "zero", "last"]


def test_the_one_silent_longest_makes_room(run, new_ear):
    async def story():
        ear = new_ear()
        ours = Receiver(ear, connections=2)
        _, port = await ours.start("127.0.0.1", 0)
        first, second = await connected(port), await connected(port)
        for number, (_, writer) in enumerate((second, first)):
            writer.write(b"<134>hello\n")
            await ear.heard_all(number + 1)
        third = await connected(port)
        third[1].write(b"<134>third\n")
        await ear.heard_all(3)
        gone = await second[0].read()
        first[1].write(b"<134>still here\n")
        await ear.heard_all(4)
        await ours.close()
        for _, writer in (first, second, third):
            writer.close()
        return gone, ear.texts[-1], ours.counts.crowded_out

    assert run(story()) == (b"", "still here", 1)


def test_two_thousand_idle_connections_do_not_silence_a_phone(run, new_ear):
    async def story():
        ear = new_ear()
        ours = Receiver(ear, connections=50)
        _, port = await ours.start("127.0.0.1", 0)
        idlers = [await connected(port) for _ in range(400)]
        _, writer = await connected(port)
        writer.write(b"<134>help\n")
        await ear.heard_all(1)
        await ours.close()
        for _, each in (*idlers, (None, writer)):
            each.close()
        return ear.texts

    assert run(story()) == ["help"]


def test_a_connection_that_only_trickles_is_closed_and_what_it_said_is_heard(run, new_ear):
    async def story():
        ear = new_ear()
        ours = Receiver(ear, idle=0.2)
        _, port = await ours.start("127.0.0.1", 0)
        reader, writer = await connected(port)
        writer.write(b"<134>half a mess")
        gone = await reader.read()
        await ear.heard_all(1)
        writer.close()
        await ours.close()
        return gone, ear.texts, ours.counts.idle

    assert run(story()) == (b"", ["half a mess"], 1)


def test_a_message_longer_than_64_kb_is_cut_and_counted(run, new_ear):
    async def story():
        ear = new_ear()
        ours = Receiver(ear)
        _, port = await ours.start("127.0.0.1", 0)
        _, writer = await connected(port)
        writer.write(b"<134>" + b"x" * 100_000 + b"\n<134>next\n")
        await ear.heard_all(2)
        writer.close()
        await ours.close()
        return [len(text) for text in ear.texts], ours.counts.cut

    assert run(story()) == ([65_536 - len("<134>"), len("next")], 1)


def test_a_flood_waits_in_the_network_while_the_backlog_is_full(run, new_ear):
    depths = []

    async def story():
        ear = new_ear()

        def hear(heard):
            depths.append(len(ours._backlog))
            ear(heard)

        ours = Receiver(hear)
        ours._backlog = Backlog(messages=1000)
        _, port = await ours.start("127.0.0.1", 0)
        _, writer = await connected(port)
        line = b"<134>" + b"x" * 495 + b"\n"
        writer.write(line * 40_000)
        await ear.heard_all(40_000)
        writer.close()
        await ours.close()
        return len(ear.heard)

    assert run(story()) == 40_000
    assert max(depths) < 1000 + 256 * 1024 // 501 + 1
