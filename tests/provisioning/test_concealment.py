import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.mac import Mac
from ringback.provisioning.concealment import of_device, of_layer, reference
from ringback.provisioning.device import Device
from ringback.provisioning.layer import Layer, Scope, Setting
from ringback.provisioning.line import Line

MAC = "000e08000001"
NAME = f"line/{MAC}/1"
words = st.text(max_size=6)


def nothing(_name):
    return None


def phone(*passwords):
    lines = tuple(Line(number, "1", each) for number, each in enumerate(passwords, 1))
    return Device(Mac(MAC), "CP-8851-3PCC", lines=lines)


@given(st.lists(words, max_size=4))
def test_no_password_is_left_and_each_is_found_by_its_reference(passwords):
    concealed = of_device(phone(*passwords), nothing)
    for line, said in zip(concealed.thing.lines, passwords, strict=True):
        if not said or "{{" in said:
            assert line.password == said
        else:
            (name,) = [each for each in concealed.secrets if reference(each) == line.password]
            assert concealed.secrets[name] == said
    again = of_device(concealed.thing, concealed.secrets.get)
    assert (again.thing, again.secrets) == (concealed.thing, {})


def test_a_parameter_that_is_a_secret_is_concealed_and_others_are_not():
    settings = (Setting("Admin_Password", "plain"), Setting("GPP_A", "plain"))
    concealed = of_layer(Layer(Scope.SITE, "hq", settings), nothing)
    assert concealed.secrets == {"site/hq/Admin_Password": "plain"}
    assert [each.value for each in concealed.thing.settings] == [
        reference("site/hq/Admin_Password"), "plain",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("held", "before", "name"),
    [
        ({}, None, NAME),
        ({NAME: "new"}, None, NAME),
        ({NAME: "another's"}, None, f"{NAME}/2"),
        ({NAME: "another's", f"{NAME}/2": "a third's"}, None, f"{NAME}/3"),
        ({NAME: "its own"}, phone(reference(NAME)), NAME),
    ],
)
def test_a_name_that_another_password_has_is_left_to_it(held, before, name):
    assert of_device(phone("new"), held.get, before).secrets == {name: "new"}


def test_names_that_come_out_alike_are_told_apart():
    held: dict[str, str] = {}
    for name, password in (("a{b", "one"), ("a}b", "two")):
        layer = Layer(Scope.GROUP, name, (Setting("Admin_Password", password),))
        held |= of_layer(layer, held.get).secrets
    assert sorted(held.values()) == ["one", "two"]
