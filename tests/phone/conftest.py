"""What every test of the phone may ask for."""

import pytest
from tests.phone.world import World
from tests.phone.world import profile as make_profile


@pytest.fixture
def world():
    """A 7832 that is up, resyncs only when asked, and whose server has ``basic.txt``."""
    made = World(Resync_On_Reset="No", Resync_Periodic="0")
    made.put("basic.txt")
    return made.power_on()


@pytest.fixture
def new_world():
    """Makes a world for a model with settings; its phone is off."""
    return World


@pytest.fixture(name="profile")
def profile_fixture():
    return make_profile
