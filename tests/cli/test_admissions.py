"""What the commands of admission make of what is typed; what they do is in tests/house."""

import json

import pytest

from ringback import clock
from ringback.cli import main
from ringback.mac import Mac
from ringback.provisioning.device import Device
from ringback.store.database import Store
from ringback.store.devices import Devices
from ringback.store.notebook import Notebook
from ringback.store.strangers import Stranger
from ringback.store.tokens import fingerprint

ONE, NEW = "000e08000001", "000e08d000aa"


@pytest.fixture
def file(tmp_path):
    """A store with a device and a phone that asked."""
    store = Store(tmp_path / "fleet.db")
    with store.fleet.writing() as connection:
        Devices(connection, store.seal).keep([Device(Mac(ONE), "CP-8851-3PCC", site="hq")])
    notebook = Notebook(store, print)
    agent = f"Cisco-CP-8841-3PCC/11.0 ({NEW})"
    now = clock.now()
    notebook.stranger(Stranger(NEW, now, now, 1, "192.0.2.1", agent, "/x.cfg", ""))
    notebook.stranger(Stranger("000e08d000bb", now, now, 1, "192.0.2.1", "=cmd()", "/y", ""))
    notebook.close()
    store.close()
    return tmp_path / "fleet.db"


@pytest.fixture
def typed(file, capsys):
    """Run a command; what it printed."""

    def run(*words, status=0):
        try:
            main([*words, "--store", str(file)])
            code = 0
        except SystemExit as ended:
            code = int(ended.code or 0)
        said = capsys.readouterr()
        assert code == status, said.err
        return said.err if status else said.out

    return run


def test_a_token_is_printed_once_and_listed_by_its_hash(typed):
    token = typed("token", "make", ONE).strip().strip("/").removeprefix("t/")
    assert len(token) == 32
    (row,) = json.loads(typed("token", "list", "-o", "json"))
    assert row["hash"] == fingerprint(token)[:16]
    assert row["counts"]
    typed("token", "end", row["hash"])
    assert "no" in typed("token", "list").splitlines()[1].split()


@pytest.mark.parametrize("span", ["15", "m", "0m", "-1h", "15 minutes", "1y", "1e9s"])
def test_a_span_of_time_is_a_number_and_a_unit(typed, span):
    assert "not a span of time" in typed("token", "make", ONE, f"--for={span}", status=2)


@pytest.mark.parametrize("form", ["table", "json", "yaml", "csv"])
def test_windows_are_printed_in_every_form(typed, form):
    typed("window", "open", ONE, "--for", "15m", "--from", "192.0.2.9/24")
    shown = typed("window", "list", "-o", form)
    assert f"device {ONE}" in shown
    assert "192.0.2.0/24" in shown


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ([], "one device, group or site"),
        ([ONE, "--site", "hq"], "one device, group or site"),
        ([ONE, "--for", "31d"], "too wide"),
        ([ONE, "--uses", "0"], "too wide"),
        (["--site", "nowhere"], "no device has the site"),
        ([NEW], "no device"),
        ([ONE, "--from", "x"], "not a network"),
    ],
)
def test_a_window_that_cannot_be_opened_says_why(typed, words, why):
    status = 1 if why.startswith("no device") else 2
    assert why in typed("window", "open", *words, status=status)


def test_an_unknown_phone_is_approved_as_what_it_says_it_is(typed):
    rows = json.loads(typed("device", "pending", "-o", "json"))
    assert {row["mac"]: row["model"] for row in rows} == {NEW: "CP-8841-3PCC", "000e08d000bb": ""}
    typed("device", "approve", NEW, "--group", "new", "--site", "hq")
    shown = json.loads(typed("device", "show", NEW, "-o", "json"))
    assert (shown["model"], shown["group"], shown["site"]) == ("CP-8841-3PCC", "new", "hq")
    assert "waits for nobody" in typed("device", "approve", NEW, status=1)


def test_a_phone_that_does_not_say_what_it_is_needs_a_model(typed):
    assert "--model" in typed("device", "approve", "000e08d000bb", status=2)
    typed("device", "approve", "000e08d000bb", "--model", "8851")


def test_what_a_stranger_says_is_no_formula(typed):
    assert "'=cmd()" in typed("device", "pending", "-o", "csv")


def test_a_rejected_phone_waits_no_longer(typed):
    typed("device", "reject", NEW, "000e08d000bb")
    assert "Nobody waits." in typed("device", "pending")


def test_a_decoy_is_no_device_of_ours(typed):
    assert "is a device of yours" in typed("decoy", "add", ONE, status=1)
    typed("decoy", "add", "000e08decade")
    assert "000e08decade" in typed("decoy", "list")
    typed("decoy", "remove", "000e08decade")
    assert "is no decoy" in typed("decoy", "remove", "000e08decade", status=1)


@pytest.mark.parametrize(
    ("words", "field"),
    [
        (("token", "list"), "counts=yes"),
        (("window", "list"), "state=open"),
        (("decoy", "list"), "mac=00:0E:08:00:00:77"),
        (("device", "pending"), "first seen=20"),
    ],
)
def test_lists_take_filters_by_their_fields(typed, words, field):
    typed("token", "make", ONE)
    typed("window", "open", ONE)
    typed("decoy", "add", "000e08000077")
    assert json.loads(typed(*words, field, "-o", "json"))
    assert json.loads(typed(*words, "no such thing", "-o", "json")) == []
    assert "fields: " in typed(*words, "colour=red", status=2)
