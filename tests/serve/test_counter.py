"""At the counter: what the listeners would answer, and what only the server knows of it."""

import pytest
from tests.phone.world import NOON

from ringback.cisco.handshake import HANDSHAKES
from ringback.cisco.model import Generation, find_model
from ringback.cisco.url import Url
from ringback.errors import Failure, TransferError
from ringback.files.root import Root
from ringback.mac import Mac
from ringback.phone.action import Fetch
from ringback.phone.security import Security
from ringback.provisioning.admission import Admission
from ringback.provisioning.document import Level
from ringback.serve.badge import badge
from ringback.serve.counter import Caller, Counter, Stock
from ringback.settings import Address, Listening, Serve
from ringback.store.pantry import Ready

MAC = "000e08abcdef"
SHOWN = badge(find_model("8851"), Mac(MAC), "FCH2133E8B9", NOON)
OTHER = badge(find_model("8851"), Mac("000e08000001"), "FCH2133E8B9", NOON)
EVERYWHERE = Serve(
    tftp=(Address.parse("127.0.0.1:69"),),
    http=(Listening.parse("127.0.0.1:80"),),
    https=(Listening.parse("127.0.0.1:443,client=ask"),),
)


def ready(path, level, data=b"data", *, encoding="", locked=False):
    return Ready(data, path, MAC, "device", level, 0, encoding, "text/xml", 3, "ab" * 32, 5.0,
                 locked=locked)  # fmt: skip


@pytest.fixture
def counter(tmp_path):
    files = {
        each.path: each
        for each in (
            ready("/own.cfg", Level.DEVICE),
            ready("/open.cfg", Level.BOOTSTRAP),
            ready("/coded.cfg", Level.BOOTSTRAP, encoding="aes128gcm"),
            ready("/locked.cfg", Level.BOOTSTRAP, locked=True),
        )
    }
    (tmp_path / "plain.txt").write_text("plain")
    (tmp_path / "made.xml.j2").write_text("<a>{{ request.address }}</a>")

    def made(settings=EVERYWHERE, certificate=None, **more):
        stock = Stock(files.get, Root(tmp_path), Admission())
        return Counter(stock, settings, Caller("192.0.2.7", certificate), **more)

    return made


def ask(counter, url, **more):
    """The body of an answer, and what the server knows."""
    with counter:
        wanted = Fetch(Url.parse(url), ("127.0.0.1",), "agent", **more)
        return counter.fetch(wanted), counter.notes[-1]


def fail(counter, url, **more):
    with pytest.raises(TransferError) as error, counter:
        ask(counter, url, **more)
    return error.value, counter.notes[-1]


@pytest.mark.parametrize("scheme", ["tftp", "http", "https"])
def test_a_prepared_file_comes_over_every_transport(counter, scheme):
    fetched, note = ask(counter(), f"{scheme}://prov.example.com/open.cfg")
    assert fetched.body == b"data"
    assert note.ready.release == 3


def test_a_plain_file_and_a_template_are_answered_too(counter):
    fetched, note = ask(counter(), "http://prov.example.com/plain.txt")
    assert (fetched.body, note.file) == (b"plain", "plain.txt")
    fetched, _ = ask(counter(), "http://prov.example.com/made.xml")
    assert fetched.body == b"<a>192.0.2.7</a>"


def test_the_certificate_decides_and_the_reason_is_kept(counter):
    url = "https://prov.example.com/own.cfg"
    assert ask(counter(certificate=SHOWN), url)[0].body == b"data"
    for shown, why in (
        (None, "there is no certificate"),
        (OTHER, "certificate is of phone 000e0800"),
    ):
        error, note = fail(counter(certificate=shown), url)
        assert error.failure is Failure.NOT_FOUND
        assert note.refused
        assert why in note.why
    error, note = fail(counter(certificate=SHOWN), "http://prov.example.com/own.cfg")
    assert "in clear" in note.why


def test_what_is_not_there_is_no_refusal(counter):
    error, note = fail(counter(), "tftp://prov.example.com/nothing.cfg")
    assert error.failure is Failure.NOT_FOUND
    assert not note.refused
    assert "nothing.cfg" in note.why


def test_a_locked_device_gets_nothing(counter):
    _, note = fail(counter(certificate=SHOWN), "https://prov.example.com/locked.cfg")
    assert note.why.endswith("the device is locked")


def test_a_coding_goes_over_http_and_not_over_tftp(counter):
    fetched, _ = ask(counter(), "http://prov.example.com/coded.cfg")
    assert fetched.content_encoding == "aes128gcm"
    _, note = fail(counter(), "tftp://prov.example.com/coded.cfg")
    assert "only HTTP can" in note.why


def test_somebody_elses_host_is_not_asked(counter):
    made = counter(foreign=["Elsewhere.example.com"])
    error, _ = fail(made, "http://elsewhere.example.com/open.cfg")
    assert "somebody else's" in error.what
    assert error.failure is Failure.GET


@pytest.mark.parametrize("scheme", ["tftp", "http", "https"])
def test_where_nobody_listens_nothing_is_answered(counter, scheme):
    error, _ = fail(counter(Serve()), f"{scheme}://prov.example.com/open.cfg")
    assert error.what == f"nobody listens for {scheme.upper()} here"


def test_a_listener_may_require_a_certificate_or_look_at_none(counter):
    required = Serve(https=(Listening.parse("127.0.0.1:443,client=require"),))
    error, _ = fail(counter(required), "https://prov.example.com/open.cfg")
    assert "requires a certificate" in error.what
    none = Serve(https=(Listening.parse("127.0.0.1:443"),))
    _, note = fail(counter(none, SHOWN), "https://prov.example.com/own.cfg")
    assert note.why.endswith("there is no certificate")


def test_old_tls_needs_a_listener_for_it(counter):
    old = Security(HANDSHAKES[Generation.SPA])
    url = "https://prov.example.com/open.cfg"
    error, _ = fail(counter(), url, security=old)
    assert "TLS 1.0" in error.what
    legacy = Serve(https=(Listening.parse("127.0.0.1:443,legacy"),))
    assert ask(counter(legacy), url, security=old)[0].body == b"data"


def test_a_file_may_be_too_large(counter):
    error, _ = fail(counter(), "http://prov.example.com/open.cfg", limit=3)
    assert error.failure is Failure.TOO_LARGE


def test_names_are_ours_and_addresses_are_themselves(counter):
    made = counter(foreign=["elsewhere.example.com"], address="10.0.0.1")
    assert made.resolve("prov.example.com") == ("10.0.0.1",)
    assert made.resolve("192.0.2.9") == ("192.0.2.9",)
    with pytest.raises(TransferError, match="DNS is not asked"):
        made.services("_ciscoprov-https._tls.example.com")
