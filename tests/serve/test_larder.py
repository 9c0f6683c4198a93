import pytest

from ringback.errors import RefusedError, UsageError
from ringback.mac import Mac
from ringback.provisioning import own
from ringback.provisioning.device import Device
from ringback.serve.larder import Larder, over_tftp
from ringback.store.devices import Devices
from ringback.store.pantry import Ready


def file(encoding):
    return Ready(
        b"x", "/x", "", "d", 1, None, encoding, "text/xml", 1, "ab" * 32, 1.0, locked=False
    )


def test_what_needs_a_header_does_not_go_over_tftp():
    assert over_tftp(file("")) == b"x"
    with pytest.raises(RefusedError, match="aes128gcm"):
        over_tftp(file("aes128gcm"))


def test_a_larder_says_what_it_serves_and_is_one_servers_alone(tmp_path):
    larder = Larder(tmp_path / "fleet.db", print)
    assert "nothing yet: ringback publish" in larder.summary()
    with pytest.raises(UsageError, match="another server"):
        Larder(tmp_path / "fleet.db", print)
    larder.close()
    Larder(tmp_path / "fleet.db", print).close()


def test_a_device_that_nobody_knows_has_no_keys_and_a_store_that_is_gone_has_none(tmp_path):
    device = Device(Mac("000e08000001"), "CP-8851-3PCC").rotated()
    larder = Larder(tmp_path / "fleet.db", print)
    with larder.store.fleet.writing() as connection:
        Devices(connection, larder.store.seal).keep([device])
    phrases = [each.passphrase for each in larder.keys(device.mac) if each.passphrase]
    key = larder.store.seal.draw("devices")
    assert phrases == [own.passphrase(key, device.mac, number) for number in (2, 1)]
    assert larder.keys(Mac("000e08000002")) == ()
    (tmp_path / "fleet.db").rename(tmp_path / "away")
    (tmp_path / "fleet.db").mkdir()
    assert larder.keys(device.mac) == ()
    larder.close()
