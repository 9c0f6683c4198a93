"""URLs of rules."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.cisco.url import PORTS, Url
from ringback.errors import RuleError

pytestmark = pytest.mark.duty(3)


@pytest.mark.parametrize(
    ("text", "scheme", "host", "port", "path"),
    [
        ("tftp://192.168.1.200/basic.txt", "tftp", "192.168.1.200", 69, "/basic.txt"),
        ("http://h/a", "http", "h", 80, "/a"),
        ("HTTPS://H.example/a", "https", "H.example", 443, "/a"),
        ("tftp://prov.telco.com:6900/cisco/x.cfg", "tftp", "prov.telco.com", 6900, "/cisco/x.cfg"),
        ("192.168.1.130/profiles/init.cfg", "tftp", "192.168.1.130", 69, "/profiles/init.cfg"),
        ("host:1069/x", "tftp", "host", 1069, "/x"),
        ("/cisco/cfg.xml", "tftp", "", 69, "/cisco/cfg.xml"),
        ("http:///a", "http", "", 80, "/a"),
        ("http://h/", "http", "h", 80, "/"),
        ("http://h/a?b=c&d=/e?f#g", "http", "h", 80, "/a?b=c&d=/e?f#g"),
        ("h/a?u=http://other/b", "tftp", "h", 69, "/a?u=http://other/b"),
        ("http://h//a", "http", "h", 80, "//a"),
        ("http://h/a:b@c", "http", "h", 80, "/a:b@c"),
        ("http://under_score/a", "http", "under_score", 80, "/a"),
        ("http://192.168.1.300/a", "http", "192.168.1.300", 80, "/a"),
        ("http://h.example./a", "http", "h.example.", 80, "/a"),
        ("http://[2001:db8::1]/a", "http", "2001:db8::1", 80, "/a"),
        ("tftp://[::1]:6900/a[1]", "tftp", "::1", 6900, "/a[1]"),
        ("http://h/$STRANGE.cfg", "http", "h", 80, "/$STRANGE.cfg"),
        ("http://h/\u00fc.cfg", "http", "h", 80, "/\u00fc.cfg"),
        ("gds://", "gds", "", 443, ""),
        ("gds://1234567890123456", "gds", "1234567890123456", 443, ""),
    ],
)
def test_parts(text, scheme, host, port, path):
    url = Url.parse(text)
    assert (url.scheme, url.host, url.effective_port, url.path) == (scheme, host, port, path)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("192.168.1.130/a", "tftp://192.168.1.130/a"),
        ("/a", "/a"),
        ("tftp:///a", "/a"),
        ("http:///a", "http:///a"),
        ("HTTP://h:080/a", "http://h:80/a"),
        ("tftp://[::1]:6900/a", "tftp://[::1]:6900/a"),
        ("gds://", "gds://"),
    ],
)
def test_it_prints_in_full_unless_no_server_was_named(text, shown):
    assert str(Url.parse(text)) == shown


@pytest.mark.parametrize(
    ("text", "column", "said"),
    [
        ("tftp://prov.telco.com: 6900/cisco/config/x.cfg", 23, "a blank inside the URL"),
        ("http://h/a\x00b", 11, "a control character inside the URL"),
        ("ftp://user:pass@ftpserver/x", 1, "unsupported scheme 'ftp'"),
        ("://h/a", 1, "unsupported scheme ''"),
        ('"http://h/a"', 1, "unsupported scheme '\"http'"),
        ("http://h", 9, "no file path"),
        ("h.example", 10, "no file path"),
        ("http://h?x=/y", 9, "no file path"),
        ("http://", 8, "no file path"),
        ("", 1, "no file path"),
        ("http://user:pass@h/a", 8, "--uid NAME --pwd PASSWORD"),
        ("http://:pass@h/a", 8, "--uid NAME --pwd PASSWORD"),
        ("http://user@h/a", 8, "--uid NAME --pwd PASSWORD"),
        ("http:/h/a", 5, "// is missing after http:"),
        ("tftp:192.168.1.1/a", 5, "not a port"),
        ("http://h:/a", 9, "not a port: ':'"),
        ("http://h:0/a", 9, "not a port"),
        ("http://h:65536/a", 9, "not a port"),
        ("http://h:8x/a", 9, "not a port"),
        ("http://h:" + "9" * 5000 + "/a", 9, "not a port"),
        ("http://:80/a", 8, "a port without a server"),
        ("http://$HOST/a", 8, "no macro of that name is known"),
        ("http://a,b/a", 9, "',' cannot stand in a server name"),
        ("http://-h/a", 8, "'-' cannot stand in a server name"),
        ("http://b\u00fccher/a", 9, "cannot stand in a server name"),
        ("http://" + "h" * 254 + "/a", 8, "more than 253"),
        ("http://[::1/a", 8, "square bracket"),
        ("http://[::g]/a", 8, "not an IPv6 address"),
        ("http://h[1]/a", 9, "square bracket"),
        ("http://{{ host }}/a", 8, "'{{' was never replaced"),
        ("{$scheme}://h/a", 1, "'{$' was never replaced"),
        ("tftp://##TFTP##/a", 8, "'##' was never replaced"),
        ("https://<?php echo $h; ?>/a", 9, "'<?' was never replaced"),
    ],
)
def test_a_bad_url_says_where_and_what_instead(text, column, said):
    with pytest.raises(RuleError) as caught:
        Url.parse(text)
    assert caught.value.place.column == column, caught.value
    assert said in str(caught.value)
    assert caught.value.remedy


HOSTS = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}", fullmatch=True) | st.ip_addresses().map(
    str
)
PATHS = st.text(alphabet="ab/?&=.%#:@[]$~", max_size=20).map("/".__add__)
URLS = st.builds(
    Url, st.sampled_from([each for each in PORTS if each != "gds"]), HOSTS,
    st.none() | st.integers(1, 65535), PATHS,
)  # fmt: skip


@given(URLS)
def test_what_is_printed_reads_back(url):
    assert Url.parse(str(url)) == url


def refusal(text: str) -> RuleError | None:
    try:
        Url.parse(text)
    except RuleError as error:
        return error
    return None


@given(st.text() | st.text(alphabet="htp:/[]1.@$? ", max_size=30))
def test_any_text_is_a_url_that_prints_stably_or_an_error_inside_it(text):
    error = refusal(text)
    if error:
        assert 1 <= error.place.column <= len(text) + 1
    else:
        assert Url.parse(str(Url.parse(text))) == Url.parse(text)
