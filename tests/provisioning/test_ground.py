from ringback.cisco.model import find_model
from ringback.cisco.parameter import Access
from ringback.provisioning.ground import lay_ground
from ringback.provisioning.layer import Layer, Scope, Setting

MODEL = find_model("8851")


def ground(*settings, model=MODEL, scope=Scope.FLEET, **variables):
    layer = Layer(scope, "all", tuple(Setting(*each) for each in settings), variables)
    return lay_ground([layer], {}, model, "berlin")


def test_what_is_the_same_for_all_is_rendered_and_what_is_not_is_left_open():
    found = ground(
        ("GPP_A", "x"), ("GPP_B", "{{ site }}"), ("GPP_C", "{{ mac }}"), ("GPP_D", "{{ own_var }}"),
        ("GPP_E", "{{ town }}"), ("GPP_F", None, Access.RO), town="b",
    )  # fmt: skip
    assert {name: value.value for name, value in found.fixed.items()} == {
        "GPP_A": "x", "GPP_B": "berlin", "GPP_E": "b", "GPP_F": None,
    }  # fmt: skip
    assert [each.name for each in found.moving] == ["GPP_C", "GPP_D"]
    assert [each.name for each in found.soft] == ["GPP_B", "GPP_E"]
    assert found.complaints == ()


def test_without_a_model_only_names_of_some_model_count_and_no_lines():
    found = ground(("GPP_A", "x"), ("Line_Enable_n_", "Yes"), ("Nonsense", "x"), model=None)
    assert list(found.fixed) == ["GPP_A"]


def test_a_ready_made_setting_without_its_variable_waits_for_a_devices():
    found = ground(("Syslog_Server", "{{ syslog }}"), scope=Scope.READY)
    assert (dict(found.fixed), found.moving, found.complaints) == ({}, (), ())
    assert [each.name for each in found.soft] == ["Syslog_Server"]


def test_a_variable_that_cannot_be_read_is_told_once():
    found = ground(("GPP_A", "x"), town="{{ ")
    assert [(each.layer, each.name) for each in found.complaints] == [
        ("fleet/all", "variable town")
    ]
