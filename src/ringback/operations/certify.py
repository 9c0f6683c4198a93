"""Certify: found an authority, give servers and phones their certificates, renew, revoke.

One ``Registrar`` does it at one moment: the vault, the time and the source of random bytes are
handed in. Whatever is issued is recorded before it is handed out, so that it can be revoked.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ringback.certificate import authority as authorities
from ringback.certificate import key, revocation, subject
from ringback.certificate.authority import Authority, Issued, Stamp
from ringback.certificate.certificate import Certificate
from ringback.certificate.chain import Purpose, dates, day
from ringback.certificate.form import serial_text
from ringback.certificate.key import PrivateKey
from ringback.certificate.pair import Pair
from ringback.certificate.request import Hosts, Request, server_name
from ringback.certificate.revocation import RevocationList, Revoked
from ringback.certificate.roster import Phone
from ringback.certificate.vault import DEVICES, SERVERS, Vault, read_pair
from ringback.errors import NotFoundError, RefusedError, UsageError

_DAY: Final = 86400
_SERIAL_BYTES: Final = 20
ROOT_NAME: Final = "Ringback Root CA"


class Status(StrEnum):
    """How a certificate stands."""

    VALID = "valid"
    EXPIRED = "expired"
    EARLY = "not yet valid"
    REVOKED = "revoked"
    REPLACED = "replaced"


@dataclass(frozen=True, slots=True)
class Founding:
    """What a new authority is to be."""

    name: str = ROOT_NAME
    organization: str = ""
    kind: key.Kind = key.Kind.RSA_2048
    intermediate: bool = False
    days: int = authorities.ROOT_DAYS


@dataclass(frozen=True, slots=True)
class Standing:
    """One certificate on record, and how it stands."""

    certificate: Certificate
    status: Status
    name: str


@dataclass(frozen=True, slots=True)
class Registrar:
    """Acts on one vault at one moment (``now``, POSIX seconds)."""

    vault: Vault
    now: float
    random: Callable[[int], bytes]
    secret: bytes | None = None
    """The passphrase of the authority's key, if it has one."""

    def found(self, wanted: Founding) -> tuple[Certificate, ...]:
        """Make an authority: the issuing certificate first, the root last.

        Raises:
            RefusedError: when there is one already.
        """
        top = authorities.root(
            wanted.name, key.make(wanted.kind), self._stamp(wanted.days),
            organization=wanted.organization,
        )  # fmt: skip
        issuing = self._intermediate(top, wanted) if wanted.intermediate else None
        lists = [self._list(each, (), 1) for each in (issuing, top) if each]
        with self.vault.locked():
            self.vault.found(top, issuing, b"".join(each.pem() for each in lists), self.secret)
        return self.vault.certificates()

    def _intermediate(self, top: Authority, wanted: Founding) -> Authority:
        days = min(wanted.days, authorities.INTERMEDIATE_DAYS)
        name = (
            wanted.name.replace("Root", "Issuing")
            if "Root" in wanted.name
            else f"{wanted.name} Issuing"
        )
        return authorities.intermediate(
            top, name, key.make(wanted.kind), self._stamp(days), organization=wanted.organization
        )

    def certify_server(
        self,
        hosts: Hosts,
        *,
        kind: key.Kind = key.Kind.RSA_2048,
        days: int = authorities.SERVER_DAYS,
        organization: str = "",
    ) -> Pair:
        """A pair for a server; kept, and put where ``serve`` finds it."""
        authority = self.vault.open(self.secret)
        private = key.make(kind)
        name = server_name(hosts, organization=organization)
        made = authorities.server(authority, private.public, hosts, name, self._stamp(days))
        with self.vault.locked():
            made_pair = self._keep(SERVERS, hosts.common, private, made, authority)
            self.vault.install(made_pair)
        return made_pair

    def certify_phone(
        self,
        phone: Phone,
        authority: Authority,
        *,
        kind: key.Kind = key.Kind.RSA_2048,
        days: int = authorities.DEVICE_DAYS,
    ) -> Pair:
        """A pair for one phone, with the subject its generation has from the factory."""
        private = key.make(kind)
        name = subject.compose(phone.model, phone.mac, phone.serial)
        made = authorities.device(authority, private.public, name, self._stamp(days))
        with self.vault.locked():
            return self._keep(DEVICES, str(phone.mac), private, made, authority)

    def has_valid(self, phone: Phone, lists: Sequence[RevocationList]) -> bool:
        """Whether a phone has a pair already that names it, is in date and was not revoked."""
        path = self.vault.pair_file(DEVICES, str(phone.mac))
        if not path.is_file():
            return False
        mine = read_pair(path).certificate
        named = mine.subject == subject.compose(phone.model, phone.mac, phone.serial)
        return named and self._status(mine, lists) is Status.VALID

    def sign(
        self,
        request: Request,
        *,
        purpose: Purpose = Purpose.SERVER,
        legacy: bool = False,
        days: int = authorities.SERVER_DAYS,
    ) -> tuple[Issued, tuple[Certificate, ...]]:
        """Answer a request: the certificate, and the chain to send along."""
        authority = self.vault.open(self.secret)
        made = authorities.sign(
            authority, request, self._stamp(days), purpose=purpose, legacy=legacy
        )
        with self.vault.locked():
            self.vault.record(made.certificate)
        return made, authority.below_root

    def renew(self, name: str, *, days: int = 0, new_key: bool = False) -> Pair:
        """New dates for the pair of a device (by MAC) or server; ``days`` 0 takes the usual.

        Raises:
            NotFoundError: when nothing was issued by that name.
            RefusedError: when another authority issued it, or it was revoked.
        """
        shelf, path = self.vault.find_pair(name)
        old = read_pair(path)
        if self._status(old.certificate, self.vault.lists()) is Status.REVOKED:
            what = f"{old.certificate} was revoked"
            raise RefusedError(what, remedy="issue a new one instead: ringback cert issue")
        authority = self.vault.open(self.secret)
        private = key.make(_kind_of(old.key)) if new_key else old.key
        usual = authorities.DEVICE_DAYS if shelf == DEVICES else authorities.SERVER_DAYS
        made = authorities.renew(
            authority, old.certificate, private.public, self._stamp(days or usual)
        )
        with self.vault.locked():
            kept = self._keep(shelf, path.stem, private, made, authority)
            if shelf == SERVERS and self._serves(old.certificate):
                self.vault.install(kept)
        return kept

    def _serves(self, certificate: Certificate) -> bool:
        path = self.vault.server_file
        return path.is_file() and read_pair(path).certificate == certificate

    def revoke(self, certificate: Certificate, *, reason: str = "unspecified") -> Revoked:
        """Put a certificate of this authority on its revocation list.

        Raises:
            RefusedError: when another authority issued it, it was revoked before, or the clock
                stands before the list was signed.
            UsageError: for a reason RFC 5280 does not know.
        """
        if reason not in revocation.REASONS or reason == "removeFromCRL":
            known = ", ".join(sorted(set(revocation.REASONS) - {"removeFromCRL"}))
            raise UsageError(f"unknown reason {reason!r}", remedy=f"one of {known}")
        authority = self._issuer_of(certificate)
        with self.vault.locked():
            lists = self.vault.lists()
            mine = next(each for each in lists if each.issuer == certificate.issuer)
            self._acceptable(certificate, mine)
            entry = Revoked(certificate.serial, self.now, reason)
            renewed = self._list(authority, (*mine.entries(), entry), (mine.number or 0) + 1)
            self.vault.keep_lists(tuple(renewed if each is mine else each for each in lists))
        return entry

    def _acceptable(self, certificate: Certificate, mine: RevocationList) -> None:
        before = mine.find(certificate.serial)
        if before is not None:
            what = f"{certificate} was revoked before, on {day(before.when)}"
            raise RefusedError(what, remedy="nothing to do")
        if int(self.now) < mine.this_update:
            what = (
                f"the revocation list was signed on {day(mine.this_update)}; it is {day(self.now)}"
            )
            raise RefusedError(what, remedy="check this clock")

    def _issuer_of(self, certificate: Certificate) -> Authority:
        mine, *above = self.vault.certificates()
        if certificate.signed_by(mine) and certificate != mine:
            return self.vault.open(self.secret)
        if above and certificate == mine:
            return self.vault.open_root(self.secret)
        what = f"{certificate} was not issued by {mine}"
        raise RefusedError(what, remedy="revoke it where it was issued")

    def refresh_lists(self) -> tuple[RevocationList, ...]:
        """Sign the issuing authority's list anew, with nothing changed but its dates."""
        authority = self.vault.open(self.secret)
        with self.vault.locked():
            lists = tuple(
                self._list(authority, each.entries(), (each.number or 0) + 1)
                if each.issuer == authority.certificate.subject
                else each
                for each in self.vault.lists()
            )
            self.vault.keep_lists(lists)
        return lists

    def find(self, wanted: str) -> Certificate:
        """A certificate on record by MAC, server name or serial number (hex).

        Raises:
            NotFoundError: when there is none.
        """
        try:
            return read_pair(self.vault.find_pair(wanted)[1]).certificate
        except NotFoundError:
            plain = wanted.replace(":", "").upper().lstrip("0")
            for each in self.vault.issued():
                if serial_text(each.serial).lstrip("0") == plain:
                    return each
            raise

    def standings(self) -> tuple[Standing, ...]:
        """Everything on record, by expiry; a certificate with a younger twin is *replaced*."""
        lists = self.vault.lists()
        youngest: dict[bytes, Certificate] = {}
        known = [*self.vault.certificates(), *self.vault.issued()]
        for each in known:
            twin = youngest.setdefault(_identity(each), each)
            if each.not_after > twin.not_after:
                youngest[_identity(each)] = each
        rows = (self._standing(each, lists, youngest[_identity(each)]) for each in known)
        return tuple(sorted(rows, key=lambda row: row.certificate.not_after))

    def _standing(
        self, certificate: Certificate, lists: Sequence[RevocationList], youngest: Certificate
    ) -> Standing:
        status = self._status(certificate, lists)
        if status is Status.VALID and youngest is not certificate:
            status = Status.REPLACED
        who = subject.bearer(certificate.subject)
        name = str(who.mac) if who and who.mac else next(iter(certificate.common_names), "")
        return Standing(certificate, status, name)

    def _status(self, certificate: Certificate, lists: Sequence[RevocationList]) -> Status:
        for each in lists:
            if each.issuer == certificate.issuer and each.find(certificate.serial):
                return Status.REVOKED
        for problem in dates(certificate, self.now):
            return Status(problem.kind.value)
        return Status.VALID

    def due(self, days: int) -> Iterator[str]:
        """Names of pairs that expire within ``days`` and were not revoked."""
        lists = self.vault.lists()
        for _, path in self.vault.pairs():
            mine = read_pair(path).certificate
            near = mine.not_after - self.now < days * _DAY
            if near and self._status(mine, lists) is not Status.REVOKED:
                yield path.stem

    def _keep(
        self, shelf: str, name: str, private: PrivateKey, made: Certificate, issuer: Authority
    ) -> Pair:
        self.vault.record(made)
        kept = Pair(private, made, issuer.below_root)
        self.vault.keep_pair(shelf, name, kept)
        return kept

    def _stamp(self, days: int) -> Stamp:
        return Stamp(authorities.serial_of(self.random(_SERIAL_BYTES)), self.now, days)

    def _list(self, by: Authority, entries: Sequence[Revoked], number: int) -> RevocationList:
        by.ready(self.now)
        return revocation.make(
            by.certificate, by.key, entries, number=number, now=self.now, days=authorities.LIST_DAYS
        )


def first_start(registrar: Registrar, hosts: Hosts) -> tuple[str, ...]:
    """See to it that there is something to serve HTTPS with; says what was made, if anything.

    An authority is founded if there is none, and a server pair made if none is installed.
    """
    made: list[str] = []
    vault = registrar.vault
    if vault.server_file.is_file():
        return ()
    if not vault.exists:
        root = registrar.found(Founding())[-1]
        made.append(f"made the authority {root} ({vault.trust_file})")
    served = registrar.certify_server(hosts).certificate
    made.append(f"made a server certificate for {hosts.common}, until {day(served.not_after)}")
    return tuple(made)


def _identity(certificate: Certificate) -> bytes:
    return certificate.issuer.public_bytes() + b"\0" + certificate.subject.public_bytes()


def _kind_of(private: PrivateKey) -> key.Kind:
    """The kind to make a successor of: the same, or RSA 2048 where we make no such kind."""
    spelt = str(private)
    kinds = {"RSA 3072": key.Kind.RSA_3072, "ECDSA secp256r1": key.Kind.ECDSA_P256,
             "ECDSA secp384r1": key.Kind.ECDSA_P384}  # fmt: skip
    return kinds.get(spelt, key.Kind.RSA_2048)
