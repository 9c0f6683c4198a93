"""Name constraints (RFC 5280 §4.2.1.10): which names an authority may sign for.

Every name below a constrained authority is compared: subjectAltName, the subject itself, and a
CN that reads as a host when there is no subjectAltName (phones would look at it). A wildcard is
taken for any name it could stand for, so ``*.example.com`` falls to an exclusion of
``bar.example.com`` (CVE-2025-61727). A constraint on a kind of name we cannot compare refuses
every name of that kind. Work is bounded: names times constraints, not seconds.
"""

import ipaddress
from collections.abc import Iterator, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.x509.oid import ExtensionOID

from ringback.certificate.certificate import Certificate, attributes
from ringback.certificate.hostname import common_host, well_formed

MOST_COMPARISONS: Final = 1 << 18


def violations(path: Sequence[Certificate]) -> Iterator[str]:
    """What the authorities of a path forbid; ``path`` runs from the leaf to its anchor."""
    for above, authority in enumerate(path):
        limits = authority.extension(ExtensionOID.NAME_CONSTRAINTS)
        if limits is None or above == 0:
            continue
        for below in range(above):
            subject = path[below]
            if below and subject.self_issued:
                continue
            complaint = _complaint(limits, subject)
            if complaint:
                yield f"{authority} may not sign for {complaint}"


def _complaint(limits: x509.NameConstraints, subject: Certificate) -> str:
    permitted, excluded = limits.permitted_subtrees or [], limits.excluded_subtrees or []
    found = list(_names(subject))
    if len(found) * (len(permitted) + len(excluded)) > MOST_COMPARISONS:
        return f"{len(found)} names: too many to compare"
    for name in found:
        kind = type(name)
        mine = [each for each in permitted if type(each) is kind]
        if any(_inside(name, each, doubt=True) for each in excluded if type(each) is kind):
            return f"{_text(name)}: it is excluded"
        if mine and not any(_inside(name, each, doubt=False) for each in mine):
            return f"{_text(name)}: it is outside of what is permitted"
    return ""


def _text(name: x509.GeneralName) -> str:
    return str(getattr(name, "value", name))[:80]


def _names(certificate: Certificate) -> Iterator[x509.GeneralName]:
    alternatives = certificate.extension(ExtensionOID.SUBJECT_ALTERNATIVE_NAME)
    if alternatives is not None:
        yield from alternatives
    else:
        hosts = (common_host(each) for each in certificate.common_names)
        yield from (x509.DNSName(each) for each in hosts if "." in each and well_formed(each))
        for label, value in attributes(certificate.subject):
            if label == "emailAddress" and value.isascii():
                yield x509.RFC822Name(value)
    if len(certificate.subject):
        yield x509.DirectoryName(certificate.subject)


def _inside(name: x509.GeneralName, limit: x509.GeneralName, *, doubt: bool) -> bool:
    """Whether a name lies in a subtree; ``doubt`` is the answer where it might."""
    compare = _COMPARE.get(type(name))
    return compare(name.value, limit.value, doubt) if compare else doubt


def _dns(name: str, limit: str, doubt: bool) -> bool:
    wild = name.startswith("*.")
    host, tree = name.lower().removeprefix("*.").removesuffix("."), limit.lower().removesuffix(".")
    if not well_formed(host) or (tree and not well_formed(tree)):
        return doubt
    if _under(host, tree):
        return True
    return doubt and wild and _under(tree, host)


def _under(host: str, tree: str) -> bool:
    return not tree or host == tree or host.endswith(f".{tree}")


def _mail(name: str, limit: str, doubt: bool) -> bool:
    local, at, host = name.rpartition("@")
    if not (at and local and host):
        return doubt
    if "@" in limit:
        mailbox, _, domain = limit.rpartition("@")
        return local == mailbox and host.lower() == domain.lower()
    if limit.startswith("."):
        return host.lower().endswith(limit.lower())
    return host.lower() == limit.lower()


def _address(name: Any, limit: Any, doubt: bool) -> bool:
    if not isinstance(limit, ipaddress.IPv4Network | ipaddress.IPv6Network):
        return doubt
    return name.version == limit.version and name in limit


def _directory(name: x509.Name, limit: x509.Name, doubt: bool) -> bool:  # noqa: ARG001 (one shape)
    wanted = list(limit.rdns)
    return list(name.rdns)[: len(wanted)] == wanted


def _uri(name: str, limit: str, doubt: bool) -> bool:
    try:
        host = urlsplit(name).hostname or ""
    except ValueError:
        return doubt
    if not well_formed(host):
        return doubt
    return host.endswith(limit.lower()) if limit.startswith(".") else host == limit.lower()


_COMPARE: Final[dict[type[x509.GeneralName], Any]] = {
    x509.DNSName: _dns,
    x509.RFC822Name: _mail,
    x509.IPAddress: _address,
    x509.DirectoryName: _directory,
    x509.UniformResourceIdentifier: _uri,
}
