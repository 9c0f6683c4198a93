"""What has come from a phone, and from which."""

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.cisco import envelope, report
from ringback.cisco.model import find_model
from ringback.cisco.profile import Profile
from ringback.errors import MalformedError, RefusedError
from ringback.mac import Mac
from ringback.provisioning.identity import Identity
from ringback.provisioning.keyring import Key
from ringback.provisioning.receipt import LARGEST, receive, sender

A, B = Mac.parse("000e08abcdef"), Mac.parse("000e08111111")
AGENT = f"Cisco-CP-7832-3PCC/11.3.1 ({A})"
PROFILE = Profile.factory(find_model("7832"))
FULL = report.full(PROFILE)
STATUS = report.status([("MAC Address", A.upper)])
IKM = bytes(range(16))


def whose(path, query="", agent="", mac=None, bound=False):
    return sender(path, query, Identity("10.0.0.1", agent, mac=mac), bound=bound)


# Whose it is


@pytest.mark.parametrize(
    "path",
    [f"/{A}.xml", f"/reports/{A.upper}", f"/CP-7832-3PCC{A}.xml", f"/{A.colons}", f"/r/{A}/{A}",
     "/00-0e-08-ab-cd-ef.cfg", "/00:0e:08:ab:cd:ef.cfg", f"/{A}.cfg"],
)  # fmt: skip
def test_the_name_it_is_sent_to_tells_whose_it_is(path):
    assert whose(path) == A


def test_a_query_may_tell_it():
    assert whose("/report.cgi", f"mac={A}") == A


def test_a_certificate_tells_it_where_the_name_does_not():
    assert whose("/report.xml", mac=A, bound=True) == A
    assert whose("/report.xml", agent=AGENT) == A


def test_a_claim_tells_nothing_where_only_proof_counts():
    with pytest.raises(RefusedError):
        whose("/report.xml", agent=AGENT, bound=True)


def test_a_name_that_tells_of_nobody_or_of_two_is_refused():
    for path in ("/report.xml", f"/{A}/{B}.xml"):
        with pytest.raises(RefusedError):
            whose(path)


def test_a_claim_against_the_name_does_not_count():
    assert whose(f"/{B}.xml", agent=AGENT) == B


@given(st.text(max_size=80))
def test_any_name_gives_a_phone_or_a_refusal(path):
    try:
        assert len(str(whose(path))) == 12
    except RefusedError:
        return


# What it is


def test_a_report_in_clear_is_kept_as_it_came():
    receipt = receive(FULL, "", ())
    assert (receipt.kind, receipt.ending, receipt.data, receipt.how) == (
        "full", "xml", FULL, "clear",
    )  # fmt: skip
    assert receipt.lines == len(report.read(FULL).values)


def test_a_compressed_report_is_opened():
    receipt = receive(gzip.compress(STATUS), "gzip", ())
    assert (receipt.kind, receipt.data, receipt.claims) == ("status", STATUS, A)


@pytest.mark.parametrize("digest", ["md5", "sha256"])
def test_an_encrypted_report_is_opened_with_whichever_key_does(digest):
    sealed = envelope.seal(FULL, key="right", digest=digest, salt=b"8 bytes!")
    receipt = receive(sealed, "", (Key("wrong"), Key(ikm=IKM), Key("right")))
    assert receipt.data == FULL
    assert "aes-256-cbc" in receipt.how


def test_aes128gcm_is_opened_with_keying_material():
    sealed = envelope.seal(FULL, compress=False, ikm=IKM, salt=IKM)
    assert receive(sealed, "aes128gcm", (Key("phrase"), Key(ikm=IKM))).data == FULL


def test_what_no_key_opens_is_kept_sealed():
    for sealed, coding in (
        (envelope.seal(FULL, key="right", salt=b"8 bytes!"), ""),
        (envelope.seal(FULL, ikm=IKM, salt=IKM), "aes128gcm"),
    ):
        for keys in ((), (Key("wrong"), Key(ikm=bytes(16)))):
            receipt = receive(sealed, coding, keys)
            assert (receipt.kind, receipt.ending, receipt.data) == ("sealed", "bin", sealed)
            assert receipt.how.startswith("not opened: ")


@pytest.mark.parametrize(
    "body",
    [
        b"", b"hello", b"\x7fELF", FULL[: len(FULL) // 2], gzip.compress(b"hello", mtime=0),
        gzip.compress(b" " * (LARGEST + 1), mtime=0), b"\x1f\x8b\x08 broken",
        b"<!DOCTYPE a [<!ENTITY b 'c'>]><flat-profile><X>&b;</X></flat-profile>",
    ],
)  # fmt: skip
def test_what_is_neither_a_report_nor_sealed_is_refused(body):
    with pytest.raises(MalformedError):
        receive(body, "", ())


@given(st.binary(max_size=400), st.sampled_from(["", "gzip", "aes128gcm", "br, aes128gcm"]))
def test_any_bytes_are_kept_or_refused(body, coding):
    try:
        receive(body, coding, (Key("k"), Key(ikm=IKM)))
    except MalformedError:
        return
