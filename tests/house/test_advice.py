"""What a server advises at its start is there, when curl asks for it."""

import re

from tests.house.started import serve

from ringback import clock
from ringback.cisco.macro import expand
from ringback.cisco.model import find_model
from ringback.mac import Mac
from ringback.operations.publish import publish
from ringback.operations.revise import revise
from ringback.provisioning.device import Device
from ringback.provisioning.fleet import Fleet
from ringback.store.database import Store

MODELS = ("CP-8851-3PCC", "SPA504G", "ATA192")


def test_every_path_that_a_server_with_a_store_advises_is_there(root, tmp_path, curl):
    store = Store(tmp_path / "fleet.db")
    devices = [Device(Mac(f"000e0800000{at}"), model) for at, model in enumerate(MODELS)]
    revise(store, Fleet.of((), (), devices, {"server": "https://prov.example.com"}), now=1.0)
    assert publish(store, clock.now())
    doors = ("--tftp", "127.0.0.1:0", "--http", "127.0.0.1:0", "--store", str(store.path))
    store.close()
    with serve(root, tmp_path / "state", *doors) as process:
        text = "\n".join(process.lines)
        rules = re.findall(r"(?:Rule|option 160): (\S+)(?:   \((.+)\))?", text)
        assert len(rules) == len(MODELS) + 1
        for rule, models in rules:
            for name in (models or MODELS[0]).split(", "):
                model = find_model(name)
                url = expand(rule, {"PSN": model.series, "PN": model.name}).text
                assert b"<flat-profile>" in curl(url)
        (direct,) = re.findall(r"/admin/resync\?(\S+)", text)
        assert b"<flat-profile>" in curl(direct)
