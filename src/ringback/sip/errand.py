"""One request of ours until it is settled: sent, challenged, sent again with credentials.

An errand is a value with a memory: ``next`` gives what to send, ``receive`` says whether to send
again. Registering and notifying differ only in what they do with the last word.
"""

from collections.abc import Callable

from ringback.sip.field import Address
from ringback.sip.keyring import Keyring
from ringback.sip.message import Header, Request, Response

MOST_TRIES = 6
"""A proxy and a registrar may each challenge, and each nonce may turn stale once."""


class Errand:
    """A request outside of dialogs.

    Args:
        method: what is asked.
        uri: of whom.
        headers: To, Contact, Event … ; From, Call-ID, CSeq and Max-Forwards are added.
        sender: the address for From, without a tag.
        name: makes tags, Call-IDs and cnonces that were never used before.
        keyring: answers challenges; None for one that cannot.
    """

    __slots__ = (
        "_body", "_call_id", "_from", "_headers", "_keyring", "_method", "_name", "_number",
        "_tries", "uri",
    )  # fmt: skip

    def __init__(
        self,
        method: str,
        uri: str,
        headers: tuple[Header, ...],
        *,
        sender: str,
        name: Callable[[], str],
        keyring: Keyring | None = None,
        body: bytes = b"",
        call_id: str = "",
        number: int = 0,
    ) -> None:
        self._method = method
        self.uri = uri
        self._headers = headers
        self._from = f"{sender};tag={name()}"
        self._name = name
        self._keyring = keyring
        self._body = body
        self._call_id = call_id or name()
        self._number = number
        self._tries = 0

    @property
    def tries(self) -> int:
        """How often it was sent, repeats of the transport apart."""
        return self._tries

    @property
    def number(self) -> int:
        """The CSeq number last used."""
        return self._number

    def next(self) -> Request:
        """The request to send now."""
        self._number += 1
        self._tries += 1
        own: tuple[Header, ...] = (
            ("Max-Forwards", "70"),
            ("From", self._from),
            ("Call-ID", self._call_id),
            ("CSeq", f"{self._number} {self._method}"),
        )
        credentials: tuple[Header, ...] = ()
        if self._keyring is not None:
            credentials = self._keyring.headers(self._method, self.uri, self._name())
        return Request((*own, *self._headers, *credentials), self._body, self._method, self.uri)

    def receive(self, response: Response) -> bool:
        """Whether ``next`` is to be sent because of this final response."""
        if self._keyring is None or self._tries >= MOST_TRIES:
            return False
        return self._keyring.learn(response)


def address(uri: str, name: str = "") -> str:
    """A From, To or Contact value.

    Raises:
        MessageError: nobody could read it.
    """
    shown = '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '" ' if name else ""
    text = f"{shown}<{uri}>"
    Address.parse(text)
    return text
