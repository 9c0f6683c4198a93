"""A phone's pages: requests in, answers out, and what the phone does about them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.phone.world import World, ask, profile, submit, text

from ringback.http import digest
from ringback.phone.panel import ROUTES

pytestmark = pytest.mark.duty(8)

OTHER_SITE = "http://evil.example"


# Pages that show


@pytest.mark.parametrize("path", ["/", "/basic", "/advanced"])
def test_the_users_pages_have_what_the_user_was_granted(world, path):
    done = ask(world, path)
    assert done.status == 200
    assert "CP-7832-3PCC" in text(done)
    assert 'name="User_Password"' in text(done)  # rw from the factory
    assert "Syslog_Server" not in text(done)


@pytest.mark.parametrize(
    ("path", "provisioning"),
    [("/admin/advanced", True), ("/admin", True), ("/admin/", True), ("/admin/basic", False)],
)
def test_provisioning_is_on_the_advanced_page_only(world, path, provisioning):
    done = text(ask(world, path))
    assert "Syslog Server" in done
    assert ("Resync Periodic" in done) is provisioning


@pytest.mark.parametrize(
    ("model", "path", "other"),
    [("7832", "/admin/cfg.xml", "/admin/spacfg.xml"),
     ("SPA504G", "/admin/spacfg.xml", "/admin/cfg.xml")],
)  # fmt: skip
def test_the_running_configuration_has_its_generations_name(new_world, model, path, other):
    world = new_world(model, GPP_A="12345678").power_on()
    done = ask(world, path)
    assert (done.status, done.content_type) == (200, "text/xml; charset=utf-8")
    assert "12345678</GPP_A>" in text(done)
    assert ask(world, other).status == 404


def test_every_page_is_strict_about_what_a_browser_may_do(world):
    for path in ("/", "/admin/advanced", "/nowhere", "/page.css", "/admin/cfg.xml"):
        headers = dict(ask(world, path).headers)
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"


def test_pages_need_nothing_that_the_policy_forbids(world):
    shown = text(ask(world, "/admin/advanced"))
    for forbidden in ("<script", "<style", " style=", " onclick", "<img", "http://", "https://"):
        assert forbidden not in shown.replace("http://sudirenewal.cisco.com/", "")


def test_an_unknown_page_and_a_wrong_method_say_so(world):
    assert ask(world, "/nowhere").status == 404
    assert ask(world, "/CGI/Execute").status == 405
    assert ask(world, "/admin/resync?tftp://h/a", b"").status == 405
    assert ask(world, "/status.xml", b"x").status == 405


def test_a_tab_that_does_not_exist_opens_the_first(world):
    for query in ("?tab=provisioning", "?tab=%00<", "?" + "&".join(["a"] * 50), "?tab"):
        assert ask(world, "/admin/advanced" + query).status == 200


def test_a_phone_that_starts_says_so_and_comes_back(world):
    world.phone.reboot(world.now)
    world.settle()
    done = ask(world, "/admin/advanced")
    assert done.status == 503
    assert 'http-equiv="refresh"' in text(done)
    world.wait(5)
    assert ask(world, "/admin/advanced").status == 200


def test_a_phone_without_web_server_shows_nothing(world):
    world.submit(Enable_Web_Server="No")
    assert ask(world, "/admin/advanced").status == 403
    assert ask(world, "/admin/resync?tftp://192.168.1.200/basic.txt").status == 403
    assert world.asked == []


# Other sites

SUBMISSION = (b"GPP_A=owned", "/admin/advanced")


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": OTHER_SITE},
        {"origin": "null"},
        {"referer": OTHER_SITE + "/page"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"origin": "http://192.168.1.100:8080"},
        {"origin": "http://192.168.1.100", "sec_fetch_site": "cross-site"},
    ],
)
@pytest.mark.parametrize(
    ("target", "body"),
    [
        ("/admin/advanced", b"GPP_A=owned"),
        ("/admin/resync?tftp://192.168.1.200/basic.txt", None),
        ("/admin/reboot", None),
        ("/CGI/Execute", b"XML=<CiscoIPPhoneExecute/>"),
    ],
)
def test_no_other_site_changes_a_phone(world, headers, target, body):
    done = ask(world, target, body, **headers)
    assert done.status == 403
    assert world.up
    assert (world.asked, world.value("GPP_A")) == ([], "")


@pytest.mark.parametrize(
    "headers",
    [
        {},  # a plain tool
        {"origin": "http://192.168.1.100", "sec_fetch_site": "same-origin"},
        {"referer": "http://192.168.1.100/admin/advanced"},
        {"sec_fetch_site": "none"},  # typed by a person
    ],
)
def test_the_phones_own_page_and_plain_tools_are_served(world, headers):
    assert submit(world, headers=headers, GPP_A="mine").status == 200


@given(
    st.sampled_from(["GET", "POST", "HEAD", "PUT"]),
    st.text(st.characters(codec="ascii"), max_size=40).map("/".__add__)
    | st.sampled_from(["/admin/resync?", "/admin/advanced?", "/CGI/Execute", "/admin/cfg.xml"]),
    st.text(max_size=60),
    st.binary(max_size=200),
)
def test_any_request_has_an_answer(method, path, query, body):
    world = World(Resync_On_Reset="No").power_on()
    done = ask(world, (path + query).replace("#", ""), body, method=method)
    assert 200 <= done.status < 600
    world.wait(10)
    assert world.up


def test_a_setting_from_a_profile_cannot_write_into_the_page(world):
    url = world.put("x.cfg", profile(GPP_A="&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;"))
    world.resync(url)
    assert "<script" not in bytes(ask(world, "/admin/advanced").body).decode()


# Accounts


def login(world, target, name, password, body=None, **more):
    """What a browser does: it asks, is challenged, and asks again with the answer."""
    first = ask(world, target, body, **more)
    headers = [value for header, value in first.headers if header == "WWW-Authenticate"]
    challenge = digest.choose(headers)
    if first.status != 401 or challenge is None:
        return first
    said = digest.answer(
        challenge, uid=name, pwd=password, method="GET" if body is None else "POST", uri=target,
        cnonce="0a4f113b",
    )  # fmt: skip
    return ask(world, target, body, authorization=said, **more)


@pytest.fixture
def locked(world):
    """A phone with both passwords."""
    world.submit(Admin_Password="hush", User_Password="mine")
    return world


ADMIN_PAGES = [path for _, path in ROUTES if path.startswith("/admin") and "status" not in path]


@pytest.mark.parametrize(
    ("name", "password", "path", "status"),
    [
        ("admin", "hush", "/admin/advanced", 200),
        ("admin", "hush", "/admin/cfg.xml", 200),
        ("admin", "mine", "/admin/advanced", 401),
        ("user", "mine", "/admin/advanced", 401),
        ("user", "mine", "/", 200),
        ("user", "mine", "/advanced", 200),
        ("user", "hush", "/", 401),
        ("admin", "hush", "/", 401),
        ("", "", "/", 401),
    ],
)
def test_each_account_opens_its_own_pages(locked, name, password, path, status):
    assert login(locked, path, name, password).status == status


@pytest.mark.parametrize("path", [*ADMIN_PAGES, "/admin/cfg.xml"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_nothing_of_the_administrators_is_done_without_login(locked, path, method):
    before = locked.phone.profile
    done = ask(locked, path, b"GPP_A=owned" if method == "POST" else None, method=method)
    assert done.status in (401, 405)
    assert (locked.phone.profile, locked.asked, locked.up) == (before, [], True)


def test_the_challenge_tells_the_realm_of_the_account(locked):
    realms = {
        path: dict(reversed(ask(locked, path).headers))["WWW-Authenticate"]
        for path in ("/", "/admin/advanced")
    }
    assert 'realm="spa user"' in realms["/"]
    assert 'realm="spa admin"' in realms["/admin/advanced"]


def test_a_request_sent_twice_is_told_that_its_nonce_is_stale(locked):
    target = "/admin/advanced"
    header = dict(reversed(ask(locked, target).headers))["WWW-Authenticate"]
    challenge = digest.choose([header])
    assert challenge is not None
    said = digest.answer(challenge, uid="admin", pwd="hush", method="GET", uri=target, cnonce="c")
    assert ask(locked, target, authorization=said).status == 200
    again = ask(locked, target, authorization=said)
    assert again.status == 401
    assert "stale=TRUE" in str(again.headers)


def test_a_submission_after_login_is_taken(locked):
    assert login(locked, "/admin/advanced", "admin", "hush", b"GPP_A=mine").status == 200
    locked.wait(5)
    assert locked.value("GPP_A") == "mine"


def test_another_site_gains_nothing_by_the_browsers_login(locked):
    done = login(locked, "/admin/reboot", "admin", "hush", origin=OTHER_SITE)
    assert done.status == 403
    assert locked.up


def test_without_admin_access_everything_under_admin_is_closed(world):
    world.submit(Enable_Web_Admin_Access="No")
    for path in (*ADMIN_PAGES, "/admin/cfg.xml"):
        done = ask(world, path)
        assert done.status in (403, 405), path
        assert "Enable_Web_Admin_Access is No" in text(done) or done.status == 405
    assert ask(world, "/").status == 200
    assert world.up


@given(st.text(st.characters(codec="latin-1", exclude_categories=["Cc"]), max_size=120))
def test_no_made_up_credentials_open_anything(said):
    made = World(Resync_On_Reset="No", Admin_Password="hush").power_on()
    for text_of in (said, f"Digest {said}", f"Basic {said}"):
        header = text_of.encode("utf-8", "replace").decode("latin-1")
        assert ask(made, "/admin/advanced", authorization=header).status == 401


HEADERS = st.dictionaries(
    st.sampled_from(["authorization", "content_type", "origin", "referer", "cookie", "host"]),
    st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), max_size=60),
)


@given(
    st.sampled_from(sorted({path for _, path in ROUTES} - {"/status.xml", "/CGI/Execute"})),
    st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), max_size=60),
    st.binary(max_size=200) | st.just(b"GPP_A=owned&tab=system") | st.just(profile(GPP_A="owned")),
    st.sampled_from(["GET", "POST", "HEAD", "PUT"]),
    HEADERS,
)
def test_who_does_not_know_a_password_changes_nothing(path, query, body, method, headers):
    made = World(Resync_On_Reset="No", Admin_Password="hush", User_Password="mine").power_on()
    before = made.phone.profile
    target = f"{path}?{query}".replace("#", "")
    done = ask(made, target, body, method=method, **headers)
    assert done.status in (400, 401, 403, 404, 405) or path.endswith("status.xml")
    assert (made.phone.profile, made.asked, made.up) == (before, [], True)
