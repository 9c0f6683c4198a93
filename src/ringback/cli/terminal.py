"""The terminal as every command writes to it: as typed, nowhere wrapped, nothing made prettier."""

from rich.console import Console


def terminal(*, errors: bool = False) -> Console:
    """A console that leaves text alone: rich would turn the ``:ab:`` of a MAC into a picture."""
    return Console(highlight=False, soft_wrap=True, emoji=False, stderr=errors)
