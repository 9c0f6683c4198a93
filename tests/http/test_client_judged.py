"""The client against web servers nobody here wrote: nginx, lighttpd, busybox and Python's own.

nginx judges redirects, framing, Basic, TLS and the headers a phone sends; lighttpd, the one server
of Debian with Digest built in, judges our digests; the other two speak HTTP/1.0.
"""

import asyncio
import hashlib
import shutil
import socket
import ssl
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest

from ringback.errors import Failure, TransferError
from ringback.http.client import Client

AGENT = "Cisco/SPA504G-7.6.2f (000E08ABCDEF)(CBT141100HR)"
PROFILE = b"<flat-profile><GPP_A>1</GPP_A></flat-profile>\n"
BIG = bytes(range(256)) * 4096 * 4  # 4 MB
REALM, UID, PWD = "phones of the house", "phone", 'p"w:\\d'


def fetch(port, path, *, scheme="http", host="prov.test", addresses=("127.0.0.1",), **kwargs):
    async def resolve(_):
        return addresses

    made = Client(resolve, agent=AGENT, timeout=10.0)
    return asyncio.run(made.fetch(scheme, host, port, path, **kwargs))


def failure(port, path, **kwargs):
    with pytest.raises(TransferError) as caught:
        fetch(port, path, **kwargs)
    return caught.value


@contextmanager
def running(command, *ports, cwd=None):
    """A server process that listens on these ports of 127.0.0.1."""
    with subprocess.Popen(command, cwd=cwd, stderr=subprocess.PIPE) as process:
        try:
            for port in ports:
                wait_for(process, port)
            yield
        finally:
            process.kill()


def wait_for(process, port):
    deadline = time.monotonic() + 10
    while process.poll() is None and time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
    process.kill()
    raise AssertionError(process.communicate()[1].decode())


def free_ports(count):
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """What every server serves."""
    root = tmp_path_factory.mktemp("judges")
    (root / "www").mkdir()
    (root / "www" / "basic.txt").write_bytes(PROFILE)
    (root / "www" / "basic.cfg.gz").write_bytes(b"\x1f\x8b")
    (root / "www" / "empty.txt").touch()
    (root / "www" / "big.bin").write_bytes(BIG)
    (root / "www" / "chunked.txt").write_bytes(PROFILE.replace(b">1<", b">@@<"))
    root.chmod(0o755)
    return root


# --- nginx ----------------------------------------------------------------------------------------

NGINX = """
daemon off; master_process off; pid {root}/nginx.pid; error_log stderr warn;
events {{ worker_connections 64; }}
http {{
  log_format seen '$request|$http_host|$http_user_agent|$http_connection|$http_accept_encoding|'
                  '$http_accept|$http_authorization';
  access_log {root}/access.log seen;
  client_body_temp_path {root}/t1; proxy_temp_path {root}/t2; fastcgi_temp_path {root}/t3;
  uwsgi_temp_path {root}/t4; scgi_temp_path {root}/t5;
  default_type application/octet-stream;
  server {{
    listen 127.0.0.1:{port}; listen 127.0.0.1:{tls} ssl;
    ssl_certificate {root}/prov.crt; ssl_certificate_key {root}/prov.key;
    root {root}/www; absolute_redirect off;
    location = /301 {{ return 301 /basic.txt; }}
    location = /302 {{ return 302 http://elsewhere.test:{port}/basic.txt; }}
    location = /secure {{ return 302 https://prov.test:{tls}/basic.txt; }}
    location = /307 {{ return 307 /basic.txt; }}
    location = /308 {{ return 308 /basic.txt; }}
    location = /loop {{ return 302 /loop; }}
    location = /403 {{ return 403; }}
    location = /503 {{ return 503; }}
    location = /private.txt {{
      auth_basic "phones"; auth_basic_user_file {root}/htpasswd; alias {root}/www/basic.txt; }}
    location = /chunked.txt {{ sub_filter_types *; sub_filter @@ 12345678; }}
    location = /coded.txt {{ add_header Content-Encoding aes128gcm; alias {root}/www/basic.txt; }}
  }}
}}
"""


@pytest.fixture(scope="module")
def nginx(program, folder):
    """Its plain port and its TLS port."""
    port, tls = free_ports(2)
    openssl = program("openssl")
    hashed = subprocess.run(
        [openssl, "passwd", "-apr1", "-stdin"],
        input=PWD, capture_output=True, check=True, text=True,
    ).stdout  # fmt: skip
    (folder / "htpasswd").write_text(f"{UID}:{hashed}")
    subprocess.run(
        [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
         "-subj", "/CN=prov.test", "-addext", "subjectAltName=DNS:prov.test",
         "-keyout", f"{folder}/prov.key", "-out", f"{folder}/prov.crt"],
        check=True, capture_output=True,
    )  # fmt: skip
    conf = folder / "nginx.conf"
    conf.write_text(NGINX.format(root=folder, port=port, tls=tls))
    command = [program("nginx"), "-p", str(folder), "-e", "stderr", "-c", str(conf)]
    with running(command, port, tls):
        yield port, tls


def logged(folder, mark, count):
    """nginx's log lines that hold ``mark``: it writes them after it has answered."""
    deadline = time.monotonic() + 10
    while True:
        lines = (folder / "access.log").read_text().splitlines()
        found = [line for line in lines if mark in line]
        if len(found) >= count or time.monotonic() > deadline:
            return found


@pytest.mark.parametrize(
    ("path", "body"), [("/basic.txt", PROFILE), ("/empty.txt", b""), ("/big.bin", BIG)]
)
def test_files_of_every_size_arrive_whole(nginx, path, body):
    got = fetch(nginx[0], path)

    assert got.body == body
    assert got.header("content-length") == str(len(body))


def test_nginx_sees_a_phones_headers(nginx, folder):
    fetch(nginx[0], "/basic.txt?seen")
    (line,) = logged(folder, "?seen", 1)

    assert line == (f"GET /basic.txt?seen HTTP/1.1|prov.test:{nginx[0]}|{AGENT}|close|-|-|-")


def test_a_chunked_file_arrives_whole(nginx):
    got = fetch(nginx[0], "/chunked.txt")

    assert got.header("transfer-encoding") == "chunked"
    assert got.body == PROFILE.replace(b">1<", b">12345678<")


def test_a_content_coding_is_reported_and_left_alone(nginx):
    got = fetch(nginx[0], "/coded.txt")

    assert (got.header("Content-Encoding"), got.body) == ("aes128gcm", PROFILE)


@pytest.mark.parametrize("path", ["/301", "/302"])
def test_301_and_302_are_followed(nginx, path):
    assert fetch(nginx[0], path).body == PROFILE


@pytest.mark.parametrize("path", ["/307", "/308", "/loop", "/403", "/503"])
def test_other_answers_are_failures(nginx, path):
    assert failure(nginx[0], path).failure is Failure.GET


def test_a_missing_file_is_not_found(nginx):
    assert failure(nginx[0], "/nosuch.txt").failure is Failure.NOT_FOUND


def test_basic_credentials_are_given_when_asked_for(nginx):
    assert fetch(nginx[0], "/private.txt", uid=UID, pwd=PWD).body == PROFILE
    assert "the rule has no --uid" in str(failure(nginx[0], "/private.txt"))


def test_wrong_credentials_are_tried_twice_and_no_more(nginx, folder):
    assert "user name or password is wrong" in str(
        failure(nginx[0], "/private.txt?wrong", uid=UID, pwd="wrong")
    )
    asked = [line.rpartition("|")[2] for line in logged(folder, "?wrong", 3)]
    assert [word[:5] for word in asked] == ["-", "Basic", "Basic"]


def test_https_is_spoken_and_a_redirect_may_lead_there(nginx, folder):
    tls = ssl.create_default_context(cafile=folder / "prov.crt")

    assert fetch(nginx[1], "/basic.txt", scheme="https", tls=tls).body == PROFILE
    assert fetch(nginx[0], "/secure", tls=tls).body == PROFILE
    assert "not trusted" in str(failure(nginx[0], "/secure"))


def test_plain_http_to_a_tls_port_fails_with_the_servers_word(nginx):
    assert "400" in str(failure(nginx[1], "/basic.txt"))


def test_tls_to_a_plain_port_fails_with_the_librarys_word(nginx):
    assert "TLS failed: WRONG_VERSION_NUMBER" in str(
        failure(nginx[0], "/basic.txt", scheme="https")
    )


def test_a_dead_address_gives_way_to_the_living(nginx):
    got = fetch(nginx[0], "/basic.txt", addresses=("127.0.0.9", "127.0.0.1"))

    assert got.address == "127.0.0.1"


# --- lighttpd: Digest -----------------------------------------------------------------------------

LIGHTTPD = """
server.document-root = "{root}/www"
server.bind = "127.0.0.1"
server.port = {port}
server.modules = ("mod_auth", "mod_authn_file")
server.errorlog = "{root}/lighttpd.log"
auth.backend = "htdigest"
auth.backend.htdigest.userfile = "{root}/htdigest"
auth.require = ( "/" => (
  "method" => "digest", "algorithm" => "{algorithm}", "realm" => "{realm}",
  "require" => "valid-user"
) )
"""


@pytest.fixture(scope="module", params=["MD5", "SHA-256", "SHA-256|MD5"])
def lighttpd(program, folder, request):
    """Its port; a digest of the named algorithm is wanted for every file."""
    (port,) = free_ports(1)
    word = f"{UID}:{REALM}:{PWD}".encode()
    hashes = [hash_(word).hexdigest() for hash_ in (hashlib.md5, hashlib.sha256)]
    (folder / "htdigest").write_text("".join(f"{UID}:{REALM}:{each}\n" for each in hashes))
    conf = folder / "lighttpd.conf"
    conf.write_text(LIGHTTPD.format(root=folder, port=port, realm=REALM, algorithm=request.param))
    with running([program("lighttpd"), "-D", "-f", str(conf)], port):
        yield port


def test_lighttpd_admits_our_digest(lighttpd):
    assert fetch(lighttpd, "/basic.txt?a=b&c=%20", uid=UID, pwd=PWD).body == PROFILE


def test_lighttpd_refuses_a_wrong_one(lighttpd):
    error = failure(lighttpd, "/basic.txt", uid=UID, pwd="wrong")

    assert "user name or password is wrong" in str(error)


# --- HTTP/1.0 -------------------------------------------------------------------------------------


def test_busybox_serves_us(program, folder):
    (port,) = free_ports(1)
    cgi = folder / "www" / "cgi-bin"
    cgi.mkdir()
    script = cgi / "spa.cfg"
    script.write_text("#!/bin/sh\nprintf 'Content-Type: text/xml\\r\\n\\r\\n'\ncat ../basic.txt\n")
    script.chmod(0o755)
    command = [program("busybox"), "httpd", "-f", "-p", f"127.0.0.1:{port}", "-h", "www"]
    with running(command, port, cwd=folder):
        assert fetch(port, "/big.bin").body == BIG
        assert failure(port, "/nosuch").failure is Failure.NOT_FOUND
        generated = fetch(port, "/cgi-bin/spa.cfg")
    shutil.rmtree(cgi)

    assert generated.body == PROFILE
    assert not generated.header("content-length")  # its end is the end of the connection


def test_pythons_own_server_serves_us(folder):
    (port,) = free_ports(1)
    command = [sys.executable, "-m", "http.server", str(port), "-b", "127.0.0.1", "-d", "www"]
    with running(command, port, cwd=folder):
        assert fetch(port, "/big.bin").body == BIG
        assert failure(port, "/nosuch").failure is Failure.NOT_FOUND
