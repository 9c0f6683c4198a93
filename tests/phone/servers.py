"""Servers nobody here wrote, for one phone on loopback."""

import os
import socket
import struct
import subprocess
import time
from contextlib import contextmanager

START = 10.0
NGINX = """
daemon off; master_process off; pid {work}/nginx.pid; error_log stderr warn;
events {{ worker_connections 64; }}
http {{
  access_log off;
  client_body_temp_path {work}/t1; proxy_temp_path {work}/t2; fastcgi_temp_path {work}/t3;
  uwsgi_temp_path {work}/t4; scgi_temp_path {work}/t5;
  server {{ listen 127.0.0.1:{port}; root {root}; }}
}}
"""


@contextmanager
def running(command, answers, folder=None):
    """A server process, from when it ``answers`` until the end."""
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=folder
    ) as process:
        try:
            deadline = time.monotonic() + START
            while not answers():
                if process.poll() is not None or time.monotonic() > deadline:
                    process.kill()
                    raise AssertionError(process.communicate()[0].decode())
            yield
        finally:
            process.kill()


def answers_tftp(port):
    """Whether a TFTP server says anything about a file it does not have."""

    def ask():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(0.05)
            client.sendto(struct.pack("!H", 1) + b"are you there?\0octet\0", ("127.0.0.1", port))
            try:
                return bool(client.recv(600))
            except TimeoutError:
                return False

    return ask


def accepts(port):
    """Whether a TCP server listens."""

    def ask():
        with socket.socket() as client:
            client.settimeout(0.05)
            return client.connect_ex(("127.0.0.1", port)) == 0

    return ask


def tftpd_hpa(binary, root, port):
    """Debian's tftpd-hpa; it must be root, for it locks itself into the folder."""
    where = f"127.0.0.1:{port}"
    command = [binary, "--foreground", "--address", where, "--user", "root", "--secure", str(root)]
    return running(command, answers_tftp(port))


def nginx(binary, root, work, port):
    """nginx that serves a folder."""
    work.mkdir()
    conf = work / "nginx.conf"
    conf.write_text(NGINX.format(work=work, root=root, port=port))
    return running([binary, "-p", str(work), "-e", "stderr", "-c", str(conf)], accepts(port))


def tftpd_hpa_that_creates(binary, root, port):
    """The same, taking new files (``-c``), as report folders are set up."""
    where = f"127.0.0.1:{port}"
    command = [
        binary, "--foreground", "--address", where, "--user", "root", "--create",
        "--secure", str(root),
    ]  # fmt: skip
    return running(command, answers_tftp(port))


def nginx_that_takes_files(binary, root, work, port, *, password=""):
    """nginx with its DAV module: PUT makes a file, for user ``u`` if there is a password."""
    work.mkdir()
    (work / "users").write_text(f"u:{{PLAIN}}{password}\n")
    guard = f'auth_basic "reports"; auth_basic_user_file {work}/users; ' if password else ""
    conf = work / "nginx.conf"
    plain = NGINX.format(work=work, root=root, port=port)
    conf.write_text(
        plain.replace("server {", f"server {{ {guard}dav_methods PUT; create_full_put_path on;")
    )
    return running([binary, "-p", str(work), "-e", "stderr", "-c", str(conf)], accepts(port))


def dnsmasq(binary, port, names):
    """dnsmasq as the only DNS server of a small network."""
    records = [f"{name},{each}" for name, addresses in names.items() for each in addresses]
    command = [
        binary, "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts",
        "--listen-address=127.0.0.1", "--bind-interfaces", "--pid-file=", "--user=root",
        f"--port={port}", "--local=/telco.com/", "--log-facility=-",
        *(f"--host-record={each}" for each in records),
    ]  # fmt: skip
    return running(command, accepts(port))


NGINX_TLS = """
daemon off; master_process off; pid {work}/nginx.pid; error_log stderr crit;
events {{ worker_connections 64; }}
http {{
  access_log off;
  client_body_temp_path {work}/t1; proxy_temp_path {work}/t2; fastcgi_temp_path {work}/t3;
  uwsgi_temp_path {work}/t4; scgi_temp_path {work}/t5;
  server {{
    listen 127.0.0.1:{port} ssl; root {root};
    ssl_certificate {pair}; ssl_certificate_key {pair};
    ssl_client_certificate {roots}; ssl_verify_client on; ssl_verify_depth 3;
  }}
}}
"""
APACHE_MODULES = "/usr/lib/apache2/modules"
APACHE = """
ServerRoot {work}
DefaultRuntimeDir {work}
PidFile {work}/pid
ServerName localhost
ErrorLog {work}/error.log
Mutex pthread
{modules}
{user}
Listen 127.0.0.1:{port}
<VirtualHost 127.0.0.1:{port}>
    DocumentRoot {root}
    ScriptAlias /cgi-bin/ {root}/cgi-bin/
    SSLEngine on
    SSLCertificateFile {pair}
    SSLCertificateKeyFile {pair}
    SSLCACertificateFile {roots}
    SSLVerifyClient require
    SSLVerifyDepth 3
    <Directory {root}>
        Require all granted
        SSLOptions +StdEnvVars +ExportCertData
    </Directory>
</VirtualHost>
"""


def s_server(binary, root, port, pair, *options):
    """``openssl s_server`` that gives the files of a folder to one client after the other."""
    command = [
        binary, "s_server", "-accept", f"127.0.0.1:{port}", "-cert", str(pair), "-key", str(pair),
        "-cert_chain", str(pair), "-WWW", *map(str, options),
    ]  # fmt: skip
    return running(command, accepts(port), folder=root)


def nginx_tls(binary, papers, work, port):
    """nginx over TLS, which asks for a certificate; ``papers`` has what it needs."""
    work.mkdir()
    conf = work / "nginx.conf"
    conf.write_text(NGINX_TLS.format(**_facts(papers, work, port)))
    return running([binary, "-p", str(work), "-e", "stderr", "-c", str(conf)], accepts(port))


def _facts(papers, work, port):
    return {
        "work": work, "port": port, "root": papers / "root", "pair": papers / "server.pem",
        "roots": papers / "roots.pem",
    }  # fmt: skip


def apache(binary, papers, work, port):
    """Apache with mod_ssl and ``SSLVerifyClient require``; scripts are in ``root/cgi-bin``."""
    modules = ("mpm_prefork", "authz_core", "alias", "cgi", "ssl")
    loaded = (f"LoadModule {each}_module {APACHE_MODULES}/mod_{each}.so" for each in modules)
    facts = _facts(papers, work, port)
    user = "User www-data\nGroup www-data" if os.geteuid() == 0 else ""
    conf = work / "apache.conf"
    conf.write_text(APACHE.format(**facts, modules="\n".join(loaded), user=user))
    return running([binary, "-X", "-f", str(conf)], accepts(port))
