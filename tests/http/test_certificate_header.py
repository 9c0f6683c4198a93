"""A certificate in one header line, in each of the ways proxies write it."""

import base64
from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.errors import MessageError
from ringback.http.certificate_header import LARGEST, read_certificate

DER = b"\x30\x82\x02\x00" + bytes(range(256)) * 2
BASE64 = base64.b64encode(DER).decode()


def pem(der: bytes) -> str:
    lines = base64.encodebytes(der).decode()
    return f"-----BEGIN CERTIFICATE-----\n{lines}-----END CERTIFICATE-----\n"


def bare(der: bytes) -> str:
    return base64.b64encode(der).decode()


PEM = pem(DER)
FORMS: dict[str, Callable[[bytes], str]] = {
    "nginx": lambda der: quote(pem(der), safe=""),
    "percent-escapes but not of + / =": lambda der: quote(pem(der), safe="+/="),
    "Apache": lambda der: pem(der).replace("\n", " "),
    "line ends spelt out": lambda der: pem(der).replace("\n", "\\n"),
    "tabs": lambda der: pem(der).replace("\n", "\t"),
    "RFC 9440": lambda der: f":{bare(der)}:",
    "HAProxy": bare,
    "with blanks around": lambda der: f"  :{bare(der)}:\t",
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_every_form_gives_the_same_der(form: Callable[[bytes], str]) -> None:
    assert read_certificate(form(DER).encode()) == DER


@pytest.mark.parametrize("text", [b"", b" ", b"(null)", b"-"])
def test_no_certificate_is_none(text: bytes) -> None:
    assert read_certificate(text) is None


WRONG = {
    "two": f"{quote(PEM)}, {quote(PEM)}",
    "two PEM": PEM.replace("\n", " ") * 2,
    "two of RFC 9440": f":{BASE64}:, :{BASE64}:",
    "cut off": BASE64[:-8],
    "something behind it": base64.b64encode(DER + b"x").decode(),
    "blanks where + was": PEM.replace("\n", " ").replace("A", "#", 1),
    "another label": PEM.replace("CERTIFICATE", "PRIVATE KEY").replace("\n", " "),
    "no SEQUENCE": base64.b64encode(b"\x31" + DER[1:]).decode(),
    "text": "yes",
    "empty RFC 9440": "::",
    "escaped nothing": "%20",
    "too large": "A" * (LARGEST + 4),
    "a NUL inside": f"{BASE64[:100]}%00{BASE64[100:]}",
    "not ASCII": "é" * 300,
}


@pytest.mark.parametrize("text", WRONG.values(), ids=WRONG)
def test_what_is_not_one_whole_certificate_is_refused(text: str) -> None:
    with pytest.raises(MessageError):
        read_certificate(text.encode("latin-1"))


@given(
    st.binary(max_size=400), st.sampled_from([b"", b":", b"-----BEGIN CERTIFICATE-----", b"MII"])
)
def test_any_bytes_are_a_certificate_none_or_refused(value: bytes, start: bytes) -> None:
    try:
        der = read_certificate(start + value)
    except MessageError:
        return
    assert der is None or der[0] == 0x30


@given(st.binary(min_size=128, max_size=3000), st.sampled_from(sorted(FORMS)))
def test_round_trip(body: bytes, form: str) -> None:
    der = b"\x30\x82" + len(body).to_bytes(2, "big") + body
    assert read_certificate(FORMS[form](der).encode()) == der
