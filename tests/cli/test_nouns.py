"""``device``, ``release``, ``secret`` and ``ledger``, as they are typed."""

import csv
import io
import json
from contextlib import closing

import pytest
import yaml

from ringback.cli import main
from ringback.mac import Mac
from ringback.store.database import Store
from ringback.store.devices import Devices

MAC = "000e08000001"


@pytest.fixture
def typed(tmp_path, capsys, monkeypatch):
    """Type a command; gives what it printed. ``fails`` is the exit status it must have."""

    def run(*words, fails=0, reads=""):
        monkeypatch.setattr("sys.stdin", io.StringIO(reads) if isinstance(reads, str) else reads)
        store = ["--store", str(tmp_path / "fleet.db")]
        try:
            main([*words, *store])
            status = 0
        except SystemExit as ended:
            status = int(ended.code or 0)
        said = capsys.readouterr()
        assert status == fails, said.err
        return said.err if fails else said.out

    return run


@pytest.fixture
def fleet(typed, tmp_path):
    """One device from the command line, its server from a folder, and a release."""
    folder = tmp_path / "fleet"
    folder.mkdir()
    (folder / "fleet.toml").write_text('[variables]\nserver = "https://prov.example.com"\n')
    typed("apply", str(folder), "--yes")
    line = ["--line", "1.user=200", "--line", "1.password={{ secret('sip') }}"]
    typed("device", "add", "00:0E:08:00:00:01", "--model", "8851", "--site", "hq", *line)
    typed("secret", "set", "sip", reads="swordfish\n")
    typed("publish", "--note", "first")
    return typed


def rows(text):
    return json.loads(text)


def test_a_device_is_listed_in_every_form(fleet):
    (row,) = rows(fleet("device", "list", "site=hq", "-o", "json"))
    assert (row["mac"], row["model"], row["users"]) == (MAC, "CP-8851-3PCC", ["200"])
    assert yaml.safe_load(fleet("device", "list", "-o", "yaml")) == [row]
    (line,) = csv.DictReader(io.StringIO(fleet("device", "list", "-o", "csv")))
    assert line["site"] == "hq"
    assert MAC in fleet("device", "list", "200")
    assert "No device fits" in fleet("device", "list", "site=elsewhere")


def test_no_command_shows_a_secret(fleet):
    for words in (
        ("device", "show", MAC), ("secret", "list"), ("device", "list"), ("release", "show"),
    ):  # fmt: skip
        assert "swordfish" not in fleet(*words)
    (row,) = rows(fleet("secret", "list", "-o", "json"))
    assert (row["name"], row["devices"]) == ("sip", 1)


def test_a_device_is_edited_pinned_locked_and_removed(fleet):
    fleet("device", "edit", MAC, "--line", "2.user=201", "--tag", "new", "--pin", "1")
    shown = rows(fleet("device", "show", MAC, "-o", "json"))
    assert [line["user"] for line in shown["lines"]] == ["200", "201"]
    assert (shown["tags"], shown["pinned"], shown["locked"]) == (["new"], 1, False)
    fleet("device", "edit", MAC, "--line", "2.user=", "--untag", "new", "--pin", "no")
    fleet("device", "lock", MAC)
    shown = rows(fleet("device", "show", MAC, "-o", "json"))
    assert (len(shown["lines"]), shown["tags"], shown["locked"]) == (1, [], True)
    fleet("device", "remove", MAC)
    assert "there is no device" in fleet("device", "show", MAC, fails=1)


def test_releases_are_listed_compared_and_rolled_back(fleet):
    fleet("device", "edit", MAC, "--line", "1.user=999")
    fleet("publish")
    assert [row["release"] for row in rows(fleet("release", "list", "-o", "json"))] == [2, 1]
    changed = rows(fleet("release", "diff", "1", "-o", "json"))
    assert {"what": "device", "name": MAC, "change": "changed"} in changed
    fleet("release", "rollback", "1")
    assert "equal" in fleet("release", "diff", "1", "3")
    assert "no release 9" in fleet("release", "diff", "1", "9", fails=1)


def test_an_empty_ledger_proves(fleet):
    assert "0 records hold" in fleet("ledger", "verify")
    assert "no record has the chain" in fleet("ledger", "verify", "--head", "ab" * 32, fails=1)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("device", "add", "000e08000009", "--model", "9999"), "unknown phone model"),
        (("device", "add", "000e08000009", "--model", "8851", "--serial", "a\tb"), "control"),
        (("device", "edit", MAC, "--line", "1.name=a\nb"), "--line 1.name: a line break"),
        (("device", "add", "nonsense", "--model", "8851"), "not a MAC"),
        (("device", "edit", MAC, "--line", "user=1"), "NUMBER.FIELD=VALUE"),
        (("device", "edit", MAC, "--tag", "two words"), "not a tag"),
        (("device", "list", "colour=red"), "fields: mac"),
        (("device", "edit", MAC, "--pin", "x"), "a release's number"),
        (("secret", "set", "empty"), "no secret on standard input"),
        (("ledger", "prune", "--older-than", "soon"), "not a time"),
    ],
)
def test_wrong_usage_is_one_clear_error(fleet, words, said):
    assert said in fleet(*words, fails=2)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("device", "add", MAC, "--model", "8851"), "already"),
        (("secret", "remove", "sip"), "1 device uses the secret"),
        (("device", "show", "000e08ffffff"), "there is no device 000e08ffffff"),
        (("device", "show", "nobody"), "no device fits 'nobody'"),
        (("device", "edit", "8851", "--tag", "x"), "2 devices fit '8851'"),
    ],
)
def test_what_only_this_fleet_forbids_is_no_wrong_usage(fleet, words, said):
    fleet("device", "add", "000e08000002", "--model", "8851")
    assert said in fleet(*words, fails=1)


@pytest.mark.parametrize("name", ["200", "FCH1", "Alice", "00-0E-08-00-00-01", "0001", "user=200"])
def test_a_device_is_named_by_whatever_fits_it_alone(fleet, name):
    fleet("device", "edit", MAC, "--serial", "FCH1", "--line", "1.name=Alice Ahn")
    fleet("device", "add", "000e08000002", "--model", "8851", "--line", "1.user=2001")
    assert rows(fleet("device", "show", name, "-o", "json"))["mac"] == "00:0e:08:00:00:01"
    fleet("device", "history", name)
    fleet("device", "edit", name, "--tag", "seen")
    fleet("device", "lock", name)
    assert rows(fleet("device", "show", MAC, "-o", "json"))["locked"]
    fleet("device", "unlock", name)
    fleet("token", "make", name)
    (row,) = rows(fleet("token", "list", name.removeprefix("user="), "-o", "json"))
    assert row["mac"] == MAC
    fleet("window", "open", name)
    assert rows(fleet("window", "list", "-o", "json"))[0]["for"] == f"device {MAC}"
    assert fleet("secret", "own", name, "admin") == fleet("secret", "own", MAC, "admin")
    if name.startswith("00-"):
        fleet("device", "remove", name)
    else:
        assert "nobody to ask whether 000e08000001 (" in fleet("device", "remove", name, fails=1)
        fleet("device", "remove", name, "--yes")
    assert rows(fleet("device", "list", MAC, "-o", "json")) == []


@pytest.mark.usefixtures("fleet")
def test_what_happens_to_a_device_that_was_not_named_by_its_mac_names_it(tmp_path, capsys):
    for verb in ("lock", "remove"):
        words = ["device", verb, "200", *["--yes"] * (verb == "remove")]
        with pytest.raises(SystemExit, match=r"^0$"):
            main([*words, "--store", str(tmp_path / "fleet.db")])
        assert f"{MAC} (CP-8851-3PCC 200)" in capsys.readouterr().err


def test_of_many_that_fit_five_are_named(fleet):
    for number in range(2, 9):
        fleet("device", "add", f"000e0800000{number}", "--model", "8851")
    said = fleet("device", "show", "8851", fails=1)
    assert said.count("000e08") == 5
    assert "8 devices fit '8851'" in said
    assert "and 3 more: name one of them by its MAC" in said


def test_a_device_that_comes_again_begins_anew_and_says_so(fleet, tmp_path, capsys):
    token = fleet("token", "make", MAC)
    own = fleet("secret", "own", MAC, "admin")
    fleet("device", "edit", MAC, "--rotate-key")
    fleet("device", "lock", MAC)
    fleet("layer", "set", f"device/{MAC}", "GPP_A=z")
    fleet("device", "remove", MAC)
    assert token
    assert [row["counts"] for row in rows(fleet("token", "list", "-o", "json"))] == [False]
    words = ["device", "add", MAC, "--model", "8851"]
    with pytest.raises(SystemExit, match=r"^0$"):
        main([*words, "--store", str(tmp_path / "fleet.db")])
    said = capsys.readouterr().err
    assert "its old keys, tokens and passwords open nothing; it is locked, as it was" in said
    shown = rows(fleet("device", "show", MAC, "-o", "json"))
    assert (shown["key"], shown["next key"], shown["locked"]) == (3, None, True)
    assert fleet("secret", "own", MAC, "admin") != own
    assert "no layer" in fleet("layer", "show", f"device/{MAC}", fails=1)


def test_a_typed_password_is_kept_as_a_secret_and_may_be_whispered(fleet, tmp_path):
    lines = ["--line", "1.password=-", "--line", "2.user=201", "--line", "2.password=geheim"]
    fleet("device", "edit", MAC, *lines, reads="hush\n")
    names = [row["name"] for row in rows(fleet("secret", "list", "name=line/*", "-o", "json"))]
    assert names == [f"line/{MAC}/1", f"line/{MAC}/2"]
    fleet("layer", "set", "fleet/all", "Admin_Password=plain123", "GPP_A=open")
    fleet("layer", "set", "site/o'hare", "Admin_Password=-", reads="quiet\n")
    assert "Admin_Password" in fleet("secret", "list", "fleet/all")
    fleet("publish")
    fleet("export", str(tmp_path / "out"))
    text = "".join(each.read_text() for each in (tmp_path / "out").rglob("*.toml"))
    for word in ("hush", "geheim", "plain123", "quiet"):
        assert word not in text
    assert f"{{{{ secret('line/{MAC}/2') }}}}" in text
    assert "{{ secret('fleet/all/Admin_Password') }}" in text
    assert "open" in text
    assert "Nothing to do" in fleet("apply", str(tmp_path / "out"))


def test_nobody_waits_for_the_store_while_a_password_is_typed(fleet, tmp_path):
    class Typist(io.StringIO):
        """Somebody else writes while this one is asked."""

        def readline(self, *_):
            with (
                closing(Store(tmp_path / "fleet.db")) as store,
                store.fleet.writing() as connection,
            ):
                Devices(connection, store.seal).lock(Mac(MAC), locked=True)
            return "hush\n"

    fleet("device", "edit", MAC, "--line", "1.password=-", reads=Typist())
    (row,) = rows(fleet("device", "list", "-o", "json"))
    assert row["locked"] is True
    assert f"line/{MAC}/1" in fleet("secret", "list")


def test_a_typed_password_replaces_its_own_secret_and_never_anothers(fleet):
    fleet("secret", "set", "group/g/Admin_Password", reads="theirs")
    theirs = "{{ secret('group/g/Admin_Password') }}"
    fleet("layer", "set", "group/h", f"Admin_Password={theirs}")
    for word in ("mine", "changed"):
        fleet("layer", "set", "group/g", f"Admin_Password={word}")
        fleet("device", "edit", MAC, "--line", f"1.password={word}")
    fleet("layer", "set", "group/h", "Admin_Password=changed-too")
    fleet("secret", "set", f"line/{MAC}/2", reads="theirs")
    fleet("device", "edit", MAC, "--line", "2.password=mine")
    names = [row["name"] for row in rows(fleet("secret", "list", "-o", "json"))]
    assert names == [
        "group/g/Admin_Password", "group/g/Admin_Password/2", "group/h/Admin_Password",
        f"line/{MAC}/1", f"line/{MAC}/2", f"line/{MAC}/2/2", "sip",
    ]  # fmt: skip


def test_what_was_kept_in_clear_is_exported_as_a_secret(fleet, tmp_path, capsys):
    folder = tmp_path / "fleet"
    (folder / "devices.toml").write_text(
        '[[device]]\nmac = "000e08000001"\nmodel = "8851"\n[[device.line]]\nnumber = 1\n'
        'password = "geheim"\n[device.settings]\nAdmin_Password = "plain123"\n'
    )
    fleet("apply", str(folder), "--yes")
    fleet("publish")
    with pytest.raises(SystemExit, match=r"^0$"):
        main(["export", str(folder), "--store", str(tmp_path / "fleet.db")])
    said = capsys.readouterr().err
    names = f"device/{MAC}/Admin_Password, line/{MAC}/1"
    assert f"passwords that were kept in clear are secrets now: {names}" in said
    text = (folder / "devices.toml").read_text()
    assert "geheim" not in text
    assert "plain123" not in text
    fleet("publish")
    changed = rows(fleet("release", "diff", "2", "-o", "json"))
    assert not [row for row in changed if row["what"] == "file"]


LISTS = [
    ("device list", "mac,model,serial,site,group,tags,users,locked,pinned"),
    ("device pending", "mac,model,first seen"), ("device history 000e08000001", "time,what"),
    ("layer show fleet/none", "kind,name,value,access"),
    ("document list document=x", "document,paths"),
    ("release list note=x", "release,made"), ("secret list", "name,changed,devices"),
    ("token list", "hash,mac,made,ends,counts"), ("window list", "number,for,state"),
    ("decoy list", "mac,since"), ("layer list layer=x", "layer,settings,variables"),
]  # fmt: skip


@pytest.mark.parametrize(("words", "heading"), LISTS)
def test_a_csv_without_a_row_has_its_heading(typed, words, heading):
    if "none" in words:
        typed("layer", "set", "fleet/none", "GPP_A=x")
        typed("layer", "unset", "fleet/none", "GPP_A")
    (line,) = typed(*words.split(), "-o", "csv").splitlines()
    assert line.startswith(heading)


def test_a_store_must_be_named(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit):
        main(["device", "list"])
    assert "no store is named" in capsys.readouterr().err


def test_what_cannot_be_published_is_refused_and_nothing_of_it_is_kept(fleet):
    said = fleet("device", "edit", MAC, "--line", "99.user=x", "--serial", "S1", fails=1)
    assert "nothing was kept" in said
    assert "CP-8851-3PCC has 10 lines" in said
    assert "swordfish" not in said
    shown = rows(fleet("device", "show", MAC, "-o", "json"))
    assert (len(shown["lines"]), shown["serial"]) == (1, "")
    new = ("device", "add", "000e08000002", "--model", "SPA504G", "--line", "5.user=x")
    assert "SPA504G has 4 lines" in fleet(*new, fails=1)
    assert "there is no device" in fleet("device", "show", "000e08000002", fails=1)


def test_force_keeps_it_all_the_same_and_says_what_publish_will_say(fleet, tmp_path, capsys):
    words = ["device", "edit", MAC, "--line", "99.user=x", "--force"]
    with pytest.raises(SystemExit, match=r"^0$"):
        main([*words, "--store", str(tmp_path / "fleet.db")])
    said = capsys.readouterr().err
    assert "kept by --force, publish refuses it: error: " in said
    assert "CP-8851-3PCC has 10 lines" in said
    assert rows(fleet("device", "show", MAC, "-o", "json"))["lines"][1]["number"] == 99
    assert "CP-8851-3PCC has 10 lines" in fleet("publish", fails=1)


@pytest.mark.parametrize(
    ("noun", "word", "name"),
    [
        ("layer", "layer=fleet/*", "fleet/telephony"),
        ("document", "level=device", "device"),
        ("secret", "devices=1", "sip"),
        ("release", "note=first", "first"),
    ],
)
def test_every_list_takes_filters(fleet, noun, word, name):
    fleet("layer", "set", "fleet/telephony", "GPP_A=x")
    found = rows(fleet(noun, "list", word, "-o", "json"))
    assert len(found) == 1
    assert name in found[0].values()
    assert "fields: " in fleet(noun, "list", "colour=red", fails=2)


def test_no_toml_file_is_passed_over_and_so_deleted(fleet, tmp_path):
    folder = tmp_path / "fleet"
    (folder / "layers/fleet").mkdir(parents=True)
    file = folder / "layers/fleet/x.toml"
    file.symlink_to("nowhere.toml")
    assert "x.toml: No such file" in fleet("apply", str(folder), "--yes", fails=1)
    file.unlink()
    file.mkdir()
    assert "is no plain file" in fleet("apply", str(folder), "--yes", fails=2)


@pytest.mark.parametrize(
    "words", [("lock", ""), ("remove", "", "--yes"), ("edit", MAC, "--pin", ""), ("show", " ")]
)
def test_an_empty_word_names_nothing_and_says_nothing(fleet, words):
    fleet("device", *words, fails=2)
    (row,) = rows(fleet("device", "list", "-o", "json"))
    assert row["locked"] in (False, "no")


def test_a_character_that_no_profile_holds_is_refused_where_it_is_typed(fleet):
    said = fleet("layer", "set", "fleet/x", "GPP_N=a\x01", fails=1)
    assert "layer fleet/x, GPP_N: the character U+0001 cannot be written" in said


def test_the_ledger_of_one_device_is_exported_in_any_spelling(fleet):
    for word in (MAC, MAC.upper(), "000e08999999"):
        fleet("ledger", "export", "--device", word)
    assert "no device fits 'nosuch'" in fleet("ledger", "export", "--device", "nosuch", fails=1)


def test_a_pin_to_a_release_that_did_not_know_the_device_is_refused(fleet, tmp_path):
    fleet("publish")
    later = "000e08000044"
    fleet("device", "add", later, "--model", "8851")
    said = fleet("device", "edit", later, "--pin", "1", fails=1)
    assert f"release 1 has nothing for {later}" in said
    folder = tmp_path / "exported"
    fleet("export", str(folder))
    for number, why in (("1", "release 1 has nothing for 000e08000045"), ("99", "no release 99")):
        text = f'[[device]]\nmac = "000e08000045"\nmodel = "8851"\npinned = {number}\n'
        (folder / "devices/pinned.toml").parent.mkdir(exist_ok=True)
        (folder / "devices/pinned.toml").write_text(text)
        assert why in fleet("apply", str(folder), "--yes", fails=1)
    fleet("publish")


def test_an_import_tells_what_publish_will_refuse(fleet, tmp_path, capsys):
    fleet("layer", "set", "group/needs", "GPP_A={{ lines[1].user }}")
    table = tmp_path / "more.csv"
    table.write_text("mac,model,group\n000e08000051,8851,needs\n000e08000052,8851,needs\n")
    store = ["--store", str(tmp_path / "fleet.db")]
    with pytest.raises(SystemExit, match=r"^0$"):
        main(["device", "import", str(table), "--yes", *store])
    said = capsys.readouterr().err
    assert said.count("publish will refuse: ") == 1
    assert "layer group/needs, GPP_A" in said


def test_no_new_release_is_an_answer_for_a_program_too(fleet):
    fleet("publish")
    for words in (("publish",), ("release", "rollback", "1")):
        assert json.loads(fleet(*words, "-o", "json")) == {"release": None}
        assert fleet(*words) == ""


def test_a_head_that_is_none_proves_nothing_and_is_refused(fleet):
    assert "records hold" in fleet("ledger", "verify")
    for head in ("", "abc", "nonsense"):
        assert "64 hexadecimal digits" in fleet("ledger", "verify", "--head", head, fails=2)
    assert "no record has the chain" in fleet("ledger", "verify", "--head", "AB" * 32, fails=1)


def test_an_example_is_written_to_begin_with_and_applies(fleet, tmp_path):
    folder = tmp_path / "begun"
    assert f"ringback apply {folder}" in fleet("export", str(folder), "--example")
    assert "has a fleet already" in fleet("export", str(folder), "--example", fails=1)
    assert "Devices: " in fleet("apply", str(folder), "--dry-run")


def test_a_fleet_moves_to_newer_ready_made_layers_when_its_folder_says_so(fleet, tmp_path):
    # Devices were added by hand, and a folder says everything: it is exported first.
    folder = tmp_path / "exported"
    fleet("export", str(folder))
    file, name = folder / "fleet.toml", "Log_Upgrade_Success_Msg"
    newest = file.read_text()
    for text, there in (("ready = 1", False), ("", False), ("ready = 2", True), ("", True)):
        file.write_text(newest.replace("ready = 2", text))
        fleet("apply", str(folder), "--yes")
        assert (name in fleet("layer", "show", "ready/all")) is there


@pytest.mark.parametrize("layer", ["site/hq", "site/elsewhere", "model/MPP", "device/" + MAC])
def test_a_slip_of_the_pen_in_a_layer_is_refused_when_it_is_typed(fleet, layer):
    said = fleet("layer", "set", layer, "Proxi_1_=x", fails=1)
    assert "did you mean Proxy_1_?" in said
    assert "--unchecked NAME=VALUE" in said
    assert "no layer" in fleet("layer", "show", layer, fails=1)
    fleet("layer", "set", layer, "--unchecked", "Proxi_1_=x")
    (row,) = rows(fleet("layer", "show", layer, "-o", "json"))
    assert (row["name"], row["unchecked"]) == ("Proxi_1_", True)


def test_a_warning_is_told_and_the_layer_kept_and_publish_tells_it_again(fleet, tmp_path, capsys):
    store = ["--store", str(tmp_path / "fleet.db")]
    for words in (["layer", "set", "model/8851", "Resync_Random_Delay=99999999"], ["publish"]):
        with pytest.raises(SystemExit, match=r"^0$"):
            main([*words, *store])
        said = capsys.readouterr().err
        assert "warning: layer model/CP-8851-3PCC, Resync_Random_Delay: " in said
        assert "out of range" in said
    assert fleet("layer", "show", "model/8851")


def test_a_variable_that_is_needed_is_not_taken_away_with_its_layer(fleet):
    fleet("layer", "set", "fleet/towns", "--var", "town=x")
    fleet("layer", "set", "site/hq", "GPP_A={{ town }}")
    for words in (("unset", "fleet/towns", "town"), ("remove", "fleet/towns")):
        assert "layer site/hq, GPP_A:1:4: " in fleet("layer", *words, fails=1)
    fleet("layer", "unset", "site/hq", "GPP_A")
    fleet("layer", "remove", "fleet/towns")


def test_a_layer_of_a_device_that_is_not_there_is_refused(fleet):
    said = fleet("layer", "set", "device/000e08000010", "GPP_A=x", fails=1)
    assert f"did you mean {MAC}?" in said


def test_an_envelope_is_called_on_the_command_line_what_it_is_called_everywhere(fleet):
    fleet("document", "add", "coded", "/c/{mac}-{key}.cfg", "--envelope", "aes128gcm")
    (row,) = rows(fleet("document", "list", "envelope=aes128gcm", "-o", "json"))
    assert row["document"] == "coded"


def test_a_folder_that_says_nothing_of_devices_deletes_none_unless_it_is_meant(fleet, tmp_path):
    folder = str(tmp_path / "fleet")
    said = fleet("apply", folder, "--yes", fails=1)
    assert "would delete the one device of the fleet" in said
    assert "ringback export" in said
    assert MAC in fleet("device", "list")
    fleet("apply", folder, "--yes", "--delete-devices")
    assert "No device fits" in fleet("device", "list")


def test_a_plan_counts_devices_and_shows_what_changes_in_them_but_passwords(fleet, tmp_path):
    folder = tmp_path / "out"
    fleet("export", str(folder))
    (file,) = folder.rglob("devices/hq.toml")
    text = file.read_text().replace('"200"', '"201"').replace("{{ secret('sip') }}", "hush")
    head, *rest = text.partition('site = "hq"\n')
    file.write_text("".join([head, rest[0], 'tags = ["new"]\n', rest[1]]))
    more = '[[device]]\nmac = "000e08000002"\nmodel = "8851"\n'
    (folder / "devices.toml").write_text(more)
    plan = fleet("apply", str(folder), "--dry-run")
    assert "tags: - -> new\n" in plan
    assert "line 1 user: '200' -> '201'\n" in plan
    assert "line 1 password: \"{{ secret('sip') }}\" -> '(secret)'\n" in plan
    assert "hush" not in plan
    assert "Devices: 1 new, 1 changed, none deleted.\n" in plan
    fleet("apply", str(folder), "--yes")
    file.write_text(file.read_text().replace("hush", "other"))
    assert "line 1 password: another\n" in fleet("apply", str(folder), "--yes")
    file.unlink()
    assert "Devices: 0 new, 0 changed, 1 DELETED.\n" in fleet("apply", str(folder), "--dry-run")


def test_a_plan_tells_faults_with_the_line_of_the_file_and_in_its_words(fleet, tmp_path):
    folder = tmp_path / "out"
    fleet("export", str(folder))
    (folder / "fleet.toml").write_text('[variables]\nserver = "https://p"\nca = "{{ nosuch }}"\n')
    (folder / "layers/site").mkdir(parents=True)
    (folder / "layers/site/nowhere.toml").write_text('[settings]\n\nNo_Such = "x"\n')
    said = fleet("apply", str(folder), fails=1)
    assert "fleet.toml:3: error: fleet, variable ca:1:4: there is nothing called" in said
    assert "layers/site/nowhere.toml:3: error: layer site/nowhere, No_Such: " in said
    assert "write unchecked = true" in said
