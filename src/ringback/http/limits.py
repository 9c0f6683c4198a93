"""How much of anything a client of the device listener may have."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes in bytes, times in seconds. The defaults suit phones and leave strangers little."""

    target: int = 8 * 1024
    """A request-target."""
    head: int = 16 * 1024
    """A request line with all its headers."""
    fields: int = 64
    """Header lines."""
    body: int = 4 * 1024 * 1024
    connections: int = 4096
    """Beyond these, the connection that has waited longest without a request makes room."""
    pipeline: int = 16
    """Requests sent before the answer to an earlier one."""
    requests: int = 1000
    """Requests on one connection."""
    patience: float = 10.0
    """To send a whole head, to send a whole body, to take ``progress`` bytes of an answer."""
    progress: int = 4096
    answer: float = 30.0
    """For an answer that is not ready at once."""
    linger: float = 1.0
    """To read what is said at the end of a refused request, and hang up."""
