"""What phones may leave here: reports, by POST, PUT or a TFTP write, once a folder is named.

Without ``--reports`` nothing is taken on any door. The two kinds of door differ only in how they
spell the answer: whatever is wrong with a report, an uploader learns no more than that it was not
taken.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ringback.errors import MalformedError, RefusedError, StorageError, UsageError
from ringback.files.inbox import Inbox
from ringback.http.answer import Answer, plain
from ringback.http.request import Request
from ringback.operations.collect import Collecting, Upload
from ringback.provisioning.admission import Admission, Channel
from ringback.provisioning.identity import Identity
from ringback.provisioning.keyring import Keyring
from ringback.serve.larder import Larder
from ringback.settings import Serve
from ringback.tftp.request import WriteRequest

UPLOADS = ("POST", "PUT")
MOST_WAITING = 256
"""Web uploads taken at once; each holds its body until it is on the disk."""


@dataclass(slots=True)
class Intake:
    """Takes uploads at every door."""

    collecting: Collecting
    waiting: int = 0
    """Web uploads that are being taken."""

    def expect(self, request: WriteRequest) -> Callable[[bytes], None]:
        """A TFTP write begins: what is to be done with the whole of it.

        Raises:
            RefusedError: nobody may write that.
        """
        who = Identity(request.address)
        upload = Upload(request.name, "", who, Channel.PLAIN, "tftp")
        self.collecting.expect(upload)
        return lambda body: self._keep(upload, body)

    def _keep(self, upload: Upload, body: bytes) -> None:
        try:
            self.collecting.collect(upload, body)
        except MalformedError as error:
            raise RefusedError(f"no report: {upload.path!r}", why=str(error)) from error
        except StorageError as error:
            raise OSError(str(error)) from error

    async def take(self, request: Request, identity: Identity, channel: Channel) -> Answer:
        """A POST or a PUT. Opening, reading and the disk take a thread; others get their answers.

        Raises:
            RefusedError: for the uniform refusal.
        """
        upload = Upload(request.path, request.query, identity, channel, request.scheme)
        mac = self.collecting.expect(upload)
        if self.waiting >= MOST_WAITING:
            return plain(503, why=f"{MOST_WAITING} reports are being taken")
        self.waiting += 1
        coding = request.header("content-encoding")
        try:
            taken = await asyncio.to_thread(self.collecting.take, mac, request.body, coding)
        except MalformedError as error:
            return plain(400, why=f"no report: {error}")
        except StorageError as error:
            return plain(507, why=str(error))
        finally:
            self.waiting -= 1
        receipt, name = taken
        self.collecting.tell(upload, mac, receipt, name)
        return plain(201, why=f"kept as {name}")


def open_intake(
    settings: Serve,
    admission: Admission,
    write: Callable[[str], None],
    larder: Larder | None = None,
) -> Intake | None:
    """The intake that the settings ask for; None for none.

    With a store, a device's own keys come first, and its history tells of its reports.

    Raises:
        UsageError: its folder or its keys cannot be had.
    """
    if settings.reports is None:
        if settings.report_keys is not None:
            raise UsageError("--report-keys without --reports", remedy="name a folder for reports")
        return None
    inbox = Inbox(settings.reports, kept=settings.reports_kept, room=settings.reports_room)
    keyring = _keyring(settings.report_keys) if settings.report_keys else Keyring()
    if larder is None:
        return Intake(Collecting(inbox.keep, keyring.of, admission, write))
    stored = larder.keys
    return Intake(
        Collecting(
            inbox.keep,
            lambda mac: (*stored(mac), *keyring.of(mac)),
            admission,
            write,
            larder.reported,
        )
    )


def _keyring(file: Path) -> Keyring:
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise UsageError(f"no keys for reports at {file}", remedy="make it, mode 600") from error
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"the keys for reports in {file} cannot be read: {error}") from error
    if file.stat().st_mode & 0o077:
        raise UsageError(f"others may read the keys in {file}", remedy=f"chmod 600 {file}")
    return Keyring.parse(text, name=str(file))
