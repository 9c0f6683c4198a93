from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from ringback.store import body, changes
from ringback.store.database import Store
from ringback.store.devices import Devices
from ringback.store.entry import Entry, step
from ringback.store.releases import Release, Releases

PATHS = ["/a", "/b", "/c"]
states = st.dictionaries(st.sampled_from(PATHS), st.sampled_from("xyz"), max_size=3)


def entry(path: str, mark: str, body: bytes = b"") -> Entry:
    return Entry(path, "000e08000001", "device", 3, 1, "", "text/xml", mark, body or mark.encode())


def wanted(state: dict[str, str], number: int) -> list[Entry]:
    """Bytes differ from release to release though the mark is the same: as numbers in logs do."""
    return [entry(path, mark, f"{mark}{number}".encode()) for path, mark in state.items()]


@given(st.lists(states, max_size=6))
def test_every_release_can_be_read_for_ever_and_equal_contents_keep_their_bytes(
    tmp_path_factory, found
):
    store = Store(tmp_path_factory.mktemp("store") / "fleet.db")
    first: dict[tuple[str, str], bytes] = {}
    with store.fleet.writing() as connection:
        releases = Releases(connection, store.seal)
        for number, state in enumerate(found, start=1):
            for each in wanted(state, number):
                first.setdefault((each.path, each.mark), each.hash)
            made = step(list(releases.kept(["000e08000001"])), wanted(state, number))
            releases.take([made], number)
            releases.add(Release(number, float(number), "", 1, len(made.begun)))
        for number, state in enumerate(found, start=1):
            there = {each.path: each for each in releases.at(number)}
            assert {path: each.mark for path, each in there.items()} == state
            for path, each in there.items():
                assert each.hash == first[path, each.mark]
            for other in range(1, len(found) + 1):
                before, after = releases.between(number, other)
                assert (before | after == set()) == (state == found[other - 1])
        assert releases.newest == len(found)
    store.close()


def test_bodies_are_kept_once_and_swept_when_nobody_holds_them(store):
    with store.fleet.writing() as connection:
        releases = Releases(connection, store.seal)
        sealed = [(bytes([n]), store.seal.close(b"body", f"content/{n:02x}")) for n in (1, 2, 1)]
        releases.keep_bodies(sealed)
        releases.keep_bodies(sealed)
        assert releases.body(b"\x01") == b"body"
        held = entry("/a", "x")._replace(hash=b"\x01")
        releases.take([step([], [held])], 1)
        assert releases.sweep() == 1
        assert releases.body(b"\x01") == b"body"


def remember(connection, releases, number):
    releases.remember(changes.marked(connection), number)
    releases.add(Release(number, float(number), "", 0, 0))
    changes.clear(connection)


def test_things_are_had_as_they_were_by_name(store, phones):
    macs = [str(each.mac) for each in phones]
    with store.fleet.writing() as connection:
        releases, devices = Releases(connection, store.seal), Devices(connection, store.seal)
        devices.keep(phones)
        remember(connection, releases, 1)
        devices.keep([replace(phones[0], site="other")])
        devices.remove(macs[1:2])
        remember(connection, releases, 2)
        then = dict(releases.sources(1, "device", macs[:2]))
        assert then == {mac: body.dump(each) for mac, each in zip(macs[:2], phones, strict=False)}
        assert list(dict(releases.sources(2, "device", macs))) == [macs[0], macs[2]]


def test_a_device_is_unaltered_while_only_its_columns_change(store, phones):
    macs = [str(each.mac) for each in phones]
    with store.fleet.writing() as connection:
        releases, devices = Releases(connection, store.seal), Devices(connection, store.seal)
        devices.keep(phones)
        assert releases.unaltered(macs) == set()
        remember(connection, releases, 1)
        devices.keep([replace(phones[0], key=7), replace(phones[1], site="other")])
        assert releases.unaltered([*macs, "ffffffffffff"]) == {macs[0], macs[2]}
