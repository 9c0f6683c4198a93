"""Door: a URL to its bytes, or bytes to a URL, by whatever the scheme says.

The phone has looked the server's name up already, because it says the address before it asks. So
TFTP goes through those addresses until one answers, and HTTP is handed them; only a server that
HTTP was redirected to is looked up here.

Phones that shake hands alike share a TLS context, for it is the largest thing that a phone needs.
"""

import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache, partial

from ringback import clock
from ringback.certificate import tls
from ringback.cisco import aes128gcm, envelope
from ringback.dns.resolver import Resolver
from ringback.errors import Failure, TransferError
from ringback.http.client import Client
from ringback.http.errand import NOT_FOUND
from ringback.phone import refusal
from ringback.phone.action import Fetch, Fetched, Send
from ringback.phone.link import Link
from ringback.phone.locate import refuse_restricted
from ringback.phone.security import Security
from ringback.tftp import client as tftp

Now = Callable[[], float]
POSTED = "application/x-www-form-urlencoded"
"""Content-Type of what ``--post`` sends; *inferred*: what a form of that time sent."""
CONTEXTS = 64
"""TLS contexts kept; phones with a certificate of their own need one each."""


@dataclass(frozen=True, slots=True)
class _Network:
    """What one phone reaches the world by."""

    resolver: Resolver
    now: Now
    link: Link | None

    @property
    def pass_on(self) -> tftp.Link | None:
        """What carries datagrams; None for the network as it is."""
        return self.link.pass_on if self.link else None


async def fetch(
    wanted: Fetch, resolver: Resolver, *, now: Now = clock.now, link: Link | None = None
) -> Fetched:
    """The file, still sealed, and the address that gave it.

    ``now`` is the phone's clock, ``link`` its wire where that is faulty.

    Raises:
        TransferError: its ``failure`` is the phone's own word for what happened.
    """
    get = _BY_SCHEME.get(wanted.url.scheme)
    if get is None:
        what = f"{wanted.url.scheme} is no way to fetch a file"
        raise TransferError(what, failure=Failure.SCHEME)
    return await get(wanted, _Network(resolver, now, link))


async def _by_tftp(wanted: Fetch, network: _Network) -> Fetched:
    """Every address in turn; one that has no such file has answered."""
    url, silent = wanted.url, []
    # Where all of them are taken, another phone of this machine has them: any port will do.
    ports = (*wanted.source_ports, 0) if wanted.source_ports else ()
    for address in wanted.addresses:
        try:
            body = await tftp.read(
                address,
                url.effective_port,
                url.path,
                limit=wanted.limit,
                source_ports=ports,
                link=network.pass_on,
            )
        except TransferError as error:
            if error.failure is not Failure.GET:
                raise
            silent.append(str(error))
        else:
            return Fetched(body, address)
    raise TransferError("; ".join(silent) or f"{url.host} has no address")


async def send(
    wanted: Send, resolver: Resolver, *, now: Now = clock.now, link: Link | None = None
) -> Fetched:
    """What the server said to an upload, and its address; raises as ``fetch`` does."""
    body, coding = _sealed(wanted)
    network = _Network(resolver, now, link)
    if wanted.url.scheme == "tftp":
        return await _put_by_tftp(wanted, body, network)
    upload = _Upload(wanted.method, body, wanted.content_type, coding)
    return await _by_http(wanted, network, upload)


def _sealed(wanted: Send) -> tuple[bytes, str]:
    """The body as it travels, and its Content-Encoding."""
    if wanted.key is not None:
        salt = clock.random_bytes(8)
        key, digest = wanted.key, wanted.digest
        return envelope.seal(wanted.body, compress=False, key=key, digest=digest, salt=salt), ""
    if wanted.ikm is not None:
        salt = clock.random_bytes(16)
        sealed = envelope.seal(wanted.body, compress=False, ikm=wanted.ikm, salt=salt)
        return sealed, aes128gcm.CODING
    return wanted.body, ""


async def _put_by_tftp(wanted: Send, body: bytes, network: _Network) -> Fetched:
    """Every address in turn, until one takes it."""
    url, silent = wanted.url, []
    for address in wanted.addresses:
        try:
            link = network.pass_on
            await tftp.write(address, url.effective_port, url.path, body, link=link)
        except TransferError as error:
            silent.append(str(error))
        else:
            return Fetched(b"", address)
    raise TransferError("; ".join(silent) or f"{url.host} has no address")


@dataclass(frozen=True, slots=True)
class _Upload:
    """What a request carries."""

    method: str = "GET"
    body: bytes = b""
    content_type: str = ""
    content_encoding: str = ""
    missing: tuple[int, ...] = NOT_FOUND


async def _by_http(
    wanted: Fetch | Send,
    network: _Network,
    carried: _Upload = _Upload(),
) -> Fetched:
    url, security = wanted.url, wanted.security

    async def addresses(host: str) -> tuple[str, ...]:
        if host == url.host:
            return wanted.addresses
        refuse_restricted(host, wanted.domains)
        return await network.resolver.addresses(host)

    def explain(error: ssl.SSLError) -> str:
        return _explain(error, security)

    client = Client(
        addresses, agent=wanted.agent, limit=wanted.limit, explain=explain, carrier=network.link
    )
    try:
        got = await client.fetch(
            url.scheme, url.host, url.port, url.path, uid=wanted.uid, pwd=wanted.pwd,
            method=carried.method, body=carried.body, content_type=carried.content_type,
            content_encoding=carried.content_encoding, missing=carried.missing,
            tls=partial(_context, security, network.now),
        )  # fmt: skip
    except TransferError as error:
        hint = refusal.of_status(error.what, security) if url.scheme == "https" else ""
        if not hint or error.remedy:
            raise
        raise TransferError(error.what, failure=error.failure, remedy=hint) from error
    return Fetched(got.body, got.address, got.header("content-encoding"))


@lru_cache(maxsize=CONTEXTS)
def _context(security: Security, now: Now) -> ssl.SSLContext:
    return tls.phone_context(
        security.handshake,
        security.trusted,
        security.pair,
        lowest=security.lowest,
        ciphers=security.ciphers,
        now=now,
    )


def _explain(error: ssl.SSLError, security: Security) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return refusal.of_certificate(error.verify_code, tls.explain(error), security)
    return refusal.of_handshake(error.reason or str(error), security)


async def _get_by_http(wanted: Fetch, network: _Network) -> Fetched:
    """A GET, or the POST that ``--post`` asks for."""
    posting = wanted.body is not None
    carried = _Upload(missing=wanted.missing)
    if posting:
        carried = replace(carried, method="POST", body=wanted.body or b"", content_type=POSTED)
    return await _by_http(wanted, network, carried)


_BY_SCHEME: Mapping[str, Callable[[Fetch, _Network], Awaitable[Fetched]]] = {
    "tftp": _by_tftp,
    "http": _get_by_http,
    "https": _get_by_http,
}
