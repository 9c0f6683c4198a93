"""``ringback explain``: what a phone would fetch, be given and become, and why."""

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from ringback import clock
from ringback.certificate import certificate as certificates
from ringback.certificate.vault import read_bytes
from ringback.cli.arguments import Json
from ringback.cli.facts import Facts
from ringback.cli.serving import with_default_addresses
from ringback.cli.stores import StoreFile, opened
from ringback.cli.stories import Teller
from ringback.cli.when import moment
from ringback.serve.explain import explain as find_out
from ringback.serve.setting import Inquiry
from ringback.settings import read_settings


class Evidence(StrEnum):
    """What a phone shows of itself over HTTPS."""

    CERTIFICATE = "certificate"
    TOKEN = "token"  # noqa: S105 (no secret)
    """No certificate: a token, if there is one, stands in the rules and so in the requests."""
    NOTHING = "nothing"


def explain(
    device: str,
    /,
    *,
    as_of: Annotated[str | None, Parameter(name="--as-of")] = None,
    rule: Annotated[str | None, Parameter(name="--rule", allow_leading_hyphen=True)] = None,
    fresh: Annotated[bool | None, Parameter(name="--fresh", negative="--known")] = None,
    as_: Annotated[Evidence, Parameter(name="--as")] = Evidence.CERTIFICATE,
    dhcp: Annotated[tuple[str, ...], Parameter(name="--dhcp", negative="")] = (),
    foreign: Annotated[tuple[str, ...], Parameter(name="--foreign", negative="")] = (),
    reports: Path | None = None,
    ca: Annotated[tuple[Path, ...], Parameter(name="--ca", negative="")] = (),
    state: Path | None = None,
    tls_cert: Path | None = None,
    root: Path | None = None,
    show_secrets: Annotated[bool, Parameter(name="--show-secrets", negative="")] = False,
    store: StoreFile = None,
    config: Path | None = None,
    as_json: Json = False,
) -> None:
    """Tell what a phone would ask for, be given and become, and why. No phone is touched.

    The real answer path answers the real mind of a virtual phone, as ringback.toml has the server.
    It is told from what is known of the phone (what it was given, what it reported), or from
    power-on when nothing is, until a resync changes nothing more.

    Args:
        device: Its MAC in any spelling, or any fragment of what is known of it.
        as_of: A release's number, or a time (2026-03-03, 90d): answer from what was served then.
        rule: A one-shot rule instead of the phone's own, such as [--key secret] URL.
        fresh: From power-on, fresh from the factory; --known from its last known state.
        as_: What the phone shows of itself: certificate, token (in its URLs) or nothing.
        dhcp: What DHCP says, OPTION=TEXT, such as 66=prov.example.com; no for nothing. Default:
            that option 66 names our server.
        foreign: A host that is somebody else's, and is not asked; repeatable.
        reports: The folder of serve --reports.
        ca: Authorities in the phone's firmware (PEM); repeatable.
        state: The server's state folder: whether the phone trusts our HTTPS is judged then.
        tls_cert: The server's certificate chain, for the same.
        root: The folder that is served beside the releases.
        show_secrets: Show passwords and keys.
        store: Which fleet.
        config: The settings file; ringback.toml in the working folder when there is one.
        as_json: One JSON object instead.
    """
    given = {"root": root, "state": state, "tls_cert": tls_cert}
    options = {name: value for name, value in given.items() if value is not None}
    settings = with_default_addresses(read_settings(config, {"serve": options}).serve)
    release, time = _as_of(as_of)
    inquiry = Inquiry(
        device, release, time, rule, fresh, as_ is Evidence.CERTIFICATE, dhcp, foreign,
        reports or settings.reports,
        tuple(each for file in ca for each in certificates.read(read_bytes(file), name=str(file))),
    )  # fmt: skip
    with opened(store) as found:
        facts = Facts(find_out(found, settings, inquiry, clock.now()), secrets=show_secrets)
    if as_json:
        print(json.dumps(facts.everything(), ensure_ascii=False, indent=1))
    else:
        Teller(facts).tell()


def _as_of(text: str | None) -> tuple[int | None, float | None]:
    """A release's number, or a time."""
    if text is None:
        return None, None
    return (int(text), None) if text.isdigit() else (None, moment(text, clock.now()))
