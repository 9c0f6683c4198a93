"""The vendor's exercise *Profile Encryption by Using OpenSSL*, with the openssl of this machine."""

import pytest
from tests.house.conftest import tool
from tests.house.started import BASIC, resync, ringback

AS_PRINTED = ("enc", "-aes-256-cbc", "-k", "MyOwnSecret")
RULE = "[--key MyOwnSecret] "


@pytest.fixture
def openssl(program):
    """The openssl of this machine."""
    return tool(program, "openssl")


@pytest.fixture
def encrypted(root, openssl):
    """The folder after the chapter's command, typed as it is printed."""
    openssl(*AS_PRINTED, "-in", "basic.txt", "-out", "basic.cfg", cwd=root)
    assert (root / "basic.cfg").read_bytes().startswith(b"Salted__")
    return root


@pytest.mark.usefixtures("encrypted")
def test_the_phone_decrypts_with_the_key_of_its_rule(server, plug, ear):
    phone = plug(Syslog_Server=ear.address, Resync_On_Reset="No")

    phone.submit(Profile_Rule=RULE + server.url("basic.cfg"), Resync_On_Reset="Yes")

    ear.wait_for(f"Successful resync {server.url('basic.cfg')}")
    assert phone.field("GPP_A") == "12345678"
    assert not any("MyOwnSecret" in line for line in ear.drain()), "keys are not said aloud"


def test_the_compressed_file_can_be_encrypted_too(server, openssl, program):
    tool(program, "gzip")("basic.txt", cwd=server.root)
    openssl(*AS_PRINTED, "-in", "basic.txt.gz", "-out", "basic.cfg", cwd=server.root)

    report = resync(RULE + server.url("basic.cfg"), "--model", "7832")

    assert report["changed"] == {"GPP_A": ["", "12345678"]}


@pytest.mark.parametrize(
    ("model", "digest", "error"),
    [
        ("SPA504G", "md5", None),
        ("SPA504G", "sha256", "file decrypt error"),
        ("7832", "md5", None),
        ("7832", "sha256", None),
    ],
)
def test_each_generation_knows_its_own_key_derivation(server, openssl, model, digest, error):
    command = (*AS_PRINTED, "-md", digest, "-in", "basic.txt", "-out", "basic.cfg")
    openssl(*command, cwd=server.root)

    report = resync(RULE + server.url("basic.cfg"), "--model", model)

    assert report["error"] == error
    assert report["changed"] == ({} if error else {"GPP_A": ["", "12345678"]})


@pytest.mark.usefixtures("encrypted")
@pytest.mark.parametrize(("options", "applied"), [((), True), (("--strict", "md5"), False)])
def test_strict_exposes_what_an_older_load_would_refuse(server, options, applied):
    report = resync(RULE + server.url("basic.cfg"), "--model", "7832", *options)

    assert report["applied"] is applied


@pytest.mark.usefixtures("encrypted")
def test_what_curl_fetches_from_our_server_openssl_decrypts(server, curl, openssl):
    for scheme in ("tftp", "http"):
        fetched = curl(server.url("basic.cfg", scheme))

        assert openssl(*AS_PRINTED, "-d", stdin=fetched).decode() == BASIC


@pytest.mark.parametrize("kdf", ["md5", "sha256"])
def test_what_we_seal_openssl_opens_and_what_openssl_seals_we_open(root, openssl, kdf, tmp_path):
    sealed = tmp_path / "sealed.cfg"
    source = str(root / "basic.txt")
    command = ("profile", "seal", source, "--key", "MyOwnSecret", "--kdf", kdf, "-o", str(sealed))
    assert ringback(*command).returncode == 0

    assert openssl(*AS_PRINTED, "-d", "-md", kdf, "-in", sealed).decode() == BASIC
    sealed.write_bytes(openssl(*AS_PRINTED, "-md", kdf, "-in", source))
    opened = ringback("profile", "open", str(sealed), "--key", "MyOwnSecret")
    assert (opened.stdout, opened.returncode) == (BASIC, 0)
    assert kdf in opened.stderr


@pytest.mark.usefixtures("encrypted")
def test_our_phone_takes_it_from_tftpd_hpa_and_nginx(judges):
    with judges.tftpd_hpa() as tftp, judges.nginx() as http:
        reports = [resync(f"{RULE}{server}/basic.cfg") for server in (tftp, http)]

    assert [each["changed"] for each in reports] == [{"GPP_A": ["", "12345678"]}] * 2
