"""An upload to servers nobody here wrote, and opened by a program nobody here wrote."""

import asyncio
import os
import subprocess

import pytest
from tests.phone.servers import nginx_that_takes_files, tftpd_hpa_that_creates

from ringback.cisco import aes128gcm
from ringback.cisco.url import Url
from ringback.dns.resolver import Resolver
from ringback.errors import Failure, TransferError
from ringback.phone.action import Send
from ringback.phone.fetch import send

pytestmark = pytest.mark.duty(9)

BODY = b"<flat-profile>" + b"<GPP_A>1</GPP_A>\n" * 500 + b"</flat-profile>\n"
AGENT = "Cisco-CP-7832-3PCC/11.3.1 (000e08abcdef)"


def sent(url, addresses=("127.0.0.1",), **named):
    wanted = Send(Url.parse(url), addresses, AGENT, BODY, **named)
    return asyncio.run(send(wanted, Resolver(fixed={})))


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "root"
    root.mkdir()
    root.chmod(0o777)
    return root


@pytest.fixture
def web(program, folder, tmp_path, free_port):
    port = free_port()
    with nginx_that_takes_files(program("nginx"), folder, tmp_path / "nginx", port):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def tftp(program, folder, free_port):
    if os.geteuid():
        pytest.skip("tftpd-hpa locks itself into a folder, for which it must be root")
    port = free_port("udp")
    with tftpd_hpa_that_creates(program("in.tftpd"), folder, port):
        yield f"tftp://127.0.0.1:{port}"


def test_nginx_takes_a_put(web, folder):
    answer = sent(f"{web}/reports/000e08abcdef.xml", method="PUT", content_type="text/xml")
    assert answer.address == "127.0.0.1"
    assert (folder / "reports" / "000e08abcdef.xml").read_bytes() == BODY


def test_credentials_of_the_rule_answer_a_challenge(program, folder, tmp_path, free_port):
    port = free_port()
    guarded = nginx_that_takes_files(
        program("nginx"), folder, tmp_path / "nginx", port, password="p"
    )
    with guarded:
        url = f"http://127.0.0.1:{port}/x.xml"
        with pytest.raises(TransferError):
            sent(url, method="PUT", uid="u", pwd="wrong")
        sent(url, method="PUT", uid="u", pwd="p")
    assert (folder / "x.xml").read_bytes() == BODY


def test_a_server_that_takes_no_post_fails_the_upload(web, folder):
    (folder / "index.html").touch()
    with pytest.raises(TransferError) as failed:
        sent(f"{web}/index.html")
    assert failed.value.failure is Failure.GET


def test_tftpd_hpa_takes_a_put_and_a_silent_address_is_passed_over(tftp, folder):
    answer = sent(f"{tftp}/report.xml", ("127.0.0.9", "127.0.0.1"))
    assert answer.address == "127.0.0.1"
    assert (folder / "report.xml").read_bytes() == BODY


def test_a_tftp_server_that_refuses_fails_the_upload(tftp):
    with pytest.raises(TransferError, match="report"):
        sent(f"{tftp}/no/such/folder/report.xml")


@pytest.mark.parametrize("digest", ["md5", "sha256"])
def test_openssl_opens_what_was_sealed_with_a_key(web, folder, program, digest):
    sent(f"{web}/sealed", method="PUT", key="my secret phrase", digest=digest)
    command = [program("openssl"), "enc", "-d", "-aes-256-cbc", "-md", digest]
    command += ["-k", "my secret phrase", "-in", str(folder / "sealed")]
    assert subprocess.run(command, capture_output=True, check=True).stdout == BODY


def test_aes128gcm_is_announced_and_opens_with_the_keying_material(web, folder):
    ikm = bytes(range(16))
    sent(f"{web}/sealed", method="PUT", ikm=ikm)
    sealed = (folder / "sealed").read_bytes()
    assert aes128gcm.decrypt(sealed, ikm=ikm) == BODY


def test_two_uploads_never_have_the_same_salt(web, folder):
    sent(f"{web}/a", method="PUT", key="k")
    sent(f"{web}/b", method="PUT", key="k")
    assert (folder / "a").read_bytes()[8:16] != (folder / "b").read_bytes()[8:16]
