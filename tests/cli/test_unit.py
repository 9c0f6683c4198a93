"""Which virtual phone is meant, and how it is plugged in."""

import asyncio

import pytest
from tests.house.secured import A, B, Papers

from ringback.cli.unit import Unit, own_address
from ringback.errors import MalformedError, RingbackError, StorageError, UsageError
from ringback.mac import Mac


def phone_of(unit, **named):
    with unit.plugged(**named) as (phone, _):
        return phone


def test_a_phone_that_nobody_describes_is_a_7832():
    phone = phone_of(Unit())
    assert phone.identity.model.name == "CP-7832-3PCC"
    assert str(phone.identity.mac) == "000e08abcdef"
    assert phone.identity.serial == "FCH2133E8B9"


def test_settings_are_typed_in_before_it_starts():
    unit = Unit(set_=("GPP_A=a=b", "Resync_Periodic=30"), syslog="10.0.0.1")
    phone = phone_of(unit, rule="/x")
    assert phone.value("GPP_A") == "a=b"
    assert phone.value("Syslog_Server") == "10.0.0.1:514"
    assert phone.value("Profile_Rule") == "/x"


def test_how_it_is_plugged_in_is_part_of_who_it_is():
    unit = Unit(model="8851", dhcp_tftp="10.0.0.1", strict="md5")
    who = phone_of(unit, boot_seconds=3.0, address="10.0.0.7").identity
    assert (who.lease.server, who.digests, who.boot_seconds, who.address) == (
        "10.0.0.1", ("md5",), 3.0, "10.0.0.7",
    )  # fmt: skip


def test_names_given_by_hand_may_have_several_addresses():
    unit = Unit(resolve=("a=10.0.0.1,10.0.0.2", "a=10.0.0.3", "b=10.0.0.4"))
    found = asyncio.run(unit.resolver().addresses("a"))
    assert found == ("10.0.0.1", "10.0.0.2", "10.0.0.3")


def test_the_state_file_says_who_the_phone_is(tmp_path):
    state = tmp_path / "phone.state"
    with Unit(state=state, model="SPA504G", mac="000000000001").plugged() as (phone, nvram):
        assert nvram is not None
        nvram.save(phone.memory_with(phone.profile))
    assert phone_of(Unit(state=state)).identity.model.name == "SPA504G"
    with pytest.raises(StorageError, match="memory of SPA504G"):
        phone_of(Unit(state=state, model="8851"))


def test_the_state_file_is_free_again_after_an_error(tmp_path):
    state = tmp_path / "phone.state"
    for _ in range(2):
        with pytest.raises(UsageError, match="no parameter"):
            phone_of(Unit(state=state, set_=("Nonsense=1",)))
    state.write_text("scribble")
    for _ in range(2):
        with pytest.raises(MalformedError, match="damaged"):
            phone_of(Unit(state=state))


def test_our_own_address_is_an_address():
    assert own_address().count(".") == 3


def test_in_a_folder_of_certificates_each_phone_finds_its_own(tmp_path):
    papers = Papers.made_in(tmp_path)
    unit = Unit(cert=papers.phone(A).parent)
    for mac in (A, B):
        pair = unit.pair_of(Mac(mac))
        assert pair is not None
        assert mac in str(pair.certificate.subject).lower()
    with pytest.raises(RingbackError, match=r"000e08cccccc\.pem"):
        unit.pair_of(Mac("000e08cccccc"))
    assert Unit().pair_of(Mac(A)) is None
