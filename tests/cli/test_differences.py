"""``ringback profile diff`` as typed, against files and against a page served by the stdlib."""

import base64
import json
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

RINGBACK = str(Path(sys.executable).parent / "ringback")
ONE = (
    b'<flat-profile><GPP_A>1</GPP_A><GPP_SA>geheim</GPP_SA><GPP_C ua="na">3</GPP_C></flat-profile>'
)
TWO = b'<flat-profile><GPP_A>2</GPP_A><GPP_SA>***</GPP_SA><GPP_C ua="rw">3</GPP_C></flat-profile>'
PAGE = b"""<?xml version="1.0"?><device><flat-profile>
<GPP_A ua="na">1</GPP_A><GPP_B ua="na"/><GPP_C ua="na">3</GPP_C>
</flat-profile></device>"""


@pytest.fixture
def diff(tmp_path):
    """Type ``ringback profile diff …`` in a folder with two profiles."""
    (tmp_path / "one.xml").write_bytes(ONE)
    (tmp_path / "two.xml").write_bytes(TWO)

    def run(*arguments, stdin=b""):
        return subprocess.run(
            [RINGBACK, "profile", "diff", *arguments],
            cwd=tmp_path,
            input=stdin,
            capture_output=True,
            check=False,
        )

    return run


class Page(BaseHTTPRequestHandler):
    """A phone's page, for the administrator with his password only."""

    wanted = "Basic " + base64.b64encode(b"admin:pw").decode()

    def do_GET(self):
        right = self.path == "/admin/cfg.xml"
        known = self.headers.get("Authorization") == self.wanted
        self.send_response(404 if not right else 200 if known else 401)
        if right and not known:
            self.send_header("WWW-Authenticate", 'Basic realm="spa admin"')
        body = PAGE if right and known else b""
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Quiet."""


@pytest.fixture
def page():
    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/admin/cfg.xml"
        server.shutdown()
        thread.join()


def test_equal_files_exit_0(diff):
    done = diff("one.xml", "one.xml")

    assert done.returncode == 0
    assert done.stdout == b"no difference\n"


def test_files_that_differ_exit_1_and_masks_are_not_compared(diff):
    done = diff("one.xml", "two.xml")

    assert done.returncode == 1
    assert done.stdout.decode().splitlines() == [
        "GPP_A",
        "  - 1",
        "  + 2",
        "GPP_C",
        '  - ua="na"',
        '  + ua="rw"',
        "not compared, one side hides them: GPP_SA",
    ]


def test_json_is_one_object(diff):
    done = diff("one.xml", "two.xml", "--json")

    assert done.returncode == 1
    assert json.loads(done.stdout) == {
        "error": None,
        "equal": False,
        "changed": {"GPP_A": ["1", "2"]},
        "only_first": {},
        "only_second": {},
        "access": {"GPP_C": ["na", "rw"]},
        "hidden": ["GPP_SA"],
    }


def test_a_file_against_a_phones_page(diff, page):
    same = diff("one.xml", page, "--pwd", "pw")

    assert (same.returncode, same.stderr) == (0, b"")
    assert b"GPP_SA" in same.stdout
    assert diff("two.xml", page, "--pwd", "pw").returncode == 1


def test_a_wrong_password_is_told(diff, page):
    done = diff("one.xml", page, "--pwd", "wrong", "--json")

    assert done.returncode == 1
    assert "401" in json.loads(done.stdout)["error"]
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (("one.xml",), 2),
        ((), 2),
        (("one.xml", "two.xml", "--model", "nonsense"), 2),
        (("one.xml", "missing.xml"), 1),
        (("one.xml", "http://127.0.0.1:1/admin/cfg.xml"), 1),
        (("one.xml", "http://127.0.0.1:99999/"), 1),
        (("one.xml", "-"), 1),
    ],
)
def test_wrong_usage_exits_2_and_what_cannot_be_read_1(diff, arguments, status):
    done = diff(*arguments)

    assert done.returncode == status
    assert done.stdout == b""
    assert done.stderr
    assert b"Traceback" not in done.stderr
