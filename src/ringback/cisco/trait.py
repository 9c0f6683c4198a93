"""The ways in which generations of phones differ, as values; ``switches.py`` has who is which.

How they shake hands in TLS is a family of its own, in ``handshake.py``.
"""

from dataclasses import dataclass
from enum import StrEnum


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
    upgrade_file: str
    """What ``/admin/upgrade?`` asks a server for that is named without a path; empty for none."""
    key_digests: tuple[str, ...]
    """Digests of EVP_BytesToKey that open an encrypted profile, in the order tried."""
    compression: bool
    """Whether a profile in gzip is understood."""
    content_encryption: bool
    """Whether RFC 8188 aes128gcm is understood."""
    series: str
    """``$PSN``, from the product's number."""
    secret_options: tuple[str, ...]
    """Options in whose values ``$SA`` to ``$SD`` expand."""
    tftp_ports: tuple[int, ...]
    """UDP ports that TFTP is sent from to a server on an unusual port; empty for whichever."""
    not_found: tuple[int, ...]
    """HTTP answers that count as *file not found*, for ``Resync_Fails_On_FNF``."""
    agent_style: AgentStyle
    default_rule: str
    """``Profile_Rule`` of a factory-fresh phone."""
    first_files: tuple[str, ...]
    """What a phone fresh from the factory asks a server for whose name it was told, in order."""
    srv_discovery: bool
    """Whether it looks for a provisioning server in DNS service records."""
    pages_realm: str
    """Realm of the digest challenge of the phone's own pages; ``{user}`` is admin or user."""
    basic_pages: bool
    """Whether those pages take Basic credentials beside Digest."""
    password_length: tuple[int, int]
    """The fewest and the most characters of a login password typed on those pages."""
    bare_actions: bool
    """Whether ``/resync?`` and ``/upgrade?`` do what they do under ``/admin``."""
    config_groups: bool
    """Whether the page of the running configuration tells tabs and sections, and Info too."""
    xml_root: str
    """Outer element of the running configuration; empty when there is none."""
