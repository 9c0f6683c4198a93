"""The socket by which a person at a terminal lifts the handset and hangs up."""

import asyncio
import json
import socket
import stat

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ringback.errors import StorageError
from ringback.phone.control import LONGEST, Control, obey


def do(world, **asked):
    return obey(world.phone, json.dumps(asked).encode(), world.now)


def test_a_call_begins_is_listed_and_ends(world):
    one = {"line": 1, "number": "55501", "name": "Bob"}
    assert do(world, do="start", **one) == {"calls": [one]}
    assert do(world, do="calls") == {"calls": [one]}
    assert do(world, do="end") == {"calls": []}


@pytest.mark.parametrize(
    "asked",
    [{"do": "dance"}, {}, {"do": "end"}, {"do": "start", "line": 2}, {"do": "start", "line": "1"},
     {"do": "start", "line": True}, {"do": ["start"]}],
)  # fmt: skip
def test_what_cannot_be_done_is_refused_in_words(world, asked):
    assert len(do(world, **asked)["refused"]) > 5
    assert world.phone.calls.idle


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(st.one_of(st.binary(max_size=80), st.just(b"[" * 4000), st.text(max_size=80)))
def test_any_line_has_an_answer(world, line):
    raw = line.encode("utf-8", "surrogatepass") if isinstance(line, str) else line
    assert obey(world.phone, raw, world.now).keys() <= {"refused", "calls"}


# The socket


def at(world, path, *lines):
    """Open the door there, say each line on a connection of its own, and close the door."""

    async def run():
        control = Control(world.phone, lambda: world.now, world.settle)
        await control.open(path)
        mode = stat.S_IMODE(path.stat().st_mode)
        answers = []
        for line in lines:
            reader, writer = await asyncio.open_unix_connection(path)
            writer.write(line)
            if not line.endswith(b"\n"):
                writer.write_eof()
            answers.append(json.loads(await reader.readline()))
            writer.close()
        await control.close()
        return mode, answers

    return asyncio.run(run())


def test_only_the_owner_may_open_the_door_and_it_is_gone_afterwards(world, tmp_path):
    mode, _ = at(world, tmp_path / "control")
    assert mode == 0o600
    assert not (tmp_path / "control").exists()


def test_each_connection_gets_one_answer(world, tmp_path):
    _, answers = at(
        world, tmp_path / "c", b'{"do": "start", "number": "5"}\n', b"", b"x" * 2 * LONGEST + b"\n",
        b'{"do": "end"}\n',
    )  # fmt: skip
    assert answers[0] == {"calls": [{"line": 1, "number": "5", "name": ""}]}
    assert "refused" in answers[1]
    assert "bytes" in answers[2]["refused"]
    assert answers[3] == {"calls": []}


def test_what_waited_for_the_call_is_done_when_it_ends(world, tmp_path):
    world.phone.start_call(1, world.now)
    world.phone.request("tftp://192.168.1.200/basic.txt", world.now)
    at(world, tmp_path / "c", b'{"do": "end"}\n')
    assert world.value("GPP_A") == "12345678"


def test_a_socket_that_a_phone_left_behind_is_taken_over(world, tmp_path):
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(tmp_path / "c"))
    _, answers = at(world, tmp_path / "c", b'{"do": "calls"}\n')
    assert answers == [{"calls": []}]


def test_another_phones_socket_is_left_to_it(world, tmp_path):
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(tmp_path / "c"))
        other.listen()
        with pytest.raises(StorageError, match="a phone listens"):
            at(world, tmp_path / "c")


def test_a_file_in_its_place_is_left_alone(world, tmp_path):
    (tmp_path / "c").write_text("precious")
    with pytest.raises(StorageError, match="no socket"):
        at(world, tmp_path / "c")
    assert (tmp_path / "c").read_text() == "precious"


def test_a_path_that_is_too_long_is_refused_with_a_remedy(world, tmp_path):
    with pytest.raises(StorageError, match="shorter path"):
        at(world, tmp_path / ("x" * 200))
