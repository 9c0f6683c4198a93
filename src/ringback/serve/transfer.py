"""Answer a TFTP read: the same question as over the web, with no evidence but an address."""

from ringback.operations.answer import Answering
from ringback.provisioning.admission import Channel
from ringback.provisioning.identity import Identity
from ringback.serve.larder import over_tftp
from ringback.tftp.request import ReadRequest


def answer_transfer(answering: Answering, request: ReadRequest) -> bytes:
    """The bytes for a TFTP read.

    Raises:
        NotFoundError, RefusedError: for the one refusal that TFTP has.
    """
    client = request.address, request.port
    identity = Identity(request.address)
    if answering.find is not None:
        ready = answering.ready(request.name, identity, Channel.PLAIN, client)
        if ready is not None:
            return over_tftp(ready)
    if answering.admission.bind_devices:
        answering.admit(request.name, "", identity, Channel.PLAIN)
    return answering.file_for(request.name, identity, client).data
