"""Whose upload it is, what it is, where it is kept, and what the log says of it."""

import pytest

from ringback.cisco import report
from ringback.errors import MalformedError, RefusedError
from ringback.mac import Mac
from ringback.operations.collect import Collecting, Upload
from ringback.provisioning.admission import Admission, Channel
from ringback.provisioning.identity import Identity
from ringback.provisioning.keyring import Keyring

A, B = Mac.parse("000e08abcdef"), Mac.parse("000e08111111")
STATUS = report.status([("MAC Address", A.upper), ("Software Version", "7.6.2f")])
STRICT = Admission(bind_devices=True)


class House:
    def __init__(self, admission=None):
        self.kept: list[tuple[object, ...]] = []
        self.log: list[str] = []
        self.collecting = Collecting(
            self._keep, Keyring().of, admission or Admission(), self.log.append
        )

    def _keep(self, *what):
        self.kept.append(what)
        return f"{what[0]}/one-{what[1]}.{what[2]}"

    def take(self, path, body=STATUS, mac=None, channel=Channel.PLAIN):
        who = Identity("10.0.0.9", mac=mac)
        return self.collecting.collect(Upload(path, "", who, channel, "http"), body)


def test_a_report_is_kept_under_its_phone_and_logged():
    house = House()
    assert house.take(f"/{A}.xml") == f"{A}/one-status.xml"
    assert house.kept == [(str(A), "status", "xml", STATUS)]
    (line,) = house.log
    assert line.startswith(f"report http 10.0.0.9 mac={A} status lines=2 bytes={len(STATUS)}")
    assert line.endswith(f"(clear) kept as {A}/one-status.xml")


def test_a_phone_that_says_it_is_another_is_kept_and_doubted():
    house = House()
    house.take(f"/{B}.xml")
    assert house.kept
    assert f"warning the report of {B} from 10.0.0.9 says it is {A}" in house.log[1]


def test_where_phones_must_prove_themselves_a_report_comes_from_the_phone_it_names():
    house = House(STRICT)
    for mac, channel in ((None, Channel.PLAIN), (None, Channel.TLS), (B, Channel.TLS)):
        with pytest.raises(RefusedError):
            house.take(f"/{A}.xml", mac=mac, channel=channel)
    assert house.kept == []
    assert all(line.startswith("warning refused") for line in house.log)
    house.take(f"/{A}.xml", mac=A, channel=Channel.TLS)
    assert house.kept


def test_plain_devices_may_report_in_clear():
    house = House(Admission(bind_devices=True, plain_devices=True))
    house.take(f"/{A}.xml")
    assert house.kept


def test_what_is_no_report_is_not_kept():
    house = House()
    with pytest.raises(MalformedError):
        house.take(f"/{A}.xml", b"hello")
    assert house.kept == []
