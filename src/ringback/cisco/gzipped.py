"""Compressed profiles: a real gzip member, the same bytes every time.

RFC 1952. A phone recognises gzip by its first bytes, never by a file name (provisioning guides,
"Open Profile gzip Compression"), so a raw deflate or zlib stream is not gzip here. What comes
after the first member is judged as gzip(1) judges it: further members are appended, zero padding
is ignored in silence, other garbage is ignored with a remark, a cut-off member is an error, and
so is a single byte, which might have begun another member.

Python's ``gzip`` module is not used: it cannot stop at a limit, and the header it writes has
changed between Python versions. Input is fed in small slices because zlib hands back whatever
follows a member, and a file of a million empty members must not be copied a million times.
"""

import struct
import zlib

from ringback.errors import EnvelopeError

MAGIC = b"\x1f\x8b"
# Deflate, no flags, no time, no extra flags, made on Unix: what `gzip -n -6` writes.
_HEADER = MAGIC + b"\x08\x00\x00\x00\x00\x00\x00\x03"
_LEVEL = 6
_SLICE = 4096
_GZIP_ONLY = 16 + zlib.MAX_WBITS
_TRAILING = "garbage after the gzip data was ignored"


def is_gzip(data: bytes) -> bool:
    """Whether the first bytes are those of a gzip file."""
    return data.startswith(MAGIC)


def compress(data: bytes) -> bytes:
    """One gzip member at level 6 without name or time: equal input gives equal bytes."""
    deflater = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    body = deflater.compress(data) + deflater.flush()
    return _HEADER + body + struct.pack("<II", zlib.crc32(data), len(data) & 0xFFFFFFFF)


def decompress(data: bytes, *, limit: int) -> tuple[bytes, tuple[str, ...]]:
    """The contents of all members, and remarks on what was ignored after them.

    Memory stays below ``limit`` bytes of output plus one slice, time is linear in input and output.

    Raises:
        EnvelopeError: "corrupt file", or "file size exceeds internal buffer" beyond ``limit``.
    """
    output = bytearray()
    position = 0
    while is_gzip(data[position : position + 2]):
        position = _member(data, position, output, limit)
    if position == 0:
        raise EnvelopeError(
            f"no gzip header: the file begins with {data[:2].hex(' ') or 'nothing'}"
        )
    tail = data[position:].lstrip(b"\0")
    if len(tail) == 1 == len(data) - position:
        raise _ended_early()
    return bytes(output), (_TRAILING,) if tail else ()


def _member(data: bytes, start: int, output: bytearray, limit: int) -> int:
    """Inflate the member at ``start`` onto ``output``; return where it ends."""
    inflater = zlib.decompressobj(_GZIP_ONLY)
    position = start
    while not inflater.eof:
        piece = inflater.unconsumed_tail or data[position : position + _SLICE]
        if not inflater.unconsumed_tail:
            position += len(piece)
        try:
            inflated = inflater.decompress(piece, limit + 1 - len(output))
        except zlib.error as error:
            raise EnvelopeError(f"broken gzip data: {_reason(error)}") from error
        output += inflated
        if len(output) > limit:
            raise EnvelopeError(
                f"the file unpacks to more than {limit} bytes",
                status="file size exceeds internal buffer",
            )
        if not piece and not inflated and not inflater.eof:
            raise _ended_early()
    return position - len(inflater.unused_data)


def _ended_early() -> EnvelopeError:
    return EnvelopeError("the gzip data ends too early", remedy="was the file cut off in transfer?")


def _reason(error: zlib.error) -> str:
    """What zlib said, without its error number."""
    return str(error).partition(": ")[2] or str(error)
