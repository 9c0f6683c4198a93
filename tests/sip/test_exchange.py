"""Two exchanges joined by a link that loses what the test says."""

import time
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.sip.exchange import Exchange
from ringback.sip.framing import Broken
from ringback.sip.message import Request, Response, parse
from ringback.sip.peer import Peer
from ringback.sip.respond import respond

PHONE, PROXY = Peer("UDP", "192.0.2.1", 5060), Peer("UDP", "192.0.2.2", 5070)
ASKED = (("From", "<sip:a@b>;tag=1"), ("To", "<sip:u@c>"), ("Call-ID", "1"), ("CSeq", "1 NOTIFY"))
NOTIFY = Request(ASKED, b"body", "NOTIFY", "sip:u@c")


class Link:
    """Both ends, and the time; ``lose`` decides by the number of the message."""

    def __init__(self, lose=lambda _: False, transport="UDP"):
        self.asked = []
        self.heard = []
        numbers = count()
        self.phone_at = PHONE._replace(transport=transport)
        self.proxy_at = PROXY._replace(transport=transport)
        self.phone = Exchange(self.answer, name=lambda: f"p{next(numbers)}", secret=b"p")
        self.proxy = Exchange(self.answer, name=lambda: f"x{next(numbers)}", secret=b"x")
        self.lose = lose
        self.carried = 0
        self.now = 0.0

    def answer(self, request, peer, now):
        self.asked.append((request, peer))
        return respond(request, 200, ("X-At", str(now)))

    def notify(self, request=NOTIFY):
        self.proxy.ask(request, self.phone_at, ("192.0.2.2", 5070), self.now, self.done)

    def done(self, response, _):
        self.heard.append(response.code if response else None)

    def carry(self):
        while moving := [
            *((data, self.proxy, self.phone_at) for data, _ in self.phone.take()),
            *((data, self.phone, self.proxy_at) for data, _ in self.proxy.take()),
        ]:
            for data, to, sender in moving:
                self.carried += 1
                if not self.lose(self.carried):
                    to.receive(data, sender, self.now)

    def run(self, until):
        self.carry()
        while True:
            times = [each.timer() for each in (self.phone, self.proxy)]
            due = min((time for time in times if time is not None), default=None)
            if due is None or due > until:
                return
            self.now = due
            self.phone.handle_timer(due)
            self.proxy.handle_timer(due)
            self.carry()


def test_a_request_is_answered_once_and_nothing_is_remembered_in_the_end():
    link = Link()
    link.notify()
    link.run(100.0)

    assert link.heard == [200]
    assert len(link.asked) == 1
    assert link.asked[0][0].body == b"body"
    assert len(link.phone) == len(link.proxy) == 0


@pytest.mark.parametrize("lost", [{1}, {2}, {1, 2, 3}, {2, 4, 6}])
def test_what_is_lost_is_repeated_and_done_once(lost):
    link = Link(lose=lambda number: number in lost)
    link.notify()
    link.run(100.0)

    assert link.heard == [200]
    assert len(link.asked) == 1


def test_silence_is_told_after_64_t1():
    link = Link(lose=lambda _: True)
    link.notify()
    link.run(31.9)
    assert link.heard == []
    link.run(32.0)
    assert link.heard == [None]
    assert link.carried == 11


def test_a_failed_connection_is_told_at_once():
    link = Link(lose=lambda _: True, transport="TCP")
    link.notify()
    link.proxy.lost(link.phone_at, 1.0)

    assert link.heard == [None]


def message(method="OPTIONS", body=b"", uri="sip:u@c", **headers):
    lines = {
        "Via": "SIP/2.0/UDP 192.0.2.9:5080;branch=z9hG4bKq",
        "From": "<sip:a@b>;tag=1",
        "To": "<sip:u@c>",
        "Call-ID": "1",
        "CSeq": f"1 {method}",
    } | headers
    return bytes(Request(tuple(lines.items()), body, method, uri))


def sent(data, peer=PROXY, exchange=None):
    link = Link()
    exchange = link.phone if exchange is None else exchange
    exchange.receive(data, peer, 0.0)
    return [(parse(each), to) for each, to in exchange.take()]


def test_the_answer_goes_where_the_via_says_and_tells_where_it_came_from():
    ((response, to),) = sent(message())

    assert to == Peer("UDP", "192.0.2.2", 5080)
    assert response.get("Via") == "SIP/2.0/UDP 192.0.2.9:5080;branch=z9hG4bKq;received=192.0.2.2"


def test_with_rport_it_goes_to_the_port_it_came_from():
    via = "SIP/2.0/UDP h;branch=z9hG4bKq;rport, SIP/2.0/UDP i;x"
    ((response, to),) = sent(message(Via=via))

    assert to == PROXY
    assert response.get("Via") == (
        "SIP/2.0/UDP h;branch=z9hG4bKq;received=192.0.2.2;rport=5070, SIP/2.0/UDP i;x"
    )


def test_this_end_gets_a_tag_unless_it_has_one():
    ((tagged, _),) = sent(message())
    ((kept, _),) = sent(message(To="<sip:u@c>;tag=mine"))

    assert ";tag=" in tagged.get("To")
    assert kept.get("To") == "<sip:u@c>;tag=mine"


def test_a_bad_request_is_refused_with_its_reason_and_a_bad_via_is_not_answered():
    ((response, _),) = sent(message(CSeq="1 OTHER"))

    assert (response.code, response.phrase) == (400, "Bad Request (CSeq names another method)")
    assert sent(message(Via="nonsense")) == []
    assert sent(b"nonsense" * 9) == []
    assert sent(b"\r\n\r\n") == []
    assert sent(message("ACK")) == []


def test_what_is_wrong_is_told_in_ascii_on_one_line():
    ((response, _),) = sent(message(From='"\xe9\x00" sip:x'))

    assert response.code == 400
    assert response.phrase.isascii()
    assert response.phrase.isprintable()


def test_a_cancel_meets_the_invite_it_belongs_to():
    link = Link()
    sent(message("INVITE"), exchange=link.phone)

    assert sent(message("CANCEL"), exchange=link.phone)[0][0].code == 200
    assert sent(message("CANCEL"))[0][0].code == 481


def test_an_acknowledged_invite_is_not_repeated():
    link = Link()
    sent(message("INVITE"), exchange=link.phone)
    sent(message("ACK"), exchange=link.phone)
    link.phone.handle_timer(4.0)

    assert link.phone.take() == []
    assert sent(message("INVITE"), exchange=link.phone) == []


def test_more_than_the_content_length_is_not_the_body():
    link = Link()
    sent(message(body=b"ab") + b"cd", exchange=link.phone)

    assert link.asked[0][0].body == b"ab"


@pytest.mark.parametrize("branch", ["z9hG4bKother", ""])
def test_an_answer_to_nothing_we_asked_is_nobodys(branch):
    link = Link(lose=lambda _: True)
    link.notify()
    stray = Response((("Via", f"SIP/2.0/UDP h;branch={branch}"), *ASKED), b"", 200)
    link.proxy.receive(bytes(stray), link.phone_at, 0.0)

    assert link.heard == []


def test_one_who_is_not_there_says_nothing_until_he_is():
    link = Link()
    there: list[bool] = []
    link.phone._answer = lambda asked, *_: respond(asked, 200) if there else None
    assert sent(message(), exchange=link.phone) == []
    there.append(True)

    assert sent(message(), exchange=link.phone)[0][0].code == 200


def test_a_broken_stream_is_told_why():
    link = Link()
    request = parse(message())
    assert isinstance(request, Request)
    link.phone.broken(Broken(513, "long", request), PROXY, 0.0)

    ((data, _),) = link.phone.take()
    assert b"SIP/2.0 513 Message Too Large" in data


# Bad input


SEEDS = (
    message(),
    message("NOTIFY", b"body", Event="resync", Authorization='Digest a="b"'),
    message("INVITE", Via="SIP/2.0/UDP h;rport, SIP/2.0/TCP [::1]:1;branch=z9hG4bKa"),
    message("ACK"),
    message("CANCEL", From='"\\"" <sip:a@b>', To="sip:c;tag=1"),
    bytes(Response((("Via", "SIP/2.0/UDP h;branch=z9hG4bKp0"), *ASKED), b"", 200)),
)
cut = st.tuples(
    st.sampled_from(SEEDS), st.integers(0, 400), st.integers(0, 40), st.binary(max_size=9)
)


@given(st.lists(cut, min_size=1, max_size=4))
def test_any_datagram_is_answered_or_dropped(cuts):
    link = Link()
    for number, (seed, start, length, junk) in enumerate(cuts):
        link.phone.receive(seed[:start] + junk + seed[start + length :], PROXY, float(number))
        for data, _ in link.phone.take():
            assert isinstance(parse(data), Response)
    link.run(200.0)
    assert len(link.phone) == 0


HEAVY = {
    "a plain one": message(),
    "many hops": message(Via=", ".join(["SIP/2.0/UDP h;" + "a=b;" * 28 + "branch=z9"] * 63)),
    "commas": message(Via="," * 8000),
    "semicolons": message(Via="SIP/2.0/UDP h" + ";" * 7900),
    "quotes": message(Via='SIP/2.0/UDP h;a="' + '\\"' * 3900),
    "a long name": message(uri="sip:" + "a" * 900 + "@" + "b-" * 500),
    "a quoted name": message(From='"' + '\\"' * 990 + '" <sip:a@b>;a;b'),
    "credentials": message(Authorization="Digest " + 'a="b",' * 1300),
    "folds": message().replace(b"To: ", b"To:" + b"\r\n " * 2000),
    "lines": message(**{f"X-{number}": "y" * 200 for number in range(118)}),
}


@pytest.mark.parametrize("name", HEAVY)
def test_no_datagram_takes_long(name):
    link = Link()
    start = time.process_time()
    link.phone.receive(HEAVY[name], PROXY, 0.0)

    assert time.process_time() - start < 0.1
