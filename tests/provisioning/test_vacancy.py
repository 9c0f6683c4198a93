import pytest

from ringback.cisco.model import find_model
from ringback.provisioning.cascade import Cascade
from ringback.provisioning.fleet import Fleet
from ringback.provisioning.layer import Layer, Scope, Setting
from ringback.provisioning.vacancy import fits, of_nobody

MODELS = (find_model("8851"), find_model("SPA504G"))


def said(layer, *others, models=MODELS):
    fleet = Fleet.of([layer, *others], (), (), {"server": "https://p.example.com"})
    cascade = Cascade(fleet, key=bytes(32), secret=lambda _: "x")
    return [each.what for each in of_nobody(cascade, layer, models)]


def layer(scope, name, setting, value):
    return Layer(scope, name, (Setting(setting, value),))


def test_a_slip_in_a_layer_that_nobody_has_is_told():
    assert said(layer(Scope.SITE, "opens-next-week", "Time_Zonne", "GMT"))
    assert not said(layer(Scope.SITE, "opens-next-week", "Time_Zone", "GMT"))


def test_what_hangs_on_a_site_that_is_not_known_yet_is_left():
    assert not said(layer(Scope.GROUP, "staff", "GPP_A", "{{ site.nosuch }}"))
    assert said(layer(Scope.GROUP, "staff", "GPP_A", "{{ model | nosuch }}"))


def test_a_model_that_the_fleet_has_not_is_looked_up_among_all():
    wrong = layer(Scope.MODEL, "SPA504G", "Time_Zonne", "GMT")
    assert said(wrong, models=())


@pytest.mark.parametrize(
    ("scope", "name", "models"),
    [
        (Scope.SITE, "hq", [True, True]),
        (Scope.MODEL, "SPA504G", [False, True]),
        (Scope.MODEL, "MPP", [True, False]),
    ],
)
def test_a_layer_fits_its_model_or_generation_alone(scope, name, models):
    assert [fits(Layer(scope, name), each) for each in MODELS] == models
