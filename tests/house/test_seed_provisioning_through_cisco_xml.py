"""The vendor's exercise *Provisioning Through Cisco XML*, by HTTP POST."""

import pytest
from lxml import etree
from tests.house.conftest import tool

OBJECT = "<CP-7832-3PCCExecute>\n  <ExecuteItem URL={}/>\n</CP-7832-3PCCExecute>"
WELL_FORMED = OBJECT.format('"Resync:{}"')
AS_PRINTED = OBJECT.format("Resync:{}")
IN_BRACKETS = OBJECT.format("Resync:[{}]")

ENABLED = {"Resync_On_Reset": "No", "CISCO_XML_EXE_Enable": "Yes"}

HOW = {
    "well-formed": (WELL_FORMED, ("-H", "Content-Type: text/xml", "--data-binary", "@-")),
    "as printed": (AS_PRINTED, ("-H", "Content-Type: text/xml", "--data-binary", "@-")),
    "the brackets of the guide": (IN_BRACKETS, ("--data-binary", "@-")),
    "a form field": (WELL_FORMED, ("--data-urlencode", "XML@-")),
    "a form field, as printed": (AS_PRINTED, ("--data-urlencode", "XML@-")),
}


@pytest.mark.parametrize("how", HOW)
def test_a_posted_object_makes_the_phone_resync(server, plug, curl, how):
    shape, options = HOW[how]
    phone = plug(**ENABLED)
    item = shape.format(server.url("basic.txt"))

    answer = curl(*options, f"{phone.pages}/CGI/Execute", stdin=item.encode())

    phone.said(f"Successful resync {server.url('basic.txt')}")
    assert phone.field("GPP_A") == "12345678"
    root = etree.fromstring(answer)
    assert root.tag == "CiscoIPPhoneResponse"
    assert [each.get("Status") for each in root] == ["0"]


def test_the_rule_may_use_macros_and_options(server, plug, curl, program):
    openssl = tool(program, "openssl", "enc", "-aes-256-cbc", "-k", "MyOwnSecret", "-in")
    (server.root / "7832-3PCC.cfg").write_bytes(openssl(server.root / "basic.txt"))
    phone = plug(**ENABLED)
    rule = f"[--key MyOwnSecret] {server.url('$PSN.cfg', 'http')}"

    curl(
        "--data-binary", "@-", f"{phone.pages}/CGI/Execute", stdin=AS_PRINTED.format(rule).encode()
    )

    phone.said(f"Successful resync {server.url('7832-3PCC.cfg', 'http')}")
    assert phone.field("GPP_A") == "12345678"


def test_without_a_rule_the_phone_follows_its_own(server, plug, curl):
    phone = plug(**ENABLED, Profile_Rule=server.url("basic.txt"))

    curl("-d", WELL_FORMED.format(""), f"{phone.pages}/CGI/Execute")

    phone.said(f"Successful resync {server.url('basic.txt')}")


@pytest.mark.parametrize(
    "item", ["", "<CP-7832-3PCCExecute>", "<html/>", "Resync:tftp://127.0.0.1/basic.txt"]
)
def test_what_is_no_object_is_answered_by_error_1_and_does_nothing(plug, curl, item):
    phone = plug(**ENABLED, Debug_Level="1")

    answer = curl("--data-binary", "@-", f"{phone.pages}/CGI/Execute", stdin=item.encode())

    assert etree.fromstring(answer).get("Number") == "1"
    assert not any("resync" in line for line in phone.process.lines[2:])


def test_our_phone_fetches_from_tftpd_hpa_and_nginx_when_told_to(judges, plug, curl):
    phone = plug(**ENABLED)
    with judges.tftpd_hpa() as tftp, judges.nginx() as http:
        for url in (f"{tftp}/basic.txt", f"{http}/basic.txt"):
            curl("-d", WELL_FORMED.format(url), f"{phone.pages}/CGI/Execute")
            phone.said(f"Successful resync {url}")

    assert phone.field("GPP_A") == "12345678"
