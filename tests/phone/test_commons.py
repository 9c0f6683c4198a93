import gc
import tracemalloc

from ringback.cisco import flat_profile
from ringback.cisco.model import find_model
from ringback.cisco.profile import Profile
from ringback.phone.commons import KEPT, Commons

MODEL = find_model("8851")


def profile(**values):
    return Profile.factory(MODEL).set(values)[0]


def test_equal_settings_are_held_once():
    commons = Commons()
    first = commons.same(profile(GPP_A="x", GPP_B="y"))
    second = profile(GPP_A="x", GPP_B="y")
    assert second is not first
    assert commons.same(second) is first
    assert len(commons) == 1


def test_what_differs_stays_different():
    commons = Commons()
    mine = profile(GPP_A="x")
    assert commons.same(mine) == mine
    assert commons.same(profile(GPP_A="z")).value("GPP_A") == "z"
    local = Profile.factory(MODEL).set({"GPP_A": "x"}, local=True)[0]
    assert commons.same(local).local == {"GPP_A"}
    other = Profile.factory(find_model("SPA504G")).set({"GPP_A": "x"})[0]
    assert commons.same(other).model.name == "SPA504G"


def test_a_phone_that_changes_its_settings_disturbs_nobody():
    commons = Commons()
    shared = commons.same(profile(GPP_A="x"))
    changed, _ = shared.set({"GPP_A": "other"})
    assert changed.value("GPP_A") == "other"
    assert commons.same(profile(GPP_A="x")).value("GPP_A") == "x"


def test_texts_of_different_profiles_are_shared():
    commons = Commons()
    texts = [b"a long value of settings".decode() for _ in range(2)]
    assert texts[0] is not texts[1]
    first = commons.same(profile(GPP_A=texts[0], GPP_B="1"))
    second = commons.same(profile(GPP_A=texts[1], GPP_B="2"))
    assert first.values["GPP_A"] is second.values["GPP_A"]


def test_what_is_remembered_is_bounded():
    commons = Commons()
    for number in range(KEPT + 50):
        commons.same(profile(GPP_A=f"phone {number}"))
    assert len(commons) == KEPT


def test_phones_that_applied_the_same_file_pay_for_its_settings_once():
    names = [f"{name}_{line}_" for name in ("User_ID", "Display_Name") for line in range(1, 11)]
    file = "".join(f"<{name}>{name} of everybody</{name}>" for name in names)

    def applied():
        elements = flat_profile.read(f"<flat-profile>{file}</flat-profile>".encode()).elements
        return Profile.factory(MODEL).apply(elements)[0]

    def cost(hold):
        kept = [hold(applied())]  # The first pays for what all have in common.
        tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]
        kept += [hold(applied()) for _ in range(200)]
        gc.collect()
        each = (tracemalloc.get_traced_memory()[0] - before) / 200
        tracemalloc.stop()
        return each

    assert cost(lambda profile: profile) > 1000
    assert cost(Commons().same) < 100
