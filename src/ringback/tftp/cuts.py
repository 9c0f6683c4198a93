"""Files that many phones ask for, cut into their DATA packets once.

A block of a small file costs some microseconds, and a tenth of that is slicing the same octets for
the next phone again. So a file that is asked for a second time, while the same bytes are in memory,
is cut whole and the packets are kept. Files asked for once, large ones, and those whose blocks are
unusual in number cost nothing here.

The bytes themselves are the key, by identity: a file that changes is another object, and a stale
entry can only be one whose object is still alive, because the entry holds it.
"""

from typing import Final

from ringback.tftp.packet import TWO_NUMBERS, Opcode

Packets = tuple[tuple[bytes], ...]
"""The DATA packets of a whole file in order, each alone in a tuple, ready to be returned."""

LARGEST: Final = 64 * 1024
"""Octets of a file that is worth it."""
MOST_BLOCKS: Final = 256
ROOM: Final = 32 * 1024 * 1024
"""Octets of packets that are kept."""
MOST_SEEN: Final = 512
"""Files remembered for having been asked for once."""
ACKNOWLEDGED: Final = tuple(
    TWO_NUMBERS.pack(Opcode.ACK, number) for number in range(MOST_BLOCKS + 1)
)
"""The acknowledgements of those blocks."""


class Cuts:
    """What was cut, by file and block size."""

    def __init__(self) -> None:
        self._seen: dict[tuple[int, int], bytes] = {}
        self._kept: dict[tuple[int, int], tuple[bytes, Packets]] = {}
        self._octets = 0

    def of(self, content: bytes, size: int) -> Packets | None:
        """The packets of ``content`` in blocks of ``size``, when that is worth keeping."""
        key = (id(content), size)
        known = self._kept.get(key)
        if known is not None:
            return known[1]
        if len(content) > LARGEST or len(content) // size >= MOST_BLOCKS:
            return None
        if self._seen.pop(key, None) is not content:
            self._remember(key, content)
            return None
        return self._keep(key, content, size)

    def _remember(self, key: tuple[int, int], content: bytes) -> None:
        if len(self._seen) >= MOST_SEEN:
            self._seen.clear()
        self._seen[key] = content

    def _keep(self, key: tuple[int, int], content: bytes, size: int) -> Packets:
        packets = cut(content, size)
        if self._octets + len(content) > ROOM:
            self._kept.clear()
            self._octets = 0
        self._kept[key] = (content, packets)
        self._octets += len(content)
        return packets


def cut(content: bytes, size: int) -> Packets:
    """All DATA packets of a file; the last is short, or empty."""
    return tuple(
        (TWO_NUMBERS.pack(Opcode.DATA, number + 1) + content[number * size : (number + 1) * size],)
        for number in range(len(content) // size + 1)
    )
