"""The vault: where an authority and the pairs it made lie on disk. A door.

::

    STATE/server.pem               the pair that is served: certificate, chain, key
    STATE/authority/root.pem       what phones and servers trust; may be handed out
    STATE/authority/root.key       its key
    STATE/authority/issuing.pem    the intermediate and its key, if there is one
    STATE/authority/issuing.key
    STATE/authority/crl.pem        revocation lists, one per authority
    STATE/authority/issued/SERIAL.pem    every certificate that was ever issued
    STATE/authority/devices/MAC.pem      pairs for phones; servers/NAME.pem likewise

A new authority is made whole in a folder beside and appears by one rename; every other file is
written to a temporary one, flushed to the disk and renamed. So a crash at any moment leaves the
old state or the new one, and at worst a file whose name begins with a dot. What holds a key is
created with mode 0600, never made so afterwards. One process at a time changes the vault (a
lock); readers need none.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from ringback import clock
from ringback.certificate import certificate as certificates
from ringback.certificate import key, pair, revocation
from ringback.certificate.authority import Authority
from ringback.certificate.certificate import Certificate
from ringback.certificate.form import serial_text
from ringback.certificate.key import PrivateKey
from ringback.certificate.pair import Pair
from ringback.certificate.pem import LARGEST_BUNDLE
from ringback.certificate.pem import read as read_pem
from ringback.certificate.revocation import RevocationList
from ringback.errors import NotFoundError, RefusedError, RingbackError, StorageError

SECRET: Final = 0o600
PUBLIC: Final = 0o644
_OURS_ALONE: Final = 0o700
DEVICES: Final = "devices"
SERVERS: Final = "servers"
_EMPTY: Final = ("issued", DEVICES, SERVERS)


class Vault:
    """The authority and the pairs kept under one state folder."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.folder = state / "authority"

    @property
    def exists(self) -> bool:
        """Whether an authority was made here."""
        return (self.folder / "root.pem").is_file()

    @property
    def trust_file(self) -> Path:
        """The root's certificate, for whoever is to trust it."""
        return self.folder / "root.pem"

    @property
    def lists_file(self) -> Path:
        """The revocation lists, for other programs."""
        return self.folder / "crl.pem"

    @property
    def server_file(self) -> Path:
        """The pair that is served."""
        return self.state / "server.pem"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes from changing the vault meanwhile."""
        with _storage(self.state):
            self.state.mkdir(parents=True, exist_ok=True, mode=_OURS_ALONE)
            handle = os.open(self.state / ".authority.lock", os.O_CREAT | os.O_RDWR, SECRET)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def found(
        self, top: Authority, issuing: Authority | None, lists: bytes, secret: bytes | None
    ) -> None:
        """Put a new authority in place, whole.

        Raises:
            RefusedError: when there is one already.
            StorageError: when the disk does not take it; nothing is left behind.
        """
        if self.exists:
            raise _exists(self.folder)
        files = {"crl.pem": lists, **_files("root", top, secret)}
        if issuing is not None:
            files |= _files("issuing", issuing, secret)
        with _storage(self.state):
            self.state.mkdir(parents=True, exist_ok=True, mode=_OURS_ALONE)
            draft = self.state / f".authority-{clock.random_bytes(6).hex()}"
            try:
                _fill(draft, files)
                _into_place(draft, self.folder)
            finally:
                shutil.rmtree(draft, ignore_errors=True)

    def certificates(self) -> tuple[Certificate, ...]:
        """The authority's certificates: the issuing one first, the root last.

        Raises:
            NotFoundError: when there is no authority here.
        """
        self._insist()
        names = ["issuing.pem"] if (self.folder / "issuing.pem").exists() else []
        return tuple(_certificate(self.folder / name) for name in (*names, "root.pem"))

    def _insist(self) -> None:
        if not self.exists:
            raise NotFoundError(
                f"there is no authority in {self.folder}", remedy="ringback cert authority create"
            )

    def open(self, secret: bytes | None = None) -> Authority:
        """The authority that issues, with its key.

        Raises:
            NotFoundError: when there is none.
            RefusedError: when its key needs another passphrase.
        """
        mine, *above = self.certificates()
        return Authority(mine, self._key("issuing" if above else "root", secret), tuple(above))

    def open_root(self, secret: bytes | None = None) -> Authority:
        """The root, with its key."""
        return Authority(self.certificates()[-1], self._key("root", secret))

    def _key(self, name: str, secret: bytes | None) -> PrivateKey:
        path = self.folder / f"{name}.key"
        return key.read(read_pem(read_bytes(path), name=str(path))[0], secret)

    def lists(self) -> tuple[RevocationList, ...]:
        """The revocation lists: of the issuing authority, and of the root above it.

        Raises:
            NotFoundError: when there is no authority here.
        """
        self._insist()
        return revocation.read(read_bytes(self.lists_file), name=str(self.lists_file))

    def keep_lists(self, lists: tuple[RevocationList, ...]) -> None:
        """Replace the revocation lists."""
        write_file(self.lists_file, b"".join(each.pem() for each in lists), PUBLIC)

    def record(self, certificate: Certificate) -> None:
        """Remember a certificate as issued."""
        path = self.folder / "issued" / f"{serial_text(certificate.serial)}.pem"
        write_file(path, certificate.pem(), PUBLIC)

    def issued(self) -> Iterator[Certificate]:
        """Every certificate on record."""
        for path in _pem_files(self.folder / "issued"):
            yield _certificate(path)

    def pair_file(self, shelf: str, name: str) -> Path:
        """Where the pair of a device (by MAC) or server (by name) lies."""
        return self.folder / shelf / f"{_safe(name)}.pem"

    def keep_pair(self, shelf: str, name: str, made: Pair) -> Path:
        """Keep a pair, in place of the one that bore the name before."""
        path = self.pair_file(shelf, name)
        write_file(path, bytes(made), SECRET)
        return path

    def find_pair(self, name: str) -> tuple[str, Path]:
        """The shelf and file of a pair, by MAC or server name.

        Raises:
            NotFoundError: when there is none of that name.
        """
        for shelf in (DEVICES, SERVERS):
            path = self.pair_file(shelf, name)
            if path.is_file():
                return shelf, path
        raise NotFoundError(
            f"no certificate was issued for {name!r}", remedy="ringback cert list shows all"
        )

    def pairs(self) -> Iterator[tuple[str, Path]]:
        """Every pair: its shelf and its file."""
        for shelf in (DEVICES, SERVERS):
            yield from ((shelf, path) for path in _pem_files(self.folder / shelf))

    def install(self, made: Pair) -> Path:
        """Make a pair the one that is served."""
        with _storage(self.state):
            self.state.mkdir(parents=True, exist_ok=True, mode=_OURS_ALONE)
        write_file(self.server_file, bytes(made), SECRET)
        return self.server_file


def _exists(folder: Path) -> RefusedError:
    return RefusedError(
        f"there is an authority in {folder} already",
        remedy="another would cut off every phone that trusts it: use another --state",
    )


def _files(name: str, authority: Authority, secret: bytes | None) -> dict[str, bytes]:
    return {
        f"{name}.pem": authority.certificate.pem(),
        f"{name}.key": key.write(authority.key, secret),
    }


def _fill(draft: Path, files: Mapping[str, bytes]) -> None:
    draft.mkdir(mode=_OURS_ALONE)
    for each in _EMPTY:
        (draft / each).mkdir(mode=_OURS_ALONE)
    for name, data in files.items():
        _create(draft / name, data, PUBLIC if name.endswith(".pem") else SECRET)
    _flush_folder(draft)


def _into_place(draft: Path, folder: Path) -> None:
    try:
        draft.rename(folder)
    except OSError as error:
        if folder.exists():
            raise _exists(folder) from error
        raise
    _flush_folder(folder.parent)


def _certificate(path: Path) -> Certificate:
    return certificates.read(read_bytes(path), name=str(path))[0]


def _pem_files(folder: Path) -> list[Path]:
    with _storage(folder):
        files = sorted(folder.iterdir()) if folder.is_dir() else []
    return [each for each in files if each.suffix == ".pem" and each.name[0] != "."]


def _safe(name: str) -> str:
    """A host name or MAC as a file name: ``*.example.com`` becomes ``_.example.com``."""
    return "".join(char if char.isalnum() or char in ".-_" else "_" for char in name).lstrip(".")


def read_bytes(path: Path) -> bytes:
    """A whole file of the kind people name on a command line; at most 4 MiB.

    Raises:
        NotFoundError: when it is absent or not an ordinary file.
        RefusedError: when it is unreadable or too large.
    """
    try:
        if not path.is_file():
            raise NotFoundError(f"no file {path}", remedy="check the name")
        with path.open("rb") as file:
            data = file.read(LARGEST_BUNDLE + 1)
    except OSError as error:
        raise RefusedError(f"{path}: {error.strerror}", remedy="make it readable") from error
    if len(data) > LARGEST_BUNDLE:
        raise RefusedError(f"{path} is larger than 4 MiB", remedy="no certificate is so large")
    return data


def write_file(path: Path, data: bytes, mode: int) -> None:
    """Replace a file in one step: temporary, flushed, renamed.

    Raises:
        StorageError: when the disk does not take it; the old file stays.
    """
    draft = path.with_name(f".{path.name}.{clock.random_bytes(6).hex()}")
    with _storage(path):
        try:
            _create(draft, data, mode)
            draft.rename(path)
        except BaseException:
            with suppress(OSError):
                draft.unlink()
            raise
        _flush_folder(path.parent)


def _create(path: Path, data: bytes, mode: int) -> None:
    handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, mode)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(handle)


def _flush_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _storage(path: Path) -> Iterator[None]:
    try:
        yield
    except RingbackError:
        raise
    except OSError as error:
        what = f"{error.filename or path}: {error.strerror}"
        raise StorageError(
            what, remedy="nothing was changed; check space and permissions"
        ) from error


def read_pair(path: Path, secret: bytes | None = None) -> Pair:
    """A pair from its file."""
    return pair.parse(read_bytes(path), name=str(path), secret=secret)
