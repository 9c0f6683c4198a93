"""What TLS each generation speaks, and what it asks of a certificate; a family's table.

One row per trait, as in ``switches.py``: the value per generation and its source. ``S10``, ``S17``,
``F`` and so on refer to docs/sources.md; *inferred* marks what no source says. The same table
dresses the virtual phone's TLS and tells ``ringback cert check`` what a phone would accept.

Suites the firmware names but OpenSSL 3 no longer has (RC4, EXPORT) are left out: they cannot be
spoken today by either side.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from ringback.cisco.generation import Generation, Switch, tabulate


class Version(StrEnum):
    """Versions of TLS, oldest first."""

    TLS_1_0 = "1.0"
    TLS_1_1 = "1.1"
    TLS_1_2 = "1.2"
    TLS_1_3 = "1.3"


class CheckedNames(StrEnum):
    """Which names of a server's certificate a phone compares with the host it asked for."""

    CN = "CN"
    SAN = "SAN"
    BOTH = "SAN or CN"
    NONE = "no name"
    """``HTTPS_Name_Validate`` No (S5)."""


class SubjectShape(StrEnum):
    """How the subject of a factory certificate names its phone."""

    SPA = "OU product, L serial, ST MAC"
    MIC = "serialNumber PID and SN, CN product-SEPmac"


@dataclass(frozen=True, slots=True)
class Handshake:
    """How phones of one generation shake hands."""

    lowest: Version
    highest: Version
    ciphers: str
    """In OpenSSL's words; of TLS 1.2 and older."""
    names: CheckedNames
    digests: tuple[str, ...]
    """Digests a certificate may be signed with."""
    keys: tuple[str, ...]
    """Kinds of public key a server may have."""
    shortest_rsa: int
    """Bits."""
    subject: SubjectShape
    minimum: str
    """Name of the parameter that sets the oldest version; not every model has it."""


_SIPURA, _SPA, _ATA, _MPP, _OS = Generation
_OLD = "AES256-SHA:AES128-SHA"
_WITH_DHE = "DHE-RSA-AES256-SHA:AES256-SHA:DHE-RSA-AES128-SHA:AES128-SHA"
_MODERN = "DEFAULT"

SWITCHES: tuple[Switch, ...] = (
    Switch(
        "lowest",
        (Version.TLS_1_1, "C2 (TLS_Min_Version's default)"),
        {
            _SIPURA: (Version.TLS_1_0, "S10"),
            _SPA: (Version.TLS_1_0, "F"),
            _ATA: (Version.TLS_1_0, "inferred"),
            _OS: (Version.TLS_1_0, "S4 (choices of TLS_Client_Min_Version)"),
        },
    ),
    Switch(
        "highest",
        (Version.TLS_1_2, "S17 (its list of suites has none of TLS 1.3)"),
        {
            _SIPURA: (Version.TLS_1_0, "S10"),
            _SPA: (Version.TLS_1_0, "F"),
            _ATA: (Version.TLS_1_2, "inferred"),
            _OS: (Version.TLS_1_3, "inferred"),
        },
    ),
    Switch(
        "ciphers",
        (_MODERN, "S17"),
        {_SIPURA: (_WITH_DHE, "S10"), _SPA: (_OLD, "F"), _ATA: (_MODERN, "inferred")},
    ),
    Switch(
        "names",
        (CheckedNames.BOTH, "S17"),
        {
            _SIPURA: (CheckedNames.CN, "S10"),
            _SPA: (CheckedNames.CN, "S10,S17"),
            _ATA: (CheckedNames.SAN, "S5"),
        },
    ),
    Switch(
        "digests",
        (("sha1", "sha224", "sha256", "sha384", "sha512"), "S17; inferred for SHA-1"),
        {
            _SIPURA: (("md5", "sha1"), "inferred from S10"),
            _SPA: (("md5", "sha1", "sha256"), "S17 (sha256 from 7.5.6, SPA1xx 1.3.3)"),
            _ATA: (("sha1", "sha256", "sha384", "sha512"), "inferred"),
        },
    ),
    Switch(
        "keys",
        (("RSA", "ECDSA"), "S17"),
        {_SIPURA: (("RSA",), "S10"), _SPA: (("RSA",), "F"), _ATA: (("RSA",), "inferred")},
    ),
    Switch(
        "shortest_rsa",
        (1024, "inferred from OpenSSL 1.1.1's security level 1"),
        {_SIPURA: (512, "inferred"), _SPA: (512, "inferred")},
    ),
    Switch(
        "subject",
        (SubjectShape.MIC, "S24; inferred for 3PCC"),
        {
            _SIPURA: (SubjectShape.SPA, "F"),
            _SPA: (SubjectShape.SPA, "S12"),
            _ATA: (SubjectShape.SPA, "inferred"),
        },
    ),
    Switch(
        "minimum",
        ("TLS_Min_Version", "C2"),
        {_OS: ("TLS_Client_Min_Version", "S4; inferred that it takes the other's place")},
    ),
)

HANDSHAKES: Mapping[Generation, Handshake] = tabulate(Handshake, SWITCHES)
