"""Quotes, dashes and blanks that a word processor put where a phone wants plain ones.

Guides, web pages and mails turn ``"`` into curly quotes and ``--key`` into a dash; pasted into a
rule they break it, and to the eye the rule looks right. Inside a straight-quoted string they are
text and stay.
"""

import re
from collections.abc import Mapping

from ringback.errors import Place, RuleError

LOOKALIKES: Mapping[str, tuple[str, str]] = {
    "\u201c": ("left curly quote", '"'),
    "\u201d": ("right curly quote", '"'),
    "\u201e": ("low curly quote", '"'),
    "\u201f": ("reversed curly quote", '"'),
    "\u00ab": ("left angle quote", '"'),
    "\u00bb": ("right angle quote", '"'),
    "\u2033": ("double prime", '"'),
    "\uff02": ("full-width quote", '"'),
    "\u2018": ("left single curly quote", '"'),
    "\u2019": ("right single curly quote", '"'),
    "\u2010": ("hyphen", "-"),
    "\u2011": ("no-break hyphen", "-"),
    "\u2012": ("figure dash", "-"),
    "\u2013": ("en dash", "-, or -- before an option"),
    "\u2014": ("em dash", "-, or -- before an option"),
    "\u2015": ("horizontal bar", "-, or -- before an option"),
    "\u2212": ("minus sign", "-"),
    "\uff0d": ("full-width hyphen", "-"),
    "\u00a0": ("no-break space", "an ordinary blank"),
    "\u202f": ("narrow no-break space", "an ordinary blank"),
    "\u200b": ("zero-width space", "nothing"),
    "\u2060": ("word joiner", "nothing"),
    "\ufeff": ("byte order mark", "nothing"),
    "\u00ad": ("soft hyphen", "nothing"),
    "\u2026": ("ellipsis", "..."),
}
"""Character to its name and to what was meant."""

_LOOKALIKE = re.compile(f'"[^"]*"|([{"".join(LOOKALIKES)}])')


def refuse_typography(typed: str) -> None:
    """Refuse a typed text with a look-alike outside its quoted strings.

    Raises:
        RuleError: names the character, its column, and what to type instead.
    """
    if typed.isascii():
        return
    for match in _LOOKALIKE.finditer(typed):
        if found := match[1]:
            name, right = LOOKALIKES[found]
            shown = f"{name} {found}" if found.isprintable() else name
            raise RuleError(
                f"{shown} (U+{ord(found):04X})",
                place=Place(column=match.start(1) + 1),
                remedy=f"type {right}",
            )
