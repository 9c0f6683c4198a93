"""``ringback notify``: tell a phone something over SIP now, and say truthfully what is known.

A 200 says that the phone heard and did not mind. Whether it resynced is in its server's log, in
what it says on syslog and on its page: this command never claims it.
"""

import asyncio
import json
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter
from rich.text import Text

from ringback.cisco import notice
from ringback.cli.arguments import Json
from ringback.cli.rules import printable
from ringback.cli.terminal import terminal
from ringback.dns.resolver import Resolver
from ringback.errors import MessageError, StorageError, TransferError, UsageError
from ringback.phone.execute import MOST_BYTES
from ringback.phone.switchboard import peers
from ringback.sip.endpoint import Endpoint, new_name
from ringback.sip.errand import Errand, address
from ringback.sip.field import Uri
from ringback.sip.keyring import Keyring
from ringback.sip.message import Response
from ringback.sip.peer import Peer, bracketed
from ringback.sip.registration import escaped
from ringback.sip.respond import respond
from ringback.sip.transaction import Timing

REFUSED, SILENT = 1, 3
"""Exit codes: the other end said no; nobody said anything."""
MOST_PASSWORD = 1024


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is known after a NOTIFY. ``response`` None: nobody answered, for the reason ``why``."""

    uri: str
    event: str
    response: Response | None
    tries: int
    why: str = ""

    @property
    def code(self) -> int:
        """The exit code."""
        if self.response is None:
            return SILENT
        return 0 if self.response.code < 300 else REFUSED

    def __str__(self) -> str:
        told = f"NOTIFY {self.event} to {self.uri}:"
        if self.response is None:
            return f"{told} no answer ({self.why})"
        after = " after a challenge" if self.tries > 1 else ""
        return f"{told} {printable(str(self.response))}{after}{self._remedy}"

    @property
    def _remedy(self) -> str:
        """What to do about a challenge that is the last word."""
        if self.response is None or self.response.code not in (401, 407):
            return ""
        if self.tries > 1:
            return ": the user name or the password is wrong"
        return ": name --user and --password-file"

    def facts(self) -> dict[str, Any]:
        """The same for a program."""
        response = self.response
        return {
            "uri": self.uri,
            "event": self.event,
            "status": response.code if response else None,
            "reason": printable(str(response).partition(" ")[2]) if response else None,
            "challenged": self.tries > 1,
            "server": printable(response.get("Server")) or None if response else None,
            "explanation": self.why or None,
        }


def notify(
    target: str,
    /,
    *,
    event: Annotated[str, Parameter(name="--event")] = "resync",
    rule: Annotated[str, Parameter(name="--rule", allow_leading_hyphen=True)] = "",
    user: Annotated[str, Parameter(name="--user")] = "",
    password_file: Annotated[Path | None, Parameter(name="--password-file")] = None,
    tcp: Annotated[bool, Parameter(name="--tcp", negative="")] = False,
    body: Annotated[Path | None, Parameter(name="--body")] = None,
    proxy: Annotated[str, Parameter(name="--proxy")] = "",
    sender: Annotated[str, Parameter(name="--from")] = "",
    bind: Annotated[str, Parameter(name="--bind")] = "0.0.0.0:0",
    timeout: Annotated[float, Parameter(name="--timeout")] = 10.0,
    as_json: Json = False,
) -> None:
    """Send a SIP NOTIFY to a phone and say what came back.

    Exits 0 when the answer was 2xx, 1 when it was a refusal, 3 when there was none. A 200 says that
    the phone heard; whether it resynced, its server's log and its syslog lines say.

    Args:
        target: HOST[:PORT] of the phone, USER@HOST[:PORT], or a sip: address of record.
        event: resync, check-sync, report, reboot, restart (each with _now), XML-Service …
        rule: A one-shot profile rule for the resync.
        user: User name for the phone's (or the proxy's) challenge: the line's User_ID or Auth_ID.
        password_file: The file whose first line is the password; - for standard input.
        tcp: Over TCP instead of UDP.
        body: The file to send as the body, byte for byte.
        proxy: HOST[:PORT] to send it to instead, which routes it to where the phone registered.
        sender: The From address, such as sip:provisioning@example.com.
        bind: HOST:PORT to send from. Default: wherever the system likes.
        timeout: Seconds to wait for an answer.
        as_json: One JSON object instead.
    """
    if rule and event.lower() != "resync":
        raise UsageError("--rule goes with --event resync")
    keyring = _keyring(user, password_file)
    content = _read(body, MOST_BYTES) if body else b""
    uri = _uri(target, user, tcp=tcp)
    errand = _Plan(uri, notice.write(event, rule), content, sender, keyring)
    outcome = asyncio.run(_send(errand, proxy, bind, min(max(timeout, 0.1), 300.0), tcp=tcp))
    if as_json:
        print(json.dumps(outcome.facts(), ensure_ascii=False))
    elif outcome.code:
        print(f"ringback: {outcome}", file=sys.stderr)
    else:
        terminal().print(Text(str(outcome)))
    sys.exit(outcome.code)


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is to be sent."""

    uri: Uri
    event: str
    body: bytes
    sender: str
    keyring: Keyring | None

    def errand(self, host: str) -> Errand:
        """The errand, from somebody at ``host``."""
        sender = address(self.sender or f"sip:ringback@{bracketed(host)}")
        headers = [
            ("To", address(self.uri.text)),
            ("Contact", sender),
            ("Event", self.event),
            ("Subscription-State", "terminated;reason=noresource"),
        ]
        if self.body:
            xml = self.body.lstrip().startswith(b"<")
            headers.append(("Content-Type", "text/xml" if xml else "text/plain"))
        return Errand(
            "NOTIFY", self.uri.text, tuple(headers),
            sender=sender, name=new_name, keyring=self.keyring, body=self.body,
        )  # fmt: skip


async def _send(plan: _Plan, proxy: str, bind: str, seconds: float, *, tcp: bool) -> Outcome:
    """Send it to the first address that answers."""
    uri = plan.uri
    own = _bound(bind) if bind else None
    outcome = Outcome(uri.text, plan.event, None, 0, "nobody to ask")
    try:
        where = proxy or f"{uri.host}:{uri.port or 5060}"
        for peer in await peers(Resolver(), where, "TCP" if tcp else "UDP"):
            outcome = await _ask(plan, peer, own or (_anywhere(peer), 0), seconds)
            if outcome.response is not None:
                break
    except TransferError as error:
        return replace(outcome, why=error.what)
    except MessageError as error:
        raise UsageError(str(error)) from error
    return outcome


async def _ask(plan: _Plan, peer: Peer, own: tuple[str, int], seconds: float) -> Outcome:
    endpoint = Endpoint(lambda request, *_: respond(request, 405, ("Allow", "")))
    await endpoint.start(*own)
    uri, response, why = plan.uri.text, None, ""
    try:
        errand = plan.errand(endpoint.here(peer)[0])
        response = await endpoint.fulfil(errand, peer, timing=Timing(give_up=seconds))
    except TransferError as error:
        why = error.what
    finally:
        endpoint.close()
    return Outcome(uri, plan.event, response, errand.tries, why)


def _anywhere(peer: Peer) -> str:
    """All our addresses of the peer's kind."""
    return "::" if ":" in peer.host else "0.0.0.0"  # noqa: S104 (towards anybody)


def _uri(target: str, user: str, *, tcp: bool) -> Uri:
    """The address of record, or of the phone; the user for the challenge is the line's, mostly."""
    text = target.strip()
    if not text.lower().startswith(("sip:", "sips:")):
        named = "@" in text or not user
        text = f"sip:{text}" if named else f"sip:{escaped(user)}@{text}"
        text += ";transport=tcp" if tcp else ""
    try:
        found = Uri.parse(text)
    except MessageError as error:
        remedy = "HOST[:PORT], USER@HOST[:PORT] or sip:USER@HOST"
        raise UsageError(f"not a phone's address: {target!r}", remedy=remedy) from error
    if found.scheme != "sip":
        raise UsageError(f"{found.scheme} is not spoken here", remedy="use sip:")
    return found


def _bound(text: str) -> tuple[str, int]:
    host, _, port = text.strip().rpartition(":") if ":" in text else (text, "", "0")
    if not host or not (port.isascii() and port.isdigit()) or int(port) > 65535:
        raise UsageError(f"not an address: {text!r}", remedy="--bind HOST:PORT")
    return host.strip("[]"), int(port)


def _keyring(user: str, path: Path | None) -> Keyring | None:
    """Credentials, if there are any; a user name that no header can hold is wrong usage."""
    if not user:
        return None
    if not user.isprintable():
        raise UsageError("the user name holds a control character")
    return Keyring(user, _password(path))


def _password(path: Path | None) -> str:
    if path is None:
        return ""
    data = sys.stdin.buffer.readline(MOST_PASSWORD) if str(path) == "-" else _read(path, 1 << 16)
    return data.split(b"\n", 1)[0].rstrip(b"\r").decode("utf-8", "surrogateescape")


def _read(path: Path, most: int) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(most + 1)
    except OSError as error:
        raise StorageError(f"{path} cannot be read: {error.strerror or error}") from error
    if len(data) > most:
        raise UsageError(f"{path} is longer than {most} bytes")
    return data
