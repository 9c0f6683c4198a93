"""Odd certificates of zlint and a small authority of rsyslog: read, or refused with our error.

A row says what becomes of a file: ``READ``, or words of the refusal. zlint made most of its odd
certificates from one template whose names hold an empty set, which RFC 5280 does not allow and
the cryptography library does not read: ``EMPTY_RDN``.
"""

import pytest

from ringback import clock
from ringback.certificate import certificate as certificates
from ringback.certificate import chain, form, pem, request, revocation
from ringback.certificate.chain import Policy, Purpose
from ringback.certificate.request import LABELS
from ringback.errors import CertificateError

READ = "read"
EMPTY_RDN = "a relative distinguished name cannot be empty"

ZLINT = {
    "CNPresentButEmpty.pem": READ,
    "IANDNSNotIA5String.pem": EMPTY_RDN,
    "IANDNSNull.pem": EMPTY_RDN,
    "IANURIHostAsterisk.pem": EMPTY_RDN,
    "IANURIHostWrongWildcard.pem": EMPTY_RDN,
    "IANURINoScheme.pem": EMPTY_RDN,
    "IANURIValid.pem": EMPTY_RDN,
    "SANBareSuffix.pem": READ,
    "SANDNSDuplicate.pem": READ,
    "SANDNSTooLong.pem": READ,
    "SANEDIParty.pem": EMPTY_RDN,
    "SANIPv6Address.pem": READ,
    "SANURIEnd.pem": READ,
    "SANURIFQDN.pem": EMPTY_RDN,
    "SANURIHostWildcardFQDN.pem": READ,
    "SANURIRelative.pem": EMPTY_RDN,
    "SANWithSpaceRFC822Center.pem": READ,
    "SANdnsbadsyntax.pem": EMPTY_RDN,
    "SANdnsdollarsyntax.pem": EMPTY_RDN,
    "badRsaExp.pem": "its public key cannot be read (e must be odd.)",
    "certVersion2NoExtensions.pem": READ,
    "commonNameInSAN.pem": "damaged certificate",
    "crlDistribCrit.pem": READ,
    "crlDistribWithLDAP.pem": READ,
    "crlIncomlepteDp.pem": EMPTY_RDN,
    "crlIssuerMustNotBePresent_NA.pem": READ,
    "crlIssuerMustNotBePresent_pass.pem": READ,
    "crlWithAuthKeyIDContainsAuthorityCertIssuer.pem": "damaged revocation list",
    "crlWithAutkeyIDMissingKeyID.pem": "damaged revocation list",
    "crlWithReasonCode0.pem": READ,
    "crl_missing_crl_number_ok.pem": READ,
    "crl_nextupdate_nup0_sub0_len0_eff0.pem": READ,
    "crl_nextupdate_nup1_sub1_len0_eff0.pem": READ,
    "crl_no_crl_number.pem": READ,
    "crl_number_too_large.pem": READ,
    "crl_number_valid.pem": READ,
    "crl_revocation_date_too_early.pem": READ,
    "crl_revocation_time_after_this_update.pem": READ,
    "crl_rsa_sha224_nul1_effx.pem": READ,
    "crl_rsa_sha256_nul0_eff0.pem": READ,
    "crl_rsa_sha512_nul0_eff1.pem": READ,
    "dnsNameEmptyLabel.pem": EMPTY_RDN,
    "dnsNameNotYetValidTLD.pem": READ,
    "dnsNameUnderscoreInSLD.pem": EMPTY_RDN,
    "dnsNameWasValidTLD.pem": READ,
    "dnsNameWildcardLeftOfPublicSuffix.pem": EMPTY_RDN,
    "dnsNameWildcardNotOnlyInLeftLabel.pem": EMPTY_RDN,
    "dnsNamesNFC.pem": READ,
    "ekuAnyNoCrit.pem": READ,
    "rsaFermatFactorizationSusceptible.pem": READ,
    "rsassapssWithSHA256.pem": READ,
    "rsassapssWithSHA512EmptyHashParams.pem": READ,
    "serialNumberLarge.pem": READ,
    "serialNumberNegative.pem": READ,
    "sub1_val07_iatx_cdp0_ocsp0_eff1.pem": READ,
    "sub1_val10_iat0_cdp0_ocsp0_eff1.pem": READ,
    "sub1_val10_iat0_cdp0_ocsp1_eff1.pem": READ,
    "sub1_val30_iatx_cdp0_ocsp0_eff0.pem": READ,
    "sub1_val30_iatx_cdp0_ocsp1_eff1.pem": READ,
    "subCAAIAMarkedCritical.pem": READ,
    "subCAAIAMissing.pem": READ,
    "subCAAIAValidPostCABFBR171.pem": READ,
    "subCAEKUValidFields.pem": READ,
    "subCAWBothURL.pem": READ,
    "subCAWEkuNoCrit.pem": READ,
    "subCAcrlDistNoURL.pem": "its extensions cannot be read (its DER is not well-formed)",
    "subCaCrlMissing.pem": EMPTY_RDN,
    "subCaCrlPresent.pem": EMPTY_RDN,
    "subCaNotCaButOld.pem": READ,
    "subCert825DaysOK.pem": READ,
    "subCertEmptySubject.pem": READ,
    "subCertLocalityNameDoesNotNeedToAppear.pem": EMPTY_RDN,
    "subCertLocalityNameProhibited.pem": EMPTY_RDN,
    "subCertNoSKI.pem": READ,
    "subCertPathLenNegative.pem": "its extensions cannot be read (its DER is not well-formed)",
    "subCertPathLenPositive.pem": "its extensions cannot be read (path_length must be None when",
    "subCertProvinceNotProhibited.pem": EMPTY_RDN,
    "subCertProvinceProhibited.pem": EMPTY_RDN,
    "subCertWBothURL.pem": READ,
    "subCertWOcspURL.pem": READ,
    "subCrlDistCrit.pem": READ,
    "subCrlDistNoURL.pem": READ,
    "subCrlDistURL.pem": READ,
    "subExtKeyUsageCodeSign.pem": READ,
    "subExtKeyUsageMissing.pem": READ,
    "subExtKeyUsageServClientEmailCodeSign.pem": READ,
    "subExtKeyUsageServerAuth.pem": READ,
    "subKeyUsageValid.pem": READ,
    "subca1_ocsp0_httpx_cais1_http0_eff0.pem": READ,
    "subca1_ocsp0_httpx_cais1_http0_eff1.pem": READ,
    "subjectCCorrectEncoding.pem": READ,
    "subjectCWrongEncoding.pem": READ,
    "subjectDNNotPrintableCharsUTF8.pem": READ,
    "subjectEmailPresent.pem": READ,
    "subjectLCorrectEncoding.pem": READ,
    "subjectOWrongEncoding.pem": READ,
    "subjectOrganizationNameLengthGood.pem": EMPTY_RDN,
    "subjectOrganizationalUnitNameLengthGood.pem": EMPTY_RDN,
    "subjectOrganizationalUnitNameLong.pem": EMPTY_RDN,
    "subjectPostalCodeTooLong.pem": EMPTY_RDN,
    "subjectRDNSIPv4BadIP.pem": READ,
    "subjectRDNSIPv4TooFewLabels.pem": READ,
    "subjectRDNTwoAttribute.pem": "its subject cannot be read (duplicate attributes are not all",
    "subjectSTWrongEncoding.pem": READ,
    "subjectStateNameLengthGood.pem": EMPTY_RDN,
    "subjectStreetCorrectEncoding.pem": READ,
    "subjectSurname.pem": EMPTY_RDN,
    "subjectSurnameWrongEncoding.pem": READ,
    "subjectValidCountry.pem": READ,
    "subject_rdn_order_ko_04.pem": READ,
    "subject_rdn_order_ko_05.pem": READ,
    "subject_rdn_order_ko_06.pem": READ,
    "subject_rdn_order_ok_04.pem": READ,
    "subject_rdn_order_ok_06.pem": READ,
    "subject_rdn_order_ok_07.pem": READ,
    "subjectjurCCorrectEncoding.pem": READ,
    "subjectjurLCorrectEncoding.pem": READ,
    "subjectjurLWrongEncoding.pem": READ,
    "subjectjurSTWrongEncoding.pem": READ,
    "utf8NoControl.pem": EMPTY_RDN,
}

RSYSLOG = {
    "ca.pem": "C=US",
    "client-cert.pem": "CN=rsyslog client",
    "client-cert-new.pem": "CN=rsyslog",
    "client-revoked.csr": "CN=rsyslog revoked certificate test",
    "newcerts_02.pem": "CN=rsyslog revoked certificate test",
    "newcerts_03.pem": "CN=rsyslog revoked certificate test",
}

ODD = {
    "serialNumberLarge.pem": "more than 20 octets",
    "serialNumberNegative.pem": "negative",
    "subCaNotCaButOld.pem": "may sign certificates by keyUsage but is no authority",
}
"""What we say of the form of some that are read."""


@pytest.fixture(scope="module")
def folder(corpus):
    return corpus / "x509"


def test_every_file_has_a_row(folder):
    assert {path.name for path in (folder / "zlint").iterdir()} == set(ZLINT)
    assert {path.name for path in (folder / "rsyslog").iterdir()} == set(RSYSLOG)
    assert {path.name for path in folder.iterdir()} == {"limbo", "zlint", "rsyslog"}
    assert {path.name for path in (folder / "limbo").iterdir()} == {"limbo-part.json"}


@pytest.mark.parametrize("name", ZLINT)
def test_an_odd_certificate_is_read_or_refused_as_its_row_says(folder, name):
    data = (folder / "zlint" / name).read_bytes()
    if ZLINT[name] == READ:
        assert open_all(data, name)
    else:
        with pytest.raises(CertificateError) as refusal:
            open_all(data, name)
        assert ZLINT[name] in str(refusal.value)
        assert str(refusal.value.place).startswith(f"{name}:")


def open_all(data, name):
    openers = {"CERTIFICATE": certificates.open_block, revocation.LABEL: revocation.open_block}
    return [openers[block.label](block) for block in pem.read(data, name=name)]


@pytest.mark.parametrize("name", ODD)
def test_oddities_are_said_in_words(folder, name):
    (leaf,) = certificates.read((folder / "zlint" / name).read_bytes())
    assert any(ODD[name] in each for each in form.oddities(leaf, leaf=True))


@pytest.mark.parametrize("name", RSYSLOG)
def test_a_small_authority_s_files_are_read_and_its_chain_holds(folder, name):
    data = (folder / "rsyslog" / name).read_bytes()
    block = pem.read(data, name=name)[0]
    if block.label in LABELS:
        asked = request.open_block(block)
        assert asked.proven
        assert RSYSLOG[name] in certificates.spell(asked.subject)
        return
    leaf = certificates.open_block(block)
    (authority,) = certificates.read((folder / "rsyslog" / "ca.pem").read_bytes())
    verdict = chain.verify(leaf, policy=Policy(clock.now(), Purpose.CLIENT), anchors=[authority])
    assert RSYSLOG[name] in str(leaf)
    assert verdict.accepted
