"""Who may open what on a phone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.phone import account
from ringback.phone.account import Lock

pytestmark = pytest.mark.duty(8)

XML = {"XML_User_Name": "app", "XML_Password": "xml"}


def test_an_account_without_a_password_is_open_as_from_the_factory(world):
    assert account.admin(world.phone).open
    assert account.user(world.phone).open
    assert account.anybody(world.phone).open


@pytest.mark.parametrize(
    ("model", "name", "basic"),
    [
        ("7832", "Admin_Password", True),
        ("CP-9841", "Admin_Password", True),
        ("SPA504G", "Admin_Passwd", False),
        ("SPA525G2", "Admin_Password", False),
        ("SPA525G2", "Admin_Passwd", False),
        ("ATA192", "Admin_Passwd", False),
    ],
)
def test_the_administrators_password_is_spelt_by_generation(new_world, model, name, basic):
    phone = new_world(model, **{name: "hush", "User_Password": "mine"}).phone
    assert account.admin(phone) == Lock("spa admin", (("admin", "hush"),), basic)
    assert account.user(phone) == Lock("spa user", (("user", "mine"),), basic)


def test_a_password_does_not_show_in_what_is_printed_of_a_lock(new_world):
    assert "hush" not in repr(account.admin(new_world(Admin_Password="hush").phone))


@pytest.mark.parametrize(
    ("settings", "lock"),
    [
        ({"CISCO_XML_EXE_Auth_Mode": "Trusted", "Admin_Password": "hush"}, Lock("")),
        ({}, Lock("")),  # Local Credential, and none is set
        ({"User_Password": "mine"}, Lock("spa user", (("user", "mine"),))),
        ({"Admin_Password": "hush"}, Lock("spa admin", (("admin", "hush"),))),
        (
            {"Admin_Password": "hush", "User_Password": "mine"},
            Lock("spa user", (("user", "mine"), ("admin", "hush"))),
        ),
        (
            {"CISCO_XML_EXE_Auth_Mode": "Remote Credential", "Admin_Password": "hush", **XML},
            Lock("Cisco XML", (("app", "xml"),)),
        ),
        ({"CISCO_XML_EXE_Auth_Mode": "Remote Credential"}, Lock("Cisco XML", ())),
        (
            {"CISCO_XML_EXE_Auth_Mode": "Remote Credential", "XML_User_Name": "app"},
            Lock("Cisco XML", ()),
        ),
        (
            {"CISCO_XML_EXE_Auth_Mode": "no such mode", "User_Password": "mine"},
            Lock("spa user", (("user", "mine"),)),
        ),
    ],
)
def test_cisco_xml_has_three_modes(new_world, settings, lock):
    assert account.xml(new_world(**settings).phone) == lock


def test_a_lock_without_keys_opens_for_nobody_and_one_without_lock_for_everybody():
    assert not Lock("x", ()).fits("", "")
    assert not Lock("x", ()).open
    assert Lock("x").fits("anyone", "anything")


@given(st.text(max_size=20), st.text(max_size=20))
def test_only_the_right_pair_opens_a_lock(name, password):
    lock = Lock("x", (("user", "mine"), ("admin", "hush")))
    assert lock.fits(name, password) is ((name, password) in (("user", "mine"), ("admin", "hush")))
    assert lock.fits("user", "mine")
    assert lock.fits("admin", "hush")
    assert not lock.fits("user", "hush")
