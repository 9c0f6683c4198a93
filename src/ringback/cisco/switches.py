"""The table of switches: one row per trait, its value and source per generation.

Sources are the keys of docs/sources.md; *inferred* marks what no source says. A new difference is
a field of ``Traits`` (trait.py) and a row here. ``ringback phone models`` prints this table.
"""

from collections.abc import Mapping

from ringback.cisco.generation import Generation, Switch, tabulate
from ringback.cisco.trait import (
    AgentStyle,
    Empty,
    ForcedResync,
    MissingAccess,
    Traits,
    TriggerRole,
    ZeroRetry,
)

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
        "upgrade_file",
        ("", "inferred: their loads have names of their own"),
        {
            _SIPURA: ("/spa.bin", "inferred"),
            _SPA: ("/spa.bin", "S15"),
            _ATA: ("/spa.bin", "inferred"),
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
        "compression",
        (True, "S1,S2,S10"),
        {_SIPURA: (False, "inferred: the guides of those years do not speak of it")},
    ),
    Switch(
        "content_encryption",
        (True, "S2,S21"),
        {_SIPURA: (False, "inferred"), _SPA: (False, "inferred"), _ATA: (False, "inferred")},
    ),
    Switch(
        "series",
        ("{number}-3PCC", "C1 (S7 and S9 print other forms)"),
        {
            _SIPURA: ("{number}", "inferred"),
            _SPA: ("{number}", "S10,S12"),
            _ATA: ("{number}", "S5"),
            _OS: ("{number}", "inferred"),
        },
    ),
    Switch(
        "secret_options",
        (("key", "uid", "pwd"), "S2"),
        {
            _SIPURA: (("key",), "inferred from S10"),
            _SPA: (("key",), "S10"),
            _ATA: (("key", "uid", "pwd"), "inferred"),
        },
    ),
    Switch(
        "tftp_ports",
        (tuple(range(53240, 53246)), "S17"),
        {_SIPURA: ((), "inferred"), _SPA: ((), "inferred"), _ATA: ((), "inferred")},
    ),
    Switch(
        "not_found",
        ((404,), "S3; inferred that 403 and 410 are none"),
        {
            _SIPURA: ((404,), "inferred"),
            _SPA: ((404,), "inferred"),
            _ATA: ((404,), "inferred"),
        },
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
    Switch(
        "first_files",
        (("/$PSN.xml", "/Cisco/$PN/$MA.cfg"), "S3,C1; inferred for the order"),
        {
            _SIPURA: (("/spa.cfg",), "S13"),
            _SPA: (("/spa$PSN.cfg",), "S10,S12"),
            _ATA: (("/ata$PSN.cfg",), "S5"),
        },
    ),
    Switch(
        "srv_discovery",
        (True, "S3"),
        {_SIPURA: (False, "inferred"), _SPA: (False, "inferred"), _ATA: (False, "inferred")},
    ),
    Switch("pages_realm", ("spa {user}", "F; inferred for MPP")),
    Switch(
        "basic_pages",
        (True, "inferred: later firmware takes either"),
        {_SIPURA: (False, "inferred"), _SPA: (False, "F"), _ATA: (False, "inferred")},
    ),
    Switch(
        "password_length",
        ((4, 127), "S19"),
        {
            _SIPURA: ((1, 127), "inferred"),
            _SPA: ((1, 127), "inferred"),
            _ATA: ((1, 127), "inferred"),
        },
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

TRAITS: Mapping[Generation, Traits] = tabulate(Traits, SWITCHES)
