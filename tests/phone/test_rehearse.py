"""A rehearsal: the real mind, every answer at once, and nothing that stays."""

import pytest
from tests.phone.world import NOON, Dice, profile

from ringback.cisco.model import find_model
from ringback.cisco.resync import Cause, Result
from ringback.errors import Failure, RefusedError, TransferError
from ringback.mac import Mac
from ringback.phone.action import Fetched
from ringback.phone.identity import Identity
from ringback.phone.lease import Lease
from ringback.phone.rehearse import Rehearsal, Watched

SERVER = "192.168.1.200"


class Files:
    """A world of a few files by URL."""

    def __init__(self, **files):
        self.files = {f"tftp://{SERVER}/{name}.cfg": data for name, data in files.items()}

    def resolve(self, name):
        return (name,)

    def services(self, name):
        raise TransferError(f"no SRV of {name}", failure=Failure.DNS)

    def fetch(self, wanted):
        found = self.files.get(str(wanted.url))
        if found is None:
            raise TransferError("no such file", failure=Failure.NOT_FOUND)
        return Fetched(found, wanted.addresses[0])


def rehearsal(model="7832", lease=None, files=None, **settings):
    identity = Identity(
        find_model(model), Mac("000e08abcdef"), "FCH2133E8B9", lease=lease or Lease(),
        boot_seconds=5.0,
    )  # fmt: skip
    phone = Watched(identity, Dice())
    phone.profile, _ = phone.profile.set(settings)
    return Rehearsal(phone, files or Files(), NOON)


def url(name):
    return f"tftp://{SERVER}/{name}.cfg"


def test_a_resync_is_told_rule_by_rule():
    made = rehearsal(
        files=Files(a=profile(GPP_A="1"), b=profile(GPP_A="2", GPP_B="3")),
        Profile_Rule=url("a"), Profile_Rule_B=f'("$A" eq "1")? {url("b")}',
    )  # fmt: skip
    made.power_on()
    done = made.next()
    assert done is not None
    assert (done.cause, done.outcome.result) == (Cause.POWER_ON, Result.OK)
    first, second, *_ = done.turns
    assert (first.name, first.rule) == ("Profile_Rule", url("a"))
    assert [str(each.wanted.url) for each in first.asked] == [url("a")]
    assert first.after.value("GPP_A") == "1"
    assert 'alternative 1 ("1" eq "1" is true) holds: taken' in second.steps
    assert second.before == first.after
    assert (done.after.value("GPP_A"), done.after.value("GPP_B")) == ("2", "3")
    opened = first.asked[0].opened
    assert opened is not None
    assert opened.data == profile(GPP_A="1")


def test_what_is_next_comes_without_a_wait():
    made = rehearsal(
        files=Files(a=profile(GPP_A="1")), Profile_Rule=url("a"), Resync_Periodic="86400"
    )
    made.power_on()
    first, second = made.next(), made.next()
    assert first is not None
    assert second is not None
    assert second.cause is Cause.PERIODIC
    assert second.waits == 86400
    assert second.before == second.after


def test_a_restart_is_gone_through():
    made = rehearsal(
        files=Files(a=profile(Dial_Plan_1_="(1xx)")), Profile_Rule=url("a"), Resync_Periodic="60"
    )
    made.power_on()
    first, second = made.next(), made.next()
    assert first is not None
    assert first.restarts
    assert second is not None
    assert not second.restarts
    assert made.phone.value("Dial_Plan_1_") == "(1xx)"


def test_a_failure_is_told_with_its_error():
    made = rehearsal(Profile_Rule=url("none"))
    made.power_on()
    done = made.next()
    assert done is not None
    assert done.outcome.result is Result.FAILED
    assert str(done.turns[0].asked[0].error) == "no such file"


def test_fresh_from_the_factory_it_follows_dhcp():
    made = rehearsal(lease=Lease.naming(SERVER))
    made.power_on()
    done = made.next()
    assert done is not None
    assert done.turns[0].name == "DHCP option 66"


def test_a_one_shot_rule_is_followed_alone():
    made = rehearsal(files=Files(a=profile(GPP_A="1")), Profile_Rule=url("none"))
    made.power_on(resync=False)
    done = made.asked_for(url("a"))
    assert [each.name for each in done.turns] == ["one-shot rule"]
    assert done.outcome.result is Result.OK


def test_a_phone_that_is_set_not_to_resync_does_not():
    made = rehearsal(Provision_Enable="No", Profile_Rule=url("a"))
    made.power_on()
    assert made.next() is None
    assert "Provision_Enable" in str(made.due)
    with pytest.raises(RefusedError):
        made.asked_for(url("a"))


def test_keys_are_masked_in_steps_whatever_the_phone_says_on_syslog():
    made = rehearsal(Profile_Rule=f"[--key geheim] {url('a')}", Debug_Level="0")
    made.power_on()
    done = made.next()
    assert done is not None
    assert not any("geheim" in step for turn in done.turns for step in turn.steps)
    assert any("--key" in step for turn in done.turns for step in turn.steps)


def test_a_custom_authority_is_asked_for_beside_the_rules():
    made = rehearsal(
        files=Files(a=profile(GPP_A="1")), Profile_Rule=url("a"), Custom_CA_Rule=url("ca")
    )
    made.power_on()
    done = made.next()
    assert done is not None
    assert {each.purpose for each in done.besides} == {"custom CA"}
    assert done.outcome.result is Result.OK
