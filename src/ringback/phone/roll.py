"""Who is in a fleet: phones like one pattern, whose MAC addresses follow one another."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from ringback.certificate.pair import Pair
from ringback.cisco.profile import Profile
from ringback.mac import Mac
from ringback.phone.identity import Identity


def serial_of(mac: Mac) -> str:
    """A serial number in the maker's form, made from the MAC."""
    return f"FCH{int(mac.digits[-6:], 16):08d}"


@dataclass(frozen=True, slots=True)
class Roll:
    """``count`` phones, the first with the MAC address of ``pattern``."""

    pattern: Identity
    profile: Profile
    """What each is set to before it first gets power."""
    count: int
    pairs: Callable[[Mac], Pair | None] | None = None
    """The certificate of each, by its MAC; None where all have that of the pattern."""

    def identity(self, index: int) -> Identity:
        """The phone of that number, from 0."""
        mac = Mac(f"{(int(self.pattern.mac.digits, 16) + index) % 2**48:012x}")
        pair = self.pairs(mac) if self.pairs else self.pattern.pair
        return replace(self.pattern, mac=mac, serial=serial_of(mac), pair=pair)
