import subprocess
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.cisco import salted
from ringback.errors import EnvelopeError, UsageError

pytestmark = pytest.mark.duty(6)

SALT = bytes(range(1, 9))
# Made with openssl enc -aes-256-cbc -p -S 0102030405060708: key and IV as it printed them.
DERIVED = {
    ("md5", "SecretPhrase1234"): (
        "75618538a4502fa7161d6dc303f2a1f1c0ee19362ee647e725505c3c52364c82",
        "04ca41f7b4e382da569224b0c61b445a",
    ),
    ("md5", "a37d2fb9055c1d04883a0745eb0917a4"): (
        "cedd81fd35cd8898d336f8997c7033a349edae2ddfbdfe267025c75fb7f0486e",
        "a3bcd8580afc64197e3342b59c69937c",
    ),
    ("sha256", "SecretPhrase1234"): (
        "ec2a2d45a836181f7fa96d7e6204d9c24cd45ff1e1062e3b2dae7e7baa7d63a8",
        "e10dd0d54aefddc59586871b1a7bd83c",
    ),
    ("sha256", "a37d2fb9055c1d04883a0745eb0917a4"): (
        "fd35909995f662b531dbe019eefc260afaa429c83d4fe9f739b7eec37b655f0a",
        "ebf1cdc80359cc5038578d5812264174",
    ),
}
PASSPHRASES = ["MyOwnSecret", "my secret phrase", "f" * 64, "--dashes", "Grüße 電話", "x" * 600]


@pytest.mark.parametrize(("digest", "passphrase"), DERIVED)
def test_key_and_iv_are_those_openssl_derives(digest, passphrase):
    key, iv = salted.derive(passphrase, SALT, digest)

    assert (key.hex(), iv.hex()) == DERIVED[digest, passphrase]


@given(
    st.binary(max_size=200),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1),
    st.sampled_from(salted.DIGESTS),
)
def test_what_is_encrypted_comes_back(data, key, digest):
    sealed = salted.encrypt(data, key=key, digest=digest, salt=SALT)

    assert salted.decrypt(sealed, key=key, digest=digest) == data


@pytest.mark.parametrize("digest", salted.DIGESTS)
@pytest.mark.parametrize("passphrase", PASSPHRASES)
def test_openssl_and_we_open_each_other(program, passphrase, digest):
    plain = b"<flat-profile>\n</flat-profile>\n"
    command = [program("openssl"), "enc", "-aes-256-cbc", "-md", digest, "-k", passphrase]
    theirs = subprocess.run(command, input=plain, capture_output=True, check=True).stdout
    ours = salted.encrypt(plain, key=passphrase, digest=digest, salt=SALT)
    judge = subprocess.run([*command, "-d"], input=ours, capture_output=True, check=True)

    assert salted.decrypt(theirs, key=passphrase, digest=digest) == plain
    assert judge.stdout == plain


def test_a_passphrase_of_bytes_that_are_no_text_is_those_bytes(program):
    typed = b"caf\xe9"
    command = [program("openssl"), "enc", "-aes-256-cbc", "-md", "md5", "-k", typed]
    theirs = subprocess.run(command, input=b"<a/>", capture_output=True, check=True).stdout

    key = typed.decode("utf-8", "surrogateescape")
    assert salted.decrypt(theirs, key=key, digest="md5") == b"<a/>"


def test_sound_padding_alone_is_left_by_one_wrong_key_in_about_two_hundred():
    sealed = salted.encrypt(b"<flat-profile/>", key="right", digest="md5", salt=SALT)

    survivors = sum(
        salted.decrypt(sealed, key=f"wrong {number}", digest="md5") is not None
        for number in range(4000)
    )
    assert 5 < survivors < 40


@given(st.binary(max_size=100))
def test_noise_ends_in_an_answer_or_our_error(noise):
    for data in (noise, salted.MAGIC + noise, salted.MAGIC + SALT + noise):
        with suppress(EnvelopeError):
            salted.decrypt(data, key="k", digest="sha256")


@pytest.mark.parametrize("length", [0, 8, 15, 16, 31, 33])
def test_a_file_cut_off_is_said_to_be_so(length):
    sealed = salted.encrypt(b"x" * 40, key="k", digest="md5", salt=SALT)

    with pytest.raises(EnvelopeError, match="cut off"):
        salted.decrypt(sealed[:length], key="k", digest="md5")


def test_wrong_use_is_refused_in_words():
    with pytest.raises(UsageError, match="md5 or sha256"):
        salted.derive("k", SALT, "sha1")
    with pytest.raises(UsageError, match="8 bytes, not 3"):
        salted.encrypt(b"", key="k", digest="md5", salt=b"abc")
    with pytest.raises(UsageError, match="not valid text"):
        salted.derive("\ud800", SALT, "md5")
    with pytest.raises(EnvelopeError, match="zero length key"):
        salted.derive("", SALT, "md5")
