"""A file that phones may ask for: where, what of the settings is in it, how sealed, for whom.

Its path is a pattern. A pattern with a device's place in it (``{mac}``, ``{serial}``, ``{token}``)
gives every device a file of its own. Any other is shared by all phones that ask for the same
path, and then holds only what they share: ``/{psn}.xml`` the fleet's and the model's layers,
``/{site}/{psn}.xml`` the site's too, never a group's or a device's. If phones fetch it at every
resync (it has a slot), it also leaves out what any of them might be given otherwise.

``{key}`` is the number of the sealing key. It stands in the path because a server cannot see with
which key a phone will open an answer: during a change of keys the old path gives the file under
the old key and the new path under the new one. Number 0 is no key: the same file in clear, which
is for a phone that has no key yet and goes over TLS to proven devices only.
"""

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Level(IntEnum):
    """What evidence must entitle to before the file is given."""

    NOTHING = 0
    BOOTSTRAP = 1
    """How to get to the real thing, and nothing else."""
    OPEN = 2
    """The device's settings without secrets."""
    DEVICE = 3
    """Everything, secrets included."""


class Envelope(StrEnum):
    """What the file travels in."""

    PLAIN = "plain"
    GZIP = "gzip"
    AES = "aes"
    """AES-256-CBC as ``openssl enc``, after gzip, with the digest that the model knows."""
    AES128GCM = "aes128gcm"
    """RFC 8188, after gzip; a model that does not know it is given ``aes``."""

    @property
    def sealed(self) -> bool:
        """Whether a key of the device opens it."""
        return self in {Envelope.AES, Envelope.AES128GCM}


class Rules(StrEnum):
    """Which profile rules are written into the file."""

    NONE = "none"
    FIRST = "first"
    """Those of a phone without a key: key number 0, macros in place of its names."""
    OWN = "own"
    """Those of the device, with the newest key."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which settings go into a file: patterns of names, ``*`` for any run of characters."""

    include: tuple[str, ...] = ("*",)
    exclude: tuple[str, ...] = ()
    secrets: bool = False
    """Whether settings that hold secrets may be in it."""


@dataclass(frozen=True, slots=True)
class Document:
    """One kind of file."""

    name: str
    patterns: tuple[str, ...]
    """Each begins with ``/``. The first is the one that rules name."""
    selection: Selection = Selection()
    envelope: Envelope = Envelope.GZIP
    level: Level = Level.DEVICE
    slot: str = ""
    """A, B, C or D: the profile rule that fetches it; "" for none."""
    rules: Rules = Rules.NONE
