"""Why phones restart, and what they keep of it."""

import pytest

from ringback.phone.boot import Boot, History, Reason, needs_reboot

pytestmark = pytest.mark.duty(4)


def test_a_start_reads_as_on_the_status_page():
    assert str(Boot(1407911558.0, Reason.USER)) == "[08/13/14 06:32:38] User Triggered"


def test_only_the_last_five_starts_are_kept_newest_first():
    history = History()
    for moment in range(7):
        history = history.with_boot(Boot(float(moment), Reason.POWER))
    assert [boot.at for boot in history.boots] == [6.0, 5.0, 4.0, 3.0, 2.0]


def test_a_general_purpose_parameter_needs_no_restart():
    assert not needs_reboot(["GPP_A", "Profile_Rule", "Resync_Periodic"])


def test_a_numbered_parameter_needs_the_restart_of_its_kind():
    assert needs_reboot(["GPP_A", "Dial_Plan_2_"])
