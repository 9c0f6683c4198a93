"""Keeping secrets out of what a phone says and shows."""

import pytest

from ringback.phone.secret import MASK, mask


@pytest.mark.parametrize(
    "text",
    ["[--key hush]tftp://h/a", "[--uid u --pwd hush]http://h/a", '[--key "hu sh"] /a',
     '[--key "hush /a', "(1 = 1)? [--pwd   hush] /a"],
)  # fmt: skip
def test_keys_and_passwords_in_rules_are_masked(text):
    masked = mask(text)
    assert "hush" not in masked
    assert "sh" not in masked.replace("h/a", "")
    assert MASK in masked


def test_what_is_no_secret_stays():
    assert mask("[--uid admin]http://h/keypwd") == "[--uid admin]http://h/keypwd"


def test_known_secrets_are_masked_wherever_they_stand_longest_first():
    assert mask("set GPP_SA to 'hush' and 'hush hush'", ("hush", "hush hush", "", None)) == (
        f"set GPP_SA to '{MASK}' and '{MASK}'"
    )
