"""The vendor's exercise *HTTPS Client Filtering and Dynamic Content*, over mutual TLS.

The script is the chapter's own, byte for byte. It prints the issuer's fields, and an ``S`` that is
the surname to a web server: docs/dynamic-content.md has the corrected copy, and both are run.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.house.secured import A, Papers, Secure, opened
from tests.house.started import ringback

SEEDS = Path(__file__).resolve().parents[3] / "shared" / "seeds"
NEW = "000e08abcdef"
SPA = ("SPA962", "88012BA01234")


def seed_script() -> str:
    """The Perl reflector as the chapter prints it."""
    for page in SEEDS.glob("*.txt"):
        text = page.read_text()
        if "#!/usr/bin/perl -wT" in text:
            return "#!/usr/bin/perl" + text.split("#!/usr/bin/perl", 1)[1].split("```", 1)[0]
    pytest.skip("no seed: put shared/seeds beside the project")


def corrected() -> str:
    """The script as it was meant: the subject's fields, and the state."""
    return seed_script().replace("I_DN_S'", "S_DN_ST'").replace("I_DN_", "S_DN_")


TEMPLATE = (
    "<flat-profile><GPP_D>"
    "OU={{ certificate.OU }},\nL={{ certificate.L }},\nS={{ certificate.ST }}"
    "\n</GPP_D></flat-profile>"
)


@pytest.fixture
def phone(papers: Papers, tmp_path: Path) -> Path:
    """An SPA phone's certificate, in the vendor's shape."""
    mine = papers.copied_to(tmp_path)
    who = ("--mac", NEW, "--serial", SPA[1], "--model", SPA[0])
    done = ringback("cert", "issue", *who, "--state", str(mine.state))
    assert done.returncode == 0, done.stderr
    return mine.phone(NEW)


@pytest.fixture
def secure(papers: Papers, root: Path, tmp_path: Path, program) -> Iterator[Secure]:
    program("perl")
    scripts = tmp_path / "cgi-bin"
    scripts.mkdir()
    for name, text in {"reflect.pl": seed_script(), "corrected.pl": corrected()}.items():
        (scripts / name).write_text(text)
        (scripts / name).chmod(0o755)
    (root / "reflect.xml.j2").write_text(TEMPLATE)
    with opened(
        papers, root, program, "--cgi-bin", str(scripts), doors=("http", "ask", "require")
    ) as server:
        yield server


@pytest.mark.parametrize("door", ["ask", "require"])
def test_the_chapters_script_runs_as_printed_and_tells_of_the_issuer(secure, phone, door):
    got = secure.get(door, "/cgi-bin/reflect.pl?", phone)
    assert got.status == 200
    assert "Content-Type: text/plain" in got.head
    assert got.body == b"<flat-profile><GPP_D>OU=,\nL=,\nS=\n</GPP_D></flat-profile>"


def test_the_corrected_copy_tells_of_the_phone(secure, phone):
    wanted = f"<flat-profile><GPP_D>OU=SPA-962,\nL={SPA[1]},\nS={NEW}\n</GPP_D></flat-profile>"
    got = secure.get("require", "/cgi-bin/corrected.pl?", phone)
    assert got.body.decode() == wanted


def test_a_template_does_the_same_without_perl(secure, phone):
    script = secure.get("require", "/cgi-bin/corrected.pl?", phone)
    template = secure.get("require", "/reflect.xml", phone)
    assert template.status == 200
    assert template.body == script.body


@pytest.mark.parametrize("path", ["/cgi-bin/reflect.pl?", "/reflect.xml"])
def test_without_a_believed_certificate_the_fields_are_empty(secure, path):
    for who in (None, secure.papers.stranger):
        got = secure.get("ask", path, who)
        assert got.body == b"<flat-profile><GPP_D>OU=,\nL=,\nS=\n</GPP_D></flat-profile>"
        assert secure.get("require", path, who).status == 0


def test_neither_script_nor_template_is_given_away(secure):
    for name in ("/reflect.xml.j2", "/cgi-bin/", "/cgi-bin", "/cgi-bin/../cgi-bin/reflect.pl/.."):
        got = secure.get("ask", name, secure.papers.phone(A))
        assert b"#!/usr/bin/perl" not in got.body
        assert b"{{" not in got.body
    assert secure.get("ask", "/reflect.xml.j2").status == 404
