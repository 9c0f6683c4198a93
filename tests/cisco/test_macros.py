"""The macros of one phone."""

from collections.abc import Mapping

import pytest

from ringback.cisco.macros import STATE, phone_macros
from ringback.cisco.model import MODELS, find_model
from ringback.mac import Mac

pytestmark = pytest.mark.duty(3)


def macros_of(model: str = "SPA504G", **state: str) -> Mapping[str, str]:
    mac = Mac.parse("000E08AABBCC")
    return phone_macros(
        find_model(model), mac, "CBT1", values=lambda name: f"<{name}>", state=state
    )


def test_a_phone_knows_itself():
    macros = macros_of()
    assert macros["MA"] == "000e08aabbcc"
    assert macros["MAU"] == "000E08AABBCC"
    assert macros["MAC"] == "00:0e:08:aa:bb:cc"
    assert (macros["PN"], macros["PSN"]) == ("SPA504G", "504G")
    assert (macros["SN"], macros["SERIAL_NUMBER"]) == ("CBT1", "CBT1")
    assert macros["SWVER"] == "7.6.2f"


@pytest.mark.parametrize(
    ("model", "series"),
    [("8841", "8841-3PCC"), ("ATA191-MPP", "191"), ("SPA2102", "2102"), ("7832", "7832-3PCC")],
)
def test_series_numbers_are_those_that_files_are_named_by(model, series):
    assert macros_of(model)["PSN"] == series


def test_letters_read_general_purpose_parameters():
    macros = macros_of()
    for letter in "ABCDEFGHIJKLMNOP":
        assert macros[letter] == macros[f"GPP_{letter}"] == f"<GPP_{letter}>"
    assert macros["SD"] == "<GPP_SD>"
    assert "GPP_SA" not in macros
    assert "Q" not in macros


def test_lines_have_macros_of_their_own():
    macros = macros_of("SPA504G")
    assert macros["UID1"] == "<User_ID_1_>"
    assert macros["DISPLAYNAME4"] == "<Display_Name_4_>"
    assert macros["AUTHID2"] == "<Auth_ID_2_>"
    assert macros["PROXY3"] == "<Proxy_3_>"
    assert "UID5" not in macros


def test_state_adds_and_overrides():
    macros = macros_of(SWVER="9.9.9", PRVST="-1", SCHEME="tftp", EMS="on", NEW="x")
    assert macros["SWVER"] == "9.9.9"
    assert macros["PRVST"] == "-1"
    assert macros["METH"] == macros["SCHEME"] == "tftp"
    assert (macros["EMS"], macros["NEW"]) == ("on", "x")


DOCUMENTED = """
A B C D E F G H I J K L M N O P SA SB SC SD MA MAU MAC PN PSN SN CCERT IP EXTIP SWVER HWVER PRVST
UPGST UPGERR PRVTMR UPGTMR REGTMR1 REGTMR2 UPGCOND SCHEME METH SERV SERVIP PORT PATH ERR UID1
DISPLAYNAME1 AUTHID1 PROXY1 SERIAL_NUMBER XML_User_Name ISCUST INCOMINGNAME REMOTENUMBER EMS MUID
MPWD PUID PPWD PDOM ORIGTYPE AUTHSTATUS
"""


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_every_documented_macro_exists_on_every_model(model):
    macros = phone_macros(model, Mac.parse("000e08aabbcc"), "S", values=lambda _: "")
    assert not set(DOCUMENTED.split()) - set(macros)
    assert set(STATE) <= set(macros)
    assert all(isinstance(value, str) for value in macros.values())


def test_nothing_is_looked_up_before_it_is_asked_for():
    asked: list[str] = []

    def note(name: str) -> None:
        asked.append(name)

    def value(name: str) -> str:
        note(name)
        return "v"

    macros = phone_macros(
        find_model("8851"), Mac.parse("000e08aabbcc"), "S",
        values=value, live=note,
    )  # fmt: skip
    assert "UID3" in macros
    assert asked == []
    assert macros["B"] == "v"
    assert asked == ["B", "GPP_B"]


def test_what_is_true_at_the_moment_comes_before_the_settings():
    macros = phone_macros(
        find_model("8851"), Mac.parse("000e08aabbcc"), "S", values=lambda _: "setting",
        state={"PRVST": "-1"}, live={"EXTIP": "10.0.0.1", "PRVST": "1"}.get,
    )  # fmt: skip
    assert (macros["EXTIP"], macros["PRVST"]) == ("10.0.0.1", "-1")
    with pytest.raises(KeyError):
        macros["NEVER"]
    assert len(macros) == len(set(macros)) == len(list(macros))
