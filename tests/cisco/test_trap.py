"""Each trap: a file that springs it, one that does not, and what is said."""

import pytest

from ringback.cisco.flat_profile import read
from ringback.cisco.markup import Severity
from ringback.cisco.model import find_model
from ringback.cisco.profile import Profile
from ringback.cisco.trap import TRAPS, Case


def findings(trap: str, text: str, model: str = "8841", *, sealed: bool = False):
    phone = find_model(model)
    reading = read(f"<flat-profile>{text}</flat-profile>".encode())
    taken, _ = Profile.factory(phone).apply(reading.elements)
    (function,) = (each for each in TRAPS if each.__name__ == trap)
    return list(function(Case(phone, reading.last(), taken, sealed)))


A = "Profile_Rule"
W, H, E = Severity.WARNING, Severity.HINT, Severity.ERROR

SPRUNG = (
    ("bare_elements", "8841", "<Resync_Periodic/>", W, "clears it, says one sentence"),
    ("bare_elements", "8841", '<GPP_A ua="na"/>', H, "GPP_A"),
    ("bare_elements", "SPA504G", "<Resync_Periodic/>", W, "leaves the value alone"),
    ("bare_elements", "SPA2000", "<Resync_Periodic/>", W, "gives the factory value"),
    ("empty_means_default", "SPA2000", "<GPP_A></GPP_A>", W, "gives the factory value: GPP_A"),
    (
        "long_random_delay",
        "8841",
        "<Resync_Random_Delay>300</Resync_Random_Delay>",
        W,
        "waits up to 6000 s",
    ),
    (
        "zero_retry",
        "8841",
        "<Resync_Error_Retry_Delay>0</Resync_Error_Retry_Delay>",
        W,
        "never tries again",
    ),
    (
        "zero_retry",
        "SPA504G",
        "<Resync_Error_Retry_Delay>0</Resync_Error_Retry_Delay>",
        W,
        "tries again at once",
    ),
    ("hasty_periodic", "8841", "<Resync_Periodic>5</Resync_Periodic>", W, "within 5 s"),
    ("hasty_periodic", "8841", "<Resync_Periodic>3600,10+5</Resync_Periodic>", W, "within 15 s"),
    (
        "resync_at_wins",
        "8841",
        "<Resync_At__HHmm_>0300</Resync_At__HHmm_><Resync_Periodic>3600</Resync_Periodic>",
        W,
        "so Resync_Periodic is ignored",
    ),
    (
        "short_random_window",
        "8841",
        "<Resync_At_Random_Delay>10</Resync_At_Random_Delay>",
        H,
        "counts as 600 s",
    ),
    ("provisioning_off", "8841", "<Provision_Enable>no</Provision_Enable>", W, "not resync again"),
    ("no_way_back", "8841", f"<{A}></{A}>", W, "will not come back"),
    ("no_way_back", "8841", f"<{A}># http://h/x</{A}>", W, "will not come back"),
    (
        "chain_stops",
        "8841",
        f"<{A}>http://h/a</{A}><Profile_Rule_B>http://h/b</Profile_Rule_B>",
        H,
        "Profile_Rule_B is not fetched",
    ),
    ("fifth_rule", "8841", "<Profile_Rule_E>http://h/e</Profile_Rule_E>", E, "has four rules"),
    ("fifth_rule", "8841", "<Profile_Rule_A>http://h/e</Profile_Rule_A>", E, "has four rules"),
    ("challenged_notify", "8841", "<User_ID_1_>100</User_ID_1_>", H, "Auth_Resync-Reboot_1_"),
    ("keys_in_clear", "8841", f"<{A}>[--key abc]tftp://h/x</{A}>", W, "--key stands here"),
    ("keys_in_clear", "8841", f'<{A}>[--pwd "p w"]https://h/x</{A}>', W, "--pwd stands here"),
    ("keys_in_clear", "8841", f"<{A}>[--uid u --pwd $SB]http://h/x</{A}>", W, "over http in clear"),
    ("secrets_in_plain", "8841", "<Password_1_>geheim</Password_1_>", H, "not sealed: Password_1_"),
    ("secrets_in_plain", "8841", "<Password_1_>*******</Password_1_>", E, "a mask"),
    ("series_macro", "8841", f"<{A}>http://h/$PSN-3PCC.xml</{A}>", W, "8841-3PCC-3PCC"),
    ("series_macro", "8841", f"<{A}>http://h/$PSN.xml</{A}>", H, "$PSN becomes 8841-3PCC"),
    ("no_server", "8841", f"<{A}>/$MA.xml</{A}>", H, "DHCP option 66"),
    ("no_server", "8841", f"<{A}>[--key $SA]/$MA.xml</{A}>", H, "DHCP option 66"),
    ("no_server", "8841", f'<{A}>("$A" eq "x")? http://h/a | /b</{A}>', H, "DHCP option 66"),
    ("no_address", "8841", f"<{A}>http://192.168.1.300/x</{A}>", E, "192.168.1.300 is no IPv4"),
    ("no_address", "8841", f"<{A}>256.1.1.1/x</{A}>", E, "256.1.1.1 is no IPv4"),
    ("trust", "8841", f"<{A}>https://h/x</{A}>", H, "certificate"),
    ("trust", "SPA504G", f"<{A}>https://h/x</{A}>", H, "TLS 1.0"),
    ("beyond_ascii", "8841", "<Station_Name>Zürich</Station_Name>", H, "Station_Name"),
)
SAFE = (
    ("bare_elements", "8841", "<No_Such_Name/><GPP_A></GPP_A>"),
    ("empty_means_default", "SPA504G", "<GPP_A></GPP_A>"),
    ("empty_means_default", "SPA2000", '<GPP_A>""</GPP_A>'),
    ("long_random_delay", "8841", "<Resync_Random_Delay>180</Resync_Random_Delay>"),
    ("long_random_delay", "SPA2000", "<Resync_Random_Delay>300</Resync_Random_Delay>"),
    ("zero_retry", "8841", "<Resync_Error_Retry_Delay>0,60</Resync_Error_Retry_Delay>"),
    ("zero_retry", "8841", "<Resync_Error_Retry_Delay>x</Resync_Error_Retry_Delay>"),
    ("hasty_periodic", "8841", "<Resync_Periodic>0</Resync_Periodic>"),
    ("hasty_periodic", "8841", "<Resync_Periodic>5,3600</Resync_Periodic>"),
    ("resync_at_wins", "8841", "<Resync_At__HHmm_>0300</Resync_At__HHmm_>"),
    (
        "resync_at_wins",
        "8841",
        "<Resync_At__HHmm_></Resync_At__HHmm_><Resync_Periodic>3600</Resync_Periodic>",
    ),
    ("short_random_window", "SPA504G", "<Resync_At_Random_Delay>10</Resync_At_Random_Delay>"),
    ("provisioning_off", "8841", "<Provision_Enable>yes</Provision_Enable>"),
    ("no_way_back", "8841", f"<{A}></{A}><Profile_Rule_B>http://h/</Profile_Rule_B>"),
    ("no_way_back", "8841", "<GPP_A></GPP_A>"),
    (
        "chain_stops",
        "8841",
        "<Profile_Rule_B>http://h/b</Profile_Rule_B><Resync_Fails_On_FNF>No</Resync_Fails_On_FNF>",
    ),
    ("chain_stops", "8841", f"<{A}>http://h/a</{A}><Profile_Rule_B></Profile_Rule_B>"),
    ("fifth_rule", "8841", "<Profile_Rule_Menu>Yes</Profile_Rule_Menu>"),
    ("fifth_rule", "8841", "<Profile_Rule_D>http://h/e</Profile_Rule_D>"),
    (
        "challenged_notify",
        "8841",
        "<User_ID_1_>1</User_ID_1_><Auth_Resync-Reboot_1_>No</Auth_Resync-Reboot_1_>",
    ),
    ("keys_in_clear", "8841", f"<{A}>[--key $SA]tftp://h/x</{A}>"),
    ("keys_in_clear", "8841", f'<{A}>[--key "$(SA)"]tftp://h/x</{A}>'),
    ("secrets_in_plain", "8841", "<Password_1_></Password_1_>"),
    ("series_macro", "SPA504G", f"<{A}>http://h/spa$PSN.cfg</{A}>"),
    ("no_server", "8841", f"<{A}>http://h/a/b?c=/d</{A}>"),
    ("no_server", "8841", f'<{A}>("$A" eq "x")? http://h/a | tftp://h/b</{A}>'),
    ("no_address", "8841", f"<{A}>http://192.168.1.200:69/x-1.2.3.400.bin</{A}>"),
    ("trust", "8841", f"<{A}>http://h/x</{A}>"),
    ("trust", "8841", f"<{A}>https://h/x</{A}><Custom_CA_Rule>http://h/c</Custom_CA_Rule>"),
    ("beyond_ascii", "8841", "<Station_Name>Zurich</Station_Name>"),
)


@pytest.mark.parametrize(("trap", "model", "text", "severity", "words"), SPRUNG)
def test_a_trap_that_is_sprung_is_told(trap, model, text, severity, words):
    (found,) = findings(trap, text, model)
    assert found.severity is severity
    assert words in found.text
    assert found.remedy
    assert found.place.line == 1
    assert found.parameter


@pytest.mark.parametrize(("trap", "model", "text"), SAFE)
def test_of_a_trap_that_is_not_there_nothing_is_said(trap, model, text):
    assert findings(trap, text, model) == []


def test_every_trap_has_a_file_that_springs_it():
    assert {each[0] for each in SPRUNG} == {trap.__name__ for trap in TRAPS}


def test_a_sealed_file_may_hold_secrets():
    text = f"<Password_1_>geheim</Password_1_><{A}>[--key abc]https://h/x</{A}>"
    assert findings("secrets_in_plain", text, sealed=True) == []
    assert findings("keys_in_clear", text, sealed=True) == []


def test_many_names_are_told_in_few_words():
    text = "".join(f"<GPP_{letter}/>" for letter in "ABCDEFG")
    (found,) = findings("bare_elements", text)
    assert found.text.endswith("GPP_A, GPP_B, GPP_C, GPP_D and 3 more")
