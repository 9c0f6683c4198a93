"""Netascii: text as it travels (RFC 1350 §1, RFC 764).

A line ends in CR LF, and a CR that ends no line is followed by NUL.
Here a local line ends in LF, so ``decode(encode(text)) == text`` for every octet string. What
strangers send is read as it is meant: a CR followed by anything else stays a CR.
"""

import re

_PAIR = re.compile(rb"\r([\n\0])")
_MEANS = {b"\n": b"\n", b"\0": b"\r"}


def encode(text: bytes) -> bytes:
    """Local octets to travelling ones; at most twice as long."""
    return text.replace(b"\r", b"\r\0").replace(b"\n", b"\r\n")


def decode(travelled: bytes) -> bytes:
    """Travelling octets to local ones; never longer."""
    return _PAIR.sub(lambda pair: _MEANS[pair[1]], travelled)
