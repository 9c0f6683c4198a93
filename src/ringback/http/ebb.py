"""After a crowd has gone, the memory it took goes back to the system.

Two thousand half-done handshakes take some 50 MB of OpenSSL's. All of it is freed when they are
gone, and glibc keeps most of it for later: freed pieces below one that is in use stay with the
process (malloc_trim(3)). Whoever watches the process would call that a leak.
"""

import ctypes
from collections.abc import Callable
from typing import Final

CROWD: Final = 256
"""Clients at once from which on it is worth the few milliseconds."""
_FEW: Final = 8
"""So many left are no crowd any more."""


def _give_back() -> None:
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # other C libraries have none
    if trim is not None:
        trim(0)


class Ebb:
    """Told now and then how many clients there are, gives memory back as a crowd goes."""

    def __init__(self, give_back: Callable[[], None] = _give_back) -> None:
        self._give_back = give_back
        self._most = 0
        self._ebbing = False

    def note(self, clients: int) -> None:
        """So many are there now."""
        if clients >= self._most:
            self._most = clients
        elif clients * 4 < self._most and (self._ebbing or self._most >= CROWD):
            self._most, self._ebbing = clients, clients > _FEW
            self._give_back()
