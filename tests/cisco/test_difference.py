import pytest

from ringback.cisco.difference import Difference, Side, compare
from ringback.cisco.flat_profile import read
from ringback.cisco.model import find_model
from ringback.cisco.parameter import Access


def side(text: str, *, from_phone: bool = False) -> Side:
    return Side(read(f"<flat-profile>{text}</flat-profile>".encode()).last(), from_phone)


def test_equal_profiles_do_not_differ():
    one = side("<GPP_A>1</GPP_A><GPP_B/>")
    other = side("<GPP_B></GPP_B> <GPP_A> 1 </GPP_A>")
    assert not compare(one, other)
    assert compare(one, other) == Difference()


def test_what_differs_is_told_by_name():
    found = compare(
        side('<A>1</A><B>2</B><C ua="na">3</C>'), side('<A>9</A><C ua="rw">3</C><D>4</D>')
    )
    assert found.changed == {"A": ("1", "9")}
    assert found.only_first == {"B": "2"}
    assert found.only_second == {"D": "4"}
    assert found.access == {"C": (Access.NA, Access.RW)}
    assert found


def test_a_phones_page_says_more_than_any_file():
    page = side("<A>1</A><B>2</B><C>3</C>", from_phone=True)
    assert not compare(side("<B>2</B>"), page)
    assert not compare(page, side("<B>2</B>"))
    assert compare(side("<X>1</X>"), page).only_first == {"X": "1"}
    assert compare(page, side("<A>1</A>", from_phone=True)).only_first == {"B": "2", "C": "3"}


@pytest.mark.parametrize("mask", ["***", "*************"])
def test_a_mask_is_no_difference(mask):
    found = compare(side("<Any>geheim</Any>"), side(f"<Any>{mask}</Any>"))
    assert not found
    assert found.hidden == ("Any",)


@pytest.mark.parametrize("shown", ["<GPP_SA/>", "<GPP_SA></GPP_SA>", ""])
def test_a_secret_that_the_phone_does_not_tell_is_no_difference(shown):
    found = compare(side("<GPP_SA>geheim</GPP_SA>"), side(shown, from_phone=True))
    assert not found
    assert found.hidden == ("GPP_SA",)


def test_two_files_hide_nothing():
    found = compare(side("<GPP_SA>geheim</GPP_SA>"), side("<GPP_SA/>"))
    assert found.changed == {"GPP_SA": ("geheim", "")}


def test_with_a_model_a_bool_is_read_as_the_phone_reads_it():
    one = side("<Resync_On_Reset>yes</Resync_On_Reset><GPP_A>yes</GPP_A>")
    other = side("<Resync_On_Reset>Yes</Resync_On_Reset><GPP_A>Yes</GPP_A>")
    assert set(compare(one, other).changed) == {"Resync_On_Reset", "GPP_A"}
    assert set(compare(one, other, find_model("8841")).changed) == {"GPP_A"}
