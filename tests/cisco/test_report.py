"""What a phone uploads about itself, and how whoever receives it reads it again."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from ringback.cisco import report
from ringback.cisco.model import MODELS, find_model
from ringback.cisco.profile import Profile
from ringback.cisco.report import Kind
from ringback.errors import ProfileError, RingbackError

pytestmark = pytest.mark.duty(9)

PHONE = find_model("8841")
TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"))


def holding(model=PHONE, **values):
    return Profile.factory(model).set(values)[0]


def test_a_full_report_has_sections_and_names_padded_to_32_columns():
    lines = report.full(holding(GPP_A="x")).decode().splitlines()
    assert "  <!-- General Purpose Parameters -->" in lines
    assert '  <GPP_A                            ua="na">x</GPP_A>' in lines
    assert lines[1:3] == ["<device>", "<flat-profile>"]
    assert lines[-2:] == ["</flat-profile>", "</device>"]


def test_an_spa_has_no_element_around_the_profile():
    assert report.full(holding(find_model("SPA504G"))).splitlines()[1] == b"<flat-profile>"


def test_secrets_are_in_no_report():
    profile = holding(GPP_SA="hidden1", Admin_Password="hidden2", IKM_HTTP_Encrypt_Content="aGk")
    names = ("GPP_SA", "Admin_Password", "IKM_HTTP_Encrypt_Content")
    for made in (report.full(profile), report.delta(profile, names)):
        assert not any(name.encode() in made for name in (*names, "hidden"))


def test_a_value_is_shown_as_the_caller_masks_it():
    profile = holding(Profile_Rule="[--key s3cret]http://h/x")
    made = report.full(profile, shown=lambda text: text.replace("s3cret", "***"))
    assert b"s3cret" not in made
    assert report.read(made).values["Profile_Rule"] == "[--key ***]http://h/x"


def test_a_delta_names_what_it_is_given_and_no_more():
    made = report.delta(holding(GPP_B="2", GPP_A="1", GPP_C="3"), ["GPP_B", "GPP_A", "Unknown"])
    told = report.read(made)
    assert told.kind is Kind.DELTA
    assert told.values == {"GPP_A": "1", "GPP_B": "2"}


def test_an_empty_delta_can_be_read():
    assert report.read(report.delta(holding(), [])).values == {}


def test_a_status_spells_its_labels_as_names():
    made = report.status([("Reboot Reason 1", "[01/01/26 00:00:00] Upgrade"), ("A<b", "1 < 2 & 3")])
    assert b"<Reboot_Reason_1>[01/01/26" in made
    told = report.read(report.status([("Software Version", "1 < 2 & 3")]))
    assert told.kind is Kind.STATUS
    assert told.values == {"Software_Version": "1 < 2 & 3"}


def test_a_status_with_attributes_and_levels_is_read_for_its_lines():
    data = b'<Status a="b"><Phone><X n="1"> 5 </X></Phone>\n<Y>6</Y></Status>'
    assert report.read(data).values == {"X": "5", "Y": "6"}


@pytest.mark.parametrize(
    "data",
    [
        b"", b"nothing", b"<Status><A>1</A>", b"<flat-profile><A>1</A>",
        b"<!DOCTYPE x><Status><A>1</A></Status>", b"<Status>\0</Status>",
        b"<Status>" + b"".join(b"<A%d>1</A%d>" % (n, n) for n in range(2001)) + b"</Status>",
    ],
)  # fmt: skip
def test_what_is_no_report_or_half_of_one_is_refused(data):
    with pytest.raises(ProfileError):
        report.read(data)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_a_full_report_of_every_model_is_xml_and_gives_its_settings_back(model):
    profile = Profile.factory(model)
    made = report.full(profile)
    etree.fromstring(made)
    told = report.read(made)
    assert told.kind is Kind.FULL
    assert told.values == {
        each.name: each.value for each in profile if report.told(profile, each.name)
    }


@given(TEXT, st.sampled_from(["Display_Name_2_", "GPP_P", "Dial_Plan_1_"]))
def test_what_is_reported_is_what_the_phone_has(value, name):
    profile = holding(**{name: value})
    assert report.read(report.full(profile)).values[name] == value
    again, _ = Profile.factory(PHONE).apply(
        report.read(report.delta(profile, [name])).elements.values()
    )
    if value != '""':
        assert again.value(name) == value


@given(st.text(max_size=40))
def test_any_value_can_be_reported(value):
    report.read(report.full(holding(GPP_A=value)))
    report.read(report.status([("GPP A", value)]))


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data):
    for each in (data, b"<Status>" + data + b"</Status>", b"<flat-profile>" + data):
        with contextlib.suppress(RingbackError):
            report.read(each)
