import asyncio
import base64
import re
import subprocess
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.challenge import parse
from ringback.digest import Challenge
from ringback.errors import MessageError
from ringback.http import digest
from ringback.http.digest import Account, Verdict, answer, choose, verify

NOW = 1_800_000_000.0
PATH = "/admin/advanced?x=1"
ACCOUNT = Account("spa admin", "admin", 'pa"ss:w\\örd', b"secret")
ALGORITHMS = ["MD5", "MD5-sess", "SHA-256", "SHA-256-sess"]
text = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=20)


def fields(authorization):
    return parse(authorization)[0].parameters


def said(challenge, **kwargs):
    return answer(challenge, **({"method": "GET", "cnonce": "0a4f113b"} | kwargs))


# --- published examples ---------------------------------------------------------------------------


def test_the_example_of_rfc_2617_section_3_5():
    header = (
        'Digest realm="testrealm@host.com", qop="auth,auth-int", '
        'nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"'
    )
    challenge = choose([header])
    assert challenge is not None
    authorization = said(challenge, uid="Mufasa", pwd="Circle Of Life", uri="/dir/index.html")

    assert fields(authorization)["response"] == "6629fae49393a05397450978507c4ef1"
    assert fields(authorization)["opaque"] == "5ccc069c403ebaf9f0171e9517f40e41"
    assert "qop=auth, nc=00000001" in authorization
    assert "algorithm" not in authorization


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_the_examples_of_rfc_7616_section_3_9_1(algorithm, response):
    challenge = Challenge(
        "digest",
        "http-auth@example.org",
        "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
        "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS",
        algorithm,
        qop=True,
    )
    authorization = said(
        challenge,
        uid="Mufasa",
        pwd="Circle of Life",
        uri="/dir/index.html",
        cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
    )

    assert fields(authorization)["response"] == response
    assert f"algorithm={algorithm}," in authorization


def test_the_example_of_rfc_2069_as_its_erratum_749_gives_it():
    nonce = "dcd98b7102dd2f0e8b11d0f600bfb0c093"
    challenge = choose([f'Digest realm="testrealm@host.com", nonce="{nonce}"'])
    assert challenge is not None
    authorization = said(challenge, uid="Mufasa", pwd="CircleOfLife", uri="/dir/index.html")

    assert fields(authorization)["response"] == "1949323746fe6a43ef61f9606e7febea"
    assert not {"qop", "nc", "cnonce", "opaque"} & set(fields(authorization))


def test_the_examples_of_rfc_7617():
    basic = Challenge("basic", "WallyWorld")

    assert said(basic, uid="Aladdin", pwd="open sesame", uri="/") == (
        "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="
    )
    assert said(basic, uid="test", pwd="123\u00a3", uri="/") == "Basic dGVzdDoxMjPCow=="
    assert digest.read_basic("Basic dGVzdDoxMjPCow==") == ("test", "123\u00a3")


# --- which challenge ------------------------------------------------------------------------------

BASIC = 'Basic realm="b"'
MD5 = 'Digest realm="m", nonce="1", algorithm=MD5, qop="auth"'
SESS = 'Digest realm="n", nonce="1", algorithm=MD5-sess, qop="auth"'
SHA = 'Digest realm="s", nonce="1", algorithm=SHA-256, qop="auth"'
OLD = 'Digest realm="o", nonce="1"'


@pytest.mark.parametrize(
    ("headers", "realm"),
    [
        ([BASIC], "b"),
        ([BASIC, MD5], "m"),
        ([MD5, BASIC], "m"),
        ([f"{BASIC}, {OLD}"], "o"),
        ([MD5, SHA], "s"),
        ([f"{SHA}, {MD5}, {BASIC}"], "s"),
        ([MD5, SESS], "m"),
        ([SESS, MD5], "n"),
        ([MD5.replace("MD5", '"md5"')], "m"),
        (["Digest realm=broken", BASIC], "b"),
        (['Digest realm="x', BASIC], "b"),
        ([MD5.replace("MD5", "SHA-512-256"), BASIC], "b"),
        ([MD5.replace('"auth"', '"auth-int"'), BASIC], "b"),
        ([MD5.replace('"auth"', '"AUTH-INT, Auth"')], "m"),
        (["Negotiate", "Bearer realm=x"], None),
        ([], None),
    ],
)
def test_the_strongest_challenge_we_understand_is_answered(headers, realm):
    chosen = choose(headers)

    assert (chosen.realm if chosen else None) == realm


@given(st.lists(st.text(st.characters(codec="latin-1"), max_size=100), max_size=3))
def test_any_challenge_is_answered_or_passed_over(headers):
    chosen = choose([*headers, *(f"Digest nonce=x, realm={each}" for each in headers)])
    if chosen:
        with suppress(MessageError):
            assert said(chosen, uid="u", pwd="p", uri="/")


@pytest.mark.parametrize("uid", ["a\r\nX: y", "\0"])
def test_a_user_name_cannot_smuggle_a_header(uid):
    chosen = choose([MD5])
    assert chosen is not None
    with pytest.raises(MessageError):
        said(chosen, uid=uid, pwd="p", uri="/")


# --- our own pages --------------------------------------------------------------------------------


def authorized(account=ACCOUNT, *, now=NOW, method="GET", uri=PATH, pwd=None, **kwargs):
    challenge = choose([digest.challenge(account, now)])
    assert challenge is not None
    return answer(
        challenge,
        uid=account.uid,
        pwd=account.pwd if pwd is None else pwd,
        method=method,
        uri=uri,
        cnonce="c",
        **kwargs,
    )


def judged(authorization, account=ACCOUNT, *, method="GET", target=PATH, now=NOW):
    return verify(account, authorization, method=method, target=target, now=now)


@given(text, text, text, st.sampled_from(ALGORITHMS), st.text("abc 12", max_size=5))
def test_our_answers_are_admitted_by_our_own_challenge(realm, uid, pwd, algorithm, opaque):
    account = Account(realm, uid, pwd, b"s", algorithm, opaque)

    assert judged(authorized(account), account) is Verdict.ADMITTED
    assert judged(authorized(account, pwd=pwd + "x"), account) is Verdict.DENIED


def test_the_challenge_is_the_phones():
    challenge = digest.challenge(Account("spa admin", "admin", "", b"s", opaque="o"), NOW)

    assert re.fullmatch(
        r'Digest realm="spa admin", domain="/", nonce="[0-9a-f]{44}", opaque="o",'
        r' algorithm=MD5, qop="auth"',
        challenge,
    )
    assert digest.challenge(ACCOUNT, NOW, stale=True).endswith("stale=TRUE")


def test_an_old_nonce_is_stale_and_one_from_the_future_too():
    old = authorized(now=NOW - digest.NONCE_LIFETIME - 1)

    assert judged(old) is Verdict.STALE
    assert judged(authorized(now=NOW + 100)) is Verdict.STALE
    assert judged(authorized(now=NOW - digest.NONCE_LIFETIME + 1)) is Verdict.ADMITTED
    assert judged(authorized(now=NOW - 9999, pwd="wrong")) is Verdict.DENIED


@pytest.mark.parametrize(
    "change",
    [
        ("username=", "username=x"),
        ('realm="spa admin"', 'realm="spa user"'),
        (PATH, "/admin/other"),
        ('nonce="', 'nonce="0'),
        ("qop=auth", "qop=auth-int"),
        ("qop=auth, ", ""),
        ("nc=00000001", "nc=1"),
        ("algorithm=MD5", "algorithm=SHA-256"),
        ("Digest ", "Basic "),
        ("Digest ", "Digest username=admin, "),
        ('cnonce="c"', 'cnonce=""'),
        ('cnonce="c"', 'cnonce="d"'),
    ],
)
def test_any_other_field_than_ours_is_denied(change):
    good = authorized()
    assert change[0] in good
    assert judged(good) is Verdict.ADMITTED
    assert judged(good.replace(*change)) is Verdict.DENIED


def test_a_user_name_may_come_in_its_extended_form():
    extended = authorized().replace('username="admin"', "username*=UTF-8''%61dmin")

    assert judged(extended) is Verdict.ADMITTED
    assert judged(extended.replace("%61", "%62")) is Verdict.DENIED


def test_another_method_path_or_secret_is_denied():
    good = authorized()

    assert judged(good, method="POST") is Verdict.DENIED
    assert judged(good, target="/") is Verdict.DENIED
    assert judged(authorized(Account("spa admin", "admin", ACCOUNT.pwd, b"x"))) is Verdict.DENIED


@given(st.text(max_size=200))
def test_any_authorization_is_judged_without_an_exception(noise):
    for header in (noise, f"Digest {noise}", f'Digest nonce="{noise}"', f"Basic {noise}"):
        assert judged(header) is Verdict.DENIED
        digest.read_basic(header)


@given(st.text(), st.text())
def test_basic_credentials_are_read_as_written(uid, pwd):
    pair = f"{uid}:{pwd}".encode()
    header = "Basic " + base64.b64encode(pair).decode()
    if len(header) < 4096 and ":" not in uid:
        assert digest.read_basic(header) == (uid, pwd)
    assert digest.read_basic("Digest a=b") is None
    assert digest.read_basic("Basic dTpw, Basic dTpw") is None


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize(("pwd", "status"), [(ACCOUNT.pwd, "200"), ("wrong", "401")])
def test_curl_comes_in_with_the_right_password_only(program, algorithm, pwd, status):
    account = Account("spa admin", "admin", ACCOUNT.pwd, b"s", algorithm, "opaque")
    verdicts = []

    async def serve(reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        method, target, _ = head.split(" ", 2)
        given_ = re.search(r"^Authorization: (.*)\r$", head, re.MULTILINE | re.IGNORECASE)
        verdict = Verdict.DENIED
        if given_:
            verdict = verify(account, given_[1], method=method, target=target, now=NOW)
            verdicts.append(verdict)
        status = "200 OK"
        if verdict is not Verdict.ADMITTED:
            status = f"401 No\r\nWWW-Authenticate: {digest.challenge(account, NOW)}"
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    async def run():
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        curl = await asyncio.create_subprocess_exec(
            program("curl"), "-s", "-o", "/dev/null", "-w", "%{http_code}", "--digest",
            "-u", f"admin:{pwd}", f"http://127.0.0.1:{port}{PATH}",
            stdout=subprocess.PIPE,
        )  # fmt: skip
        out, _ = await curl.communicate()
        server.close()
        return out.decode()

    assert asyncio.run(run()) == status
    assert (Verdict.ADMITTED in verdicts) == (status == "200")
