"""One phone plugged in, over TLS, with openssl, nginx and Apache at the other end."""

import asyncio
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.certificate.house import DAY, NOW, found
from tests.phone.servers import accepts, apache, nginx, nginx_tls, running, s_server
from tests.phone.test_desk import desk, page, plugged, until
from tests.phone.world import SEED

from ringback.certificate.key import Kind
from ringback.cisco.resync import Result
from ringback.dns.resolver import Resolver
from ringback.phone import fetch
from ringback.phone.custom_ca import CustomCa

pytestmark = pytest.mark.duty(5)

NAME = "prov.example.com"
FIXED = {each: ["127.0.0.1"] for each in (NAME, "www.example.com")}
PAGES = ("127.0.0.1", 0)
HOUSE, OTHER = found("Test Root", Kind.RSA_2048), found("Somebody Else")
MINE = HOUSE.device("7832")
REFLECTOR = r"""#!/usr/bin/perl -wT
use strict;
print "Content-Type: text/plain\n\n";
print "<flat-profile><GPP_D>";

print "OU=$ENV{'SSL_CLIENT_I_DN_OU'},\n";
print "L=$ENV{'SSL_CLIENT_I_DN_L'},\n";
print "S=$ENV{'SSL_CLIENT_I_DN_S'}\n";
print "</GPP_D></flat-profile>";
"""


@pytest.fixture(scope="module")
def papers():
    """A folder that everybody may read, for Apache gives its rights away; and what is in it."""
    folder = Path(tempfile.mkdtemp(prefix="ringback-https-"))
    folder.chmod(0o755)
    (folder / "roots.pem").write_bytes(HOUSE.root.certificate.pem())
    (folder / "server.pem").write_bytes(bytes(HOUSE.server(NAME, kind=Kind.RSA_2048)))
    root = folder / "root"
    (root / "cgi-bin").mkdir(parents=True)
    (root / "basic.txt").write_bytes(SEED)
    (root / "ca.crt").write_bytes(HOUSE.root.certificate.pem())
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def serving(program, papers, free_port):
    """``with serving(pair, *options) as port``: openssl s_server."""

    @contextmanager
    def serve(pair=None, *options):
        file = papers / "server.pem"
        if pair is not None:
            file = papers / "other.pem"
            file.write_bytes(bytes(pair))
        port = free_port()
        with s_server(program("openssl"), papers / "root", port, file, *options):
            yield port

    return serve


def resynced(rule, *, model="7832", pair=None, roots=HOUSE.anchors, now=None, **settings):
    """How a resync ended, what the phone holds, and what it said."""

    async def story():
        said: list[str] = []
        made = desk(
            resolver=Resolver(fixed=FIXED), said=said, model=model, pair=pair, roots=roots,
            now=now, GPP_B="kept", **settings,
        )  # fmt: skip
        async with plugged(made):
            outcome = await made.resync(rule)
            return outcome, made.phone, said

    outcome, phone, said = asyncio.run(story())
    assert phone.value("GPP_B") == "kept"
    return outcome, phone, said


def refused(rule, **how):
    """Why a resync failed; nothing is lost, and ``$ERR`` is the firmware's."""
    outcome, phone, said = resynced(rule, **how)
    assert outcome.result is Result.FAILED
    assert phone.value("GPP_A") == ""
    assert said[-1].endswith("Resync failed: https_get failed")
    assert "\n" not in outcome.explanation
    return outcome.explanation


def test_a_profile_is_applied_and_said_to_have_come_by_https(serving):
    with serving() as port:
        outcome, phone, said = resynced(f"https://{NAME}:{port}/basic.txt")
    assert (outcome.result, phone.value("GPP_A")) == (Result.OK, "12345678")
    assert said[0].endswith(f"Requesting resync https://127.0.0.1:{port}/basic.txt")
    assert said[1].endswith(f"Successful resync https://127.0.0.1:{port}/basic.txt")


def self_signed():
    command = "openssl req -x509 -newkey rsa:2048 -nodes -keyout - -out - -days 30 -subj"
    done = subprocess.run(
        [*command.split(), f"/CN={NAME}"], capture_output=True, timeout=60, check=True
    )
    return done.stdout


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: HOUSE.server(NAME, now=NOW - 300 * DAY, days=10), "expired on"),
        (lambda: HOUSE.server(NAME, now=NOW + 9 * DAY), "is not valid before"),
        (lambda: HOUSE.server("www.example.com"), f"does not name {NAME}"),
        (lambda: HOUSE.device("7832"), "is for another purpose"),
        (self_signed, "Custom_CA_Rule"),
        (lambda: OTHER.server(NAME), "the authority that signed it is not known here"),
    ],
    ids=["expired", "not yet valid", "wrong name", "wrong purpose", "self-signed", "unknown"],
)
def test_a_certificate_that_proves_nothing_is_refused_with_its_reason(serving, make, says):
    with serving(make()) as port:
        why = refused(f"https://{NAME}:{port}/basic.txt")
    assert "the server's certificate is refused: " in why
    assert says in why


def test_dates_are_held_to_the_phones_clock(serving):
    with serving(HOUSE.server(NAME, now=NOW - 300 * DAY, days=10)) as port:
        rule = f"https://{NAME}:{port}/basic.txt"
        assert resynced(rule, now=lambda: NOW - 295 * DAY)[0].result is Result.OK
    with serving() as port:
        why = refused(f"https://{NAME}:{port}/basic.txt", now=lambda: NOW - 20 * 365 * DAY)
    assert "is not valid before" in why
    assert "; it is 2006-" in why


def test_a_phone_without_any_root_says_what_to_do(serving):
    with serving() as port:
        why = refused(f"https://{NAME}:{port}/basic.txt", roots=())
    assert "trusts no authority at all" in why
    assert "--ca" in why


def test_an_address_must_be_in_the_certificate(serving):
    with serving() as port:
        assert "does not name 127.0.0.1" in refused(f"https://127.0.0.1:{port}/basic.txt")
    with serving(HOUSE.server("127.0.0.1")) as port:
        assert resynced(f"https://127.0.0.1:{port}/basic.txt")[0].result is Result.OK


@pytest.mark.parametrize(
    ("model", "says"),
    [("7832", "or it requires a client certificate"), ("9861", "requires a client certificate")],
)
def test_a_server_that_requires_a_certificate_is_understood(serving, papers, model, says):
    """TLS 1.2 says so in the handshake, TLS 1.3 when the phone first reads."""
    asking = ("-Verify", "3", "-verify_return_error", "-CAfile", papers / "roots.pem")
    with serving(None, *asking) as port:
        rule = f"https://{NAME}:{port}/basic.txt"
        assert says in refused(rule, model=model)
        pair = HOUSE.device(model)
        assert resynced(rule, model=model, pair=pair)[0].result is Result.OK
        stranger = OTHER.device(model)
        assert "the authority of this phone's" in refused(rule, model=model, pair=stranger)


@pytest.mark.parametrize("version", ["-tls1", "-tls1_1", "-tls1_2", "-tls1_3"])
@pytest.mark.parametrize("model", ["SPA504G", "7832", "9861"])
def test_each_generation_speaks_its_own_versions(serving, model, version):
    speaks = {
        "SPA504G": ["-tls1"],
        "7832": ["-tls1_1", "-tls1_2"],
        "9861": ["-tls1_2", "-tls1_3"],
    }[model]
    cipher = ("-cipher", "ALL:@SECLEVEL=0") if version != "-tls1_3" else ()
    with serving(None, version, *cipher) as port:
        outcome, _, _ = resynced(f"https://{NAME}:{port}/basic.txt", model=model)
    assert (outcome.result is Result.OK) is (version in speaks)
    if version not in speaks:
        assert "no TLS version in common: this phone speaks TLS" in outcome.explanation


def test_settings_narrow_versions_and_suites(serving):
    with serving(None, "-tls1_1", "-cipher", "ALL:@SECLEVEL=0") as port:
        why = refused(f"https://{NAME}:{port}/basic.txt", TLS_Min_Version="TLS 1.2")
        assert "speaks TLS 1.2" in why
    with serving(None, "-cipher", "AES128-SHA:@SECLEVEL=0") as port:
        rule = f"https://{NAME}:{port}/basic.txt"
        assert "no suite in common" in refused(rule, TLS_Cipher_List="AES256-SHA")
        assert resynced(rule, TLS_Cipher_List="AES128-SHA")[0].result is Result.OK
        assert resynced(rule, TLS_Cipher_List="nonsense")[0].result is Result.OK


def test_a_server_that_does_not_speak_tls_is_one_clear_line(program, papers, tmp_path, free_port):
    port = free_port()
    with nginx(program("nginx"), papers / "root", tmp_path / "nginx", port):
        assert "does not speak TLS on this port" in refused(f"https://{NAME}:{port}/basic.txt")


def test_nginx_asks_for_a_certificate_and_gets_it(program, papers, tmp_path, free_port):
    port = free_port()
    with nginx_tls(program("nginx"), papers, tmp_path / "nginx", port):
        rule = f"https://{NAME}:{port}/basic.txt"
        assert resynced(rule, pair=MINE)[0].result is Result.OK
        why = refused(rule)
        assert "400 Bad Request: it may require a client certificate" in why


def test_a_redirect_to_https_is_held_to_the_same_rules(serving, program, tmp_path, free_port):
    plain, web = free_port(), tmp_path / "nginx"
    with serving() as port:
        web.mkdir()
        conf = (
            f"daemon off; master_process off; pid {web}/pid; error_log stderr crit; events {{}}\n"
            f"http {{ access_log off; client_body_temp_path {web}/a; proxy_temp_path {web}/b;\n"
            f"fastcgi_temp_path {web}/c; uwsgi_temp_path {web}/d; scgi_temp_path {web}/e;\n"
            f"server {{ listen 127.0.0.1:{plain}; location / {{\n"
            f"return 302 https://{NAME}:{port}/basic.txt; }} }} }}\n"
        )
        (web / "nginx.conf").write_text(conf)
        command = [program("nginx"), "-p", str(web), "-e", "stderr", "-c", str(web / "nginx.conf")]
        with running(command, accepts(plain)):
            rule = f"http://{NAME}:{plain}/a"
            assert resynced(rule)[0].result is Result.OK
            assert "is refused" in resynced(rule, roots=())[0].explanation


@pytest.fixture
def httpd(program, papers, free_port):
    """Apache with mod_ssl, a certificate required, and the chapter's script; its port."""
    program("perl")
    binary, port, work = program("apache2"), free_port(), papers / "apache"
    work.mkdir()
    scripts = papers / "root" / "cgi-bin"
    corrected = REFLECTOR.replace("_I_DN_", "_S_DN_").replace("_S_DN_S'", "_S_DN_ST'")
    for name, text in (("reflect.pl", REFLECTOR), ("subject.pl", corrected)):
        (scripts / name).write_text(text)
        (scripts / name).chmod(0o755)
    with apache(binary, papers, work, port):
        yield port
    shutil.rmtree(work)


def test_apache_runs_the_chapters_script_for_a_phone_that_shows_its_certificate(httpd):
    rule = f"https://{NAME}:{httpd}/cgi-bin/reflect.pl?"
    outcome, phone, _ = resynced(rule, pair=MINE)
    assert outcome.result is Result.OK
    assert phone.value("GPP_D") == "OU=, L=, S="
    assert "requires a client certificate" in refused(rule)


def test_apache_tells_who_the_phone_is_by_the_corrected_script(httpd):
    rule = f"https://{NAME}:{httpd}/cgi-bin/subject.pl?"
    shaped = HOUSE.device("SPA504G")
    _, phone, _ = resynced(rule, pair=shaped)
    assert phone.value("GPP_D") == "OU=SPA-504G, L=FCH2133E8B9, S=000e08abcdef"


def test_a_custom_authority_opens_the_way(serving, program, papers, tmp_path, free_port):
    plain = free_port()
    with nginx(program("nginx"), papers / "root", tmp_path / "nginx", plain), serving() as port:
        rule = f"https://{NAME}:{port}/basic.txt"
        assert "trusts no authority" in refused(rule, roots=())
        ca = f"http://127.0.0.1:{plain}/ca.crt"
        outcome, phone, _ = resynced(rule, roots=(), Custom_CA_Rule=ca)
        assert outcome.result is Result.OK
        assert phone.trust.custom_ca.info == "Installed \N{EN DASH} Test Root"
        why = refused(rule, roots=(), Custom_CA_Rule=f"{ca}.gone")
        assert "the custom CA was not installed: " in why


def test_updateca_installs_over_the_phones_page(serving, program, papers, tmp_path, free_port):
    plain = free_port()

    async def story(port):
        made = desk(resolver=Resolver(fixed=FIXED))
        async with plugged(made, PAGES):
            await page(made, f"/admin/updateca?http://127.0.0.1:{plain}/ca.crt")
            await until(lambda: made.phone.trust.custom_ca != CustomCa())
            shown = await page(made, "/admin/advanced")
            assert "Installed \N{EN DASH} Test Root" in shown
            assert (await made.resync(f"https://{NAME}:{port}/basic.txt")).result is Result.OK

    with nginx(program("nginx"), papers / "root", tmp_path / "nginx", plain), serving() as port:
        asyncio.run(story(port))


def test_equal_phones_share_one_context(serving):
    fetch._context.cache_clear()
    with serving() as port:
        for _ in range(3):
            assert resynced(f"https://{NAME}:{port}/basic.txt")[0].result is Result.OK
    assert fetch._context.cache_info().currsize == 1
