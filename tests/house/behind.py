"""Ringback behind a proxy: the documented configurations, made to fit, and what gets through.

The configurations are cut out of docs/proxies.md, so that what is printed there is what is run.
Ours is a listener in this process that gives each phone its own file, and keeps what it knew of
every request.
"""

import os
import re
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID
from tests.certificate.house import House, found
from tests.house.foreign import accepts, running
from tests.http.conftest import Served

from ringback import clock
from ringback.certificate import key
from ringback.certificate.engine import Engine
from ringback.certificate.inspection import Inspection
from ringback.certificate.pair import Pair
from ringback.certificate.policy import Clients, Policy
from ringback.certificate.subject import bearer
from ringback.certificate.tls import server_context
from ringback.errors import NotFoundError
from ringback.http.answer import Access, Answer
from ringback.http.engine import MakeEngine, Session
from ringback.http.forwarded import Forwarded, Trust
from ringback.http.listener import Listener
from ringback.http.networks import Networks
from ringback.http.request import Request
from ringback.http.tlv import Tls
from ringback.mac import Mac
from ringback.provisioning.admission import Admission, Channel
from ringback.provisioning.identity import Identity

PAGE = Path(__file__).resolve().parents[2] / "docs" / "proxies.md"
NAME = "prov.example.com"
MINE, OTHER = "000e08abcdef", "000e08aaaaaa"
CLIENT = "127.0.0.9"
"""Where the phone is, so that its address differs from the proxy's."""
PROXY = "127.0.0.1"


def configuration(name: str, facts: Mapping[str, str]) -> str:
    """The block called ``name`` on the page, with ``facts`` in place of what is printed there."""
    block = re.search(rf"<!-- {name} -->\n```\w+\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert block, f"no block {name} in {PAGE}"
    text = block.group(1)
    for printed, real in facts.items():
        assert printed in text, f"{printed!r} is not in the block {name}"
        text = text.replace(printed, real)
    assert "/etc/" not in text, "a path of the page is left"
    return text


@dataclass
class Papers:
    """An authority, a server certificate, two phones of ours and one of somebody else's."""

    folder: Path
    ours: House = field(default_factory=found)
    others: House = field(default_factory=lambda: found("Somebody Else"))

    def __post_init__(self) -> None:
        server = self.ours.server(NAME)
        self.server = self._chain("server.pem", server)
        self.server_key = self._write("server.key", key.write(server.key))
        self.server_both = self._write("server-and-key.pem", bytes(server))
        self.root = self._write("root.pem", self.ours.root.certificate.pem())
        self.phones_ca = self.root
        self.phones: dict[str, Path] = {
            name: self._write(f"{name}.pem", bytes(pair))
            for name, pair in {
                "mine": self.ours.device(mac=MINE),
                "other": self.ours.device(mac=OTHER),
                "spa": self.ours.device("SPA962", MINE),
                "stranger": self.others.device(mac=MINE),
            }.items()
        }
        self.server_pair: Pair = server

    def header(self, name: str) -> str:
        """A phone's certificate as a client would forge it into a header."""
        text = self.phones[name].read_text()
        lines = text[: text.index("-----END")].splitlines()[1:]
        return f":{''.join(lines)}:"

    def _chain(self, name: str, pair: Pair) -> Path:
        return self._write(name, b"".join(each.pem() for each in (pair.certificate, *pair.chain)))

    def _write(self, name: str, data: bytes) -> Path:
        path = self.folder / name
        path.write_bytes(data)
        return path


@dataclass
class Evidence:
    """What we knew of one request."""

    address: str
    scheme: str
    mac: str
    asked: str
    forwarded: Forwarded


class Behind:
    """Our listener. Each phone gets its own file; who knows what is in ``evidence``."""

    def __init__(
        self, trust: Trust, *, tls: MakeEngine | None = None, proxies: Networks | None = None
    ) -> None:
        self.trust, self.evidence, self.accesses = trust, list[Evidence](), list[Access]()
        self.admission = Admission(bind_devices=True)
        self._served = Served(Listener(self._answer, log=self.accesses.append), self.accesses)
        self._served.call(self._served.listener.start(PROXY, 0, tls=tls, proxies=proxies))
        self.port = self._served.listener.sockname[1]

    def stop(self) -> None:
        self._served.stop()

    def _answer(self, request: Request) -> Answer:
        said = self.trust.read(request.address, request.scheme, request.headers)
        mac, certificate = _who(request, said)
        self.evidence.append(
            Evidence(said.address, said.scheme, str(mac or ""), request.raw_path, said)
        )
        identity = Identity(said.address, request.agent, certificate, mac)
        channel = Channel.TLS if said.scheme == "https" else Channel.PLAIN
        self.admission.admit(request.target, identity, channel)
        if not request.path.endswith(".cfg"):
            raise NotFoundError(request.path)
        return Answer(200, f"this is {request.raw_path}".encode())

    def last(self) -> Evidence:
        return self.evidence[-1]


def _who(request: Request, said: Forwarded) -> tuple[Mac | None, str]:
    """The phone that a certificate names, and its subject: from the handshake or the proxy."""
    inspection = Inspection()
    proven = said.proven
    if isinstance(request.tls, Session):
        proven = request.tls.proven
    elif isinstance(request.tls, Tls):
        if not request.tls.verified:
            return None, ""
        common = x509.NameAttribute(NameOID.COMMON_NAME, request.tls.common_name)
        named = bearer(x509.Name([common]))
        return (named.mac if named else None), request.tls.common_name
    if proven is None:
        return None, ""
    shown = inspection.inspect(proven, clock.now())
    return (shown.bearer.mac if shown.bearer else None), str(shown.certificate)


def required(papers: Papers) -> MakeEngine:
    """TLS that asks for a phone's certificate and takes no other."""
    anchors = (papers.ours.root.certificate,)
    context = server_context(papers.server_pair, Policy(Clients.REQUIRE), anchors)
    return lambda: Engine(context)


@dataclass
class Proxy:
    """A foreign server in front of ours, its ports, and curl as the phone."""

    behind: Behind
    papers: Papers
    curl: str
    https: int
    http: int = 0

    def get(
        self, path: str, phone: str = "", *headers: str, scheme: str = "https", port: int = 0
    ) -> tuple[int, str]:
        """Ask as a phone would; HTTP status (0: no answer at all) and body."""
        port = port or getattr(self, scheme)
        command = [
            self.curl, "-sS", "--path-as-is", "--max-time", "10", "--interface", CLIENT,
            "--resolve", f"{NAME}:{port}:{PROXY}", "--cacert", str(self.papers.root),
            "-w", "\n%{http_code}", f"{scheme}://{NAME}:{port}{path}",
        ]  # fmt: skip
        if phone:
            command += ["--cert", str(self.papers.phones[phone])]
        for header in headers:
            command += ["-H", header]
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
        body, _, status = done.stdout.rpartition("\n")
        return int(status or 0), body


def start_nginx(
    binary: str, work: Path, ports: list[int], text: str, doors: ExitStack, *, outer: str = ""
) -> None:
    """nginx with one block of the page; ``outer`` stands above it (modules)."""
    conf = work / "nginx.conf"
    paths = "".join(
        f"{kind}_temp_path {work}/{kind};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    inner = text if text.startswith("stream") else f"http {{ access_log off; {paths}\n{text}\n}}"
    conf.write_text(
        f"daemon off; master_process off; pid {work}/pid; error_log stderr crit; {outer}\n"
        f"events {{ worker_connections 128; }}\n{inner}\n"
    )
    command = [binary, "-p", str(work), "-e", "stderr", "-c", str(conf)]
    doors.enter_context(running(command, _all_accept(ports)))


APACHE_MODULES = Path("/usr/lib/apache2/modules")
APACHE = """
ServerRoot {work}
DefaultRuntimeDir {work}
PidFile {work}/pid
ServerName localhost
ErrorLog {work}/error.log
LogLevel warn
Mutex pthread
{modules}
{user}
{listen}
"""


def start_apache(binary: str, work: Path, ports: list[int], text: str, doors: ExitStack) -> None:
    """Apache with one block of the page, in the foreground, as one process."""
    modules = ("mpm_event", "authz_core", "ssl", "headers", "proxy", "proxy_http")
    facts = {
        "work": work,
        "modules": "\n".join(
            f"LoadModule {each}_module {APACHE_MODULES}/mod_{each}.so" for each in modules
        ),
        "user": "User www-data\nGroup www-data" if os.geteuid() == 0 else "",
        "listen": "\n".join(f"Listen {PROXY}:{port}" for port in ports),
    }
    conf = work / "apache.conf"
    conf.write_text(APACHE.format(**facts) + text)
    doors.enter_context(running([binary, "-X", "-f", str(conf)], _all_accept(ports)))


def start_haproxy(binary: str, work: Path, port: int, text: str, doors: ExitStack) -> None:
    """HAProxy with one block of the page."""
    conf = work / "haproxy.cfg"
    limits = "defaults\n    timeout connect 5s\n    timeout client 20s\n    timeout server 20s\n\n"
    conf.write_text(limits + text)
    doors.enter_context(running([binary, "-db", "-f", str(conf)], accepts(PROXY, port)))


def _all_accept(ports: list[int]) -> Callable[[float], bool]:
    return lambda seconds: all(accepts(PROXY, port)(seconds) for port in ports)


TRUST = Trust(Networks.parse([PROXY]), "X-SSL-Client-Cert")
Start = Callable[..., Proxy]
"""Takes how clients are asked for certificates, in the foreign server's own word."""


@dataclass(frozen=True)
class Foreign:
    """A server that hands certificates on in a header, and how its block on the page reads."""

    block: str
    binary: str
    run: Callable[[str, Path, list[int], str, ExitStack], None]
    https: tuple[str, str]
    """Where it listens for HTTPS: as printed, and with ``{at}`` for where it is to."""
    http: tuple[str, str]
    asks: tuple[str, str]
    """How it asks for certificates: as printed, and with ``{verify}`` for the word."""
    usual: str
    """The word that is printed."""

    def facts(self, proxy: Proxy, verify: str) -> dict[str, str]:
        """What to write in place of what is printed."""
        papers = proxy.papers
        return {
            self.https[0]: self.https[1].format(at=f"{PROXY}:{proxy.https}"),
            self.http[0]: self.http[1].format(at=f"{PROXY}:{proxy.http}"),
            "127.0.0.1:8080": f"{PROXY}:{proxy.behind.port}",
            "/etc/ringback/server.pem": str(papers.server),
            "/etc/ringback/server.key": str(papers.server_key),
            "/etc/ringback/phones-ca.pem": str(papers.phones_ca),
            self.asks[0]: self.asks[1].format(verify=verify),
        }


def in_front(foreign: Foreign) -> tuple[Any, Any, Any]:
    """The fixtures ``papers``, ``start`` and ``proxy`` for a file of tests with this server."""

    @pytest.fixture(scope="module", name="papers")
    def papers_of(tmp_path_factory: pytest.TempPathFactory) -> Papers:
        return Papers(tmp_path_factory.mktemp("papers"))

    @pytest.fixture(name="start")
    def start_of(
        program: Callable[[str], str], free_port: Callable[..., int], papers: Papers, tmp_path: Path
    ) -> Iterator[Start]:
        with ExitStack() as doors:

            def make(verify: str = foreign.usual) -> Proxy:
                behind = Behind(TRUST)
                doors.callback(behind.stop)
                proxy = Proxy(behind, papers, program("curl"), free_port(), free_port())
                text = configuration(foreign.block, foreign.facts(proxy, verify))
                ports = [proxy.https, proxy.http]
                foreign.run(program(foreign.binary), tmp_path, ports, text, doors)
                return proxy

            yield make

    @pytest.fixture(name="proxy")
    def proxy_of(start: Start) -> Proxy:
        return start()

    return papers_of, start_of, proxy_of


class HeaderRules:
    """What must hold behind any proxy that ends TLS and asks for a certificate on its port 443.

    ``proxy`` is a fixture of the file that uses this: the real server, with the page's block.
    """

    def test_the_right_phone_gets_its_file_and_is_named(self, proxy: Proxy) -> None:
        assert proxy.get(f"/{MINE}.cfg", "mine") == (200, f"this is /{MINE}.cfg")
        evidence = proxy.behind.last()
        assert (evidence.address, evidence.scheme) == (CLIENT, "https")
        assert evidence.mac == MINE
        assert evidence.forwarded.verdict == "SUCCESS"
        assert evidence.forwarded.complaint == ""

    def test_another_phones_file_is_refused(self, proxy: Proxy) -> None:
        assert proxy.get(f"/{OTHER}.cfg", "mine") == (404, "Not Found\n")
        assert proxy.behind.last().mac == MINE
        assert proxy.behind.accesses[-1].why.endswith(f"the certificate is of phone {MINE}")

    def test_without_a_certificate_nothing_reaches_us(self, proxy: Proxy) -> None:
        assert proxy.get(f"/{MINE}.cfg")[0] in (0, 400, 403)
        assert proxy.behind.evidence == []

    def test_a_certificate_of_somebody_elses_authority_does_not_reach_us(
        self, proxy: Proxy
    ) -> None:
        assert proxy.get(f"/{MINE}.cfg", "stranger")[0] in (0, 400, 403)
        assert proxy.behind.evidence == []

    def test_a_forged_header_is_overwritten(self, proxy: Proxy) -> None:
        forged = (
            f"X-SSL-Client-Cert: {proxy.papers.header('mine')}",
            "X-SSL-Client-Verify: SUCCESS",
            "X-Forwarded-Proto: https",
        )
        assert proxy.get(f"/{MINE}.cfg", "other", *forged, *forged)[0] == 404
        assert proxy.behind.last().mac == OTHER
        assert proxy.behind.last().forwarded.complaint == ""

    def test_a_forged_header_in_clear_is_taken_away(self, proxy: Proxy) -> None:
        forged = (
            f"X-SSL-Client-Cert: {proxy.papers.header('mine')}",
            "X-SSL-Client-Verify: SUCCESS",
            "X-Forwarded-Proto: https",
        )
        assert proxy.get(f"/{MINE}.cfg", "", *forged, scheme="http")[0] == 404
        evidence = proxy.behind.last()
        assert (evidence.mac, evidence.scheme) == ("", "http")
        assert evidence.forwarded.certificate is None

    def test_a_header_name_with_underscores_is_no_way_in(self, proxy: Proxy) -> None:
        forged = (f"X_SSL_Client_Cert: {proxy.papers.header('mine')}",
                  "X_SSL_Client_Verify: SUCCESS")  # fmt: skip
        proxy.get("/spa.cfg", "", *forged, scheme="http")
        assert all(each.forwarded.certificate is None for each in proxy.behind.evidence)

    def test_a_forged_header_past_the_proxy_is_ignored_and_named(self, proxy: Proxy) -> None:
        forged = (
            f"X-SSL-Client-Cert: {proxy.papers.header('mine')}",
            "X-SSL-Client-Verify: SUCCESS",
            "X-Forwarded-For: 127.0.0.1",
            "X-Forwarded-Proto: https",
        )
        straight = proxy.behind.port
        status, _ = proxy.get(f"/{MINE}.cfg", "", *forged, scheme="http", port=straight)
        assert status == 404
        evidence = proxy.behind.last()
        assert (evidence.address, evidence.scheme, evidence.mac) == (CLIENT, "http", "")
        assert evidence.forwarded.ignored == ("X-SSL-Client-Cert", "X-SSL-Client-Verify")

    def test_a_forged_address_is_no_address(self, proxy: Proxy) -> None:
        forged = ("X-Forwarded-For: 6.6.6.6", "Forwarded: for=6.6.6.6", "X-Real-IP: 6.6.6.6")
        proxy.get("/spa.cfg", "mine", *forged)
        assert proxy.behind.last().address == CLIENT

    def test_the_path_arrives_as_it_was_sent(self, proxy: Proxy) -> None:
        proxy.get("/a%2Fb%20c.cfg", "mine")
        assert proxy.behind.last().asked == "/a%2Fb%20c.cfg"
