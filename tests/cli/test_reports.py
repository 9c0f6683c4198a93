"""``ringback report show`` and ``report diff`` as typed; openssl seals what they open."""

import json
import subprocess
import sys

import pytest

from ringback.cisco import report
from ringback.cisco.model import find_model
from ringback.cisco.profile import Profile

MODEL = find_model("7832")
PHONE = Profile.factory(MODEL).set(
    {
        "GPP_A": "1",
        "GPP_B": "line\tbreak",
        "GPP_SA": "hidden",
        "Profile_Rule": "[--key k]http://h/x",
        "Resync_On_Reset": "Yes",
    }
)[0]


def masked(text):
    return text.replace("--key k", "--key *************")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "full.xml").write_bytes(report.full(PHONE, shown=masked))
    (tmp_path / "delta.xml").write_bytes(report.delta(PHONE, ["GPP_A"]))
    (tmp_path / "status.xml").write_bytes(report.status([("Software Version", "7.6.2f")]))
    return tmp_path


@pytest.fixture
def run(folder):
    def typed(*arguments):
        command = [sys.executable, "-m", "ringback", "report", *arguments]
        return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)

    return typed


def wanted(folder, **values):
    inside = "".join(f"<{name}>{value}</{name}>" for name, value in values.items())
    (folder / "p.xml").write_text(f"<flat-profile>{inside}</flat-profile>")


def test_show_says_what_kind_and_each_line(run):
    done = run("show", "status.xml")
    assert done.stdout == "Software_Version = 7.6.2f\n"
    assert "a status report of 1 lines" in done.stderr


def test_show_narrows_to_names_and_hides_control_characters(run):
    assert run("show", "full.xml", "--name", "GPP_B").stdout == "GPP_B = line\u2409break\n"


def test_show_as_json(run):
    shown = json.loads(run("show", "delta.xml", "--json").stdout)
    assert shown == {"kind": "delta", "values": {"GPP_A": "1"}}


def test_what_openssl_sealed_is_opened_with_its_key(run, folder, program):
    sealed = ["enc", "-aes-256-cbc", "-md", "md5", "-k", "a b", "-in", "full.xml", "-out", "s"]
    subprocess.run([program("openssl"), *sealed], cwd=folder, check=True, capture_output=True)
    assert run("show", "s", "--key", "a b", "--name", "GPP_A").stdout == "GPP_A = 1\n"
    wrong = run("show", "s", "--key", "wrong")
    assert wrong.returncode == 1
    assert "Traceback" not in wrong.stderr


def test_a_phone_that_has_what_is_wanted_has_no_difference(run, folder):
    wanted(folder, GPP_A="1", GPP_SA="secret", Profile_Rule="[--key other]http://h/x")
    done = run("diff", "full.xml", "p.xml")
    assert (done.returncode, "no difference" in done.stdout) == (0, True)
    assert "not compared, a phone never reports them: GPP_SA" in done.stdout


def test_a_difference_names_both_sides_and_exits_1(run, folder):
    wanted(folder, GPP_A="2", No_Such_Setting="x")
    done = run("diff", "full.xml", "p.xml")
    assert done.returncode == 1
    assert "GPP_A\n  phone   1\n  wanted  2\n" in done.stdout
    assert "No_Such_Setting\n  phone   does not report it\n" in done.stdout
    told = json.loads(run("diff", "full.xml", "p.xml", "--json").stdout)
    assert told["changed"] == {"GPP_A": {"phone": "1", "wanted": "2"}}


def test_a_bool_in_other_words_is_equal_once_the_model_is_known(run, folder):
    wanted(folder, Resync_On_Reset="1")
    assert run("diff", "full.xml", "p.xml").returncode == 1
    assert run("diff", "full.xml", "p.xml", "--model", "7832").returncode == 0


def test_of_a_delta_only_what_it_names_is_compared(run, folder):
    wanted(folder, GPP_A="1", GPP_P="never told")
    assert run("diff", "delta.xml", "p.xml").returncode == 0


def test_a_status_is_no_configuration(run, folder):
    wanted(folder)
    done = run("diff", "status.xml", "p.xml")
    assert done.returncode == 2
    assert "is a status" in done.stderr


@pytest.mark.parametrize("name", ["none.xml", "empty"])
def test_what_is_no_report_is_one_clear_error(run, folder, name):
    (folder / "empty").touch()
    done = run("show", name)
    assert done.returncode == 1
    assert done.stderr.startswith("ringback: ")
    assert done.stderr.count("\n") == 1
