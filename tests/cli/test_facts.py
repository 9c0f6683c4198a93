"""An explanation as facts, and what is masked in them."""

import json

import pytest
from tests.operations.fleets import device, fill
from tests.phone.world import NOON

from ringback.cli.facts import Facts
from ringback.cli.serving import with_default_addresses
from ringback.operations.publish import publish
from ringback.provisioning.layer import Layer, Scope, Setting
from ringback.serve.explain import explain
from ringback.serve.setting import Inquiry
from ringback.settings import Serve
from ringback.store.database import Store
from ringback.store.layers import Layers

MAC = str(device(0).mac)


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """Of a device with a secret in a password and in a setting that is none by its name."""
    store = Store(tmp_path_factory.mktemp("told") / "fleet.db")
    fill(store)
    with store.fleet.writing() as connection:
        rule = "[--key {{ secret('sip') }}] https://prov.example.com/x/{{ secret('sip') }}/y.cfg"
        settings = (Setting("GPP_K", "{{ secret('sip') }}"), Setting("Profile_Rule_C", rule))
        Layers(connection, store.seal).keep([Layer(Scope.FLEET, "more", settings)])
    publish(store, 10.0)
    yield explain(store, with_default_addresses(Serve()), Inquiry(MAC), NOON)
    store.close()


def test_no_secret_is_in_the_facts_unless_it_is_wanted(told):
    assert "swordfish" not in json.dumps(Facts(told).everything())
    assert "swordfish" in json.dumps(Facts(told, secrets=True).everything())


def test_facts_are_json_and_tell_requests_and_parameters(told):
    facts = json.loads(json.dumps(Facts(told).everything()))
    assert facts["device"]["mac"] == MAC
    assert facts["release"] == {"number": 1, "made": "1970-01-01T00:00:10Z"}
    assert facts["from"] == "power-on"
    first = facts["resyncs"][0]["rules"][0]
    assert first["name"] == "DHCP option 66"
    (request,) = first["requests"]
    assert request["document"] == "bootstrap"
    assert request["given"]
    assert len(request["sha256"]) == 64
    parameter = facts["parameters"]["Display_Name_1_"]
    assert parameter["value"] == f"hq {MAC}"
    assert parameter["template"] == "{{ site }} {{ mac }}"
    assert parameter["since"] == 1
    assert facts["parameters"]["GPP_K"]["value"] == "*" * 13


def test_a_key_that_is_only_referred_to_is_shown(told):
    facts = Facts(told)
    assert facts.text("[--key $SA] https://x") == "[--key $SA] https://x"
    assert facts.text("[--key geheim] https://x") == f"[--key {'*' * 13}] https://x"
    assert facts.text("a swordfish, swordfishes") == f"a {'*' * 13}, swordfishes"
