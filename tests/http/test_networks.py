"""Who is trusted, however the address is spelt."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.errors import UsageError
from ringback.http.networks import NOBODY, Networks, plain_address

TRUSTED = Networks.parse(["127.0.0.1", "10.20.0.0/16", "fd00::/8"])


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.20.255.1", "::ffff:10.20.0.1", "fd00::1", "fdff::1%eth0"]
)
def test_inside(address: str) -> None:
    assert address in TRUSTED


@pytest.mark.parametrize(
    "address", ["127.0.0.2", "10.21.0.1", "::1", "fe80::1", "", "unix", "127.0.0.1 ", "127.1"]
)
def test_outside(address: str) -> None:
    assert address not in TRUSTED


def test_nobody_is_trusted_by_default() -> None:
    assert "127.0.0.1" not in NOBODY
    assert not NOBODY
    assert (str(NOBODY), str(TRUSTED)) == ("nobody", "127.0.0.1/32, 10.20.0.0/16, fd00::/8")


@pytest.mark.parametrize("text", ["10.0.0.5/8", "localhost", "", "10.0.0.0/33", "10.0.0.0-9"])
def test_what_is_no_network_is_named(text: str) -> None:
    with pytest.raises(UsageError, match="not an address or network"):
        Networks.parse(["127.0.0.1", text])


@given(st.ip_addresses())
def test_an_address_is_in_its_own_network_only(address) -> None:
    assert str(address) in Networks.parse([str(address)])
    assert str(address + 1 if int(address) == 0 else address - 1) not in Networks.parse(
        [str(address)]
    )


@given(st.text(max_size=100))
def test_any_text_is_an_address_or_not(text: str) -> None:
    said = plain_address(text)
    assert said is None or plain_address(said) == said
    assert (text in NOBODY) is False
