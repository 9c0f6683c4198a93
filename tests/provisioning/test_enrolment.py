import pytest

from ringback.errors import MalformedError
from ringback.mac import Mac
from ringback.provisioning.device import Device
from ringback.provisioning.enrolment import applied, merged, read
from ringback.provisioning.heading import Heading
from ringback.provisioning.line import Line
from ringback.provisioning.spreadsheet import Row

MAC = Mac("000e08abcdef")


def said(names, cells, *, row=2, clear=False):
    heading = Heading.parse(names.split(","))
    return read(Row(row, tuple(cells.split(","))), heading, clear=clear)


def test_a_row_becomes_a_device_and_its_password_a_secret():
    names = "mac,model,site,tags,line1_user,line1_password,line2_name,var.desk,line1_var.queue"
    device, secrets = applied(said(names, f"{MAC},8851,hq,b a,200,pw,Bob,7,q"), None)
    assert device == Device(
        MAC, "CP-8851-3PCC", site="hq", tags=frozenset("ab"), variables={"desk": "7"},
        lines=(
            Line(1, "200", f"{{{{ secret('line/{MAC}/1') }}}}", variables={"queue": "q"}),
            Line(2, display_name="Bob"),
        ),
    )  # fmt: skip
    assert secrets == {f"line/{MAC}/1": "pw"}


def test_an_empty_cell_leaves_what_is_there_and_takes_it_away_only_when_told():
    old = Device(
        MAC, "SPA504G", site="hq", group="x", lines=(Line(1, "200", "pw"), Line(2, "201")),
        variables={"desk": "7"}, locked=True, key=3,
    )  # fmt: skip
    names = "mac,model,site,user,password,line2_user,var.desk"
    cells = f"{MAC},,,,,,"
    assert applied(said(names, cells), old)[0] == old
    cleared, _ = applied(said(names, cells, clear=True), old)
    assert (cleared.site, cleared.group, cleared.variables) == ("", "x", {})
    assert cleared.lines == (Line(1, "", "pw"),)
    assert (cleared.locked, cleared.key, cleared.model) == (True, 3, "SPA504G")


@pytest.mark.parametrize(
    ("names", "cells", "column", "why"),
    [
        ("mac,model", f"{MAC},9999", "model", "unknown phone model"),
        ("mac,model", f"{MAC},", "model", "without a model"),
        ("mac,model,line5_user", f"{MAC},SPA504G,1", "user", "a line 5: SPA504G has 4"),
        ("mac,model,Standort", f"{MAC},8851,=A1", "Standort", "a formula"),
        ("mac,model,site", f"{MAC},8851,{'x' * 200}", "site", "longer than 128"),
        ("mac,model", f"{MAC},8851,x", "", "3 cells under 2 columns"),
        ("Hardware Address,model", "1.2E+11,8851", "Hardware Address", "a number"),
        ("mac,model,line", f"{MAC},8851,zero", "line", "not the number of a line"),
    ],
)
def test_a_bad_row_is_refused_with_row_column_and_remedy(names, cells, column, why):
    with pytest.raises(MalformedError, match=why) as caught:
        applied(said(names, cells), None)
    assert caught.value.place.name == column
    assert caught.value.place.line == 2


def test_rows_of_one_device_are_one():
    names = "mac,model,line,user"
    parts = [said(names, f"{MAC},8851,2,201"), said(names, f"{MAC},,1,200", row=5)]
    device, _ = applied(merged(parts, Heading.parse(names.split(","))), None)
    assert device.lines == (Line(1, "200"), Line(2, "201"))


@pytest.mark.parametrize(
    ("second", "why"),
    [("8851,1,9", "row 2 has line 1 of this device too"), ("7841,2,9", "model is '7841' here")],
)
def test_rows_that_contradict_each_other_are_both_named(second, why):
    names = "mac,model,line,user"
    parts = [said(names, f"{MAC},8851,1,1"), said(names, f"{MAC},{second}", row=7)]
    with pytest.raises(MalformedError, match=why) as caught:
        merged(parts, Heading.parse(names.split(",")))
    assert caught.value.place.line == 7
