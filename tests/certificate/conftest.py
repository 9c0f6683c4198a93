"""An authority, some certificates, and the openssl command that judges them."""

import subprocess
from dataclasses import dataclass

import pytest

from ringback import clock
from ringback.certificate import authority as authorities
from ringback.certificate import key, subject
from ringback.certificate.authority import Stamp
from ringback.certificate.pair import Pair
from ringback.certificate.request import Hosts, server_name
from ringback.cisco.model import find_model
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

    def server(self, *names, now=NOW, days=90, kind=key.Kind.P256):
        hosts = Hosts.parse(names or ("prov.example.com",))
        private = key.make(kind)
        made = authorities.server(
            self.issuing, private.public, hosts, server_name(hosts), stamp(now, days)
        )
        return Pair(private, made, self.issuing.below_root)

    def device(self, model="CP-8861-3PCC", mac="000e08abcdef", *, now=NOW, days=90):
        name = subject.compose(find_model(model), Mac.parse(mac), "FCH2133E8B9")
        private = key.make(key.Kind.P256)
        made = authorities.device(self.issuing, private.public, name, stamp(now, days))
        return Pair(private, made, self.issuing.below_root)


def stamp(now=NOW, days=365):
    return Stamp(authorities.serial_of(clock.random_bytes(20)), now, days)


def found(name="Test Root", kind=key.Kind.P256, now=NOW - 400 * DAY):
    top = authorities.root(name, key.make(kind), stamp(now, 3650))
    under = authorities.intermediate(top, f"{name} Issuing", key.make(kind), stamp(now, 3000))
    return House(top, under)


@pytest.fixture(scope="session")
def house():
    return found()


@pytest.fixture(scope="session")
def stranger():
    return found("Somebody Else")


@pytest.fixture(scope="session")
def openssl(program):
    """Run the openssl command: ``openssl("verify", …)`` gives a finished process."""
    path = program("openssl")

    def run(*arguments, data=b"", check=True):
        done = subprocess.run(
            [path, *map(str, arguments)], input=data, capture_output=True, check=False
        )
        assert not check or done.returncode == 0, done.stderr.decode()
        return done

    return run


@pytest.fixture
def old_authority(openssl, tmp_path):
    """What only the openssl command makes: an RSA 1024 root, MD5, and a leaf it signed."""

    def make(digest="md5", bits=1024, days=10, name="/OU=SPA-962/L=88012BA01234/ST=000e08abcdef"):
        ca, ca_key = tmp_path / f"{digest}-ca.pem", tmp_path / f"{digest}-ca.key"
        leaf, leaf_key = tmp_path / f"{digest}-leaf.pem", tmp_path / f"{digest}-leaf.key"
        request, extensions = tmp_path / f"{digest}.csr", tmp_path / f"{digest}.ext"
        openssl("req", "-x509", "-newkey", f"rsa:{bits}", f"-{digest}", "-nodes", "-keyout", ca_key,
                "-out", ca, "-subj", f"/O=Sipura Technology, Inc./CN=Old {digest} Root",
                "-days", 3650)  # fmt: skip
        openssl("req", "-newkey", f"rsa:{bits}", "-nodes", "-keyout", leaf_key, "-out", request,
                "-subj", name)  # fmt: skip
        extensions.write_text("basicConstraints=CA:FALSE\nextendedKeyUsage=clientAuth\n")
        if days < 0:
            validity = ("-not_before", "20040226000000Z", "-not_after", "20140218000000Z")
            openssl("ca", *_ca_options(tmp_path, ca, ca_key, digest), "-in", request, "-out", leaf,
                    "-startdate", validity[1], "-enddate", validity[3], "-extfile", extensions)  # fmt: skip
        else:
            openssl("x509", "-req", "-in", request, "-CA", ca, "-CAkey", ca_key, "-out", leaf,
                    f"-{digest}", "-days", days, "-CAcreateserial", "-extfile", extensions)  # fmt: skip
        return ca, leaf, leaf_key

    return make


def _ca_options(folder, ca, ca_key, digest):
    (folder / "index.txt").write_text("")
    (folder / "serial").write_text("01\n")
    config = folder / "ca.cnf"
    config.write_text(
        f"[ca]\ndefault_ca=d\n[d]\ndatabase={folder}/index.txt\nserial={folder}/serial\n"
        f"new_certs_dir={folder}\npolicy=p\nunique_subject=no\n[p]\n"
        "countryName=optional\nstateOrProvinceName=optional\nlocalityName=optional\n"
        "organizationName=optional\norganizationalUnitName=optional\ncommonName=optional\n"
    )
    return ("-config", config, "-batch", "-notext", "-md", digest, "-cert", ca, "-keyfile", ca_key)
