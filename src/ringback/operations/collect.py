"""Collect what phones upload about themselves: whose it is, what it is, where it is kept.

An upload is judged before it is taken (admission, then whose it is), opened as far as keys are
known, kept on the disk, and only then acknowledged. One line of the log says what came of it, and
another when a phone says of itself what its name does not.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from ringback.errors import RefusedError
from ringback.mac import Mac
from ringback.provisioning.admission import Admission, Channel
from ringback.provisioning.identity import Identity
from ringback.provisioning.keyring import Key
from ringback.provisioning.receipt import Receipt, receive, sender
from ringback.store.fact import Fact, Kind

Keep = Callable[[str, str, str, bytes], str]
"""Device, kind, ending and bytes; gives the name under which they are kept."""


@dataclass(frozen=True, slots=True)
class Upload:
    """Who uploads to which name, and how it came."""

    path: str
    query: str
    identity: Identity
    channel: Channel
    scheme: str


@dataclass(frozen=True, slots=True)
class Collecting:
    """Takes uploads; ``keys`` may open those of a phone, ``write`` is the log."""

    keep: Keep
    keys: Callable[[Mac], Sequence[Key]]
    admission: Admission
    write: Callable[[str], None]
    note: Callable[[Upload, Mac, Receipt, str], None] | None = None
    """The ledger; absent from a house that has no store."""

    def expect(self, upload: Upload) -> Mac:
        """Whose upload this will be, if it may come at all.

        Raises:
            RefusedError: it may not; all the evidence is in the log.
        """
        try:
            asked = f"{upload.path}?{upload.query}" if upload.query else upload.path
            self.admission.admit(asked, upload.identity, upload.channel)
            return sender(upload.path, upload.query, upload.identity, bound=self._bound(upload))
        except RefusedError as refusal:
            self.write(f"warning refused: {refusal.what}, {refusal.why}: {refusal.who}")
            raise

    def _bound(self, upload: Upload) -> bool:
        """Whether only proof counts here."""
        rule = self.admission
        free = rule.plain_devices and upload.channel is Channel.PLAIN
        return rule.bind_devices and not free

    def collect(self, upload: Upload, body: bytes, coding: str = "") -> str:
        """Take one upload; the name under which it is kept, for good.

        Raises:
            RefusedError: who uploads may not, or nobody knows whose it is.
            MalformedError: it is no report.
            StorageError: there is no room.
        """
        mac = self.expect(upload)
        receipt, name = self.take(mac, body, coding)
        self.tell(upload, mac, receipt, name)
        return name

    def take(self, mac: Mac, body: bytes, coding: str = "") -> tuple[Receipt, str]:
        """Open and keep what was expected, all that takes its time; any thread may do it."""
        receipt = receive(body, coding, self.keys(mac))
        return receipt, self.keep(str(mac), receipt.kind, receipt.ending, receipt.data)

    def tell(self, upload: Upload, mac: Mac, receipt: Receipt, name: str) -> None:
        """Write what was taken into the log, and into the ledger."""
        who = upload.identity
        if self.note is not None:
            self.note(upload, mac, receipt, name)
        self.write(
            f"report {upload.scheme} {who.address} mac={mac} {receipt.kind} lines={receipt.lines} "
            f"bytes={len(receipt.data)} ({receipt.how}) kept as {name}"
        )
        self._doubt(mac, receipt, who)

    def _doubt(self, mac: Mac, receipt: Receipt, who: Identity) -> None:
        if receipt.claims not in (None, mac):
            said = f"says it is {receipt.claims}"
            self.write(f"warning the report of {mac} from {who.address} {said}: {who}")


def report_fact(now: float, who: Identity, mac: Mac, receipt: Receipt, name: str) -> Fact:
    """What the ledger keeps of a report: when, whose, under which name, how large."""
    size = f"{len(receipt.data)} bytes ({receipt.how})"
    content = sha256(receipt.data).hexdigest()
    return Fact(now, Kind.REPORT, str(mac), str(who), f"{receipt.kind} {name}", 0, content, size)
