"""The ready-made layers and documents: what a fleet has before anybody wrote a line.

The layers are data, ``data/ready-N.toml``: a table for all models and one for each generation.
They are versioned and never changed, because a fleet's bytes must not change with the program;
a fleet says in ``ready`` which version lies below its own layers.

The documents are the three of a fleet that names none. A phone fresh from the factory asks for
``{factory}`` and finds the *bootstrap*: no secrets, and the way on. ``common`` is what all phones
of a model share. ``device`` is everything, sealed with the device's key once it has one.
"""

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Final

from ringback.cisco.model import Generation
from ringback.errors import UsageError
from ringback.provisioning.document import Document, Envelope, Level, Rules, Selection
from ringback.provisioning.fleet import READY
from ringback.provisioning.layer import Layer, Scope, Setting

ALL: Final = "all"
RULE_NAMES: Final[Mapping[str, str]] = {
    "A": "Profile_Rule",
    "B": "Profile_Rule_B",
    "C": "Profile_Rule_C",
    "D": "Profile_Rule_D",
}

BOOTSTRAP: Final = Document(
    "bootstrap",
    ("{factory}",),
    Selection(
        (
            "Profile_Rule*", "Provision_Enable", "Resync_*", "Custom_CA_*", "Syslog_*",
            "Log_*_Msg", "Debug_*", "Auth_Resync-Reboot_*",
        )
    ),
    Envelope.PLAIN,
    Level.BOOTSTRAP,
    rules=Rules.FIRST,
)  # fmt: skip
COMMON: Final = Document(
    "common",
    ("/common/{psn}.cfg",),
    Selection(exclude=("Profile_Rule*",)),
    Envelope.GZIP,
    Level.OPEN,
    slot="A",
)
DEVICE: Final = Document(
    "device",
    ("/device/{mac}-{key}.cfg",),
    Selection(secrets=True),
    Envelope.AES,
    Level.DEVICE,
    slot="B",
    rules=Rules.OWN,
)
DOCUMENTS: Final = (BOOTSTRAP, COMMON, DEVICE)
"""By name."""


@lru_cache(maxsize=8)
def ready_layers(version: int) -> Mapping[str, Layer]:
    """The layers of one version: ``all``, and one for each generation.

    Raises:
        UsageError: there is no such version.
    """
    if not version:
        return {}
    if not 1 <= version <= READY:
        raise UsageError(
            f"there are no ready-made layers {version}",
            remedy=f"the newest are {READY}; 0 for none; newer ones need a newer program",
        )
    file = files("ringback.provisioning") / "data" / f"ready-{version}.toml"
    tables = tomllib.loads(file.read_text(encoding="utf-8"))
    assert set(tables) <= {ALL, *Generation}
    return {
        name: Layer(Scope.READY, name, tuple(Setting(*each) for each in sorted(table.items())))
        for name, table in tables.items()
    }
