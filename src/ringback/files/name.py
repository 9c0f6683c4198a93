"""Which names of the root may be asked for, before the disk is touched.

Phones spell names in many ways: with one leading slash, with several, with none. What is left is
a list of plain components. A name that tries to climb, to smuggle or to reach what is private is
refused here, by spelling alone; what a symbolic link does is for ``root`` to find out.

The same rules hold for the name that was asked for and for the name that it resolves to, so a
harmless name that links to a private one is refused as well.
"""

from ringback.errors import RefusedError

PRIVATE_ENDINGS = (".j2", ".pem", ".key")
"""Templates and key material: never served as they lie, in any case of letters."""

LONGEST = 1024
"""Characters in a name. The longest that a phone's rule can hold is far shorter."""

XML, TEXT, BYTES = "text/xml", "text/plain", "application/octet-stream"
_TYPES = {".xml": XML, ".txt": TEXT}


def components(path: str) -> tuple[str, ...]:
    """Split a name into its components, without slashes and lone dots.

    Raises:
        RefusedError: when the name may never be served, whatever is on the disk.
    """
    if len(path) > LONGEST:
        raise RefusedError("name not served", why=f"longer than {LONGEST} characters")
    if not path.isprintable() and any(ord(letter) < 32 for letter in path):
        raise RefusedError(f"not served: {path!r}", why="control character in the name")
    try:
        path.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raise RefusedError(f"not served: {path!r}", why="not a name in any file system") from None
    if "\\" in path:
        raise RefusedError(f"not served: {path!r}", why="backslash in the name")
    parts = tuple(part for part in path.split("/") if part not in ("", "."))
    why = private(parts)
    if why:
        raise RefusedError(f"not served: {path!r}", why=why)
    return parts


def private(parts: tuple[str, ...]) -> str:
    """Why these components are never served; empty when they may be."""
    for part in parts:
        if part == "..":
            return "climbs out of its folder"
        if part.startswith("."):
            return "dot files are private"
        if part.lower().endswith(PRIVATE_ENDINGS):
            return "templates and keys are private"
    return ""


def content_type(name: str) -> str:
    """What HTTP calls a file of this name. ``.gz`` is bytes, never a Content-Encoding."""
    dot = name.rfind(".")
    return _TYPES.get(name[dot:].lower(), BYTES) if dot >= 0 else BYTES
