"""An authority, three phones' certificates and our server as a process: what the judges judge."""

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple, Self

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from tests.house.started import serve

from ringback import clock
from ringback.certificate import authority as authorities
from ringback.certificate import key
from ringback.certificate.authority import Authority, Stamp
from ringback.certificate.pair import Pair
from ringback.certificate.request import Hosts, server_name
from ringback.certificate.roster import Phone
from ringback.certificate.subject import compose
from ringback.certificate.vault import Vault
from ringback.cisco.model import find_model
from ringback.cli.processes import Process
from ringback.mac import Mac
from ringback.operations.certify import Founding, Registrar

A, B = "000e08aaaaaa", "000e08bbbbbb"
"""The phone that asks, and the phone whose file it is."""
SECRET = "swordfish-of-phone-b"
BASIC = "<flat-profile><GPP_A>12345678</GPP_A></flat-profile>\n"
DAY = 86400.0
QUICK = key.Kind.ECDSA_P256
DEVICE = {A: "CP-8861-3PCC", B: "SPA504G"}


@dataclass(frozen=True)
class Papers:
    """A state folder with an authority, a server pair and two phones; and a stranger's papers."""

    state: Path
    strange: Path

    @classmethod
    def made_in(cls, folder: Path) -> Self:
        """Found two authorities of the same shape; ours serves."""
        papers = cls(folder / "ours", folder / "strange")
        for state, name in ((papers.state, "Our Root CA"), (papers.strange, "Strange Root CA")):
            papers.registrar(state, clock.now() - 200 * DAY).found(
                Founding(name, kind=QUICK, intermediate=True)
            )
            registrar = papers.registrar(state)
            authority = registrar.vault.open()
            for mac, model in DEVICE.items():
                phone = Phone(find_model(model), Mac.parse(mac), "FCH2133E8B9")
                registrar.certify_phone(phone, authority, kind=QUICK)
        papers.registrar(papers.state).certify_server(Hosts.parse(["localhost", "127.0.0.1"]))
        return papers

    @staticmethod
    def registrar(state: Path, now: float | None = None) -> Registrar:
        return Registrar(Vault(state), clock.now() if now is None else now, clock.random_bytes)

    @property
    def root(self) -> Path:
        """What a phone trusts."""
        return self.state / "authority" / "root.pem"

    def phone(self, mac: str) -> Path:
        """A phone's pair."""
        return self.state / "authority" / "devices" / f"{mac}.pem"

    @property
    def stranger(self) -> Path:
        """A pair that names phone A, of an authority nobody here knows."""
        return self.strange / "authority" / "devices" / f"{A}.pem"

    @property
    def authority(self) -> Authority:
        """Ours, to have odd things signed."""
        return Vault(self.state).open()

    def copied_to(self, folder: Path) -> "Papers":
        """The same papers, to be spoilt."""
        shutil.copytree(self.state, folder / "state")
        return Papers(folder / "state", self.strange)


class Got(NamedTuple):
    """What curl got: 0 is its own exit status for success."""

    exit: int
    status: int
    head: str
    body: bytes

    @property
    def dateless(self) -> tuple[int, list[str], bytes]:
        """Everything an asker can see, but for the time of day."""
        lines = [each for each in self.head.splitlines() if not each.startswith("Date:")]
        return self.status, lines, self.body


@dataclass
class Secure:
    """Our server, listening in every way, and curl as whoever asks."""

    process: Process
    papers: Papers
    root: Path
    curl: str
    ports: Mapping[str, int]
    """By what was listened on: ``tftp``, ``http``, ``none``, ``ask``, ``require``, ``legacy``,
    and ``more`` for one that a test added."""

    def get(self, door: str, path: str, who: Path | None = None, *more: str) -> Got:
        """Ask for ``path`` exactly as it is written; ``who`` is the pair to show."""
        scheme = door if door in ("tftp", "http") else "https"
        shown = ["--cert", str(who)] if who else []
        command = [
            self.curl, "-sS", "-i", "--path-as-is", "--globoff", "--max-time", "20",
            "--cacert", str(self.papers.root), *shown, *more,
            f"{scheme}://127.0.0.1:{self.ports[door]}{path}",
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, timeout=30, check=False)
        if scheme == "tftp":
            return Got(done.returncode, 0, done.stderr.decode(), done.stdout)
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        status = int(head.split(b" ", 2)[1]) if head else 0
        return Got(done.returncode, status, head.decode(), body)

    @property
    def said(self) -> int:
        """Lines of log so far; the log is collected, so what was said before has to come out."""
        word = f"/so-far-{clock.random_bytes(6).hex()[:9]}z"
        door = next(each for each in self.ports if each != "tftp")
        self.get(door, word, self.papers.phone(A))
        self.process.wait_for(word)
        return len(self.process.lines)

    def memory(self) -> int:
        """Kibibytes it has in memory."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        found = re.search(r"VmRSS:\s+(\d+)", status)
        assert found
        return int(found.group(1))


DOORS = {
    "tftp": ("--tftp", "127.0.0.1:0"),
    "http": ("--http", "127.0.0.1:0"),
    "none": ("--https", "127.0.0.1:0"),
    "ask": ("--https", "127.0.0.1:0,client=ask"),
    "require": ("--https", "127.0.0.1:0,client=require"),
    "legacy": ("--https", "127.0.0.1:0,client=ask,legacy"),
}


@contextmanager
def opened(
    papers: Papers,
    root: Path,
    program: Callable[[str], str],
    *more: str,
    doors: Sequence[str] = tuple(DOORS),
) -> Iterator[Secure]:
    """Our server with these doors, as long as it is needed."""
    where = [text for door in DOORS if door in doors for text in DOORS[door]]
    with serve(root, papers.state, *where, *more) as process:
        said = "\n".join(process.lines)
        # In the order they were asked for, but TFTP before HTTP before HTTPS.
        found = re.findall(r"^ +(?:TFTP|HTTPS?) +127\.0\.0\.1:(\d+)", said, re.MULTILINE)
        names = [each for each in DOORS if each in doors]
        names += ["more"] * (len(found) - len(names))
        ports = dict(zip(names, map(int, found), strict=True))
        yield Secure(process, papers, root, program("curl"), ports)


@dataclass
class Odd:
    """Certificates of phone A that are not as they should be, written to ``folder``."""

    papers: Papers
    folder: Path

    def _device(self, name: str, *, since: float = 0.0, days: int = 90) -> Path:
        phone = compose(find_model(DEVICE[A]), Mac.parse(A), "FCH2133E8B9")
        authority, private = self.papers.authority, key.make(QUICK)
        made = authorities.device(authority, private.public, phone, _stamp(since, days))
        return self.write(name, Pair(private, made, authority.below_root))

    def expired(self) -> Path:
        """Was valid until a week ago."""
        return self._device("expired", since=-60 * DAY, days=53)

    def early(self) -> Path:
        """Will be valid in nine days."""
        return self._device("early", since=10 * DAY)

    def purpose(self) -> Path:
        """A server's."""
        authority, private = self.papers.authority, key.make(QUICK)
        hosts = Hosts.parse(["localhost"])
        made = authorities.server(
            authority, private.public, hosts, server_name(hosts), _stamp(0, 90)
        )
        return self.write("purpose", Pair(private, made, authority.below_root))

    def self_signed(self) -> Path:
        """Phone A's, by its own word."""
        return self._raw("self-signed", f"CP-8861-SEP{A.upper()}", own=True)

    def nul(self) -> Path:
        """Signed by us, with a NUL and a line of log in its name."""
        return self._raw("nul", f"CP-8861-SEP{A.upper()}\0.example\n2026 forged line", own=False)

    def _raw(self, name: str, common: str, *, own: bool) -> Path:
        authority, private = self.papers.authority, key.make(QUICK)
        said = (
            (NameOID.SERIAL_NUMBER, "PID:CP-8861 SN:FCH2133E8B9"),
            (NameOID.COMMON_NAME, common),
        )
        subject = x509.Name([x509.NameAttribute(*each) for each in said])
        now = datetime.fromtimestamp(int(clock.now()), UTC)
        signer = private if own else authority.key
        made = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject if own else authority.certificate.subject)
            .public_key(private.public)  # type: ignore[arg-type]
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=30))
            .sign(signer.raw, signer.digest)
        )
        # As bytes: our own reader would not have such a name.
        path = self.folder / f"{name}.pem"
        pem = made.public_bytes(Encoding.PEM)
        chain = b"".join(each.pem() for each in (() if own else authority.below_root))
        path.write_bytes(pem + chain + key.write(private))
        return path

    def write(self, name: str, pair: Pair) -> Path:
        """A pair in a file."""
        path = self.folder / f"{name}.pem"
        path.write_bytes(bytes(pair))
        return path


def _stamp(since: float, days: int) -> Stamp:
    serial = authorities.serial_of(clock.random_bytes(20))
    return Stamp(serial, clock.now() + since, days)
