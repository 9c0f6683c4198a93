"""A phone's pages in Debian's chromium: what a person sees, clicks and types."""

import asyncio
import threading

import pytest
from playwright.sync_api import sync_playwright

from ringback import clock
from ringback.cisco.model import find_model
from ringback.dns.resolver import Resolver
from ringback.mac import Mac
from ringback.phone.desk import Desk
from ringback.phone.handset import Handset
from ringback.phone.identity import Identity

pytestmark = pytest.mark.duty(8)


class Plugged:
    """A phone on a loop of its own, since a browser is driven from this thread."""

    def __init__(self, **settings):
        identity = Identity(find_model("7832"), Mac("000e08abcdef"), "S1", boot_seconds=0.3)
        self.phone = Handset(identity, clock.dice())
        usual = {"Resync_On_Reset": "No", "Resync_Periodic": "0"}
        self.phone.profile, _ = self.phone.profile.set({**usual, **settings})
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self._desk = self._call(self._make())

    def _call(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(10)

    async def _make(self):
        desk = Desk(self.phone, Resolver())
        await desk.plug_in(("127.0.0.1", 0))
        await desk.until_up()
        return desk

    @property
    def url(self):
        host, port = self._desk.pages
        return f"http://{host}:{port}"

    def close(self):
        self._call(self._desk.unplug())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


@pytest.fixture
def plugged():
    made = Plugged()
    yield made
    made.close()


@pytest.fixture(scope="module")
def browser(program):
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=program("chromium"), args=["--no-sandbox"]
        )
        yield launched
        launched.close()


@pytest.fixture
def tab(browser):
    """A browser tab; what it complains of at the end fails the test."""
    opened = browser.new_page()
    complaints = []
    opened.on(
        "console", lambda said: complaints.append(said.text) if said.type == "error" else None
    )
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    yield opened
    opened.close()
    # A refused page is an error to the console as well; the test that asks for one looks at it.
    assert [each for each in complaints if "403" not in each] == []


def test_the_chapters_steps_can_be_clicked(plugged, tab):
    tab.goto(f"{plugged.url}/admin/advanced")
    assert tab.get_by_text("CP-7832-3PCC Configuration Utility").is_visible()
    assert not tab.get_by_label("GPP A:").is_visible()
    tab.locator("label[for=tab-provisioning]").click()
    for letter in "ABCDEFGHIJKLMNOP":
        assert tab.get_by_label(f"GPP {letter}:", exact=True).input_value() == ""
    tab.get_by_label("GPP B:", exact=True).fill("ABCD")
    tab.get_by_label("Resync Periodic:", exact=True).fill("30")
    tab.locator("label[for=tab-system]").click()
    tab.get_by_label("Syslog Server:", exact=True).fill("127.0.0.1:9")
    tab.get_by_text("Submit All Changes").click()
    assert tab.get_by_text("Your phone is restarting").is_visible()
    # The page comes back by itself, with the tab that was open.
    tab.wait_for_url("**/admin/advanced?tab=system", timeout=10_000)
    assert tab.get_by_label("Syslog Server:", exact=True).input_value() == "127.0.0.1:9"
    assert plugged.phone.value("GPP_B") == "ABCD"
    assert plugged.phone.value("Resync_Periodic") == "30"


def test_tabs_can_be_reached_by_keyboard_alone(plugged, tab):
    tab.goto(f"{plugged.url}/admin/advanced")
    tab.locator("#tab-info").focus()
    for _ in ("System", "SIP", "Provisioning"):
        tab.keyboard.press("ArrowRight")
    assert tab.get_by_label("Profile Rule:", exact=True).is_visible()


def test_undo_puts_back_what_the_page_had(plugged, tab):
    tab.goto(f"{plugged.url}/admin/advanced?tab=provisioning")
    field = tab.get_by_label("GPP A:", exact=True)
    field.fill("typed by mistake")
    tab.get_by_text("Undo All Changes").click()
    assert field.input_value() == ""


def test_the_address_bar_resyncs_and_a_link_on_another_site_does_not(plugged, tab):
    action = f"{plugged.url}/admin/resync?tftp://127.0.0.1:9/basic.txt"
    with tab.expect_response(action) as heard:
        tab.goto(action)
    assert heard.value.status == 200
    tab.route("http://evil.example/", lambda route: route.fulfill(
        content_type="text/html", body=f'<a href="{action}">free phones</a>'))  # fmt: skip
    tab.goto("http://evil.example/")
    with tab.expect_response(action) as heard:
        tab.get_by_text("free phones").click()
    assert heard.value.status == 403
    assert tab.get_by_text("another site asked for this").is_visible()


def test_a_value_with_markup_is_shown_and_not_run(plugged, tab):
    nasty = '"><img src=x onerror=alert(1)><script>alert(2)</script>'
    plugged.phone.profile, _ = plugged.phone.profile.set({"GPP_A": nasty})
    tab.goto(f"{plugged.url}/admin/advanced?tab=provisioning")
    assert tab.get_by_label("GPP A:", exact=True).input_value() == nasty
    assert tab.locator("img, script").count() == 0


def test_nothing_is_wider_than_a_small_screen(plugged, tab):
    tab.set_viewport_size({"width": 360, "height": 740})
    for name in ("info", "system", "sip", "provisioning", "regional", "phone", "user", "ext-1"):
        tab.goto(f"{plugged.url}/admin/advanced?tab={name}")
        assert tab.evaluate("document.documentElement.scrollWidth") <= 360


def test_every_field_has_a_label_and_an_id_of_its_own(plugged, tab):
    for path in ("/admin/advanced", "/admin/basic", "/advanced", "/"):
        tab.goto(plugged.url + path)
        unlabelled = """() => [...document.querySelectorAll("input, select, button")]
            .filter(each => !(each.labels?.length || each.textContent.trim()))
            .map(each => each.id)"""
        assert tab.evaluate(unlabelled) == []
        ids = tab.evaluate("() => [...document.querySelectorAll('[id]')].map(each => each.id)")
        assert len(ids) == len(set(ids))


def test_a_value_can_be_changed_and_submitted_by_keyboard_alone(plugged, tab):
    tab.goto(f"{plugged.url}/admin/advanced?tab=provisioning")
    tab.locator("#tab-provisioning").focus()
    for _ in range(60):
        tab.keyboard.press("Tab")
        if tab.evaluate("document.activeElement.id") == "GPP_A":
            break
    tab.keyboard.type("by keyboard")
    tab.keyboard.press("Enter")
    tab.get_by_text("Your phone is restarting").wait_for(timeout=10_000)
    assert plugged.phone.value("GPP_A") == "by keyboard"
