"""How a phone comes to trust somebody else, on an imaginary network."""

from datetime import timedelta

import pytest
from tests.certificate.house import found
from tests.phone.world import SERVER, World, ask, profile, text

from ringback.errors import Failure
from ringback.phone.lease import Lease
from ringback.phone.memory import Memory

ROOT, OTHER = found().root.certificate, found("Somebody Else").root.certificate
URL = f"http://{SERVER}/ca.pem"
QUIET = {"Resync_On_Reset": "No", "Resync_Periodic": "0"}


@pytest.fixture
def world():
    made = World(**QUIET)
    made.put("ca.pem", ROOT.pem(), scheme="http")
    return made.power_on()


def names(world):
    return [each.common_names[0] for each in world.phone.trust.custom_ca.certificates]


def page(world):
    return text(ask(world, "/admin/advanced"))


def test_a_phone_from_the_factory_trusts_nobody_else(world):
    assert names(world) == []
    assert "Custom CA Info:</dt><dd>Not Installed" in page(world)
    assert "Last provisioning" not in page(world)


def test_updateca_installs_once_and_stores_no_rule(world):
    told = ask(world, f"/admin/updateca?{URL}")
    assert "install a custom CA" in text(told)
    assert names(world) == ["Test Root"]
    assert "Custom CA Info:</dt><dd>Installed \N{EN DASH} Test Root" in page(world)
    assert "Last provisioning succeeded on 03/03/2026 04:00:05" in page(world)
    assert world.value("Custom_CA_Rule") == ""
    world.asked.clear()
    world.power_cut()
    world.power_on()
    assert world.asked == []
    assert names(world) == ["Test Root"]


def test_updateca_is_also_spelt_as_in_the_firmware_and_follows_the_phones_own_rule(world):
    assert ask(world, "/admin/updateCA").status == 403
    world.submit(Custom_CA_Rule=URL)
    world.asked.clear()
    assert ask(world, "/admin/updateca").status == 200
    assert world.asked == [URL]


def test_a_rule_that_is_submitted_is_followed_after_the_restart(world):
    world.submit(Custom_CA_Rule=URL)
    assert names(world) == ["Test Root"]
    assert Memory.parse(world.disk).custom_ca.certificates == (ROOT,)


def test_a_rule_is_followed_at_every_start_before_the_resync():
    world = World(Custom_CA_Rule=URL, Profile_Rule=f"https://{SERVER}/a", Resync_Random_Delay="0")
    world.put("ca.pem", ROOT.pem(), scheme="http")
    world.put("a", scheme="https")
    world.power_on().wait(2)
    assert world.asked == [URL, f"https://{SERVER}/a"]
    assert world.value("GPP_A") == "12345678"


def test_a_rule_in_a_profile_acts_before_the_next_https_request_of_the_same_resync(world):
    first = world.put("first", profile(Custom_CA_Rule=URL))
    second = world.put("second", scheme="https")
    world.submit(Profile_Rule=first, Profile_Rule_B=second)
    world.asked.clear()
    world.resync(None)
    assert world.asked == [first, URL, second]
    assert names(world) == ["Test Root"]


def test_a_rule_in_a_profile_acts_at_the_end_of_a_resync_without_https(world):
    world.resync(world.put("first", profile(Custom_CA_Rule=URL)))
    assert world.asked[-1] == URL
    assert names(world) == ["Test Root"]


def test_a_rule_that_did_not_change_is_followed_once(world):
    world.submit(Custom_CA_Rule=URL)
    world.asked.clear()
    world.resync("tftp://192.168.1.200/none")
    world.resync(world.put("a", scheme="https"))
    assert URL not in world.asked


def test_a_rule_that_failed_is_followed_once_in_each_resync_until_it_succeeds(world):
    del world.files[URL]
    world.submit(Custom_CA_Rule=URL)
    a = world.put("a", scheme="https")
    for _ in range(2):
        world.asked.clear()
        world.resync(f"[--uid u]{a}")
        assert world.asked == [URL, a]
    world.put("ca.pem", ROOT.pem(), scheme="http")
    world.resync(a)
    assert names(world) == ["Test Root"]
    world.asked.clear()
    world.resync(a)
    assert world.asked == [a]


@pytest.mark.parametrize(
    "junk",
    [b"", b"<flat-profile/>", ROOT.pem()[:100], b"\x30\x82", b"x" * 70_000],
    ids=["empty", "profile", "cut off", "no DER", "huge"],
)
def test_junk_leaves_the_old_authority_and_every_setting(world, junk):
    world.submit(Custom_CA_Rule=URL, GPP_A="kept", Debug_Level="3", Debug_Server="h")
    world.put("ca.pem", junk, scheme="http")
    ask(world, "/admin/updateca")
    assert names(world) == ["Test Root"]
    assert world.value("GPP_A") == "kept"
    assert "Last provisioning failed on 03/03/2026" in page(world)
    assert "Installed \N{EN DASH} Test Root" in page(world)
    assert any("custom CA not installed: custom CA" in line for line in world.details)


def test_a_server_that_does_not_answer_leaves_the_old_authority(world):
    world.submit(Custom_CA_Rule=URL)
    world.put("ca.pem", Failure.GET, scheme="http")
    ask(world, "/admin/updateca")
    assert names(world) == ["Test Root"]
    assert "Last provisioning failed" in page(world)


def test_a_new_authority_takes_the_place_of_the_old_one(world):
    ask(world, f"/admin/updateca?{URL}")
    world.put("ca.pem", OTHER.der(), scheme="http")
    ask(world, f"/admin/updateca?{URL}")
    assert names(world) == ["Somebody Else"]


def test_a_full_disk_leaves_the_old_authority(world):
    ask(world, f"/admin/updateca?{URL}")
    world.put("ca.pem", OTHER.pem(), scheme="http")
    world.disk_is_full = True
    ask(world, f"/admin/updateca?{URL}")
    assert names(world) == ["Test Root"]
    assert "no space left" in page(world)


def test_a_failed_resync_over_https_tells_that_the_authority_is_missing(world):
    del world.files[URL]
    world.submit(Custom_CA_Rule=URL)
    world.put("a", Failure.GET, scheme="https")
    outcome = world.resync(f"https://{SERVER}/a")
    assert outcome.error == "https_get failed"
    assert "the custom CA was not installed: " in outcome.explanation
    outcome = world.resync(f"tftp://{SERVER}/none")
    assert "custom CA" not in outcome.explanation


def test_a_missing_authority_fails_no_resync(world):
    del world.files[URL]
    world.submit(Custom_CA_Rule=URL)
    assert world.resync(f"tftp://{SERVER}/basic.txt").error == "file not found"
    world.put("basic.txt")
    assert world.resync(f"tftp://{SERVER}/basic.txt").error == ""


def test_the_rule_has_macros_alternatives_and_the_dhcp_server(world):
    world.put("000e08abcdef.pem", ROOT.pem(), host="10.1.1.1")
    world.names["10.1.1.1"] = ("10.1.1.1",)
    world.power_cut()
    world.power_on(lease=Lease.naming("10.1.1.1"))
    world.submit(Custom_CA_Rule='("$CCERT" eq "Installed")? http://h/x | /$MA.pem')
    assert names(world) == ["Test Root"]


def test_a_rule_that_chooses_nothing_is_no_failure(world):
    world.submit(Custom_CA_Rule='("$CCERT" eq "Installed")? http://192.168.1.200/x')
    assert "Last provisioning" not in page(world)


def test_a_bad_rule_is_a_failure_with_its_column(world):
    world.submit(Custom_CA_Rule="[--kee x]http://h/ca.pem")
    assert "Last provisioning failed" in page(world)
    assert "column 2: unknown option --kee" in page(world)


@pytest.mark.parametrize(
    ("model", "name"),
    [("8851", "Custom_CA_Rule"), ("9861", "Custom_CA_Rule"), ("SPA504G", "Custom_CA_RULE"),
     ("SPA525G2", "Custom_CA_URL"), ("ATA191-MPP", "Custom_CA_URL")],
)  # fmt: skip
def test_each_model_has_its_own_spelling(model, name):
    made = World(model, **QUIET, **{name: URL})
    made.put("ca.pem", ROOT.pem(), scheme="http")
    made.power_on()
    assert names(made) == ["Test Root"]


def test_a_model_without_the_parameter_can_still_be_told_once():
    made = World("SPA942", **QUIET)
    made.put("ca.pem", ROOT.pem(), scheme="http")
    made.power_on()
    ask(made, f"/admin/updateca?{URL}")
    assert names(made) == ["Test Root"]


def test_a_submission_does_not_wait_for_an_authority_that_does_not_come(world):
    world.holding = True
    ask(world, f"/admin/updateca?{URL}")
    assert world.phone.busy
    submission = world.phone.submit({"GPP_B": "now"}, world.now)
    world.settle()
    assert submission.done
    assert world.value("GPP_B") == "now"
    assert "failed" not in world.phone.trust.custom_ca.status(timedelta(0))


def test_a_power_cut_in_the_middle_leaves_the_old_authority(world):
    ask(world, f"/admin/updateca?{URL}")
    world.put("ca.pem", OTHER.pem(), scheme="http")
    world.holding = True
    ask(world, f"/admin/updateca?{URL}")
    world.power_cut()
    world.holding = False
    world.power_on()
    assert names(world) == ["Test Root"]


def test_every_request_carries_how_to_shake_hands(world):
    seen, answer = [], world.answer

    def answered(request):
        seen.append(request)
        return answer(request)

    world.answer = answered
    ask(world, f"/admin/updateca?{URL}")
    world.resync(world.put("a", scheme="https"))
    fetches = [each for each in seen if hasattr(each, "security")]
    assert [each.security.trusted for each in fetches] == [(), (ROOT,)]
    assert [each.limit for each in fetches] == [65536, 16777216]
