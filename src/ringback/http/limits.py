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
    body: int = 1024 * 1024
    """A body that is handed on: POST and PUT."""
    idle_body: int = 16 * 1024
    """A body that nobody wants: some clients send one with GET. It is read and dropped."""
    bodies: int = 64 * 1024 * 1024
    """Bodies of all clients together, while they arrive."""
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
