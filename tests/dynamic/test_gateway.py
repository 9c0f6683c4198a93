"""Scripts under /cgi-bin/, good and bad, and the seed's own exercise."""

import asyncio
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID
from tests.dynamic.conftest import Authority, asked, name

from ringback.dynamic.asked import Evidence, Seat
from ringback.dynamic.folder import Folder
from ringback.dynamic.gateway import Gateway
from ringback.dynamic.limits import Limits
from ringback.errors import NotFoundError, RefusedError
from ringback.http.engine import Session

SEEDS = Path(__file__).resolve().parents[3] / "shared" / "seeds"
SEAT = Seat("prov.example.com", 443)
TELLS = r"""#!/bin/sh
printf 'Content-Type: text/xml\n\n'
echo "$REQUEST_METHOD $SCRIPT_NAME $PATH_INFO $QUERY_STRING $HTTPS"
cat
"""


def answer(folder, path, evidence=None, limits=None, **more):
    async def go():
        gateway = Gateway(Folder(folder), limits or Limits())
        assert gateway.wants(path)
        return await gateway.answer(asked(path, **more), evidence, SEAT)

    return asyncio.run(go())


def put(folder, text, script="a.cgi"):
    (folder / script).write_text(text)
    (folder / script).chmod(0o755)


def test_a_script_is_told_its_request_and_answers(tmp_path):
    put(tmp_path, TELLS)
    page = answer(tmp_path, "/cgi-bin/a.cgi/x", method="POST", query="q=$(id)", body=b"<in/>")
    assert page[:4] == (200, b"POST /cgi-bin/a.cgi /x q=$(id) \n<in/>", "text/xml", ())
    assert not page.why


@pytest.mark.parametrize(
    ("text", "status", "words"),
    [
        ("exit 3", 500, "exited with status 3"),
        ("printf 'Content-Type: a/b\\n\\nhalf a prof'; exit 1", 500, "status 1"),
        ("printf 'Content-Type: a/b\\n\\nhalf a prof'; kill -9 $$", 500, "killed"),
        ("echo '<flat-profile/>'", 502, "Content-Type"),
        ("exit 0", 502, "nothing was printed"),
        ("printf 'Content-Type: a/b\\nX: a\\rb\\n\\n'", 502, "control character"),
        ("printf 'Content-Type: a/b\\nX: a\\000b\\n\\n'", 502, "control character"),
        ("printf 'HTTP/1.0 200 OK\\n\\n'", 502, "NPH"),
        ("sleep 60", 504, "took too long"),
        ("while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done", 502, "too much"),
        ("echo 'no such phone: 17' >&2; exit 1", 500, "no such phone: 17"),
        ("printf 'a\\nfake log line\\033[2J' >&2; exit 1", 500, "a fake log line?[2J"),
    ],
)
def test_a_script_that_fails_gives_a_server_error_and_one_line(tmp_path, text, status, words):
    put(tmp_path, f"#!/bin/sh\n{text}\n")
    limits = Limits(seconds=1.0, output=100_000)
    page = answer(tmp_path, "/cgi-bin/a.cgi", limits=limits)
    assert page.status == status
    assert words in page.why
    assert page.why.isprintable()
    assert len(page.why) < 500
    assert b"a.cgi" not in page.body


def test_what_is_not_to_be_run_is_the_uniform_refusal(tmp_path):
    (tmp_path / "a.cgi").write_text("#!/bin/sh\n")
    with pytest.raises(RefusedError, match="chmod 755"):
        answer(tmp_path, "/cgi-bin/a.cgi")
    with pytest.raises(NotFoundError):
        answer(tmp_path, "/cgi-bin/b.cgi")
    with pytest.raises(RefusedError):
        answer(tmp_path, "/cgi-bin/../b.cgi")


def test_huge_headers_are_refused_before_anything_is_started(tmp_path):
    put(tmp_path, "#!/bin/sh\ntouch started\n")
    with pytest.raises(RefusedError):
        answer(tmp_path, "/cgi-bin/a.cgi", headers={b"x": b"y" * 200_000})
    assert not (tmp_path / "started").exists()


def test_a_local_redirect_is_handed_back(tmp_path):
    put(tmp_path, "#!/bin/sh\nprintf 'Location: /spa.cfg?x\\n\\n'\n")
    assert answer(tmp_path, "/cgi-bin/a.cgi").local == "/spa.cfg?x"


def test_the_environment_of_the_server_stays_at_home(tmp_path, monkeypatch):
    monkeypatch.setenv("SECRET", "x")
    put(tmp_path, "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n'; env\n")
    assert b"SECRET" not in answer(tmp_path, "/cgi-bin/a.cgi").body


def test_a_certificate_that_cannot_be_read_is_none(tmp_path):
    put(tmp_path, '#!/bin/sh\nprintf "Content-Type: text/plain\\n\\n$SSL_CLIENT_VERIFY"\n')
    page = answer(tmp_path, "/cgi-bin/a.cgi", Evidence(client=b"0\x03\x02\x01"))
    assert page.body == b"NONE"


# The seed's exercise: HTTPS Client Filtering and Dynamic Content.


def seed_script():
    """The Perl reflector, byte for byte as the seed prints it."""
    if not SEEDS.is_dir():
        pytest.skip("no seed: put shared/seeds beside the project")
    for file in SEEDS.iterdir():
        _, found, rest = file.read_text().partition("#!/usr/bin/perl -wT")
        if found:
            return found + rest.partition("\n```")[0] + "\n"
    raise AssertionError("the seed lost its script")


def reflected(tmp_path, text, phone, program):
    program("perl")
    put(tmp_path, text, "reflect.pl")
    return answer(tmp_path, "/cgi-bin/reflect.pl", Evidence(client=phone.der))


def test_the_seeds_reflector_runs_as_printed_and_tells_of_the_issuer(tmp_path, phone, program):
    page = reflected(tmp_path, seed_script(), phone, program)
    assert page.status == 200
    assert page.content_type == "text/plain"
    assert page.body.decode() == (
        "<flat-profile><GPP_D>OU=Test Certificate Authority,\nL=San Jose,\nS=\n"
        "</GPP_D></flat-profile>"
    )
    assert "SSL_CLIENT_I_DN_S" in page.why  # what perl -w has to say about the trap


def test_the_corrected_reflector_tells_of_the_phone(tmp_path, phone, program):
    corrected = seed_script().replace("I_DN_S'", "S_DN_ST'").replace("I_DN_", "S_DN_")
    page = reflected(tmp_path, corrected, phone, program)
    assert page.body.decode() == (
        "<flat-profile><GPP_D>OU=SPA-962,\nL=88012BA01234,\nS=000e08abcdef\n</GPP_D></flat-profile>"
    )
    assert not page.why


def test_it_does_so_over_mutual_tls(tmp_path, phone, authority, program):
    """As a phone fetches it, with curl in the phone's place."""
    program("perl")
    curl = program("curl")
    put(tmp_path, seed_script().replace("I_DN_S'", "S_DN_ST'").replace("I_DN_", "S_DN_"), "r.pl")
    server = authority.sign(
        name([(NameOID.COMMON_NAME, "localhost")]),
        x509.SubjectAlternativeName([x509.DNSName("localhost")]),
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(server.write(tmp_path, "server"))
    context.load_verify_locations(cadata=authority.made.pem().decode())
    context.verify_mode = ssl.CERT_REQUIRED
    anchor = authority.made.write(tmp_path, "authority")
    shown = phone.write(tmp_path, "phone")

    async def go():
        gateway = Gateway(Folder(tmp_path))

        async def serve(reader, writer):
            line = (await reader.readuntil(b"\r\n\r\n")).split()
            link = writer.get_extra_info("ssl_object")
            cipher, _, bits = link.cipher()
            der = link.getpeercert(binary_form=True)
            session = Session(link.version(), cipher, bits, certificate=der, verified=True)
            evidence = Evidence.of(session, server=server.der)
            path = line[1].decode().partition("?")[0]
            page = await gateway.answer(asked(path, scheme="https"), evidence, SEAT)
            writer.write(b"HTTP/1.0 %d OK\r\n\r\n%b" % (page.status, page.body))
            writer.close()
            await writer.wait_closed()

        doors = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
        url = f"https://localhost:{doors.sockets[0].getsockname()[1]}/cgi-bin/r.pl?"
        process = await asyncio.create_subprocess_exec(
            curl, "-sS", "--cacert", anchor, "--cert", shown, url,
            stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        body, _ = await process.communicate()
        doors.close()
        return body

    assert b"S=000e08abcdef" in asyncio.run(go())


def test_an_authority_may_have_any_name(tmp_path, program):
    other = Authority(name([(NameOID.COMMON_NAME, "x")]))
    page = reflected(tmp_path, seed_script(), other.sign(other.subject), program)
    assert page.body.startswith(b"<flat-profile><GPP_D>OU=,\nL=,\nS=\n")
