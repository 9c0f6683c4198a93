import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.errors import MalformedError, UsageError
from ringback.provisioning.spreadsheet import (
    LONGEST,
    Dialect,
    find_encoding,
    open_text,
    rows,
)

UTF8 = Dialect("utf-8")


def read(data, dialect=UTF8):
    return list(rows(open_text(io.BytesIO(data), dialect.encoding), dialect))


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        ("mac;Ort\n1;Köln\n".encode(), "utf-8"),
        ("mac;Ort\n1;Köln\n".encode("utf-8-sig"), "utf-8-sig"),
        ("mac;Ort\n1;Köln\n".encode("utf-16"), "utf-16"),
        ("mac;Ort\n1;Köln\n".encode("utf-16-le"), "utf-16-le"),
        ("mac;Ort\n1;Köln\n".encode("utf-16-be"), "utf-16-be"),
        ("mac;Ort\n1;Köln\n".encode("utf-32"), "utf-32"),
        ("mac;Ort\n1;Köln €\n".encode("cp1252"), "cp1252"),
        ("mac;Ort\n1;Köln\n".encode("latin-1"), "cp1252"),
        (b"", "utf-8"),
    ],
)
def test_the_encoding_is_found_and_gives_the_text_back(data, encoding):
    assert find_encoding([data[:3], data[3:]]) == encoding
    assert not data or "Köln" in open_text(io.BytesIO(data), encoding).read()


def test_the_first_umlaut_may_stand_in_the_last_row():
    pieces = [b"mac,site\n", *[b"000e08000001,hq\n"] * 10_000, "1,Köln\n".encode("cp1252")]
    assert find_encoding(pieces) == "cp1252"


def test_one_bad_byte_makes_no_windows_file_of_a_utf8_one():
    assert find_encoding(["Köln Düren München \n".encode(), b"\xff\n"]) == "utf-8"


@pytest.mark.parametrize(
    "data",
    [
        b"PK\x03\x04\x14\0\x06\0\x08\0\0\0!\0",
        b"mac,model\n000e\x0008\n",
        b"\0" * 64,
        b"\x7fELF\2\1\1\0\0\0",
    ],
)
def test_what_is_not_text_is_not_taken_for_utf16(data):
    with pytest.raises(MalformedError, match="not a text table"):
        find_encoding([data[:3], data[3:]])


def test_an_encoding_that_does_not_exist_is_refused():
    with pytest.raises(UsageError, match="no encoding 'klingon'"):
        open_text(io.BytesIO(b""), "klingon")


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_every_end_of_line_ends_a_row_and_blank_rows_count_but_do_not_come(end):
    found = read(end.join([b"mac,site", b"", b"1,hq", b" ", b"2,lab"]))
    assert [(each.number, each.cells) for each in found] == [
        (1, ("mac", "site")), (3, ("1", "hq")), (5, ("2", "lab")),
    ]  # fmt: skip


def test_the_line_by_which_excel_names_its_delimiter_is_no_row():
    found = read(b"sep=;\nmac;site\n1;hq\n", Dialect("utf-8", ";"))
    assert [each.number for each in found] == [1, 2]


def test_a_quoted_cell_holds_delimiters_quotes_and_line_breaks_and_is_one_row():
    found = read(b'mac,site\n1,"a ""b"", c\nd"\n2,hq\n')
    assert [(each.number, each.cells) for each in found[1:]] == [
        (2, ("1", 'a "b", c\nd')), (3, ("2", "hq")),
    ]  # fmt: skip


def test_a_quotation_mark_that_is_never_closed_costs_its_own_row_only():
    found = read(b'mac,site\n1,"hq\n' + b"2,lab\n" * 200)
    assert found[1].fault == "a quotation mark is never closed"
    assert len(found) == 202
    assert all(each.cells == ("2", "lab") for each in found[2:])


def test_a_row_without_end_is_refused_and_the_next_one_read():
    found = read(b"mac\n" + b"x" * (3 * LONGEST) + b"\n1\n")
    assert [(each.cells, bool(each.fault)) for each in found[1:]] == [((), True), (("1",), False)]


@given(
    st.lists(
        st.lists(
            st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n")),
            min_size=2,
            max_size=5,
        ),
        max_size=8,
    ),
    st.sampled_from(",;\t|"),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_what_pythons_own_writer_writes_is_read_back(table, delimiter, encoding):
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows(table)
    found = read(out.getvalue().encode(encoding), Dialect(encoding, delimiter))
    assert [list(each.cells) for each in found] == table


@given(st.binary(max_size=400), st.sampled_from(["utf-8", "utf-16", "utf-32", "cp1252"]))
def test_any_bytes_give_rows_or_faults_and_each_line_at_most_one(data, encoding):
    try:
        found = read(data, Dialect(encoding))
    except MalformedError:
        assert encoding in {"utf-16", "utf-32"}
        return
    assert all(bool(each.cells) != bool(each.fault) for each in found)
    assert len(found) <= len(data) + 1
    numbers = [each.number for each in found]
    assert numbers == sorted(set(numbers))
