import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.cisco.catalogue import catalogue
from ringback.cisco.markup import Severity
from ringback.cisco.model import find_model
from ringback.cisco.worth import judge, number

MPP = catalogue(find_model("8841"))
SPA = catalogue(find_model("SPA504G"))

FINE = (
    ("Resync_On_Reset", "Yes"),
    ("Resync_On_Reset", "yes"),
    ("Resync_On_Reset", "0"),
    ("Resync_Random_Delay", "0x10"),
    ("Resync_Random_Delay", ""),
    ("Web_Server_Port", "8080"),
    ("Static_IP", "192.0.2.7"),
    ("Static_IP", ""),
    ("Resync_Periodic", "60+30, 120, 3600"),
    ("Resync_At__HHmm_", "2400"),
    ("Resync_At__HHmm_", "0315"),
    ("Report_To_Server", "Periodically"),
    ("Debug_Level", "3"),
    ("Syslog_Server", "192.0.2.7:514"),
    ("Display_Name_1_", "Zoë \u201cthe\u201d boss"),
    ("Station_Name", "$MA"),
)
WRONG = (
    ("Resync_On_Reset", "maybe", Severity.ERROR),
    ("Resync_Random_Delay", "two", Severity.ERROR),
    ("Resync_Random_Delay", "70000", Severity.WARNING),
    ("Resync_Random_Delay", "18 0", Severity.ERROR),
    ("Web_Server_Port", "65536", Severity.ERROR),
    ("Web_Server_Port", "http", Severity.ERROR),
    ("Static_IP", "192.168.1.300", Severity.ERROR),
    ("Static_IP", "192.168.1", Severity.ERROR),
    ("Resync_Periodic", "60,,120", Severity.ERROR),
    ("Resync_Periodic", "1h", Severity.ERROR),
    ("Resync_Error_Retry_Delay", "60;120", Severity.ERROR),
    ("Resync_At__HHmm_", "3:15", Severity.ERROR),
    ("Resync_At__HHmm_", "2500", Severity.ERROR),
    ("Resync_At__HHmm_", "1260", Severity.ERROR),
    ("Report_To_Server", "Sometimes", Severity.ERROR),
    ("Report_To_Server", "on request", Severity.HINT),
    ("Syslog_Server", "udp://192.0.2.7", Severity.WARNING),
    ("Syslog_Server", "syslog server", Severity.WARNING),
    ("Dial_Plan_1_", "(x\u2013y)", Severity.ERROR),
    ("Display_Name_1_", "{$display_name}", Severity.WARNING),
    ("Display_Name_1_", "{{ display_name }}", Severity.WARNING),
)


@pytest.mark.parametrize(("name", "value"), FINE)
def test_of_a_good_value_nothing_is_said(name, value):
    assert list(judge(MPP.rows[name], value)) == []


@pytest.mark.parametrize(("name", "value", "severity"), WRONG)
def test_of_a_bad_value_one_thing_is_said_with_a_remedy(name, value, severity):
    (remark,) = judge(MPP.rows[name], value)
    assert remark[0] is severity
    assert remark[1]
    assert remark[2]


def test_a_range_is_told():
    (remark,) = judge(MPP.rows["Periodic_Upload_To_Server"], "10")
    assert remark == (Severity.WARNING, "10 is out of range", "the guide says 600 to 2592000")


def test_a_list_that_no_guide_closes_only_warns():
    entry = SPA.rows["Connection_Type"]
    assert entry.choices
    assert not entry.closed
    assert [each[0] for each in judge(entry, "Always On")] == [Severity.WARNING]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("10", 10),
        ("-3", -3),
        ("+3", 3),
        ("0x1F", 31),
        (".5", 0.5),
        ("2.", 2),
        ("1.25", 1.25),
        ("", None),
        ("1e5", None),
        ("0x", None),
        ("\u0661", None),
        ("1" * 40, None),
    ],
)
def test_numbers(text, value):
    assert number(text) == value


@given(st.sampled_from(sorted(MPP)), st.text(max_size=60))
def test_any_value_can_be_judged(name, value):
    for severity, text, _ in judge(MPP.rows[name], value):
        assert severity in Severity
        assert text
