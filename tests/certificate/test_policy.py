"""What a listener lets pass, and that old ways go together."""

import pytest

from ringback.certificate.policy import STRICT, Clients, Legacy, Policy
from ringback.errors import UsageError


def test_nothing_old_passes_unless_told():
    assert Policy() == Policy(Clients.NONE, STRICT)
    assert STRICT.security_level == 2
    assert "SHA:" not in STRICT.ciphers
    assert str(STRICT) == "none"


def test_legacy_is_every_switch():
    every = Legacy.every()
    assert every.security_level == 0
    assert "AES128-SHA" in every.ciphers
    assert str(every) == (
        "TLS 1.0, RSA key exchange, CBC-SHA, weak certificates, expired factory certificates"
    )


def test_old_versions_have_no_suites_but_cbc():
    with pytest.raises(UsageError, match="no suites but CBC"):
        Legacy(old_versions=True)


@pytest.mark.parametrize("word", ["none", "ask", "require"])
def test_clients_are_spelt_as_on_the_command_line(word):
    assert str(Clients(word)) == word
