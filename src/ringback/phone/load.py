"""The loads in a phone's flash, and which load a URL names.

A phone of the later generations has two partitions; the load before the last upgrade stays in the
other one and can be activated without a download (S2). That the older generations keep one, too,
does no harm: their rules do not name loads.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from ringback.cisco.url import Url

LIST_ENDING = ".loads"
_WITHOUT_PATH = re.compile(r"[a-z]+://[^/\s]+", re.IGNORECASE)
LONGEST = 4096
"""Characters of any one of them that are believed."""


@dataclass(frozen=True, slots=True)
class Loads:
    """Version names; empty ``running`` means the load the phone left the factory with."""

    running: str = ""
    inactive: str = ""
    concluded: str = ""
    """The upgrade rule, and what it became, that is not to be followed again."""

    def facts(self) -> dict[str, str]:
        """As JSON can keep it; nothing for a phone that never was upgraded."""
        pairs = {
            "running": self.running, "inactive": self.inactive, "concluded": self.concluded,
        }  # fmt: skip
        return {name: value for name, value in pairs.items() if value}

    @classmethod
    def from_facts(cls, facts: Mapping[str, Any]) -> Self:
        """What ``facts()`` gave; whatever else is in it counts as not there."""
        return cls(*(_text(facts.get(name)) for name in ("running", "inactive", "concluded")))


def _text(value: Any) -> str:
    return value if isinstance(value, str) and len(value) <= LONGEST else ""


def named_load(url: Url) -> str:
    """The load that a URL names: ``/fw/sip88xx.12-0-1MPP0001-100.loads``; empty for none."""
    name = url.path.partition("?")[0].rpartition("/")[2]
    return name.removesuffix(LIST_ENDING) if name.endswith(LIST_ENDING) else ""


def with_file(rule: str, usual: str) -> str:
    """A one-shot rule that names a server and nothing else means its ``usual`` file (S15)."""
    return rule + usual if _WITHOUT_PATH.fullmatch(rule) else rule
