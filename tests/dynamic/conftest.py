"""Certificates with every oddity of a name, made here, and a request as a listener has it."""

import datetime as dt
from dataclasses import dataclass

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import NameOID, ObjectIdentifier

from ringback import clock
from ringback.http.request import Request

DAY = dt.timedelta(days=1)
PHONE = (
    (NameOID.STATE_OR_PROVINCE_NAME, "000e08abcdef"),
    (NameOID.LOCALITY_NAME, "88012BA01234"),
    (NameOID.ORGANIZATIONAL_UNIT_NAME, "SPA-962"),
    (NameOID.COMMON_NAME, "SPA-962, MAC: 000e08abcdef, Serial: 88012BA01234"),
)
ROOT = (
    (NameOID.COUNTRY_NAME, "US"),
    (NameOID.STATE_OR_PROVINCE_NAME, "California"),
    (NameOID.LOCALITY_NAME, "San Jose"),
    (NameOID.ORGANIZATION_NAME, "Test Technology, Inc."),
    (NameOID.ORGANIZATIONAL_UNIT_NAME, "Test Certificate Authority"),
    (NameOID.COMMON_NAME, "Test Client Root Authority 1"),
)


def name(pairs):
    return x509.Name([x509.NameAttribute(*pair) for pair in pairs])


ODD = x509.Name(
    [
        x509.RelativeDistinguishedName([x509.NameAttribute(NameOID.COUNTRY_NAME, "DE")]),
        x509.RelativeDistinguishedName(
            [
                x509.NameAttribute(NameOID.COMMON_NAME, "two"),
                x509.NameAttribute(NameOID.SURNAME, "Sür+name<;>"),
            ]
        ),
        *(
            x509.RelativeDistinguishedName([x509.NameAttribute(*pair)])
            for pair in (
                (NameOID.ORGANIZATIONAL_UNIT_NAME, "first"),
                (NameOID.ORGANIZATIONAL_UNIT_NAME, "Zweite, Ähre"),
                (NameOID.ORGANIZATIONAL_UNIT_NAME, "# edge "),
                (NameOID.ORGANIZATION_NAME, ' "quoted" = \\ back'),
                (NameOID.LOCALITY_NAME, "line\nbreak\x7f\x01"),
                (NameOID.STATE_OR_PROVINCE_NAME, "größer", _ASN1Type.BMPString),
                (NameOID.TITLE, "weit €", _ASN1Type.UniversalString),
                (NameOID.INITIALS, "I"),
                (NameOID.GIVEN_NAME, "G"),
                (ObjectIdentifier("2.5.4.13"), "described"),
                (NameOID.USER_ID, "u1"),
                (NameOID.EMAIL_ADDRESS, "p@example.com", _ASN1Type.IA5String),
                (NameOID.SERIAL_NUMBER, "PID:CP-8861 SN:FCH2133E8B9"),
                (NameOID.DOMAIN_COMPONENT, "example", _ASN1Type.IA5String),
                (ObjectIdentifier("1.2.3.4.5"), "unheard of"),
            )
        ),
    ]
)


@dataclass
class Made:
    """A certificate and its key, in files and as DER."""

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey

    @property
    def der(self):
        return self.certificate.public_bytes(serialization.Encoding.DER)

    def pem(self):
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def write(self, folder, stem):
        path = folder / f"{stem}.pem"
        path.write_bytes(
            self.pem()
            + self.key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return path


class Authority:
    """Signs whatever it is asked to."""

    def __init__(self, subject=None):
        self.key = rsa.generate_private_key(65537, 2048)
        self.subject = subject or name(ROOT)
        self.made = Made(
            self._sign(self.subject, self.key, (x509.BasicConstraints(ca=True, path_length=None),)),
            self.key,
        )

    def sign(self, subject, *extensions, days=30):
        key = rsa.generate_private_key(65537, 2048)
        return Made(self._sign(subject, key, extensions, days=days), key)

    def _sign(self, subject, key, extensions, days=300):
        now = dt.datetime.fromtimestamp(int(clock.now()), dt.UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - DAY)
            .not_valid_after(now + days * DAY + dt.timedelta(hours=1))
        )
        for each in extensions:
            builder = builder.add_extension(each, critical=False)
        return builder.sign(self.key, hashes.SHA256())


@pytest.fixture(scope="session")
def authority():
    return Authority()


@pytest.fixture(scope="session")
def phone(authority):
    return authority.sign(name(PHONE))


def asked(path="/", **more):
    """A request as the device listener has it."""
    values = {"method": "GET", "raw_path": path, "address": "192.0.2.7", "port": 49152} | more
    return Request(path=path, **values)
