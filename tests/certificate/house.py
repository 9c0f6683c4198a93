"""An authority with an intermediate, and ways to have it sign things quickly (ECDSA)."""

from dataclasses import dataclass

from ringback import clock
from ringback.certificate import authority as authorities
from ringback.certificate import key, subject
from ringback.certificate.authority import Stamp
from ringback.certificate.pair import Pair
from ringback.certificate.request import Hosts, server_name
from ringback.cisco.model import find_model
from ringback.errors import CertificateError
from ringback.mac import Mac

NOW = float(int(clock.now()))
DAY = 86400


@dataclass(frozen=True)
class House:
    """An authority with an intermediate, and ways to have it sign things quickly (ECDSA)."""

    root: authorities.Authority
    issuing: authorities.Authority

    @property
    def anchors(self):
        return (self.root.certificate,)

    def server(self, *names, now=NOW, days=90, kind=key.Kind.ECDSA_P256):
        hosts = Hosts.parse(names or ("prov.example.com",))
        private = key.make(kind)
        made = authorities.server(
            self.issuing, private.public, hosts, server_name(hosts), stamp(now, days)
        )
        return Pair(private, made, self.issuing.below_root)

    def device(self, model="CP-8861-3PCC", mac="000e08abcdef", *, now=NOW, days=90):
        name = subject.compose(find_model(model), Mac.parse(mac), "FCH2133E8B9")
        private = key.make(key.Kind.ECDSA_P256)
        made = authorities.device(self.issuing, private.public, name, stamp(now, days))
        return Pair(private, made, self.issuing.below_root)


def stamp(now=NOW, days=365):
    return Stamp(authorities.serial_of(clock.random_bytes(20)), now, days)


def found(name="Test Root", kind=key.Kind.ECDSA_P256, now=NOW - 400 * DAY):
    top = authorities.root(name, key.make(kind), stamp(now, 3650))
    under = authorities.intermediate(top, f"{name} Issuing", key.make(kind), stamp(now, 3000))
    return House(top, under)


def outcome(of):
    """What ``of()`` gives, or our own error about bytes; any other exception fails the test."""
    try:
        return of()
    except CertificateError as error:
        assert "\n" not in str(error)  # noqa: PT017 (what is wrong is the caller's to say)
        return error
