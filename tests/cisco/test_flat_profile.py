import re
from contextlib import suppress
from time import perf_counter

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from lxml import etree

from ringback.cisco.flat_profile import read, write
from ringback.cisco.markup import Severity
from ringback.cisco.parameter import Access, Parameter
from ringback.cisco.reader import DEEPEST, MOST_ELEMENTS
from ringback.errors import ProfileError, UsageError

pytestmark = pytest.mark.duty(2)


def inside(text: str) -> bytes:
    return f"<flat-profile>{text}</flat-profile>".encode()


def values(data: bytes) -> dict[str, str | None]:
    return {name: element.value for name, element in read(data).last().items()}


def refusal(data: bytes, *, strict: bool = False) -> ProfileError:
    with pytest.raises(ProfileError) as caught:
        read(data, name="x.xml", strict=strict)
    return caught.value


def severities(data: bytes) -> list[Severity]:
    return [each.severity for each in read(data).complaints]


# What a value is -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("<GPP_A>12345678</GPP_A>", "12345678"),
        ("<GPP_A></GPP_A>", ""),
        ("<GPP_A> \n\t </GPP_A>", ""),
        ("<GPP_A/>", None),
        ('<GPP_A ua="na" />', None),
        ("<GPP_A>  a b\t</GPP_A>", "a b"),
        ("<GPP_A>\n a\nb\r\nc\rd \n</GPP_A>", "a b c d"),
        ("<GPP_A>&lt;&amp;&gt;&apos;&quot;&#40;&#x2e;</GPP_A>", "<&>'\"(."),
        ("<GPP_A>&#32;a&#10;</GPP_A>", " a\n"),
        ("<GPP_A>a<!-- b -->c</GPP_A>", "ac"),
        ("<GPP_A> <!-- b --> c </GPP_A>", "c"),
        ("<GPP_A><!-- b --></GPP_A>", ""),
        ("<GPP_A><![CDATA[a & <b>]]></GPP_A>", "a & <b>"),
        ("<GPP_A><![CDATA[&amp;]]>&amp;</GPP_A>", "&amp;&"),
        ("<GPP_A><?x y?>z</GPP_A>", "z"),
        ("<GPP_A\n>a</GPP_A\n>", "a"),
        ("<GPP_A>(*xx|[3469]11|0|00|xx.)</GPP_A>", "(*xx|[3469]11|0|00|xx.)"),
        ("<GPP_A>a > b</GPP_A>", "a > b"),
        ("<GPP_A>&#x6771;&#20140;東京</GPP_A>", "東京東京"),
    ],
)
def test_a_value_is_kept_as_a_phone_keeps_it(written, value):
    assert values(inside(written)) == {"GPP_A": value}


def test_an_unescaped_ampersand_stands_for_itself_and_is_complained_of():
    data = inside("<Profile_Rule>http://h/p?a=1&mac=$MA</Profile_Rule>")
    assert values(data) == {"Profile_Rule": "http://h/p?a=1&mac=$MA"}
    complaint = read(data).complaints[0]
    assert complaint.severity is Severity.ERROR
    assert complaint.remedy == "write &amp;"
    assert complaint.place.column == data.index(b"&mac") + 1
    assert refusal(data, strict=True).place == complaint.place.__class__("x.xml", 1, 43)


def test_the_last_of_two_equal_elements_wins_and_both_are_told():
    data = inside("<GPP_A>1</GPP_A>\n<GPP_A>2</GPP_A>")
    reading = read(data)
    assert [each.value for each in reading.elements] == ["1", "2"]
    assert reading.last()["GPP_A"].value == "2"
    assert "line 1 already" in reading.complaints[0].text


def test_names_are_case_sensitive():
    assert values(inside("<gpp_a>1</gpp_a><GPP_A>2</GPP_A>")) == {"gpp_a": "1", "GPP_A": "2"}


def test_attributes_say_who_may_change_a_parameter():
    written = '<A ua="na">1</A><B ua="ro"/><C group="x/y" ua="rw"></C><D>1</D>'
    elements = read(inside(written)).last()
    assert [elements[name].access for name in "ABCD"] == [Access.NA, Access.RO, Access.RW, None]


def test_preserve_value_is_read():
    elements = read(inside('<A ua="rw" preserve-value="y">1</A><B>1</B>')).last()
    assert elements["A"].preserve
    assert not elements["B"].preserve


# Where a profile stands ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "<flat-profile><A>1</A></flat-profile>",
        '<?xml version="1.0" encoding="UTF-8"?>\n<flat-profile><A>1</A></flat-profile>\n',
        "<device><flat-profile><A>1</A></flat-profile></device>",
        "<a><b><c x='1'>text<flat-profile><A>1</A></flat-profile><d/></c></b></a>",
        '<flat-profile xmlns="http://www.sipura.net/xsd/SPA2102"><A>1</A></flat-profile>',
        '<p:flat-profile xmlns:p="urn:p"><p:A>1</p:A></p:flat-profile>',
        "<!-- <flat-profile> --><flat-profile><A>1</A></flat-profile><!-- end -->",
        "<?pi x?><flat-profile foo='bar'>\n\n  <A>1</A>\n\n</flat-profile>",
        "<flat-profile><Group><A>1</A></Group></flat-profile>",
        "<device><other>9</other><A>8</A><flat-profile><A>1</A></flat-profile><A>7</A></device>",
        "<x><flat-profile><A>0</A></flat-profile><flat-profile><A>1</A></flat-profile></x>",
    ],
)
def test_a_profile_may_stand_in_anything_and_only_what_is_in_it_counts(text):
    assert values(text.encode()) == {"A": "1"}


def test_an_empty_profile_is_one():
    assert values(b"<flat-profile/>") == {}
    assert values(b"<flat-profile></flat-profile>") == {}


@pytest.mark.parametrize(
    "text",
    [
        "// Web\n<A>1</A>",
        "[System]<A>1</A>[Group/Name]",
        "<A>1</A> & more",
        "<A>1</A>]]>",
    ],
)
def test_text_between_parameters_is_read_past_and_complained_of(text):
    assert values(inside(text)) == {"A": "1"}
    assert severities(inside(text))


def test_the_second_end_tag_that_sipxecs_writes_is_forgiven():
    data = inside('<X ua="na"/></X><A>1</A><Y/>\n</Y>')
    assert values(data) == {"X": None, "A": "1", "Y": None}
    assert severities(data) == [Severity.ERROR, Severity.ERROR]
    assert "follows <X/>" in refusal(data, strict=True).what


# What is never forgiven ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("<flat-profile><A>1</A>", "1:1", "is not closed before the end of the file"),
        ("<device><flat-profile><A>1</A></flat-profile>", "1:1", "<device> is not closed"),
        ("<flat-profile>\n<A>1\n<B>2</B>\n</flat-profile>", "2:1", "<A> is not closed before"),
        ("<flat-profile><A>1</B></flat-profile>", "1:15", "</B> at line 1, column 19"),
        ("<flat-profile><A>1</a></flat-profile>", "1:15", "<A> is not closed"),
        ("<flat-profile></A></flat-profile>", "1:15", "</A> closes nothing"),
        ("<flat-profile><X/>1</X></flat-profile>", "1:20", "</X> closes nothing"),
        ("<flat-profile><X/></X></X></flat-profile>", "1:23", "</X> closes nothing"),
        ("<flat-profile/></flat-profile></flat-profile>", "1:31", "closes nothing"),
        ("<flat-profile><A>1</A", "1:19", "cut off"),
        ("<flat-profile><A>1</", "1:19", "cut off"),
        ('<flat-profile><A ua="na', "1:15", "cut off in this tag"),
        ('<flat-profile><A ua="na>1</A></flat-profile>', "1:15", "no complete tag"),
        ("<flat-profile><!-- ", "1:15", "comment never ends"),
        ("<flat-profile><![CDATA[", "1:15", "CDATA section never ends"),
        ("<flat-profile><?x ", "1:15", "processing instruction never ends"),
        ("<flat-profile><A>1 < 2</A></flat-profile>", "1:20", "no complete tag"),
        ("<flat-profile><A>(<9:>x.)</A></flat-profile>", "1:19", "<9:> is not closed"),
        ("<flat-profile><A>x<</A></flat-profile>", "1:19", "no complete tag"),
        ("<!DOCTYPE a><flat-profile/>", "1:1", "document type"),
        ("<flat-profile><!ELEMENT a></flat-profile>", "1:15", "<! starts nothing"),
    ],
)
def test_half_a_profile_is_none(text, place, words):
    error = refusal(text.encode())
    assert str(error.place) == f"x.xml:{place}"
    assert words in error.what
    assert error.remedy


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<html><body>404</body></html>", "web page"),
        ("<device><sipPort/></device>", "put the parameters into <flat-profile>"),
        ("<Flat-Profile><A>1</A></Flat-Profile>", "lower case"),
        ("flat-profile: yes", "no XML"),
        ("image_version: 1", "no XML"),
        ("<a>flat-profile</a>", "put the parameters"),
        ("<!-- <flat-profile></flat-profile> -->", "inside a comment"),
    ],
)
def test_a_file_without_profile_is_told_what_it_is(text, words):
    error = refusal(text.encode())
    assert "no <flat-profile>" in error.what
    assert words in error.remedy


@pytest.mark.parametrize(
    "text", ["<G>&#0;<A>1</A></G>", "<G>]]><A>1</A></G>", "<A>a<!-- -->]]></A>"]
)
def test_text_that_phones_ignore_must_be_xml_all_the_same_when_strict(text):
    assert "A" in values(inside(text))
    assert refusal(inside(text), strict=True)


def test_every_cut_of_a_profile_is_refused():
    data = write(
        [Parameter("GPP_A", "a & b", Access.NA), Parameter("GPP_B", None), Parameter("GPP_C", "")],
        root="device",
    ).rstrip()
    assert len(read(data).elements) == 3
    for length in range(len(data)):
        refusal(data[:length])


BOMB = """<!DOCTYPE b [<!ENTITY a0 "ha">{}]><flat-profile><GPP_A>&a30;</GPP_A></flat-profile>"""
FETCH = """<!DOCTYPE b [<!ENTITY x SYSTEM "file:///etc/passwd">]>
<flat-profile><GPP_A>&x;</GPP_A></flat-profile>"""


@pytest.mark.parametrize(
    "text",
    [BOMB.format("".join(f'<!ENTITY a{i + 1} "&a{i};&a{i};">' for i in range(30))), FETCH],
)
def test_entities_are_never_defined(text):
    assert "document type" in refusal(text.encode()).what


def test_depth_and_number_are_bounded():
    deep = inside("<a>" * DEEPEST + "</a>" * DEEPEST)
    assert "deep" in refusal(deep).what
    assert "more than" in refusal(inside("<a/>" * (MOST_ELEMENTS + 1))).what
    assert "more than" in refusal(b"<x>" + b"<a b='1'/>" * (MOST_ELEMENTS + 1) + inside("")).what


# Writing --------------------------------------------------------------------------------------


def test_writing_gives_these_bytes():
    parameters = [
        Parameter("GPP_A", " <a> & b ", Access.RW),
        Parameter("GPP_B", None, Access.NA),
        Parameter("GPP_C", ""),
    ]
    assert write(
        parameters, root="device", comment="made for you", group=lambda _: 'Voice/"G" & P'
    ) == (
        b'<?xml version="1.0" encoding="UTF-8"?>\n'
        b"<!-- made for you -->\n"
        b"<device>\n"
        b"<flat-profile>\n"
        b'<GPP_A ua="rw" group="Voice/&quot;G&quot; &amp; P">'
        b"&#32;&lt;a&gt; &amp; b&#32;</GPP_A>\n"
        b'<GPP_B ua="na" group="Voice/&quot;G&quot; &amp; P"/>\n'
        b'<GPP_C group="Voice/&quot;G&quot; &amp; P"></GPP_C>\n'
        b"</flat-profile>\n"
        b"</device>\n"
    )


@pytest.mark.parametrize(
    "parameter",
    [
        Parameter("a b", "1"),
        Parameter("1a", "1"),
        Parameter("<x>", "1"),
        Parameter("A", "\0"),
        Parameter("A", "\ud800"),
    ],
)
def test_what_xml_cannot_hold_is_not_written(parameter):
    with pytest.raises(UsageError):
        write([parameter])


def test_a_comment_cannot_end_itself():
    for comment in ("a --> b", "a-"):
        with pytest.raises(UsageError):
            write([], comment=comment)


NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_.-]{0,20}", fullmatch=True).filter(
    lambda name: name != "flat-profile"
)
VALUES = st.none() | st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff")
    | st.sampled_from("\n\r\t <>&\"'];")
)
PARAMETERS = st.lists(
    st.builds(Parameter, NAMES, VALUES, st.none() | st.sampled_from(Access)),
    max_size=8,
    unique_by=lambda each: each.name,
)


@given(PARAMETERS, st.sampled_from(["", "device", "a"]))
def test_what_is_written_is_read_back_without_complaint(parameters, root):
    reading = read(write(parameters, root=root), strict=True)
    assert [
        Parameter(each.name, each.value, each.access) for each in reading.elements
    ] == parameters
    assert reading.complaints == ()


@given(PARAMETERS)
def test_lxml_reads_what_we_write_and_finds_the_same(parameters):
    root = etree.fromstring(write(parameters))
    assert [(each.tag, each.text or "") for each in root] == [
        (each.name, each.value or "") for each in parameters
    ]


# Any bytes ------------------------------------------------------------------------------------

PIECES = st.sampled_from(
    [
        "<A>", "</A>", "<A/>", '<B ua="na">', "</B>", "<flat-profile>", "</flat-profile>", "x",
        " ", "\n", "&", "&amp;", "&#65;", "&#0;", "&x;", "<", ">", "<!--", "-->", "--", "<![CDATA[",
        "]]>", "<?", "?>", "<?xml version='1.0'?>", "<p:C xmlns:p='u'>", "</p:C>", "<q:D/>", '"',
        "'", "=", "<E a=1/>", "<E a='&'/>", "<E a='1' a='2'/>", "<1/>", "é", "/",
    ]
)  # fmt: skip
SOUP = st.lists(PIECES, max_size=14).map(lambda pieces: "".join(pieces).encode())


@given(st.binary(max_size=300) | SOUP | SOUP.map(lambda soup: b"<flat-profile>" + soup))
def test_any_bytes_end_in_an_answer_or_our_error(data):
    with suppress(ProfileError):
        read(data)


@given(SOUP)
def test_what_strict_reading_takes_lxml_takes_and_reads_alike(soup):
    data = b"<flat-profile>" + soup + b"</flat-profile>"
    try:
        elements = read(data, strict=True).elements
    except ProfileError:
        return
    root = etree.fromstring(data)
    assert [each.value or "" for each in elements] == leaf_values(root)


@given(SOUP)
def test_what_lxml_refuses_strict_reading_refuses(soup):
    data = b"<flat-profile>" + soup + b"</flat-profile>"
    assume(b"<!" not in re.sub(rb"<!--|<!\[CDATA\[", b"", data))
    with suppress(etree.XMLSyntaxError):
        etree.fromstring(data)
        return
    refusal(data, strict=True)


@given(SOUP)
def test_what_strict_reading_takes_tolerant_reading_takes_and_reads_alike(soup):
    data = b"<flat-profile>" + soup + b"</flat-profile>"
    with suppress(ProfileError):
        assert read(data, strict=True) == read(data)


def leaf_values(root: etree._Element) -> list[str]:
    """What lxml finds, in the order in which elements end, white space as a phone treats it."""
    found = []
    for element in root.iter(etree.Element):
        is_root = etree.QName(element).localname == "flat-profile"
        if is_root or any(isinstance(child.tag, str) for child in element):
            continue
        text = "".join(str(piece) for piece in element.xpath("text()"))
        found.append(text.replace("\n", " ").strip(" \t\n"))
    return found


HOSTILE = (
    b"<", b"<!--", b"<!-- -->", b"&", b"&amp;", b"&#", b"&#1", b"<a>", b"</a>", b"<a/>", b"<a></a>",
    b"<a", b" a", b' a="', b' a=""', b"'", b'"', b"<![CDATA[", b"]]>", b"<?", b"\n", b" ", b"\r",
    b">", b"<a:b/>", b"<a\n>", b"\xff", "é".encode(), b"-", b"--", b"</", b"<?x?>", b"]", b"=",
)  # fmt: skip
BEFORE = (b"", b"<flat-profile>", b"<flat-profile><GPP_A>", b"<flat-profile><GPP_A ", b"<x>")


@pytest.mark.parametrize("piece", HOSTILE)
def test_a_megabyte_of_anything_is_read_in_linear_time(piece):
    for before in BEFORE:
        data = (before + piece * (1 << 20))[: 1 << 20] + b"<flat-profile/>"
        started = perf_counter()
        with suppress(ProfileError):
            complaints = read(data).complaints
            assert len(complaints) <= 500
        assert perf_counter() - started < 10  # a quadratic reader would need hours


def test_a_profile_of_50_kilobytes_is_read_in_a_blink():
    data = write([Parameter(f"Name_{i}_", "some value" * 3, Access.NA) for i in range(900)])
    assert len(data) > 50_000
    best = min(_seconds(data) for _ in range(5))
    assert best < 0.1  # some 5 ms; the bound is for a busy machine


def _seconds(data: bytes) -> float:
    started = perf_counter()
    read(data)
    return perf_counter() - started
