"""Two formats of versions, each with its own order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.cisco.firmware import LONGEST, Format, Version


def read(text: str) -> Version:
    version = Version.parse(text)
    assert version is not None, text
    return version


OLD_TO_NEW = (
    # Each row from old to new; every pair in a row is compared.
    ("0.99.5", "1.0", "1.0.2", "1.0.31", "1.0.31(b)", "1.0.33", "2.0.3", "2.0.3(0412s)",
     "2.0.3(G)", "2.0.6", "2.0.11"),
    ("7.4.9c", "7.5.2", "7.5.2b", "7.5.7s", "7.6.1", "7.6.2", "7.6.2.a", "7.6.2f"),
    ("5.1.15(SR2)", "5.1.15(SR10)"),
    ("sip88xx.9-3-1-7MPP-2", "sip88xx.11-0-0MPP-256", "sip78xx.11-2-1MES-3",
     "sip7832.11-3-1MPP-678", "sip7832.11-3-1MSR3-3", "sip88xx.11-3-2MPP0001-598",
     "sip88xx.11-3-2MPP0001-609", "sip88xx.12-0-1MPP0001-100"),
    ("11-0-0MPP-256", "11-1-0MPP-19", "ATA19x.11-1-0MPP0401-002"),
    ("PHONEOS.2-3-1-0001-17", "PHONEOS.3-2-1-0001-102"),
)  # fmt: skip


@pytest.mark.parametrize("row", OLD_TO_NEW, ids=lambda row: row[0])
def test_each_is_older_than_all_that_follow(row):
    versions = [read(text) for text in row]
    for index, older in enumerate(versions):
        for newer in versions[index + 1 :]:
            assert older < newer
            assert newer > older
            assert older != newer
            assert older.comparable(newer)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("sip7832.11-0-0MPP-256", "sip88xx.11-0-0MPP-256"),
        ("sip88xx.11-3-2MPP0001-609.loads", "11-3-2MPP0001-609"),
        ("sip88xx.11-3-2mpp0001-609", "sip88xx.11-3-2MPP0001-609"),
        ("7.6.2.a", "7.6.2a"),
        ("7.6.2(A)", "7.6.2a"),
        ("1.0", "1.0.0"),
        ("2.0.06", "2.0.6"),
    ],
)
def test_model_file_ending_and_spelling_do_not_count(one, other):
    assert read(one) == read(other)
    assert str(read(one)) == one


def test_the_two_formats_have_no_common_order():
    dotted, dashed = read("7.6.2f"), read("sip88xx.11-3-2MPP0001-609")
    assert not dotted.comparable(dashed)
    assert (dotted.format, dashed.format) == (Format.DOTTED, Format.DASHED)


@pytest.mark.parametrize(
    "text",
    ["", "7", "7.", ".7", "7.6.2 f", "7.6.2(", "7.6.2()", "v7.6.2", "sip88xx.11-0-0MPP-BN",
     "11-0", "sip88xx.", "1.2.3.4.5", "9" * 20 + ".1.1", "1.0." + "1" * LONGEST, "\u0661.2.3"],
)  # fmt: skip
def test_what_is_no_version_is_none(text):
    assert Version.parse(text) is None


@given(st.text(alphabet="0123456789.-()MPPsipabxA ", max_size=100))
def test_any_text_is_a_version_that_keeps_its_text_or_none(text):
    version = Version.parse(text)
    assert version is None or str(version) == text


@given(*[st.lists(st.integers(0, 99), min_size=3, max_size=3)] * 2)
def test_plain_numbers_sort_like_numbers(one, other):
    first = read(".".join(map(str, one)))
    second = read(".".join(map(str, other)))
    assert (first < second) == (one < other)
    assert (first == second) == (one == other)
