"""How a phone comes to another firmware, on an imaginary network."""

import pytest
from tests.phone.world import SERVER, World, profile

from ringback.cisco import image
from ringback.cisco.image import Part
from ringback.cisco.model import find_model
from ringback.errors import Failure, RefusedError
from ringback.phone.memory import Memory
from ringback.phone.upgrade import Upgrades

pytestmark = pytest.mark.duty(10)

QUIET = {"Resync_On_Reset": "No", "Resync_Periodic": "0"}
SILENT = {**QUIET, "Resync_After_Upgrade_Attempt": "No"}
SPA = find_model("SPA504G")
BIN = f"http://{SERVER}/fw/spa.bin"
NEW = "sip7832.12-0-1MPP0001-100"
LIST = f"http://{SERVER}/fw/{NEW}.loads"
ONCE = "Upgrade_Error_Retry_Delay"


def put_spa(world, version="7.6.3"):
    world.put("fw/spa.bin", image.make([SPA], version), scheme="http")


def put_list(world, version=NEW, models=None):
    models = models or [world.identity.model]
    body = image.make(models, version)
    part = Part.of(f"{version}.bin", body)
    world.put(f"fw/{version}.bin", body, scheme="http")
    world.put(f"fw/{version}.loads", image.make_load(models, version, [part]), scheme="http")


@pytest.fixture
def spa():
    """A SPA504G whose rule names an image that the server has; it is off."""
    world = World("SPA504G", **SILENT, Upgrade_Rule=BIN)
    put_spa(world)
    return world


@pytest.fixture
def mpp():
    world = World(**SILENT, Upgrade_Rule=LIST)
    put_list(world)
    return world


def part(world):
    return world.phone.part(Upgrades)


def load(world):
    return world.phone.identity.load


def reasons(world):
    return [str(boot.reason) for boot in world.phone.history.boots]


def started(world):
    """Powered on, and up again after whatever it did first."""
    return world.power_on().wait(world.identity.boot_seconds)


# It works


def test_an_image_is_fetched_taken_and_runs_after_a_restart(spa):
    started(spa)
    assert load(spa) == "7.6.3"
    assert reasons(spa) == ["Upgrade", "Power On"]
    where = f"http://{SERVER}:80/fw/spa.bin"
    assert spa.said == [
        f"SPA504G 00:0e:08:ab:cd:ef -- Requesting upgrade {where}",
        f"SPA504G 00:0e:08:ab:cd:ef -- Successful upgrade {where} -- 7.6.3",
    ]


def test_the_new_load_is_in_the_next_requests_agent_and_in_swver(spa):
    started(spa)
    spa.put("x", profile(GPP_A="$SWVER"), scheme="http")
    spa.resync(f"( $SWVER eq 7.6.3 )? http://{SERVER}/x")
    assert spa.value("GPP_A") == "$SWVER"
    assert spa.agents[-1] == "Cisco/SPA504G-7.6.3 (000E08ABCDEF)(88012BA01234)"


def test_a_list_is_fetched_and_every_file_it_names(mpp):
    started(mpp)
    assert mpp.asked == [LIST, f"http://{SERVER}/fw/{NEW}.bin"]
    assert load(mpp) == NEW


def test_the_new_load_survives_a_power_cut(mpp):
    started(mpp)
    mpp.power_cut()
    mpp.asked.clear()
    mpp.power_on()
    assert load(mpp) == NEW
    assert mpp.asked == []


def test_a_rule_that_a_resync_brings_is_followed_after_it():
    world = World(**QUIET).power_on()
    put_list(world)
    world.put("new", profile(Upgrade_Rule=LIST))
    world.resync(f"tftp://{SERVER}/new")
    world.wait(5)
    assert load(world) == NEW


def test_an_assignment_in_the_rule_is_made():
    world = World(**QUIET, Upgrade_Rule='(GPP_A = "upgrading";)!')
    world.power_on()
    assert world.value("GPP_A") == "upgrading"
    assert world.asked == []


# When not


def test_the_same_rule_is_followed_once_though_its_name_tells_no_version(spa):
    started(spa)
    spa.asked.clear()
    spa.power_cut()
    started(spa)
    spa.put("x", scheme="http")
    spa.resync(f"http://{SERVER}/x")
    assert spa.asked == [f"http://{SERVER}/x"]


def test_another_rule_is_followed(spa):
    started(spa)
    spa.put("fw/other.bin", image.make([SPA], "7.6.4"), scheme="http")
    spa.submit(Upgrade_Rule=f"http://{SERVER}/fw/other.bin")
    spa.wait(5)
    assert load(spa) == "7.6.4"


def test_a_load_that_runs_already_is_not_fetched():
    world = World(**QUIET)
    world.phone.profile, _ = world.phone.profile.set(
        {"Upgrade_Rule": f"http://{SERVER}/{world.identity.load}.loads"}
    )
    world.disk = bytes(world.phone.memory_with(world.phone.profile))
    assert world.power_on().asked == []


def test_an_image_of_the_running_version_causes_no_restart(spa):
    put_spa(spa, "7.6.2f")
    started(spa)
    assert reasons(spa) == ["Power On"]
    spa.asked.clear()
    spa.power_cut()
    started(spa)
    assert spa.asked == []


def test_a_condition_that_does_not_hold_upgrades_nothing(spa):
    spa.phone.profile, _ = spa.phone.profile.set({"Upgrade_Rule": f"( $SWVER lt 7.5.0 )? {BIN}"})
    spa.disk = bytes(spa.phone.memory_with(spa.phone.profile))
    assert started(spa).asked == []


def test_upgrade_enable_no_upgrades_nothing():
    world = World("SPA504G", **QUIET, Upgrade_Rule=BIN, Upgrade_Enable="No")
    assert started(world).asked == []
    with pytest.raises(RefusedError, match="upgrades are disabled"):
        world.phone.upgrade(BIN, world.now)


def test_no_firmware_is_downloaded_during_a_call(spa):
    spa.power_on(boot_seconds=5.0)
    spa.wait(5)
    spa.put("fw/b.bin", image.make([SPA], "7.6.5"), scheme="http")
    spa.asked.clear()
    spa.phone.start_call(1, spa.now)
    spa.phone.upgrade(f"http://{SERVER}/fw/b.bin", spa.now)
    spa.settle()
    assert spa.wait(3600).asked == []
    spa.phone.end_call(spa.now)
    spa.settle()
    spa.wait(5)
    assert load(spa) == "7.6.5"


def test_a_call_that_began_during_the_download_is_finished_before_the_restart(spa):
    spa.holding = True
    spa.power_on()
    spa.phone.start_call(1, spa.now)
    spa.release()
    assert reasons(spa) == ["Power On"]
    spa.phone.end_call(spa.now)
    spa.settle()
    spa.wait(5)
    assert reasons(spa) == ["Upgrade", "Power On"]


# What fails


def test_a_failure_is_said_and_tried_again_as_the_list_of_waits_says(spa):
    spa.files.clear()
    spa.phone.profile, _ = spa.phone.profile.set({ONCE: "10,30"})
    spa.disk = bytes(spa.phone.memory_with(spa.phone.profile))
    spa.power_on()
    assert spa.said[-1].endswith("Upgrade failed: file not found")
    assert len(spa.wait(9).asked) == 1
    assert len(spa.wait(2).asked) == 2
    assert len(spa.wait(28).asked) == 2
    put_spa(spa)
    spa.wait(2)
    assert len(spa.asked) == 3
    spa.wait(5)
    assert load(spa) == "7.6.3"


def test_upgst_upgerr_and_upgtmr_tell_a_retry_from_a_first_attempt(spa):
    spa.files.clear()
    spa.power_on().wait(100)
    assert part(spa).macro("UPGST") == "2"
    assert spa.phone.macros()["UPGERR"] == "file not found"
    assert spa.phone.macros()["UPGTMR"] in ("100", "0")
    spa.phone.now = spa.now
    assert spa.phone.macros()["UPGTMR"] == "100"


@pytest.mark.parametrize("text", ["0", "", "nonsense"])
def test_without_a_wait_there_is_no_retry_on_later_phones(mpp, text):
    mpp.files.clear()
    mpp.phone.profile, _ = mpp.phone.profile.set({ONCE: text})
    mpp.disk = bytes(mpp.phone.memory_with(mpp.phone.profile))
    mpp.power_on().wait(100_000)
    assert len(mpp.asked) == 1


def test_a_resync_follows_an_attempt_that_failed_unless_it_is_forbidden():
    for wanted, count in (("Yes", 2), ("No", 1)):
        world = World(
            **QUIET, Upgrade_Rule=LIST, Profile_Rule=f"http://{SERVER}/p",
            Resync_After_Upgrade_Attempt=wanted,
        )  # fmt: skip
        world.put("p", scheme="http")
        world.power_on()
        assert len(world.asked) == count


def test_a_resync_follows_the_restart_of_an_upgrade_unless_it_is_forbidden():
    for wanted, count in (("Yes", 1), ("No", 0)):
        world = World(
            Resync_Random_Delay="0", Upgrade_Rule=LIST, Profile_Rule=f"http://{SERVER}/p",
            Resync_After_Upgrade_Attempt=wanted,
        )  # fmt: skip
        world.put("p", scheme="http")
        put_list(world)
        world.power_on()
        world.asked.clear()
        world.wait(10)
        assert load(world) == NEW
        assert world.asked.count(f"http://{SERVER}/p") == count


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (image.make([SPA], "7.6.3")[:-1], "corrupt file"),
        (b"\x7fELF real firmware", "corrupt file"),
        (image.make([find_model("SPA525G2")], "7.6.3"), "invalid file"),
    ],
)
def test_a_file_that_is_cut_short_foreign_or_for_another_model_is_refused(spa, body, said):
    spa.put("fw/spa.bin", body, scheme="http")
    spa.power_on()
    assert spa.said[-1].endswith(f"Upgrade failed: {said}")
    assert load(spa) == "7.6.2f"


def test_a_file_of_a_list_that_is_missing_or_cut_short_is_refused(mpp):
    url = f"http://{SERVER}/fw/{NEW}.bin"
    whole = mpp.files[url]
    for body in (whole[:-10], Failure.NOT_FOUND):
        mpp.put(f"fw/{NEW}.bin", body, scheme="http")
        mpp.power_on()
        assert load(mpp) == "sip7832.11-3-1MPP-678"
        mpp.power_cut()


@pytest.mark.parametrize(("limit", "runs"), [("7.6.4", "7.6.2f"), ("7.6.3", "7.6.3")])
def test_a_load_below_the_limit_is_refused_for_good(spa, limit, runs):
    spa.phone.profile, _ = spa.phone.profile.set({"Downgrade_Rev_Limit": limit})
    spa.disk = bytes(spa.phone.memory_with(spa.phone.profile))
    started(spa)
    assert load(spa) == runs
    if runs == "7.6.2f":
        assert spa.said[-1].endswith("Upgrade failed: invalid file")
        assert len(spa.wait(100_000).asked) == 1


def test_a_rule_without_a_server_fails(spa):
    spa.phone.profile, _ = spa.phone.profile.set({"Upgrade_Rule": "/spa.bin"})
    spa.disk = bytes(spa.phone.memory_with(spa.phone.profile))
    spa.power_on()
    assert spa.said[-1].endswith("Upgrade failed: No server name")


@pytest.mark.parametrize("one_shot", [False, True])
def test_firmware_comes_from_no_server_that_the_phone_may_not_ask(one_shot):
    rule = "" if one_shot else LIST
    world = World(**SILENT, Upgrade_Rule=rule, Restricted_Access_Domains="prov.example.com")
    put_list(world)
    started(world)
    if one_shot:
        world.phone.upgrade(LIST, world.now)
        world.settle()
    assert world.said[-1].endswith("Upgrade failed: Invalid or restricted server")
    assert world.asked == []


def test_firmware_comes_from_a_server_that_the_phone_may_ask():
    rule = LIST.replace(SERVER, "prov.example.com")
    world = World(**SILENT, Upgrade_Rule=rule, Restricted_Access_Domains="prov.example.com")
    world.names["prov.example.com"] = ("10.0.0.7",)
    started(world)
    assert world.asked == [rule]


def test_options_in_the_rule_are_an_error(spa):
    spa.phone.profile, _ = spa.phone.profile.set({"Upgrade_Rule": f"[--key x]{BIN}"})
    spa.disk = bytes(spa.phone.memory_with(spa.phone.profile))
    spa.power_on()
    assert spa.said[-1].endswith("Upgrade failed: Parse error in rule")
    assert spa.asked == []


def test_a_power_cut_in_the_download_leaves_the_old_load(mpp):
    mpp.holding = True
    mpp.power_on()
    assert mpp.held
    mpp.power_cut()
    mpp.holding = False
    mpp.files.clear()
    mpp.power_on()
    assert load(mpp) == "sip7832.11-3-1MPP-678"


def test_a_full_disk_leaves_the_old_load(mpp):
    mpp.disk_is_full = True
    mpp.power_on()
    assert load(mpp) == "sip7832.11-3-1MPP-678"
    assert mpp.said[-1].endswith("Upgrade failed: resources exhausted")
    assert "upgrade" not in Memory.parse(mpp.disk).kept


def test_a_submission_makes_an_upgrade_give_way_and_it_begins_anew(mpp):
    mpp.holding = True
    mpp.power_on()
    mpp.holding, mpp.held = False, []
    mpp.submit(GPP_A="1")
    mpp.wait(10)
    assert mpp.value("GPP_A") == "1"
    assert load(mpp) == NEW


# The other partition


def test_the_load_in_the_other_partition_is_activated_without_a_download(mpp):
    old = load(mpp)
    started(mpp)
    mpp.asked.clear()
    mpp.submit(Upgrade_Rule=f"http://{SERVER}/fw/{old}.loads")
    mpp.wait(5)
    assert load(mpp) == old
    assert mpp.asked == []
    assert mpp.said[-1].endswith(f"-- {old}")


# Somebody asks


def test_a_one_shot_upgrade_is_not_stored_and_takes_the_server_from_who_asked():
    world = World("SPA504G", **QUIET).power_on()
    put_spa(world)
    world.phone.upgrade("http:///fw/spa.bin", world.now, host=SERVER)
    world.settle()
    world.wait(5)
    assert load(world) == "7.6.3"
    assert world.value("Upgrade_Rule") == ""


def test_a_server_named_without_a_file_is_asked_for_the_usual_one():
    world = World("SPA504G", **QUIET).power_on()
    world.phone.upgrade(f"http://{SERVER}", world.now)
    world.settle()
    assert world.asked[0] == f"http://{SERVER}/spa.bin"
    world = World(**QUIET).power_on()
    world.phone.upgrade(f"http://{SERVER}", world.now)
    world.settle()
    assert world.asked == []


def test_a_one_shot_upgrade_that_fails_is_not_tried_again():
    world = World("SPA504G", **QUIET).power_on()
    world.phone.upgrade(BIN, world.now)
    world.settle()
    assert len(world.wait(100_000).asked) == 1


def test_without_a_rule_there_is_nothing_to_upgrade_to():
    world = World(**QUIET).power_on()
    with pytest.raises(RefusedError, match="no firmware to fetch"):
        world.phone.upgrade(None, world.now)
