"""Which keys open what a phone uploads: one file, read once, that nobody else may read.

The keys are those after ``--key`` in the phones' ``Report_Rule``, and their
``IKM_HTTP_Encrypt_Content``. Several may be given for one phone, because while a key is being
changed both are in use. The file is TOML::

    [default]                       # every phone
    key = ["the old phrase", "the new phrase"]

    [device.000e08abcdef]           # this one, before the default
    key = "its own phrase"
    ikm = "yqdlZ-tYemfogSmv7Ws5PQ"
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from ringback.cisco import aes128gcm
from ringback.errors import UsageError
from ringback.mac import Mac

_REMEDY = "[default] or [device.MAC], each with key = and ikm ="


@dataclass(frozen=True, slots=True)
class Key:
    """One way to open something: a passphrase, or keying material for aes128gcm."""

    passphrase: str | None = field(default=None, repr=False)
    ikm: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Keyring:
    """The keys of every phone; none that is asked for a phone it does not know."""

    default: tuple[Key, ...] = ()
    own: Mapping[Mac, tuple[Key, ...]] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str, *, name: str = "") -> Self:
        """Read the file; ``name`` is what to call it.

        Raises:
            UsageError: it cannot be read; no key is quoted.
        """
        try:
            tables = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise UsageError(f"{name}: {error}", remedy=_REMEDY) from error
        default, devices = tables.pop("default", {}), tables.pop("device", {})
        if tables or not isinstance(devices, dict):
            raise UsageError(f"{name}: it holds more than keys", remedy=_REMEDY)
        own = {Mac.parse(mac): _keys(table, f"{name}: {mac}") for mac, table in devices.items()}
        return cls(_keys(default, f"{name}: default"), own)

    def of(self, mac: Mac) -> tuple[Key, ...]:
        """What may open something of this phone, the likeliest first."""
        return (*self.own.get(mac, ()), *self.default)


def _keys(table: Any, where: str) -> tuple[Key, ...]:
    if not isinstance(table, dict) or not table.keys() <= {"key", "ikm"}:
        raise UsageError(f"{where}: these are no keys", remedy=_REMEDY)
    phrases = (Key(passphrase=each) for each in _texts(table.get("key", ()), where))
    materials = (Key(ikm=aes128gcm.parse_ikm(each)) for each in _texts(table.get("ikm", ()), where))
    return (*phrases, *materials)


def _texts(value: Any, where: str) -> Iterator[str]:
    for each in value if isinstance(value, list | tuple) else [value]:
        if not isinstance(each, str) or not each:
            raise UsageError(f"{where}: a key is a text, and not empty", remedy=_REMEDY)
        yield each
