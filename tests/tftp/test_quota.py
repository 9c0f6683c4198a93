from ringback.tftp.quota import Quota


def test_one_source_gets_its_share_and_others_theirs():
    quota = Quota(most=10, most_each=2)

    assert [quota.enter("a") for _ in range(3)] == [True, True, False]
    assert quota.enter("b")
    assert (len(quota), quota.refused) == (3, 1)


def test_all_together_get_no_more_than_the_whole():
    quota = Quota(most=3, most_each=2)

    assert [quota.enter(source) for source in "abcd"] == [True, True, True, False]


def test_who_leaves_makes_room_and_is_forgotten():
    quota = Quota(most=1, most_each=1)
    for _ in range(3):
        assert quota.enter("a")
        quota.leave("a")

    assert len(quota) == 0
    assert quota._each == {}


def test_two_thousand_phones_behind_one_address_are_let_in():
    quota = Quota()

    assert all(quota.enter("192.0.2.1") for _ in range(2000))
