"""What a phone's pages show."""

import pytest
from lxml import etree
from tests.phone.world import ask

from ringback.cisco import flat_profile
from ringback.errors import Failure
from ringback.phone import view
from ringback.phone.report import Reports
from ringback.phone.secret import MASK
from ringback.phone.upgrade import Upgrades

pytestmark = pytest.mark.duty(8)


def config(world):
    reading = flat_profile.read(view.configuration(world.phone, world.now), strict=True)
    return {element.name: element.value for element in reading.elements}


def test_info_tells_product_state_and_restarts(world):
    world.resync("tftp://192.168.1.200/basic.txt")
    shown = view.info(world.phone, world.now).body
    for text in (
        "CP-7832-3PCC", "88012BA01234", "000E08ABCDEF", "sip7832.11-3-1MPP-678", "Succeeded",
        "RESYNC_OK (explicit request)", "tftp://192.168.1.200/basic.txt", "GPP_A", "Power On",
    ):  # fmt: skip
        assert text in shown


def test_info_says_why_nothing_is_due_and_what_went_wrong(world):
    world.resync("tftp://192.168.1.200/none.txt")
    shown = view.info(world.phone, world.now).body
    assert "Resync_On_Reset is No" in shown
    assert "file not found" in shown


def test_info_tells_how_far_customization_came(world):
    def told():
        shown = dict(view.sections(world.phone, world.now))
        return dict(shown["Product Information"])["Customization"]

    assert told() == "Open"
    world.submit(Profile_Rule="tftp://192.168.1.200/own.xml")
    assert told() == "Aborted"


def test_info_tells_how_upgrades_and_reports_went(world):
    assert "Idle" in view.info(world.phone, world.now).body
    world.takes["http://192.168.1.200/good"] = None
    world.takes["http://192.168.1.200/bad"] = Failure.GET
    rule = "http://192.168.1.200/good http://192.168.1.200/bad"
    world.submit(Report_Rule=rule, Report_To_Server="On Request")
    world.phone.part(Reports).request(world.now)
    world.phone.part(Upgrades).request("tftp://192.168.1.200/none.loads", world.now)
    world.settle()
    shown = dict(dict(view.sections(world.phone, world.now))["Firmware and Reports"])
    assert shown["Firmware Upgrade Status"].endswith("Failed: file not found")
    assert shown["Report 1"].endswith("sent (http://192.168.1.200/good)")
    assert "failed" in shown["Report 2"]


def test_info_shows_phone_time(new_world):
    world = new_world(Time_Zone="GMT+05:30").power_on()
    assert "03/03/2026 17:30:05" in view.info(world.phone, world.now).body


@pytest.mark.parametrize(
    ("rule", "status"),
    [
        (None, "Idle"),
        ("tftp://192.168.1.200/basic.txt", "Succeeded"),
        ("tftp://192.168.1.200/none.txt", "Failed"),
        ("(x", "Parse error in rule"),
    ],
)
def test_status_is_in_the_firmwares_words(world, rule, status):
    if rule:
        world.resync(rule)
    assert view.status(world.phone) == status


def test_status_while_it_resyncs_and_when_it_must_not(world):
    world.holding = True
    world.phone.request("tftp://192.168.1.200/basic.txt", world.now)
    assert view.status(world.phone) == "In progress"
    world.release()
    world.submit(Provision_Enable="No")
    assert view.status(world.phone) == "Disabled"


def test_the_running_configuration_is_a_profile_with_secrets_masked(world):
    rule = "[--key hush]tftp://192.168.1.200/x"
    world.submit(Admin_Password="hush", GPP_SA="hush", GPP_A="12345678", Profile_Rule=rule)
    found = config(world)
    assert found["GPP_A"] == "12345678"
    assert found["Admin_Password"] == MASK
    assert found["User_Password"] == ""
    assert found["Profile_Rule"] == f"[--key {MASK}]tftp://192.168.1.200/x"
    assert "GPP_SA" not in found
    assert b"hush" not in view.configuration(world.phone, world.now)


@pytest.mark.parametrize(("model", "root"), [("7832", b"<device>"), ("SPA504G", b"<flat-profile>")])
def test_the_running_configuration_has_its_generations_outer_element(new_world, model, root):
    world = new_world(model)
    lines = view.configuration(world.phone, world.now).splitlines()
    assert lines[1] == root


def test_a_character_that_xml_cannot_hold_does_not_hide_the_configuration(world):
    world.submit(GPP_A="a\x00b\udcff")
    assert config(world)["GPP_A"] == "a\ufffdb\ufffd"


def test_an_spa_tells_groups_and_info_as_fields(new_world):
    world = new_world("SPA504G", GPP_A="x", Admin_Passwd="hush").power_on()
    data = view.configuration(world.phone, world.now)
    found = {each.tag: each for each in etree.fromstring(data)}
    assert found["Product_Name"].text == "SPA504G"
    assert dict(found["Product_Name"].attrib) == {
        "ua": "ro", "group": "Info/Product_Information",
    }  # fmt: skip
    assert found["Software_Version"].text == "7.6.2f"
    assert found["MAC_Address"].text == "000E08ABCDEF"
    groups = {
        name: found[name].get("group") for name in ("GPP_A", "Admin_Passwd", "Line_Enable_2_")
    }
    assert groups == {
        "GPP_A": "Provisioning/General_Purpose_Parameters",
        "Admin_Passwd": "System/System_Configuration",
        "Line_Enable_2_": "Ext_2/General",
    }
    assert found["Admin_Passwd"].text == MASK
    assert b"hush" not in data


@pytest.mark.parametrize("model", ["SPA504G", "SPA2102", "SPA525G2", "ATA192", "7832", "9861"])
def test_what_a_phone_tells_of_its_configuration_can_be_pushed_back(new_world, model):
    secret = {"User_Password": "mine", "Profile_Rule": "[--key hush]tftp://h/a"}
    world = new_world(model, Resync_On_Reset="No", GPP_A="x", **secret).power_on()
    dump = view.configuration(world.phone, world.now)
    names = [each.name for each in flat_profile.read(dump, strict=True).elements]
    assert len(names) == len(set(names))
    before = {each.name: each.value for each in world.phone.profile}
    assert ask(world, "/admin/config.xml", dump).status == 200
    assert {each.name: each.value for each in world.phone.profile} == before


def test_an_mpp_phone_tells_no_groups(world):
    assert b"group=" not in view.configuration(world.phone, world.now)
