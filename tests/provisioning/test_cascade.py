import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.cisco.markup import Severity
from ringback.cisco.model import find_model
from ringback.cisco.parameter import Access
from ringback.errors import NotFoundError, UsageError
from ringback.mac import Mac
from ringback.provisioning.cascade import Cascade
from ringback.provisioning.device import Device
from ringback.provisioning.fleet import Fleet
from ringback.provisioning.layer import Layer, Scope, Setting
from ringback.provisioning.line import Line

MAC = Mac("000e08abcdef")
DEVICE = Device(MAC, "CP-8851-3PCC", site="berlin", group="sales", lines=(Line(1, "100"),))
MODEL = find_model(DEVICE.model)


def layer(scope, name, *settings, **variables):
    made = tuple(each if isinstance(each, Setting) else Setting(*each) for each in settings)
    return Layer(scope, name, tuple(sorted(made, key=lambda each: each.name)), variables)


def cascade(*layers, devices=(DEVICE,), ready=0, **variables):
    fleet = Fleet.of(layers, (), devices, variables, ready=ready)
    return Cascade(fleet, key=bytes(32), secret=lambda name: f"<{name}>")


def effective(*layers, device=DEVICE, ready=0, **variables):
    return cascade(*layers, devices=(device,), ready=ready, **variables).effective(device)


def complaint(*layers, device=DEVICE, **variables):
    found = effective(*layers, device=device, **variables)
    (one,) = found.complaints
    return one


def test_the_narrower_layer_wins_and_each_value_says_where_it_is_from():
    scopes = [
        (Scope.FLEET, "all"), (Scope.MODEL, "MPP"), (Scope.MODEL, "CP-8851-3PCC"),
        (Scope.SITE, "berlin"), (Scope.GROUP, "sales"), (Scope.DEVICE, str(MAC)),
    ]  # fmt: skip
    for count in range(1, len(scopes) + 1):
        layers = [layer(*each, ("GPP_A", str(each[0]))) for each in scopes[:count]]
        value = effective(*layers).values["GPP_A"]
        assert value.value == str(scopes[count - 1][0])
        assert value.layer == str(layers[-1])


def test_layers_of_others_do_not_matter():
    others = [
        layer(Scope.SITE, "paris", ("GPP_A", "x")), layer(Scope.GROUP, "it", ("GPP_A", "x")),
        layer(Scope.MODEL, "SPA", ("GPP_A", "x")),
        layer(Scope.DEVICE, "000e08000000", ("GPP_A", "x")),
    ]  # fmt: skip
    assert "GPP_A" not in effective(*others).values


def test_an_access_stays_until_another_is_said_and_may_be_said_alone():
    fleet = layer(Scope.FLEET, "all", ("GPP_A", "one", Access.RO), ("GPP_B", "two"))
    site = layer(Scope.SITE, "berlin", ("GPP_A", "three"), ("GPP_B", None, Access.NA))
    own = layer(Scope.DEVICE, str(MAC), ("GPP_A", "{{ mac }}"))
    values = effective(fleet, site, own).values
    assert (values["GPP_A"].value, values["GPP_A"].access) == (str(MAC), Access.RO)
    assert (values["GPP_B"].value, values["GPP_B"].access) == ("two", Access.NA)
    assert values["GPP_B"].layer == "fleet/all"


def test_a_setting_for_every_line_is_set_on_the_models_lines_or_the_devices():
    fleet = layer(
        Scope.FLEET, "all", ("Line_Enable_n_", "Yes"), ("Display_Name_n_", "{{ line.user }}!")
    )
    values = effective(fleet).values
    assert {name for name in values if name.startswith("Line_Enable")} == {
        f"Line_Enable_{number}_" for number in range(1, 11)
    }
    assert [name for name in values if name.startswith("Display_Name")] == ["Display_Name_1_"]
    assert values["Display_Name_1_"].value == "100!"


def test_what_a_line_says_yields_to_the_devices_own_layer_and_beats_the_groups():
    line = Line(1, "100", "{{ secret('x') }}", "{{ site }}", "p.example.com", "auth")
    device = replace(DEVICE, lines=(line,))
    group = layer(Scope.GROUP, "sales", ("User_ID_1_", "group"), ("Proxy_1_", "group"))
    own = layer(Scope.DEVICE, str(MAC), ("Proxy_1_", "own"))
    values = effective(group, own, device=device).values
    assert {name: values[name].value for name in values} == {
        "User_ID_1_": "100", "Password_1_": "<x>", "Display_Name_1_": "berlin",
        "Proxy_1_": "own", "Auth_ID_1_": "auth",
    }  # fmt: skip
    assert values["User_ID_1_"].layer == "device/000e08abcdef line 1"
    assert [name for name in values if values[name].secret] == ["Password_1_"]


def test_variables_go_from_fleet_to_device_and_may_build_on_one_another():
    fleet = layer(Scope.FLEET, "all", ("GPP_A", "{{ domain }}"))
    site = layer(Scope.SITE, "berlin", town="b")
    assert effective(fleet, site, town="x", domain="{{ town }}.de").values["GPP_A"].value == "b.de"
    device = replace(DEVICE, variables={"town": "{{ group }}"})
    found = effective(fleet, site, device=device, town="x", domain="{{ town }}.de")
    assert found.values["GPP_A"].value == "sales.de"


def test_a_secret_is_found_through_variables_also_a_devices():
    fleet = layer(Scope.FLEET, "all", ("GPP_A", "{{ a }}"), ("GPP_B", "{{ own_secret('x') }}"))
    values = effective(fleet, a="{{ b }}", b="{{ secret('y') }}").values
    assert values["GPP_A"].secret
    assert values["GPP_B"].secret
    device = replace(DEVICE, variables={"a": "{{ secret('z') }}"})
    found = effective(fleet, device=device, a="plain")
    assert (found.values["GPP_A"].value, found.values["GPP_A"].secret) == ("<z>", True)
    assert not effective(fleet, a="plain").values["GPP_A"].secret


def test_ready_made_settings_lack_their_variable_in_silence_and_no_others_do():
    found = effective(ready=1)
    assert found.complaints == ()
    assert "Syslog_Server" not in found.values
    assert effective(ready=1, syslog="192.0.2.1").values["Syslog_Server"].value == "192.0.2.1"
    own = replace(DEVICE, variables={"syslog": "192.0.2.2"})
    assert effective(ready=1, device=own).values["Syslog_Server"].value == "192.0.2.2"
    assert found.values["Resync_Periodic"].layer == "ready/all"
    assert "GPP_A" not in effective(layer(Scope.FLEET, "all", ("GPP_A", "{{ nothing }}"))).values


@pytest.mark.parametrize("model", ["CP-7832-3PCC", "CP-9861", "SPA504G", "ATA192-MPP", "SPA2000"])
def test_the_ready_made_layers_fit_every_generation(model):
    device = Device(MAC, find_model(model).name, lines=(Line(1, "100"),))
    found = effective(
        device=device, ready=1, syslog="192.0.2.1", report="https://r.example.com", ca="http://c/x"
    )
    assert found.complaints == ()
    traits = find_model(model).traits
    assert found.values[traits.admin_password].secret
    assert "release=" in found.values[traits.log_success].value
    assert found.values["Auth_Resync-Reboot_1_"].value == "Yes"
    assert found.values["Report_Rule"].value == "https://r.example.com/$(MA).xml"


@pytest.mark.parametrize(
    ("setting", "what", "remedy"),
    [
        (("Proxi_1_", "x"), "CP-8851-3PCC has no such parameter", "did you mean Proxy_1_?"),
        (("gpp_a", "x"), "no such parameter", "did you mean GPP_A?"),
        (("Nonsense_At_All", "x"), "no such parameter", "unchecked = true"),
        (("Admin_Passwd", "x"), "others have", "did you mean Admin_Password?"),
        (("Proxy_11_", "x"), "numbers it 1 to 10 only", "check the model"),
        (("Serial_Number", "x"), "nobody can set it", "remove it"),
        (("Resync_Random_Delay", "soon"), "'soon' is no number", "write digits"),
        (("Line_Enable_1_", "maybe"), "neither Yes nor No", "write Yes or No"),
        (("Resync_Periodic", "12,x"), "column", ""),
        (("GPP_A", "{{ mca }}"), "nothing called 'mca'", "did you mean mac?"),
        (("GPP_A", "{{ mac "), "unexpected end", ""),
        (("GPP_A", "{{ lines[3].user }}"), "no 3 in it", ""),
    ],
)
def test_a_fault_is_told_with_layer_name_and_remedy(setting, what, remedy):
    one = complaint(layer(Scope.DEVICE, str(MAC), setting))
    assert one.fatal
    assert (one.layer, one.name) == (f"device/{MAC}", setting[0])
    assert what in str(one)
    assert remedy in one.error("write unchecked = true").remedy


def test_a_failing_expression_names_layer_key_line_column_and_device():
    one = complaint(layer(Scope.SITE, "berlin", ("GPP_A", "{{ mac }}\nand {{ mac | int }}")))
    text = str(one.error())
    assert text.startswith("layer site/berlin, GPP_A:2:")
    assert text.endswith("the text is no whole number (device 000e08abcdef)")


def test_a_value_not_allowed_is_a_warning_where_firmware_may_know_more():
    one = complaint(layer(Scope.FLEET, "all", ("Resync_Random_Delay", "99999")))
    assert (one.severity, one.fatal) == (Severity.WARNING, False)


def test_a_layer_for_many_may_hold_what_only_some_models_have_and_one_of_a_model_may_not():
    for scope, name in ((Scope.FLEET, "all"), (Scope.SITE, "berlin")):
        assert effective(layer(scope, name, ("Admin_Passwd", "x"))).complaints == ()
    assert complaint(layer(Scope.MODEL, "CP-8851-3PCC", ("Admin_Passwd", "x"))).fatal
    assert complaint(layer(Scope.FLEET, "all", ("Admin_Psswd", "x"))).fatal


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("SPA504G", "Log_Request_Msg"), ("PAP2T", "Custom_CA_Rule"), ("SPA841", "Custom_CA_Rule"),
        ("ATA192-MPP", "Log_Request_Msg"), ("CP-9851", "Admin_Passwd"),
    ],
)  # fmt: skip
def test_a_layer_of_one_model_is_held_to_that_model_whatever_it_is_called(model, name):
    device = replace(DEVICE, model=model)
    one = complaint(layer(Scope.MODEL, model, (name, "x")), device=device)
    assert f"layer model/{model}, {name}: {model} has no such parameter, others have" in str(one)
    known = layer(Scope.MODEL, model, ("GPP_A", "x"))
    assert effective(known, device=device).complaints == ()


def test_a_layer_of_a_generation_may_hold_what_some_of_its_models_have_and_nothing_else():
    spa = replace(DEVICE, model="SPA504G")
    some = layer(Scope.MODEL, "SPA", ("G723_Enable_1_", "Yes"))
    assert effective(some, device=spa).complaints == ()
    none = layer(Scope.MODEL, "SPA", ("Log_Request_Msg", "abc"))
    assert "model/SPA, Log_Request_Msg: no phone of the generation SPA" in str(
        complaint(none, device=spa)
    )
    assert complaint(layer(Scope.MODEL, "MPP", ("Admin_Passwd", "x"))).fatal


def test_a_fault_in_a_variable_is_told_where_the_variable_is_set():
    site = layer(Scope.SITE, "berlin", ca="{{ registrr }}", registrar="r")
    one = complaint(site, layer(Scope.FLEET, "all", ("GPP_A", "x\n{{ ca }}")))
    assert str(one.error()) == (
        "layer site/berlin, variable ca:1:4: there is nothing called 'registrr', "
        f"needed by GPP_A of fleet/all (device {MAC}): did you mean registrar?"
    )
    device = replace(DEVICE, variables={"ca": "{{ "})
    one = complaint(layer(Scope.FLEET, "all", ("GPP_A", "x")), device=device)
    assert str(one.error()).startswith(f"layer device/{MAC}, variable ca:1:")


def test_a_secret_that_is_not_a_value_of_its_parameter_is_named_and_not_shown():
    cascade = Cascade(
        Fleet.of(
            [layer(Scope.FLEET, "all", ("Line_Enable_1_", "{{ z }}"), z="{{ secret('zone') }}")],
            (), [DEVICE], ready=0,
        ), key=bytes(32), secret=lambda _: "sw0rdfish",
    )  # fmt: skip
    (one,) = cascade.effective(DEVICE).complaints
    assert "the secret 'zone'" in one.what
    assert "sw0rdfish" not in str(one)


def test_unchecked_sends_what_the_catalogue_does_not_know():
    new = Setting("Invented_Yesterday", "x", unchecked=True)
    odd = Setting("Resync_Random_Delay", "soon", unchecked=True)
    found = effective(layer(Scope.DEVICE, str(MAC), new, odd))
    assert found.complaints == ()
    assert {name: value.value for name, value in found.values.items() if name[0] in "IR"} == {
        "Invented_Yesterday": "x", "Resync_Random_Delay": "soon",
    }  # fmt: skip


def test_another_model_gives_one_clear_list_of_what_does_not_fit():
    own = layer(
        Scope.DEVICE, str(MAC), ("Admin_Password", "x"), ("CISCO_XML_EXE_Enable", "Yes"),
        ("Proxy_5_", "x"), ("GPP_A", "stays"),
    )  # fmt: skip
    lines = tuple(Line(number, str(number)) for number in (1, 5))
    before = replace(DEVICE, lines=lines)
    assert effective(own, device=before).complaints == ()
    after = effective(own, device=replace(before, model="SPA504G"))
    assert {(each.name, each.what) for each in after.complaints} == {
        ("Admin_Password", "has no such parameter, others have"),
        ("Proxy_5_", "numbers it 1 to 4 only"),
        ("lines", "SPA504G has 4 lines"),
    }


def test_two_fleet_layers_may_not_set_one_name():
    two = [layer(Scope.FLEET, name, ("GPP_A", name)) for name in ("a", "b")]
    assert complaint(*two).what == "fleet/a sets it too, and neither comes first"


def test_variables_in_a_circle_are_found():
    fleet = layer(Scope.FLEET, "all", ("GPP_A", "{{ a }}"))
    one = complaint(fleet, a="{{ b }}", b="x{{ c }}", c="{{ a }}")
    assert str(one.error()) == (
        "fleet, variable c:1:4: variables go round in a circle: a needs b needs c needs a, "
        f"needed by GPP_A of fleet/all (device {MAC}): give one of them a value of its own"
    )


def test_variables_that_double_one_another_end_soon():
    chain = {f"v{number}": f"{{{{ v{number - 1} ~ v{number - 1} }}}}" for number in range(1, 60)}
    fleet = layer(Scope.FLEET, "all", ("GPP_A", "{{ v59 }}"))
    before = time.process_time()
    assert "16384 characters" in complaint(fleet, v0="abc", **chain).what
    assert effective(fleet, v0="", **chain).values["GPP_A"].value == ""
    assert time.process_time() - before < 2


def test_a_variable_may_not_hide_a_fact():
    with pytest.raises(UsageError, match="'mac', which is a fact"):
        cascade(mac="x")
    with pytest.raises(UsageError, match="layer site/berlin sets a variable 'site'"):
        cascade(layer(Scope.SITE, "berlin", site="x"))


def test_a_line_text_may_not_hold_a_secret_unnoticed():
    device = replace(DEVICE, lines=(Line(1, "{{ secret('x') }}"),))
    assert "no 'secret'" in complaint(device=device).what


def test_an_unknown_model_is_an_error():
    with pytest.raises(NotFoundError):
        effective(device=replace(DEVICE, model="CP-1-3PCC-X"))


NAMES = st.sampled_from(["GPP_A", "GPP_B", "GPP_C"])
TEXTS = st.sampled_from(["x", "y", "{{ mac }}", "{{ site }}", "{{ v }}", "{{ line }}", None])
SCOPES = [
    (Scope.FLEET, "all"), (Scope.MODEL, "MPP"), (Scope.SITE, "berlin"), (Scope.GROUP, "sales"),
    (Scope.DEVICE, str(MAC)),
]  # fmt: skip


@given(
    st.dictionaries(
        st.sampled_from(SCOPES),
        st.dictionaries(NAMES, st.sampled_from(["x", "{{ mac }}", "{{ v }}"])),
    )
)
def test_the_result_is_that_of_laying_one_dictionary_over_another(said):
    layers = [layer(*where, *settings.items()) for where, settings in said.items()]
    expected: dict[str, str] = {}
    for where in SCOPES:
        expected |= said.get(where, {})
    meant = {"x": "x", "{{ mac }}": str(MAC), "{{ v }}": "w"}
    values = effective(*layers, device=replace(DEVICE, lines=()), v="w").values
    assert {name: value.value for name, value in values.items()} == {
        name: meant[text] for name, text in expected.items()
    }
