"""One file of a folder that served phones before: what it is, and whose.

Whose is read from its path as admission reads it (``identity``): the last twelve of the digits
that name a phone. The model is what a person has said of such paths, or a name of a model among
the words of the path, or what the profile says of itself. It is never guessed from the settings,
because a wrong model gets wrong lines; which models they fit best is said as a hint.

What the settings mean depends on the model: ``<X></X>`` clears on one and is the factory's value
on another, ``<X/>`` may say nothing at all. ``settings`` gives what a phone of that model takes
from the file, in the form of layers.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Final

from ringback.cisco import flat_profile, gzipped, salted
from ringback.cisco.catalogue import Entry, catalogue
from ringback.cisco.element import Element
from ringback.cisco.markup import Severity
from ringback.cisco.model import MODELS, Empty, MissingAccess, Model, find_model
from ringback.cisco.parameter import Access, places
from ringback.errors import MalformedError, NotFoundError
from ringback.mac import Mac
from ringback.provisioning.complaint import worth
from ringback.provisioning.expression import TAGS
from ringback.provisioning.facts import RELEASE
from ringback.provisioning.identity import mentions
from ringback.provisioning.layer import Setting
from ringback.provisioning.operation import LONGEST

_WORDS: Final = re.compile(r"[A-Za-z0-9-]+")
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_SAFE: Final = re.compile(r"[A-Za-z0-9._~-]+")
_PATH: Final = re.compile(r"[A-Za-z0-9/._~@+=&?,:;!()%{}-]*")
"""What a pattern of documents takes."""
_ENDING: Final = re.compile(r"(?:\.(?:cfg|xml|txt|cnf|conf|tpl|gz|enc|bin))+\Z", re.IGNORECASE)
"""Taken off first: in ``00-0e-08-ab-cd-ef.cfg`` two letters of it would be digits."""
_SEPARATOR: Final = "[:. _-]?"
_SAYS: Final = ("Product_Name", "ProductName")
LARGEST: Final = 4 * 1024 * 1024


class State(StrEnum):
    """What a file is."""

    DEVICE = "device"
    SHARED = "shared"
    """A profile whose path names no phone."""
    SEALED = "sealed"
    OTHER = "no profile"


@dataclass(frozen=True, slots=True)
class Relic:
    """A file, read as far as it can be."""

    path: str
    state: State
    mac: Mac | None = None
    model: str = ""
    """As the model table spells it; "" when it is not known."""
    elements: tuple[Element, ...] = ()
    packed: bool = False
    why: str = ""
    """Why it is not adopted, or what is odd about it."""
    remedy: str = ""


def read(path: str, data: bytes, said: Sequence[tuple[str, str]] = ()) -> Relic:
    """Read a file.

    Args:
        path: below the folder, with ``/``.
        data: as it lies there.
        said: patterns of paths, ``*`` for any characters, each with its model; the first that
            fits counts.
    """
    found = sorted({each.digits[-12:] for each in mentions(_ENDING.sub("", path))})
    mac = Mac(found[0]) if len(found) == 1 else None
    if salted.is_salted(data):
        return Relic(path, State.SEALED, mac, why="sealed with a key")
    packed = gzipped.is_gzip(data)
    try:
        opened = gzipped.decompress(data, limit=LARGEST)[0] if packed else data
        if salted.is_salted(opened):
            return Relic(path, State.SEALED, mac, why="sealed with a key")
        reading = flat_profile.read(opened, name=path, limit=LARGEST)
    except MalformedError as error:
        return Relic(path, State.OTHER, mac, why=_short(error), packed=packed)
    relic = Relic(path, State.SHARED, mac, "", reading.elements, packed)
    named = said if found else [each for each in said if each[0] != "*"]
    model = _model(path, reading.elements, named)
    relic = replace(relic, model=model.name if model else "")
    if len(found) > 1:
        return replace(relic, why=f"its path names {len(found)} phones: {', '.join(found[:3])}")
    if mac is None:
        whose = f"phones of model {relic.model}" if model else "several phones"
        return replace(relic, why=f"for {whose}")
    if model is None:
        fits = _fits(each.name for each in relic.elements)
        remedy = f"--model 'PATTERN=MODEL'; its settings fit {fits} phones best"
        return replace(relic, state=State.DEVICE, why="of which model?", remedy=remedy)
    return replace(relic, state=State.DEVICE, why=_oddity(reading.elements))


def _short(error: MalformedError) -> str:
    return f"{error.what} ({error.place})" if error.place.line else error.what


def _oddity(elements: Iterable[Element]) -> str:
    kept = sum(each.preserve for each in elements)
    return f"{kept} settings lose preserve-value" if kept else ""


def _model(path: str, elements: Iterable[Element], said: Sequence[tuple[str, str]]) -> Model | None:
    for pattern, name in said:
        if pattern != "*" and fnmatchcase(path.lower(), pattern.lower()):
            return find_model(name)
    words = [word for part in reversed(path.split("/")) for word in _WORDS.findall(part)]
    words += [each.value or "" for each in elements if each.name in _SAYS]
    for word in words:
        try:
            if re.search("[0-9]", word) and len(word) > 3:
                return find_model(word)
        except NotFoundError:
            continue
    return next((find_model(name) for pattern, name in said if pattern == "*"), None)


def _fits(names: Iterable[str]) -> str:
    """The generation whose catalogue knows most of these names."""
    wanted = list(names)
    first = {each.generation: each for each in reversed(MODELS)}
    known = {
        generation.value: sum(name in catalogue(model) for name in wanted)
        for generation, model in first.items()
    }
    return max(sorted(known), key=known.__getitem__)


# ---- what it means -----------------------------------------------------------------------------


def settings(relic: Relic, keep: Callable[[str, str], str]) -> dict[str, Setting]:
    """What a phone takes from the file, by name, as settings of layers.

    ``keep(name, value)`` gives the text that stands for a value, such as a reference to a secret.

    Raises:
        MalformedError: something that no layer can say.
    """
    model = find_model(relic.model)
    taken: dict[str, tuple[str | None, Access | None]] = {}
    for element in relic.elements:  # in their order: a later one may leave open what one said
        entry = catalogue(model).entry(element.name)
        value, access = taken.get(element.name, (None, None))
        meant = _meant(element, entry, model)
        forgets = model.traits.missing_access is MissingAccess.DEFAULT
        kept = None if forgets else access
        taken[element.name] = (value if meant is None else meant, element.access or kept)
    return {
        name: _setting(name, value, access, model, keep)
        for name, (value, access) in taken.items()
        if value is not None or access is not None
    }


def _setting(
    name: str,
    value: str | None,
    access: Access | None,
    model: Model,
    keep: Callable[[str, str], str],
) -> Setting:
    if not _NAME.fullmatch(name) or places(name):
        raise MalformedError(f"{name[:40]!r} cannot name a setting")
    if value is not None and (RELEASE in value or len(value) > LONGEST // 2):
        raise MalformedError(f"the value of {name} is too long or has odd characters")
    entry = catalogue(model).entry(name)
    text = None if value is None else keep(name, value)
    return Setting(name, text, access, entry is None or _wrong(entry, value))


def _meant(element: Element, entry: Entry | None, model: Model) -> str | None:
    """The value a phone takes; None when it keeps its own."""
    written, traits = element.value, model.traits
    if written == '""' and traits.empty_element is Empty.DEFAULT:
        return ""
    if written:
        return written
    form = traits.bare_element if written is None else traits.empty_element
    default = entry.default if entry else ""
    return {Empty.CLEAR: "", Empty.DEFAULT: default, Empty.KEEP: None}[form]


def _wrong(entry: Entry, value: str | None) -> bool:
    """Whether the catalogue would forbid it."""
    if value is None:
        return False
    return any(severity is Severity.ERROR for severity, _, _ in worth(entry, value))


def quoted(value: str) -> str:
    """A value as a setting's text: what looks like an expression is made a text."""
    if not any(each in value for each in TAGS):
        return value
    inner = value.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
    return f"{{{{ '{inner}' }}}}"


# ---- where it is -------------------------------------------------------------------------------


def pattern(relic: Relic, site: str = "") -> str:
    """The path as a pattern of documents, ``/{site}/{mac}.cfg``; "" when it cannot be one.

    ``site`` is the folder that is the device's site; "" for none.
    """
    if relic.mac is None:
        return ""
    spelt = re.compile(_SEPARATOR.join(relic.mac.digits), re.IGNORECASE)
    found = list(spelt.finditer(relic.path))
    if not found or "{" in relic.path:
        return ""
    path, begin = "", 0
    for each in found:
        place = _place(each[0])
        if not place:
            return ""
        path, begin = f"{path}{relic.path[begin : each.start()]}{place}", each.end()
    path += relic.path[begin:]
    if relic.model and relic.model in path:
        path = path.replace(relic.model, "{pn}")
    if site and _SAFE.fullmatch(site):
        path = "/".join("{site}" if part == site else part for part in path.split("/"))
    return f"/{path}" if _PATH.fullmatch(path) else ""


def _place(text: str) -> str:
    """How a MAC is spelt, as a place: ``{mac}``, ``{MAC:-}``; "" for a way that has none."""
    marks = set(re.sub("[0-9a-fA-F]", "", text))
    mark = marks.pop() if len(marks) == 1 else ""
    digits = re.sub("[^0-9a-fA-F]", "", text)
    case = "mac" if digits == digits.lower() else "MAC" if digits == digits.upper() else ""
    again = mark.join(digits[at : at + 2] for at in range(0, 12, 2))
    if marks or not case or again != text or mark == " ":
        return ""
    return f"{{{case}:{mark}}}" if mark else f"{{{case}}}"
