"""What browsers mind and phones do not; the corpus has the finer cases."""

import pytest

from ringback.certificate import browser
from ringback.certificate import certificate as certificates


def test_browsers_have_nothing_against_what_we_sign(house):
    made = house.server()
    assert list(browser.complaints((made.certificate, *made.chain, house.root.certificate))) == []


@pytest.mark.parametrize(
    ("subject", "extension", "complaint"),
    [
        ("/CN=prov.example.com", "", "has no subjectAltName"),
        ("/CN=prov", "subjectAltName=DNS:prov.example.com", "has the CN 'prov', which is not"),
        ("/CN=*.co.uk", "subjectAltName=DNS:*.co.uk", "everything under a public suffix"),
        ("/CN=*.com", "subjectAltName=DNS:*.com", "everything under a public suffix"),
        ("/CN=x.example.com", "extendedKeyUsage=2.5.29.37.0", "claims to be for anything"),
        ("/CN=x.example.com", "basicConstraints=CA:TRUE", "is an authority"),
    ],
)
def test_complaints_end_a_sentence_on_the_leaf(openssl, tmp_path, subject, extension, complaint):
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", tmp_path / "k", "-out",
            tmp_path / "csr", "-subj", subject)  # fmt: skip
    (tmp_path / "ext").write_text(extension + "\n")
    data = openssl("x509", "-req", "-in", tmp_path / "csr", "-signkey", tmp_path / "k",
                   "-extfile", tmp_path / "ext").stdout  # fmt: skip
    leaf = certificates.read(data)[0]
    assert any(complaint in each for each in browser.complaints((leaf,)))
