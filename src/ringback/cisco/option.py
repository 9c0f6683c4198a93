"""The option block of a rule: ``[--key $SA --uid u --pwd p --post a …]`` before its URL.

Options stand in any order in one pair of brackets (S2, S10, S11). Values are bare words or
double-quoted strings; a bare word ends at a blank or ``]``. ``--content`` and ``--md`` stand in
the firmware's own table without an explanation (F): we read them, with or without a value.

Secrets may become part of a value of --key, --uid or --pwd (on older generations of --key alone)
and of nothing else; errors quote what was typed, never what a macro became.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from typing import Any

from ringback.cisco.macro import SECRET_OPTIONS, Expansion
from ringback.errors import RuleError


@dataclass(frozen=True, slots=True)
class Options:
    """What an option block asks for; ``None`` or ``False`` is "not given"."""

    key: str | None = field(default=None, repr=False)
    """Passphrase of the encrypted profile."""
    uid: str | None = field(default=None, repr=False)
    pwd: str | None = field(default=None, repr=False)
    """User name and password for HTTP challenges."""
    post: str | None = None
    """Letter of the GPP parameter to send by POST, a to p."""
    alias: str | None = None
    """Letter of the GPP parameter with the alias table, a to p."""
    srv: bool = False
    """Look the server up by DNS SRV."""
    delta: bool = False
    """Report only what changed."""
    status: bool = False
    """Report the status instead of the configuration."""
    content: str | None = None
    md: str | None = None

    def given(self) -> dict[str, str | bool]:
        """The options that were typed, by name, without dashes."""
        pairs = ((each.name, getattr(self, each.name)) for each in fields(self))
        return {name: value for name, value in pairs if value is not None and value is not False}

    def masked(self) -> str:
        """As an option block that anybody may read: no value that may hold a secret."""
        shown = []
        for name, value in self.given().items():
            text = "****" if name in SECRET_OPTIONS else value
            shown.append(f"--{name}" if text is True or text == "" else f"--{name} {text}")
        return f"[{' '.join(shown)}]" if shown else ""


_TEXT, _LETTER, _FLAG, _EITHER = "a value", "a letter from a to p", "", "maybe a value"
KINDS: Mapping[str, str] = {
    "key": _TEXT,  # S2
    "uid": _TEXT,  # S2, S7
    "pwd": _TEXT,  # S2, S7
    "post": _LETTER,  # S10
    "alias": _LETTER,  # S10
    "srv": _FLAG,  # S3
    "delta": _FLAG,  # S6, S11
    "status": _FLAG,  # S6, S11
    "content": _EITHER,  # F
    "md": _EITHER,  # F
}
"""Every option and what follows it."""

_TOKEN = re.compile(r'\s*(?:(?P<string>"[^"]*")|(?P<word>[^\s\]"][^\s\]]*))', re.ASCII)
_WHITE = re.compile(r"\s*", re.ASCII)
_LETTERS = frozenset("abcdefghijklmnop")


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    start: int
    stop: int
    quoted: bool

    @property
    def names_option(self) -> bool:
        return not self.quoted and self.text.startswith("--")


def read_options(source: Expansion, start: int) -> tuple[Options, int]:
    """Read the block that begins with ``[`` at ``start``; also the offset after its ``]``.

    Raises:
        RuleError: for an unknown option, a value missing or too many, a block that never ends.
    """
    tokens, stop = _tokens(source, start)
    found: dict[str, Any] = {}
    index = 0
    while index < len(tokens):
        name, value, index = _one(source, tokens, index)
        if name in found:
            raise source.error(tokens[index - 1].start, f"--{name} is given twice", "keep one")
        found[name] = value
    return Options(**found), stop


def _tokens(source: Expansion, start: int) -> tuple[list[_Token], int]:
    text = source.text
    tokens: list[_Token] = []
    at = start + 1
    while match := _TOKEN.match(text, at):
        quoted = match.lastgroup == "string"
        word = match["string"][1:-1] if quoted else match["word"]
        tokens.append(_Token(word, match.start(match.lastgroup or ""), match.end(), quoted))
        at = match.end()
    white = _WHITE.match(text, at)
    at = white.end() if white else at
    if text[at : at + 1] == "]":
        return tokens, at + 1
    if at < len(text):
        raise source.error(at, "a quoted string never ends", 'close it with "')
    raise source.error(start, "the options never end", "close them with ]")


def _one(source: Expansion, tokens: list[_Token], index: int) -> tuple[str, str | bool, int]:
    """Name and value of the option at ``index``, and the index after it."""
    token = tokens[index]
    name = _name(source, token)
    kind = KINDS[name]
    follows = tokens[index + 1] if index + 1 < len(tokens) else None
    if kind == _FLAG:
        return name, True, index + 1
    if follows is None or follows.names_option:
        if kind == _EITHER:
            return name, "", index + 1
        raise _missing(source, token, name, kind)
    _check_value(source, name, kind, follows)
    return name, follows.text, index + 2


def _name(source: Expansion, token: _Token) -> str:
    name = token.text[2:]
    secret = source.secret(token.start, token.stop) is not None
    if token.names_option and name in KINDS and not secret:
        return name
    typed = source.typed_slice(token.start, token.stop)[:40]
    if token.names_option:
        close = get_close_matches(name[:20], KINDS, n=1, cutoff=0.5) if not secret else []
        known = " ".join(f"--{each}" for each in KINDS)
        hint = f"did you mean --{close[0]}?" if close else f"known are {known}"
        raise source.error(token.start, f"unknown option {typed}", hint)
    if not token.quoted and token.text.startswith("-"):
        raise source.error(token.start, f"not an option: {typed}", "options begin with two hyphens")
    raise source.error(
        token.start, f"no option asks for {typed}", 'quote a value that has blanks: "a b"'
    )


def _missing(source: Expansion, token: _Token, name: str, kind: str) -> RuleError:
    if use := source.vanished(token.stop, token.stop + 1):
        return source.error_typed(
            use.typed_start, f"--{name} has no value: ${use.name} is empty", "set that parameter"
        )
    return source.error(token.start, f"--{name} needs {kind}", f"write --{name} VALUE")


def _check_value(source: Expansion, name: str, kind: str, value: _Token) -> None:
    if name == "key" and not value.text:
        raise source.error(value.start, "zero length key", "give --key the passphrase")
    if kind == _LETTER and value.text not in _LETTERS:
        typed = source.typed_slice(value.start, value.stop)
        raise source.error(
            value.start, f"--{name} needs {kind}, not {typed[:40]}", "it names GPP_A to GPP_P"
        )
    if name not in source.secret_options:
        source.refuse_secrets(value.start, value.stop)
