import pytest

from ringback.mac import Mac
from ringback.provisioning.admission import Admission, Channel
from ringback.provisioning.document import Level
from ringback.provisioning.entitlement import Wanted, why_not
from ringback.provisioning.identity import Identity

MINE, OTHERS = "000e08000001", "000e08000002"
STRANGER = Identity("192.0.2.1", agent=f"Cisco/x ({MINE})")
PHONE = Identity("192.0.2.1", certificate="CN=me", mac=Mac(MINE))
OTHER = Identity("192.0.2.1", certificate="CN=other", mac=Mac(OTHERS))
SERVER = Identity("192.0.2.1", certificate="CN=no phone")
LAX, STRICT = Admission(), Admission(bind_devices=True)
SPARING = Admission(bind_devices=True, plain_devices=True)
TLS, PLAIN = Channel.TLS, Channel.PLAIN


def allowed(wanted, identity, channel, admission=LAX):
    return not why_not(wanted, identity, channel, admission)


@pytest.mark.parametrize("identity", [STRANGER, PHONE, OTHER, SERVER])
@pytest.mark.parametrize("channel", [TLS, PLAIN])
def test_the_bootstrap_and_what_only_its_device_can_open_go_to_anyone(identity, channel):
    assert allowed(Wanted(Level.BOOTSTRAP), identity, channel, STRICT)
    assert allowed(Wanted(Level.DEVICE, MINE, 1), identity, channel, STRICT)


@pytest.mark.parametrize("key", [0, None])
def test_a_devices_file_in_clear_goes_over_tls_to_its_certificate_alone(key):
    wanted = Wanted(Level.DEVICE, MINE, key)
    for admission in (LAX, STRICT, SPARING):
        assert allowed(wanted, PHONE, TLS, admission)
        assert not allowed(wanted, PHONE, PLAIN, admission)
        for identity in (STRANGER, OTHER, SERVER):
            assert not allowed(wanted, identity, TLS, admission)


def test_a_shared_file_with_secrets_goes_to_phones_with_certificates():
    wanted = Wanted(Level.DEVICE)
    assert allowed(wanted, OTHER, TLS)
    assert not allowed(wanted, SERVER, TLS)
    assert not allowed(wanted, STRANGER, TLS)


def test_a_devices_file_without_secrets_goes_as_a_plain_file_of_its_name_would():
    wanted = Wanted(Level.OPEN, MINE)
    assert allowed(wanted, STRANGER, PLAIN, LAX)
    assert allowed(wanted, STRANGER, PLAIN, SPARING)
    assert not allowed(wanted, STRANGER, PLAIN, STRICT)
    assert not allowed(wanted, OTHER, TLS, STRICT)
    assert allowed(wanted, PHONE, TLS, STRICT)
    assert allowed(Wanted(Level.OPEN), STRANGER, PLAIN, STRICT)


@pytest.mark.parametrize("level", [Level.BOOTSTRAP, Level.OPEN, Level.DEVICE])
def test_a_locked_device_gets_nothing_whatever_it_proves(level):
    assert not allowed(Wanted(level, MINE, 1, locked=True), PHONE, TLS)


@pytest.mark.parametrize(
    ("wanted", "identity", "channel", "why"),
    [
        (Wanted(3, MINE, 0), OTHER, TLS, "certificate is of phone 000e08000002"),
        (Wanted(3, MINE, 0), SERVER, TLS, "names no phone"),
        (Wanted(3, MINE, 0), STRANGER, TLS, "no certificate"),
        (Wanted(3, MINE, 0), PHONE, PLAIN, "in clear"),
        (Wanted(3, MINE, 1, locked=True), PHONE, TLS, "locked"),
    ],
)
def test_the_reason_is_for_the_log(wanted, identity, channel, why):
    assert why in why_not(wanted, identity, channel, LAX)
