import time
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.syslog.test_structured_data import elements

from ringback.errors import MessageError
from ringback.syslog import message
from ringback.syslog.message import LIMIT, Message, Severity, parse, parse_rfc3164, parse_rfc5424
from ringback.syslog.structured_data import Element

ASKS = "CP-7832-3PCC 00:0e:08:ab:cd:ef -- Requesting resync tftp://192.168.1.200:69/basic.txt"
BOOTS = "System started: ip@192.168.1.50, reboot reason:C4"

fields = st.text(
    st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=32
).filter(lambda text: text != "-")
stamps = st.datetimes().map(lambda when: when.isoformat(timespec="microseconds") + "Z")
messages = st.builds(
    Message,
    text=st.text(st.characters(exclude_categories=["Cs"]), max_size=80),
    facility=st.integers(0, 23),
    severity=st.integers(0, 7),
    timestamp=stamps | st.just(""),
    host=fields | st.just(""),
    app=fields | st.just(""),
    process=fields | st.just(""),
    kind=fields | st.just(""),
    data=st.lists(elements, max_size=3, unique_by=lambda each: each.name).map(tuple),
    version=st.integers(1, 999),
)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (ASKS, Message(ASKS)),
        (f"<182>{ASKS}", Message(ASKS, 22, 6)),
        (f"<182>Apr 11 18:16:44 {ASKS}", Message(ASKS, 22, 6, "Apr 11 18:16:44")),
        (
            f"<182>Apr 11 18:16:44 000e08abcdef {ASKS}",
            Message(ASKS, 22, 6, "Apr 11 18:16:44", "000e08abcdef"),
        ),
        (
            f"<182>Apr 11 18:16:44 00:0e:08:ab:cd:ef {ASKS}",
            Message(ASKS, 22, 6, "Apr 11 18:16:44", "00:0e:08:ab:cd:ef"),
        ),
        (f"Jan  1 00:00:12 {ASKS}", Message(ASKS, timestamp="Jan  1 00:00:12")),
        (f"<134>{BOOTS}", Message(BOOTS, 16, 6)),
        (f"<134>Jan 1 1970 00:00:12 {BOOTS}", Message(BOOTS, 16, 6, "Jan 1 1970 00:00:12")),
        (
            f"<134>Jan 01 00:00:12 FCH2133E8B9  {BOOTS}",
            Message(BOOTS, 16, 6, "Jan 01 00:00:12", "FCH2133E8B9"),
        ),
        (
            "1104 NOT Apr 11 18:16:44.288201 (1745-1842) voice-idle",
            Message("voice-idle", None, 5, "Apr 11 18:16:44.288201", process="1745-1842"),
        ),
    ],
)
def test_what_phones_send_keeps_the_phones_own_line_whole(line, expected):
    assert parse(line.encode()) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "<13>Feb  5 17:32:18 host sudo[604]: hi",
            Message("hi", 1, 5, "Feb  5 17:32:18", "host", "sudo", "604"),
        ),
        ("<13>Feb  5 17:32:18 su: hi", Message("hi", 1, 5, "Feb  5 17:32:18", "", "su")),
        (
            "<13>2026-02-05T17:32:18.5+01:00 host su: hi",
            Message("hi", 1, 5, "2026-02-05T17:32:18.5+01:00", "host", "su"),
        ),
        (
            "<13>Feb  5 17:32:18 10.0.0.99 Use it",
            Message("Use it", 1, 5, "Feb  5 17:32:18", "10.0.0.99"),
        ),
        (
            '<165>1 2003-10-11T22:14:15Z h a 7 ID [x a="1"] \ufeffhi',
            Message(
                "hi", 20, 5, "2003-10-11T22:14:15Z", "h", "a", "7", "ID",
                (Element("x", (("a", "1"),)),), 1,
            ),
        ),
        ("<165>1 - - - - - - hi", Message("hi", 20, 5, version=1)),
        ("<165>1 - h - - - [broken hi", Message("[broken hi", 20, 5, host="h", version=1)),
    ],
)  # fmt: skip
def test_what_other_senders_send_is_taken_apart(line, expected):
    assert parse(line.encode()) == expected


@pytest.mark.parametrize("junk", ["", "<", "<192>x", "<9999>x", "<a>x", "Apr 99 18:16:44 x", "1 2"])
def test_junk_is_an_answer_with_the_raw_text(junk):
    assert parse(junk.encode()) == Message(junk)


def test_line_ends_and_nuls_at_the_end_are_not_text_and_those_within_are():
    assert parse(b"<13>a\x1b[31m\nb\r\n\0").text == "a\x1b[31m\nb"


def test_octets_that_are_not_utf8_are_latin1_and_the_rest_of_the_message_is_not_harmed():
    heard = parse('<13>1 - - - - - [a b="é"] caf'.encode() + b"\xe9")

    assert (heard.text, heard.data[0].parameters[0][1]) == ("café", "é")


def test_no_more_than_the_limit_is_read():
    assert len(parse(b"x" * (LIMIT + 100)).text) == LIMIT


@given(messages)
@example(Message("\ufefftwice", 0, 0, version=1))
def test_an_rfc5424_message_is_read_back_as_it_was(one):
    assert parse_rfc5424(bytes(one)) == one


@given(messages)
def test_what_the_strict_reader_takes_the_tolerant_one_reads_alike(one):
    strict = parse_rfc5424(bytes(one).rstrip(b"\r\n\0") if one.text else bytes(one))

    assert parse(bytes(one)) == strict


@given(
    st.binary(max_size=300)
    | st.text(st.sampled_from('<13>1 -[]"=\\ Apr:0Z+.T'), max_size=200).map(str.encode)
)
def test_anything_is_a_message_and_the_strict_readers_answer_or_refuse(data):
    assert isinstance(parse(data), Message)
    for strict in (parse_rfc5424, parse_rfc3164):
        try:
            assert isinstance(strict(data), Message)
        except MessageError:
            continue


@pytest.mark.parametrize(
    "hostile",
    [
        b" " * LIMIT,
        b"<13>" + b" " * LIMIT,
        b"<1>1 - - - - - " + b"[a" * (LIMIT // 2),
        b"<1>1 - - - - - [a" + b' b="\\"' * (LIMIT // 6),
        b"<13>Feb  5 17:32:18 " + b"a:" * (LIMIT // 2),
        b"<13>Feb  5 17:32:18" + b" " * LIMIT,
        b"\xff" * LIMIT,
    ],
)
def test_hostile_messages_cost_one_pass(hostile):
    begun = time.process_time()
    parse(hostile)

    assert time.process_time() - begun < 0.5  # a second pass over each octet would take minutes


@pytest.mark.parametrize(
    ("line", "column", "wanted"),
    [
        (b"(190>1", 1, "priority"),
        (b"<002>1 -", 1, "priority"),
        (b"<1>0 -", 4, "version"),
        (b"<1>1 2018-1-1 -", 6, "timestamp"),
        (b"<1>1 - - - - m\nid -", 14, "message id"),
        (b"<1>1 - - - - - -\n", 17, "blank"),
        (b"<1>1 - - - - - - \xef\xbb\xbf\xc1", 19, "UTF-8"),
    ],
)
def test_the_strict_reader_says_where_and_what_it_wanted(line, column, wanted):
    with pytest.raises(MessageError, match=wanted) as caught:
        parse_rfc5424(line)

    assert caught.value.place.column == column


def test_a_line_is_sent_with_the_header_of_its_generation():
    when = datetime(2026, 4, 1, 18, 16, 44, tzinfo=UTC)

    assert message.format(ASKS) == f"<133>{ASKS}".encode()
    assert (
        message.format(ASKS, severity=Severity.ERROR, when=when, device="000e08abcdef")
        == f"<131>Apr  1 18:16:44 000e08abcdef {ASKS}".encode()
    )


@given(st.text(max_size=3000))
def test_what_we_send_fits_one_datagram_and_is_utf8(text):
    datagram = message.format(text)

    assert len(datagram) <= message.LONGEST_SENT
    datagram.decode()


@pytest.mark.parametrize("device", ["", "000e08abcdef", "FCH2133E8B9"])
@pytest.mark.parametrize("when", [None, datetime(2026, 4, 1, 18, 16, 44, tzinfo=UTC)])
def test_what_we_send_is_heard_as_it_was_said(when, device):
    if device and not when:
        return
    heard = parse(message.format(ASKS, when=when, device=device))

    assert (heard.text, heard.host, heard.priority) == (ASKS, device, 133)
