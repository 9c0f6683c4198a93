"""Ways from a leaf to an anchor, within bounds; the corpus has cycles and crowds."""

from tests.certificate.house import found

from ringback import clock
from ringback.certificate.path import LONGEST, Search


def test_the_shortest_way_comes_first(house):
    leaf = house.server().certificate
    search = Search([house.issuing.certificate], [house.root.certificate])
    assert [len(path) for path in search.complete(leaf)] == [3]


def test_a_leaf_that_is_trusted_itself_needs_no_way(house):
    leaf = house.server().certificate
    assert list(Search([], [leaf]).complete(leaf)) == [(leaf,)]


def test_strangers_and_doubles_do_not_matter(house, stranger):
    leaf = house.server().certificate
    crowd = [stranger.issuing.certificate, house.issuing.certificate] * 50
    search = Search(crowd, [stranger.root.certificate, house.root.certificate])
    assert len(list(search.complete(leaf))) == 1


def test_without_an_anchor_the_longest_try_is_kept(house):
    leaf = house.server().certificate
    search = Search([house.issuing.certificate, house.root.certificate], [])
    assert list(search.complete(leaf)) == []
    assert search.longest == (leaf, house.issuing.certificate, house.root.certificate)


def test_a_hundred_twins_are_searched_in_no_time():
    houses = [found("Twin") for _ in range(40)]
    twins = [each.issuing.certificate for each in houses]
    began = clock.monotonic()
    search = Search(twins, [each.root.certificate for each in houses])
    assert len(list(search.complete(houses[7].server().certificate))) == 1
    assert len(search.longest) <= LONGEST
    assert clock.monotonic() - began < 2
