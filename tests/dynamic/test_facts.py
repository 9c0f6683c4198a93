"""What a template is told; every name exists, and all of it is text."""

import json

from tests.dynamic.conftest import ODD, Authority, asked

from ringback.dynamic.facts import certificate, facts, told


def test_a_request(phone):
    request = asked(
        "/a/spa.cfg", query="mac=1&mac=2&x=%3C", agent="Cisco/1", scheme="https",
        headers={b"x-y": b" z ", b"authorization": b"Basic x"},
    )  # fmt: skip
    found = facts(request, phone.der, agent={"mac": "1"}, bearer={"mac": "2"})
    assert found["request"] == {
        "method": "GET", "path": "/a/spa.cfg", "name": "spa.cfg", "query": "mac=1&mac=2&x=%3C",
        "arguments": {"mac": "1", "x": "<"}, "headers": {"x-y": "z"}, "address": "192.0.2.7",
        "port": 49152, "scheme": "https", "agent": "Cisco/1",
    }  # fmt: skip
    assert found["agent"]["mac"] == "1"
    assert found["certificate"]["mac"] == "2"


def test_what_a_worker_is_told_is_the_facts_in_json(phone):
    odd = asked("/\udcff", query="x=%ff", agent="Cisco/1", headers={b"x": b"\xff"})
    for client, agent, bearer in (
        (phone.der, {"mac": "1"}, {"mac": "2", "serial": "3"}),
        (phone.der, {"mac": "4"}, {"mac": "5", "serial": "6"}),
        (b"", None, None),
        (b"garbage", {"product": "\N{SNOWMAN}"}, None),
    ):
        spelt = told(odd, client, agent=agent, bearer=bearer)
        assert json.loads(spelt) == facts(odd, client, agent=agent, bearer=bearer)


def test_what_is_told_of_one_phone_is_never_told_of_another(phone):
    asking, other = asked("/a"), Authority().sign(ODD)
    first = json.loads(told(asking, phone.der, agent={"mac": "1"}))
    second = json.loads(told(asking, other.der, agent={"mac": "2"}))
    third = json.loads(told(asking, agent={"mac": "1"}))
    assert first["certificate"]["OU"] == "SPA-962"
    assert second["certificate"]["subject"] != first["certificate"]["subject"]
    assert (second["agent"]["mac"], third["certificate"]["shown"]) == ("2", False)


def test_a_certificate(phone):
    found = certificate(phone.der)
    assert (found["OU"], found["L"], found["ST"]) == ("SPA-962", "88012BA01234", "000e08abcdef")
    assert found["shown"] is True
    assert str(found["issuer"]).endswith("C=US")
    assert str(found["not_after"]).endswith("GMT")


def test_no_certificate_has_every_field_of_one(phone):
    assert certificate(b"").keys() == certificate(phone.der).keys()
    assert not any(certificate(b"").values())
    assert certificate(b"garbage") == certificate(b"")


def test_bytes_that_are_no_text_become_text():
    found = facts(asked("/\udcff", query="\udcff", headers={b"x": b"\xff"}))
    json.dumps(found).encode()
    assert found["request"]["path"] == "/\N{REPLACEMENT CHARACTER}"


def test_odd_names_become_text_too():
    json.dumps(certificate(Authority().sign(ODD).der), ensure_ascii=False).encode()


def test_a_flood_of_arguments_is_cut():
    found = facts(asked("/", query="&".join(f"a{each}=1" for each in range(1000))))
    arguments = found["request"]["arguments"]
    assert isinstance(arguments, dict)
    assert len(arguments) == 64
