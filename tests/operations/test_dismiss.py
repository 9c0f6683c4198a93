import pytest
from tests.operations.fleets import device, fill, served

from ringback.cisco import salted
from ringback.mac import Mac
from ringback.operations.dismiss import REMOVAL, dismiss
from ringback.operations.publish import publish
from ringback.operations.revise import current, revise
from ringback.operations.roll_back import roll_back
from ringback.provisioning import own
from ringback.provisioning.device import Device
from ringback.provisioning.fleet import Fleet
from ringback.provisioning.layer import Layer, Scope, Setting
from ringback.provisioning.line import Line
from ringback.provisioning.window import Breadth, Window
from ringback.store.devices import Devices
from ringback.store.layers import Layers
from ringback.store.secrets import Secrets
from ringback.store.tokens import Tokens
from ringback.store.windows import Windows

MAC, OTHER = "000e08c00001", "000e08c00002"
NAME = f"line/{MAC}/1"
LINE = Line(1, "200", f"{{{{ secret('{NAME}') }}}}")
PHONE = Device(Mac(MAC), "CP-8851-3PCC", site="hq", lines=(LINE,))


@pytest.fixture
def had(store):
    """A device with everything that a device can have, and released."""
    with store.fleet.writing() as connection:
        seal = store.seal
        Layers(connection, seal).set_facts({"server": "https://prov.example.com"}, 1)
        Devices(connection, seal).keep([PHONE, Device(Mac(OTHER), "SPA504G")])
        Devices(connection, seal).keep([PHONE.rotated()])
        Layers(connection, seal).keep([Layer(Scope.DEVICE, MAC, (Setting("GPP_A", "z"),))])
        Secrets(connection, seal).keep({NAME: "swordfish", f"line/{OTHER}/1": "mine"}, 1.0)
        Tokens(connection).keep(Mac(MAC), "a" * 32, 1.0, None)
        Tokens(connection).keep(Mac(OTHER), "b" * 32, 1.0, None)
        for breadth, name in ((Breadth.DEVICE, MAC), (Breadth.SITE, "hq")):
            Windows(connection).open(Window(0, breadth, name, 1.0, "me", 99.0, 1, ""))
    publish(store, 2.0, hands=1)
    return store


def gone(store, now=5.0):
    with store.fleet.writing() as connection:
        assert dismiss(connection, store.seal, [MAC, "000e08c000ff"], now) == 1


@pytest.mark.parametrize(
    "written",
    [
        Device(Mac("000e08c00003"), "CP-8851-3PCC", lines=(LINE,)),
        Layer(Scope.SITE, "hq", (Setting("GPP_B", f"{{{{ secret('{NAME}') }}}}"),)),
    ],
)
def test_a_secret_that_others_refer_to_stays_though_nothing_of_it_was_published(had, written):
    with had.fleet.writing() as connection:
        shelf = Devices if isinstance(written, Device) else Layers
        shelf(connection, had.seal).keep([written])
    gone(had)
    with had.fleet.reading() as connection:
        assert NAME in {each.name for each in Secrets(connection, had.seal)}


def test_what_a_device_had_ends_and_what_others_have_stays(had):
    gone(had)
    with had.fleet.reading() as connection:
        counting = [each.mac for each in Tokens(connection).all() if each.ends is None]
        assert counting == [OTHER]
        assert [each.breadth for each in Windows(connection).all(since=5.1)] == [Breadth.SITE]
        (shut,) = [each for each in Windows(connection).all() if each.closed is not None]
        assert (shut.name, shut.closed, shut.closed_by) == (MAC, 5.0, REMOVAL)
        assert not list(Layers(connection, had.seal).own([MAC]))
        assert [each.name for each in Secrets(connection, had.seal)] == [f"line/{OTHER}/1"]
        assert Devices(connection, had.seal).macs() == [OTHER]


def test_a_secret_that_another_device_uses_stays(had):
    with had.fleet.writing() as connection:
        Devices(connection, had.seal).keep([Device(Mac(OTHER), "SPA504G", lines=(LINE,))])
    publish(had, 3.0, hands=1)
    gone(had)
    with had.fleet.reading() as connection:
        assert Secrets(connection, had.seal).value(NAME) == "swordfish"


def test_nothing_that_was_opens_anything_when_the_device_comes_again(had):
    key, before = had.seal.draw("devices"), served(had)
    gone(had)
    publish(had, 6.0, hands=1)
    with had.fleet.writing() as connection:
        Devices(connection, had.seal).keep([Device(Mac(MAC), "CP-8851-3PCC")])
        (again,) = Devices(connection, had.seal).several([MAC])
    publish(had, 7.0, hands=1)
    assert (again.key, again.next_key, again.first_key) == (3, None, 3)
    files = {path: body for (path, mac), body in served(had).items() if mac == MAC}
    clear = files.pop(f"/device/{MAC}-0.cfg")
    assert clear.startswith(b"\x1f\x8b")
    # A phone of before looks there, and gets it as it gets the file in clear: with a proof.
    for number in (1, 2):
        sealed = files.pop(f"/device/{MAC}-{number}.cfg")
        phrase = own.passphrase(key, again.mac, number)
        assert salted.decrypt(sealed, key=phrase, digest="md5") == clear
    assert list(files) == [f"/device/{MAC}-3.cfg"]
    assert files.keys().isdisjoint({path for path, _ in before})
    assert own.password(key, again.mac, "admin", again.first_key) != own.password(
        key, again.mac, "admin"
    )
    with had.fleet.reading() as connection:
        query = connection.exec_driver_sql(
            "SELECT path, key FROM entries WHERE until IS NULL AND mac = ?", (MAC,)
        )
        keys = dict(map(tuple, query))
    assert keys == {f"/device/{MAC}-{number}.cfg": 3 * (number == 3) for number in range(4)}


def test_own_passwords_stay_what_they_were_when_keys_change(had):
    key = had.seal.draw("devices")
    assert own.password(key, Mac(MAC), "admin", 1) == own.password(key, Mac(MAC), "admin")


def test_a_rollback_brings_a_device_back_as_it_went(had):
    before = served(had)
    with had.fleet.writing() as connection:
        Devices(connection, had.seal).lock(Mac(MAC), locked=True)
    then = current(had)
    gone(had)
    publish(had, 6.0, hands=1)
    roll_back(had, 1, 7.0, hands=1)
    assert current(had) == then
    assert served(had) == before
    with had.fleet.reading() as connection:
        assert Secrets(connection, had.seal).value(NAME) == "swordfish"
        assert not [each for each in Tokens(connection).all(Mac(MAC)) if each.ends is None]


def test_a_rollback_to_before_it_came_again_keeps_its_keys_and_finds_its_secrets(had):
    gone(had)
    with had.fleet.writing() as connection:
        Devices(connection, had.seal).keep([Device(Mac(MAC), "CP-8851-3PCC")])
    publish(had, 6.0, hands=1)
    roll_back(had, 1, 7.0, hands=1)
    with had.fleet.reading() as connection:
        (again,) = Devices(connection, had.seal).several([MAC])
        assert Secrets(connection, had.seal).value(NAME) == "swordfish"
    assert (again.key, again.lines) == (3, (LINE,))


def test_a_rollback_finds_its_secrets_also_when_it_went_twice(had):
    before = served(had)
    gone(had)
    with had.fleet.writing() as connection:
        Devices(connection, had.seal).keep([Device(Mac(MAC), "CP-8851-3PCC")])
    gone(had, 6.0)
    publish(had, 7.0, hands=1)
    roll_back(had, 1, 8.0, hands=1)
    with had.fleet.reading() as connection:
        assert Secrets(connection, had.seal).value(NAME) == "swordfish"
    assert {mac for _, mac in served(had)} == {mac for _, mac in before}


def test_a_rollback_to_before_a_device_dismisses_it(store):
    fill(store, 2)
    publish(store, 1.0, hands=1)
    mac = device(2).mac
    with store.fleet.writing() as connection:
        Devices(connection, store.seal).keep([device(2)])
        Tokens(connection).keep(mac, "a" * 32, 1.0, None)
    publish(store, 2.0, hands=1)
    roll_back(store, 1, 3.0, hands=1)
    with store.fleet.writing() as connection:
        assert [each.ends for each in Tokens(connection).all(mac)] == [3.0]
        Devices(connection, store.seal).keep([device(2)])
        assert [each.key for each in Devices(connection, store.seal).several([str(mac)])] == [2]


def test_a_folder_that_does_not_hold_a_device_dismisses_it(had):
    revise(had, Fleet.of((), (), [], {"server": "https://prov.example.com"}), now=5.0)
    with had.fleet.reading() as connection:
        assert {each.ends for each in Tokens(connection).all()} == {5.0}
        assert not list(Secrets(connection, had.seal))
