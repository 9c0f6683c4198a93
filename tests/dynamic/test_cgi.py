"""RFC 3875 section 4: what a script is told, and what is kept from it."""

import pytest
from tests.dynamic.conftest import asked

from ringback.dynamic.asked import Seat
from ringback.dynamic.cgi import LONGEST_VARIABLE, PATH, bounded, meta_variables
from ringback.dynamic.limits import Limits
from ringback.errors import RefusedError

SEAT = Seat("prov.example.com", 443, "192.0.2.1")


def told(path="/cgi-bin/a.pl", **more):
    return meta_variables(
        asked(path, **more),
        script_name="/cgi-bin/a.pl",
        path_info="/x",
        file="/srv/a.pl",
        seat=SEAT,
    )


def test_a_request_in_variables():
    found = told(query="mac=1&x", headers={b"host": b"p.example:8443", b"user-agent": b"Cisco/1"})
    assert found == {
        "PATH": PATH,
        "GATEWAY_INTERFACE": "CGI/1.1",
        "SERVER_SOFTWARE": "Ringback",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "SERVER_NAME": "p.example",
        "SERVER_PORT": "443",
        "SERVER_ADDR": "192.0.2.1",
        "REQUEST_METHOD": "GET",
        "REQUEST_SCHEME": "http",
        "REQUEST_URI": "/cgi-bin/a.pl?mac=1&x",
        "SCRIPT_NAME": "/cgi-bin/a.pl",
        "SCRIPT_FILENAME": "/srv/a.pl",
        "PATH_INFO": "/x",
        "QUERY_STRING": "mac=1&x",
        "REMOTE_ADDR": "192.0.2.7",
        "REMOTE_PORT": "49152",
        "HTTP_HOST": "p.example:8443",
        "HTTP_USER_AGENT": "Cisco/1",
    }


def test_a_body_brings_its_length_and_type():
    found = told(method="POST", body=b"abc", headers={b"content-type": b"text/xml"})
    assert (found["CONTENT_LENGTH"], found["CONTENT_TYPE"]) == ("3", "text/xml")
    assert "HTTP_CONTENT_TYPE" not in found


@pytest.mark.parametrize(
    "name",
    [b"proxy", b"authorization", b"proxy-authorization", b"x_y", b"x y", b"x=y", b"\xff", b""],
)
def test_headers_that_no_script_gets(name):
    assert not [key for key in told(headers={name: b"evil"}) if key.startswith("HTTP_")]


def test_only_variables_that_begin_with_http_come_from_headers():
    names = {b"path": b"/evil", b"ld-preload": b"x", b"request-method": b"DELETE"}
    found = told(headers=names)
    assert found["PATH"] == PATH
    assert found["REQUEST_METHOD"] == "GET"
    assert {"HTTP_PATH", "HTTP_LD_PRELOAD", "HTTP_REQUEST_METHOD"} <= found.keys()


@pytest.mark.parametrize("host", [b"", b"a b", b"<script>", b"a/b", b"x" * 300, b"[::1"])
def test_a_host_header_that_is_no_name_does_not_become_ours(host):
    assert told(headers={b"host": host})["SERVER_NAME"] == "prov.example.com"


def test_bytes_that_are_no_text_arrive_as_they_were_sent():
    assert bounded(told(headers={b"x": b"a\xffb"}))["HTTP_X"] == b"a\xffb"


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        ({b"x": b"a\0b"}, "NUL"),
        ({b"x": b"a" * (LONGEST_VARIABLE + 1)}, "longer"),
        ({b"x%d" % number: b"" for number in range(0)} | {b"x": b"a" * 200_000}, "allowed"),
        ({b"x%d" % number: b"" for number in range(600)}, "variables"),
    ],
)
def test_an_environment_has_bounds(headers, words):
    with pytest.raises(RefusedError) as caught:
        bounded(told(headers=headers))
    assert words in caught.value.why


def test_the_bound_is_a_setting():
    with pytest.raises(RefusedError):
        bounded({"A": "b" * 100}, Limits(environment=100))
