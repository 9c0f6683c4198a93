"""Servers nobody here wrote, each on an address of loopback: the judges of our phone."""

import os
import socket
import struct
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

START = 10.0
"""Seconds a server may need to start."""


@contextmanager
def running(command: list[str], answers: Callable[[float], bool]) -> Iterator[None]:
    """A server process, from when it ``answers`` (asked with seconds to wait) until the end."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        try:
            deadline = time.monotonic() + START
            while not answers(0.05):
                if process.poll() is not None or time.monotonic() > deadline:
                    process.kill()
                    raise AssertionError(process.communicate()[0].decode())
            yield
        finally:
            process.kill()


def answers_tftp(host: str, port: int) -> Callable[[float], bool]:
    """Whether a TFTP server gives any answer to a request for a file it does not have."""

    def ask(seconds: float) -> bool:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(seconds)
            client.sendto(struct.pack("!H", 1) + b"are you there?\0octet\0", (host, port))
            try:
                client.recv(600)
            except TimeoutError:
                return False
        return True

    return ask


def accepts(host: str, port: int) -> Callable[[float], bool]:
    """Whether a TCP server listens."""

    def ask(seconds: float) -> bool:
        with socket.socket() as client:
            client.settimeout(seconds)
            return client.connect_ex((host, port)) == 0

    return ask


NGINX = """
daemon off; master_process off; pid {work}/nginx.pid; error_log stderr warn;
events {{ worker_connections 64; }}
http {{
  log_format agents '$request|$http_host|$http_user_agent|$status';
  access_log syslog:server={log},tag=nginx agents;
  client_body_temp_path {work}/t1; proxy_temp_path {work}/t2; fastcgi_temp_path {work}/t3;
  uwsgi_temp_path {work}/t4; scgi_temp_path {work}/t5;
  default_type application/octet-stream;
  server {{ listen {host}:{port}; root {root}; }}
}}
"""

RSYSLOG = """
global(workDirectory="{work}")
module(load="imudp")
module(load="imptcp")
input(type="imudp" address="127.0.0.1" port="{port}")
input(type="imptcp" address="127.0.0.1" port="{port}")
template(name="understood" type="string"
  string="%syslogfacility-text%.%syslogseverity-text%|%hostname%|%syslogtag%|%msg%")
action(type="omfwd" target="127.0.0.1" port="{ear}" protocol="udp" template="understood")
"""


def privileged() -> None:
    """Skip unless root."""
    if os.geteuid() != 0:
        pytest.skip("needs root: a port below 1024, or a server that locks itself into a folder")


@dataclass(frozen=True)
class Judges:
    """Foreign servers for one test: they serve ``root``, and log to the ear on port ``ear``.

    Each is a context that gives what to type before a file's name, such as
    ``tftp://127.0.0.1:20069``.
    """

    program: Callable[[str], str]
    free_port: Callable[..., int]
    root: Path
    work: Path
    ear: int

    @contextmanager
    def tftpd_hpa(self, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
        """Debian's tftpd-hpa."""
        privileged()
        port = port or self.free_port("udp")
        options = ["--foreground", "--user", "root", "--address", f"{host}:{port}", "--secure"]
        command = [self.program("in.tftpd"), *options, str(self.root)]
        with running(command, answers_tftp(host, port)):
            yield f"tftp://{host}:{port}"

    @contextmanager
    def dnsmasq_tftp(self, host: str) -> Iterator[str]:
        """dnsmasq as TFTP server, which it is on the well-known port only."""
        privileged()
        with self._dnsmasq(host, {}, ["--enable-tftp", f"--tftp-root={self.root}"]):
            yield f"tftp://{host}"

    @contextmanager
    def dns(
        self, hosts: Mapping[str, Sequence[str]], services: Sequence[str] = ()
    ) -> Iterator[str]:
        """dnsmasq as the DNS server of a small network; what to type after ``--dns``.

        A service is ``_service._proto.domain,target,port,priority,weight``.
        """
        records = [f"--srv-host={each}" for each in services]
        with self._dnsmasq("127.0.0.1", hosts, records) as port:
            yield f"127.0.0.1:{port}"

    @contextmanager
    def _dnsmasq(
        self, host: str, hosts: Mapping[str, Sequence[str]], more: list[str]
    ) -> Iterator[int]:
        port = self.free_port()
        records = [f"{name},{each}" for name, addresses in hosts.items() for each in addresses]
        command = [
            self.program("dnsmasq"), "--keep-in-foreground", "--conf-file=/dev/null",
            "--no-resolv", "--no-hosts", f"--listen-address={host}", "--bind-interfaces",
            "--pid-file=", "--user=root", f"--port={port}", "--local=/telco.com/",
            "--log-facility=-", *(f"--host-record={each}" for each in records), *more,
        ]  # fmt: skip
        with running(command, accepts(host, port)):
            yield port

    @contextmanager
    def nginx(self, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
        """nginx, whose access log goes to the ear."""
        port = port or self.free_port()
        work = self._folder("nginx")
        conf = work / "nginx.conf"
        facts = {"work": work, "root": self.root, "host": host, "port": port}
        conf.write_text(NGINX.format(**facts, log=f"127.0.0.1:{self.ear}"))
        command = [self.program("nginx"), "-p", str(work), "-e", "stderr", "-c", str(conf)]
        with running(command, accepts(host, port)):
            yield f"http://{host}:{port}"

    @contextmanager
    def busybox_httpd(self) -> Iterator[str]:
        """busybox httpd: HTTP/1.0, and nothing but the file."""
        where = f"127.0.0.1:{self.free_port()}"
        command = [self.program("busybox"), "httpd", "-f", "-p", where, "-h", str(self.root)]
        with running(command, accepts("127.0.0.1", int(where.partition(":")[2]))):
            yield f"http://{where}"

    @contextmanager
    def rsyslogd(self) -> Iterator[str]:
        """rsyslogd, which tells the ear how it understood each line; its ``host:port``."""
        port, work = self.free_port(), self._folder("rsyslog")
        conf = work / "rsyslog.conf"
        conf.write_text(RSYSLOG.format(work=work, port=port, ear=self.ear))
        options = ["-n", "-f", str(conf), "-i", str(work / "pid"), "-C"]
        with running([self.program("rsyslogd"), *options], accepts("127.0.0.1", port)):
            yield f"127.0.0.1:{port}"

    def _folder(self, name: str) -> Path:
        folder = self.work / name
        folder.mkdir(exist_ok=True)
        return folder
