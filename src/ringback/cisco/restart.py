"""Which parameters restart a phone when a profile changes them.

Published for very few (``reboot`` in the vendor's parameter chapters); that a change of network
settings restarts a phone is *inferred*, since nothing else could take effect. Who plans a change
and who plays a phone read the same list, so that a plan tells what the virtual phone does.
"""

from collections.abc import Iterable

from ringback.cisco.parameter import fold

REBOOTING = frozenset(
    {
        # Published (S2, S4): the guides say so for these.
        "Asset_ID", "Boot_Display", "Dial_Plan_n_", "Forced_NAT64", "Picture_Download_URL",
        # Inferred: the network is set up once, at the start.
        "Connection_Type", "Static_IP", "NetMask", "Gateway", "IP_Mode", "Enable_VLAN", "VLAN_ID",
        "Enable_CDP", "Enable_LLDP-MED", "Enable_802.1X_Authentication",
    }
)  # fmt: skip


def needs_reboot(names: Iterable[str]) -> bool:
    """Whether a change of these parameters takes effect only after a restart."""
    return any(fold(name) in REBOOTING for name in names)
