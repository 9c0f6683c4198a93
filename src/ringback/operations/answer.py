"""Answer a request for a file: first what the asker is entitled to, then the file.

One read, one decision. Whoever asks through whichever door, a refusal and a missing file are the
same to the asker; the difference is one line in the log.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ringback.errors import RefusedError
from ringback.files.root import File
from ringback.provisioning.admission import Admission, Channel
from ringback.provisioning.identity import Identity


@dataclass(frozen=True, slots=True)
class Answering:
    """Decides and reads. ``published`` are files of our own, by their name in the root."""

    read: Callable[[str], File]
    admission: Admission
    warn: Callable[[str], None]
    published: Mapping[str, File]

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
