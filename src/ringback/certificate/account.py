"""An account, in plain words, of anything a PEM file may hold; and what a phone would say to it.

A private key is described by its kind and by the fingerprint of its public half, never by a byte
of itself.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from ringback.certificate import acceptance, chain, form, hostname, key, request, revocation
from ringback.certificate import certificate as certificates
from ringback.certificate.certificate import Certificate, spell
from ringback.certificate.chain import Kind, Problem, day
from ringback.certificate.key import PrivateKey
from ringback.certificate.pem import Block
from ringback.certificate.request import Request
from ringback.certificate.revocation import RevocationList
from ringback.certificate.subject import bearer
from ringback.cisco.handshake import HANDSHAKES, CheckedNames, Handshake
from ringback.cisco.model import Generation
from ringback.errors import CertificateError

_DAY: Final = 86400
Thing = Certificate | Request | RevocationList | PrivateKey | None


@dataclass(frozen=True, slots=True)
class Account:
    """What one block is; ``thing`` is None when it stays closed (a locked key) or is unknown."""

    what: str
    where: str
    facts: tuple[tuple[str, str], ...]
    thing: Thing = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What phones of one generation would say to a server that shows this."""

    generation: Generation
    problems: tuple[Problem, ...]
    condition: str = ""
    """What the phone must be given for its yes to hold."""

    @property
    def yes(self) -> bool:
        """Whether they would accept it."""
        return not self.problems


def give(block: Block, now: float, secret: bytes | None = None) -> Account:
    """Open a block and tell what it is.

    Raises:
        CertificateError: when it is damaged.
        RefusedError: when a passphrase was given that does not open it.
    """
    where = str(block.place)
    if block.label in key.LABELS:
        return _key(block, where, secret)
    thing = _open(block)
    if isinstance(thing, Certificate):
        return Account(_sort_of(thing), where, tuple(_certificate(thing, now)), thing)
    if isinstance(thing, Request):
        return Account("a signing request", where, tuple(_request(thing)), thing)
    if isinstance(thing, RevocationList):
        return Account("a revocation list", where, tuple(_list(thing, now)), thing)
    return Account(f"{block.label.lower()}: nothing TLS here would use", where, ())


def _open(block: Block) -> Certificate | Request | RevocationList | None:
    if block.label in certificates.LABELS:
        return certificates.open_block(block)
    if block.label in request.LABELS:
        return request.open_block(block)
    if block.label == revocation.LABEL:
        return revocation.open_block(block)
    return None if block.label else _open_der(block)


def _open_der(block: Block) -> Certificate | Request | RevocationList:
    """DER says nothing of what it is: it is what it can be read as."""
    with suppress(CertificateError):
        return request.open_block(block)
    with suppress(CertificateError):
        return revocation.open_block(block)
    return certificates.open_block(block)


def _key(block: Block, where: str, secret: bytes | None) -> Account:
    if key.encrypted(block) and secret is None:
        return Account("a private key, locked with a passphrase", where, ())
    opened = key.read(block, secret)
    facts = [("kind", str(opened)), ("public half", f"SHA-256 {key.pin(opened.public)}")]
    weak = key.weakness(opened.public)
    return Account("a private key", where, (*facts, *([("weak", weak)] if weak else [])), opened)


def _sort_of(thing: Certificate) -> str:
    if thing.authority:
        return f"{'a root' if thing.self_signed else 'an'} authority's certificate"
    purposes = thing.purposes or ()
    for purpose, word in ((chain.Purpose.SERVER, "server"), (chain.Purpose.CLIENT, "client")):
        if chain.USAGE[purpose] in purposes:
            return f"a {word}'s certificate"
    return "a certificate"


def _certificate(thing: Certificate, now: float) -> Iterator[tuple[str, str]]:
    yield "names", str(thing)
    hosts = list(hostname.names(thing, CheckedNames.SAN))
    if hosts:
        yield "hosts", ", ".join(hosts[:20]) + (" …" if len(hosts) > 20 else "")
    phone = bearer(thing.subject)
    if phone:
        yield "phone", str(phone)
    yield "signed by", "itself" if thing.self_signed else form.name_or_none(thing.issuer)
    yield "valid", _dates(thing, now)
    yield "key", key.describe(thing.public)
    yield "signature", thing.digest.upper() or "EdDSA"
    if thing.purposes is not None:
        yield "for", form.purposes(thing.purposes)
    yield "serial", form.serial_text(thing.serial)
    yield "fingerprint", f"SHA-256 {thing.fingerprint}"
    for problem in chain.weaknesses(thing, anchor=thing.self_signed):
        yield "weak", problem.what
    for oddity in form.oddities(thing, leaf=not thing.authority):
        yield "odd", oddity


def _dates(thing: Certificate, now: float) -> str:
    span = f"{day(thing.not_before)} to {day(thing.not_after)}"
    if now < thing.not_before:
        return f"{span} (NOT YET)"
    left = int((thing.not_after - now) // _DAY)
    return f"{span} ({f'{left} days left' if now <= thing.not_after else 'EXPIRED'})"


def _request(thing: Request) -> Iterator[tuple[str, str]]:
    yield "asks for", spell(thing.subject) or "(no subject)"
    wanted = thing.alternatives
    if wanted is not None:
        yield "hosts", ", ".join(str(each.value) for each in wanted)
    yield "key", key.describe(thing.public)
    yield "signature", thing.digest.upper() or "EdDSA"
    yield "proof", "its own key signed it" if thing.proven else "NOT signed by its own key"
    yield "public half", f"SHA-256 {key.pin(thing.public)}"


def _list(thing: RevocationList, now: float) -> Iterator[tuple[str, str]]:
    yield "issued by", form.name_or_none(thing.issuer)
    yield "signed", day(thing.this_update)
    if thing.next_update is not None:
        yield "next", day(thing.next_update) + (" (OVERDUE)" if now > thing.next_update else "")
    yield "number", "none" if thing.number is None else str(thing.number)
    yield "holds", f"{len(thing)} revoked"


@dataclass(frozen=True, slots=True)
class Question:
    """What is shown to a phone: certificates, at a moment, under a host's name (may be empty)."""

    shown: tuple[Certificate, ...]
    now: float
    host: str = ""
    anchors: tuple[Certificate, ...] = ()
    """Whom the phone trusts; when empty the answer says whom it would have to."""


def answer(question: Question, generation: Generation) -> Answer:
    """What a generation says to the first server among what is shown, else to the authority."""
    leaf = next((each for each in question.shown if not each.authority), None)
    if leaf is None:
        problems = tuple(_as_authority(question.shown[0], question.now, HANDSHAKES[generation]))
        return Answer(generation, problems, "as its custom authority (Custom_CA_Rule)")
    verdict = acceptance.verify(
        leaf,
        handshake=HANDSHAKES[generation],
        now=question.now,
        host=question.host,
        anchors=question.anchors,
        others=[each for each in question.shown if each != leaf],
    )
    if question.anchors:
        return Answer(generation, verdict.problems)
    absent = (Kind.UNKNOWN, Kind.SELF_SIGNED)
    rest = tuple(each for each in verdict.problems if each.kind not in absent)
    whom = form.name_or_none(verdict.path[-1].issuer)
    return Answer(generation, rest, f"provided it trusts {whom}: built in, or by Custom_CA_Rule")


def _as_authority(thing: Certificate, now: float, handshake: Handshake) -> Iterator[Problem]:
    yield from chain.dates(thing, now)
    if not form.may_sign(thing, anchor=True):
        yield Problem(Kind.ISSUER, str(thing), "may not sign certificates")
    for problem in acceptance.tastes(thing, handshake):
        if problem.kind is not Kind.DIGEST or not thing.self_signed:
            yield problem
