"""What a phone says, how loud, and to whom."""

import pytest

from ringback.cisco.profile import Change
from ringback.phone import voice

pytestmark = pytest.mark.duty(7)


@pytest.mark.parametrize(
    ("level", "loud"),
    [("0", 0), ("1", 1), ("3", 3), ("7", 3), ("", 0), ("NOTICE", 0), ("EMERGENCY", 0), ("INFO", 1),
     ("debug", 3), ("loud", 0), ("-1", 0), ("²", 0), ("9" * 5000, 3)],
)  # fmt: skip
def test_a_debug_level_is_a_number_or_a_severity(level, loud):
    assert voice.loudness(level) == loud


@pytest.mark.parametrize(
    ("model", "settings", "to"),
    [
        ("7832", {}, ()),
        ("7832", {"Syslog_Server": "a"}, ("a",)),
        ("7832", {"Debug_Server": "b:5514"}, ("b:5514",)),
        ("7832", {"Syslog_Server": "a", "Debug_Server": "b"}, ("a", "b")),
        ("7832", {"Syslog_Server": "a", "Debug_Server": "a"}, ("a",)),
    ],
)
def test_a_line_goes_to_both_servers_once(new_world, model, settings, to):
    said = voice.line(new_world(model, **settings).phone, "Log_Request_Msg", {})
    assert said is not None
    assert said.servers == to


@pytest.mark.parametrize(
    ("model", "settings", "to"),
    [
        ("7832", {"Syslog_Server": "a", "Debug_Server": "b"}, ("b",)),
        ("7832", {"Syslog_Server": "a"}, ("a",)),
        ("SPA504G", {"Syslog_Server": "a"}, ()),
        ("SPA504G", {"Syslog_Server": "a", "Debug_Server": "b"}, ("b",)),
    ],
)
def test_details_go_to_the_debug_server_else_by_generation(new_world, model, settings, to):
    said = voice.detail(new_world(model, Debug_Level="1", **settings).phone, 1, "x")
    assert said is not None
    assert said.servers == to


def test_only_later_generations_put_a_timestamp_and_a_device_before_a_line(new_world):
    mpp = new_world("7832", Syslog_Identifier="$MAU", Time_Zone="GMT+01:00").phone
    said = voice.line(mpp, "Log_Request_Msg", {})
    assert said is not None
    assert said.device == "000E08ABCDEF"
    assert said.offset is not None
    assert said.offset.total_seconds() == 3600
    old = voice.line(new_world("SPA504G").phone, "Log_Resync_Request_Msg", {})
    assert old is not None
    assert (old.offset, old.device) == (None, "")


def test_a_changed_secret_is_named_and_not_shown(new_world):
    profile = new_world().phone.profile
    assert "hush" not in voice.describe(profile, Change("Admin_Password", "", "hush"))
    assert "hush" not in voice.describe(profile, Change("Profile_Rule", "", "[--key hush]/a"))
    assert voice.describe(profile, Change("GPP_A", "", "1")) == "GPP_A: '' became '1'"
