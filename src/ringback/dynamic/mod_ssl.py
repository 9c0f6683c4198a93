"""The variables that Apache's mod_ssl sets with ``SSLOptions +StdEnvVars +ExportCertData``.

Names, spelling and order of names are those of Apache 2.4, so that a script written for it runs
here unchanged. ``_ST`` is the state and ``_S`` the surname. The subject of the certificate is
``_S_DN``; ``_I_DN`` is whoever issued it, and says the same of every phone.

Left out, because Python's ``ssl`` does not tell: the client's other certificates
(SSL_CLIENT_CERT_CHAIN_n) unless the listener knows them.
"""

import base64
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from ringback.dynamic import distinguished_name
from ringback.dynamic.asked import Evidence
from ringback.dynamic.der import UTC_TIME, Attribute, Element, Fields, read
from ringback.errors import CertificateError

Variables = tuple[tuple[str, str], ...]

TAGS: Final = {
    "2.5.4.6": "C",
    "2.5.4.8": "ST",
    "2.5.4.7": "L",
    "2.5.4.10": "O",
    "2.5.4.11": "OU",
    "2.5.4.3": "CN",
    "2.5.4.12": "T",
    "2.5.4.43": "I",
    "2.5.4.42": "G",
    "2.5.4.4": "S",
    "2.5.4.13": "D",
    "0.9.2342.19200300.100.1.1": "UID",
    "1.2.840.113549.1.9.1": "Email",
    "2.5.4.5": "SerialNumber",
}
_ALGORITHMS: Final = {
    "1.2.840.113549.1.1.1": "rsaEncryption",
    "1.2.840.113549.1.1.10": "rsassaPss",
    "1.2.840.113549.1.1.2": "md2WithRSAEncryption",
    "1.2.840.113549.1.1.4": "md5WithRSAEncryption",
    "1.2.840.113549.1.1.5": "sha1WithRSAEncryption",
    "1.2.840.113549.1.1.14": "sha224WithRSAEncryption",
    "1.2.840.113549.1.1.11": "sha256WithRSAEncryption",
    "1.2.840.113549.1.1.12": "sha384WithRSAEncryption",
    "1.2.840.113549.1.1.13": "sha512WithRSAEncryption",
    "1.2.840.10040.4.1": "dsaEncryption",
    "1.2.840.10040.4.3": "dsaWithSHA1",
    "2.16.840.1.101.3.4.3.2": "dsa_with_SHA256",
    "1.2.840.10045.2.1": "id-ecPublicKey",
    "1.2.840.10045.4.1": "ecdsa-with-SHA1",
    "1.2.840.10045.4.3.2": "ecdsa-with-SHA256",
    "1.2.840.10045.4.3.3": "ecdsa-with-SHA384",
    "1.2.840.10045.4.3.4": "ecdsa-with-SHA512",
    "1.3.101.112": "ED25519",
    "1.3.101.113": "ED448",
}
_EMAIL, _DNS = 0x81, 0x82
_ALTERNATIVES: Final = {_EMAIL: "SAN_Email", _DNS: "SAN_DNS"}
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun",
                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")  # fmt: skip
_DAY: Final = 86_400
_TIME = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})([0-9]{2})Z")
"""A date with four digits for the year; ``strptime`` takes five times as long."""


def variables(evidence: Evidence, now: float) -> dict[str, str]:
    """Everything about one connection; ``now`` in POSIX seconds, for SSL_CLIENT_V_REMAIN."""
    found = {"HTTPS": "on", **_connection(evidence)}
    if evidence.server:
        found |= _certificate("SSL_SERVER", evidence.server)
    if evidence.client:
        fields = _read(evidence.client)
        found |= _certificate("SSL_CLIENT", evidence.client)
        found["SSL_CLIENT_V_REMAIN"] = str(_days(fields.not_after, now))
        found["SSL_CLIENT_CERT_RFC4523_CEA"] = _assertion(fields)
    for number, der in enumerate(evidence.chain):
        found[f"SSL_CLIENT_CERT_CHAIN_{number}"] = pem(der)
    return found


def _connection(evidence: Evidence) -> dict[str, str]:
    bits = evidence.bits
    found = {
        "SSL_TLS_SNI": evidence.sni,
        "SSL_VERSION_INTERFACE": "Ringback",
        "SSL_VERSION_LIBRARY": "/".join(evidence.software.split()[:2]),
        "SSL_PROTOCOL": evidence.protocol,
        "SSL_SECURE_RENEG": "true",
        "SSL_COMPRESS_METHOD": "NULL",
        "SSL_CIPHER": evidence.cipher,
        "SSL_CIPHER_EXPORT": "true" if bits < 56 else "false",
        "SSL_CIPHER_USEKEYSIZE": str(bits),
        "SSL_CIPHER_ALGKEYSIZE": str(168 if "DES-CBC3" in evidence.cipher else bits),
        "SSL_CLIENT_VERIFY": evidence.verdict,
        "SSL_SESSION_ID": evidence.session.hex(),
        "SSL_SESSION_RESUMED": "Resumed" if evidence.resumed else "Initial",
    }
    return {name: text for name, text in found.items() if text}


@lru_cache(maxsize=1024)
def _read(der: bytes) -> Fields:
    """A phone shows the same certificate every time."""
    return read(der)


@lru_cache(maxsize=1024)
def _certificate(prefix: str, der: bytes) -> dict[str, str]:
    """What does not depend on the time of day."""
    fields = _read(der)
    found = {
        f"{prefix}_M_VERSION": str(fields.version),
        f"{prefix}_M_SERIAL": serial_text(fields.serial),
        f"{prefix}_V_START": time_text(fields.not_before),
        f"{prefix}_V_END": time_text(fields.not_after),
        f"{prefix}_S_DN": distinguished_name.whole(fields.subject),
        f"{prefix}_I_DN": distinguished_name.whole(fields.issuer),
        f"{prefix}_A_KEY": _ALGORITHMS.get(fields.key, "UNKNOWN"),
        f"{prefix}_A_SIG": _ALGORITHMS.get(fields.signature, "UNKNOWN"),
        f"{prefix}_CERT": pem(der),
        **dict(components(f"{prefix}_S_DN_", fields.subject)),
        **dict(components(f"{prefix}_I_DN_", fields.issuer)),
        **dict(_alternatives(prefix, fields.alternatives)),
    }
    return {name: text for name, text in found.items() if text}


def components(prefix: str, name: Sequence[Attribute]) -> Iterator[tuple[str, str]]:
    """Each component under its tag; the second of a kind as ``OU_1``, the third as ``OU_2``."""
    seen: Counter[str] = Counter()
    for each in name:
        tag = TAGS.get(each.oid)
        if tag:
            number = seen[tag]
            seen[tag] += 1
            numbered = f"{tag}_{number}" if number else tag
            yield prefix + numbered, distinguished_name.value(each.value)


def _alternatives(prefix: str, names: Sequence[Element]) -> Iterator[tuple[str, str]]:
    seen: Counter[int] = Counter()
    for each in names:
        if each.tag in _ALTERNATIVES:
            yield (
                f"{prefix}_{_ALTERNATIVES[each.tag]}_{seen[each.tag]}",
                distinguished_name.value(each),
            )
            seen[each.tag] += 1


def serial_text(number: int) -> str:
    """A serial number in upper-case hex, in whole bytes; of a negative one the minus is kept."""
    digits = f"{abs(number):X}"
    return f"{'-' if number < 0 else ''}{digits.zfill(len(digits) + len(digits) % 2)}"


def time_text(element: Element) -> str:
    """``Nov  3 09:00:00 2026 GMT``."""
    when = _time(element)
    return (
        f"{_MONTHS[when.month - 1]} {when.day:2d} "
        f"{when.hour:02d}:{when.minute:02d}:{when.second:02d} {when.year} GMT"
    )


def _time(element: Element) -> datetime:
    text = element.content.decode("latin-1")
    if element.tag == UTC_TIME:
        text = ("19" if text[:2] >= "50" else "20") + text
    found = _TIME.fullmatch(text)
    year, month, day, hour, minute, second = map(int, found.groups()) if found else [0] * 6
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError as error:
        raise CertificateError(f"its date {text[:32]!r} cannot be read") from error


def _days(end: Element, now: float) -> int:
    """Whole days left; none when it is over."""
    return max(0, int((_time(end).timestamp() - int(now)) // _DAY))


def _assertion(fields: Fields) -> str:
    issuer = distinguished_name.whole(fields.issuer, ascii_only=True)
    return f'{{ serialNumber {fields.serial}, issuer rdnSequence:"{issuer}" }}'


def pem(der: bytes) -> str:
    """A certificate as PEM."""
    text = base64.b64encode(der).decode("ascii")
    lines = [text[at : at + 64] for at in range(0, len(text), 64)]
    return "\n".join(("-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----", ""))
