"""Programs that crash, hang, flood, fork, close early; each comes to an end."""

import ast
import asyncio
import contextlib
import os
import sys
import time
from pathlib import Path

import pytest

from ringback.dynamic.child import BusyError, End, Nursery
from ringback.dynamic.limits import MIB, Limits
from ringback.errors import RefusedError

QUICK = Limits(seconds=0.6, cpu=1, memory=128 * MIB, output=64 * 1024)


@pytest.fixture
def run(tmp_path):
    """Run Python text as a program of its own."""

    def start(text, *, limits=None, environment=None, given=b"", interpreter=sys.executable):
        file = tmp_path / "program"
        file.write_text(f"#!{interpreter} -IS\nimport os, sys, time\n{text}\n")
        file.chmod(0o755)

        async def go():
            nursery = Nursery(limits or Limits(seconds=20))
            return await nursery.run(
                [str(file)], environment=environment or {}, folder=str(tmp_path), given=given
            )

        return asyncio.run(go())

    return start


def open_now():
    return len(list(Path("/proc/self/fd").iterdir()))


def gone(process):
    """Whether a process has ended, or ends in a moment."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state == "Z":
            return True
        os.sched_yield()
    return False


def test_output_and_status_are_those_of_the_program(run):
    outcome = run("print('out'); print('err', file=sys.stderr)")
    assert outcome.well
    assert (outcome.output, outcome.complaint) == (b"out\n", b"err\n")


def test_its_environment_is_exactly_what_it_is_given(run):
    outcome = run("print(sorted(os.environ.items()))", environment={"A": b"1", "B": b"x\xff"})
    found = dict(ast.literal_eval(outcome.output.decode()))
    found.pop("LC_CTYPE", None)  # Python's own coercion
    assert found == {"A": "1", "B": "x\udcff"}


def test_it_runs_in_its_folder_and_leads_a_group(run, tmp_path):
    outcome = run("print(os.getcwd(), os.getpid() == os.getpgrp())")
    assert outcome.output.decode() == f"{tmp_path} True\n"


@pytest.mark.parametrize("size", [0, 1, 3 * MIB])
def test_its_input_is_whole_however_slowly_it_reads(run, size):
    outcome = run("time.sleep(0.1); print(len(sys.stdin.buffer.read()))", given=b"x" * size)
    assert outcome.output == f"{size}\n".encode()


def test_no_descriptor_of_ours_is_open_in_it(run, tmp_path):
    with (tmp_path / "ours").open("wb") as file:
        os.set_inheritable(file.fileno(), True)  # noqa: FBT003 (that is its signature)
        outcome = run("print([os.readlink('/proc/self/fd/%d' % n) for n in range(3, 50)"
                      " if os.path.islink('/proc/self/fd/%d' % n)])")  # fmt: skip
    assert b"program" not in outcome.complaint
    assert outcome.output == b"[]\n"


def test_a_crash_is_told(run):
    assert str(run("sys.exit(3)")) == "exited with status 3"
    assert str(run("os.kill(os.getpid(), 11)")) == "was killed by SIGSEGV"


def test_what_hangs_is_stopped_with_everything_it_started(run):
    outcome = run(
        "p = os.fork() or (time.sleep(60), os._exit(0))\nprint(p, flush=True)\ntime.sleep(60)",
        limits=QUICK,
    )
    assert outcome.end is End.DEADLINE
    assert "took too long" in str(outcome)
    assert gone(int(outcome.output))


def test_what_it_leaves_behind_is_stopped_too(run):
    outcome = run("p = os.fork() or (time.sleep(60), os._exit(0))\nprint(p, flush=True)")
    assert outcome.well
    assert outcome.seconds < 10
    assert gone(int(outcome.output))


def test_many_children_end_with_it(run):
    outcome = run(
        "for _ in range(40):\n  p = os.fork()\n  if not p: time.sleep(60); os._exit(0)\n"
        "  print(p, flush=True)\ntime.sleep(60)",
        limits=QUICK,
    )
    children = outcome.output.split()
    assert len(children) == 40
    assert all(gone(int(each)) for each in children)


def test_what_ignores_the_deadline_politely_asked_is_killed_anyway(run):
    outcome = run("import signal; signal.signal(15, signal.SIG_IGN); time.sleep(60)", limits=QUICK)
    assert outcome.end is End.DEADLINE


def test_a_flood_is_cut_off(run):
    outcome = run("while True: os.write(1, b'x' * 65536)", limits=QUICK)
    assert outcome.end is End.FLOOD
    assert len(outcome.output) <= QUICK.output + 64 * 1024


def test_a_flood_of_complaints_is_read_and_forgotten(run):
    outcome = run("[os.write(2, b'x' * 65536) for _ in range(50)]; print('ok')")
    assert outcome.well
    assert len(outcome.complaint) == 4096


def test_processor_time_has_an_end(run):
    outcome = run("while True: pass", limits=Limits(seconds=30, cpu=1))
    assert outcome.end is End.EXITED
    assert "processor time" in str(outcome)


def test_memory_has_an_end(run):
    outcome = run("x = bytearray(300_000_000)", limits=QUICK)
    assert outcome.code == 1
    assert b"MemoryError" in outcome.complaint


def test_files_and_their_size_have_an_end(run):
    limits = Limits(seconds=20, files=20, file_size=1000)
    outcome = run(
        "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "try:\n  k = [open('/dev/null') for _ in range(30)]\nexcept OSError as e: print(e.errno)\n"
        "k = None\ntry:\n  os.write(os.open('big', 65), b'x' * 5000); os.write(3, b'y')\n"
        "except OSError as e: print(e.errno)",
        limits=limits,
    )
    assert outcome.output.split() == [b"24", b"27"]


def test_what_closes_its_output_and_goes_on_has_said_its_say(run):
    outcome = run("print('all', flush=True); os.close(1); os.close(2); time.sleep(60)")
    assert outcome.well
    assert outcome.output == b"all\n"
    assert outcome.seconds < 10


@pytest.mark.parametrize(
    ("content", "mode", "words"),
    [
        ("#!/no/such/perl\n", 0o755, "interpreter"),
        ("print 1\n", 0o755, "first line"),
        ("#!/bin/sh\n", 0o644, "chmod 755"),
    ],
)
def test_what_cannot_be_started_says_why(tmp_path, content, mode, words):
    file = tmp_path / "program"
    file.write_text(content)
    file.chmod(mode)
    with pytest.raises(RefusedError, match=words):
        asyncio.run(Nursery().run([str(file)], environment={}, folder=str(tmp_path)))


def test_no_more_run_at_once_than_may_and_no_more_wait(tmp_path):
    file = tmp_path / "program"
    file.write_text("#!/bin/sh\necho $$ >> running\nexec sleep 60\n")
    file.chmod(0o755)

    async def go():
        nursery = Nursery(Limits(seconds=0.5, at_once=2, waiting=1))
        calls = [
            nursery.run([str(file)], environment={"PATH": b"/bin:/usr/bin"}, folder=str(tmp_path))
            for _ in range(4)
        ]
        return await asyncio.gather(*calls, return_exceptions=True)

    outcomes = asyncio.run(go())
    assert [type(each).__name__ for each in outcomes].count("BusyError") == 1
    assert BusyError in map(type, outcomes)
    assert len((tmp_path / "running").read_text().split()) == 3


def test_who_stops_waiting_stops_the_program(tmp_path):
    file, pipe = tmp_path / "program", tmp_path / "number"
    file.write_text("#!/bin/sh\necho $$ > number\nexec sleep 60\n")
    file.chmod(0o755)
    os.mkfifo(pipe)

    async def go():
        environment = {"PATH": b"/bin:/usr/bin"}
        run = Nursery().run([str(file)], environment=environment, folder=str(tmp_path))
        task = asyncio.ensure_future(run)
        number = int(await asyncio.to_thread(pipe.read_text))
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        return await asyncio.to_thread(gone, number)

    assert asyncio.run(go())


def test_nothing_is_left_open(run):
    before = open_now()
    for _ in range(5):
        run("print('x')")
        run("time.sleep(60)", limits=Limits(seconds=0.1))
    assert open_now() == before
