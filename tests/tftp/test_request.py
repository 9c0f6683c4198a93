import pytest

from ringback.tftp.packet import Mode
from ringback.tftp.request import Outcome, ReadRequest, WriteRequest


def test_a_request_keeps_the_name_as_it_was_asked():
    request = ReadRequest("/spa504G.cfg", "192.0.2.7", 53240)

    assert (request.name, request.mode, request.options) == ("/spa504G.cfg", Mode.OCTET, ())


def test_what_is_told_cannot_be_changed():
    for value in (ReadRequest("/a", "h", 1), WriteRequest("/a", "h", 1), Outcome("/a", "h", 1)):
        with pytest.raises(AttributeError):
            value.name = "/b"  # type: ignore[misc]


def test_an_outcome_is_bad_until_it_is_known_to_be_good():
    assert not Outcome("/a", "192.0.2.7", 53240).ok
