"""``ringback phone call``, as installed and run by a shell, against a phone that runs."""

import contextlib
import json
import re
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar
from urllib.request import urlopen

import pytest

RINGBACK = Path(sys.executable).with_name("ringback")


def call(*arguments):
    return subprocess.run(
        [str(RINGBACK), "phone", "call", *map(str, arguments)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


@contextlib.contextmanager
def running(*arguments):
    """A phone that runs: the lines up to its greeting, and an iterator over those after it."""
    command = [str(RINGBACK), "phone", "run", "--boot-seconds", "0", *map(str, arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            more = (line.rstrip("\n") for line in process.stdout)
            lines = []
            for line in more:
                lines.append(line)
                if " is up" in line:
                    break
            yield lines, more
        finally:
            process.terminate()
            process.communicate(timeout=20)


def test_a_call_begins_and_ends_on_a_phone_that_runs(tmp_path):
    state = tmp_path / "phone.state"
    with running("--state", state, "--set", "Resync_On_Reset=No") as (lines, _):
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


class Asked(BaseHTTPRequestHandler):
    """Gives everybody the same profile, and keeps who asked."""

    paths: ClassVar[list[str]] = []

    def do_GET(self):
        self.paths.append(self.path)
        body = b"<flat-profile><GPP_A>came</GPP_A></flat-profile>"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Say nothing."""


def test_a_resync_that_was_asked_for_during_a_call_is_done_when_it_ends(tmp_path):
    control = tmp_path / "c"
    with ThreadingHTTPServer(("127.0.0.1", 0), Asked) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        rule = f"http://127.0.0.1:{server.server_port}/deferred"
        settings = ("--set", "Resync_On_Reset=No", "--pages", "127.0.0.1:0")
        with running("--control", control, *settings) as (lines, more):
            (page,) = re.findall(r"http://\S+?(?=/admin)", lines[-1])
            call("start", "--control", control)
            with urlopen(f"{page}/admin/resync?{rule}", timeout=10) as answer:
                assert answer.status == 200
            assert Asked.paths == []
            ended = call("end", "--control", control)
            assert ended.returncode == 0, ended.stderr
            said = next(line for line in more if "resync" in line)
            assert said.endswith(f"Requesting resync {rule}")
        server.shutdown()


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
