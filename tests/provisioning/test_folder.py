import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.cisco.parameter import Access
from ringback.errors import MalformedError, RingbackError
from ringback.provisioning.document import Envelope, Level, Rules
from ringback.provisioning.folder import known_files, read
from ringback.provisioning.layer import Scope, Setting

DEVICE = '[[device]]\nmac = "00:0E:08:AB:CD:EF"\nmodel = "8851"\n'
DOCUMENT = "[[document]]\nname = 'x'\npaths = ['/{mac}']\nslot = 'A'\n"


def test_a_folder_says_everything():
    folder = read(
        {
            "fleet.toml": 'ready = 1\n[variables]\nserver = "https://p.example.com"\n',
            "layers/fleet/base.toml": "[settings]\nResync_Periodic = 36\nProvision_Enable = true\n",
            "layers/model/mpp.toml": "[settings]\n"
            'X = { value = "y", access = "ro", unchecked = true }\n',
            "layers/site/Haus 2.toml": '[variables]\nproxy = "sip.example.com"\n',
            "documents.toml": '[[document]]\nname = "one"\npaths = ["/{mac}.cfg"]\n'
            'envelope = "plain"\n'
            'level = "open"\nrules = "own"\nslot = "A"\n',
            "devices.toml": DEVICE
            + 'serial = 4711\ntags = ["b", "a"]\n[[device.line]]\nnumber = 2\nuser = 200\n'
            "[[device.line]]\nnumber = 1\n[device.line.variables]\nroom = 7\n"
            '[device.settings]\nGPP_A = ""\nGPP_B = { access = "na" }\n',
        }
    )
    fleet = folder.fleet
    (device,) = fleet.devices
    assert (device.model, device.serial, device.tags) == ("CP-8851-3PCC", "4711", frozenset("ab"))
    assert [(line.number, line.user, line.variables) for line in device.lines] == [
        (1, "", {"room": "7"}),
        (2, "200", {}),
    ]
    assert [str(layer) for layer in fleet.layers] == [
        "fleet/base", "model/MPP", "site/Haus 2", "device/000e08abcdef",
    ]  # fmt: skip
    assert [each.value for each in fleet.layers[0].settings] == ["Yes", "36"]
    assert fleet.layers[1].settings[0] == Setting("X", "y", Access.RO, unchecked=True)
    assert fleet.layers[3].scope is Scope.DEVICE
    assert [each.value for each in fleet.layers[3].settings] == ["", None]
    (document,) = fleet.documents
    assert (document.envelope, document.level, document.rules) == (
        Envelope.PLAIN, Level.OPEN, Rules.OWN,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("path", "text", "said"),
    [
        ("devices.toml", "[[device]]\n\nmac = 5 5\n", "devices.toml:3:"),
        ("devices.toml", '[[device]]\nmodel = "8851"\n', "devices.toml:1: mac: is missing"),
        (
            "devices.toml",
            '[[device]]\nmac = "0"\nmodel = "8851"\n',
            "devices.toml:2: mac: not a MAC address: '0'",
        ),
        (
            "devices.toml",
            DEVICE.replace("8851", "8852"),
            "devices.toml:3: model: unknown phone model '8852': did you mean",
        ),
        (
            "devices.toml",
            DEVICE + 'seriel = "x"\n',
            "devices.toml:4: seriel: is not known here: did you mean serial?",
        ),
        (
            "devices.toml",
            DEVICE + DEVICE.replace("0E:08", "0e08"),
            "devices.toml:5: device 000e08abcdef is in devices.toml:2 too: keep one of the two",
        ),
        (
            "devices.toml",
            DEVICE + "[[device.line]]\nnumber = 1\n[[device.line]]\nnumber = 1\n",
            "not in order: 1, 1",
        ),
        (
            "devices.toml",
            DEVICE + "[[device.line]]\nnumber = 0\n",
            "devices.toml:5: number: no phone",
        ),
        ("devices.toml", DEVICE + "tags = 'x'\n", "devices.toml:4: tags: a list is wanted here"),
        ("devices.toml", DEVICE + "locked = 'x'\n", "devices.toml:4: locked: true or false"),
        ("devices.toml", DEVICE + "key = -1\n", "devices.toml:4: key: cannot be below 0"),
        ("layers/site/b.toml", "[settings]\nGPP_A = [1]\n", "layers/site/b.toml:2: GPP_A: a text"),
        (
            "layers/site/b.toml",
            "[settings]\nGPP_A = {}\n",
            "layers/site/b.toml:2: GPP_A: says nothing",
        ),
        (
            "layers/site/b.toml",
            "[settings]\nGPP_A = { access = 'x' }\n",
            "layers/site/b.toml:2: GPP_A: access: 'x' is not known here: one of",
        ),
        (
            "layers/site/b.toml",
            "[variables]\n'a b' = 1\n",
            "layers/site/b.toml:2: a b: cannot name",
        ),
        ("layers/site/b.toml", "[setings]\n", "did you mean settings?"),
        ("layers/b.toml", "", "layers/b.toml: whose layer is this?"),
        ("layers/tag/b.toml", "", "layers/tag/b.toml: whose layer is this?"),
        ("layers/model/x9.toml", "", "unknown phone model 'x9'"),
        (
            "documents.toml",
            "[[document]]\nname = 'x'\nlevel = 'all'\n",
            "documents.toml:3: level: 'all'",
        ),
        (
            "fleet.toml",
            "raedy = 1\n",
            "fleet.toml:1: raedy: is not known here: did you mean ready?",
        ),
        ("fleet.toml", "\nready = 7\n", "fleet.toml:2: ready: there are no ready-made layers 7"),
        (
            "fleet.toml",
            "[variables]\nmac = 'x'\n",
            "fleet.toml:2: mac: is a fact of devices, no variable: give it another name",
        ),
        (
            "devices.toml",
            DEVICE + "[device.variables]\nsite = 'x'\n",
            "devices.toml:5: site: is a fact of devices",
        ),
        (
            "documents.toml",
            "[[document]]\nname = 'x'\npaths = ['/a', '/{nope}']\n",
            "documents.toml:3: paths: no place {nope} in the pattern",
        ),
        (
            "documents.toml",
            DOCUMENT + "[[document]]\nname = 'y'\npaths = ['/y']\nsecrets = true\n",
            "documents.toml:5: document 'y': secrets only go into a device's own file",
        ),
        (
            "documents.toml",
            DOCUMENT + DOCUMENT.replace("'x'", "'y'"),
            "documents.toml:8: the document of rule A is in documents.toml:4 too",
        ),
        (
            "layers/device/000e08abcdef.toml",
            "[settings]\n",
            "layers/device/000e08abcdef.toml: a device's own settings stand with the device: put",
        ),
        ("other.toml", "", "other.toml: a fleet has no such file"),
    ],
)
def test_a_fault_names_file_line_key_and_remedy(path, text, said):
    with pytest.raises(MalformedError) as caught:
        read({path: text})
    assert said in str(caught.value)


def test_two_layers_of_one_name_are_named_with_both_files():
    files = dict.fromkeys(("layers/site/a.toml", "layers/site/b.toml"), 'name = "berlin"\n')
    with pytest.raises(MalformedError) as caught:
        read(files)
    assert "layers/site/b.toml:1: layer site/berlin is in layers/site/a.toml:1 too" in str(
        caught.value
    )


def test_a_line_is_found_in_the_second_device_too():
    other = DEVICE.replace("EF", "EE") + '[[device.line]]\nnumber = 1\nusr = "x"\n'
    with pytest.raises(MalformedError) as caught:
        read({"devices.toml": DEVICE + "\n" + other})
    assert "devices.toml:10: usr: is not known here: did you mean user?" in str(caught.value)


def test_every_setting_and_variable_has_its_place():
    folder = read(
        {
            "fleet.toml": "[variables]\na = 1\nca = 2\n",
            "layers/site/b.toml": "[variables]\nGPP_A = 1\n[settings]\nGPP_A = 2\nProxy_n_ = 3\n",
            "devices.toml": DEVICE
            + "[device.settings]\nGPP_A = 1\n"
            + DEVICE.replace("EF", "EE")
            + "[[device.line]]\nnumber = 1\n[device.variables]\nx = 1\n"
            + "[device.settings]\nGPP_A = 1\n",
        }
    )
    for layer, name, place in (
        ("fleet", "variable ca", "fleet.toml:3"),
        ("site/b", "variable GPP_A", "layers/site/b.toml:2"),
        ("site/b", "GPP_A", "layers/site/b.toml:4"),
        ("site/b", "Proxy_3_", "layers/site/b.toml:5"),
        ("site/b", "Gone", "layers/site/b.toml:3"),
        ("device/000e08abcdef", "GPP_A", "devices.toml:5"),
        ("device/000e08abcdee", "GPP_A", "devices.toml:14"),
        ("device/000e08abcdee", "variable x", "devices.toml:12"),
        ("device/000e08abcdee line 1", "user", "devices.toml:13"),
        ("ready/MPP", "X", ""),
        ("", "", ""),
    ):
        assert str(folder.place(layer, name)) == place, (layer, name)


def test_only_visible_toml_files_count():
    paths = ["fleet.toml", ".git/x.toml", "README.md", "layers/site/.b.toml", "devices/a.toml"]
    assert known_files(paths) == ["devices/a.toml", "fleet.toml"]


@given(
    st.dictionaries(
        st.sampled_from(["fleet.toml", "devices.toml", "documents.toml", "layers/site/a.toml"]),
        st.lists(
            st.sampled_from(
                ["[[device]]", "[device.settings]", "[[document]]", "[settings]", "[variables]",
                 'mac = "000e08abcdef"', 'model = "8851"', "x = 1", "[[device.line]]", "number = 1",
                 "settings = 3", "device = 4", "y = { value = [] }", "name = 1", "tags = [1]",
                 "\x00",
                 "variables = 'x'", "line = [1]"]
            )
            | st.text(max_size=12),
            max_size=8,
        ).map("\n".join),
    )
)  # fmt: skip
def test_any_folder_is_read_or_refused_in_our_words(files):
    try:
        read(files)
    except RingbackError:
        return
