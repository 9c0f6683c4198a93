from ringback.provisioning.document import Envelope, Level


def test_levels_are_in_the_order_of_what_they_entitle_to():
    assert Level.NOTHING < Level.BOOTSTRAP < Level.OPEN < Level.DEVICE


def test_only_two_envelopes_need_a_key():
    assert [each for each in Envelope if each.sealed] == [Envelope.AES, Envelope.AES128GCM]
