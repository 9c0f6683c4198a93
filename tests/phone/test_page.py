"""What a phone's page looks like."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.cisco.model import find_model
from ringback.cisco.profile import Profile
from ringback.phone import page
from ringback.phone.page import Tab
from ringback.phone.sheet import sheets

PROFILE = Profile.factory(find_model("7832"))
NASTY = "\"><script>alert(1)</script>&amp;'<"


class Inputs(HTMLParser):
    """Names and values of a page's inputs, and every tag and text in it."""

    def __init__(self, html):
        super().__init__()
        self.values, self.tags, self.labels, self._select, self._label = {}, [], {}, "", ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.tags.append(tag)
        if tag == "input" and given.get("type") != "radio" and "name" in given:
            self.values[given["name"]] = given.get("value")
        elif tag == "select":
            self._select = given["name"]
        elif tag == "option" and "selected" in given:
            self.values[self._select] = given["value"]
        elif tag == "label":
            self._label = given["for"]

    def handle_data(self, data):
        if self._label:
            self.labels[self._label], self._label = data, ""


def shown(title, **values):
    profile, _ = PROFILE.set(values)
    (sheet,) = (each for each in sheets(PROFILE.model) if each.title == title)
    return page.settings(sheet.fields(profile, user=False))


def provisioning(**values):
    return Inputs(shown("Provisioning", **values))


def test_inputs_are_named_by_their_element_and_labelled_as_on_the_phone():
    found = provisioning(Resync_Periodic="30", GPP_A="12345678")
    assert found.values["Resync_Periodic"] == "30"
    assert found.values["GPP_A"] == "12345678"
    assert found.values["Resync_On_Reset"] == "Yes"
    assert found.labels["Resync_Periodic"] == "Resync Periodic:"
    assert found.labels["Resync_At__HHmm_"] == "Resync At (HHmm):"
    assert {f"GPP_{letter}" for letter in "ABCDEFGHIJKLMNOP"} <= found.values.keys()


def test_hidden_registers_are_on_no_page():
    assert not [name for name in provisioning(GPP_SA="hush").values if name.startswith("GPP_S")]


def test_a_password_is_never_shown():
    html = shown("System", Admin_Password="hush")
    assert "hush" not in html
    assert 'type="password"' in html
    assert "unchanged" in html


def test_a_value_that_is_no_choice_is_shown_all_the_same():
    assert provisioning(HTTP_Report_Method="PATCH").values["HTTP_Report_Method"] == "PATCH"


def test_known_fields_come_first_in_their_order():
    names = list(provisioning().values)
    assert names[:3] == ["Provision_Enable", "Resync_On_Reset", "Resync_Random_Delay"]
    assert names.index("Profile_Rule") < names.index("Profile_Rule_B") < names.index("GPP_A")


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_whatever_a_value_holds_it_stays_a_value(value):
    found = provisioning(GPP_A=value)
    assert found.tags == provisioning().tags
    # An HTML parser reads a carriage return as a newline.
    assert (found.values["GPP_A"] or "").replace("\r", "\n") == value.replace("\r", "\n")


@pytest.mark.parametrize(
    "html",
    [
        page.document(NASTY, "", refresh=NASTY).decode(),
        page.header(NASTY, ((NASTY, NASTY),)),
        page.notice(NASTY, NASTY, link=(NASTY, NASTY)),
        page.facts(NASTY, ((NASTY, NASTY),)),
        page.tabbed([Tab("a", NASTY, "", NASTY)], "a", action=NASTY),
    ],
)
def test_texts_are_escaped_wherever_they_stand(html):
    assert "<script" not in html
    assert not re.search(r'="[^"]*"><script', html)


def test_only_a_page_with_an_action_has_a_form_and_the_chosen_tab_is_open():
    tabs = [Tab("info", "Info", "x"), Tab("system", "System", "y", "Voice")]
    shown = page.tabbed(tabs, "system", action="/admin/advanced")
    assert '<form method="post" action="/admin/advanced">' in shown
    assert re.search(r'value="system" checked', shown)
    assert "Submit All Changes" in shown
    plain = page.tabbed(tabs, "no such tab")
    assert "<form" not in plain
    assert re.search(r'value="info" checked', plain)
