"""What a trusted proxy says of its client: address, scheme, and the certificate it verified.

A proxy that ends TLS must hand on what the handshake proved. It does so in headers, and a header
is worth as much as whoever wrote it. So:

* Only a peer among ``proxies`` is listened to. The same headers from anybody else are ignored,
  and named, so that the log can say who tried.
* Only the headers named in the settings are read. A proxy that overwrites ``X-SSL-Client-Cert``
  passes ``Client-Cert`` on as its client sent it, and one that appends to ``X-Forwarded-For``
  does the same with ``Forwarded``.
* Two of one kind mean that the proxy added its own beside the client's: none is believed.
* A certificate counts as verified when the proxy says ``SUCCESS`` in the verification header,
  letter for letter (``FAILED:…`` and Apache's ``GENEROUS`` come with a certificate, too).
* A certificate for a client that the proxy itself heard over plain HTTP is a header it forgot to
  overwrite there: not believed.

Nothing here raises for what a header holds: what cannot be read is left out, and ``complaint``
says so. RFC 7239, RFC 9440.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from ringback.errors import MessageError, UsageError
from ringback.http.certificate_header import read_certificate
from ringback.http.hops import Hop, client_of, read_forwarded, read_list
from ringback.http.networks import NOBODY, Networks

MOST_HOPS: Final = 8
VERIFIED: Final = "SUCCESS"
SCHEMES: Final = frozenset(("http", "https"))
_LONGEST_WORD: Final = 200
_READERS: Final[Mapping[str, Callable[[str, int], tuple[Hop, ...]]]] = {
    "": lambda _text, _most: (),
    "x-forwarded-for": read_list,
    "x-real-ip": lambda text, _most: read_list(text, 1),
    "forwarded": read_forwarded,
}


class Forwarded(NamedTuple):
    """Who asks, as far as we and the proxies we trust can tell.

    A named tuple for the reason ``Request`` is one.
    """

    address: str
    scheme: str
    certificate: bytes | None = None
    """DER of what the client showed; it proves nothing unless ``verified``."""
    verified: bool = False
    """The proxy checked the certificate against its authorities."""
    verdict: str = ""
    """What the proxy said of the check, for the log."""
    ignored: tuple[str, ...] = ()
    """Names of headers that only a proxy may send, and that another sent."""
    complaint: str = ""
    """What was wrong in a trusted proxy's headers, for the log; the proxy wants mending."""

    @property
    def proven(self) -> bytes | None:
        """DER of a certificate that may be believed."""
        return self.certificate if self.verified else None

    @property
    def warning(self) -> str:
        """What the log should say of these headers, once a minute and peer; empty mostly."""
        if self.ignored:
            return f"{' and '.join(self.ignored)} from no trusted proxy: ignored"
        return self.complaint


@dataclass(frozen=True, slots=True)
class Trust:
    """Whose word is taken about clients, and in which headers. Names in any case; "" for none."""

    proxies: Networks = NOBODY
    certificate_header: str = ""
    verify_header: str = "X-SSL-Client-Verify"
    """Empty for a proxy that sends a certificate only when it has verified it (RFC 9440)."""
    address_header: str = "X-Forwarded-For"
    scheme_header: str = "X-Forwarded-Proto"
    """Not read with ``Forwarded``, which says it itself."""
    hops: int = 1
    """Proxies in a row: so many entries are read from the right, never one more."""

    def __post_init__(self) -> None:
        if self.address_header.lower() not in _READERS:
            raise UsageError(
                f"clients' addresses are not read from {self.address_header!r}",
                remedy="X-Forwarded-For, X-Real-IP or Forwarded",
            )
        if not 1 <= self.hops <= MOST_HOPS:
            raise UsageError(f"{self.hops} proxies in a row", remedy=f"1 to {MOST_HOPS}")
        names = [each.lower() for each in self._names if each]
        if len(set(names)) < len(names):
            raise UsageError("two of the proxy's headers have one name", remedy="name them apart")
        for name in names:
            if not name.replace("-", "").isalnum() or not name.isascii():
                raise UsageError(
                    f"not a header name: {name!r}",
                    remedy="letters, digits and hyphens (a name with _ never arrives)",
                )

    @property
    def _names(self) -> tuple[str, ...]:
        evidence = (self.certificate_header, self.verify_header if self.certificate_header else "")
        return (*evidence, self.address_header, self.scheme_header)

    def read(self, peer: str, scheme: str, headers: Mapping[bytes, bytes]) -> Forwarded:
        """Who asks. ``peer`` and ``scheme`` are the connection's own.

        ``headers`` has names in lower case, and repeats joined by a comma, as in ``Request``.
        """
        if peer not in self.proxies:
            claims = self._claims(headers) if self.certificate_header else ()
            return Forwarded(peer, scheme, ignored=claims)
        hop, complaint = self._hop(headers)
        said, wrong = self._scheme(hop, headers)
        address = hop.address if hop and hop.address else peer
        found = Forwarded(address, said or scheme, complaint=complaint or wrong)
        return self._with_certificate(found, said, headers) if self.certificate_header else found

    def _claims(self, headers: Mapping[bytes, bytes]) -> tuple[str, ...]:
        """Evidence that only a proxy may give. Addresses are left out: some clients send those."""
        return tuple(name for name in self._names[:2] if name and _key(name) in headers)

    def _hop(self, headers: Mapping[bytes, bytes]) -> tuple[Hop | None, str]:
        text = _text(headers, self.address_header)
        if not text:
            return None, ""
        try:
            hops = _READERS[self.address_header.lower()](text, self.hops)
        except MessageError as error:
            return None, str(error)
        hop = client_of(hops, self.proxies)
        hidden = hop is None or not hop.address
        return hop, f"{self.address_header} names no address: {_word(text)}" if hidden else ""

    def _scheme(self, hop: Hop | None, headers: Mapping[bytes, bytes]) -> tuple[str, str]:
        """What the proxy heard the client speak; empty when it does not say."""
        if self.address_header.lower() == "forwarded":
            said = hop.scheme if hop else ""
        else:
            said = _text(headers, self.scheme_header).rpartition(",")[2].strip(" \t").lower()
        if not said or said in SCHEMES:
            return said, ""
        return "", f"not a scheme from the proxy: {_word(said)}"

    def _with_certificate(
        self, found: Forwarded, said: str, headers: Mapping[bytes, bytes]
    ) -> Forwarded:
        try:
            der = read_certificate(headers.get(_key(self.certificate_header), b""))
        except MessageError as error:
            return found._replace(complaint=f"{self.certificate_header}: {error}")
        if der is None:
            return found
        if said == "http":
            what = f"{self.certificate_header} for a client without TLS: overwrite it there, too"
            return found._replace(complaint=what)
        verdict = _text(headers, self.verify_header) if self.verify_header else VERIFIED
        return found._replace(
            certificate=der, verified=verdict == VERIFIED, verdict=_word(verdict) or "not said"
        )


def _key(name: str) -> bytes:
    return name.lower().encode("ascii")


def _text(headers: Mapping[bytes, bytes], name: str) -> str:
    return headers.get(_key(name), b"").strip(b" \t").decode("latin-1")


def _word(text: str) -> str:
    """Somebody's text, short and printable."""
    return "".join(each if each.isprintable() else "?" for each in text[:_LONGEST_WORD])
