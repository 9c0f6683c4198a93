import pytest
from tests.operations.fleets import device, fill
from tests.operations.test_import_devices import HEAD, imported, secrets

from ringback import clock
from ringback.errors import NotFoundError, RefusedError
from ringback.mac import Mac
from ringback.operations.publish import publish
from ringback.operations.revise import current
from ringback.operations.undo_import import undo_import
from ringback.provisioning.layer import Layer, Scope, Setting
from ringback.store.devices import Devices
from ringback.store.layers import Layers
from ringback.store.secrets import Secrets
from ringback.store.tokens import Tokens

MAC = str(device(2).mac)
TABLE = HEAD + f"{MAC},8851,moved,900,pw\n0011bb000001,8851,,1,new\n"


def test_undo_puts_back_the_exact_state_and_publishing_then_changes_nothing(store):
    fill(store, 4)
    publish(store, 1.0)
    before, hidden = current(store), secrets(store)
    imported(store, TABLE)
    assert current(store) != before
    about = undo_import(store, 9.0)
    assert (about.what, about.made) == ("x.csv", 5.0)
    assert current(store) == before
    assert secrets(store) == hidden
    assert publish(store, 2.0) is None


def test_what_was_made_for_a_device_that_the_import_added_ends_with_it(store):
    imported(store, TABLE.replace(MAC, "0011bb000002"))
    with store.fleet.writing() as connection:
        Tokens(connection).keep(Mac("0011bb000001"), "a" * 32, 1.0, None)
    undo_import(store, 9.0)
    with store.fleet.reading() as connection:
        assert [each.ends for each in Tokens(connection).all()] == [9.0]
    imported(store, TABLE.replace(MAC, "0011bb000002"))
    assert {each.key for each in current(store).devices} == {2}


def test_a_changed_password_comes_back(store):
    imported(store, HEAD + "0011bb000001,8851,,1,old\n")
    imported(store, HEAD + "0011bb000001,8851,,1,new\n")
    undo_import(store, 9.0)
    assert secrets(store) == {"line/0011bb000001/1": "old"}


def test_only_the_last_import_can_be_undone_and_only_once(store):
    with pytest.raises(NotFoundError):
        undo_import(store, 1.0)
    imported(store, HEAD + "0011bb000001,8851,,1,\n")
    imported(store, HEAD + "0011bb000002,8851,,1,\n")
    undo_import(store, 9.0)
    assert [str(each.mac) for each in current(store).devices] == ["0011bb000001"]
    with pytest.raises(NotFoundError):
        undo_import(store, 9.0)


def edit(connection, seal):
    Devices(connection, seal).keep([device(2)])


def remove(connection, seal):
    Devices(connection, seal).remove(["0011bb000001"])


def give_layer(connection, seal):
    layer = Layer(Scope.DEVICE, "0011bb000001", (Setting("GPP_A", "1"),))
    Layers(connection, seal).keep([layer])


def change_secret(connection, seal):
    Secrets(connection, seal).keep({"line/0011bb000001/1": "mine"}, clock.now())


@pytest.mark.parametrize("change", [edit, remove, give_layer, change_secret])
def test_what_somebody_has_changed_since_is_named_and_nothing_undone(store, change):
    fill(store, 4)
    imported(store, TABLE)
    with store.fleet.writing() as connection:
        change(connection, store.seal)
    before, hidden = current(store), secrets(store)
    with pytest.raises(RefusedError, match=r"changed since: (line/0011bb|0011bb|000e08)"):
        undo_import(store, 9.0)
    assert (current(store), secrets(store)) == (before, hidden)


def test_a_device_locked_since_stays_locked(store):
    fill(store, 4)
    imported(store, HEAD + f"{MAC},8851,moved,900,pw\n")
    with store.fleet.writing() as connection:
        Devices(connection, store.seal).lock(device(2).mac, locked=True)
    undo_import(store, 9.0)
    found = current(store).device(MAC)
    assert found is not None
    assert (found.locked, found.site) == (True, device(2).site)
