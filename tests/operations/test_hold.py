"""A device that is pinned has the settings of its release, whatever is published afterwards."""

from dataclasses import replace

import pytest
from tests.operations.fleets import device, fill, fleet, served

from ringback.cisco import envelope, flat_profile
from ringback.errors import RefusedError
from ringback.mac import Mac
from ringback.operations.publish import publish
from ringback.operations.revise import revise
from ringback.operations.roll_back import roll_back
from ringback.provisioning import own
from ringback.provisioning.document import Selection
from ringback.provisioning.layer import Layer, Scope, Setting
from ringback.provisioning.ready import BOOTSTRAP, COMMON, DEVICE, DOCUMENTS
from ringback.store.devices import Devices
from ringback.store.documents import Documents
from ringback.store.layers import Layers
from ringback.store.releases import Releases
from ringback.store.secrets import Secrets

ONE, TWO = Mac("000e08000001"), Mac("000e08000002")
RULES = ("Profile_Rule", "Profile_Rule_B", "Profile_Rule_C", "Profile_Rule_D")


def edit(store, mac=ONE, **fields):
    with store.fleet.writing() as connection:
        devices = Devices(connection, store.seal)
        found = devices.get(mac)
        assert found is not None
        devices.keep([replace(found, **fields)])


def say(store, name="base", **values):
    """A layer of the fleet says these."""
    with store.fleet.writing() as connection:
        settings = tuple(Setting(*each) for each in values.items())
        Layers(connection, store.seal).keep([Layer(Scope.FLEET, name, settings)])


def keep_documents(store, *documents):
    with store.fleet.writing() as connection:
        Documents(connection, store.seal).keep(documents)


def values(store, path, mac=ONE, key=None):
    """What a file says, by name."""
    data = served(store)[path, str(mac)]
    opened = envelope.unseal(data, key=key)
    return {name: each.value or "" for name, each in flat_profile.read(opened.data).last().items()}


def mine(store, key=1, mac=ONE):
    """What the device's own file says, opened with its key."""
    phrase = own.passphrase(store.seal.draw("devices"), mac, key)
    return values(store, f"/device/{mac}-{key}.cfg", mac, phrase)


def without_rules(said):
    return {name: value for name, value in said.items() if name not in RULES}


@pytest.fixture
def published(store):
    fill(store)
    publish(store, 5.0)
    return store


def test_a_pinned_device_stays_on_its_release_and_the_others_go_on(published):
    before = mine(published)
    edit(published, pinned=1)
    revise(published, fleet(6, "bye"), now=1.0)
    publish(published, 6.0)
    assert without_rules(mine(published)) == without_rules(before)
    assert mine(published, mac=Mac("000e08000003"))["GPP_A"] == "bye"
    edit(published, pinned=None)
    publish(published, 7.0)
    assert mine(published)["GPP_A"] == "bye"
    assert mine(published)["Profile_Rule"] == before["Profile_Rule"]


def test_no_rule_leads_a_pinned_device_to_a_file_that_phones_share(published):
    before = mine(published)
    edit(published, pinned=1)
    publish(published, 6.0)
    said = mine(published)
    assert [said[name] for name in RULES] == ["", before["Profile_Rule_B"], "", ""]


def test_what_shared_files_say_since_then_is_as_from_the_factory(published):
    edit(published, pinned=1)
    say(published, "new", VLAN_ID="77", GPP_E="new")
    say(published, GPP_A="changed")
    publish(published, 6.0)
    said = mine(published)
    assert (said["VLAN_ID"], said["GPP_E"], said["GPP_A"]) == ("1", "", "hello")
    say(published, "new", GPP_E="new")
    publish(published, 7.0)
    assert "VLAN_ID" not in mine(published)


def test_a_device_can_be_pinned_to_a_release_of_before_whose_bytes_were_forgotten(published):
    before = mine(published)
    revise(published, fleet(6, "bye"), now=1.0)
    publish(published, 6.0)
    with published.fleet.writing() as connection:
        assert Releases(connection, published.seal).forget(5.5)
    edit(published, pinned=1)
    publish(published, 7.0)
    assert without_rules(mine(published)) == without_rules(before)


def test_only_shared_files_said_it_and_the_pinned_device_keeps_it(store):
    fill(store)
    device_file = replace(DEVICE, selection=Selection(exclude=("GPP_A",), secrets=True))
    keep_documents(store, BOOTSTRAP, COMMON, device_file)
    say(store, GPP_A="shared", GPP_D="of one device")
    own_layer = Layer(Scope.DEVICE, str(TWO), (Setting("GPP_D", "x"),))
    with store.fleet.writing() as connection:
        Layers(connection, store.seal).keep([own_layer])
    publish(store, 5.0)
    assert "GPP_A" not in mine(store)
    edit(store, pinned=1)
    say(store, GPP_A="changed")
    publish(store, 6.0)
    assert mine(store)["GPP_A"] == "shared"


def test_a_change_of_keys_goes_on(published):
    before = mine(published)
    edit(published, pinned=1, next_key=2)
    say(published, GPP_A="changed")
    publish(published, 6.0)
    old, new = mine(published, 1), mine(published, 2)
    assert old == new
    assert "-2.cfg" in new["Profile_Rule_B"]
    assert new["GPP_SA"] == own.passphrase(published.seal.draw("devices"), ONE, 2)
    assert new["GPP_A"] == before["GPP_A"]
    edit(published, key=2, next_key=None)
    publish(published, 7.0)
    assert (f"/device/{ONE}-1.cfg", str(ONE)) not in served(published)
    assert mine(published, 2) == new


def test_a_file_is_where_its_release_had_it_and_where_rules_of_today_lead(published):
    before = mine(published)
    today = replace(DEVICE, patterns=("/new/{mac}-{key}.cfg",))
    own_way = replace(DEVICE, name="own-way", patterns=("/{mac}-{key}.cfg",), slot="")
    keep_documents(published, BOOTSTRAP, COMMON, today, own_way)
    publish(published, 6.0)
    edit(published, pinned=1)
    publish(published, 7.0)
    paths = {path for path, mac in served(published) if mac == str(ONE)}
    assert paths == {f"/{folder}/{ONE}-{key}.cfg" for folder in ("device", "new") for key in (0, 1)}
    assert without_rules(mine(published)) == without_rules(before)
    phrase = own.passphrase(published.seal.draw("devices"), ONE, 1)
    assert values(published, f"/new/{ONE}-1.cfg", key=phrase) == mine(published)


def test_a_pinned_device_has_the_secrets_of_today(published):
    edit(published, TWO, pinned=1)
    publish(published, 6.0)
    with published.fleet.writing() as connection:
        Secrets(connection, published.seal).keep({"sip": "marlin"}, 7.0)
    publish(published, 7.0)
    assert mine(published, mac=TWO)["Password_1_"] == "marlin"


def test_its_marks_tell_the_release_it_is_pinned_to(published):
    say(published, GPP_A="second")
    publish(published, 6.0)
    edit(published, pinned=2)
    say(published, GPP_A="third")
    publish(published, 7.0)
    assert "release=2 " in mine(published)["Log_Success_Msg"]


def test_a_rollback_leaves_it_where_it_is(published):
    say(published, GPP_A="second")
    publish(published, 6.0)
    edit(published, pinned=2)
    publish(published, 7.0)
    there = mine(published)
    roll_back(published, 1, 8.0)
    assert mine(published) == there
    assert mine(published, mac=Mac("000e08000003"))["GPP_A"] == "hello"
    assert publish(published, 9.0) is None


def test_what_only_another_device_set_is_looked_at_again(published):
    own_layer = Layer(Scope.DEVICE, str(TWO), (Setting("GPP_E", "x"),))
    with published.fleet.writing() as connection:
        Layers(connection, published.seal).keep([own_layer])
    edit(published, pinned=1)
    say(published, "new", GPP_E="new")
    publish(published, 6.0)
    assert "GPP_E" not in mine(published)
    with published.fleet.writing() as connection:
        Layers(connection, published.seal).remove(Scope.DEVICE, str(TWO))
    publish(published, 7.0)
    assert "GPP_E" in mine(published)


def test_where_rules_are_not_ours_nothing_is_said_but_what_the_release_said(store):
    adopted = replace(DEVICE, name="adopted", patterns=("/adopted/{mac}-{key}.cfg",), slot="")
    fill(store)
    keep_documents(store, adopted)
    publish(store, 5.0)
    path = f"/adopted/{ONE}-0.cfg"
    before = values(store, path)
    keep_documents(store, *DOCUMENTS, replace(adopted, patterns=("/{mac}-{key}.cfg",)))
    edit(store, pinned=1)
    publish(store, 6.0)
    assert values(store, path) == before
    assert (f"/{ONE}-0.cfg", str(ONE)) not in served(store)


@pytest.mark.parametrize(("number", "what"), [(1, "has nothing for"), (9, "no release 9")])
def test_a_release_that_did_not_know_it_is_refused(published, number, what):
    late = device(7)
    with published.fleet.writing() as connection:
        Devices(connection, published.seal).keep([late])
    publish(published, 6.0)
    edit(published, late.mac, pinned=number)
    with pytest.raises(RefusedError, match=what):
        publish(published, 7.0)


def test_many_hands_hold_them_too(store):
    fill(store, 300)
    publish(store, 5.0)
    last = Mac("000e08000129")
    edit(store, last, pinned=1)
    edit(store, pinned=1)
    say(store, GPP_A="changed")
    publish(store, 6.0, hands=2)
    told = [mine(store, mac=mac)["GPP_A"] for mac in (ONE, last, TWO)]
    assert told == ["hello", "hello", "changed"]
