import re
from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringback.cisco import flat_profile, gzipped
from ringback.cisco.model import find_model
from ringback.cisco.parameter import Access, Parameter
from ringback.cisco.profile import Profile
from ringback.errors import RefusedError
from ringback.files.root import Root
from ringback.operations.adopt import Adoption, Terms, adopt
from ringback.operations.answer import Answering
from ringback.operations.publish import publish
from ringback.operations.revise import current, revise
from ringback.operations.roll_back import roll_back
from ringback.provisioning.admission import Admission, Channel
from ringback.provisioning.folder import read
from ringback.provisioning.identity import Identity
from ringback.provisioning.inscription import write
from ringback.provisioning.layer import Scope
from ringback.provisioning.preparation import Preparation
from ringback.store.devices import Devices
from ringback.store.pantry import Pantry
from ringback.store.secrets import Secrets

ANY = Terms((("*", "SPA504G"),))


def profile(*parameters):
    return flat_profile.write(parameters)


def phone(number, *more):
    """One of many: what all have, what is its own, what some have."""
    common = [Parameter("Time_Zone", "GMT+01:00"), Parameter("Proxy_1_", "sip.example.com")]
    own = [Parameter("User_ID_1_", f"{number}"), Parameter("Password_1_", f"pw{number}")]
    return profile(*common, *own, Parameter("Made_Up", "{{ x }}", Access.RW), *more)


def folder(count=12):
    """Phones of two models at two sites, some of them in a group."""
    for number in range(count):
        group = [Parameter("GPP_B", "vip"), Parameter("GPP_C", "vip")] if number % 4 == 0 else []
        site, mac = "berlin" if number % 2 else "paris", f"000e08{number:06x}"
        name = f"CP-8851-3PCC/{mac.upper()}.cfg" if number % 3 == 0 else f"spa{mac}.xml"
        yield f"{site}/{name}", phone(number, Parameter("GPP_A", site), *group)


def gives_the_same(found: Adoption, files: Iterable[tuple[str, bytes]]) -> None:
    """Judge by phones: the file that would be prepared sets one as its old file does."""
    open_terms = found.fleet
    preparation = Preparation(open_terms, key=bytes(32), secret=found.secrets.__getitem__)
    old = dict(files)
    devices = {each.mac: each for each in found.fleet.devices}
    for path, mac in found.adopted.items():
        model = find_model(devices[mac].model)
        bodies = {each.body for each in preparation.of(devices[mac], 1)}
        assert len(bodies) == 1
        new = flat_profile.read(opened(bodies.pop()))
        before, _ = Profile.factory(model).apply(flat_profile.read(opened(old[path])).elements)
        after, _ = Profile.factory(model).apply(new.elements)
        assert (after.values, after.accesses) == (before.values, before.accesses)


def opened(data):
    return gzipped.decompress(data, limit=1 << 22)[0] if gzipped.is_gzip(data) else data


def test_a_folder_becomes_layers_that_give_each_phone_what_it_had():
    files = list(folder())
    found = adopt(files, Terms(ANY.models, with_secrets=True))
    assert len(found.adopted) == len(files)
    layers = {str(each): [one.name for one in each.settings] for each in found.fleet.layers}
    assert layers["fleet/adopted"] == ["GPP_A", "Made_Up", "Proxy_1_", "Time_Zone"]
    assert layers["group/group-1"] == ["GPP_B", "GPP_C"]
    assert found.after < found.before / 2
    assert [each.user for each in found.fleet.devices[5].lines] == ["5"]
    gives_the_same(found, files)


def test_no_password_is_in_the_folder_that_is_written_and_it_is_read_back_the_same():
    found = adopt(folder(), ANY)
    texts = write(found.fleet)
    assert read(texts).fleet == found.fleet
    assert not any("pw1" in each for each in texts.values())
    assert found.secrets["line/000e08000001/1"] == "pw1"


def test_a_password_that_many_share_is_one_secret():
    files = [
        (f"000e08{number:06x}.cfg", profile(Parameter("Password_1_", "same")))
        for number in range(3)
    ]
    found = adopt(files, ANY)
    assert found.secrets == {"adopted/Password_1_-1": "same"}


def test_what_is_not_adopted_is_named_with_why():
    found = adopt(
        [
            ("spa504G.cfg", profile(Parameter("GPP_A", "1"))),
            ("000e08000001.cfg", b"Salted__" + bytes(40)),
            ("000e08000002.cfg", b"<flat-profile><GPP_A>1</GPP_A>"),
            ("000e08000003.cfg", profile(Parameter("Dial_Plan_n_", "x"))),
            ("000e08000004.cfg", profile(Parameter("GPP_A", "1"))),
            ("old/000e08000004.xml", profile(Parameter("GPP_A", "2"))),
        ],
        ANY,
    )
    told = {each.path: each.why for each in found.relics}
    assert list(found.adopted) == ["000e08000004.cfg"]
    assert told["spa504G.cfg"] == "for phones of model SPA504G"
    assert told["000e08000001.cfg"] == "sealed with a key"
    assert "cut off" in told["000e08000002.cfg"]
    assert "cannot name a setting" in told["000e08000003.cfg"]
    assert told["old/000e08000004.xml"] == "000e08000004.cfg is of the same phone"


def test_a_second_file_that_handing_over_would_cover_keeps_the_phone_out():
    one, two = profile(Parameter("GPP_A", "1")), profile(Parameter("GPP_A", "2"))
    files = [("000e08000001.cfg", one), ("000e08000001.xml", two), ("000e08000002.xml", one)]
    found = adopt(files, ANY)
    assert list(found.adopted) == ["000e08000002.xml"]


def test_shared_files_that_lie_below_are_adopted_with_the_phones_of_their_model():
    shared = {
        "common.xml": profile(Parameter("GPP_A", "all"), Parameter("GPP_B", "all")),
        "spa504G.cfg": profile(Parameter("GPP_B", "model"), Parameter("GPP_C", "model")),
        "spa525G2.cfg": profile(Parameter("GPP_D", "another")),
    }
    own = {f"00000800000{each}.cfg": profile(Parameter("GPP_C", f"{each}")) for each in range(4)}
    below = Terms(ANY.models, below=("common.xml", "spa*"))
    found = adopt([*shared.items(), *own.items()], below)
    layers = {
        str(each): {one.name: one.value for one in each.settings} for each in found.fleet.layers
    }
    assert layers["fleet/adopted"] == {"GPP_A": "all", "GPP_B": "model"}
    assert layers["device/000008000003"] == {"GPP_C": "3"}
    together = {
        path: _joined(shared["common.xml"], shared["spa504G.cfg"], own[path]) for path in own
    }
    gives_the_same(found, together.items())
    told = {each.path: each.why for each in found.relics}
    assert told["common.xml"] == "lies below the phones' own, adopted with them"

    alone = adopt([*shared.items(), *own.items()], ANY)
    told = {each.path: each.why for each in alone.relics}
    assert told["common.xml"] == "for several phones"
    gives_the_same(alone, own.items())


def _joined(*bodies):
    elements = [each for body in bodies for each in flat_profile.read(body).elements]
    return profile(*(Parameter(each.name, each.value, each.access) for each in elements))


def test_nothing_in_a_folder_is_nothing():
    assert adopt([], ANY).adopted == {}
    assert adopt([("readme.txt", b"hello")], ANY).adopted == {}


# ---- the hand-over -----------------------------------------------------------------------------

STRANGER = Identity("192.0.2.7")


@pytest.fixture
def tftp(tmp_path):
    root = tmp_path / "tftp"
    for path, data in folder(4):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)
    return root


def take(store, found):
    with store.fleet.writing() as connection:
        Secrets(connection, store.seal).keep(found.secrets, 1.0)
    revise(store, found.fleet, now=1.0)
    assert publish(store, 1.0) is not None


def served(store, root, path):
    """What a phone gets that asks for a path over TFTP."""
    pantry = Pantry(store, lambda _: None)
    answering = Answering(Root(root).read, Admission(), lambda _: None, {}, pantry.find)
    try:
        ready = answering.ready(path, STRANGER, Channel.PLAIN, ("192.0.2.7", 1))
        return ready.data if ready else answering.file(path).data
    finally:
        pantry.close()


def test_the_original_bytes_are_served_until_a_person_says_so(store, tftp):
    files = dict(folder(4))
    take(store, adopt(files.items(), ANY))
    for path, data in files.items():
        assert served(store, tftp, f"/{path}") == data
    assert b"<User_ID_1_>1<" in served(store, tftp, "/adopted/berlin/spa000e08000001.xml")

    take(store, adopt(files.items(), Terms(ANY.models, hand_over=True)))
    for path, data in files.items():
        assert served(store, tftp, f"/{path}") != data
        assert (tftp / path).read_bytes() == data
    mine = served(store, tftp, "/berlin/spa000e08000001.xml")
    assert b"<User_ID_1_>1<" in mine
    assert b"pw1" not in mine

    roll_back(store, 1, 3.0)
    for path, data in files.items():
        assert served(store, tftp, f"/{path}") == data


def test_one_device_after_the_other_by_pinning_the_others(store, tftp):
    files = dict(folder(4))
    take(store, adopt(files.items(), ANY))
    with store.fleet.writing() as connection:
        devices = Devices(connection, store.seal)
        devices.keep([replace(each, pinned=1) for each in list(devices)])
    take(store, adopt(files.items(), Terms(ANY.models, hand_over=True)))
    for path, data in files.items():
        assert served(store, tftp, f"/{path}") == data

    with store.fleet.writing() as connection:
        devices = Devices(connection, store.seal)
        one = next(each for each in devices if str(each.mac) == "000e08000001")
        devices.keep([replace(one, pinned=None)])
    publish(store, 4.0)
    changed = [path for path, data in files.items() if served(store, tftp, f"/{path}") != data]
    assert changed == ["berlin/spa000e08000001.xml"]


def test_with_secrets_a_file_goes_to_certificates_only(store, tftp):
    files = dict(folder(4))
    found = adopt(files.items(), Terms(ANY.models, hand_over=True, with_secrets=True))
    take(store, found)
    with pytest.raises(RefusedError):
        served(store, tftp, "/berlin/spa000e08000001.xml")
    assert len(current(store).devices) == 4


# ---- the property, and the corpus --------------------------------------------------------------

NAMES = st.sampled_from(
    ["GPP_A", "GPP_B", "User_ID_1_", "Password_1_", "Display_Name_1_", "Auth_ID_1_", "Proxy_1_",
     "Use_Auth_ID_1_", "User_ID_2_", "Made_Up", "Time_Zone", "Resync_Periodic", "Line_Enable_1_"]
)  # fmt: skip
VALUES = st.one_of(
    st.sampled_from(["x", "y", "", "Yes", "No", '""', "{{ mac }}", "{{", "GMT+01:00"]),
    st.none(),
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Co", "Cn"]), max_size=9),
)
PARAMETERS = st.lists(
    st.builds(Parameter, NAMES, VALUES, st.sampled_from([None, Access.RO, Access.RW, Access.NA])),
    max_size=8,
)
MODELS = st.sampled_from(["SPA504G", "CP-8851-3PCC", "SPA112", "CP-7841-3PCC"])


@settings(max_examples=60)
@given(st.lists(st.tuples(MODELS, PARAMETERS, st.booleans()), min_size=1, max_size=6))
def test_adopting_any_profiles_gives_each_phone_the_same_settings(drawn):
    files = []
    for number, (model, parameters, packed) in enumerate(drawn):
        data = flat_profile.write(parameters)
        path = f"{model}/000e08{number:06x}.cfg"
        files.append((path, gzipped.compress(data) if packed else data))
    found = adopt(files, Terms(with_secrets=True))
    assert set(found.adopted) == {path for path, _ in files}
    gives_the_same(found, files)


def test_profiles_from_the_wild_are_adopted_exactly(corpus):
    files = []
    for number, file in enumerate(sorted((corpus / "profiles").rglob("*.*"))):
        for copy in range(3):
            mac = f"000e08{number:04x}{copy:02x}"
            filled = re.sub(rb"\{+[^{}<>]*\}+", b"1", file.read_bytes())  # templates
            files.append((f"{file.stem}/{mac}{file.suffix}", filled))
    found = adopt(files, Terms((("*", "SPA504G"),), with_secrets=True))
    profiles = [each for each in found.relics if each.elements]
    assert len(profiles) > 70
    assert len(found.adopted) == len(profiles)
    assert found.after < found.before / 2
    assert any(each.scope is Scope.MODEL for each in found.fleet.layers)
    gives_the_same(found, files)
