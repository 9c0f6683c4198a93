"""PEM bundles: what is read, what is refused, and where."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.certificate.house import outcome

from ringback.certificate import pem
from ringback.certificate.pem import Block
from ringback.errors import CertificateError

ONE = bytes(Block("CERTIFICATE", b"\x30\x03\x02\x01\x05"))


LABELS = st.sampled_from(["CERTIFICATE", "X509 CRL", "PRIVATE KEY"])


@given(st.lists(st.tuples(LABELS, st.binary(min_size=1, max_size=300)), min_size=1, max_size=4))
def test_blocks_come_back_as_they_were_written(given_blocks):
    data = b"".join(bytes(Block(label, der)) for label, der in given_blocks)
    assert [(each.label, each.der) for each in pem.read(data)] == given_blocks


@given(st.one_of(st.binary(max_size=400), st.tuples(st.binary(max_size=40), st.integers(0, 90))
                 .map(lambda cut: ONE[: cut[1]] + cut[0] + ONE[cut[1] :])))  # fmt: skip
def test_any_bytes_are_read_or_refused_with_our_own_error(data):
    read = outcome(lambda: pem.read(data, name="x.pem"))
    if isinstance(read, CertificateError):
        assert read.place.name == "x.pem"
    else:
        assert all(each.der for each in read)


def test_text_around_blocks_and_windows_line_ends_are_welcome():
    data = b"Certificate:\n    Data: caf\xe9\r\n" + ONE.replace(b"\n", b"\r\n") + b"the end"
    assert len(pem.read(data)) == 1


def test_each_block_knows_the_line_it_began_on():
    assert [each.place.line for each in pem.read(ONE + b"\n" + ONE)] == [1, 5]


def test_der_is_taken_as_one_block_without_a_label():
    assert pem.read(b"\x30\x03\x02\x01\x00") == (Block("", b"\x30\x03\x02\x01\x00"),)


@pytest.mark.parametrize(
    ("data", "place", "says"),
    [
        (b"", "x.pem", "no certificate, key or request in it"),
        (b"<html>404</html>", "x.pem", "no certificate"),
        (b"\xef\xbb\xbf" + ONE, "x.pem", "byte-order mark"),
        (ONE[:40], "x.pem:1", "truncated"),
        (b"\n" + ONE[:-2], "x.pem:4", "belongs"),
        (ONE.replace(b"CERTIFICATE-----\nM", b"CERTIFICATE-----\n\0M"), "x.pem:2:1", "NUL"),
        (ONE.replace(b"MAMCAQ", b"MAMCA!"), "x.pem:2:6", "'!'"),
        (b"-----END CERTIFICATE-----\n", "x.pem:1", "END without its BEGIN"),
        (b"-----BEGIN certificate-----\n", "x.pem:1", "broken BEGIN"),
        (ONE.replace(b"END CERTIFICATE", b"END X509 CRL"), "x.pem:3", "belongs"),
        (b"-----BEGIN CERTIFICATE-----\nMAM\n-----END CERTIFICATE-----\n", "x.pem:1", "cut short"),
        (b"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n", "x.pem:1", "empty"),
        (ONE * (pem.MOST_BLOCKS + 1), "x.pem:6001", "more than 2000"),
        (b"x" * (pem.LARGEST_BUNDLE + 1), "x.pem", "larger than 4 MiB"),
    ],
)  # fmt: skip
def test_a_refusal_names_the_place_and_the_trouble(data, place, says):
    with pytest.raises(CertificateError, match=says) as refusal:
        pem.read(data, name="x.pem")
    assert str(refusal.value.place) == place
    assert "\n" not in str(refusal.value)


def test_headers_of_old_encrypted_keys_are_kept_apart():
    text = (
        b"-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n"
        b"DEK-Info: AES-128-CBC,00\n\nMAMCAQU=\n-----END RSA PRIVATE KEY-----\n"
    )
    block = pem.read(text)[0]
    assert block.headers == ("Proc-Type: 4,ENCRYPTED", "DEK-Info: AES-128-CBC,00")
    assert bytes(block) == text
