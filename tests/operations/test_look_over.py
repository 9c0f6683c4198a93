"""A change is looked over: what it keeps from being published, and nothing about other faults."""

from dataclasses import replace

import pytest

from ringback import clock
from ringback.errors import NotFoundError
from ringback.mac import Mac
from ringback.operations.look_over import known_device, look_over, look_over_layer
from ringback.provisioning.device import Device
from ringback.provisioning.layer import Layer, Scope, Setting
from ringback.provisioning.line import Line
from ringback.store.devices import Devices
from ringback.store.layers import Layers
from ringback.store.secrets import Secrets

FACTS = {"server": "https://prov.example.com"}
DEVICE = Device(Mac.parse("000e08000001"), "CP-8851-3PCC", site="hq")
OTHER = Device(Mac.parse("000e08000002"), "SPA504G", site="lab")


def layer(scope, name, *settings, **variables):
    return Layer(scope, name, tuple(Setting(*each) for each in settings), variables)


@pytest.fixture
def fill(store):
    def fill(*things, facts=FACTS):
        with store.fleet.writing() as connection:
            found = Layers(connection, store.seal)
            found.set_facts(facts, 1)
            found.keep(each for each in things if isinstance(each, Layer))
            devices = [each for each in things if isinstance(each, Device)]
            Devices(connection, store.seal).keep(devices)

    return fill


@pytest.fixture
def look(store, fill):
    """Look a device over, as it is to be, among layers and other devices."""

    def look(device, *others, old=None, facts=FACTS):
        fill(*others, facts=facts)
        with store.fleet.reading() as connection:
            return look_over(connection, store.seal, device, old)

    return look


@pytest.fixture
def change(store, fill):
    """Look a layer over that becomes ``new``, among others and devices."""

    def change(new, *others, old=None, facts=FACTS, **most):
        fill(*others, facts=facts)
        with store.fleet.reading() as connection:
            return look_over_layer(connection, store.seal, new, old, **most)

    return change


def said(sight):
    return [str(each) for each in sight.complaints]


# ---- a device ----------------------------------------------------------------------------------


def test_a_device_that_can_be_published_has_nothing_said_of_it(look):
    other = layer(Scope.DEVICE, "000e08000002", ("No_Such_Name", "x"))
    assert said(look(DEVICE, other, layer(Scope.SITE, "hq", ("GPP_A", "x")))) == []


def test_a_line_that_the_model_has_not_is_told(look):
    (one,) = said(look(replace(DEVICE, lines=(Line(99, user="x"),))))
    assert "CP-8851-3PCC has 10 lines" in one


def test_what_another_model_does_not_know_is_told_with_layer_key_and_device(look):
    own = layer(Scope.DEVICE, "000e08000001", ("Admin_Password", "x"))
    (one,) = said(look(replace(DEVICE, model="SPA504G"), own, DEVICE, old=DEVICE))
    assert "layer device/000e08000001, Admin_Password: SPA504G has no such parameter" in one
    assert "(device 000e08000001)" in one


def test_an_older_fault_of_the_device_is_not_told_again(look):
    own = layer(Scope.DEVICE, "000e08000001", ("No_Such_Name", "x"))
    assert said(look(replace(DEVICE, serial="S"), own, old=DEVICE)) == []
    assert len(said(look(DEVICE, own))) == 1


def test_a_fault_that_other_devices_have_already_is_not_told(look):
    wrong = layer(Scope.FLEET, "a", ("No_Such_Name", "x"))
    assert said(look(DEVICE, wrong, OTHER)) == []


def test_the_first_device_of_a_site_is_told_what_is_wrong_with_its_layer(look):
    (one,) = said(look(DEVICE, layer(Scope.SITE, "hq", ("No_Such_Name", "x")), OTHER))
    assert "layer site/hq, No_Such_Name" in one


def test_a_secret_that_is_not_set_is_named_and_forbids_nothing(look, store):
    line = Line(1, user="x", password="{{ secret('sip') }}")
    sight = look(replace(DEVICE, lines=(line,)))
    assert (sight.complaints, sight.missing) == ((), ("sip",))
    with store.fleet.writing() as connection:
        Secrets(connection, store.seal).keep({"sip": "x"}, clock.now())
    assert look(replace(DEVICE, lines=(line,))).missing == ()


@pytest.mark.parametrize("facts", [{**FACTS, "mac": "x"}, {}])
def test_what_the_whole_fleet_lacks_is_told_and_forbids_no_device(look, facts):
    sight = look(DEVICE, facts=facts)
    assert len(sight.complaints) == 1
    assert sight.fatal == ()


def test_a_variable_of_the_device_that_is_called_like_a_fact_is_told(look):
    (one,) = look(replace(DEVICE, variables={"mac": "x"})).fatal
    assert "'mac', which is a fact" in str(one)


# ---- a layer -----------------------------------------------------------------------------------


def test_a_conflict_is_told_whichever_of_the_layers_is_changed(change):
    one, other = (layer(Scope.FLEET, name, ("GPP_B", "x")) for name in ("a", "b"))
    assert "layer fleet/b, GPP_B: fleet/a sets it too" in str(change(one, other, DEVICE).fatal[0])
    assert "layer fleet/b, GPP_B: fleet/a sets it too" in str(change(other, one, DEVICE).fatal[0])


def test_a_variable_is_told_that_settings_elsewhere_cannot_be_made_of(change):
    new = layer(Scope.FLEET, "b", ca="x {{ nosuch }}")
    (one,) = change(new, DEVICE).fatal
    assert str(one).startswith(
        "error: layer fleet/b, variable ca:1:6: there is nothing called 'nosuch', "
        "needed by Custom_CA_Rule of ready/MPP (device 000e08000001)"
    )


def test_a_variable_that_is_taken_away_is_missed_where_it_was_needed(change):
    old = layer(Scope.FLEET, "b", town="x")
    needs = layer(Scope.SITE, "hq", ("GPP_A", "{{ town }}"))
    (one,) = change(None, needs, DEVICE, old=old).fatal
    assert "layer site/hq, GPP_A:1:4: there is nothing called 'town'" in str(one)
    assert change(layer(Scope.FLEET, "b"), layer(Scope.SITE, "hq"), DEVICE, old=old).fatal == ()


def test_one_slip_is_told_once_for_all_models_and_devices(change):
    (one,) = change(layer(Scope.FLEET, "a", ("Time_Zonne", "x")), DEVICE, OTHER).fatal
    assert one.devices == ("000e08000001", "000e08000002")
    assert one.models == ("CP-8851-3PCC", "SPA504G")
    assert "did you mean Time_Zone?" in one.remedy


def test_older_faults_of_the_layer_are_not_told_again(change):
    old = layer(Scope.FLEET, "a", ("Time_Zonne", "x"))
    new = layer(Scope.FLEET, "a", ("GPP_A", "{{ mca }}"), ("Time_Zonne", "x"))
    (one,) = change(new, old, DEVICE, old=old).complaints
    assert one.name == "GPP_A"


def test_what_was_wrong_while_the_fleet_lacked_its_server_is_not_the_fault_of_who_names_it(change):
    wrong = replace(DEVICE, lines=(Line(99, user="x"),))
    assert change(layer(Scope.FLEET, "p", **FACTS), wrong, facts={}).complaints == ()


def test_a_warning_is_told_and_forbids_nothing(change):
    new = layer(Scope.MODEL, "CP-8851-3PCC", ("Resync_Random_Delay", "99999999"))
    sight = change(new, DEVICE)
    assert "out of range" in str(sight.complaints[0])
    assert sight.fatal == ()


@pytest.mark.parametrize("devices", [(), (DEVICE, OTHER)])
def test_a_layer_that_reaches_nobody_is_tried_on_the_models_it_could_be_for(change, devices):
    wrong = layer(Scope.SITE, "nowhere", ("Time_Zonne", "x"))
    (one,) = change(wrong, *devices).fatal
    assert len(one.models) == 2 if devices else len(one.models) > 40
    right = layer(Scope.SITE, "nowhere", ("GPP_A", "{{ group }}{{ unheard }}"))
    assert change(right, *devices).complaints == ()
    assert change(layer(Scope.MODEL, "SPA941", ("Log_Request_Msg", "x")), *devices).fatal


def test_a_layer_is_judged_by_devices_of_every_kind_however_many_there_are(change):
    many = [replace(DEVICE, mac=Mac(f"000e08{number:06x}")) for number in range(16, 40)]
    new = layer(Scope.FLEET, "a", ("No_Such_Name", "x"))
    sight = change(new, *many, replace(OTHER, mac=Mac("ffffffffffff")), most=2)
    assert sight.tried == 2
    (one,) = sight.fatal
    assert one.models == ("CP-8851-3PCC", "SPA504G")


def test_a_device_that_is_not_there_is_refused_with_the_one_it_is_most_like(store, fill):
    fill(DEVICE, replace(OTHER, mac=Mac("000000000000")))
    with store.fleet.reading() as connection:
        known_device(connection, DEVICE.mac)
        with pytest.raises(NotFoundError, match=r"did you mean 000e08000001\?"):
            known_device(connection, Mac("000e08000010"))
        with pytest.raises(NotFoundError, match="device add"):
            known_device(connection, Mac("ffffffffffff"))
