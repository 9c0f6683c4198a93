"""What web browsers ask of a certificate beyond RFC 5280 (CA/Browser Forum, TLS BR 2).

Phones do not. It matters to whoever opens the served pages in a browser, and ``ringback cert
check`` says so. Public suffixes are known by custom only (``co.uk``, ``com.au`` and the like):
the list itself changes weekly and is not carried.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID

from ringback.certificate.certificate import Certificate

_ANY: Final = ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE.dotted_string
_SECOND_LEVEL: Final = frozenset({"ac", "co", "com", "edu", "gov", "mil", "net", "org"})


def complaints(path: Sequence[Certificate]) -> Iterator[str]:
    """What a browser dislikes in a chain, leaf first, as the end of a sentence on the leaf."""
    yield from _leaf(path[0])
    yield from (_root(path[-1]) if len(path) > 1 else ())
    for each in path:
        if isinstance(each.public, rsa.RSAPublicKey) and each.public.key_size % 8:
            yield f"hangs on an RSA key of {each.public.key_size} bits, no multiple of 8 ({each})"


def _leaf(leaf: Certificate) -> Iterator[str]:
    names = (*leaf.dns_names, *(str(each) for each in leaf.addresses))
    for common in leaf.common_names:
        if common not in names:
            yield f"has the CN {common!r}, which is not among its subjectAltNames to the letter"
    if leaf.authority:
        yield "is an authority where a server belongs"
    if leaf.purposes is None:
        yield "does not say what it is for (extendedKeyUsage)"
    elif _ANY in leaf.purposes:
        yield "claims to be for anything (anyExtendedKeyUsage)"
    alternatives = leaf.extensions.get(ExtensionOID.SUBJECT_ALTERNATIVE_NAME.dotted_string)
    if alternatives is None:
        yield "has no subjectAltName"
    elif alternatives.critical and len(leaf.subject):
        yield "has a critical subjectAltName beside a subject"
    for name in leaf.dns_names:
        if _too_wide(name):
            yield f"claims {name}, everything under a public suffix"


def _too_wide(name: str) -> bool:
    """Whether a wildcard covers a whole registry: ``*.com``, ``*.co.uk``."""
    wild, _, rest = name.partition(".")
    labels = rest.split(".")
    if wild != "*" or len(labels) > 2:
        return wild == "*" and not rest
    return len(labels) == 1 or (labels[0] in _SECOND_LEVEL and len(labels[1]) == 2)


def _root(root: Certificate) -> Iterator[str]:
    if not root.self_issued:
        return
    if root.purposes is not None:
        yield f"hangs on a root that limits what it is for ({root})"
    said = root.extension(ExtensionOID.AUTHORITY_KEY_IDENTIFIER)
    if said is None:
        return
    mine = root.extension(ExtensionOID.SUBJECT_KEY_IDENTIFIER)
    if said.authority_cert_issuer or said.authority_cert_serial_number is not None:
        yield f"hangs on a root whose authorityKeyIdentifier names an issuer ({root})"
    if mine is None or said.key_identifier != mine.digest:
        yield f"hangs on a root whose authorityKeyIdentifier is not its own key ({root})"
