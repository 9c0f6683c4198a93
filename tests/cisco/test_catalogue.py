from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.cisco.published import RESYNC

from ringback.cisco.catalogue import Kind, catalogue, may_be_secret
from ringback.cisco.flat_profile import read
from ringback.cisco.markup import Severity
from ringback.cisco.model import MODELS, find_model
from ringback.cisco.parameter import Access, fold, index, unfold
from ringback.cisco.rule import evaluate
from ringback.cisco.worth import judge

pytestmark = pytest.mark.duty(1)

LEAST = {
    "8841": 1300,
    "9861": 2800,
    "7832": 600,
    "SPA504G": 900,
    "SPA525G2": 1200,
    "SPA112": 800,
    "SPA942": 700,
    "SPA2102": 750,
}
EVERYWHERE = (
    "Profile_Rule",
    "Profile_Rule_B",
    "Profile_Rule_C",
    "Profile_Rule_D",
    "Provision_Enable",
    "Resync_On_Reset",
    "Resync_Random_Delay",
    "Resync_At__HHmm_",
    "Resync_At_Random_Delay",
    "Resync_Periodic",
    "Resync_Error_Retry_Delay",
    "Forced_Resync_Delay",
    "Resync_From_SIP",
    "Resync_After_Upgrade_Attempt",
    "Resync_Trigger_1",
    "Resync_Trigger_2",
    "Resync_Fails_On_FNF",
    "Upgrade_Enable",
    "Upgrade_Rule",
    "Report_Rule",
    "Syslog_Server",
    "Debug_Level",
    "Restricted_Access_Domains",
    "User_ID_1_",
    "Display_Name_1_",
    "Password_1_",
    "Proxy_1_",
    *(f"GPP_{letter}" for letter in "ABCDEFGHIJKLMNOP"),
    *(f"GPP_S{letter}" for letter in "ABCD"),
)


@pytest.mark.parametrize("name", LEAST)
def test_a_family_has_all_its_names(name):
    assert len(catalogue(find_model(name))) >= LEAST[name]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_every_model_can_be_provisioned(model):
    known = catalogue(model)
    traits = model.traits
    for name in (
        *EVERYWHERE,
        traits.log_request,
        traits.log_success,
        traits.log_failure,
        traits.admin_password,
    ):
        assert name in known, name


DEFAULTS = RESYNC | {
    "Profile_Rule_B": "",
    "Report_Rule": "",
    "Upgrade_Enable": "Yes",
    "Upgrade_Rule": "",
    "GPP_A": "",
    "GPP_P": "",
    "GPP_SA": "",
    "Syslog_Server": "",
}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_provisioning_defaults_are_the_guides_and_not_a_templates(model):
    known = catalogue(model)
    for name, default in DEFAULTS.items():
        entry = known.entry(name)
        assert entry is not None
        assert entry.default == default, name


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_defaults_on_which_generations_differ_follow_the_traits(model):
    known, traits = catalogue(model), model.traits
    expected = {
        "Profile_Rule": traits.default_rule,
        "Resync_Error_Retry_Delay": traits.retry_delay_default,
        traits.log_request: "$PN $MAC -- Requesting resync $SCHEME://$SERVIP:$PORT$PATH",
        traits.log_success: traits.log_success_default,
        traits.log_failure: "$PN $MAC -- Resync failed: $ERR",
    }
    assert {name: known.rows[name].default for name in expected} == expected


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_lines_run_as_far_as_the_model_has_them(model):
    known = catalogue(model)
    last = max(index(name)[0] for name in known if fold(name) == "User_ID_n_")
    assert last == (16 if model.catalogue == "9861" else model.lines)


@pytest.mark.parametrize(
    ("model", "name", "default"),
    [
        ("8841", "Debug_Level", "NOTICE"),
        ("SPA504G", "Debug_Level", "0"),
        ("8841", "CISCO_XML_EXE_Enable", "No"),
        ("8841", "CISCO_XML_EXE_Auth_Mode", "Local Credential"),
        ("SPA504G", "CISCO_XML_EXE_Enable", "No"),
        ("8841", "Enable_Protocol", "Http"),
        ("8841", "Web_Server_Port", "80"),
        ("9861", "Web_Server_Port", "443"),
        ("8841", "DHCP_Option_To_Use", "66,160,159,150,60,43,125"),
        ("9861", "DHCP_Option_To_Use", "66,160,159,150"),
        ("8841", "Extension_7_", "7"),
        ("8841", "Auth_Resync-Reboot_3_", "Yes"),
        ("8841", "HTTP_User_Agent_Name", "$VERSION ($MA)"),
        ("7832", "Line_Enable_1_", "Yes"),
    ],
)
def test_other_defaults(model, name, default):
    assert catalogue(find_model(model)).rows[name].default == default


def test_a_conference_phone_has_no_keys_of_a_desk_phone():
    known = catalogue(find_model("7832"))
    for name in ("Extension_1_", "Unit_1_Key_1_", "Wi-Fi_Password_1_", "Line_Enable_2_"):
        assert name not in known


def test_secrets_are_known():
    known = catalogue(find_model("8841"))
    secret = {name for name in known if known.rows[name].secret}
    assert {"Admin_Password", "Password_1_", "GPP_SA", "IKM_HTTP_Encrypt_Content"} <= secret
    assert "GPP_A" not in secret
    assert known.rows["Profile_Rule"].embeds
    assert may_be_secret("Admin_Passwd")
    assert may_be_secret("Password_12_")
    assert not may_be_secret("Display_Name_1_")


def test_an_entry_says_all_that_is_known():
    entry = catalogue(find_model("8841")).rows["Periodic_Upload_To_Server"]
    assert (entry.type, entry.default) == (Kind.INT, "3600")
    assert (entry.minimum, entry.maximum) == (600, 2592000)
    assert (entry.tab, entry.section) == ("Provisioning", "Upload Configuration Options")
    report = catalogue(find_model("8841")).rows["Report_To_Server"]
    assert report.choices == ("On Request", "On Local Change", "Periodically")
    assert report.closed
    assert catalogue(find_model("8841")).rows["Handset_Volume"].ua is Access.RW


@pytest.mark.parametrize(
    ("wanted", "nearest"),
    [
        ("profile_rule", "Profile_Rule"),
        ("Porfile_Rule", "Profile_Rule"),
        ("Admin_Passwd", "Admin_Password"),
        ("Log_Resync_Request_Msg", "Log_Request_Msg"),
        ("Usr_ID_4_", "User_ID_4_"),
        ("user_id_10_", "User_ID_10_"),
        ("Resync_Trigger_3", ""),
        ("Something_Else_Entirely", ""),
        ("", ""),
    ],
)
def test_the_nearest_name(wanted, nearest):
    assert catalogue(find_model("8841")).nearest(wanted) == nearest


@given(st.text(max_size=40))
def test_the_nearest_name_is_a_name_or_nothing(wanted):
    known = catalogue(find_model("7832"))
    nearest = known.nearest(wanted)
    assert nearest == "" or nearest in known


@pytest.mark.parametrize("model", {each.catalogue: each for each in MODELS}.values())
def test_factory_values_pass_our_own_lint(model):
    """What ships must be worth what the same row asks."""
    for name, entry in catalogue(model).rows.items():
        found = [each for each in judge(entry, entry.default) if each[0] is not Severity.HINT]
        assert found == [], (name, entry.default)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_the_factory_rule_is_a_rule(model):
    found = evaluate(catalogue(model).rows["Profile_Rule"].default, {"PSN": model.series})
    assert found.url is not None


@pytest.mark.parametrize("model", {each.catalogue: each for each in MODELS}.values())
def test_every_name_folds_back_to_its_row(model):
    known = catalogue(model)
    assert list(known.names()) == list(known)
    for name, entry in known.rows.items():
        assert fold(name) == entry.name
        assert unfold(entry.name, index(name)) == name
        assert known.entry(name) is entry
        assert entry.known in {"D", "T", "I"}
    assert known.entry("No_Such_Name") is None
    assert "No_Such_Name" not in known


@pytest.mark.parametrize(
    "file", [each.name for each in (files("ringback.cisco") / "data").iterdir()]
)
def test_data_files_are_sorted_text_without_trailing_blanks(file):
    text = (files("ringback.cisco") / "data" / file).read_text("utf-8")
    assert text.endswith("\n")
    rows = [line for line in text.splitlines() if not line.startswith("#")]
    names = [row.split("\t")[0] for row in rows]
    assert names == sorted(set(names), key=lambda name: (name.lower(), name))
    assert not [row for row in rows if row != row.rstrip(" ") or "  \t" in row]


def test_a_catalogue_is_read_once():
    assert catalogue(find_model("8841")) is catalogue(find_model("8851"))
    assert catalogue(find_model("8841")) is not catalogue(find_model("7811"))


DEPLOYED = {
    "fusionpbx/cisco_8811.xml": ("8811", set()),
    "fusionpbx/cisco_spa112.xml": ("SPA112", set()),
    "fusionpbx/cisco_spa191.xml": ("ATA191", set()),
    "fusionpbx/cisco_spa301.xml": ("SPA301", set()),
    "fusionpbx/cisco_spa504g.xml": ("SPA504G", set()),
    "fusionpbx/cisco_spa512g.xml": ("SPA512G", set()),
    "fusionpbx/cisco_spa514g.xml": (
        "SPA514G",
        {"Line_ID_Mapping", "Line_Navigation", "Resync_At_HHmm_"},
    ),
    "fusionpbx/linksys_spa3102.xml": ("SPA3102", set()),
    "fusionpbx/linksys_spa921.xml": ("SPA921", set()),
    "fusionpbx/linksys_spa941.xml": ("SPA941", set()),
    "sipxecs/spa942.cfg": (
        "SPA942",
        {"RTP_COS_Value_n_", "Set_Local_Date_mm_dd_", "Set_Local_Time_HH_mm_"},
    ),
}
"""Deployed profile: the model it is for, and the names in it that are misspelt or a sister's."""


@pytest.mark.parametrize("file", DEPLOYED)
def test_every_name_deployed_for_a_model_is_in_its_catalogue(corpus, file):
    model, strangers = DEPLOYED[file]
    known = catalogue(find_model(model)).numbers
    names = read((corpus / "profiles" / file).read_bytes()).last()
    assert {fold(name) for name in names if "{" not in name} - set(known) == strangers
