"""Who a phone is."""

from ringback.cisco.model import find_model
from ringback.mac import Mac
from ringback.phone.identity import Identity

MODEL = find_model("SPA504G")


def test_a_phone_runs_the_load_it_left_the_factory_with_until_told_otherwise():
    assert Identity(MODEL, Mac("000e08abcdef"), "1").load == MODEL.load
    assert Identity(MODEL, Mac("000e08abcdef"), "1", firmware="7.6.3").load == "7.6.3"


def test_key_derivations_are_the_models_unless_pinned():
    assert Identity(MODEL, Mac("000e08abcdef"), "1").digests == ("md5",)
    assert Identity(MODEL, Mac("000e08abcdef"), "1", pinned_digests=("x",)).digests == ("x",)
