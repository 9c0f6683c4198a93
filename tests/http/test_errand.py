import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.errors import Failure, TransferError
from ringback.http.errand import Errand, target_of
from ringback.http.exchange import Response

pytestmark = pytest.mark.duty(5)

AGENT = "Cisco/SPA504G-7.6.2f (000E08ABCDEF)(CBT141100HR)"
DIGEST = 'Digest realm="r", nonce="n", qop="auth", algorithm=MD5'


def errand(scheme="http", host="prov", port=80, path="/a", **kwargs):
    return Errand(target_of(scheme, host, port, path), agent=AGENT, **kwargs)


def sent(errand_):
    return dict(errand_.request("cnonce").headers)


def redirect(location, status=302):
    return Response(status, (("location", location),))


def challenge(text=DIGEST, status=401):
    name = "www-authenticate" if status == 401 else "proxy-authenticate"
    return Response(status, ((name, text),), reason="No")


def failure(errand_, response):
    with pytest.raises(TransferError) as caught:
        errand_.judge(response)
    return caught.value


# --- what is sent ---------------------------------------------------------------------------------


def test_a_get_has_these_headers_and_no_others():
    request = errand().request("cnonce")

    assert request.method == "GET"
    assert request.headers == (
        ("Host", "prov:80"),
        ("User-Agent", AGENT),
        ("Connection", "close"),
    )


@pytest.mark.parametrize(
    ("scheme", "host", "port", "header"),
    [
        ("http", "prov", None, "prov:80"),
        ("https", "prov.example", None, "prov.example:443"),
        ("HTTP", "10.0.0.1", 8080, "10.0.0.1:8080"),
        ("http", "::1", 80, "[::1]:80"),
        ("http", "[::1]", 80, "[::1]:80"),
    ],
)
def test_the_host_header_always_names_the_port(scheme, host, port, header):
    assert sent(errand(scheme, host, port))["Host"] == header


def test_a_post_carries_its_body_and_length():
    request = errand(method="POST", body=b"<x/>", content_type="text/xml").request("c")

    assert (request.method, request.body) == ("POST", b"<x/>")
    assert dict(request.headers)["Content-Type"] == "text/xml"
    assert dict(request.headers)["Content-Length"] == "4"
    assert dict(errand(method="POST").request("c").headers)["Content-Length"] == "0"


def test_a_body_that_was_encoded_says_how():
    request = errand(method="PUT", body=b"x", content_encoding="aes128gcm").request("c")
    assert dict(request.headers)["Content-Encoding"] == "aes128gcm"


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/a?b=c&d=$x", "/a?b=c&d=$x"),
        ("/a b\r\nX: y", "/a%20b%0D%0AX:%20y"),
        ("/%20", "/%20"),
        ("/Grüße", "/Gr%C3%BC%C3%9Fe"),
        ('/"<>\\^`{}#', "/%22%3C%3E%5C%5E%60%7B%7D%23"),
        ("basic.txt", "/basic.txt"),
        ("", "/"),
    ],
)
def test_what_a_request_line_cannot_hold_is_percent_encoded(path, target):
    assert errand(path=path).request("c").target == target


@pytest.mark.parametrize(
    ("parts", "kind"),
    [
        (("ftp", "h", 21, "/"), Failure.SCHEME),
        (("", "h", 21, "/"), Failure.SCHEME),
        (("http", "", 80, "/"), Failure.NO_SERVER),
        (("http", "h", 0, "/"), Failure.BAD_URL),
        (("http", "h", 65536, "/"), Failure.BAD_URL),
    ],
)
def test_what_cannot_be_asked_for_is_refused(parts, kind):
    with pytest.raises(TransferError) as caught:
        target_of(*parts)
    assert caught.value.failure is kind


# --- what an answer means -------------------------------------------------------------------------


@pytest.mark.parametrize("status", [200, 201, 204, 299])
def test_any_2xx_is_success(status):
    assert errand().judge(Response(status)) == Response(status)


@pytest.mark.parametrize("status", [300, 303, 304, 305, 307, 308, 399])
def test_other_redirects_are_not_followed(status):
    error = failure(errand(), redirect("http://other/", status))

    assert error.failure is Failure.GET
    assert str(error).endswith("phones follow 301 and 302 only")


def test_404_alone_is_file_not_found():
    assert failure(errand(), Response(404)).failure is Failure.NOT_FOUND
    assert failure(errand(missing=(404, 410)), Response(410)).failure is Failure.NOT_FOUND


@pytest.mark.parametrize("status", [400, 402, 403, 405, 410, 418, 500, 503, 600, 999])
def test_every_other_status_has_failed_and_is_named(status):
    error = failure(errand(), Response(status, reason="Because"))

    assert error.failure is Failure.GET
    assert f"http://prov:80/a answered {status} Because" in str(error)


# --- redirects ------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 302])
@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("/b", "http://prov:80/b"),
        ("b?x=1", "http://prov:80/dir/b?x=1"),
        ("?x=1", "http://prov:80/dir/a?x=1"),
        ("../b", "http://prov:80/b"),
        ("http://other/b", "http://other:80/b"),
        ("http://other:8080", "http://other:8080/"),
        ("https://other/b#part", "https://other:443/b"),
        ("//other/b", "http://other:80/b"),
        ("HTTP://Other/b", "http://other:80/b"),
        ("http://user:word@other/b", "http://other:80/b"),
        ("http://[::1]:8080/b", "http://[::1]:8080/b"),
        ("/Gr\xc3\xbc\xc3\x9fe", "http://prov:80/Gr%C3%BC%C3%9Fe"),
        ("/caf\xe9", "http://prov:80/caf%E9"),
        ("/a b", "http://prov:80/a%20b"),
    ],
)
def test_301_and_302_lead_to_their_location(status, location, target):
    going = errand(path="/dir/a")

    assert going.judge(redirect(location, status)) is None
    assert str(going.target) == target
    assert going.request("c").method == "GET"


@pytest.mark.parametrize(
    ("location", "kind"),
    [
        ("", Failure.GET),
        ("tftp://other/b", Failure.SCHEME),
        ("javascript:x", Failure.SCHEME),
        ("https:///b", Failure.NO_SERVER),
        ("http://other:99999/b", Failure.BAD_URL),
        ("http://other:x/b", Failure.BAD_URL),
        ("http://other:0/b", Failure.BAD_URL),
        ("http://[::1/b", Failure.BAD_URL),
    ],
)
def test_a_location_that_leads_nowhere_is_one_clear_error(location, kind):
    assert failure(errand(), redirect(location)).failure is kind


def test_five_redirects_are_followed_and_no_sixth():
    going = errand()
    for number in range(5):
        assert going.judge(redirect(f"/{number}")) is None
    assert "more than 5 redirects" in str(failure(going, redirect("/again")))


def test_a_redirected_post_stays_a_post():
    going = errand(method="POST", body=b"x")
    going.judge(redirect("/b"))

    assert (going.request("c").method, going.request("c").body) == ("POST", b"x")


@given(st.text(st.characters(codec="latin-1"), max_size=60))
def test_any_location_is_followed_or_refused(location):
    going = errand()
    try:
        going.judge(redirect(location))
    except TransferError:
        return
    assert going.request("c").target.isascii()
    assert going.request("c").target.startswith("/")


# --- challenges -----------------------------------------------------------------------------------


def test_nothing_is_sent_unasked():
    assert "Authorization" not in sent(errand(uid="u", pwd="p"))


def test_a_challenge_is_answered_for_the_path_that_is_asked():
    going = errand(uid="u", pwd="p")
    assert going.judge(challenge()) is None

    assert 'uri="/a"' in sent(going)["Authorization"]
    assert "nc=00000002" in sent(going)["Authorization"]


def test_a_proxys_challenge_has_its_own_headers():
    going = errand(uid="u", pwd="p")
    going.judge(challenge('Basic realm="r"', 407))

    assert sent(going)["Proxy-Authorization"] == "Basic dTpw"
    assert "Authorization" not in sent(going)


def test_two_challenges_are_answered_and_no_third():
    going = errand(uid="u", pwd="p")
    going.judge(challenge())
    going.judge(challenge(DIGEST + ", stale=true"))
    error = failure(going, challenge())

    assert error.failure is Failure.GET
    assert "user name or password is wrong" in str(error)


def test_a_fresh_nonce_is_counted_from_one():
    going = errand(uid="u", pwd="p")
    going.judge(challenge())
    sent(going)
    going.judge(challenge(DIGEST.replace('"n"', '"fresh"')))

    assert 'nonce="fresh"' in (authorization := sent(going)["Authorization"])
    assert "nc=00000001" in authorization


def test_without_a_user_name_the_error_names_the_option():
    assert "the rule has no --uid" in str(failure(errand(), challenge()))


@pytest.mark.parametrize("text", ["Negotiate", "", "Digest realm"])
def test_a_challenge_nobody_understands_is_a_failure(text):
    error = failure(errand(uid="u", pwd="p"), challenge(text))
    assert "no challenge we can answer in www-authenticate" in str(error)


def test_a_401_without_any_challenge_is_a_failure():
    assert failure(errand(uid="u", pwd="p"), Response(401)).failure is Failure.GET


def test_credentials_stay_with_the_server_that_asked():
    going = errand(uid="u", pwd="p")
    going.judge(challenge())
    going.judge(redirect("/b"))
    assert 'uri="/b"' in sent(going)["Authorization"]

    for location in ("http://other/b", "https://prov/b", "http://prov:81/b"):
        going = errand(uid="u", pwd="p")
        going.judge(challenge())
        going.judge(redirect(location))
        assert "Authorization" not in sent(going)


def test_a_user_name_that_no_header_can_hold_is_one_clear_error():
    going = errand(uid="a\r\nb", pwd="p")
    going.judge(challenge())
    with pytest.raises(TransferError, match="cannot be sent"):
        going.request("c")
