import pytest

from ringback.errors import UsageError
from ringback.mac import Mac


@pytest.mark.parametrize(
    "spelling",
    ["000e08abcdef", "000E08ABCDEF", "00:0e:08:ab:cd:ef", "00-0E-08-AB-CD-EF", "000e.08ab.cdef"],
)
def test_every_usual_spelling_is_one_mac(spelling):
    assert str(Mac.parse(spelling)) == "000e08abcdef"


def test_mac_prints_as_the_three_macros_do():
    mac = Mac.parse("000e08abcdef")

    assert (str(mac), mac.upper, mac.colons) == (
        "000e08abcdef",
        "000E08ABCDEF",
        "00:0e:08:ab:cd:ef",
    )
    assert mac.oui == "000e08"


@pytest.mark.parametrize("junk", ["", "000e08abcde", "000e08abcdefa", "000e08abcdeg", "cisco"])
def test_anything_but_twelve_hex_digits_is_refused_with_an_example(junk):
    with pytest.raises(UsageError, match="twelve hex digits"):
        Mac.parse(junk)
