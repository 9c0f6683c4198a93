import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.cisco.parameter import fold, index, places, spell, unfold

INDEXED = {
    "Line_Enable_2_": ("Line_Enable_n_", (2,)),
    "Dial_Plan_10_": ("Dial_Plan_n_", (10,)),
    "Auth_Resync-Reboot_1_": ("Auth_Resync-Reboot_n_", (1,)),
    "Speed_Dial_2_2_": ("Speed_Dial_n_n_", (2, 2)),
    "Speed_Dial_9_Name": ("Speed_Dial_n_Name", (9,)),
    "Quick_Number_0_Number": ("Quick_Number_n_Number", (0,)),
    "Unit_1_Key_3_": ("Unit_n_Key_n_", (1, 3)),
    "Unit_1_Key_3": ("Unit_n_Key_n", (1, 3)),
    "Unit_3_Share_Call_Appearance_40_": ("Unit_n_Share_Call_Appearance_n_", (3, 40)),
    "Unit_2_Enable": ("Unit_n_Enable", (2,)),
    "Group_10_Paging_Script": ("Group_n_Paging_Script", (10,)),
    "Default_Ring__1__": ("Default_Ring__n__", (1,)),
    "Sticky_183_4_": ("Sticky_183_n_", (4,)),
    "Reply_182_On_Call_Waiting_2_": ("Reply_182_On_Call_Waiting_n_", (2,)),
    "wepKey0_3_": ("wepKey0_n_", (3,)),
    "Log_Missed_Calls_for_EXT_4": ("Log_Missed_Calls_for_EXT_n", (4,)),
    "RSS_Feed_URL_5": ("RSS_Feed_URL_n", (5,)),
}
NUMBERED_BY_NAME = (
    "RFC_2543_Call_Hold",
    "TR-069_Fallback_Support",
    "TR_69_ACS_URL",
    "Layer_2_Logging",
    "Cadence_3",
    "PSK_12",
    "Resync_Trigger_1",
    "LDAP_Item_3_Filter",
    "Enable_802.1X_Authentication",
    "G722.2_Dynamic_Payload",
    "Ring10",
    "GPP_A",
)


@pytest.mark.parametrize("name", INDEXED)
def test_a_number_closed_as_an_index_is_one(name):
    pattern, numbers = INDEXED[name]
    assert fold(name) == pattern
    assert index(name) == numbers
    assert places(pattern) == len(numbers)
    assert unfold(pattern, numbers) == name


@pytest.mark.parametrize("name", NUMBERED_BY_NAME)
def test_a_number_that_belongs_to_the_name_stays(name):
    assert fold(name) == name
    assert index(name) == ()


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("Resync On Reset", "Resync_On_Reset"),
        ("Resync At (HHmm)", "Resync_At__HHmm_"),
        ("Dial Plan[1]", "Dial_Plan_1_"),
        ("Auth Resync-Reboot[2]", "Auth_Resync-Reboot_2_"),
        ("Outbound call w/o BLA dialog", "Outbound_call_w_o_BLA_dialog"),
    ],
)
def test_a_label_spells_its_element(label, name):
    assert spell(label) == name


def test_unfold_wants_as_many_numbers_as_there_are_places():
    with pytest.raises(ValueError):
        unfold("Unit_n_Key_n_", [1])
    with pytest.raises(ValueError):
        unfold("GPP_A", [1])


@given(st.text(alphabet="ABn_-0123456789", max_size=30))
def test_folding_twice_is_folding_once(name):
    assert fold(fold(name)) == fold(name)


@given(st.sampled_from([pattern for pattern, _ in INDEXED.values()]), st.data())
def test_what_is_unfolded_folds_back(pattern, data):
    numbers = data.draw(
        st.lists(st.integers(0, 60), min_size=places(pattern), max_size=places(pattern))
    )
    name = unfold(pattern, numbers)
    assert fold(name) == pattern
    assert index(name) == tuple(numbers)
