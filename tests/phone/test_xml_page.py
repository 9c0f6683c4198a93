"""Cisco XML by POST: what a phone does about it, and for whom."""

from base64 import b64encode
from urllib.parse import quote

import pytest
from lxml import etree
from tests.phone.test_panel import login
from tests.phone.world import SERVER, ask, text


@pytest.fixture
def world(new_world):
    """A phone that takes Cisco XML."""
    made = new_world(CISCO_XML_EXE_Enable="Yes", Resync_On_Reset="No")
    made.put("basic.txt")
    return made.power_on()


@pytest.mark.parametrize("quoted", ['"Resync:{}"', "Resync:{}", '"Resync:[{}]"'])
@pytest.mark.parametrize("field", [False, True])
def test_an_execute_object_resyncs(world, quoted, field):
    item = quoted.format(f"tftp://{SERVER}/basic.txt")
    xml = f"<CP-7832-3PCCExecute>\n  <ExecuteItem URL={item}/>\n</CP-7832-3PCCExecute>"
    done = ask(world, "/CGI/Execute", ("XML=" + quote(xml) if field else xml).encode())
    assert done.status == 200
    assert '<ResponseItem Status="0"' in text(done)
    assert world.value("GPP_A") == "12345678"


def test_an_execute_rule_without_server_goes_to_who_asks(world):
    body = b'<CiscoIPPhoneExecute><ExecuteItem URL="Resync:/basic.txt"/></CiscoIPPhoneExecute>'
    ask(world, "/CGI/Execute", body, host=SERVER)
    assert world.value("GPP_A") == "12345678"


def test_what_a_phone_will_not_do_is_said_for_each_item(world):
    world.submit(Provision_Enable="No")
    body = b'<CiscoIPPhoneExecute><ExecuteItem URL="Resync:/a"/><ExecuteItem URL="Play:x"/>'
    done = text(ask(world, "/CGI/Execute", body + b"</CiscoIPPhoneExecute>"))
    assert "Provision_Enable is No" in done
    assert "not supported" in done
    assert done.count('Status="1"') == 2


# Who may push

OBJECT = b'<CiscoIPPhoneExecute><ExecuteItem URL="Resync:/basic.txt"/></CiscoIPPhoneExecute>'
MODES = {
    "trusted": ({"CISCO_XML_EXE_Auth_Mode": "Trusted", "Admin_Password": "hush"}, None),
    "local, none set": ({}, None),
    "local, as user": ({"User_Password": "mine"}, ("user", "mine")),
    "local, as admin": ({"User_Password": "mine", "Admin_Password": "hush"}, ("admin", "hush")),
    "remote": (
        {"CISCO_XML_EXE_Auth_Mode": "Remote Credential", "XML_User_Name": "app",
         "XML_Password": "xml", "Admin_Password": "hush"},
        ("app", "xml"),
    ),
}  # fmt: skip


def number(done):
    """Of a CiscoIPPhoneError."""
    root = etree.fromstring(bytes(done.body))
    assert root.tag == "CiscoIPPhoneError"
    return root.get("Number")


@pytest.mark.parametrize("mode", MODES)
def test_who_may_push_is_let_in_and_nobody_else(new_world, mode):
    settings, who = MODES[mode]
    world = new_world(CISCO_XML_EXE_Enable="Yes", Resync_On_Reset="No", **settings)
    world.put("basic.txt")
    world.power_on()
    first = ask(world, "/CGI/Execute", OBJECT, host=SERVER)
    if who:
        assert (first.status, number(first), world.asked) == (401, "4", [])
        wrong = login(world, "/CGI/Execute", who[0], "wrong", OBJECT, host=SERVER)
        assert (wrong.status, number(wrong), world.asked) == (401, "4", [])
        first = login(world, "/CGI/Execute", *who, OBJECT, host=SERVER)
    assert first.status == 200
    assert world.value("GPP_A") == "12345678"


def test_basic_is_never_enough_for_cisco_xml(new_world):
    world = new_world(CISCO_XML_EXE_Enable="Yes", User_Password="mine").power_on()
    said = "Basic " + b64encode(b"user:mine").decode()
    assert ask(world, "/CGI/Execute", OBJECT, authorization=said).status == 401


@pytest.mark.parametrize("model", ["7832", "SPA504G", "SPA942"])
def test_a_phone_from_the_factory_takes_no_cisco_xml(new_world, model):
    world = new_world(model, Resync_On_Reset="No").power_on()
    done = ask(world, "/CGI/Execute", OBJECT)
    assert done.status == 403
    assert "CISCO_XML_EXE_Enable is not Yes" in text(done)
    assert world.asked == []


def test_xuser_in_the_url_opens_no_door_for_cisco_xml(new_world):
    world = new_world(CISCO_XML_EXE_Enable="Yes", Admin_Password="hush").power_on()
    assert ask(world, "/CGI/Execute?xuser=admin&xpassword=hush", OBJECT).status == 401
