"""A submitted form: read, compared, judged."""

import contextlib
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.cisco import flat_profile
from ringback.cisco.model import find_model
from ringback.cisco.profile import Profile
from ringback.errors import RefusedError
from ringback.http.request import Request
from ringback.phone import form

pytestmark = pytest.mark.duty(8)

FACTORY = Profile.factory(find_model("7832"))
RULE = "[--key hush]tftp://h/a"


def holding(**values):
    return FACTORY.set(values)[0]


def posted(body, kind="application/x-www-form-urlencoded"):
    return Request("POST", "/", "/", headers={b"content-type": kind.encode()}, body=body)


def test_the_last_of_two_equal_names_counts_and_empty_ones_are_kept():
    assert form.read(posted(b"a=1&b=&a=2+3%20")) == {"a": "2 3 ", "b": ""}


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"\xff", "application/x-www-form-urlencoded"),
        (b"a=1&" * (form.MOST_FIELDS + 1), ""),
        (b"{}", "application/json"),
        (b"", "multipart/form-data; boundary=x"),
    ],
)
def test_what_is_no_form_is_refused(body, kind):
    with pytest.raises(RefusedError):
        form.read(posted(body, kind))


@given(st.binary(max_size=300))
def test_any_body_is_a_form_or_refused(body):
    with contextlib.suppress(RefusedError):
        assert isinstance(form.read(posted(body)), dict)


def test_only_what_differs_is_a_change():
    profile = holding(GPP_A="x", GPP_B="y")
    fields = {"GPP_A": "x", "GPP_B": "z", "GPP_C": "", "no such": "name"}
    assert form.differing(profile, fields) == {"GPP_B": "z", "no such": "name"}


@pytest.mark.parametrize(
    ("held", "sent"),
    [
        ({"Admin_Password": "hush"}, {"Admin_Password": ""}),
        ({"Profile_Rule": RULE}, {"Profile_Rule": "[--key *************]tftp://h/a"}),
        ({"GPP_A": "two\nlines"}, {"GPP_A": "twolines"}),
        ({"GPP_A": "two\nlines"}, {"GPP_A": "two\r\nlines"}),
        ({"GPP_A": "a\0b"}, {"GPP_A": "a\ufffdb"}),
        ({"GPP_A": "half \ud800"}, {"GPP_A": "half ?"}),
    ],
)
def test_an_untouched_field_is_no_change_whatever_a_browser_makes_of_it(held, sent):
    assert form.differing(holding(**held), sent) == {}


@given(st.text(max_size=30))
def test_a_field_that_was_shown_and_sent_back_is_never_a_change(value):
    profile = holding(GPP_A=value)
    request = posted(urlencode({"GPP_A": profile.value("GPP_A")}, errors="replace").encode())
    assert form.differing(profile, form.read(request)) == {}


def test_a_password_can_be_changed_and_a_masked_rule_replaced():
    profile = holding(Admin_Password="hush", Profile_Rule=RULE)
    changes = {"Admin_Password": "new1", "Profile_Rule": "tftp://h/b"}
    assert form.differing(profile, changes) == changes


def granted(access):
    text = f'<flat-profile><GPP_A ua="{access}">a</GPP_A></flat-profile>'
    return FACTORY.apply(flat_profile.read(text.encode()).elements)[0]


@pytest.mark.parametrize("access", ["na", "ro"])
def test_the_user_may_not_change_what_is_not_granted_to_him(access):
    with pytest.raises(RefusedError, match="GPP_A"):
        form.refuse_beyond_user(granted(access), {"GPP_A": "x"})


def test_the_user_may_change_what_is_granted_to_him():
    form.refuse_beyond_user(granted("rw"), {"GPP_A": "x"})


def test_to_the_user_hidden_and_unknown_names_look_alike():
    said = []
    for name in ("GPP_SA", "Nonsense"):
        with pytest.raises(RefusedError) as refused:
            form.refuse_beyond_user(FACTORY, {name: "x"})
        said.append(str(refused.value).replace(name, "X") + refused.value.why)
    assert said[0] == said[1]


@pytest.mark.parametrize(("model", "length"), [("7832", 3), ("7832", 128), ("SPA504G", 128)])
def test_a_login_password_that_its_generation_cannot_have_is_refused(model, length):
    with pytest.raises(RefusedError, match=f"{length} characters"):
        form.refuse_passwords(Profile.factory(find_model(model)), {"User_Password": "x" * length})


@pytest.mark.parametrize(
    ("model", "length"), [("7832", 4), ("7832", 127), ("SPA504G", 1), ("7832", 0)]
)
def test_one_that_it_can_have_is_taken(model, length):
    form.refuse_passwords(Profile.factory(find_model(model)), {"User_Password": "x" * length})
