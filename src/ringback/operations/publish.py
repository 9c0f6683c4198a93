"""Publish: make a numbered release of everything, whole or not at all.

Only what changed is prepared: every shelf marks what is written to it, and a mark says whose files
it concerns. Each file prepared is compared with the one that is served; one that says the same
keeps its bytes. The bytes of a large release are written ahead, piece by piece; then one short
transaction ends old rows, begins new ones, adds the number and clears the marks. Before its commit
the old release is served, after it the new one, whatever is killed when. What a publishing that
was cut short wrote ahead is swept out by the next. A rollback (``roll_back``) goes the same way,
with the sources of then, which the same transaction puts back.

Before all that, keys end whose phones were seen with the next one (``retire``).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Final

from sqlalchemy import ColumnElement, Connection, delete, func, select

from ringback.cisco.model import find_model
from ringback.errors import NotFoundError, RefusedError
from ringback.operations import crew, prepare
from ringback.operations.hold import held_of
from ringback.operations.prepare import SHARED, Made, Shelves, Task
from ringback.operations.restore import Back, restore
from ringback.operations.retire import retire
from ringback.provisioning.complaint import Complaint, counted
from ringback.provisioning.gathering import gathered, listed
from ringback.store import changes
from ringback.store.bulk import insert_rows
from ringback.store.changes import DEVICE, LAYER, SECRET, Change
from ringback.store.database import Store
from ringback.store.kinds import Kinds
from ringback.store.past import Past
from ringback.store.releases import Release, Releases
from ringback.store.seal import Seal
from ringback.store.tables import devices, uses

Progress = Callable[[int, int], None]
"""Told how many devices are prepared, and of how many."""
Tell = Callable[[Sequence[Complaint]], None]
"""Told what is to be said of settings that are published all the same."""
PIECE: Final = 250
"""Devices prepared at a time."""
_AHEAD: Final = "written_ahead"
_NAMES: Final = "names_of_devices"
_COLUMNS: Final = {"site": devices.c.site, "group": devices.c.group}


@dataclass(frozen=True, slots=True)
class Plan:
    """What a publishing starts from."""

    task: Task
    changes: tuple[Change, ...]
    """What is marked as written; for a rollback also what it will write."""
    macs: tuple[str, ...]
    revision: int
    sweep: bool
    """Whether a publishing was cut short before."""


def publish(
    store: Store,
    now: float,
    *,
    note: str = "",
    progress: Progress = lambda _done, _total: None,
    tell: Tell = lambda _: None,
    hands: int | None = None,
    back: Back | None = None,
) -> Release | None:
    """Make and serve the next release; None when nothing would be different.

    ``back`` leads to an earlier release, whose sources are put back with the switch.

    Raises:
        RefusedError: something cannot be prepared, or was changed meanwhile; nothing was changed.
        StorageError: the disk did not take it; the last release is served on.
    """
    settled = retire(store, now)
    plan = _plan(store, back, settled)
    if plan is None:
        return None
    work = [plan.macs[at : at + PIECE] for at in range(0, len(plan.macs), PIECE)]
    small = len(work) <= 1
    everything = [(SHARED, *work[0])] if small and work else [(SHARED,), *work]
    if not small:
        _announce(store, plan)
    made: list[Made] = []
    done = 0
    try:
        for each in crew.each(
            prepare.piece,
            everything,
            begin=prepare.begin,
            arguments=(store, plan.task),
            hands=crew.cores() if hands is None else hands,
        ):
            made.append(each if small else _ahead(store, each))
            done += len(each.macs) - (SHARED in each.macs)
            progress(done, len(plan.macs))
    finally:
        prepare.end()
    _insist(made)
    tell(gathered(each for part in made for each in part.warnings))
    return _switch(store, plan, made, now, note)


def _plan(store: Store, back: Back | None, settled: Sequence[str]) -> Plan | None:
    """What there is to do; None for nothing."""
    with store.fleet.reading() as connection:
        past = back.past(connection, store.seal, settled) if back else None
        marked = changes.marked(connection)
        found = tuple(sorted({*marked, *past.differing})) if past else marked
        sharing, differing = _differing(Releases(connection, store.seal), past)
        if not (found or sharing or differing):
            return None
        task = _task(connection, store.seal, found, past, everybody=sharing)
        macs = {*concerned(connection, found), *differing}
        if not _same(connection, task.names):  # shared files may say what they did not
            macs.update(Kinds(connection).pinned())
        held = held_of(connection, store.seal, sorted(macs))
        return Plan(
            replace(task, held=held),
            found,
            tuple(sorted(macs)),
            changes.revision(connection),
            bool(changes.fact(connection, _AHEAD)),
        )


def _differing(releases: Releases, past: Past | None) -> tuple[bool, set[str]]:
    """Whether a release that is had again shared other files, and whose own files were others.

    Whatever they were made from: a newer program may make others of the same sources.
    """
    sides = releases.between(past.number, releases.newest) if past else ()
    found = {each.mac for side in sides for each in side}
    return SHARED in found, found - {SHARED}


def _task(
    connection: Connection,
    seal: Seal,
    found: Sequence[Change],
    past: Past | None,
    *,
    everybody: bool,
) -> Task:
    """What is to be prepared; with ``everybody`` all shared files are looked at."""
    shelves = Shelves.of(connection, seal, past)
    names = shelves.layers.own_names()
    partial = _same(connection, names) and all(map(_of_devices, found)) and not everybody
    named = [name for kind, name in found if kind == DEVICE]
    return Task(
        Releases(connection, seal).newest + 1,
        tuple(shelves.devices.representatives(named if partial else None)),
        partial,
        names,
        past.number if past else None,
        past.differing if past else frozenset(),
    )


def _same(connection: Connection, names: Iterable[str]) -> bool:
    """Whether devices set what they did in the last release, for themselves."""
    return _digest(names) == changes.fact(connection, _NAMES)


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
    faults = gathered(fault for each in made for fault in each.faults)
    if not faults:
        return
    whom = {mac for each in faults for mac in each.devices}
    count = counted(len(whom), "device") if whom else "a shared file"
    raise RefusedError(f"nothing was published: {count} could not be prepared{listed(faults)}")


def _switch(
    store: Store, plan: Plan, made: Sequence[Made], now: float, note: str
) -> Release | None:
    """The step to the new release: one transaction."""
    with store.fleet.writing() as connection:
        releases, number = Releases(connection, store.seal), plan.task.number
        if changes.revision(connection) != plan.revision or releases.newest + 1 != number:
            raise RefusedError(
                "nothing was published: the fleet was changed meanwhile", remedy="try again"
            )
        if (past := plan.task.past(connection, store.seal)) is not None:
            restore(past, now)
        for each in made:
            releases.keep_bodies(each.bodies)
        ended = sum(len(each.step.ended) for each in made)
        begun = releases.take((each.step for each in made), number)
        _refuse_clash(releases.clash(new.path for each in made for new in each.step.begun))
        altered = releases.remember(plan.changes, number)
        _note_uses(connection, made)
        changes.clear(connection)
        changes.set_fact(connection, _NAMES, _digest(plan.task.names))
        if changes.fact(connection, _AHEAD):
            changes.set_fact(connection, _AHEAD, "")
        if not (begun or ended or altered):
            return None
        count = connection.scalar(select(func.count()).select_from(devices)) or 0
        release = Release(number, now, note, count, max(begun, ended))
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
