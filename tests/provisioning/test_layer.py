from ringback.provisioning.layer import Layer, Scope


def test_scopes_are_in_the_order_in_which_they_win():
    assert list(Scope) == sorted(Scope)
    assert [str(each) for each in Scope] == ["ready", "fleet", "model", "site", "group", "device"]


def test_a_layer_is_called_by_scope_and_name():
    assert str(Layer(Scope.SITE, "berlin")) == "site/berlin"
    assert str(Layer(Scope.FLEET, "")) == "fleet"
