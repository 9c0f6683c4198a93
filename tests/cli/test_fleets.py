"""``ringback phone fleet``: what its options mean. tests/house/test_fleet.py runs it for real."""

import json
import subprocess
import sys

import pytest

from ringback import clock
from ringback.cisco.model import find_model
from ringback.cli import fleets
from ringback.cli.unit import Unit
from ringback.errors import MalformedError, UsageError
from ringback.mac import Mac
from ringback.phone.handset import Handset
from ringback.phone.identity import Identity
from ringback.phone.timetable import Timetable


def fleet(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "ringback", "phone", "fleet", *map(str, arguments)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def phone(**values):
    made = Handset(Identity(find_model("8851"), Mac("000e08100000"), "FCH1"), clock.dice())
    made.profile, _ = made.profile.set(values)
    return made


@pytest.mark.parametrize(
    ("server", "rule", "dhcp"),
    [
        (None, None, None),
        ("http://192.0.2.1/$MA.xml", "http://192.0.2.1/$MA.xml", None),
        ("[--key x]tftp://h/y", "[--key x]tftp://h/y", None),
        ("192.0.2.1", None, "192.0.2.1"),
        ("192.0.2.1:6900", "tftp://192.0.2.1:6900/$MA.xml", None),
    ],
)
def test_a_server_is_a_rule_or_what_dhcp_gives(server, rule, dhcp):
    found, unit = fleets._rule(server, Unit())
    assert (found, unit.dhcp_tftp) == (rule, dhcp)


@pytest.mark.parametrize(
    ("periodic", "seconds"), [("3600", 3600), ("60,600+300", 750), ("0", 3600), ("nonsense", 3600)]
)
def test_steady_spreads_over_the_period_that_repeats(periodic, seconds):
    table = fleets._timetable("steady", 10, phone(Resync_Periodic=periodic))
    assert table == Timetable.steady(10, seconds)


def test_a_schedule_is_a_name_or_a_file(tmp_path):
    file = tmp_path / "table"
    file.write_text("0 on all\n")
    assert fleets._timetable(str(file), 3, phone()) == Timetable.boot_storm(3)
    assert fleets._timetable("boot-storm", 3, phone()) == Timetable.boot_storm(3)
    file.write_text("0 on 9\n")
    with pytest.raises(MalformedError, match="no phones 9 in a fleet of 3"):
        fleets._timetable(str(file), 3, phone())
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match="no schedule"):
        fleets._timetable(str(file), 3, phone())


def test_json_is_one_object_and_nothing_else():
    done = fleet("--count", 3, "--set", "Resync_On_Reset=No", "--boot-seconds", 0, "--json")
    told = json.loads(done.stdout)
    assert (told["phones"], told["applied"], told["attempts"]) == (3, 0, 0)
    assert done.returncode == 1
    assert done.stderr == ""


def test_what_fails_is_told_with_its_reason(tmp_path):
    state = tmp_path / "fleet"
    done = fleet(
        "--count", 4, "--server", "tftp://127.0.0.1:1/x", "--set", "Resync_Random_Delay=0",
        "--set", "Resync_Error_Retry_Delay=0", "--boot-seconds", 0, "--state", state, "--sync",
    )  # fmt: skip
    assert done.returncode == 1
    assert "each save is forced to the disk" in done.stdout
    assert "0 of 4 phones have applied" in done.stdout
    assert "4 times: tftp_get failed" in done.stdout
    assert len([each for each in (state / "phones").iterdir() if "." not in each.name]) == 4


def test_a_schedule_that_is_wrong_names_its_line(tmp_path):
    file = tmp_path / "table"
    file.write_text("0 on all\n5 jump 1\n")
    done = fleet("--count", 2, "--schedule", file)
    assert done.returncode == 1
    assert f"{file}:2: not an event" in done.stderr
    assert "Traceback" not in done.stderr
