"""What a phone asks a server for, as the request its door carries out.

The same for a profile and for a custom authority: which schemes it has, where a rule without a
server goes, what the User-Agent line says, how it shakes hands.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from ringback.cisco import aes128gcm, alias
from ringback.cisco.agent import agent_line
from ringback.cisco.alias import Alias
from ringback.cisco.macro import expand
from ringback.cisco.option import Options
from ringback.cisco.url import PORTS, Url
from ringback.errors import Failure, RingbackError, RuleError, TransferError, UsageError
from ringback.phone import locate
from ringback.phone.action import Fetch
from ringback.phone.fault import Bug

if TYPE_CHECKING:
    from ringback.phone.handset import Handset

SCHEMES = frozenset({"tftp", "http", "https"})
"""Schemes this phone fetches by; an activation code (gds) is none."""


def with_server(phone: "Handset", url: Url, host: str) -> Url:
    """Where to ask: a rule that names no server means ``host``, else the one DHCP gave.

    Raises:
        TransferError: it is none of Restricted_Access_Domains.
    """
    if not url.host and host:
        url = replace(url, host=host)
    elif not url.host:
        server = Url.parse(f"tftp://{phone.identity.lease.server}/")
        url = replace(url, host=server.host, port=url.port or server.port)
    locate.refuse_restricted(url.host, locate.domains(phone))
    return url


def refuse_impossible(url: Url) -> None:
    """Refuse what no phone could fetch.

    Raises:
        TransferError: another scheme, or no server at all.
    """
    if url.scheme not in SCHEMES:
        raise TransferError(
            f"this phone does not fetch by {url.scheme}",
            failure=Failure.SCHEME,
            remedy="use tftp://, http:// or https://",
        )
    if not url.host:
        raise TransferError(
            "the rule names no server and DHCP gave none",
            failure=Failure.NO_SERVER,
            remedy="name a server in the rule, or give one as DHCP option 66 does",
        )


def request(
    phone: "Handset",
    url: Url,
    addresses: tuple[str, ...],
    options: Options,
    body: bytes | None = None,
) -> Fetch:
    """The request for a file of a server that is at one of ``addresses``; POST with a body."""
    if Bug.NO_FILENAME in phone.identity.bugs:
        url = replace(url, path="/")
    return Fetch(
        url,
        addresses,
        agent(phone),
        options.uid or "",
        options.pwd or "",
        phone.trust.security(),
        body=body,
        domains=locate.domains(phone),
        missing=phone.identity.model.traits.not_found,
        source_ports=_source_ports(phone, url),
    )


def _source_ports(phone: "Handset", url: Url) -> tuple[int, ...]:
    """Later phones send from a few ports of their own to a TFTP server on an unusual port (S17)."""
    usual = url.scheme != "tftp" or url.effective_port == PORTS["tftp"]
    return () if usual else phone.identity.model.traits.tftp_ports


def posted(phone: "Handset", options: Options, macros: Mapping[str, str]) -> bytes | None:
    """What ``--post x`` sends: GPP_X with its macros expanded (S10); None without the option."""
    if options.post is None:
        return None
    return expand(phone.value(gpp(options.post)), macros).text.encode()


def aliases(phone: "Handset", options: Options) -> tuple[Alias, ...]:
    """The table that ``--alias x`` names; none without the option.

    Raises:
        RuleError: ``aliases error``.
    """
    return () if options.alias is None else alias.parse(phone.value(gpp(options.alias)))


def gpp(letter: str) -> str:
    """The parameter that an option names by its letter."""
    return f"GPP_{letter.upper()}"


def agent(phone: "Handset") -> str:
    """The User-Agent line."""
    who, template = phone.identity, phone.value("HTTP_User_Agent_Name")
    return agent_line(who.model, who.mac, who.serial, who.load, template)


def ikm(phone: "Handset") -> bytes | None:
    """The input keying material for aes128gcm; None when there is none of use."""
    text = phone.value("IKM_HTTP_Encrypt_Content").strip()
    if not text or not phone.identity.model.traits.content_encryption:
        return None
    try:
        return aes128gcm.parse_ikm(text)
    except UsageError:
        return None


def in_words(error: RingbackError) -> str:
    """What happened and the remedy; for a rule, the column as typed."""
    if isinstance(error, RuleError) and error.place.column:
        told = RingbackError(error.what, remedy=error.remedy)
        return f"column {error.place.column}: {told}"
    return str(error)
