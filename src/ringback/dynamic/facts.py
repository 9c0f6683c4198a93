"""What a template is told: the request, the certificate, and what they say of the phone.

Every name a template may use exists, empty when there is nothing to say, so that a missing
certificate gives an empty field and a misspelt name gives an error with its place. All of it is
text from strangers; the template's autoescape makes it harmless in XML.

The certificate's components have the names mod_ssl gives them, without the prefix: ``OU``,
``L``, ``ST`` … of the *subject*. ``serialNumber`` is the attribute of that name (``PID:… SN:…``),
``number`` the certificate's own.

``told`` spells them as JSON, for the worker that renders. What a phone says of itself and what its
certificate says are the same at every visit, so their part of the JSON is kept.
"""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Final
from urllib.parse import parse_qsl

from ringback.dynamic import distinguished_name
from ringback.dynamic.asked import Asked
from ringback.dynamic.der import read
from ringback.dynamic.mod_ssl import TAGS, components, serial_text, time_text
from ringback.errors import CertificateError

Facts = dict[str, dict[str, object]]

AGENT: Final = ("manufacturer", "product", "firmware", "mac", "serial")
BEARER: Final = ("product", "mac", "serial")
_MOST_ARGUMENTS: Final = 64
_COMPONENTS: Final = tuple(tag for tag in TAGS.values() if tag != "SerialNumber")
_KEPT: Final = 1024
"""Certificates and User-Agent lines remembered."""
_spell: Final = json.JSONEncoder(ensure_ascii=False).encode


def facts(
    asked: Asked,
    client: bytes = b"",
    *,
    agent: Mapping[str, str] | None = None,
    bearer: Mapping[str, str] | None = None,
) -> Facts:
    """All facts for one request.

    Args:
        asked: the request.
        client: the DER of the client's verified certificate, if it showed one.
        agent: the User-Agent line, read: any of ``AGENT``.
        bearer: the phone that the verified certificate names: any of ``BEARER``.
    """
    return {
        "request": _request(asked),
        "agent": _named(AGENT, agent) | {"line": asked.agent},
        "certificate": certificate(client) | _named(BEARER, bearer),
    }


def told(
    asked: Asked,
    client: bytes = b"",
    *,
    agent: Mapping[str, str] | None = None,
    bearer: Mapping[str, str] | None = None,
) -> bytes:
    """All facts for one request, as ``facts`` has them, in JSON."""
    return b"".join(
        (
            b'{"request": ',
            spell(_request(asked)),
            b', "agent": ',
            _told_of_agent(asked.agent, _items(agent)),
            b', "certificate": ',
            _told_of_certificate(client, _items(bearer)),
            b"}",
        )
    )


def spell(value: object) -> bytes:
    """JSON in UTF-8; what is no text becomes a question mark."""
    return _spell(value).encode("utf-8", "replace")


def _items(values: Mapping[str, str] | None) -> tuple[tuple[str, str], ...]:
    return tuple(values.items()) if values else ()


@lru_cache(maxsize=_KEPT)
def _told_of_agent(line: str, values: tuple[tuple[str, str], ...]) -> bytes:
    return spell(_named(AGENT, dict(values)) | {"line": line})


@lru_cache(maxsize=_KEPT)
def _told_of_certificate(der: bytes, values: tuple[tuple[str, str], ...]) -> bytes:
    return spell(certificate(der) | _named(BEARER, dict(values)))


def _named(names: tuple[str, ...], values: Mapping[str, str] | None) -> dict[str, object]:
    return {name: str((values or {}).get(name, "")) for name in names}


def _request(asked: Asked) -> dict[str, object]:
    headers = {
        name.decode("latin-1"): value.strip(b" \t").decode("utf-8", "replace")
        for name, value in asked.headers.items()
        if name not in (b"authorization", b"proxy-authorization")
    }
    pairs = parse_qsl(asked.query, keep_blank_values=True, max_num_fields=None, errors="replace")[
        :_MOST_ARGUMENTS
    ]
    return {
        "method": asked.method,
        "path": _clean(asked.path),
        "name": _clean(asked.path).rpartition("/")[2],
        "query": _clean(asked.query),
        "arguments": dict(reversed(pairs)),
        "headers": headers,
        "address": asked.address,
        "port": asked.port,
        "scheme": asked.scheme,
        "agent": asked.agent,
    }


def _clean(text: str) -> str:
    """Bytes that are no UTF-8 become question marks in diamonds."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def certificate(der: bytes) -> dict[str, object]:
    """A verified certificate as a template sees it; every field is there, empty without one."""
    try:
        return dict(_certificate(der))
    except CertificateError:
        return dict(_certificate(b""))


@lru_cache(maxsize=_KEPT)
def _certificate(der: bytes) -> dict[str, object]:
    found: dict[str, object] = dict.fromkeys(_COMPONENTS, "")
    found |= dict.fromkeys(
        ("serialNumber", "subject", "issuer", "number", "not_before", "not_after"), ""
    )
    found["shown"] = bool(der)
    if der:
        fields = read(der)
        parts = dict(components("", fields.subject))
        found["serialNumber"] = _clean(parts.pop("SerialNumber", ""))
        found |= {name: _clean(value) for name, value in parts.items() if name in found}
        found |= {
            "subject": _clean(distinguished_name.whole(fields.subject)),
            "issuer": _clean(distinguished_name.whole(fields.issuer)),
            "number": serial_text(fields.serial),
            "not_before": time_text(fields.not_before),
            "not_after": time_text(fields.not_after),
        }
    return found
