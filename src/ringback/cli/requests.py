"""``ringback cert request``, ``sign`` and ``install``: certificates that travel between hands."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from ringback import clock
from ringback.certificate import authority as authorities
from ringback.certificate import certificate as certificates
from ringback.certificate import key, pair, pem, request
from ringback.certificate.chain import Purpose, day
from ringback.certificate.key import Kind, PrivateKey
from ringback.certificate.request import Hosts
from ringback.certificate.vault import PUBLIC, SECRET, read_bytes, write_file
from ringback.cli.arguments import Json
from ringback.cli.vaults import (
    Days,
    KeyKind,
    Passphrase,
    State,
    as_dict,
    blocks,
    note,
    passphrase,
    print_json,
    registrar,
    say,
    show,
    vault,
)
from ringback.errors import NotFoundError, UsageError

Names = Annotated[tuple[str, ...], Parameter(name="--san", negative="")]
_PURPOSES = {"server": Purpose.SERVER, "client": Purpose.CLIENT}


def ask(
    name: str,
    /,
    *,
    san: Names = (),
    email: str = "",
    organization: str = "",
    unit: str = "",
    key_type: KeyKind = Kind.RSA_2048,
    key_file: Annotated[Path | None, Parameter(name="--key")] = None,
    passphrase_file: Passphrase = None,
    out: Path = Path(),
    as_json: Json = False,
) -> None:
    """Make a private key and a signing request for a server, to be signed elsewhere.

    Args:
        name: The server's full host name, as in the phones' profile rule.
        san: A further host name or IP address; repeatable.
        email: Where the authority can reach you; it is visible in the request.
        organization: The organisation.
        unit: Its department.
        key_type: RSA for phones of every generation.
        key_file: Use the key in this file instead of making one.
        passphrase_file: Opens the key that is given, or locks the one that is made.
        out: The folder for NAME.key and NAME.csr.
        as_json: Report as one JSON object.
    """
    hosts = Hosts.parse([name, *san], email=email)
    secret = passphrase(passphrase_file)
    private = _read_key(key_file, secret) if key_file else key.make(key_type)
    made = request.make(hosts, private, organization=organization, unit=unit)
    if not key_file:
        key_file = _new_key_file(out, hosts.common)
        write_file(key_file, key.write(private, secret), SECRET)
    file = out / f"{hosts.common}.csr"
    write_file(file, made.pem(), PUBLIC)
    if as_json:
        print_json({"key": str(key_file), "request": str(file), "subject": str(made.subject)})
        return
    say(f"made a signing request for {certificates.spell(made.subject)}")
    show([("key", f"{key_file}   (keep it here)"), ("request", f"{file}   (have it signed)"),
          ("then", f"ringback cert install {key_file} SIGNED.pem")])  # fmt: skip


def _read_key(file: Path, secret: bytes | None) -> PrivateKey:
    found = [
        each for each in pem.read(read_bytes(file), name=str(file)) if each.label in key.LABELS
    ]
    if not found:
        raise UsageError(f"no private key in {file}", remedy="name the file that holds it")
    return key.read(found[0], secret)


def _new_key_file(folder: Path, name: str) -> Path:
    file = folder / f"{name}.key"
    if not folder.is_dir():
        raise NotFoundError(f"no folder {folder}", remedy="make it, or name another --out")
    if file.exists():
        raise UsageError(
            f"there is a key in {file} already", remedy=f"use it: --key {file}; or another --out"
        )
    return file


def sign(
    file: Annotated[Path, Parameter(name="CSR")],
    /,
    *,
    purpose: Annotated[str, Parameter(help="server or client.")] = "server",
    legacy: Annotated[bool, Parameter(negative="")] = False,
    days: Days = None,
    out: Path | None = None,
    passphrase_file: Passphrase = None,
    state: State = None,
    as_json: Json = False,
) -> None:
    """Sign a request with our own authority.

    Its names and key are taken over; wishes beyond them (to be an authority, say) are not, and
    are listed.

    Args:
        file: The request.
        purpose: What the certificate is to prove.
        legacy: Also sign RSA keys below 2048 bits and SHA-1 requests, of old devices.
        days: How long it is valid.
        out: Where to; beside the request, ending in .pem, otherwise.
        passphrase_file: Opens the authority's key.
        state: Where state is kept.
        as_json: Report as one JSON object.
    """
    if purpose not in _PURPOSES:
        raise UsageError(f"no such purpose: {purpose!r}", remedy="server or client")
    asked = request.open_block(pem.read(read_bytes(file), name=str(file))[0])
    made, above = registrar(state, passphrase_file).sign(
        asked, purpose=_PURPOSES[purpose], legacy=legacy, days=days or authorities.SERVER_DAYS
    )
    target = out or file.with_suffix(".pem")
    write_file(target, b"".join(each.pem() for each in (made.certificate, *above)), PUBLIC)
    if as_json:
        dropped = {"dropped": list(made.dropped), "file": str(target)}
        print_json(as_dict(made.certificate) | dropped)
        return
    for each in made.dropped:
        note(f"not taken over: {each}")
    say(f"signed {made.certificate}, until {day(made.certificate.not_after)}: {target}")


def install(
    *files: Path,
    name: str = "",
    ca: Annotated[tuple[Path, ...], Parameter(name="--ca", negative="")] = (),
    passphrase_file: Passphrase = None,
    state: State = None,
    as_json: Json = False,
) -> None:
    """Check a server's key, certificate and chain against one another, and serve them.

    Args:
        files: The files, in any order; or certbot's folder (/etc/letsencrypt/live/NAME).
        name: The host name it must bear.
        ca: The authority at the end of its chain; with it the whole chain is checked.
        passphrase_file: Opens the key.
        state: Where state is kept.
        as_json: Report as one JSON object.
    """
    named = [each for file in files for each in _certbot(file)]
    if not named:
        raise UsageError("no file named", remedy="the key, the certificate, its chain")
    found = pair.assemble(blocks(named), secret=passphrase(passphrase_file))
    anchors = [each for file in ca for each in certificates.read(read_bytes(file), name=str(file))]
    verdict = pair.examine(found, now=clock.now(), host=name, anchors=anchors)
    verdict.insist()
    home = vault(state)
    with home.locked():
        target = home.install(found)
    if as_json:
        print_json(as_dict(found.certificate) | {"file": str(target)})
        return
    say(f"installed {found.certificate}, until {day(found.certificate.not_after)}: {target}")
    if not anchors:
        top = verdict.path[-1]
        note(f"the chain ends at {certificates.spell(top.issuer)}: phones must trust it")


def _certbot(path: Path) -> list[Path]:
    """The files themselves, or those certbot keeps in a folder."""
    if not path.is_dir():
        return [path]
    found = [path / each for each in pair.CERTBOT if (path / each).is_file()]
    if not found:
        remedy = f"a folder as certbot's holds {', '.join(pair.CERTBOT)}"
        raise NotFoundError(f"no certificate in the folder {path}", remedy=remedy)
    return found
