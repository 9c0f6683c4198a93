"""What a person at a terminal sees of a message: one line, nothing in it can harm the terminal.

Everything a phone sends is data: control characters, escape sequences, and characters that turn
the direction of writing are shown as escapes. The colours are rich's; whether there are any is
for the caller to say, who knows if this is a terminal. A mark says the same without colour.
"""

from enum import Enum

from rich.color import ColorSystem
from rich.style import Style

from ringback.syslog.message import Heard, Message, Severity

_PLAIN = Style()


class Tone(Enum):
    """What a line is about: the mark and the colour it gets."""

    OTHER = ("  ", _PLAIN)
    REQUEST = ("->", Style(color="cyan"))
    SUCCESS = ("ok", Style(color="green"))
    FAILURE = ("!!", Style(color="red", bold=True))

    @property
    def mark(self) -> str:
        """Two characters."""
        return self.value[0]

    @property
    def style(self) -> Style:
        """The colour on a terminal."""
        return self.value[1]


_DIM = Style(dim=True)
_GRAVE = Style(color="yellow")


def escape(text: str) -> str:
    r"""``text`` with everything that does not print as an escape: ``\n``, ``\x1b``, ``\u202e``."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else _escaped(each) for each in text)


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def line(heard: Heard, tone: Tone = Tone.OTHER, *, colour: bool = False) -> str:
    """One line without line end and without time: sender, severity, mark, text."""
    message = heard.message
    head = f"{escape(heard.address)} {_severity(message)}"
    said = f"{tone.mark} {_said(message)}"
    if not colour:
        return f"{head} {said}"
    return f"{_paint(_DIM, head)} {_paint(_style(message, tone), said)}"


def _severity(message: Message) -> str:
    return "-" if message.severity is None else Severity(message.severity).name.lower()


def _said(message: Message) -> str:
    """The text, after the program that said it."""
    process = f"[{message.process}]" if message.process else ""
    source = f"{message.app}{process}: " if message.app or process else ""
    return escape(source + message.text)


def _style(message: Message, tone: Tone) -> Style:
    """The tone's colour; a line of no tone is yellow when it is a warning or worse."""
    grave = message.severity is not None and message.severity <= Severity.WARNING
    return _GRAVE if tone is Tone.OTHER and grave else tone.style


def _paint(style: Style, text: str) -> str:
    return style.render(text, color_system=ColorSystem.STANDARD)
