"""A phone's pages of settings: who sees what, and what submitting them does."""

import pytest
from tests.phone.test_page import Inputs
from tests.phone.world import ask, submit, text

FORM = {"content-type": "application/x-www-form-urlencoded"}


# Submit All Changes


def test_submitting_saves_what_differs_and_restarts(world):
    done = submit(world, GPP_A="12345678", Resync_Periodic="30", tab="provisioning")
    assert done.status == 200
    assert "They are saved" in text(done)
    assert "url=/admin/advanced?tab=provisioning" in text(done)
    assert not world.up
    world.wait(5)
    assert (world.value("GPP_A"), world.value("Resync_Periodic")) == ("12345678", "30")


def test_a_whole_page_may_be_submitted_as_it_is(world):
    fields = Inputs(text(ask(world, "/admin/advanced"))).values
    before = world.phone.profile
    assert submit(world, **fields).status == 200
    assert world.phone.profile.values == before.values


def test_an_empty_password_leaves_the_password(world):
    world.submit(Admin_Password="hush")
    submit(world, Admin_Password="", GPP_A="x")
    world.wait(5)
    assert world.value("Admin_Password") == "hush"


def test_a_full_disk_is_told_and_nothing_changes(world):
    world.disk_is_full = True
    done = submit(world, GPP_A="x")
    assert done.status == 507
    assert "no space left" in text(done)
    assert (world.up, world.value("GPP_A")) == (True, "")


def test_an_unknown_setting_is_named_with_the_nearest(world):
    done = submit(world, GPP_AA="x")
    assert done.status == 400
    assert "GPP_AA" in text(done)
    assert world.up


@pytest.mark.parametrize(
    ("body", "kind"),
    [(b"GPP_A=%ff", ""), (b"\xff=1", FORM["content-type"]), (b"a=1&" * 10_001, ""),
     (b'{"GPP_A": "1"}', "application/json"), (b"x", "multipart/form-data; boundary=x")],
)  # fmt: skip
def test_what_is_no_form_changes_nothing(world, body, kind):
    before = world.phone.profile
    done = ask(world, "/admin/advanced", body, content_type=kind)
    world.wait(5)
    assert done.status in (200, 400, 403)
    assert set(world.phone.profile.values) - set(before.values) <= {"GPP_A"}
