from ringback.provisioning.admission import Channel
from ringback.serve.asker import in_clear


def test_a_phone_that_comes_again_is_put_together_once():
    first = in_clear("192.0.2.1", "Cisco-CP-8851-3PCC/12.0.1 (000e08abcdef)")
    assert first is in_clear("192.0.2.1", "Cisco-CP-8851-3PCC/12.0.1 (000e08abcdef)")
    assert (first.identity.address, first.channel) == ("192.0.2.1", Channel.PLAIN)


def test_whoever_says_very_much_of_itself_is_neither_remembered_nor_kept_whole():
    said = "x" * 16_000
    first = in_clear("192.0.2.1", said)
    assert first is not in_clear("192.0.2.1", said)
    assert len(first.identity.agent) == 1024
