import pytest

from ringback.mac import Mac
from ringback.operations.conceal import conceal
from ringback.operations.revise import current
from ringback.provisioning.device import Device
from ringback.provisioning.layer import Layer, Scope, Setting
from ringback.provisioning.line import Line
from ringback.store.devices import Devices
from ringback.store.layers import Layers
from ringback.store.secrets import Secrets

NAME = "Admin_Password"


def layer(name, value):
    return Layer(Scope.GROUP, name, (Setting(NAME, value),))


@pytest.fixture
def clear(store):
    """Passwords in clear, some of whose names are taken by what others refer to."""
    with store.fleet.writing() as connection:
        Secrets(connection, store.seal).keep({f"group/g/{NAME}": "theirs"}, 1.0)
        Layers(connection, store.seal).keep(
            [
                layer("a{b", "one"),
                layer("a}b", "two"),
                layer("a'b", "two"),
                layer("g", "three"),
                layer("h", f"{{{{ secret('group/g/{NAME}') }}}}"),
            ]
        )
        line = Line(1, "7", "hush")
        Devices(connection, store.seal).keep(
            [Device(Mac("000e08000001"), "SPA504G", lines=(line,))]
        )
    return store


def test_each_password_stays_what_it_was_whatever_its_name(clear):
    names = conceal(clear, 2.0)
    assert set(names) == {
        f"group/a_b/{NAME}", f"group/a_b/{NAME}/2", f"group/g/{NAME}/2", "line/000e08000001/1",
    }  # fmt: skip
    with clear.fleet.reading() as connection:
        secrets = Secrets(connection, clear.seal)
        held = {f"{{{{ secret('{each.name}') }}}}": secrets.value(each.name) for each in secrets}
    said = {each.name: held[each.settings[0].value or ""] for each in current(clear).layers}
    assert said == {"a{b": "one", "a}b": "two", "a'b": "two", "g": "three", "h": "theirs"}
    assert conceal(clear, 3.0) == ()
