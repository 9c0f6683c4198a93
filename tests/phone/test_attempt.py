"""One attempt to resync, step by step; what a phone makes of it is tested with the handset."""

import pytest
from tests.phone.world import NOON, SEED, SERVER, profile

from ringback.cisco.resync import Cause, Result
from ringback.errors import (
    EnvelopeError,
    Failure,
    NotFoundError,
    ProfileError,
    RuleError,
    StorageError,
    TransferError,
)
from ringback.phone.action import Fetch, Fetched, Resolve, Save
from ringback.phone.attempt import Attempt, status_text
from ringback.phone.wish import Order

pytestmark = pytest.mark.duty(3)


def attempt(world, rule):
    made = Attempt(world.phone, Order(Cause.REQUEST, rule), NOON)
    return made, made.steps()


def end(steps, answer):
    """The steps must be over with this answer."""
    with pytest.raises(StopIteration):
        steps.send(answer)


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (TransferError("x", failure=Failure.GET), "http_get failed"),
        (TransferError("x", failure=Failure.SCHEME), "http scheme not supported"),
        (TransferError("x", failure=Failure.NOT_FOUND), "file not found"),
        (TransferError("x", failure=Failure.NO_SERVER), "No server name"),
        (TransferError("x", failure=Failure.DNS), "DNS resolution"),
        (TransferError("x", failure=Failure.RESTRICTED), "Invalid or restricted server"),
        (TransferError("x", failure=Failure.BAD_URL), "Invalid URL"),
        (TransferError("x", failure=Failure.TOO_LARGE), "file size exceeds internal buffer"),
        (TransferError("x", failure=Failure.INTERRUPTED), "interrupted"),
        (EnvelopeError("x", status="file decrypt error"), "file decrypt error"),
        (RuleError("x"), "Parse error in rule"),
        (RuleError("x", status="ftp scheme not supported"), "ftp scheme not supported"),
        (ProfileError("x"), "corrupt file"),
        (StorageError("x"), "resources exhausted"),
        (NotFoundError("x"), "Download failed"),
    ],
)
def test_err_is_in_the_firmwares_words(error, text):
    assert status_text(error, "http") == text


def test_a_name_is_looked_up_then_the_file_is_fetched_then_saved_then_used(world):
    world.submit(HTTP_User_Agent_Name="me")
    made, steps = attempt(world, "[--uid u --pwd p]http://prov.test:81/$MA.cfg?x=1")
    assert next(steps) == Resolve("prov.test")
    fetch = steps.send(("10.0.0.1", "10.0.0.2"))
    assert isinstance(fetch, Fetch)
    assert str(fetch.url) == "http://prov.test:81/000e08abcdef.cfg?x=1"
    assert (fetch.addresses, fetch.uid, fetch.pwd) == (("10.0.0.1", "10.0.0.2"), "u", "p")
    save = steps.send(Fetched(SEED, "10.0.0.2"))
    assert isinstance(save, Save)
    assert save.memory.values["GPP_A"] == "12345678"
    assert world.value("GPP_A") == ""
    end(steps, None)
    assert world.value("GPP_A") == "12345678"
    assert made.outcome is not None
    assert made.outcome.result is Result.OK
    assert [(each.name, each.old, each.new) for each in made.outcome.changes] == [
        ("GPP_A", "", "12345678")
    ]


def test_assignments_are_saved_before_the_file_is_fetched(world):
    _, steps = attempt(world, f'(GPP_B = "set";)! tftp://{SERVER}/a')
    save = next(steps)
    assert isinstance(save, Save)
    assert save.memory.values["GPP_B"] == "set"
    assert steps.send(None) == Resolve(SERVER)


def test_a_profile_that_changes_nothing_is_not_written_to_the_disk(world):
    made, steps = attempt(world, f"tftp://{SERVER}/a")
    next(steps)
    steps.send((SERVER,))
    end(steps, Fetched(profile(GPP_A="", No_Such_Name="x"), SERVER))
    assert made.outcome is not None
    assert made.outcome.changes == ()


def test_what_went_there_and_back_again_is_no_change(new_world):
    world = new_world(Resync_On_Reset="No", GPP_A="old")
    url = world.put("a", profile(GPP_A="old", GPP_B="new"))
    outcome = world.power_on().resync(f'(GPP_A = "between";)! {url}')
    assert [each.name for each in outcome.changes] == ["GPP_B"]


@pytest.mark.parametrize("option", ["--srv", "--post a", "--md x", "--delta"])
def test_an_option_that_does_nothing_says_so(world, option):
    world.submit(Debug_Level="1")
    world.resync(f"[{option}]tftp://{SERVER}/basic.txt")
    name = option.split()[0]
    assert f"{name} does nothing here" in world.details


def test_content_encoding_reaches_the_envelope(new_world):
    from ringback.cisco.aes128gcm import encrypt

    ikm = bytes(range(16))
    text = "AAECAwQFBgcICQoLDA0ODw"
    sealed = encrypt(profile(GPP_A="sealed"), ikm=ikm, salt=bytes(16))
    for model, result in (("7832", Result.OK), ("SPA504G", Result.FAILED)):
        world = new_world(model, Resync_On_Reset="No")
        if model == "7832":
            world.phone.profile, _ = world.phone.profile.set({"IKM_HTTP_Encrypt_Content": text})
            world.disk = bytes(world.phone.memory_with(world.phone.profile))
        url = world.put("s", Fetched(sealed, SERVER, "aes128gcm"), scheme="http")
        assert world.power_on().resync(url).result is result
