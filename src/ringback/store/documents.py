"""The shelf of documents. A fleet that has none of its own is given those of the package."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select

from ringback.provisioning.document import Document
from ringback.store import body, changes
from ringback.store.changes import DOCUMENT
from ringback.store.seal import Seal
from ringback.store.tables import documents


@dataclass(frozen=True, slots=True)
class Documents:
    """The documents, within one transaction."""

    connection: Connection
    seal: Seal

    def __iter__(self) -> Iterator[Document]:
        """Every document, by name."""
        query = select(documents.c.name, documents.c.body).order_by(documents.c.name)
        for row in self.connection.execute(query):
            yield body.document(self.seal.open(row.body, place(row.name)))

    def get(self, name: str) -> Document | None:
        """One document."""
        sealed = self._body(name)
        return None if sealed is None else body.document(self.seal.open(sealed, place(name)))

    def keep(self, given: Iterable[Document]) -> int:
        """Write documents, new or changed; says how many were."""
        return sum(map(self._keep, given))

    def _keep(self, document: Document) -> bool:
        sealed = self.seal.close(body.dump(document), place(document.name))
        if self._body(document.name) == sealed:
            return False
        self._delete(document.name)
        row = {"name": document.name, "body": sealed}
        self.connection.execute(insert(documents).values(row))
        changes.mark(self.connection, [(DOCUMENT, document.name)])
        return True

    def remove(self, name: str) -> bool:
        """Take a document away; False when there is none."""
        if self._body(name) is None:
            return False
        self._delete(name)
        changes.mark(self.connection, [(DOCUMENT, name)])
        return True

    def _body(self, name: str) -> bytes | None:
        return self.connection.scalar(select(documents.c.body).where(documents.c.name == name))

    def _delete(self, name: str) -> None:
        self.connection.execute(delete(documents).where(documents.c.name == name))


def place(name: str) -> str:
    """Where a document's body belongs."""
    return f"document/{name}"
