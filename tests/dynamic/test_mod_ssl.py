"""Apache's own mod_ssl is the judge of every variable: same certificate, same script."""

import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID
from tests.dynamic.conftest import ODD, PHONE, Authority, name

from ringback import clock
from ringback.dynamic.asked import Evidence
from ringback.dynamic.der import Element
from ringback.dynamic.mod_ssl import serial_text, time_text, variables
from ringback.errors import CertificateError

MODULES = Path("/usr/lib/apache2/modules")
SCRIPT = r"""#!/usr/bin/perl -T
print "Content-Type: text/plain\n\n";
print "$_=$ENV{$_}\0" for sort keys %ENV;
"""
CONFIGURATION = """
ServerRoot {here}
PidFile {here}/pid
Listen 127.0.0.1:{port}
ServerName localhost
Mutex file:{here}
LoadModule mpm_prefork_module {modules}/mod_mpm_prefork.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule alias_module {modules}/mod_alias.so
LoadModule cgi_module {modules}/mod_cgi.so
LoadModule socache_shmcb_module {modules}/mod_socache_shmcb.so
LoadModule ssl_module {modules}/mod_ssl.so
ErrorLog {here}/log
SSLEngine on
SSLCertificateFile {here}/server.pem
SSLCACertificateFile {here}/authority.pem
SSLVerifyClient require
SSLProtocol +TLSv1.2 -TLSv1.3
SSLOptions +StdEnvVars +ExportCertData
ScriptAlias /cgi-bin/ {here}/cgi/
<Directory {here}/cgi>
Require all granted
</Directory>
{user}
"""

DIFFERENCES = {
    "SSL_VERSION_INTERFACE": "names the module that set the variables: ours is not mod_ssl",
    "SSL_VERSION_LIBRARY": "is the library of whoever answered",
    "SSL_SESSION_ID": "is the connection's, and each server had its own",
    "SSL_CLIENT_CERT_CHAIN_0": "Python's ssl does not tell what else a client sent",
}
"""Variables of Apache's that ours need not equal, and why."""


@contextmanager
def apache(program, port, authority, server):
    """A real Apache with mod_ssl and one script; gives its folder."""
    binary = program("apache2")
    program("perl")
    if not (MODULES / "mod_ssl.so").exists():
        pytest.skip("Apache has no mod_ssl here: make system-packages")
    here = Path(tempfile.mkdtemp(prefix="ringback-apache-"))
    process = None
    try:
        here.chmod(0o755)  # Apache's children are nobody
        (here / "cgi").mkdir()
        (here / "cgi" / "env.pl").write_text(SCRIPT)
        (here / "cgi" / "env.pl").chmod(0o755)
        server.write(here, "server")
        authority.made.write(here, "authority")
        user = "User nobody\nGroup nogroup" if os.getuid() == 0 else ""
        text = CONFIGURATION.format(here=here, port=port, modules=MODULES, user=user)
        (here / "conf").write_text(text)
        # In a session of its own: at its end Apache sends SIGTERM to its whole process group.
        command = [binary, "-f", here / "conf", "-DFOREGROUND"]
        process = subprocess.Popen(command, start_new_session=True)
        yield here
    finally:
        if process is not None:
            process.terminate()
            process.wait()
        shutil.rmtree(here)


SUBJECTS = {"a phone": name(PHONE), "every oddity": ODD}
ALTERNATIVES = x509.SubjectAlternativeName(
    [x509.DNSName("phone.example.com"), x509.RFC822Name("a@example.com"),
     x509.RFC822Name("b@example.com"), x509.UniformResourceIdentifier("http://x/")]
)  # fmt: skip


@pytest.mark.parametrize("shown", SUBJECTS.values(), ids=SUBJECTS)
def test_every_variable_is_as_apache_sets_it(program, free_port, shown):
    curl, port = program("curl"), free_port()
    # Another name than the subject's, or OpenSSL takes the certificate for a self-signed one.
    issuer = x509.Name([*ODD.rdns, *name([(NameOID.ORGANIZATIONAL_UNIT_NAME, "last")]).rdns])
    authority = Authority(issuer) if shown is ODD else Authority()
    server = authority.sign(
        name([(NameOID.COMMON_NAME, "localhost"), (NameOID.ORGANIZATIONAL_UNIT_NAME, "Eins")]),
        x509.SubjectAlternativeName([x509.DNSName("localhost")]),
    )
    client = authority.sign(shown, ALTERNATIVES)
    with apache(program, port, authority, server) as here:
        command = [
            curl, "-sS", "--fail", "--retry", "20", "--retry-connrefused", "--retry-delay", "1",
            "--cacert", here / "authority.pem", "--cert", client.write(here, "client"),
            f"https://localhost:{port}/cgi-bin/env.pl",
        ]  # fmt: skip
        printed = subprocess.run(command, check=True, capture_output=True).stdout
    pairs = (each.partition(b"=") for each in printed.split(b"\0") if each)
    theirs = {
        key.decode(): value.decode("utf-8", "surrogateescape")
        for key, _, value in pairs
        if key.startswith(b"SSL_") or key == b"HTTPS"
    }
    ours = variables(
        Evidence(
            client=client.der,
            server=server.der,
            protocol=theirs["SSL_PROTOCOL"],
            cipher=theirs["SSL_CIPHER"],
            bits=int(theirs["SSL_CIPHER_USEKEYSIZE"]),
            session=b"\x01",
            sni="localhost",
            software="OpenSSL 3.0.22 25 Aug 2026",
        ),
        clock.now(),
    )
    # An Apache before 2.4.60 or so has no variable for the attribute serialNumber.
    if not any(key.endswith("_SerialNumber") for key in theirs):
        ours = {key: each for key, each in ours.items() if not key.endswith("_SerialNumber")}
    assert {key: each for key, each in ours.items() if key not in DIFFERENCES} == {
        key: each for key, each in theirs.items() if key not in DIFFERENCES
    }
    assert theirs.keys() - ours.keys() <= {"SSL_CLIENT_CERT_CHAIN_0"}
    assert theirs["SSL_CLIENT_VERIFY"] == "SUCCESS"


def test_state_and_surname_are_not_the_same(phone):
    found = variables(Evidence(client=phone.der), 0)
    assert found["SSL_CLIENT_S_DN_ST"] == "000e08abcdef"
    assert "SSL_CLIENT_S_DN_S" not in found
    assert found["SSL_CLIENT_I_DN_ST"] == "California"


def test_without_a_certificate_nothing_is_said_of_one():
    found = variables(Evidence(protocol="TLSv1.2"), 0)
    assert found["SSL_CLIENT_VERIFY"] == "NONE"
    assert [key for key in found if key.startswith("SSL_CLIENT_")] == ["SSL_CLIENT_VERIFY"]


def test_days_that_remain(phone):
    end = phone.certificate.not_valid_after_utc.timestamp()
    at = {
        offset: variables(Evidence(client=phone.der), end + offset) for offset in (-86_400, -1, 1)
    }
    assert [each["SSL_CLIENT_V_REMAIN"] for each in at.values()] == ["1", "0", "0"]


@pytest.mark.parametrize(("number", "text"), [(0, "00"), (10, "0A"), (0x1FF, "01FF"), (-1, "-01")])
def test_serial_numbers_in_whole_bytes(number, text):
    assert serial_text(number) == text


@pytest.mark.parametrize(
    ("tag", "content", "text"),
    [
        (0x17, b"491103090000Z", "Nov  3 09:00:00 2049 GMT"),
        (0x17, b"501103090000Z", "Nov  3 09:00:00 1950 GMT"),
        (0x18, b"20991231235959Z", "Dec 31 23:59:59 2099 GMT"),
    ],
)
def test_times(tag, content, text):
    assert time_text(Element(tag, content, b"")) == text


def test_a_time_that_is_none():
    with pytest.raises(CertificateError):
        time_text(Element(0x17, b"soon", b""))
