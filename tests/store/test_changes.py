from ringback.store import changes


def test_a_mark_is_kept_once_and_counts_the_revision_up(store):
    with store.fleet.writing() as connection:
        before = changes.revision(connection)
        changes.mark(connection, [("device", "b"), ("device", "a"), ("device", "b")])
        changes.mark(connection, [("layer", "site/x"), ("device", "a")])
        assert changes.marked(connection) == (("device", "a"), ("device", "b"), ("layer", "site/x"))
        assert changes.revision(connection) == before + 2
        changes.mark(connection, [])
        assert changes.revision(connection) == before + 2
        changes.clear(connection)
        assert changes.marked(connection) == ()
        assert changes.revision(connection) == before + 2


def test_many_marks_at_once(store):
    wanted = [("device", f"{number:012x}") for number in range(1200)]
    with store.fleet.writing() as connection:
        changes.mark(connection, wanted)
        changes.mark(connection, wanted)
        assert list(changes.marked(connection)) == wanted


def test_facts_are_remembered_and_replaced(store):
    with store.fleet.writing() as connection:
        assert changes.fact(connection, "x") == ""
        changes.set_fact(connection, "x", "1")
        changes.set_fact(connection, "x", "2")
        assert changes.fact(connection, "x") == "2"
