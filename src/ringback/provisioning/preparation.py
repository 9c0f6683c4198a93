"""A fleet's devices to the files they are sent: settings chosen, written, compressed, sealed.

Pure and repeatable: the same fleet, key and secrets give the same bytes in every process and every
year, so publishing spreads over all cores, and a release can be proven by preparing it again.
Made once in a process; layers are laid once for each model, site and group, and lines of XML that
many devices share are written once.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from operator import attrgetter
from typing import Final

from ringback.cisco import aes128gcm, flat_profile, salted
from ringback.cisco.markup import Severity
from ringback.cisco.model import Model, find_model
from ringback.errors import UsageError
from ringback.provisioning import own
from ringback.provisioning.cascade import Cascade, Effective
from ringback.provisioning.complaint import Complaint, general
from ringback.provisioning.device import Device
from ringback.provisioning.document import Envelope, Rules
from ringback.provisioning.facts import RELEASE, Facts, Function, of_model
from ringback.provisioning.fleet import Fleet
from ringback.provisioning.ground import Ground, Value, failure
from ringback.provisioning.operation import ElsewhereError
from ringback.provisioning.paper import Paper, papers
from ringback.provisioning.pattern import Pattern, Whose, factory_path
from ringback.provisioning.prepared import Prepared, clash, refuse_twice
from ringback.provisioning.ready import DOCUMENTS
from ringback.provisioning.rules import KEYS, first_rules, own_rules, seal_of
from ringback.provisioning.sheet import Sheet, element

_NAME: Final = attrgetter("name")
Led = tuple[Paper, Mapping[str, Value]]
"""A document, and what its file says, by name."""


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
        self._later = {id(each): _later(each, self.papers) for each in self.papers}
        self._lines: dict[tuple[int, int], dict[str, str]] = {}
        self._led: dict[tuple[str, str, str], Sequence[Led]] = {}

    # ---- settings --------------------------------------------------------------------------

    def effective(self, device: Device, *, alone: bool = False) -> Effective:
        """What a device is given, the written rules and its sealing key among it.

        ``alone``: it stays on a release, and no rule leads to what phones share (see ``pin``).
        """
        found = self.cascade.effective(device)
        if found.facts is None:
            return found
        model, told = find_model(device.model), list(found.complaints)
        written: dict[str, Value] = {}
        try:
            written = own_rules(self.papers, device, model, found.facts, self._key, alone=alone)
        except ElsewhereError as error:
            told.append(failure(error, "the documents", "the profile rules", device, found.facts))
        except UsageError as error:
            told.append(general(error, str(device.mac)))
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

    def led_to(self, model: Model, site: str, group: str) -> Sequence[Led]:
        """The shared files that a phone is led to, and what each says, by name.

        The one it asks for fresh from the factory, then those that rules fetch, in their order.
        """
        key = (model.name, site, group)
        if key not in self._led:
            self._led[key] = tuple(self._led_to(model, site, group))
        return self._led[key]

    def _led_to(self, model: Model, site: str, group: str) -> Iterator[Led]:
        for paper in sorted(self.papers, key=lambda each: each.document.slot):
            slot = paper.document.slot
            for pattern in () if paper.of_device else paper.patterns[: 1 if slot else None]:
                whose = pattern.bound(Whose(model, site, group))
                if whose and (slot or pattern.path(whose) == factory_path(model)):
                    found = self.shared_values(paper, whose.model, whose.site, whose.group)
                    yield paper, {each.name: each for each in paper.chosen(found.values.values())}

    # ---- files -----------------------------------------------------------------------------

    def of(
        self, device: Device, release: int, told: list[Complaint] | None = None
    ) -> tuple[Prepared, ...]:
        """All files of one device, in the order of documents, patterns and keys.

        ``told`` takes what is to be said of its settings though nothing forbids them.

        Raises:
            MisfitError: fatal complaints about its settings.
            NotFoundError: its model is not known.
            UsageError: two of its files at one path.
        """
        effective = self.effective(device)
        effective.refuse()
        if told is not None:
            told += effective.complaints
        sheets = (self.sheet(paper, device, effective) for paper in self.papers if paper.of_device)
        files = tuple(each for sheet in sheets for each in self.sealed(sheet, device, release))
        refuse_twice(files)
        return files

    def sheet(
        self,
        paper: Paper,
        device: Device,
        effective: Effective,
        more: Iterable[Value] | None = None,
    ) -> Sheet:
        """What is in one of a device's own files.

        ``more``, for a device that stays on a release: what the file says besides, whatever its
        document selects.
        """
        model = find_model(device.model)
        values, own_names = effective.values, effective.own
        if paper.document.rules is Rules.FIRST:
            whose = _whose(device, model, "", 0)
            assert effective.facts is not None
            rules = first_rules(self.papers, whose, effective.facts, alone=more is not None)
            values = {**values, **rules}
            own_names = (*own_names, *rules)
        lines = self._lines_of(paper, values, own_names, device)
        lines.update((each.name, element(each, model)) for each in more or ())
        text = flat_profile.frame(
            [lines[name] for name in sorted(lines)], root=model.traits.xml_root
        )
        return Sheet.of(paper, text, model)

    def sealed(self, sheet: Sheet, device: Device, release: int) -> Iterator[Prepared]:
        """The files of one sheet: under each path and key."""
        document = sheet.paper.document
        body = sheet.packed(release)
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
            MisfitError: fatal complaints about the settings they hold.
            ElsewhereError: a variable that their rules need cannot be.
            UsageError: two different files at one path.
        """
        files: dict[str, Prepared] = {}
        for each in self._shared_files(release):
            other = files.get(each.path)
            if other is not None and (other.document, other.mark) != (each.document, each.mark):
                raise clash(other, each)
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
            body=sheet.packed(release),
            mark=own.mark(self._key, document.envelope.encode(), sheet.digest),
            document=document.name,
            model=whose.model.name if whose.model else "",
        )

    def _text(self, paper: Paper, values: Iterable[Value], model: Model | None) -> str:
        """The profile of what a document takes, by name."""
        chosen = sorted(paper.chosen(values), key=_NAME)
        lines = [element(each, model) for each in chosen]
        return flat_profile.frame(lines, root=model.traits.xml_root if model else "")

    def _lines_of(
        self, paper: Paper, values: Mapping[str, Value], names: Iterable[str], device: Device
    ) -> dict[str, str]:
        """The lines of one device, of whose values only ``names`` are not its ground's."""
        model = find_model(device.model)
        ground = self.cascade.ground(model, device.site, device.group)
        lines = {**self._ground_lines(paper, ground, model)}
        for name in names:
            lines.pop(name, None)
        mine = [values[name] for name in {*names} if name in values]
        lines.update((each.name, element(each, model)) for each in self._chosen(paper, mine))
        return lines

    def _ground_lines(self, paper: Paper, ground: Ground, model: Model) -> dict[str, str]:
        """The lines of a document that all devices of a ground share, written once, by name."""
        # By identity: papers and grounds live as long as this does.
        key = (id(paper), id(ground))
        found = self._lines.get(key)
        if found is None:
            chosen = sorted(self._chosen(paper, ground.fixed.values()), key=_NAME)
            found = self._lines[key] = {each.name: element(each, model) for each in chosen}
        return found

    def _chosen(self, paper: Paper, values: Iterable[Value]) -> list[Value]:
        """What a document of a device's own takes; the release's number only in the last.

        Each file has a number of its own: in two, it would change twice at every resync.
        """
        chosen, later = paper.chosen(values), self._later.get(id(paper))
        if not later:
            return chosen
        return [
            each
            for each in chosen
            if RELEASE not in (each.value or "") or not any(other.chosen([each]) for other in later)
        ]


def _whose(device: Device, model: Model, token: str, number: int) -> Whose:
    return Whose(model, device.site, device.group, device.mac, device.serial, token, number)


def _later(paper: Paper, others: Iterable[Paper]) -> tuple[Paper, ...]:
    """The documents of a device's own that its rules fetch after this one."""
    slot = paper.document.slot
    return tuple(
        each
        for each in others
        if slot and slot < each.document.slot and each.of_device and paper.of_device
    )
