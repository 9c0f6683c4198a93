"""One file as it will be sent: what publishing stores and the device plane reads.

``mark`` is the hash of the contents before the release number was written into the log formats.
Where it is what an earlier release had, that release's bytes stay: so the number in a phone's
log lines is the release that last changed its file, one changed device makes one new file, and
publishing without a change makes no release.

They come from ``preparation.Preparation(fleet, key=…, secret=…)``, which is made once in each
process: ``.shared(release)`` gives the files that phones share, ``.of(device, release)`` those of
one device. Equal input gives equal bytes. ``key`` is the fleet's key, 32 bytes or more, kept
outside the database; ``secret`` turns the NAME of ``{{ secret('NAME') }}`` into its value or
raises ``NotFoundError``. The fleet given there needs no devices but those whose shared files are
wanted.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from ringback.errors import UsageError
from ringback.mac import Mac
from ringback.provisioning.document import Level


@dataclass(frozen=True, slots=True)
class Prepared:
    """A path and its bytes. Small, picklable, without references to the fleet."""

    path: str
    """As a phone asks for it, from ``/``; with all places filled in."""
    level: Level
    body: bytes = field(repr=False)
    mark: str
    """Hash of what is in it, without the release number: 32 hex digits."""
    document: str
    mac: Mac | None = None
    """Whose it is; None for a file that phones share."""
    model: str = ""
    """The model it is made for; "" when it serves several."""
    key: int | None = None
    """Number of the key that opens it; 0: in clear though another path has it sealed, so over
    TLS only; None: a document that is never sealed."""
    content_encoding: str = ""
    """The HTTP header of that name; TFTP cannot say it, so such a file goes over HTTP only."""
    content_type: str = "text/xml"


def refuse_twice(files: Iterable[Prepared]) -> None:
    """Refuse a path that two files of one device have.

    Raises:
        UsageError: there is one.
    """
    seen: dict[str, Prepared] = {}
    for each in files:
        if each.path in seen:
            raise clash(seen[each.path], each)
        seen[each.path] = each


def clash(one: Prepared, other: Prepared) -> UsageError:
    """What is said of two files at one path."""
    names = " and ".join(
        f"{each.document} for {each.model or 'several models'}" for each in (one, other)
    )
    what = f"two different files at {one.path}: {names}"
    return UsageError(what, remedy="tell them apart by a place such as {psn} or {site}")
