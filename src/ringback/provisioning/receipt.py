"""What has come from a phone, and from which: a report, opened if a key is known, and its sender.

Whose it is must be plain from the name it was sent to, because that is what admission judges
(admission.py): where phones must show a certificate, a report that names a phone comes from that
phone or not at all. The MAC stands at the end of the digits that name it (``…3PCC000e08abcdef``
has fourteen); a certificate, and where nobody must show one the User-Agent line, say which of
several readings is meant, and whose a report is whose name does not tell.

What cannot be opened is kept as it came: the key may be found later. What is neither a report nor
sealed is refused: this is no place to leave files.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ringback.cisco import aes128gcm, envelope, gzipped, report, salted
from ringback.cisco.agent import Agent
from ringback.errors import EnvelopeError, RefusedError, UsageError
from ringback.mac import Mac
from ringback.provisioning.identity import Identity, mentions
from ringback.provisioning.keyring import Key

LARGEST = 4 * 1024 * 1024
"""Bytes of a report when it is open."""
SEALED = "sealed"
_ENDING = re.compile(r"\.[A-Za-z0-9]{1,5}\Z")


@dataclass(frozen=True, slots=True)
class Receipt:
    """What is kept of an upload."""

    kind: str
    """``full``, ``delta``, ``status``, or ``sealed`` for what does not open."""
    data: bytes
    how: str
    """What was taken off: ``clear``, ``gzip``, ``aes-256-cbc (md5)`` …; or why it is closed."""
    lines: int = 0
    """Settings, or lines of status, in it."""
    claims: Mac | None = None
    """Whose status it says it is."""

    @property
    def ending(self) -> str:
        """How a file of it is called."""
        return "bin" if self.kind == SEALED else "xml"


def sender(path: str, query: str, identity: Identity, *, bound: bool) -> Mac:
    """Which phone an upload to ``path`` is from. ``bound``: only proof counts, no claim.

    Raises:
        RefusedError: nothing names a phone, or more than one is named.
    """
    named = mentions(f"{path}?{query}" if query else path)
    claimed = None if bound else Agent.parse(identity.agent).mac
    for mac in (identity.mac, claimed):
        if mac is not None and all(each.may_mean(mac) for each in named):
            return mac
    # Without the ending: the "cf" of ".cfg" would be read as two more digits of a MAC.
    found = {each.digits[-12:] for each in mentions(f"{_ENDING.sub('', path)}?{query}")}
    if len(found) != 1:
        why = "its name names more than one phone" if found else "nothing names a phone"
        raise RefusedError(f"a report to {path!r}", who=str(identity), why=why)
    return Mac(found.pop())


def receive(body: bytes, coding: str, keys: Sequence[Key]) -> Receipt:
    """Open an upload and see what it is. ``coding`` is its Content-Encoding.

    Raises:
        MalformedError: it is neither a report nor sealed.
    """
    if salted.is_salted(body) or aes128gcm.CODING in coding.lower():
        opened = _opened(body, coding, keys)
        if isinstance(opened, EnvelopeError):
            return Receipt(SEALED, body, f"not opened: {opened.what}")
    elif gzipped.is_gzip(body):
        opened = envelope.unseal(body, limit=LARGEST)
    else:
        opened = envelope.Opened(body)
    found = report.read(opened.data, name="report", limit=LARGEST)
    return Receipt(found.kind, opened.data, str(opened), len(found.values), _claim(found))


def _opened(body: bytes, coding: str, keys: Sequence[Key]) -> envelope.Opened | EnvelopeError:
    """Opened with the first key that does; else why the last did not."""
    why = EnvelopeError("no key is known for it")
    content = aes128gcm.CODING in coding.lower()
    for key in keys:
        if content == (key.ikm is None):
            continue
        try:
            return envelope.unseal(
                body, key=key.passphrase, ikm=key.ikm, content_encoding=coding, limit=LARGEST
            )
        except EnvelopeError as error:
            why = error
    return why


def _claim(found: report.Report) -> Mac | None:
    try:
        return Mac.parse(found.values.get("MAC_Address", ""))
    except UsageError:
        return None
