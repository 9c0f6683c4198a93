import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.cisco import flat_profile, gzipped
from ringback.cisco.model import find_model
from ringback.cisco.parameter import Access, Parameter
from ringback.errors import MalformedError
from ringback.mac import Mac
from ringback.provisioning.expression import parse
from ringback.provisioning.layer import Setting
from ringback.provisioning.pattern import Pattern, Whose
from ringback.provisioning.relic import State, pattern, quoted, read, settings

MAC = Mac("000e08abcdef")
BODY = flat_profile.write([Parameter("GPP_A", "1")])
SPA = (("*", "SPA504G"),)


@pytest.mark.parametrize(
    ("path", "model", "wanted"),
    [
        ("spa000e08abcdef.xml", "SPA504G", "/spa{mac}.xml"),
        ("000E08ABCDEF.cfg", "SPA504G", "/{MAC}.cfg"),
        ("Cisco/CP-8851-3PCC/000e08abcdef.cfg", "CP-8851-3PCC", "/Cisco/{pn}/{mac}.cfg"),
        ("spa504g/00-0e-08-ab-cd-ef.cfg", "SPA504G", "/spa504g/{mac:-}.cfg"),
        ("x/00:0E:08:AB:CD:EF", "SPA504G", "/x/{MAC::}"),
        ("000e08ABCDEF.cfg", "SPA504G", ""),
    ],
)
def test_a_path_tells_whose_it_is_and_of_which_model(path, model, wanted):
    found = read(path, BODY, SPA)
    assert (found.state, found.mac, found.model) == (State.DEVICE, MAC, model)
    assert pattern(found) == wanted
    if wanted:
        assert Pattern.parse(wanted).path(Whose(find_model(model), mac=MAC)) == f"/{path}"


def test_the_folder_of_a_site_becomes_its_place():
    assert pattern(read("hq/spa000e08abcdef.xml", BODY, SPA), "hq") == "/{site}/spa{mac}.xml"


def test_what_a_person_says_of_a_path_comes_before_its_words():
    said = (("*/spa*", "SPA525G2"), ("*", "SPA504G"))
    assert read("8851/spa000e08abcdef.xml", BODY, said).model == "SPA525G2"


def test_without_a_model_it_is_asked_for_and_the_nearest_generation_said():
    found = read("000e08abcdef.cfg", flat_profile.write([Parameter("Linksys_Key_System", "Yes")]))
    assert (found.model, found.why) == ("", "of which model?")
    assert "--model" in found.remedy


@pytest.mark.parametrize(
    ("path", "data", "state"),
    [
        ("spa504G.cfg", BODY, State.SHARED),
        ("000e08abcdef.cfg", gzipped.compress(BODY), State.DEVICE),
        ("000e08abcdef.cfg", b"Salted__" + bytes(40), State.SEALED),
        ("000e08abcdef.cfg", gzipped.compress(b"Salted__" + bytes(40)), State.SEALED),
        ("000e08abcdef.cfg", b"hello", State.OTHER),
        ("000e08abcdef.cfg", b"", State.OTHER),
        ("000e08abcdef.cfg", BODY[:-10], State.OTHER),
        ("000e08abcdef/000e08000001.cfg", BODY, State.SHARED),
    ],
)
def test_every_file_is_something(path, data, state):
    found = read(path, data, SPA)
    assert found.state is state
    assert found.why or state is State.DEVICE


def test_settings_are_what_a_phone_of_the_model_takes():
    body = (
        b'<flat-profile><GPP_A>1</GPP_A><GPP_B ua="rw"/><GPP_C/><Made_Up>x</Made_Up>'
        b'<GPP_A ua="ro">2</GPP_A><GPP_D></GPP_D></flat-profile>'
    )
    found = settings(read("000e08abcdef.cfg", body, SPA), lambda _, value: value)
    assert found["GPP_A"] == Setting("GPP_A", "2", Access.RO)
    assert found["Made_Up"] == Setting("Made_Up", "x", unchecked=True)
    assert found["GPP_B"].access is Access.RW


def test_what_no_layer_can_say_is_an_error_of_ours():
    body = b"<flat-profile><Dial_Plan_n_>1</Dial_Plan_n_></flat-profile>"
    with pytest.raises(MalformedError, match="cannot name a setting"):
        settings(read("000e08abcdef.cfg", body, SPA), lambda _, value: value)


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=60))
def test_a_quoted_value_renders_to_itself(value):
    assert parse(quoted(value)).render({}) == value


@given(st.text("{}#%'\\\" x", max_size=40))
def test_a_value_full_of_braces_does_too(value):
    assert parse(quoted(value)).render({}) == value


@given(st.text(max_size=40), st.binary(max_size=200))
def test_any_file_is_read(path, data):
    assert read(path, data, SPA).path == path
