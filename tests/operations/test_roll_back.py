import os
import signal
import subprocess
import sys
from dataclasses import replace

import pytest
from sqlalchemy import func, select
from tests.operations.fleets import device, fill, fleet, served

from ringback import clock
from ringback.cisco import flat_profile
from ringback.errors import NotFoundError, RefusedError, StorageError
from ringback.mac import Mac
from ringback.operations.dismiss import dismiss
from ringback.operations.publish import publish
from ringback.operations.revise import current, revise
from ringback.operations.roll_back import roll_back
from ringback.provisioning.layer import Layer, Scope, Setting
from ringback.provisioning.line import Line
from ringback.store import changes
from ringback.store.devices import Devices
from ringback.store.layers import Layers
from ringback.store.notebook import Notebook
from ringback.store.releases import Releases
from ringback.store.secrets import Secrets
from ringback.store.tables import FLEET, contents


def test_what_was_served_then_is_served_again_byte_by_byte(store):
    fill(store, 6)
    publish(store, 5.0)
    before, sources = served(store), current(store)
    revise(store, fleet(4, "bye"), now=1.0)
    with store.fleet.writing() as connection:
        Layers(connection, store.seal).keep([Layer(Scope.GROUP, "new")])
        Devices(connection, store.seal).keep([device(70)])
    publish(store, 6.0)
    assert served(store) != before
    release = roll_back(store, 1, 7.0)
    assert release is not None
    assert (release.number, release.note) == (3, "rolled back to release 1")
    assert served(store) == before
    assert current(store) == sources
    assert publish(store, 8.0) is None


def test_back_and_forth_again(store):
    fill(store, 3)
    publish(store, 5.0)
    revise(store, fleet(3, "bye"), now=1.0)
    publish(store, 6.0)
    second = served(store)
    roll_back(store, 1, 7.0)
    roll_back(store, 2, 8.0)
    assert served(store) == second
    assert roll_back(store, 2, 9.0) is None


def test_changes_that_were_never_published_are_not_lost_unasked(store):
    fill(store, 3)
    publish(store, 5.0)
    revise(store, fleet(3, "bye"), now=1.0)
    with pytest.raises(RefusedError, match="never published"):
        roll_back(store, 1, 6.0)
    assert current(store) == fleet(3, "bye")
    roll_back(store, 1, 6.0, discard=True)
    assert current(store) == fleet(3)


def test_locks_and_keys_stay_and_the_files_are_under_the_key_the_phone_has(store):
    fill(store, 2)
    publish(store, 5.0)
    mac = str(device(0).mac)
    with store.fleet.writing() as connection:
        devices = Devices(connection, store.seal)
        devices.keep([replace(device(0), key=2, locked=True, lines=(Line(1, "9"),))])
    publish(store, 6.0)
    roll_back(store, 1, 7.0)
    kept = current(store).device(Mac(mac))
    assert kept is not None
    assert (kept.key, kept.locked, kept.lines) == (2, True, device(0).lines)
    assert (f"/device/{mac}-2.cfg", mac) in served(store)
    assert (f"/device/{mac}-1.cfg", mac) not in served(store)


def test_a_release_that_never_was_is_named(store):
    with pytest.raises(NotFoundError, match="no release 7"):
        roll_back(store, 7, 5.0)


@pytest.fixture
def newer(monkeypatch):
    """The program is replaced by one that writes the same settings otherwise."""
    return lambda: monkeypatch.setattr(flat_profile, "_DECLARATION", "<?xml version='1.0'?>")


def sealed_count(store):
    with store.fleet.reading() as connection:
        return connection.scalar(select(func.count()).select_from(contents))


def test_a_newer_program_gives_the_bytes_of_then(store, newer):
    fill(store, 4)
    publish(store, clock.now(), hands=1)
    before = served(store)
    newer()
    revise(store, fleet(4, "bye"), now=1.0)
    publish(store, clock.now() + 1, hands=1)
    count = sealed_count(store)
    roll_back(store, 1, clock.now() + 2, hands=1)
    assert served(store) == before
    assert sealed_count(store) == count


def test_files_that_only_the_program_changed_go_back_too(store, newer):
    fill(store, 4)
    publish(store, clock.now() + 1, hands=1)
    before = served(store)
    newer()
    revise(store, fleet(4, "bye"), now=1.0)
    publish(store, clock.now() + 2, hands=1)
    revise(store, fleet(4), now=1.0)
    publish(store, clock.now() + 3, hands=1)  # the same sources, other bytes
    assert served(store) != before
    assert roll_back(store, 1, clock.now() + 4, hands=1) is not None
    assert served(store) == before


def touch_a_secret(store, now):
    """One that no file holds."""
    with store.fleet.writing() as connection:
        Secrets(connection, store.seal).keep({"other": "x"}, now)


def touch_and_remove_it(store, now):
    touch_a_secret(store, now)
    with store.fleet.writing() as connection:
        Secrets(connection, store.seal).remove("other", now)


@pytest.mark.parametrize("change", [touch_a_secret, touch_and_remove_it])
def test_after_a_secret_was_written_or_removed_the_files_are_made_anew(store, newer, change):
    fill(store, 4)
    publish(store, 5.0, hands=1)
    before = served(store)
    change(store, 5.5)
    newer()
    revise(store, fleet(4, "bye"), now=1.0)
    publish(store, 6.0, hands=1)
    roll_back(store, 1, 7.0, hands=1)
    assert served(store).keys() == before.keys()
    assert not set(served(store).values()) & set(before.values())


def test_what_was_forgotten_is_made_anew(store):
    fill(store, 4)
    publish(store, clock.now() + 1, hands=1)
    before = served(store)
    revise(store, fleet(4, "bye"), now=1.0)
    publish(store, clock.now() + 2, hands=1)
    with store.fleet.writing() as connection:
        assert Releases(connection, store.seal).forget(clock.now() + 1.5)
    assert served(store)
    with pytest.raises(NotFoundError, match="no content"):
        served(store, 1)
    roll_back(store, 1, clock.now() + 3, hands=1)
    assert served(store).keys() == before.keys()


def test_what_is_served_is_never_forgotten(store):
    fill(store, 4)
    publish(store, 5.0, hands=1)
    before = served(store)
    with store.fleet.writing() as connection:
        assert Releases(connection, store.seal).forget(1e12) == 0
    assert served(store) == before


# -- what else goes back, and what does not


def test_names_that_devices_set_and_places_go_back_for_shared_files_too(store):
    fill(store, 4)
    publish(store, 5.0)
    before = served(store)
    with store.fleet.writing() as connection:
        layer = Layer(Scope.DEVICE, str(device(0).mac), (Setting("GPP_A", "own"),))
        Layers(connection, store.seal).keep([layer])
        Devices(connection, store.seal).keep([replace(device(1), site="hq"), device(5)])
        Devices(connection, store.seal).remove([str(device(2).mac)])
    publish(store, 6.0)
    roll_back(store, 1, 7.0)
    assert served(store) == before
    assert publish(store, 8.0) is None


def test_sources_go_back_although_no_file_differs(store):
    fill(store, 2)
    publish(store, 5.0)
    with store.fleet.writing() as connection:
        Layers(connection, store.seal).keep([Layer(Scope.GROUP, "nobody")])
    assert publish(store, 6.0) is not None
    release = roll_back(store, 1, 7.0)
    assert release is not None
    assert release.changed == 0
    assert current(store) == fleet(2)


def test_discarding_is_done_although_nothing_else_differs(store):
    fill(store, 2)
    publish(store, 5.0)
    revise(store, fleet(2, "bye"), now=1.0)
    assert roll_back(store, 1, 6.0, discard=True) is None
    assert current(store) == fleet(2)
    assert publish(store, 7.0) is None


def test_a_secret_that_was_never_published_stays_and_is(store):
    fill(store, 2)
    publish(store, 5.0, hands=1)
    before = served(store)
    revise(store, fleet(2, "bye"), now=1.0)
    publish(store, 6.0, hands=1)
    with store.fleet.writing() as connection:
        Secrets(connection, store.seal).keep({"sip": "marlin"}, clock.now())
    roll_back(store, 1, 7.0, discard=True, hands=1)
    after = served(store)
    changed = {name[1] for name in before if before[name] != after[name]}
    assert changed == {str(device(0).mac)}  # the other one's are of then
    assert publish(store, 8.0, hands=1) is None


def test_a_secret_that_changes_later_reaches_files_that_were_had_again(store):
    fill(store, 2)
    publish(store, clock.now() + 1, hands=1)
    before = served(store)
    with store.fleet.writing() as connection:
        Devices(connection, store.seal).keep([replace(device(0), lines=(Line(1, "9"),))])
    publish(store, clock.now() + 2, hands=1)
    roll_back(store, 1, clock.now() + 3, hands=1)
    assert served(store) == before
    with store.fleet.writing() as connection:
        Secrets(connection, store.seal).keep({"sip": "marlin"}, clock.now() + 4)
    publish(store, clock.now() + 5, hands=1)
    after = served(store)
    assert {name[1] for name in before if before[name] != after[name]} == {str(device(0).mac)}


def test_a_device_that_went_after_its_password_changed_comes_back_with_the_new_one(store):
    fill(store, 1)
    mac = device(9).mac
    own = replace(device(9), lines=(Line(1, "9", f"{{{{ secret('line/{mac}/1') }}}}"),))
    with store.fleet.writing() as connection:
        Secrets(connection, store.seal).keep({f"line/{mac}/1": "old"}, 1.0)
        Devices(connection, store.seal).keep([own])
    publish(store, 2.0, hands=1)
    old = served(store)
    with store.fleet.writing() as connection:
        Secrets(connection, store.seal).keep({f"line/{mac}/1": "new"}, 3.0)
    publish(store, 4.0, hands=1)
    new = served(store)
    with store.fleet.writing() as connection:
        dismiss(connection, store.seal, [str(mac)], 5.0)
    publish(store, 6.0, hands=1)
    roll_back(store, 1, 7.0, hands=1)
    assert served(store) == new != old
    with store.fleet.reading() as connection:
        assert Secrets(connection, store.seal).value(f"line/{mac}/1") == "new"


def test_files_that_must_be_made_anew_leave_out_what_devices_set_for_themselves(store, newer):
    fill(store, 2)
    layer = Layer(Scope.DEVICE, str(device(0).mac), (Setting("GPP_A", "own"),))
    source = replace(fleet(2), layers=(*fleet(2).layers, layer))
    revise(store, source, now=1.0)
    publish(store, 5.0, hands=1)
    touch_a_secret(store, 5.5)
    newer()
    revise(store, fleet(2, "bye"), now=1.0)
    publish(store, 6.0, hands=1)
    revise(store, source, now=1.0)
    publish(store, 7.0, hands=1)
    assert roll_back(store, 1, 8.0, hands=1) is None


def test_a_key_that_ends_with_the_rollback_is_no_change_that_would_be_lost(store):
    fill(store, 2)
    publish(store, 5.0, hands=1)
    for later in (fleet(2), fleet(2, "bye")):
        revise(store, later, now=1.0)
        with store.fleet.writing() as connection:
            Devices(connection, store.seal).keep([replace(device(0), next_key=2)])
        publish(store, 6.0, hands=1)
    notebook = Notebook(store, print, period=0.0)
    notebook.sighted(str(device(0).mac), 2, 7.0)
    notebook.close()
    roll_back(store, 1, 8.0, hands=1)
    assert current(store).device(device(0).mac) == replace(device(0), key=2)
    assert (f"/device/{device(0).mac}-1.cfg", str(device(0).mac)) not in served(store)


# -- all of it, or nothing


@pytest.fixture
def gone_on(store, monkeypatch):
    """A fleet of two releases, and a change that was never published; prepared in pieces."""
    monkeypatch.setattr("ringback.operations.publish.PIECE", 4)
    fill(store, 12)
    publish(store, 5.0, hands=1)
    revise(store, fleet(11, "bye"), now=1.0)
    publish(store, 6.0, hands=1)
    revise(store, fleet(10, "never"), now=1.0)
    return store


def everything(store):
    """Every row of the fleet, but for bytes that are written ahead."""
    with store.fleet.reading() as connection:
        return {
            (table.name, *row)
            for table in FLEET.sorted_tables
            if table is not contents
            for row in connection.execute(table.select())
            if row[0] != "written_ahead"
        }


@pytest.mark.parametrize("hands", [1, 2])
def test_cut_short_right_before_the_switch_it_has_changed_nothing(gone_on, hands):
    before = everything(gone_on)

    def stop(done, total):
        if done == total:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        roll_back(gone_on, 1, 7.0, discard=True, progress=stop, hands=hands)
    assert everything(gone_on) == before
    roll_back(gone_on, 1, 8.0, discard=True, hands=hands)
    assert current(gone_on) == fleet(12)
    assert served(gone_on) == served(gone_on, 1)


def test_refused_because_somebody_wrote_meanwhile_it_has_changed_nothing(gone_on):
    found = []

    def meddle(done, total):
        if done == total:
            with gone_on.fleet.writing() as connection:
                Devices(connection, gone_on.seal).keep([device(50)])
            found.append(everything(gone_on))

    with pytest.raises(RefusedError, match="changed meanwhile"):
        roll_back(gone_on, 1, 7.0, discard=True, progress=meddle, hands=1)
    assert [everything(gone_on)] == found


def test_refused_because_something_cannot_be_prepared_it_has_changed_nothing(gone_on):
    with gone_on.fleet.writing() as connection:
        Secrets(connection, gone_on.seal).remove("sip", 6.5)
        Releases(connection, gone_on.seal).forget(5.5)
    before = everything(gone_on)
    with pytest.raises(RefusedError, match="could not be prepared"):
        roll_back(gone_on, 1, 7.0, discard=True, hands=1)
    assert everything(gone_on) == before


def test_a_device_that_is_locked_meanwhile_stays_locked(gone_on):
    def lock(_done, _total):
        with gone_on.fleet.writing() as connection:
            Devices(connection, gone_on.seal).lock(device(0).mac, locked=True)

    assert roll_back(gone_on, 1, 7.0, discard=True, progress=lock, hands=1) is not None
    found = current(gone_on).device(device(0).mac)
    assert found == replace(device(0), locked=True)


ROLL_BACK = (
    "import sys; from pathlib import Path; from ringback.store.database import Store; "
    "from ringback.operations import publish, roll_back; publish.PIECE = int(sys.argv[2]); "
    "roll_back.roll_back(Store(Path(sys.argv[1])), 1, 7.0, discard=True, hands=2)"
)


def test_a_disk_that_is_full_at_the_switch_leaves_everything(gone_on):
    before = everything(gone_on)
    limit = "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
    limit += "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)); "
    command = [sys.executable, "-c", limit + ROLL_BACK, str(gone_on.path), "250"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert StorageError.__name__ in done.stderr
    assert everything(gone_on) == before


@pytest.mark.parametrize("seed", range(4))
def test_killed_at_any_moment_sources_and_files_are_of_one_release(gone_on, seed):
    before, files = everything(gone_on), served(gone_on, 1)
    command = [sys.executable, "-c", ROLL_BACK, str(gone_on.path), "4"]
    with subprocess.Popen(command) as child:
        try:
            child.wait(0.4 + clock.dice(seed).random() * 0.6)
        except subprocess.TimeoutExpired:
            os.kill(child.pid, signal.SIGKILL)
    with gone_on.fleet.reading() as connection:
        number = Releases(connection, gone_on.seal).newest
        marked = changes.marked(connection)
    if number == 2:
        assert everything(gone_on) == before
    else:
        assert (current(gone_on), served(gone_on), marked) == (fleet(12), files, ())


def test_a_secret_that_was_never_published_is_not_given_out_by_a_rollback_unasked(store):
    fill(store, 3)
    publish(store, 5.0)
    revise(store, fleet(3, "bye"), now=5.5)
    publish(store, 6.0)
    with store.fleet.writing() as connection:
        Secrets(connection, store.seal).keep({"sip": "typo", "idle": "x"}, 6.5)
    before = served(store)
    with pytest.raises(RefusedError, match=r"1 secret changed and never published \(sip\)"):
        roll_back(store, 1, 7.0)
    assert served(store) == before
    assert roll_back(store, 1, 7.0, discard=True) is not None
