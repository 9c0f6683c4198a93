import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.syslog import view
from ringback.syslog.message import Heard, Message, parse
from ringback.syslog.view import Tone, escape

NOON = datetime(2026, 4, 1, 12, 0, 0, 250_000, tzinfo=UTC).timestamp()
ASKS = "SPA504G 00:0e:08:ab:cd:ef -- Requesting resync tftp://192.0.2.1:69/spa.cfg"


def heard(message, address="192.0.2.50"):
    return Heard(message, address, NOON)


def test_a_line_shows_sender_severity_mark_and_text():
    line = view.line(heard(parse(f"<133>{ASKS}".encode())), Tone.REQUEST)

    assert line == f"192.0.2.50 notice -> {ASKS}"


def test_the_program_is_named_before_its_text():
    line = view.line(heard(parse(b"<13>Feb  5 17:32:18 host sudo[604]: hi")))

    assert line.endswith("   sudo[604]: hi")


@pytest.mark.parametrize(
    ("tone", "colour"), [(Tone.REQUEST, "36"), (Tone.SUCCESS, "32"), (Tone.FAILURE, "1;31")]
)
def test_each_tone_has_its_colour_only_when_asked(tone, colour):
    assert f"\x1b[{colour}m" in view.line(heard(Message(ASKS)), tone, colour=True)
    assert "\x1b" not in view.line(heard(Message(ASKS)), tone)


def test_colour_changes_nothing_but_colour():
    plain = view.line(heard(Message(ASKS)), Tone.FAILURE)
    painted = view.line(heard(Message(ASKS)), Tone.FAILURE, colour=True)

    assert re.sub(r"\x1b\[[0-9;]*m", "", painted) == plain


def test_a_warning_without_tone_is_yellow():
    assert "\x1b[33m" in view.line(heard(Message("hot", 1, 4)), colour=True)
    assert "\x1b[33m" not in view.line(heard(Message("fine", 1, 6)), colour=True)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b]0;owned\x07", r"\x1b]0;owned\x07"),
        ("a\nb\r\tc\0", r"a\nb\r\tc\x00"),
        ("\x9b31m", r"\x9b31m"),
        ("\u202egpj.exe", r"\u202egpj.exe"),
        ("é ü 電話", "é ü 電話"),
    ],
)
def test_what_could_steer_a_terminal_is_shown_as_an_escape(text, shown):
    assert escape(text) == shown


@given(st.builds(Message, text=st.text(), app=st.text(), process=st.text()), st.text())
def test_nothing_a_phone_sends_leaves_its_line(message, address):
    assert view.line(Heard(message, address, NOON)).isprintable()
