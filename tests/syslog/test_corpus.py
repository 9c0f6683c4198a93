"""A verdict for every syslog file of the corpus: the peer's, or ours with the reason."""

import base64
import json

import pytest

from ringback.errors import MessageError
from ringback.syslog.framing import Frames
from ringback.syslog.message import parse, parse_rfc3164, parse_rfc5424

ANY_OCTETS = "RFC 5424 section 6: a text without byte order mark is MSG-ANY, any octets at all"
JUDGED_OTHERWISE = {
    "rfc5424_go_syslog.jsonl": {
        1800: "RFC 5424 section 6.3.3: a backslash before another character is a backslash",
        2373: ANY_OCTETS,
        2398: ANY_OCTETS,
        2410: ANY_OCTETS,
        2435: ANY_OCTETS,
        2551: ANY_OCTETS,
        2577: ANY_OCTETS,
        2603: ANY_OCTETS,
        2616: ANY_OCTETS,
        2644: ANY_OCTETS + " (a mark within the text is none)",
    },
    "rfc3164_go_syslog.jsonl": {},
}
STRICT = {"rfc5424_go_syslog.jsonl": parse_rfc5424, "rfc3164_go_syslog.jsonl": parse_rfc3164}

# file: frames of the stream, priority of those that have one, how many have, end of the last
STREAMS = {
    "rsyslog/complex_replace_input": (
        4, 167, 4,
        "as_more_probability_to_catch_the_bu",
    ),
    "rsyslog/imptcp_framing_regex-oversize.testdata": (21, 33, 9, "tag test end"),
    "rsyslog/imptcp_framing_regex.testdata": (16, 33, 9, "tag test end"),
    "rsyslog/no_octet_counted.testdata": (20, None, 0, "19"),
    "rsyslog/spframingfix.testdata": (20, 181, 20, "19"),
    "rsyslog/wrap3_input": (1, 167, 1, "a abcbcdefbcdefb has bcdefbc"),
}  # fmt: skip


def rows(corpus, name):
    return [json.loads(line) for line in (corpus / "syslog" / name).read_bytes().splitlines()]


def test_every_file_has_a_verdict(corpus):
    folder = corpus / "syslog"
    files = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}

    assert files == set(STRICT) | set(STREAMS)


@pytest.mark.parametrize("name", STRICT)
def test_every_message_is_judged_as_the_peer_does_or_for_a_reason_otherwise(corpus, name):
    otherwise = set()
    for row in rows(corpus, name):
        try:
            STRICT[name](base64.b64decode(row["input_b64"]))
            valid = True
        except MessageError:
            valid = False
        if valid != row["valid"]:
            otherwise.add(row["line"])

    assert otherwise == set(JUDGED_OTHERWISE[name])


@pytest.mark.parametrize("name", STRICT)
def test_the_tolerant_reader_answers_every_message(corpus, name):
    for row in rows(corpus, name):
        heard = parse(base64.b64decode(row["input_b64"]))
        assert heard.text or heard.version


@pytest.mark.parametrize("name", STREAMS)
@pytest.mark.parametrize("step", [1, 7, 65_536])
def test_every_stream_falls_into_the_same_messages_however_it_arrives(corpus, name, step):
    data = (corpus / "syslog" / name).read_bytes()
    frames = Frames()
    heard = [
        parse(frame)
        for start in range(0, len(data), step)
        for frame in frames.feed(data[start : start + step])
    ]
    heard += [parse(frame) for frame in frames.close()]
    prioritised = [each for each in heard if each.priority is not None]

    count, priority, how_many, last = STREAMS[name]
    assert len(heard) == count
    assert {each.priority for each in prioritised} == ({priority} if how_many else set())
    assert len(prioritised) == how_many
    assert heard[-1].text.endswith(last)
