"""Templates rendered by workers: what they answer, and what stops them."""

import asyncio
import signal
from pathlib import Path

import pytest
from tests.dynamic.conftest import asked

from ringback.dynamic.facts import told
from ringback.dynamic.folder import Folder
from ringback.dynamic.limits import MIB, Limits
from ringback.dynamic.worker import LONGEST_MESSAGE
from ringback.dynamic.workshop import Workshop
from ringback.errors import NotFoundError, RefusedError
from ringback.files.name import content_type

REFLECTOR = (
    "<flat-profile><GPP_D>OU={{ certificate.OU }},L={{ certificate.L }},S={{ certificate.ST }}"
    "</GPP_D></flat-profile>\n"
)
GROWS = """{% set n = namespace(a='x' * 1000000) %}
{% for i in range(9) %}{% set n.a = n.a ~ n.a %}{% endfor %}"""
LIMITS = Limits(
    seconds=10.0, cpu=1, memory=160 * MIB, output=200_000, files=16, file_size=0, processes=0,
    at_once=2,
)  # fmt: skip


def visit(folder, *paths, limits=LIMITS, client=b"", between=lambda _: None):
    """Ask one workshop for these, one after the other; the last page."""

    async def go():
        workshop = Workshop(Folder(folder), content_type, limits)
        try:
            page = None
            for path in paths:
                page = await workshop.answer(path, told(asked(path), client))
                between(workshop)
            return page
        finally:
            workshop.close()

    return asyncio.run(go())


def test_the_reflector_is_one_line(tmp_path, phone):
    (tmp_path / "reflect.xml.j2").write_text(REFLECTOR)
    page = visit(tmp_path, "/reflect.xml", client=phone.der)
    assert page.status == 200
    assert page.content_type == "text/xml"
    assert page.body.decode() == (
        "<flat-profile><GPP_D>OU=SPA-962,L=88012BA01234,S=000e08abcdef</GPP_D></flat-profile>\n"
    )


def test_without_a_certificate_its_fields_are_empty(tmp_path):
    (tmp_path / "r.cfg.j2").write_text(REFLECTOR)
    assert b"OU=,L=,S=" in visit(tmp_path, "/r.cfg").body


@pytest.mark.parametrize(
    "path",
    [
        "/none.cfg",
        "/a.cfg.j2",
        "/.hidden",
        "/../out.cfg",
        "/sub",
        "/",
        "/key.pem",
        "/link.cfg",
        "/a\0",
    ],
)
def test_what_no_template_answers_for(tmp_path, path):
    root = tmp_path / "root"
    (root / "sub.j2").mkdir(parents=True)
    for name in ("a.cfg.j2", ".hidden.j2", "a.cfg.j2.j2", "key.pem.j2"):
        (root / name).write_text("x")
    (tmp_path / "out.cfg.j2").write_text("x")
    (root / "link.cfg.j2").symlink_to("../out.cfg.j2")
    with pytest.raises((NotFoundError, RefusedError)):
        visit(root, path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a\n{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
         "x.cfg.j2:2:"),
        ("\n  {{ 'x' * 200000000 }}", "x.cfg.j2:2:6: stopped: it needs more than 160 MB"),
        (GROWS, "x.cfg.j2:2:"),
        ("{{ '%1000000000d' % 1 }}", "x.cfg.j2:1:4: stopped"),
        ("{% for i in range(9999) %}{{ 'x' * 100 }}{% endfor %}", "more than 200000 bytes"),
        ("{% include '../secret' %}", "no template '../secret'"),
        ("{% include 'key.pem' %}", "no template 'key.pem'"),
        ("{% include '/etc/passwd' %}", "no template"),
        ("\n{{ oops }}", "x.cfg.j2:2:4: 'oops' is undefined"),
    ],
)  # fmt: skip
def test_a_template_that_goes_wrong_is_one_line_with_its_place(tmp_path, text, words):
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "secret").write_text("secret")
    (root / "key.pem").write_text("secret")
    (root / "x.cfg.j2").write_text(text)
    page = visit(root, "/x.cfg")
    assert page.status == 500
    assert words in page.why
    assert "\n" not in page.why
    assert page.body == b"Internal Server Error\n"


def test_bytes_that_are_no_text_have_a_place(tmp_path):
    (tmp_path / "x.cfg.j2").write_bytes(b"ok\n  \xe4")
    assert "x.cfg.j2:2:3: not UTF-8" in visit(tmp_path, "/x.cfg").why


def test_what_even_a_signal_does_not_stop_is_killed(tmp_path):
    """Time on the wall: a worker that is stopped itself cannot report."""
    (tmp_path / "x.cfg.j2").write_text("{% for i in range(99999) %}{% for j in range(99999) %}"
                                       "{% endfor %}{% endfor %}")  # fmt: skip
    limits = Limits(seconds=0.5, cpu=30, memory=160 * MIB, at_once=1)
    page = visit(tmp_path, "/x.cfg", limits=limits)
    assert page.status == 500
    assert page.why == "x.cfg.j2: stopped after 0.5 s"


def test_after_a_stop_others_are_served_and_that_one_rests_until_it_changes(tmp_path):
    bad = tmp_path / "bad.cfg.j2"
    bad.write_text("{{ 'x' * 200000000 }}")
    (tmp_path / "ok.cfg.j2").write_text("ok")
    assert visit(tmp_path, "/bad.cfg", "/ok.cfg").body == b"ok"
    assert visit(tmp_path, "/bad.cfg", "/bad.cfg").status == 503
    mended = visit(tmp_path, "/bad.cfg", "/bad.cfg", between=lambda _: bad.write_text("mended"))
    assert mended.body == b"mended"


def test_a_template_that_changes_is_read_again(tmp_path):
    file = tmp_path / "x.cfg.j2"
    file.write_text("one")
    page = visit(tmp_path, "/x.cfg", "/x.cfg", between=lambda _: file.write_text("another"))
    assert page.body == b"another"


def test_a_killed_worker_and_a_killed_nursery_are_replaced(tmp_path):
    (tmp_path / "x.cfg.j2").write_text("ok")

    def slay(workshop):
        for worker in workshop._all:
            signal.pidfd_send_signal(worker.process, signal.SIGKILL)
        workshop._maid.kill()
        workshop._maid.wait()

    async def go():
        workshop = Workshop(Folder(tmp_path), content_type, LIMITS)
        statuses = []
        for turn in range(4):
            page = await workshop.answer("/x.cfg", told(asked("/x.cfg")))
            statuses.append(page.status)
            if turn == 0:
                slay(workshop)
            workshop._resting.clear()
        workshop.close()
        return statuses

    statuses = asyncio.run(go())
    assert statuses[0] == statuses[-1] == 200


def test_many_at_once_all_get_their_own(tmp_path):
    (tmp_path / "x.cfg.j2").write_text("{{ request.query }}")

    async def go():
        workshop = Workshop(Folder(tmp_path), content_type, LIMITS)
        calls = [
            workshop.answer("/x.cfg", told(asked("/x.cfg", query=str(each)))) for each in range(200)
        ]
        pages = await asyncio.gather(*calls)
        count = len(workshop._all)
        workshop.close()
        return [page.body.decode() for page in pages], count

    bodies, workers = asyncio.run(go())
    assert bodies == [str(each) for each in range(200)]
    assert workers <= LIMITS.at_once


def test_who_stops_waiting_takes_the_worker_along(tmp_path):
    (tmp_path / "x.cfg.j2").write_text("{% for i in range(99999) %}{% for j in range(99999) %}"
                                       "{% endfor %}{% endfor %}")  # fmt: skip

    async def go():
        workshop = Workshop(Folder(tmp_path), content_type, LIMITS)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(workshop.answer("/x.cfg", told(asked("/x.cfg"))), 0.4)
        left = len(workshop._all)
        workshop.close()
        return left

    assert asyncio.run(go()) == 0


def test_nothing_is_left_running_or_open(tmp_path):
    (tmp_path / "x.cfg.j2").write_text("ok")
    before = len(list(Path("/proc/self/fd").iterdir()))
    maids = []
    visit(tmp_path, "/x.cfg", between=lambda workshop: maids.append(workshop._maid.pid))
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    assert not Path(f"/proc/{maids[0]}").exists()


def test_templates_that_files_hide_are_named(tmp_path):
    for name in ("a.cfg", "a.cfg.j2", "b.cfg.j2"):
        (tmp_path / name).write_text("x")

    async def go():
        return Workshop(Folder(tmp_path), content_type).hidden()

    assert asyncio.run(go()) == ["a.cfg.j2"]


def test_a_request_too_large_for_a_worker_is_refused_and_the_next_is_served(tmp_path):
    (tmp_path / "x.cfg.j2").write_text("{{ request.headers.x|length }}")

    async def ask(workshop, size):
        large = asked("/x.cfg", headers={b"x": b"\xff" * size})
        return await workshop.answer("/x.cfg", told(large))

    async def go():
        workshop = Workshop(Folder(tmp_path), content_type, LIMITS)
        try:
            with pytest.raises(RefusedError, match="too large"):
                await ask(workshop, LONGEST_MESSAGE)
            return [(await ask(workshop, size)).body for size in (LONGEST_MESSAGE // 4, 1)]
        finally:
            workshop.close()

    assert asyncio.run(go()) == [b"%d" % (LONGEST_MESSAGE // 4), b"1"]
