import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.store.ledgers import facts

from ringback.errors import MalformedError
from ringback.store.fact import Fact, Kind, digest, line, read


@given(st.integers(1, 10**9), facts)
def test_a_record_is_hashed_as_the_json_that_any_library_writes(number, fact):
    text = json.dumps([number, *fact], ensure_ascii=False, separators=(",", ":"))
    assert line(number, fact) == text.encode("utf-8", "surrogatepass")


@given(st.integers(1, 10**9), facts)
def test_a_line_is_one_line_and_reads_back(number, fact):
    octets = line(number, fact)
    assert b"\n" not in octets
    assert read(octets) == (number, fact)


def test_text_that_no_encoding_has_reads_back_too():
    fact = Fact(1.5, Kind.ANSWER, evidence="agent=\udcff\n\x00")
    assert read(line(1, fact)) == (1, fact)


@given(st.binary(max_size=60))
def test_what_is_no_line_is_malformed_and_nothing_else(octets):
    try:
        number, fact = read(octets)
    except MalformedError:
        return
    assert isinstance(fact, Fact), number


@pytest.mark.parametrize(
    "octets", [b"", b"[]", b"[1]", b"{}", b"[1,2,3,4,5,6,7,8,9,10]", b"[" * 99999]
)
def test_a_line_of_another_shape_is_malformed(octets):
    with pytest.raises(MalformedError):
        read(octets)


def test_the_digest_of_a_file_is_its_sha256():
    assert digest(b"plain") == hashlib.sha256(b"plain").hexdigest()
