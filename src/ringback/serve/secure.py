"""HTTPS: which pair is served, whose clients are believed, and who a client is.

On the first start without a pair of one's own, an authority and a server certificate are made, so
that HTTPS works at once; the authority's certificate is published for ``Custom_CA_Rule``. Files
are looked at again when they change: a new pair serves from the next handshake on, a bad one is
one line in the log and the old pair goes on.
"""

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from zlib import crc32

from ringback import clock
from ringback.certificate import certificate as certificates
from ringback.certificate import pair as pairs
from ringback.certificate.authority import LIST_NAME
from ringback.certificate.certificate import Certificate
from ringback.certificate.chain import Kind
from ringback.certificate.inspection import Inspection, believe
from ringback.certificate.kept import Kept
from ringback.certificate.pair import Pair
from ringback.certificate.pem import read as read_pem
from ringback.certificate.policy import STRICT, Clients, Legacy, Policy
from ringback.certificate.request import Hosts
from ringback.certificate.revocation import RevocationList
from ringback.certificate.subject import SHAPES, Shape
from ringback.certificate.vault import Vault, read_bytes, read_pair
from ringback.errors import RingbackError, UsageError
from ringback.files.root import File
from ringback.operations.certify import Registrar, first_start
from ringback.settings import Listening, Serve

CA_NAME = "ringback-ca.pem"
"""What the authority's certificate is called on every transport."""
_PEM, _LIST = "application/x-pem-file", "application/pkix-crl"


class Security:
    """Everything the HTTPS listeners share. ``notes`` are lines for the person who starts it."""

    def __init__(self, settings: Serve, state: Path) -> None:
        self._settings = settings
        self._shapes = (*SHAPES, *(Shape.parse(each) for each in settings.certificate_shapes))
        self._vault = Vault(state)
        self.notes: list[str] = []
        if (settings.tls_cert is None) != (settings.tls_key is None) and settings.tls_key:
            raise UsageError("--tls-key without --tls-cert", remedy="name both files")
        if settings.tls_cert is None:
            registrar = Registrar(self._vault, clock.now(), clock.random_bytes)
            self.notes += first_start(registrar, Hosts.parse(own_names(settings.https)))
        self.pair = self._read_pair()
        self.notes += self._complaints()
        self._kept: list[tuple[Listening, Kept]] = []
        self._lists = self._read_lists()
        self.published: dict[str, File] = {}
        """Our authority's certificate and its revocation list, as files of the root."""
        self._publish()
        self._inspections: dict[Legacy, Inspection] = {}
        self._marks = self._look()

    def keep(self, listening: Listening) -> Kept:
        """The TLS of one listener.

        Raises:
            UsageError: when clients are asked and there is no authority to trust.
        """
        policy = Policy(listening.clients, listening.legacy)
        kept = Kept(self._read_pair, policy, self._anchors(listening))
        self._kept.append((listening, kept))
        self._marks = self._look()
        return kept

    def inspection(self, listening: Listening | None) -> Inspection:
        """How certificates are looked at on one listener (None: those a proxy hands on)."""
        legacy = listening.legacy if listening else STRICT
        if legacy not in self._inspections:
            ours = self._vault.certificates() if self._vault.exists else ()
            self._inspections[legacy] = Inspection(legacy, ours, self._lists, self._shapes)
        return self._inspections[legacy]

    def _publish(self) -> None:
        if self._vault.exists:
            root = read_bytes(self._vault.trust_file)
            self.published[CA_NAME] = _as_file(CA_NAME, root, _PEM)
        if self._lists:
            self.published[LIST_NAME] = _as_file(LIST_NAME, self._lists[0].der(), _LIST)

    def refresh(self) -> Iterator[str]:
        """Read again what has changed on disk; lines for the log."""
        marks = self._look()
        if marks == self._marks:
            return
        self._marks = marks
        try:
            self._lists = self._read_lists()
            self._inspections.clear()
            self._publish()
        except RingbackError as error:
            yield f"warning the revocation list was not taken, the old one holds: {error}"
        yield from self._refresh_anchors()
        try:
            changed = [kept for _, kept in self._kept if kept.reload()]
            self.pair = self._read_pair()
        except RingbackError as error:
            yield f"warning the certificate was not taken, the old one is served: {error}"
            return
        if changed:
            yield f"https serves {self.pair.certificate} from now on"
            yield from self._complaints()

    def _refresh_anchors(self) -> Iterator[str]:
        try:
            for listening, kept in self._kept:
                if kept.believe(self._anchors(listening)):
                    yield f"https {listening} believes clients of other authorities from now on"
        except RingbackError as error:
            yield f"warning the authorities were not taken, the old ones are believed: {error}"

    def _anchors(self, listening: Listening) -> tuple[Certificate, ...]:
        if listening.clients is Clients.NONE:
            return ()
        named = listening.authorities or self._settings.client_ca
        found = [each for path in named for each in _certificates(path)]
        if not listening.authorities and self._vault.exists:
            found += self._vault.certificates()
        return tuple(dict.fromkeys(found))

    def _read_pair(self) -> Pair:
        cert, key = self._settings.tls_cert, self._settings.tls_key
        if cert is None:
            return read_pair(self._vault.server_file)
        files = dict.fromkeys(path for path in (cert, key) if path)
        blocks = [each for path in files for each in read_pem(read_bytes(path), name=str(path))]
        return pairs.assemble(blocks)

    def _read_lists(self) -> tuple[RevocationList, ...]:
        """Our authority's revocation lists, believed."""
        if not self._vault.exists:
            return ()
        return believe(self._vault.lists(), self._vault.certificates())

    def _complaints(self) -> Iterator[str]:
        """What is wrong with the pair we are to serve; a phone would refuse it."""
        for problem in pairs.examine(self.pair, now=clock.now()).problems:
            if problem.kind not in (Kind.UNKNOWN, Kind.SELF_SIGNED):
                yield f"warning: {problem}"

    def _look(self) -> tuple[tuple[int, ...], ...]:
        """What the files look like from outside."""
        settings, vault = self._settings, self._vault
        named = (settings.tls_cert, settings.tls_key, *settings.client_ca)
        others = (path for listening, _ in self._kept for path in listening.authorities)
        ours = (vault.server_file, vault.lists_file, vault.trust_file)
        watched = [path for path in (*named, *others, *ours) if path]
        return tuple(_mark(path) for path in watched)


def _as_file(name: str, data: bytes, kind: str) -> File:
    return File(data, f'"{crc32(data):08x}"', clock.now(), name, kind)


def _mark(path: Path) -> tuple[int, ...]:
    try:
        status = os.stat(path)  # noqa: PTH116 (one call)
    except OSError:
        return ()
    # With the time of its last chmod: what could not be read may be readable now.
    return status.st_ino, status.st_mtime_ns, status.st_ctime_ns, status.st_size


def _certificates(path: Path) -> tuple[Certificate, ...]:
    return certificates.read(read_bytes(path), name=str(path))


def own_names(listeners: tuple[Listening, ...]) -> list[str]:
    """Names a phone could reach this machine by: its full name first, then its addresses."""
    full = socket.getfqdn()
    names = [full] if "." in full.strip(".") and not full.endswith(".arpa") else []
    for each in listeners:
        host = each.address.host
        names.append(host if host not in ("0.0.0.0", "::") else outward_address())  # noqa: S104
    return list(dict.fromkeys([*names, "localhost", "127.0.0.1", "::1"]))


def outward_address(family: socket.AddressFamily = socket.AF_INET) -> str:
    """Our address on the way to the world; nothing is sent to find out."""
    far = "192.0.2.1" if family == socket.AF_INET else "2001:db8::1"
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((far, 9))
        except OSError:
            return "127.0.0.1" if family == socket.AF_INET else "::1"
        name: str = probe.getsockname()[0]
        return name
