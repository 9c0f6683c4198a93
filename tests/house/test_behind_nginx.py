"""nginx in front of us, configured as docs/proxies.md prints it: what gets through to us."""

import pytest
from tests.house.behind import MINE, Foreign, HeaderRules, Start, in_front, start_nginx

FOREIGN = Foreign(
    block="nginx",
    binary="nginx",
    run=start_nginx,
    https=("listen 443", "listen {at}"),
    http=("listen 80", "listen {at}"),
    asks=("ssl_verify_client      on;", "ssl_verify_client {verify};"),
    usual="on",
)
papers, start, proxy = in_front(FOREIGN)


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
