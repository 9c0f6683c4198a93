from dataclasses import replace

from ringback.store.departed import Departed, Left

MAC, OTHER = "000e08000001", "000e08000002"
NAME = f"line/{MAC}/1"


def test_a_device_is_remembered_as_it_last_went(store, phones):
    gone = replace(phones[0], key=2, next_key=3, first_key=2, locked=True)
    with store.fleet.writing() as connection:
        departed = Departed(connection, store.seal)
        departed.keep([phones[0]])
        departed.keep([gone])
        assert departed.several([MAC, OTHER]) == {
            MAC: Left(locked=True, key=2, next_key=3, first_key=2)
        }


def test_the_highest_key_is_that_of_a_change_under_way():
    left = Left(locked=False, key=2, next_key=None, first_key=1)
    assert left.highest == 2
    assert replace(left, next_key=3).highest == 3


def test_the_secrets_of_lines_are_kept_sealed_and_go_with_the_device(store, phones):
    with store.fleet.writing() as connection:
        departed = Departed(connection, store.seal)
        departed.keep(phones, {MAC: {NAME: "swordfish"}, "000e080000ff": {"line/x": "nobody's"}})
        assert departed.secrets([MAC, OTHER, "000e080000ff"]) == {NAME: "swordfish"}
    folder = store.path.parent
    held = [each.read_bytes() for each in folder.iterdir() if "key" not in each.name]
    assert not any(b"swordfish" in each for each in held)


def test_secrets_that_went_at_different_times_are_each_as_they_last_were(store, phones):
    with store.fleet.writing() as connection:
        departed = Departed(connection, store.seal)
        departed.keep(phones[:1], {MAC: {NAME: "swordfish", f"line/{MAC}/2": "marlin"}})
        departed.keep(phones[:1])
        departed.keep(phones[:1], {MAC: {f"line/{MAC}/2": "other"}})
        departed.keep([], {MAC: {f"line/{MAC}/3": "later"}})
        assert departed.secrets([MAC]) == {
            NAME: "swordfish",
            f"line/{MAC}/2": "other",
            f"line/{MAC}/3": "later",
        }
        assert departed.several([MAC]).keys() == {MAC}
