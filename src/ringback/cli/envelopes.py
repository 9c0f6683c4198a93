"""``ringback profile seal`` and ``open``: into the envelope a phone expects, and out again.

``seal`` with ``--kdf md5`` writes what every generation opens; OpenSSL's own default today is
sha256, which only multiplatform phones know. ``open`` finds out by itself what it was given.
"""

import base64
import json
import sys
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from ringback import clock
from ringback.cisco import aes128gcm, envelope, gzipped, salted
from ringback.cli import content
from ringback.errors import EnvelopeError, Place, RefusedError, UsageError

Kdf = Literal["md5", "sha256"]


def _file_or_pipe(_: object, name: str) -> None:
    if name.startswith("-") and name != content.PIPE:
        raise ValueError(f"no such option: {name}; a file of that name is written ./{name}")


File = Annotated[str, Parameter(allow_leading_hyphen=True, validator=_file_or_pipe)]
Output = Annotated[str, Parameter(name=("--output", "-o"))]
Key = Annotated[str | None, Parameter(name="--key", allow_leading_hyphen=True)]
Ikm = Annotated[str | None, Parameter(name="--ikm", allow_leading_hyphen=True)]
Json = Annotated[bool, Parameter(name="--json", negative="")]
_NOT_XML = "this is no XML, no phone will take it as a profile"
_LARGEST = 256 * 1024 * 1024


def seal(
    file: File,
    /,
    *,
    gzip: Annotated[bool, Parameter(negative="")] = False,
    key: Key = None,
    kdf: Kdf = "md5",
    ikm: Ikm = None,
    output: Output = content.PIPE,
    as_json: Json = False,
) -> None:
    """Compress a profile, encrypt it, or both, for a phone to fetch.

    Args:
        file: The profile; - is standard input.
        gzip: Compress first.
        key: Encrypt with AES-256-CBC under this passphrase (the rule's --key).
        kdf: How the key is derived from the passphrase: md5 for every phone, sha256 for those
            that say so.
        ikm: Encrypt with aes128gcm under this keying material (base64url) instead; the server
            must then send Content-Encoding: aes128gcm.
        output: Where to; standard output otherwise.
        as_json: Report as one JSON object; it holds the contents when there is no --output.
    """
    data = content.read(file)
    if not (gzip or key is not None or ikm is not None):
        raise UsageError("nothing to do", remedy="--gzip, --key or --ikm")
    _refuse_sealed(file, data, gzip=gzip)
    sealed = envelope.seal(
        data,
        compress=gzip,
        key=key,
        digest=kdf,
        ikm=None if ikm is None else aes128gcm.parse_ikm(ikm),
        salt=clock.random_bytes(salted.SALT_LENGTH if ikm is None else aes128gcm.SALT_LENGTH),
    )
    layers = (
        *(["aes-256-cbc"] if key is not None else []),
        *(["aes128gcm"] if ikm is not None else []),
        *(["gzip"] if gzip else []),
    )
    remarks = () if envelope.looks_like_xml(data) or gzipped.is_gzip(data) else (_NOT_XML,)
    opened = envelope.Opened(sealed, layers, kdf if key is not None else "", remarks)
    _deliver(opened, output, as_json=as_json)


def _refuse_sealed(file: str, data: bytes, *, gzip: bool) -> None:
    """One envelope is what phones open."""
    if salted.is_salted(data):
        raise RefusedError(f"{file} is encrypted already")
    if gzip and gzipped.is_gzip(data):
        raise RefusedError(f"{file} is compressed already", remedy="leave --gzip out")


def open_(
    file: File,
    /,
    *,
    key: Key = None,
    ikm: Ikm = None,
    kdf: Kdf | None = None,
    output: Output = content.PIPE,
    as_json: Json = False,
) -> None:
    """Take a profile out of its envelope and say on standard error what it was.

    Args:
        file: The file as the phone would fetch it; - is standard input.
        key: The passphrase, as in the rule's --key.
        ikm: The keying material (base64url), for a file served with Content-Encoding: aes128gcm.
        kdf: Try this key derivation only.
        output: Where to; standard output otherwise.
        as_json: Report as one JSON object; it holds the contents when there is no --output.
    """
    data = content.read(file)
    material = None if ikm is None else aes128gcm.parse_ikm(ikm)
    content_coded = material is not None and not salted.is_salted(data)
    try:
        opened = envelope.unseal(
            data,
            key=key,
            ikm=material,
            content_encoding=aes128gcm.CODING if content_coded else "",
            digests=(kdf,) if kdf else salted.DIGESTS,
            limit=_LARGEST,
        )
    except EnvelopeError as error:
        located = _located(error, file)
        if as_json:
            print(json.dumps({"error": str(located), "status": located.status}))
        raise located from error
    if not as_json:
        print(f"ringback: {file} was {opened}", file=sys.stderr)
    _deliver(opened, output, as_json=as_json)


def _located(error: EnvelopeError, file: str) -> EnvelopeError:
    return EnvelopeError(
        error.what, status=error.status, place=Place(name=file), remedy=error.remedy
    )


def _deliver(result: envelope.Opened, output: str, *, as_json: bool) -> None:
    piped = output == content.PIPE
    if not (piped and as_json):
        content.write(output, result.data)
    if as_json:
        report: dict[str, Any] = {
            "error": None,
            "layers": list(result.layers),
            "kdf": result.digest or None,
            "remarks": list(result.remarks),
            "bytes": len(result.data),
        }
        report |= (
            {"contents_base64": base64.b64encode(result.data).decode()}
            if piped
            else {"output": output}
        )
        print(json.dumps(report))
    for line in result.remarks:
        print(f"ringback: {line}", file=sys.stderr)
