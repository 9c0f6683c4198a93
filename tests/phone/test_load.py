"""The loads in a phone's flash survive as they were."""

import pytest

from ringback.cisco.url import Url
from ringback.phone.load import Loads, named_load, with_file

pytestmark = pytest.mark.duty(10)


@pytest.mark.parametrize("loads", [Loads(), Loads("a"), Loads("a", "b", "rule\nurl")])
def test_what_is_kept_comes_back(loads):
    assert Loads.from_facts(loads.facts()) == loads


def test_a_phone_that_never_was_upgraded_keeps_nothing():
    assert Loads().facts() == {}


def test_nonsense_counts_as_not_there():
    assert Loads.from_facts({"running": 7, "inactive": "x" * 5000, "other": "y"}) == Loads()


@pytest.mark.parametrize(
    ("url", "load"),
    [
        ("http://h/fw/sip88xx.12-0-1MPP0001-100.loads", "sip88xx.12-0-1MPP0001-100"),
        ("http://h/a.loads?b.bin", "a"),
        ("http://h/spa.bin", ""),
        ("http://h/loads", ""),
    ],
)
def test_a_url_names_a_load_by_its_ending(url, load):
    assert named_load(Url.parse(url)) == load


def test_only_a_server_alone_means_its_usual_file():
    assert with_file("tftp://10.0.0.1:69", "/spa.bin") == "tftp://10.0.0.1:69/spa.bin"
    for rule in ("tftp://h/x", "(1 = 1)? tftp://h", "h", ""):
        assert with_file(rule, "/spa.bin") == rule
