import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.cisco.markup import Severity
from ringback.cisco.parameter import Access
from ringback.cisco.tag import is_xml_name, read_attributes

pytestmark = pytest.mark.duty(2)


def worst(written: str) -> Severity | None:
    severities = {severity for severity, _, _ in read_attributes(written).wrong}
    return next((each for each in Severity if each in severities), None)


@pytest.mark.parametrize("access", list(Access))
def test_ua_is_read(access):
    assert read_attributes(f' ua="{access}"').access is access


@pytest.mark.parametrize(
    ("written", "access", "severity"),
    [
        ("", None, None),
        (' group="System/System_Configuration" ua="rw"', Access.RW, None),
        ('\n\tua = "ro" ', Access.RO, None),
        (" ua='na'", Access.NA, Severity.WARNING),
        (" ua=na", Access.NA, Severity.ERROR),
        (' ua="NA"', None, Severity.WARNING),
        (' ua="none"', None, Severity.WARNING),
        (" ua=\u201cna\u201d", None, Severity.ERROR),
        (" ua", None, Severity.ERROR),
        (' ua="na" ua="rw"', Access.RW, Severity.ERROR),
        (' ua="na"group="x"', Access.NA, Severity.ERROR),
        (' group="a&b"', None, Severity.ERROR),
        (' group="a&amp;b"', None, None),
        (' colour="red"', None, Severity.HINT),
        (' xmlns="u" xmlns:x="v" xsi:schemaLocation="w"', None, None),
        (' 1a="x"', None, Severity.ERROR),
        (" = ", None, Severity.ERROR),
    ],
)
def test_attributes_are_read_and_judged(written, access, severity):
    assert read_attributes(written).access is access
    assert worst(written) is severity


def test_preserve_value():
    assert read_attributes(' ua="na" preserve-value="y"').preserve
    assert not read_attributes(' preserve-value="n"').preserve


def test_remarks_are_bounded():
    assert len(read_attributes(" a" * 5000).wrong) <= 20


@pytest.mark.parametrize("name", ["GPP_A", "Auth_Resync-Reboot_1_", "x.y", "_a", "größe", "a:b"])
def test_names_of_xml(name):
    assert is_xml_name(name)


@pytest.mark.parametrize("name", ["", "1a", "-a", "a b", "Line_{$n}_", "a\u00b2"])
def test_no_names_of_xml(name):
    assert not is_xml_name(name)


@given(st.text(alphabet=" \n\tua=\"'nrow&;/x\u201c1-:", max_size=60))
def test_any_text_is_read(written):
    found = read_attributes(written)
    assert found.access in (None, *Access)
