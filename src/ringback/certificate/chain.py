"""Whether a certificate proves what it says: chain, dates, purpose, name and our own list.

Every complaint is a value of its own kind with one plain sentence, so that the caller decides
what to forgive (an expired factory certificate, SHA-1 of 2009) and a person learns what to do.

The cryptography library's verifier is the second opinion in our tests, not the judge here: it
refuses SHA-1, RSA 1024 and certificates without subjectAltName unconditionally, all of which old
phones carry, and its reasons cannot be told to a person. The rules are RFC 5280 §6; *form* holds
what the RFC forbids and OpenSSL lets pass. ``browser`` adds what web browsers ask.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from itertools import pairwise
from typing import Final

from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID

from ringback.certificate import constraint, form, hostname, key
from ringback.certificate.certificate import Certificate
from ringback.certificate.path import Path, Search
from ringback.certificate.revocation import RevocationList
from ringback.cisco.handshake import CheckedNames
from ringback.errors import RefusedError

WEAK_DIGESTS: Final = frozenset({"md5", "sha1", "md2"})
_DAY: Final = 86400


class Kind(StrEnum):
    """What can be wrong."""

    EXPIRED = "expired"
    EARLY = "not yet valid"
    NAME = "wrong name"
    PURPOSE = "wrong purpose"
    REVOKED = "revoked"
    STALE = "stale revocation list"
    SELF_SIGNED = "self-signed"
    UNKNOWN = "unknown authority"
    ISSUER = "not an authority"
    DEPTH = "chain too long"
    CONSTRAINT = "name not permitted"
    KEY = "weak key"
    DIGEST = "weak digest"
    CRITICAL = "unknown critical extension"
    FORM = "odd form"
    BROWSER = "not for browsers"


class Purpose(StrEnum):
    """What a certificate is to prove."""

    SERVER = "a server"
    CLIENT = "a client"


USAGE: Final = {
    Purpose.SERVER: ExtendedKeyUsageOID.SERVER_AUTH.dotted_string,
    Purpose.CLIENT: ExtendedKeyUsageOID.CLIENT_AUTH.dotted_string,
}
_ANY: Final = ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE.dotted_string


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong: whose it is, what, and what to do."""

    kind: Kind
    who: str
    what: str
    remedy: str = ""

    def __str__(self) -> str:
        return f"{self.who} {self.what}"


@dataclass(frozen=True, slots=True)
class Policy:
    """What is asked of a chain. ``now`` is POSIX seconds."""

    now: float
    purpose: Purpose | None = None
    host: str = ""
    checked: CheckedNames = CheckedNames.SAN
    depth: int = 8
    """The most intermediate authorities, not counting those that signed themselves over."""
    handshake: bool = True
    """Whether the leaf's keyUsage, where it has one, must allow a TLS handshake."""
    forgive: frozenset[Kind] = frozenset()
    further: tuple[Callable[[Path], Iterable[str]], ...] = ()
    """More rules (``browser.complaints``); what they say is of the kind BROWSER."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The chain that was judged, leaf first, and what is wrong with it."""

    path: Path
    problems: tuple[Problem, ...]
    forgiven: tuple[Problem, ...] = field(default=())

    @property
    def accepted(self) -> bool:
        """Nothing is wrong that was not forgiven."""
        return not self.problems

    def insist(self) -> None:
        """Do nothing if the chain is accepted.

        Raises:
            RefusedError: with the first problem.
        """
        if self.problems:
            first = self.problems[0]
            raise RefusedError(str(first), who=first.who, why=first.kind.value, remedy=first.remedy)


def verify(
    leaf: Certificate,
    *,
    policy: Policy,
    anchors: Sequence[Certificate],
    others: Sequence[Certificate] = (),
    lists: Sequence[RevocationList] = (),
) -> Verdict:
    """Judge ``leaf``: the first chain without a problem counts, else the one with the fewest."""
    search = Search(others, anchors)
    best: Verdict | None = None
    for path in search.complete(leaf):
        verdict = _sort(path, _judge(path, policy, lists), policy)
        if verdict.accepted:
            return verdict
        if best is None or len(verdict.problems) < len(best.problems):
            best = verdict
    if best is None:
        path = search.longest
        best = _sort(path, [_no_anchor(path), *_judge(path, policy, lists)], policy)
    return best


def _sort(path: Path, problems: Iterable[Problem], policy: Policy) -> Verdict:
    found = tuple(dict.fromkeys(problems))
    return Verdict(
        path,
        tuple(each for each in found if each.kind not in policy.forgive),
        tuple(each for each in found if each.kind in policy.forgive),
    )


def _no_anchor(path: Path) -> Problem:
    top = path[-1]
    if top.self_signed:
        what = "signed itself and is not among the trusted authorities"
        return Problem(Kind.SELF_SIGNED, str(top), what, f"trust it: fingerprint {top.fingerprint}")
    what = f"was signed by {form.name_or_none(top.issuer)}, which is not known here"
    return Problem(Kind.UNKNOWN, str(top), what, "add that authority's certificate")


def _judge(path: Path, policy: Policy, lists: Sequence[RevocationList]) -> Iterator[Problem]:
    for certificate in path:
        yield from dates(certificate, policy.now)
    yield from _purpose(path, policy.purpose, handshake=policy.handshake)
    yield from _host(path[0], policy)
    yield from _issuers(path, policy.depth)
    for each in constraint.violations(path):
        yield Problem(Kind.CONSTRAINT, str(path[0]), f"is refused: {each}")
    yield from _revoked(path, lists, policy.now)
    for index, certificate in enumerate(path):
        yield from weaknesses(certificate, anchor=index > 0 and index == len(path) - 1)
        for what in form.unknown_critical(certificate):
            yield Problem(Kind.CRITICAL, str(certificate), what)
        for what in form.oddities(certificate, leaf=index == 0):
            yield Problem(Kind.FORM, str(certificate), what)
    for rule in policy.further:
        yield from (Problem(Kind.BROWSER, str(path[0]), what) for what in rule(path))


def day(seconds: float) -> str:
    """A moment for people, in UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def dates(certificate: Certificate, now: float) -> Iterator[Problem]:
    """EXPIRED or EARLY, if it is; certificates count in whole seconds."""
    if int(now) > certificate.not_after:
        ago = int((now - certificate.not_after) // _DAY)
        what = f"expired on {day(certificate.not_after)}, {ago} days ago"
        yield Problem(Kind.EXPIRED, str(certificate), what, "renew it, or check this clock")
    if int(now) < certificate.not_before:
        what = f"is not valid before {day(certificate.not_before)}; it is {day(now)} here"
        yield Problem(Kind.EARLY, str(certificate), what, "check this clock")


def weaknesses(certificate: Certificate, *, anchor: bool = False) -> Iterator[Problem]:
    """KEY and DIGEST, if so; nobody relies on an anchor's own signature."""
    weak = key.weakness(certificate.public)
    if weak:
        yield Problem(Kind.KEY, str(certificate), f"has a weak key: {weak}", "a new key")
    if certificate.digest in WEAK_DIGESTS and not anchor:
        what = f"is signed with {certificate.digest.upper()}, which is forged today"
        yield Problem(Kind.DIGEST, str(certificate), what, "have it signed with SHA-256")


def _purpose(path: Path, purpose: Purpose | None, *, handshake: bool) -> Iterator[Problem]:
    if purpose is None:
        return
    for certificate in path:
        allowed = certificate.purposes
        if allowed is not None and not {USAGE[purpose], _ANY} & set(allowed):
            what = f"may not prove {purpose}: it is for {form.purposes(allowed)}"
            yield Problem(Kind.PURPOSE, str(certificate), what, "another certificate")
    usage = path[0].extension(ExtensionOID.KEY_USAGE)
    if not handshake or usage is None:
        return
    if not form.handshakes(usage, server=purpose is Purpose.SERVER):
        what = f"may not prove {purpose}: its keyUsage allows no TLS handshake"
        yield Problem(Kind.PURPOSE, str(path[0]), what, "another certificate")


def _host(leaf: Certificate, policy: Policy) -> Iterator[Problem]:
    if not policy.host or hostname.covers(leaf, policy.host, policy.checked):
        return
    has = ", ".join(list(hostname.names(leaf, policy.checked))[:8]) or "nothing"
    what = f"does not name {policy.host}; by {policy.checked} it names {has}"
    yield Problem(Kind.NAME, str(leaf), what, f"one that names {policy.host}")


def _issuers(path: Path, depth: int) -> Iterator[Problem]:
    below = 0
    for index, certificate in enumerate(path[1:], start=1):
        if not form.may_sign(certificate, anchor=index == len(path) - 1):
            what = f"is not allowed to sign certificates, yet signed {path[index - 1]}"
            yield Problem(Kind.ISSUER, str(certificate), what, "a certificate of an authority")
        limits = certificate.extension(ExtensionOID.BASIC_CONSTRAINTS)
        if limits is not None and limits.path_length is not None and below > limits.path_length:
            what = f"allows {limits.path_length} authorities below it; there are {below}"
            yield Problem(Kind.DEPTH, str(certificate), what)
        below += 0 if certificate.self_issued else 1
    between = sum(1 for each in path[1:-1] if not each.self_issued)
    between -= _repeats(path[1:-1])
    if between > depth:
        what = f"has {between} authorities above it; {depth} are allowed"
        yield Problem(Kind.DEPTH, str(path[0]), what)


def _repeats(between: Sequence[Certificate]) -> int:
    """Intermediates of the same name in a row count once: one logical authority, rolled over."""
    pairs = pairwise(between)
    return sum(1 for low, high in pairs if not low.self_issued and low.subject == high.subject)


def _revoked(path: Path, lists: Sequence[RevocationList], now: float) -> Iterator[Problem]:
    for child, parent in pairwise(path):
        for each in lists:
            if each.issuer == child.issuer and each.signed_by(parent):
                yield from _on_list(child, parent, each, now)


def _on_list(
    child: Certificate, parent: Certificate, each: RevocationList, now: float
) -> Iterator[Problem]:
    usage = parent.extension(ExtensionOID.KEY_USAGE)
    if usage is not None and not usage.crl_sign:
        yield Problem(Kind.ISSUER, str(parent), "is not allowed to sign a revocation list")
    if each.number is None:
        yield Problem(Kind.FORM, str(parent), "has a revocation list without a number")
    if each.next_update is not None and now > each.next_update:
        what = f"has a revocation list that was due to be renewed on {day(each.next_update)}"
        yield Problem(Kind.STALE, str(parent), what, "sign the list anew")
    found = each.find(child.serial)
    if found is not None and found.reason != "removeFromCRL":
        what = f"was revoked on {day(found.when)} ({found.reason})"
        yield Problem(Kind.REVOKED, str(child), what, "issue a new one")


def anchors_among(certificates: Iterable[Certificate]) -> tuple[Certificate, ...]:
    """Those that signed themselves: the roots of a bundle."""
    return tuple(each for each in certificates if each.self_signed)
