"""Recollect a phone: what it must hold by now, from what it was given and what it reported.

Nobody can ask the phone. What is known is the ledger (these bytes arrived at that time) and the
reports it uploaded; both are replayed in the order of time over the settings that its model left
the factory with. What somebody typed at the phone and was not reported since is not known, and
what it got from other servers is not either.

Whose an answer was is known as far as it was proven. Sealed files go to whoever asks, so a record
without proof may be a stranger's: where the phone does prove itself, such a record counts only if
it is from an address from which it did so; where it never does (TFTP has nothing to prove by), all
of them count, and it is said that nothing was proven.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Final

from ringback.cisco import aes128gcm, envelope, flat_profile, report
from ringback.cisco.agent import Agent
from ringback.cisco.difference import MASK
from ringback.cisco.element import Element
from ringback.cisco.model import find_model
from ringback.cisco.profile import Profile
from ringback.cisco.report import Kind as ReportKind
from ringback.errors import MalformedError, NotFoundError
from ringback.provisioning import own
from ringback.provisioning.device import Device
from ringback.provisioning.identity import Identity
from ringback.store.archive import Archive
from ringback.store.chain import Chain
from ringback.store.database import Store
from ringback.store.entry import Entry
from ringback.store.fact import Fact, Kind
from ringback.store.ledger import Ledger
from ringback.store.releases import Releases

MOST: Final = 500
"""Answers that count, proven or not, the newest of each."""
_LOOKED_AT: Final = 20_000
"""Records that are looked at for them: nobody makes a phone's proofs forgotten by asking often."""
_NAMED: Final = 3
"""Addresses that are named."""


@dataclass(frozen=True, slots=True)
class Served:
    """A file that arrived at the phone."""

    time: float
    document: str
    path: str
    release: int
    content: str
    elements: Mapping[str, Element] = field(default_factory=dict)
    """What it said; empty when it cannot be opened any more."""


@dataclass(frozen=True, slots=True)
class Uploaded:
    """A report as it is kept: when it came, POSIX seconds, and its bytes, opened."""

    time: float
    data: bytes


@dataclass(frozen=True, slots=True)
class Recollection:
    """What is known of one phone."""

    profile: Profile
    served: Mapping[str, Served] = field(default_factory=dict)
    """By path, the last that arrived."""
    reported: Mapping[str, Element] = field(default_factory=dict)
    """Its settings by its own word, secrets apart; empty when it never reported."""
    reported_at: float = 0.0
    firmware: str = ""
    """As it called its load when it last asked; empty when it never said."""
    serial: str = ""
    address: str = ""
    """From where it last asked."""
    proven: bool = True
    """Whether it proved itself by any of this."""
    granted: tuple[str, ...] = ()
    """What is taken for granted of whose the answers were."""

    @property
    def known(self) -> bool:
        """Whether anything is."""
        return bool(self.served or self.reported)


def recollect(store: Store, device: Device, uploads: Iterable[Uploaded] = ()) -> Recollection:
    """Put together what is known of a device; ``uploads`` are the reports it left."""
    answers = _answers(store, str(device.mac))
    facts = [each.fact for each in answers.own]
    with store.fleet.reading() as connection:
        archive = Archive(connection, store.seal, 0)
        opening = Opening(archive, device, store.seal.draw("devices"))
        files = [opening.served(each) for each in facts if each.content]
    agents = (Agent.parse(each.who.agent) for each in reversed(answers.own))
    agent = next((said for said in agents if said.firmware), Agent())
    events: list[tuple[float, Served | Uploaded]] = [(each.time, each) for each in files]
    events += [(each.time, each) for each in uploads]
    found = Recollection(
        Profile.factory(find_model(device.model)),
        firmware=agent.firmware,
        serial=agent.serial,
        address=answers.own[-1].who.address if facts else "",
        proven=answers.proven,
        granted=tuple(answers.granted()),
    )
    for _, event in sorted(events, key=lambda each: each[0]):
        found = _after(found, event)
    return found


@dataclass(frozen=True, slots=True)
class Answered:
    """A file that was sent whole, and to whom."""

    fact: Fact
    who: Identity
    proves: bool | None


@dataclass(frozen=True, slots=True)
class Answers:
    """A phone's answers, the oldest first: those taken for its own, and those that are not."""

    own: Sequence[Answered]
    others: Sequence[Answered] = ()

    @classmethod
    def among(cls, found: Sequence[Answered]) -> "Answers":
        """Tell them apart."""
        homes = {each.who.address for each in found if each.proves}
        own: list[Answered] = []
        others: list[Answered] = []
        for each in found:
            silent = each.proves is None and (not homes or each.who.address in homes)
            (own if each.proves or silent else others).append(each)
        return cls(own, others)

    @property
    def proven(self) -> bool:
        """Whether the phone proved itself by any of them."""
        return any(each.proves for each in self.own)

    def granted(self) -> Iterator[str]:
        """What is taken for granted by that."""
        silent = _places(each for each in self.own if each.proves is None)
        if silent and not self.proven:
            yield (
                f"its files were fetched from {silent} by somebody who proved nothing, "
                "and that was the phone (--fresh: it was not)"
            )
        elif silent:
            yield f"what {silent} fetched without proof was its own: it proved itself from there"
        strange = _places(each for each in self.others if each.proves is None)
        if strange:
            yield f"what {strange} fetched without proof was not its own"


def _places(found: Iterable[Answered]) -> str:
    """The addresses of answers, the last first."""
    named = list(dict.fromkeys(each.who.address for each in reversed(list(found))))
    more = f" and {len(named) - _NAMED} more" if len(named) > _NAMED else ""
    return f"{', '.join(named[:_NAMED])}{more}"


def _answers(store: Store, mac: str) -> Answers:
    """What arrived: the newest that were proven, and the newest that were not."""
    kept: dict[bool | None, list[Answered]] = {True: [], False: [], None: []}
    with store.ledger.reading() as connection:
        ledger = Ledger(connection, Chain(store.seal.draw("ledger")))
        for fact in ledger.facts([mac], newest=_LOOKED_AT):
            if fact.kind != Kind.ANSWER or not _arrived(fact.outcome):
                continue
            who = Identity.read(fact.evidence)
            proves = who.proves(mac)
            if len(kept[proves]) < MOST:
                kept[proves].append(Answered(fact, who, proves))
            elif len(kept[True]) == MOST:
                break
    found = [each for several in kept.values() for each in several]
    return Answers.among(sorted(found, key=lambda each: each.fact.time))


def _arrived(outcome: str) -> bool:
    return "sent" in outcome and "broke off" not in outcome


@dataclass(frozen=True, slots=True)
class Opening:
    """Opens files that were served, with the keys of the device."""

    archive: Archive
    device: Device
    key: bytes = field(repr=False)
    _known: dict[str, Mapping[str, Element]] = field(default_factory=dict)

    def served(self, fact: Fact) -> Served:
        """A fact of the ledger, with what the file said."""
        document, _, path = fact.document.partition(" ")
        if fact.content not in self._known:
            self._known[fact.content] = self.elements(fact.content)
        elements = self._known[fact.content]
        return Served(fact.time, document, path, fact.release, fact.content, elements)

    def elements(self, content: str) -> Mapping[str, Element]:
        """What the bytes with that hash say; nothing, when they are not ours or not a profile."""
        entry = self.archive.ever(content, str(self.device.mac))
        if entry is None:
            return {}
        try:
            data = Releases(self.archive.connection, self.archive.seal).body(entry.hash)
        except NotFoundError:
            return {}
        # What is given to a proven device alone may be in clear, or sealed with a key of before.
        for number in (entry.key,) if entry.key else (0, *self.device.lost_keys):
            with suppress(MalformedError):
                return flat_profile.read(self._open(data, entry, number)).last()
        return {}

    def _open(self, data: bytes, entry: Entry, number: int) -> bytes:
        mac = self.device.mac
        if not number:
            return envelope.unseal(data).data
        ikm = aes128gcm.parse_ikm(own.ikm(self.key, mac, number)) if entry.encoding else None
        key = None if entry.encoding else own.passphrase(self.key, mac, number)
        return envelope.unseal(data, key=key, ikm=ikm, content_encoding=entry.encoding).data


def _after(found: Recollection, event: Served | Uploaded) -> Recollection:
    if isinstance(event, Served):
        profile, _ = found.profile.apply(event.elements.values())
        return replace(found, profile=profile, served={**found.served, event.path: event})
    try:
        told = report.read(event.data)
    except MalformedError:
        return found
    if told.kind is ReportKind.STATUS:
        return found
    says = {name: each for name, each in told.elements.items() if not MASK.search(each.value or "")}
    profile, _ = found.profile.apply(says.values())
    whole = told.elements if told.kind is ReportKind.FULL else {**found.reported, **told.elements}
    return replace(found, profile=profile, reported=whole, reported_at=event.time)
