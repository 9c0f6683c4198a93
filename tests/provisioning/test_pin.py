"""The settings of a release as a whole, in files of the device's own."""

from dataclasses import replace

import pytest

from ringback.cisco import envelope, flat_profile
from ringback.cisco.parameter import Access
from ringback.errors import UsageError
from ringback.mac import Mac
from ringback.provisioning import own
from ringback.provisioning.device import Device
from ringback.provisioning.document import Document, Envelope, Level, Selection
from ringback.provisioning.fleet import Fleet
from ringback.provisioning.layer import Layer, Scope, Setting
from ringback.provisioning.pin import Pin
from ringback.provisioning.preparation import Preparation
from ringback.provisioning.ready import BOOTSTRAP, COMMON, DEVICE

KEY, MAC = bytes(range(32)), Mac("000e08abcdef")
PHONE = Device(MAC, "CP-8851-3PCC", site="berlin")
VARIABLES = {"server": "https://prov.example.com"}


def preparation(*layers, documents=(), variables=VARIABLES):
    fleet = Fleet.of(layers, documents, (), variables)
    return Preparation(fleet, key=KEY, secret=str)


def said(scope, name, **settings):
    return Layer(scope, name, tuple(Setting(*each) for each in settings.items()))


def files(then, now, today=PHONE, device=PHONE):
    return {each.path: each for each in Pin(7, then, now).of(device, today)}


def read(prepared, number=0):
    phrase = own.passphrase(KEY, MAC, number) if number else None
    opened = envelope.unseal(prepared.body, key=phrase)
    return {name: each.value or "" for name, each in flat_profile.read(opened.data).last().items()}


ALL = said(Scope.FLEET, "all", GPP_A="then")


def test_the_file_says_what_the_release_did_under_the_keys_of_today():
    now = preparation(said(Scope.FLEET, "all", GPP_A="now"), said(Scope.SITE, "berlin", GPP_B="x"))
    today = replace(PHONE, key=2, next_key=3)
    made = files(preparation(ALL), now, today, today)
    assert list(made) == [f"/device/{MAC}-{number}.cfg" for number in (0, 2, 3)]
    for number in (0, 2, 3):
        values = read(made[f"/device/{MAC}-{number}.cfg"], number)
        assert values["GPP_A"] == "then"
        assert values["Profile_Rule"] == ""
        assert values["Profile_Rule_B"].endswith(f"/device/{MAC}-3.cfg")
        assert "release=7 " in values["Log_Success_Msg"]
        assert "GPP_B" not in values  # no shared file says it


def test_what_todays_shared_files_say_besides_is_as_from_the_factory():
    now = preparation(
        ALL, said(Scope.FLEET, "new", Debug_Server="x", VLAN_ID="77", Nonesuch="x"),
        said(Scope.MODEL, "MPP", GPP_E="x"),
    )  # fmt: skip
    values = read(files(preparation(ALL), now)[f"/device/{MAC}-1.cfg"], 1)
    assert (values["Debug_Server"], values["VLAN_ID"], values["GPP_E"]) == ("", "1", "")


def test_the_access_goes_back_too_where_it_was_given():
    named = Layer(Scope.FLEET, "new", (Setting("GPP_E", "x", Access.RW),))
    opened = files(preparation(ALL), preparation(ALL, named))[f"/device/{MAC}-1.cfg"]
    data = envelope.unseal(opened.body, key=own.passphrase(KEY, MAC, 1)).data
    assert flat_profile.read(data).last()["GPP_E"].access is not None


def test_a_file_that_is_fetched_where_today_says_holds_the_whole_of_the_release():
    narrow = replace(
        DEVICE, patterns=("/new/{mac}-{key}.cfg",),
        selection=Selection(("Time_*", "Profile_Rule*", "GPP_SA"), secrets=True),
    )  # fmt: skip
    now = preparation(said(Scope.FLEET, "all", GPP_A="now"), documents=(BOOTSTRAP, COMMON, narrow))
    made = files(preparation(ALL), now)
    assert set(made) == {f"/{name}/{MAC}-{key}.cfg" for name in ("device", "new") for key in (0, 1)}
    assert read(made[f"/new/{MAC}-1.cfg"], 1) == read(made[f"/device/{MAC}-1.cfg"], 1)


def test_what_a_more_careful_shared_file_said_goes_into_no_file_for_everybody():
    open_file = Document(
        "device", ("/{mac}.cfg",), Selection(exclude=("GPP_A",)), Envelope.PLAIN, Level.OPEN,
        slot="B",
    )  # fmt: skip
    for level, there in ((Level.DEVICE, False), (Level.OPEN, True)):
        documents = (replace(COMMON, level=level), open_file)
        then = preparation(ALL, documents=documents)
        values = read(files(then, then)[f"/{MAC}.cfg"])
        assert (values.get("GPP_A") == "then") is there


def test_two_of_its_files_at_one_path_are_refused():
    again = replace(DEVICE, name="again", slot="C")
    then = preparation(ALL, documents=(DEVICE, again))
    with pytest.raises(UsageError, match="two different files at"):
        files(then, preparation(ALL))
