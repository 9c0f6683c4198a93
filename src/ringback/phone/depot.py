"""Door: a fleet's folder, from which it goes on after it was stopped, or killed.

    fleet.json       what the fleet is; a different fleet is refused
    fleet.lock       held while the fleet runs
    log.jsonl        one line for each attempt that ended, in order
    phones/<mac>     each phone's flash, the same file as ``phone run --state`` uses

A phone's flash is locked only while that phone is at work. So ``phone run --state
FOLDER/phones/<mac>`` may take a phone out of a running fleet; the fleet finds it gone, leaves it
alone, and has it back, with what it has learned, when that process ends.

The log is written in batches, without forcing it to the disk: a killed process loses the lines of
its last fraction of a second, and those phones resync once more. What was applied is in their
flash all the same.
"""

import json
import math
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ringback.errors import StorageError
from ringback.mac import Mac
from ringback.phone.nvram import Nvram

LONGEST_LINE = 4096


@dataclass(frozen=True, slots=True)
class Ended:
    """One line of the log: which phone, when (seconds since the start), for how long, how."""

    index: int
    at: float
    took: float
    ok: bool
    retry: bool = False
    error: str = ""

    def __str__(self) -> str:
        facts = [self.index, round(self.at, 3), round(self.took, 4), self.ok, self.retry]
        return json.dumps([*facts, self.error] if self.error else facts)

    @classmethod
    def parse(cls, text: str) -> "Ended | None":
        """One line; None for one that was cut off."""
        try:
            index, at, took, ok, retry, *error = json.loads(text)
            known = cls(int(index), float(at), float(took), bool(ok), bool(retry), *map(str, error))
            return known if math.isfinite(known.at + known.took) else None
        except (ValueError, TypeError, OverflowError, RecursionError):
            return None


class Depot:
    """The folder of one fleet; locked until ``close``."""

    def __init__(self, folder: Path, facts: Mapping[str, Any], *, forced: bool = False) -> None:
        """Open the folder of the fleet that ``facts`` describe, or make it.

        Raises:
            StorageError: it cannot be had, another fleet lives in it, or it runs already.
        """
        self.folder = folder
        self._forced = forced
        self._phones = folder / "phones"
        try:
            self._phones.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(
                f"cannot keep a fleet in {folder}: {error.strerror}", remedy="name another --state"
            ) from error
        self._lock = Nvram(folder / "fleet")
        try:
            self._check(facts)
            self._log = os.open(
                folder / "log.jsonl", os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600
            )
        except OSError as error:
            self._lock.close()
            raise StorageError(f"cannot use {folder}: {error.strerror}") from error
        except StorageError:
            self._lock.close()
            raise
        self._lines: list[str] = []

    def _check(self, facts: Mapping[str, Any]) -> None:
        file = self.folder / "fleet.json"
        if not file.exists():
            spare = self.folder / "fleet.json.new"
            spare.write_text(json.dumps(facts, indent=1) + "\n", "utf-8")
            spare.rename(file)
            return
        try:
            known = json.loads(file.read_text("utf-8"))
            differing = [name for name in facts if known.get(name) != facts[name]]
        except (ValueError, AttributeError) as error:
            raise StorageError(f"{file} is damaged ({error})") from error
        if differing:
            raise StorageError(
                f"{self.folder} holds another fleet: {', '.join(differing)} differ",
                remedy="repeat its options to go on with it, or name another --state",
            )

    def path(self, mac: Mac) -> Path:
        """Where a phone's flash is."""
        return self._phones / str(mac)

    def flash(self, mac: Mac, step: Callable[[str], None] | None = None) -> Nvram:
        """Take hold of a phone's flash; ``step`` as for ``Nvram``.

        Raises:
            StorageError: somebody else uses it.
        """
        if step is None:
            return Nvram(self.path(mac), forced=self._forced)
        return Nvram(self.path(mac), forced=self._forced, step=step)

    def ended(self) -> Iterator[Ended]:
        """What the log holds."""
        with (self.folder / "log.jsonl").open(encoding="utf-8", errors="replace") as file:
            while line := file.readline(LONGEST_LINE):
                known = Ended.parse(line)
                if known:
                    yield known

    def note(self, ended: Ended) -> None:
        """Write a line with the next batch."""
        self._lines.append(str(ended))

    def flush(self) -> None:
        """Write what was noted.

        Raises:
            StorageError: the disk is full, say.
        """
        lines, self._lines = self._lines, []
        if not lines:
            return
        # The empty line first ends a line that a killed process had begun.
        data = ("\n" + "\n".join(lines) + "\n").encode()
        try:
            while data:
                data = data[os.write(self._log, data) :]
        except OSError as error:
            raise StorageError(f"cannot write {self.folder}/log.jsonl: {error.strerror}") from error

    def close(self) -> None:
        """Write what was noted, and let another process use the folder."""
        try:
            self.flush()
        finally:
            os.close(self._log)
            self._lock.close()
