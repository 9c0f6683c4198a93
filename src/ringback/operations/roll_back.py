"""Roll back: serve again what an earlier release served, as a new release.

Not the files alone go back but what they are made from, so that the next publish does not bring
back what was rolled back. Files are prepared from the sources of then while those of now lie
untouched; one commit puts them back and serves the files, so that there is no moment at which only
one of the two has happened. Files that come out as they were get the very bytes of then.
"""

from ringback.operations.publish import Progress, publish
from ringback.operations.restore import Back
from ringback.store.database import Store
from ringback.store.releases import Release


def roll_back(
    store: Store,
    number: int,
    now: float,
    *,
    discard: bool = False,
    progress: Progress = lambda _done, _total: None,
    hands: int | None = None,
) -> Release | None:
    """Make release ``number`` what is served; None when it is that already.

    Raises:
        NotFoundError: there was no such release.
        RefusedError: there are changes that were never published, and no ``discard``; something
            cannot be prepared, or was changed meanwhile. Nothing was changed.
        StorageError: the disk did not take it; nothing was changed.
    """
    back = Back(number, discard)
    with store.fleet.reading() as connection:
        back.pending(connection, store.seal)  # before publishing ends keys
    return publish(
        store, now, note=f"rolled back to release {number}", progress=progress, hands=hands,
        back=back,
    )  # fmt: skip
