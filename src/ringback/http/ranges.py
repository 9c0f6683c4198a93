"""Byte ranges: which part of a file was asked for (RFC 9110 section 14).

A phone that lost its connection in the middle of a 33 MB load asks for the rest. One range is
answered. Several at once, other units and malformed lines are ignored, as the RFC allows: the
client then gets the whole file, which is never wrong.
"""

import re
from dataclasses import dataclass
from typing import Self

_ONE = re.compile(r"bytes=[ \t]*([0-9]{0,18})-([0-9]{0,18})[ \t]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes ``first`` up to, not including, ``end`` of ``size``. Empty: nothing satisfies it."""

    first: int
    end: int
    size: int

    @classmethod
    def parse(cls, line: str, size: int) -> Self | None:
        """Read the value of a Range header; None when there is none to honour."""
        found = _ONE.fullmatch(line)
        if not found:
            return None
        first, last = found.groups()
        if first:
            start, end = int(first), int(last) + 1 if last else size
            if end <= start and last:
                return None  # 5-3 is malformed, not unsatisfiable
        elif last:
            start, end = max(0, size - int(last)), size
        else:
            return None
        return cls(min(start, size), min(end, size), size)

    def __bool__(self) -> bool:
        return self.first < self.end

    def __str__(self) -> str:
        """The value of Content-Range."""
        if not self:
            return f"bytes */{self.size}"
        return f"bytes {self.first}-{self.end - 1}/{self.size}"
