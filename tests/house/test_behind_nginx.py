"""nginx in front of us, configured as docs/proxies.md prints it: what gets through to us."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.house.behind import (
    MINE,
    PROXY,
    Behind,
    HeaderRules,
    Papers,
    Proxy,
    configuration,
    start_nginx,
)

from ringback.http.forwarded import Trust
from ringback.http.networks import Networks

TRUST = Trust(Networks.parse([PROXY]), "X-SSL-Client-Cert")
Start = Callable[..., Proxy]


@pytest.fixture(scope="module")
def papers(tmp_path_factory) -> Papers:
    return Papers(tmp_path_factory.mktemp("papers"))


@pytest.fixture
def start(
    program: Callable[[str], str], free_port: Callable[..., int], papers: Papers, tmp_path: Path
) -> Iterator[Start]:
    with ExitStack() as doors:

        def make(verify: str = "on") -> Proxy:
            behind = Behind(TRUST)
            doors.callback(behind.stop)
            proxy = Proxy(behind, papers, program("curl"), free_port(), free_port())
            facts = {
                "listen 443": f"listen {PROXY}:{proxy.https}",
                "listen 80": f"listen {PROXY}:{proxy.http}",
                "127.0.0.1:8080": f"{PROXY}:{behind.port}",
                "/etc/ringback/server.pem": str(papers.server),
                "/etc/ringback/server.key": str(papers.server_key),
                "/etc/ringback/phones-ca.pem": str(papers.phones_ca),
                "ssl_verify_client      on;": f"ssl_verify_client {verify};",
            }
            text = configuration("nginx", facts)
            start_nginx(program("nginx"), tmp_path, [proxy.https, proxy.http], text, doors)
            return proxy

        yield make


@pytest.fixture
def proxy(start: Start) -> Proxy:
    return start()


class TestNginx(HeaderRules):
    """The page's block, unchanged."""


@pytest.mark.parametrize(
    ("verify", "phone", "status", "verdict"),
    [
        ("optional", "", 200, ""),
        ("optional", "mine", 200, "SUCCESS"),
        ("optional", "stranger", 400, None),
        ("optional_no_ca", "", 200, ""),
        ("optional_no_ca", "mine", 200, "SUCCESS"),
        ("optional_no_ca", "stranger", 200, "FAILED:"),
        ("off", "mine", 200, ""),
    ],
)
def test_the_four_values_do_what_the_page_says(
    start: Start, verify: str, phone: str, status: int, verdict: str | None
) -> None:
    proxy = start(verify)
    assert proxy.get("/spa.cfg", phone)[0] == status
    if verdict is None:
        assert proxy.behind.evidence == []
        return
    evidence = proxy.behind.last()
    assert evidence.forwarded.verdict.startswith(verdict)
    assert bool(evidence.forwarded.verdict) == bool(verdict)
    assert evidence.forwarded.verified == (verdict == "SUCCESS")
    assert evidence.mac == (MINE if verdict == "SUCCESS" else "")


def test_an_unknown_authoritys_phone_does_not_get_the_file_it_names(start: Start) -> None:
    proxy = start("optional_no_ca")
    assert proxy.get(f"/{MINE}.cfg", "stranger")[0] == 404
    assert proxy.behind.accesses[-1].why.endswith("there is no certificate")
