"""Who may have a prepared file: its level against the evidence of whoever asks.

A file that only its device can open (sealed with a key of its own) may go to anyone who asks for
it; there is nothing in it for others. Everything else of the level *device* goes to whoever proves
to be the very device the file was prepared for: by a certificate over TLS, or by what else the
table in ``evidence`` knows. A MAC, in a path, a query or a User-Agent, is never evidence.
"""

from collections.abc import Collection
from dataclasses import dataclass

from ringback.mac import Mac
from ringback.provisioning.admission import Admission, Channel
from ringback.provisioning.document import Level
from ringback.provisioning.evidence import Proof, entitled
from ringback.provisioning.identity import Identity


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for. ``key`` is the number of the key that opens it; 0 or None: anyone can."""

    level: int
    mac: str = ""
    """Whose it is; empty for a file that phones share."""
    key: int | None = None
    locked: bool = False


def why_not(
    wanted: Wanted,
    identity: Identity,
    channel: Channel,
    admission: Admission,
    proofs: Collection[Proof] = (),
) -> str:
    """Why this asker does not get it; empty when it does.

    ``proofs`` are those found true besides the certificate, which is in ``identity``.
    """
    if wanted.locked:
        return "the device is locked"
    if for_anyone(wanted.level, wanted.key):
        return ""
    if wanted.level <= Level.OPEN and not _bound(wanted, channel, admission):
        return ""
    if proofs and entitled(proofs, channel, spared=admission.plain_devices) >= wanted.level:
        return ""
    return _why_not_this(wanted.mac, identity, channel)


def for_anyone(level: int, key: int | None) -> bool:
    """Whether a file goes to whoever asks, whatever was proven: nothing but a lock keeps it."""
    return level <= Level.BOOTSTRAP or bool(key)


def _bound(wanted: Wanted, channel: Channel, admission: Admission) -> bool:
    """Whether a file without secrets goes to its own device only: as a plain file would."""
    spared = admission.plain_devices and channel is Channel.PLAIN
    return bool(wanted.mac) and admission.bind_devices and not spared


def _why_not_this(mac: str, identity: Identity, channel: Channel) -> str:
    if channel is Channel.PLAIN:
        return "it was asked for in clear, without a certificate"
    if not identity.certificate:
        return "there is no certificate"
    if identity.mac is None:
        return "the certificate names no phone"
    if mac and identity.mac != Mac(mac):
        return f"the certificate is of phone {identity.mac}"
    return ""
