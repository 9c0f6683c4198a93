import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.cisco.macro import expand
from ringback.cisco.macros import phone_macros
from ringback.cisco.model import MODELS, find_model
from ringback.errors import RingbackError, UsageError
from ringback.mac import Mac
from ringback.provisioning.identity import mentions
from ringback.provisioning.pattern import Pattern, Whose, factory_path

MODEL = find_model("8851")
WHOSE = Whose(MODEL, "Haus 2", "sales", Mac("000e08abcdef"), "FCH1", "t0k3n", 3)


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("/{mac}.cfg", "/000e08abcdef.cfg"),
        ("/{MAC}.xml", "/000E08ABCDEF.xml"),
        ("/{mac:-}.cfg", "/00-0e-08-ab-cd-ef.cfg"),
        ("/{MAC::}.cfg", "/00:0E:08:AB:CD:EF.cfg"),
        ("/spa{psn}.cfg", "/spa8851-3PCC.cfg"),
        ("/{psn}.xml", "/8851-3PCC.xml"),
        ("/Cisco/{pn}/{mac}.cfg", "/Cisco/CP-8851-3PCC/000e08abcdef.cfg"),
        ("/{site}/{group}/{serial}", "/Haus_2/sales/FCH1"),
        ("/{token}/{key}", "/t0k3n/3"),
        ("{factory}", "/8851-3PCC.xml"),
    ],
)
def test_places_are_filled(pattern, path):
    assert Pattern.parse(pattern).path(WHOSE) == path


@pytest.mark.parametrize(
    "text", ["", "x", "/{}", "/{nothing}", "/{mac", "/a b", "/{mac:x}", "/ü", "/{m{ac}}"]
)
def test_what_is_no_pattern_is_refused(text):
    with pytest.raises(UsageError):
        Pattern.parse(text)


def test_an_empty_place_is_refused_and_not_left_out():
    with pytest.raises(UsageError, match="nothing to put for"):
        Pattern.parse("/{serial}").path(Whose(MODEL, mac=WHOSE.mac))


def test_a_phone_fills_in_by_its_macros_what_a_shared_file_cannot():
    rule = Pattern.parse("/{pn}/{mac}-{MAC}-{serial}.{key}.cfg").rule(Whose(MODEL, key=0))
    assert rule == "/CP-8851-3PCC/$(MA)-$(MAU)-$(SN).0.cfg"
    macros = phone_macros(MODEL, Mac("000e08abcdef"), "FCH1", values=lambda _: "")
    assert expand(rule, macros).text == Pattern.parse("/{pn}/{mac}-{MAC}-{serial}.{key}.cfg").path(
        Whose(MODEL, mac=Mac("000e08abcdef"), serial="FCH1", key=0)
    )
    for pattern in ("/{token}", "/{site}", "/{mac:-}"):
        with pytest.raises(UsageError, match="cannot fill"):
            Pattern.parse(pattern).rule(Whose(MODEL, key=0))


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_a_factory_fresh_phone_asks_for_a_path_without_macros(model):
    path = factory_path(model)
    assert path.startswith("/")
    assert "$" not in path


def test_what_a_path_tells_of_its_sharers():
    bound = Pattern.parse("/{site}/{psn}.xml").bound
    assert bound(WHOSE) == Whose(MODEL, "Haus 2")
    assert bound(Whose(MODEL)) is None
    assert Pattern.parse("/x.xml").bound(WHOSE) == Whose()


@given(st.text("/{}macMAC:-keysitnpfor. x", max_size=30).map("/".__add__))
def test_any_text_is_a_pattern_or_refused(text):
    try:
        pattern = Pattern.parse(text)
        path = pattern.path(WHOSE)
    except RingbackError:
        return
    assert path.startswith("/")
    assert "{" not in path
    if pattern.of_device and pattern.places & {"mac", "MAC"}:
        assert any(each.may_mean(Mac("000e08abcdef")) for each in mentions(path))
