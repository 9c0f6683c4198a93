"""Door: how somebody at a terminal moves a phone that runs: a Unix socket, its owner's alone.

What a person does at the handset itself has no network protocol of its own: lifting it, hanging
up. So a running phone listens at a path in its state folder, readable and writable by its owner
only (0600). One line of JSON asks, one line answers::

    {"do": "start", "line": 1, "number": "5551234", "name": "Bob"}      a call begins
    {"do": "end"}                                                       every call ends
    {"do": "calls"}                                                     which calls are up
    {"do": "reset"}                                                     back to the factory
    → {"calls": [{"line": 1, "number": "5551234", "name": "Bob"}]}  or  {"refused": "…"}

A socket that a phone left behind when its power went is taken over; one that answers is not.
"""

import asyncio
import contextlib
import json
import os
import socket
import stat
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ringback.errors import MessageError, RefusedError, RingbackError, StorageError
from ringback.phone.handset import Handset

LONGEST = 4096
"""Bytes of a line."""
PATIENCE = 5.0
"""Seconds for a line to come, and to be answered."""
MODE = 0o600


# What is asked


def _start(phone: Handset, asked: Mapping[str, Any], now: float) -> None:
    number, name = str(asked.get("number", "")), str(asked.get("name", ""))
    phone.start_call(_line(asked, 1) or 1, now, number=number, name=name)


def _end(phone: Handset, asked: Mapping[str, Any], now: float) -> None:
    phone.end_call(now, _line(asked, None))


def _reset(phone: Handset, asked: Mapping[str, Any], now: float) -> None:
    del asked
    phone.reset(now)


def _look(phone: Handset, asked: Mapping[str, Any], now: float) -> None:
    del phone, asked, now


_DEEDS: Mapping[str, Callable[[Handset, Mapping[str, Any], float], None]] = {
    "start": _start,
    "end": _end,
    "calls": _look,
    "reset": _reset,
}


def _line(asked: Mapping[str, Any], default: int | None) -> int | None:
    line = asked.get("line", default)
    if line is not None and (not isinstance(line, int) or isinstance(line, bool)):
        raise MessageError("a line is a number", remedy="1 for the first")
    return line


def obey(phone: Handset, line: bytes, now: float) -> dict[str, Any]:
    """Do what one line asks; the answer, which never is an error."""
    try:
        asked = json.loads(line)
        deed = _DEEDS.get(str(asked.get("do"))) if isinstance(asked, dict) else None
        if deed is None:
            raise MessageError("nothing a phone can do", remedy=f"one of {', '.join(_DEEDS)}")
        deed(phone, asked, now)
    except RefusedError as error:
        return {"refused": f"{error.what}: {error.why}"}
    except RingbackError as error:
        return {"refused": str(error)}
    except (ValueError, TypeError, RecursionError):
        return {"refused": "this is no line of JSON"}
    calls = phone.calls.active.items()
    return {
        "calls": [{"line": line, "number": each.number, "name": each.name} for line, each in calls]
    }


# The socket


class Control:
    """Listens at a path for as long as a phone runs.

    Args:
        phone: the phone's mind.
        now: POSIX seconds by the phone's clock.
        settle: has the phone do what it wants to do after it was moved.
    """

    def __init__(
        self, phone: Handset, now: Callable[[], float], settle: Callable[[], None]
    ) -> None:
        self._phone = phone
        self._now = now
        self._settle = settle
        self._server: asyncio.Server | None = None
        self._path: Path | None = None

    async def open(self, path: Path) -> None:
        """Listen.

        Raises:
            StorageError: there can be no socket, or another phone has it.
        """
        _make_room(path)
        before = os.umask(0o777 & ~MODE)
        try:
            self._server = await asyncio.start_unix_server(self._serve, path, limit=LONGEST)
        except OSError as error:
            raise StorageError(
                f"{path} cannot be listened at: {error.strerror or error}",
                remedy="name a shorter path in a folder that can be written: --control PATH",
            ) from error
        finally:
            os.umask(before)
        self._path = path

    async def close(self) -> None:
        """Listen no longer; the path is free again."""
        if self._server is None or self._path is None:
            return
        self._server.close()
        with contextlib.suppress(OSError):
            self._path.unlink()
        self._server = self._path = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(PATIENCE):
                answer = await self._answer(reader)
                writer.write(json.dumps(answer).encode() + b"\n")
                await writer.drain()
        writer.close()

    async def _answer(self, reader: asyncio.StreamReader) -> dict[str, Any]:
        try:
            line = await reader.readline()
        except ValueError:
            return {"refused": f"a line of more than {LONGEST} bytes"}
        answer = obey(self._phone, line, self._now())
        self._settle()
        return answer


def _make_room(path: Path) -> None:
    """Take away what a phone without power left; nothing else.

    Raises:
        StorageError: something else is there, or a phone that runs.
    """
    try:
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise StorageError(f"{path} is no socket", remedy="name another path: --control PATH")
    except FileNotFoundError:
        return
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(PATIENCE)
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink(missing_ok=True)
            return
        except OSError as error:
            what = f"{path} cannot be looked at: {error.strerror or error}"
            raise StorageError(what, remedy="name another path: --control PATH") from error
    raise StorageError(f"a phone listens at {path}", remedy="stop it, or name another path")
