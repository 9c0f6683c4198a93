"""What is done with requests, the time passed in; and writing."""

import asyncio
import errno
from typing import Any

import pytest
from tests.tftp.loopback import Phone

from ringback.errors import NotFoundError, RefusedError
from ringback.tftp.exchange import Exchange, Talk
from ringback.tftp.options import Ceiling
from ringback.tftp.packet import Ack, Code, Data, Error, Mode, Oack, Opcode, Request, parse
from ringback.tftp.patience import Patience
from ringback.tftp.quota import Quota
from ringback.tftp.reception import MOST_WRITES, Reception
from ringback.tftp.wire import open_socket

READ = bytes(Request(Opcode.RRQ, "f"))
CONTENT = bytes(3000)


class House:
    """A reception and its exchange, in a loop that does not run, and a phone."""

    def __init__(self, *, accept_write=None, quota=None):
        self.loop = asyncio.new_event_loop()
        self.quota = Quota() if quota is None else quota
        self.outcomes: list[Any] = []
        self.asked = []
        self.reception = Reception(
            self.answer,
            self.outcomes.append,
            accept_write=accept_write,
            write_limit=1000,
            ceiling=Ceiling(),
            patience=Patience(),
            quota=self.quota,
        )
        self.exchange = Exchange(
            self.loop,
            open_socket(2, ("127.0.0.1", 0)),
            completed=self.reception.complete,
            concluded=self.reception.conclude,
            longest=70000,
        )
        self.phone = Phone()

    def answer(self, request):
        self.asked.append(request)
        return CONTENT

    def request(self, datagram, now, phone=None):
        """A request comes; what is said to it."""
        phone = phone or self.phone
        self.reception.receive(bytes(datagram), phone.address, self.exchange, now)
        return self.said(phone)

    def receive(self, packet, now):
        """A packet comes to the exchange; what is said to it."""
        self.exchange.receive(bytes(packet), self.phone.address, now)
        return self.said(self.phone)

    def said(self, phone):
        self.exchange.flush()
        found = []
        while True:
            try:
                found.append(parse(phone.sock.recv(65536)))
            except BlockingIOError:
                return found

    def close(self):
        self.exchange.close()
        self.phone.sock.close()
        self.loop.close()


@pytest.fixture
def house():
    houses = []

    def build(**options):
        houses.append(House(**options))
        return houses[-1]

    yield build
    for each in houses:
        each.close()


def test_a_request_doubled_by_the_network_is_answered_once(house):
    house = house()

    assert len(house.request(READ, 0.0)) == 1
    assert house.request(READ, 0.1) == []
    assert len(house.asked) == 1


def test_a_request_repeated_by_the_phone_is_answered_again_from_what_we_have(house):
    house = house()
    first = house.request(READ, 0.0)

    assert house.request(READ, 0.5) == first
    assert len(house.asked) == 1
    assert len(house.quota) == 1


def test_a_late_copy_of_a_request_does_not_disturb_its_transfer(house):
    house = house()
    house.request(READ, 0.0)
    house.receive(Ack(1), 0.4)

    assert house.request(READ, 0.5) == []
    assert house.receive(Ack(2), 0.6) == [Data(3, bytes(512))]


def test_the_same_request_after_a_stall_is_a_phone_that_began_anew(house):
    house = house()
    first = house.request(READ, 0.0)
    house.receive(Ack(1), 0.4)

    assert house.request(READ, 1.5) == first
    assert len(house.asked) == 2
    assert [outcome.ok for outcome in house.outcomes] == [False]
    assert len(house.quota) == 1


def test_another_request_from_the_same_port_takes_the_place_of_the_first(house):
    house = house()
    house.request(READ, 0.0)

    assert len(house.request(Request(Opcode.RRQ, "g"), 0.1)) == 1
    assert [outcome.name for outcome in house.outcomes] == ["f"]
    assert [request.name for request in house.asked] == ["f", "g"]


def test_no_more_than_the_quota_is_let_in(house):
    house = house(quota=Quota(most=1))
    house.request(READ, 0.0)

    with Phone() as other:
        assert house.request(READ, 0.1, other) == []
    assert house.quota.refused == 1


def test_writing_is_refused_unless_it_is_asked_for(house):
    house = house()

    assert house.request(Request(Opcode.WRQ, "/up"), 0) == [
        Error(Code.ACCESS, "This server takes no files")
    ]
    (outcome,) = house.outcomes
    assert (outcome.name, outcome.writing, outcome.ok) == ("/up", True, False)
    assert len(house.quota) == 0


class Desk:
    """Takes reports; raises what it is told to."""

    def __init__(self, at_first=None, at_last=None):
        self.at_first = at_first
        self.at_last = at_last
        self.requests = []
        self.kept = []

    def __call__(self, request):
        self.requests.append(request)
        if self.at_first:
            raise self.at_first
        return self.keep

    def keep(self, content):
        if self.at_last:
            raise self.at_last
        self.kept.append(content)


def write(*options, mode=Mode.OCTET):
    return Request(Opcode.WRQ, "/report.xml", mode, options)


def test_a_written_file_is_kept_whole_before_it_is_acknowledged(house):
    desk = Desk()
    house = house(accept_write=desk)

    assert house.request(write(), 0) == [Ack(0)]
    assert house.receive(Data(1, bytes(512)), 1) == [Ack(1)]
    assert desk.kept == []
    assert house.receive(Data(2, b"end"), 2) == [Ack(2)]
    assert desk.kept == [bytes(512) + b"end"]
    (outcome,) = house.outcomes
    assert (outcome.ok, outcome.writing, outcome.octets, outcome.blocks) == (True, True, 515, 2)


def test_the_house_is_told_who_writes_what_and_how_much(house):
    desk = Desk()
    house = house(accept_write=desk)

    answer = house.request(write(("blksize", "256"), ("tsize", "300")), 0)

    assert answer == [Oack((("blksize", "256"), ("tsize", "300")))]
    (request,) = desk.requests
    assert (request.name, request.size, request.address) == ("/report.xml", 300, "127.0.0.1")
    assert house.receive(Data(1, bytes(256)), 0) == [Ack(1)]


def test_a_written_text_is_kept_with_local_line_ends(house):
    desk = Desk()
    house = house(accept_write=desk)
    house.request(write(mode=Mode.NETASCII), 0)
    house.receive(Data(1, b"a\r\nb\r\n"), 0)

    assert desk.kept == [b"a\nb\n"]


def test_a_lost_last_acknowledgement_is_said_again_and_the_file_kept_once(house):
    desk = Desk()
    house = house(accept_write=desk)
    house.request(write(), 0)
    house.receive(Data(1, b"all"), 0)

    assert house.receive(Data(1, b"all"), 3) == [Ack(1)]
    assert house.request(write(), 3) == []
    assert desk.kept == [b"all"]


def test_half_a_file_is_not_kept(house):
    desk = Desk()
    house = house(accept_write=desk)
    house.request(write(), 0)
    house.receive(Data(1, bytes(512)), 0)
    house.receive(Error(0, "user pressed cancel"), 0)

    assert desk.kept == []
    assert house.outcomes[0].why == "the client said error 0: user pressed cancel"
    assert house.outcomes[0].writing


@pytest.mark.parametrize("options", [(("tsize", "1001"),), ()])
def test_a_file_that_is_too_large_is_refused_as_soon_as_it_is_known(house, options):
    desk = Desk()
    house = house(accept_write=desk)
    said = house.request(write(*options), 0)
    if not options:
        house.receive(Data(1, bytes(512)), 0)
        said = house.receive(Data(2, bytes(512)), 0)

    (error,) = said
    assert error.code == Code.FULL
    assert desk.kept == []
    assert len(house.quota) == 0


REFUSALS = [
    (RefusedError("not you"), Error(2, "Access violation")),
    (NotFoundError("no such folder"), Error(1, "File not found")),
    (FileExistsError(errno.EEXIST, "there"), Error(6, "File already exists")),
    (OSError(errno.ENOSPC, "no space"), Error(3, "Disk full or allocation exceeded")),
    (KeyError("ours"), Error(0, "Server error")),
]


@pytest.mark.parametrize(("raised", "answer"), REFUSALS)
def test_a_write_that_is_refused_at_first_says_why(house, raised, answer):
    house = house(accept_write=Desk(at_first=raised))

    assert house.request(write(), 0) == [answer]
    assert len(house.quota) == 0


@pytest.mark.parametrize(("raised", "answer"), REFUSALS)
def test_a_file_that_cannot_be_kept_is_refused_instead_of_acknowledged(house, raised, answer):
    house = house(accept_write=Desk(at_last=raised))
    house.request(write(), 0)

    assert house.receive(Data(1, b"all"), 0) == [answer]
    assert [outcome.ok for outcome in house.outcomes] == [False]
    assert house.receive(Data(1, b"all"), 1)[0].code == Code.STRANGER


def test_only_so_many_files_are_written_at_once(house):
    house = house(accept_write=Desk())
    phones = [Phone() for _ in range(MOST_WRITES + 1)]
    said = [house.request(write(), 0, phone)[0] for phone in phones]
    for phone in phones:
        phone.sock.close()

    assert said[:-1] == [Ack(0)] * MOST_WRITES
    assert said[-1].code == Code.UNDEFINED


def test_a_talk_tells_what_became_of_it():
    house = House()
    house.request(READ, 10.0)
    talk: Talk = house.exchange.talks[house.phone.address]
    house.receive(Error(3, "full"), 12.5)
    house.close()

    assert talk.outcome(12.5) == house.outcomes[0]
    assert house.outcomes[0].seconds == 2.5
