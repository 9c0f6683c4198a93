from ringback.http.ebb import CROWD, Ebb, _give_back


def test_memory_goes_back_each_time_three_quarters_of_a_crowd_have_gone() -> None:
    given: list[int] = []
    ebb = Ebb(lambda: given.append(1))
    for clients in (0, CROWD, CROWD * 4, CROWD * 2, CROWD):
        ebb.note(clients)
    assert given == []
    ebb.note(CROWD - 1)
    assert given == [1]
    ebb.note(CROWD // 2)
    assert given == [1]
    for clients in (CROWD // 4 - 1, 3, 0, 5, 0):
        ebb.note(clients)
    assert given == [1] * 3


def test_a_few_clients_are_no_crowd() -> None:
    given: list[int] = []
    ebb = Ebb(lambda: given.append(1))
    for clients in (CROWD - 1, 0, CROWD - 1, 0):
        ebb.note(clients)
    assert given == []


def test_the_machine_can_be_asked() -> None:
    _give_back()
