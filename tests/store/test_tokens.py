import pytest

from ringback.errors import NotFoundError
from ringback.mac import Mac
from ringback.store.tokens import Tokens, fingerprint

ONE, TWO = Mac("000e08000001"), Mac("000e08000002")


@pytest.fixture
def tokens(store):
    with store.fleet.writing() as connection:
        made = Tokens(connection)
        made.keep(ONE, "first", 100.0, None)
        made.keep(ONE, "second", 200.0, 900.0)
        made.keep(TWO, "third", 150.0, None)
        yield made


def ends(tokens):
    return {each.digest: each.ends for each in tokens.all()}


def test_they_are_listed_by_their_hash_the_newest_first(tokens):
    assert [each.digest for each in tokens.all(ONE)] == [
        fingerprint("second"), fingerprint("first"),
    ]  # fmt: skip
    assert len(list(tokens.all())) == 3


def test_the_older_ones_of_a_device_end_and_no_others(tokens):
    assert tokens.end_all(ONE, 300.0, made_before=200.0) == 1
    assert tokens.end_all(ONE, 400.0, made_before=200.0) == 0
    assert ends(tokens) == {
        fingerprint("first"): 300.0, fingerprint("second"): 900.0, fingerprint("third"): None,
    }  # fmt: skip


def test_one_is_ended_by_the_beginning_of_its_hash(tokens):
    assert tokens.end(fingerprint("third")[:12], 300.0).mac == str(TWO)
    assert ends(tokens)[fingerprint("third")] == 300.0


@pytest.mark.parametrize("beginning", ["", "zz"])
def test_a_beginning_must_be_of_just_one(tokens, beginning):
    with pytest.raises(NotFoundError, match="tokens begin with"):
        tokens.end(beginning, 300.0)
