"""RFC 4475's messages, each with what becomes of it; a file without a row fails."""

import pytest

from ringback.errors import MessageError
from ringback.sip import validity
from ringback.sip.message import Request, parse

FINE = 0
DROPPED = -1
VERDICTS = {
    "valid/dblreq": FINE,  # what follows the Content-Length of a datagram is no second request
    "valid/esc01": FINE,
    "valid/esc02": FINE,
    "valid/escnull": FINE,
    "valid/intmeth": FINE,
    "valid/lwsdisp": FINE,
    "valid/noreason": FINE,
    "valid/transports": FINE,
    "valid/unreason": FINE,
    "valid/wsinv": FINE,
    "invalid/badaspec": 400,
    "invalid/baddate": FINE,  # nobody here reads Date (section 3.1.2.12 leaves it open)
    "invalid/badinv01": 400,
    "invalid/bext01": 420,
    "invalid/bigcode": DROPPED,
    "invalid/clerr": 400,
    "invalid/cparam02": FINE,  # an unknown parameter is no fault
    "invalid/insuf": 400,
    "invalid/ltgtruri": 400,
    "invalid/lwsruri": 400,
    "invalid/mcl01": 400,
    "invalid/mismatch01": 400,
    "invalid/multi01": 400,
    "invalid/regaut01": FINE,  # an unknown scheme is a question of authorization
    "invalid/regbadct": FINE,  # Contact is for registrars
    "invalid/regescrt": FINE,
    "invalid/scalar02": 400,
    "invalid/test": 400,
    "invalid/trws": 400,
    "invalid/zeromf": FINE,  # Max-Forwards 0 stops proxies, not the one who is asked
}


def verdict(data):
    try:
        message = parse(data)
    except MessageError:
        return DROPPED
    if not isinstance(message, Request):
        return FINE if validity.usable(message) else DROPPED
    fault = validity.fault_in(message)
    return fault.code if fault else FINE


def test_every_message_of_rfc_4475_has_a_verdict(corpus):
    folder = corpus / "sip" / "rfc4475"
    found = {
        f"{path.parent.name}/{path.stem}": verdict(path.read_bytes())
        for path in folder.glob("*/*.dat")
    }

    assert found == VERDICTS


GOOD = {
    "Via": "SIP/2.0/UDP h;branch=z9hG4bKx",
    "From": "<sip:a@b>;tag=1",
    "To": "<sip:u@c>",
    "Call-ID": "1",
    "CSeq": "1 OPTIONS",
}


def request(uri="sip:u@c", version="SIP/2.0", body=b"", method="OPTIONS", **changed):
    names = {name.replace("_", "-"): value for name, value in changed.items()}
    headers = {name: value for name, value in (GOOD | names).items() if value is not None}
    return Request(tuple(headers.items()), body, method, uri, version)


def code(*args, **kwargs):
    fault = validity.fault_in(request(*args, **kwargs))
    return fault.code if fault else FINE


@pytest.mark.parametrize("name", GOOD)
def test_a_request_needs_its_headers(name):
    assert code() == FINE
    assert code(**{name.replace("-", "_"): None}) == 400


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"version": "SIP/3.0"}, 505),
        ({"version": "SIP/3.0 "}, 400),
        ({"version": "HTTP/1.1"}, 400),
        ({"uri": "http://c/"}, 416),
        ({"uri": "tel:+1"}, 416),
        ({"uri": "sip:"}, 400),
        ({"uri": "u@c"}, 400),
        ({"method": "a b"}, 400),
        ({"Max_Forwards": "256"}, 400),
        ({"Max_Forwards": "-1"}, 400),
        ({"Max_Forwards": "9" * 40}, 400),
        ({"Max_Forwards": "0"}, FINE),
        ({"Require": "100rel"}, 420),
        ({"Content_Encoding": "gzip"}, 415),
        ({"Content_Encoding": "identity"}, FINE),
        ({"Content_Length": "1"}, 400),
        ({"Content_Length": "+0"}, 400),
        ({"Content_Length": "9" * 20}, 400),
        ({"CSeq": "1 NOTIFY"}, 400),
        ({"": "no colon"}, 400),
        ({"a b": "c"}, 400),
        ({"Via": "SIP/2.0/UDP a, nonsense"}, 400),
    ],
)
def test_what_is_wrong_has_a_code(changed, expected):
    assert code(**changed) == expected


def test_a_required_extension_is_named():
    fault = validity.fault_in(request(Require="a, b"))

    assert fault is not None
    assert fault.headers == (("Unsupported", "a, b"),)


def test_a_datagram_may_be_longer_than_it_says_but_not_shorter():
    assert validity.body_of(request(body=b"abc", Content_Length="2")) == b"ab"
    assert validity.body_of(request(body=b"abc")) == b"abc"
    assert validity.body_of(request(body=b"abc", Content_Length="4")) is None
