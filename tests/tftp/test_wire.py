import errno
import socket

import pytest

from ringback.tftp.wire import (
    ANCILLARY_SPACE,
    RECEIVE_BUFFER,
    address_told,
    can_segment,
    depth,
    is_wildcard,
    open_socket,
    sent_from,
    tell_addresses,
    tell_refusals,
)


def bound(host, **options):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return open_socket(family, (host, 0), **options)


def test_a_socket_never_blocks_and_is_as_deep_as_the_kernel_allows():
    with bound("127.0.0.1") as sock:
        assert sock.gettimeout() == 0
        assert 0 < depth(sock) <= RECEIVE_BUFFER
        with pytest.raises(BlockingIOError):
            sock.recv(1)


def test_a_socket_that_cannot_be_bound_is_closed_again():
    with pytest.raises(OSError) as caught:
        bound("203.0.113.1")

    assert caught.value.errno == errno.EADDRNOTAVAIL


@pytest.mark.parametrize(
    ("host", "wildcard"),
    [("0.0.0.0", True), ("127.0.0.1", False), ("::", True), ("::1", False), ("fe80::1%lo", False)],
)
def test_a_wildcard_is_the_address_of_all_addresses(host, wildcard):
    assert is_wildcard((host, 69)) == wildcard


@pytest.mark.parametrize(
    ("wildcard", "asked"),
    [("0.0.0.0", "127.0.0.1"), ("0.0.0.0", "127.9.8.7"), ("::", "::1")],
)
def test_the_address_a_datagram_went_to_is_told_and_can_be_sent_from(wildcard, asked):
    with bound(wildcard) as server, bound("::1" if ":" in asked else "127.0.0.1") as client:
        tell_addresses(server)
        port = server.getsockname()[1]
        client.sendto(b"who", (asked, port))
        _, ancillary, _, peer = server.recvmsg(10, ANCILLARY_SPACE)
        ours = address_told(server.family, ancillary[0][2])
        assert ours is not None
        assert ours[:2] == (asked, 0)

        server.sendmsg([b"me"], sent_from(ours), 0, peer)
        assert client.recvfrom(10)[1][:2] == (asked, port)


def test_a_broadcast_went_to_none_of_our_addresses():
    with bound("0.0.0.0") as server, bound("127.0.0.1") as client:
        tell_addresses(server)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        client.sendto(b"all", ("127.255.255.255", server.getsockname()[1]))
        _, ancillary, _, _ = server.recvmsg(10, ANCILLARY_SPACE)

        assert address_told(server.family, ancillary[0][2]) is None


def test_a_multicast_went_to_none_of_our_addresses_and_a_link_is_remembered():
    multicast = socket.inet_pton(socket.AF_INET6, "ff02::1") + (3).to_bytes(4, "little")
    link = socket.inet_pton(socket.AF_INET6, "fe80::1") + (3).to_bytes(4, "little")

    assert address_told(socket.AF_INET6, multicast) is None
    assert address_told(socket.AF_INET6, link) == ("fe80::1", 0, 0, 3)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_refusal_by_the_other_host_is_heard_when_asked_for(host):
    with bound(host) as sock, bound(host) as gone:
        tell_refusals(sock)
        address = gone.getsockname()
        gone.close()
        sock.sendto(b"anybody", address)

        with pytest.raises(ConnectionRefusedError):
            sock.recv(10)


def test_only_udp_sockets_have_their_windows_cut():
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        assert not can_segment(sock)
