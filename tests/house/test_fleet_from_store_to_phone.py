"""The thread through the house: sources, store, publish, serve, and a phone that applied its file.

Phones of three models fetch the bootstrap in clear, which holds no secret; it sends them to their
own file over TLS, which only their certificate gets; from then on they fetch it sealed with the key
it told them, over any transport. Nobody else gets anything.
"""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from tests.house.secured import QUICK, Papers, Secure, opened
from tests.house.started import resync, ringback

from ringback import clock
from ringback.certificate.roster import Phone
from ringback.cisco.model import find_model
from ringback.mac import Mac
from ringback.operations.publish import publish
from ringback.operations.revise import revise
from ringback.provisioning.device import Device
from ringback.provisioning.fleet import Fleet
from ringback.provisioning.layer import Layer, Scope, Setting
from ringback.provisioning.line import Line
from ringback.store.database import Store
from ringback.store.devices import Devices
from ringback.store.secrets import Secrets

PASSWORD = "swordfish"  # typed into the store, and found nowhere but in the phone
MODELS = {"000e08c00001": "8851", "000e08c00002": "7841", "000e08c00003": "8861"}
SERIAL = "FCH2133E8B9"


@dataclass
class Provider:
    """A store, a server and phones with certificates."""

    store: Store
    server: Secure
    folder: Path

    def publish(self) -> int:
        release = publish(self.store, clock.now())
        return release.number if release else 0

    def phone(self, mac: str, *more: str) -> dict[str, object]:
        """One resync of a phone that keeps its memory in a file."""
        papers = self.server.papers
        own = ["--cert", str(papers.phone(mac)), "--ca", str(papers.root)]
        who = ["--model", MODELS[mac], "--mac", mac, "--serial", SERIAL]
        return resync(*more, *who, *own, "--state", str(self.folder / f"{mac}.json"))

    def memory(self, mac: str) -> str:
        return (self.folder / f"{mac}.json").read_text()


@pytest.fixture(scope="module")
def provider(tmp_path_factory, program) -> Iterator[Provider]:
    folder = tmp_path_factory.mktemp("provider")
    papers = Papers.made_in(folder / "papers")
    registrar = papers.registrar(papers.state)
    authority = registrar.vault.open()
    for mac, model in MODELS.items():
        phone = Phone(find_model(model), Mac.parse(mac), SERIAL)
        registrar.certify_phone(phone, authority, kind=QUICK)
    root = folder / "root"
    root.mkdir()
    (root / "plain.txt").write_text("<flat-profile><GPP_A>plain</GPP_A></flat-profile>\n")
    (folder / "phones").mkdir()
    store = Store(folder / "fleet.db")
    doors = ("tftp", "http", "ask")
    with opened(papers, root, program, "--store", str(store.path), doors=doors) as server:
        revise(store, fleet(f"https://127.0.0.1:{server.ports['ask']}"), now=1.0)
        with store.fleet.writing() as connection:
            Secrets(connection, store.seal).keep({"sip": PASSWORD}, clock.now())
        made = Provider(store, server, folder / "phones")
        assert made.publish() == 1
        yield made
    store.close()


def fleet(server: str) -> Fleet:
    """Three phones of three models, and what all of them are told."""
    layer = Layer(Scope.FLEET, "greeting", (Setting("GPP_B", "for everybody"),))
    devices = [
        Device(
            Mac(mac),
            find_model(model).name,
            lines=(Line(1, f"20{mac[-1]}", "{{ secret('sip') }}", f"Desk {mac[-1]}"),),
        )
        for mac, model in MODELS.items()
    ]
    return Fleet.of([layer], (), devices, {"server": server})


def bootstrap(provider: Provider, mac: str) -> str:
    name = find_model(MODELS[mac]).name.removeprefix("CP-")
    return f"tftp://127.0.0.1:{provider.server.ports['tftp']}/{name}.xml"


@pytest.mark.parametrize("mac", MODELS)
def test_a_phone_goes_from_the_bootstrap_to_its_sealed_file(provider, mac):
    first = provider.phone(mac, bootstrap(provider, mac))
    assert first["applied"], first
    assert PASSWORD not in json.dumps(first) + provider.memory(mac)
    second = provider.phone(mac)
    assert second["applied"], second
    assert f"/device/{mac}-1.cfg" in provider.memory(mac)
    assert PASSWORD in provider.memory(mac)
    assert f"20{mac[-1]}" in provider.memory(mac)
    assert "for everybody" in provider.memory(mac)
    third = provider.phone(mac)  # by its own rules now, sealed
    assert third["applied"], third
    assert not third["changed"], third


def test_the_file_in_clear_goes_to_the_certificate_of_its_device_only(provider):
    one, other, _ = MODELS
    server, path = provider.server, f"/device/{one}-0.cfg"
    given = server.get("ask", path, server.papers.phone(one))
    assert given.status == 200
    nothing = server.get("ask", "/there-is-no-such-file", server.papers.phone(other))
    for asked in (
        server.get("ask", path, server.papers.phone(other)),
        server.get("ask", path),
        server.get("ask", f"{path}?mac={other}", server.papers.phone(other)),
        server.get("http", path),
    ):
        assert asked.status == 404
        assert asked.dateless == nothing.dateless
    assert server.get("tftp", path).exit != 0
    provider.server.process.wait_for("the certificate is of phone")


def test_the_sealed_file_is_the_same_over_every_transport(provider):
    path = f"/device/{next(iter(MODELS))}-1.cfg"
    bodies = {provider.server.get(door, path).body for door in ("tftp", "http", "ask")}
    assert len(bodies) == 1
    (body,) = bodies
    assert body.startswith(b"Salted__")


def test_openssl_opens_the_sealed_file_with_the_key_the_phone_was_told(provider, program, tmp_path):
    mac = next(iter(MODELS))
    clear = provider.server.get("ask", f"/device/{mac}-0.cfg", provider.server.papers.phone(mac))
    text = subprocess.run(
        [program("gzip"), "-dc"], input=clear.body, capture_output=True, check=True
    ).stdout
    key = text.split(b"<GPP_SA>")[1].split(b"</GPP_SA>")[0].decode()
    sealed = provider.server.get("tftp", f"/device/{mac}-1.cfg").body
    (tmp_path / "sealed").write_bytes(sealed)
    opened = subprocess.run(
        [program("openssl"), "enc", "-d", "-aes-256-cbc", "-md", "md5", "-k", key,
         "-in", str(tmp_path / "sealed")],
        capture_output=True, check=False,
    ).stdout  # fmt: skip
    assert opened[:2] == b"\x1f\x8b"


def test_plain_files_of_the_folder_are_served_beside(provider):
    assert b"plain" in provider.server.get("http", "/plain.txt").body
    assert b"plain" in provider.server.get("tftp", "/plain.txt").body


def test_a_change_is_served_from_the_next_request_on_and_a_rollback_too(provider):
    mac = next(iter(MODELS))
    path = f"/device/{mac}-0.cfg"
    papers, get = provider.server.papers, provider.server.get
    before = get("ask", path, papers.phone(mac)).body
    with provider.store.fleet.writing() as connection:
        devices = Devices(connection, provider.store.seal)
        device = devices.get(Mac(mac))
        assert device is not None
        devices.keep([replace(device, lines=(Line(1, "999"),))])
    assert get("ask", path, papers.phone(mac)).body == before
    number = provider.publish()
    assert number
    assert get("ask", path, papers.phone(mac)).body != before
    done = ringback("release", "rollback", str(number - 1), "--store", str(provider.store.path))
    assert done.returncode == 0, done.stderr
    assert get("ask", path, papers.phone(mac)).body == before


def test_a_locked_device_gets_nothing_at_once_and_everything_when_it_is_unlocked(provider):
    mac = next(iter(MODELS))
    path, store = f"/device/{mac}-1.cfg", str(provider.store.path)
    assert provider.server.get("http", path).status == 200
    assert ringback("device", "lock", mac, "--store", store).returncode == 0
    assert provider.server.get("http", path).status == 404
    assert provider.server.get("tftp", path).exit != 0
    assert ringback("device", "unlock", mac, "--store", store).returncode == 0
    assert provider.server.get("http", path).status == 200


def told_of(provider: Provider, mac: str) -> dict[str, object]:
    """What ``device show`` tells."""
    shown = ringback("device", "show", mac, "-o", "json", "--store", str(provider.store.path))
    assert shown.returncode == 0, shown.stderr
    found: dict[str, object] = json.loads(shown.stdout)
    return found


def test_a_phone_that_was_off_while_its_key_changed_gets_in_with_the_old_and_then_has_the_new(
    provider,
):
    mac = list(MODELS)[-1]
    old, new = (f"/device/{mac}-{number}.cfg" for number in (1, 2))
    get = provider.server.get
    edit = ["device", "edit", mac, "--rotate-key", "--store", str(provider.store.path)]
    assert ringback(*edit).returncode == 0
    assert told_of(provider, mac)["changing keys since"] == "not published yet"
    number = provider.publish()
    assert str(told_of(provider, mac)["changing keys since"]).startswith(f"release {number},")
    # The phone is off. Nothing that others ask for, and no publish, takes its old key away.
    assert get("tftp", new).body.startswith(b"Salted__")
    assert provider.publish() == 0
    assert "the next publish" not in str(told_of(provider, mac)["seen with the next key"])
    # It comes back with what it knows, and is told the next key.
    assert old in provider.memory(mac)
    assert provider.phone(mac)["applied"]
    assert new in provider.memory(mac)
    assert old not in provider.memory(mac)
    # It comes with that.
    assert provider.phone(mac)["applied"]
    for _ in range(50):
        if "the next publish" in str(told_of(provider, mac)["seen with the next key"]):
            break
    else:
        pytest.fail("the phone was never seen with its next key")
    assert get("http", old).status == 200  # until the next release
    assert provider.publish()
    assert get("http", old).status == 404
    assert told_of(provider, mac)["key"] == 2
    assert "changing keys since" not in told_of(provider, mac)
    third = provider.phone(mac)
    assert third["applied"], third


def test_the_ledger_tells_what_each_phone_got_and_who_was_refused(provider):
    provider.server.get("http", "/plain.txt")
    clock_word = "/device/000e08c00002-1.cfg"
    provider.server.get("tftp", clock_word)
    store = str(provider.store.path)
    for _ in range(50):
        rows = json.loads(
            ringback("device", "history", "000e08c00002", "-o", "json", "--store", store).stdout
        )
        if any(clock_word in row["document"] and "sent" in row["outcome"] for row in rows):
            break
    else:
        pytest.fail("the ledger never told")
    verified = ringback("ledger", "verify", "--store", store)
    assert verified.returncode == 0, verified.stderr
    exported = ringback("ledger", "export", "--store", store).stdout.splitlines()
    kinds = {json.loads(line)["kind"] for line in exported}
    assert {"open", "answer", "refusal"} <= kinds
    assert any(json.loads(line)["document"] == "file /plain.txt" for line in exported)


def test_a_phone_that_was_given_away_and_comes_again_gets_in_by_its_certificate_alone(provider):
    mac, store = list(MODELS)[1], str(provider.store.path)
    old, new = (f"/device/{mac}-{number}.cfg" for number in (1, 2))
    get, own = provider.server.get, provider.server.papers.phone(mac)
    assert old in provider.memory(mac)
    assert provider.phone(mac)["applied"]
    assert ringback("device", "remove", mac, "--store", store).returncode == 0
    assert provider.publish()
    assert get("http", old).status == get("ask", old, own).status == 404
    assert not provider.phone(mac)["applied"]
    add = ["device", "add", mac, "--model", MODELS[mac], "--line", "1.user=777"]
    assert ringback(*add, "--store", store).returncode == 0
    assert provider.publish()
    # Nobody who has what it had gets anything by it.
    assert get("http", old).status == get("ask", old).status == 404
    assert get("tftp", new).body.startswith(b"Salted__")
    # It asks where it always did, shows its certificate, and is told its new key and path.
    back = provider.phone(mac)
    assert back["applied"], back
    assert "777" in provider.memory(mac)
    assert new in provider.memory(mac)
    again = provider.phone(mac)  # sealed with the new key
    assert again["applied"], again
    assert not again["changed"], again
    # And a rollback brings it back as it went, a phone with its memory of then included.
    assert ringback("device", "remove", mac, "--store", store).returncode == 0
    number = provider.publish()
    done = ringback("release", "rollback", str(number - 1), "--store", store)
    assert done.returncode == 0, done.stderr
    last = provider.phone(mac)
    assert last["applied"], last
    assert not last["changed"], last
