"""Authentication headers taken apart: ``WWW-Authenticate``, ``Authorization`` and their kin.

HTTP and SIP write them alike (RFC 9110 section 11, RFC 3261 section 25).

The grammar is ambiguous on paper: a comma separates both challenges and the parameters of one.
A word followed by ``=`` is a parameter, any other word begins a new challenge. It is read by
walking over it once, without regular expressions that could backtrack, and never beyond 4 KB.

Text is as h11, ASGI servers and ``sip/message`` give it: bytes decoded as Latin-1, so nothing is
lost.
"""

import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ringback.errors import MessageError, Place

LONGEST = 4096
_TOKEN = frozenset(string.ascii_letters + string.digits + "!#$%&'*+-.^_`|~")
_TOKEN68 = frozenset(string.ascii_letters + string.digits + "-._~+/")
_BLANK = frozenset(" \t")


@dataclass(frozen=True, slots=True)
class Scheme:
    """One challenge, or one set of credentials.

    ``name`` is in lower case (``basic``, ``digest``); ``parameters`` have lower-case names;
    ``token`` is what stands in their place in ``Basic dTpw``.
    """

    name: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    token: str = ""

    def get(self, name: str) -> str:
        """A parameter's value, or nothing."""
        return self.parameters.get(name, "")


def parse(text: str, *, strict: bool = False) -> tuple[Scheme, ...]:
    """Every challenge in one header value, in order.

    A repeated parameter keeps its first value, or is refused when ``strict``.

    Raises:
        MessageError: naming the column at which the text stops making sense.
    """
    if len(text) > LONGEST:
        raise MessageError(f"an authentication header of {len(text)} characters is too long")
    return tuple(_Walk(text, strict).schemes())


def quote(text: str) -> str:
    """A quoted-string.

    Raises:
        MessageError: when the text holds a control character, which no header may.
    """
    if any((character < " " and character != "\t") or character == "\x7f" for character in text):
        raise MessageError("a control character cannot stand in an authentication header")
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


class _Walk:
    """One pass over the text; ``_at`` is the next character."""

    def __init__(self, text: str, strict: bool) -> None:
        self._text = text
        self._strict = strict
        self._at = 0

    def schemes(self) -> Iterator[Scheme]:
        name, token, parameters = "", "", dict[str, str]()
        while self._skip(_BLANK | {","}):
            word = self._token()
            if name and self._next_is("="):
                self._add(parameters, word.lower())
                continue
            if name:
                yield Scheme(name, parameters, token)
            name, token, parameters = word.lower(), self._token68(), {}
        if name:
            yield Scheme(name, parameters, token)

    def _skip(self, characters: frozenset[str]) -> bool:
        """Pass over these; whether anything is left."""
        while self._at < len(self._text) and self._text[self._at] in characters:
            self._at += 1
        return self._at < len(self._text)

    def _next_is(self, character: str) -> bool:
        """Whether ``character`` follows after blanks; if so it is passed over."""
        start = self._at
        if self._skip(_BLANK) and self._text[self._at] == character:
            self._at += 1
            return True
        self._at = start
        return False

    def _run(self, characters: frozenset[str]) -> str:
        start = self._at
        self._skip(characters)
        return self._text[start : self._at]

    def _token(self) -> str:
        return self._run(_TOKEN) or self._wrong("a word")

    def _token68(self) -> str:
        """The one value some schemes have instead of parameters: a comma or the end follows it."""
        start = self._at
        self._skip(_BLANK)
        value = self._run(_TOKEN68) + self._run(frozenset("="))
        ends = not self._skip(_BLANK) or self._text[self._at] == ","
        if value and ends:
            return value
        self._at = start
        return ""

    def _add(self, parameters: dict[str, str], name: str) -> None:
        self._skip(_BLANK)
        quoted = self._text[self._at : self._at + 1] == '"'
        value = self._quoted() if quoted else self._token()
        if name in parameters and self._strict:
            self._wrong(f"{name} only once")
        parameters.setdefault(name, value)
        if self._skip(_BLANK) and self._text[self._at] != ",":
            self._wrong("a comma")

    def _quoted(self) -> str:
        start = self._at
        self._at += 1
        value: list[str] = []
        while self._at < len(self._text):
            character = self._text[self._at]
            self._at += 1
            if character == '"':
                return "".join(value)
            if character == "\\":
                character = self._text[self._at : self._at + 1]
                self._at += 1
            value.append(character)
        self._at = start
        return self._wrong("a closing quotation mark")

    def _wrong(self, expected: str) -> str:
        raise MessageError(
            f"authentication header: {expected} expected", place=Place(column=self._at + 1)
        )
