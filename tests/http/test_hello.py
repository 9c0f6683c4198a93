"""What a ClientHello says, judged by the ones that OpenSSL makes."""

import ssl
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.http.hello import Hello, only_handshake, whole_record

VERSIONS = {
    "TLSv1": ssl.TLSVersion.TLSv1,
    "TLSv1.1": ssl.TLSVersion.TLSv1_1,
    "TLSv1.2": ssl.TLSVersion.TLSv1_2,
    "TLSv1.3": ssl.TLSVersion.TLSv1_3,
}


def made(version: str, host: str | None) -> bytes:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = VERSIONS[version]
    going = ssl.MemoryBIO()
    tls = context.wrap_bio(ssl.MemoryBIO(), going, server_hostname=host)
    with pytest.raises(ssl.SSLWantReadError):
        tls.do_handshake()
    return going.read()


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("host", [None, "prov.example.com"])
def test_the_highest_version_and_the_host_are_read(version: str, host: str | None) -> None:
    assert Hello.parse(made(version, host)) == Hello(version, host or "")


def test_a_record_is_whole_when_its_last_byte_is_there() -> None:
    hello = made("TLSv1.3", "prov.example.com")
    assert [size for size in range(len(hello) + 1) if whole_record(hello[:size])] == [len(hello)]


def test_a_record_that_no_one_may_send_is_not_waited_for() -> None:
    assert whole_record(b"\x16\x03\x01\xff\xff")


def test_a_host_that_is_no_name_is_left_out() -> None:
    hello = made("TLSv1.2", "prov.example.com")
    for bad in (b"prov.exa\nple.com", b"prov.exa ple.com", b"prov.exa\xffple.com"):
        assert Hello.parse(hello.replace(b"prov.example.com", bad)).host == ""


FINISHED = b"\x14\x03\x03\x00\x01\x01\x16\x03\x03\x00\x02ab"
ASKED = b"\x17\x03\x03\x00\x03abc"


@pytest.mark.parametrize(
    ("data", "only"),
    [
        (FINISHED, True),
        (b"", True),
        (FINISHED + ASKED, False),
        (ASKED, False),
        (ASKED + FINISHED, False),
        (FINISHED[:-1], False),
        (FINISHED + b"\x16\x03", False),
        (FINISHED + b"\x15\x03\x03\x00\x02\x01\x00", False),
    ],
)
def test_a_handshake_alone_is_told_from_one_with_a_request_behind_it(
    data: bytes, only: bool
) -> None:
    assert only_handshake(data) is only


@given(st.binary(max_size=300), st.integers(0, 300))
def test_nothing_a_stranger_sends_is_an_error(noise: bytes, at: int) -> None:
    hello = made("TLSv1.3", "prov.example.com")
    for data in (noise, hello[:at], hello[:at] + noise, hello[:at] + noise + hello[at:]):
        assert isinstance(Hello.parse(data), Hello)
        assert isinstance(whole_record(data), bool)
        assert isinstance(only_handshake(data), bool)
