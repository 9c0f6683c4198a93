from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.cisco import markup
from ringback.cisco.markup import MOST_COMPLAINTS, Severity, open_source
from ringback.errors import ProfileError

pytestmark = pytest.mark.duty(2)


def refusal(data: bytes, **options) -> ProfileError:
    with pytest.raises(ProfileError) as caught:
        open_source(data, **options)
    return caught.value


def test_utf_8_is_read_and_nothing_said():
    source = open_source("<a>Zürich 東京</a>".encode())
    assert source.text == "<a>Zürich 東京</a>"
    assert source.complaints == []


def test_a_byte_order_mark_is_read_past_and_complained_of():
    source = open_source(b"\xef\xbb\xbf<a/>")
    assert source.text == "<a/>"
    assert [each.severity for each in source.complaints] == [Severity.WARNING]
    assert "byte order mark" in source.complaints[0].text


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp500"])
def test_encodings_that_phones_cannot_recognise_are_refused_by_name(encoding):
    error = refusal("<?xml version='1.0'?><flat-profile/>".encode(encoding), name="x.xml")
    assert "phones read UTF-8 only" in error.what
    assert "iconv" in error.remedy
    assert str(error.place) == "x.xml:1:1"


def test_a_declared_latin_1_is_believed_where_the_bytes_are_not_utf_8():
    source = open_source(
        '<?xml version="1.0" encoding="ISO-8859-1"?><a>Zürich</a>'.encode("latin-1")
    )
    assert "Zürich" in source.text
    assert source.complaints[0].text == "declares encoding ISO-8859-1"


def test_a_declared_latin_1_is_not_believed_where_the_bytes_are_utf_8():
    source = open_source('<?xml version="1.0" encoding="ISO-8859-1"?><a>Zürich</a>'.encode())
    assert "Zürich" in source.text
    assert len(source.complaints) == 1


def test_ascii_is_utf_8():
    assert open_source(b'<?xml version="1.0" encoding="US-ASCII"?><a/>').complaints == []


def test_bytes_that_are_no_utf_8_are_shown_where_they_stand_and_refused_when_strict():
    data = b"<a>\nZ\xfcrich</a>"
    complaint = open_source(data).complaints[0]
    assert (complaint.place.line, complaint.place.column) == (2, 2)
    assert "0xFC" in complaint.text
    assert refusal(data, strict=True).place.line == 2


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "empty"),
        (b"\x1f\x8b\x08rest", "gzip"),
        (b"Salted__12345678", "encrypted"),
        (b"<a>\0</a>", "U+0000"),
        (b"<a>\x0c</a>", "U+000C"),
        ("<a>\uffff</a>".encode(), "U+FFFF"),
    ],
)
def test_what_cannot_be_a_profile_is_refused_in_a_word(data, word):
    error = refusal(data)
    assert word in error.what
    assert error.remedy


def test_a_forbidden_character_has_its_place():
    error = refusal("<a>\r\nä\x01</a>".encode())
    assert (error.place.line, error.place.column) == (2, 2)


def test_a_file_over_the_limit_is_refused_by_size():
    assert "17 bytes" in refusal(b"x" * 17, limit=16).what
    assert open_source(b"x" * 16, limit=16).text


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_count_whatever_ends_them(end):
    source = open_source(f"a{end}bc{end}d".encode())
    place = source.place(source.text.index("d"))
    assert (place.line, place.column) == (3, 1)


def test_columns_count_characters():
    source = open_source("äöü<".encode())
    assert source.place(3).column == 4


KNOWN = {
    "&amp;&lt;&gt;&apos;&quot;": "&<>'\"",
    "&#40;&#x2e;": "(.",
    "&#x1F600;": "\U0001f600",
    "&#0000000065;": "A",
    "&amp;lt;": "&lt;",
    "?a=1&amp;c=3": "?a=1&c=3",
}
UNKNOWN = (
    "a&b",
    "&nbsp;",
    "&AMP;",
    "&#0;",
    "&#8;",
    "&#xD800;",
    "&#xFFFE;",
    "&#x110000;",
    "&#99999999;",
    "&#X41;",
    "&#65",
    "&",
)


@pytest.mark.parametrize("written", KNOWN)
def test_references_stand_for_characters(written):
    source = open_source(b"x")
    assert markup.expand(source, written, 0) == KNOWN[written]
    assert source.complaints == []


@pytest.mark.parametrize("written", UNKNOWN)
def test_what_else_begins_with_an_ampersand_stands_for_itself_and_is_an_error(written):
    source = open_source(b"x")
    assert markup.expand(source, written, 0) == written
    assert [each.severity for each in source.complaints] == [Severity.ERROR]
    with pytest.raises(ProfileError):
        markup.expand(open_source(b"x", strict=True), written, 0)


def test_complaints_are_bounded():
    source = open_source(b"x")
    markup.expand(source, "&" * 10_000, 0)
    assert len(source.complaints) == MOST_COMPLAINTS


@given(st.text())
def test_what_is_escaped_is_read_back(value):
    try:
        written = markup.escape(value)
    except ValueError:
        assert markup._FORBIDDEN.search(value)
        return
    source = open_source(b"x")
    assert not set("<>\r\n\t") & set(written)
    assert written == written.strip(" ")
    assert markup.expand(source, written, 0) == value
    assert source.complaints == []


@given(st.binary(max_size=200))
def test_any_bytes_give_text_or_our_error(data):
    with suppress(ProfileError):
        assert "\0" not in open_source(data).text
