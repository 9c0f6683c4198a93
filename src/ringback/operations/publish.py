"""Publish: make a numbered release of everything, whole or not at all.

Only what changed is prepared: every shelf marks what is written to it, and a mark says whose files
it concerns. Each file prepared is compared with the one that is served; one that says the same
keeps its bytes. The bytes of a large release are written ahead, piece by piece; then one short
transaction ends old rows, begins new ones, adds the number and clears the marks. Before its commit
the old release is served, after it the new one, whatever is killed when. What a publishing that
was cut short wrote ahead is swept out by the next.

Before all that, keys end whose phones were seen with the next one (``retire``).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from sqlalchemy import ColumnElement, Connection, delete, func, select

from ringback.cisco.model import find_model
from ringback.errors import NotFoundError, RefusedError
from ringback.operations import crew, prepare
from ringback.operations.prepare import SHARED, Made
from ringback.operations.retire import retire
from ringback.store import changes
from ringback.store.bulk import insert_rows
from ringback.store.changes import DEVICE, LAYER, SECRET, Change
from ringback.store.database import Store
from ringback.store.layers import Layers
from ringback.store.releases import Release, Releases
from ringback.store.tables import devices, uses

Progress = Callable[[int, int], None]
"""Told how many devices are prepared, and of how many."""
PIECE: Final = 250
"""Devices prepared at a time."""
_AHEAD: Final = "written_ahead"
_NAMES: Final = "names_of_devices"
_MOST_FAULTS: Final = 20
_COLUMNS: Final = {"site": devices.c.site, "group": devices.c.group}


@dataclass(frozen=True, slots=True)
class Plan:
    """What a publishing starts from."""

    changes: tuple[Change, ...]
    macs: tuple[str, ...]
    number: int
    revision: int
    shared: tuple[str, ...] | None
    """Devices whose shared files may be new; None when all shared files are looked at."""
    sweep: bool
    """Whether a publishing was cut short before."""
    names: frozenset[str]
    """What devices set for themselves: shared files leave it out."""
    differs: bool
    """Whether the release to be had again served other files, whatever they were made from."""


def publish(
    store: Store,
    now: float,
    *,
    note: str = "",
    progress: Progress = lambda _done, _total: None,
    hands: int | None = None,
    again: int | None = None,
) -> Release | None:
    """Make and serve the next release; None when nothing would be different.

    ``again`` is a release whose sources were put back: its very bytes are served where they can.

    Raises:
        RefusedError: something cannot be prepared, or was changed meanwhile; nothing was changed.
        StorageError: the disk did not take it; the last release is served on.
    """
    retire(store, now)
    plan = _plan(store, again)
    if not (plan.changes or plan.differs):
        return None
    work = [plan.macs[at : at + PIECE] for at in range(0, len(plan.macs), PIECE)]
    small = len(work) <= 1
    everything = [(SHARED, *work[0])] if small and work else [(SHARED,), *work]
    if not small:
        _announce(store, plan)
    made: list[Made] = []
    done = 0
    arguments = (store, plan.number, plan.shared, plan.names, again)
    try:
        for each in crew.each(
            prepare.piece,
            everything,
            begin=prepare.begin,
            arguments=arguments,
            hands=crew.cores() if hands is None else hands,
        ):
            made.append(each if small else _ahead(store, each))
            done += len(each.macs) - (SHARED in each.macs)
            progress(done, len(plan.macs))
    finally:
        prepare.end()
    _insist(made)
    return _switch(store, plan, made, now, note)


def _plan(store: Store, again: int | None) -> Plan:
    with store.fleet.reading() as connection:
        found = changes.marked(connection)
        releases = Releases(connection, store.seal)
        sides = releases.between(again, releases.newest) if again else ()
        differing = {each.mac for side in sides for each in side}
        named = [name for kind, name in found if kind == DEVICE]
        names = Layers(connection, store.seal).own_names() if found else frozenset[str]()
        same = _digest(names) == changes.fact(connection, _NAMES)
        partial = same and all(map(_of_devices, found)) and SHARED not in differing
        return Plan(
            found,
            tuple(sorted({*concerned(connection, found), *differing} - {SHARED})),
            releases.newest + 1,
            changes.revision(connection),
            tuple(named) if partial else None,
            bool(changes.fact(connection, _AHEAD)),
            names,
            bool(differing),
        )


def _digest(names: Iterable[str]) -> str:
    return sha256("\n".join(sorted(names)).encode()).hexdigest()


def _of_devices(change: Change) -> bool:
    """Whether this cannot change a file that phones share."""
    kind, name = change
    return kind in (DEVICE, SECRET) or (kind == LAYER and name.startswith("device/"))


def concerned(connection: Connection, found: Iterable[Change]) -> list[str]:
    """MACs of all devices whose files may change with these, in order."""
    wanted: set[str] = set()
    for kind, name in found:
        if kind == DEVICE:
            wanted.add(name)
        elif kind == SECRET:
            query = select(uses.c.mac).where(uses.c.secret == name, uses.c.mac != SHARED)
            wanted.update(connection.scalars(query))
        elif kind == LAYER and not name.startswith("fleet/"):
            wanted.update(_in_layer(connection, *name.split("/", 1)))
        else:
            wanted.update(connection.scalars(select(devices.c.mac)))
    return sorted(wanted)


def _in_layer(connection: Connection, scope: str, name: str) -> Iterable[str]:
    """The devices that a layer is for."""
    if scope == "device":
        return [name]
    where: ColumnElement[bool]
    if scope in _COLUMNS:
        where = _COLUMNS[scope] == name
    else:
        known = connection.scalars(select(devices.c.model).distinct())
        where = devices.c.model.in_([each for each in known if _is_a(each, name)])
    return connection.scalars(select(devices.c.mac).where(where))


def _is_a(model: str, name: str) -> bool:
    """Whether a layer of that model or generation is for this model; in doubt it is."""
    try:
        kind = find_model(model)
    except NotFoundError:
        return True
    return name.casefold() in (
        model.casefold(), kind.name.casefold(), str(kind.generation).casefold()
    )  # fmt: skip


def _announce(store: Store, plan: Plan) -> None:
    """Say that bytes are written ahead; sweep out those of whoever was cut short."""
    with store.fleet.writing() as connection:
        if plan.sweep:
            Releases(connection, store.seal).sweep()
        changes.set_fact(connection, _AHEAD, "yes")


def _ahead(store: Store, made: Made) -> Made:
    """Write the bytes of a piece, which nobody is served yet, and keep the rows in mind."""
    if made.bodies:
        with store.fleet.writing() as connection:
            Releases(connection, store.seal).keep_bodies(made.bodies)
    return made._replace(bodies=())


def _insist(made: Iterable[Made]) -> None:
    faults = [fault for each in made for fault in each.faults]
    if not faults:
        return
    shown = "\n  ".join(faults[:_MOST_FAULTS])
    more = f"\n  and {len(faults) - _MOST_FAULTS} more" if len(faults) > _MOST_FAULTS else ""
    raise RefusedError(
        f"nothing was published: {len(faults)} could not be prepared\n  {shown}{more}",
    )


def _switch(
    store: Store, plan: Plan, made: Sequence[Made], now: float, note: str
) -> Release | None:
    """The step to the new release: one transaction."""
    with store.fleet.writing() as connection:
        releases = Releases(connection, store.seal)
        if changes.revision(connection) != plan.revision or releases.newest + 1 != plan.number:
            raise RefusedError(
                "nothing was published: the fleet was changed meanwhile", remedy="publish again"
            )
        for each in made:
            releases.keep_bodies(each.bodies)
        ended = sum(len(each.step.ended) for each in made)
        begun = releases.take((each.step for each in made), plan.number)
        _refuse_clash(releases.clash(new.path for each in made for new in each.step.begun))
        altered = releases.remember(plan.changes, plan.number)
        _note_uses(connection, made)
        changes.clear(connection)
        changes.set_fact(connection, _NAMES, _digest(plan.names))
        if changes.fact(connection, _AHEAD):
            changes.set_fact(connection, _AHEAD, "")
        if not (begun or ended or altered):
            return None
        count = connection.scalar(select(func.count()).select_from(devices)) or 0
        release = Release(plan.number, now, note, count, max(begun, ended))
        releases.add(release)
        return release


def _refuse_clash(clash: tuple[str, ...]) -> None:
    if clash:
        path, *macs = clash
        whose = ", ".join(mac or "all phones" for mac in macs[:3])
        raise RefusedError(
            f"nothing was published: {path} would be the file of {whose}",
            remedy="put {mac} into the document's path, or give each its own serial number",
        )


def _note_uses(connection: Connection, made: Iterable[Made]) -> None:
    """Remember whose files hold which secret."""
    for each in made:
        connection.execute(delete(uses).where(uses.c.mac.in_(each.macs)))
        if each.uses:
            insert_rows(connection, uses, each.uses)
