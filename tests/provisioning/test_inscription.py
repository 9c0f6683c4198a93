import string
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from ringback.cisco.catalogue import catalogue
from ringback.cisco.model import find_model
from ringback.cisco.parameter import Access
from ringback.errors import MalformedError
from ringback.mac import Mac
from ringback.provisioning.device import Device
from ringback.provisioning.document import Document, Envelope, Level, Rules, Selection
from ringback.provisioning.fleet import Fleet
from ringback.provisioning.folder import read
from ringback.provisioning.inscription import amend, quoted, tidy, write
from ringback.provisioning.layer import Layer, Scope, Setting
from ringback.provisioning.line import Line
from ringback.provisioning.preparation import Preparation
from ringback.provisioning.ready import DOCUMENTS

MODELS = ["CP-8851-3PCC", "SPA504G", "CP-7841-3PCC"]
COMMON = sorted(
    set.intersection(
        *(
            {name for name in catalogue(find_model(each)) if name.startswith("GPP_")}
            for each in MODELS
        )
    )
    - {"GPP_SA"}
)
TEXT = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="{}\uf8ff"), max_size=12
)
WORD = st.text(string.ascii_letters + "äß /.-_", min_size=1, max_size=8)
NAME = st.sampled_from(["alpha", "beta", "gamma"])
PLAIN = st.text(string.ascii_letters + string.digits, max_size=6)
VALUE = TEXT | st.sampled_from(["{{ mac }}", "{{ model ~ site }}", "{{ secret('x') }}", 'a"b\\c'])
VARIABLES = st.dictionaries(NAME, TEXT, max_size=2)
SETTINGS = st.lists(
    st.builds(
        Setting, st.sampled_from(COMMON), VALUE, st.none() | st.sampled_from(Access), st.booleans()
    )
    | st.builds(Setting, st.sampled_from(COMMON), st.none(), st.sampled_from(Access)),
    unique_by=lambda each: each.name,
    max_size=4,
).map(lambda found: tuple(sorted(found, key=lambda each: each.name)))
LINES = st.lists(
    st.builds(Line, st.integers(1, 4), PLAIN, TEXT, TEXT, PLAIN, PLAIN, VARIABLES),
    unique_by=lambda each: each.number,
    max_size=3,
).map(lambda found: tuple(sorted(found, key=lambda each: each.number)))
DEVICES = st.lists(
    st.builds(
        Device,
        st.integers(0, 9).map(lambda number: Mac(f"000e0800000{number}")),
        st.sampled_from(MODELS),
        serial=TEXT,
        site=st.just("") | WORD,
        group=st.just("") | WORD,
        tags=st.frozensets(WORD, max_size=2),
        lines=LINES,
        variables=VARIABLES,
        locked=st.booleans(),
        pinned=st.none() | st.integers(1, 9),
        key=st.integers(1, 3),
        next_key=st.none() | st.integers(4, 5),
    ),
    unique_by=lambda each: each.mac,
    max_size=5,
)
SHARED = st.lists(
    st.builds(Layer, st.sampled_from([Scope.SITE, Scope.GROUP]), WORD, SETTINGS, VARIABLES)
    | st.builds(Layer, st.just(Scope.MODEL), st.sampled_from(["MPP", *MODELS]), SETTINGS, VARIABLES)
    | st.builds(Layer, st.just(Scope.FLEET), st.just("base"), SETTINGS, VARIABLES),
    unique_by=lambda each: (each.scope, each.name),
    max_size=5,
)


@st.composite
def fleets(draw):
    devices = draw(DEVICES)
    own = [Layer(Scope.DEVICE, str(each.mac), draw(SETTINGS)) for each in devices]
    variables = {"server": "https://p.example.com", **draw(VARIABLES)}
    documents = DOCUMENTS if draw(st.booleans()) else ()
    ready = draw(st.sampled_from([0, 1]))
    return tidy(Fleet.of([*draw(SHARED), *own], documents, devices, variables, ready=ready))


def prepared(fleet):
    preparation = Preparation(fleet, key=bytes(32), secret=str.upper)
    made: list[object] = [preparation.shared(3)]
    for each in fleet.devices:
        try:
            made.append(preparation.of(each, 3))
        except MalformedError as error:
            made.append(str(error))
    return made


@given(fleets())
@settings(max_examples=40, deadline=None)
def test_what_is_written_is_read_back_and_gives_equal_bytes(fleet):
    files = write(fleet)
    again = read(files).fleet
    assert again == fleet
    assert write(again) == files
    assert amend(files, fleet) == files
    assert prepared(again) == prepared(fleet)


@given(fleets(), fleets())
@settings(max_examples=40, deadline=None)
def test_a_folder_is_made_to_say_another_fleet(one, other):
    assert read(amend(write(one), other)).fleet == other


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_survives_its_quotes(text):
    import tomllib

    assert tomllib.loads(f"x = {quoted(text)}") == {"x": text}


DEVICE_FILE = """\
# Ground floor.
[[device]]
mac = "00:0e:08:ab:cd:ef"   # the lobby
model = "8851"

# First floor.
[[device]]
mac = "000e08abcdee"
model = "8851"
"""
LAYER_FILE = """\
# What the town hall wants.
name = "berlin"

[settings]
# Agreed with Ms. Weber.
GPP_A = "one"   # not two
GPP_B = "three"
"""


def test_comments_survive_where_nothing_changed():
    files = {
        "devices.toml": DEVICE_FILE,
        "layers/site/b.toml": LAYER_FILE,
        "fleet.toml": "# x\nready=1\n",
    }
    fleet = read(files).fleet
    assert amend(files, fleet) == files
    one, other = fleet.devices
    layer = replace(fleet.layers[0], settings=(Setting("GPP_A", "one"), Setting("GPP_B", "four")))
    changed = replace(fleet, devices=(replace(one, serial="FCH1"), other), layers=(layer,))
    made = amend(files, changed)
    assert read(made).fleet == changed
    assert made["layers/site/b.toml"] == LAYER_FILE.replace('"three"', '"four"')
    assert made["fleet.toml"] == files["fleet.toml"]
    assert 'mac = "00:0e:08:ab:cd:ef"   # the lobby\n' in made["devices.toml"]
    assert "# First floor.\n" in made["devices.toml"]
    gone = amend(files, replace(fleet, devices=(other,)))
    assert "First floor" not in gone["devices.toml"]
    assert "# the lobby" in gone["devices.toml"]


def test_a_thousand_devices_of_ten_sites_have_a_file_each():
    devices = [
        Device(Mac(f"000e08{number:06x}"), MODELS[number % 3], site=f"site {number % 10}")
        for number in range(1000)
    ]
    files = write(Fleet.of(devices=devices))
    assert sorted(files) == [*(f"devices/site {number}.toml" for number in range(10)), "fleet.toml"]
    assert read(files).fleet == Fleet.of(devices=devices)


def test_documents_of_every_kind_survive():
    documents = [
        Document(
            f"{envelope}-{level.name.lower()}-{rules}",
            ("/{mac}-{key}.cfg", "/x/{MAC:-}-{key}"),
            Selection(("A*",), ("B",), secrets=level is Level.DEVICE),
            envelope, level, slot, rules,
        )
        for envelope in Envelope for level in Level for rules in Rules for slot in ("", "C")
    ]  # fmt: skip
    for document in documents:
        fleet = Fleet.of(documents=[document])
        assert read(write(fleet)).fleet == fleet
