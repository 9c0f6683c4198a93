"""With a store, reports are opened with the devices' own keys, and their history tells of them."""

import json

import pytest
from tests.house.started import MAC, ringback, serve

from ringback import clock
from ringback.mac import Mac
from ringback.operations.publish import publish
from ringback.operations.revise import revise
from ringback.provisioning import own
from ringback.provisioning.device import Device
from ringback.provisioning.fleet import Fleet
from ringback.store.database import Store


def test_a_devices_keys_of_now_open_its_reports_and_its_history_tells_of_them(root, tmp_path):
    store = Store(tmp_path / "fleet.db")
    device = Device(Mac.parse(MAC), "CP-7841-3PCC").rotated()
    revise(store, Fleet.of((), (), [device], {"server": "https://prov.example.com"}), now=1.0)
    assert publish(store, clock.now())
    fleet, reports = store.seal.draw("devices"), tmp_path / "reports"
    named = ("--store", str(store.path))
    doors = ("--http", "127.0.0.1:0", "--reports", str(reports), *named)
    with serve(root, tmp_path / "state", *doors) as process:
        port = process.wait_for(" HTTP ").rpartition(":")[2]
        url = f"http://127.0.0.1:{port}/$MA.xml"
        phrases = [own.passphrase(fleet, device.mac, number) for number in (1, 2, 3)]
        for phrase in phrases:
            done = ringback("report", "send", "--mac", MAC, f'[--key "{phrase}"]{url}')
            assert done.returncode == 0, done.stderr
        material = f"IKM_HTTP_Encrypt_Content={own.ikm(fleet, device.mac, 2)}"
        done = ringback("report", "send", "--mac", MAC, url, "--set", material)
        assert done.returncode == 0, done.stderr
        for _ in range(50):
            told = ringback("device", "history", MAC, "-o", "json", *named).stdout
            rows = [row for row in json.loads(told) if row["what"] == "report"]
            if len(rows) == 4:
                break
        else:
            pytest.fail(f"the history tells of {len(rows)} reports")
    store.close()
    assert not any(phrase in told for phrase in phrases)
    hows = sorted(row["outcome"].partition("(")[2] for row in rows)
    assert sum(each.startswith("aes-256-cbc") for each in hows) == 2
    assert sum(each.startswith("aes128gcm") for each in hows) == 1
    sealed = [row for row in rows if row["document"].startswith("sealed ")]
    assert len(sealed) == 1  # the third key is not the device's yet
    for row in rows:
        name = row["document"].partition(" ")[2]
        assert (reports / name).stat().st_size == int(row["outcome"].partition(" ")[0])
