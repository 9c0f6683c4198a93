"""A listener's TLS, kept fresh while it serves: pair and authorities can be replaced.

A new pair goes into a new context, and the context is exchanged as a whole: a failed load ruins
the context it fails in, and a key of another kind would be kept beside the old one. Connections
that stand keep the context they began with.
"""

from collections.abc import Callable, Sequence

from ringback.certificate import asking, engine, tls
from ringback.certificate.certificate import Certificate
from ringback.certificate.pair import Pair
from ringback.certificate.policy import Clients, Policy
from ringback.http.engine import Engine, MakeEngine


class Kept:
    """Call it for an engine; that is what a listener's ``tls`` argument wants.

    Args:
        read: gives the pair, at first and at each ``reload``.
        policy: what clients are asked, and which old ways pass.
        anchors: the authorities whose clients are believed.

    Raises:
        UsageError: when clients are asked and there is no authority to trust.
        RingbackError: when the pair cannot be read, or OpenSSL does not take it.
    """

    def __init__(
        self, read: Callable[[], Pair], policy: Policy, anchors: Sequence[Certificate] = ()
    ) -> None:
        self._read, self.policy, self._anchors = read, policy, tuple(anchors)
        self.pair = read()
        self._make = maker(self.pair, policy, self._anchors)

    def __call__(self) -> Engine:
        """An engine for one connection."""
        return self._make()

    def reload(self) -> bool:
        """Read the pair again; from the next handshake on it is served. False: it is the same.

        Raises:
            RingbackError: when the new pair is unfit; the old one goes on being served.
        """
        new = self._read()
        if bytes(new) == bytes(self.pair):
            return False
        self._make = maker(new, self.policy, self._anchors)
        self.pair = new
        return True

    def believe(self, anchors: Sequence[Certificate]) -> bool:
        """From the next handshake on these authorities' clients are believed, and no others.

        False: they are the same.

        Raises:
            UsageError: when clients are asked and this leaves nobody to believe.
            RingbackError: when OpenSSL does not take one; the old ones hold.
        """
        if tuple(anchors) == self._anchors:
            return False
        self._make = maker(self.pair, self.policy, anchors)
        self._anchors = tuple(anchors)
        return True


def maker(pair: Pair, policy: Policy, anchors: Sequence[Certificate]) -> MakeEngine:
    """What makes engines: Python's ``ssl`` when no client is asked, else pyOpenSSL."""
    if policy.clients is Clients.NONE:
        plain = tls.server_context(pair, policy, anchors)
        return lambda: engine.Engine(plain)
    context = asking.server_context(pair, policy, anchors)
    required = policy.clients is Clients.REQUIRE
    return lambda: asking.Engine(context, required=required)
