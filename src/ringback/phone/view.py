"""What a phone tells of itself: Info, ``status.xml``, the running configuration.

Each view is a function of the phone and the time to a tab or a body; panel.py decides who sees it.
Labels and the order of Info are those of the phones' pages (S20).
"""

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from ringback.cisco import flat_profile
from ringback.cisco.parameter import Access, Parameter, spell
from ringback.cisco.resync import phone_offset
from ringback.phone import page, sheet
from ringback.phone.handset import Handset
from ringback.phone.lines import Lines
from ringback.phone.report import Reports
from ringback.phone.secret import MASK, mask
from ringback.phone.security import certificate_status
from ringback.phone.upgrade import Upgrades
from ringback.phone.zero_touch import ZeroTouch

Row = tuple[str, str]
"""A label, and what is so."""
Sections = tuple[tuple[str, tuple[Row, ...]], ...]
"""Titles, and what stands under them."""

_UNFIT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""Characters that XML cannot hold; a form can."""


def sections(phone: Handset, now: float) -> Sections:
    """What Info tells: the product, provisioning, authorities, and why the phone restarted."""
    offset = phone_offset(phone.value("Time_Zone"))
    lines = tuple(phone.part(Lines).facts(now))
    return (
        ("Product Information", tuple(_product(phone, now))),
        *((("Ext Status", lines),) if lines else ()),
        ("Provisioning", tuple(_progress(phone))),
        ("Firmware and Reports", tuple(_exchanged(phone))),
        ("Custom CA Status", tuple(_authority(phone, offset))),
        ("Reboot History", tuple(_reboots(phone, offset))),
    )


def info(phone: Handset, now: float) -> page.Tab:
    """Info as a tab."""
    body = "".join(page.facts(title, rows) for title, rows in sections(phone, now))
    return page.Tab("info", "Info", body)


def configuration(phone: Handset, now: float) -> bytes:
    """The running configuration as a profile; secrets masked, hidden registers left out.

    Generations that tell groups write Info first, as fields that nobody can set (C10, F).
    """
    traits = phone.identity.model.traits
    shown = [
        Parameter(each.name, _masked(phone, each), each.access)
        for each in phone.profile
        if not each.name.startswith("GPP_S")
    ]
    if not traits.config_groups:
        return flat_profile.write(shown, root=traits.xml_root)
    told = dict(_told(phone, now))
    product = [Parameter(name, value, Access.RO) for name, (value, _) in told.items()]

    def group(name: str) -> str:
        return told[name][1] if name in told else _group(phone, name)

    return flat_profile.write([*product, *shown], root=traits.xml_root, group=group)


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


def _product(phone: Handset, now: float) -> Iterable[Row]:
    who = phone.identity
    yield "Product Name", who.model.name
    yield "Serial Number", who.serial
    yield "Software Version", who.load
    yield "MAC Address", who.mac.upper
    yield "Client Certificate", certificate_status(who.pair)
    yield "Customization", str(phone.part(ZeroTouch).state)
    if who.address:
        yield "Current IP", who.address
    yield "Current Time", _clock(phone, now)


def _reboots(phone: Handset, offset: timedelta) -> Iterable[Row]:
    """The last starts, newest first, in phone time."""
    for count, boot in enumerate(phone.history.boots, 1):
        moved = replace(boot, at=boot.at + offset.total_seconds())
        yield f"Reboot Reason {count}", str(moved)


def _progress(phone: Handset) -> Iterable[Row]:
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


def _exchanged(phone: Handset) -> Iterable[Row]:
    """How the last upgrade and the last report went; labels are *inferred*."""
    upgrades = phone.part(Upgrades)
    yield "Firmware Upgrade Status", _upgrade_status(phone, upgrades)
    for count, sent in enumerate(phone.part(Reports).last, 1):
        told = mask(f"failed: {sent.error}") if sent.error else "sent"
        yield f"Report {count}", f"{_clock(phone, sent.at)} {told} ({sent.url})"


def _upgrade_status(phone: Handset, upgrades: Upgrades) -> str:
    if upgrades.attempted is None:
        return "Idle"
    how = mask(f"Failed: {upgrades.error}") if upgrades.error else "Succeeded"
    return f"{_clock(phone, upgrades.attempted)} {how}"


def _authority(phone: Handset, offset: timedelta) -> Iterable[Row]:
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
    value = _fit(parameter.value or "")
    if phone.profile.secret(parameter.name):
        return MASK if value else ""
    return mask(value)


def _fit(value: str) -> str:
    return _UNFIT.sub("\ufffd", value)


def _told(phone: Handset, now: float) -> Iterable[tuple[str, tuple[str, str]]]:
    """Info as fields of a profile: name, and value and group; no parameter's name is taken."""
    for title, rows in sections(phone, now):
        for label, value in rows:
            name = spell(label)
            if name not in phone.profile:
                yield name, (_fit(value), f"Info/{spell(title)}")


def _group(phone: Handset, name: str) -> str:
    """``Tab/Section`` of a parameter, blanks as underscores."""
    entry = phone.profile.catalogue.entry(name)
    return "/".join(map(spell, sheet.place(name, entry))) if entry else ""
