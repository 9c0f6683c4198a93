"""Every XML file that others wrote to break parsers, and what we make of it.

None holds a profile, so each is read twice: alone, and with ``<flat-profile>`` around it, as an
attacker would. A number is how many elements a phone finds, a text the error with its place. Files
with a document type are refused, whether their entities are harmless or grow a billionfold, fetch
other files or loop: lxml, which takes many of them, is left out for that reason.
"""

import tracemalloc
from pathlib import Path
from time import perf_counter

import pytest
from lxml import etree

from ringback.cisco.flat_profile import read
from ringback.errors import ProfileError

NONE = "no <flat-profile> in the file"
DTD = "a document type: its entities may grow without bound or fetch other files"

VERDICTS: dict[str, tuple[int | str, int | str]] = {
    "defusedxml/cyclic.xml": (f"5:1: {NONE}", f"1:15: {DTD}"),
    "defusedxml/dtd.xml": (f"4:1: {NONE}", f"2:1: {DTD}"),
    "defusedxml/dtd_element.xml": (f"6:1: {NONE}", f"2:1: {DTD}"),
    "defusedxml/external_file.xml": (f"4:1: {NONE}", f"1:15: {DTD}"),
    "defusedxml/schema-include.xsd": (f"1:1: {NONE}", 3),
    "defusedxml/xmlbomb.xml": (f"7:1: {NONE}", f"1:15: {DTD}"),
    "defusedxml/xmlbomb2.xml": (f"4:1: {NONE}", f"1:15: {DTD}"),
    "libxml2_errors/754946.xml": (f"2:23: {NONE}", f"1:15: {DTD}"),
    "libxml2_errors/754947.xml": (
        f"1:1: {NONE}",
        "1:15: <d> is not closed before </flat-profile> at line 1, column 44",
    ),
    "libxml2_errors/759398.xml": (f"34:21: {NONE}", f"2:1: {DTD}"),
    "libxml2_errors/759573-2.xml": (
        "8:5: character U+0003 cannot stand in a profile",
        "8:5: character U+0003 cannot stand in a profile",
    ),
    "libxml2_errors/759579.xml": (f"11:1: {NONE}", f"1:15: {DTD}"),
    "libxml2_errors/attr1.xml": (f"1:1: {NONE}", "1:15: this < begins no complete tag"),
    "libxml2_errors/attr3.xml": (f"6:1: {NONE}", f"1:15: {DTD}"),
    "libxml2_errors/attr5.xml": (f"1:1: {NONE}", 1),
    "libxml2_errors/cdata.xml": (f"2:1: {NONE}", 1),
    "libxml2_errors/charref1.xml": (f"1:1: {NONE}", 1),
    "libxml2_errors/comment1.xml": (
        "5:10: character U+000E cannot stand in a profile",
        "5:10: character U+000E cannot stand in a profile",
    ),
    "libxml2_errors/content1.xml": (f"9:1: {NONE}", f"2:1: {DTD}"),
    "libxml2_errors/dup-xml-attr2.xml": (f"1:1: {NONE}", 1),
    "libxml2_errors/empty.xml": ("1:1: the file is empty", 0),
    "libxml2_errors/ent_redecl.xml": (f"4:1: {NONE}", f"1:15: {DTD}"),
    "libxml2_errors/extra-content.xml": (f"1:1: {NONE}", 1),
    "libxml2_errors/invalid-start-tag-1.xml": (f"1:1: {NONE}", 0),
    "libxml2_errors/invalid-start-tag-2.xml": (
        f"1:1: {NONE}",
        "1:15: this < begins no complete tag",
    ),
    "libxml2_errors/issue151.xml": (f"2:1: {NONE}", "8:3: this < begins no complete tag"),
    "libxml2_errors/name.xml": (f"1:1: {NONE}", "1:15: this < begins no complete tag"),
    "libxml2_errors/name2.xml": (f"1:1: {NONE}", "1:15: this < begins no complete tag"),
    "libxml2_errors/name3.xml": (f"1:1: {NONE}", 1),
    "libxml2_errors/ns-undeclared.xml": (f"1:1: {NONE}", 1),
    "libxml2_errors/rec_att_default.xml": (f"6:1: {NONE}", f"1:15: {DTD}"),
    "libxml2_errors/trailing-null-2.xml": (
        "1:4: character U+0000 cannot stand in a profile",
        "1:18: character U+0000 cannot stand in a profile",
    ),
    "libxml2_errors/truncated-utf16.xml": (
        "1:1: the file is in UTF-16",
        "1:18: character U+0000 cannot stand in a profile",
    ),
    "libxml2_errors/unclosed-element.xml": (
        f"1:1: {NONE}",
        "1:15: <d> is not closed before </flat-profile> at line 2, column 1",
    ),
    "libxml2_misc/comment.xml": (f"2:1: {NONE}", 1),
    "libxml2_misc/comment2.xml": (f"3:1: {NONE}", 1),
    "libxml2_misc/comment3.xml": (f"164:1: {NONE}", 1),
    "libxml2_misc/comment4.xml": (f"5:1: {NONE}", 1),
    "libxml2_misc/comment5.xml": (f"9:1: {NONE}", 1),
    "libxml2_misc/comment6.xml": (f"13:1: {NONE}", f"10:1: {DTD}"),
    "libxml2_misc/ebcdic_566012.xml": ("1:1: the file is in EBCDIC", 0),
    "libxml2_misc/intsubset.xml": (f"6:1: {NONE}", f"2:1: {DTD}"),
    "libxml2_misc/pi2.xml": (f"3:1: {NONE}", 1),
    "libxml2_misc/text-4-byte-UTF-16-BE.xml": (
        "1:1: the file is in UTF-16",
        "1:17: character U+0000 cannot stand in a profile",
    ),
    "libxml2_misc/utf16bebom.xml": (
        "1:1: the file is in UTF-16",
        "1:17: character U+0000 cannot stand in a profile",
    ),
    "libxml2_misc/utf16lebom.xml": (
        "1:1: the file is in UTF-16",
        "1:16: character U+0000 cannot stand in a profile",
    ),
    "libxml2_misc/utf8bom.xml": (f"1:1: {NONE}", 1),
    "libxml2_recurse/g0.ent": (f"1:1: {NONE}", 0),
    "libxml2_recurse/g2.ent": (f"1:1: {NONE}", 0),
    "libxml2_recurse/g3.ent": (f"1:1: {NONE}", 0),
    "libxml2_recurse/ga.ent": (f"1:1: {NONE}", 0),
    "libxml2_recurse/gb.ent": (f"1:1: {NONE}", 0),
    "libxml2_recurse/good.xml": (f"6:1: {NONE}", f"1:15: {DTD}"),
    "libxml2_recurse/huge_dtd.xml": (f"5:1: {NONE}", f"2:1: {DTD}"),
    "libxml2_recurse/lol_ep.xml": (f"10:1: {NONE}", f"2:1: {DTD}"),
    "libxml2_recurse/lol_ip_content.xml": (f"3:1: {NONE}", f"2:1: {DTD}"),
    "libxml2_recurse/lol_ip_value.xml": (f"4:1: {NONE}", f"2:1: {DTD}"),
    "libxml2_recurse/lol_long_name.xml": (f"22:1: {NONE}", f"2:1: {DTD}"),
    "libxml2_recurse/lol_long_value.xml": (f"36:1: {NONE}", f"2:1: {DTD}"),
    "libxml2_recurse/lol_param.xml": (f"3:40: {NONE}", f"19:1: {DTD}"),
    "libxml2_recurse/p0.ent": (f"1:1: {NONE}", 0),
    "libxml2_recurse/p1.ent": (f"1:1: {NONE}", 0),
    "libxml2_recurse/p2.ent": (f"1:1: {NONE}", 0),
    "libxml2_recurse/p3.ent": (f"1:1: {NONE}", 0),
}

LXML_DIFFERS = {
    "libxml2_errors/ns-undeclared.xml": "an undeclared prefix of an attribute means nothing to a "
    "phone, which ignores all attributes but three",
}
"""Wrapped files that strict reading takes and lxml refuses, and why."""


def wrapped(data: bytes) -> bytes:
    return b"<flat-profile>" + data + b"</flat-profile>"


def verdict(data: bytes, *, strict: bool = False) -> int | str:
    try:
        return len(read(data, strict=strict).elements)
    except ProfileError as error:
        return f"{error.place}: {error.what}"


def test_every_file_has_a_row(corpus: Path):
    folder = corpus / "xml"
    files = {str(each.relative_to(folder)) for each in folder.rglob("*") if each.is_file()}
    assert files == set(VERDICTS)


@pytest.mark.parametrize("name", VERDICTS)
def test_it_ends_in_an_answer_or_our_error(corpus: Path, name: str):
    data = (corpus / "xml" / name).read_bytes()
    for expected, found in zip(
        VERDICTS[name], (verdict(data), verdict(wrapped(data))), strict=True
    ):
        if isinstance(expected, int):
            assert found == expected
        else:
            assert str(found).startswith(expected)


@pytest.mark.parametrize("name", VERDICTS)
def test_what_lxml_refuses_strict_reading_refuses(corpus: Path, name: str):
    data = wrapped((corpus / "xml" / name).read_bytes())
    taken = isinstance(verdict(data, strict=True), int)
    try:
        etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError:
        assert taken == (name in LXML_DIFFERS)
    else:
        assert taken


@pytest.mark.parametrize("name", VERDICTS)
def test_nothing_hangs_or_grows(corpus: Path, name: str):
    data = (corpus / "xml" / name).read_bytes()
    tracemalloc.start()
    try:
        started = perf_counter()
        verdict(data)
        verdict(wrapped(data))
        assert perf_counter() - started < 2
        assert tracemalloc.get_traced_memory()[1] < 1_000_000 + 40 * len(data)
    finally:
        tracemalloc.stop()
