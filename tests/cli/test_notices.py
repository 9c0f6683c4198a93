"""What ``ringback notify`` sends is tried on phones in tests/house/test_sip.py."""

import pytest

from ringback.cli.notices import REFUSED, SILENT, Outcome, notify
from ringback.errors import StorageError, UsageError
from ringback.sip.message import Response


def outcome(response, tries=1):
    return Outcome("sip:4711@h", "resync", response, tries, "" if response else "nobody answered")


@pytest.mark.parametrize(
    ("response", "code"),
    [
        (Response((), b"", 200), 0),
        (Response((), b"", 202), 0),
        (Response((), b"", 302), REFUSED),
        (Response((), b"", 403), REFUSED),
        (None, SILENT),
    ],
)
def test_the_exit_code_says_how_it_went(response, code):
    assert outcome(response).code == code


def test_success_is_never_claimed():
    said = str(outcome(Response((), b"", 200), tries=2))

    assert said == "NOTIFY resync to sip:4711@h: 200 OK after a challenge"


def test_a_challenge_without_credentials_says_what_to_name():
    assert "--user" in str(outcome(Response((), b"", 401)))


def test_what_a_stranger_says_is_printed_harmlessly():
    response = Response((("Server", "\x1b[31mx"),), b"", 200, "\x1b[2J")

    assert "\x1b" not in str(outcome(response))
    assert "\x1b" not in str(outcome(response).facts())


def test_facts_are_for_programs():
    assert outcome(None).facts() == {
        "uri": "sip:4711@h",
        "event": "resync",
        "status": None,
        "reason": None,
        "challenged": False,
        "server": None,
        "explanation": "nobody answered",
    }


@pytest.mark.parametrize(
    "arguments",
    [
        {"rule": "tftp://h/x", "event": "reboot"},
        {"bind": "nonsense"},
        {"bind": "127.0.0.1:99999"},
        {"sender": "nonsense"},
        {"proxy": "a b"},
        {"user": "a\r\nb"},
        {"event": "a\r\nb"},
    ],
)
def test_wrong_usage_is_told(arguments):
    with pytest.raises(UsageError):
        notify("4711@127.0.0.1", **({"timeout": 0.2} | arguments))


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(StorageError):
        notify("127.0.0.1", body=tmp_path / "none")


def test_a_body_that_no_phone_would_take_is_told(tmp_path):
    file = tmp_path / "large"
    file.write_bytes(b"x" * 70_000)
    with pytest.raises(UsageError, match="longer"):
        notify("127.0.0.1", body=file)
