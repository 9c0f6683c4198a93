import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.errors import MalformedError
from ringback.provisioning.heading import Heading, find_dialect, meaning


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("MAC", ("mac", None, "")),
        ("Mac-Adresse", ("mac", None, "")),
        ("Ethernet Address", ("mac", None, "")),
        ("Phone Model", ("model", None, "")),
        ("Serial No.", ("serial", None, "")),
        ("Straße", None),
        ("Gerät", None),
        ("Abteilung", ("group", None, "")),
        ("user", ("user", 0, "")),
        ("line1_user", ("user", 1, "")),
        ("Line 2 Password", ("password", 2, "")),
        ("User_ID_3_", ("user", 3, "")),
        ("ext1", ("user", 1, "")),
        ("Line 4", ("user", 4, "")),
        ("1.name", ("display_name", 1, "")),
        ("Auth ID 2", ("auth_id", 2, "")),
        ("line", ("line", None, "")),
        ("var.desk", ("variable", None, "desk")),
        ("line2_var.queue", ("variable", 2, "queue")),
        ("line.var.queue", ("variable", 0, "queue")),
    ],
)
def test_a_column_is_known_by_any_usual_name(name, what):
    assert meaning(name) == what


@pytest.mark.parametrize(
    ("line", "delimiter", "quote"),
    [
        ("mac,model,site", ",", '"'),
        ("mac;model;site", ";", '"'),
        ("mac\tmodel", "\t", '"'),
        ("mac|model|note, that", "|", '"'),
        ("'mac';'model'", ";", "'"),
        ('"mac";"model, or type"', ";", '"'),
        ("mac", ",", '"'),
    ],
)
def test_the_delimiter_is_the_one_that_names_most_columns(line, delimiter, quote):
    found = find_dialect("utf-8", line)
    assert (found.delimiter, found.quote) == (delimiter, quote)


def test_columns_stand_in_any_order():
    found = Heading.parse(["site", "line1_user", "mac"])
    assert found.mac == 2
    assert [each.what for each in found.columns] == ["site", "user", "mac"]
    assert not found.long


def test_a_column_line_makes_a_row_for_each_line():
    assert Heading.parse(["mac", "line", "user"]).long


def test_an_unknown_column_is_refused_with_the_nearest_and_can_be_left_out_or_be_a_variable():
    with pytest.raises(MalformedError, match=r"'sitte' is not known: did you mean site\?"):
        Heading.parse(["mac", "sitte"])
    assert Heading.parse(["mac", "Sitte", "x"], ignore=["sitte", "X"]).left_out == ("Sitte", "x")
    assert Heading.parse(["mac", "sitte"], ignore=["*"]).left_out == ("sitte",)
    found = Heading.parse(["mac", "Desk No"], variables=True)
    assert (found.columns[1].what, found.columns[1].variable) == ("variable", "desk_no")


@pytest.mark.parametrize(
    ("names", "why"),
    [
        (["model", "site"], "no column mac among model, site"),
        (["mac", "Mac Address"], "mean the same: --ignore 'Mac Address'"),
        (["mac", "model", "mac"], "mean the same: rename one of them, or take it out"),
        (["mac", "user", "line1_user"], "mean the same"),
        (["mac", "line101_user"], "no phone has a line 101"),
        (["mac", "var.mac"], "cannot name a variable"),
        (["mac", "var.a-b"], "cannot name a variable"),
        (["mac", *["x"] * 3000], "more than 2000 columns"),
    ],
)
def test_a_heading_that_cannot_be_is_refused(names, why):
    with pytest.raises(MalformedError, match=why):
        Heading.parse(names)


@given(st.lists(st.text(max_size=30), max_size=8), st.booleans())
def test_any_heading_is_read_or_refused(names, variables):
    try:
        found = Heading.parse(names, variables=variables)
    except MalformedError:
        return
    assert len(found.columns) == len(names)
    assert found.columns[found.mac].what == "mac"


@given(st.text(max_size=200))
def test_any_first_line_has_a_dialect(line):
    assert find_dialect("utf-8", line).delimiter in ",;\t|"
