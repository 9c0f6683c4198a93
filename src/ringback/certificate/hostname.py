"""Whether a server's certificate names the host a phone asked for (RFC 9525, and the phones).

A wildcard stands for one whole leftmost label and never for a name of fewer than three labels.
Phones of the SPA kind read the CN only, which may go on after a slash
(``prov.example.com/anything``); MPP phones read subjectAltName and the CN; ATAs subjectAltName.
A name that is no host name at all (embedded blanks, empty labels, a ``*`` in the middle) matches
nothing.
"""

import ipaddress
import re
from collections.abc import Iterator

from ringback.certificate.certificate import Certificate
from ringback.cisco.handshake import CheckedNames

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_LONGEST = 253


def address_of(text: str) -> Address | None:
    """An IP address, with or without the brackets of a URL; None for a name."""
    try:
        return ipaddress.ip_address(text.removeprefix("[").removesuffix("]"))
    except ValueError:
        return None


def well_formed(name: str, *, wildcard: bool = False) -> bool:
    """Whether ``name`` can be a DNS name; with ``wildcard`` its first label may be ``*``."""
    labels = name.lower().removesuffix(".").split(".")
    if len(name) > _LONGEST or address_of(name):
        return False
    if wildcard and labels[0] == "*":
        labels = labels[1:]
    return bool(labels) and all(_LABEL.fullmatch(label) for label in labels)


def stands_for(pattern: str, host: str) -> bool:
    """Whether one DNS name of a certificate stands for ``host`` (a DNS name)."""
    mine, asked = pattern.lower().removesuffix("."), host.lower().removesuffix(".")
    if not well_formed(mine, wildcard=True) or not well_formed(asked):
        return False
    if not mine.startswith("*."):
        return mine == asked
    _, _, rest = asked.partition(".")
    return rest == mine[2:] and "." in rest


def common_host(text: str) -> str:
    """The host a CN begins with: ``prov.example.com/rack 7`` names ``prov.example.com``."""
    return text.partition("/")[0].strip()


def names(certificate: Certificate, checked: CheckedNames) -> Iterator[str]:
    """Every host and address a phone finds in a certificate, as text."""
    yield from (certificate.dns_names if checked is not CheckedNames.CN else ())
    yield from (str(each) for each in _addresses(certificate, checked))
    yield from (each for each in _common(certificate, checked) if not address_of(each))


def _common(certificate: Certificate, checked: CheckedNames) -> Iterator[str]:
    if checked is not CheckedNames.SAN:
        yield from (common_host(each) for each in certificate.common_names)


def _addresses(certificate: Certificate, checked: CheckedNames) -> Iterator[Address]:
    """Addresses that are named as such; one spelt out as a DNS name does not count (RFC 5280)."""
    yield from (certificate.addresses if checked is not CheckedNames.CN else ())
    yield from filter(None, map(address_of, _common(certificate, checked)))


def covers(certificate: Certificate, host: str, checked: CheckedNames) -> bool:
    """Whether the certificate names ``host``, a DNS name or an IP address."""
    if checked is CheckedNames.NONE:
        return True
    wanted = address_of(host)
    if wanted is not None:
        return wanted in _addresses(certificate, checked)
    return any(stands_for(each, host) for each in names(certificate, checked))
