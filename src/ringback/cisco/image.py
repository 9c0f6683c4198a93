"""Firmware files as our phones take them: dummies that name their version and hold nothing.

Real firmware is the vendor's and is not copied, read or imitated here. What a provisioning engineer
tests is everything around it: the rule, the name, the transfer, the refusal of a file that was cut
short or is for another model, the restart and the new ``$SWVER``. So a dummy says for which models
it is, which version, and how long it is, and the rest is filler with a checksum.

Two forms, as the generations have them (S2, S15, S21): one image, ``spa504g-7.6.2f.bin``; or a
list, ``sip88xx.12-0-1MPP0001-100.loads``, that names images which are fetched from the same folder.
Each begins with a line that says what it is, then ``name: value`` lines, then an empty one::

    ringback dummy firmware 1            ringback dummy load 1
    models: SPA504G                      models: CP-8841-3PCC CP-8851-3PCC
    version: 7.6.2f                      version: sip88xx.12-0-1MPP0001-100
    size: 65536                          file: sip88xx.12-0-1MPP0001-100.bin 65713 5d41…
    sha256: 9f86…

A phone shown a real firmware file refuses it as it refuses a picture: it is none of these.
"""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

from ringback.cisco.firmware import Version
from ringback.cisco.model import Model
from ringback.errors import MalformedError, RefusedError, UsageError

IMAGE, LOAD = b"ringback dummy firmware 1\n", b"ringback dummy load 1\n"
LARGEST = 128 * 1024 * 1024
"""Bytes of one image; real ones have up to some 100 MB."""
SIZE = 64 * 1024
"""Bytes of filler, unless told otherwise."""
MOST_FILES = 16
_LONGEST_HEAD = 16 * 1024
_LINE = re.compile(r"([a-z0-9]{1,16}): ([\x20-\x7e]{1,2000})")
_FILE = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]{0,99}) ([0-9]{1,9}) ([0-9a-f]{64})")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Part:
    """One file that a list names: its length in bytes and its SHA-256."""

    name: str
    size: int
    sha256: str

    @classmethod
    def of(cls, name: str, data: bytes) -> Self:
        """The entry for a file."""
        return cls(name, len(data), hashlib.sha256(data).hexdigest())

    def check(self, data: bytes) -> None:
        """Refuse a file that is not the one that was named.

        Raises:
            MalformedError: another length, or another content.
        """
        if len(data) != self.size:
            raise MalformedError(f"{self.name} has {len(data)} bytes and should have {self.size}")
        if hashlib.sha256(data).hexdigest() != self.sha256:
            raise MalformedError(f"{self.name} is damaged: its checksum does not match")

    def __str__(self) -> str:
        return f"{self.name} {self.size} {self.sha256}"


@dataclass(frozen=True, slots=True)
class Firmware:
    """What a file holds; ``parts`` are still to be fetched, and an image has none."""

    models: tuple[str, ...]
    version: str
    parts: tuple[Part, ...] = ()

    def refuse_other(self, model: Model) -> None:
        """Refuse a file that is not for this model.

        Raises:
            RefusedError: naming the models it is for.
        """
        if model.name not in self.models:
            raise RefusedError(
                f"firmware {self.version} is not for {model.name}",
                why=f"it is for {', '.join(self.models)}",
            )


def make(models: Sequence[Model], version: str, *, size: int = SIZE) -> bytes:
    """An image with ``size`` bytes of filler.

    Raises:
        UsageError: no version, no model, or a size out of bounds.
    """
    _refuse_nonsense(models, version)
    if not 0 <= size <= LARGEST:
        raise UsageError(f"{size} bytes of filler", remedy=f"0 to {LARGEST}")
    line = f"{version} of nothing\n".encode()
    filler = (line * (size // len(line) + 1))[:size]
    head = _head(models, version)
    head += f"size: {size}\nsha256: {hashlib.sha256(filler).hexdigest()}\n\n"
    return IMAGE + head.encode() + filler


def make_load(models: Sequence[Model], version: str, parts: Iterable[Part]) -> bytes:
    """A list that names ``parts``.

    Raises:
        UsageError: no version, no model, no part, or a name that cannot be in a list.
    """
    _refuse_nonsense(models, version)
    named = tuple(parts)
    if not 0 < len(named) <= MOST_FILES or not all(_FILE.fullmatch(str(each)) for each in named):
        raise UsageError("a list names files", remedy=f"1 to {MOST_FILES}, such as name.bin")
    files = "".join(f"file: {each}\n" for each in named)
    return LOAD + (_head(models, version) + files + "\n").encode()


def read(data: bytes) -> Firmware:
    """Read either form, and check that it is whole.

    Raises:
        MalformedError: it is no firmware of ours, or not all of it.
    """
    for start, reader in ((IMAGE, _read_image), (LOAD, _read_load)):
        if data.startswith(start):
            end = data.find(b"\n\n", 0, _LONGEST_HEAD)
            if end < 0:
                raise MalformedError("a firmware file that ends in its heading")
            lines = data[len(start) : end].decode("ascii", "replace").split("\n")
            return reader(_fields(lines), data[end + 2 :])
    raise MalformedError(
        "this is no dummy firmware", remedy="make one: ringback firmware make --model M --version V"
    )


def _head(models: Sequence[Model], version: str) -> str:
    return f"models: {' '.join(each.name for each in models)}\nversion: {version}\n"


def _refuse_nonsense(models: Sequence[Model], version: str) -> None:
    if not models:
        raise UsageError("firmware for no model", remedy="name one with --model")
    if Version.parse(version) is None:
        raise UsageError(
            f"not a version: {version!r}",
            remedy="such as 7.6.2f or sip88xx.12-0-1MPP0001-100",
        )


def _fields(lines: Sequence[str]) -> dict[str, list[str]]:
    """Values by name, in their order."""
    fields: dict[str, list[str]] = {}
    for line in lines:
        found = _LINE.fullmatch(line)
        if found is None:
            raise MalformedError(f"not a line of a firmware heading: {line[:60]!r}")
        fields.setdefault(found[1], []).append(found[2])
    return fields


def _one(fields: dict[str, list[str]], name: str) -> str:
    values = fields.get(name, [])
    if len(values) != 1:
        raise MalformedError(f"a firmware heading has one {name}, not {len(values)}")
    return values[0]


def _read_image(fields: dict[str, list[str]], filler: bytes) -> Firmware:
    size, checksum = _one(fields, "size"), _one(fields, "sha256")
    if not size.isdigit() or len(size) > 9 or not _SHA256.fullmatch(checksum):
        raise MalformedError("a firmware heading with no size or no checksum")
    Part("the image", int(size), checksum).check(filler)
    return Firmware(_models(fields), _version(fields))


def _read_load(fields: dict[str, list[str]], rest: bytes) -> Firmware:
    found = [_FILE.fullmatch(each) for each in fields.get("file", [])]
    if rest or not 0 < len(found) <= MOST_FILES:
        raise MalformedError(f"a list of firmware names 1 to {MOST_FILES} files and ends there")
    parts = tuple(Part(each[1], int(each[2]), each[3]) for each in found if each)
    if len(parts) < len(found):
        raise MalformedError("a list of firmware with a line that is no file")
    return Firmware(_models(fields), _version(fields), parts)


def _models(fields: dict[str, list[str]]) -> tuple[str, ...]:
    return tuple(_one(fields, "models").split())


def _version(fields: dict[str, list[str]]) -> str:
    version = _one(fields, "version")
    if Version.parse(version) is None:
        raise MalformedError(f"not a version: {version[:80]!r}")
    return version
