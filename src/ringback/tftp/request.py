"""What a server tells the house: who asks for what, and how each request ended.

These are named tuples rather than frozen dataclasses because one of each is made for every
transfer, and a frozen dataclass of this size takes four times as long to make.
"""

from typing import NamedTuple

from ringback.tftp.packet import Mode, OptionPairs


class ReadRequest(NamedTuple):
    """``address`` wants to read ``name``, spelled as it was asked (a leading slash is kept)."""

    name: str
    address: str
    port: int
    mode: Mode = Mode.OCTET
    options: OptionPairs = ()


class WriteRequest(NamedTuple):
    """``address`` wants to write ``name``; ``size`` is what it announces, None if nothing."""

    name: str
    address: str
    port: int
    mode: Mode = Mode.OCTET
    options: OptionPairs = ()
    size: int | None = None


class Outcome(NamedTuple):
    """How one request ended.

    ``octets`` and ``blocks`` are those the receiving side has acknowledged (or sent, when
    writing); ``seconds`` is the time from the request to the end; ``why`` says in plain words what
    went wrong, and is empty when ``ok``.
    """

    name: str
    address: str
    port: int
    octets: int = 0
    blocks: int = 0
    retransmissions: int = 0
    seconds: float = 0.0
    ok: bool = False
    why: str = ""
    writing: bool = False
