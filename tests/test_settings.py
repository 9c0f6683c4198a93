import pytest

from ringback.certificate.policy import Legacy
from ringback.errors import UsageError
from ringback.settings import Address, Listening, check_folders, default_state, read_settings


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("RINGBACK_SERVE__ROOT", "RINGBACK_SERVE__TFTP", "STATE_DIRECTORY"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("0.0.0.0:69", "0.0.0.0", 69),
        ("[::1]:8069", "::1", 8069),
        ("phones.example:0", "phones.example", 0),
    ],
)
def test_an_address_is_a_host_and_a_port_and_prints_as_it_was_typed(text, host, port):
    address = Address.parse(text)

    assert (address.host, address.port, str(address)) == (host, port, text)


@pytest.mark.parametrize(
    "text", ["", "69", "host", "host:", "host:70000", "host:x", "::1:69", "[::1", ":69"]
)
def test_what_is_no_address_is_refused_with_an_example(text):
    with pytest.raises(UsageError, match="HOST:PORT"):
        Address.parse(text)


def test_without_a_file_everything_has_its_default():
    assert read_settings().serve.tftp == ()


def test_the_file_in_the_working_folder_is_read(tmp_path):
    (tmp_path / "ringback.toml").write_text('[serve]\nroot = "/srv/tftp"\ntftp = ["[::]:69"]\n')

    serve = read_settings().serve

    assert str(serve.root) == "/srv/tftp"
    assert [str(each) for each in serve.tftp] == ["[::]:69"]


def test_option_beats_environment_beats_file(tmp_path, monkeypatch):
    file = tmp_path / "one.toml"
    file.write_text('[serve]\nroot = "/file"\nstate = "/file"\nlog = "/file"\n')
    monkeypatch.setenv("RINGBACK_SERVE__ROOT", "/environment")
    monkeypatch.setenv("RINGBACK_SERVE__STATE", "/environment")

    serve = read_settings(file, {"serve": {"root": "/option"}}).serve

    assert [str(each) for each in (serve.root, serve.state, serve.log)] == [
        "/option",
        "/environment",
        "/file",
    ]


def test_several_addresses_fit_into_one_environment_variable(monkeypatch):
    monkeypatch.setenv("RINGBACK_SERVE__TFTP", "127.0.0.1:70,[::1]:71")

    assert [str(each) for each in read_settings().serve.tftp] == ["127.0.0.1:70", "[::1]:71"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[serve]\nrot = "x"\n', "serve.rot"),
        ('[serve]\ntftp = ["x"]\n', "'x'"),
        ("[serve\n", "line 1"),
        ('[serve]\nsingle_port = "maybe"\n', "serve.single_port"),
    ],
)
def test_a_wrong_file_is_refused_naming_the_place(tmp_path, text, says):
    file = tmp_path / "bad.toml"
    file.write_text(text)

    with pytest.raises(UsageError, match=says.replace("[", "\\[")):
        read_settings(file)


def test_a_file_that_was_named_must_exist(tmp_path):
    with pytest.raises(UsageError, match="no settings file"):
        read_settings(tmp_path / "absent.toml")


def test_state_is_the_services_own_folder_under_systemd(monkeypatch):
    monkeypatch.setenv("STATE_DIRECTORY", "/var/lib/ringback")

    assert str(default_state()) == "/var/lib/ringback"


def test_state_is_the_users_own_folder_otherwise(monkeypatch):
    monkeypatch.setenv("HOME", "/home/ada")
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)

    assert str(default_state()) == "/home/ada/.local/state/ringback"


def test_a_state_folder_inside_the_served_folder_is_refused(tmp_path):
    with pytest.raises(UsageError, match="inside one another"):
        check_folders(tmp_path, tmp_path / "state")


def test_a_state_folder_that_holds_the_served_folder_is_refused(tmp_path):
    root = tmp_path / "state" / "root"
    root.mkdir(parents=True)

    with pytest.raises(UsageError, match="inside one another"):
        check_folders(root, tmp_path / "state")


def test_a_symbolic_link_does_not_hide_state_in_the_served_folder(tmp_path):
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "elsewhere").symlink_to(root)

    with pytest.raises(UsageError, match="inside one another"):
        check_folders(root, tmp_path / "elsewhere" / "state")


def test_a_twin_by_prefix_is_not_inside(tmp_path):
    root = tmp_path / "root"
    root.mkdir()

    check_folders(root, tmp_path / "root-state")


def test_a_root_that_is_no_folder_is_refused(tmp_path):
    with pytest.raises(UsageError, match="no folder to serve"):
        check_folders(tmp_path / "absent", tmp_path / "state")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("0.0.0.0:443", "0.0.0.0:443"),
        ("[::1]:443,client=ask", "[::1]:443,client=ask"),
        ("0.0.0.0:443,client=require,proxy", "0.0.0.0:443,client=require,proxy"),
    ],
)
def test_a_web_listener_prints_as_it_was_typed(text, shown):
    assert str(Listening.parse(text)) == shown


def test_legacy_alone_lets_every_old_way_pass():
    assert Listening.parse("0.0.0.0:443,legacy").legacy == Legacy.every()


def test_each_old_way_is_a_switch_of_its_own():
    legacy = Listening.parse("0.0.0.0:443,client=require,legacy=weak+expired").legacy

    assert legacy == Legacy(weak_certificates=True, expired_certificates=True)


@pytest.mark.parametrize("part", ["client=maybe", "legacy=ssl3", "secure", "ca="])
def test_a_part_of_a_listener_that_cannot_be_read_is_named(part):
    with pytest.raises(UsageError, match=part.split("=")[0]):
        Listening.parse(f"0.0.0.0:443,{part}")


def test_a_plain_listener_cannot_ask_for_certificates():
    with pytest.raises(UsageError, match="--https"):
        read_settings(None, {"serve": {"http": ["0.0.0.0:80,client=ask"]}})


def test_authorities_can_be_named_for_one_listener_alone():
    listening = Listening.parse("0.0.0.0:443,client=require,ca=/etc/a.pem,ca=/etc/b.pem")

    assert [str(each) for each in listening.authorities] == ["/etc/a.pem", "/etc/b.pem"]
