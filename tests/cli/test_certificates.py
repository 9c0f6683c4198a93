"""``ringback cert``, as installed and run by a shell."""

import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest

RINGBACK = Path(sys.executable).with_name("ringback")
QUICK = ("--key-type", "ecdsa-p256")


@pytest.fixture
def commands(tmp_path):
    """Run ``ringback cert …`` on a state folder of its own; ``code`` is what it must exit with."""

    def run(*arguments, code=0):
        done = subprocess.run(
            [str(RINGBACK), "cert", *map(str, arguments)], cwd=tmp_path, check=False,
            capture_output=True, text=True, timeout=60,
            env={"XDG_STATE_HOME": str(tmp_path / "home"), "PATH": "/usr/bin:/bin"},
        )  # fmt: skip
        assert done.returncode == code, (done.stdout, done.stderr)
        assert "Traceback" not in done.stderr
        assert "PRIVATE" not in done.stdout + done.stderr
        if code:
            assert len(done.stderr.splitlines()) <= 1
        return done

    def run_as_json(*arguments, code=0):
        found = json.loads(run(*arguments, "--json", code=code).stdout)
        assert isinstance(found, dict)
        return found

    return run, run_as_json


@pytest.fixture
def cert(commands):
    """``cert("list")``: what it printed."""
    return commands[0]


@pytest.fixture
def cert_json(commands):
    """``cert_json("list")``: the object that ``--json`` printed."""
    return commands[1]


@pytest.fixture
def authority(cert):
    cert("authority", "create", "--intermediate", *QUICK)
    return cert


@pytest.fixture
def openssl(program):
    path = program("openssl")

    def run(*arguments, check=True):
        done = subprocess.run([path, *map(str, arguments)], capture_output=True, check=False)
        assert not check or done.returncode == 0, done.stderr.decode()
        return (done.stdout + done.stderr).decode()

    return run


STATE = Path("home/ringback")


@pytest.mark.usefixtures("authority")
def test_from_nothing_to_both_certificates(cert_json, tmp_path, openssl):
    server = cert_json("server", "prov.example.com", "10.0.0.7", *QUICK)
    phone = cert_json("issue", "--mac", "00:0E:08:AB:CD:EF", "--serial", "FCH2133E8B9",
                      "--model", "8861", *QUICK)["issued"][0]  # fmt: skip
    root = tmp_path / STATE / "authority" / "root.pem"
    for file, purpose in ((server["file"], "sslserver"), (phone["file"], "sslclient")):
        said = openssl("verify", "-x509_strict", "-purpose", purpose, "-CAfile", root,
                       "-untrusted", file, file)  # fmt: skip
        assert ": OK" in said
        assert stat.S_IMODE(Path(file).stat().st_mode) == 0o600
    subject = openssl("x509", "-noout", "-subject", "-in", phone["file"])
    assert "serialNumber = PID:CP-8861 SN:FCH2133E8B9" in subject
    assert "CN = CP-8861-SEP000E08ABCDEF" in subject


def test_an_authority_is_shown_to_people_and_programs(authority, cert_json, openssl, tmp_path):
    shown = authority("authority", "show").stdout
    found = cert_json("authority", "show")
    assert found["authority"]["subject"] == "CN=Ringback Root CA"
    assert found["authority"]["fingerprint"] in shown
    assert "Custom_CA_Rule" in shown
    (tmp_path / "root.pem").write_text(authority("authority", "show", "--pem").stdout)
    assert "CN = Ringback Root CA" in openssl("x509", "-noout", "-subject", "-in",
                                             tmp_path / "root.pem")  # fmt: skip


def test_a_second_authority_is_refused(authority):
    said = authority("authority", "create", code=1).stderr
    assert said.startswith("ringback: there is an authority in ")
    assert "another would cut off every phone" in said


def test_without_an_authority_the_way_to_one_is_named(cert):
    for command in (("list",), ("server", "prov.example.com"), ("authority", "show")):
        assert "ringback cert authority create" in cert(*command, code=1).stderr


def test_a_request_travels_to_an_authority_elsewhere_and_comes_back(
    cert, cert_json, tmp_path, openssl
):
    made = cert_json("request", "prov.example.com", "--san", "10.0.0.7", "--email",
                     "voip@example.com", "--organization", "Example")  # fmt: skip
    private, asked = Path(made["key"]), Path(made["request"])
    assert stat.S_IMODE((tmp_path / private).stat().st_mode) == 0o600
    text = openssl("req", "-in", tmp_path / asked, "-noout", "-text", "-verify")
    assert "emailAddress = voip@example.com" in text
    assert "DNS:prov.example.com, IP Address:10.0.0.7" in text
    assert "(2048 bit)" in text
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", tmp_path / "ca.key",
            "-out", tmp_path / "ca.pem", "-subj", "/CN=Elsewhere")  # fmt: skip
    openssl("x509", "-req", "-in", tmp_path / asked, "-CA", tmp_path / "ca.pem", "-CAkey",
            tmp_path / "ca.key", "-copy_extensions", "copyall",
            "-out", tmp_path / "signed.pem")  # fmt: skip
    done = cert("install", "signed.pem", private, "--name", "prov.example.com", "--ca", "ca.pem")
    assert "installed CN=prov.example.com" in done.stdout
    assert "wrong" not in cert("check", STATE / "server.pem", "--generation", "MPP", "--ca",
                               "ca.pem", "--name", "prov.example.com").stdout  # fmt: skip


def test_a_key_is_never_overwritten(cert):
    cert("request", "prov.example.com", *QUICK)
    said = cert("request", "prov.example.com", *QUICK, code=2).stderr
    assert "there is a key in prov.example.com.key already" in said
    cert("request", "prov.example.com", "--key", "prov.example.com.key")


def test_the_common_name_must_be_a_full_host_name(cert):
    for name in ("prov", "10.0.0.7", "*.example.com"):
        assert "not a full host name" in cert("request", name, code=2).stderr


def test_certbot_s_folder_is_installed_as_it_lies(cert, tmp_path, openssl):
    live = tmp_path / "live"
    live.mkdir()
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", tmp_path / "ca.key",
            "-out", live / "chain.pem", "-subj", "/CN=R3")  # fmt: skip
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", live / "privkey.pem", "-out",
            tmp_path / "csr", "-subj", "/CN=prov.example.com", "-addext",
            "subjectAltName=DNS:prov.example.com")  # fmt: skip
    openssl("x509", "-req", "-in", tmp_path / "csr", "-CA", live / "chain.pem", "-CAkey",
            tmp_path / "ca.key", "-copy_extensions", "copyall",
            "-out", live / "cert.pem")  # fmt: skip
    whole = (live / "cert.pem").read_bytes() + (live / "chain.pem").read_bytes()
    (live / "fullchain.pem").write_bytes(whole)
    done = cert("install", "live", "--name", "prov.example.com")
    assert "installed CN=prov.example.com" in done.stdout
    assert "phones must trust it" in done.stderr


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (("leaf.pem", "leaf.key", "--name", "www.example.com"), "does not name www.example.com"),
        (
            (
                "leaf.pem",
                "other.key",
            ),
            "the private key does not belong to the certificate",
        ),
        (("leaf.pem",), "no private key"),
        (("leaf.key",), "no certificate beside the key"),
        (
            (
                "expired.pem",
                "leaf.key",
            ),
            "expired on",
        ),
        (
            (
                "client.pem",
                "leaf.key",
            ),
            "may not prove a server: it is for clients",
        ),
        (
            (
                "truncated.pem",
                "leaf.key",
            ),
            "truncated",
        ),
        (
            (
                "nul.pem",
                "leaf.key",
            ),
            "nul.pem:2:3: a NUL byte",
        ),
        (
            (
                "leaf.pem",
                "locked.key",
            ),
            "openssl pkey -in locked.key -out locked.key.plain",
        ),
        (("leaf.pem", "leaf.key", "--ca", "other.pem"), "is not among the trusted authorities"),
        (("absent.pem",), "no file absent.pem"),
        (("empty",), "no certificate in the folder"),
    ],
)
def test_an_unfit_pair_is_refused_in_one_line(cert, tmp_path, openssl, given, says):
    make_unfit(tmp_path, openssl)
    said = cert("install", *given, code=1).stderr
    assert says in said
    assert not (tmp_path / STATE / "server.pem").exists()


def make_unfit(folder, openssl):
    """A self-signed leaf and what can go wrong with it."""

    def sign(name, *options):
        request = folder / f"{name}.csr"
        openssl("req", "-new", "-key", folder / "leaf.key", "-out", request, "-subj",
                "/CN=prov.example.com")  # fmt: skip
        openssl("x509", "-req", "-in", request, "-signkey", folder / "leaf.key", "-out",
                folder / f"{name}.pem", *options)  # fmt: skip

    for name in ("leaf", "other"):
        openssl("genrsa", "-out", folder / f"{name}.key", "2048")
    sign("leaf", "-days", "9")
    sign("expired", "-days", "-1")
    (folder / "ext").write_text("extendedKeyUsage=clientAuth\n")
    sign("client", "-extfile", folder / "ext")
    openssl("req", "-x509", "-key", folder / "other.key", "-out", folder / "other.pem", "-subj",
            "/CN=Other")  # fmt: skip
    openssl("pkey", "-in", folder / "leaf.key", "-aes256", "-passout", "pass:x", "-out",
            folder / "locked.key")  # fmt: skip
    leaf = (folder / "leaf.pem").read_bytes()
    (folder / "truncated.pem").write_bytes(leaf[:300])
    (folder / "nul.pem").write_bytes(leaf.replace(b"\nMI", b"\nMI\0", 1))
    (folder / "empty").mkdir()


def test_a_request_is_signed_without_its_airs(authority, tmp_path, openssl):
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", tmp_path / "k", "-out",
            tmp_path / "r.csr", "-subj", "/CN=prov.example.com", "-addext",
            "basicConstraints=critical,CA:TRUE")  # fmt: skip
    done = authority("sign", "r.csr")
    assert "not taken over: basicConstraints CA:TRUE" in done.stderr
    text = openssl("x509", "-noout", "-text", "-in", tmp_path / "r.pem")
    assert "CA:FALSE" in text
    assert "DNS:prov.example.com" in text


def test_a_short_key_is_signed_for_legacy_only(authority, tmp_path, openssl):
    openssl("req", "-newkey", "rsa:1024", "-nodes", "-keyout", tmp_path / "k", "-out",
            tmp_path / "r.csr", "-subj", "/CN=prov.example.com")  # fmt: skip
    assert "1024 bits is too short" in authority("sign", "r.csr", code=1).stderr
    authority("sign", "r.csr", "--legacy")
    assert "1024 bit" in openssl("x509", "-noout", "-text", "-in", tmp_path / "r.pem")


def test_a_list_of_phones_is_certified_once(authority, tmp_path):
    lines = [f"SPA962;00:0e:08:ab:cd:{number:02x};CBT1411{number:04d}" for number in range(12)]
    (tmp_path / "phones.csv").write_text("model;mac;serial\n" + "\n".join(lines))
    first = authority("issue", "--list", "phones.csv", *QUICK)
    assert "issued 12 certificates, passed over 0" in first.stdout
    assert "12/12" in first.stderr
    assert (
        "issued 0 certificates, passed over 12"
        in authority("issue", "--list", "phones.csv", *QUICK).stdout
    )
    files = list((tmp_path / STATE / "authority" / "devices").iterdir())
    assert len(files) == 12
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_a_list_with_a_mistake_issues_nothing(authority, tmp_path):
    (tmp_path / "l.csv").write_text("000e08abcdef,FCH2133E8B9,8861\nnonsense\n")
    assert "l.csv:2: no field looks like a MAC" in authority("issue", "--list", "l.csv",
                                                           code=2).stderr  # fmt: skip
    assert list((tmp_path / STATE / "authority" / "devices").iterdir()) == []


def test_which_phone_must_be_said(authority):
    assert "--list FILE for many" in authority("issue", "--mac", "000e08abcdef", code=2).stderr


def test_revoked_renewed_and_listed(authority, cert_json, openssl):
    for mac in ("000e08abcd01", "000e08abcd02"):
        authority("issue", "--mac", mac, "--serial", "FCH2133E8B9", "--model", "8861", *QUICK,
                  "--days", "20")  # fmt: skip
    gone = cert_json("revoke", "000e08abcd01", "--reason", "keyCompromise")
    assert "Key Compromise" in openssl("crl", "-noout", "-text", "-in", gone["lists"])
    assert "revoked before" in authority("revoke", "000e08abcd01", code=1).stderr
    due = cert_json("list", "--due", "30")["certificates"]
    assert [(each["name"], each["status"]) for each in due] == [("000e08abcd02", "valid")]
    renewed = cert_json("renew", "--due", "30")["renewed"]
    assert len(renewed) == 1
    assert cert_json("list", "--due", "30")["certificates"] == []
    every = cert_json("list", "--all")["certificates"]
    assert sorted(each["status"] for each in every) == [
        "replaced", "revoked", "valid", "valid", "valid",
    ]  # fmt: skip
    table = authority("list", "--all").stdout
    assert all(each["serial"] in table.replace("\n", "") for each in every[:1])
    assert "nothing is due" in authority("renew", "--due", "30").stdout


def test_a_locked_authority_asks_for_its_passphrase_file(cert, tmp_path):
    (tmp_path / "secret").write_text("opensesame\n")
    cert("authority", "create", *QUICK, "--passphrase-file", "secret")
    said = cert("server", "prov.example.com", code=1).stderr
    assert "--passphrase-file" in said
    assert "openssl pkey -in" in said
    cert("server", "prov.example.com", *QUICK, "--passphrase-file", "secret")
    assert "opensesame" not in said


def test_check_explains_and_lets_phones_answer(authority, cert_json):
    authority("server", "prov.example.com", *QUICK)
    file = STATE / "server.pem"
    said = authority("check", file, "--name", "prov.example.com").stdout
    assert "a server's certificate" in said
    assert "MPP      yes" in said
    assert "SPA      no: CN=prov.example.com has an ECDSA secp256r1 key" in said
    authority("check", file, "--model", "8861", "--name", "prov.example.com")
    authority("check", file, "--generation", "spa", code=1)
    found = cert_json("check", file, "--model", "8861", "--name", "other.example.com", code=1)
    problems = found["phones"]["MPP"]["problems"]
    assert [each["kind"] for each in problems] == ["wrong name"]
    assert found["misfits"] == []


def test_check_sees_a_key_that_does_not_fit(authority, tmp_path):
    authority("server", "prov.example.com", *QUICK)
    authority("request", "other.example.com", *QUICK)
    (tmp_path / "one.pem").write_text(authority("authority", "show", "--pem").stdout)
    said = authority("check", "one.pem", "other.example.com.key", code=1).stdout
    assert "belongs to none of the certificates" in said


@pytest.mark.parametrize(
    ("data", "says"),
    [(b"", "no certificate, key or request"), (b"\0" * 50, "a NUL byte"),
     (b"-----BEGIN CERTIFICATE-----\nMIIB", "truncated"),
     (b"-----BEGIN CERTIFICATE-----\nMAMCAQU=\n-----END CERTIFICATE-----\n", "damaged")],
)  # fmt: skip
def test_check_refuses_junk_in_one_line(cert, tmp_path, data, says):
    (tmp_path / "junk.pem").write_bytes(data)
    said = cert("check", "junk.pem", code=1).stderr
    assert says in said
    assert "junk.pem" in said


def test_wrong_usage_is_told_from_failure(cert):
    assert "no such generation" in cert("check", "x.pem", "--generation", "9", code=2).stderr
    assert "no file named" in cert("check", code=2).stderr
    assert "no file x.pem" in cert("check", "x.pem", code=1).stderr
