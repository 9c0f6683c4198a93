import os
import signal
import subprocess
import sys
from dataclasses import replace

import pytest
from tests.operations.fleets import device, fill, fleet, served

from ringback import clock
from ringback.cisco.gzipped import decompress
from ringback.errors import RefusedError, StorageError
from ringback.operations.publish import concerned, publish
from ringback.operations.revise import revise
from ringback.provisioning.complaint import Complaint
from ringback.provisioning.layer import Layer, Scope, Setting
from ringback.provisioning.line import Line
from ringback.provisioning.ready import DOCUMENTS
from ringback.store import changes
from ringback.store.database import Store
from ringback.store.devices import Devices
from ringback.store.documents import Documents
from ringback.store.layers import Layers
from ringback.store.releases import Releases
from ringback.store.secrets import Secrets
from ringback.store.tables import contents, entries


def keep(store, *devices):
    with store.fleet.writing() as connection:
        Devices(connection, store.seal).keep(devices)


def keep_layer(store, *layers):
    with store.fleet.writing() as connection:
        Layers(connection, store.seal).keep(layers)


def macs_that_differ(before, after):
    return {name[1] for name in before.keys() | after.keys() if before.get(name) != after.get(name)}


def clear(store, mac):
    """What the file of a device says, sent without a key."""
    data = served(store)[f"/device/{mac}-0.cfg", mac]
    return decompress(data, limit=1 << 20)[0].decode()


def hashes(store):
    """Of the contents that are kept, and of those that any release holds."""
    with store.fleet.reading() as connection:
        kept = {row.hash for row in connection.execute(contents.select())}
        return kept, {row.hash for row in connection.execute(entries.select())}


def test_a_release_holds_every_device_and_what_they_share(store):
    fill(store, 6)
    release = publish(store, 5.0, note="first")
    assert release is not None
    assert (release.number, release.devices, release.note, release.made) == (1, 6, "first", 5.0)
    found = served(store)
    assert len({mac for _, mac in found if mac}) == 6
    assert release.changed == len(found)
    assert not any(b"swordfish" in data for data in found.values())


def test_publishing_again_makes_no_release(store):
    fill(store)
    assert publish(store, 5.0) is not None
    assert publish(store, 6.0) is None
    assert publish(store, 6.0, hands=2) is None


def test_a_change_and_its_undoing_make_no_release(store):
    fill(store)
    publish(store, 5.0)
    keep(store, replace(device(1), site="hq"))
    keep(store, device(1))
    assert publish(store, 6.0) is None


def test_one_changed_device_changes_its_files_alone(store):
    fill(store)
    publish(store, 5.0)
    before = served(store)
    keep(store, replace(device(1), lines=(Line(1, "999"),)))
    release = publish(store, 6.0)
    assert release is not None
    assert release.changed == 2
    assert macs_that_differ(before, served(store)) == {str(device(1).mac)}


def test_a_new_and_a_removed_device_come_and_go_with_their_files(store):
    fill(store)
    publish(store, 5.0)
    before = served(store)
    with store.fleet.writing() as connection:
        devices = Devices(connection, store.seal)
        devices.keep([device(90)])
        devices.remove([str(device(0).mac)])
    assert publish(store, 6.0) is not None
    assert macs_that_differ(before, served(store)) == {str(device(0).mac), str(device(90).mac)}
    assert served(store, 1) == before


def test_a_layer_changes_the_devices_it_is_for(store):
    fill(store)
    publish(store, 5.0)
    before = served(store)
    keep_layer(store, Layer(Scope.SITE, "lab", (Setting("GPP_B", "other"),)))
    publish(store, 6.0)
    assert macs_that_differ(before, served(store)) == {str(device(n).mac) for n in (1, 3, 5)}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("layer", "fleet/base"), {0, 1, 2, 3, 4, 5}),
        (("layer", "site/lab"), {1, 3, 5}),
        (("layer", "group/x"), set()),
        (("layer", "model/SPA504G"), {2, 5}),
        (("layer", "model/MPP"), {0, 1, 3, 4}),
        (("layer", f"device/{device(3).mac}"), {3}),
        (("device", str(device(4).mac)), {4}),
        (("document", "device"), {0, 1, 2, 3, 4, 5}),
        (("fleet", "variables"), {0, 1, 2, 3, 4, 5}),
        (("secret", "sip"), {0, 2, 4}),
        (("secret", "unused"), set()),
    ],
)
def test_a_mark_says_whose_files_it_concerns(store, change, expected):
    fill(store)
    publish(store, 5.0)
    with store.fleet.reading() as connection:
        found = concerned(connection, [change])
    assert found == sorted(str(device(number).mac) for number in expected)


def test_a_secret_that_changes_reaches_those_who_use_it(store):
    fill(store)
    publish(store, 5.0)
    before = served(store)
    with store.fleet.writing() as connection:
        Secrets(connection, store.seal).keep({"sip": "marlin"}, 6.0)
    publish(store, 6.0)
    assert macs_that_differ(before, served(store)) == {str(device(n).mac) for n in (0, 2, 4)}


def test_a_name_that_a_device_sets_for_itself_leaves_the_shared_files(store):
    fill(store)
    publish(store, 5.0)
    shared = {path for path, mac in served(store) if not mac and "common" in path}
    before = served(store)
    keep_layer(store, Layer(Scope.DEVICE, str(device(0).mac), (Setting("GPP_A", "own"),)))
    publish(store, 6.0)
    after = served(store)
    assert shared
    assert all(before[path, ""] != after[path, ""] for path in shared)


def test_one_process_or_many_one_piece_or_many_give_equal_bytes(tmp_path, monkeypatch):
    key = b"ab" * 32
    found = []
    for name, hands, piece in (("one", 1, 250), ("many", 2, 3), ("pieces", 1, 4)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "fleet.db.key").write_bytes(key)
        store = Store(tmp_path / name / "fleet.db")
        fill(store, 12)
        monkeypatch.setattr("ringback.operations.publish.PIECE", piece)
        publish(store, 5.0, hands=hands)
        found.append(served(store))
        store.close()
    assert found[0] == found[1] == found[2]


def test_every_content_is_kept_once_and_none_for_nothing(store):
    fill(store, 12)
    publish(store, 5.0)
    kept, used = hashes(store)
    assert kept == used


def test_whatever_cannot_be_prepared_stops_everything_and_is_named(store):
    fill(store)
    publish(store, 5.0)
    before = served(store)
    keep(store, replace(device(1), lines=(Line(1, "{{ nonsense }}"),)))
    keep_layer(store, Layer(Scope.FLEET, "base", (Setting("GPP_A", "new"),)))
    for _ in range(2):
        with pytest.raises(RefusedError, match=rf"nothing was published(?s:.*){device(1).mac}"):
            publish(store, 6.0)
        assert served(store) == before
    keep(store, device(1))
    assert publish(store, 7.0) is not None


def test_a_missing_secret_is_named_and_its_coming_publishes(store):
    revise(store, fleet(2), now=1.0)
    with pytest.raises(RefusedError, match="sip"):
        publish(store, 5.0)
    with store.fleet.writing() as connection:
        Secrets(connection, store.seal).keep({"sip": "x"}, 5.0)
    assert publish(store, 6.0) is not None


def test_two_devices_with_one_path_are_refused(store):
    fill(store)
    paper = replace(DOCUMENTS[2], patterns=("/{serial}-{key}.cfg",))
    with store.fleet.writing() as connection:
        Documents(connection, store.seal).keep([DOCUMENTS[0], DOCUMENTS[1], paper])
        twins = [replace(device(number), serial="SAME") for number in range(6)]
        Devices(connection, store.seal).keep(twins)
    with pytest.raises(RefusedError, match="SAME"):
        publish(store, 5.0)


def test_whoever_writes_while_it_is_prepared_is_noticed(store):
    fill(store)

    def meddle(done, _total):
        keep(store, device(50 + done))

    with pytest.raises(RefusedError, match="changed meanwhile"):
        publish(store, 5.0, progress=meddle)
    assert publish(store, 5.0) is not None


def test_progress_is_told_to_the_end(store, monkeypatch):
    monkeypatch.setattr("ringback.operations.publish.PIECE", 4)
    fill(store, 12)
    told = []
    publish(store, 5.0, progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (12, 12)
    assert told == sorted(told)


def test_what_a_publishing_that_was_cut_short_wrote_is_swept_out(store, monkeypatch):
    monkeypatch.setattr("ringback.operations.publish.PIECE", 4)
    fill(store, 12)

    def stop(done, _total):
        if done >= 8:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        publish(store, 5.0, progress=stop, hands=1)
    assert not served(store)
    revise(store, fleet(12, "bye"), now=1.0)
    publish(store, 6.0, hands=1)
    kept, used = hashes(store)
    assert kept == used


def test_a_disk_that_is_full_leaves_the_last_release(store):
    fill(store, 6)
    publish(store, 5.0)
    before = served(store)
    revise(store, fleet(6, "bye"), now=1.0)
    with store.fleet.reading() as connection:
        marked = changes.marked(connection)
    limit = "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
    limit += "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)); "
    done = run(f"{limit}{PUBLISH}", store)
    assert done.returncode != 0
    assert StorageError.__name__ in done.stderr
    assert served(store) == before
    with store.fleet.reading() as connection:
        assert changes.marked(connection) == marked
    assert publish(store, 6.0) is not None


PUBLISH = (
    "import sys; from pathlib import Path; from ringback.store.database import Store; "
    "from ringback.operations import publish; publish.PIECE = 4; "
    "publish.publish(Store(Path(sys.argv[1])), 6.0, hands=2)"
)


def run(code, store):
    command = [sys.executable, "-c", code, str(store.path)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("seed", range(6))
def test_killed_at_any_moment_the_release_before_or_the_one_after_is_served(store, seed):
    fill(store, 24)
    publish(store, 5.0)
    before = served(store)
    revise(store, fleet(24, "bye"), now=1.0)
    with subprocess.Popen([sys.executable, "-c", PUBLISH, str(store.path)]) as child:
        try:
            child.wait(0.4 + clock.dice(seed).random() * 0.8)
        except subprocess.TimeoutExpired:
            os.kill(child.pid, signal.SIGKILL)
    with store.fleet.reading() as connection:
        number = Releases(connection, store.seal).newest
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
    assert number in (1, 2)
    after = served(store)
    assert (after == before) is (number == 1)
    publish(store, 7.0)
    assert all("<GPP_A>bye</GPP_A>" in clear(store, str(device(n).mac)) for n in range(24))
    assert served(store, 1) == before


def test_what_is_wrong_with_a_layer_is_told_once_with_how_many_devices_and_all_of_it(store):
    fill(store, 8)
    wrong = (Setting("GPP_A", "two"), Setting("No_Such_Name", "x"))
    keep_layer(store, Layer(Scope.FLEET, "second", wrong))
    with pytest.raises(RefusedError) as caught:
        publish(store, 1.0)
    head, *told = str(caught.value).split("\n  ")
    assert head == "nothing was published: 8 devices could not be prepared"
    assert len(told) == 2
    assert "layer fleet/second, GPP_A: fleet/base sets it too" in told[0]
    assert "(devices: 8 (000e08000000, 000e08000001, " in told[0]
    assert " and 3 more))" in told[0]
    assert "each of 3 models (" in told[1]


def test_everything_that_no_longer_fits_a_device_is_told_at_once(store):
    fill(store, 1)
    names = ("Log_Request_Msg", "Custom_CA_Rule", "Report_Rule_Nonsense")
    own = Layer(Scope.DEVICE, str(device(0).mac), tuple(Setting(each, "x") for each in names))
    keep_layer(store, own)
    keep(store, replace(device(0), model="SPA504G"))
    with pytest.raises(RefusedError) as caught:
        publish(store, 1.0)
    for name in names:
        assert f"layer device/{device(0).mac}, {name}: SPA504G has no" in str(caught.value)


def test_warnings_are_told_with_what_is_published(store):
    fill(store, 6)
    keep_layer(store, Layer(Scope.SITE, "hq", (Setting("Resync_Random_Delay", "99999999"),)))
    told = list[Complaint]()
    assert publish(store, 1.0, tell=told.extend) is not None
    (one,) = told
    assert (one.layer, one.fatal, len(one.devices)) == ("site/hq", False, 3)
    assert publish(store, 2.0, tell=told.extend) is None
    assert len(told) == 1
