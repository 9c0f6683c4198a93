"""What a web request gets, with real files, scripts and templates, and no network."""

import asyncio

import pytest

from ringback.certificate.inspection import Inspection
from ringback.dynamic.asked import Seat
from ringback.dynamic.folder import Folder
from ringback.dynamic.gateway import Gateway
from ringback.dynamic.workshop import Workshop
from ringback.errors import NotFoundError, RefusedError
from ringback.files.name import content_type
from ringback.files.root import Root
from ringback.http.answer import Answer
from ringback.http.forwarded import Trust
from ringback.http.hush import Hush
from ringback.http.networks import NOBODY, Networks
from ringback.http.request import Request
from ringback.http.tlv import Tls
from ringback.operations.answer import Answering
from ringback.provisioning.admission import Admission
from ringback.serve.respond import Responding

MAC = "000e08abcdef"


class House:
    def __init__(self, folder, *, bind=False, proxies=NOBODY):
        self.root, self.scripts = folder / "root", folder / "cgi-bin"
        self.root.mkdir()
        self.scripts.mkdir()
        self.warned: list[str] = []
        self.admission = Admission(bind_devices=bind)
        self.trust = Trust(proxies, certificate_header="X-SSL-Client-Cert" if proxies else "")

    def script(self, name, *lines):
        path = self.scripts / name
        path.write_text("\n".join(["#!/bin/sh", *lines, ""]))
        path.chmod(0o755)

    def get(self, path, query="", **fields):
        async def ask() -> Answer:
            workshop = Workshop(Folder(self.root), content_type)
            answering = Answering(Root(self.root).read, self.admission, self.warned.append, {})
            gateway = Gateway(Folder(self.scripts))
            shared = Responding(answering, workshop, gateway, self.trust, Hush())
            door = shared.at(Seat("host", 80), Inspection, bytes)
            request = Request("GET", path, path, query, address="192.0.2.7", port=1, **fields)
            try:
                answer = door(request)
                return answer if isinstance(answer, Answer) else await answer
            finally:
                workshop.close()

        return asyncio.run(ask())


@pytest.fixture
def house(tmp_path):
    return House(tmp_path)


def test_a_file_is_answered_at_once(house):
    (house.root / "basic.txt").write_bytes(b"hello")

    assert house.get("/basic.txt").body == b"hello"


def test_a_script_answers_under_cgi_bin(house):
    house.script("x.sh", "echo Content-Type: text/plain", "echo", 'echo "q=$QUERY_STRING"')

    assert house.get("/cgi-bin/x.sh", "a=1").body == b"q=a=1\n"


def test_a_template_answers_for_a_file_that_is_not_there(house):
    (house.root / "me.xml.j2").write_text("<a>{{ request.address }}</a>")

    assert house.get("/me.xml").body == b"<a>192.0.2.7</a>"


def test_a_script_may_send_us_on_to_a_file_or_a_template(house):
    (house.root / "basic.txt").write_bytes(b"hello")
    (house.root / "me.xml.j2").write_text("<a>{{ request.path }}</a>")
    house.script("file.sh", "echo Location: /basic.txt", "echo")
    house.script("page.sh", "echo Location: /me.xml", "echo")

    assert house.get("/cgi-bin/file.sh").body == b"hello"
    assert house.get("/cgi-bin/page.sh").body == b"<a>/me.xml</a>"


def test_scripts_that_send_us_on_for_ever_are_an_error_and_not_an_empty_profile(house):
    house.script("loop.sh", "echo Location: /cgi-bin/loop.sh", "echo")

    assert house.get("/cgi-bin/loop.sh").status == 500


def test_a_script_cannot_send_a_stranger_to_a_phones_file(tmp_path):
    house = House(tmp_path, bind=True)
    (house.root / f"{MAC}.cfg").write_bytes(b"secret")
    house.script("x.sh", f"echo Location: /{MAC}.cfg", "echo")

    with pytest.raises(RefusedError):
        house.get("/cgi-bin/x.sh")
    assert len(house.warned) == 1


def test_a_trusted_proxys_client_is_who_a_script_hears_of(tmp_path):
    house = House(tmp_path, proxies=Networks.parse(["192.0.2.7"]))
    house.script("x.sh", "echo Content-Type: text/plain", "echo", 'echo "$REMOTE_ADDR"')

    answer = house.get("/cgi-bin/x.sh", headers={b"x-forwarded-for": b"198.51.100.9"})

    assert answer.body == b"198.51.100.9\n"


def test_a_stranger_who_says_to_be_a_proxy_is_not_believed(tmp_path):
    house = House(tmp_path, proxies=Networks.parse(["192.0.2.200"]))
    house.script("x.sh", "echo Content-Type: text/plain", "echo", 'echo "$REMOTE_ADDR"')

    forged = {b"x-forwarded-for": b"198.51.100.9", b"x-ssl-client-cert": b"forged"}

    assert house.get("/cgi-bin/x.sh", headers=forged).body == b"192.0.2.7\n"
    assert house.warned == ["warning 192.0.2.7: X-SSL-Client-Cert from no trusted proxy: ignored"]


def test_a_proxy_that_ended_tls_may_name_the_phone(tmp_path):
    house = House(tmp_path, bind=True)
    (house.root / f"{MAC}.cfg").write_bytes(b"mine")
    name = f"SPA504G, MAC: {MAC}, Serial: CBT141100HR"

    assert house.get(f"/{MAC}.cfg", tls=Tls("TLSv1.2", name, verified=True)).body == b"mine"
    with pytest.raises(RefusedError):
        house.get(f"/{MAC}.cfg", tls=Tls("TLSv1.2", name, verified=False))


def test_what_is_neither_is_not_found(house):
    with pytest.raises(NotFoundError):
        house.get("/absent.xml")
