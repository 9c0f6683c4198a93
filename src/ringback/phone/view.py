"""What a phone's pages show: Info, the settings, the running configuration.

Each view is a function of the phone and the time to a tab or a body; panel.py decides who sees it.
"""

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from ringback.cisco import flat_profile
from ringback.cisco.parameter import Parameter
from ringback.cisco.resync import phone_offset
from ringback.phone import page
from ringback.phone.handset import Handset
from ringback.phone.secret import MASK, mask
from ringback.phone.security import certificate_status

_UNFIT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""Characters that XML cannot hold; a form can."""


def info(phone: Handset, now: float) -> page.Tab:
    """Info: the product, provisioning, and why the phone restarted."""
    who = phone.identity
    product = page.facts(
        "Product Information",
        (
            ("Product Name", who.model.name),
            ("Serial Number", who.serial),
            ("MAC Address", who.mac.upper),
            ("Software Version", who.load),
            ("Client Certificate", certificate_status(who.pair)),
            ("Current Time", _clock(phone, now)),
        ),
    )
    offset = phone_offset(phone.value("Time_Zone"))
    boots = (replace(boot, at=boot.at + offset.total_seconds()) for boot in phone.history.boots)
    reboots = ((str(count), str(boot)) for count, boot in enumerate(boots, 1))
    body = product + page.facts("Provisioning", _progress(phone))
    body += page.facts("Custom CA Status", _authority(phone, offset))
    return page.Tab("info", "Info", body + page.facts("Reboot History", reboots))


def settings(phone: Handset, name: str, *, group: str = "") -> page.Tab:
    """One tab of settings, with a field for every parameter the model has there."""
    body = page.settings(page.fields_of(name, phone.profile))
    return page.Tab(name.lower(), name, body, group=group)


def configuration(phone: Handset) -> bytes:
    """The running configuration as a profile; secrets masked, hidden registers left out."""
    shown = (
        Parameter(each.name, _masked(phone, each), each.access)
        for each in phone.profile
        if not each.name.startswith("GPP_S")
    )
    return flat_profile.write(shown, root=phone.identity.model.traits.xml_root)


def status(phone: Handset) -> str:
    """Idle, Disabled, In progress, Succeeded, Failed or Parse error in rule (F)."""
    if not phone.holds("Provision_Enable"):
        return "Disabled"
    if phone.resyncing:
        return "In progress"
    if phone.last is None:
        return "Idle"
    error = phone.last.error
    return "Succeeded" if not error else error if error.startswith("Parse error") else "Failed"


def _progress(phone: Handset) -> Iterable[tuple[str, str]]:
    yield "Provisioning Status", status(phone)
    due = phone.due
    yield "Next Resync", str(due) if due.at is None else f"{_clock(phone, due.at)} ({due})"
    last = phone.last
    if last is None:
        return
    yield "Last Resync", f"{last.result} ({last.cause})"
    yield "Last URL", last.url or "none"
    if last.error:
        yield "Last Error", mask(f"{last.error} ({last.explanation})")
    yield "Parameters Changed", ", ".join(change.name for change in last.changes) or "none"


def _authority(phone: Handset, offset: timedelta) -> Iterable[tuple[str, str]]:
    """The two fields of the guide (S1), and why it failed."""
    installed = phone.trust.custom_ca
    yield "Custom CA Provisioning Status", installed.status(offset)
    yield "Custom CA Info", installed.info
    if installed.why:
        yield "Custom CA Error", installed.why


def _clock(phone: Handset, moment: float) -> str:
    """Phone time, as ``Time_Zone`` has it."""
    local = datetime.fromtimestamp(moment, UTC) + phone_offset(phone.value("Time_Zone"))
    return f"{local:%m/%d/%Y %H:%M:%S}"


def _masked(phone: Handset, parameter: Parameter) -> str:
    value = _UNFIT.sub("\ufffd", parameter.value or "")
    if phone.profile.secret(parameter.name):
        return MASK if value else ""
    return mask(value)
