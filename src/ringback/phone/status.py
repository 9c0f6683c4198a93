"""A phone's status as label and value: what a status report says, and ``status.xml`` shows.

The names of the reboot reasons are those of the guide (``<Reboot_Reason_1>``, S20), and those of
the product those of the phone's pages. Which other lines a real phone has, and their order, is
published nowhere: *inferred* from the Info page.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ringback.cisco.resync import phone_offset
from ringback.phone.secret import mask
from ringback.phone.security import certificate_status
from ringback.phone.zero_touch import ZeroTouch

if TYPE_CHECKING:
    from ringback.phone.handset import Handset


def facts(phone: "Handset", now: float) -> Iterator[tuple[str, str]]:
    """What is so at ``now``, secrets masked."""
    who, offset = phone.identity, phone_offset(phone.value("Time_Zone"))
    moment = datetime.fromtimestamp(now, UTC) + offset
    yield "Product Name", who.model.name
    yield "Serial Number", who.serial
    yield "MAC Address", who.mac.upper
    yield "Software Version", who.load
    yield "Hardware Version", phone.macros()["HWVER"]
    yield "Client Certificate", certificate_status(who.pair)
    yield "Customization", str(phone.part(ZeroTouch).state)
    yield "Current IP", who.address
    yield "Current Time", f"{moment:%m/%d/%Y %H:%M:%S}"
    yield "Custom CA Info", phone.trust.custom_ca.info
    if phone.last is not None:
        yield "Last Resync", str(phone.last.result)
        yield "Last Resync URL", phone.last.url
        yield "Last Resync Error", mask(phone.last.error)
    for count, boot in enumerate(phone.history.boots, 1):
        yield f"Reboot Reason {count}", str(replace(boot, at=boot.at + offset.total_seconds()))
