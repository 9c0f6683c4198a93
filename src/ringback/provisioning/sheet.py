"""What goes into one file, before it is sealed: the text of a profile, and the bytes of it."""

import hashlib
from dataclasses import dataclass, field
from typing import Final, Self

from ringback.cisco import flat_profile, gzipped
from ringback.cisco.model import Empty, Model
from ringback.cisco.parameter import Parameter
from ringback.provisioning.document import Envelope
from ringback.provisioning.facts import RELEASE
from ringback.provisioning.ground import Value
from ringback.provisioning.paper import Paper

_WRITTEN_EMPTY: Final = '""'


@dataclass(frozen=True, slots=True)
class Sheet:
    """What goes into one file, before it is compressed and sealed."""

    paper: Paper
    text: str
    """The profile, with a mark where the release's number will be."""
    model: Model | None
    digest: bytes = field(repr=False)
    """SHA-256 of the text."""

    @classmethod
    def of(cls, paper: Paper, text: str, model: Model | None) -> Self:
        """A sheet with this text."""
        return cls(paper, text, model, hashlib.sha256(text.encode()).digest())

    def packed(self, release: int) -> bytes:
        """The profile, compressed unless the document or a model of phone is too plain."""
        data = self.text.replace(RELEASE, str(release)).encode()
        plain = self.paper.document.envelope is Envelope.PLAIN
        if plain or (self.model is not None and not self.model.traits.compression):
            return data
        return gzipped.compress(data)


def element(value: Value, model: Model | None) -> str:
    """A setting as a line of the profile."""
    text = value.value
    if text == "" and model is not None and model.traits.empty_element is Empty.DEFAULT:
        text = _WRITTEN_EMPTY
    return flat_profile.line(Parameter(value.name, text, value.access))
