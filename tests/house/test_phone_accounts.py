"""A phone's accounts, direct actions and Cisco XML, judged by curl."""

import re
import subprocess

import pytest
from lxml import etree
from tests.house.started import basic

OBJECT = '<CP-7832-3PCCExecute><ExecuteItem URL="Resync:{}"/></CP-7832-3PCCExecute>'
QUIET = {"Resync_On_Reset": "No", "Resync_Periodic": "0"}
LOCKED = {**QUIET, "User_Password": "mine"}
ADMIN, USER = "admin:hush", "user:mine"


@pytest.fixture
def ask(program):
    """curl, as it is: status and body."""

    def run(*arguments, stdin=b""):
        command = [program("curl"), "-sS", "--max-time", "20", "-w", "\n%{http_code}", *arguments]
        done = subprocess.run(command, input=stdin, capture_output=True, timeout=30, check=False)
        body, _, status = done.stdout.rpartition(b"\n")
        return int(status or 0), body.decode(errors="replace")

    return run


def settings(model):
    name = "Admin_Passwd" if model.startswith("SPA") else "Admin_Password"
    return {**LOCKED, name: "hush"}


@pytest.mark.parametrize(("model", "basic_too"), [("7832", True), ("SPA504G", False)])
def test_curl_logs_in_by_digest_and_by_basic_where_the_phone_takes_it(plug, ask, model, basic_too):
    phone = plug("--model", model, **settings(model))
    page = f"{phone.pages}/admin/advanced"

    assert ask(page)[0] == 401
    assert ask("--digest", "-u", ADMIN, page)[0] == 200
    assert ask("--anyauth", "-u", ADMIN, page)[0] == 200
    assert ask("--basic", "-u", ADMIN, page)[0] == (200 if basic_too else 401)
    for how in ("--digest", "--basic"):
        assert ask(how, "-u", "admin:wrong", page)[0] == 401
        assert ask(how, "-u", USER, page)[0] == 401
    assert ask("--digest", "-u", USER, f"{phone.pages}/advanced")[0] == 200


def test_credentials_that_were_overheard_are_stale(plug, program, ask):
    phone = plug(**settings("7832"))
    page = f"{phone.pages}/admin/cfg.xml"
    said = subprocess.run(
        [program("curl"), "-sv", "--digest", "-u", ADMIN, "-o", "-", page],
        capture_output=True, timeout=30, check=True,
    )  # fmt: skip
    assert b"<GPP_A" in said.stdout
    (overheard,) = re.findall(r"> (Authorization: Digest [^\r\n]+)", said.stderr.decode())

    status, answer = ask("-i", "-H", overheard, page)

    assert status == 401
    assert "stale=TRUE" in answer
    assert "<GPP_A" not in answer


def test_the_user_changes_what_he_was_granted_and_nothing_else(server, plug, ask):
    granted = '<GPP_B ua="rw">free</GPP_B>\n<GPP_C ua="ro">seen</GPP_C>\n'
    (server.root / "granted.txt").write_text(basic("12345678", granted))
    phone = plug(**settings("7832"))
    url = f"{phone.pages}/admin/resync?{server.url('granted.txt')}&xuser=admin&xpassword=hush"
    assert ask(url)[0] == 200
    phone.said("Successful resync")

    login = ("--digest", "-u", USER)
    status, answer = ask(*login, "-d", "GPP_B=mine&GPP_C=owned", f"{phone.pages}/advanced")
    assert (status, "GPP_C" in answer) == (403, True)
    assert ask(*login, "-d", "GPP_B=mine", f"{phone.pages}/advanced")[0] == 200
    phone.said("is up")

    dump = configuration(phone, ask)
    assert (dump.findtext(".//GPP_B"), dump.findtext(".//GPP_C")) == ("mine", "seen")


def configuration(phone, ask):
    """What cfg.xml shows, when there is an answer."""
    for _ in range(100):
        status, body = ask("--digest", "-u", ADMIN, f"{phone.pages}/admin/cfg.xml")
        if status == 200:
            return etree.fromstring(body.encode())
    raise AssertionError(f"cfg.xml: {status}")


def test_the_guides_command_pushes_a_profile(plug, ask, tmp_path):
    phone = plug(**settings("7832"))
    path = tmp_path / "my_config.xml"
    path.write_text(basic("pushed"))

    url = f"{phone.pages}/admin/config.xml&xuser=admin&xpassword="
    assert ask("-d", f"@{path}", url + "wrong")[0] == 401
    assert ask("-d", f"@{path}", url + "hush")[0] == 200

    assert configuration(phone, ask).findtext(".//GPP_A") == "pushed"


MODES = {
    "trusted": ({"CISCO_XML_EXE_Auth_Mode": "Trusted"}, None),
    "local credential": ({}, USER),
    "local credential of the administrator": ({}, ADMIN),
    "remote credential": (
        {"CISCO_XML_EXE_Auth_Mode": "Remote Credential", "XML_User_Name": "app",
         "XML_Password": "xml"},
        "app:xml",
    ),
}  # fmt: skip


@pytest.mark.parametrize("mode", MODES)
def test_the_chapters_exercise_by_post_in_each_mode(server, plug, ask, mode):
    how, who = MODES[mode]
    phone = plug(CISCO_XML_EXE_Enable="Yes", **settings("7832"), **how)
    page = f"{phone.pages}/CGI/Execute"
    item = OBJECT.format(server.url("basic.txt")).encode()
    post = ("--data-urlencode", "XML@-", page)

    if who:
        name = who.partition(":")[0]
        for login in ((), ("--digest", "-u", f"{name}:wrong")):
            status, answer = ask(*login, *post, stdin=item)
            assert status == 401
            assert etree.fromstring(answer.encode()).get("Number") == "4"
    login = ("--digest", "-u", who) if who else ()
    status, answer = ask(*login, *post, stdin=item)

    assert status == 200
    assert etree.fromstring(answer.encode()).tag == "CiscoIPPhoneResponse"
    phone.said(f"Successful resync {server.url('basic.txt')}")
    assert configuration(phone, ask).findtext(".//GPP_A") == "12345678"


def test_a_phone_from_the_factory_refuses_cisco_xml(server, plug, ask):
    phone = plug(**QUIET)
    item = OBJECT.format(server.url("basic.txt"))
    status, answer = ask("-d", item, f"{phone.pages}/CGI/Execute")
    assert status == 403
    assert "CISCO_XML_EXE_Enable is not Yes" in answer
    assert phone.field("GPP_A") == ""


BOMB = (
    b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9))
    + b']><CP-7832-3PCCExecute><ExecuteItem URL="&j;"/></CP-7832-3PCCExecute>'
)


@pytest.mark.parametrize(
    ("arguments", "stdin", "statuses"),
    [
        (("-H", "@-", "/admin/advanced"), b"X-Long: " + b"x" * 1_000_000, {431}),
        (("-H", "@-", "/admin/advanced"), b"Authorization: " + b"x" * 1_000_000, {431}),
        (("-H", "@-", "/admin/basic"), b"X: y\n" * 9_000, {431}),
        (("-H", "Authorization: Digest " + "a=1," * 3000, "/admin/advanced"), b"", {401}),
        (("--data-binary", "@-", "/CGI/Execute"), BOMB, {200}),
        (("--data-binary", "@-", "/admin/config.xml"), BOMB, {400}),
        (("--data-binary", "@-", "/admin/advanced"), b"GPP_A=" + b"x" * 2_000_000, {413}),
        (("--data-binary", "@-", "/admin/advanced"), b"a=1&" * 200_000, {403}),
        (("--data-binary", "@-", "/admin/advanced"), bytes(range(256)) * 40, {400, 403}),
        (("-d", "GPP_AA=1", "/admin/advanced"), b"", {400}),
        (("-d", "GPP_A=1", "-H", "Origin: http://evil.example", "/admin/advanced"), b"", {403}),
    ],
    ids=["a header of 1 MB", "credentials of 1 MB", "9 000 headers", "credentials of 12 KB",
         "an XML bomb", "a pushed XML bomb", "a form of 2 MB", "a form of 200 000 fields", "binary",
         "an unknown name", "another site"],
)  # fmt: skip
def test_bad_input_gets_one_clear_answer_and_takes_nothing(plug, ask, arguments, stdin, statuses):
    password = {"Admin_Password": "hush"} if "Digest" in str(arguments) else {}
    phone = plug(**QUIET, GPP_A="kept", CISCO_XML_EXE_Enable="Yes", **password)
    *options, path = arguments
    status, answer = ask(*options, f"{phone.pages}{path}", stdin=stdin)
    assert status in statuses
    assert "Traceback" not in answer
    if path == "/CGI/Execute":
        assert etree.fromstring(answer.encode()).get("Number") == "1"
    assert configuration(phone, ask).findtext(".//GPP_A") == "kept"
    assert not any("Traceback" in line for line in phone.process.lines)
