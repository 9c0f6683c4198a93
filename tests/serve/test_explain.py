"""One device explained, from a store: which release, which state, what is different, what is said.

That it is true is for test_story.py and tests/house/test_explain.py.
"""

from dataclasses import replace

import pytest
from sqlalchemy import select
from tests.operations.fleets import device, fill
from tests.phone.world import NOON

from ringback.cli.serving import with_default_addresses
from ringback.errors import NotFoundError, RefusedError
from ringback.operations.publish import publish
from ringback.operations.revise import revise
from ringback.provisioning.fleet import Fleet
from ringback.provisioning.layer import Layer, Scope, Setting
from ringback.serve.explain import explain
from ringback.serve.setting import Inquiry
from ringback.settings import Serve
from ringback.store.chain import Chain
from ringback.store.devices import Devices
from ringback.store.fact import Fact, Kind
from ringback.store.layers import Layers
from ringback.store.ledger import Ledger
from ringback.store.pantry import Pantry
from ringback.store.tables import FLEET, LEDGER

DEVICE = device(0)
MAC = str(DEVICE.mac)
PATH = f"/device/{MAC}-1.cfg"
SETTINGS = with_default_addresses(Serve())


@pytest.fixture
def published(store):
    fill(store)
    publish(store, 10.0)
    return store


def told(store, words=MAC, **more):
    return explain(store, SETTINGS, replace(Inquiry(words), **more), NOON)


def keep(store, *devices):
    with store.fleet.writing() as connection:
        Devices(connection, store.seal).keep(devices)


def keep_layer(store, value):
    with store.fleet.writing() as connection:
        layer = Layer(Scope.FLEET, "base", (Setting("GPP_A", value),))
        Layers(connection, store.seal).keep([layer])


def serve(store, time):
    """The device's own file arrived at it."""
    pantry = Pantry(store, print)
    found = pantry.find(PATH)
    pantry.close()
    assert found is not None
    evidence = f"address=192.0.2.7 certificate=- mac={MAC} agent=-"
    outcome = f"200, sent {len(found.data)} bytes"
    document = f"device {PATH}"
    fact = Fact(time, Kind.ANSWER, MAC, evidence, document, found.release, found.content, outcome)
    with store.ledger.writing() as connection:
        Ledger(connection, Chain(store.seal.draw("ledger"))).append([fact])


def given(explanation):
    return {each.name: each for each in explanation.given}


def test_fresh_from_the_factory_it_goes_all_the_way(published):
    found = told(published)
    assert found.fresh
    assert found.story.settled
    assert found.story.after.value("Password_1_") == "swordfish"
    assert given(found)["GPP_A"].origin.layer == "fleet/base"
    assert found.since["fleet/base"] == 1


def test_nothing_is_written(published):
    def rows():
        with published.fleet.reading() as fleet, published.ledger.reading() as ledger:
            return [
                [tuple(row) for row in connection.execute(select(table))]
                for connection, tables in ((fleet, FLEET), (ledger, LEDGER))
                for table in tables.sorted_tables
            ]

    before = rows()
    told(published)
    told(published, certificate=False)
    assert rows() == before


def test_what_the_ledger_knows_is_where_it_goes_on(published):
    serve(published, 20.0)
    keep_layer(published, "good evening")
    publish(published, 30.0)
    found = told(published)
    assert not found.fresh
    assert [each.name for each in found.story.changes if each.name == "GPP_A"] == ["GPP_A"]
    assert found.story.before.value("GPP_A") == "hello"
    assert found.story.after.value("GPP_A") == "good evening"
    assert found.unlike_served[PATH].changed["GPP_A"] == ("hello", "good evening")
    assert told(published, fresh=True).fresh


def test_what_is_served_as_before_is_no_difference(published):
    serve(published, 20.0)
    found = told(published)
    assert list(found.served) == [PATH]
    assert not found.unlike_served
    assert found.story.settled


def test_a_report_is_compared_with_what_would_be(published, tmp_path):
    serve(published, 20.0)
    folder = tmp_path / MAC
    folder.mkdir()
    (folder / "20260301T120000.000Z-01-full.xml").write_bytes(
        b"<flat-profile><!-- User --><GPP_A>typed</GPP_A><GPP_C>own</GPP_C>"
        b"<Profile_Rule_B>[--key *************] https://prov.example.com"
        + PATH.encode()
        + b"</Profile_Rule_B></flat-profile>"
    )
    (folder / "20260301T130000.000Z-01-sealed.bin").write_bytes(b"Salted__")
    found = told(published, reports=tmp_path)
    assert found.unlike_reported is not None
    assert found.unlike_reported.changed == {"GPP_A": ("typed", "hello")}
    assert found.story.after.value("GPP_C") == "own"


def test_nothing_flips_for_a_device_that_is_younger_than_the_file_all_share(published):
    late = device(9)
    keep(published, late)
    publish(published, 20.0)
    found = told(published, str(late.mac))
    assert found.story.settled
    second = found.story.resyncs[-1]
    assert second.before == second.after
    assert not [each.name for each in second.turns if each.before != each.after]
    assert "release=2 " in found.story.after.value("Log_Success_Msg")


def test_a_pinned_device_is_told_the_release_it_is_pinned_to(published):
    keep(published, replace(DEVICE, pinned=1))
    keep_layer(published, "good evening")
    publish(published, 20.0)
    found = told(published)
    assert found.release.number == 2
    assert found.story.after.value("GPP_A") == "hello"
    assert given(found)["GPP_A"].origin.layer == "fleet/base"


@pytest.mark.parametrize("known", [False, True], ids=["fresh", "on its release"])
def test_nothing_that_is_shared_reaches_a_pinned_device_for_good(published, known):
    if known:
        serve(published, 15.0)
    before = told(published).story.after
    keep(published, replace(DEVICE, pinned=1))
    with published.fleet.writing() as connection:
        settings = (Setting("Enable_VLAN", "Yes"), Setting("VLAN_ID", "77"))
        layer = Layer(Scope.FLEET, "telephony", settings)
        Layers(connection, published.seal).keep([layer])
    keep_layer(published, "good evening")
    publish(published, 20.0)
    found = told(published)
    assert {each.name for each in before.diff(found.story.after)} == {"Profile_Rule"}
    assert found.story.settled
    assert all(each.origin is not None for each in found.given)
    last = found.story.resyncs[-1]
    paths = [each.wanted.url.path for turn in last.turns for each in turn.asked]
    assert paths == [f"/device/{MAC}-1.cfg"]


def test_a_locked_device_is_refused_and_the_reason_told(published):
    with published.fleet.writing() as connection:
        Devices(connection, published.seal).lock(DEVICE.mac, locked=True)
    found = told(published)
    assert found.story.failed
    assert any("locked" in each.note.why for each in found.story.all)


def test_history_answers_by_number_and_by_time_also_for_a_device_that_is_gone(published):
    keep_layer(published, "good evening")
    publish(published, 20.0)
    with published.fleet.writing() as connection:
        Devices(connection, published.seal).remove([MAC])
    publish(published, 30.0)
    for more, greeting in (
        ({"release": 1}, "hello"), ({"moment": 15.0}, "hello"), ({"release": 2}, "good evening"),
    ):  # fmt: skip
        found = told(published, **more)
        assert found.story.after.value("GPP_A") == greeting
    with pytest.raises(NotFoundError, match=f"there is no device {MAC}"):
        told(published)


def test_a_one_shot_rule_is_followed_alone(published):
    found = told(published, rule=f"https://prov.example.com/device/{MAC}-0.cfg")
    (resync,) = found.story.resyncs
    assert [each.name for each in resync.turns] == ["one-shot rule"]
    assert found.story.after.value("GPP_A") == "hello"


def test_a_one_shot_rule_on_a_phone_that_must_not_resync_is_an_error(published):
    keep_layer(published, "x")
    with published.fleet.writing() as connection:
        layer = Layer(Scope.FLEET, "off", (Setting("Provision_Enable", "No"),))
        Layers(connection, published.seal).keep([layer])
    publish(published, 20.0)
    serve(published, 30.0)
    with pytest.raises(RefusedError, match="provisioning is disabled"):
        told(published, rule="/x.cfg")
    assert told(published).story.resyncs == ()


def test_a_server_that_a_layer_of_all_phones_names_is_known_too(store):
    layer = Layer(Scope.FLEET, "typed", (), {"server": "https://typed.example.com", "proxy": "x"})
    revise(store, Fleet.of([layer], (), [device(1)]), now=1.0)
    publish(store, 10.0)
    assert "option 66=typed.example.com" in "; ".join(told(store, str(device(1).mac)).assumed)


def test_what_is_assumed_is_said(published):
    keep_layer(published, "not published yet")
    keep(published, device(90))
    found = told(published, str(device(90).mac))
    text = "; ".join(found.assumed)
    for word in ("option 66=prov.example.com", "does not know this device yet", "not in it"):
        assert word in text
    quiet = "; ".join(told(published, dhcp=("no",), foreign=("x",)).assumed)
    assert "option 66" not in quiet
    assert "every server" not in quiet


def test_a_fragment_names_one_device_or_lists_them(published):
    assert told(published, "00:03").device == device(3)
    with pytest.raises(RefusedError, match="2 devices fit '8851'") as error:
        told(published, "8851")
    assert MAC in str(error.value)
    with pytest.raises(NotFoundError, match="no device fits"):
        told(published, "nobody")


def test_a_name_that_nobody_has_is_answered_with_the_nearest(published):
    serial = replace(device(5), serial="FCH2133E8C0")
    keep(published, serial)
    with pytest.raises(NotFoundError, match="'fch2133e8c0' would: ") as error:
        told(published, "FCH2133E8CO")
    assert str(serial.mac) in str(error.value)
    assert error.value.nearest == "fch2133e8c0"


def test_of_a_past_release_it_is_said_what_is_told_as_it_is_now(published):
    late = replace(device(90), locked=True)
    keep(published, late)
    publish(published, 20.0)
    text = "; ".join(told(published, str(late.mac), release=1).assumed)
    assert "release 1 did not know this device: it is told as it is now" in text
    assert "locks are left out" in text
    assert "ringback publish" not in text
    assert "locks" not in "; ".join(told(published, str(late.mac)).assumed)


def test_before_the_first_release_there_is_nothing_to_tell(store):
    fill(store)
    with pytest.raises(NotFoundError, match="nothing was published yet"):
        told(store)
