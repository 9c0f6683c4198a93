"""Quota: how many transfers may run at once, in all and for one source address.

A forged request costs us a transfer until it times out, and its victim a few datagrams. The
default of 4096 for one address is far above what phones behind one NAT address ask at once
(2000 phones after a power cut are served) and bounds what one forged address receives to three
times 4096 datagrams; 16384 in all is some 20 MB. What is beyond is not answered, so that a phone
asks again a second later instead of giving up.
"""


class Quota:
    """Counts who is inside. ``refused`` counts who was not let in."""

    __slots__ = ("_each", "_most", "_most_each", "_within", "refused")

    def __init__(self, most: int = 16384, most_each: int = 4096) -> None:
        self._most = most
        self._most_each = most_each
        self._within = 0
        self._each: dict[str, int] = {}
        self.refused = 0

    def __len__(self) -> int:
        return self._within

    def enter(self, source: str) -> bool:
        """Let one more transfer of ``source`` in, if there is room."""
        each = self._each.get(source, 0)
        if each >= self._most_each or self._within >= self._most:
            self.refused += 1
            return False
        self._each[source] = each + 1
        self._within += 1
        return True

    def leave(self, source: str) -> None:
        """One transfer of ``source`` has ended."""
        self._within -= 1
        each = self._each[source] - 1
        if each:
            self._each[source] = each
        else:
            del self._each[source]
