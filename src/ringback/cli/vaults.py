"""What the ``ringback cert`` commands share: the vault that is meant, its passphrase, and print."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter
from rich.text import Text

from ringback import clock
from ringback.certificate import key
from ringback.certificate.certificate import Certificate
from ringback.certificate.form import serial_text
from ringback.certificate.pem import Block
from ringback.certificate.pem import read as read_pem
from ringback.certificate.vault import Vault, read_bytes
from ringback.cli.terminal import terminal
from ringback.errors import CertificateError, Place
from ringback.operations.certify import Registrar
from ringback.settings import default_state, read_settings

State = Annotated[
    Path | None,
    Parameter(name="--state", help="Where state is kept; the authority is in its authority/."),
]
Passphrase = Annotated[
    Path | None,
    Parameter(name="--passphrase-file", help="Its first line opens (or locks) the private key."),
]
KeyKind = Annotated[
    key.Kind, Parameter(name="--key-type", help="rsa-2048 is what every phone reads.")
]
Days = Annotated[int | None, Parameter(name="--days", help="How long it is valid.")]


def vault(state: Path | None) -> Vault:
    """The vault that is meant: of ``--state``, else of the settings, else the usual one."""
    return Vault(state or read_settings().serve.state or default_state())


def registrar(state: Path | None, passphrase_file: Path | None = None) -> Registrar:
    """Who acts on the vault, now."""
    return Registrar(vault(state), clock.now(), clock.random_bytes, passphrase(passphrase_file))


def passphrase(file: Path | None) -> bytes | None:
    """The passphrase of a file, if one is named.

    Raises:
        CertificateError: when the file holds none.
    """
    if file is None:
        return None
    try:
        return key.passphrase(read_bytes(file))
    except CertificateError as error:
        where = Place(str(file))
        raise CertificateError(error.what, place=where, remedy=error.remedy) from error


def blocks(files: Sequence[Path]) -> list[Block]:
    """Every block of several files."""
    return [block for file in files for block in read_pem(read_bytes(file), name=str(file))]


def show(lines: Sequence[tuple[str, str]]) -> None:
    """Label and text, a line each; text of others is printed as it is, never as markup."""
    width = max((len(label) for label, _ in lines), default=0)
    console = terminal()
    for label, text in lines:
        console.print(Text.assemble((f"  {label:<{width}}  ", "dim"), printable(text)))


def say(text: str) -> None:
    """One line on standard output."""
    terminal().print(Text(printable(text)))


def note(text: str) -> None:
    """One line on standard error."""
    terminal(errors=True).print(Text(printable(text)))


def printable(text: str) -> str:
    """Text of others with what a terminal would act upon replaced."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)


def print_json(value: dict[str, Any]) -> None:
    """One JSON object, and nothing else."""
    json.dump(value, sys.stdout, ensure_ascii=False)
    print()


def as_dict(certificate: Certificate) -> dict[str, Any]:
    """What JSON says of a certificate; times are POSIX seconds."""
    return {
        "subject": str(certificate),
        "serial": serial_text(certificate.serial),
        "not_before": int(certificate.not_before),
        "not_after": int(certificate.not_after),
        "fingerprint": certificate.fingerprint,
    }
