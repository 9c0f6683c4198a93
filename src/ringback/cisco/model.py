"""What each product is: its generation, its lines, its load, and where its parameters are listed.

Models of one generation behave alike; how generations differ is in ``switches.py``, and a model
answers with ``traits``. The names of that table are reached through here as well.
"""

import re
from dataclasses import dataclass
from difflib import get_close_matches

from ringback.cisco.generation import Generation, Switch
from ringback.cisco.switches import LOG_FAILURE_DEFAULT, LOG_REQUEST_DEFAULT, SWITCHES, TRAITS
from ringback.cisco.trait import (
    AgentStyle,
    Empty,
    ForcedResync,
    MissingAccess,
    Traits,
    TriggerRole,
    ZeroRetry,
)
from ringback.errors import UnknownModelError

__all__ = [
    "LOG_FAILURE_DEFAULT",
    "LOG_REQUEST_DEFAULT",
    "MODELS",
    "SWITCHES",
    "TRAITS",
    "AgentStyle",
    "Empty",
    "ForcedResync",
    "Generation",
    "MissingAccess",
    "Model",
    "Switch",
    "Traits",
    "TriggerRole",
    "ZeroRetry",
    "find_model",
]


@dataclass(frozen=True, slots=True)
class Model:
    """One product: ``name`` is ``$PN``, ``load`` the factory ``$SWVER``."""

    name: str
    number: str
    """Its number without house or family, such as ``8851`` or ``504G``."""
    generation: Generation
    lines: int
    load: str
    catalogue: str
    """Name of the data file (without ending) that lists its parameters."""
    vendor: str = "Cisco"

    @property
    def series(self) -> str:
        """``$PSN``."""
        return self.traits.series.format(number=self.number)

    @property
    def traits(self) -> Traits:
        """How this model's generation behaves."""
        return TRAITS[self.generation]


def _mpp(number: str, lines: int, load: str, catalogue: str) -> Model:
    return Model(f"CP-{number}-3PCC", number, Generation.MPP, lines, load, catalogue)


def _os(number: str, lines: int) -> Model:
    load = "PHONEOS.3-2-1-0001-102"
    return Model(f"CP-{number}", number, Generation.PHONEOS, lines, load, "9861")


def _spa(series: str, lines: int, load: str, catalogue: str, vendor: str = "Cisco") -> Model:
    return Model(f"SPA{series}", series, Generation.SPA, lines, load, catalogue, vendor)


_68 = "sip68xx.11-3-2MPP0001-598"
_78 = "sip78xx.11-3-2MPP0001-598"
_88 = "sip88xx.11-3-2MPP0001-598"
MODELS: tuple[Model, ...] = (
    *(_mpp(number, lines, _68, "8841") for number, lines in
      (("6821", 2), ("6841", 4), ("6851", 4), ("6861", 4), ("6871", 6))),
    *(_mpp(number, lines, _78, "8841") for number, lines in
      (("7811", 1), ("7821", 2), ("7841", 4), ("7861", 16))),
    _mpp("7832", 1, "sip7832.11-3-1MPP-678", "7832"),
    *(_mpp(number, lines, _88, "8841") for number, lines in
      (("8811", 10), ("8841", 10), ("8845", 10), ("8851", 10), ("8861", 10), ("8865", 10))),
    _mpp("8832", 1, "sip8832.11-3-2MPP0001-598", "8841"),
    *(_os(number, lines) for number, lines in
      (("9841", 4), ("9851", 10), ("9861", 10), ("9871", 10), ("8875", 10))),
    Model("ATA191-MPP", "191", Generation.ATA, 2, "11-1-0MPP-19", "spa112"),
    Model("ATA192-MPP", "192", Generation.ATA, 2, "11-1-0MPP-19", "spa112"),
    *(_spa(series, lines, "7.6.2f", "spa504g") for series, lines in
      (("301", 1), ("303", 3), ("501G", 8), ("502G", 1), ("504G", 4), ("508G", 8), ("509G", 12))),
    *(_spa(series, lines, "7.6.2f", "spa504g") for series, lines in (("512G", 1), ("514G", 4))),
    _spa("525G", 5, "7.6.2f", "spa525g2"),
    _spa("525G2", 5, "7.6.2f", "spa525g2"),
    *(_spa(series, 2, "1.4.1", "spa112") for series in ("112", "122", "232D")),
    *(_spa(series, lines, "6.1.5(a)", "spa942", "Linksys") for series, lines in
      (("901", 1), ("921", 1), ("922", 1), ("941", 4), ("942", 4), ("962", 6))),
    *(_spa(series, 2, "5.2.10", "spa2102", "Linksys") for series in ("2102", "3102", "8000")),
    Model("PAP2T", "2", Generation.SPA, 2, "5.1.6", "spa2102", "Linksys"),
    *(Model(f"SPA{series}", series, Generation.SIPURA, 2, load, "spa2102", "Sipura")
      for series, load in (("1000", "2.0.6"), ("2000", "2.0.6"), ("841", "2.0.6"))),
)  # fmt: skip

_BY_NAME = {model.name: model for model in MODELS}
"""As they are mostly asked for, by the hundred thousand."""
_BY_SPELLING: dict[str, Model] = {}
_NOISE = re.compile(r"[^A-Z0-9]")


def _squeeze(text: str) -> str:
    return _NOISE.sub("", text.upper())


def _spellings(model: Model) -> set[str]:
    bare = _squeeze(model.name).removeprefix("CP").removesuffix("3PCC").removesuffix("MPP")
    return {bare, "CP" + bare, _squeeze(model.name), _squeeze(model.series), f"CP{bare}3PCC"}


for _model in MODELS:
    for _spelling in _spellings(_model):
        _BY_SPELLING.setdefault(_spelling, _model)


def find_model(text: str) -> Model:
    """Find a model by any usual spelling: ``CP-8851-3PCC``, ``8851``, ``SPA504G``, ``spa-942``.

    Raises:
        UnknownModelError: when no model is spelt so; ``nearest`` names the closest one.
    """
    exact = _BY_NAME.get(text)
    if exact:
        return exact
    wanted = _squeeze(text)
    found = _BY_SPELLING.get(wanted)
    if found:
        return found
    close = get_close_matches(wanted, _BY_SPELLING, n=1, cutoff=0.5)
    nearest = _BY_SPELLING[close[0]].name if close else ""
    hint = f"did you mean {nearest}?" if nearest else "for example CP-8851-3PCC, 7832 or SPA504G"
    raise UnknownModelError(f"unknown phone model {text!r}", nearest=nearest, remedy=hint)
