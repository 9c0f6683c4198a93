"""Lists that proxies append to: true from the right, and as far as the writers are trusted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.errors import MessageError
from ringback.http.hops import Hop, client_of, read_forwarded, read_list, read_node
from ringback.http.networks import NOBODY, Networks, plain_address

OURS = Networks.parse(["10.0.0.0/24"])


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("192.0.2.7:4711", "192.0.2.7"),
        ("2001:DB8::7", "2001:db8::7"),
        ("[2001:db8::7]", "2001:db8::7"),
        ("[2001:db8::7]:4711", "2001:db8::7"),
        ("[::ffff:192.0.2.7]", "192.0.2.7"),
        ("192.0.2.7:_port", "192.0.2.7"),
        ("unknown", ""),
        ("_hidden", ""),
        ("192.0.2.256", ""),
        ("192.0.2.7 ", ""),
        ("[2001:db8::7", ""),
        ("phone.example.com", ""),
        ("", ""),
    ],
)
def test_a_node_with_and_without_a_port(text: str, address: str) -> None:
    assert read_node(text) == address


def test_only_the_last_entries_of_a_list_are_read() -> None:
    text = "6.6.6.6, 192.0.2.7,  10.0.0.2"
    assert read_list(text, 1) == (Hop("10.0.0.2"),)
    assert read_list(text, 2) == (Hop("10.0.0.2"), Hop("192.0.2.7"))
    assert read_list(text, 3)[2] == Hop("6.6.6.6")
    assert read_list(text, 8) == read_list(text, 3)
    assert read_list("", 2) == read_list(" , ", 2) == ()


def test_rfc_7239_examples() -> None:
    assert read_forwarded('for="_gazonk"', 1) == (Hop(""),)
    assert read_forwarded('For="[2001:db8:cafe::17]:4711"', 1) == (Hop("2001:db8:cafe::17"),)
    assert read_forwarded("for=192.0.2.60;proto=http;by=203.0.113.43", 1) == (
        Hop("192.0.2.60", "http"),
    )
    assert read_forwarded("for=192.0.2.43, for=198.51.100.17", 2) == (
        Hop("198.51.100.17"),
        Hop("192.0.2.43"),
    )
    assert read_forwarded("for=192.0.2.43,for=198.51.100.17;by=203.0.113.60;proto=HTTPS", 1) == (
        Hop("198.51.100.17", "https"),
    )


def test_a_comma_inside_quotation_marks_divides_nothing() -> None:
    text = r'for="6.6.6.6, for=10.0.0.9;x=\"", for=192.0.2.7;host="a,b;c"'
    assert read_forwarded(text, 2) == (Hop("192.0.2.7"), Hop(""))


@pytest.mark.parametrize(
    "text",
    [
        "for",
        "for=",
        'for="192.0.2.7',
        "for=192.0.2.7 192.0.2.8",
        "for=[::1]",
        "for=192.0.2.7;for=192.0.2.8",
        "for=192.0.2.7;;proto",
        "x" * 5000,
    ],
)
def test_what_rfc_7239_does_not_allow_is_refused(text: str) -> None:
    with pytest.raises(MessageError):
        read_forwarded(text, 1)


def test_the_client_is_the_first_that_is_no_proxy_of_ours() -> None:
    ours, client, forged = Hop("10.0.0.2"), Hop("192.0.2.7"), Hop("6.6.6.6")
    assert client_of((client, forged), OURS) is client
    assert client_of((ours, client, forged), OURS) is client
    assert client_of((ours,), OURS) is ours
    assert client_of((Hop(""), forged), OURS) == Hop("")
    assert client_of((), OURS) is None
    assert client_of((ours, client), NOBODY) is ours


@given(st.text(alphabet='for=by;,"\\ 1.:[]_x\t', max_size=200), st.integers(1, 8))
def test_any_text_is_read_or_refused(text: str, most: int) -> None:
    assert len(read_list(text, most)) <= most
    try:
        hops = read_forwarded(text, most)
    except MessageError:
        return
    assert len(hops) <= most
    assert all(not hop.address or plain_address(hop.address) == hop.address for hop in hops)


@given(st.lists(st.ip_addresses(v=4), max_size=6), st.ip_addresses(v=4))
def test_nothing_a_client_writes_moves_what_the_proxy_appends(forged, client) -> None:
    text = ", ".join(str(each) for each in (*forged, client))
    assert read_list(text, 1) == (Hop(str(client)),)
    text = ", ".join(f"for={each}" for each in (*forged, client))
    assert read_forwarded(text, 1) == (Hop(str(client)),)


def test_a_long_header_takes_no_time() -> None:
    for text in ('"' * 4096, "a=" * 2048, 'a="' + "\\" * 4000, ";" * 4096, "for=1" * 800):
        with pytest.raises(MessageError):
            read_forwarded(text + "!(", 1)


@pytest.mark.parametrize("text", ["\n", "for=1.2.3.4\n", "for=1.2.3.4;\n"])
def test_a_line_break_at_the_end_is_refused_and_not_waited_for(text) -> None:
    with pytest.raises(MessageError):
        read_forwarded(text, 1)
