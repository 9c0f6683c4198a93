"""CRC32C, the checksum of the PROXY protocol (Castagnoli; RFC 3720 appendix B.4 has vectors).

The standard library has only the other CRC-32. A table and a loop do: a header is a few hundred
bytes, and few proxies send a checksum.
"""

from typing import Final

_POLYNOMIAL: Final = 0x82F63B78


def _entry(value: int) -> int:
    for _ in range(8):
        value = (value >> 1) ^ (_POLYNOMIAL if value & 1 else 0)
    return value


_TABLE: Final = tuple(_entry(value) for value in range(256))


def crc32c(data: bytes) -> int:
    """The checksum of ``data``."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = _TABLE[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    return crc ^ 0xFFFFFFFF
