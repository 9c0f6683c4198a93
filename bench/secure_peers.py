"""The HTTPS servers under test. All show the same certificate and require one of the phone.

Static files: Ringback and nginx, one process each, and Apache. A page made for each phone from its
certificate: Ringback's template, Ringback with a Perl script, and Apache with mod_ssl and the same
script, which is the set-up of the phone maker's own exercise. All three pages read alike.
"""

import sys
from pathlib import Path

from bench import keys, stores
from bench.peers import ROOT, LeftOutError, Server, empty, find, free_port, launch

SCRIPT = "cgi-bin/reflect.pl"
TEMPLATE = "reflect.xml"
_REFLECTOR = """#!/usr/bin/perl -wT
use strict;
print "Content-Type: text/plain\\n\\n";
print "<flat-profile><GPP_D>";

print "OU=$ENV{'SSL_CLIENT_S_DN_OU'},\\n";
print "L=$ENV{'SSL_CLIENT_S_DN_L'},\\n";
print "ST=$ENV{'SSL_CLIENT_S_DN_ST'}\\n";
print "</GPP_D></flat-profile>";
"""
"""The exercise's script, asking for the subject where that asks for the issuer."""
_PAGE = (
    "<flat-profile><GPP_D>OU={{ certificate.OU }},\nL={{ certificate.L }},\n"
    "ST={{ certificate.ST }}\n</GPP_D></flat-profile>"
)
_MODULES = Path("/usr/lib/apache2/modules")


def make_pages(root: Path) -> None:
    """The script, outside the served folder, and the template, in it."""
    script = root.parent / SCRIPT
    script.parent.mkdir()
    script.parent.chmod(0o755)
    script.write_text(_REFLECTOR)
    script.chmod(0o755)
    (root / f"{TEMPLATE}.j2").write_text(_PAGE)


def ringback(root: Path, work: Path) -> Server:
    """Ringback; its dynamic page is a template."""
    return _ringback("ringback https", root, work, [], f"/{TEMPLATE}")


def ringback_store(root: Path, work: Path) -> Server:
    """Ringback with the same files in a store, each for the certificate of its device alone."""
    store = ["--store", str(stores.beside(root, sealed=False))]
    server = _ringback("ringback https store", empty(work), work, store, "", of=root)
    del server.addresses["dynamic"]
    return server


def ringback_script(root: Path, work: Path) -> Server:
    """Ringback; its dynamic page is the Perl script."""
    find("perl")
    scripts = ["--cgi-bin", str(root.parent / "cgi-bin")]
    server = _ringback("ringback with Perl", root, work, scripts, f"/{SCRIPT}")
    del server.addresses["https"]  # static files are the other's
    return server


def _ringback(
    name: str, root: Path, work: Path, more: list[str], page: str, *, of: Path | None = None
) -> Server:
    """``of`` is the folder of the run, where it is not the one that is served."""
    pem, port = keys.beside(of or root), free_port()
    log = work / "ringback-https.log"
    command = [sys.executable, "-m", "ringback", "serve", "--root", str(root)]
    command += ["--state", str(work / "state"), "--log", str(log)]
    command += ["--https", f"127.0.0.1:{port},client=require"]
    command += ["--tls-cert", str(pem.server), "--client-ca", str(pem.authority), *more]
    address = ("127.0.0.1", port)
    return Server(
        name, launch(name, command, work), {"https": address, "dynamic": address}, log, page
    )


_NGINX = """{user}
daemon off; worker_processes 1; pid {work}/nginx-https.pid; error_log {work}/nginx.err;
events {{ worker_connections 4096; }}
http {{
  access_log {work}/nginx-https.log combined buffer=64k flush=100ms;
  client_body_temp_path {work}; proxy_temp_path {work}; fastcgi_temp_path {work};
  uwsgi_temp_path {work}; scgi_temp_path {work};
  server {{
    listen 127.0.0.1:{port} ssl backlog=4096; root {root};
    ssl_certificate {server}; ssl_certificate_key {server}; ssl_protocols TLSv1.2 TLSv1.3;
    ssl_client_certificate {authority}; ssl_verify_client on; ssl_verify_depth 3;
  }}
}}
"""


def nginx(root: Path, work: Path) -> Server:
    """Static files from nginx: one worker; sessions as it keeps them by default (tickets)."""
    path, port, pem = find("nginx"), free_port(), keys.beside(root)
    config = work / "nginx-https.conf"
    user = "user root;" if ROOT else ""
    config.write_text(
        _NGINX.format(
            user=user, work=work, root=root, port=port, server=pem.server, authority=pem.authority
        )
    )
    command = [path, "-e", f"{work}/nginx.err", "-p", str(work), "-c", str(config)]
    return Server(
        "nginx https",
        launch("nginx https", command, work),
        {"https": ("127.0.0.1", port)},
        work / "nginx-https.log",
    )


_APACHE = """ServerName prov.test
ServerRoot {work}
PidFile {work}/apache.pid
DefaultRuntimeDir {work}
ErrorLog {work}/apache.err
Listen 127.0.0.1:{port}
ListenBacklog 4096
{modules}
{user}
TypesConfig /etc/mime.types
ServerLimit 1
StartServers 1
ThreadsPerChild 64
MaxRequestWorkers 64
LogFormat "%h %l %u %t \\"%r\\" %>s %b \\"%{{Referer}}i\\" \\"%{{User-agent}}i\\"" combined
CustomLog {work}/apache.log combined
BufferedLogs On
ScriptSock {work}/cgisock
DocumentRoot {root}
SSLEngine on
SSLProtocol -all +TLSv1.2 +TLSv1.3
SSLCertificateFile {server}
SSLCertificateKeyFile {server}
SSLCACertificateFile {authority}
SSLVerifyClient require
SSLVerifyDepth 3
ScriptAlias /cgi-bin/ {scripts}/
<Directory {root}>
  Require all granted
</Directory>
<Directory {scripts}>
  Require all granted
  SSLOptions +StdEnvVars +ExportCertData
</Directory>
"""
_NEEDED = ("mpm_event", "authz_core", "mime", "alias", "ssl", "cgid", "socache_shmcb")


def apache(root: Path, work: Path) -> Server:
    """Apache as Debian has it (event, mod_cgid), one process; scripts get mod_ssl's variables."""
    path, port, pem = find("apache2"), free_port(), keys.beside(root)
    find("perl")
    config = work / "apache.conf"
    modules = [
        f"LoadModule {each}_module {_MODULES}/mod_{each}.so"
        for each in _NEEDED
        if (_MODULES / f"mod_{each}.so").exists()
    ]
    if len(modules) < len(_NEEDED):
        raise LeftOutError(f"its modules are not in {_MODULES}")
    user = "User www-data\nGroup www-data" if ROOT else ""
    config.write_text(
        _APACHE.format(
            work=work, port=port, user=user, root=root, modules="\n".join(modules),
            server=pem.server, authority=pem.authority, scripts=root.parent / "cgi-bin",
        )
    )  # fmt: skip
    command = [path, "-DFOREGROUND", "-f", str(config)]
    address = ("127.0.0.1", port)
    return Server(
        "apache",
        launch("apache", command, work),
        {"https": address, "dynamic": address},
        work / "apache.log",
        f"/{SCRIPT}",
    )
