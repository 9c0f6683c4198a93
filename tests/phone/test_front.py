"""What is refused at once, while whoever asks still listens."""

import pytest

from ringback.errors import NotFoundError, RefusedError
from ringback.phone.boot import Reason

ASK = {
    "request": lambda phone, now: phone.request(None, now),
    "submit": lambda phone, now: phone.submit({"GPP_A": "1"}, now),
    "update_ca": lambda phone, now: phone.update_ca("tftp://h/ca.pem", now),
    "upgrade": lambda phone, now: phone.upgrade("tftp://h/x.loads", now),
    "reboot": lambda phone, now: phone.reboot(now, Reason.SIP),
    "start_call": lambda phone, now: phone.start_call(1, now),
}


@pytest.mark.parametrize("what", ASK)
def test_a_phone_that_is_not_up_refuses(new_world, what):
    world = new_world()
    with pytest.raises(RefusedError, match="not up"):
        ASK[what](world.phone, world.now)


@pytest.mark.parametrize("what", ASK)
def test_a_phone_that_is_up_does_not(world, what):
    ASK[what](world.phone, world.now)


def test_a_setting_it_does_not_have_is_refused_before_anything_is_saved(world):
    with pytest.raises(NotFoundError, match="Nonsense"):
        world.phone.submit({"GPP_A": "1", "Nonsense": "2"}, world.now)
    world.settle()
    assert world.value("GPP_A") == ""


def test_without_a_rule_there_is_no_authority_to_fetch(world):
    with pytest.raises(RefusedError, match="no custom CA"):
        world.phone.update_ca(None, world.now)


def test_without_a_rule_there_is_nobody_to_report_to(world):
    with pytest.raises(RefusedError, match="nobody to report to"):
        world.phone.report(world.now)
