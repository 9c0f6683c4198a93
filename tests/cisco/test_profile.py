import pickle
import tracemalloc
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.cisco.catalogue import catalogue
from ringback.cisco.flat_profile import read, write
from ringback.cisco.model import find_model
from ringback.cisco.parameter import Access, Parameter
from ringback.cisco.profile import Change, Profile
from ringback.errors import NotFoundError

pytestmark = pytest.mark.duty(1)

MPP, SPA, SIPURA, PHONEOS = map(find_model, ("8841", "SPA504G", "SPA2000", "9861"))
ALL = pytest.mark.parametrize("model", [MPP, SPA, SIPURA, PHONEOS], ids=lambda each: each.name)


def apply(profile: Profile, text: str) -> Profile:
    return profile.apply(read(f"<flat-profile>{text}</flat-profile>".encode()).elements)[0]


def changes(profile: Profile, text: str) -> tuple[Change, ...]:
    return profile.apply(read(f"<flat-profile>{text}</flat-profile>".encode()).elements)[1]


@ALL
def test_a_factory_fresh_phone_holds_nothing_of_its_own(model):
    fresh = Profile.factory(model)
    assert fresh.values == {}
    assert fresh.accesses == {}
    assert fresh.value("Resync_Periodic") == "3600"
    assert fresh.value("Profile_Rule") == model.traits.default_rule
    assert fresh.access("Profile_Rule") is Access.NA
    assert len(list(fresh)) == len(catalogue(model))


@ALL
def test_applying_gives_another_profile_and_says_what_changed(model):
    fresh = Profile.factory(model)
    text = "<GPP_A>12345678</GPP_A><Resync_Periodic>3600</Resync_Periodic>"
    assert changes(fresh, text) == (Change("GPP_A", "", "12345678"),)
    after = apply(fresh, text)
    assert after.value("GPP_A") == "12345678"
    assert fresh.value("GPP_A") == ""
    assert after.values == {"GPP_A": "12345678"}


@ALL
def test_applying_twice_changes_nothing_the_second_time(model):
    text = '<GPP_A ua="rw">1</GPP_A><Display_Name_1_>x</Display_Name_1_>'
    once = apply(Profile.factory(model), text)
    assert changes(once, text) == ()
    assert apply(once, text) == once


def test_a_value_set_back_to_the_factorys_costs_nothing():
    there = apply(Profile.factory(MPP), '<GPP_A ua="rw">1</GPP_A>')
    back = apply(there, '<GPP_A ua="na"></GPP_A>')
    assert back == Profile.factory(MPP)


def test_the_last_of_two_equal_elements_wins():
    text = "<GPP_A>1</GPP_A><GPP_A>2</GPP_A><GPP_A>1</GPP_A>"
    assert changes(Profile.factory(MPP), text) == (Change("GPP_A", "", "1"),)


def test_unknown_names_and_names_in_another_case_are_ignored():
    text = "<gpp_a>1</gpp_a><No_Such_Name>1</No_Such_Name><Line_Enable_11_>No</Line_Enable_11_>"
    assert apply(Profile.factory(MPP), text) == Profile.factory(MPP)


@pytest.mark.parametrize(
    ("model", "text", "value"),
    [
        (MPP, "<GPP_A></GPP_A>", ""),
        (MPP, "<GPP_A/>", ""),
        (SPA, "<GPP_A></GPP_A>", ""),
        (SPA, "<GPP_A/>", "old"),
        (SPA, "<GPP_A> </GPP_A>", ""),
    ],
)
def test_what_empty_means_depends_on_the_generation(model, text, value):
    old = apply(Profile.factory(model), "<GPP_A>old</GPP_A>")
    assert apply(old, text).value("GPP_A") == value


def test_empty_means_the_factorys_value_on_the_oldest_phones():
    old = apply(Profile.factory(SIPURA), "<Resync_Periodic>60</Resync_Periodic>")
    for text in ("<Resync_Periodic></Resync_Periodic>", "<Resync_Periodic/>"):
        assert apply(old, text).value("Resync_Periodic") == "3600"
    assert apply(old, '<Resync_Periodic>""</Resync_Periodic>').value("Resync_Periodic") == ""
    assert apply(Profile.factory(MPP), '<GPP_A>""</GPP_A>').value("GPP_A") == '""'


def test_a_missing_ua_keeps_the_access_on_multiplatform_phones():
    old = apply(Profile.factory(MPP), '<GPP_A ua="rw">1</GPP_A>')
    assert apply(old, "<GPP_A>2</GPP_A>").access("GPP_A") is Access.RW


def test_a_missing_ua_gives_the_factorys_access_on_spa_phones():
    old = apply(Profile.factory(SPA), '<GPP_A ua="rw">1</GPP_A>')
    assert apply(old, "<GPP_A>2</GPP_A>").access("GPP_A") is Access.NA


def test_a_bare_element_changes_the_access_alone_on_spa_phones():
    old = apply(Profile.factory(SPA), "<GPP_A>1</GPP_A>")
    new = apply(old, '<GPP_A ua="ro"/>')
    assert (new.value("GPP_A"), new.access("GPP_A")) == ("1", Access.RO)


def test_preserve_value_keeps_what_the_user_set_and_nothing_else():
    text = '<GPP_A ua="rw" preserve-value="y">file</GPP_A>'
    assert apply(Profile.factory(MPP), text).value("GPP_A") == "file"
    mine, _ = Profile.factory(MPP).set({"GPP_A": "mine"}, local=True)
    kept = apply(mine, text)
    assert (kept.value("GPP_A"), kept.access("GPP_A")) == ("mine", Access.RW)
    assert apply(kept, "<GPP_A>plain</GPP_A>").value("GPP_A") == "plain"
    given_by_rule, _ = Profile.factory(MPP).set({"GPP_A": "rule"})
    assert apply(given_by_rule, text).value("GPP_A") == "file"


def test_preserve_value_means_nothing_to_spa_phones():
    mine, _ = Profile.factory(SPA).set({"GPP_A": "mine"}, local=True)
    assert apply(mine, '<GPP_A preserve-value="y">file</GPP_A>').value("GPP_A") == "file"


@pytest.mark.parametrize("written", ["yes", "Yes", "YES", "1", "enable", "Enabled", "true"])
def test_a_bool_is_read_however_it_is_written(written):
    off = apply(Profile.factory(MPP), "<Resync_On_Reset>no</Resync_On_Reset>")
    assert not off.flag("Resync_On_Reset")
    assert off.value("Resync_On_Reset") == "No"
    on = apply(off, f"<Resync_On_Reset>{written}</Resync_On_Reset>")
    assert on.flag("Resync_On_Reset")
    assert on == Profile.factory(MPP)


def test_a_bool_that_says_neither_counts_as_from_the_factory():
    odd = apply(Profile.factory(MPP), "<Resync_On_Reset>perhaps</Resync_On_Reset>")
    assert odd.value("Resync_On_Reset") == "perhaps"
    assert odd.flag("Resync_On_Reset")
    assert not Profile.factory(MPP).flag("No_Such_Name")


def test_values_are_set_by_name():
    new, changed = Profile.factory(MPP).set({"GPP_A": "1", "GPP_B": ""})
    assert changed == (Change("GPP_A", "", "1"),)
    assert new.value("GPP_A") == "1"


def test_setting_an_unknown_name_is_an_error_with_the_nearest():
    with pytest.raises(NotFoundError) as caught:
        Profile.factory(MPP).set({"Gpp_A": "1"})
    assert caught.value.nearest == "GPP_A"


def test_a_name_this_model_lacks_has_no_value():
    fresh = Profile.factory(MPP)
    assert fresh.value("Admin_Passwd") == ""
    assert "Admin_Passwd" not in fresh
    assert "Admin_Password" in fresh
    assert fresh.access("Admin_Passwd") is Access.NA


def test_secrets_are_known():
    fresh = Profile.factory(MPP)
    assert fresh.secret("Admin_Password")
    assert not fresh.secret("GPP_A")
    assert not fresh.secret("No_Such_Name")


def test_what_is_kept_is_what_was_held():
    held, _ = Profile.factory(MPP).set({"GPP_A": "1"}, local=True)
    held = apply(held, '<GPP_B ua="ro">2</GPP_B>')
    assert Profile.kept(MPP, held.values, held.accesses, held.local) == held
    assert Profile.kept(MPP, {"Gone": "1"}, {"Gone": "rw"}, ["Gone"]) == Profile.factory(MPP)
    assert pickle.loads(pickle.dumps(held)) == held


def test_two_profiles_differ_by_name():
    one = apply(Profile.factory(MPP), "<GPP_A>1</GPP_A><GPP_B>2</GPP_B>")
    two = apply(Profile.factory(MPP), "<GPP_B>2</GPP_B><GPP_C>3</GPP_C>")
    assert one.diff(two) == (Change("GPP_A", "1", ""), Change("GPP_C", "", "3"))
    assert one.diff(one) == ()


NAMES = st.sampled_from([*sorted(catalogue(SPA))[::40], "No_Such_Name"])
SETTINGS = st.lists(
    st.builds(
        Parameter,
        NAMES,
        st.none() | st.sampled_from(["", "Yes", "no", "1", "x"]),
        st.none() | st.sampled_from(Access),
    ),
    max_size=12,
)


@given(st.sampled_from([MPP, SPA, SIPURA]), SETTINGS, SETTINGS)
def test_changes_say_exactly_what_differs(model, first, second):
    before = Profile.factory(model).apply(read(write(first)).elements)[0]
    after, changed = before.apply(read(write(second)).elements)
    assert sorted(changed, key=lambda each: each.name) == list(before.diff(after))
    assert {each.name for each in second} >= {each.name for each in changed}


@given(SETTINGS)
def test_a_profile_holds_only_what_differs_from_the_factory(settings):
    profile = Profile.factory(MPP).apply(read(write(settings)).elements)[0]
    for name, value in profile.values.items():
        assert value != catalogue(MPP).rows[name].default
    for name, access in profile.accesses.items():
        assert access is not catalogue(MPP).rows[name].ua


def test_the_whole_profile_written_and_applied_is_the_same_profile():
    mine = apply(Profile.factory(MPP), '<GPP_A ua="rw"> 1 &amp; 2</GPP_A><GPP_P>x</GPP_P>')
    again = Profile.factory(MPP).apply(read(write(mine), strict=True).elements)[0]
    assert again == mine


def test_a_thousand_phones_cost_what_differs():
    text = write([Parameter(f"User_ID_{line}_", str(1000 + line)) for line in range(1, 11)])
    Profile.factory(MPP).apply(read(text).elements)
    tracemalloc.start()
    try:
        phones = [Profile.factory(MPP).apply(read(text).elements)[0] for _ in range(1000)]
        assert tracemalloc.get_traced_memory()[0] < 5_000 * len(phones)
    finally:
        tracemalloc.stop()


def test_a_whole_dump_is_applied_in_a_blink():
    elements = read(write(Profile.factory(PHONEOS))).elements
    started = perf_counter()
    Profile.factory(PHONEOS).apply(elements)
    assert perf_counter() - started < 0.5  # some 10 ms; the bound is for a busy machine
