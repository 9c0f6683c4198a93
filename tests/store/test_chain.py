from hypothesis import given
from hypothesis import strategies as st
from tests.store.ledgers import CHAIN, batches, groups, made, repacked, texts

from ringback.store.batch import Batch, Record
from ringback.store.chain import Chain, Head
from ringback.store.fact import Fact, Kind


def faults(found: list[Batch], head: Head) -> list[str]:
    return list(CHAIN.faults(found, head, lambda *_: None))


def drawn(found: list[Batch], data: st.DataObject) -> int:
    return data.draw(st.integers(0, len(found) - 1))


@given(batches)
def test_a_ledger_as_it_was_written_holds(facts):
    found, head = made(facts)
    assert not faults(found, head)
    assert head.number == sum(map(len, facts))


@given(batches, st.data())
def test_any_change_of_any_field_of_any_record_is_found(facts, data):
    found, head = made(facts)
    at = drawn(found, data)
    records = list(found[at].records())
    which = data.draw(st.integers(0, len(records) - 1))
    name = data.draw(st.sampled_from(Fact._fields))
    old = getattr(records[which].fact, name)
    other = st.floats(0, 4e9) if name == "time" else st.integers() if name == "release" else texts
    new = data.draw(other.filter(lambda each: each != old))
    altered = [each.fact for each in records]
    altered[which] = altered[which]._replace(**{name: new})
    found[at] = repacked(found[at], altered)
    assert faults(found, head)


@given(batches, st.data())
def test_any_change_of_what_a_row_says_of_its_records_is_found(facts, data):
    found, head = made(facts)
    at = drawn(found, data)
    name = data.draw(st.sampled_from([each for each in Batch._fields if each != "body"]))
    old = getattr(found[at], name)
    found[at] = found[at]._replace(**{name: old + ("0" if isinstance(old, str) else 1)})
    assert faults(found, head)


@given(batches, st.data(), st.binary(max_size=40))
def test_a_body_of_rubbish_is_a_fault_and_no_accident(facts, data, rubbish):
    found, head = made(facts)
    at = drawn(found, data)
    if rubbish != found[at].body:
        found[at] = found[at]._replace(body=rubbish)
        assert faults(found, head)


@given(batches, st.data())
def test_a_batch_that_is_gone_or_moved_is_found(facts, data):
    found, head = made(facts)
    at = drawn(found, data)
    assert faults(found[:at] + found[at + 1 :], head)
    if len(found) > 1:
        other = (at + 1) % len(found)
        found[at], found[other] = found[other], found[at]
        assert faults(found, head)


@given(batches, st.data())
def test_a_chain_made_anew_without_the_key_is_found(facts, data):
    at = data.draw(st.integers(0, len(facts) - 1))
    facts[at][-1] = facts[at][-1]._replace(outcome=facts[at][-1].outcome + "!")
    assert faults(*made(facts, Chain(bytes(32))))


@given(batches, st.data())
def test_what_stands_before_a_checkpoint_may_go_and_the_rest_still_proves(facts, data):
    found, head = made(facts)
    at = drawn(found, data)
    (*_, last) = found[at].records()
    mark = CHAIN.checkpoint(last, 5.0, last.number, 1.0)
    rest = [mark, *found[at + 1 :]]
    assert not faults(rest, head)
    forged = mark._replace(body=mark.body.replace(b"removed=", b"removed=9"))
    assert faults([forged, *rest[1:]], head)
    for moved in (mark._replace(time=6.0), mark._replace(until=6.0)):
        assert faults([moved, *rest[1:]], head)
    assert CHAIN.removed(mark) == (last.number, 1.0)
    assert faults(rest[1:], head)


def test_an_empty_ledger_holds_and_an_emptied_one_does_not():
    assert not faults([], Head())
    _, head = CHAIN.extend(Head(), [Fact(1.0, Kind.OPEN)])
    assert faults([], head)


@given(batches)
def test_every_record_is_shown_once_while_it_is_checked(facts):
    found, head = made(facts)
    shown: list[tuple[Batch, list[Record]]] = []
    assert not list(CHAIN.faults(found, head, lambda batch, each: shown.append((batch, [*each]))))
    assert shown == [(each, list(each.records())) for each in found]


@given(groups)
def test_records_outside_the_chain_are_found(facts):
    found, head = made([facts])
    added = Batch.pack(head.number + 1, head.chain, facts)._replace(chain=head.chain)
    assert any("altered" in each for each in faults([*found, added], head))
