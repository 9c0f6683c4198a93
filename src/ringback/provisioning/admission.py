"""What evidence entitles to: a file that names a phone goes to that phone.

The certificate decides, and nothing else: a MAC in a User-Agent or a query is a claim. When more
than one phone is named, the certificate must fit every one of them, so that ``/<B>.cfg?mac=<A>``
is no way for A to get B's file.
"""

from dataclasses import dataclass
from enum import StrEnum

from ringback.errors import RefusedError
from ringback.provisioning.identity import Identity, mentions


class Channel(StrEnum):
    """How a request came: in clear, or over TLS."""

    PLAIN = "plain"
    TLS = "tls"


@dataclass(frozen=True, slots=True)
class Admission:
    """The rule in force."""

    bind_devices: bool = False
    """A file that names a phone goes only to a certificate that names the same phone."""
    plain_devices: bool = False
    """TFTP and plain HTTP are free of that rule."""

    def admit(self, asked: str, identity: Identity, channel: Channel) -> None:
        """Let a request pass; ``asked`` is its path, with ``?`` and the query if there is one.

        Raises:
            RefusedError: ``who`` and ``why`` are for the log. The asker gets what it would get
                for a file that is not there.
        """
        if not self.bind_devices or (self.plain_devices and channel is Channel.PLAIN):
            return
        named = mentions(asked)
        if not named:
            return
        why = _why_not(identity, channel)
        if not why and identity.mac is not None:
            if all(each.may_mean(identity.mac) for each in named):
                return
            why = f"the certificate is of phone {identity.mac}"
        raise RefusedError(f"{asked!r} names a phone", who=str(identity), why=why)

    def __str__(self) -> str:
        if not self.bind_devices:
            return "files that name a phone go to anyone who asks (no --bind-devices)"
        if self.plain_devices:
            return "over HTTPS, files that name a phone go to that phone's certificate only"
        return "files that name a phone go to that phone's certificate only, and not in clear"


def _why_not(identity: Identity, channel: Channel) -> str:
    """Why this asker cannot be any phone at all; empty when it is one."""
    if identity.mac is not None:
        return ""
    if channel is Channel.PLAIN:
        return "it was asked for in clear, without a certificate"
    return "the certificate names no phone" if identity.certificate else "there is no certificate"
