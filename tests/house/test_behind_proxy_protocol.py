"""PROXY protocol from nginx, HAProxy and curl, as docs/proxies.md prints it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.house.behind import (
    CLIENT,
    MINE,
    OTHER,
    PROXY,
    Behind,
    Papers,
    Proxy,
    configuration,
    required,
    start_haproxy,
    start_nginx,
)

from ringback.http.forwarded import Trust
from ringback.http.networks import Networks
from ringback.http.tlv import Tls

STREAM = Path("/usr/lib/nginx/modules/ngx_stream_module.so")
FROM_HERE = Networks.parse([PROXY])
Start = Callable[..., Proxy]


@pytest.fixture(scope="module")
def papers(tmp_path_factory) -> Papers:
    return Papers(tmp_path_factory.mktemp("papers"))


@pytest.fixture
def doors() -> Iterator[ExitStack]:
    with ExitStack() as opened:
        yield opened


@pytest.fixture
def nginx(program, free_port, papers: Papers, tmp_path: Path, doors: ExitStack) -> Proxy:
    if not STREAM.exists():
        pytest.skip("libnginx-mod-stream is not installed: make system-packages")
    behind = Behind(Trust(), tls=required(papers), proxies=FROM_HERE)
    doors.callback(behind.stop)
    proxy = Proxy(behind, papers, program("curl"), free_port())
    facts = {
        "listen 443": f"listen {PROXY}:{proxy.https}",
        "127.0.0.1:8443": f"{PROXY}:{behind.port}",
    }
    text = configuration("nginx-stream", facts)
    outer = f"load_module {STREAM};"
    start_nginx(program("nginx"), tmp_path, [proxy.https], text, doors, outer=outer)
    return proxy


@pytest.fixture
def haproxy(program, free_port, papers: Papers, tmp_path: Path, doors: ExitStack) -> Proxy:
    behind = Behind(Trust(), tls=required(papers), proxies=FROM_HERE)
    doors.callback(behind.stop)
    proxy = Proxy(behind, papers, program("curl"), free_port())
    facts = {"bind :443": f"bind {PROXY}:{proxy.https}", "127.0.0.1:8443": f"{PROXY}:{behind.port}"}
    start_haproxy(program("haproxy"), tmp_path, proxy.https, configuration("haproxy", facts), doors)
    return proxy


@pytest.fixture
def haproxy_ssl(program, free_port, papers: Papers, tmp_path: Path, doors: ExitStack) -> Proxy:
    behind = Behind(Trust(), proxies=FROM_HERE)
    doors.callback(behind.stop)
    proxy = Proxy(behind, papers, program("curl"), free_port())
    facts = {
        "bind :443": f"bind {PROXY}:{proxy.https}",
        "127.0.0.1:8080": f"{PROXY}:{behind.port}",
        "/etc/ringback/server-and-key.pem": str(papers.server_both),
        "/etc/ringback/phones-ca.pem": str(papers.phones_ca),
    }
    start_haproxy(
        program("haproxy"), tmp_path, proxy.https, configuration("haproxy-ssl", facts), doors
    )
    return proxy


@pytest.fixture(params=["nginx", "haproxy"])
def proxy(request: pytest.FixtureRequest) -> Proxy:
    """TLS passed through, by version 1 and by version 2."""
    passed: Proxy = request.getfixturevalue(request.param)
    return passed


def test_the_phones_own_handshake_and_address_arrive(proxy: Proxy) -> None:
    assert proxy.get(f"/{MINE}.cfg", "mine") == (200, f"this is /{MINE}.cfg")
    evidence = proxy.behind.last()
    assert (evidence.address, evidence.scheme, evidence.mac) == (CLIENT, "https", MINE)


def test_another_phones_file_is_refused(proxy: Proxy) -> None:
    assert proxy.get(f"/{OTHER}.cfg", "mine")[0] == 404
    assert proxy.behind.last().mac == MINE


def test_headers_prove_nothing_there(proxy: Proxy) -> None:
    forged = (f"X-SSL-Client-Cert: {proxy.papers.header('mine')}", "X-SSL-Client-Verify: SUCCESS")
    assert proxy.get(f"/{MINE}.cfg", "other", *forged)[0] == 404
    assert proxy.behind.last().mac == OTHER


@pytest.mark.parametrize("phone", ["", "stranger"])
def test_our_own_handshake_refuses(proxy: Proxy, phone: str) -> None:
    assert proxy.get(f"/{MINE}.cfg", phone)[0] == 0
    assert proxy.behind.evidence == []


def test_haproxy_names_the_phone_whose_certificate_it_verified(haproxy_ssl: Proxy) -> None:
    assert haproxy_ssl.get(f"/spa{MINE}.xml.cfg", "spa")[0] == 200
    evidence = haproxy_ssl.behind.last()
    assert (evidence.address, evidence.scheme, evidence.mac) == (CLIENT, "https", MINE)
    tls = haproxy_ssl.behind.accesses[-1].request.tls
    assert isinstance(tls, Tls)
    assert tls.verified
    assert tls.version.startswith("TLSv1.")


def test_curl_past_the_proxy_is_hung_up_on(haproxy_ssl: Proxy) -> None:
    straight = haproxy_ssl.behind.port
    assert haproxy_ssl.get("/spa.cfg", scheme="http", port=straight)[0] == 0
    (access,) = haproxy_ssl.behind.accesses
    assert (access.request.address, access.status) == (CLIENT, 403)


def test_curls_own_header_is_read(haproxy_ssl: Proxy, program: Callable[[str], str]) -> None:
    import subprocess

    url = f"http://{PROXY}:{haproxy_ssl.behind.port}/spa.cfg"
    done = subprocess.run(
        [program("curl"), "-sS", "--fail", "--haproxy-protocol", url],
        capture_output=True,
        check=True,
    )
    assert done.stdout == b"this is /spa.cfg"
    assert haproxy_ssl.behind.last().address == PROXY
