"""What a phone asks a server for."""

from dataclasses import replace

import pytest
from tests.phone.world import World

from ringback.cisco.option import Options
from ringback.cisco.url import Url
from ringback.errors import Failure, Place, RefusedError, RuleError, TransferError
from ringback.phone import retrieve
from ringback.phone.lease import Lease

URL = Url.parse("https://prov.example.com/a")


def test_a_rule_without_a_server_means_who_asked_else_the_one_dhcp_gave():
    phone = World().phone
    phone.identity = replace(phone.identity, lease=Lease.naming("10.0.0.1"))
    bare = Url.parse("/a")
    assert retrieve.with_server(phone, bare, "10.0.0.2").host == "10.0.0.2"
    assert retrieve.with_server(phone, bare, "").host == "10.0.0.1"
    assert retrieve.with_server(phone, URL, "10.0.0.2") == URL


@pytest.mark.parametrize(
    ("url", "failure"), [("gds://", Failure.SCHEME), ("/a", Failure.NO_SERVER)]
)
def test_what_no_phone_could_fetch_is_refused(url, failure):
    with pytest.raises(TransferError) as refused:
        retrieve.refuse_impossible(Url.parse(url))
    assert refused.value.failure is failure


def test_a_request_carries_who_the_phone_is_and_hides_the_password():
    phone = World().phone
    asked = retrieve.request(phone, URL, ("10.0.0.1",), Options(uid="u", pwd="hush"))
    assert asked.agent.startswith("Cisco-CP-7832-3PCC/")
    assert (asked.uid, asked.pwd) == ("u", "hush")
    assert asked.security == phone.trust.security()
    assert "hush" not in repr(asked)


def test_keying_material_is_there_only_when_the_phone_can_use_it():
    key = "AAAAAAAAAAAAAAAAAAAAAA"
    assert retrieve.ikm(World(IKM_HTTP_Encrypt_Content=key).phone) == bytes(16)
    assert retrieve.ikm(World(IKM_HTTP_Encrypt_Content="no key!").phone) is None
    assert retrieve.ikm(World("SPA504G").phone) is None


def test_an_error_in_a_rule_names_the_column_as_typed():
    error = RuleError("unknown option --kee", place=Place(column=2), remedy="write --key")
    assert retrieve.in_words(error) == "column 2: unknown option --kee: write --key"
    assert retrieve.in_words(RefusedError("no", remedy="yes")) == "no: yes"
