"""Walks through a profile once, tag by tag, keeping a stack of what is open.

Nineteen in twenty parameters are plain, one element with its value: those are matched whole, as
many as follow each other. Everything else is read one tag at a time. Both ways judge alike. What
is forgiven and what is not is said in flat_profile.py. No regular expression here backtracks, and
every offset is visited a bounded number of times, so that a hostile file costs no more than a
long one.
"""

import re
from dataclasses import dataclass, field

from ringback.cisco import markup
from ringback.cisco.element import Element, Reading
from ringback.cisco.markup import BLANK, Severity, Source
from ringback.cisco.tag import END, LEAF, START, Attributes, is_xml_name, read_attributes
from ringback.errors import ProfileError

ROOT = "flat-profile"
DEEPEST = 64
MOST_ELEMENTS = 50_000
"""A 9861 has some 3 600 parameters; more than this is no profile but an attack."""

_ENDS = {
    "<!--": ("-->", "comment"),
    "<![CDATA[": ("]]>", "CDATA section"),
    "<?": ("?>", "processing instruction"),
}
_ANY_CASE = re.compile(rf"<(?:\w{{1,40}}:)?{ROOT}\b", re.IGNORECASE)
_DECLARED_PREFIX = re.compile(r"[ \t\n]xmlns:([\w.-]++)[ \t\n]*+=")
_FIRST_TAG = re.compile(r"<([A-Za-z][\w.:-]{0,60})")


@dataclass(slots=True)
class Open:
    """An element whose end has not come yet; ``parts`` are raw text, its offset, whether CDATA."""

    name: str
    offset: int
    attributes: Attributes
    parts: list[tuple[str, int, bool]] = field(default_factory=list)
    holds: bool = False

    @property
    def is_root(self) -> bool:
        """Whether this is the profile itself."""
        return _local(self.name) == ROOT


def _local(name: str) -> str:
    return name.rpartition(":")[2] or name


class Reader:
    """Walks a text once, tag by tag, with a stack of what is open."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.text = source.text
        self.position = 0
        self.stack: list[Open] = []
        self.inside = 0
        self.roots = 0
        self.elements: list[Element] = []
        self.tags = 0
        self.prefixes: frozenset[str] | None = None
        self.first: dict[str, int] = {}
        self.bare_end = ("", -1)

    def read(self) -> Reading:
        """The whole file.

        Raises:
            ProfileError: it is no profile, or half of one.
        """
        if ROOT not in self.text:
            raise self._no_profile()
        while self.position < len(self.text):
            if not (self.stack and self.stack[-1].is_root and self._read_leaves()):
                self._read_one()
        if self.stack:
            raise self._unclosed(self.stack[-1], "the end of the file: it is cut off")
        if not self.roots:
            raise self._no_profile()
        return Reading(tuple(self.elements), tuple(self.source.complaints))

    def _read_leaves(self) -> bool:
        """Read as many plain parameters as follow each other directly inside the profile."""
        start = self.position
        match, text = LEAF.match, self.text
        while (found := match(text, self.position)) and found[1] != ROOT:
            name, written, raw = found.groups()
            offset = found.start(1) - 1
            attributes = read_attributes(written)
            if raw is None:
                self.bare_end = (name, found.end())
                self._add(name, None, attributes, offset)
            else:
                self._add(name, self._value(raw, found.start(3)), attributes, offset)
            self.position = found.end()
        return self.position > start

    def _read_one(self) -> None:
        """Read the text up to the next tag, or that tag."""
        start, text = self.position, self.text
        if text[start] != "<":
            end = text.find("<", start)
            self.position = end if end >= 0 else len(text)
            self._hear(start)
        elif text.startswith("<!--", start):
            self._skip_comment(start)
        elif text.startswith("<![CDATA[", start):
            self._take_cdata(start)
        elif text.startswith("<?", start):
            self._skip_instruction(start)
        elif text.startswith("<!", start):
            raise self._declaration(start)
        elif text.startswith("</", start):
            self._close(start)
        else:
            self._open(start)

    # Text -------------------------------------------------------------------------------------

    def _hear(self, start: int) -> None:
        """Text: part of a value, or junk that phones read past."""
        raw = self.text[start : self.position]
        if self.inside and not self.stack[-1].is_root:
            self.stack[-1].parts.append((raw, start, False))
            return
        bare = raw.strip(BLANK)
        if not bare:
            return
        self._value(raw, start)  # for what is wrong with it
        offset = start + len(raw) - len(raw.lstrip(BLANK))
        shown = bare.partition("\n")[0][:40]
        if not self.stack:
            self.source.malformed(offset, f"text outside all elements: {shown}", "remove it")
        elif self.inside:
            remedy = "make it a comment, or close the element it belongs to"
            self.source.remark(offset, f"text between parameters is ignored: {shown}", remedy)

    def _value(self, raw: str, start: int) -> str:
        """A value as phones keep it: stripped, newlines as blanks, references translated."""
        value = raw.strip(BLANK)
        if "\n" in value:
            value = value.replace("\n", " ")
        if "&" in value or "]]>" in value:
            value = self._expanded(value, start + len(raw) - len(raw.lstrip(BLANK)))
        return value

    def _expanded(self, raw: str, start: int) -> str:
        if "]]>" in raw:
            self.source.malformed(start + raw.find("]]>"), "]]> in a text", "write ]]&gt;")
        return markup.expand(self.source, raw, start)

    def _joined(self, parts: list[tuple[str, int, bool]]) -> str:
        """One value from pieces between which comments stood; only its outer ends are stripped."""
        if len(parts) == 1 and not parts[0][2]:
            return self._value(parts[0][0], parts[0][1])
        pieces = []
        for raw, start, literal in parts:
            plain = raw.replace("\n", " ")
            pieces.append(plain if literal else self._expanded(plain, start))
        return "".join(pieces).strip(BLANK)

    def _until(self, start: int, opening: str) -> str:
        """What stands between ``opening`` and its end."""
        closing, kind = _ENDS[opening]
        end = self.text.find(closing, start + len(opening))
        if end < 0:
            raise self.source.error(start, f"this {kind} never ends", f"close it with {closing}")
        self.position = end + len(closing)
        return self.text[start + len(opening) : end]

    def _skip_comment(self, start: int) -> None:
        inner = self._until(start, "<!--")
        if "--" in inner or inner.endswith("-"):
            self.source.malformed(start, "-- inside a comment", "write a single dash")

    def _skip_instruction(self, start: int) -> None:
        inner = self._until(start, "<?")
        if start and inner[:4] in {"xml ", "xml\n", "xml\t"}:
            remedy = "make it the very first characters of the file"
            self.source.malformed(start, "the XML header does not stand first", remedy)
        elif not is_xml_name(inner.split(maxsplit=1)[0] if inner.strip() else ""):
            self.source.malformed(start, "a processing instruction without name", "remove it")

    def _take_cdata(self, start: int) -> None:
        inner = self._until(start, "<![CDATA[")
        if not self.stack:
            self.source.malformed(start, "a CDATA section outside all elements", "remove it")
            return
        self.stack[-1].parts.append((inner, start + 9, True))
        remedy = "write &amp; and &lt;: no guide says that phones know CDATA"
        self.source.remark(start, "a CDATA section", remedy)

    def _declaration(self, start: int) -> ProfileError:
        if self.text.startswith("<!DOCTYPE", start):
            what = "a document type: its entities may grow without bound or fetch other files"
            return self.source.error(start, what, "remove the <!DOCTYPE> and write values out")
        return self.source.error(start, "<! starts nothing that phones know", "write &lt;!")

    # Tags -------------------------------------------------------------------------------------

    def _open(self, start: int) -> None:
        found = START.match(self.text, start)
        if not found:
            raise self._no_tag(start)
        self._count(start)
        name, rest = found.groups()
        self.position = found.end()
        empty = rest.endswith("/")
        attributes = read_attributes(rest[:-1] if empty else rest)
        self._check_name(name, start)
        if not self.stack and self.roots and not self.inside:
            self.source.malformed(start, "a second outermost element", "keep one")
        opened = Open(name, start, attributes)
        if empty:
            self.bare_end = (name, self.position)
            self._leave(opened, None)
            return
        if len(self.stack) >= DEEPEST:
            what = f"elements stand {DEEPEST} deep in each other"
            raise self.source.error(start, what, "a profile is flat: close elements")
        self.stack.append(opened)
        self.inside += opened.is_root

    def _count(self, offset: int) -> None:
        self.tags += 1
        if self.tags > MOST_ELEMENTS:
            raise self._too_many(offset)

    def _too_many(self, offset: int) -> ProfileError:
        what = f"more than {MOST_ELEMENTS} elements"
        return self.source.error(offset, what, "split the file over Profile_Rule A to D")

    def _check_name(self, name: str, start: int) -> None:
        if not is_xml_name(name):
            remedy = "fill in the template" if "{" in name else "write &lt; for a < in a value"
            self.source.malformed(start, f"{name[:40]!r} is no name for an element", remedy)
        elif ":" in name:
            what = f"the prefix of {name[:60]} means nothing to a phone"
            complain = self.source.remark if self._is_declared(name) else self.source.malformed
            complain(start, what, f"write {_local(name)[:60]}")

    def _is_declared(self, name: str) -> bool:
        """Whether somewhere in the file its prefix is a namespace's, as XML wants it to be."""
        if self.prefixes is None:
            self.prefixes = frozenset(_DECLARED_PREFIX.findall(self.text))
        return name.partition(":")[0] in self.prefixes

    def _close(self, start: int) -> None:
        found = END.match(self.text, start)
        if not found:
            raise self.source.error(start, "this end tag is cut off", "write </name>")
        name, rest = found.groups()
        self.position = found.end()
        if rest.strip(BLANK):
            self.source.malformed(start, f"</{name[:40]}> has attributes", "remove them")
        if self.stack and self.stack[-1].name == name:
            closed = self.stack.pop()
            self.inside -= closed.is_root
            self._leave(closed, closed.parts)
        elif self.bare_end[0] == name and not self.text[self.bare_end[1] : start].strip(BLANK):
            remedy = f"write <{name}/> or <{name}></{name}>, not both"
            self.source.malformed(start, f"</{name}> follows <{name}/>", remedy)
        elif self.stack and (not self.stack[-1].is_root or self._is_open(name)):
            raise self._unclosed(self.stack[-1], f"</{name[:60]}> at {self._numbers(start)}")
        else:
            raise self.source.error(start, f"</{name[:60]}> closes nothing", "remove it")

    def _is_open(self, name: str) -> bool:
        return any(each.name == name for each in self.stack)

    def _leave(self, closed: Open, parts: list[tuple[str, int, bool]] | None) -> None:
        """An element is complete: a profile, a parameter, or something around them."""
        if self.stack:
            self.stack[-1].holds = True
        if closed.is_root:
            self.roots += 1
        elif not self.inside:
            return
        elif closed.holds:
            what = f"{closed.name[:60]} holds other elements: a profile is flat"
            self.source.remark(closed.offset, what, "put parameters directly in <flat-profile>")
            self._joined(closed.parts)  # for what is wrong with it
        else:
            value = None if parts is None else self._joined(parts)
            self._add(_local(closed.name), value, closed.attributes, closed.offset)

    def _add(self, name: str, value: str | None, attributes: Attributes, offset: int) -> None:
        place = self.source.place(offset)
        for severity, what, remedy in attributes.wrong:
            if severity is Severity.ERROR:
                self.source.malformed(offset, what, remedy)
            else:
                self.source.remark(offset, what, remedy, severity)
        earlier = self.first.setdefault(name, offset)
        if earlier != offset:
            what = f"{name} stands in line {self.source.place(earlier).line} already"
            self.source.remark(offset, what, "keep one: the last one wins")
        if len(self.elements) >= MOST_ELEMENTS:
            raise self._too_many(offset)
        self.elements.append(Element(name, value, attributes.access, attributes.preserve, place))

    # Errors -----------------------------------------------------------------------------------

    def _numbers(self, offset: int) -> str:
        place = self.source.place(offset)
        return f"line {place.line}, column {place.column}"

    def _no_tag(self, start: int) -> ProfileError:
        if self.text.find(">", start) < 0:
            remedy = "send the whole file"
            return self.source.error(start, "the file is cut off in this tag", remedy)
        remedy = "write &lt; for a < in a value; close quotes and tags"
        return self.source.error(start, "this < begins no complete tag", remedy)

    def _unclosed(self, opened: Open, before: str) -> ProfileError:
        name = opened.name[:60]
        if is_xml_name(opened.name):
            remedy = f"write </{name}>; names are case-sensitive"
        else:
            remedy = "write &lt; for a < in a value"
        return self.source.error(opened.offset, f"<{name}> is not closed before {before}", remedy)

    def _no_profile(self) -> ProfileError:
        found = _FIRST_TAG.search(self.text)
        outer = found[1] if found else ""
        what = f"no <{ROOT}> in the file" + (f", which begins with <{outer}>" if outer else "")
        if f"<{ROOT}" in self.text:
            remedy = "it stands inside a comment or a CDATA section"
        elif _ANY_CASE.search(self.text):
            remedy = f"write <{ROOT}> in lower case: names are case-sensitive"
        elif outer.lower() in {"html", "head", "body"}:
            remedy = "this is a web page: the server answered with something else than the profile"
        elif not outer:
            remedy = "this is no XML at all"
        else:
            remedy = f"put the parameters into <{ROOT}>…</{ROOT}>"
        return self.source.error(found.start() if found else 0, what, remedy)
