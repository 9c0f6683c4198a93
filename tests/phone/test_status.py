"""What a phone says is so."""

import pytest
from tests.phone.world import SERVER

from ringback.phone.status import facts

pytestmark = pytest.mark.duty(8)


def test_a_status_tells_product_load_last_resync_and_reboots(world):
    world.resync(f"tftp://{SERVER}/missing")
    said = dict(facts(world.phone, world.now))
    assert said["Product Name"] == "CP-7832-3PCC"
    assert said["Software Version"] == "sip7832.11-3-1MPP-678"
    assert said["Customization"] == "Open"
    assert said["Last Resync"] == "RESYNC_FAILED"
    assert said["Last Resync Error"] == "file not found"
    assert said["Reboot Reason 1"] == "[03/03/26 04:00:00] Power On"
