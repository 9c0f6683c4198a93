"""A fleet against our server, both as processes: killed, gone on with, taken apart, looked at."""

import contextlib
import json
import os
import pty
import subprocess
import sys
import time
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright
from tests.house.started import ringback

from ringback import clock
from ringback.cisco.model import find_model
from ringback.cisco.profile import Profile
from ringback.cli.processes import Process
from ringback.errors import RingbackError
from ringback.phone.advice import plan_of
from ringback.phone.capacity import Course, Situation, simulate
from ringback.phone.memory import Memory

COUNT = 300
FLAGS = [
    "--no-sandbox", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run", "--no-default-browser-check",
]  # fmt: skip


def storm(server, *arguments, count=COUNT, name="basic.txt", scheme="tftp", model="SPA841"):
    """The arguments of a fleet; a SPA841 reckons its random delay in seconds."""
    return [
        "phone", "fleet", "--count", str(count), "--model", model, "--boot-seconds", "0",
        "--server", server.url(name, scheme), "--seed", "4", *map(str, arguments),
    ]  # fmt: skip


def ended(state):
    """The log's lines: [phone, at, took, ok, retry, error?]."""
    try:
        text = (state / "log.jsonl").read_text()
    except FileNotFoundError:
        return []
    return [json.loads(line) for line in text.splitlines() if line.endswith("]")]


def until(condition, within=30.0):
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def gpp_a(path: Path):
    return Memory.parse(path.read_bytes()).values.get("GPP_A")


def flashes(state):
    return sorted(each for each in (state / "phones").iterdir() if "." not in each.name)


@pytest.mark.parametrize("scheme", ["tftp", "http"])
def test_a_storm_that_is_killed_goes_on_and_nobody_applies_twice(server, tmp_path, scheme):
    state, result = tmp_path / "fleet", tmp_path / "result.json"
    arguments = storm(
        server, "--state", state, "--set", "Resync_Random_Delay=3", "--result", result,
        scheme=scheme,
    )  # fmt: skip
    with Process(arguments) as first:
        until(lambda: len(ended(state)) >= 50)
        first.cut_power()
    done = {line[0] for line in ended(state)}
    assert 50 <= len(done) < COUNT
    again = ringback(*arguments)
    assert again.returncode == 0, again.stdout + again.stderr
    assert f"{COUNT} of {COUNT} phones have applied" in again.stdout
    told = json.loads(result.read_text())
    assert (told["phones"], told["applied"], told["failed_attempts"]) == (COUNT, COUNT, 0)
    assert sum(row[2] for row in told["load"]) == told["applied_attempts"]
    # What was in the log is not asked again; what the kill cut out of the log may be.
    phones = [line[0] for line in ended(state)]
    assert sorted(set(phones)) == list(range(COUNT))
    assert all(phones.count(number) == 1 for number in done)
    assert [gpp_a(each) for each in flashes(state)] == ["12345678"] * COUNT


def test_a_phone_is_swapped_out_of_the_storm_and_back(server, tmp_path):
    state = tmp_path / "fleet"
    settings = ["--set", "Resync_Random_Delay=0", "--set", "Resync_Error_Retry_Delay=2"]
    arguments = storm(server, "--state", state, *settings, name="later.txt")
    with Process(arguments) as fleet:
        until(lambda: len({line[0] for line in ended(state)}) == COUNT)
        mine = flashes(state)[7]
        with _run(mine) as single:
            single.wait_for("is up")
            (server.root / "later.txt").write_text(
                "<flat-profile><GPP_A>from a file that came later</GPP_A></flat-profile>"
            )
            single.wait_for("Successful resync")
            until(lambda: len({line[0] for line in ended(state) if line[3]}) == COUNT - 1)
            assert fleet.running
            assert 7 not in {line[0] for line in ended(state) if line[3]}
        assert gpp_a(mine) == "from a file that came later"
        assert fleet.wait() == 0
    assert 7 in {line[0] for line in ended(state) if line[3]}
    assert {gpp_a(each) for each in flashes(state)} == {"from a file that came later"}


def _run(flash):
    """``phone run`` with the flash of one of the fleet's phones, between two of its attempts."""
    for _ in range(20):
        process = Process(["phone", "run", "--state", str(flash), "--boot-seconds", "0"])
        try:
            process.wait_for("starts")
        except RingbackError:
            process.stop()
        else:
            return process
    raise AssertionError("the flash was never free")


def test_it_stops_when_told_to_and_says_so(server, tmp_path):
    arguments = storm(server, "--state", tmp_path / "fleet", "--set", "Resync_Random_Delay=60")
    with Process(arguments) as fleet:
        fleet.wait_for("phones SPA841 000e08100000 to 000e0810012b, boot-storm")
        until(lambda: ended(tmp_path / "fleet"))
        fleet.stop()
        assert fleet.wait() == 1
        assert fleet.wait_for("stopped, call it again to go on")


def test_the_load_is_as_it_was_reckoned(server, tmp_path):
    """plan-capacity against a real fleet: how its phones spread after a power cut and after."""
    result = tmp_path / "result.json"
    settings = {"Resync_Random_Delay": "8", "Resync_Periodic": "5+3"}
    typed = [text for name, value in settings.items() for text in ("--set", f"{name}={value}")]
    for _ in range(4):
        done = ringback(*storm(server, *typed, "--for", "16", "--result", result, count=200))
        assert done.returncode == 0, done.stdout
        told = json.loads(result.read_text())
        if told["seconds"]["late_p99"] < 0.3:  # Else this machine was busy with something else.
            break
    measured = {row[0]: row[1] for row in told["load"] if row[0] < 16}
    profile, _ = Profile.factory(find_model("SPA841")).set(settings)
    course = Course(Situation.CUT, 200, hours=16 / 3600, boot=0.0, attempt=0.02)
    reckoned = simulate(plan_of(profile), course, clock.dice(9)).arrivals
    assert sum(reckoned) == pytest.approx(sum(measured.values()), rel=0.08)
    far = early = late = 0.0
    for second in range(16):
        early += measured.get(second, 0) / sum(measured.values())
        late += reckoned[second] / sum(reckoned)
        far = max(far, abs(early - late))
    assert far < 0.1


def test_a_timetable_and_a_compressed_day(server, tmp_path):
    table, result = tmp_path / "table.txt", tmp_path / "result.json"
    table.write_text("0 on all\n3600 off 1-10\n7200 on 1-10 over 60\n")
    done = ringback(*storm(
        server, "--schedule", table, "--speed", "1000", "--for", "9000", "--result", result,
        "--set", "Resync_Periodic=1000", count=20,
    ))  # fmt: skip
    assert done.returncode == 0, done.stdout
    told = json.loads(result.read_text())
    assert told["seconds_elapsed"] >= 9000
    # 10 phones all the time, 10 phones without the hour that they are off.
    assert told["applied_attempts"] == pytest.approx(10 * 9 + 10 * (4 + 2), abs=25)


def test_the_chart_is_seen_in_a_browser(server, tmp_path, program):
    chart = tmp_path / "chart.html"
    done = ringback(*storm(server, "--set", "Resync_Random_Delay=3", "--chart", chart, count=100))
    assert done.returncode == 0, done.stdout
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program("chromium"), args=FLAGS)
        for scheme in ("light", "dark"):
            page = browser.new_page(color_scheme=scheme)
            page.goto(chart.as_uri())
            assert page.title() == "100 phones: 100 have applied their profile"
            drawing = page.get_by_role("img", name=page.title())
            line = page.locator("path.line").first
            outside, inside = drawing.bounding_box(), line.bounding_box()
            assert outside
            assert inside
            assert outside["width"] > 600
            assert inside["height"] > 100
            back, ink = (
                page.evaluate(f"getComputedStyle(document.body).{name}")
                for name in ("backgroundColor", "color")
            )
            assert back != ink
        browser.close()


def test_a_terminal_shows_how_things_stand_and_keeps_the_result_only(server):
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "ringback", *storm(server, "--set", "Resync_Random_Delay=1")]
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "150", "LINES": "40"}
    with subprocess.Popen(command, stdout=theirs, env=environment) as process:
        os.close(theirs)
        shown = b""
        with contextlib.suppress(OSError):  # EIO: the other end is closed
            while piece := os.read(ours, 65536):
                shown += piece
        assert process.wait(30) == 0
    os.close(ours)
    text = shown.decode()
    for name in ("due", "in flight", "applied", "failed", "retries", "p50", "p99"):
        assert name in text
    assert text.count("in flight") > 2
    assert f"{COUNT} of {COUNT} phones have applied" in text[text.rindex("in flight") :]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--count", "0"], 2, "0 phones"),
        (["--count", "2", "--speed", "0.5"], 2, "--speed 0.5"),
        (["--count", "2", "--schedule", "no-such-file"], 2, "boot-storm, steady or a file"),
        (["--count", "2", "--at-work", "0"], 2, "--at-work 0"),
        (["--count", "2", "--for", "-1"], 2, "--for -1"),
        (["--count", "2", "--boot-seconds", "-1"], 2, "--boot-seconds -1"),
        (["--count", "2", "--set", "Nope=1"], 2, "no parameter Nope"),
        (["--count", "2", "--serial", "FCH1"], 2, "--serial for a fleet"),
        (["--count", "2", "--state", "/dev/null"], 1, "is a file"),
        (["--count", "9", "--mac", "fffffffffffe"], 2, "start at a lower --mac"),
        (["--count", "2", "--result", "/dev/null/x"], 1, "/dev/null/x cannot be written"),
        (["--count", "2", "--chart", "/dev/shm"], 1, "/dev/shm cannot be written"),
    ],
)
def test_wrong_options_get_one_clear_error(arguments, code, said):
    done = ringback("phone", "fleet", *arguments)
    assert done.returncode == code
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_another_fleet_is_not_let_into_the_folder(server, tmp_path):
    arguments = ["--set", "Resync_Random_Delay=0", "--state", tmp_path / "fleet"]
    assert ringback(*storm(server, *arguments, count=2)).returncode == 0
    other = ringback(*storm(server, *arguments, count=3))
    assert other.returncode == 1
    assert "holds another fleet: count differ" in other.stderr
