"""The door for a phone's HTTP requests: connects, sends, listens, hangs up.

What is sent and what an answer means is decided in errand.py, what the bytes mean in exchange.py.
Here are the phone's ways with the network: every address of a name is tried in the order DNS gave
them until one answers, and no server can hold the phone for longer than it allows.
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Collection
from dataclasses import replace
from typing import Protocol

from ringback import clock
from ringback.errors import Failure, TransferError
from ringback.http.errand import NOT_FOUND, Errand, Target, target_of
from ringback.http.exchange import Exchange, Response

TIMEOUT = 10.0
"""Seconds of silence before the next address is tried; *inferred*."""
DEADLINE = 120.0
"""Seconds one errand may take from first to last byte, redirects included; *inferred*."""
LIMIT = 16 * 1024 * 1024
"""Largest body taken, in bytes; *inferred*, the size of a phone's buffer is published nowhere."""
_PIECE = 64 * 1024
_FAREWELL = 1.0

Resolve = Callable[[str], Awaitable[tuple[str, ...]]]
Explain = Callable[[ssl.SSLError], str]
Tls = ssl.SSLContext | Callable[[], ssl.SSLContext] | None
"""How to shake hands; a function is called when it first comes to that."""


def explain_tls(error: ssl.SSLError) -> str:
    """Why a handshake failed, in OpenSSL's words."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message}"
    return f"TLS failed: {error.reason or error}"


class Carrier(Protocol):
    """A faulty wire."""

    @property
    def piece(self) -> int:
        """The most bytes to carry at a time."""

    async def carry(self, size: int) -> None:
        """Take as long as so many bytes are under way, either way."""


class Client:
    """Fetches files as a phone with the User-Agent line ``agent`` would.

    ``resolve`` turns a host into addresses, in order. ``timeout`` bounds each wait for the network,
    ``deadline`` the whole errand, both in seconds; ``limit`` the body, in bytes. ``explain`` says
    why TLS failed. ``carrier`` holds up what is sent and received; None leaves that to the network.
    """

    def __init__(
        self,
        resolve: Resolve,
        *,
        agent: str,
        timeout: float = TIMEOUT,
        deadline: float = DEADLINE,
        limit: int = LIMIT,
        explain: Explain = explain_tls,
        carrier: Carrier | None = None,
    ) -> None:
        self._resolve = resolve
        self._agent = agent
        self._timeout = timeout
        self._deadline = deadline
        self._limit = limit
        self._explain = explain
        self._carrier = carrier
        self._trust: ssl.SSLContext | None = None

    async def fetch(
        self,
        scheme: str,
        host: str,
        port: int | None,
        path: str,
        *,
        method: str = "GET",
        body: bytes = b"",
        content_type: str = "",
        content_encoding: str = "",
        uid: str = "",
        pwd: str = "",
        missing: Collection[int] = NOT_FOUND,
        tls: Tls = None,
    ) -> Response:
        """Fetch one file; the response has a 2xx status and the address that gave it.

        ``uid`` and ``pwd`` answer challenges; ``missing`` are the answers of *file not found*.
        ``tls`` serves every https hop; without it the system's authorities are trusted.

        Raises:
            TransferError: its ``failure`` is the phone's own word for what happened.
        """
        errand = Errand(
            target_of(scheme, host, port, path),
            agent=self._agent,
            method=method,
            body=body,
            content_type=content_type,
            content_encoding=content_encoding,
            uid=uid,
            pwd=pwd,
            missing=missing,
        )
        try:
            async with asyncio.timeout(self._deadline):
                return await self._run(errand, tls)
        except TimeoutError as error:
            raise TransferError(
                f"{errand.target} was not fetched within {self._deadline:g} s"
            ) from error

    async def _run(self, errand: Errand, tls: Tls) -> Response:
        while True:
            done = errand.judge(await self._ask(errand, tls))
            if done:
                return done

    async def _ask(self, errand: Errand, tls: Tls) -> Response:
        """One request to the first address that answers."""
        target = errand.target
        request = errand.request(clock.random_bytes(8).hex())
        context = self._context(tls) if target.scheme == "https" else None
        silent: list[str] = []
        handshakes = 0
        for address in await self._resolve(target.host):
            exchange = Exchange(request, limit=self._limit)
            try:
                return await self._exchange(exchange, target, address, context)
            except TransferError as error:
                if exchange.answered:
                    raise
                silent.append(f"{address}: {error}")
            except (OSError, ValueError) as error:  # ValueError: a host that TLS cannot name
                if exchange.answered:
                    raise self._interrupted(target, error) from error
                silent.append(f"{address}: {self._reason(error)}")
                handshakes += isinstance(error, ssl.SSLError)
        what = "no secure connection to" if 0 < len(silent) == handshakes else "no answer from"
        raise TransferError(f"{what} {target.authority} ({'; '.join(silent)})")

    def _context(self, tls: Tls) -> ssl.SSLContext:
        return tls() if callable(tls) else tls or self._system_trust()

    def _system_trust(self) -> ssl.SSLContext:
        if self._trust is None:
            self._trust = ssl.create_default_context()
        return self._trust

    def _reason(self, error: Exception) -> str:
        return self._explain(error) if isinstance(error, ssl.SSLError) else _reason(error)

    def _interrupted(self, target: Target, error: Exception) -> TransferError:
        what = f"{target} was cut off: {self._reason(error)}"
        return TransferError(what, failure=Failure.INTERRUPTED)

    async def _exchange(
        self, exchange: Exchange, target: Target, address: str, context: ssl.SSLContext | None
    ) -> Response:
        async with asyncio.timeout(self._timeout):
            reader, writer = await asyncio.open_connection(
                address,
                target.port,
                ssl=context,
                server_hostname=target.host if context else None,
            )
        try:
            await self._wait_for(len(exchange.outgoing))
            writer.write(exchange.outgoing)
            while exchange.response is None:
                async with asyncio.timeout(self._timeout):
                    piece = await reader.read(self._carrier.piece if self._carrier else _PIECE)
                await self._wait_for(len(piece))
                exchange.receive(piece)
            return replace(exchange.response, address=address)
        finally:
            await _hang_up(writer)

    async def _wait_for(self, size: int) -> None:
        if self._carrier is not None:
            await self._carrier.carry(size)


async def _hang_up(writer: asyncio.StreamWriter) -> None:
    """Close, and do not wait long for a peer that will not say goodbye."""
    writer.close()
    try:
        async with asyncio.timeout(_FAREWELL):
            await writer.wait_closed()
    except OSError:  # Whatever the farewell was, the answer is already here; timeouts included.
        pass
    finally:
        writer.transport.abort()


def _reason(error: Exception) -> str:
    """What went wrong with the network, in few words."""
    match error:
        case TimeoutError():
            return "silence"
        case ConnectionRefusedError():
            return "connection refused"
        case OSError() if error.strerror:
            return error.strerror
    return str(error) or type(error).__name__
