"""``ringback report send`` as typed; that it arrives is for the tests of the whole house."""

import json
import subprocess
import sys

import pytest


@pytest.fixture
def send(tmp_path):
    def typed(*arguments):
        command = [sys.executable, "-m", "ringback", "report", "send", *arguments]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    return typed


def test_a_phone_without_a_rule_is_wrong_usage(send):
    for rule in ((), ("",), ("# http://h/x",)):
        done = send(*rule)
        assert done.returncode == 2
        assert "the phone has no Report_Rule" in done.stderr


def test_a_server_that_does_not_answer_is_said_and_exits_1(send, free_port):
    url = f"http://127.0.0.1:{free_port()}/x"
    done = send(url)
    assert done.returncode == 1
    assert f"report to {url} failed" in done.stderr
    told = json.loads(send(url, "--json").stdout)
    assert told["sent"][0]["url"] == url
    assert "connection refused" in told["sent"][0]["error"]
