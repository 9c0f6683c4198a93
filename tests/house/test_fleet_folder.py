"""The fleet as a folder: applied, published, served, taken by phones; written back and the same."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import pytest
from tests.house.secured import QUICK, Papers, Secure, opened
from tests.house.started import resync, ringback

from ringback.certificate.roster import Phone
from ringback.cisco.model import find_model
from ringback.mac import Mac
from ringback.operations.revise import current
from ringback.provisioning.folder import read
from ringback.store.database import Store
from ringback.store.releases import Releases

EXAMPLE = Path(str(files("ringback") / "example_fleet"))
PHONES = {
    "000e08abcdef": ("8851", "FCH2133E8B9"),
    "000e08000002": ("7841", "FCH2133E8C0"),
    "000e08000003": ("SPA504G", "CBT141100HR"),
}
SECRETS = ("line-100", "line-101", "line-110", "line-120")


@dataclass
class Office:
    """The example folder, its store, a server and the phones' certificates."""

    folder: Path
    store: Path
    server: Secure
    memories: Path

    def run(self, *words):
        return ringback(*words, "--store", str(self.store))

    def phone(self, mac: str, *more: str) -> dict[str, object]:
        papers, (model, serial) = self.server.papers, PHONES[mac]
        own = [
            "--cert",
            str(papers.phone(mac)),
            "--ca",
            str(papers.root),
            "--resolve",
            "localhost=127.0.0.1",
        ]
        who = ["--model", model, "--mac", mac, "--serial", serial]
        return resync(*more, *who, *own, "--state", str(self.memories / f"{mac}.json"))

    def memory(self, mac: str) -> str:
        return (self.memories / f"{mac}.json").read_text()


def _set_secret(name: str, store: Path) -> None:
    command = [sys.executable, "-m", "ringback", "secret", "set", name, "--store", str(store)]
    subprocess.run(command, input=f"hush-{name}\n".encode(), capture_output=True, check=True)


@pytest.fixture(scope="module")
def office(tmp_path_factory, program) -> Iterator[Office]:
    place = tmp_path_factory.mktemp("office")
    papers = Papers.made_in(place / "papers")
    registrar = papers.registrar(papers.state)
    authority = registrar.vault.open()
    for mac, (model, serial) in PHONES.items():
        phone = Phone(find_model(model), Mac.parse(mac), serial)
        registrar.certify_phone(phone, authority, kind=QUICK)
    (place / "root").mkdir()
    (place / "phones").mkdir()
    folder = place / "fleet"
    shutil.copytree(EXAMPLE, folder)
    store = place / "fleet.db"
    Store(store).close()
    doors = ("tftp", "http", "ask")
    with opened(papers, place / "root", program, "--store", str(store), doors=doors) as server:
        text = (folder / "fleet.toml").read_text()
        address = f"https://127.0.0.1:{server.ports['ask']}"
        (folder / "fleet.toml").write_text(text.replace("https://prov.example.com", address))
        made = Office(folder, store, server, place / "phones")
        done = made.run("apply", str(folder), "--yes")
        assert done.returncode == 0, done.stderr
        assert "Secrets to be set before publishing: " + ", ".join(SECRETS) in done.stdout
        refused = made.run("publish")
        assert refused.returncode == 1
        assert "there is no secret 'line-100'" in refused.stderr
        for name in SECRETS:
            _set_secret(name, store)
        published = made.run("publish")
        assert published.returncode == 0, published.stderr
        yield made


@pytest.mark.parametrize("mac", PHONES)
def test_a_phone_of_the_folder_takes_its_sealed_file(office, mac):
    model = find_model(PHONES[mac][0])
    name = model.traits.default_rule.replace("$PSN", model.series)
    first = office.phone(mac, f"tftp://127.0.0.1:{office.server.ports['tftp']}{name}")
    assert first["applied"], first
    assert "hush" not in office.memory(mac)
    second = office.phone(mac)
    if model.name == "SPA504G":  # docs/layers.md: it needs a listener of its own
        assert "speaks TLS 1.0" in str(second["explanation"])
        return
    assert second["applied"], second
    third = office.phone(mac)
    assert third["applied"], third
    assert not third["changed"], third
    memory = office.memory(mac)
    assert f"/device/{mac}-1.cfg" in memory
    assert "hush-line-1" in memory
    assert "sip-berlin.example.com" in memory
    assert "release=1 prvst=$PRVST" in memory


def test_nothing_is_to_do_a_second_time_and_publishing_makes_no_release(office):
    done = office.run("apply", str(office.folder))
    assert (done.returncode, done.stdout) == (
        0, "Nothing to do: the fleet is what the folder says.\n",
    )  # fmt: skip
    again = office.run("publish")
    assert "no new release" in again.stderr


def test_an_export_is_the_folder_again_and_the_hand_written_one_stays_to_the_byte(office, tmp_path):
    assert office.run("export", str(tmp_path / "new")).returncode == 0
    texts = {
        each.relative_to(tmp_path / "new").as_posix(): each.read_text()
        for each in (tmp_path / "new").rglob("*.toml")
    }
    store = Store(office.store)
    assert read(texts).fleet == current(store)
    store.close()
    before = {each: each.read_bytes() for each in office.folder.rglob("*.toml")}
    done = office.run("export", str(office.folder))
    assert done.stdout == "3 devices: 0 files written, 0 removed.\n"
    assert {each: each.read_bytes() for each in office.folder.rglob("*.toml")} == before


def test_an_export_applied_to_an_empty_store_with_the_same_key_gives_byte_equal_files(
    office, tmp_path
):
    assert office.run("export", str(tmp_path / "new")).returncode == 0
    store = tmp_path / "other.db"
    shutil.copy(office.store.with_name("fleet.db.key"), tmp_path / "other.db.key")
    more = ("--store", str(store))
    applied = ringback("apply", str(tmp_path / "new"), "--yes", *more)
    assert applied.returncode == 0, applied.stderr
    for name in SECRETS:
        _set_secret(name, store)
    assert ringback("publish", *more).returncode == 0
    one, other = (_bytes(path) for path in (office.store, store))
    assert one == other
    assert len(one) == 12


def _bytes(path: Path) -> dict[str, bytes]:
    store = Store(path)
    try:
        with store.fleet.reading() as connection:
            releases = Releases(connection, store.seal)
            return {each.path: releases.body(each.hash) for each in releases.at(1)}
    finally:
        store.close()


def test_the_plan_tells_deletions_restarts_and_faults_before_anything_is_done(office, tmp_path):
    folder = tmp_path / "fleet"
    shutil.copytree(office.folder, folder)
    (folder / "devices.toml").unlink()
    layer = folder / "layers" / "fleet" / "telephony.toml"
    layer.write_text(layer.read_text() + 'Dial_Plan_n_ = "(x.)"\n')
    planned = office.run("apply", str(folder), "--dry-run")
    assert planned.returncode == 0, planned.stderr
    assert "- device 000e08000003\n" in planned.stdout
    assert "    Dial_Plan_n_: - -> '(x.)'\n" in planned.stdout
    assert "Plan: 0 added, 1 changed, 1 DELETED." in planned.stdout
    assert "of these restart: 2 (000e08000002, 000e08abcdef)" in planned.stdout
    unasked = office.run("apply", str(folder))
    assert unasked.returncode == 1
    assert "nobody to ask" in unasked.stderr
    layer.write_text(layer.read_text() + 'Proxi_1_ = "x"\n')
    refused = office.run("apply", str(folder), "--yes")
    assert refused.returncode == 1
    assert "layers/fleet/telephony.toml:9: error: layer fleet/telephony, Proxi_1_" in refused.stderr
    assert "did you mean Proxy_1_?" in refused.stderr
    assert office.run("apply", str(office.folder)).stdout.startswith("Nothing to do")


def test_layers_and_documents_are_shown_and_changed_by_name(office):
    listed = office.run("layer", "list", "-o", "csv").stdout.splitlines()
    assert listed[0] == "layer,settings,variables"
    assert "site/berlin,1,1" in listed
    assert office.run("layer", "set", "group/it", "GPP_B={{ mac }}", "--var", "a=b").returncode == 0
    assert "GPP_B" in office.run("layer", "show", "group/it").stdout
    assert office.run("layer", "unset", "group/it", "GPP_B").returncode == 0
    assert "GPP_B" not in office.run("layer", "show", "group/it").stdout
    assert office.run("layer", "remove", "group/it").returncode == 0
    gone = office.run("layer", "remove", "group/it")
    assert (gone.returncode, "no layer group/it" in gone.stderr) == (1, True)
    wrong = office.run("layer", "show", "berlin")
    assert (wrong.returncode, "SCOPE/NAME" in wrong.stderr) == (2, True)
    assert "bootstrap" in office.run("document", "list").stdout
    refused = office.run("document", "add", "mine", "/{mac}.cfg", "--envelope", "aes")
    assert (refused.returncode, "needs {key}" in refused.stderr) == (2, True)


def test_an_empty_folder_deletes_nothing(office, tmp_path):
    done = office.run("apply", str(tmp_path), "--yes")
    assert done.returncode == 2
    assert "would delete the whole fleet" in done.stderr
