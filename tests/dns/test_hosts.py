from hypothesis import given
from hypothesis import strategies as st

from ringback.dns.hosts import parse

EXAMPLE = """\
127.0.0.1\tlocalhost
::1 localhost ip6-localhost
# 10.0.0.9 commented
10.0.0.1 PBX.example.com pbx # the old one
10.0.0.2 pbx
10.0.0.1 pbx

300.1.1.1 nonsense
lonely
10.0.0.3
"""


def test_names_have_their_ipv4_addresses_in_the_order_of_the_lines():
    assert parse(EXAMPLE) == {
        "localhost": ("127.0.0.1",),
        "pbx.example.com": ("10.0.0.1",),
        "pbx": ("10.0.0.1", "10.0.0.2"),
    }


@given(st.text())
def test_any_text_can_be_read(text):
    parse(text)
