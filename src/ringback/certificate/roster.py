"""A list of phones to certify: MAC, serial number and model, a phone a line, in any order.

With a header line (``mac,serial,model``) the columns are known. Without one each field is known
by its looks; a serial number such as ``88012BA01234`` is also twelve hexadecimal digits, so a
line with two such fields is refused rather than guessed. Commas, semicolons or tabs; quotes as
spreadsheets write them; ``#`` begins a comment.
"""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from ringback.cisco.model import Model, find_model
from ringback.errors import NotFoundError, UsageError
from ringback.mac import Mac

MOST_PHONES: Final = 100_000
_SERIAL = re.compile(r"[0-9A-Za-z]{4,20}")
_COLUMNS: Final = ("mac", "serial", "model")
_HEADINGS: Final = {
    "mac": "mac", "mac address": "mac", "macaddress": "mac", "serial": "serial", "sn": "serial",
    "serial number": "serial", "serialnumber": "serial", "model": "model", "product": "model",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Phone:
    """One phone: what its certificate says of it."""

    model: Model
    mac: Mac
    serial: str

    @classmethod
    def of(cls, mac: str, serial: str, model: str) -> "Phone":
        """A phone from its three texts.

        Raises:
            UsageError: when one of them cannot be read.
            NotFoundError: for an unknown model.
        """
        if not _SERIAL.fullmatch(serial):
            raise UsageError(
                f"not a serial number: {serial!r}", remedy="4 to 20 letters and digits"
            )
        return cls(find_model(model), Mac.parse(mac), serial)


def read(text: str, *, name: str = "", model: str = "") -> tuple[Phone, ...]:
    """The phones of a list; ``model`` serves lines that name none.

    Raises:
        UsageError: naming the line that cannot be read, or a MAC that occurs twice.
    """
    phones: dict[Mac, Phone] = {}
    columns: tuple[str, ...] = ()
    for number, fields in _rows(text.removeprefix("\ufeff")):
        heading = tuple(_HEADINGS.get(field.lower(), "") for field in fields)
        if not phones and not columns and "mac" in heading:
            columns = heading
            continue
        phone = _phone(fields, columns, model, f"{name}:{number}" if name else f"line {number}")
        if phone.mac in phones or len(phones) >= MOST_PHONES:
            what = f"{name}:{number}: {phone.mac} occurs twice"
            raise UsageError(what, remedy=f"one line a phone, at most {MOST_PHONES}")
        phones[phone.mac] = phone
    if not phones:
        raise UsageError(
            f"no phone in {name or 'the list'}", remedy="a line each: mac,serial,model"
        )
    return tuple(phones.values())


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    sample = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = next((each for each in "\t;," if each in sample), ",")
    reader = csv.reader(io.StringIO(text), delimiter=delimiter)
    try:
        for fields in reader:
            stripped = [field.strip() for field in fields]
            if any(stripped) and not stripped[0].startswith("#"):
                yield reader.line_num, stripped
    except csv.Error as error:
        raise UsageError(f"line {reader.line_num}: {error}", remedy="a line each") from error


def _phone(fields: Sequence[str], columns: Sequence[str], model: str, where: str) -> Phone:
    try:
        named = _by_column(fields, columns) if columns else _by_looks(fields)
        return Phone.of(named.get("mac", ""), named.get("serial", ""), named.get("model") or model)
    except (UsageError, NotFoundError) as error:
        raise UsageError(f"{where}: {error.what}", remedy=error.remedy) from error


def _by_column(fields: Sequence[str], columns: Sequence[str]) -> dict[str, str]:
    return {name: field for name, field in zip(columns, fields, strict=False) if name}


def _by_looks(fields: Sequence[str]) -> dict[str, str]:
    given = [field for field in fields if field]
    macs = [field for field in given if _is_mac(field)]
    if len(macs) != 1:
        count = "no field looks" if not macs else f"{len(macs)} fields look"
        raise UsageError(f"{count} like a MAC address", remedy="add a header: mac,serial,model")
    rest = [field for field in given if field not in macs]
    models = [field for field in rest if _is_model(field)]
    serials = [field for field in rest if field not in models[:1]]
    if len(serials) != 1:
        raise UsageError(f"{len(serials)} serial numbers", remedy="mac,serial,model")
    return {"mac": macs[0], "serial": serials[0], "model": models[0] if models else ""}


def _is_mac(text: str) -> bool:
    try:
        Mac.parse(text)
    except UsageError:
        return False
    return True


def _is_model(text: str) -> bool:
    try:
        find_model(text)
    except NotFoundError:
        return False
    return True
