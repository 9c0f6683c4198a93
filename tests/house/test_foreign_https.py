"""Our phone, as started by a user, and the HTTPS servers of others, which ask for its certificate.

The authority is ours (``ringback cert``); Apache and nginx judge what it signed, and the phone.
"""

import shutil
import tempfile
from pathlib import Path

import pytest
from tests.house.secured import BASIC, A
from tests.house.started import resync
from tests.phone.servers import apache, nginx_tls

pytestmark = pytest.mark.duty(5)


@pytest.fixture
def site(papers):
    """What a server needs, in a folder that everybody may read: Apache gives its rights away."""
    folder = Path(tempfile.mkdtemp(prefix="ringback-foreign-"))
    folder.chmod(0o755)
    (folder / "root" / "cgi-bin").mkdir(parents=True)
    (folder / "root" / "basic.txt").write_text(BASIC)
    shutil.copy(papers.state / "server.pem", folder / "server.pem")
    shutil.copy(papers.root, folder / "roots.pem")
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(params=["apache2", "nginx"])
def https(request, program, site, free_port):
    """A server that lets nobody in without a certificate of the authority; the profile's URL."""
    port, work = free_port(), site / request.param
    if request.param == "apache2":
        work.mkdir()
        started = apache(program("apache2"), site, work, port)
    else:
        started = nginx_tls(program("nginx"), site, work, port)
    with started:
        yield f"https://localhost:{port}/basic.txt"


def ask(url, *arguments):
    return resync(url, "--resolve", "localhost=127.0.0.1", "--model", "8861", *map(str, arguments))


def test_a_phone_with_its_certificate_gets_its_profile(https, papers):
    report = ask(https, "--mac", A, "--ca", papers.root, "--cert", papers.phone(A))
    assert report["applied"]
    assert report["changed"] == {"GPP_A": ["", "12345678"]}


def test_a_phone_without_one_or_with_a_strangers_is_not_let_in(https, papers):
    for shown in ((), ("--cert", papers.stranger)):
        report = ask(https, "--mac", A, "--ca", papers.root, *shown)
        assert not report["applied"]
        assert report["changed"] == {}


def test_a_phone_that_does_not_trust_the_server_asks_it_for_nothing(https, papers):
    report = ask(https, "--mac", A, "--cert", papers.phone(A))
    assert not report["applied"]
    assert "trust" in report["explanation"]
