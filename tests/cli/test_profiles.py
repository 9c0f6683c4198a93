"""``ringback profile lint`` and ``show`` as typed: the installed program, in its own process."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

RINGBACK = str(Path(sys.executable).parent / "ringback")
FINE = b"<flat-profile>\n<GPP_A>12345678</GPP_A>\n</flat-profile>\n"
WRONG = b"<flat-profile>\n<gpp_a>1</gpp_a>\n<Resync_Periodic>5</Resync_Periodic>\n</flat-profile>\n"
SECRET = b'<flat-profile><Admin_Password ua="na">geheim</Admin_Password><GPP_B/></flat-profile>'


@pytest.fixture
def profile(tmp_path):
    """Type ``ringback profile …`` in a folder with three profiles."""
    for name, data in (("fine.xml", FINE), ("wrong.xml", WRONG), ("secret.xml", SECRET)):
        (tmp_path / name).write_bytes(data)

    def run(*arguments, stdin=b""):
        return subprocess.run(
            [RINGBACK, "profile", *arguments],
            cwd=tmp_path,
            input=stdin,
            capture_output=True,
            check=False,
        )

    return run


def test_a_profile_without_fault_exits_0(profile):
    done = profile("lint", "fine.xml", "--model", "7832")

    assert done.returncode == 0
    assert done.stdout == b"fine.xml: nothing to say for CP-7832-3PCC\n"
    assert done.stderr == b""


def test_an_error_exits_1_and_every_finding_has_its_place(profile):
    done = profile("lint", "wrong.xml", "--model", "SPA504G")
    lines = done.stdout.decode().splitlines()

    assert done.returncode == 1
    assert lines[0].startswith("wrong.xml:2:1: error: gpp_a: ")
    assert lines[1].startswith("wrong.xml:3:1: warning: Resync_Periodic: ")
    assert lines[2] == "wrong.xml: 1 error, 1 warning for SPA504G"


def test_warnings_exit_1_only_when_strict(profile):
    text = b"<flat-profile><Resync_Periodic>5</Resync_Periodic></flat-profile>"

    assert profile("lint", "-", stdin=text).returncode == 0
    assert profile("lint", "-", "--strict", stdin=text).returncode == 1
    assert profile("lint", "fine.xml", "--strict").returncode == 0


def test_json_is_one_object_and_nothing_else(profile):
    done = profile("lint", "fine.xml", "wrong.xml", "--model", "8841", "--json")
    report = json.loads(done.stdout)

    assert done.returncode == 1
    assert report["model"] == "CP-8841-3PCC"
    assert (report["errors"], report["warnings"], report["hints"]) == (1, 1, 0)
    assert [each["file"] for each in report["files"]] == ["fine.xml", "wrong.xml"]
    assert report["files"][0]["findings"] == []
    assert report["files"][1]["findings"][0] == {
        "severity": "error",
        "line": 2,
        "column": 1,
        "parameter": "gpp_a",
        "text": "names are case-sensitive, this one is ignored",
        "remedy": "write GPP_A",
    }


def test_a_file_that_is_no_profile_is_a_finding_not_a_failure(profile):
    done = profile("lint", "-", stdin=b"<html><body>404</body></html>")

    assert done.returncode == 1
    assert done.stdout.startswith(b"-:1:1: error: no <flat-profile>")
    assert done.stderr == b""


def test_a_sealed_profile_is_linted_with_its_key(profile):
    assert profile("seal", "wrong.xml", "--gzip", "--key", "k", "-o", "w").returncode == 0

    assert b"w:2:1: error: gpp_a" in profile("lint", "w", "--key", "k").stdout
    assert b"w:1:1: error: the key opens nothing" in profile("lint", "w", "--key", "x").stdout
    assert profile("lint", "w").returncode == 1


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (("lint",), 2),
        (("lint", "fine.xml", "--model", "nonsense"), 2),
        (("lint", "fine.xml", "--nonsense"), 2),
        (("lint", "missing.xml"), 1),
        (("show",), 2),
        (("show", "fine.xml", "--model", "nonsense"), 2),
        (("show", "missing.xml"), 1),
    ],
)
def test_wrong_usage_exits_2_and_a_missing_file_1(profile, arguments, status):
    done = profile(*arguments)

    assert done.returncode == status
    assert done.stdout == b""
    assert done.stderr
    assert b"Traceback" not in done.stderr


def test_show_lists_what_a_phone_reads_secrets_too(profile):
    done = profile("show", "secret.xml")

    assert done.returncode == 0
    assert done.stdout.decode().splitlines() == [
        "NAME            VALUE        UA",
        "Admin_Password  geheim       na",
        "GPP_B           <- no value  -",
    ]


def test_show_knows_a_models_defaults(profile):
    text = b"<flat-profile><Resync_Periodic>60</Resync_Periodic><X>1</X></flat-profile>"
    done = profile("show", "-", "--model", "SPA504G", stdin=text)

    assert done.stdout.decode().splitlines() == [
        "NAME             VALUE  UA  DEFAULT",
        "Resync_Periodic  60     -   3600",
        "X                1      -   <- unknown name",
    ]


def test_show_in_json(profile):
    report = json.loads(profile("show", "secret.xml", "--model", "8841", "--json").stdout)

    assert report["error"] is None
    assert report["parameters"][1] == {
        "name": "GPP_B",
        "value": None,
        "ua": None,
        "preserve": False,
        "line": 1,
        "column": 62,
        "known": True,
        "default": "",
    }


def test_show_refuses_half_a_profile_with_its_place(profile):
    done = profile("show", "-", "--json", stdin=FINE[:39])

    assert done.returncode == 1
    assert json.loads(done.stdout)["error"].startswith("-:1:1: <flat-profile> is not closed")
    assert done.stderr.startswith(b"ringback: -:1:1: ")


def test_show_opens_a_sealed_profile(profile):
    profile("seal", "fine.xml", "--gzip", "--key", "k", "-o", "sealed")

    assert b"12345678" in profile("show", "sealed", "--key", "k").stdout
    assert profile("show", "sealed", "--key", "x").returncode == 1
    assert profile("show", "sealed").returncode == 1
