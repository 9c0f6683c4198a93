"""The certificate that a phone would show, for rehearsals: right in what it says, worth nothing.

It is made on the spot and signed by an authority that is forgotten at once, so it opens no door of
a real server; a rehearsal takes it for verified, because that is what is being asked: what *would*
happen if the phone showed its own. Whether the real one was revoked or has expired is not known
here.
"""

from functools import lru_cache
from typing import Final

from ringback.certificate import authority, key
from ringback.certificate.authority import Authority, Stamp
from ringback.certificate.subject import compose
from ringback.cisco.model import Model
from ringback.mac import Mac

_DAY: Final = 86_400.0
_DAYS: Final = 3650
_SERIAL: Final = "FCH00000000"
"""Stands for a serial number that nobody noted: a certificate always names one."""


def badge(model: Model, mac: Mac, serial: str, now: float) -> bytes:
    """The certificate of that phone, DER, in the shape of its generation."""
    signer = _signer(now // _DAY)
    stamp = Stamp(int(mac.digits, 16) or 1, now, _DAYS)
    subject = compose(model, mac, serial or _SERIAL)
    return authority.device(signer, signer.key.public, subject, stamp).der()


@lru_cache(maxsize=1)
def _signer(day: float) -> Authority:
    """The authority of one day."""
    signer = key.make(key.Kind.ECDSA_P256)
    return authority.root("Rehearsal", signer, Stamp(1, day * _DAY, 2 * _DAYS))
