"""``ringback cert``: who this server and its phones can prove to be.

``authority`` founds one, ``server`` and ``issue`` have it sign, ``request``, ``sign`` and
``install`` deal with authorities elsewhere, ``check`` explains, ``renew``, ``revoke`` and
``list`` look after what there is.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from ringback.certificate import authority as authorities
from ringback.certificate import certificate as certificates
from ringback.certificate.chain import day
from ringback.certificate.form import serial_text
from ringback.certificate.key import Kind
from ringback.certificate.request import Hosts
from ringback.certificate.roster import Phone
from ringback.certificate.roster import read as read_roster
from ringback.certificate.vault import DEVICES, read_bytes
from ringback.cli.arguments import Json, MaybeModelName
from ringback.cli.authorities import app as authority
from ringback.cli.requests import ask, install, sign
from ringback.cli.terminal import terminal
from ringback.cli.vaults import (
    Days,
    KeyKind,
    Passphrase,
    State,
    as_dict,
    print_json,
    printable,
    registrar,
    say,
)
from ringback.cli.verdicts import check
from ringback.errors import UsageError
from ringback.operations.certify import Registrar, Status

app = App(name="cert", help="Certificates for this server and its phones.")
app.command(authority)
app.command(ask, name="request")
app.command(sign)
app.command(install)
app.command(check)

_COLOURS = {Status.VALID: "green", Status.REVOKED: "red", Status.EXPIRED: "red"}


@app.command
def server(
    name: str,
    /,
    *more: str,
    email: str = "",
    organization: str = "",
    key_type: KeyKind = Kind.RSA_2048,
    days: Days = None,
    passphrase_file: Passphrase = None,
    state: State = None,
    as_json: Json = False,
) -> None:
    """Make a certificate for this server with our own authority, and serve it.

    Args:
        name: The server's host name, as in the phones' profile rule.
        more: Further host names and IP addresses.
        email: Where you can be reached.
        organization: The organisation.
        key_type: RSA for phones of every generation.
        days: How long it is valid.
        passphrase_file: Opens the authority's key.
        state: Where state is kept.
        as_json: Report as one JSON object.
    """
    by = registrar(state, passphrase_file)
    hosts = Hosts.parse([name, *more], email=email)
    made = by.certify_server(
        hosts, kind=key_type, days=days or authorities.SERVER_DAYS, organization=organization
    ).certificate
    if as_json:
        print_json(as_dict(made) | {"file": str(by.vault.server_file)})
    else:
        say(f"made {made}, until {day(made.not_after)}: {by.vault.server_file}")


@app.command
def issue(
    *,
    mac: Annotated[str | None, Parameter(help="The phone's MAC address.")] = None,
    serial: Annotated[str | None, Parameter(help="Its serial number.")] = None,
    model: MaybeModelName = None,
    roster: Annotated[Path | None, Parameter(name="--list")] = None,
    again: Annotated[bool, Parameter(negative="")] = False,
    key_type: KeyKind = Kind.RSA_2048,
    days: Days = None,
    passphrase_file: Passphrase = None,
    state: State = None,
    as_json: Json = False,
) -> None:
    """Issue device certificates: for one phone, or for every phone of a list.

    A phone that has a valid one is passed over, so an interrupted run can be repeated.

    Args:
        mac: The phone's MAC address.
        serial: Its serial number.
        model: Its model; for a list, the model of lines that name none.
        roster: A CSV file: MAC, serial number and model, a phone a line, in any order.
        again: Issue anew to phones that have one.
        key_type: RSA for phones of every generation.
        days: How long they are valid.
        passphrase_file: Opens the authority's key.
        state: Where state is kept.
        as_json: Report as one JSON object.
    """
    phones = _phones(mac, serial, model, roster)
    by = registrar(state, passphrase_file)
    wanted = phones if again else _without(by, phones)
    made = []
    signer = by.vault.open(by.secret)
    for phone in _with_progress(wanted, quiet=as_json or len(wanted) < 2):
        length = days or authorities.DEVICE_DAYS
        by.certify_phone(phone, signer, kind=key_type, days=length)
        made.append(
            {"mac": str(phone.mac), "file": str(by.vault.pair_file(DEVICES, str(phone.mac)))}
        )
    passed = len(phones) - len(wanted)
    if as_json:
        print_json({"issued": made, "passed_over": passed})
    else:
        _tell(made, passed, by.vault.folder / DEVICES)


def _tell(made: Sequence[Mapping[str, str]], passed: int, folder: Path) -> None:
    if len(made) == 1 and not passed:
        say(f"issued {made[0]['mac']}: {made[0]['file']}")
    else:
        say(f"issued {len(made)} certificates, passed over {passed} that are valid: {folder}")


def _phones(
    mac: str | None, serial: str | None, model: str | None, roster: Path | None
) -> tuple[Phone, ...]:
    if roster is not None and mac is None and serial is None:
        text = read_bytes(roster).decode("utf-8", errors="replace")
        return read_roster(text, name=str(roster), model=model or "")
    if roster is None and mac and serial and model:
        return (Phone.of(mac, serial, model),)
    raise UsageError(
        "which phone?", remedy="--mac, --serial and --model for one; --list FILE for many"
    )


def _without(by: Registrar, phones: Sequence[Phone]) -> tuple[Phone, ...]:
    lists = by.vault.lists() if by.vault.exists else ()
    return tuple(phone for phone in phones if not by.has_valid(phone, lists))


def _with_progress(phones: Sequence[Phone], *, quiet: bool) -> Iterator[Phone]:
    console = terminal(errors=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
               TimeRemainingColumn())  # fmt: skip
    with Progress(*columns, console=console, disable=quiet) as progress:
        yield from progress.track(phones, description="issuing")


@app.command
def renew(
    *names: str,
    due: Annotated[int | None, Parameter(help="All that expire within so many days.")] = None,
    new_key: Annotated[bool, Parameter(negative="")] = False,
    days: Days = None,
    passphrase_file: Passphrase = None,
    state: State = None,
    as_json: Json = False,
) -> None:
    """Renew certificates that our authority issued: same names, new dates.

    Args:
        names: MAC addresses of phones, or server names.
        due: Renew all that expire within so many days.
        new_key: Make a new key as well.
        days: How long they are valid; as at first otherwise.
        passphrase_file: Opens the authority's key.
        state: Where state is kept.
        as_json: Report as one JSON object.
    """
    by = registrar(state, passphrase_file)
    wanted = list(names) if due is None else [*names, *by.due(due)]
    if not names and due is None:
        raise UsageError("renew what?", remedy="a MAC address, a server name, or --due DAYS")
    made = []
    for name in dict.fromkeys(wanted):
        made.append(by.renew(name, days=days or 0, new_key=new_key).certificate)
        if not as_json:
            say(f"renewed {made[-1]}, until {day(made[-1].not_after)}")
    if as_json:
        print_json({"renewed": [as_dict(each) for each in made]})
    elif not made:
        say("nothing is due")


@app.command
def revoke(
    wanted: str,
    /,
    *,
    reason: Annotated[str, Parameter(help="RFC 5280's: keyCompromise, superseded …")] = (
        "unspecified"
    ),
    passphrase_file: Passphrase = None,
    state: State = None,
    as_json: Json = False,
) -> None:
    """Take a certificate back: from the next handshake on it is refused here.

    Args:
        wanted: A MAC address, a server name, a serial number, or the certificate's file.
        reason: Why.
        passphrase_file: Opens the authority's key.
        state: Where state is kept.
        as_json: Report as one JSON object.
    """
    by = registrar(state, passphrase_file)
    path = Path(wanted)
    if path.is_file():
        found = certificates.read(read_bytes(path), name=wanted)[0]
    else:
        found = by.find(wanted)
    entry = by.revoke(found, reason=reason)
    if as_json:
        print_json(as_dict(found) | {"reason": entry.reason, "lists": str(by.vault.lists_file)})
    else:
        say(f"revoked {found} ({entry.reason}): {by.vault.lists_file}")


@app.command(name="list")
def overview(
    *,
    due: Annotated[int | None, Parameter(help="Those that expire within so many days.")] = None,
    every: Annotated[bool, Parameter(name="--all", negative="")] = False,
    state: State = None,
    as_json: Json = False,
) -> None:
    """List what our authority issued, soonest to expire first.

    Args:
        due: Only those that expire within so many days.
        every: Also those that were revoked, replaced or have expired.
        state: Where state is kept.
        as_json: Report as one JSON object.
    """
    by = registrar(state)
    rows = [
        each
        for each in by.standings()
        if (every or each.status in {Status.VALID, Status.EARLY})
        and (due is None or each.certificate.not_after - by.now < due * 86400)
    ]
    if as_json:
        found = [as_dict(each.certificate) | {"status": each.status.value, "name": each.name}
                 for each in rows]  # fmt: skip
        print_json({"certificates": found})
        return
    console, widest = terminal(), max((len(each.name) for each in rows), default=4)
    console.print(Text(f"expires     in days  status         {'name':<{widest}}  serial", "bold"))
    for each in rows:
        left = int((each.certificate.not_after - by.now) // 86400)
        row = Text(f"{day(each.certificate.not_after)[:10]}  {left:>7}  ")
        row.append(f"{each.status.value:<13}", style=_COLOURS.get(each.status, "yellow"))
        row.append(f"  {printable(each.name):<{widest}}  {serial_text(each.certificate.serial)}")
        console.print(row)
