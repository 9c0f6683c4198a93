"""A fleet's devices to the files they are sent: settings chosen, written, compressed, sealed.

Pure and repeatable: the same fleet, key and secrets give the same bytes in every process and every
year, so publishing spreads over all cores, and a release can be proven by preparing it again.
Made once in a process; layers are laid once for each model, site and group, and lines of XML that
many devices share are written once.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from operator import attrgetter
from typing import Final, Self

from ringback.cisco import aes128gcm, flat_profile, gzipped, salted
from ringback.cisco.markup import Severity
from ringback.cisco.model import Empty, Model, find_model
from ringback.cisco.parameter import Parameter
from ringback.errors import UsageError
from ringback.provisioning import own
from ringback.provisioning.cascade import Cascade, Effective
from ringback.provisioning.complaint import Complaint
from ringback.provisioning.device import Device
from ringback.provisioning.document import Envelope, Rules
from ringback.provisioning.facts import RELEASE, Facts, Function, of_model
from ringback.provisioning.fleet import Fleet
from ringback.provisioning.ground import Ground, Value
from ringback.provisioning.paper import Paper, papers
from ringback.provisioning.pattern import Pattern, Whose
from ringback.provisioning.prepared import Prepared
from ringback.provisioning.ready import DOCUMENTS
from ringback.provisioning.rules import KEYS, first_rules, own_rules, seal_of

_NAME: Final = attrgetter("name")
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


class Preparation:
    """Everything needed to prepare the files of one fleet."""

    def __init__(self, fleet: Fleet, *, key: bytes, secret: Function) -> None:
        """Take a fleet.

        Args:
            fleet: layers, documents and variables; devices only where shared files are wanted.
            key: the fleet's key, 32 bytes or more.
            secret: the value of a secret by its name; raises NotFoundError.

        Raises:
            UsageError: a document that cannot be, a short key, a variable called like a fact.
        """
        self.cascade = Cascade(fleet, key=key, secret=secret)
        self.fleet, self._key = fleet, key
        self.papers = papers(fleet.documents or DOCUMENTS)
        self._lines: dict[tuple[str, int], dict[str, str]] = {}

    # ---- settings --------------------------------------------------------------------------

    def effective(self, device: Device) -> Effective:
        """What a device is given, the written rules and its sealing key among it."""
        found = self.cascade.effective(device)
        if found.facts is None:
            return found
        model, told = find_model(device.model), list(found.complaints)
        written = own_rules(self.papers, device, model, found.facts, self._key)
        for name in KEYS & written.keys() & found.values.keys():
            what = "holds what seals the device's files or proves who it is"
            layer = found.values[name].layer
            told.append(Complaint(Severity.ERROR, layer, name, what, "use another name"))
        values, names = {**written, **found.values}, (*written, *found.own)
        return replace(found, values=values, complaints=tuple(told), own=names)

    def shared_values(
        self, paper: Paper, model: Model | None, site: str = "", group: str = ""
    ) -> Effective:
        """What a shared file may hold for those who ask for it, written rules among it."""
        steady = bool(paper.document.slot)
        found = self.cascade.shared(model, site, group, steady=steady)
        if paper.document.rules is not Rules.FIRST:
            return found
        ground = self.cascade.ground(model, site, group)
        facts = Facts(of_model(model, site, group), ground.variables)
        written = first_rules(self.papers, Whose(model, site, group), facts)
        return replace(found, values={**written, **found.values})

    # ---- files -----------------------------------------------------------------------------

    def of(self, device: Device, release: int) -> tuple[Prepared, ...]:
        """All files of one device, in the order of documents, patterns and keys.

        Raises:
            MalformedError: a fatal complaint about its settings.
            NotFoundError: its model is not known.
            UsageError: two of its files at one path.
        """
        effective = self.effective(device)
        effective.refuse()
        files = tuple(self._device_files(device, effective, release))
        if len({each.path for each in files}) < len(files):
            raise _twice(files)
        return files

    def _device_files(
        self, device: Device, effective: Effective, release: int
    ) -> Iterator[Prepared]:
        model = find_model(device.model)
        for paper in self.papers:
            if not paper.of_device:
                continue
            values, own_names = effective.values, effective.own
            if paper.document.rules is Rules.FIRST:
                whose = _whose(device, model, "", 0)
                assert effective.facts is not None
                rules = first_rules(self.papers, whose, effective.facts)
                values = {**values, **rules}
                own_names = (*own_names, *rules)
            sheet = Sheet.of(paper, self._text_of(paper, values, own_names, device), model)
            yield from self._sealed(sheet, device, release)

    def _sealed(self, sheet: Sheet, device: Device, release: int) -> Iterator[Prepared]:
        document = sheet.paper.document
        body = _packed(sheet, release)
        envelope = seal_of(document, find_model(device.model))
        numbers: Iterable[int] = device.keys
        if document.envelope.sealed:
            numbers = (0, *device.keys)
        elif not (sheet.paper.keyed or sheet.paper.tokened):
            numbers = device.keys[-1:]
        for number in numbers:
            sealed = body
            if envelope.sealed and number:
                sealed = self._seal(body, envelope, device, number)
            for pattern in sheet.paper.patterns:
                yield self._prepared(sheet, pattern, sealed, device=device, number=number)
        if document.envelope.sealed and not sheet.paper.tokened:
            yield from self._found_again(sheet, body, device)

    def _found_again(self, sheet: Sheet, body: bytes, device: Device) -> Iterator[Prepared]:
        """The file where a phone looks for it that was in our care before.

        It knows no other path and no other key. Others may know that key, too: so it gets the file
        as it gets one in clear, when it proves itself.
        """
        envelope = seal_of(sheet.paper.document, find_model(device.model))
        for lost in device.lost_keys:
            sealed = self._seal(body, envelope, device, lost)
            for pattern in sheet.paper.patterns:
                found = self._prepared(sheet, pattern, sealed, device=device, number=lost)
                yield replace(found, key=0)

    def _seal(self, body: bytes, envelope: Envelope, device: Device, number: int) -> bytes:
        if envelope is Envelope.AES128GCM:
            ikm = own.ikm(self._key, device.mac, number)
            salt = own.salt(self._key, ikm, body, aes128gcm.SALT_LENGTH)
            return aes128gcm.encrypt(body, ikm=aes128gcm.parse_ikm(ikm), salt=salt)
        key = own.passphrase(self._key, device.mac, number)
        salt = own.salt(self._key, key, body, salted.SALT_LENGTH)
        digest = find_model(device.model).traits.key_digests[0]
        return salted.encrypt(body, key=key, digest=digest, salt=salt)

    def _prepared(
        self,
        sheet: Sheet,
        pattern: Pattern,
        body: bytes,
        *,
        device: Device,
        number: int,
    ) -> Prepared:
        document, model = sheet.paper.document, find_model(device.model)
        envelope = seal_of(document, model)
        token = own.token(self._key, device.mac, number) if sheet.paper.tokened else ""
        key: int | None = number
        if not envelope.sealed:
            key = 0 if document.selection.secrets else None
        coded = envelope is Envelope.AES128GCM and number
        sealed = f"{envelope}/{number}".encode() if envelope.sealed else document.envelope.encode()
        return Prepared(
            path=pattern.path(_whose(device, model, token, number)),
            level=document.level,
            body=body,
            mark=own.mark(self._key, sealed, sheet.digest),
            document=document.name,
            mac=device.mac,
            model=model.name,
            key=key,
            content_encoding=aes128gcm.CODING if coded else "",
        )

    def shared(self, release: int) -> tuple[Prepared, ...]:
        """The files that phones of this fleet share, by path.

        Raises:
            MalformedError: a fatal complaint about the settings they hold.
            UsageError: two different files at one path.
        """
        files: dict[str, Prepared] = {}
        for each in self._shared_files(release):
            other = files.get(each.path)
            if other is not None and (other.document, other.mark) != (each.document, each.mark):
                raise _clash(other, each)
            files[each.path] = replace(each, model="") if other else each
        return tuple(files[path] for path in sorted(files))

    def _shared_files(self, release: int) -> Iterator[Prepared]:
        whom = sorted({(each.model, each.site, each.group) for each in self.fleet.devices})
        done = set()
        for paper in self.papers:
            for pattern in () if paper.of_device else paper.patterns:
                for name, site, group in whom:
                    whose = pattern.bound(Whose(find_model(name), site, group))
                    if whose is None or (paper.document.name, pattern, whose) in done:
                        continue
                    done.add((paper.document.name, pattern, whose))
                    yield self._shared_file(paper, pattern, whose, release)

    def _shared_file(self, paper: Paper, pattern: Pattern, whose: Whose, release: int) -> Prepared:
        effective = self.shared_values(paper, whose.model, whose.site, whose.group)
        effective.refuse()
        text, document = self._text(paper, effective.values.values(), whose.model), paper.document
        sheet = Sheet.of(paper, text, whose.model)
        return Prepared(
            path=pattern.path(whose),
            level=document.level,
            body=_packed(sheet, release),
            mark=own.mark(self._key, document.envelope.encode(), sheet.digest),
            document=document.name,
            model=whose.model.name if whose.model else "",
        )

    def _text(self, paper: Paper, values: Iterable[Value], model: Model | None) -> str:
        """The profile of what a document takes, by name."""
        chosen = sorted(paper.chosen(values), key=_NAME)
        lines = [_element(each, model) for each in chosen]
        return flat_profile.frame(lines, root=model.traits.xml_root if model else "")

    def _text_of(
        self, paper: Paper, values: Mapping[str, Value], names: Iterable[str], device: Device
    ) -> str:
        """The same for one device, of whose values only ``names`` are not its ground's."""
        model = find_model(device.model)
        ground = self.cascade.ground(model, device.site, device.group)
        lines = {**self._ground_lines(paper, ground, model)}
        for name in names:
            lines.pop(name, None)
        mine = [values[name] for name in {*names} if name in values]
        lines.update((each.name, _element(each, model)) for each in paper.chosen(mine))
        return flat_profile.frame(
            [lines[name] for name in sorted(lines)], root=model.traits.xml_root
        )

    def _ground_lines(self, paper: Paper, ground: Ground, model: Model) -> dict[str, str]:
        """The lines of a document that all devices of a ground share, written once, by name."""
        # By identity: grounds live as long as this does.
        key = (paper.document.name, id(ground))
        found = self._lines.get(key)
        if found is None:
            chosen = sorted(paper.chosen(ground.fixed.values()), key=_NAME)
            found = self._lines[key] = {each.name: _element(each, model) for each in chosen}
        return found


def _element(value: Value, model: Model | None) -> str:
    text = value.value
    if text == "" and model is not None and model.traits.empty_element is Empty.DEFAULT:
        text = _WRITTEN_EMPTY
    return flat_profile.line(Parameter(value.name, text, value.access))


def _packed(sheet: Sheet, release: int) -> bytes:
    """The bytes of a profile, compressed unless the document or a model of phone is too plain."""
    data = sheet.text.replace(RELEASE, str(release)).encode()
    plain = sheet.paper.document.envelope is Envelope.PLAIN
    if plain or (sheet.model is not None and not sheet.model.traits.compression):
        return data
    return gzipped.compress(data)


def _whose(device: Device, model: Model, token: str, number: int) -> Whose:
    return Whose(model, device.site, device.group, device.mac, device.serial, token, number)


def _twice(files: Iterable[Prepared]) -> UsageError:
    """The first path that two files of one device have."""
    seen: dict[str, Prepared] = {}
    for each in files:
        if each.path in seen:
            return _clash(seen[each.path], each)
        seen[each.path] = each
    raise AssertionError


def _clash(one: Prepared, other: Prepared) -> UsageError:
    """Two files at one path."""
    names = " and ".join(
        f"{each.document} for {each.model or 'several models'}" for each in (one, other)
    )
    what = f"two different files at {one.path}: {names}"
    return UsageError(what, remedy="tell them apart by a place such as {psn} or {site}")
