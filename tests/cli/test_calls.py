"""``ringback phone call``, as installed and run by a shell, against a phone that runs."""

import contextlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

RINGBACK = Path(sys.executable).with_name("ringback")


def call(*arguments):
    return subprocess.run(
        [str(RINGBACK), "phone", "call", *map(str, arguments)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


@contextlib.contextmanager
def running(*arguments):
    """A phone that runs; its lines."""
    command = [str(RINGBACK), "phone", "run", "--boot-seconds", "0", *map(str, arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            lines = []
            for line in process.stdout:
                lines.append(line.rstrip("\n"))
                if line.rstrip().endswith(" is up"):
                    break
            yield lines
        finally:
            process.terminate()
            process.communicate(timeout=20)


def test_a_call_begins_and_ends_on_a_phone_that_runs(tmp_path):
    state = tmp_path / "phone.state"
    with running("--state", state, "--set", "Resync_On_Reset=No") as lines:
        assert any(line.endswith(f"control: {state}.control") for line in lines)
        begun = call("start", "--state", state, "--number", "55501", "--name", "Bob")
        assert begun.stdout == "line 1: a call with Bob 55501\n", begun.stderr
        busy = call("start", "--state", state)
        assert busy.returncode == 1
        assert "line 1 is in use" in busy.stderr
        listed = call("list", "--state", state, "--json")
        assert json.loads(listed.stdout)["calls"][0]["number"] == "55501"
        ended = call("end", "--control", f"{state}.control")
        assert ended.stdout == "Every line is idle.\n"
    assert not Path(f"{state}.control").exists()


def test_a_phone_goes_back_to_the_factory(tmp_path):
    state = tmp_path / "phone.state"
    with running("--state", state, "--set", "Resync_On_Reset=No", "--set", "GPP_A=typed"):
        done = subprocess.run(
            [str(RINGBACK), "phone", "factory-reset", "--state", str(state)],
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert "back to the factory" in done.stdout, done.stderr
    assert b"typed" not in state.read_bytes()


def test_a_phone_without_state_file_listens_where_it_is_told(tmp_path):
    with running("--control", tmp_path / "c", "--set", "Resync_On_Reset=No"):
        assert call("end", "--control", tmp_path / "c").returncode == 1
        assert call("list", "--control", tmp_path / "c").returncode == 0


@pytest.mark.parametrize("where", [("--control", "{}/none"), ("--state", "{}/none"), ()])
def test_no_phone_there_is_one_clear_error(tmp_path, where):
    done = call("end", *(each.format(tmp_path) for each in where))
    assert done.returncode in (1, 2)
    assert done.stderr.startswith("ringback: ")
    assert "Traceback" not in done.stderr
