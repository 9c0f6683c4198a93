"""Answer a request for a file: first what the asker is entitled to, then the file.

One read, one decision. What the release has at a path stands before a plain file of that name, and
is given by its own level; a plain file by the rule for names. Whoever asks through whichever door,
a refusal and a missing file are the same to the asker; the difference is one line in the log.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from ringback.errors import NotFoundError, RefusedError
from ringback.files.root import File
from ringback.operations.guard import NOTHING as UNPROVEN
from ringback.operations.guard import Guard, Proven, StaleError, with_proofs
from ringback.operations.witness import Client, Witness
from ringback.provisioning.admission import Admission, Channel
from ringback.provisioning.entitlement import Wanted, why_not
from ringback.provisioning.evidence import NOTHING, Offer, Proof, part
from ringback.provisioning.identity import Identity
from ringback.store.pantry import Ready


@dataclass(frozen=True, slots=True)
class Answering:
    """Decides and reads. ``published`` are files of our own, by their name in the root.

    ``find`` looks for prepared files by path, ``witness`` keeps the ledger, and ``guard`` checks
    evidence; all are absent from a house that has no store.
    """

    read: Callable[[str], File]
    admission: Admission
    warn: Callable[[str], None]
    published: Mapping[str, File]
    find: Callable[[str], Ready | None] | None = None
    witness: Witness | None = None
    guard: Guard | None = None

    def ready(
        self,
        path: str,
        identity: Identity,
        channel: Channel,
        client: Client,
        offer: Offer = NOTHING,
    ) -> Ready | None:
        """The prepared file at ``path``; None when the release has none there.

        Raises:
            RefusedError: there is one, and not for this asker.
        """
        bare = path if path.startswith("/") else f"/{path}"
        if offer.token:
            bare, _ = part(bare)
        found = self.find(bare) if self.find else None
        if found is None:
            return None
        proven = self._examine(found, identity, offer) if offer else UNPROVEN
        if not found.free:
            proven = self._entitled(found, identity, channel, proven)
        if self.witness is not None:
            who = with_proofs(identity, proven) if proven.proofs else identity
            self.witness.answered(client, path, who, found)
        if self.guard is not None:
            self._take_note(self.guard, found, identity, proven)
        return found

    def _examine(self, found: Ready, identity: Identity, offer: Offer) -> Proven:
        """What is proven besides the certificate; what is wrong is refused."""
        if self.guard is None:
            return UNPROVEN
        try:
            return self.guard.examine(found.mac, offer)
        except StaleError:
            raise
        except RefusedError as wrong:
            self._refuse(found, identity, wrong.why)
            raise

    def _entitled(
        self, found: Ready, identity: Identity, channel: Channel, proven: Proven
    ) -> Proven:
        """What was proven, with a window if it took one.

        Raises:
            RefusedError: it does not suffice.
        """
        wanted = Wanted(found.level, found.mac, found.key, found.locked)
        why = why_not(wanted, identity, channel, self.admission, proven.proofs)
        if why and self._through_window(found, identity):
            return Proven((*proven.proofs, Proof.WINDOW), proven.number)
        if why:
            self._refuse(found, identity, why)
        return proven

    def _through_window(self, found: Ready, identity: Identity) -> bool:
        guard = self.guard
        return guard is not None and not found.locked and guard.through_window(found, identity)

    def _take_note(self, guard: Guard, found: Ready, identity: Identity, proven: Proven) -> None:
        """Who proved to be a device of ours, and who is none and got what all get."""
        if identity.mac is not None and found.mac == identity.mac.digits:
            guard.proved(found, identity, max(proven.number, found.key or 0))
        elif Proof.TOKEN in proven.proofs or Proof.DIGEST in proven.proofs:
            guard.proved(found, identity, proven.number)
        elif found.mac:
            guard.vigil.known(identity.address, found.mac)
        elif identity.agent:
            guard.met(found.path, identity)

    def _refuse(self, found: Ready, identity: Identity, why: str) -> None:
        what = f"{found.path!r} is {found.mac or 'for phones'}'s {found.document}"
        self.warn(f"warning refused: {what}, {why}: {identity}")
        if self.witness is not None:
            self.witness.refused(identity, found, why)
        with suppress(NotFoundError, RefusedError):
            self.file(found.path)  # as for a file that is not there: it takes as long
        raise RefusedError(what, who=str(identity), why=why)

    def admit(self, path: str, query: str, identity: Identity, channel: Channel) -> None:
        """Let a request pass, or log all the evidence and refuse.

        Raises:
            RefusedError: when what is asked for names a phone that this is not.
        """
        asked = f"{path}?{query}" if query else path
        try:
            self.admission.admit(asked, identity, channel)
        except RefusedError as refusal:
            self.warn(f"warning refused: {refusal.what}, {refusal.why}: {refusal.who}")
            raise

    def file(self, path: str) -> File:
        """The file of that name: ours if it is published, else the root's.

        Raises:
            NotFoundError, RefusedError: as ``Root.read``.
        """
        own = self.published.get(path.lstrip("/")) if self.published else None
        return own or self.read(path)

    def file_for(self, path: str, identity: Identity | None, client: Client) -> File:
        """``file``, of which the ledger is told when there is one."""
        found = self.file(path)
        if self.witness is not None:
            who = identity or Identity(client[0])
            self.witness.answered(client, path, who, found.data)
        return found
