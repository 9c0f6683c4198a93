"""Cisco XML by POST: what a phone does about it, and for whom."""

from urllib.parse import quote

import pytest
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
