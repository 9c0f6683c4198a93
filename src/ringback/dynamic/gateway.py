"""Scripts under /cgi-bin/: from a request to the page its script makes (RFC 3875).

What cannot be run gets the uniform refusal, with the remedy in the log. What ran and failed gets
a 5xx (``page`` says why): 500 when the script failed, 502 when what it printed is no answer, 503
when too many run, 504 when it took too long. A script that exits with an error gets no answer
delivered, even if what it printed looks whole: unlike Apache, we would rather have a phone keep
its settings than take half of new ones.
"""

from typing import Final

from ringback import clock
from ringback.dynamic import mod_ssl
from ringback.dynamic.asked import Asked, Evidence, Seat
from ringback.dynamic.cgi import bounded, meta_variables
from ringback.dynamic.child import BusyError, End, Nursery, Outcome
from ringback.dynamic.folder import Folder, Script
from ringback.dynamic.limits import SCRIPT, Limits
from ringback.dynamic.page import Page, failed
from ringback.dynamic.reply import parse
from ringback.errors import CertificateError, MessageError

PREFIX: Final = "/cgi-bin/"
_STATUS: Final = {End.DEADLINE: 504, End.FLOOD: 502, End.EXITED: 500}
_LONGEST_COMPLAINT: Final = 300


class Gateway:
    """Runs the scripts of one folder."""

    def __init__(self, folder: Folder, limits: Limits = SCRIPT) -> None:
        self.folder = folder
        self.nursery = Nursery(limits)

    def wants(self, path: str) -> bool:
        """Whether a request for ``path`` is the gateway's."""
        return path.startswith(PREFIX)

    async def answer(self, asked: Asked, evidence: Evidence | None, seat: Seat) -> Page:
        """The page for a request; ``evidence`` when it came over TLS.

        Raises:
            NotFoundError, RefusedError: for the uniform refusal; the log should hold them.
        """
        script = self.folder.script(asked.path.removeprefix(PREFIX))
        environment = bounded(self.variables(asked, evidence, seat, script), self.nursery.limits)
        try:
            outcome = await self.nursery.run(
                [script.file], environment=environment, folder=script.folder, given=asked.body
            )
        except BusyError:
            return failed(503, "too many scripts wait for their turn")
        return judge(script.name, outcome)

    def variables(
        self, asked: Asked, evidence: Evidence | None, seat: Seat, script: Script
    ) -> dict[str, str]:
        """The environment of a script."""
        found = meta_variables(
            asked,
            script_name=PREFIX + script.name,
            path_info=script.rest,
            file=script.file,
            seat=seat,
        )
        if evidence is not None:
            try:
                found |= mod_ssl.variables(evidence, clock.now())
            except CertificateError:  # unreadable is as good as not shown
                found |= {"HTTPS": "on", "SSL_CLIENT_VERIFY": "NONE"}
        return found


def judge(name: str, outcome: Outcome) -> Page:
    """The page that a script made, or why it made none."""
    complaint = _complaint(outcome.complaint)
    if not outcome.well:
        return failed(_STATUS[outcome.end], f"{name} {outcome}{complaint}")
    try:
        reply = parse(outcome.output)
    except MessageError as error:
        return failed(502, f"{name}: {error}{complaint}")
    why = f"{name} said{complaint}" if complaint else ""
    return Page(reply.status, reply.body, reply.content_type, reply.headers, why, reply.local)


def _complaint(text: bytes) -> str:
    """What a script wrote to standard error, on one line that cannot pass for another."""
    words = " ".join(text.decode("utf-8", "replace").split())
    shown = "".join(each if each.isprintable() else "?" for each in words)
    return f": {shown[:_LONGEST_COMPLAINT]}" if shown else ""
