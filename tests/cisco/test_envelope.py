import codecs
import gzip
import itertools
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.cisco import aes128gcm, gzipped, salted
from ringback.cisco.envelope import Opened, looks_like_xml, seal, unseal
from ringback.cisco.model import find_model
from ringback.errors import EnvelopeError, UsageError

pytestmark = pytest.mark.duty(6)

PROFILE = b"<flat-profile>\n<GPP_A>12345678</GPP_A>\n</flat-profile>\n"
SALT, SALT16 = bytes(range(8)), bytes(range(16))
IKM = b"sixteen bytes ok"
SPA = find_model("SPA504G").traits.key_digests
MPP = find_model("7832").traits.key_digests


STATUSES = {
    "corrupt file",
    "file decrypt error",
    "expecting an encrypted file",
    "file size exceeds internal buffer",
    "the passphrase is not valid text",
}


def status_of(data, **kwargs):
    with pytest.raises(EnvelopeError) as caught:
        unseal(data, **kwargs)
    return caught.value.status


@given(st.booleans(), st.sampled_from(["clear", "md5", "sha256", "ikm"]), st.binary(max_size=99))
def test_every_envelope_opens_to_what_was_sealed(compress, how, noise):
    data = PROFILE * 2 + noise
    key = "K" if how in salted.DIGESTS else None
    ikm = IKM if how == "ikm" else None
    sealed = seal(
        data,
        compress=compress,
        key=key,
        digest=how if key else "md5",
        ikm=ikm,
        salt=SALT16 if ikm else SALT,
    )
    opened = unseal(sealed, key=key, ikm=ikm, content_encoding="aes128gcm" if ikm else "")

    assert opened.data == data
    assert opened.digest == (how if key else "")
    assert opened.layers == tuple(
        layer
        for layer, there in (("aes-256-cbc", key), ("aes128gcm", ikm), ("gzip", compress))
        if there
    )


def test_the_result_names_layers_and_derivation():
    sealed = seal(PROFILE, key="K", digest="sha256", salt=SALT)

    assert str(unseal(sealed, key="K")) == "aes-256-cbc (sha256), then gzip"
    assert str(Opened(PROFILE)) == "clear"


# --- which key derivation -------------------------------------------------------------------------


def test_an_mpp_phone_opens_md5_and_sha256_and_says_which():
    for digest in salted.DIGESTS:
        sealed = seal(PROFILE, key="K", digest=digest, salt=SALT)
        assert unseal(sealed, key="K", digests=MPP).digest == digest


def test_an_spa_phone_opens_md5_only():
    modern = seal(PROFILE, key="K", digest="sha256", salt=SALT)
    legacy = seal(PROFILE, key="K", digest="md5", salt=SALT)

    assert status_of(modern, key="K", digests=SPA) == "file decrypt error"
    assert unseal(legacy, key="K", digests=SPA).data == PROFILE


@pytest.mark.parametrize(("pinned", "other"), [("md5", "sha256"), ("sha256", "md5")])
def test_one_derivation_can_be_pinned(pinned, other):
    assert unseal(seal(PROFILE, key="K", digest=pinned, salt=SALT), key="K", digests=(pinned,))
    sealed = seal(PROFILE, key="K", digest=other, salt=SALT)
    with pytest.raises(EnvelopeError, match=rf"key derivation {pinned}\)"):
        unseal(sealed, key="K", digests=(pinned,))


def test_the_command_of_the_guide_typed_today_opens_on_a_7832(program, tmp_path):
    (tmp_path / "basic.txt").write_bytes(PROFILE)
    subprocess.run(
        [program("openssl"), "enc", "-aes-256-cbc", "-k", "MyOwnSecret",
         "-in", "basic.txt", "-out", "basic.cfg"],
        cwd=tmp_path, check=True, capture_output=True,
    )  # fmt: skip
    opened = unseal((tmp_path / "basic.cfg").read_bytes(), key="MyOwnSecret", digests=MPP)

    assert (opened.data, opened.digest) == (PROFILE, "sha256")


@pytest.mark.parametrize("digest", salted.DIGESTS)
def test_what_gzip_and_openssl_made_opens_and_the_other_way_round(program, digest):
    enc = [program("openssl"), "enc", "-aes-256-cbc", "-md", digest, "-k", "my secret phrase"]
    gzip_ = program("gzip")

    def through(command, data):
        return subprocess.run(command, input=data, capture_output=True, check=True).stdout

    theirs = through(enc, through([gzip_, "-c"], PROFILE))
    ours = seal(PROFILE, key="my secret phrase", digest=digest, salt=SALT)
    judged = through([gzip_, "-dc"], through([*enc, "-d"], ours))

    assert unseal(theirs, key="my secret phrase").data == judged == PROFILE


# --- a key is right only if it opens gzip or XML --------------------------------------------------


def test_a_wrong_key_is_refused_even_when_it_leaves_sound_padding():
    sealed = seal(PROFILE, compress=False, key="right", salt=SALT)
    unlucky = next(
        key
        for key in map(str, itertools.count())
        if salted.decrypt(sealed, key=key, digest="md5") is not None
    )

    assert status_of(sealed, key=unlucky, digests=("md5",)) == "file decrypt error"


def test_thousands_of_wrong_keys_are_all_refused():
    sealed = seal(b"<a/>", compress=False, key="right", salt=SALT)

    for number in range(3000):
        assert status_of(sealed, key=str(number)) == "file decrypt error"


def test_the_right_key_of_something_that_is_no_profile_is_refused():
    sealed = salted.encrypt(b"Message", key="K", digest="md5", salt=SALT)

    assert status_of(sealed, key="K") == "file decrypt error"


XML = {
    "plain": b"<flat-profile/>",
    "blanks first": b"\r\n\t  <flat-profile/>",
    "comment first": b"<!-- made by hand -->\n<flat-profile/>",
    "declaration": b'<?xml version="1.0"?><flat-profile/>',
    "doctype": b"<!DOCTYPE x><x/>",
    "UTF-8 mark": codecs.BOM_UTF8 + b"<flat-profile/>",
    "UTF-8 mark and blanks": codecs.BOM_UTF8 + b"\n <flat-profile/>",
    "UTF-16 LE": codecs.BOM_UTF16_LE + "<flat-profile/>".encode("utf-16-le"),
    "UTF-16 BE": codecs.BOM_UTF16_BE + " <flat-profile/>".encode("utf-16-be"),
    "UTF-16 LE, no mark": "<flat-profile/>".encode("utf-16-le"),
    "UTF-16 BE, no mark": "<flat-profile/>".encode("utf-16-be"),
    "Latin-1 inside": b"<flat-profile><Text>Z\xfcrich</Text></flat-profile>",
    "more than the window": b"<a>" + "ü€".encode() * 5000 + b"</a>",
}
NOT_XML = {
    "empty": b"",
    "text": b"I am the walrus",
    "only blanks": b"  \n ",
    "a lone bracket": b"<",
    "arithmetic": b"< 5",
    "no name": b"<5/>",
    "control characters": b"<a>\x00\x01</a>",
    "gzip": gzip.compress(PROFILE),
    "half a mark": b"\xef\xbb<a/>",
}


@pytest.mark.parametrize("data", XML.values(), ids=XML.keys())
def test_xml_is_recognised(data):
    assert looks_like_xml(data)
    sealed = seal(data, compress=False, key="K", salt=SALT)
    assert unseal(sealed, key="K").data == data


@pytest.mark.parametrize("data", NOT_XML.values(), ids=NOT_XML.keys())
def test_other_things_are_not_xml(data):
    assert not looks_like_xml(data)


# --- what a phone says of everything else ---------------------------------------------------------

SEALED = seal(PROFILE, key="K", salt=SALT)


def test_a_clear_file_with_a_key_is_an_error():
    for clear in (PROFILE, gzipped.compress(PROFILE), b""):
        assert status_of(clear, key="K") == "expecting an encrypted file"


def test_an_encrypted_file_without_a_key_is_an_error_that_names_the_remedy():
    with pytest.raises(EnvelopeError, match="no key is known: give its --key"):
        unseal(SEALED)


def test_an_empty_key_opens_nothing():
    with pytest.raises(EnvelopeError, match="zero length key"):
        unseal(SEALED, key="")


def test_broken_gzip_under_the_right_key_is_a_corrupt_file():
    broken = salted.encrypt(gzipped.compress(PROFILE)[:-9], key="K", digest="md5", salt=SALT)

    assert status_of(broken, key="K") == "corrupt file"
    assert status_of(gzipped.compress(PROFILE)[:-9]) == "corrupt file"


def test_encryption_inside_compression_is_not_opened():
    assert status_of(gzipped.compress(SEALED)) == "corrupt file"
    assert status_of(gzipped.compress(SEALED), key="K") == "expecting an encrypted file"
    twice = seal(SEALED, key="K", salt=SALT)
    assert status_of(twice, key="K") == "corrupt file"


@pytest.mark.parametrize("how", ["clear", "gzip", "key", "ikm"])
def test_files_beyond_the_limit_are_refused_at_any_depth(how):
    kind = {"key": "K"} if how == "key" else {"ikm": IKM} if how == "ikm" else {}
    sealed = seal(b"<a>" + bytes([32]) * 2000, compress=how == "gzip",
                  salt=SALT16 if how == "ikm" else SALT, **kind)  # fmt: skip
    encoding = "aes128gcm" if how == "ikm" else ""

    assert unseal(sealed, content_encoding=encoding, limit=2003, **kind)
    assert (
        status_of(sealed, content_encoding=encoding, limit=2002, **kind)
        == "file size exceeds internal buffer"
    )
    assert status_of(bytes(10_000), limit=100) == "file size exceeds internal buffer"


def test_garbage_after_the_gzip_data_is_remarked_upon():
    assert unseal(gzipped.compress(PROFILE) + b"tail").remarks
    assert not unseal(gzipped.compress(PROFILE)).remarks


# --- content encryption ---------------------------------------------------------------------------

CODED = seal(PROFILE, ikm=IKM, salt=SALT16)


def test_the_content_encoding_takes_precedence_over_a_key():
    assert unseal(CODED, key="K", ikm=IKM, content_encoding="aes128gcm").data == PROFILE


def test_without_the_header_a_key_is_used_whatever_ikm_there_is():
    assert unseal(SEALED, key="K", ikm=IKM).data == PROFILE
    assert status_of(CODED, key="K", ikm=IKM) == "expecting an encrypted file"


@pytest.mark.parametrize("header", ["aes128gcm", " AES128GCM ", "gzip, aes128gcm"])
def test_the_header_is_read_as_http_reads_it(header):
    assert unseal(CODED, ikm=IKM, content_encoding=header).data == PROFILE


@pytest.mark.parametrize("header", ["aes128gcm, gzip", "aes128gcm, aes128gcm"])
def test_codings_in_another_order_are_refused(header):
    assert status_of(CODED, ikm=IKM, content_encoding=header) == "corrupt file"


@pytest.mark.parametrize("header", ["gzip", "identity", "", "x-unknown"])
def test_other_codings_change_nothing(header):
    sealed = gzipped.compress(PROFILE)
    assert unseal(sealed, content_encoding=header).data == PROFILE


def test_the_header_without_keying_material_is_an_error_that_names_the_parameter():
    with pytest.raises(EnvelopeError, match="IKM_HTTP_Encrypt_Content"):
        unseal(CODED, content_encoding="aes128gcm")


def test_both_encryptions_at_once_are_not_opened():
    both = aes128gcm.encrypt(SEALED, ikm=IKM, salt=SALT16)
    assert status_of(both, ikm=IKM, key="K", content_encoding="aes128gcm") == "corrupt file"
    with pytest.raises(UsageError, match="not both"):
        seal(PROFILE, key="K", ikm=IKM, salt=SALT)


@given(
    st.binary(max_size=200),
    st.sampled_from([b"", b"\x1f\x8b\x08", b"Salted__", b"<a>", bytes(16) + b"\0\0\x10\0\0"]),
    st.none() | st.text(max_size=5),
    st.none() | st.binary(max_size=5),
    st.sampled_from(["", "aes128gcm", "gzip", "aes128gcm,gzip"]),
)
def test_any_bytes_end_in_an_answer_or_our_error(noise, start, key, ikm, encoding):
    try:
        unseal(start + noise, key=key, ikm=ikm, content_encoding=encoding, limit=10_000)
    except EnvelopeError as error:
        status = error.status
    except UsageError as error:
        status = error.what
    else:
        return
    assert status in STATUSES
