"""Contents of files named on the command line: read whole, written whole or not at all.

``-`` is the terminal's pipe. A file is written beside its name and then moved onto it, so that
whoever reads it meanwhile, a server for instance, gets the old bytes or the new, never half.
"""

import errno
import os
import stat
import sys
import tempfile
from pathlib import Path

from ringback.cisco import aes128gcm, envelope, gzipped, salted
from ringback.errors import EnvelopeError, NotFoundError, Place, RefusedError

PIPE = "-"
_ANYBODY = 0o666


def read(name: str) -> bytes:
    """All bytes of a file, or of standard input.

    Raises:
        NotFoundError: no such file. RefusedError: it cannot be read.
    """
    try:
        return sys.stdin.buffer.read() if name == PIPE else Path(name).read_bytes()
    except FileNotFoundError as error:
        raise NotFoundError(f"{name}: no such file") from error
    except OSError as error:
        raise RefusedError(f"{name} cannot be read", remedy=error.strerror or str(error)) from error


def read_profile(name: str, *, key: str | None = None, ikm: str | None = None) -> bytes:
    """A file out of its envelope, if it has one.

    Raises:
        NotFoundError: no such file. RefusedError: it cannot be read.
        EnvelopeError: it does not open with this key.
    """
    data = read(name)
    sealed = salted.is_salted(data)
    material = None if ikm is None or sealed else aes128gcm.parse_ikm(ikm)
    if not (sealed or material or gzipped.is_gzip(data)):
        return data
    coding = aes128gcm.CODING if material else ""
    try:
        opened = envelope.unseal(
            data, key=key if sealed else None, ikm=material, content_encoding=coding
        )
    except EnvelopeError as error:
        place = Place(name=name)
        raise EnvelopeError(
            error.what, status=error.status, place=place, remedy=error.remedy
        ) from error
    return opened.data


def write(name: str, data: bytes) -> None:
    """Write a file in one step, or standard output.

    Raises:
        RefusedError: it cannot be written; what was there before is still there.
    """
    try:
        if name == PIPE:
            _write_pipe(data)
        else:
            _write_file(Path(name), data)
    except OSError as error:
        where = "standard output" if name == PIPE else name
        reason = error.strerror or str(error)
        raise RefusedError(f"{where} cannot be written", remedy=reason) from error


def check_place(name: str) -> None:
    """Refuse a name that nothing can be written to, before somebody works for it.

    Raises:
        RefusedError: a folder, or a file in a folder that takes none.
    """
    path = Path(name)
    try:
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if path.is_file() or not path.exists():
            with tempfile.TemporaryFile(dir=path.resolve().parent):
                pass
    except OSError as error:
        reason = error.strerror or str(error)
        raise RefusedError(f"{name} cannot be written", remedy=reason) from error


def _write_pipe(data: bytes) -> None:
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except OSError:
        # The interpreter flushes once more at exit; what it would say then is said already.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise


def _write_file(path: Path, data: bytes) -> None:
    if path.exists() and not path.is_file():  # A device or pipe is written to, never replaced.
        path.write_bytes(data)
        return
    target = path.resolve()
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with open(handle, "wb") as file:  # noqa: PTH123 (a descriptor, not a path)
            file.write(data)
            file.flush()
            os.fchmod(handle, _mode(target))
            os.fsync(handle)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _mode(target: Path) -> int:
    """The permissions the file has, or that any new file would get."""
    if target.exists():
        return stat.S_IMODE(target.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return _ANYBODY & ~mask
