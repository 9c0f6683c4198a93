"""The nearest name: right for the usual slips, and cheap for nonsense."""

from hypothesis import given
from hypothesis import strategies as st

from ringback.files.nearest import Index


def test_case_alone_is_the_nearest_of_all() -> None:
    index = Index(["spa000e08abcdee.cfg", "spa000e08ABCDEF.cfg"])
    assert index.nearest("spa000e08abcdef.cfg") == "spa000e08ABCDEF.cfg"


def test_a_slip_at_the_start_is_found_by_the_end() -> None:
    names = [f"spa{number:04}.cfg" for number in range(5000)] + ["zz-dialplan-berlin.xml"]
    assert Index(names).nearest("dialplan-berlin.xml") == "zz-dialplan-berlin.xml"


def test_nothing_alike_is_nothing() -> None:
    assert Index(["basic.txt"]).nearest("0000-9999.bin") == ""
    assert Index([]).nearest("x") == ""


@given(st.lists(st.text(min_size=1)), st.text())
def test_what_is_suggested_is_there(names: list[str], wanted: str) -> None:
    nearest = Index(names).nearest(wanted)
    assert nearest == "" or nearest in names


@given(st.text(min_size=1, max_size=80))
def test_a_name_is_nearest_to_itself(name: str) -> None:
    assert Index([name]).nearest(name) == name
