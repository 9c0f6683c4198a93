import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.operations.fleets import device, fill

from ringback.errors import MalformedError, RefusedError, RingbackError
from ringback.mac import Mac
from ringback.operations.import_devices import carry_out, look
from ringback.operations.survey import Verdict, Wishes, survey
from ringback.store.database import Store
from ringback.store.devices import Devices
from ringback.store.secrets import Secrets
from ringback.store.undo import Undo

HEAD = "mac,model,site,line1_user,line1_password\n"


def sheet(text, **wishes):
    data = text.encode() if isinstance(text, str) else text
    return survey(lambda: io.BytesIO(data), Wishes(**wishes))


def imported(store, text, **wishes):
    found = sheet(text, **wishes)
    return carry_out(store, found, look(store, found), 5.0, name="x.csv")


def verdicts(store, text, **wishes):
    outcome = look(store, sheet(text, **wishes))
    found = [each for shown in outcome.shown.values() for each in shown]
    return {each.row: each for each in found}


def devices(store):
    with store.fleet.reading() as connection:
        return list(Devices(connection, store.seal))


def secrets(store):
    with store.fleet.reading() as connection:
        shelf = Secrets(connection, store.seal)
        return {each.name: shelf.value(each.name) for each in shelf}


def test_new_devices_get_what_the_table_says_and_passwords_are_secrets(store):
    assert imported(store, HEAD + "000e08000001,8851,hq,200,pw1\n000e08000002,7841,,201,\n") == 2
    one, two = devices(store)
    assert (one.model, one.site, one.lines[0].user) == ("CP-8851-3PCC", "hq", "200")
    assert one.lines[0].password == "{{ secret('line/000e08000001/1') }}"
    assert two.lines[0].password == ""
    assert secrets(store) == {"line/000e08000001/1": "pw1"}


def test_each_row_has_a_verdict_before_anything_is_written(store):
    imported(store, HEAD + "000e08000001,8851,hq,200,pw\n000e08000002,8851,hq,201,pw\n")
    before = devices(store)
    text = (
        HEAD
        + "000e08000001,8851,hq,200,pw\n000e08000002,,lab,,other\n000e08000003,8851,,,\nbad,,,,\n"
    )
    found = verdicts(store, text)
    assert [found[row].verdict for row in (2, 3, 4, 5)] == [
        Verdict.UNCHANGED, Verdict.CHANGED, Verdict.NEW, Verdict.REFUSED,
    ]  # fmt: skip
    assert found[3].what == "site: hq -> lab; password of line 1"
    assert (found[5].column, bool(found[5].remedy)) == ("mac", True)
    assert devices(store) == before


def test_no_verdict_tells_a_password(store):
    imported(store, HEAD + "000e08000001,8851,hq,200,swordfish\n")
    found = verdicts(store, HEAD + "000e08000001,8851,hq,200,marlin\n000e08000002,x,,,marlin\x01\n")
    assert not any(word in repr(found) for word in ("swordfish", "marlin"))
    assert found[2].what == "password of line 1"


def test_a_device_that_comes_again_is_told_and_begins_anew(store):
    table = HEAD + "000e08000001,8851,hq,200,pw1\n"
    imported(store, table)
    assert verdicts(store, table.replace("01,", "02,", 1))[2].what == ""
    with store.fleet.writing() as connection:
        shelf = Devices(connection, store.seal)
        shelf.lock(Mac("000e08000001"), locked=True)
        shelf.remove(["000e08000001"])
    assert verdicts(store, table)[2].what == "given away before, and locked"
    imported(store, table)
    (again,) = devices(store)
    assert (again.key, again.first_key, again.locked) == (2, 2, True)


def test_one_bad_row_keeps_all_out_unless_bad_ones_are_skipped(store):
    text = HEAD + "000e08000001,8851,,,\n1.2E+11,8851,,,\n"
    with pytest.raises(RefusedError, match="1 row is refused"):
        imported(store, text)
    assert devices(store) == []
    assert imported(store, text, skip_bad=True) == 1
    assert len(devices(store)) == 1


def test_two_rows_with_one_mac_name_each_other(store):
    text = HEAD + "000e08000001,8851,,,\n000e08000002,8851,,,\n00:0E:08:00:00:01,7841,,,\n"
    found = verdicts(store, text)
    assert [found[row].verdict for row in (2, 3, 4)] == [
        Verdict.REFUSED, Verdict.NEW, Verdict.REFUSED,
    ]  # fmt: skip
    assert found[2].what == "row 4 has this MAC too"
    assert found[4].what == "row 2 has this MAC too"


def test_the_long_form_joins_rows_that_stand_anywhere(store):
    text = (
        "line,mac,user,password,model\n"
        "1,000e08000001,200,a,8851\n1,000e08000002,300,b,8851\n2,000e08000001,201,c,\n"
    )
    assert imported(store, text) == 2
    one, _ = devices(store)
    assert [(each.number, each.user) for each in one.lines] == [(1, "200"), (2, "201")]
    assert len(secrets(store)) == 3


def test_in_the_long_form_a_bad_row_refuses_its_device_and_no_other(store):
    text = (
        "mac,line,user,model\n"
        "000e08000001,1,1,8851\n000e08000001,x,2,8851\n000e08000002,1,3,8851\n"
        "000e08000003,1,4,8851\n000e08000003,1,5,8851\n"
    )
    found = verdicts(store, text)
    assert found[2].what == "row 3 of the same device is refused"
    assert found[4].verdict is Verdict.NEW
    assert found[6].what == "row 5 has line 1 of this device too"
    assert found[5].verdict is Verdict.REFUSED


def test_an_import_again_changes_nothing_and_leaves_locks_and_keys(store):
    fill(store, 4)
    mac = str(device(2).mac)
    with store.fleet.writing() as connection:
        Devices(connection, store.seal).lock(device(2).mac, locked=True)
    imported(store, f"mac,site\n{mac},x\n")
    assert next(each for each in devices(store) if str(each.mac) == mac).locked
    assert verdicts(store, f"mac,site\n{mac},x\n")[2].verdict is Verdict.UNCHANGED


def test_what_was_changed_since_a_person_looked_is_not_imported(store):
    found = sheet(HEAD + "000e08000001,8851,hq,,\n")
    seen = look(store, found)
    imported(store, HEAD + "000e08000001,8851,lab,,\n")
    with pytest.raises(RefusedError, match="changed meanwhile"):
        carry_out(store, found, seen, 5.0, name="x")
    assert devices(store)[0].site == "lab"


def test_a_file_that_changes_after_the_look_is_not_imported(store):
    files = [HEAD + "000e08000001,8851,hq,,\n"]
    found = survey(lambda: io.BytesIO(files[0].encode()), Wishes())
    seen = look(store, found)
    files[0] = HEAD + "000e08000002,8851,hq,,\n"
    with pytest.raises(RefusedError, match="changed meanwhile"):
        carry_out(store, found, seen, 5.0, name="x")
    assert devices(store) == []


@pytest.mark.parametrize("text", ["", "\n\n", "model,site\n", b"\xff\xfe", b"\x00\x00"])
def test_a_file_without_a_heading_is_one_clear_error(text):
    with pytest.raises(MalformedError):
        sheet(text)


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    made = Store(tmp_path_factory.mktemp("store") / "fleet.db")
    yield made
    made.close()


CELLS = st.one_of(
    st.sampled_from(
        ["000e08000001", "000e08000002", "1.2E+11", "8851", "9999", "=A1", '"', "1", "2", "hq", ""]
    ),
    st.text(max_size=8),
)


@given(st.data())
def test_any_file_has_a_verdict_for_every_row_or_one_error_of_ours(empty, data):
    names = st.sampled_from(["mac", "model", "site", "line", "user", "password", "tags", "x"])
    head = data.draw(st.lists(names, min_size=1, max_size=5, unique=True))
    rows = data.draw(st.lists(st.lists(CELLS, max_size=6), max_size=6))
    text = "\n".join(",".join(each) for each in [head, *rows])
    try:
        found = sheet(text, ignore=("*",))
        outcome = look(empty, found)
    except RingbackError:
        return
    kept = [each for shown in outcome.shown.values() for each in shown]
    assert len(kept) == sum(outcome.counts.values()) <= found.rows
    assert found.heading.long or len(kept) == found.rows


@given(st.binary(max_size=300))
def test_any_bytes_are_surveyed_or_refused(empty, data):
    try:
        found = sheet(b"mac,model\n" + data)
        outcome = look(empty, found)
    except RingbackError:
        return
    assert sum(outcome.counts.values()) == found.rows


def test_an_import_that_is_cut_short_leaves_nothing_behind(store):
    rows = "".join(f"000e08{number:06x},8851,hq,1,pw\n" for number in range(1200))
    found = sheet(HEAD + rows)
    seen = look(store, found)

    def cut(done, _):
        if done > 500:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        carry_out(store, found, seen, 5.0, name="x", progress=cut)
    assert devices(store) == []
    assert secrets(store) == {}
    with store.fleet.reading() as connection:
        assert Undo(connection, store.seal).about is None
