"""``ringback firmware``: dummy firmware for rehearsing upgrades with virtual phones.

What is made names its models and version and holds nothing else: no real phone would take it, and
nothing of the vendor's is in it.
"""

import json
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from ringback.cisco import image
from ringback.cisco.firmware import Format, Version
from ringback.cisco.image import Part
from ringback.cisco.model import Model, find_model
from ringback.cli import content
from ringback.cli.arguments import Json, checked
from ringback.cli.envelopes import File
from ringback.errors import UsageError
from ringback.phone.load import LIST_ENDING

app = App(name="firmware", help="Dummy firmware, for rehearsing upgrades with virtual phones.")
_IMAGE_ENDING = ".bin"


def _all_known(_: object, names: tuple[str, ...]) -> None:
    for name in names:
        checked(find_model)(None, name)


@app.command
def make(
    folder: Path,
    /,
    *,
    model: Annotated[tuple[str, ...], Parameter(name="--model", negative="", validator=_all_known)],
    version: Annotated[str, Parameter(name="--version")],
    size: Annotated[int, Parameter(name="--size")] = image.SIZE,
    as_json: Json = False,
) -> None:
    """Write the files of one version into a folder, and say what to put in Upgrade_Rule.

    A version such as 7.6.3 gives one image, spa504g-7.6.3.bin; one such as
    sip88xx.12-0-1MPP0001-100 gives that image and the .loads file that names it.

    Args:
        folder: Where to write, such as the folder that ringback serve serves.
        model: For which models, such as 8851 or SPA504G; repeatable.
        version: Its version, as $SWVER will say it.
        size: Bytes of filler.
        as_json: One JSON object instead.
    """
    if not folder.is_dir():
        raise UsageError(f"no folder {folder}", remedy="make it first")
    models = [find_model(each) for each in model]
    files = files_of(models, version, size)
    for name, data in files.items():
        content.write(str(folder / name), data)
    asked = next(reversed(files))
    if as_json:
        print(json.dumps({"files": list(files), "rule": f"http://SERVER/{asked}"}))
        return
    for name, data in files.items():
        print(f"{folder / name}  {len(data)} bytes")
    print(f"Upgrade_Rule: http://SERVER/{asked}")


def files_of(models: list[Model], version: str, size: int) -> dict[str, bytes]:
    """The files of one version by name; the one that a rule names is the last.

    Raises:
        UsageError: models of two generations, or a version of another than theirs.
    """
    data = image.make(models, version, size=size)
    read = Version.parse(version)
    assert read is not None  # or nothing was made
    styles = {_style(each) for each in models}
    if styles != {read.format}:
        raise UsageError(
            f"{version} is no version of {', '.join(each.name for each in models)}",
            remedy=f"they have versions such as {models[0].load}",
        )
    if read.format is Format.DOTTED:
        return {f"{models[0].name.lower()}-{version}{_IMAGE_ENDING}": data}
    load = version.removesuffix(LIST_ENDING)
    if load != version:
        return files_of(models, load, size)
    part = Part.of(f"{load}{_IMAGE_ENDING}", data)
    return {part.name: data, f"{load}{LIST_ENDING}": image.make_load(models, load, [part])}


def _style(model: Model) -> Format | None:
    load = Version.parse(model.load)
    return load.format if load else None


@app.command
def show(file: File, /, *, as_json: Json = False) -> None:
    """Say what a firmware file is for, and check that it is whole.

    Args:
        file: The file.
        as_json: One JSON object instead.
    """
    found = image.read(content.read(file))
    if as_json:
        parts = [each.name for each in found.parts]
        print(json.dumps({"version": found.version, "models": found.models, "files": parts}))
        return
    print(f"{found.version} for {', '.join(found.models)}")
    for part in found.parts:
        print(f"  names {part.name}, {part.size} bytes")
