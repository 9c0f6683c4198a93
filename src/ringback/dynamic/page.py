"""What a script or a template made: the answer to one request, whole, or why there is none.

A failure of ours is a 5xx, never the uniform refusal (404). Phones take a 404 for "there is no
profile", which ``Resync_Fails_On_FNF`` may even count as success; after a 5xx they keep what
they have and come back after ``Resync_Error_Retry_Delay``. That something is served there at all
is no secret by then: who may not have it was turned away before anything was run.

An answer is never passed on in parts. A phone that got the first half of a profile would apply it.
"""

from http import HTTPStatus
from typing import Final, NamedTuple

TEXT: Final = "text/plain; charset=utf-8"


class Page(NamedTuple):
    """An answer; every field but ``local`` means what it means in the answer of a listener."""

    status: int
    body: bytes
    content_type: str = TEXT
    headers: tuple[tuple[str, str], ...] = ()
    why: str = ""
    """For the log only: what went wrong, and where."""
    local: str = ""
    """Answer this path (with its query) of our own instead (RFC 3875 section 6.2.2)."""


def failed(status: int, why: str) -> Page:
    """No answer could be made; the client learns the status and nothing else."""
    return Page(status, f"{HTTPStatus(status).phrase}\n".encode(), why=why)
