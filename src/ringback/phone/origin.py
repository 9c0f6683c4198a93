"""The browser of whoever may open a phone's pages, kept from doing what another site wants.

A browser adds the credentials it knows to every request, whoever's page made it send one. So
nothing that changes the phone is done for a request that another site made (``Sec-Fetch-Site``,
``Origin``, ``Referer``); a plain tool sends none of these and is served. Direct action URLs change
things by GET, as on real phones, so a browser that tells neither where it comes from nor who sent
it there can still be led to one.
"""

from urllib.parse import urlsplit

from ringback.errors import RefusedError
from ringback.http.request import Request


def refuse_other_sites(request: Request) -> None:
    """Refuse what another site's page made a browser send.

    Raises:
        RefusedError: this is such a request.
    """
    came = request.header("origin") or request.header("referer")
    elsewhere = bool(came) and _authority(came) != request.header("host").lower()
    if elsewhere or request.header("sec-fetch-site") in ("cross-site", "same-site"):
        raise RefusedError(
            "another site asked for this",
            why="type the address yourself, or use the phone's own page",
        )


def _authority(url: str) -> str:
    try:
        return urlsplit(url).netloc.lower()
    except ValueError:
        return ""
