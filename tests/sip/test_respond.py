import pytest

from ringback.sip.message import Request
from ringback.sip.peer import Peer
from ringback.sip.respond import addressed, contact, local_tag, respond, route

PEER = Peer("UDP", "192.0.2.2", 5070)


def request(*vias, to="<sip:u@c>", call="1"):
    lines = [("Via", via) for via in vias]
    return Request((*lines, ("To", to), ("From", "<sip:a@b>;tag=1"), ("Call-ID", call)))


def told(*vias, peer=PEER, to="<sip:u@c>"):
    asked = request(*vias, to=to)
    return addressed(respond(asked, 200), asked, peer, "ours")


@pytest.mark.parametrize(
    ("via", "expected"),
    [
        ("SIP/2.0/UDP 192.0.2.2", "SIP/2.0/UDP 192.0.2.2"),
        ("SIP/2.0/UDP h;branch=x", "SIP/2.0/UDP h;branch=x;received=192.0.2.2"),
        ("SIP/2.0/UDP h;rport;a", "SIP/2.0/UDP h;a;received=192.0.2.2;rport=5070"),
        ("SIP/2.0/UDP h;received=6.6.6.6", "SIP/2.0/UDP h;received=192.0.2.2"),
        (
            'SIP/2.0/UDP h;rport=9;x=";rport"',
            'SIP/2.0/UDP h;x=";rport";received=192.0.2.2;rport=5070',
        ),
    ],
)
def test_the_topmost_via_is_told_where_the_request_came_from(via, expected):
    response = told(via, "SIP/2.0/TCP other;rport")

    assert response.all("Via") == [expected, "SIP/2.0/TCP other;rport"]


def test_an_address_of_version_6_is_told_as_it_is():
    response = told("SIP/2.0/UDP [2001:db8::1]", peer=Peer("UDP", "2001:db8::2", 5060))

    assert response.get("Via") == "SIP/2.0/UDP [2001:db8::1];received=2001:db8::2"
    same = told("SIP/2.0/UDP [2001:db8::1]", peer=Peer("UDP", "2001:db8::1", 5060))
    assert same.get("Via") == "SIP/2.0/UDP [2001:db8::1]"


@pytest.mark.parametrize(
    ("to", "expected"),
    [
        ("<sip:u@c>", "<sip:u@c>;tag=ours"),
        ("<sip:u@c>;tag=x", "<sip:u@c>;tag=x"),
        ("nonsense<", "nonsense<"),
    ],
)
def test_a_tag_is_added_where_there_is_none(to, expected):
    assert told("SIP/2.0/UDP h", to=to).get("To") == expected


def test_a_tag_is_the_same_for_repeats_and_nobodys_guess():
    assert local_tag(b"s", request("v")) == local_tag(b"s", request("v"))
    assert local_tag(b"s", request("v")) != local_tag(b"s", request("v", call="2"))
    assert local_tag(b"s", request("v")) != local_tag(b"t", request("v"))


@pytest.mark.parametrize(
    ("vias", "port"),
    [
        (["SIP/2.0/UDP h"], 5060),
        (["SIP/2.0/UDP h:5099"], 5099),
        (["SIP/2.0/UDP h:5099;rport"], 5070),
    ],
)
def test_the_answer_takes_the_way_that_the_via_tells(vias, port):
    assert route(request(*vias), PEER) == PEER._replace(port=port)


@pytest.mark.parametrize("vias", [[], [""], ["nonsense"], ["nonsense, SIP/2.0/UDP h"]])
def test_without_a_way_back_there_is_no_answer(vias):
    assert route(request(*vias), PEER) is None


def test_over_a_stream_the_answer_goes_back_along_it():
    stream = Peer("TCP", "192.0.2.2", 40000)

    assert route(request("SIP/2.0/TCP h:5099"), stream) == stream


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("4711", "192.0.2.1", 5060), "sip:4711@192.0.2.1:5060"),
        (("", "2001:db8::1", 5060), "sip:[2001:db8::1]:5060"),
        (("a", "h", 1, "TCP"), "sip:a@h:1;transport=tcp"),
    ],
)
def test_a_contact_is_where_somebody_is_reached(arguments, expected):
    assert contact(*arguments) == expected
