import hashlib
import json

from hypothesis import given
from hypothesis import strategies as st

from ringback.store.chain import Chain, Fact, Head, Kind, Record, canonical

CHAIN = Chain(bytes(range(32)))
texts = st.text(max_size=12)
facts = st.builds(
    Fact,
    st.floats(0, 4e9, allow_nan=False),
    st.sampled_from([each.value for each in Kind if each is not Kind.CHECKPOINT]),
    texts, texts, texts, st.integers(0, 99), texts, texts,
)  # fmt: skip
batches = st.lists(st.lists(facts, min_size=1, max_size=4), min_size=1, max_size=4)


def made(found: list[list[Fact]]) -> tuple[list[Record], Head]:
    records, head = [], Head()
    for batch in found:
        more, head = CHAIN.extend(head, batch)
        records += more
    return records, head


@given(batches)
def test_a_ledger_as_it_was_written_holds(found):
    records, head = made(found)
    assert not list(CHAIN.faults(records, head))
    assert head.number == len(records)


@given(batches, st.data())
def test_any_change_of_any_field_of_any_record_is_found(found, data):
    records, head = made(found)
    at = data.draw(st.integers(0, len(records) - 1))
    name = data.draw(st.sampled_from(Fact._fields))
    old = getattr(records[at].fact, name)
    other = st.floats(0, 4e9) if name == "time" else st.integers() if name == "release" else texts
    new = data.draw(other.filter(lambda each: each != old))
    records[at] = records[at]._replace(fact=records[at].fact._replace(**{name: new}))
    assert list(CHAIN.faults(records, head))


@given(batches, st.data())
def test_a_record_that_is_gone_or_moved_is_found(found, data):
    records, head = made(found)
    at = data.draw(st.integers(0, len(records) - 1))
    assert list(CHAIN.faults(records[:at] + records[at + 1 :], head))
    if len(records) > 1:
        other = (at + 1) % len(records)
        records[at], records[other] = records[other], records[at]
        assert list(CHAIN.faults(records, head))


@given(batches, st.data())
def test_a_chain_made_anew_without_the_key_is_found(found, data):
    records, _ = made(found)
    at = data.draw(st.integers(0, len(records) - 1))
    facts_ = [each.fact for each in records]
    facts_[at] = facts_[at]._replace(outcome=facts_[at].outcome + "!")
    forged, head = Chain(bytes(32)).extend(Head(), facts_)
    assert list(CHAIN.faults(forged, head))


@given(batches, st.data())
def test_what_stands_before_a_checkpoint_may_go_and_the_rest_still_proves(found, data):
    records, head = made(found)
    at = data.draw(st.integers(0, len(records) - 1))
    mark = CHAIN.checkpoint(records[at], 5.0, at + 1, 1.0)
    rest = [mark, *records[at + 1 :]]
    assert not list(CHAIN.faults(rest, head))
    forged = mark._replace(fact=mark.fact._replace(outcome="removed=0"))
    assert list(CHAIN.faults([forged, *rest[1:]], head))
    assert list(CHAIN.faults(rest[1:], head))


def test_anybody_can_check_the_chain_with_json_and_sha256():
    (record,), _ = CHAIN.extend(Head(), [Fact(1.5, Kind.ANSWER, "000e08000001", "é")])
    text = json.dumps(
        [1, 1.5, "answer", "000e08000001", "é", "", 0, "", ""],
        ensure_ascii=False, separators=(",", ":"),
    )  # fmt: skip
    assert canonical(1, record.fact) == text.encode()
    assert record.chain == hashlib.sha256(text.encode()).hexdigest()


def test_an_empty_ledger_holds_and_an_emptied_one_does_not():
    assert not list(CHAIN.faults([], Head()))
    _, head = CHAIN.extend(Head(), [Fact(1.0, Kind.OPEN)])
    assert list(CHAIN.faults([], head))


@given(st.integers(1, 10**9), facts)
def test_a_record_is_hashed_as_the_json_that_any_library_writes(number, fact):
    text = json.dumps([number, *fact], ensure_ascii=False, separators=(",", ":"))
    assert canonical(number, fact) == text.encode("utf-8", "surrogatepass")
