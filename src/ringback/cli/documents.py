"""``ringback document``: the files that phones may ask for, and what goes into them."""

from typing import Annotated, Any

from cyclopts import App, Parameter

from ringback.cli.sieve import sift
from ringback.cli.stores import Form, Output, StoreFile, opened, show, show_one
from ringback.errors import NotFoundError, UsageError
from ringback.provisioning.document import Document, Envelope, Level, Rules, Selection
from ringback.provisioning.folder import LEVELS
from ringback.provisioning.paper import papers
from ringback.provisioning.ready import DOCUMENTS
from ringback.store.database import Store
from ringback.store.documents import Documents

app = App(name="document", help="The files that phones may ask for.")


def _row(document: Document) -> dict[str, Any]:
    return {
        "document": document.name,
        "paths": list(document.patterns),
        "envelope": document.envelope.value,
        "level": document.level.name.lower(),
        "slot": document.slot,
        "rules": document.rules.value,
        "secrets": document.selection.secrets,
        "include": list(document.selection.include),
        "exclude": list(document.selection.exclude),
    }


def _kept(store: Store) -> tuple[Document, ...]:
    """The fleet's documents; those of every fleet when it has none of its own."""
    with store.fleet.reading() as connection:
        return tuple(Documents(connection, store.seal)) or DOCUMENTS


@app.command(name="list")
def list_(*words: str, store: StoreFile = None, output: Output = Form.TABLE) -> None:
    """List the documents.

    Args:
        words: What they must be: field=value or any fragment, such as level=device envelope=aes.
        store: Which fleet.
        output: How they are printed.
    """
    with opened(store) as found:
        names = list(_row(DOCUMENTS[0]))
        rows = sift([_row(each) for each in _kept(found)], words, names)
    brief = [{name: row[name] for name in list(row)[:6]} for row in rows]
    show(brief if output is Form.TABLE else rows, output, empty="None.", names=names)


@app.command(name="show")
def show_document(name: str, /, *, store: StoreFile = None, output: Output = Form.TABLE) -> None:
    """Show one document.

    Args:
        name: Which.
        store: Which fleet.
        output: How it is printed.
    """
    with opened(store) as found:
        for each in _kept(found):
            if each.name == name:
                show_one(_row(each), output)
                return
    raise NotFoundError(f"no document {name}", remedy="ringback document list")


@app.command
def add(
    name: str,
    /,
    *paths: str,
    include: tuple[str, ...] = ("*",),
    exclude: tuple[str, ...] = (),
    secrets: bool = False,
    envelope: Annotated[Envelope, Parameter(name_transform=str.lower)] = Envelope.GZIP,
    level: str = "device",
    slot: str = "",
    rules: Rules = Rules.NONE,
    store: StoreFile = None,
) -> None:
    """Add a document, or put another in the place of one of that name.

    The first time, the three documents of every fleet become the fleet's own beside it.

    Args:
        name: What it is called.
        paths: Path patterns, such as /{mac}.cfg or /Cisco/{pn}/{mac}.cfg.
        include: Settings that go into it, * for any run of characters; repeatable.
        exclude: Settings that do not; repeatable.
        secrets: Whether it may hold secrets.
        envelope: What it travels in.
        level: What evidence must entitle to: nothing, bootstrap, open or device.
        slot: The profile rule that fetches it: A, B, C or D.
        rules: Which profile rules are written into it.
        store: Which fleet.
    """
    if level not in LEVELS:
        raise UsageError(f"no level {level!r}", remedy=f"one of {', '.join(LEVELS)}")
    chosen = Selection(include, exclude, secrets)
    fresh = Document(name, paths, chosen, envelope, Level(LEVELS[level]), slot, rules)
    with opened(store) as found:
        kept = [each for each in _kept(found) if each.name != name]
        papers([*kept, fresh])
        with found.fleet.writing() as connection:
            Documents(connection, found.seal).keep([*kept, fresh])


@app.command
def remove(name: str, /, *, store: StoreFile = None) -> None:
    """Take a document away. When none is left, the three of every fleet are back.

    Args:
        name: Which.
        store: Which fleet.
    """
    with opened(store) as found:
        every = _kept(found)
        kept = [each for each in every if each.name != name]
        if len(kept) == len(every):
            raise NotFoundError(f"no document {name}", remedy="ringback document list")
        with found.fleet.writing() as connection:
            documents = Documents(connection, found.seal)
            documents.keep(kept)
            documents.remove(name)
