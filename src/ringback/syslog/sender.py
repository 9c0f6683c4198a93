"""The door through which lines leave: one UDP datagram each, to an address already resolved.

Syslog over UDP is not answered, so there is nothing to wait for: sending is one call. What the
network refuses at once (no route, a bad address) is returned as words and never raised: a phone
goes on when its syslog server is gone. One sender serves any number of phones and servers.
"""

import socket
from datetime import datetime

from ringback.syslog import message

PORT = 514


class Sender:
    """Sends lines; owns one socket per address family, opened when first needed."""

    def __init__(self) -> None:
        self._sockets: dict[socket.AddressFamily, socket.socket] = {}

    def send(
        self,
        text: str,
        address: str,
        port: int = PORT,
        *,
        severity: int = message.Severity.NOTICE,
        facility: int = message.LOCAL0,
        when: datetime | None = None,
        device: str = "",
    ) -> str:
        """Send one line to an IPv4 or IPv6 address; "" or the reason why it could not be sent.

        ``when`` and ``device`` make the header, as ``message.format`` says.
        """
        datagram = message.format(
            text, severity=severity, facility=facility, when=when, device=device
        )
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        try:
            self._socket(family).sendto(datagram, (address, port))
        except (OSError, OverflowError, UnicodeError) as error:
            return f"syslog to {address}:{port}: {error}"
        return ""

    def close(self) -> None:
        """Close the sockets; a later ``send`` opens new ones."""
        while self._sockets:
            self._sockets.popitem()[1].close()

    def _socket(self, family: socket.AddressFamily) -> socket.socket:
        if family not in self._sockets:
            opened = socket.socket(family, socket.SOCK_DGRAM)
            opened.settimeout(0)
            self._sockets[family] = opened
        return self._sockets[family]
