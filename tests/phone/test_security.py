"""How a phone shakes hands, as a value."""

import pytest
from tests.certificate.house import found

from ringback.certificate import subject
from ringback.certificate.pair import Pair
from ringback.cisco.handshake import HANDSHAKES, CheckedNames, Version
from ringback.cisco.model import Generation
from ringback.phone.custom_ca import CustomCa
from ringback.phone.security import Security, certificate_status, lowest_version

pytestmark = pytest.mark.duty(5)

HOUSE = found()


def test_as_it_stands_it_is_that_of_a_phone_that_trusts_nobody():
    assert Security().trusted == ()


@pytest.mark.parametrize(
    ("model", "settings", "versions"),
    [
        ("7832", {}, "TLS 1.1 to 1.2"),
        ("7832", {"TLS_Min_Version": "TLS 1.2"}, "TLS 1.2"),
        ("7832", {"TLS_Min_Version": "SSL 3"}, "TLS 1.1 to 1.2"),
        ("7832", {"TLS_Min_Version": "TLS 1.0"}, "TLS 1.1 to 1.2"),
        ("7832", {"TLS_Client_Min_Version": "TLS 1.2"}, "TLS 1.1 to 1.2"),
        ("7832", {"TLS_Min_Version": "TLS 1.3"}, "TLS 1.2"),
        ("9861", {}, "TLS 1.2 to 1.3"),
        ("9861", {"TLS_Client_Min_Version": "TLS 1.0"}, "TLS 1.0 to 1.3"),
        ("SPA504G", {}, "TLS 1.0"),
        ("SPA2000", {}, "TLS 1.0"),
    ],
)
def test_settings_narrow_what_the_generation_speaks(new_world, model, settings, versions):
    assert new_world(model, **settings).phone.trust.security().versions == versions


def test_the_oldest_version_is_read_as_the_page_spells_it():
    mpp = HANDSHAKES[Generation.MPP]
    assert lowest_version(mpp, {"TLS_Min_Version": " TLS 1.2 "}.__getitem__) is Version.TLS_1_2
    assert lowest_version(mpp, lambda _: "") is None


def test_a_phone_trusts_its_firmware_and_its_custom_authority(new_world):
    world = new_world(roots=HOUSE.anchors)
    mine = found("Mine").root.certificate
    world.phone.trust.custom_ca = CustomCa((mine,), 1.0)
    assert world.phone.trust.security().trusted == (*HOUSE.anchors, mine)


def test_equal_phones_shake_hands_by_an_equal_value(new_world):
    pair = HOUSE.device()
    one, other = (new_world(pair=pair, roots=HOUSE.anchors) for _ in range(2))
    assert one.phone.trust.security() == other.phone.trust.security()
    assert hash(one.phone.trust.security()) == hash(other.phone.trust.security())
    assert one.phone.trust.security() != new_world().phone.trust.security()


def test_an_ata_may_be_told_to_look_at_no_name(new_world):
    world = new_world("ATA191-MPP")
    assert world.phone.trust.security().handshake.names is CheckedNames.SAN
    world = new_world("ATA191-MPP", HTTPS_Name_Validate="No")
    assert world.phone.trust.security().handshake.names is CheckedNames.NONE


def test_the_key_is_shown_nowhere():
    assert "PRIVATE" not in repr(Security(pair=HOUSE.device()))


def generic():
    from tests.certificate.house import stamp

    from ringback.certificate import authority, key
    from ringback.cisco.model import find_model

    private = key.make(key.Kind.ECDSA_P256)
    name = subject.compose_generic(find_model("SPA962"))
    made = authority.device(HOUSE.issuing, private.public, name, stamp())
    return Pair(private, made)


def test_ccert_tells_a_certificate_of_its_own_from_a_generic_one(new_world):
    assert certificate_status(HOUSE.device()) == "Installed"
    assert certificate_status(generic()) == "Not Installed"
    assert certificate_status(None) == "Not Installed"
    assert new_world(pair=HOUSE.device()).phone.macros()["CCERT"] == "Installed"
    assert new_world().phone.macros()["CCERT"] == "Not Installed"
