"""A phone fresh from the factory finds its server by what DHCP and DNS say: nobody types a rule."""

import re

import pytest
from tests.house.started import MAC, basic

from ringback.cli.browser import open_page

pytestmark = pytest.mark.duty(10)

DOMAIN = "telco.com"


def customization(phone):
    """What its Info page and ``status.xml`` say, which must agree."""
    status = open_page(f"{phone.pages}/status.xml").text
    state = status.partition("<Customization>")[2].partition("<")[0]
    info = re.sub(r"<[^>]+>", " ", open_page(f"{phone.pages}/admin/advanced").text)
    assert re.findall(r"Customization:\s+([\w-]+)", info)[0] == state
    return state


def test_a_url_in_option_66_is_asked_of_nginx_with_its_macros_expanded(judges, plug, ear):
    (judges.root / f"{MAC}.xml").write_text(basic("from option 66"))

    with judges.nginx() as web:
        phone = plug("--model", "8851", "--dhcp", f"66={web}/$MA.xml?model=$PN")
        phone.said("Successful")
        assert f"GET /{MAC}.xml?model=CP-8851-3PCC HTTP/1.1" in ear.wait_for("nginx")

    assert phone.field("GPP_A") == "from option 66"
    assert customization(phone) == "Aborted"


@pytest.mark.parametrize(("model", "file"), [("8851", "8851-3PCC.xml"), ("SPA504G", "spa504G.cfg")])
def test_a_bare_server_in_option_66_is_asked_for_the_models_own_file(judges, plug, model, file):
    (judges.root / file).write_text(basic("by the model"))

    with judges.tftpd_hpa() as server:
        phone = plug("--model", model, "--dhcp", f"66={server.removeprefix('tftp://')}")
        phone.said("Successful")

    assert phone.field("GPP_A") == "by the model"


def test_the_next_option_is_tried_when_the_first_server_lacks_the_file(judges, plug):
    (judges.root / "second.xml").write_text(basic("from option 160"))

    with judges.tftpd_hpa() as server, judges.nginx() as web:
        lacks = server.removeprefix("tftp://")
        phone = plug("--dhcp", f"66={lacks}", "--dhcp", f"160={web}/second.xml")
        phone.said("Successful")

    assert phone.field("GPP_A") == "from option 160"


def test_without_dhcp_options_dns_service_records_lead_to_the_server(judges, plug, ear, free_port):
    (judges.root / "8851-3PCC.xml").write_text(basic("by service record"))
    dead = free_port()

    with judges.nginx() as web:
        port = web.rpartition(":")[2]
        records = [
            f"_ciscoprov-http._tcp.{DOMAIN},away.{DOMAIN},{dead},1,0",
            f"_ciscoprov-http._tcp.{DOMAIN},prov.{DOMAIN},{port},2,0",
        ]
        hosts = {f"prov.{DOMAIN}": ["127.0.0.1"], f"away.{DOMAIN}": ["127.0.0.1"]}
        with judges.dns(hosts, records) as dns:
            phone = plug("--model", "8851", "--dhcp", f"15={DOMAIN}", "--dns", dns)
            phone.said("Successful")
        assert "GET /8851-3PCC.xml" in ear.wait_for("nginx")

    assert phone.field("GPP_A") == "by service record"


def test_an_activation_server_hands_the_phone_on_to_its_owner(server, plug):
    own = server.url("own.xml", "http")
    (server.root / "rc.xml").write_text(basic("", f"<Profile_Rule>{own}</Profile_Rule>"))
    (server.root / "own.xml").write_text(basic("the owner's"))

    phone = plug("--model", "8851", "--activation", server.url("rc.xml", "http"))
    server.wait_for("own.xml")
    phone.said("own.xml")

    assert phone.field("GPP_A") == "the owner's"
    assert customization(phone) == "Acquired"


def test_a_fresh_phone_that_nobody_tells_anything_is_open(plug):
    assert customization(plug("--model", "8851")) == "Open"
