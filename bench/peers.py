"""The servers under test: Ringback and the ones it is compared with, each a process of its own.

Every one gets the same folder, listens on loopback only, logs every request to a file, and is
ended by its process id. One that is not installed, or that this user may not start, is left out
with a note.
"""

import os
import secrets
import shutil
import socket
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from bench import stores

SYSTEM_FOLDERS = ":/usr/sbin:/sbin:/usr/local/sbin"
ROOT = os.geteuid() == 0

Address = tuple[str, int]


class LeftOutError(Exception):
    """A server that cannot be measured here; the text says why."""


@dataclass
class Server:
    """One running server and where it listens, by protocol."""

    name: str
    process: subprocess.Popen[bytes]
    addresses: dict[str, Address] = field(default_factory=dict)
    log: Path = Path("/dev/null")
    page: str = ""
    """The path of its page that is made anew for each phone."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End it, gently first."""
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(5)


def find(name: str) -> str:
    """The path of a program, or LeftOutError."""
    path = shutil.which(name, path=os.environ.get("PATH", "") + SYSTEM_FOLDERS)
    if path is None:
        raise LeftOutError("not installed (make system-packages)")
    return path


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """A port of 127.0.0.1 that was free a moment ago."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def launch(name: str, command: list[str], work: Path) -> subprocess.Popen[bytes]:
    """Start a server; what it prints goes to ``name.out``."""
    with (work / f"{name}.out").open("wb") as output:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)


def ringback(root: Path, work: Path) -> Server:
    """Ringback itself, with all its transports in one process."""
    return _ringback("ringback", root, work, ("tftp", "http", "syslog"))


def ringback_store(root: Path, work: Path) -> Server:
    """Ringback with the same files in a store: prepared by a release, admission, ledger and all."""
    store = stores.beside(root, sealed=True)
    more = ("--store", str(store))
    return _ringback("ringback store", empty(work), work, ("tftp", "http"), more)


def empty(work: Path) -> Path:
    """A folder with nothing in it."""
    found = work / "empty"
    found.mkdir(exist_ok=True)
    return found


def _ringback(
    name: str, root: Path, work: Path, protocols: Sequence[str], more: Sequence[str] = ()
) -> Server:
    kinds = {"tftp": socket.SOCK_DGRAM}
    addresses = {
        each: ("127.0.0.1", free_port(kinds.get(each, socket.SOCK_STREAM))) for each in protocols
    }
    log = work / f"{name}.log"
    command = [sys.executable, "-m", "ringback", "serve", "--root", str(root)]
    command += ["--state", str(work / "state"), "--log", str(log), *more]
    for protocol, (host, port) in addresses.items():
        command += [f"--{protocol}", f"{host}:{port}"]
    return Server(name, launch(name, command, work), addresses, log)


def dnsmasq(root: Path, work: Path) -> Server:
    """The TFTP of dnsmasq. Its port cannot be chosen, so it gets a loopback address of its own."""
    path = find("dnsmasq")
    if not ROOT:
        raise LeftOutError("only root may use its fixed port 69")
    host = f"127.{100 + secrets.randbelow(100)}.{secrets.randbelow(256)}.1"
    log = work / "dnsmasq.log"
    command = [path, "--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--user=root"]
    command += [f"--listen-address={host}", "--bind-interfaces", f"--pid-file={work}/dnsmasq.pid"]
    command += ["--enable-tftp", f"--tftp-root={root}", "--tftp-max=4000"]
    command += [f"--log-facility={log}"]
    return Server("dnsmasq", launch("dnsmasq", command, work), {"tftp": (host, 69)}, log)


def tftpd_hpa(root: Path, work: Path) -> Server:
    """tftpd-hpa, a process for every request."""
    path = find("in.tftpd")
    if not ROOT:
        raise LeftOutError("only root may start it (it changes its root folder)")
    port = free_port(socket.SOCK_DGRAM)
    command = [path, "--foreground", "--address", f"127.0.0.1:{port}", "--user", "nobody"]
    command += ["--verbose", "--secure", str(root)]
    return Server("tftpd-hpa", launch("tftpd-hpa", command, work), {"tftp": ("127.0.0.1", port)})


_NGINX = """{user}
daemon off; worker_processes 1; pid {work}/nginx.pid; error_log {work}/nginx.err;
events {{ worker_connections 4096; }}
http {{
  access_log {work}/nginx.log combined buffer=64k flush=100ms;
  client_body_temp_path {work}; proxy_temp_path {work}; fastcgi_temp_path {work};
  uwsgi_temp_path {work}; scgi_temp_path {work};
  server {{ listen 127.0.0.1:{port} backlog=4096; root {root}; }}
}}
"""


def nginx(root: Path, work: Path) -> Server:
    """Static files from nginx: one worker, its log buffered as long as ours."""
    path = find("nginx")
    port = free_port()
    config = work / "nginx.conf"
    user = "user root;" if ROOT else ""
    config.write_text(_NGINX.format(user=user, work=work, root=root, port=port))
    command = [path, "-e", f"{work}/nginx.err", "-p", str(work), "-c", str(config)]
    return Server(
        "nginx",
        launch("nginx", command, work),
        {"http": ("127.0.0.1", port)},
        work / "nginx.log",
    )


_RSYSLOG = """module(load="imudp")
global(workDirectory="{work}")
template(name="raw" type="string" string="%timegenerated% %fromhost-ip% %rawmsg%\\n")
ruleset(name="keep") {{ action(type="omfile" file="{work}/rsyslog.log" template="raw") }}
input(type="imudp" address="127.0.0.1" port="{port}" ruleset="keep" rcvbufSize="16m")
"""


def rsyslog(root: Path, work: Path) -> Server:  # noqa: ARG001 (it serves no files)
    """rsyslogd: UDP to a file, the same receive buffer as ours."""
    path = find("rsyslogd")
    port = free_port(socket.SOCK_DGRAM)
    config = work / "rsyslog.conf"
    config.write_text(_RSYSLOG.format(work=work, port=port))
    command = [path, "-n", "-f", str(config), "-i", f"{work}/rsyslog.pid"]
    return Server(
        "rsyslog",
        launch("rsyslog", command, work),
        {"syslog": ("127.0.0.1", port)},
        work / "rsyslog.log",
    )
