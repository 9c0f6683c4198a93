"""Door: a URL to its bytes, by whatever the scheme says.

The phone has looked the server's name up already, because it says the address before it asks. So
TFTP goes through those addresses until one answers, and HTTP is handed them; only a server that
HTTP was redirected to is looked up here.
"""

from collections.abc import Awaitable, Callable, Mapping

from ringback.cisco.envelope import LIMIT
from ringback.dns.resolver import Resolver
from ringback.errors import Failure, TransferError
from ringback.http.client import Client
from ringback.phone.action import Fetch, Fetched
from ringback.tftp import client as tftp


async def fetch(wanted: Fetch, resolver: Resolver, *, limit: int = LIMIT) -> Fetched:
    """The file, still sealed, and the address that gave it; at most ``limit`` bytes.

    Raises:
        TransferError: its ``failure`` is the phone's own word for what happened.
    """
    get = _BY_SCHEME.get(wanted.url.scheme)
    if get is None:
        what = f"{wanted.url.scheme} is no way to fetch a file"
        raise TransferError(what, failure=Failure.SCHEME)
    return await get(wanted, resolver, limit)


async def _by_tftp(wanted: Fetch, _resolver: Resolver, limit: int) -> Fetched:
    """Every address in turn; one that has no such file has answered."""
    url, silent = wanted.url, []
    for address in wanted.addresses:
        try:
            body = await tftp.read(address, url.effective_port, url.path, limit=limit)
        except TransferError as error:
            if error.failure is not Failure.GET:
                raise
            silent.append(str(error))
        else:
            return Fetched(body, address)
    raise TransferError("; ".join(silent) or f"{url.host} has no address")


async def _by_http(wanted: Fetch, resolver: Resolver, limit: int) -> Fetched:
    url = wanted.url

    async def addresses(host: str) -> tuple[str, ...]:
        return wanted.addresses if host == url.host else await resolver.addresses(host)

    client = Client(addresses, agent=wanted.agent, limit=limit)
    got = await client.fetch(
        url.scheme, url.host, url.port, url.path, uid=wanted.uid, pwd=wanted.pwd
    )
    return Fetched(got.body, got.address, got.header("content-encoding"))


_BY_SCHEME: Mapping[str, Callable[[Fetch, Resolver, int], Awaitable[Fetched]]] = {
    "tftp": _by_tftp,
    "http": _by_http,
    "https": _by_http,
}
