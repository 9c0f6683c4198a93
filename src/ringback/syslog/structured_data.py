"""RFC 5424 section 6.3: ``[exampleSDID@32473 iut="3" eventID="1011"]``.

The patterns are possessive, so a broken element fails in one pass. A backslash before anything but
``"``, ``]`` or a backslash stays as it is, as section 6.3.3 demands.
"""

import re
from dataclasses import dataclass
from typing import Self

from ringback.errors import MessageError, Place

_NAME = r"[!#-<>-\\^-~]{1,32}+(?![!#-<>-\\^-~])"
_VALUE = r'(?:[^"\\\]]|\\.)*+'
_ELEMENT = re.compile(rf'\[({_NAME})((?: {_NAME}="{_VALUE}")*+)\]', re.DOTALL)
_PARAMETER = re.compile(rf' ({_NAME})="({_VALUE})"', re.DOTALL)
_ESCAPED = re.compile(r'\\(["\\\]])')
_TO_ESCAPE = re.compile(r'(["\\\]])')


@dataclass(frozen=True, slots=True)
class Element:
    """One bracket: its name, and its parameters in order (a name may be repeated)."""

    name: str
    parameters: tuple[tuple[str, str], ...] = ()

    @classmethod
    def from_match(cls, found: re.Match[str]) -> Self:
        """Undo the escapes of one matched element."""
        pairs = _PARAMETER.findall(found[2])
        return cls(found[1], tuple((name, _ESCAPED.sub(r"\1", value)) for name, value in pairs))

    def __str__(self) -> str:
        pairs = [f' {name}="{_TO_ESCAPE.sub(_BACKSLASH, v)}"' for name, v in self.parameters]
        return f"[{self.name}{''.join(pairs)}]"


_BACKSLASH = r"\\\1"


def read(text: str, start: int) -> tuple[tuple[Element, ...], int]:
    """Read ``-`` or elements at ``start``; returns them and where they end.

    Raises:
        MessageError: with the column, when there is neither, or a name comes twice.
    """
    if text.startswith("-", start):
        return (), start + 1
    elements: list[Element] = []
    end = start
    while text.startswith("[", end):
        found = _ELEMENT.match(text, end)
        if found is None:
            raise _malformed('an element such as [name key="value"] with \\ before " ] and \\', end)
        elements.append(Element.from_match(found))
        end = found.end()
    if not elements:
        raise _malformed("structured data in square brackets, or -", start)
    if len({element.name for element in elements}) < len(elements):
        raise _malformed("every element name once", start)
    return tuple(elements), end


def _malformed(wanted: str, index: int) -> MessageError:
    return MessageError(f"expected {wanted}", place=Place(column=index + 1))
