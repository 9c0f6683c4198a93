import pytest

from ringback.cisco.model import find_model
from ringback.cisco.parameter import Access
from ringback.provisioning.layer import Setting
from ringback.provisioning.line import Line
from ringback.provisioning.resugar import lines_of

SPA = find_model("SPA504G")
MPP = find_model("8851")


def lines(model, *settings):
    found, rest = lines_of({each.name: each for each in settings}, model)
    return found, list(rest)


def test_a_user_makes_a_line_and_what_belongs_to_it_goes_with_it():
    found, rest = lines(
        MPP, Setting("User_ID_2_", "200"), Setting("Password_2_", "{{ secret('x') }}"),
        Setting("Display_Name_2_", "Bob"), Setting("Proxy_2_", "sip"),
        Setting("Display_Name_1_", "A"),
    )  # fmt: skip
    assert found == (Line(2, "200", "{{ secret('x') }}", "Bob"),)
    assert rest == ["Proxy_2_", "Display_Name_1_"]


@pytest.mark.parametrize(
    "user",
    [Setting("User_ID_1_", "2", Access.RO), Setting("User_ID_1_", "{{ '{{' }}"),
     Setting("User_ID_1_", ""), Setting("User_ID_1_", None, Access.RW), Setting("User_ID_9_", "1")],
)  # fmt: skip
def test_what_a_line_cannot_say_stays_a_setting(user):
    assert lines(SPA, user) == ((), [user.name])


def test_an_auth_id_becomes_a_lines_only_where_the_switch_is_on():
    user, auth = Setting("User_ID_1_", "1"), Setting("Auth_ID_1_", "a")
    switch = Setting("Use_Auth_ID_1_", "Yes")
    assert lines(SPA, user, auth) == ((Line(1, "1"),), ["Auth_ID_1_"])
    assert lines(SPA, user, auth, switch) == ((Line(1, "1", auth_id="a"),), [])
    assert lines(MPP, user, auth)[0] == (Line(1, "1", auth_id="a"),)
