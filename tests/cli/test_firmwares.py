"""``ringback firmware make`` and ``show`` as typed."""

import json
import subprocess
import sys

import pytest

from ringback.cisco import image

LOAD = "sip88xx.12-0-1MPP0001-100"


@pytest.fixture
def run(tmp_path):
    def typed(*arguments):
        command = [sys.executable, "-m", "ringback", "firmware", *arguments]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    return typed


def test_an_image_for_models_of_dotted_versions(run, tmp_path):
    done = run("make", ".", "--model", "504G", "--model", "508G", "--version", "7.6.3")
    assert done.stdout.endswith("Upgrade_Rule: http://SERVER/spa504g-7.6.3.bin\n")
    found = image.read((tmp_path / "spa504g-7.6.3.bin").read_bytes())
    assert found.models == ("SPA504G", "SPA508G")


@pytest.mark.parametrize("typed", [LOAD, f"{LOAD}.loads"])
def test_a_list_and_its_image_for_models_of_dashed_versions(run, tmp_path, typed):
    told = json.loads(run("make", ".", "--model", "8851", "--version", typed, "--json").stdout)
    assert told == {
        "files": [f"{LOAD}.bin", f"{LOAD}.loads"],
        "rule": f"http://SERVER/{LOAD}.loads",
    }
    (part,) = image.read((tmp_path / f"{LOAD}.loads").read_bytes()).parts
    part.check((tmp_path / part.name).read_bytes())
    shown = run("show", f"{LOAD}.loads").stdout
    assert shown.startswith(f"{LOAD} for CP-8851-3PCC\n  names {LOAD}.bin, ")


def test_show_refuses_what_was_cut_short(run, tmp_path):
    run("make", ".", "--model", "504G", "--version", "7.6.3")
    file = tmp_path / "spa504g-7.6.3.bin"
    file.write_bytes(file.read_bytes()[:-1])
    done = run("show", file.name)
    assert done.returncode == 1
    assert "bytes and should have" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((".", "--model", "8851", "--version", "7.6.3"), "is no version of CP-8851-3PCC"),
        ((".", "--model", "8851", "--model", "504G", "--version", LOAD), "is no version of"),
        ((".", "--model", "504G", "--version", "new"), "not a version"),
        ((".", "--model", "504G", "--version", "7.6.3", "--size", "-1"), "bytes of filler"),
        (("none", "--model", "504G", "--version", "7.6.3"), "no folder"),
        ((".", "--model", "none", "--version", "7.6.3"), "unknown phone model"),
        ((".", "--version", "7.6.3"), "--model"),
    ],
)
def test_wrong_usage_is_said_and_writes_nothing(run, tmp_path, arguments, said):
    done = run("make", *arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert list(tmp_path.iterdir()) == []
