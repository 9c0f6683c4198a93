import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.errors import StorageError
from ringback.mac import Mac
from ringback.phone.depot import Depot, Ended
from ringback.phone.memory import Memory

FACTS = {"model": "CP-8851-3PCC", "count": 3, "schedule": "boot-storm"}
MAC = Mac("000e08100000")


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "fleet"


def test_what_was_noted_is_there_for_the_next_run(folder):
    first, second = (
        Ended(0, 1.5, 0.25, ok=True),
        Ended(2, 2.0, 0.5, ok=False, retry=True, error="tftp_get failed"),
    )
    depot = Depot(folder, FACTS)
    depot.note(first)
    depot.flush()
    depot.note(second)
    depot.close()
    again = Depot(folder, FACTS)
    assert list(again.ended()) == [first, second]
    again.close()


def test_lines_wait_for_their_batch(folder):
    depot = Depot(folder, FACTS)
    depot.note(Ended(0, 1.5, 0.25, ok=True))
    assert list(depot.ended()) == []
    depot.flush()
    assert len(list(depot.ended())) == 1
    depot.close()


def test_a_line_that_a_kill_cut_off_spoils_no_other(folder):
    depot = Depot(folder, FACTS)
    depot.note(Ended(0, 1.5, 0.25, ok=True))
    depot.close()
    with (folder / "log.jsonl").open("ab") as file:
        file.write(b"[1, 2.0, 0.")
    again = Depot(folder, FACTS)
    again.note(Ended(2, 3.0, 0.25, ok=True))
    again.flush()
    assert [each.index for each in again.ended()] == [0, 2]
    again.close()


def test_a_folder_is_for_one_fleet_at_a_time(folder):
    depot = Depot(folder, FACTS)
    with pytest.raises(StorageError, match="used by another"):
        Depot(folder, FACTS)
    depot.close()
    Depot(folder, FACTS).close()


def test_a_folder_is_for_one_fleet_only(folder):
    Depot(folder, FACTS).close()
    with pytest.raises(StorageError, match="holds another fleet: count differ"):
        Depot(folder, {**FACTS, "count": 4})
    Depot(folder, FACTS).close()


def test_a_damaged_description_is_reported_and_left_alone(folder):
    Depot(folder, FACTS).close()
    (folder / "fleet.json").write_text("{")
    with pytest.raises(StorageError, match="damaged"):
        Depot(folder, FACTS)
    assert (folder / "fleet.json").read_text() == "{"


def test_a_folder_that_cannot_be_had_is_an_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="cannot keep a fleet"):
        Depot(tmp_path / "file" / "fleet", FACTS)


def test_a_phones_flash_is_the_file_that_a_single_phone_uses(folder):
    depot = Depot(folder, FACTS)
    flash = depot.flash(MAC)
    flash.save(Memory("CP-8851-3PCC", str(MAC), "FCH00000001", {"GPP_A": "x"}))
    with pytest.raises(StorageError, match="used by another phone"):
        depot.flash(MAC)
    flash.close()
    assert Memory.parse((folder / "phones" / str(MAC)).read_bytes()).values == {"GPP_A": "x"}
    depot.close()


def test_the_mark_of_a_flash_changes_with_each_save(folder):
    depot = Depot(folder, FACTS)
    flash = depot.flash(MAC)
    marks = [flash.mark()]
    for value in "ab":
        flash.save(Memory("CP-8851-3PCC", str(MAC), "FCH00000001", {"GPP_A": value}))
        marks.append(flash.mark())
    assert len(set(marks)) == 3
    assert flash.mark() == marks[-1]
    flash.close()
    depot.close()


@pytest.mark.parametrize("forced", [True, False])
def test_a_save_leaves_no_half_written_file_behind(folder, forced):
    depot = Depot(folder, FACTS, forced=forced)
    flash = depot.flash(MAC)
    flash.save(Memory("CP-8851-3PCC", str(MAC), "FCH00000001"))
    flash.close()
    depot.close()
    assert sorted(each.name for each in (folder / "phones").iterdir()) == [
        str(MAC), f"{MAC}.lock",
    ]  # fmt: skip


ENDS = st.builds(
    Ended,
    st.integers(0, 10**6),
    st.integers(0, 10**9).map(lambda each: each / 1000),
    st.integers(0, 10**6).map(lambda each: each / 10000),
    st.booleans(),
    st.booleans(),
    st.text(max_size=100),
)


@given(ENDS)
def test_what_is_written_is_read(ended):
    line = str(ended)
    assert "\n" not in line
    assert Ended.parse(line) == ended


@given(st.text() | st.recursive(st.none() | st.floats() | st.text(), st.lists).map(json.dumps))
def test_any_line_is_read_or_passed_over(text):
    Ended.parse(text)
