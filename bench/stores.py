"""A store whose release serves the very files of a folder, so that both can be put side by side.

Each file is a device's own: sealed with its key as far as the server knows, so that TFTP and plain
HTTP give it to whoever asks; or, for HTTPS, in clear and for the certificate of that device alone.
"""

import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from bench import keys

from ringback import clock
from ringback.provisioning.document import Level
from ringback.store.database import Store
from ringback.store.entry import Entry, Step
from ringback.store.releases import PLACE, Release, Releases

_NAME = re.compile(r"p\d+_(\d+)\.cfg")


def beside(root: Path, *, sealed: bool) -> Path:
    """The store for the folder that is served; made when it is first asked for."""
    path = root.parent / ("sealed" if sealed else "clear") / "fleet.db"
    if not path.exists():
        path.parent.mkdir(mode=0o700)
        _fill(path, root, sealed=sealed)
    return path


def _fill(path: Path, root: Path, *, sealed: bool) -> None:
    store = Store(path)
    files = {each: file.read_bytes() for each, file in _entries(root, sealed=sealed)}
    with store.fleet.writing() as connection:
        releases = Releases(connection, store.seal)
        bodies = (
            (each.hash, store.seal.close(data, f"{PLACE}/{each.hash.hex()}"))
            for each, data in files.items()
        )
        releases.keep_bodies(bodies)
        releases.take([Step((), tuple(files))], 1)
        releases.add(Release(1, clock.now(), "", keys.PHONES, len(files)))
    store.close()


def _entries(root: Path, *, sealed: bool) -> Iterator[tuple[Entry, Path]]:
    for file in sorted(root.iterdir()):
        if found := _NAME.fullmatch(file.name):
            yield (
                Entry(
                    f"/{file.name}", keys.mac(int(found[1])), "device", int(Level.DEVICE),
                    int(sealed), "", "text/xml", "", sha256(file.read_bytes()).digest(),
                ),
                file,
            )  # fmt: skip
