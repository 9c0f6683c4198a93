"""CRC32C against the vectors of RFC 3720 appendix B.4."""

import pytest

from ringback.http.checksum import crc32c

VECTORS = {
    bytes(32): 0x8A9136AA,
    b"\xff" * 32: 0x62A8AB43,
    bytes(range(32)): 0x46DD794E,
    bytes(range(31, -1, -1)): 0x113FDB5C,
    b"123456789": 0xE3069283,
    b"": 0,
}


@pytest.mark.parametrize(("data", "expected"), VECTORS.items())
def test_the_published_vectors(data: bytes, expected: int) -> None:
    assert crc32c(data) == expected
