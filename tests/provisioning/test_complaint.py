from dataclasses import replace

from ringback.cisco.catalogue import catalogue
from ringback.cisco.markup import Severity
from ringback.cisco.model import MODELS, find_model
from ringback.provisioning.complaint import (
    READ_ONLY,
    Complaint,
    MisfitError,
    judged,
    unknown,
)

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
    def said(name):
        return str(unknown(MODEL, "site/b", name))

    assert "Serial_Number: is what the phone tells" in said("Serial_Number")
    assert ": CP-8851-3PCC numbers it 1 to 10 only: " in said("Proxy_99_")
    assert "CP-8851-3PCC has no such parameter: did you mean Proxy_1_?" in said("Prxy_1_")


def test_the_way_around_the_catalogue_is_told_in_the_words_of_whoever_reads_it():
    one = unknown(MODEL, "site/b", "Prxy_1_")
    assert "layer set --unchecked NAME=VALUE sends it" in str(one)
    assert one.said("write unchecked = true").endswith("Proxy_1_? write unchecked = true")


def test_many_devices_and_models_are_counted_and_the_first_are_named():
    macs = tuple(f"00000000000{each}" for each in range(8))
    one = replace(unknown(MODEL, "site/b", "Prxy_1_"), devices=macs, models=("A", "B"))
    assert "each of 2 models (A, B) has no such parameter" in str(one)
    assert f"(devices: 8 ({', '.join(macs[:5])} and 3 more))" in str(one)


def test_a_fault_in_a_variable_names_who_needs_it():
    one = Complaint(Severity.ERROR, "fleet", "variable ca", "no", needed=("X of ready/MPP",))
    assert str(one) == "error: fleet, variable ca: no, needed by X of ready/MPP"


def test_what_is_refused_at_once_is_told_with_all_of_it():
    two = [Complaint(Severity.ERROR, "site/b", name, "no") for name in ("GPP_A", "GPP_B")]
    error = MisfitError(two)
    assert str(error) == "layer site/b, GPP_A: no (and 1 more)"
    assert error.complaints == tuple(two)


def test_a_secret_value_is_not_repeated():
    known = catalogue(MODEL)
    (plain,) = judged(known.entry("Resync_Random_Delay"), "l", "Resync_Random_Delay", "soon")
    assert "soon" in plain.what
    for name in known:
        entry = known.entry(name)
        if entry is not None and entry.secret:
            assert not any("s0on" in each.what for each in judged(entry, "l", name, "s0on"))
    assert list(judged(None, "l", "Unheard_Of", "x")) == []
    entry = known.entry("Resync_Random_Delay")
    (named,) = judged(entry, "l", "Resync_Random_Delay", "s0on", secret="the secret 'tz'")
    assert "the secret 'tz'" in named.what
    assert "s0on" not in str(named)
