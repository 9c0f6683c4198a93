"""--srv, --post and Restricted_Access_Domains against servers nobody here wrote."""

import asyncio
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from tests.phone.servers import accepts, nginx, running
from tests.phone.world import Dice

from ringback.cisco.model import find_model
from ringback.cisco.resync import Result
from ringback.dns.resolver import Resolver
from ringback.mac import Mac
from ringback.phone.desk import Desk
from ringback.phone.handset import Handset
from ringback.phone.identity import Identity

pytestmark = pytest.mark.duty(5)

PROFILE = b"<flat-profile><GPP_A>came</GPP_A></flat-profile>"


def resynced(rule, resolver, **settings):
    """How a resync by that rule ends, and what GPP_A is afterwards."""
    identity = Identity(find_model("7832"), Mac.parse("000e08abcdef"), "S1", boot_seconds=0.0)

    async def run():
        phone = Handset(identity, Dice())
        phone.profile, _ = phone.profile.set(settings)
        desk = Desk(phone, resolver)
        await desk.plug_in(resync=False)
        try:
            return await desk.resync(rule), phone.value("GPP_A")
        finally:
            await desk.unplug()

    return asyncio.run(run())


@pytest.fixture
def web(program, tmp_path, free_port):
    root, port = tmp_path / "root", free_port()
    root.mkdir()
    (root / "p.xml").write_bytes(PROFILE)
    with nginx(program("nginx"), root, tmp_path / "nginx", port):
        yield port


@pytest.fixture
def dns(program, free_port, web):
    """dnsmasq: the first server of the service is dead, the second is there."""
    port, dead = free_port(), free_port()
    service = "_ciscoprov-http._tcp.telco.com,web.telco.com"
    command = [
        program("dnsmasq"), "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv",
        "--no-hosts", "--listen-address=127.0.0.1", "--bind-interfaces", "--pid-file=",
        "--user=root", f"--port={port}", "--local=/telco.com/", "--log-facility=-",
        "--host-record=web.telco.com,127.0.0.1",
        f"--srv-host={service},{dead},1,0", f"--srv-host={service},{web},2,0",
    ]  # fmt: skip
    with running(command, accepts(port)):
        yield Resolver(server=("127.0.0.1", port))


def test_srv_finds_the_server_and_its_port_and_goes_on_when_one_is_dead(dns):
    outcome, value = resynced("[--srv] http://telco.com/p.xml", dns)
    assert outcome.result is Result.OK, outcome.explanation
    assert value == "came"


def test_a_domain_without_the_service_is_a_dns_failure(dns):
    outcome, _ = resynced("[--srv] https://telco.com/p.xml", dns)
    assert outcome.error == "DNS resolution"


class Server(ThreadingHTTPServer):
    """Keeps what came."""

    came: list[tuple[str, bytes]]


class Form(BaseHTTPRequestHandler):
    """Answers a POST with a profile, and sends every GET elsewhere."""

    server: Server

    def do_POST(self):
        length = int(self.headers["Content-Length"])
        self.server.came.append((self.path, self.rfile.read(length)))
        self.send_response(200)
        self.send_header("Content-Length", str(len(PROFILE)))
        self.end_headers()
        self.wfile.write(PROFILE)

    def do_GET(self):
        self.send_response(302)
        self.send_header("Location", f"http://elsewhere.test:{self.server.server_port}/p.xml")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def form():
    with Server(("127.0.0.1", 0), Form) as server:
        server.came = []
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


HERE = {"prov.test": ["127.0.0.1"], "elsewhere.test": ["127.0.0.1"]}


def test_post_sends_the_expanded_register_and_takes_the_answer(form):
    rule = f"[--post b] http://prov.test:{form.server_port}/provision?x=1"
    outcome, value = resynced(rule, Resolver(fixed=HERE), GPP_B="mac=$MA&model=$PN")
    assert outcome.result is Result.OK, outcome.explanation
    assert value == "came"
    ((path, body),) = form.came
    assert path == "/provision?x=1"
    assert body == b"mac=000e08abcdef&model=CP-7832-3PCC"


@pytest.mark.parametrize(
    ("allowed", "error"),
    [
        ("prov.test", "Invalid or restricted server"),
        ("other.test", "Invalid or restricted server"),
        ("prov.test, elsewhere.test", "http_get failed"),  # it leads round in a circle
    ],
)
def test_no_redirect_leads_to_a_server_that_may_not_be_asked(form, allowed, error):
    rule = f"http://prov.test:{form.server_port}/away"
    outcome, _ = resynced(rule, Resolver(fixed=HERE), Restricted_Access_Domains=allowed)
    assert outcome.error == error
