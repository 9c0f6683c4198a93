"""Names: what is private by spelling alone, and what type a name has."""

import pytest

from ringback.errors import RefusedError
from ringback.files.name import components, content_type, private


def test_components_drop_slashes_and_lone_dots() -> None:
    assert components("//a/./b//c.cfg/") == ("a", "b", "c.cfg")
    assert components("") == components("/") == ()


def test_blanks_and_dollar_signs_are_ordinary_letters() -> None:
    assert components("CP-7832-3PCC macaddress.cfg") == ("CP-7832-3PCC macaddress.cfg",)
    assert components("spa$MA.cfg") == ("spa$MA.cfg",)


@pytest.mark.parametrize("path", ["a/../b", "..", ".a", "a/.b", "x.pem", "x.KEY", "d.j2/x", "a\tb"])
def test_refusals_say_why(path: str) -> None:
    with pytest.raises(RefusedError) as caught:
        components(path)
    assert caught.value.why


def test_only_whole_endings_are_private() -> None:
    assert private(("monkey", "keys", "pem", "a.keyboard")) == ""


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("spa.xml", "text/xml"),
        ("SPA.XML", "text/xml"),
        ("basic.txt", "text/plain"),
        ("basic.cfg", "application/octet-stream"),
        ("basic.xml.gz", "application/octet-stream"),
        ("basic", "application/octet-stream"),
    ],
)
def test_types_by_name(name: str, expected: str) -> None:
    assert content_type(name) == expected
