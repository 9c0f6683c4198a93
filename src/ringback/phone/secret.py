"""Keeping secrets out of what a phone says and shows.

A key or password reaches a rule in two ways: typed after ``--key`` or ``--pwd``, or expanded
there from a macro. So a text is masked by form, and by every secret known to be in play.
"""

import re
from collections.abc import Iterable

MASK = "*" * 13
"""What a phone shows in place of a password (S19: thirteen asterisks)."""

_OPTION = re.compile(r"(--(?:key|pwd)[ \t]+)(\"[^\"]*\"?|[^\s\]]+)")


def mask(text: str, secrets: Iterable[str | None] = ()) -> str:
    """The text without the arguments of ``--key`` and ``--pwd`` and without the given secrets."""
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, MASK)
    return _OPTION.sub(rf"\g<1>{MASK}", text)
