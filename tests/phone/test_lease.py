"""What DHCP says, as a phone reads it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.errors import UsageError
from ringback.phone.lease import Hint, Lease

pytestmark = pytest.mark.duty(10)


def hints(*options, order=""):
    return [(each.option, each.server or each.rule) for each in Lease.parse(options).hints(order)]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["66=10.0.0.1"], [(66, "10.0.0.1")]),
        (["66=prov.example:6900"], [(66, "prov.example:6900")]),
        (["66=http://h/x.php?mac=$MAU&model=$PN"], [(66, "http://h/x.php?mac=$MAU&model=$PN")]),
        (["150=10.0.0.1,10.0.0.2"], [(150, "10.0.0.1")]),
        (["150=10.0.0.1 10.0.0.2"], [(150, "10.0.0.1")]),
        (["66=10.0.0.1\0"], [(66, "10.0.0.1")]),
        (["66=", "150=10.0.0.3"], [(150, "10.0.0.3")]),
        (["66=not a host!", "150=10.0.0.3"], [(150, "10.0.0.3")]),
        (["43=abc", "60=Cisco SPA504G", "125=x"], []),
        (["tftp-server-name=h", "domain-name=example.com."], [(66, "h")]),
    ],
)
def test_an_option_names_a_server_or_carries_a_rule(options, expected):
    assert hints(*options) == expected


def test_options_are_looked_at_in_the_order_the_phone_is_set_to():
    options = ["66=a", "150=10.0.0.1", "159=b", "160=https://c/$PSN.xml"]
    assert [number for number, _ in hints(*options)] == [66, 160, 159, 150]
    assert [number for number, _ in hints(*options, order="150,66,60,43")] == [150, 66]


def test_the_last_of_two_equal_options_counts():
    assert Lease.parse(["66=a", "66=b"]).server == "b"


def test_a_rule_names_no_server_for_other_rules():
    assert Lease.parse(["66=http://h/$MA.cfg"]).server == ""
    assert Lease.parse(["66=http://h/$MA.cfg", "150=10.0.0.1"]).server == "10.0.0.1"


def test_the_boot_file_gets_its_slash_and_the_domain_loses_its_dot():
    lease = Lease.parse(["67=spa$PSN.cfg", "15=Example.COM."])
    assert (lease.file, lease.domain) == ("/spa$PSN.cfg", "example.com")
    assert (Lease().file, Lease().domain, Lease().server) == ("", "", "")


@pytest.mark.parametrize("text", ["66", "67x=a", "=a", "3=10.0.0.1", "1000=a", "vendor=x"])
def test_what_no_phone_looks_at_is_refused_with_the_numbers_it_does(text):
    with pytest.raises(UsageError, match="150, 159, 160"):
        Lease.parse([text])


@given(st.sampled_from([15, 43, 60, 66, 67, 125, 150, 159, 160]), st.text())
def test_no_text_of_an_option_breaks_a_phone(number, text):
    lease = Lease.parse([f"{number}={text}"])
    for hint in lease.hints("66,160,159,150,60,43,125"):
        assert bool(hint.server) != bool(hint.rule)
    assert "\0" not in lease.server
    assert str(Hint(66, server="h")) == "DHCP option 66"
