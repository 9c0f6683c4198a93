"""``ringback publish``: from what was written to what phones are given."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated

from cyclopts import Parameter
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ringback import clock
from ringback.cli.stores import Form, Output, StoreFile, opened, show_one
from ringback.cli.terminal import terminal
from ringback.cli.when import utc
from ringback.operations.publish import publish as make_release
from ringback.provisioning.complaint import Complaint
from ringback.store.releases import Release


def publish(
    *,
    note: str = "",
    store: StoreFile = None,
    jobs: Annotated[int | None, Parameter(name="--jobs")] = None,
    output: Output = Form.TABLE,
) -> None:
    """Freeze a numbered release, prepare every file that changes, and serve it.

    Either all of it is served or nothing changes. Publishing again without a change makes no
    release.

    Args:
        note: A few words for the list of releases.
        store: Which fleet.
        jobs: How many processes prepare; one for each core unless given.
        output: How the release is printed.
    """
    with opened(store) as found, progress_bar() as progress:
        release = make_release(
            found, clock.now(), note=note, progress=progress, tell=_tell, hands=jobs
        )
    if release is None:
        no_release("Nothing has changed: no new release.", output)
        return
    show_one(as_row(release), output)


def no_release(why: str, output: Form) -> None:
    """Say that there is no new release; a program that reads the output gets an answer, too."""
    print(why, file=sys.stderr)
    if output is not Form.TABLE:
        show_one({"release": None}, output)


def _tell(complaints: Sequence[Complaint]) -> None:
    for each in complaints:
        print(f"ringback: {each}", file=sys.stderr)


def as_row(release: Release) -> dict[str, object]:
    """A release as it is printed."""
    return {
        "release": release.number,
        "made": utc(release.made),
        "devices": release.devices,
        "files changed": release.changed,
        "note": release.note,
    }


@contextmanager
def progress_bar(what: str = "preparing") -> Iterator[Callable[[int, int], None]]:
    """A progress bar on the terminal; nothing where there is none."""
    console = terminal(errors=True)
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    task = bar.add_task(what, total=None)

    def progress(done: int, total: int) -> None:
        bar.start()  # not before: processes are forked while there is but one thread
        bar.update(task, completed=done, total=total)

    try:
        yield progress
    finally:
        bar.stop()
