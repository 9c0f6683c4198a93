"""Apache in front of us, configured as docs/proxies.md prints it."""

import pytest
from tests.house.behind import MINE, Foreign, HeaderRules, Start, in_front, start_apache

FOREIGN = Foreign(
    block="apache",
    binary="apache2",
    run=start_apache,
    https=("*:443", "{at}"),
    http=("*:80", "{at}"),
    asks=("SSLVerifyClient       require", "SSLVerifyClient {verify}"),
    usual="require",
)
papers, start, proxy = in_front(FOREIGN)


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
