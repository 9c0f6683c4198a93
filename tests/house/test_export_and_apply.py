"""What is exported and applied to an empty store gives byte-equal releases, whatever the fleet.

Byte-equal at equal numbers: the number of the release stands in the files, nothing else differs.
"""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.serve.random_fleets import SECRETS, random_fleet

from ringback import clock
from ringback.cisco import aes128gcm, envelope, flat_profile
from ringback.cli.folders import apply, export, texts_of, write_texts
from ringback.errors import RingbackError
from ringback.mac import Mac
from ringback.operations.publish import publish
from ringback.operations.revise import revise
from ringback.provisioning import own
from ringback.provisioning.fleet import Fleet
from ringback.provisioning.inscription import tidy, write
from ringback.store.database import Store
from ringback.store.entry import Entry
from ringback.store.releases import Releases
from ringback.store.secrets import Secrets


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an empty store, its tables made and its key drawn."""
    folder = tmp_path_factory.mktemp("empty")
    Store(folder / "fleet.db").close()
    return folder


@contextmanager
def store_in(folder: Path, empty: Path) -> Iterator[Store]:
    """An empty store in ``folder``, with the key of all of them and the secrets set."""
    for file in empty.iterdir():
        shutil.copy(file, folder)
    store = Store(folder / "fleet.db")
    try:
        with store.fleet.writing() as connection:
            Secrets(connection, store.seal).keep(SECRETS, clock.now())
        yield store
    finally:
        store.close()


def released(store: Store) -> dict[Entry, bytes]:
    """Everything that the last release serves: each entry with its hash, and the bytes."""
    with store.fleet.reading() as connection:
        releases = Releases(connection, store.seal)
        return {each: releases.body(each.hash) for each in releases.at(releases.newest)}


def opened(store: Store) -> dict[tuple[object, ...], dict[str, str]]:
    """What each of those files says, by all that is known of it but its bytes."""
    key = store.seal.draw("devices")
    return {
        tuple(each._replace(hash=b"")): _said(each, body, key)
        for each, body in released(store).items()
    }


def _said(entry: Entry, body: bytes, key: bytes) -> dict[str, str]:
    """The settings of a file, with the access of each."""
    mac, number = Mac(entry.mac) if entry.mac else None, entry.key or 0
    if mac and entry.encoding:
        ikm = aes128gcm.parse_ikm(own.ikm(key, mac, number))
        found = envelope.unseal(body, ikm=ikm, content_encoding=entry.encoding)
    else:
        found = envelope.unseal(
            body, key=own.passphrase(key, mac, number) if mac and number else None
        )
    said = flat_profile.read(found.data).last()
    return {name: f"{each.access} {each.value}" for name, each in said.items()}


def published(store: Store) -> bool:
    """Whether this fleet can be published at all: some random ones cannot."""
    try:
        return publish(store, clock.now(), hands=1) is not None
    except RingbackError:
        return False


def hand_over_secrets(first: Store, second: Store) -> None:
    """Those that the export made of passwords in clear are among them; it writes none."""
    with first.fleet.reading() as connection:
        shelf = Secrets(connection, first.seal)
        held = {each.name: shelf.value(each.name) for each in shelf}
    with second.fleet.writing() as connection:
        Secrets(connection, second.seal).keep(held, clock.now())


@given(st.randoms(use_true_random=False))
@settings(max_examples=12)
def test_an_export_applied_to_an_empty_store_gives_a_byte_equal_release(empty, dice):
    _there_and_back(random_fleet(dice), empty)


@given(st.randoms(use_true_random=False))
@settings(max_examples=5)
def test_an_export_over_the_folder_of_another_fleet_does_so_too(empty, dice):
    _there_and_back(random_fleet(dice), empty, random_fleet(dice))


@given(st.randoms(use_true_random=False))
@settings(max_examples=8)
def test_a_fleet_of_several_releases_differs_elsewhere_in_their_number_alone(empty, dice):
    fleet = random_fleet(dice)
    with TemporaryDirectory() as name:
        one, folder, two = (Path(name, each) for each in ("one", "folder", "two"))
        one.mkdir()
        two.mkdir()
        with store_in(one, empty) as first, store_in(two, empty) as second:
            for each in (fleet, *_later(fleet)):
                revise(first, tidy(each), now=1.0)
                assume(published(first))
            export(folder, store=first.path)
            hand_over_secrets(first, second)
            apply(folder, yes=True, store=second.path)
            assert published(second)
            texts = texts_of(folder)
            export(folder, store=second.path)
            assert texts_of(folder) == texts
            here, there = opened(first), opened(second)
            assert here.keys() == there.keys()
            for file, said in here.items():
                assert said.keys() == there[file].keys()
                for setting, value in said.items():
                    _assert_same_but_for_the_number(value, there[file][setting])


def _later(fleet: Fleet) -> Iterator[Fleet]:
    """The same, with one device changed, and then with a word that many settings speak of."""
    first = replace(fleet.devices[0], variables={"one": "another"})
    second = replace(fleet, devices=(first, *fleet.devices[1:]))
    yield second
    yield replace(second, variables={**fleet.variables, "greeting": "good evening"})


def _assert_same_but_for_the_number(here: str, there: str) -> None:
    """Equal, or equal where 1 stands for the number of a release, which was at most 3."""
    if here != there:
        assert re.sub(r"\b[1-3]\b", "1", here) == there


def _there_and_back(fleet: Fleet, empty: Path, other: Fleet | None = None) -> None:
    with TemporaryDirectory() as name:
        one, folder, two = (Path(name, each) for each in ("one", "folder", "two"))
        one.mkdir()
        two.mkdir()
        with store_in(one, empty) as first, store_in(two, empty) as second:
            revise(first, tidy(fleet), now=1.0)
            assume(published(first))
            if other:
                write_texts(folder, write(tidy(other)), ())
            export(folder, store=first.path)
            hand_over_secrets(first, second)
            apply(folder, yes=True, store=second.path)
            texts = texts_of(folder)
            export(folder, store=second.path)
            assert texts_of(folder) == texts
            assert published(second)
            here, there = released(first), released(second)
            assert here
            assert here == there
            assert all(each.hash == sha256(body).digest() for each, body in there.items())
