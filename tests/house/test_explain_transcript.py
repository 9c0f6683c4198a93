"""What docs/explain.md prints is what the commands print, but for the time of day."""

import re
import shlex
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest
from tests.house.started import ringback

from ringback.cli import main

DOCS = Path(__file__).parents[2] / "docs" / "explain.md"
EXAMPLE = Path(str(files("ringback") / "example_fleet"))
_BLOCK = re.compile(r"^```console\n\$ ringback (.*)\n((?:.*\n)*?)```$", re.MULTILINE)
BLOCKS = _BLOCK.findall(DOCS.read_text())
TIME = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ")


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    """The example fleet, published, with a key of a fixed value, so that its bytes are fixed."""
    folder = tmp_path_factory.mktemp("office")
    (folder / "ringback.toml").write_text('[store]\npath = "fleet.db"\n')
    key = folder / "fleet.db.key"
    key.write_text(f"{0:064d}\n")
    key.chmod(0o600)
    assert ringback("apply", str(EXAMPLE), "--yes", cwd=folder).returncode == 0
    for name in ("line-100", "line-101", "line-110", "line-120"):
        command = [sys.executable, "-m", "ringback", "secret", "set", name]
        subprocess.run(command, input=f"hush-{name}\n".encode(), cwd=folder, check=True)
    assert ringback("publish", cwd=folder).returncode == 0
    return folder


def test_there_is_something_to_compare():
    assert len(BLOCKS) == 2


@pytest.mark.parametrize(("command", "printed"), BLOCKS)
def test_a_transcript_is_what_the_command_prints(office, command, printed):
    done = ringback(*shlex.split(command), cwd=office)
    assert done.returncode == 0, done.stderr
    assert TIME.sub("TIME", done.stdout) == TIME.sub("TIME", printed)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("nobody",), "no device fits 'nobody'"),
        (("berlin",), "2 devices fit 'berlin': 000e08000002 (CP-7841-3PCC 110), 000e08abcdef"),
        (("alice", "--as-of", "7"), "there is no release 7: releases 1 to 1"),
        (("alice", "--as-of", "2020-01-01"), "nothing had been published at that time"),
        (("alice", "--as-of", "soon"), "not a time: 'soon'"),
        (("alice", "--dhcp", "x=1"), "no DHCP option a phone looks at"),
    ],
)
def test_what_cannot_be_explained_gets_one_clear_error(office, words, told, monkeypatch, capsys):
    monkeypatch.chdir(office)
    with pytest.raises(SystemExit) as ended:
        main(["explain", *words])
    assert ended.value.code in (1, 2)
    said = capsys.readouterr()
    assert said.out == ""
    assert told in said.err
    assert said.err.startswith("ringback: ")


def test_nothing_published_is_said(tmp_path):
    store = ("--store", str(tmp_path / "fleet.db"))
    assert ringback("device", "add", "000e08000001", "--model", "8851", *store).returncode == 0
    done = ringback("explain", "8851", *store)
    assert done.returncode == 1
    assert done.stderr == "ringback: nothing was published yet: ringback publish\n"


def test_a_host_that_is_somebody_elses_is_not_asked(office, monkeypatch, capsys):
    monkeypatch.chdir(office)
    with pytest.raises(SystemExit) as ended:
        main(["explain", "alice", "--foreign", "prov.example.com"])
    assert not ended.value.code
    said = " ".join(capsys.readouterr().out.split())
    assert "somebody else's server, and was not asked" in said
