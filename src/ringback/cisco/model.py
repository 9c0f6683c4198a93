"""What each model is: its generation, lines and load, and the switches where generations differ.

Generations disagree, and so do the vendor's own guides. Every disagreement is one row of
``SWITCHES``: a trait, its value per generation, and the source of each value. A source key
(``S2``, ``C3``, ``F``) refers to docs/sources.md; the word *inferred* marks what no source says.
No code anywhere asks "is this an SPA?": it asks the model for a trait.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import StrEnum
from typing import Any

from ringback.errors import NotFoundError


class Generation(StrEnum):
    """Families whose firmware behaves alike."""

    SIPURA = "Sipura"
    SPA = "SPA"
    ATA = "ATA"
    MPP = "MPP"
    PHONEOS = "PhoneOS"


class Empty(StrEnum):
    """What an element without a value does to the parameter."""

    CLEAR = "clear"
    KEEP = "keep"
    DEFAULT = "default"


class MissingAccess(StrEnum):
    """What an element without a ``ua`` attribute does to the user's access."""

    KEEP = "keep"
    DEFAULT = "default"


class ZeroRetry(StrEnum):
    """What ``Resync_Error_Retry_Delay`` 0 means."""

    NEVER = "never"
    IMMEDIATELY = "immediately"


class TriggerRole(StrEnum):
    """What ``Resync_Trigger_1/2`` do when a timer expires."""

    VETO = "veto"
    CAUSE = "cause"


class ForcedResync(StrEnum):
    """What ``Forced_Resync_Delay`` means for a resync that calls put off."""

    AFTER_IDLE = "so long after the last call"
    AT_MOST = "so long at most, calls or not"


class AgentStyle(StrEnum):
    """The shape of the User-Agent line."""

    SLASH = "vendor/product-load (MAC)(serial)"
    VERSION = "$VERSION ($MA)"


@dataclass(frozen=True, slots=True)
class Traits:
    """How phones of one generation behave where generations differ."""

    empty_element: Empty
    """What ``<X></X>`` (or only white space) does."""
    bare_element: Empty
    """What ``<X/>`` does."""
    missing_access: MissingAccess
    preserve_value: bool
    """Whether ``preserve-value="y"`` keeps what the user has set."""
    random_delay_unit: int
    """Seconds per unit of ``Resync_Random_Delay``."""
    zero_retry: ZeroRetry
    at_delay_minimum: int
    """Smaller values of ``Resync_At_Random_Delay`` count as this many seconds."""
    retry_delay_default: str
    trigger_role: TriggerRole
    forced_resync: ForcedResync
    restart_resyncs: bool
    """Whether a restart that a profile caused counts for ``Resync_On_Reset``."""
    details_to_syslog: bool
    """Whether lines of ``Debug_Level`` go to ``Syslog_Server`` when no ``Debug_Server`` is set."""
    syslog_timestamps: bool
    """Whether syslog lines carry a timestamp, and after it what ``Syslog_Identifier`` says."""
    log_request: str
    log_success: str
    log_failure: str
    """Names of the three parameters that hold the resync log formats."""
    log_success_default: str
    admin_password: str
    """Name of the parameter that holds the administrator's password."""
    config_page: str
    """Name of the page that shows the running configuration."""
    key_digests: tuple[str, ...]
    """Digests of EVP_BytesToKey that open an encrypted profile, in the order tried."""
    content_encryption: bool
    """Whether RFC 8188 aes128gcm is understood."""
    agent_style: AgentStyle
    default_rule: str
    """``Profile_Rule`` of a factory-fresh phone."""
    pages_realm: str
    """Realm of the digest challenge of the phone's own pages; ``{user}`` is admin or user."""
    basic_pages: bool
    """Whether those pages take Basic credentials beside Digest."""
    bare_actions: bool
    """Whether ``/resync?`` and ``/upgrade?`` do what they do under ``/admin``."""
    config_groups: bool
    """Whether the page of the running configuration tells tabs and sections, and Info too."""
    xml_root: str
    """Outer element of the running configuration; empty when there is none."""


@dataclass(frozen=True, slots=True)
class Switch:
    """One trait: its value and source per generation. ``rest`` serves those not listed."""

    trait: str
    rest: tuple[Any, str]
    but: Mapping[Generation, tuple[Any, str]] = field(default_factory=dict)

    def row(self, generation: Generation) -> tuple[Any, str]:
        """The value and its source for one generation."""
        return self.but.get(generation, self.rest)


_SIPURA, _SPA, _ATA, _MPP, _OS = Generation
_REQUEST = "$PN $MAC -- Requesting resync $SCHEME://$SERVIP:$PORT$PATH"
_SUCCESS = "$PN $MAC -- Successful resync $SCHEME://$SERVIP:$PORT$PATH"
_FAILURE = "$PN $MAC -- Resync failed: $ERR"
LOG_REQUEST_DEFAULT, LOG_FAILURE_DEFAULT = _REQUEST, _FAILURE
_LONG_RETRY = "60,120,240,480,960,1920,3840,7680,15360,30720,61440,86400"

SWITCHES: tuple[Switch, ...] = (
    Switch("empty_element", (Empty.CLEAR, "S2,S10"), {_SIPURA: (Empty.DEFAULT, "S14")}),
    Switch(
        "bare_element",
        (Empty.CLEAR, "S2 (first of two bullets that disagree)"),
        {
            _SIPURA: (Empty.DEFAULT, "S14"),
            _SPA: (Empty.KEEP, "S10"),
            _ATA: (Empty.KEEP, "inferred"),
        },
    ),
    Switch(
        "missing_access",
        (MissingAccess.KEEP, "S7,S8"),
        {
            _SIPURA: (MissingAccess.DEFAULT, "inferred"),
            _SPA: (MissingAccess.DEFAULT, "S11"),
        },
    ),
    Switch(
        "preserve_value",
        (True, "S7"),
        {_SIPURA: (False, "inferred"), _SPA: (False, "inferred"), _ATA: (False, "inferred")},
    ),
    Switch("random_delay_unit", (20, "S4,S5"), {_SIPURA: (1, "S13")}),
    Switch(
        "zero_retry",
        (ZeroRetry.NEVER, "S1,S4,S5"),
        {_SIPURA: (ZeroRetry.NEVER, "S13"), _SPA: (ZeroRetry.IMMEDIATELY, "S10,S12")},
    ),
    Switch(
        "at_delay_minimum",
        (600, "S4"),
        {_SIPURA: (0, "inferred"), _SPA: (0, "inferred"), _ATA: (0, "S5")},
    ),
    Switch("retry_delay_default", ("3600", "S5,S9"), {_OS: (_LONG_RETRY, "S4")}),
    Switch(
        "trigger_role",
        (TriggerRole.VETO, "S2,S4"),
        {
            _SIPURA: (TriggerRole.CAUSE, "inferred"),
            _SPA: (TriggerRole.CAUSE, "S5,S10"),
            _ATA: (TriggerRole.CAUSE, "S5"),
        },
    ),
    Switch(
        "forced_resync",
        (ForcedResync.AFTER_IDLE, "S4,S5 (S9 has the other for one model)"),
        {
            _SIPURA: (ForcedResync.AT_MOST, "S13"),
            _SPA: (ForcedResync.AFTER_IDLE, "inferred from S5"),
        },
    ),
    Switch(
        "restart_resyncs",
        (True, "S4"),
        {
            _SIPURA: (False, "inferred"),
            _SPA: (False, "inferred"),
            _ATA: (False, "S5"),
        },
    ),
    Switch(
        "details_to_syslog",
        (True, "inferred: later releases have no Debug_Server (C2)"),
        {
            _SIPURA: (False, "S13"),
            _SPA: (False, "inferred"),
            _ATA: (False, "inferred"),
        },
    ),
    Switch(
        "syslog_timestamps",
        (True, "S4"),
        {
            _SIPURA: (False, "inferred"),
            _SPA: (False, "inferred"),
            _ATA: (False, "inferred"),
        },
    ),
    Switch(
        "log_request",
        ("Log_Request_Msg", "S1,S4"),
        {
            _SIPURA: ("Log_Resync_Request_Msg", "S13"),
            _SPA: ("Log_Resync_Request_Msg", "C2,C3"),
            _ATA: ("Log_Resync_Request_Msg", "S5"),
        },
    ),
    Switch(
        "log_success",
        ("Log_Success_Msg", "S1,S4"),
        {
            _SIPURA: ("Log_Resync_Success_Msg", "S13"),
            _SPA: ("Log_Resync_Success_Msg", "C2,C3"),
            _ATA: ("Log_Resync_Success_Msg", "S5"),
        },
    ),
    Switch(
        "log_failure",
        ("Log_Failure_Msg", "S1,S4"),
        {
            _SIPURA: ("Log_Resync_Failure_Msg", "S13"),
            _SPA: ("Log_Resync_Failure_Msg", "C2,C3"),
            _ATA: ("Log_Resync_Failure_Msg", "S5"),
        },
    ),
    Switch("log_success_default", (_SUCCESS, "S4,F"), {_ATA: (_SUCCESS + " -- $ERR", "S5")}),
    Switch(
        "admin_password",
        ("Admin_Password", "S4"),
        {
            _SIPURA: ("Admin_Passwd", "C3"),
            _SPA: ("Admin_Passwd", "C2,C3"),
            _ATA: ("Admin_Passwd", "C2"),
        },
    ),
    Switch(
        "config_page",
        ("cfg.xml", "S19"),
        {
            _SIPURA: ("spacfg.xml", "inferred"),
            _SPA: ("spacfg.xml", "C10,F"),
            _ATA: ("spacfg.xml", "inferred"),
        },
    ),
    Switch(
        "key_digests",
        (("md5", "sha256"), "S2,S8 and S2's openssl-1.1.1d; inferred for the order"),
        {
            _SIPURA: (("md5",), "S10"),
            _SPA: (("md5",), "F"),
            _ATA: (("md5",), "S5"),
        },
    ),
    Switch(
        "content_encryption",
        (True, "S2,S21"),
        {_SIPURA: (False, "inferred"), _SPA: (False, "inferred"), _ATA: (False, "inferred")},
    ),
    Switch(
        "agent_style",
        (AgentStyle.VERSION, "S3,C1,C2"),
        {
            _SIPURA: (AgentStyle.SLASH, "inferred"),
            _SPA: (AgentStyle.SLASH, "C1,S10,F"),
            _ATA: (AgentStyle.SLASH, "inferred"),
        },
    ),
    Switch(
        "default_rule",
        ("/$PSN.xml", "S4"),
        {
            _SIPURA: ("/spa.cfg", "S13"),
            _SPA: ("/spa$PSN.cfg", "S10,S12"),
            _ATA: ("/ata$PSN.cfg", "S5"),
        },
    ),
    Switch("pages_realm", ("spa {user}", "F; inferred for MPP")),
    Switch(
        "basic_pages",
        (True, "inferred: later firmware takes either"),
        {_SIPURA: (False, "inferred"), _SPA: (False, "F"), _ATA: (False, "inferred")},
    ),
    Switch("bare_actions", (False, "inferred"), {_SIPURA: (True, "S13")}),
    Switch(
        "config_groups",
        (False, "S19"),
        {_SIPURA: (True, "inferred"), _SPA: (True, "C2,C10,F"), _ATA: (True, "inferred")},
    ),
    Switch(
        "xml_root",
        ("device", "S2,S3"),
        {_SIPURA: ("", "inferred"), _SPA: ("", "C10"), _ATA: ("", "inferred")},
    ),
)


def traits_of(generation: Generation) -> Traits:
    """The traits of one generation, read from ``SWITCHES``."""
    return Traits(**{switch.trait: switch.row(generation)[0] for switch in SWITCHES})


TRAITS: Mapping[Generation, Traits] = {each: traits_of(each) for each in Generation}


@dataclass(frozen=True, slots=True)
class Model:
    """One product: ``name`` is ``$PN``, ``series`` is ``$PSN``, ``load`` the factory ``$SWVER``."""

    name: str
    series: str
    generation: Generation
    lines: int
    load: str
    catalogue: str
    """Name of the data file (without ending) that lists its parameters."""
    vendor: str = "Cisco"

    @property
    def traits(self) -> Traits:
        """How this model's generation behaves."""
        return TRAITS[self.generation]


def _mpp(number: str, lines: int, load: str, catalogue: str) -> Model:
    return Model(f"CP-{number}-3PCC", f"{number}-3PCC", Generation.MPP, lines, load, catalogue)


def _os(number: str, lines: int) -> Model:
    load = "PHONEOS.3-2-1-0001-102"
    return Model(f"CP-{number}", number, Generation.PHONEOS, lines, load, "9861")


def _spa(series: str, lines: int, load: str, catalogue: str, vendor: str = "Cisco") -> Model:
    return Model(f"SPA{series}", series, Generation.SPA, lines, load, catalogue, vendor)


_68 = "sip68xx.11-3-2MPP0001-598"
_78 = "sip78xx.11-3-2MPP0001-598"
_88 = "sip88xx.11-3-2MPP0001-598"
MODELS: tuple[Model, ...] = (
    *(_mpp(number, lines, _68, "8841") for number, lines in
      (("6821", 2), ("6841", 4), ("6851", 4), ("6861", 4), ("6871", 6))),
    *(_mpp(number, lines, _78, "8841") for number, lines in
      (("7811", 1), ("7821", 2), ("7841", 4), ("7861", 16))),
    _mpp("7832", 1, "sip7832.11-3-1MPP-678", "7832"),
    *(_mpp(number, lines, _88, "8841") for number, lines in
      (("8811", 10), ("8841", 10), ("8845", 10), ("8851", 10), ("8861", 10), ("8865", 10))),
    _mpp("8832", 1, "sip8832.11-3-2MPP0001-598", "8841"),
    *(_os(number, lines) for number, lines in
      (("9841", 4), ("9851", 10), ("9861", 10), ("9871", 10), ("8875", 10))),
    Model("ATA191-MPP", "191", Generation.ATA, 2, "11-1-0MPP-19", "spa112"),
    Model("ATA192-MPP", "192", Generation.ATA, 2, "11-1-0MPP-19", "spa112"),
    *(_spa(series, lines, "7.6.2f", "spa504g") for series, lines in
      (("301", 1), ("303", 3), ("501G", 8), ("502G", 1), ("504G", 4), ("508G", 8), ("509G", 12))),
    *(_spa(series, lines, "7.6.2f", "spa504g") for series, lines in (("512G", 1), ("514G", 4))),
    _spa("525G", 5, "7.6.2f", "spa525g2"),
    _spa("525G2", 5, "7.6.2f", "spa525g2"),
    *(_spa(series, 2, "1.4.1", "spa112") for series in ("112", "122", "232D")),
    *(_spa(series, lines, "6.1.5(a)", "spa942", "Linksys") for series, lines in
      (("901", 1), ("921", 1), ("922", 1), ("941", 4), ("942", 4), ("962", 6))),
    *(_spa(series, 2, "5.2.10", "spa2102", "Linksys") for series in ("2102", "3102", "8000")),
    Model("PAP2T", "2", Generation.SPA, 2, "5.1.6", "spa2102", "Linksys"),
    *(Model(f"SPA{series}", series, Generation.SIPURA, 2, load, "spa2102", "Sipura")
      for series, load in (("1000", "2.0.6"), ("2000", "2.0.6"), ("841", "2.0.6"))),
)  # fmt: skip

_BY_SPELLING: dict[str, Model] = {}
_NOISE = re.compile(r"[^A-Z0-9]")


def _squeeze(text: str) -> str:
    return _NOISE.sub("", text.upper())


def _spellings(model: Model) -> set[str]:
    bare = _squeeze(model.name).removeprefix("CP").removesuffix("3PCC").removesuffix("MPP")
    return {bare, "CP" + bare, _squeeze(model.name), _squeeze(model.series), f"CP{bare}3PCC"}


for _model in MODELS:
    for _spelling in _spellings(_model):
        _BY_SPELLING.setdefault(_spelling, _model)


def find_model(text: str) -> Model:
    """Find a model by any usual spelling: ``CP-8851-3PCC``, ``8851``, ``SPA504G``, ``spa-942``.

    Raises:
        NotFoundError: when no model is spelt so; ``nearest`` names the closest one.
    """
    wanted = _squeeze(text)
    found = _BY_SPELLING.get(wanted)
    if found:
        return found
    close = get_close_matches(wanted, _BY_SPELLING, n=1, cutoff=0.5)
    nearest = _BY_SPELLING[close[0]].name if close else ""
    hint = f"did you mean {nearest}?" if nearest else "for example CP-8851-3PCC, 7832 or SPA504G"
    raise NotFoundError(f"unknown phone model {text!r}", nearest=nearest, remedy=hint)
