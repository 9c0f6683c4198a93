import hashlib

import pytest

from ringback.mac import Mac
from ringback.operations.witness import Witness
from ringback.provisioning.identity import Identity
from ringback.store.fact import Fact, Kind
from ringback.store.pantry import Ready

MAC = "000e08000001"
FILE = Ready(b"data", f"/{MAC}.cfg", MAC, "device", 3, 1, "", "text/xml", 4, "ab" * 32, 5.0, False)  # noqa: FBT003
CLIENT = ("192.0.2.7", 1234)
WHO = Identity("192.0.2.7", certificate="CN=x", mac=Mac(MAC))


class Book:
    """Keeps what is noted, and has a clock that is set by hand."""

    def __init__(self):
        self.now = 100.0
        self.facts: list[Fact] = []
        self.witness = Witness(lambda make: self.facts.append(make()), lambda: self.now)


@pytest.fixture
def book():
    return Book()


def test_an_answer_is_noted_when_it_has_ended(book):
    book.witness.answered(CLIENT, "x.cfg", WHO, FILE)
    assert not book.facts
    book.witness.ended(CLIENT, "x.cfg", "200, sent 4 bytes")
    (fact,) = book.facts
    assert fact == (
        100.0, Kind.ANSWER, MAC, str(WHO), f"device /{MAC}.cfg", 4, "ab" * 32, "200, sent 4 bytes",
    )  # fmt: skip


def test_what_ended_is_noted_once_and_what_never_began_is_not(book):
    book.witness.answered(CLIENT, "x.cfg", WHO, FILE)
    for _ in range(2):
        book.witness.ended(CLIENT, "x.cfg", "ok")
    book.witness.ended(CLIENT, "other.cfg", "ok")
    assert len(book.facts) == 1


def test_a_plain_file_is_noted_with_its_hash(book):
    book.witness.answered(CLIENT, "/plain.txt", Identity("192.0.2.7"), b"plain")
    book.witness.ended(CLIENT, "/plain.txt", "ok")
    (fact,) = book.facts
    assert fact.document == "file /plain.txt"
    assert fact.content == hashlib.sha256(b"plain").hexdigest()


def test_of_what_an_asker_chose_only_so_much_is_kept(book):
    who = Identity("192.0.2.7", "x" * 16_000, "CN=" + "y" * 16_000)
    for path, what in (("/" + "p" * 16_000, b"plain"), ("x.cfg", FILE)):
        book.witness.answered(CLIENT, path, who, what)
        book.witness.ended(CLIENT, path, "z" * 16_000)
    book.witness.refused(who, FILE, "z" * 16_000)
    assert len(book.facts) == 3
    assert all(len(field) < 600 for fact in book.facts for field in map(str, fact))


def test_a_refusal_is_noted_once_a_minute_for_each_asker_and_path(book):
    for moment in (100.0, 130.0, 159.0, 161.0):
        book.now = moment
        book.witness.refused(WHO, FILE, "the device is locked")
    book.witness.refused(Identity("192.0.2.8"), FILE, "no")
    assert [(fact.time, fact.kind, fact.outcome) for fact in book.facts] == [
        (100.0, Kind.REFUSAL, "the device is locked"),
        (161.0, Kind.REFUSAL, "the device is locked"),
        (161.0, Kind.REFUSAL, "no"),
    ]
