"""Direct action URLs: how they are read, and what they do."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from tests.phone.world import SERVER, World, ask, profile, text

from ringback.phone.direct import credentials_in, rule_in
from ringback.phone.secret import MASK

pytestmark = pytest.mark.duty(8)


@pytest.mark.parametrize(
    ("query", "rule"),
    [
        ("tftp://192.168.1.200/basic.txt", "tftp://192.168.1.200/basic.txt"),
        ("prvserv/device.cfg", "prvserv/device.cfg"),
        ("/basic.txt", "/basic.txt"),
        ("", ""),
        # A second question mark belongs to the rule.
        ("http://h/cgi?mac=$MA&x=1", "http://h/cgi?mac=$MA&x=1"),
        # Percent-encoded as a whole, or only where a browser does it.
        ("%5B--uid+admin+--pwd+555%5Dhttp://h/a.cfg", "[--uid admin --pwd 555]http://h/a.cfg"),
        ("[--uid%20admin%20--pwd%20555]http://h/a", "[--uid admin --pwd 555]http://h/a"),
        ("tftp%3A%2F%2Fh%2Fa.cfg", "tftp://h/a.cfg"),
        ("%5B--key%20x%5D%20tftp%3A%2F%2Fh%2Fa", "[--key x] tftp://h/a"),
        ("(%22$A%22+eq+%22x%22)?+tftp://h/a", '("$A" eq "x")? tftp://h/a'),
        # In a URL a plus is a plus.
        ("http://h/a+b.cfg", "http://h/a+b.cfg"),
        ("[--key+x]tftp://h/a+b.cfg", "[--key x]tftp://h/a+b.cfg"),
        ("/a+b.cfg", "/a+b.cfg"),
        ("[--key+a%2Bb]tftp://h/c", "[--key a+b]tftp://h/c"),
        # An account's credentials are no part of the rule.
        ("tftp://h/a&xuser=admin&xpassword=secret", "tftp://h/a"),
        ("http://h/a?x=1&xuser=admin&xpassword=", "http://h/a?x=1"),
    ],
)
def test_a_rule_is_read_however_it_was_typed(query, rule):
    assert rule_in(query) == rule


@given(st.text(max_size=200))
def test_any_query_is_some_rule(query):
    assert isinstance(rule_in(query), str)


@given(st.text("abc]%25D5B[+:/?)(!&xuser=", max_size=4000))
def test_reading_takes_no_longer_than_the_query(query):
    rule_in(query * 8)


# Direct actions


@pytest.mark.parametrize(
    "query",
    [
        f"tftp://{SERVER}/basic.txt",
        f"{SERVER}/basic.txt",  # without scheme
        "/basic.txt",  # without server: the host that asks
        quote(f"tftp://{SERVER}/basic.txt", safe=""),
        f"tftp://{SERVER}/basic.txt&xuser=admin&xpassword=x",
    ],
)
def test_a_resync_url_resyncs(world, query):
    done = ask(world, "/admin/resync?" + query, host=SERVER)
    assert done.status == 200
    assert "will resync when it is not in use" in text(done)
    assert world.value("GPP_A") == "12345678"


def test_a_second_question_mark_belongs_to_the_rule(world):
    world.put("cgi?mac=000e08abcdef&x=1", profile(GPP_A="by query"), scheme="http")
    ask(world, f"/admin/resync?http://{SERVER}/cgi?mac=$MA&x=1")
    assert world.value("GPP_A") == "by query"


def test_options_in_the_url_act_and_are_not_shown(world):
    done = ask(world, f"/admin/resync?%5B--uid+admin+--pwd+hush%5Dhttp://{SERVER}/basic.txt")
    assert "hush" not in text(done)
    assert MASK in text(done)
    assert world.asked == [f"http://{SERVER}/basic.txt"]


def test_a_resync_url_without_rule_follows_the_phones_own(world):
    world.submit(Profile_Rule=f"tftp://{SERVER}/basic.txt")
    ask(world, "/admin/resync")
    assert world.value("GPP_A") == "12345678"


def test_a_resync_is_refused_when_provisioning_is_disabled(world):
    world.submit(Provision_Enable="No")
    done = ask(world, f"/admin/resync?tftp://{SERVER}/basic.txt")
    assert done.status == 403
    assert "Provision_Enable is No" in text(done)


def test_looking_at_the_head_of_an_action_does_nothing(world):
    assert ask(world, f"/admin/resync?tftp://{SERVER}/basic.txt", method="HEAD").status == 405
    assert world.asked == []


def test_reboot_reboots(world):
    assert ask(world, "/admin/reboot").status == 200
    assert not world.up


@pytest.mark.parametrize(
    ("target", "pair"),
    [
        ("/admin/resync?tftp://h/a&xuser=admin&xpassword=a%26b", ("admin", "a&b")),
        ("/admin/config.xml&xuser=admin&xpassword=", ("admin", "")),
        ("/admin/reboot?xuser=admin&xpassword=x", ("admin", "x")),
        ("/admin/reboot?xpassword=x", ("", "x")),
        ("/admin/resync?http://h/a?xuser=admin&xpassword=x&b=1", None),
        ("/admin/resync?http://h/a?xuser=admin&xpassword=x", ("", "x")),  # the rule's own xuser
        ("/admin/resync?tftp://h/a", None),
    ],
)
def test_an_accounts_credentials_stand_at_the_end_of_the_url(target, pair):
    assert credentials_in(target) == pair


@given(st.text(max_size=200) | st.text("&?xuser=xpassword", max_size=400))
def test_any_target_has_credentials_or_none(target):
    found = credentials_in(target)
    assert found is None or len(found) == 2


def test_credentials_alone_are_no_rule():
    assert rule_in("xuser=admin&xpassword=x") == ""


# With a password


@pytest.fixture
def locked(world):
    """A phone whose administrator has a password."""
    world.submit(Admin_Password="hush")
    return world


@pytest.mark.parametrize(
    "target", ["/admin/resync?tftp://192.168.1.200/basic.txt", "/admin/reboot", "/admin/cfg.xml"]
)
@pytest.mark.parametrize(
    ("credentials", "status"),
    [("", 401), ("xuser=admin&xpassword=hush", 200), ("xuser=admin&xpassword=no", 401),
     ("xuser=user&xpassword=hush", 401), ("xpassword=hush", 401)],
)  # fmt: skip
def test_xuser_and_xpassword_open_a_direct_action(locked, target, credentials, status):
    joined = target + (("&" if "?" in target else "?") + credentials if credentials else "")
    assert ask(locked, joined).status == status


def test_they_open_no_other_page(locked):
    assert ask(locked, "/admin/advanced?xuser=admin&xpassword=hush").status == 401


def test_the_command_of_the_guide_pushes_a_profile(locked):
    target = "/admin/config.xml&xuser=admin&xpassword=hush"
    done = ask(locked, target, profile(GPP_A="pushed"))
    assert done.status == 200
    assert "Parameters changed: GPP_A" in text(done)
    assert locked.value("GPP_A") == "pushed"
    assert locked.up, "GPP_A needs no restart"
    assert ask(locked, "/admin/config.xml&xuser=admin&xpassword=no", profile()).status == 401


# Pushed profiles


def test_a_pushed_setting_that_needs_it_restarts_the_phone(world):
    ask(world, "/admin/config.xml", profile(Asset_ID="7"))
    assert not world.up
    world.wait(5)
    assert world.value("Asset_ID") == "7"
    assert str(world.phone.history.boots[0].reason) == "Provisioning"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"GPP_A=1",
        b"<flat-profile><GPP_A>cut off",
        b'<!DOCTYPE x [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><flat-profile/>',
        b"\x00\xff\xfe" * 100,
        b"<flat-profile>" + b"<a>" * 5000,
    ],
)
def test_what_is_no_profile_is_refused_and_changes_nothing(world, body):
    before = world.phone.profile
    assert ask(world, "/admin/config.xml", body).status == 400
    assert (world.phone.profile, world.up) == (before, True)


def test_a_pushed_profile_that_cannot_be_saved_changes_nothing(world):
    world.disk_is_full = True
    assert ask(world, "/admin/config.xml", profile(GPP_A="x")).status == 507
    assert world.value("GPP_A") == ""


def test_a_profile_pushed_while_the_phone_works_waits_its_turn(world):
    world.holding = True
    ask(world, f"/admin/resync?tftp://{SERVER}/basic.txt")
    done = ask(world, "/admin/config.xml", profile(GPP_B="later"))
    assert "when the phone is not busy" in text(done)
    world.release()
    assert (world.value("GPP_A"), world.value("GPP_B")) == ("12345678", "later")


@given(st.binary(max_size=300))
def test_any_body_is_applied_whole_or_refused(body):
    phone = World(Resync_On_Reset="No", GPP_B="kept").power_on()
    assert ask(phone, "/admin/config.xml", body).status in (200, 400)
    assert phone.value("GPP_B") == "kept"


# The rest


def test_direct_actions_can_be_switched_off(world):
    world.submit(Enable_Direct_Action_Url="No")
    for path in ("/admin/resync", "/admin/upgrade", "/admin/updateca", "/admin/reboot",
                 "/admin/cfg.xml", "/admin/status.xml"):  # fmt: skip
        done = ask(world, path)
        assert done.status == 403, path
        assert "Enable_Direct_Action_Url is No" in text(done)
    assert ask(world, "/admin/config.xml", profile(GPP_A="x")).status == 403
    assert ask(world, "/admin/advanced").status == 200
    assert world.up


def test_a_generation_without_the_switch_has_direct_actions(new_world):
    world = new_world("SPA504G", Resync_On_Reset="No").power_on()
    assert ask(world, "/admin/spacfg.xml").status == 200


@pytest.mark.parametrize(("model", "status"), [("SPA2000", 200), ("SPA504G", 404), ("7832", 404)])
def test_only_the_oldest_resync_without_admin_in_the_path(new_world, model, status):
    world = new_world(model, Resync_On_Reset="No").power_on()
    world.put("basic.txt")
    assert ask(world, f"/resync?tftp://{SERVER}/basic.txt").status == status
    assert (world.value("GPP_A") == "12345678") is (status == 200)


def test_the_administrators_password_guards_what_has_no_admin_in_its_path(new_world):
    world = new_world("SPA2000", Resync_On_Reset="No", Admin_Passwd="hush").power_on()
    assert ask(world, f"/resync?tftp://{SERVER}/basic.txt").status == 401


def test_an_upgrade_is_refused_when_upgrades_are_disabled(world):
    world.submit(Upgrade_Enable="No")
    done = ask(world, f"/admin/upgrade?tftp://{SERVER}/x.loads")
    assert done.status == 403
    assert "Upgrade_Enable is No" in text(done)


def test_an_upgrade_asks_for_its_file(world):
    done = ask(world, f"/admin/upgrade?tftp://{SERVER}/x.loads")
    assert "will upgrade when it is not in use" in text(done)
    assert world.asked == [f"tftp://{SERVER}/x.loads"]


def test_status_is_told_to_everybody_and_carries_the_reboot_history(locked):
    for path in ("/status.xml", "/admin/status.xml"):
        root = etree.fromstring(bytes(ask(locked, path).body))
        assert root.tag == "Status"
        assert root.findtext("Product_Name") == "CP-7832-3PCC"
        assert "Provisioning" in root.findtext("Reboot_Reason_1")
        assert "Power On" in root.findtext("Reboot_Reason_2")
    assert "hush" not in text(ask(locked, "/status.xml"))
