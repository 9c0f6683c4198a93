"""Lists of phones, in any order and dialect; never guessed."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.certificate import roster
from ringback.certificate.roster import Phone
from ringback.errors import UsageError

ONE = Phone.of("000e08abcdef", "FCH2133E8B9", "8861")


@pytest.mark.parametrize(
    "text",
    [
        "mac,serial,model\n000e08abcdef,FCH2133E8B9,8861\n",
        "Model;Serial Number;MAC Address\nCP-8861-3PCC;FCH2133E8B9;00:0E:08:AB:CD:EF\n",
        "FCH2133E8B9\t8861\t000e.08ab.cdef",
        "\ufeff# our phones\n\n 8861 , 000E08ABCDEF , FCH2133E8B9 \n",
        '"000e08abcdef","FCH2133E8B9","8861"\r\n',
        "mac,room,serial,model\n000e08abcdef,12,FCH2133E8B9,8861\n",
    ],
)
def test_columns_are_known_by_header_or_by_looks(text):
    assert roster.read(text) == (ONE,)


def test_a_model_may_be_given_once_for_all_lines():
    assert roster.read("000e08abcdef,FCH2133E8B9", model="8861") == (ONE,)


def test_a_serial_number_that_looks_like_a_mac_is_not_guessed():
    line = "000e08abcdef,88012BA01234,SPA962\n"
    with pytest.raises(
        UsageError, match=r"l.csv:1: 2 fields look like a MAC address: add a header"
    ):
        roster.read(line, name="l.csv")
    (found,) = roster.read("mac,serial,model\n" + line)
    assert (str(found.mac), found.serial) == ("000e08abcdef", "88012BA01234")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no phone in the list"),
        ("mac,serial,model\n", "no phone"),
        ("hello,world,8861", "line 1: no field looks like a MAC"),
        ("000e08abcdef,8861", "line 1: 0 serial numbers"),
        ("000e08abcdef,FCH2133E8B9,9999x", "line 1: 2 serial numbers"),
        ("mac,serial,model\n000e08abcdef,FCH2133E8B9,toaster", "line 2: unknown phone model"),
        ("mac,serial,model\n000e08abcdef,x,8861", "line 2: not a serial number: 'x'"),
        ("mac,serial,model\nnonsense,FCH2133E8B9,8861", "line 2: not a MAC address"),
        (
            "000e08abcdef,FCH2133E8B9,8861\n000E08ABCDEF,FCH2133E8B8,8861",
            "000e08abcdef occurs twice",
        ),
    ],
)
def test_a_line_that_cannot_be_read_is_named(text, says):
    with pytest.raises(UsageError, match=says):
        roster.read(text)


@given(st.text(max_size=200))
def test_any_text_is_a_list_or_refused(text):
    with suppress(UsageError):
        assert roster.read(text)
