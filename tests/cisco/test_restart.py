from ringback.cisco.catalogue import catalogue
from ringback.cisco.model import MODELS
from ringback.cisco.parameter import fold
from ringback.cisco.restart import REBOOTING, needs_reboot


def test_a_name_is_found_under_any_number():
    assert needs_reboot(["GPP_A", "Dial_Plan_3_"])
    assert not needs_reboot(["GPP_A", "User_ID_1_"])
    assert not needs_reboot([])


def test_some_model_has_each_name():
    known = {fold(name) for model in MODELS for name in catalogue(model)}
    assert known >= REBOOTING
