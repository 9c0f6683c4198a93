from ringback.cisco.catalogue import catalogue
from ringback.cisco.markup import Severity
from ringback.cisco.model import MODELS, find_model
from ringback.provisioning.complaint import READ_ONLY, Complaint, judged, unknown

MODEL = find_model("8851")


def test_a_complaint_says_where_whom_and_what_to_do():
    one = Complaint(Severity.ERROR, "site/b", "GPP_A", "no", "do", ("000e08abcdef",), 2, 5)
    assert str(one) == "error: layer site/b, GPP_A:2:5: no (device 000e08abcdef): do"
    assert one.fatal
    assert not Complaint(Severity.WARNING, "site/b", "GPP_A", "no").fatal


def test_what_phones_tell_of_themselves_is_in_no_catalogue():
    for model in MODELS:
        assert not READ_ONLY & set(catalogue(model))


def test_a_name_is_explained():
    assert unknown(MODEL, "Serial_Number")[0].startswith("is what the phone tells")
    assert unknown(MODEL, "Proxy_99_")[0] == "CP-8851-3PCC numbers it 1 to 10 only"
    assert unknown(MODEL, "Prxy_1_")[1].startswith("did you mean Proxy_1_?")


def test_a_secret_value_is_not_repeated():
    known = catalogue(MODEL)
    (plain,) = judged(known.entry("Resync_Random_Delay"), "l", "Resync_Random_Delay", "soon")
    assert "soon" in plain.what
    for name in known:
        entry = known.entry(name)
        if entry is not None and entry.secret:
            assert not any("s0on" in each.what for each in judged(entry, "l", name, "s0on"))
    assert list(judged(None, "l", "Unheard_Of", "x")) == []
