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


# The user

GRANTED = """<flat-profile><GPP_A ua="rw">a</GPP_A><GPP_B ua="ro">b</GPP_B>
<GPP_C ua="na">c</GPP_C></flat-profile>"""


@pytest.fixture
def granted(world):
    """A phone whose user may change GPP_A and read GPP_B."""
    world.resync(world.put("granted.cfg", GRANTED))
    return world


def test_the_user_sees_what_he_was_granted_and_cannot_edit_what_he_may_only_read(granted):
    shown = text(ask(granted, "/advanced"))
    assert 'name="GPP_A"' in shown
    assert 'id="GPP_B" type="text" value="b" readonly' in shown
    assert 'name="GPP_B"' not in shown
    assert 'id="GPP_C"' not in shown
    assert 'id="GPP_A"' not in text(ask(granted, "/")), "Provisioning is on no basic page"


def test_the_user_changes_what_he_was_granted(granted):
    assert submit(granted, "/advanced", GPP_A="mine").status == 200
    granted.wait(5)
    assert granted.value("GPP_A") == "mine"


@pytest.mark.parametrize("path", ["/", "/basic", "/advanced"])
@pytest.mark.parametrize("name", ["GPP_B", "GPP_C", "GPP_SA", "Admin_Password", "Nonsense"])
def test_a_form_of_the_users_with_more_than_he_was_granted_changes_nothing(granted, path, name):
    done = submit(granted, path, GPP_A="mine", **{name: "owned"})
    assert done.status == 403
    assert name in text(done)
    assert granted.up
    assert granted.value("GPP_A") == "a"


def test_a_users_form_as_his_page_shows_it_may_be_submitted(granted):
    before = granted.phone.profile.values
    fields = Inputs(text(ask(granted, "/advanced"))).values
    assert submit(granted, "/advanced", **fields).status == 200
    assert granted.phone.profile.values == before


@pytest.mark.parametrize("model", ["8851", "SPA504G", "SPA2102", "CP-9861"])
def test_every_models_whole_page_may_be_submitted_as_it_is(new_world, model):
    world = new_world(model, Resync_On_Reset="No").power_on()
    before = world.phone.profile.values
    fields = Inputs(text(ask(world, "/admin/advanced"))).values
    assert len(fields) > 400
    assert submit(world, **fields).status == 200
    assert world.phone.profile.values == before


@pytest.mark.parametrize("written", ["Provisioning", "PROVISIONING", "provisioning", "Ext%201"])
def test_a_tab_is_found_however_it_is_written(world, written):
    shown = text(ask(world, f"/admin/advanced?tab={written}"))
    name = "ext-1" if "Ext" in written else "provisioning"
    assert f'value="{name}" checked' in shown


def test_a_password_too_short_is_refused_and_changes_nothing(world):
    done = submit(world, User_Password="abc", GPP_A="x")
    assert done.status == 403
    assert (world.value("User_Password"), world.value("GPP_A")) == ("", "")


def test_without_admin_access_no_page_leads_there(world):
    assert "Admin Login" in text(ask(world, "/"))
    world.submit(Enable_Web_Admin_Access="No")
    assert "Admin Login" not in text(ask(world, "/"))
