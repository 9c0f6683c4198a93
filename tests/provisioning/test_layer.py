import pytest

from ringback.errors import UsageError
from ringback.provisioning.layer import Layer, Scope, Setting


def test_settings_are_put_in_order_and_each_name_stands_once():
    one, other = Setting("A", "x"), Setting("B", "y")
    assert Layer(Scope.SITE, "b", (other, one)).settings == (one, other)
    with pytest.raises(UsageError, match="layer site/b sets A twice"):
        Layer(Scope.SITE, "b", (one, Setting("A", "z")))


def test_scopes_are_in_the_order_in_which_they_win():
    assert list(Scope) == sorted(Scope)
    assert [str(each) for each in Scope] == ["ready", "fleet", "model", "site", "group", "device"]


def test_a_layer_is_called_by_scope_and_name():
    assert str(Layer(Scope.SITE, "berlin")) == "site/berlin"
    assert str(Layer(Scope.FLEET, "")) == "fleet"
