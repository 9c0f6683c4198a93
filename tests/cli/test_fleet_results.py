"""How the end of a fleet is told: as text, as JSON, as a chart."""

import json

import pytest

from ringback.cisco.model import find_model
from ringback.cisco.profile import Profile
from ringback.cli.fleet_results import tell
from ringback.dns.resolver import Resolver
from ringback.mac import Mac
from ringback.phone.fleet import Fleet
from ringback.phone.identity import Identity
from ringback.phone.roll import Roll
from ringback.phone.timetable import Timetable

MODEL = find_model("8851")


@pytest.fixture
def made():
    """A fleet of two whose phones have applied nothing, and of whom one attempt failed."""
    who = Identity(MODEL, Mac.parse("000e08100000"), "FCH1")
    roll = Roll(who, Profile.factory(MODEL), 2)
    fleet = Fleet(roll, Timetable.boot_storm(2), Resolver())
    fleet.tally.begin(1.0, 0.0)
    fleet.tally.count(1.5, 0.5, "file not found", ok=False)
    return fleet


def test_file_and_standard_output_hold_the_same_object_and_the_chart_is_a_page(
    made, tmp_path, capsys
):
    result, chart = tmp_path / "storm.json", tmp_path / "storm.html"
    with pytest.raises(SystemExit) as ended:
        tell(made, result, chart, interrupted=False, as_json=True)
    assert ended.value.code == 1
    told = json.loads(capsys.readouterr().out)
    assert told == json.loads(result.read_text())
    assert (told["phones"], told["unapplied"], told["failed_attempts"]) == (2, 2, 1)
    assert chart.read_text().lower().startswith("<!doctype html")


def test_a_fleet_that_was_stopped_is_told_so_with_what_went_wrong(made, capsys):
    with pytest.raises(SystemExit):
        tell(made, None, None, interrupted=True, as_json=False)
    told = capsys.readouterr().out
    assert "0 of 2 phones have applied their profile" in told
    assert "stopped, call it again to go on" in told
    assert "1 times: file not found" in told


def test_a_fleet_whose_phones_have_all_applied_exits_0(made):
    made.done = 2
    with pytest.raises(SystemExit) as ended:
        tell(made, None, None, interrupted=False, as_json=True)
    assert ended.value.code == 0
