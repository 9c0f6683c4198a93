import hashlib
import json

from hypothesis import given
from hypothesis import strategies as st
from tests.store.ledgers import facts, groups

from ringback.store.batch import Batch
from ringback.store.fact import Fact, Kind

A, B = "000e08000001", "000e08000002"


@given(st.integers(1, 10**6), groups)
def test_a_batch_gives_back_what_was_packed(number, found):
    batch = Batch.pack(number, "ab", found)
    records = list(batch.records())
    assert [each.fact for each in records] == found
    assert [each.number for each in records] == list(range(number, batch.last + 1))
    assert records[-1].chain == batch.chain
    assert (batch.time, batch.until) == (
        min(each.time for each in found), max(each.time for each in found),
    )  # fmt: skip


def test_anybody_can_check_the_chain_with_json_and_sha256():
    batch = Batch.pack(1, "", [Fact(1.5, Kind.ANSWER, A, "é"), Fact(2.5, Kind.CLOSE)])
    chain = ""
    for record in batch.records():
        values = [record.number, *record.fact]
        text = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
        chain = hashlib.sha256(chain.encode() + text.encode()).hexdigest()
        assert record.chain == chain


def test_the_records_of_one_device_have_the_chain_they_have_among_all():
    found = [Fact(1.0, Kind.ANSWER, A), Fact(2.0, Kind.ANSWER, B, f"was {A}"), Fact(3.0, "x", A)]
    batch = Batch.pack(7, "ab", found)._replace(seal="cd")
    every = list(batch.records())
    assert list(batch.records(A)) == [every[0], every[2]]
    assert [each.seal for each in every] == ["", "", "cd"]


@given(groups, st.data())
def test_the_facts_of_some_devices_are_those_of_their_records(found, data):
    batch = Batch.pack(7, "ab", found)
    some = data.draw(st.sets(st.sampled_from([each.device for each in found]), min_size=1))
    assert list(batch.facts(some)) == [each for each in found if each.device in some]


def test_facts_are_told_without_the_chain():
    batch = Batch.pack(7, "ab", [Fact(1.0, Kind.ANSWER, A), Fact(2.0, Kind.ANSWER, B)])
    unlinked = batch._replace(before=None)  # type: ignore[arg-type]
    assert [each.time for each in unlinked.facts({A})] == [1.0]
    assert [each.time for each in unlinked.facts({A, B})] == [1.0, 2.0]


@given(st.integers(1, 10**6), st.lists(facts, min_size=2, max_size=5), st.data())
def test_what_stands_behind_a_record_keeps_chain_and_seal(number, found, data):
    batch = Batch.pack(number, "ab", found)._replace(seal="cd")
    every = list(batch.records())
    cut = data.draw(st.integers(0, len(found) - 2))
    rest = batch.after(number + cut)
    assert list(rest.records()) == every[cut + 1 :]
    assert rest.before == every[cut].chain
    assert (rest.chain, rest.seal, rest.last) == (batch.chain, "cd", batch.last)


def test_a_batch_that_moves_the_chain_is_not_still():
    batch = Batch.pack(1, "", [Fact(1.0, Kind.OPEN)])
    assert not batch.still
    assert batch._replace(before=batch.chain).still
