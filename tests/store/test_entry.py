"""The step from what is served to what is wanted."""

from hypothesis import given
from hypothesis import strategies as st

from ringback.store.entry import Entry, Kept, step

NAMES = st.dictionaries(st.sampled_from(["/a", "/b", "/c"]), st.sampled_from("xyz"))


def entry(path: str, mark: str, body: bytes = b"") -> Entry:
    return Entry(path, "000e08000001", "device", 3, 1, "", "text/xml", mark, body or mark.encode())


def test_nothing_that_stays_is_written():
    kept = [Kept(1, entry("/a", "x"), live=True), Kept(2, entry("/b", "x"), live=True)]
    made = step(kept, [entry("/a", "x", b"other bytes"), entry("/c", "x")])
    assert made.ended == (2,)
    assert [each.path for each in made.begun] == ["/c"]


def test_a_mark_of_old_gets_the_bytes_of_old_again():
    kept = [Kept(2, entry("/a", "y"), live=True), Kept(1, entry("/a", "x", b"old"), live=False)]
    (again,) = step(kept, [entry("/a", "x", b"new")]).begun
    assert again.hash == b"old"
    (exact,) = step(kept, [entry("/a", "x", b"new")], exactly=True).begun
    assert exact.hash == b"new"


@given(NAMES, NAMES)
def test_a_step_leads_from_what_is_served_to_what_is_wanted(before, after):
    served = {n: entry(*pair) for n, pair in enumerate(before.items(), start=1)}
    wanted = [entry(*pair) for pair in after.items()]
    made = step([Kept(n, each, live=True) for n, each in served.items()], wanted)
    left = {each for n, each in served.items() if n not in made.ended}
    assert left | set(made.begun) == set(wanted)
    assert not left & set(made.begun)
