from ringback.mac import Mac
from ringback.store.strangers import Decoys

ONE, TWO = Mac("000e08d00001"), Mac("000e08d00002")


def test_decoys_are_listed_and_taken_away(store):
    with store.fleet.writing() as connection:
        decoys = Decoys(connection)
        for mac in (TWO, ONE, ONE):
            decoys.add(mac, 5.0)
        assert list(decoys.all()) == [(str(ONE), 5.0), (str(TWO), 5.0)]
        assert decoys.remove(ONE)
        assert not decoys.remove(ONE)
