"""What the vendor's texts say about resyncs, statement by statement, on a whole phone.

Each test names the source of the statement it proves (docs/sources.md). The rules themselves are
tested in tests/cisco/test_resync.py; calls in test_call.py.
"""

import pytest
from tests.cisco.published import RESYNC
from tests.phone.world import NOON, SERVER, Dice, ask, profile, text

from ringback.cisco.catalogue import catalogue
from ringback.cisco.model import MODELS, Generation, find_model
from ringback.cisco.resync import Cause, Result
from ringback.errors import RefusedError
from ringback.phone.boot import Reason

pytestmark = pytest.mark.duty(4)

URL = f"tftp://{SERVER}/basic.txt"
ONE_OF_EACH = ("SPA2000", "SPA504G", "ATA191", "8851", "9861")


@pytest.fixture
def phone(new_world):
    """A phone whose rule leads to a file that is there; ``share`` is how the dice fall."""

    def plug(model="7832", share=0.5, **settings):
        given = {"Profile_Rule": URL, "Resync_Random_Delay": "0", "Resync_Periodic": "0"}
        given["Time_Zone"] = "GMT"
        world = new_world(model, **given | settings)
        world.dice.share = share
        world.put("basic.txt")
        return world

    return plug


def causes(world):
    return [each.cause for each in world.outcomes]


# Provision_Enable


def test_provision_enable_no_stops_timers_pages_and_sip(phone):
    """S2, S5."""
    world = phone(Provision_Enable="No", Resync_Periodic="10", Resync_At__HHmm_="1300")
    world.power_on().wait(1_000_000)
    for sip in (False, True):
        with pytest.raises(RefusedError, match="disabled"):
            world.phone.request(None, world.now, sip=sip)
    assert ask(world, f"/admin/resync?{URL}").status == 403
    assert world.asked == []


def test_upgrade_enable_has_no_say_in_resyncs(phone):
    """S2, S5: Provision_Enable is independent of Upgrade_Enable."""
    assert causes(phone(Upgrade_Enable="No").power_on()) == [Cause.POWER_ON]


# After power-on


@pytest.mark.parametrize("model", ONE_OF_EACH)
def test_resync_on_reset_no_means_no_resync_after_power_on(phone, model):
    """S4, S5; and a period that never had a first success never runs."""
    world = phone(model, Resync_On_Reset="No", Resync_Periodic="10").power_on()
    assert world.wait(10_000).asked == []


@pytest.mark.parametrize(("model", "unit"), [("8851", 20), ("SPA504G", 20), ("SPA2000", 1)])
@pytest.mark.parametrize("share", [0.1, 0.5, 1.0])
def test_the_random_delay_is_counted_in_units_of_the_generation(phone, model, unit, share):
    """S4, S5: twenty seconds each; S13: seconds."""
    world = phone(model, share, Resync_Random_Delay="3")
    world.power_on()
    assert world.phone.due.at == pytest.approx(NOON + 5 + share * 3 * unit)


def test_a_random_delay_of_zero_disables_it(phone):
    """S4, S5."""
    assert causes(phone(share=1.0).power_on()) == [Cause.POWER_ON]


def test_only_the_first_attempt_after_power_on_is_spread(phone):
    """S4, S5: neither a restart by submission nor a retry is."""
    world = phone(share=1.0, Resync_Random_Delay="2", Resync_Error_Retry_Delay="7")
    world.power_on().wait(40)
    world.submit(Profile_Rule=f"tftp://{SERVER}/none")
    assert causes(world) == [Cause.POWER_ON, Cause.POWER_ON]
    assert world.phone.due.at == world.now + 7


# Times of day


@pytest.mark.parametrize(
    ("typed", "seconds"), [("1200", 86400), ("1201", 60), ("0000", 43200), ("2400", 43200)]
)
def test_resync_at_is_a_time_of_day(phone, typed, seconds):
    """S4: 0000 to 2400."""
    world = phone(share=0.0, Resync_At__HHmm_=typed).power_on()
    assert world.phone.due.cause is Cause.DAILY
    assert world.phone.due.at == NOON + seconds


@pytest.mark.parametrize("typed", ["2401", "12:00", "960", "99999", "noon", "-100"])
def test_a_time_of_day_that_is_none_is_ignored(phone, typed):
    """S4."""
    world = phone(Resync_At__HHmm_=typed, Resync_Periodic="30").power_on()
    assert world.phone.due.cause is Cause.PERIODIC


def test_a_valid_time_of_day_silences_the_period(phone):
    """S4: Resync_Periodic is ignored."""
    world = phone(Resync_At__HHmm_="1300", Resync_Periodic="30").power_on()
    assert causes(world.wait(3500)) == [Cause.POWER_ON]
    assert causes(world.wait(86400)) == [Cause.POWER_ON, Cause.DAILY]


@pytest.mark.parametrize(
    ("model", "typed", "minutes"),
    [("8851", "0", 10), ("8851", "599", 10), ("8851", "600", 10), ("8851", "629", 10),
     ("8851", "630", 11), ("8851", "65535", 1092), ("ATA191", "0", 0), ("SPA504G", "29", 0),
     ("SPA504G", "30", 1), ("8851", "junk", 10)],
)  # fmt: skip
def test_the_window_after_a_time_of_day_is_whole_minutes(phone, model, typed, minutes):
    """S4, S5: (value + 30) / 60; later phones take less than 600 for 600, others 0 for off."""
    world = phone(model, 1.0, Resync_At__HHmm_="1201", Resync_At_Random_Delay=typed).power_on()
    assert world.phone.due.at == NOON + 60 + minutes * 60


# Periods, retries and their lists


@pytest.mark.parametrize("off", ["0", "", "0,0"])
def test_a_period_of_nothing_is_off(phone, off):
    """S4."""
    assert causes(phone(Resync_Periodic=off).power_on().wait(1_000_000)) == [Cause.POWER_ON]


def test_each_wait_of_a_list_is_served_in_turn_and_the_last_for_ever(phone):
    """S2: d1[+r1],d2[+r2],…"""
    world = phone(share=0.5, Resync_Periodic="10,20+10,40").power_on()
    waits = []
    for _ in range(5):
        waits.append(world.phone.due.at - world.now)
        world.wait(waits[-1])
    assert waits == [10, 25, 40, 40, 40]


def test_the_random_part_of_a_wait_is_thrown_each_time(phone):
    """S2: d + random(0 … r)."""
    world = phone(share=0.0, Resync_Periodic="10+6").power_on()
    world.wait(9)
    world.dice.share = 1.0
    world.wait(1)
    assert len(world.outcomes) == 2
    assert world.phone.due.at == world.now + 16


@pytest.mark.parametrize(
    ("model", "waits"),
    [("7832", [3600, 3600, 3600]), ("SPA504G", [3600, 3600, 3600]), ("9861", [60, 120, 240])],
)
def test_the_factory_retries_are_those_of_the_generation(phone, model, waits):
    """S5, S9: one hour; S4: a list that doubles."""
    world = phone(model, Profile_Rule=f"tftp://{SERVER}/none").power_on()
    served = []
    for _ in waits:
        served.append(world.phone.due.at - world.now)
        world.wait(served[-1])
    assert served == waits


@pytest.mark.parametrize(
    ("model", "again"), [("SPA2000", False), ("8851", False), ("ATA191", False), ("SPA504G", True)]
)
def test_a_retry_delay_of_zero_is_never_or_at_once(phone, model, again):
    """S1, S4, S5, S13: never; S10, S12: immediately."""
    world = phone(model, Profile_Rule=f"tftp://{SERVER}/none", Resync_Error_Retry_Delay="0")
    world.power_on().wait(10)
    assert (len(world.outcomes) > 5) is again


def test_a_retry_begins_with_the_first_rule_again(phone):
    """S2: a failing rule ends the sequence; the retry restarts from Profile_Rule."""
    world = phone(
        Profile_Rule_B=f"tftp://{SERVER}/none", Profile_Rule_C=URL, Resync_Error_Retry_Delay="60"
    )
    world.power_on().wait(60)
    once = [URL, f"tftp://{SERVER}/none"]
    assert world.asked == once * 2


# Triggers


def test_triggers_veto_the_resync_on_reset_too(phone):
    """S2, S4."""
    world = phone(Resync_Trigger_1="1 = 2", Resync_Trigger_2='"$A" eq "go"')
    assert world.power_on().wait(100_000).asked == []


@pytest.mark.parametrize("which", ["Resync_Trigger_1", "Resync_Trigger_2"])
def test_one_true_trigger_is_enough(phone, which):
    """S2, S4: vetoed unless at least one is true."""
    triggers = {"Resync_Trigger_1": "1 = 2", "Resync_Trigger_2": "1 = 2"} | {which: "1 = 1"}
    assert causes(phone(**triggers).power_on()) == [Cause.POWER_ON]


def test_a_trigger_that_is_commented_out_vetoes_nothing(phone):
    """S10, S14."""
    assert causes(phone(Resync_Trigger_1="# 1 = 2").power_on()) == [Cause.POWER_ON]


@pytest.mark.parametrize("sip", [False, True])
def test_whoever_asks_is_not_vetoed(phone, sip):
    """S2, S4: a web URL and a NOTIFY ignore the triggers."""
    world = phone(Resync_Trigger_1="1 = 2").power_on()
    world.phone.request(None, world.now, sip=sip)
    world.settle()
    assert causes(world) == [Cause.REQUEST]


def test_triggers_know_why_and_how_long(phone):
    """S5: $PRVST and $PRVTMR in a trigger; here, never on power-on."""
    world = phone(Resync_Trigger_1="$PRVTMR gt 50", Resync_Periodic="30").power_on()
    assert world.asked == []
    world.phone.request(None, world.now)
    world.settle()
    world.wait(30)
    assert len(world.outcomes) == 1
    world.wait(30)
    assert causes(world) == [Cause.REQUEST, Cause.PERIODIC]


# Whoever asks


def test_resync_from_sip_no_refuses_a_notify_and_nothing_else(phone):
    """S4."""
    world = phone(Resync_From_SIP="No", Resync_On_Reset="No").power_on()
    with pytest.raises(RefusedError, match="SIP"):
        world.phone.request(None, world.now, sip=True)
    world.phone.request(None, world.now)
    world.settle()
    assert causes(world) == [Cause.REQUEST]


def test_a_one_shot_rule_is_followed_once_and_kept_nowhere(phone):
    """S1, S19."""
    world = phone(Resync_On_Reset="No", Resync_Periodic="30").power_on()
    world.put("once.txt", profile(GPP_B="once"))
    world.resync(f"tftp://{SERVER}/once.txt")
    world.wait(30)
    assert world.asked == [f"tftp://{SERVER}/once.txt", URL]
    assert world.value("Profile_Rule") == URL


@pytest.mark.parametrize("allowed", ["Yes", "No"])
def test_a_resync_follows_an_upgrade_attempt_when_it_is_to(phone, allowed):
    """S4: Resync_After_Upgrade_Attempt; an attempt that fails is one."""
    world = phone(Resync_On_Reset="No", Resync_After_Upgrade_Attempt=allowed).power_on()
    world.phone.upgrade(f"tftp://{SERVER}/none.loads", world.now)
    world.settle()
    assert causes(world) == ([Cause.UPGRADE] if allowed == "Yes" else [])


# Rules


@pytest.mark.parametrize(("fails", "result"), [("Yes", Result.FAILED), ("No", Result.OK)])
def test_whether_a_missing_file_is_a_failure_is_a_setting(phone, fails, result):
    """S5, S14."""
    world = phone(Profile_Rule=f"tftp://{SERVER}/none", Resync_Fails_On_FNF=fails).power_on()
    assert [each.result for each in world.outcomes] == [result]


def test_the_profile_just_applied_may_name_the_next_rules(phone):
    """C1: B and C that rule A's file sets run in the same resync; A's new text waits for the
    next."""
    world = phone(Resync_Periodic="60")
    world.put("basic.txt", profile(
        Profile_Rule=f"tftp://{SERVER}/a2", Profile_Rule_B=f"tftp://{SERVER}/b",
        Profile_Rule_C=f"tftp://{SERVER}/c",
    ))  # fmt: skip
    for name in ("a2", "b", "c"):
        world.put(name, profile(GPP_A=name))
    world.power_on()
    assert world.asked == [URL, f"tftp://{SERVER}/b", f"tftp://{SERVER}/c"]
    world.wait(60)
    assert world.asked[3] == f"tftp://{SERVER}/a2"


def test_rules_that_are_empty_are_skipped_and_the_rest_run(phone):
    """S2, S5."""
    world = phone(Profile_Rule="", Profile_Rule_B="# tftp://h/x", Profile_Rule_D=URL)
    assert world.power_on().asked == [URL]


@pytest.mark.parametrize(
    ("cause", "prvst"),
    [
        (Cause.REQUEST, -1),
        (Cause.POWER_ON, 0),
        (Cause.PERIODIC, 1),
        (Cause.RETRY, 2),
        (Cause.UPGRADE, 1),
    ],
)
def test_prvst_tells_why(cause, prvst):
    """S5."""
    assert cause.prvst == prvst


# Restarts


def test_a_submission_restarts_at_once_and_resyncs(phone):
    """S1: "an immediate reboot and resync", spread over nothing."""
    world = phone(share=1.0, Resync_On_Reset="Yes", Resync_Random_Delay="100").power_on()
    assert world.asked == []
    world.submit(GPP_B="typed")
    assert world.phone.history.boots[0].reason is Reason.PROVISIONING
    assert causes(world) == [Cause.POWER_ON]


def test_only_what_changed_can_restart_a_phone(phone):
    """F: RESYNC_OK_REBOOT; the same profile again restarts nothing."""
    world = phone(Resync_Periodic="60")
    world.put("basic.txt", profile(VLAN_ID="30"))
    world.power_on().wait(5)
    assert world.outcomes[0].result is Result.OK_REBOOT
    world.wait(600)
    assert {each.result for each in world.outcomes[1:]} == {Result.OK}


def test_the_last_five_restarts_are_kept_with_their_reasons_and_shown(phone):
    """S20: date, time and reason, newest first, in status.xml too."""
    world = phone(Resync_On_Reset="No")
    world.power_on()
    for reason in (Reason.SIP, Reason.USER, Reason.UPGRADE, Reason.ADDRESS, Reason.RC):
        world.phone.reboot(world.now, reason)
        world.settle()
        world.wait(60)
    assert len(world.phone.history.boots) == 5
    shown = text(ask(world, "/status.xml"))
    reasons = ("RC", "IP Changed", "Upgrade", "User Triggered", "SIP Triggered")
    for number, said in enumerate(reasons, 1):
        start = shown.index(f"<Reboot_Reason_{number}>")
        line = shown[start : shown.index("</", start)]
        assert line.endswith(f"] {said}")
        assert "[03/03/26 12:" in line
    assert "Reboot_Reason_6" not in shown


# Hidden registers


def test_gpp_s_registers_are_kept_and_shown_to_nobody(phone):
    """S2, S5: they expand in options and come back nowhere."""
    world = phone(Resync_On_Reset="No").power_on()
    world.submit(GPP_SA="Hush4711", GPP_A="seen", Debug_Level="3")
    assert world.value("GPP_SA") == "Hush4711"
    pages = [
        text(ask(world, path)) for path in ("/admin/cfg.xml", "/status.xml", "/admin/advanced")
    ]
    assert "seen" in pages[0]
    assert not any("Hush4711" in page for page in pages)
    world.resync(f"[--key $SB] tftp://{SERVER}/$SA")
    assert not any("Hush4711" in line for line in world.said + world.details)


# The factory


@pytest.mark.parametrize("model", ONE_OF_EACH)
def test_a_phone_fresh_from_the_factory_has_the_published_settings(new_world, model):
    """S4, S5; a model without one of them behaves as if it had it."""
    known = catalogue(find_model(model))
    world = new_world(model)
    for name, value in RESYNC.items():
        if name in known:
            assert world.value(name) == value, name


def test_every_generation_is_among_those_looked_at():
    assert {find_model(name).generation for name in ONE_OF_EACH} == set(Generation)
    assert {model.generation for model in MODELS} == set(Generation)
    assert Dice().share == 0.5
