"""A phone's pages: requests in, answers out, and what the phone does about them."""

from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.phone.world import SERVER, World, ask, profile, text

from ringback.phone.secret import MASK

FORM = {"content-type": "application/x-www-form-urlencoded"}
OTHER_SITE = "http://evil.example"


def submit(world, path="/admin/advanced", headers=None, **fields):
    return ask(world, path, urlencode(fields).encode(), **(headers or {}))


# Pages that show


@pytest.mark.parametrize("path", ["/", "/basic", "/advanced"])
def test_the_users_pages_have_no_settings(world, path):
    done = ask(world, path)
    assert done.status == 200
    assert "CP-7832-3PCC" in text(done)
    assert "<form" not in text(done)


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
    assert ask(world, "/", b"x").status == 405


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


# Submit All Changes


def test_submitting_saves_what_differs_and_restarts(world):
    done = submit(world, GPP_A="12345678", Resync_Periodic="30", tab="provisioning")
    assert done.status == 200
    assert "They are saved" in text(done)
    assert "url=/admin/advanced?tab=provisioning" in text(done)
    assert not world.up
    world.wait(5)
    assert (world.value("GPP_A"), world.value("Resync_Periodic")) == ("12345678", "30")


def test_a_whole_page_may_be_submitted_as_it_is(world):
    from tests.phone.test_page import Inputs

    fields = Inputs(text(ask(world, "/admin/advanced"))).values
    before = world.phone.profile
    assert submit(world, **fields).status == 200
    assert world.phone.profile.values == before.values


def test_an_empty_password_leaves_the_password(world):
    world.submit(Admin_Password="hush")
    submit(world, Admin_Password="", GPP_A="x")
    world.wait(5)
    assert world.value("Admin_Password") == "hush"


def test_a_full_disk_is_told_and_nothing_changes(world):
    world.disk_is_full = True
    done = submit(world, GPP_A="x")
    assert done.status == 507
    assert "no space left" in text(done)
    assert (world.up, world.value("GPP_A")) == (True, "")


def test_an_unknown_setting_is_named_with_the_nearest(world):
    done = submit(world, GPP_AA="x")
    assert done.status == 400
    assert "GPP_AA" in text(done)
    assert world.up


@pytest.mark.parametrize(
    ("body", "kind"),
    [(b"GPP_A=%ff", ""), (b"\xff=1", FORM["content-type"]), (b"a=1&" * 10_001, ""),
     (b'{"GPP_A": "1"}', "application/json"), (b"x", "multipart/form-data; boundary=x")],
)  # fmt: skip
def test_what_is_no_form_changes_nothing(world, body, kind):
    before = world.phone.profile
    done = ask(world, "/admin/advanced", body, content_type=kind)
    world.wait(5)
    assert done.status in (200, 400, 403)
    assert set(world.phone.profile.values) - set(before.values) <= {"GPP_A"}


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


# Direct actions


@pytest.mark.parametrize(
    "query",
    [
        f"tftp://{SERVER}/basic.txt",
        f"{SERVER}/basic.txt",  # without scheme
        "/basic.txt",  # without server: the host that asks
        quote(f"tftp://{SERVER}/basic.txt", safe=""),
        f"tftp://{SERVER}/basic.txt&xuser=admin&xpassword=x",
    ],
)
def test_a_resync_url_resyncs(world, query):
    done = ask(world, "/admin/resync?" + query, host=SERVER)
    assert done.status == 200
    assert "will resync when it is not in use" in text(done)
    assert world.value("GPP_A") == "12345678"


def test_a_second_question_mark_belongs_to_the_rule(world, profile):
    world.put("cgi?mac=000e08abcdef&x=1", profile(GPP_A="by query"), scheme="http")
    ask(world, f"/admin/resync?http://{SERVER}/cgi?mac=$MA&x=1")
    assert world.value("GPP_A") == "by query"


def test_options_in_the_url_act_and_are_not_shown(world):
    done = ask(world, f"/admin/resync?%5B--uid+admin+--pwd+hush%5Dhttp://{SERVER}/basic.txt")
    assert "hush" not in text(done)
    assert MASK in text(done)
    assert world.asked == [f"http://{SERVER}/basic.txt"]


def test_a_resync_url_without_rule_follows_the_phones_own(world):
    world.submit(Profile_Rule=f"tftp://{SERVER}/basic.txt")
    ask(world, "/admin/resync")
    assert world.value("GPP_A") == "12345678"


def test_a_resync_is_refused_when_provisioning_is_disabled(world):
    world.submit(Provision_Enable="No")
    done = ask(world, f"/admin/resync?tftp://{SERVER}/basic.txt")
    assert done.status == 403
    assert "Provision_Enable is No" in text(done)


def test_looking_at_the_head_of_an_action_does_nothing(world):
    assert ask(world, f"/admin/resync?tftp://{SERVER}/basic.txt", method="HEAD").status == 405
    assert world.asked == []


def test_reboot_reboots(world):
    assert ask(world, "/admin/reboot").status == 200
    assert not world.up


# Cisco XML


@pytest.mark.parametrize("quoted", ['"Resync:{}"', "Resync:{}", '"Resync:[{}]"'])
@pytest.mark.parametrize("field", [False, True])
def test_an_execute_object_resyncs(world, quoted, field):
    item = quoted.format(f"tftp://{SERVER}/basic.txt")
    xml = f"<CP-7832-3PCCExecute>\n  <ExecuteItem URL={item}/>\n</CP-7832-3PCCExecute>"
    done = ask(world, "/CGI/Execute", ("XML=" + quote(xml) if field else xml).encode())
    assert done.status == 200
    assert '<ResponseItem Status="0"' in text(done)
    assert world.value("GPP_A") == "12345678"


def test_an_execute_rule_without_server_goes_to_who_asks(world):
    body = b'<CiscoIPPhoneExecute><ExecuteItem URL="Resync:/basic.txt"/></CiscoIPPhoneExecute>'
    ask(world, "/CGI/Execute", body, host=SERVER)
    assert world.value("GPP_A") == "12345678"


def test_what_a_phone_will_not_do_is_said_for_each_item(world):
    world.submit(Provision_Enable="No")
    body = b'<CiscoIPPhoneExecute><ExecuteItem URL="Resync:/a"/><ExecuteItem URL="Play:x"/>'
    done = text(ask(world, "/CGI/Execute", body + b"</CiscoIPPhoneExecute>"))
    assert "Provision_Enable is No" in done
    assert "not supported" in done
    assert done.count('Status="1"') == 2


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
