"""What DHCP told a phone about its provisioning server.

A phone is handed facts, never packets: the network is not ours to serve addresses on. Each fact is
an option number and its text, as a DHCP server's configuration has it (S17, C1, C6):

- 66 a server name, or a whole URL with macros (``http://h/x.php?mac=$MAU&model=$PN``);
- 150 one or more TFTP server addresses, of which the first is asked (*inferred*: no text says when
  the others are);
- 159 the provisioning server's address, 160 the provisioning URL: read as 66 is;
- 67 the file to ask that server for, in place of the one the firmware would (*inferred*);
- 15 the domain, for DNS SRV;
- 43, 60 and 125 speak of TR-069, which these phones are not made to follow here: they are taken
  and passed over.

``DHCP_Option_To_Use`` says in which order a phone looks at them (S4).
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Self

from ringback.errors import UsageError

SERVER_OPTIONS = (66, 160, 159, 150)
"""Options that can name a provisioning server, in the factory's order (S4)."""

_NAMES = {
    "tftp-server-name": 66,
    "bootfile-name": 67,
    "filename": 67,
    "domain-name": 15,
    "domain": 15,
    "tftp-server-address": 150,
    "server-ip-address": 150,
}
"""Names that dnsmasq and the ISC server use for them."""
_KNOWN = frozenset({15, 43, 60, 66, 67, 125, 150, 159, 160})
_HOST = re.compile(
    r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,252}(?::\d{1,5})?|\[[0-9A-Fa-f:.]+\](?::\d{1,5})?"
)


@dataclass(frozen=True, slots=True)
class Hint:
    """What one option comes to: a ``server``, or a whole ``rule``; the other is empty."""

    option: int
    server: str = ""
    rule: str = ""

    def __str__(self) -> str:
        return f"DHCP option {self.option}"


@dataclass(frozen=True, slots=True)
class Lease:
    """The options of one lease, by number."""

    options: tuple[tuple[int, str], ...] = ()

    @classmethod
    def parse(cls, texts: Iterable[str]) -> Self:
        """Read ``66=10.0.0.1`` and its like; a later one of the same number counts.

        Raises:
            UsageError: no number or name of an option, or one that phones do not look at.
        """
        return cls(tuple(dict(_option(text) for text in texts).items()))

    @classmethod
    def naming(cls, server: str) -> Self:
        """A lease whose option 66 names ``server``; an empty one for none."""
        return cls(((66, server),) if server else ())

    def option(self, number: int) -> str:
        """The text of an option; empty when the lease has none."""
        text = dict(self.options).get(number, "")
        return text.rstrip("\0").strip()  # Some DHCP servers send the final NUL along.

    @property
    def domain(self) -> str:
        """The domain of option 15, without a final dot."""
        return self.option(15).rstrip(".").lower()

    @property
    def file(self) -> str:
        """The file of option 67, with a leading slash; empty for none."""
        text = self.option(67)
        return text if not text or text.startswith("/") else f"/{text}"

    def hints(self, order: str = "") -> Iterator[Hint]:
        """What the options say, in the order of ``DHCP_Option_To_Use`` (empty: the factory's)."""
        numbers = [int(each) for each in re.findall(r"\d{1,3}", order)] or SERVER_OPTIONS
        for number in dict.fromkeys(numbers):
            if number in SERVER_OPTIONS and (hint := _hint(number, self.option(number))):
                yield hint

    @property
    def server(self) -> str:
        """The server for rules that name none; empty when DHCP gave none."""
        return next((hint.server for hint in self.hints() if hint.server), "")


def _option(text: str) -> tuple[int, str]:
    name, equals, value = text.partition("=")
    name = name.strip().lower().removeprefix("option:").removeprefix("option ")
    number = int(name) if re.fullmatch(r"\d{1,3}", name, re.ASCII) else _NAMES.get(name)
    if not equals or number not in _KNOWN:
        known = ", ".join(map(str, sorted(_KNOWN)))
        raise UsageError(
            f"{text!r} is no DHCP option a phone looks at",
            remedy=f"write NUMBER=TEXT, for example 66=10.0.0.1; the numbers are {known}",
        )
    return number, value


def _hint(number: int, text: str) -> Hint | None:
    """A URL is a rule, a host is a server; anything else is of no use to a phone."""
    if "://" in text:
        return Hint(number, rule=text)
    first = re.split(r"[\s,]+", text, maxsplit=1)[0] if number == 150 else text
    return Hint(number, server=first) if _HOST.fullmatch(first) else None
