import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.http.turns import Turns


def test_a_source_with_many_delays_itself_only() -> None:
    turns: Turns[str] = Turns()
    for number in range(3):
        turns.add("flood", f"flood {number}")
    turns.add("phone", "phone")
    assert [turns.take() for _ in range(4)] == ["flood 0", "phone", "flood 1", "flood 2"]
    with pytest.raises(LookupError):
        turns.take()


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.integers())))
def test_everybody_has_a_turn_in_the_order_of_the_source(
    arrivals: list[tuple[str, int]],
) -> None:
    turns: Turns[tuple[str, int]] = Turns()
    for source, item in arrivals:
        turns.add(source, (source, item))
    assert len(turns) == len(arrivals)
    taken = [turns.take() for _ in arrivals]
    assert not turns
    for source in "abcd":
        assert [each for each in taken if each[0] == source] == [
            each for each in arrivals if each[0] == source
        ]
    kinds = len({source for source, _ in arrivals})
    assert len({source for source, _ in taken[:kinds]}) == kinds
