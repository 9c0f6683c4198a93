import pytest

from ringback.errors import NotFoundError
from ringback.store import changes
from ringback.store.secrets import Secrets


def test_a_secret_is_kept_sealed_and_known_by_name_alone(store, tmp_path):
    with store.fleet.writing() as connection:
        secrets = Secrets(connection, store.seal)
        assert secrets.keep({"sip": "swordfish", "web": "é" * 100}, 5.0) == 2
        assert secrets.value("sip") == "swordfish"
        assert [(each.name, each.changed, each.used) for each in secrets] == [
            ("sip", 5.0, 0),
            ("web", 5.0, 0),
        ]
        changes.clear(connection)
        assert secrets.keep({"sip": "swordfish"}, 6.0) == 0
        assert secrets.keep({"sip": "other"}, 6.0) == 1
        assert changes.marked(connection) == (("secret", "sip"),)
    assert b"swordfish" not in (tmp_path / "fleet.db").read_bytes()


def test_a_secret_that_is_not_there_is_named(store):
    with store.fleet.writing() as connection:
        secrets = Secrets(connection, store.seal)
        with pytest.raises(NotFoundError, match=r"'sip'.*secret set sip"):
            secrets.value("sip")
        secrets.keep({"sip": "x"}, 1.0)
        assert secrets.remove("sip", 2.0)
        assert not secrets.remove("sip", 3.0)


def test_it_is_known_when_one_was_last_written_or_removed(store):
    with store.fleet.writing() as connection:
        shelf = Secrets(connection, store.seal)
        assert shelf.unchanged(0.0)
        shelf.keep({"sip": "x"}, 5.0)
        assert (shelf.unchanged(4.9), shelf.unchanged(5.0)) == (False, True)
        shelf.keep({"web": "x"}, 3.0)  # a clock that was put back
        assert not shelf.unchanged(4.9)
        shelf.remove("web", 7.0)
        assert not shelf.remove("web", 8.0)
        assert (shelf.unchanged(6.9), shelf.unchanged(7.0)) == (False, True)


def test_many_are_kept_found_and_forgotten_at_once(store):
    given = {f"s{number}": f"v{number}" for number in range(1100)}
    with store.fleet.writing() as connection:
        shelf = Secrets(connection, store.seal)
        assert shelf.keep(given, 1.0) == 1100
        assert shelf.keep({**given, "s7": "other"}, 2.0) == 1
        assert shelf.several([*given, "nobody"]) == {**given, "s7": "other"}
        assert shelf.remove_several([*given, "nobody"], 3.0) == 1100
        assert list(shelf) == []


@pytest.mark.parametrize("count", [2, 700])
def test_the_secrets_of_devices_are_those_that_begin_with_kind_and_mac(store, count):
    macs = [f"000e08{number:06x}" for number in range(count)]
    mine = {mac: {f"device/{mac}/Admin_Password": f"a{mac}", f"line/{mac}/1": mac} for mac in macs}
    others = dict.fromkeys(
        [
            "line/000e08ffffff/1", "line/000e08000000", "line/000e080000000/1", "line_/x", "line0",
            "lines/000e08000000/1", "group/000e08000000/1", "LINE/000e08000000/1",
        ],
        "x",
    )  # fmt: skip
    with store.fleet.writing() as connection:
        shelf = Secrets(connection, store.seal)
        shelf.keep({**others, **{name: each[name] for each in mine.values() for name in each}}, 1.0)
        assert shelf.of_devices([*macs, "000e08fffffe"]) == mine
        assert shelf.of_devices([]) == {}
