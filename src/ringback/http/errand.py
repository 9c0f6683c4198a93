"""A phone's errand: one file to fetch, and what it does with each answer on the way.

The rules are the phone's (guide chapter "Provisioning", table of HTTP status codes; firmware
strings): ``Host`` always names the port, only 301 and 302 are followed, 401 and 407 are answered
at most twice with Basic or Digest, 404 alone is "file not found", anything else has failed.
Nothing is asked of the server's encodings, and nothing is decoded.

Not in any guide, therefore *inferred*: five redirects at most, counted over the whole errand, as
are the two answered challenges; a redirected POST stays a POST; credentials are sent to whoever
asks for them, wherever a redirect led, but never unasked to another scheme, host or port than the
one that asked. That is how ``--uid`` and ``--pwd`` are described: answers to challenges. Whoever
may redirect a phone can therefore ask for its password, and Basic would hand it over in the clear:
use Digest or https where that matters.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, urljoin, urlsplit

from ringback.errors import Failure, MessageError, TransferError
from ringback.http import digest
from ringback.http.exchange import Request, Response

if TYPE_CHECKING:
    from ringback.digest import Challenge

MOST_REDIRECTS = 5
MOST_CHALLENGES = 2
PORTS: Mapping[str, int] = {"http": 80, "https": 443}
NOT_FOUND = (404,)
"""Answers that mean *file not found*, unless somebody says otherwise."""
_FOLLOWED = (301, 302)
_CHALLENGES = {
    401: ("www-authenticate", "Authorization"),
    407: ("proxy-authenticate", "Proxy-Authorization"),
}
# What may stand in a request target as it is; everything else is percent-encoded (inferred).
_VERBATIM = "!$%&'()*+,-./:;=?@[]_~|"


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request goes. ``path`` begins with ``/`` and carries the query."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def origin(self) -> tuple[str, str, int]:
        """Who is asked: credentials stay with it."""
        return self.scheme, self.host.lower(), self.port

    @property
    def authority(self) -> str:
        """``name:port``, as in the Host header."""
        bracketed = f"[{self.host}]" if ":" in self.host else self.host
        return f"{bracketed}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}{self.path}"


def target_of(scheme: str, host: str, port: int | None, path: str) -> Target:
    """A target from the parts of a rule's URL.

    Raises:
        TransferError: SCHEME for anything but http and https, NO_SERVER without a host, BAD_URL
            for a port that cannot be.
    """
    if scheme.lower() not in PORTS:
        raise TransferError(f"{scheme} scheme not supported", failure=Failure.SCHEME)
    if not host:
        raise TransferError("no server name", failure=Failure.NO_SERVER)
    number = PORTS[scheme.lower()] if port is None else port
    if not 0 < number < 65536:
        raise TransferError(f"port {number} is not 1 to 65535", failure=Failure.BAD_URL)
    bare = host[1:-1] if host.startswith("[") else host
    encoded = quote(path, safe=_VERBATIM, errors="surrogateescape")
    return Target(scheme.lower(), bare, number, encoded if path.startswith("/") else f"/{encoded}")


class Errand:
    """Ask :meth:`request` what to send to :attr:`target`, tell :meth:`judge` what came back."""

    def __init__(
        self,
        target: Target,
        *,
        agent: str,
        method: str = "GET",
        body: bytes = b"",
        content_type: str = "",
        content_encoding: str = "",
        uid: str = "",
        pwd: str = "",
        missing: Collection[int] = NOT_FOUND,
    ) -> None:
        self.target = target
        self._missing = missing
        self._method = method
        self._body = body
        self._headers = (
            ("User-Agent", agent),
            ("Connection", "close"),
            *((("Content-Type", content_type),) if content_type else ()),
            *((("Content-Encoding", content_encoding),) if content_encoding else ()),
            *((("Content-Length", str(len(body))),) if body or method != "GET" else ()),
        )
        self._uid, self._pwd = uid, pwd
        self._redirects = 0
        self._challenges = 0
        self._answering: tuple[str, Challenge] | None = None
        self._count = 0

    def request(self, cnonce: str) -> Request:
        """The next request. ``cnonce`` is a fresh random word for Digest.

        Raises:
            TransferError: when the user name cannot stand in a header.
        """
        host = (("Host", self.target.authority),)
        headers = host + self._headers + self._authorization(cnonce)
        return Request(self._method, self.target.path, headers, self._body)

    def _authorization(self, cnonce: str) -> tuple[tuple[str, str], ...]:
        if self._answering is None:
            return ()
        header, challenge = self._answering
        self._count += 1
        try:
            value = digest.answer(
                challenge,
                uid=self._uid,
                pwd=self._pwd,
                method=self._method,
                uri=self.target.path,
                cnonce=cnonce,
                count=self._count,
            )
        except MessageError as error:
            raise TransferError(f"the user name cannot be sent: {error}") from error
        return ((header, value),)

    def judge(self, response: Response) -> Response | None:
        """The response when the errand is done; None when :meth:`request` must be sent again.

        Raises:
            TransferError: NOT_FOUND for what counts as such, GET for all that a phone does not
                follow or answer.
        """
        if 200 <= response.status < 300:
            return response
        if response.status in _FOLLOWED:
            self._redirect(response)
            return None
        if response.status in _CHALLENGES:
            self._challenge(response)
            return None
        if response.status in self._missing:
            what = f"{self.target} does not exist ({response.status})"
            raise TransferError(what, failure=Failure.NOT_FOUND)
        if 300 <= response.status < 400:
            raise self._failed(response, "phones follow 301 and 302 only")
        raise self._failed(response)

    def _redirect(self, response: Response) -> None:
        self._redirects += 1
        if self._redirects > MOST_REDIRECTS:
            raise self._failed(response, f"more than {MOST_REDIRECTS} redirects")
        location = response.header("location")
        if not location:
            raise self._failed(response, "there is no Location")
        before, self.target = self.target, self._resolved(location)
        if before.origin != self.target.origin:
            self._answering = None

    def _resolved(self, location: str) -> Target:
        # Header text is bytes read as Latin-1; a path in UTF-8 must leave as it came.
        location = location.encode("latin-1").decode("utf-8", "surrogateescape")
        try:
            parts = urlsplit(urljoin(str(self.target), location))
            host, port = parts.hostname or "", parts.port
        except ValueError as error:
            raise TransferError(
                f"redirected to {location[:200]!r}, which is no URL: {error}",
                failure=Failure.BAD_URL,
            ) from error
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return target_of(parts.scheme, host, port, path)

    def _challenge(self, response: Response) -> None:
        self._challenges += 1
        if not self._uid:
            raise self._failed(response, "a user name is wanted and the rule has no --uid")
        if self._challenges > MOST_CHALLENGES:
            raise self._failed(response, "user name or password is wrong")
        asked, header = _CHALLENGES[response.status]
        challenge = digest.choose(response.values(asked))
        if challenge is None:
            raise self._failed(response, f"no challenge we can answer in {asked}")
        self._answering = (header, challenge)
        self._count = 0

    def _failed(self, response: Response, why: str = "") -> TransferError:
        return TransferError(f"{self.target} answered {response}", remedy=why)
