"""The loads in a phone's flash survive as they were."""

import pytest

from ringback.phone.load import Loads

pytestmark = pytest.mark.duty(10)


@pytest.mark.parametrize("loads", [Loads(), Loads("a"), Loads("a", "b", "rule\nurl")])
def test_what_is_kept_comes_back(loads):
    assert Loads.from_facts(loads.facts()) == loads


def test_a_phone_that_never_was_upgraded_keeps_nothing():
    assert Loads().facts() == {}


def test_nonsense_counts_as_not_there():
    assert Loads.from_facts({"running": 7, "inactive": "x" * 5000, "other": "y"}) == Loads()
