"""Answer a request for a file: first what the asker is entitled to, then the file.

One read, one decision. What the release has at a path stands before a plain file of that name, and
is given by its own level; a plain file by the rule for names. Whoever asks through whichever door,
a refusal and a missing file are the same to the asker; the difference is one line in the log.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ringback.errors import RefusedError
from ringback.files.root import File
from ringback.operations.witness import Client, Witness
from ringback.provisioning.admission import Admission, Channel
from ringback.provisioning.entitlement import Wanted, why_not
from ringback.provisioning.identity import Identity
from ringback.store.pantry import Ready


@dataclass(frozen=True, slots=True)
class Answering:
    """Decides and reads. ``published`` are files of our own, by their name in the root.

    ``find`` looks for prepared files by path, and ``witness`` keeps the ledger; both are absent
    from a house that has no store.
    """

    read: Callable[[str], File]
    admission: Admission
    warn: Callable[[str], None]
    published: Mapping[str, File]
    find: Callable[[str], Ready | None] | None = None
    witness: Witness | None = None

    def ready(
        self, path: str, identity: Identity, channel: Channel, client: Client
    ) -> Ready | None:
        """The prepared file at ``path``; None when the release has none there.

        Raises:
            RefusedError: there is one, and not for this asker.
        """
        found = self.find(path if path.startswith("/") else f"/{path}") if self.find else None
        if found is None:
            return None
        wanted = Wanted(found.level, found.mac, found.key, found.locked)
        why = why_not(wanted, identity, channel, self.admission)
        if why:
            self._refuse(found, identity, why)
        if self.witness is not None:
            self.witness.answered(client, path, identity, found)
        return found

    def _refuse(self, found: Ready, identity: Identity, why: str) -> None:
        what = f"{found.path!r} is {found.mac or 'for phones'}'s {found.document}"
        self.warn(f"warning refused: {what}, {why}: {identity}")
        if self.witness is not None:
            self.witness.refused(identity, found, why)
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
