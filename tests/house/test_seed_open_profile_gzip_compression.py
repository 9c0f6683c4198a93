"""The vendor's exercise *Open Profile gzip Compression*."""

import pytest
from tests.house.conftest import TFTP_CLIENTS, tool
from tests.house.started import BASIC, basic, resync, ringback


@pytest.fixture
def gzip(program):
    """The gzip of this machine."""
    return tool(program, "gzip")


@pytest.fixture
def compressed(root, gzip):
    """The folder after the chapter's ``gzip basic.txt``: only ``basic.txt.gz`` is left."""
    gzip("basic.txt", cwd=root)
    assert not (root / "basic.txt").exists()
    return root


def test_the_phone_downloads_the_compressed_file_and_updates_its_parameters(
    compressed, server, plug, ear
):
    assert compressed == server.root
    phone = plug(Syslog_Server=ear.address, Resync_On_Reset="No")

    phone.submit(Profile_Rule=server.url("basic.txt.gz"), Resync_On_Reset="Yes")

    ear.wait_for(f"Successful resync {server.url('basic.txt.gz')}")
    assert phone.field("GPP_A") == "12345678"


@pytest.mark.parametrize("model", ["7832", "SPA504G"])
def test_the_name_of_the_file_says_nothing(compressed, server, model):
    (compressed / "basic.txt.gz").rename(compressed / "basic.xml")

    report = resync(server.url("basic.xml", "http"), "--model", model)

    assert report["changed"] == {"GPP_A": ["", "12345678"]}


@pytest.mark.parametrize("client", TFTP_CLIENTS)
def test_what_foreign_clients_fetch_is_what_gzip_wrote(
    compressed, server, fetch_tftp, gzip, client
):
    got = fetch_tftp(client, server.tftp, "basic.txt.gz")

    assert got == (compressed / "basic.txt.gz").read_bytes()
    assert gzip("-dc", stdin=got).decode() == BASIC


@pytest.mark.usefixtures("compressed")
def test_over_http_it_is_a_file_and_no_content_coding(server, curl, gzip):
    head = curl("-I", server.url("basic.txt.gz", "http")).decode().lower()
    body = curl("--compressed", server.url("basic.txt.gz", "http"))

    assert "content-type: application/octet-stream" in head
    assert "content-encoding" not in head
    assert gzip("-dc", stdin=body).decode() == BASIC


def test_what_we_compress_gzip_takes_and_so_does_the_phone(server, gzip):
    sealed = server.root / "sealed.cfg"
    done = ringback("profile", "seal", str(server.root / "basic.txt"), "--gzip", "-o", str(sealed))
    assert done.returncode == 0, done.stderr

    assert gzip("-dc", stdin=sealed.read_bytes()).decode() == BASIC
    assert resync(server.url("sealed.cfg"))["changed"] == {"GPP_A": ["", "12345678"]}


def test_zlibs_own_format_without_a_gzip_header_is_refused(server):
    import zlib

    (server.root / "deflated").write_bytes(zlib.compress(basic("no gzip header").encode()))

    report = resync(server.url("deflated"))

    assert report["error"] == "corrupt file"
    assert report["changed"] == {}


@pytest.mark.usefixtures("compressed")
def test_our_phone_takes_it_from_tftpd_hpa_and_nginx(judges):
    with judges.tftpd_hpa() as tftp, judges.nginx() as http:
        reports = [resync(f"{server}/basic.txt.gz") for server in (tftp, http)]

    assert [each["changed"] for each in reports] == [{"GPP_A": ["", "12345678"]}] * 2
