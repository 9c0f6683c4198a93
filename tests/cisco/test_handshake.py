"""What TLS each generation speaks: every trait has a source for every generation."""

import pytest

from ringback.cisco import handshake
from ringback.cisco.handshake import HANDSHAKES, Version
from ringback.cisco.model import Generation


@pytest.mark.parametrize("generation", Generation)
def test_every_generation_has_every_trait_with_a_source(generation):
    for switch in handshake.SWITCHES:
        value, source = switch.row(generation)
        assert value
        assert source
    found = HANDSHAKES[generation]
    assert found.lowest <= found.highest
    assert "RSA" in found.keys


def test_versions_stand_in_their_order():
    assert sorted(Version) == list(Version)


def test_spa_phones_end_where_others_begin():
    assert HANDSHAKES[Generation.SPA].highest is Version.TLS_1_0
    assert HANDSHAKES[Generation.MPP].lowest is Version.TLS_1_1
