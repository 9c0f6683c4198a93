"""A table of phones and an old TFTP folder, brought in by the command line and served."""

import csv
import io
import json
import subprocess

import pytest
from tests.house.started import ringback, serve

from ringback.cisco import flat_profile
from ringback.cisco.parameter import Parameter


@pytest.fixture
def run(tmp_path):
    def run(*words):
        return ringback(*words, "--store", str(tmp_path / "fleet.db"), cwd=tmp_path)

    return run


def test_a_windows_table_is_imported_shown_and_undone(tmp_path, run):
    table = tmp_path / "phones.csv"
    table.write_bytes(
        "MAC-Adresse;Modell;Standort;Durchwahl;Passwort;Name\r\n"
        "00:0E:08:00:00:01;8851;Köln;200;swordfish;Ärmel\r\n"
        '00-0e-08-00-00-02;SPA504G;Köln;201;"a;b""c";Bob\r\n'.encode("cp1252")
    )
    done = run("device", "import", str(table), "--yes", "-o", "json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["summary"]["new"] == 2
    assert "swordfish" not in done.stdout + done.stderr
    shown = run("device", "show", "000e08000001", "-o", "json").stdout
    assert json.loads(shown)["site"] == "Köln"
    assert "swordfish" not in shown
    assert "line/000e08000002/1" in run("secret", "list").stdout

    undone = run("device", "import", "--undo")
    assert "Undone: the import of phones.csv" in undone.stdout
    assert run("device", "list", "-o", "json").stdout.strip() == "[]"
    assert run("device", "import", "--undo").returncode == 1


def test_without_a_yes_and_nobody_to_ask_nothing_is_imported(tmp_path, run):
    table = tmp_path / "phones.csv"
    table.write_text("mac,model\n000e08000001,8851\n", encoding="utf-8")
    done = run("device", "import", str(table))
    assert done.returncode == 1
    assert "nobody to ask" in done.stderr
    assert run("device", "list", "-o", "json").stdout.strip() == "[]"


def test_verdicts_as_csv_start_no_formula_in_a_spreadsheet(tmp_path, run):
    table = tmp_path / "phones.csv"
    text = 'mac,model,"=HYPERLINK(""x"")"\n000e08000001,8851,#REF!\n=cmd|x,8851,\n'
    table.write_text(text, encoding="utf-8")
    done = run("device", "import", str(table), "--variables", "--dry-run", "-o", "csv")
    rows = list(csv.reader(io.StringIO(done.stdout)))
    assert [each[1] for each in rows[1:]] == ["refused", "refused"]
    cells = [cell for row in rows for cell in row]
    assert '\'=HYPERLINK("x")' in cells
    assert not any(cell.startswith(("=", "+", "-", "@", "\t")) for cell in cells)


@pytest.mark.parametrize(
    ("content", "words", "why"),
    [
        (b"", (), "an empty file"),
        (b"model\n8851\n", (), "no column mac"),
        (b"mac,sitte\n", (), "did you mean site?"),
        (b"mac\n", ("--encoding", "klingon"), "no encoding"),
        (b"mac\n", ("--model", "9999"), "unknown phone model"),
    ],
)
def test_a_table_that_cannot_be_read_is_one_clear_line(tmp_path, run, content, words, why):
    table = tmp_path / "phones.csv"
    table.write_bytes(content)
    done = run("device", "import", str(table), "--yes", *words)
    assert done.returncode in {1, 2}
    assert why in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_fleet_that_somebody_has_worked_on_is_not_written_over(tmp_path, run):
    root, out = tmp_path / "tftp", tmp_path / "fleet"
    root.mkdir()
    body = flat_profile.write([Parameter("GPP_A", "1")])
    (root / "000e08000001.cfg").write_bytes(body)
    adopt = ("adopt", str(root), "--model", "SPA504G", "--out", str(out))
    assert run(*adopt).returncode == 0
    assert run(*adopt, "--hand-over").returncode == 0
    mine = (
        out / "devices.toml"
    ).read_text() + '\n[[device]]\nmac = "000e08000002"\nmodel = "8851"\n'
    (out / "devices.toml").write_text(mine)
    done = run(*adopt)
    assert done.returncode == 1
    assert "holds something else" in done.stderr
    assert (out / "devices.toml").read_text() == mine
    assert "served" in run(*adopt[:-1], str(root / "fleet")).stderr


def test_an_adopted_folder_goes_on_being_served_until_told_otherwise(
    tmp_path, run, free_port, program
):
    root = tmp_path / "tftp"
    root.mkdir()
    for number in range(4):
        values = {"Time_Zone": "GMT+01:00", "User_ID_1_": str(number), "Password_1_": f"pw{number}"}
        body = flat_profile.write([Parameter(*each) for each in values.items()])
        (root / f"spa000e0800000{number}.xml").write_bytes(body)
    old = (root / "spa000e08000001.xml").read_bytes()
    out = tmp_path / "fleet"

    plan = run("adopt", str(root), "--model", "SPA504G", "-o", "json")
    assert json.loads(plan.stdout)["summary"]["devices adopted, each value proven"] == 4
    assert not out.exists()

    def take(*more):
        for words in (
            ("adopt", str(root), "--model", "SPA504G", "--out", str(out), *more),
            ("apply", str(out), "--yes"),
            ("publish",),
        ):
            done = run(*words)
            assert done.returncode == 0, done.stderr

    take()
    assert not any("pw1" in each.read_text() for each in out.rglob("*.toml"))
    port = free_port()
    doors = ("--tftp", f"127.0.0.1:{free_port('udp')}", "--http", f"127.0.0.1:{port}",
             "--syslog", f"127.0.0.1:{free_port('udp')}")  # fmt: skip
    server = serve(root, tmp_path / "state", *doors, "--store", str(tmp_path / "fleet.db"))

    def get():
        url = f"http://127.0.0.1:{port}/spa000e08000001.xml"
        command = [program("curl"), "-sf", url]
        return subprocess.run(command, capture_output=True, check=True).stdout

    try:
        assert get() == old
        take("--hand-over")
        new = flat_profile.read(get()).last()
        assert new["User_ID_1_"].value == "1"
        assert "Password_1_" not in new
        assert run("release", "rollback", "1").returncode == 0
        assert get() == old
    finally:
        server.stop()
    assert (root / "spa000e08000001.xml").read_bytes() == old


def test_a_list_as_csv_is_imported_as_it_is(tmp_path, run):
    odd = ["=1+1", "+49 221", "-", "--", "@home", "'=x", "''-y", "O'Neil", "'quoted'", "a,b;c", "ä"]
    for number, text in enumerate(odd):
        words = ["--serial", f"=S{number}", f"--site={text}", f"--group={text}", "--tag", "=t"]
        done = run("device", "add", f"000e08{number:06x}", "--model", "8851", *words)
        assert done.returncode == 0, done.stderr
    table = tmp_path / "all.csv"
    table.write_text(run("device", "list", "-o", "csv").stdout, encoding="utf-8")
    done = run("device", "import", str(table), "--ignore", "*", "--yes", "-o", "json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["summary"]["unchanged"] == len(odd)


def test_what_cannot_be_read_is_told_with_the_name_of_the_file(tmp_path, run):
    table = tmp_path / "phones.csv"
    for data, said in (
        (b"mac,model,mac\n", "phones.csv:1: columns 'mac' and 'mac' mean the same: rename"),
        (b"PK\x03\x04\x14\0\x06\0", "phones.csv: not a text table"),
        (b"", "phones.csv: an empty file"),
        (b"mac,modle\n", "phones.csv:1: column 2: column 'modle' is not known"),
    ):
        table.write_bytes(data)
        done = run("device", "import", str(table))
        assert said in done.stderr, done.stderr
        assert done.returncode == 1
