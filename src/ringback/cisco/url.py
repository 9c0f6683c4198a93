"""The URL of a rule: ``[ scheme:// ] [ server [ :port ] ] /path`` (S2, S10).

Not a web URL: the scheme may be missing (then it is TFTP), so may the server (then it comes from
DHCP option 66, or from whoever asked), and the path never may. The path keeps its query and is
sent as typed. ``gds://`` alone asks for the activation-code screen (S3).

Refused with a remedy rather than guessed at: blanks, user:password@ (the option block carries
credentials), template text that nobody rendered, and a server name with characters no DNS name
has. Underscores are fine, the guides use them; ``192.168.1.300`` is a name that DNS will refuse.
A server in square brackets is an IPv6 address, although the guides promise only A records.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv6Address
from typing import Self

from ringback.cisco.macro import Expansion
from ringback.errors import RuleError

DEFAULT_SCHEME = "tftp"
PORTS: Mapping[str, int] = {"tftp": 69, "http": 80, "https": 443, "gds": 443}
"""Known schemes and their usual ports: S2; S3 for gds, whose port is *inferred*."""

_SCHEME = re.compile(r"([^/]*?)://")
_AUTHORITY = re.compile(r"(?P<host>\[[^\]/]*\]|[^/:?#\[\]]*)(?P<port>:[^/?#]*)?")
_UNFIT_FOR_HOST = re.compile(r"[^A-Za-z0-9_.-]|^[.-]")
LONGEST_HOST = 253
"""Characters of the longest DNS name."""
_PORT = re.compile(r"0*[1-9][0-9]{0,4}")
_UNFIT = re.compile(r"[\x00-\x20\x7f]")
_TEMPLATE = re.compile(r"\{\{|\{%|\{\$|<\?|<%|##|\$\{")


@dataclass(frozen=True, slots=True)
class Url:
    """Where a rule sends the phone. ``host`` is empty when the rule names no server."""

    scheme: str
    host: str
    port: int | None
    path: str
    """Starts with ``/`` and carries the query; empty only for gds."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a URL that stands alone, macros already expanded.

        Raises:
            RuleError: with the column.
        """
        source = Expansion(text, text)
        start = len(text) - len(text.lstrip())
        return cls.read(source, start, max(start, len(text.rstrip())))

    @classmethod
    def read(cls, source: Expansion, start: int, stop: int) -> Self:
        """Read the URL in ``source.text[start:stop]``, which has no blanks around it.

        Raises:
            RuleError: with the column as typed.
        """
        source.refuse_secrets(start, stop)
        try:
            return cls._read(source, start, stop)
        except RuleError as error:
            first = source.typed_offset(start)
            last = first + len(source.typed_slice(start, stop))
            template = _TEMPLATE.search(source.typed, first, last)
            if template is None:
                raise
            raise source.error_typed(
                template.start(),
                f"this is template text: {template[0]!r} was never replaced",
                "render the template before a phone sees the rule",
            ) from error

    @classmethod
    def _read(cls, source: Expansion, start: int, stop: int) -> Self:
        if unfit := _UNFIT.search(source.text, start, stop):
            name = "blank" if unfit[0].isspace() else "control character"
            raise source.error(
                unfit.start(), f"a {name} inside the URL", "take it out, or write %20 for a blank"
            )
        scheme, at = _read_scheme(source, start, stop)
        found = _AUTHORITY.match(source.text, at, stop)
        assert found is not None
        if scheme == "gds":
            return cls(scheme, found["host"], None, source.text[found.end("host") : stop])
        if "@" in found[0]:
            raise source.error(
                at, "credentials inside the URL", "use [--uid NAME --pwd PASSWORD] before the URL"
            )
        host = _read_host(source, found)
        port = _read_port(source, found, host)
        return cls(scheme, host, port, _read_path(source, found.end(), stop))

    @property
    def effective_port(self) -> int:
        """The port as typed, or the usual one of the scheme."""
        return PORTS[self.scheme] if self.port is None else self.port

    @property
    def authority(self) -> str:
        """Server and port as typed: ``host``, ``host:port`` or ``[address]:port``."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port is None else f"{host}:{self.port}"

    def __str__(self) -> str:
        """The URL with its scheme; a path alone when neither scheme nor server was meant."""
        if self.scheme == DEFAULT_SCHEME and not self.host:
            return self.path
        return f"{self.scheme}://{self.authority}{self.path}"


def _read_scheme(source: Expansion, start: int, stop: int) -> tuple[str, int]:
    """The scheme and the offset after it; the default scheme when none is typed."""
    found = _SCHEME.match(source.text, start, stop)
    if found is None:
        return DEFAULT_SCHEME, start
    scheme = found[1].lower()
    if scheme not in PORTS:
        error = source.error(
            start, f"unsupported scheme {found[1][:40]!r}", f"one of {', '.join(PORTS)}"
        )
        error.status = f"{scheme[:40]} scheme not supported"
        raise error
    return scheme, found.end()


def _read_host(source: Expansion, found: re.Match[str]) -> str:
    host = found["host"]
    if host.startswith("["):
        return _read_address(source, found)
    at = found.start("host")
    if len(host) > LONGEST_HOST:
        raise source.error(
            at, f"a server name of more than {LONGEST_HOST} characters", "shorten it"
        )
    bad = _UNFIT_FOR_HOST.search(host)
    if bad is None:
        return host
    unknown = "$" in bad[0]
    remedy = "no macro of that name is known" if unknown else "letters, digits, dots and hyphens"
    raise source.error(at + bad.start(), f"{bad[0]!r} cannot stand in a server name", remedy)


def _read_address(source: Expansion, found: re.Match[str]) -> str:
    inside = found["host"][1:-1]
    try:
        IPv6Address(inside)
    except AddressValueError as error:
        raise source.error(
            found.start("host"), "not an IPv6 address in the brackets", "such as [2001:db8::1]"
        ) from error
    return inside


def _read_port(source: Expansion, found: re.Match[str], host: str) -> int | None:
    typed = found["port"]
    if typed is None:
        return None
    at = found.start("port")
    if host in PORTS and not typed[1:2].isdigit():
        raise source.error(at, f"// is missing after {host}:", f"write {host}://")
    if not _PORT.fullmatch(typed[1:]) or int(typed[1:]) > 65535:
        raise source.error(at, f"not a port: {typed[:20]!r}", "a number from 1 to 65535")
    if not host:
        raise source.error(at, "a port without a server", "write the server before the colon")
    return int(typed[1:])


def _read_path(source: Expansion, at: int, stop: int) -> str:
    if at < stop and source.text[at] == "/":
        return source.text[at:stop]
    if at < stop and source.text[at] in "[]":
        raise source.error(at, "a square bracket inside the server name", "options come first")
    raise source.error(
        at, "the URL has no file path", "it must be absolute, such as server/path/$MA.cfg"
    )
