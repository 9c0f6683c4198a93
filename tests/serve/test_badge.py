"""The certificate that stands for a phone's own."""

import pytest

from ringback import clock
from ringback.certificate.inspection import Inspection
from ringback.cisco.model import find_model
from ringback.mac import Mac
from ringback.serve.badge import badge

MAC = Mac("000e08abcdef")


@pytest.mark.parametrize("model", ["CP-8851-3PCC", "SPA504G", "ATA192-MPP", "PAP2T"])
@pytest.mark.parametrize("serial", ["FCH2133E8B9", ""])
def test_it_names_the_phone_and_passes_inspection(model, serial):
    now = clock.now()
    shown = Inspection().inspect(badge(find_model(model), MAC, serial, now), now)
    assert shown.bearer is not None
    assert shown.bearer.mac == MAC
    assert shown.bearer.serial == (serial or "FCH00000000")
