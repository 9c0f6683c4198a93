import pytest
from tests.phone.world import SERVER, World

from ringback.errors import Failure, MessageError
from ringback.phone import look

OBJECT = b'<CiscoIPPhoneExecute><ExecuteItem URL="%s"/></CiscoIPPhoneExecute>'
URL = f"http://{SERVER}/page.xml"


def visited(page, **settings):
    """A phone that has looked at a page."""
    world = World("8841", Resync_On_Reset="No", Debug_Level="INFO", **settings).power_on()
    world.put("page.xml", page, scheme="http")
    look.visit(world.phone, URL, world.now)
    world.settle()
    return world


def test_what_the_page_asks_for_is_done():
    world = visited(OBJECT % b"Resync:http://192.168.1.200/x.cfg")

    assert world.asked == [URL, f"http://{SERVER}/x.cfg"]


@pytest.mark.parametrize(
    ("page", "said"),
    [
        (OBJECT % b"Play:ring.raw", "Play:ring.raw: not supported"),
        (b"<CiscoIPPhoneText><Text>hello</Text></CiscoIPPhoneText>", "is not shown"),
        (Failure.NOT_FOUND, "is not shown"),
        (b"\xff", "is not shown"),
    ],
)
def test_what_cannot_be_shown_or_done_is_said(page, said):
    assert any(said in line for line in visited(page).details)


def test_a_restricted_phone_looks_at_its_own_servers_only():
    world = visited(OBJECT % b"Key:Info", Restricted_Access_Domains="prov.example.com")

    assert world.asked == []
    assert any("none of the servers" in line for line in world.details)


def test_a_url_is_the_whole_body():
    assert look.url_in(URL.encode()) == URL


@pytest.mark.parametrize(
    "body",
    [b"", b"http://h/ ", b"http://h/\n", b"http://h/\r\n", b"ftp://h/", b"h/x", b"http://\xe9/",
     b"http://" + b"h" * 3000],
)  # fmt: skip
def test_any_other_body_is_refused(body):
    with pytest.raises(MessageError):
        look.url_in(body)
