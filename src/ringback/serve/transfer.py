"""Answer a TFTP read: the same question as over the web, with no evidence but an address."""

from ringback.errors import NotFoundError, RefusedError, SilencedError
from ringback.operations.answer import Answering
from ringback.provisioning.admission import Channel
from ringback.provisioning.evidence import NOTHING, PREFIX, Offer, part
from ringback.provisioning.identity import Identity, unproven
from ringback.serve.larder import over_tftp
from ringback.tftp.request import ReadRequest


def answer_transfer(answering: Answering, request: ReadRequest) -> bytes:
    """The bytes for a TFTP read.

    Raises:
        NotFoundError, RefusedError: for the one refusal that TFTP has.
        SilencedError: for one who has had too many of them.
    """
    identity = unproven(request.address)
    try:
        return _answer(answering, request, identity)
    except (NotFoundError, RefusedError) as error:
        guard = answering.guard
        if guard is not None:
            bare, _ = part(request.name)
            guard.refused(bare, identity)
            if guard.pause(bare, identity):
                raise SilencedError(
                    error.what, why="too many MACs were tried from there"
                ) from error
        raise


def _answer(answering: Answering, request: ReadRequest, identity: Identity) -> bytes:
    client = request.address, request.port
    if answering.find is not None:
        ready = answering.ready(request.name, identity, Channel.PLAIN, client, _offer(request.name))
        if ready is not None:
            return over_tftp(ready)
    if answering.admission.bind_devices:
        answering.admit(request.name, "", identity, Channel.PLAIN)
    return answering.file_for(request.name, identity, client).data


def _offer(name: str) -> Offer:
    """The token in a path; TFTP has nothing else to offer."""
    if not name.lstrip("/").startswith(PREFIX[1:]):
        return NOTHING
    return Offer(part(name if name.startswith("/") else f"/{name}")[1])
