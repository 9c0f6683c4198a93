"""The vendor's steps as a person does them: in Debian's chromium, on a phone that is a process."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from tests.house.started import basic

FLAGS = [
    "--no-sandbox", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run", "--no-default-browser-check",
]  # fmt: skip
REGISTERS = [f"GPP {letter}:" for letter in "ABCDEFGHIJKLMNOP"]


@pytest.fixture(scope="module")
def browser(program) -> Iterator[Browser]:
    """chromium; one for all tests here."""
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=program("chromium"), args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture(params=[True, False], ids=["with scripts", "without scripts"])
def tab(browser, request) -> Iterator[Page]:
    """An empty tab; what the console says, a refused policy included, fails the test."""
    context = browser.new_context(
        java_script_enabled=request.param, viewport={"width": 1366, "height": 768}
    )
    page = context.new_page()
    page.set_default_timeout(10_000)
    said: list[str] = []
    # Advice (of type debug) says only that three passwords in one form are many.
    page.on("console", lambda it: said.append(it.text) if it.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("requestfailed", lambda request: said.append(f"{request.url} failed"))
    yield page
    context.close()
    assert said == []


def test_tftp_resync(tab, server, plug):
    phone = plug(Resync_On_Reset="No")
    provisioning(tab, phone)
    assert [field(tab, label) for label in REGISTERS] == [""] * 16

    tab.goto(f"{phone.pages}/admin/resync?{server.url('basic.txt')}")
    assert tab.get_by_text(f"Rule: {server.url('basic.txt')}").is_visible()
    phone.said("Successful resync")

    provisioning(tab, phone)
    assert field(tab, "GPP A:") == "12345678"


def test_submitting_a_rule_and_a_syslog_server_restarts_the_phone_which_resyncs(
    tab, server, plug, ear
):
    (server.root / "boot.txt").write_text(basic("by my own rule"))
    # Long enough that the page in between can be seen.
    phone = plug("--boot-seconds", "1", Resync_On_Reset="No")
    tab.goto(f"{phone.pages}/admin/advanced")
    open_tab(tab, "system")
    tab.get_by_label("Syslog Server:", exact=True).fill(ear.address)
    open_tab(tab, "provisioning")
    tab.get_by_label("Profile Rule:", exact=True).fill(server.url("$A.txt"))
    tab.locator("#Resync_On_Reset").select_option("Yes")
    tab.get_by_label("GPP A:", exact=True).fill("boot")

    tab.get_by_role("button", name="Submit All Changes").click()

    assert tab.get_by_role("heading", name="Your phone is restarting").is_visible()
    ear.wait_for(f"Successful resync {server.url('boot.txt')}")
    # The page comes back by itself, at the tab that was open.
    tab.wait_for_url("**/admin/advanced?tab=provisioning")
    assert field(tab, "GPP A:") == "by my own rule"
    assert field(tab, "Profile Rule:") == server.url("$A.txt")
    open_tab(tab, "info")
    assert tab.get_by_text("Succeeded").is_visible()
    assert tab.get_by_text("] Provisioning").is_visible(), "why it restarted"


def test_a_rule_the_phone_cannot_read_is_shown_as_such(tab, plug):
    phone = plug(Resync_On_Reset="No")

    tab.goto(f"{phone.pages}/admin/resync?(tftp://127.0.0.1/basic.txt")
    phone.said("Resync failed: Parse error in rule")

    tab.goto(f"{phone.pages}/admin/advanced")
    assert tab.get_by_text("Parse error in rule").first.is_visible()


@pytest.mark.parametrize(
    ("model", "password"), [("7832", "Admin_Password"), ("SPA504G", "Admin_Passwd")]
)
def test_who_logs_in_and_edits_gpp_a_sees_the_resync_on_the_servers_syslog_view(
    browser, server, plug, model, password
):
    (server.root / "edited.txt").write_text(basic("by the profile GPP_A named"))
    phone = plug(
        "--model", model, "--boot-seconds", "0.5",
        Resync_On_Reset="No", Profile_Rule=server.url("$A.txt"),
        Syslog_Server=f"127.0.0.1:{server.syslog}", **{password: "hush"},
    )  # fmt: skip
    with logged_in(browser, "admin", "hush") as tab:
        provisioning(tab, phone)
        tab.locator("#Resync_On_Reset").select_option("Yes")
        tab.get_by_label("GPP A:", exact=True).fill("edited")
        tab.get_by_role("button", name="Submit All Changes").click()

        seen = server.wait_for(f"Successful resync {server.url('edited.txt')}")

        assert " syslog " in seen
        tab.wait_for_url("**/admin/advanced?tab=provisioning")
        assert field(tab, "GPP A:") == "by the profile GPP_A named"


def test_who_does_not_know_the_password_sees_nothing(browser, plug):
    phone = plug(Resync_On_Reset="No", Admin_Password="hush", GPP_A="a secret of the house")
    with logged_in(browser, "admin", "wrong") as tab:
        answer = tab.goto(f"{phone.pages}/admin/advanced")
        assert answer is not None
        assert answer.status == 401
        assert "a secret of the house" not in tab.content()
        assert tab.get_by_role(
            "heading", name="401 Unauthorized: Log in to this phone"
        ).is_visible()


def test_the_user_edits_what_he_was_granted(browser, server, plug):
    granted = '<GPP_B ua="rw">free</GPP_B>\n<GPP_C ua="ro">seen</GPP_C>\n'
    (server.root / "granted.txt").write_text(basic("12345678", granted))
    phone = plug(Resync_On_Reset="No", User_Password="mine")
    phone.open(f"/admin/resync?{server.url('granted.txt')}")
    phone.said("Successful resync")
    with logged_in(browser, "user", "mine") as tab:
        tab.goto(f"{phone.pages}/advanced?tab=Provisioning")
        assert tab.get_by_label("GPP A:", exact=True).count() == 0
        assert not tab.get_by_label("GPP C:", exact=True).is_editable()
        tab.get_by_label("GPP B:", exact=True).fill("by the user")
        tab.get_by_role("button", name="Submit All Changes").click()
        tab.wait_for_url("**/advanced?tab=provisioning")
        assert field(tab, "GPP B:") == "by the user"
        assert field(tab, "GPP C:") == "seen"


@contextmanager
def logged_in(browser, name, password) -> Iterator[Page]:
    """A tab of somebody who types these when the phone asks who he is."""
    context = browser.new_context(http_credentials={"username": name, "password": password})
    tab = context.new_page()
    tab.set_default_timeout(10_000)
    yield tab
    context.close()


def provisioning(tab, phone):
    """Open admin/advanced and choose the Provisioning tab."""
    tab.goto(f"{phone.pages}/admin/advanced")
    open_tab(tab, "provisioning")


def open_tab(tab, name):
    """Click on a tab."""
    tab.locator(f"label[for=tab-{name}]").click()


def field(tab, label):
    """What a field shows that a person can see."""
    shown = tab.get_by_label(label, exact=True)
    assert shown.is_visible()
    return shown.input_value()
