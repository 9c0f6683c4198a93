"""A MAC address: the spellings we read, the one we write.

A MAC is an identifier, never a credential.
"""

import re
from dataclasses import dataclass
from typing import Self

from ringback.errors import UsageError

_SEPARATORS = re.compile(r"[-:. ]")
_TWELVE_HEX = re.compile(r"[0-9a-f]{12}")


@dataclass(frozen=True, slots=True, order=True)
class Mac:
    """Six octets; ``str()`` gives twelve lower-case hex digits, as ``$MA`` does."""

    digits: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``000e08abcdef`` in any case, bare or separated by ``:``, ``-``, ``.`` or blanks.

        Raises:
            UsageError: when twelve hexadecimal digits do not remain.
        """
        digits = _SEPARATORS.sub("", text.strip()).lower()
        if not _TWELVE_HEX.fullmatch(digits):
            raise UsageError(
                f"not a MAC address: {text!r}", remedy="twelve hex digits, such as 000e08abcdef"
            )
        return cls(digits)

    @property
    def upper(self) -> str:
        """Twelve upper-case digits, as ``$MAU``."""
        return self.digits.upper()

    @property
    def colons(self) -> str:
        """Lower-case pairs joined by colons, as ``$MAC``."""
        return ":".join(self.digits[i : i + 2] for i in range(0, 12, 2))

    @property
    def oui(self) -> str:
        """The maker's six digits."""
        return self.digits[:6]

    def __str__(self) -> str:
        return self.digits
