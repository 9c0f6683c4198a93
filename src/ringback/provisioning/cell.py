"""One cell of a table: cleaned of what cannot be seen, and judged for what spreadsheets do.

A spreadsheet that takes a MAC for a number writes ``1.23E+11``, drops its leading zeros, or adds
``.0``; the digits are gone, and guessing them would provision somebody else's phone. So damage is
named with the way out, and never repaired. What is certain is repaired: ``="00…"`` and a leading
``'``, by which spreadsheets and our own files (``guarded``) keep text text.
"""

import re
from typing import Final
from unicodedata import normalize

from ringback.errors import MalformedError, UsageError
from ringback.mac import Mac
from ringback.provisioning.spreadsheet import BROKEN

FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet would act upon at the front of a cell."""
_UNSEEN: Final = str.maketrans(
    dict.fromkeys("\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad", "")
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-")
)
_SCIENCE: Final = re.compile(r"[0-9]+(?:[.,][0-9]+)?E\+?[0-9]+", re.IGNORECASE)
_SHORT: Final = re.compile(r"0[0-9a-f]{7,}|[0-9a-f]{9,}", re.IGNORECASE)
"""A MAC that has lost a digit or two, although one of them is an e."""
_SPREAD: Final = re.compile(r"[0-9](?:[.,][0-9]+)?E\+[0-9]+", re.IGNORECASE)
_FAILED: Final = re.compile(r"#(?:REF!|N/A|VALUE!|NAME\?|DIV/0!|NULL!|NUM!|BEZUG!|WERT!|NV)|#{3,}")
_HARMLESS: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9 .:_-]*")
"""Most cells; without ``+`` no number in scientific notation is among them."""
_TEXT: Final = re.compile(r'="([^"]*)"')
_LEADING: Final = re.compile(r"(?:SEP|ATA|0x|mac\s*[:=]?\s*)", re.IGNORECASE)
_SINGLE: Final = re.compile(r"[0-9a-f]{1,2}(?:[:-][0-9a-f]{1,2}){5}", re.IGNORECASE)
_BETWEEN: Final = re.compile(r"[\s:._/-]+")
_AS_TEXT: Final = "format the column as text in the spreadsheet, enter it again and save"


def clean(text: str, *, password: bool = False) -> str:
    """What a cell says.

    Raises:
        MalformedError: damaged, a formula, or characters that no profile can hold; of a password
            nothing is repeated.
    """
    text = text.strip()
    if _HARMLESS.fullmatch(text):
        return text
    if not text.isascii():
        text = text if password else normalize("NFC", text.translate(_UNSEEN)).strip()
    if BROKEN in text:
        raise MalformedError(
            "not in the encoding of the file", remedy="save it as UTF-8, or say --encoding"
        )
    check_controls(text)
    if password or not text:
        return text
    return _undamaged(text)


def check_controls(text: str) -> None:
    """Refuse what no field of a device can hold, wherever it is typed.

    Raises:
        MalformedError: a control character.
    """
    if not text.isprintable() and any(each < " " or each == "\x7f" for each in text):
        raise MalformedError("a line break or control character", remedy="remove it")


def guarded(text: str) -> str:
    """A cell that no spreadsheet acts upon; ``clean`` gives the text back."""
    return f"'{text}" if text.lstrip("'").startswith(FORMULA) else text


def _undamaged(text: str) -> str:
    first = text[0]
    if first == "=":
        found = _TEXT.fullmatch(text)
        if found:
            return found[1].strip()
        raise MalformedError(f"a formula: {text[:40]!r}", remedy="paste its value instead")
    if first == "'" and text.lstrip("'").startswith(FORMULA):
        return text[1:]
    if first == "#" and _FAILED.fullmatch(text):
        raise MalformedError(f"a formula that failed: {text[:20]!r}", remedy="mend the spreadsheet")
    if "+" in text and _SPREAD.fullmatch(text):
        raise MalformedError(f"the spreadsheet made a number of it: {text!r}", remedy=_AS_TEXT)
    if "{{" in text:
        raise MalformedError("an expression: {{ … }}", remedy="expressions belong into a layer")
    return text


def mac(text: str) -> Mac:
    """A MAC in any spelling.

    Raises:
        MalformedError: it is none, or a spreadsheet has spoilt it.
    """
    try:
        return Mac.parse(text)
    except UsageError:
        pass
    if _SCIENCE.fullmatch(text.strip()) and not _SHORT.fullmatch(text.strip()):
        raise MalformedError(f"the spreadsheet made a number of it: {text!r}", remedy=_AS_TEXT)
    plain = normalize("NFKC", clean(text)).strip(" {}[]()<>'\"`,;")
    plain = _LEADING.sub("", plain, count=1) if _LEADING.match(plain) else plain
    if _SINGLE.fullmatch(plain):
        plain = "".join(each.rjust(2, "0") for each in re.split("[:-]", plain))
    digits = _BETWEEN.sub("", plain)
    try:
        return Mac.parse(digits)
    except UsageError as error:
        raise _spoilt(plain, digits) from error


def phone_mac(text: str) -> Mac:
    """A MAC that a phone can have.

    Raises:
        MalformedError: as ``mac``, or it is nobody's or a group's.
    """
    if not text.strip():
        raise MalformedError("empty", remedy="every row names its phone")
    found = mac(text)
    if not int(found.digits, 16):
        raise MalformedError("all zeros: nobody's address", remedy="read it from the phone's back")
    if int(found.digits[:2], 16) & 1:
        remedy = "the second digit of a phone's is even"
        raise MalformedError(f"{found} is the address of a group", remedy=remedy)
    return found


def _spoilt(plain: str, digits: str) -> MalformedError:
    """Why these digits are no MAC."""
    shown = repr(plain[:40])
    if re.fullmatch(r"[0-9]+[.,]0+", plain):
        return MalformedError(f"the spreadsheet made a number of it: {shown}", remedy=_AS_TEXT)
    if re.fullmatch(r"[0-9]{6,11}", digits):
        what = f"{len(digits)} digits, leading zeros are lost: {shown}"
        return MalformedError(what, remedy=_AS_TEXT)
    if re.fullmatch(r"[0-9a-fA-F]+", digits):
        what = f"a MAC has 12 hex digits, and this has {len(digits)}: {shown}"
        return MalformedError(what, remedy="read it from the phone's back")
    remedy = "twelve hex digits, such as 000e08abcdef"
    return MalformedError(f"not a MAC address: {shown}", remedy=remedy)
