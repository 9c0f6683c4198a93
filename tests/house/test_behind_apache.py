"""Apache in front of us, configured as docs/proxies.md prints it."""

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
    start_apache,
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

        def make(verify: str = "require") -> Proxy:
            behind = Behind(TRUST)
            doors.callback(behind.stop)
            proxy = Proxy(behind, papers, program("curl"), free_port(), free_port())
            facts = {
                "*:443": f"{PROXY}:{proxy.https}",
                "*:80": f"{PROXY}:{proxy.http}",
                "127.0.0.1:8080": f"{PROXY}:{behind.port}",
                "/etc/ringback/server.pem": str(papers.server),
                "/etc/ringback/server.key": str(papers.server_key),
                "/etc/ringback/phones-ca.pem": str(papers.phones_ca),
                "SSLVerifyClient       require": f"SSLVerifyClient {verify}",
            }
            text = configuration("apache", facts)
            start_apache(program("apache2"), tmp_path, [proxy.https, proxy.http], text, doors)
            return proxy

        yield make


@pytest.fixture
def proxy(start: Start) -> Proxy:
    return start()


class TestApache(HeaderRules):
    """The page's block, unchanged."""


@pytest.mark.parametrize(
    ("verify", "phone", "status", "verdict"),
    [
        ("optional", "", 200, ""),
        ("optional", "mine", 200, "SUCCESS"),
        ("optional", "stranger", 0, None),
        ("optional_no_ca", "", 200, ""),
        ("optional_no_ca", "mine", 200, "SUCCESS"),
        ("optional_no_ca", "stranger", 200, "FAILED:"),
        ("none", "mine", 200, ""),
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
    assert evidence.forwarded.complaint == ""
    assert evidence.mac == (MINE if verdict == "SUCCESS" else "")
