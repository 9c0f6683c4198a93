import socket

import pytest

from ringback.cli.serving import hints, host_of, reachable, with_default_addresses
from ringback.serve.welcome import Welcome
from ringback.settings import Address, Serve


def at(kind, text):
    return kind, Address.parse(text), ""


def test_the_usual_ports_hold_while_no_transport_is_named():
    settings = with_default_addresses(Serve())

    everything = (*settings.tftp, *settings.http, *settings.https, *settings.syslog)
    assert [str(each) for each in everything] == [
        "0.0.0.0:69",
        "0.0.0.0:80",
        "0.0.0.0:443,client=ask",
        "0.0.0.0:514",
    ]


def test_naming_one_transport_turns_the_others_off():
    settings = with_default_addresses(Serve(tftp=(Address.parse("127.0.0.1:6969"),)))

    assert (settings.http, settings.https, settings.syslog) == ((), (), ())


@pytest.mark.parametrize(
    ("text", "default", "spelt"),
    [
        ("192.0.2.1:69", 69, "192.0.2.1"),
        ("192.0.2.1:6969", 69, "192.0.2.1:6969"),
        ("[2001:db8::1]:6969", 69, "[2001:db8::1]:6969"),
    ],
)
def test_an_address_is_spelt_as_a_phone_would_need_it(text, default, spelt):
    assert reachable(Address.parse(text), default=default) == spelt


def test_a_wildcard_becomes_an_address_of_this_machine():
    host = host_of(Address.parse("0.0.0.0:69"))

    assert host == socket.gethostname() or socket.inet_aton(host)


def test_the_hints_name_the_rule_the_syslog_server_and_three_dhcp_options():
    text = "\n".join(
        hints(
            [at("tftp", "192.0.2.1:69"), at("http", "192.0.2.1:80"), at("syslog", "192.0.2.1:514")]
        )
    )

    assert "Profile Rule: tftp://192.0.2.1/$PN.cfg" in text
    assert "http://PHONE/admin/resync?tftp://192.0.2.1/basic.txt" in text
    assert "Syslog Server: 192.0.2.1" in text
    assert "option 66: 192.0.2.1" in text
    assert "option 150: 192.0.2.1" in text
    assert "option 160: http://192.0.2.1/$PN.cfg" in text


def test_without_tftp_the_hints_name_http():
    text = "\n".join(hints([at("http", "192.0.2.1:8080")]))

    assert "Profile Rule: http://192.0.2.1:8080/$PN.cfg" in text
    assert "option 66" not in text


def test_without_any_transport_for_files_there_is_nothing_to_type():
    assert list(hints([at("syslog", "192.0.2.1:514")])) == ["        Syslog Server: 192.0.2.1"]


def test_a_fleet_is_told_what_it_has_and_which_phones_each_rule_is_for():
    ways = (
        Welcome("/$PSN.xml", "/8851-3PCC.xml", ("CP-8851-3PCC", "CP-78")),
        Welcome("/spa$PSN.cfg", "/spa504G.cfg", ("SPA504G",)),
    )
    told = list(hints([at("http", "h:80")], ways))

    assert told == [
        "phone   Profile Rule: http://h/$PSN.xml   (CP-8851-3PCC, CP-78)",
        "        Profile Rule: http://h/spa$PSN.cfg   (SPA504G)",
        "        or open: http://PHONE/admin/resync?http://h/8851-3PCC.xml   (CP-8851-3PCC)",
        "DHCP    option 160: http://h/$PSN.xml",
    ]


def test_a_fleet_that_has_nothing_yet_advises_no_rule():
    assert list(hints([at("tftp", "192.0.2.1:69")], ())) == [
        "DHCP    option 66: 192.0.2.1",
        "        option 150: 192.0.2.1   (an address only; port 69)",
    ]
