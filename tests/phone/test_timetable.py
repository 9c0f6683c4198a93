import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.errors import MalformedError
from ringback.phone.timetable import Event, Timetable, Verb

STORY = """
# a floor loses power
0   on  all
60.5  off 1-2   # two phones
90  on  1-2 over 30
300 resync 3
"""


def test_a_file_says_what_happens_to_which_phones():
    assert Timetable.parse(STORY, 4).events == (
        Event(0.0, Verb.ON, 0, 3),
        Event(60.5, Verb.OFF, 0, 1),
        Event(90.0, Verb.ON, 0, 1, 30.0),
        Event(300.0, Verb.RESYNC, 2, 2),
    )


def test_over_spreads_evenly_in_the_order_of_the_phones():
    assert list(Event(90, Verb.ON, 0, 2, 30).moments()) == [(90, 0), (100, 1), (110, 2)]


def test_in_a_boot_storm_all_get_power_at_once():
    moments = Timetable.boot_storm(3).moments()
    assert moments == [(0.0, 0, Verb.ON), (0.0, 1, Verb.ON), (0.0, 2, Verb.ON)]


def test_steady_spreads_over_the_period():
    assert [at for at, _, _ in Timetable.steady(4, 3600).moments()] == [0, 900, 1800, 2700]


def test_events_of_one_moment_keep_their_order():
    table = Timetable.parse("5 off 1\n5 on 1\n", 1)
    assert [verb for _, _, verb in table.moments()] == [Verb.OFF, Verb.ON]


def test_going_on_later_starts_from_what_holds_by_then():
    state, later = Timetable.parse(STORY, 4).split(95.0)
    assert state == {0: Verb.ON, 1: Verb.OFF, 2: Verb.ON, 3: Verb.ON}
    assert later == [(105.0, 1, Verb.ON), (300.0, 2, Verb.RESYNC)]


def test_what_was_asked_earlier_is_not_asked_again():
    assert Timetable.parse("0 on 1\n5 resync 1", 1).split(9.0) == ({0: Verb.ON}, [])


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("60 explode all", "not an event"),
        ("60 on", "not an event"),
        ("-1 on all", "not an event"),
        ("1e9 on all", "not an event"),
        ("0 on 0", "no phones 0"),
        ("0 on 5", "no phones 5 in a fleet of 4"),
        ("0 on 3-2", "no phones 3-2"),
        ("0 on all over", "not an event"),
        ("\u0660 on all", "not an event"),
    ],
)
def test_a_wrong_line_is_named(line, said):
    with pytest.raises(MalformedError) as caught:
        Timetable.parse(f"0 on 1\n{line}\n", 4, "storm.txt")
    assert said in str(caught.value)
    assert str(caught.value).startswith("storm.txt:2")


def test_a_timetable_in_which_nothing_happens_is_refused():
    with pytest.raises(MalformedError, match="nothing ever happens"):
        Timetable.parse("# later\n", 4)


def test_a_timetable_has_a_bound():
    with pytest.raises(MalformedError, match="more than 10000 events"):
        Timetable.parse("0 on 1\n" * 10_001, 1)


@given(st.text(), st.integers(1, 10**6))
def test_any_text_is_a_timetable_or_refused(text, count):
    try:
        table = Timetable.parse(text, count)
    except MalformedError:
        return
    assert all(0 <= each.first <= each.last < count for each in table.events)


EVENTS = st.builds(
    lambda at, verb, first, more, over: Event(at, verb, first, first + more, over),
    st.integers(0, 10**6).map(float),
    st.sampled_from(Verb),
    st.integers(0, 50),
    st.integers(0, 49),
    st.integers(0, 1000).map(float),
)


@given(st.lists(EVENTS, min_size=1, max_size=5), st.integers(0, 10**6))
def test_nothing_is_lost_between_before_and_after(events, elapsed):
    table = Timetable(tuple(events))
    state, later = table.split(elapsed)
    past = [each for each in table.moments() if each[0] < elapsed]
    assert len(past) + len(later) == len(table.moments())
    assert set(state) == {index for _, index, verb in past if verb is not Verb.RESYNC}


@given(st.lists(EVENTS, min_size=1, max_size=5))
def test_what_is_written_is_read(events):
    text = "\n".join(
        f"{each.at:g} {each.verb} {each.first + 1}-{each.last + 1} over {each.over:g}"
        if each.at < 1e5
        else f"{each.at:.0f} {each.verb} {each.first + 1}-{each.last + 1} over {each.over:.0f}"
        for each in events
    )
    assert Timetable.parse(text, 100).events == tuple(events)
