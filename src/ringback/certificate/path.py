"""Ways from a certificate up to a trust anchor, shortest first (RFC 4158), within bounds.

Names, key identifiers and signatures must fit. Cross-signed authorities may form cycles, and a
bundle may hold a hundred certificates that all signed one another: every signature is checked at
most once, no certificate occurs twice on a way, and the search ends after a fixed number of steps.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from typing import Final

from cryptography.x509.oid import ExtensionOID

from ringback.certificate.certificate import Certificate

MOST_STEPS: Final = 400
LONGEST: Final = 12
Path = tuple[Certificate, ...]


class Search:
    """One search: ``complete`` ways end at an anchor; ``longest`` is the best of the others."""

    def __init__(self, others: Sequence[Certificate], anchors: Sequence[Certificate]) -> None:
        self._anchors = tuple(dict.fromkeys(anchors))
        known = set(self._anchors)
        self._candidates = (*self._anchors, *(c for c in dict.fromkeys(others) if c not in known))
        self._trusted = known
        self._signed: dict[tuple[bytes, bytes], bool] = {}
        self.longest: Path = ()

    def complete(self, leaf: Certificate) -> Iterator[Path]:
        """Ways from ``leaf`` to an anchor, shorter ones first."""
        waiting: deque[Path] = deque([(leaf,)])
        for _ in range(MOST_STEPS):
            if not waiting:
                return
            path = waiting.popleft()
            if len(path) > len(self.longest):
                self.longest = path
            if path[-1] in self._trusted:
                yield path
            elif len(path) < LONGEST:
                waiting.extend((*path, above) for above in self._above(path))

    def _above(self, path: Path) -> Iterator[Certificate]:
        child = path[-1]
        for parent in self._candidates:
            if parent not in path and self._fits(child, parent):
                yield parent

    def _fits(self, child: Certificate, parent: Certificate) -> bool:
        if child.issuer != parent.subject or not _same_key_id(child, parent):
            return False
        pair = (child.der(), parent.der())
        if pair not in self._signed:
            self._signed[pair] = len(self._signed) < MOST_STEPS and child.signed_by(parent)
        return self._signed[pair]


def _same_key_id(child: Certificate, parent: Certificate) -> bool:
    """False only when both name a key and the names differ."""
    wanted = child.extension(ExtensionOID.AUTHORITY_KEY_IDENTIFIER)
    mine = parent.extension(ExtensionOID.SUBJECT_KEY_IDENTIFIER)
    if wanted is None or mine is None or wanted.key_identifier is None:
        return True
    return bool(wanted.key_identifier == mine.digest)
