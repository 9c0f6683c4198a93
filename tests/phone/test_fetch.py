"""A URL to its bytes, from servers nobody here wrote."""

import asyncio
import os
import socket
import threading

import pytest
from tests.phone.servers import nginx, tftpd_hpa

from ringback.cisco.url import Url
from ringback.dns.resolver import Resolver
from ringback.errors import Failure, TransferError
from ringback.phone.action import Fetch
from ringback.phone.fetch import fetch

pytestmark = pytest.mark.duty(5)

DEAD = "127.0.0.9"


def got(url, addresses=("127.0.0.1",), limit=1_000_000, fixed=None):
    agent = "Cisco-CP-7832-3PCC/11.3.1 (000e08abcdef)"
    wanted = Fetch(Url.parse(url), tuple(addresses), agent, limit=limit)
    return asyncio.run(fetch(wanted, Resolver(fixed=fixed or {})))


def failed(*arguments, **named):
    with pytest.raises(TransferError) as failure:
        got(*arguments, **named)
    return failure.value


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "root"
    root.mkdir()
    (root / "basic.txt").write_text("<flat-profile/>")
    return root


@pytest.fixture
def tftp(program, folder, free_port):
    if os.geteuid():
        pytest.skip("tftpd-hpa locks itself into a folder, for which it must be root")
    port = free_port("udp")
    with tftpd_hpa(program("in.tftpd"), folder, port):
        yield port


@pytest.fixture
def web(program, folder, tmp_path, free_port):
    port = free_port()
    with nginx(program("nginx"), folder, tmp_path / "nginx", port):
        yield port


def test_tftp_gets_the_file_and_tells_who_gave_it(tftp):
    found = got(f"tftp://prov.test:{tftp}/basic.txt")
    assert (found.body, found.address) == (b"<flat-profile/>", "127.0.0.1")


def test_tftp_goes_on_to_the_next_address_of_a_dead_server(tftp):
    found = got(f"tftp://prov.test:{tftp}/basic.txt", (DEAD, "127.0.0.1"))
    assert found.address == "127.0.0.1"


def test_a_missing_file_is_an_answer_and_no_other_server_is_asked(tftp):
    assert failed(f"tftp://h:{tftp}/none", ("127.0.0.1", DEAD)).failure is Failure.NOT_FOUND


def test_no_server_at_all_names_each_that_was_tried(free_port):
    error = failed(f"tftp://h:{free_port('udp')}/a", (DEAD, "127.0.0.8"))
    assert error.failure is Failure.GET
    assert DEAD in str(error)
    assert "127.0.0.8" in str(error)


def test_a_file_too_large_for_the_phone_is_refused(tftp, web):
    for url in (f"tftp://h:{tftp}/basic.txt", f"http://h:{web}/basic.txt"):
        assert failed(url, limit=5).failure is Failure.TOO_LARGE


def test_http_is_handed_the_addresses_of_its_host(web):
    found = got(f"http://no.such.name:{web}/basic.txt", (DEAD, "127.0.0.1"))
    assert (found.body, found.address) == (b"<flat-profile/>", "127.0.0.1")


def test_http_without_the_file_is_file_not_found(web):
    assert failed(f"http://h:{web}/none").failure is Failure.NOT_FOUND


def test_an_activation_code_is_no_file():
    assert failed("gds://").failure is Failure.SCHEME


@pytest.fixture
def no_such_file():
    """A TFTP server that has no file, on a thread; who asked."""
    asked = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))

        def serve():
            while True:
                data, peer = sock.recvfrom(2048)
                if data == b"stop":
                    return
                asked.append(peer[1])
                sock.sendto(b"\0\5\0\1no such file\0", peer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield sock.getsockname()[1], asked
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"stop", sock.getsockname())
        thread.join()


def test_tftp_is_sent_from_the_first_free_port_or_from_any(no_such_file, free_port):
    server, asked = no_such_file
    mine, taken = free_port("udp"), free_port("udp")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("0.0.0.0", taken))
        for ports in ((taken, mine), (taken,)):
            wanted = Fetch(
                Url.parse(f"tftp://h:{server}/a"), ("127.0.0.1",), "", source_ports=ports
            )
            with pytest.raises(TransferError):
                asyncio.run(fetch(wanted, Resolver()))
    assert asked[0] == mine
    assert asked[1] not in (0, taken)
