"""Every file of corpus/crypto and what our codecs make of each row in it.

A file without a row in ``FILES`` fails, and so does a vector of a kind nobody expected.
"""

import base64
import hashlib
import hmac
import json

import pytest

from ringback.cisco import aes128gcm, salted
from ringback.cisco.envelope import unseal
from ringback.errors import EnvelopeError, UsageError

pytestmark = pytest.mark.duty(6)

# File -> how many vectors it holds. The tests below say what becomes of each.
FILES = {
    "openssl_enc_salted.tsv": 3,
    "rfc8188_vectors.json": 2,
    "wycheproof/aes_cbc_pkcs5_test.json": 216,
    "wycheproof/hkdf_sha256_test.json": 86,
    "wycheproof/hmac_sha256_test.json": 174,
}


@pytest.fixture
def folder(corpus):
    return corpus / "crypto"


def vectors(path):
    """(group, test) pairs of a Wycheproof file."""
    groups = json.loads(path.read_text())["testGroups"]
    return [(group, test) for group in groups for test in group["tests"]]


def rows(path):
    lines = path.read_text().splitlines()
    return [line.split("\t") for line in lines if not line.startswith("#")]


def test_every_file_of_the_corpus_has_a_row(folder):
    files = {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()}

    assert files == set(FILES)


def test_every_file_holds_as_many_vectors_as_we_know_of(folder):
    for name, count in FILES.items():
        if name.startswith("wycheproof/"):
            assert len(vectors(folder / name)) == count, name
    assert len(rows(folder / "openssl_enc_salted.tsv")) == FILES["openssl_enc_salted.tsv"]


# --- Salted__ files made by others ----------------------------------------------------------------

# cipher and source -> whether aes-256-cbc opens it. None of the plaintexts is gzip or XML, so a
# phone refuses all three although the key is right: that is its rule, not a fault of the codec.
SALTED = {
    ("aes-256-cbc", "gibberish-aes-test.js:81"): True,
    ("aes-128-cbc", "gibberish-aes-test.js:77"): False,
    ("aes-256-cbc", "QuickStartGuide.wiki:338"): True,
}


def test_ciphertexts_made_by_others_open_with_the_md5_derivation(folder):
    seen = set()
    for cipher, digest, key, plain, text, source in rows(folder / "openssl_enc_salted.tsv"):
        row = (cipher, source.split()[0].rpartition("/")[2])
        data = base64.b64decode(text)
        expected = plain.replace("\\n", "\n").encode()

        opened = salted.decrypt(data, key=key, digest=digest)
        assert (opened == expected) == SALTED[row], row
        assert salted.decrypt(data, key=key, digest="sha256") != expected
        with pytest.raises(EnvelopeError, match="nothing that is gzip or XML"):
            unseal(data, key=key)
        seen.add(row)
    assert seen == set(SALTED)


# --- RFC 8188 -------------------------------------------------------------------------------------


def test_the_examples_of_rfc_8188_open_and_are_what_we_write(folder):
    examples = json.loads((folder / "rfc8188_vectors.json").read_text())["vectors"]
    assert [each["section"] for each in examples] == ["3.1", "3.2"]
    for each in examples:
        body = base64.urlsafe_b64decode(each["body_b64url"] + "==")
        ikm = aes128gcm.parse_ikm(each["ikm_b64url"])
        plain = each["plaintext"].encode()

        assert unseal(body, ikm=ikm, content_encoding="aes128gcm").data == plain
        if each["section"] == "3.1":  # Section 3.2 pads its first record, which we never do.
            assert aes128gcm.encrypt(plain, ikm=ikm, salt=body[:16]) == body


# --- Wycheproof -----------------------------------------------------------------------------------


def test_hkdf_gives_the_expected_bytes_and_refuses_to_give_too_many(folder):
    for _, test in vectors(folder / "wycheproof/hkdf_sha256_test.json"):
        ikm, salt, info = (bytes.fromhex(test[name]) for name in ("ikm", "salt", "info"))
        if test["result"] == "valid":
            made = aes128gcm.hkdf_sha256(ikm, salt=salt, info=info, size=test["size"])
            assert made.hex() == test["okm"], test["tcId"]
        else:
            with pytest.raises(UsageError, match="at most 8160"):
                aes128gcm.hkdf_sha256(ikm, salt=salt, info=info, size=test["size"])


def test_the_hmac_under_it_agrees_with_every_vector(folder):
    for group, test in vectors(folder / "wycheproof/hmac_sha256_test.json"):
        key, message = bytes.fromhex(test["key"]), bytes.fromhex(test["msg"])
        tag = hmac.digest(key, message, hashlib.sha256)[: group["tagSize"] // 8]
        assert (tag.hex() == test["tag"]) == (test["result"] == "valid"), test["tcId"]


def test_cbc_padding_is_refused_exactly_where_it_is_unsound(folder, monkeypatch):
    """The vectors fix key and IV, which a passphrase cannot: derivation is replaced, nothing else.

    Keys of 128 and 192 bits are vectors for the cipher beneath; profiles have 256.
    """
    for _, test in vectors(folder / "wycheproof/aes_cbc_pkcs5_test.json"):
        key, iv, cipher = (bytes.fromhex(test[name]) for name in ("key", "iv", "ct"))
        monkeypatch.setattr(salted, "derive", lambda *_, pair=(key, iv): pair)
        data = salted.MAGIC + bytes(8) + cipher
        try:
            opened = salted.decrypt(data, key="", digest="md5")
        except EnvelopeError:
            opened = None
            assert not cipher or len(cipher) % 16, test["tcId"]
        if test["result"] == "valid":
            assert opened == bytes.fromhex(test["msg"]), test["tcId"]
            assert salted.encrypt(opened, key="", digest="md5", salt=bytes(8)) == data
        else:
            assert opened is None, test["tcId"]
