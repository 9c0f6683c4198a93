import time

import pytest

from ringback import clock
from ringback.mac import Mac
from ringback.provisioning import credential, own
from ringback.provisioning.window import Breadth, Window
from ringback.store.devices import Devices
from ringback.store.gate import TRUST, Gate
from ringback.store.strangers import Decoys
from ringback.store.tokens import Tokens
from ringback.store.windows import Windows

ONE, TWO = "000e08000001", "000e08aaaa03"
TOKEN = "a-token-that-nobody-guesses"


@pytest.fixture
def gate(store, phones):
    with store.fleet.writing() as connection:
        Devices(connection, store.seal).keep(phones)
    made = Gate(store)
    yield made
    made.close()


def settled():
    """Let the millisecond pass for which a look will do."""
    until = clock.monotonic() + 2 * TRUST
    while clock.monotonic() < until:
        time.sleep(TRUST)


def test_it_knows_our_devices_and_nobody_else(gate):
    place = gate.place(ONE)
    assert (place.site, place.group, place.numbers) == ("hq", "sales", (1,))
    assert gate.place("ffffffffffff") is None
    assert gate.halves("ffffffffffff") == ()


def test_what_is_written_counts_a_millisecond_later(gate, store):
    assert gate.place(ONE).numbers == (1,)
    with store.fleet.writing() as connection:
        devices = Devices(connection, store.seal)
        devices.keep(each.rotated() for each in devices.several([ONE]))
    settled()
    assert gate.place(ONE).numbers == (1, 2)
    assert len(gate.halves(ONE)) == 2


def test_tokens_and_passwords_are_those_of_the_rules(gate, store):
    key = store.seal.draw("devices")
    assert gate.token(ONE, 1) == own.token(key, Mac(ONE), 1)
    assert gate.halves(ONE) == (credential.first_half(key, Mac(ONE), 1),)


def test_a_made_token_is_found_until_its_time_is_over_and_is_not_in_the_file(gate, store):
    with store.fleet.writing() as connection:
        Tokens(connection).keep(Mac(ONE), TOKEN, 100.0, 200.0)
    settled()
    assert gate.made_for(TOKEN, 150.0) == ONE
    assert gate.made_for(TOKEN, 200.0) == ""
    assert gate.made_for("another", 150.0) == ""
    for suffix in ("", "-wal"):
        file = store.path.with_name(store.path.name + suffix)
        assert TOKEN.encode() not in file.read_bytes()


def test_windows_and_decoys_are_seen(gate, store):
    assert gate.windows(150.0) == ()
    assert not gate.is_decoy(TWO)
    window = Window(0, Breadth.SITE, "hq", 100.0, "ann", 200.0)
    with store.fleet.writing() as connection:
        number = Windows(connection).open(window)
        Decoys(connection).add(Mac(TWO), 100.0)
    settled()
    (found,) = gate.windows(150.0)
    assert (found.number, found.name, found.opened_by) == (number, "hq", "ann")
    assert gate.is_decoy(TWO)
    with store.fleet.writing() as connection:
        Windows(connection).close(number, 150.0, "bob")
    settled()
    assert gate.windows(151.0) == ()
