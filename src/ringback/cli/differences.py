"""``ringback profile diff``: two files, or a file and what a phone says it runs.

A phone's page (``http://phone/admin/cfg.xml``, on SPA models ``spacfg.xml``) is fetched with the
same client that virtual phones use, digest challenges answered.
"""

import asyncio
import json
import ssl
import sys
from typing import Annotated

from cyclopts import Parameter

from ringback import __version__
from ringback.cisco import flat_profile
from ringback.cisco.difference import Difference, Side, compare
from ringback.cisco.model import find_model
from ringback.cisco.url import Url
from ringback.cli import content
from ringback.cli.arguments import Json, MaybeModelName
from ringback.cli.envelopes import File, Key
from ringback.dns.resolver import Resolver
from ringback.errors import RingbackError
from ringback.http.client import Client

_PAGE_SCHEMES = ("http://", "https://")
Credential = Annotated[str, Parameter(allow_leading_hyphen=True)]


def diff(
    first: File,
    second: File,
    /,
    *,
    model: MaybeModelName = None,
    key: Key = None,
    uid: Credential = "admin",
    pwd: Credential = "",
    insecure: Annotated[bool, Parameter(negative="")] = False,
    as_json: Json = False,
) -> None:
    """Say what two profiles set differently. Exits 1 when they do.

    A secret that a phone shows as asterisks, or not at all, is no difference.

    Args:
        first: A file, - for standard input, or the http:// address of a phone's cfg.xml.
        second: The other one.
        model: Read values as this model does: yes and Yes are the same.
        key: Opens encrypted files.
        uid: The user that the phone's page asks for.
        pwd: The password that the phone's page asks for.
        insecure: Take any certificate from a phone's https page.
        as_json: One JSON object instead.
    """
    try:
        sides = [_side(each, key, uid, pwd, insecure=insecure) for each in (first, second)]
    except RingbackError as error:
        if as_json:
            print(json.dumps({"error": str(error)}))
        raise
    found = compare(sides[0], sides[1], find_model(model) if model else None)
    if as_json:
        print(json.dumps(_report(found)))
    else:
        _print(found, first, second)
    if found:
        sys.exit(1)


def _side(name: str, key: str | None, uid: str, pwd: str, *, insecure: bool) -> Side:
    from_phone = name.startswith(_PAGE_SCHEMES)
    if from_phone:
        data = asyncio.run(_page(Url.parse(name), uid, pwd, insecure=insecure))
    else:
        data = content.read_profile(name, key=key)
    return Side(flat_profile.read(data, name=name).last(), from_phone)


async def _page(url: Url, uid: str, pwd: str, *, insecure: bool) -> bytes:
    tls = None
    if insecure:
        tls = ssl.create_default_context()
        tls.check_hostname = False
        tls.verify_mode = ssl.CERT_NONE
    client = Client(Resolver().addresses, agent=f"ringback/{__version__}")
    response = await client.fetch(
        url.scheme, url.host, url.port, url.path, uid=uid, pwd=pwd, tls=tls
    )
    return response.body


def _report(found: Difference) -> dict[str, object]:
    return {
        "error": None,
        "equal": not found,
        "changed": {name: list(pair) for name, pair in found.changed.items()},
        "only_first": dict(found.only_first),
        "only_second": dict(found.only_second),
        "access": {name: list(pair) for name, pair in found.access.items()},
        "hidden": list(found.hidden),
    }


def _print(found: Difference, first: str, second: str) -> None:
    for name, (old, new) in found.changed.items():
        print(f"{name}\n  - {old}\n  + {new}")
    for name, (before, after) in found.access.items():
        print(f'{name}\n  - ua="{before}"\n  + ua="{after}"')
    for where, alone in ((first, found.only_first), (second, found.only_second)):
        for name, value in alone.items():
            print(f"{name}\n  only in {where}: {value}")
    if found.hidden:
        print(f"not compared, one side hides them: {', '.join(found.hidden)}")
    if not found:
        print("no difference")
