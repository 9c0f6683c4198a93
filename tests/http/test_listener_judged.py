"""The listener, judged by clients that we did not write: curl and busybox wget."""

import hashlib
import ssl
import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ringback.certificate.engine import Engine
from ringback.clock import utc
from ringback.files.root import Root
from ringback.http.answer import Answer
from ringback.http.engine import Session
from ringback.http.request import Request

from .conftest import Serve, Served

SIZES = (0, 1, 511, 512, 513, 20_000, 65_536, 65_537, 33_000_000)
Curl = Callable[..., str]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "root"
    folder.mkdir()
    for size in SIZES:
        (folder / f"{size}.bin").write_bytes(hashlib.shake_128(b"%d" % size).digest(size))
    (folder / "spa 1.xml").write_bytes(b"<flat-profile/>")
    (folder / "basic.xml.gz").write_bytes(b"\x1f\x8b\x08")
    (tmp_path / "secret").write_bytes(b"secret")
    return folder


@pytest.fixture
def served(serve: Serve, root: Path) -> Served:
    files = Root(root)

    def answer(request: Request) -> Answer:
        file = files.read(request.path)
        return Answer(200, file.data, file.content_type, (), file.etag, file.modified)

    return serve(answer)


@pytest.fixture
def curl(program) -> Curl:
    path = program("curl")

    def run(*arguments: str | Path) -> str:
        command = [path, "--silent", "--show-error", "--max-time", "20", "--path-as-is"]
        done = subprocess.run([*command, *arguments], check=False, capture_output=True, text=True)
        assert not done.stderr, done.stderr
        return done.stdout

    return run


def status(curl: Curl, *arguments: str) -> str:
    return curl("-o", "/dev/null", "-w", "%{http_code}", *arguments)


@pytest.mark.parametrize("version", ["--http1.0", "--http1.1", "--http2"])
def test_curl_fetches_every_size_intact(
    served: Served, curl: Curl, root: Path, tmp_path: Path, version: str
) -> None:
    for size in SIZES:
        copy = tmp_path / "copy"
        curl(version, "-o", copy, served.url(f"/{size}.bin"))
        assert copy.read_bytes() == (root / f"{size}.bin").read_bytes(), size


def test_busybox_wget_fetches_every_size_intact(
    served: Served, program, root: Path, tmp_path: Path
) -> None:
    for size in SIZES:
        copy = tmp_path / "copy"
        command = [program("busybox"), "wget", "-q", "-O", copy, served.url(f"/{size}.bin")]
        subprocess.run(command, check=True, capture_output=True)
        assert copy.read_bytes() == (root / f"{size}.bin").read_bytes(), size


def test_head_says_what_get_would(served: Served, curl: Curl) -> None:
    url = served.url("/20000.bin")
    assert curl("-I", "-w", "%{header_json}", url) != ""
    told = curl("-I", url).splitlines()
    sent = curl("-D", "-", "-o", "/dev/null", url).splitlines()
    assert [line for line in told if "Date" not in line] == [
        line for line in sent if "Date" not in line
    ]
    assert "Content-Length: 20000" in told


def test_one_connection_serves_many_requests(served: Served, curl: Curl) -> None:
    urls = [served.url(f"/{size}.bin") for size in (1, 511, 20_000)]
    said = curl("-w", "%{http_code} %{num_connects};", "-o", "/dev/null", "-o", "/dev/null",
                "-o", "/dev/null", *urls)  # fmt: skip
    assert said == "200 1;200 0;200 0;"


def test_curl_compares_tags_and_dates(served: Served, curl: Curl, tmp_path: Path) -> None:
    url, tag, copy = served.url("/513.bin"), tmp_path / "tag", tmp_path / "copy"
    curl("--etag-save", tag, "-o", copy, "-R", url)
    assert tag.read_text().strip().startswith('"')
    assert status(curl, "--etag-compare", str(tag), url) == "304"
    assert status(curl, "-z", str(copy), url) == "304"
    assert status(curl, "-H", 'If-None-Match: "other"', url) == "200"


def test_curl_resumes_and_asks_for_parts(
    served: Served, curl: Curl, root: Path, tmp_path: Path
) -> None:
    url, whole = served.url("/33000000.bin"), (root / "33000000.bin").read_bytes()
    copy = tmp_path / "copy"
    copy.write_bytes(whole[:20_000_001])
    curl("-C", "-", "-o", copy, url)
    assert copy.read_bytes() == whole
    curl("-r", "-5", "-o", copy, url)
    assert copy.read_bytes() == whole[-5:]
    assert status(curl, "-r", "0-0", url) == "206"
    assert status(curl, "-r", "33000000-", url) == "416"
    assert status(curl, "-r", "0-1,5-6", url) == "200"


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/spa%201.xml", "200"),
        ("///spa%201.xml", "200"),
        ("/../secret", "404"),
        ("/%2e%2e/secret", "404"),
        ("/%252e%252e/secret", "404"),
        ("/..%2fsecret", "404"),
        ("/..%5csecret", "404"),
        ("/%00", "404"),
        ("/", "404"),
        ("/nothing", "404"),
    ],
)
def test_paths(served: Served, curl: Curl, path: str, code: str) -> None:
    assert status(curl, served.url(path)) == code


def test_types(served: Served, curl: Curl) -> None:
    told = curl("-I", served.url("/basic.xml.gz"))
    assert "Content-Type: application/octet-stream" in told
    assert "Content-Encoding" not in told
    assert "Content-Type: text/xml" in curl("-I", served.url("/spa%201.xml"))


@pytest.mark.parametrize(
    ("method", "code"),
    [("POST", "405"), ("PUT", "405"), ("DELETE", "405"), ("OPTIONS", "405"), ("TRACE", "405"),
     ("CONNECT", "405"), ("PROPFIND", "501"), ("BREW", "400")],
)  # fmt: skip
def test_methods(served: Served, curl: Curl, method: str, code: str) -> None:
    assert status(curl, "-X", method, served.url("/1.bin")) == code


def test_an_upload_that_waits_for_encouragement(serve: Serve, curl: Curl, tmp_path: Path) -> None:
    served = serve(lambda request: Answer(200, b"%d" % len(request.body)), methods=("PUT", "POST"))
    body = tmp_path / "body"
    body.write_bytes(bytes(300_000))
    url = served.url("/x")
    assert curl("-H", "Expect: 100-continue", "-T", body, url) == "300000"
    assert curl("-H", "Transfer-Encoding: chunked", "-T", body, url) == "300000"
    assert curl("--data-binary", f"@{body}", url) == "300000"


def test_a_refused_upload_hears_its_status(served: Served, curl: Curl, tmp_path: Path) -> None:
    body = tmp_path / "body"
    body.write_bytes(bytes(10_000_000))
    assert curl("-o", "/dev/null", "-w", "%{http_code}", "-H", "Expect:", "--data-binary",
                f"@{body}", served.url("/x")) == "405"  # fmt: skip


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "prov.test")])
    now = utc()
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .sign(key, hashes.SHA256())
    )
    place = tmp_path / "server.pem"
    place.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + signed.public_bytes(serialization.Encoding.PEM)
    )
    return place


def test_tls_is_one_argument(serve: Serve, curl: Curl, certificate: Path) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    large = bytes(5_000_000)
    served = serve(lambda _: Answer(200, large), tls=lambda: Engine(context))
    url = served.url("/x", "https")
    assert curl("-k", "-o", "/dev/null", "-w", "%{http_code} %{size_download}", url) == (
        "200 5000000"
    )
    assert status(curl, "-k", "-X", "POST", url) == "405"
    first = served.accesses[0].request
    assert first.scheme == "https"
    assert isinstance(first.tls, Session)
    assert first.tls.version == "TLSv1.3"
    assert first.tls.proven is None
