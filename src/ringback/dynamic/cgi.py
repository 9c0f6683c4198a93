"""What a script is told about a request: the meta-variables of RFC 3875 section 4.

The environment is made from nothing: not one variable of ours reaches a script but those listed
here. A header can set variables that begin with HTTP_ and no other. Three headers are kept back:
``Proxy`` (it would become HTTP_PROXY, which programs obey: CVE-2016-5385), ``Authorization`` and
``Proxy-Authorization`` (any user of the machine can read an environment). A header whose name is
not letters, digits and hyphens is kept back too: ``X_Y`` and ``X-Y`` would be one variable, and a
proxy in front may vouch for one of them.

The certificate's variables are in ``mod_ssl``.
"""

import re
from collections.abc import Mapping
from typing import Final

from ringback.dynamic.asked import Asked, Seat
from ringback.dynamic.limits import SCRIPT, Limits
from ringback.errors import RefusedError

PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
SOFTWARE: Final = "Ringback"
LONGEST_VARIABLE: Final = 64 * 1024
MOST_VARIABLES: Final = 512
_KEPT_BACK: Final = frozenset(
    (b"proxy", b"authorization", b"proxy-authorization", b"content-type", b"content-length")
)
_NAME = re.compile(rb"[A-Za-z0-9-]+")
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9.-]{1,253})(?::[0-9]{1,5})?")


def meta_variables(
    asked: Asked, *, script_name: str, path_info: str, file: str, seat: Seat
) -> dict[str, str]:
    """The variables for one request; ``file`` is the script on disk."""
    found = dict(_headers(asked.headers))
    found |= {
        "PATH": PATH,
        "GATEWAY_INTERFACE": "CGI/1.1",
        "SERVER_SOFTWARE": SOFTWARE,
        "SERVER_PROTOCOL": "HTTP/1.1",
        "SERVER_NAME": _server_name(asked.headers, seat),
        "SERVER_PORT": str(seat.port),
        "REQUEST_METHOD": asked.method,
        "REQUEST_SCHEME": asked.scheme,
        "REQUEST_URI": f"{asked.raw_path}?{asked.query}" if asked.query else asked.raw_path,
        "SCRIPT_NAME": script_name,
        "SCRIPT_FILENAME": file,
        "QUERY_STRING": asked.query,
        "REMOTE_ADDR": asked.address,
        "REMOTE_PORT": str(asked.port),
    }
    if seat.address:
        found["SERVER_ADDR"] = seat.address
    if path_info:
        found["PATH_INFO"] = path_info
    if asked.body:
        found["CONTENT_LENGTH"] = str(len(asked.body))
    kind = asked.headers.get(b"content-type")
    if kind:
        found["CONTENT_TYPE"] = _text(kind)
    return found


def _headers(headers: Mapping[bytes, bytes]) -> list[tuple[str, str]]:
    return [
        ("HTTP_" + name.decode("ascii").upper().replace("-", "_"), _text(value))
        for name, value in headers.items()
        if name.lower() not in _KEPT_BACK and _NAME.fullmatch(name)
    ]


def _text(value: bytes) -> str:
    return value.strip(b" \t").decode("utf-8", "surrogateescape")


def _server_name(headers: Mapping[bytes, bytes], seat: Seat) -> str:
    """The name the client called us by, when it is one; ours otherwise."""
    found = _HOST.fullmatch(_text(headers.get(b"host", b"")))
    return found[1] if found else seat.name


def bounded(variables: Mapping[str, str], limits: Limits = SCRIPT) -> dict[str, bytes]:
    """The variables as a process takes them.

    Raises:
        RefusedError: when one holds a NUL or they are more than a process should be given.
    """
    encoded = {name: text.encode("utf-8", "surrogateescape") for name, text in variables.items()}
    whole = sum(len(name) + len(value) + 2 for name, value in encoded.items())
    if whole > limits.environment or len(encoded) > MOST_VARIABLES:
        raise RefusedError(
            "the request does not fit a script's environment",
            why=f"{len(encoded)} variables of {whole} bytes, and {limits.environment} is allowed",
        )
    for name, value in encoded.items():
        if b"\0" in value or len(value) > LONGEST_VARIABLE:
            raise RefusedError(
                "the request does not fit a script's environment",
                why=f"{name} holds a NUL or is longer than {LONGEST_VARIABLE} bytes",
            )
    return encoded
