"""Who is at the other end of a message: transport, address and port."""

from typing import NamedTuple

STREAMS = frozenset(("TCP", "TLS"))


class Peer(NamedTuple):
    """Where a message came from or goes to. ``host`` is an address, not a name."""

    transport: str
    """``UDP`` or ``TCP``."""
    host: str
    port: int

    @property
    def reliable(self) -> bool:
        """Whether the transport repeats what is lost."""
        return self.transport in STREAMS

    def __str__(self) -> str:
        return f"{bracketed(self.host)}:{self.port} ({self.transport})"


def bracketed(host: str) -> str:
    """An address as URIs and Via have it."""
    return f"[{host}]" if ":" in host else host
