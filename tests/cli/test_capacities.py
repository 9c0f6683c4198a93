"""``ringback plan-capacity``, as run by a shell."""

import json
import subprocess
import sys

import pytest


def plan(*arguments, code=0):
    done = subprocess.run(
        [sys.executable, "-m", "ringback", "plan-capacity", *map(str, arguments)],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == code, done.stdout + done.stderr
    return done


def told(*arguments, code=0):
    return json.loads(plan(*arguments, "--json", code=code).stdout)


def test_it_reckons_the_load_of_the_factorys_settings():
    report = told("--count", 2000, "--model", "8851", "--hours", 2)
    assert report["settings"]["Resync_Random_Delay"] == "2"
    cut, steady = report["before"]["power_cut"], report["before"]["steady"]
    assert 45 < cut["peak_per_second"] < 100
    assert cut["served_after_seconds"] == pytest.approx(45 + 40, abs=2)
    assert steady["mean_per_second"] == pytest.approx(2000 / 3600, rel=0.02)
    assert "recommended" not in report


def test_it_recommends_delays_that_keep_the_rate():
    report = told("--count", 2000, "--model", "8851", "--hours", 2, "--max-rate", 20)
    assert report["reached"]
    assert set(report["recommended"]) == {"Resync_Random_Delay"}
    assert report["before"]["power_cut"]["peak_per_second"] > 20
    assert report["after"]["power_cut"]["peak_per_second"] <= 20
    assert report["after"]["power_cut"]["longest_queue"] == 0
    better = [f"{name}={value}" for name, value in report["recommended"].items()]
    tried = told("--count", 2000, "--model", "8851", "--hours", 2, "--set", *better)
    assert tried["before"]["power_cut"]["peak_per_second"] <= 20


def test_an_outage_makes_phones_fail_and_retry():
    report = told(
        "--count", 500, "--hours", 3, "--outage", 5, "--set", "Resync_Error_Retry_Delay=120+60"
    )
    assert report["before"]["power_cut"]["failed"] >= 500
    assert report["before"]["power_cut"]["served_after_seconds"] > 300
    assert report["before"]["steady"]["failed"] == 0


def test_settings_come_from_a_profile(tmp_path):
    file = tmp_path / "all.xml"
    file.write_text("<flat-profile><Resync_Random_Delay>9</Resync_Random_Delay></flat-profile>")
    report = told("--count", 100, "--hours", 1, "--profile", file)
    assert report["settings"]["Resync_Random_Delay"] == "9"
    assert report["before"]["power_cut"]["served_after_seconds"] > 45 + 9 * 20 * 0.8


def test_a_person_sees_a_table_and_a_chart(tmp_path):
    chart = tmp_path / "chart.html"
    done = plan("--count", 500, "--hours", 2, "--max-rate", 5, "--chart", chart)
    assert "Resync_Random_Delay" in done.stdout
    assert "no second sees more than 5 phones" in done.stdout
    page = chart.read_text()
    assert "Load of 500 phones after a power cut" in page
    assert "limit 5" in page


def test_what_cannot_be_kept_exits_1():
    done = plan(
        "--count", 5000, "--model", "SPA841", "--hours", 0.1, "--max-rate", 1,
        "--set", "Resync_Periodic=0", code=1,
    )  # fmt: skip
    assert "Resync_Random_Delay goes up to 65535 only" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--count", 0], 2, "0 phones"),
        (["--count", 10, "--max-rate", 0], 2, "--max-rate 0"),
        (["--count", 10, "--hours", 0], 2, "--hours 0"),
        (["--count", 10, "--outage", 9999], 2, "--outage 9999"),
        (["--count", 10, "--boot-seconds", -1], 2, "a time that is none"),
        (["--count", 10, "--model", "toaster"], 2, "toaster"),
        (["--count", 10, "--set", "Nope=1"], 2, "no parameter Nope"),
        (["--count", 10, "--profile", "/no/such/file"], 1, "no such file"),
    ],
)
def test_wrong_options_get_one_clear_error(arguments, code, said):
    done = plan(*arguments, code=code)
    assert said in done.stderr + done.stdout
    assert "Traceback" not in done.stderr
