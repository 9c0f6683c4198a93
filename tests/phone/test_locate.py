"""Restricted servers and service records."""

import pytest
from tests.phone.world import SEED, SERVER, profile

from ringback.cisco.resync import Result
from ringback.cisco.url import Url
from ringback.dns.srv import Service
from ringback.errors import Failure, TransferError
from ringback.phone.action import Request, Resolve, Services
from ringback.phone.locate import domains, locate, refuse_restricted

pytestmark = pytest.mark.duty(5)

HTTPS = "_ciscoprov-https._tls.example.com"
HTTP = "_ciscoprov-http._tcp.example.com"


def ask(url, answers, *, srv=True):
    """Run ``locate`` with these answers, by name."""
    steps, answer = locate(Url.parse(url), srv=srv), None
    asked: list[Request] = []
    while True:
        try:
            request = steps.throw(answer) if isinstance(answer, Exception) else steps.send(answer)
        except StopIteration as stop:
            return stop.value, asked
        asked.append(request)
        assert isinstance(request, Resolve | Services)
        answer = answers.get(request.name, TransferError("unknown", failure=Failure.DNS))


def test_without_the_option_a_name_has_its_addresses():
    found, asked = ask("http://h/p", {"h": ("10.0.0.1",)}, srv=False)
    assert found == ((Url("http", "h", None, "/p"), ("10.0.0.1",)),)
    assert asked == [Resolve("h")]


@pytest.mark.parametrize(("scheme", "name"), [("https", HTTPS), ("http", HTTP)])
def test_srv_asks_for_the_service_of_the_scheme(scheme, name):
    answers = {name: (Service(1, 0, 8443, "a.example.com"),), "a.example.com": ("10.0.0.1",)}
    found, asked = ask(f"{scheme}://example.com/p", answers)
    assert asked[0] == Services(name)
    assert found == ((Url(scheme, "example.com", 8443, "/p"), ("10.0.0.1",)),)


def test_srv_does_nothing_on_a_tftp_url():
    _, asked = ask("tftp://example.com/p", {"example.com": ("10.0.0.1",)})
    assert asked == [Resolve("example.com")]


def test_servers_keep_their_order_and_one_without_address_is_passed_over():
    servers = tuple(Service(each, 0, 80 + each, f"s{each}") for each in (1, 2, 3))
    answers = {HTTP: servers, "s1": ("10.0.0.1",), "s3": ("10.0.0.3",)}
    found, _ = ask("http://example.com/p", answers)
    assert [(url.port, addresses) for url, addresses in found] == [
        (81, ("10.0.0.1",)),
        (83, ("10.0.0.3",)),
    ]


def test_a_domain_without_such_a_service_is_an_error():
    with pytest.raises(TransferError) as caught:
        ask("http://example.com/p", {HTTP: ()})
    assert caught.value.failure is Failure.DNS


def test_the_next_server_is_asked_when_one_does_not_answer(world):
    world.services[HTTP] = (Service(1, 0, 81, "s1"), Service(2, 0, 82, "s2"))
    world.names.update(s1=("10.0.0.1",), s2=("10.0.0.2",))
    world.put("p", Failure.GET, scheme="http", host="example.com:81")
    world.put("p", SEED, scheme="http", host="example.com:82")
    outcome = world.resync("[--srv] http://example.com/p")
    assert outcome.result is Result.OK
    assert world.asked == ["http://example.com:81/p", "http://example.com:82/p"]
    assert "http://10.0.0.1:81/p" in world.said[0]
    assert "http://10.0.0.2:82/p" in world.said[1]


def test_a_missing_file_is_an_answer_and_nobody_else_is_asked(world):
    world.services[HTTP] = (Service(1, 0, 81, "s1"), Service(2, 0, 82, "s2"))
    world.names.update(s1=("10.0.0.1",), s2=("10.0.0.2",))
    assert world.resync("[--srv] http://example.com/p").error == "file not found"
    assert world.asked == ["http://example.com:81/p"]


# Restricted_Access_Domains


def test_an_empty_list_restricts_nobody():
    refuse_restricted("anybody", frozenset())


@pytest.mark.parametrize("host", ["prov.example.com", "PROV.example.com", "b.example.com."])
def test_a_server_of_the_list_is_asked(world, host):
    world.submit(Restricted_Access_Domains="prov.example.com , B.example.com")
    refuse_restricted(host, domains(world.phone))


@pytest.mark.parametrize("host", ["example.com", "x.prov.example.com", "10.0.0.1"])
def test_another_server_is_not(world, host):
    world.submit(Restricted_Access_Domains="prov.example.com")
    with pytest.raises(TransferError) as caught:
        refuse_restricted(host, domains(world.phone))
    assert caught.value.failure is Failure.RESTRICTED


def test_a_rule_for_a_restricted_server_fails_and_nobody_is_asked(world):
    world.submit(Restricted_Access_Domains="prov.example.com")
    outcome = world.resync(f"tftp://{SERVER}/basic.txt")
    assert outcome.error == "Invalid or restricted server"
    assert world.asked == []
    assert world.said[-1].endswith("Resync failed: Invalid or restricted server")


def test_a_redirect_is_told_the_list(world):
    world.submit(Restricted_Access_Domains="prov.example.com")
    world.names["prov.example.com"] = ("10.0.0.1",)
    world.put("p", profile(GPP_A="1"), scheme="http", host="prov.example.com")
    world.resync("http://prov.example.com/p")
    assert world.fetches[-1].domains == {"prov.example.com"}
