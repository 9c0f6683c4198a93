from dataclasses import replace

import pytest
from tests.operations.fleets import device, fill, fleet

from ringback.errors import RefusedError
from ringback.operations.revise import Verb, current, plan, revise
from ringback.provisioning.fleet import Fleet
from ringback.provisioning.ready import DOCUMENTS
from ringback.store.devices import Devices


def test_the_store_becomes_what_the_source_says(store):
    for wanted in (fleet(6), fleet(3, "bye"), Fleet.of(documents=DOCUMENTS), fleet(2)):
        revise(store, wanted, now=1.0)
        found = current(store)
        devices = [replace(each, key=1, first_key=1) for each in found.devices]  # some come again
        assert replace(found, devices=tuple(devices)) == wanted
        assert plan(current(store), wanted) == ()


def test_a_plan_names_what_comes_changes_and_goes():
    old, new = fleet(3), fleet(4, "bye")
    new = replace(new, devices=new.devices[1:])
    assert [str(each) for each in plan(old, new)] == [
        "change layer fleet/base",
        f"remove device {device(0).mac}",
        f"add device {device(3).mac}",
    ]
    assert {each.verb for each in plan(Fleet(), old)} == {Verb.ADD, Verb.CHANGE}


def test_locks_pins_and_keys_are_the_stores(store):
    fill(store, 2)
    mine = replace(device(0), locked=True, pinned=3, key=2, next_key=3)
    with store.fleet.writing() as connection:
        Devices(connection, store.seal).keep([mine])
    assert plan(current(store), fleet(2)) == ()
    revise(store, fleet(2, "bye"), now=1.0)
    assert current(store).devices[0] == mine


def test_a_plan_that_no_longer_holds_is_not_carried_out(store):
    fill(store, 2)
    seen = plan(current(store), fleet(3))
    revise(store, fleet(1), now=1.0)
    with pytest.raises(RefusedError, match="changed meanwhile"):
        revise(store, fleet(3), seen, now=1.0)
    assert current(store) == fleet(1)
