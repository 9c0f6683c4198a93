import pytest

from ringback.errors import RefusedError, UsageError
from ringback.serve.larder import Larder, over_tftp
from ringback.store.pantry import Ready


def file(encoding):
    return Ready(
        b"x", "/x", "", "d", 1, None, encoding, "text/xml", 1, "ab" * 32, 1.0, locked=False
    )


def test_what_needs_a_header_does_not_go_over_tftp():
    assert over_tftp(file("")) == b"x"
    with pytest.raises(RefusedError, match="aes128gcm"):
        over_tftp(file("aes128gcm"))


def test_a_larder_says_what_it_serves_and_is_one_servers_alone(tmp_path):
    larder = Larder(tmp_path / "fleet.db", print)
    assert "nothing yet: ringback publish" in larder.summary()
    with pytest.raises(UsageError, match="another server"):
        Larder(tmp_path / "fleet.db", print)
    larder.close()
    Larder(tmp_path / "fleet.db", print).close()
