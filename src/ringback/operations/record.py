"""Record what became of a request: one line of the request log each.

Lines are made by hand (a structured logger costs a quarter of a whole transfer) and read the same
over every transport: when (the journal adds it), over what, who, what was asked, what became of
it. What a device says of itself stands as ``name=value``; what it did not send is ``-``.
"""

from collections.abc import Callable
from functools import lru_cache

from ringback.cisco.agent import Agent

Write = Callable[[str], None]


def record_transfer(
    write: Write,
    *,
    asked: str,
    client: tuple[str, int],
    octets: int,
    resent: int,
    seconds: float,
    why: str = "",
) -> None:
    """One TFTP transfer; ``asked`` is such as ``RRQ /spa.cfg``, ``why`` is empty when it held."""
    address, port = client
    asked = _quotable(asked)
    if why:
        write(f'tftp {address}:{port} "{asked}" failed: {why}')
        return
    write(f'tftp {address}:{port} "{asked}" ok {octets} resent={resent} ms={seconds * 1000:.1f}')


def record_access(
    write: Write,
    *,
    scheme: str,
    asked: str,
    client: tuple[str, int],
    status: int,
    octets: int,
    agent: str,
    why: str = "",
) -> None:
    """One HTTP request; ``asked`` is such as ``GET /spa.cfg``, ``agent`` the User-Agent line."""
    address, port = client
    asked = _quotable(asked)
    reason = f" ({why})" if why else ""
    write(f'{scheme} {address}:{port} "{asked}" {status} {octets} {identity(agent)}{reason}')


def _quotable(asked: str) -> str:
    """A name between quotes must not end them and go on as fields of its own."""
    return asked.replace('"', "%22") if '"' in asked else asked


@lru_cache(maxsize=16384)
def identity(agent: str) -> str:
    """Who a User-Agent line says is asking; phones repeat theirs for years, so it is kept."""
    said = Agent.parse(agent)
    return (
        f"manufacturer={said.manufacturer or '-'} product={said.product or '-'} "
        f"firmware={said.firmware or '-'} mac={said.mac or '-'} serial={said.serial or '-'}"
    )
