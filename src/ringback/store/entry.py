"""An entry: a file that a release serves; and the step from what is served to what is wanted."""

from collections.abc import Sequence
from hashlib import sha256
from typing import NamedTuple

from ringback.provisioning.prepared import Prepared


class Entry(NamedTuple):
    """A file that a release serves, without its bytes."""

    path: str
    mac: str
    document: str
    level: int
    key: int | None
    encoding: str
    type: str
    mark: str
    hash: bytes

    @property
    def name(self) -> tuple[str, str]:
        """What two entries of one release never share."""
        return self.path, self.mac


class Kept(NamedTuple):
    """An entry on the shelf."""

    id: int
    entry: Entry
    live: bool


class Step(NamedTuple):
    """What a release changes for some devices: rows that end, and rows that begin."""

    ended: tuple[int, ...]
    begun: tuple[Entry, ...]


def step(old: Sequence[Kept], new: Sequence[Entry], *, exactly: bool = False) -> Step:
    """From what is served to what is wanted. Pure.

    An entry whose mark (its contents without the release's number) is what it was keeps its row.
    One whose mark an older release had gets that release's bytes again, unless these very bytes
    are wanted (``exactly``).
    """
    live = {each.entry.name: each for each in old if each.live}
    older = () if exactly else reversed(old)
    known = {(each.entry.name, each.entry.mark): each.entry.hash for each in older}
    ended, begun = [], []
    for entry in new:
        there = live.pop(entry.name, None)
        again = entry._replace(hash=known.get((entry.name, entry.mark), entry.hash))
        if there is not None:
            if there.entry == again:
                continue
            ended.append(there.id)
        begun.append(again)
    ended += [each.id for each in live.values()]
    return Step(tuple(ended), tuple(begun))


def entry(prepared: Prepared) -> Entry:
    """The entry of a prepared file."""
    return Entry(
        prepared.path,
        str(prepared.mac or ""),
        prepared.document,
        int(prepared.level),
        prepared.key,
        prepared.content_encoding,
        prepared.content_type,
        prepared.mark,
        sha256(prepared.body).digest(),
    )
