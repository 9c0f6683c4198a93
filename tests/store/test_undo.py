from ringback.store.tables import undo as table
from ringback.store.undo import About, Before, Undo, mark_of

THINGS = [Before("device", "a", None, mark_of(b"x")), Before("secret", "b", "hush", mark_of(b"y"))]


def test_what_was_noted_comes_back_in_order_and_is_sealed(store):
    with store.fleet.writing() as connection:
        undo = Undo(connection, store.seal)
        undo.begin()
        undo.note(THINGS[:1])
        undo.note([])
        undo.note(THINGS[1:])
        assert undo.about is None
        undo.end("a.csv", 5.0)
    with store.fleet.reading() as connection:
        undo = Undo(connection, store.seal)
        assert list(undo) == [THINGS[:1], THINGS[1:]]
        assert undo.about == About("a.csv", 5.0, 2)
        assert not any(b"hush" in row.body for row in connection.execute(table.select()))


def test_a_new_one_forgets_the_last(store):
    with store.fleet.writing() as connection:
        undo = Undo(connection, store.seal)
        undo.begin()
        undo.note(THINGS)
        undo.end("a.csv", 5.0)
        undo.begin()
        assert (undo.about, list(undo)) == (None, [])
