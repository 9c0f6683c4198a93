"""Who takes part, and whose cost is 1.00."""

from collections.abc import Callable, Mapping
from pathlib import Path

from bench import peers, secure_peers
from bench.peers import Server

SERVERS: Mapping[str, Callable[[Path, Path], Server]] = {
    "ringback": peers.ringback,
    "ringback store": peers.ringback_store,
    "dnsmasq": peers.dnsmasq,
    "tftpd-hpa": peers.tftpd_hpa,
    "nginx": peers.nginx,
    "rsyslog": peers.rsyslog,
    "ringback https": secure_peers.ringback,
    "ringback https store": secure_peers.ringback_store,
    "ringback with Perl": secure_peers.ringback_script,
    "nginx https": secure_peers.nginx,
    "apache": secure_peers.apache,
}
REFERENCE = {
    "tftp": "dnsmasq",
    "http": "nginx",
    "syslog": "rsyslog",
    "https": "nginx https",
    "dynamic": "apache",
}
"""The server whose cost is 1.00."""
ONLY = {
    "tftp": {"tftp"},
    "http": {"http"},
    "syslog": {"syslog"},
    "https": {"https", "dynamic"},
}
"""What ``--only`` chooses."""
