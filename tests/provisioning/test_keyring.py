"""Keys that open reports: read from one file, the phone's own before those of all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.errors import UsageError
from ringback.mac import Mac
from ringback.provisioning.keyring import Key, Keyring

MAC = Mac.parse("000e08abcdef")
FILE = """
[default]
key = ["old", "new"]
[device.00-0E-08-AB-CD-EF]
key = "my phrase"
ikm = "yqdlZ-tYemfogSmv7Ws5PQ"
"""


def test_a_phones_own_keys_come_before_those_of_all():
    own = Keyring.parse(FILE).of(MAC)
    assert [key.passphrase for key in own] == ["my phrase", None, "old", "new"]
    assert own[1].ikm is not None
    assert len(own[1].ikm) == 16


def test_an_unknown_phone_has_the_keys_of_all():
    assert Keyring.parse(FILE).of(Mac.parse("1" * 12)) == (Key("old"), Key("new"))


def test_an_empty_file_has_no_keys():
    assert Keyring.parse("").of(MAC) == ()


def test_a_key_is_never_shown():
    assert "phrase" not in repr(Keyring.parse(FILE))


@pytest.mark.parametrize(
    "text",
    [
        "key = 1", "[default", "[other]", "device = 3", '[device.xyz]\nkey = "k"',
        "[default]\nkey = 7", "[default]\nkey = ''", '[default]\npassword = "x"',
        '[default]\nikm = "!"', "default = 3",
    ],
)  # fmt: skip
def test_what_is_no_file_of_keys_is_refused_by_name(text):
    with pytest.raises(UsageError):
        Keyring.parse(text, name="keys.toml")


@given(st.text())
def test_any_text_is_read_or_refused(text):
    try:
        Keyring.parse(text)
    except UsageError:
        return
