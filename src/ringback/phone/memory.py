"""What a phone remembers without power: as a value, and as the bytes in its flash.

The bytes are one heading and one JSON object. The heading carries the length and the SHA-256 of
what follows, so that a cut-off or bit-flipped file is never taken for a phone's settings:

    ringback phone memory 1 sha256:<64 hex digits> <length>
    {"model": …, "mac": …, "serial": …, "values": {…}, "access": {…}, "local": […],
     "boots": […], "custom_ca": {"pem": …, "tried": …, "why": …}, "kept": {part: {…}}}

Only what differs from the factory is kept. Values are as the phone holds them, secrets included:
the door writes the file readable by its owner only.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Self

from ringback.cisco.model import Model
from ringback.cisco.profile import Profile
from ringback.errors import MalformedError
from ringback.mac import Mac
from ringback.phone.boot import Boot, History, Reason
from ringback.phone.custom_ca import CustomCa

HEADING = b"ringback phone memory 1 sha256:%s %d\n"
LIMIT = 8 * 1024 * 1024
"""Bytes; no phone has that many settings."""


@dataclass(frozen=True, slots=True)
class Memory:
    """Who the phone is, the settings that differ from the factory, and its last starts."""

    model: str
    mac: str
    serial: str
    values: Mapping[str, str] = field(default_factory=dict)
    access: Mapping[str, str] = field(default_factory=dict)
    local: frozenset[str] = frozenset()
    """Settings that the user made, which ``preserve-value`` keeps."""
    history: History = field(default_factory=History)
    custom_ca: CustomCa = field(default_factory=CustomCa)
    kept: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """What the parts of a phone keep, by their names, as JSON can hold it."""

    @classmethod
    def of(
        cls,
        profile: Profile,
        mac: Mac,
        serial: str,
        history: History,
        custom_ca: CustomCa,
        *,
        kept: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
    ) -> Self:
        """What this phone must not forget."""
        model, values, local = profile.model.name, profile.values, profile.local
        access = profile.accesses
        return cls(model, str(mac), serial, values, access, local, history, custom_ca, kept)

    def profile(self, model: Model) -> Profile:
        """The settings, on a phone of this model; names it does not have are left out."""
        return Profile.kept(model, self.values, self.access, self.local)

    def __bytes__(self) -> bytes:
        facts = {
            "model": self.model,
            "mac": self.mac,
            "serial": self.serial,
            "values": dict(self.values),
            "access": dict(self.access),
            "local": sorted(self.local),
            "boots": [[boot.at, boot.reason] for boot in self.history.boots],
            "custom_ca": self.custom_ca.facts(),
            "kept": {name: dict(facts) for name, facts in self.kept.items()},
        }
        # ASCII, so that whatever a value holds (half a surrogate pair, say) can be written.
        # A line for each fact: with ``indent`` the encoder is Python's own, at four times the cost.
        lines = (f"{json.dumps(name)}: {_compact(facts[name])}" for name in sorted(facts))
        body = ("{\n" + ",\n".join(lines) + "\n}\n").encode()
        digest = hashlib.sha256(body).hexdigest().encode()
        return HEADING % (digest, len(body)) + body

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read what ``bytes()`` wrote.

        Raises:
            MalformedError: the bytes are not whole, or not a phone's memory.
        """
        if len(data) > LIMIT:
            raise MalformedError(f"{len(data)} bytes are too many for a phone's memory")
        heading, _, body = data.partition(b"\n")
        digest = hashlib.sha256(body).hexdigest().encode()
        if heading + b"\n" != HEADING % (digest, len(body)):
            raise MalformedError("length or checksum does not match")
        try:
            return cls._from(json.loads(body))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise MalformedError(f"not a phone's memory ({error})") from error

    @classmethod
    def _from(cls, facts: Any) -> Self:
        boots = tuple(Boot(float(at), Reason(why)) for at, why in facts["boots"])
        return cls(
            model=str(facts["model"]),
            mac=str(facts["mac"]),
            serial=str(facts["serial"]),
            values=_texts(facts["values"]),
            access=_texts(facts["access"]),
            local=frozenset(map(str, facts["local"])),
            history=History(boots),
            custom_ca=CustomCa.from_facts(facts.get("custom_ca", {})),
            kept={str(name): dict(kept) for name, kept in facts.get("kept", {}).items()},
        )


def _compact(fact: Any) -> str:
    return json.dumps(fact, sort_keys=True)


def _texts(pairs: Any) -> dict[str, str]:
    return {str(name): str(value) for name, value in pairs.items()}
