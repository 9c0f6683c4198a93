"""``ringback release``: what was published, what differs, and back to what was."""

from collections import Counter
from typing import Annotated, Any

from cyclopts import App, Parameter

from ringback import clock
from ringback.cli.publishing import as_row, no_release, progress_bar
from ringback.cli.sieve import sift
from ringback.cli.stores import Form, Output, StoreFile, note_more, opened, show, show_one
from ringback.cli.when import moment
from ringback.operations.roll_back import roll_back
from ringback.provisioning.document import Level
from ringback.store.releases import Releases

app = App(name="release", help="The numbered states that were published.")


@app.command(name="list")
def list_(
    *words: str, limit: int = 50, store: StoreFile = None, output: Output = Form.TABLE
) -> None:
    """List releases, the newest, which is served, first.

    Args:
        words: What they must be: field=value or any fragment, such as note=trunk.
        limit: At most so many; 0 for all.
        store: Which fleet.
        output: How they are printed.
    """
    with opened(store) as found, found.fleet.reading() as connection:
        releases = [as_row(each) for each in Releases(connection, found.seal)]
    names = ("release", "made", "devices", "files changed", "note")
    fit = sift(releases, words, names)
    shown = fit[:limit] if limit else fit
    empty = "None fits." if releases else "None was published yet."
    show(shown, output, empty=empty, names=names)
    note_more(len(shown), len(fit))


@app.command(name="show")
def show_release(
    number: int | None = None, /, *, store: StoreFile = None, output: Output = Form.TABLE
) -> None:
    """Show a release: its files by document, and how many bytes they are.

    Args:
        number: Which; the newest unless given.
        store: Which fleet.
        output: How it is printed.
    """
    with opened(store) as found, found.fleet.reading() as connection:
        releases = Releases(connection, found.seal)
        release = releases.get(number or releases.newest)
        files = Counter(
            f"{each.document} ({Level(each.level).name.lower()})"
            for each in releases.at(release.number)
        )
    show_one({**as_row(release), "files": dict(sorted(files.items()))}, output)


@app.command
def diff(
    one: int,
    other: int | None = None,
    /,
    *,
    limit: int = 200,
    store: StoreFile = None,
    output: Output = Form.TABLE,
) -> None:
    """Show what differs between two releases: sources, and the files made from them.

    Args:
        one: The first.
        other: The second; the newest unless given.
        limit: At most so many lines; 0 for all. JSON, YAML and CSV always give all.
        store: Which fleet.
        output: How it is printed.
    """
    with opened(store) as found, found.fleet.reading() as connection:
        releases = Releases(connection, found.seal)
        first, second = releases.get(one), releases.get(other or releases.newest)
        sources = releases.sources_between(first.number, second.number)
        files = releases.between(first.number, second.number)
    paths = tuple({("file", each.path) for each in side} for side in files)
    rows = [*_rows(*sources), *_rows(*paths)]
    shown = rows[:limit] if limit and output is Form.TABLE else rows
    show(shown, output, empty="They are equal.", names=("what", "name", "change"))
    note_more(len(shown), len(rows))


def _rows(before: set[tuple[str, str]], after: set[tuple[str, str]]) -> list[dict[str, Any]]:
    return [
        {"what": each[0], "name": each[1], "change": _change(each in before, each in after)}
        for each in sorted(before | after)
    ]


def _change(before: bool, after: bool) -> str:
    """What happened to a thing that was there before, is there after, or both."""
    return "changed" if before and after else "added" if after else "removed"


@app.command
def rollback(
    number: int,
    /,
    *,
    discard: Annotated[bool, Parameter(negative="")] = False,
    store: StoreFile = None,
    output: Output = Form.TABLE,
) -> None:
    """Serve an earlier release again, as a new one; what it was made from goes back too.

    Locks, pins and the numbers of keys stay as they are, and so do secrets.

    Args:
        number: Which.
        discard: Lose changes that were never published.
        store: Which fleet.
        output: How the new release is printed.
    """
    with opened(store) as found, progress_bar() as progress:
        release = roll_back(found, number, clock.now(), discard=discard, progress=progress)
    if release is None:
        no_release(f"What is served is release {number} already.", output)
        return
    show_one(as_row(release), output)


@app.command
def prune(*, older_than: str, store: StoreFile = None) -> None:
    """Forget the bytes of old releases; what they were made of is still told.

    What is served now stays, and whatever a release that is kept still holds. A rollback to an
    older one prepares its files anew.

    Args:
        older_than: Releases made before this: an age such as 400d, or a date.
        store: Which fleet.
    """
    before = moment(older_than, clock.now())
    with opened(store) as found, found.fleet.writing() as connection:
        gone = Releases(connection, found.seal).forget(before)
    print(f"{gone} files forgotten")
