"""A phone's mind, driven by events on an imaginary clock. No socket, no disk, no waiting."""

import tracemalloc

import pytest
from tests.phone.world import NOON, SERVER, profile

from ringback import clock
from ringback.cisco.envelope import seal
from ringback.cisco.model import find_model
from ringback.cisco.resync import Cause, Result
from ringback.errors import Failure, NotFoundError, RefusedError, StorageError
from ringback.mac import Mac
from ringback.phone.action import Ask, Save
from ringback.phone.boot import Reason
from ringback.phone.handset import MOST_WAITING, Handset, Phase
from ringback.phone.identity import Identity
from ringback.phone.lease import Lease

pytestmark = pytest.mark.duty(4)

# Power and restarts


def test_a_phone_boots_before_it_does_anything(new_world):
    world = new_world()
    world.phone.start(world.now)
    world.settle()
    assert world.phone.phase is Phase.BOOTING
    assert world.phone.timer() == NOON + 5.0
    assert not world.phone.has_pages
    assert world.wait(5.0).up


def test_resync_on_reset_is_spread_over_the_random_delay(new_world):
    world = new_world(Profile_Rule="tftp://192.168.1.200/basic.txt")
    world.put("basic.txt")
    world.power_on()
    assert not world.asked
    assert world.phone.due.at == NOON + 5.0 + 20.0  # half of 2 times 20 s
    world.wait(20)
    assert world.value("GPP_A") == "12345678"
    assert world.outcomes[-1].cause is Cause.POWER_ON


def test_without_resync_on_reset_a_phone_waits_to_be_asked(world):
    assert world.wait(100_000).asked == []
    assert "Resync_On_Reset is No" in str(world.phone.due)


def test_a_power_cut_takes_away_what_was_under_way(world):
    world.holding = True
    world.phone.request("tftp://192.168.1.200/basic.txt", world.now)
    world.settle()
    late = world.held[0]
    world.power_cut()
    world.power_on()
    world.phone.answer(late.number, (SERVER,), world.now)
    world.settle()
    assert world.asked == []
    assert world.value("GPP_A") == ""


def test_settings_survive_a_power_cut(world):
    world.resync("tftp://192.168.1.200/basic.txt")
    world.power_cut()
    assert world.power_on().value("GPP_A") == "12345678"


def test_the_last_five_starts_are_kept_over_power_cuts(world):
    for _ in range(6):
        world.power_cut()
        world.power_on()
    assert [boot.reason for boot in world.phone.history.boots] == [Reason.POWER] * 5


def test_a_restart_waits_until_the_phone_is_idle(world):
    world.holding = True
    world.phone.request("tftp://192.168.1.200/basic.txt", world.now)
    world.settle()
    world.phone.reboot(world.now)
    world.settle()
    assert world.up
    world.release()
    assert world.outcomes[-1].result is Result.OK
    assert world.phone.phase is Phase.BOOTING
    assert world.phone.history.boots[0].reason is Reason.USER


def test_a_full_disk_is_no_reason_not_to_start(new_world):
    world = new_world(Resync_On_Reset="No", Debug_Level="3")
    world.disk_is_full = True
    assert world.power_on().up
    assert any("not written down" in line for line in world.details)


def test_a_profile_that_changes_the_network_restarts_the_phone(world, profile):
    outcome = world.resync(world.put("net.cfg", profile(VLAN_ID="30")))
    assert outcome.result is Result.OK_REBOOT
    assert world.phone.phase is Phase.BOOTING
    assert world.phone.history.boots[0].reason is Reason.PROVISIONING


def test_the_same_profile_again_restarts_nothing(world, profile):
    url = world.put("net.cfg", profile(VLAN_ID="30"))
    world.resync(url)
    world.wait(5)
    assert world.resync(url).result is Result.OK
    assert world.up


@pytest.mark.parametrize(("model", "asks_again"), [("7832", True), ("ATA191", False)])
def test_whether_its_own_restart_resyncs_depends_on_the_generation(new_world, model, asks_again):
    world = new_world(
        model, Profile_Rule=f"tftp://{SERVER}/net.cfg", Resync_Random_Delay="0", Resync_Periodic="0"
    )
    world.put("net.cfg", profile(VLAN_ID="30"))
    world.power_on().wait(60)
    assert len(world.asked) == (2 if asks_again else 1)


# Timers


def test_the_period_starts_after_the_first_success(new_world):
    world = new_world(
        Profile_Rule=f"tftp://{SERVER}/basic.txt", Resync_Periodic="30", Resync_Random_Delay="0",
        Resync_Error_Retry_Delay="100",
    )  # fmt: skip
    world.power_on()
    assert [each.result for each in world.outcomes] == [Result.FAILED]
    world.put("basic.txt")
    world.wait(99)
    assert len(world.outcomes) == 1
    world.wait(1)
    assert world.outcomes[-1].cause is Cause.RETRY
    world.wait(60)
    assert [each.cause for each in world.outcomes[2:]] == [Cause.PERIODIC] * 2


def test_a_failure_waits_through_the_list_and_a_success_starts_it_over(new_world):
    world = new_world(
        Profile_Rule=f"tftp://{SERVER}/basic.txt", Resync_Random_Delay="0", Resync_Periodic="7",
        Resync_Error_Retry_Delay="10,20,40",
    )  # fmt: skip
    world.power_on().wait(10 + 20 + 40 + 39)
    assert len(world.outcomes) == 4
    world.put("basic.txt")
    world.wait(1)
    assert world.outcomes[-1].error == ""
    del world.files[f"tftp://{SERVER}/basic.txt"]
    world.wait(7)
    assert world.outcomes[-1].result is Result.FAILED
    assert world.phone.due.at == world.now + 10


def test_a_retry_delay_of_zero_never_tries_again(new_world):
    world = new_world(
        Profile_Rule=f"tftp://{SERVER}/basic.txt", Resync_Random_Delay="0",
        Resync_Error_Retry_Delay="0", Resync_Periodic="30",
    )  # fmt: skip
    world.power_on().wait(1_000_000)
    assert len(world.outcomes) == 1
    assert world.phone.timer() is None
    assert "no retry" in str(world.phone.due)


def test_a_failed_one_shot_rule_leaves_the_timer_alone(world, new_world):
    world = new_world(
        Profile_Rule=f"tftp://{SERVER}/basic.txt", Resync_Random_Delay="0", Resync_Periodic="30"
    )
    world.put("basic.txt")
    world.power_on().wait(10)
    due = world.phone.due
    assert world.resync("tftp://192.168.1.200/none.txt").result is Result.FAILED
    assert world.phone.due == due


def test_a_trigger_vetoes_every_timer_and_no_explicit_request(new_world):
    world = new_world(
        Profile_Rule=f"tftp://{SERVER}/basic.txt", Resync_Random_Delay="0", Resync_Periodic="30",
        Resync_Trigger_1='"$A" eq "go"',
    )  # fmt: skip
    world.put("basic.txt")
    world.power_on().wait(300)
    assert world.asked == []
    world.resync(world.put("go.txt", profile(GPP_A="go")))
    world.wait(30)
    assert world.asked == ["tftp://192.168.1.200/go.txt", "tftp://192.168.1.200/basic.txt"]


def test_on_an_spa_a_trigger_causes_a_resync_once_when_it_becomes_true(new_world):
    world = new_world(
        "SPA504G", Profile_Rule=f"tftp://{SERVER}/basic.txt", Resync_On_Reset="No",
        Resync_Periodic="0", Resync_Trigger_2='"$B" eq "go"',
    )  # fmt: skip
    world.put("basic.txt")
    world.power_on().wait(600)
    assert world.asked == []
    world.resync(world.put("go.txt", profile(GPP_B="go")))
    world.wait(600)
    assert world.asked[1:] == ["tftp://192.168.1.200/basic.txt"]
    assert world.outcomes[-1].cause is Cause.TRIGGER


def test_looking_at_triggers_does_not_put_the_period_off(new_world):
    world = new_world(
        "SPA504G", Profile_Rule=f"tftp://{SERVER}/basic.txt", Resync_Random_Delay="0",
        Resync_Periodic="90", Resync_Trigger_1="$PRVTMR gt 99999",
    )  # fmt: skip
    world.put("basic.txt")
    world.power_on().wait(90)
    assert [each.cause for each in world.outcomes] == [Cause.POWER_ON, Cause.PERIODIC]


# Rules


def test_rules_b_to_d_follow_a_in_one_resync(new_world):
    world = new_world(Resync_Random_Delay="0", Profile_Rule=f"tftp://{SERVER}/a")
    world.phone.profile, _ = world.phone.profile.set({
        "Profile_Rule_B": f"tftp://{SERVER}/b", "Profile_Rule_D": f"tftp://{SERVER}/d",
    })  # fmt: skip
    world.disk = bytes(world.phone.memory_with(world.phone.profile))
    for name in "abd":
        world.put(name, profile(GPP_A=name))
    world.power_on()
    assert world.asked == [f"tftp://{SERVER}/{name}" for name in "abd"]
    assert world.value("GPP_A") == "d"
    assert len(world.outcomes) == 1


def test_a_failing_rule_ends_the_sequence_and_what_came_before_stays(new_world):
    world = new_world(
        Resync_Random_Delay="0", Profile_Rule=f"tftp://{SERVER}/a",
        Profile_Rule_B=f"tftp://{SERVER}/b", Profile_Rule_C=f"tftp://{SERVER}/c",
    )  # fmt: skip
    world.put("a", profile(GPP_A="from a"))
    world.put("c", profile(GPP_C="from c"))
    world.power_on()
    assert world.asked == [f"tftp://{SERVER}/a", f"tftp://{SERVER}/b"]
    assert (world.value("GPP_A"), world.value("GPP_C")) == ("from a", "")
    assert world.outcomes[-1].error == "file not found"


def test_a_rule_is_expanded_when_its_turn_comes(new_world):
    world = new_world(
        Resync_Random_Delay="0", Profile_Rule=f"tftp://{SERVER}/a", Profile_Rule_B="/not/this"
    )
    world.put("a", profile(GPP_A="next", Profile_Rule_B=f"tftp://{SERVER}/$A"))
    world.put("next", profile(GPP_B="reached"))
    assert world.power_on().value("GPP_B") == "reached"


def test_a_missing_file_is_a_success_when_resync_fails_on_fnf_is_no(new_world):
    world = new_world(
        Resync_Random_Delay="0", Resync_Fails_On_FNF="No", Profile_Rule=f"tftp://{SERVER}/none",
        Profile_Rule_B=f"tftp://{SERVER}/b",
    )  # fmt: skip
    world.put("b", profile(GPP_B="reached"))
    world.power_on()
    assert world.value("GPP_B") == "reached"
    assert world.outcomes[-1].result is Result.OK
    assert sum("Successful resync" in line for line in world.said) == 2


def test_only_a_missing_file_is_forgiven(new_world):
    world = new_world(
        Resync_Random_Delay="0", Resync_Fails_On_FNF="No", Profile_Rule=f"tftp://{SERVER}/dead"
    )
    world.put("dead", Failure.GET)
    assert world.power_on().outcomes[-1].error == "tftp_get failed"


def test_a_condition_that_does_not_hold_skips_the_rule(world):
    outcome = world.resync("($SWVER lt sip7832.10-1-1MPP-1)? tftp://192.168.1.200/basic.txt")
    assert (outcome.result, world.asked) == (Result.OK, [])


def test_a_rule_with_only_assignments_succeeds_and_is_saved(world):
    outcome = world.resync('(GPP_A = "set"; b = "$MA";)!')
    assert outcome.result is Result.OK
    world.power_cut()
    world.power_on()
    assert (world.value("GPP_A"), world.value("GPP_B")) == ("set", "000e08abcdef")


def test_prvst_and_prvtmr_tell_why_and_how_long_since(new_world):
    world = new_world(
        Resync_Random_Delay="0", Resync_Periodic="30",
        Profile_Rule=f"tftp://{SERVER}/$PRVST-$PRVTMR", Resync_Error_Retry_Delay="50",
    )  # fmt: skip
    world.put("0-0")
    world.power_on().wait(80)
    assert world.asked[:3] == [f"tftp://{SERVER}/{name}" for name in ("0-0", "1-30", "2-50")]
    world.resync("tftp://192.168.1.200/$PRVST")
    assert world.asked[-1] == f"tftp://{SERVER}/-1"


def test_a_one_shot_rule_is_not_stored(world):
    before = world.value("Profile_Rule")
    world.resync("tftp://192.168.1.200/basic.txt")
    assert world.value("Profile_Rule") == before


def test_a_rule_without_server_goes_to_the_one_dhcp_gave(new_world):
    world = new_world(Resync_Random_Delay="0")
    world.names["dhcp.example"] = ("10.0.0.7",)
    world.put("7832-3PCC.xml", profile(GPP_A="by DHCP"), host="dhcp.example")
    assert world.power_on(lease=Lease.naming("dhcp.example")).value("GPP_A") == "by DHCP"


def test_a_one_shot_rule_without_server_goes_to_the_host_that_asks(world):
    world.resync("/basic.txt", host=SERVER)
    assert world.value("GPP_A") == "12345678"


def test_a_rule_with_no_server_at_all_fails_with_that_reason(world):
    outcome = world.resync("/basic.txt")
    assert outcome.error == "No server name"
    assert world.said == ["CP-7832-3PCC 00:0e:08:ab:cd:ef -- Resync failed: No server name"]


def test_provision_enable_no_refuses_explicit_requests_too(world):
    world.submit(Provision_Enable="No")
    with pytest.raises(RefusedError, match="disabled"):
        world.phone.request("tftp://192.168.1.200/basic.txt", world.now)


# What is said


def test_request_and_success_are_said_with_address_and_port(world):
    world.names["prov.telco.com"] = ("10.1.1.1", "10.1.1.2")
    world.put("basic.txt", host="prov.telco.com:6900")
    world.resync("tftp://prov.telco.com:6900/basic.txt")
    assert world.said == [
        "CP-7832-3PCC 00:0e:08:ab:cd:ef -- Requesting resync tftp://10.1.1.1:6900/basic.txt",
        # The second address is the one that answered.
        "CP-7832-3PCC 00:0e:08:ab:cd:ef -- Successful resync tftp://10.1.1.2:6900/basic.txt",
    ]


def test_the_usual_port_is_said_too(world):
    world.resync("tftp://192.168.1.200/basic.txt")
    assert "tftp://192.168.1.200:69/basic.txt" in world.said[0]


@pytest.mark.parametrize("name", ["Log_Request_Msg", "Log_Success_Msg", "Log_Failure_Msg"])
def test_a_cleared_format_is_not_said(world, name):
    world.submit(**{name: ""})
    world.resync("tftp://192.168.1.200/basic.txt")
    world.resync("tftp://192.168.1.200/none.txt")
    kinds = {
        "Log_Request_Msg": "Requesting",
        "Log_Success_Msg": "Success",
        "Log_Failure_Msg": "fail",
    }
    assert {
        each for each, word in kinds.items() if not any(word in line for line in world.said)
    } == {name}


def test_a_format_may_carry_any_macro(world):
    world.submit(Log_Success_Msg="$SN $SCHEME $SERV $PATH $PRVST $$ $A")
    world.resync("tftp://192.168.1.200/basic.txt")
    assert world.said[-1] == "88012BA01234 tftp 192.168.1.200 /basic.txt -1 $ 12345678"


def test_an_spa_reads_its_formats_under_their_own_names(new_world):
    world = new_world("SPA504G", Resync_On_Reset="No", Log_Resync_Request_Msg="asking $PATH")
    world.put("basic.txt")
    world.power_on().resync("tftp://192.168.1.200/basic.txt")
    assert world.said[0] == "asking /basic.txt"


def test_lines_go_to_syslog_server_and_debug_server(world):
    world.submit(Syslog_Server="10.0.0.1:5514", Debug_Server="10.0.0.2", Debug_Level="1")
    world.lines.clear()
    world.resync("tftp://192.168.1.200/basic.txt")
    to = {line.detail: line.servers for line in world.lines}
    assert to[0] == ("10.0.0.1:5514", "10.0.0.2")
    assert to[1] == ("10.0.0.2",)


@pytest.mark.parametrize(
    ("level", "rules", "changes"),
    [("0", False, False), ("NOTICE", False, False), ("1", False, False), ("2", True, False),
     ("3", True, True), ("DEBUG", True, True)],
)  # fmt: skip
def test_each_debug_level_says_more(world, level, rules, changes):
    world.submit(Debug_Level=level)
    world.lines.clear()
    world.resync("tftp://192.168.1.200/basic.txt")
    assert bool(world.details) == (level not in ("0", "NOTICE"))
    assert any("alternative 1" in line for line in world.details) == rules
    assert any("GPP_A: '' became '12345678'" in line for line in world.details) == changes


def test_secrets_are_never_said(world, profile):
    secret = "Hush4711"
    url = world.put("s.cfg", profile(GPP_SA=secret, Admin_Password=secret))
    world.submit(Debug_Level="3")
    world.resync(url)
    world.resync(f"[--key {secret}] {url}")
    world.resync(f'(GPP_SB = "{secret}";)! [--key $SA --uid u --pwd {secret}] {url}')
    world.resync(f'[--key "{secret}] {url}')
    assert world.details
    assert not [line for line in world.details + world.said if secret in line]


# Failures leave everything as it was

BROKEN = {
    "file not found": Failure.NOT_FOUND,
    "tftp_get failed": Failure.GET,
    "interrupted": Failure.INTERRUPTED,
    "file size exceeds internal buffer": Failure.TOO_LARGE,
    "corrupt file": b"<flat-profile><GPP_A>half",
    "file decrypt error": b"Salted__12345678" + bytes(32),
}


@pytest.mark.parametrize("error", BROKEN)
def test_a_file_that_cannot_be_used_changes_nothing_and_is_said(world, error):
    world.resync("tftp://192.168.1.200/basic.txt")
    before, disk = world.phone.profile, world.disk
    outcome = world.resync(world.put("broken.cfg", BROKEN[error]))
    assert (outcome.result, outcome.error, outcome.changes) == (Result.FAILED, error, ())
    assert world.said[-1].endswith(f"-- Resync failed: {error}")
    assert world.phone.profile == before
    assert world.disk == disk


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ("tftp://192.168.1.300/basic.txt", "DNS resolution"),
        ("tftp://no.such.host/basic.txt", "DNS resolution"),
        ("gds://", "gds scheme not supported"),
        ("($SWVER lt)? tftp://192.168.1.200/basic.txt", "Parse error in rule"),
        ("[--key] tftp://192.168.1.200/basic.txt", "Parse error in rule"),
        ("[--key x] tftp://192.168.1.200/basic.txt", "expecting an encrypted file"),
    ],
)
def test_a_rule_that_cannot_be_followed_changes_nothing_and_is_said(world, typed, error):
    before = world.phone.profile
    outcome = world.resync(typed)
    assert (outcome.result, outcome.error) == (Result.FAILED, error)
    assert outcome.explanation
    assert world.said[-1].endswith(f"Resync failed: {error}")
    assert world.phone.profile == before


def test_http_failures_carry_their_scheme(world):
    world.put("dead", Failure.GET, scheme="http")
    assert world.resync("http://192.168.1.200/dead").error == "http_get failed"


def test_a_full_disk_changes_nothing_and_is_said(world):
    world.disk_is_full = True
    outcome = world.resync("tftp://192.168.1.200/basic.txt")
    assert outcome.error == "resources exhausted"
    assert world.value("GPP_A") == ""
    world.disk_is_full = False
    assert world.resync("tftp://192.168.1.200/basic.txt").result is Result.OK


# Submit All Changes


def test_submitting_saves_restarts_and_resyncs_at_once(new_world):
    world = new_world(Resync_Random_Delay="100", Resync_Periodic="0")
    world.put("basic.txt")
    world.power_on().wait(2000)
    world.outcomes.clear()
    submission = world.submit(Profile_Rule=f"tftp://{SERVER}/basic.txt")
    assert (submission.done, submission.error) == (True, None)
    assert world.value("GPP_A") == "12345678"
    assert world.phone.history.boots[0].reason is Reason.PROVISIONING


def test_a_submission_the_disk_refuses_changes_nothing(world):
    world.disk_is_full = True
    submission = world.submit(GPP_B="new")
    assert isinstance(submission.error, StorageError)
    assert world.value("GPP_B") == ""
    assert world.up


def test_an_unknown_name_is_refused_before_anything_happens(world):
    with pytest.raises(NotFoundError, match="GPP_A"):
        world.phone.submit({"GPP_a": "x"}, world.now)
    assert world.up


def test_a_submission_cuts_a_running_resync_off(world):
    world.holding = True
    world.phone.request("tftp://192.168.1.200/basic.txt", world.now)
    world.settle()
    world.submit(GPP_B="mine")
    assert world.outcomes[0].error == "interrupted"
    assert (world.value("GPP_A"), world.value("GPP_B")) == ("", "mine")
    world.release()  # the answer of yesterday
    assert world.value("GPP_A") == ""


def test_the_answer_to_an_old_question_is_not_taken_for_that_to_a_new_one(world):
    world.phone.request("tftp://192.168.1.200/basic.txt", world.now)
    old = next(each for each in world.phone.actions() if isinstance(each, Ask))
    submission = world.phone.submit({"GPP_B": "mine"}, world.now)
    new = [each for each in world.phone.actions() if isinstance(each, Ask)]
    assert isinstance(new[-1].request, Save)
    world.phone.answer(old.number, (SERVER,), world.now)
    assert (submission.done, world.value("GPP_B")) == (False, "")
    world.phone.answer(new[-1].number, None, world.now)
    assert (submission.done, world.value("GPP_B")) == (True, "mine")


def test_a_submission_waits_while_the_disk_is_written(world, profile):
    world.phone.request(world.put("a", profile(GPP_A="from a")), world.now)
    saves: list[Ask] = []
    while not saves:
        for action in world.phone.actions():
            if isinstance(action, Ask) and isinstance(action.request, Save):
                saves.append(action)
            else:
                world._do(action)
    submission = world.phone.submit({"GPP_B": "mine"}, world.now)
    assert not submission.done
    world._do(saves[0])
    world.settle()
    world.wait(5)
    assert submission.done
    assert (world.value("GPP_A"), world.value("GPP_B")) == ("from a", "mine")


# More than one wish at a time


def test_requests_wait_for_each_other_and_equal_ones_are_one(world, profile):
    world.holding = True
    first, second = world.put("a", profile(GPP_A="a")), world.put("b", profile(GPP_A="b"))
    for typed in (first, second, second):
        world.phone.request(typed, world.now)
    world.settle()
    world.release()
    world.release()
    assert world.asked == [first, second]


def test_too_many_wishes_are_refused(world):
    world.holding = True
    for number in range(MOST_WAITING + 1):
        world.phone.request(f"tftp://192.168.1.200/{number}", world.now)
    with pytest.raises(RefusedError, match="busy"):
        world.phone.request("tftp://192.168.1.200/more", world.now)


def test_a_phone_that_is_off_or_booting_refuses_everything(new_world):
    world = new_world()
    for _ in range(2):
        with pytest.raises(RefusedError, match="not up"):
            world.phone.request("tftp://192.168.1.200/basic.txt", world.now)
        with pytest.raises(RefusedError, match="not up"):
            world.phone.reboot(world.now)
        world.phone.start(world.now)


# Envelopes reach the phone by its own settings


def test_a_pinned_key_derivation_is_the_only_one_tried(new_world):
    sealed = seal(profile(GPP_A="x"), key="k", digest="sha256", salt=bytes(8))
    for pinned, result in ((("md5",), Result.FAILED), (("sha256",), Result.OK)):
        world = new_world(Resync_On_Reset="No")
        world.put("s.cfg", sealed)
        world.power_on(pinned_digests=pinned)
        assert world.resync("[--key k] tftp://192.168.1.200/s.cfg").result is result


def test_who_asks_is_in_the_user_agent(world):
    world.resync("tftp://192.168.1.200/basic.txt")
    assert "000e08abcdef" in world.agents[0]
    assert "CP-7832-3PCC" in world.agents[0]


def test_a_phone_costs_no_more_than_sixty_kilobytes():
    model, dice = find_model("8851"), clock.dice(1)
    rules = {"Profile_Rule": "tftp://h/$MA.cfg", "Syslog_Server": "10.0.0.1", "GPP_A": "x" * 100}

    def phones(first, count):
        made = []
        for number in range(first, first + count):
            phone = Handset(Identity(model, Mac(f"{number:012x}"), f"FCH{number}"), dice)
            phone.profile, _ = phone.profile.set({**rules, "GPP_B": str(number)})
            phone.start(0.0)
            phone.actions()
            made.append(phone)
        return made

    phones(0, 10)
    tracemalloc.start()
    kept = phones(10, 500)
    each = tracemalloc.get_traced_memory()[0] / len(kept)
    tracemalloc.stop()
    assert each < 60_000
