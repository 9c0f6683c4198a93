"""Who a phone is: what its label says, and how this one was plugged in."""

from dataclasses import dataclass, field

from ringback.certificate.certificate import Certificate
from ringback.certificate.pair import Pair
from ringback.cisco.model import Model
from ringback.mac import Mac
from ringback.phone.boot import SECONDS
from ringback.phone.fault import Bug
from ringback.phone.lease import Lease
from ringback.phone.security import certificate_status


@dataclass(frozen=True, slots=True)
class Identity:
    """The facts about one phone that no profile changes."""

    model: Model
    mac: Mac
    serial: str
    firmware: str = ""
    """The running load when it is not the one the model left the factory with."""
    lease: Lease = field(default_factory=Lease)
    """What DHCP said."""
    activation: str = ""
    """The rule that asks an activation server, as the maker's is built in; empty for none."""
    address: str = ""
    """The phone's own address, ``$IP``."""
    pair: Pair | None = field(default=None, repr=False)
    """The certificate it shows of itself, and its key; None for a phone without one."""
    roots: tuple[Certificate, ...] = ()
    """The authorities in its firmware."""
    pinned_digests: tuple[str, ...] = ()
    """Key derivations tried on an encrypted profile in place of the model's."""
    bugs: frozenset[Bug] = frozenset()
    """What its firmware does wrong, on purpose."""
    boot_seconds: float = SECONDS

    @property
    def load(self) -> str:
        """``$SWVER``."""
        return self.firmware or self.model.load

    def macro(self, name: str) -> str | None:
        """``$SWVER``, ``$IP`` and ``$CCERT``; None for every other macro."""
        if name == "CCERT":
            return certificate_status(self.pair)
        return {"SWVER": self.load, "IP": self.address}.get(name)

    @property
    def digests(self) -> tuple[str, ...]:
        """Key derivations tried on an encrypted profile."""
        return self.pinned_digests or self.model.traits.key_digests
