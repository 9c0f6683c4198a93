import pickle
import subprocess
from dataclasses import replace

import pytest

from ringback.cisco import envelope, flat_profile
from ringback.errors import MalformedError, NotFoundError, UsageError
from ringback.mac import Mac
from ringback.provisioning import own
from ringback.provisioning.device import Device
from ringback.provisioning.document import Document, Envelope, Level, Rules, Selection
from ringback.provisioning.fleet import Fleet
from ringback.provisioning.layer import Layer, Scope, Setting
from ringback.provisioning.line import Line
from ringback.provisioning.preparation import Preparation

KEY = bytes(range(32))
MAC = Mac("000e08abcdef")
DEVICE = Device(
    MAC,
    "CP-8851-3PCC",
    serial="FCH2133E8B9",
    site="berlin",
    lines=(Line(1, "100", "{{ secret('line-100') }}", "Front desk", "{{ proxy }}"),),
)
SPA = Device(Mac("000e08000001"), "SPA504G", lines=(Line(2, "200", "plain", auth_id="two"),))
LAYERS = (
    Layer(Scope.FLEET, "all", (Setting("Time_Zone", "GMT+01:00"),), {"proxy": "sip.example.com"}),
    Layer(Scope.SITE, "berlin", (Setting("GPP_B", "{{ site }}"),), {"proxy": "b.example.com"}),
    Layer(Scope.DEVICE, str(MAC), (Setting("GPP_C", "{{ mac_upper }}"),)),
)
VARIABLES = {"server": "https://prov.example.com/", "syslog": "192.0.2.7"}
FLEET = Fleet.of(LAYERS, (), (DEVICE, SPA), VARIABLES)


def secret(name):
    if name != "line-100":
        raise NotFoundError(f"no secret {name}")
    return "s3cret"


def preparation(fleet=FLEET):
    return Preparation(fleet, key=KEY, secret=secret)


def files(fleet=FLEET, device=DEVICE, release=7):
    return {each.path: each for each in preparation(fleet).of(device, release)}


def read(prepared, key=None):
    opened = envelope.unseal(prepared.body, key=key)
    elements = flat_profile.read(opened.data, strict=True).last()
    return {name: element.value for name, element in elements.items()}


def test_a_device_has_its_file_in_clear_and_under_its_key():
    made = files()
    assert list(made) == ["/device/000e08abcdef-0.cfg", "/device/000e08abcdef-1.cfg"]
    clear, sealed = made.values()
    assert (clear.key, sealed.key) == (0, 1)
    assert clear.level is sealed.level is Level.DEVICE
    values = read(clear)
    assert values == read(sealed, own.passphrase(KEY, MAC, 1))
    assert values["User_ID_1_"] == "100"
    assert values["Password_1_"] == "s3cret"
    assert values["Proxy_1_"] == "b.example.com"
    assert values["GPP_B"] == "berlin"
    assert values["GPP_C"] == "000E08ABCDEF"
    assert values["Time_Zone"] == "GMT+01:00"
    assert values["Profile_Rule"] == "https://prov.example.com/common/8851-3PCC.cfg"
    rule = "[--key $SA] https://prov.example.com/device/000e08abcdef-1.cfg"
    assert values["Profile_Rule_B"] == rule
    assert values["GPP_SA"] == own.passphrase(KEY, MAC, 1)
    assert values["Auth_Resync-Reboot_10_"] == "Yes"
    assert values["Log_Success_Msg"].endswith(" -- release=7 prvst=$PRVST swver=$SWVER")
    assert values["Admin_Password"] == own.password(KEY, MAC, "admin")


def test_openssl_opens_what_is_sealed(program, tmp_path):
    sealed = files()["/device/000e08abcdef-1.cfg"]
    file = tmp_path / "sealed"
    file.write_bytes(sealed.body)
    command = [program("openssl"), "enc", "-d", "-aes-256-cbc", "-md", "md5", "-in", str(file)]
    command += ["-pass", f"pass:{own.passphrase(KEY, MAC, 1)}"]
    done = subprocess.run(command, capture_output=True, check=True)
    unpacked = subprocess.run(
        [program("gunzip")], input=done.stdout, capture_output=True, check=True
    )
    assert b"<User_ID_1_>100</User_ID_1_>" in unpacked.stdout


def test_during_a_change_of_keys_both_work_and_the_file_names_the_newest():
    made = files(device=DEVICE.rotated())
    assert [each.key for each in made.values()] == [0, 1, 2]
    old = read(made["/device/000e08abcdef-1.cfg"], own.passphrase(KEY, MAC, 1))
    new = read(made["/device/000e08abcdef-2.cfg"], own.passphrase(KEY, MAC, 2))
    assert old == new
    assert new["GPP_SA"] == own.passphrase(KEY, MAC, 2)
    assert new["Profile_Rule_B"].endswith("-2.cfg")
    settled = DEVICE.rotated().settled(2)
    assert (settled.key, settled.next_key) == (2, None)
    assert DEVICE.rotated().settled(1) == DEVICE.rotated()


def test_during_a_change_the_old_token_leads_to_the_file_too():
    document = Document(
        "d", ("/{token}/x.cfg",), Selection(secrets=True), slot="A", rules=Rules.OWN
    )
    fleet = replace(FLEET, documents=(document,))
    assert list(files(fleet)) == [f"/{own.token(KEY, MAC, 1)}/x.cfg"]
    made = files(fleet, DEVICE.rotated())
    assert list(made) == [f"/{own.token(KEY, MAC, number)}/x.cfg" for number in (1, 2)]
    assert {each.key for each in made.values()} == {0}
    rule = read(made[f"/{own.token(KEY, MAC, 1)}/x.cfg"])["Profile_Rule"]
    assert own.token(KEY, MAC, 2) in (rule or "")


def test_equal_input_gives_equal_bytes_and_another_release_changes_only_its_number():
    assert files() == files()
    other = files(release=8)
    for path, each in files().items():
        assert each.mark == other[path].mark
        assert each.body != other[path].body
    clear = [files()["/device/000e08abcdef-0.cfg"], other["/device/000e08abcdef-0.cfg"]]
    one, two = map(read, clear)
    changed = {name for name in one if one[name] != two[name]}
    assert changed
    assert all(name.startswith("Log_") for name in changed)


def test_what_is_prepared_travels_between_processes():
    made = tuple(files().values())
    assert pickle.loads(pickle.dumps(made)) == made


def test_the_bootstrap_sends_each_phone_on_and_holds_no_secret():
    shared = {each.path: each for each in preparation().shared(7)}
    assert sorted(shared) == [
        "/8851-3PCC.xml", "/common/504G.cfg", "/common/8851-3PCC.cfg", "/spa504G.cfg",
    ]  # fmt: skip
    first = shared["/8851-3PCC.xml"]
    assert (first.level, first.key, first.mac) == (Level.BOOTSTRAP, None, None)
    assert b"000e08" not in first.body
    values = read(first)
    assert values["Profile_Rule_B"] == "https://prov.example.com/device/$(MA)-0.cfg"
    assert values["Syslog_Server"] == "192.0.2.7"
    assert not {"GPP_SA", "Admin_Password", "User_Password", "Password_1_"} & set(values)


def test_a_shared_file_leaves_out_what_a_phone_might_be_given_otherwise():
    common = {each.path: each for each in preparation().shared(7)}["/common/8851-3PCC.cfg"]
    values = read(common)
    assert values["Time_Zone"] == "GMT+01:00"
    assert not {"Proxy_1_", "GPP_B", "GPP_C", "Syslog_Server", "Profile_Rule"} & set(values)
    mine = read(files()["/device/000e08abcdef-0.cfg"])
    assert all(mine[name] == value for name, value in values.items())


def test_a_shared_file_leaves_out_the_releases_number_since_each_files_is_its_own():
    common = {each.path: each for each in preparation().shared(7)}["/common/8851-3PCC.cfg"]
    mine, bootstrap = read(files()["/device/000e08abcdef-0.cfg"]), preparation().shared(7)[0]
    marked = {name for name, value in mine.items() if "release=7" in (value or "")}
    assert len(marked) == 6
    assert not marked & set(read(common))
    assert marked <= set(read(bootstrap))


def test_of_two_files_of_a_devices_own_only_the_last_tells_the_releases_number():
    first = Document("first", ("/first/{mac}.cfg",), level=Level.OPEN, slot="A")
    second = Document("second", ("/second/{mac}.cfg",), level=Level.OPEN, slot="B")
    made = files(replace(FLEET, documents=(first, second)))
    one, other = (read(made[f"/{each}/{MAC}.cfg"]) for each in ("first", "second"))
    marked = {name for name, value in other.items() if "release=7" in (value or "")}
    assert marked
    assert set(other) - set(one) == marked


def test_spa_phones_are_told_to_use_the_auth_id():
    values = read(files(device=SPA)["/device/000e08000001-0.cfg"])
    assert values["Auth_ID_2_"] == "two"
    assert values["Use_Auth_ID_2_"] == "Yes"
    assert values["Admin_Passwd"]


def test_aes128gcm_goes_with_keying_material_and_without_a_key_in_the_rule():
    documents = (
        Document(
            "device", ("/d/{mac}.{key}.xml",), Selection(secrets=True), Envelope.AES128GCM,
            slot="A", rules=Rules.OWN,
        ),
    )  # fmt: skip
    made = files(replace(FLEET, documents=documents))
    sealed = made["/d/000e08abcdef.1.xml"]
    assert sealed.content_encoding == "aes128gcm"
    assert made["/d/000e08abcdef.0.xml"].content_encoding == ""
    from ringback.cisco.aes128gcm import parse_ikm

    ikm = own.ikm(KEY, MAC, 1)
    opened = envelope.unseal(sealed.body, ikm=parse_ikm(ikm), content_encoding="aes128gcm")
    values = {name: each.value for name, each in flat_profile.read(opened.data).last().items()}
    assert values["IKM_HTTP_Encrypt_Content"] == ikm
    assert values["Profile_Rule"] == "https://prov.example.com/d/000e08abcdef.1.xml"
    older = files(replace(FLEET, documents=documents), SPA)["/d/000e08000001.1.xml"]
    assert older.body.startswith(b"Salted__")


def test_a_model_that_does_not_know_gzip_is_sent_none():
    device = Device(Mac("000e08000009"), "SPA2000", lines=(Line(1, "1"),))
    made = files(device=device)
    assert made["/device/000e08000009-0.cfg"].body.startswith(b"<?xml")
    assert read(made["/device/000e08000009-1.cfg"], own.passphrase(KEY, device.mac, 1))


def test_a_layer_may_write_its_own_rule_but_not_the_sealing_key():
    mine = Layer(Scope.DEVICE, str(MAC), (Setting("Profile_Rule", "/mine.cfg"),))
    fleet = Fleet.of((*LAYERS[:2], mine), (), (DEVICE,), VARIABLES)
    assert read(files(fleet)["/device/000e08abcdef-0.cfg"])["Profile_Rule"] == "/mine.cfg"
    taken = Layer(Scope.DEVICE, str(MAC), (Setting("GPP_SA", "mine"),))
    with pytest.raises(MalformedError, match="seals the device's files"):
        files(Fleet.of((*LAYERS[:2], taken), (), (DEVICE,), VARIABLES))


@pytest.mark.parametrize(
    ("document", "what"),
    [
        (Document("d", ("/{mac}.cfg",), envelope=Envelope.AES), "needs {key}"),
        (Document("d", ("/{psn}-{key}.cfg",), envelope=Envelope.AES), "cannot be sealed"),
        (Document("d", ("/{psn}.cfg",), Selection(secrets=True)), "secrets only go into"),
        (
            Document("d", ("/{mac}.cfg",), Selection(secrets=True), level=Level.OPEN),
            "secrets only go into",
        ),
        (Document("d", ("/{mac}.cfg", "/{psn}.cfg")), "another shared"),
        (Document("d", ()), "no path"),
        (Document("d", ("mac.cfg",)), "not a path pattern"),
        (Document("d", ("/{mak}.cfg",)), "no place {mak}"),
        (Document("d", ("/{psn}.cfg",), rules=Rules.OWN), "do not fit"),
        (Document("d", ("/{mac}.cfg",), slot="E"), "no rule 'E'"),
        (Document("D d", ("/{mac}.cfg",)), "not a name"),
    ],
)
def test_a_document_that_cannot_be_is_refused(document, what):
    with pytest.raises(UsageError) as caught:
        preparation(replace(FLEET, documents=(document,)))
    assert what in str(caught.value)


def test_two_files_at_one_path_are_refused():
    documents = (Document("d", ("/same.cfg",)), Document("e", ("/same.cfg",)))
    with pytest.raises(UsageError, match="two different files at /same"):
        preparation(replace(FLEET, documents=documents)).shared(1)


def test_rules_need_a_server():
    for variables in ({}, {"server": "prov.example.com"}):
        fleet = replace(FLEET, variables={**variables, "proxy": "x"})
        with pytest.raises(UsageError, match="server"):
            files(fleet)


def test_a_missing_secret_names_layer_key_column_and_device():
    line = replace(DEVICE.lines[0], password="{{ secret('lost') }}")
    with pytest.raises(MalformedError) as caught:
        files(device=replace(DEVICE, lines=(line,)))
    text = str(caught.value)
    assert "layer device/000e08abcdef line 1, Password_1_:1:" in text
    assert "no secret lost" in text
    assert "(device 000e08abcdef)" in text


def test_another_device_has_other_keys_tokens_and_passwords():
    other = Mac("000e08abcdee")
    for derive in (own.passphrase, own.ikm, own.token):
        made = {derive(KEY, MAC, 1), derive(KEY, MAC, 2), derive(KEY, other, 1)}
        made |= {derive(bytes(32), MAC, 1)}
        assert len(made) == 4
    assert own.password(KEY, MAC, "a") != own.password(KEY, MAC, "b")
    with pytest.raises(UsageError, match="16 bytes"):
        Preparation(FLEET, key=bytes(16), secret=secret)
