"""Which phone a subject names."""

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from ringback.certificate import subject
from ringback.certificate.subject import Bearer, Shape, bearer
from ringback.cisco.model import MODELS, find_model
from ringback.errors import UsageError
from ringback.mac import Mac

OIDS = {
    "CN": NameOID.COMMON_NAME,
    "OU": NameOID.ORGANIZATIONAL_UNIT_NAME,
    "O": NameOID.ORGANIZATION_NAME,
    "L": NameOID.LOCALITY_NAME,
    "ST": NameOID.STATE_OR_PROVINCE_NAME,
    "SN": NameOID.SURNAME,
    "serialNumber": NameOID.SERIAL_NUMBER,
}
MAC = Mac("000e08abcdef")


def name(*pairs):
    return x509.Name([x509.NameAttribute(OIDS[label], value) for label, value in pairs])


@pytest.mark.parametrize(
    ("pairs", "who"),
    [
        ([("OU", "SPA-962"), ("L", "88012BA01234"), ("ST", "000e08abcdef")],
         Bearer("SPA-962", MAC, "88012BA01234")),
        ([("ST", "000E08ABCDEF"), ("L", "88012BA01234"), ("OU", "SPA-962"),
          ("CN", "SPA-962, MAC: 000e08abcdef, Serial: 88012BA01234")],
         Bearer("SPA-962", MAC, "88012BA01234")),
        ([("serialNumber", "PID:CP-8861 SN:FCH2133E8B9"), ("O", "Cisco Systems Inc."),
          ("OU", "CTG"), ("CN", "CP-8861-SEP2C3124C9F8E1")],
         Bearer("CP-8861", Mac("2c3124c9f8e1"), "FCH2133E8B9")),
        ([("OU", "cisco.com"), ("L", "ciscogeneric"), ("ST", "ciscogeneric")],
         Bearer(generic=True)),
        ([("ST", "sipurageneric"), ("L", "sipurageneric"), ("O", "Sipura Technology"),
          ("OU", "sipura.com"), ("CN", "SPA-2000, MAC: sipurageneric, Serial: sipurageneric")],
         Bearer("SPA-2000", generic=True)),
        ([("CN", "somebody")], None),
        ([("OU", "SPA-962"), ("L", "88012BA01234"), ("ST", "California")], None),
        ([("CN", "CP-8861-SEP2C3124C9F8E1")], None),
        ([("serialNumber", "PID:CP-8861 SN:FCH2133E8B9"), ("CN", "CP-7811-SEP2C3124C9F8E1")], None),
        ([("SN", "000e08abcdef"), ("OU", "SPA-962"), ("L", "88012BA01234")], None),
    ],
)  # fmt: skip
def test_a_subject_names_a_phone_by_the_vendor_s_shapes(pairs, who):
    assert bearer(name(*pairs)) == who


def test_a_subject_that_names_two_phones_names_none():
    two = [("OU", "SPA-962"), ("L", "88012BA01234"), ("ST", "000e08abcdef"), ("ST", "000e08abcdee")]
    assert bearer(name(*two)) is None
    disagree = "SPA-962, MAC: 000e08abcdee, Serial: 88012BA01234"
    assert bearer(name(*two[:3], ("CN", disagree))) is None


def test_a_mac_must_be_the_whole_value():
    assert bearer(name(("OU", "SPA-962"), ("L", "S1234"), ("ST", "x000e08abcdef"))) is None
    assert bearer(name(("OU", "SPA-962"), ("L", "S1234"), ("ST", "000e08abcdef\n"))) is None


@pytest.mark.parametrize("spelt", ["00:0e:08:ab:cd:ef", "00-0E-08-AB-CD-EF", "000e.08ab.cdef"])
def test_a_mac_is_read_in_any_spelling(spelt):
    found = bearer(name(("OU", "SPA-962"), ("L", "88012BA01234"), ("ST", spelt)))
    assert found
    assert found.mac == MAC


def test_other_authorities_have_shapes_of_their_own():
    shape = Shape.parse("CN=phone-{mac}; O=Example; S={serial}")
    who = bearer(name(("CN", "phone-000e08abcdef"), ("O", "Example"), ("ST", "A1234")), [shape])
    assert who == Bearer("", MAC, "A1234")
    assert bearer(name(("CN", "phone-000e08abcdef"), ("O", "Other"), ("ST", "A1")), [shape]) is None
    assert str(shape) == "CN=phone-{mac}; O=Example; S={serial}"


@pytest.mark.parametrize(
    "text", ["", "CN=x", "CN", "={mac}", "CN={colour}", "CN={mac}{mac}", "CN={mac}; junk"]
)
def test_a_shape_that_says_nothing_is_refused(text):
    with pytest.raises(UsageError, match="subject shape"):
        Shape.parse(text)


@given(st.sampled_from(MODELS), st.binary(min_size=6, max_size=6),
       st.from_regex(r"[0-9A-Z]{6,14}", fullmatch=True))  # fmt: skip
def test_what_we_compose_we_read(model, octets, serial):
    mac = Mac(octets.hex())
    who = bearer(subject.compose(model, mac, serial))
    assert who == Bearer(subject.product_name(model), mac, serial)
    assert find_model(who.product) == model
    assert bearer(subject.compose_generic(model)) == Bearer(
        subject.product_name(model), generic=True
    )


@given(st.lists(st.tuples(st.sampled_from(sorted(OIDS)), st.text(min_size=1, max_size=60)),
                max_size=8))  # fmt: skip
def test_any_subject_names_a_phone_or_nobody(pairs):
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            subject_name = name(*pairs)
        except ValueError:
            return
    who = bearer(subject_name)
    assert who is None or who.generic or who.mac
