"""x509-limbo's path-validation cases: each has a row with our verdict, which is limbo's.

A row names the kind of the first thing we find wrong (``OK``: nothing; ``UNREAD``: refused when
it was opened). Cases of the ``webpki`` family are judged with the browsers' rules as well. The
verifier of the cryptography library is asked too; where it judges otherwise ``DIFFERS`` says why
and what we add.
"""

import ipaddress
import json
import warnings
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.x509 import verification

from ringback import clock
from ringback.certificate import browser, chain, revocation
from ringback.certificate import certificate as certificates
from ringback.certificate.chain import Kind, Policy, Purpose
from ringback.errors import CertificateError

OK, UNREAD = "accepted", "not read"

ROWS = {
    "crl::crlnumber-missing": Kind.FORM,
    "crl::certificate-not-on-crl": OK,
    "crl::certificate-serial-on-crl-different-issuer": OK,
    "crl::issuer-no-keyusage-extension": OK,
    "crl::issuer-valid-crlsign-and-keycertsign": OK,
    "cve::cve-2024-0567": OK,
    "cve::cve-2025-61727": Kind.CONSTRAINT,
    "cve::cve-2025-61727-nc-permits-variant": Kind.CONSTRAINT,
    "invalid::invalid-issuer-key": UNREAD,
    "pathlen::ee-with-intermediate-pathlen-1": OK,
    "pathlen::ee-with-intermediate-pathlen-2": OK,
    "pathlen::validation-ignores-pathlen-in-leaf": OK,
    "pathlen::intermediate-violates-pathlen-0": Kind.DEPTH,
    "pathlen::intermediate-pathlen-may-increase": OK,
    "pathlen::intermediate-pathlen-too-long": Kind.DEPTH,
    "pathlen::max-chain-depth-0-exhausted": Kind.DEPTH,
    "pathlen::max-chain-depth-1": OK,
    "pathlen::max-chain-depth-1-exhausted": Kind.DEPTH,
    "pathlen::max-chain-depth-1-self-issued": OK,
    "pathological::intermediate-cycle-distinct-cas-max-depth": Kind.UNKNOWN,
    "pathological::nc-dos-1": Kind.CONSTRAINT,
    "pathological::nc-dos-2": Kind.CONSTRAINT,
    "pathological::nc-dos-3": Kind.NAME,
    "pathological::pathological-chain-distinct-subject-distinct-key": Kind.UNKNOWN,
    "pathological::pathological-chain-distinct-subject-same-key": Kind.SELF_SIGNED,
    "pathological::pathological-chain-same-subject-same-key": Kind.SELF_SIGNED,
    "rfc5280::aki::intermediate-missing-aki": Kind.FORM,
    "rfc5280::aki::cross-signed-root-missing-aki": Kind.FORM,
    "rfc5280::eku::ee-wrong-eku": Kind.PURPOSE,
    "rfc5280::eku::ee-without-eku": OK,
    "rfc5280::eku::ee-eku-empty": UNREAD,
    "rfc5280::nc::permitted-dns-match-noncritical": Kind.FORM,
    "rfc5280::nc::excluded-dns-match-second": Kind.CONSTRAINT,
    "rfc5280::nc::excluded-ipv6-match": Kind.CONSTRAINT,
    "rfc5280::nc::permitted-ipv4-match": OK,
    "rfc5280::nc::permitted-dn-mismatch": Kind.NAME,
    "rfc5280::nc::excluded-dn-match": Kind.NAME,
    "rfc5280::nc::permitted-dn-match": OK,
    "rfc5280::nc::permitted-self-issued": OK,
    "rfc5280::nc::excluded-self-issued-leaf": Kind.CONSTRAINT,
    "rfc5280::nc::excluded-match-permitted-and-excluded": Kind.CONSTRAINT,
    "rfc5280::nc::permitted-different-constraint-type": OK,
    "rfc5280::nc::excluded-different-constraint-type": OK,
    "rfc5280::nc::invalid-dnsname-wildcard": UNREAD,
    "rfc5280::nc::invalid-ipv4-address": UNREAD,
    "rfc5280::nc::invalid-ipv6-address": UNREAD,
    "rfc5280::nc::intermediate-with-san-rejected-by-intermediate-nc": Kind.CONSTRAINT,
    "rfc5280::nc::intermediate-with-san-rejected-by-root-nc": Kind.CONSTRAINT,
    "rfc5280::nc::restrictive-permits-in-intermediates-narrows": Kind.CONSTRAINT,
    "rfc5280::nc::restrictive-permits-in-intermediates-widens": Kind.CONSTRAINT,
    "rfc5280::nc::nc-permits-invalid-dns-san": Kind.CONSTRAINT,
    "rfc5280::nc::nc-permits-invalid-ip-san": Kind.CONSTRAINT,
    "rfc5280::nc::nc-permits-email-exact": OK,
    "rfc5280::nc::nc-permits-email-domain": OK,
    "rfc5280::nc::nc-permits-email-literal-double-asterisk": OK,
    "rfc5280::nc::nc-permits-email-literal-double-asterisk-rejects-single": Kind.CONSTRAINT,
    "rfc5280::nc::nc-permits-email-literal-mid-asterisk": OK,
    "rfc5280::nc::nc-forbids-othername": Kind.CONSTRAINT,
    "rfc5280::nc::nc-forbids-othername-noop": OK,
    "rfc5280::nc::nc-forbids-dnsname-wildcard-san": Kind.CONSTRAINT,
    "rfc5280::pc::ica-noncritical-pc": Kind.FORM,
    "rfc5280::san::malformed": UNREAD,
    "rfc5280::san::noncritical-with-empty-subject": Kind.FORM,
    "rfc5280::san::ip-in-dns": Kind.NAME,
    "rfc5280::serial::too-long": Kind.FORM,
    "rfc5280::serial::zero": Kind.FORM,
    "rfc5280::serial::negative": Kind.FORM,
    "rfc5280::ski::critical-ski": Kind.UNKNOWN,
    "rfc5280::validity::expired-root": Kind.EXPIRED,
    "rfc5280::validity::expired-intermediate": Kind.EXPIRED,
    "rfc5280::validity::notbefore-exact": OK,
    "rfc5280::validity::notafter-fractional": OK,
    "rfc5280::validity::expired-1-second": Kind.EXPIRED,
    "rfc5280::validity::not-yet-valid-1-second": Kind.EARLY,
    "rfc5280::ee-empty-issuer": Kind.UNKNOWN,
    "rfc5280::ca-empty-subject": Kind.FORM,
    "rfc5280::unknown-critical-extension-ee": Kind.CRITICAL,
    "rfc5280::unknown-critical-extension-unrelated-root": OK,
    "rfc5280::unknown-critical-extension-unrelated-intermediate": OK,
    "rfc5280::intermediate-ca-without-ca-bit": Kind.ISSUER,
    "rfc5280::intermediate-ca-missing-basic-constraints": Kind.UNKNOWN,
    "rfc5280::root-non-critical-basic-constraints": Kind.FORM,
    "rfc5280::leaf-ku-keycertsign": Kind.FORM,
    "rfc5280::duplicate-extensions": UNREAD,
    "rfc5280::no-basicconstraints": OK,
    "rfc5280::mismatching-signature-algorithm": Kind.UNKNOWN,
    "rfc5280::ca-as-leaf": OK,
    "rfc5280::ca-as-leaf-wrong-san": Kind.NAME,
    "rfc5280::root-and-intermediate-swapped": OK,
    "webpki::aki::root-with-aki-missing-keyidentifier": Kind.BROWSER,
    "webpki::aki::root-with-aki-authoritycertissuer": UNREAD,
    "webpki::aki::root-with-aki-authoritycertserialnumber": UNREAD,
    "webpki::aki::root-with-aki-ski-mismatch": Kind.BROWSER,
    "webpki::cn::ipv4-hex-mismatch": Kind.BROWSER,
    "webpki::cn::ipv4-leading-zeros-mismatch": Kind.BROWSER,
    "webpki::cn::ipv6-uppercase-mismatch": Kind.BROWSER,
    "webpki::cn::ipv6-uncompressed-mismatch": Kind.BROWSER,
    "webpki::cn::ipv6-non-rfc5952-mismatch": Kind.BROWSER,
    "webpki::cn::not-in-san": Kind.BROWSER,
    "webpki::cn::case-mismatch": Kind.BROWSER,
    "webpki::eku::ee-anyeku": Kind.BROWSER,
    "webpki::eku::ee-without-eku": Kind.BROWSER,
    "webpki::eku::root-has-eku": Kind.BROWSER,
    "webpki::san::mismatch-domain-san": Kind.NAME,
    "webpki::san::mismatch-subdomain-san": Kind.NAME,
    "webpki::san::mismatch-subdomain-apex-san": Kind.NAME,
    "webpki::san::public-suffix-multi-label-wildcard-san": Kind.BROWSER,
    "webpki::san::wildcard-not-in-leftmost-san": Kind.NAME,
    "webpki::san::wildcard-match-across-labels-san": Kind.NAME,
    "webpki::san::wildcard-embedded-ulabel-san": Kind.NAME,
    "webpki::san::san-critical-with-nonempty-subject": Kind.BROWSER,
    "webpki::san::san-wildcard-only": Kind.NAME,
    "webpki::explicit-curve": Kind.FORM,
    "webpki::cryptographydotio-chain": OK,
    "webpki::malformed-aia": UNREAD,
    "webpki::forbidden-p192-leaf": Kind.KEY,
    "webpki::forbidden-dsa-leaf": Kind.KEY,
    "webpki::forbidden-weak-rsa-key-in-root": Kind.KEY,
    "webpki::forbidden-weak-rsa-in-leaf": Kind.KEY,
    "webpki::forbidden-rsa-not-divisible-by-8-in-root": Kind.BROWSER,
    "webpki::ca-as-leaf": Kind.BROWSER,
    "online::aws.amazon.com": OK,
    "online::apple.com": OK,
    "online::stackoverflow.com": OK,
    "online::microsoft.com": OK,
    "online::amazon.com": OK,
    "online::s3.amazonaws.com": OK,
    "online::akamai.com": OK,
    "online::storage.googleapis.com": OK,
    "online::docs.python.org": OK,
    "online::bing.com": OK,
}

DIFFERS = {
    "crl::crlnumber-missing": "it knows no revocation lists; ours must bear a number",
    "crl::issuer-no-keyusage-extension": "it wants keyUsage always; RFC 5280 only if present",
    "pathlen::validation-ignores-pathlen-in-leaf": "it takes no authority as a leaf; RFC 5280 does",
    "pathlen::max-chain-depth-1-self-issued": "it finds no roll-over; we do not count them",
    "rfc5280::aki::intermediate-missing-aki": "it wants no key identifier; we say odd form",
    "rfc5280::aki::cross-signed-root-missing-aki": "as above, for a root another key signed",
    "rfc5280::nc::permitted-dns-match-noncritical": "it lets them pass, as browsers must",
    "rfc5280::nc::permitted-dn-match": "it needs a host name",
    "rfc5280::pc::ica-noncritical-pc": "it does not look at policyConstraints",
    "rfc5280::serial::zero": "it lets a serial number of zero pass",
    "rfc5280::ca-as-leaf": "it takes no authority as a leaf",
    "webpki::aki::root-with-aki-authoritycertissuer": "it does not look at a root's extensions",
    "webpki::aki::root-with-aki-authoritycertserialnumber": "as above",
    "webpki::aki::root-with-aki-ski-mismatch": "as above; we compare the two identifiers",
    "webpki::cn::ipv4-hex-mismatch": "it never looks at the CN; phones do, so it must be a name",
    "webpki::cn::ipv4-leading-zeros-mismatch": "as above",
    "webpki::cn::ipv6-uppercase-mismatch": "as above",
    "webpki::cn::ipv6-uncompressed-mismatch": "as above",
    "webpki::cn::ipv6-non-rfc5952-mismatch": "as above",
    "webpki::cn::not-in-san": "as above",
    "webpki::cn::case-mismatch": "as above",
    "webpki::eku::ee-anyeku": "it takes anyExtendedKeyUsage",
    "webpki::eku::ee-without-eku": "it takes a leaf that says no purpose",
    "webpki::eku::root-has-eku": "it takes a root that limits its purpose",
    "webpki::san::public-suffix-multi-label-wildcard-san": "it knows no public suffix",
    "webpki::forbidden-p192-leaf": "it does not judge the leaf's key",
    "webpki::forbidden-dsa-leaf": "as above",
    "webpki::forbidden-weak-rsa-in-leaf": "as above",
    "webpki::forbidden-rsa-not-divisible-by-8-in-root": "it judges the length only",
}


@pytest.fixture(scope="module")
def cases(corpus):
    text = (corpus / "x509" / "limbo" / "limbo-part.json").read_text()
    return {case["id"]: case for case in json.loads(text)["testcases"]}


def test_every_case_has_a_row_and_every_row_a_case(cases):
    assert set(cases) == set(ROWS)
    assert set(DIFFERS) <= set(ROWS)


@pytest.mark.parametrize("name", ROWS)
def test_our_verdict_is_limbo_s(cases, name):
    case, began = cases[name], clock.monotonic()
    assert ours(case) == ROWS[name]
    assert (ROWS[name] == OK) is (case["expected_result"] == "SUCCESS")
    assert clock.monotonic() - began < 2


@pytest.mark.parametrize("name", ROWS)
def test_the_library_judges_as_its_row_says(cases, name):
    agrees = library(cases[name]) == cases[name]["expected_result"]
    assert agrees is (name not in DIFFERS)


def ours(case):
    try:
        roots, others = opened(case["trusted_certs"]), opened(case["untrusted_intermediates"])
        leaf = opened([case["peer_certificate"]])[0]
        lists = [revocation.read(each.encode())[0] for each in case["crls"]]
    except CertificateError:
        return UNREAD
    verdict = chain.verify(leaf, policy=policy(case), anchors=roots, others=others, lists=lists)
    return OK if verdict.accepted else verdict.problems[0].kind


def opened(texts):
    return [certificates.read(each.encode())[0] for each in texts]


def policy(case):
    depth, name = case["max_chain_depth"], case["expected_peer_name"]
    return Policy(
        now=moment(case).timestamp(),
        purpose=Purpose.SERVER if case["validation_kind"] == "SERVER" else Purpose.CLIENT,
        host=name["value"] if name else "",
        depth=8 if depth is None else depth,
        handshake=bool(case["key_usage"]),
        further=(browser.complaints,) if case["id"].startswith("webpki") else (),
    )


def moment(case):
    """When limbo asks; by default now."""
    text = case["validation_time"]
    return datetime.fromisoformat(text) if text else datetime.fromtimestamp(clock.now(), UTC)


def library(case):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return _library(case)
        except (ValueError, TypeError, verification.VerificationError, x509.DuplicateExtension):
            return "FAILURE"


def _library(case):
    def load(text):
        return x509.load_pem_x509_certificate(text.encode())

    builder = verification.PolicyBuilder().time(moment(case))
    builder = builder.store(verification.Store([load(each) for each in case["trusted_certs"]]))
    if case["max_chain_depth"] is not None:
        builder = builder.max_chain_depth(case["max_chain_depth"])
    leaf = load(case["peer_certificate"])
    others = [load(each) for each in case["untrusted_intermediates"]]
    if case["validation_kind"] == "CLIENT":
        builder.build_client_verifier().verify(leaf, others)
    else:
        builder.build_server_verifier(subject(case["expected_peer_name"])).verify(leaf, others)
    return "SUCCESS"


def subject(name):
    if name["kind"] == "IP":
        return x509.IPAddress(ipaddress.ip_address(name["value"]))
    return x509.DNSName(name["value"])
