"""A TLS engine on Python's ``ssl``, for listeners that ask no client for a certificate. A door.

``SSLObject`` between two memory BIOs. Clients that show certificates are ``asking``'s.
"""

import ssl

from ringback.certificate import tls
from ringback.http.engine import HandshakeError, Session

RECORD = 16 * 1024
"""Bytes a record holds at most."""


class Engine:
    """TLS of one connection, as ``http.engine`` describes it."""

    __slots__ = ("_hello", "_incoming", "_outgoing", "_tls", "over")

    def __init__(self, context: ssl.SSLContext) -> None:
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._hello = b""
        self.over = False

    def shake(self, data: bytes) -> Session | None:
        """Go on with the handshake."""
        self._hello = self._hello or data
        self._incoming.write(data)
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            return None
        except ssl.SSLError as error:
            raise HandshakeError(tls.explain(error)) from error
        cipher, _, bits = self._tls.cipher() or ("", "", 0)
        certificate = self._tls.getpeercert(binary_form=True)
        return Session(
            self._tls.version() or "",
            cipher,
            bits,
            certificate,
            verified=certificate is not None,
            resumed=bool(self._tls.session_reused),
            hello=self._hello,
        )

    def feed(self, data: bytes) -> None:
        """Bytes from the network."""
        self._incoming.write(data)

    def read(self) -> bytes:
        """What the client said."""
        if not self._incoming.pending and not self._tls.pending():
            return b""
        try:
            data = self._tls.read(RECORD)
        except ssl.SSLWantReadError:
            return b""
        except ssl.SSLZeroReturnError:
            data = b""
        except ssl.SSLError as error:
            raise HandshakeError(tls.explain(error)) from error
        self.over = not data
        return data

    def write(self, data: bytes | memoryview) -> None:
        """Say something."""
        try:
            self._tls.write(data)
        except ssl.SSLError as error:
            raise HandshakeError(tls.explain(error)) from error

    def finish(self) -> None:
        """Say goodbye. OpenSSL wants to wait for the client's; we do not."""
        try:
            self._tls.unwrap()
        except ssl.SSLError:
            return

    def take(self) -> bytes:
        """Bytes for the network."""
        return self._outgoing.read()
