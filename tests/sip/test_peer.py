from ringback.sip.peer import Peer, bracketed


def test_a_stream_repeats_what_is_lost_and_datagrams_do_not():
    assert Peer("TCP", "h", 1).reliable
    assert not Peer("UDP", "h", 1).reliable


def test_an_address_of_version_6_stands_in_brackets():
    assert bracketed("::1") == "[::1]"
    assert str(Peer("UDP", "::1", 5060)) == "[::1]:5060 (UDP)"
    assert str(Peer("TCP", "192.0.2.1", 5060)) == "192.0.2.1:5060 (TCP)"
