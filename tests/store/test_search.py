import pytest

from ringback.errors import UsageError
from ringback.store import search
from ringback.store.devices import Devices


@pytest.fixture
def found(store, phones):
    with store.fleet.writing() as connection:
        devices = Devices(connection, store.seal)
        devices.keep(phones)
        devices.lock(phones[1].mac, locked=True)

    def find(*words, most=0):
        with store.fleet.reading() as connection:
            wanted = search.condition(words)
            rows, whole = search.find(connection, wanted, most=most)
            assert most or whole == len(rows)
            return [row.mac[-1] for row in rows]

    return find


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((), "123"),
        (("site=hq",), "1"),
        (("site=hq*",), "12"),
        (("SITE=HQ",), "1"),
        (("site=",), ""),
        (("group=sales",), "1"),
        (("model=8851",), "1"),
        (("model=cp-",), "12"),
        (("tag=x",), "12"),
        (("tag=new", "tag=x"), "1"),
        (("tag=ne",), ""),
        (("serial=fch",), "12"),
        (("user=20",), "1"),
        (("name=alice",), "1"),
        (("proxy=example",), "1"),
        (("mac=00:0E:08:aa",), "3"),
        (("locked=yes",), "2"),
        (("locked=no", "model=8851"), "1"),
        (("pinned=no",), "123"),
        (("pinned=3",), ""),
        (("alice",), "1"),
        (("ärmel",), "1"),
        (("08:aa:aa",), "3"),
        (("08aaaa",), "3"),
        (("000e.08aa",), "3"),
        (("hq", "7841"), "2"),
        (("swordfish",), ""),
        (("100%",), ""),
        (("_",), ""),
        (("site=h_",), ""),
        (("\\",), ""),
    ],
)
def test_words_find_devices(found, words, expected):
    assert "".join(found(*words)) == expected


def test_a_limit_gives_the_first(found):
    assert found(most=2) == ["1", "2"]


@pytest.mark.parametrize("word", ["colour=red", "locked=perhaps", "pinned=x"])
def test_what_cannot_be_asked_is_said(found, word):
    with pytest.raises(UsageError):
        found(word)
