"""A SIP request to a phone: what it answers, and what it does about it (S2, S11, S16b, S22, F).

NOTIFY carries the provisioning events of ``cisco/notice.py``. Where a line's ``Auth_Resync-Reboot``
is on, the request must bring the line's own credentials. OPTIONS asks whether somebody is there.
A call is refused as busy: there is nobody to talk to.

Codes are those of RFC 3261 and 6665; which of them a real phone sends is published nowhere, so
they are *inferred*: 404 for a user who is on none of its lines, 489 for an event it does not know,
400 for a body it cannot use, 403 when its settings forbid what is asked.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ringback.cisco import notice
from ringback.cisco.notice import Deed, Notice
from ringback.errors import MessageError, RefusedError, RingbackError
from ringback.phone import execute, look
from ringback.phone.boot import Reason
from ringback.phone.handset import Handset
from ringback.phone.line import Line
from ringback.phone.lines import ALLOW, Lines
from ringback.phone.obey import ENABLE, may_execute, obey
from ringback.phone.wish import Restart
from ringback.sip.field import Uri
from ringback.sip.gate import Gate
from ringback.sip.message import Header, Request, Response
from ringback.sip.peer import Peer
from ringback.sip.respond import respond

EVENTS = ", ".join(each.event for each in notice.EVENTS.values())
_ALLOW: tuple[Header, ...] = (("Allow", ALLOW),)


@dataclass(frozen=True, slots=True)
class Ring:
    """One request to one phone."""

    phone: Handset
    line: Line
    request: Request
    peer: Peer
    now: float
    gate: Gate

    def say(self, code: int, *headers: Header) -> Response:
        """A response in the phone's name."""
        return respond(self.request, code, *headers, ("Server", self.phone.part(Lines).agent))


def answer(phone: Handset, request: Request, peer: Peer, now: float, gate: Gate) -> Response | None:
    """The phone's answer; None from one that is off or still starting."""
    if not phone.is_up:
        return None
    line = phone.part(Lines).of(Uri.parse(request.uri).user)
    if line is None:
        return respond(request, 404)
    ring = Ring(phone, line, request, peer, now, gate)
    method = _METHODS.get(request.method)
    if method is None:
        return ring.say(405, *_ALLOW)
    try:
        return method(ring)
    except MessageError as error:
        phone.detail(1, f"a NOTIFY cannot be used: {error}")
        return ring.say(400)
    except RefusedError as error:
        phone.detail(1, f"a NOTIFY is refused: {error.what} ({error.why})")
        return ring.say(403)
    except RingbackError as error:
        phone.detail(1, f"a NOTIFY fails: {error}")
        return ring.say(500)


def _options(ring: Ring) -> Response:
    told = (("Accept", "application/sdp, text/xml"), ("Allow-Events", EVENTS))
    return ring.say(200, *_ALLOW, *told)


def _call(ring: Ring) -> Response:
    return ring.say(486)


def _bye(ring: Ring) -> Response:
    return ring.say(481)


def _notify(ring: Ring) -> Response:
    asked = notice.read(ring.request.get("Event"))
    if asked is None:
        return ring.say(489, ("Allow-Events", EVENTS))
    if asked.guarded and ring.line.guarded:
        challenges = ring.gate.check(ring.request, ring.line.lock, ring.now)
        if challenges:
            return ring.say(401, *challenges)
    _DEEDS[asked.deed](ring, asked)
    return ring.say(200)


_METHODS: Mapping[str, Callable[[Ring], Response]] = {
    "NOTIFY": _notify,
    "OPTIONS": _options,
    "INVITE": _call,
    "BYE": _bye,
}


# What is done about an event


def _resync(ring: Ring, asked: Notice) -> None:
    ring.phone.request(asked.rule or None, ring.now, host=ring.peer.host, sip=True)


def _report(ring: Ring, asked: Notice) -> None:
    del asked
    ring.phone.report(ring.now)


def _reboot(ring: Ring, asked: Notice) -> None:
    _restart_with(ring, asked, resync=True)


def _restart(ring: Ring, asked: Notice) -> None:
    """Warm: only where a restart resyncs anyway."""
    _restart_with(ring, asked, resync=ring.phone.identity.model.traits.restart_resyncs)


def _restart_with(ring: Ring, asked: Notice, *, resync: bool) -> None:
    if asked.at_once:
        ring.phone.start(ring.now, Reason.SIP, resync=resync)
    else:
        ring.phone.want(Restart(Reason.SIP, resync), ring.now)


def _page(ring: Ring, asked: Notice) -> None:
    """A URL to look at, or a Cisco XML object to execute.

    Raises:
        MessageError: neither; a URL followed by a line end is none (S22).
        RefusedError: the phone takes no objects, or one of its items.
    """
    del asked
    phone, body = ring.phone, ring.request.body
    if not may_execute(phone):
        raise RefusedError("the phone takes no XML objects", why=f"{ENABLE} is No")
    if not body.lstrip().startswith((b"<", b"XML=")):
        look.visit(phone, look.url_in(body), ring.now)
        return
    for url in execute.read(body):
        why = obey(phone, url, ring.now, host=ring.peer.host)
        if why:
            raise RefusedError(f"the item {url[:60]!r} is not executed", why=why)


def _nothing(ring: Ring, asked: Notice) -> None:
    """Taken note of."""
    del ring, asked


_DEEDS: Mapping[Deed, Callable[[Ring, Notice], None]] = {
    Deed.RESYNC: _resync,
    Deed.REPORT: _report,
    Deed.REBOOT: _reboot,
    Deed.RESTART: _restart,
    Deed.PAGE: _page,
    Deed.NOTHING: _nothing,
}
