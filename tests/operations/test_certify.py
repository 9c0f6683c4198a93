"""An authority's life: founded, asked, renewed, revoked; with openssl as the judge."""

import shutil
import subprocess

import pytest

from ringback import clock
from ringback.certificate import key
from ringback.certificate.key import Kind
from ringback.certificate.request import Hosts, make
from ringback.certificate.roster import Phone
from ringback.certificate.vault import DEVICES, Vault, read_pair
from ringback.errors import NotFoundError, RefusedError, UsageError
from ringback.operations.certify import Founding, Registrar, Status, first_start

NOW, DAY = float(int(clock.now())), 86400
PHONE = Phone.of("000e08abcdef", "FCH2133E8B9", "8861")
QUICK = Founding(kind=Kind.ECDSA_P256, intermediate=True)


@pytest.fixture
def by(tmp_path):
    made = Registrar(Vault(tmp_path / "state"), NOW, clock.random_bytes)
    made.found(QUICK)
    return made


def at(by, now):
    return Registrar(by.vault, now, clock.random_bytes)


def issue(by, phone=PHONE, days=90):
    return by.certify_phone(phone, by.vault.open(), kind=Kind.ECDSA_P256, days=days)


def verify(by, tmp_path, certificate, *options):
    """``openssl verify`` with the vault's own files."""
    path = shutil.which("openssl")
    if path is None:
        pytest.skip("openssl is not installed")
    leaf, above = tmp_path / "leaf.pem", tmp_path / "above.pem"
    leaf.write_bytes(certificate.pem())
    above.write_bytes(by.vault.certificates()[0].pem())
    done = subprocess.run(
        [path, "verify", "-x509_strict", "-CAfile", by.vault.trust_file, "-untrusted", above,
         *options, leaf], capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.stdout + done.stderr


def test_openssl_follows_a_phone_from_issue_to_revocation(by, tmp_path):
    phone, other = issue(by), issue(by, Phone.of("000e08abcdee", "FCH2133E8B8", "SPA962"))
    lists = ("-crl_check_all", "-CRLfile", str(by.vault.lists_file), "-purpose", "sslclient")
    assert ": OK" in verify(by, tmp_path, phone.certificate, *lists)
    by.revoke(phone.certificate, reason="keyCompromise")
    assert "certificate revoked" in verify(by, tmp_path, phone.certificate, *lists)
    assert ": OK" in verify(by, tmp_path, other.certificate, *lists)


def test_a_revocation_is_never_forgotten(by):
    made = [issue(by, Phone.of(f"000e08abcd{i:02x}", "FCH2133E8B9", "8861")) for i in range(3)]
    for each in made:
        by.revoke(each.certificate)
    mine = by.vault.lists()[0]
    assert {each.serial for each in mine.entries()} == {each.certificate.serial for each in made}
    assert mine.number == 4
    assert by.refresh_lists()[0].entries() == mine.entries()
    with pytest.raises(RefusedError, match="was revoked before"):
        by.revoke(made[0].certificate)


def test_the_intermediate_can_be_revoked_by_its_root(by):
    issuing, root = by.vault.certificates()
    by.revoke(issuing)
    assert by.vault.lists()[1].find(issuing.serial)
    with pytest.raises(RefusedError, match="was not issued by"):
        by.revoke(root)


def test_a_stranger_s_certificate_is_not_ours_to_revoke(by, tmp_path):
    other = Registrar(Vault(tmp_path / "other"), NOW, clock.random_bytes)
    other.found(QUICK)
    with pytest.raises(RefusedError, match="was not issued by"):
        by.revoke(issue(other).certificate)


def test_unknown_reasons_are_refused(by):
    with pytest.raises(UsageError, match="keyCompromise"):
        by.revoke(issue(by).certificate, reason="boredom")


def test_a_clock_in_the_past_changes_nothing(by):
    phone = issue(by)
    for act in (
        lambda: issue(at(by, NOW - 30 * DAY)),
        lambda: at(by, NOW - 30 * DAY).revoke(phone.certificate),
        lambda: at(by, NOW - 60).revoke(phone.certificate),
        lambda: at(by, NOW - 30 * DAY).renew("000e08abcdef"),
    ):
        with pytest.raises(RefusedError, match="check this clock"):
            act()
    assert len(by.vault.lists()[0]) == 0


def test_a_renewed_phone_keeps_its_key_unless_asked(by):
    first = issue(by)
    later = at(by, NOW + 80 * DAY)
    second = later.renew("000e08abcdef")
    assert key.pin(second.key.public) == key.pin(first.key.public)
    assert second.certificate.not_after > first.certificate.not_after
    third = later.renew("000e08abcdef", new_key=True)
    assert key.pin(third.key.public) != key.pin(first.key.public)
    assert read_pair(by.vault.pair_file(DEVICES, "000e08abcdef")).certificate == third.certificate


def test_a_revoked_phone_is_not_renewed(by):
    by.revoke(issue(by).certificate)
    with pytest.raises(RefusedError, match="was revoked: issue a new one"):
        by.renew("000e08abcdef")


def test_what_is_due_is_named(by):
    issue(by, days=10)
    issue(by, Phone.of("000e08abcdee", "FCH2133E8B8", "8861"), days=90)
    assert list(by.due(30)) == ["000e08abcdef"]


def test_a_renewed_server_is_served_at_once(by):
    by.certify_server(Hosts.parse(["prov.example.com"]), kind=Kind.ECDSA_P256)
    renewed = at(by, NOW + DAY).renew("prov.example.com")
    assert read_pair(by.vault.server_file).certificate == renewed.certificate


def test_every_certificate_is_on_record_with_its_standing(by):
    first = issue(by, days=10)
    issue(by)
    gone = issue(by, Phone.of("000e08abcdee", "FCH2133E8B8", "SPA962"))
    by.revoke(gone.certificate)
    rows = {(each.name, each.status) for each in by.standings()}
    assert rows == {
        ("000e08abcdef", Status.REPLACED), ("000e08abcdef", Status.VALID),
        ("000e08abcdee", Status.REVOKED), ("Ringback Issuing CA", Status.VALID),
        ("Ringback Root CA", Status.VALID),
    }  # fmt: skip
    dates = [each.certificate.not_after for each in by.standings()]
    assert dates == sorted(dates)
    later = at(by, NOW + 11 * DAY).standings()
    assert later[0].certificate == first.certificate
    assert later[0].status is Status.EXPIRED


def test_a_certificate_is_found_by_name_and_by_number(by):
    made = issue(by).certificate
    assert by.find("000e08abcdef") == made
    assert by.find(f"{made.serial:x}") == made
    with pytest.raises(NotFoundError):
        by.find("ffff")


def test_a_valid_phone_is_known(by):
    lists = by.vault.lists()
    assert not by.has_valid(PHONE, lists)
    made = issue(by)
    assert by.has_valid(PHONE, lists)
    assert not by.has_valid(Phone.of("000e08abcdef", "OTHER1234", "8861"), lists)
    by.revoke(made.certificate)
    assert not by.has_valid(PHONE, by.vault.lists())


def test_a_signed_request_is_on_record(by, tmp_path):
    asked = make(Hosts.parse(["prov.example.com"]), key.make(Kind.ECDSA_P256))
    issued, above = by.sign(asked)
    assert issued.certificate in set(by.vault.issued())
    assert above == by.vault.certificates()[:1]
    assert ": OK" in verify(by, tmp_path, issued.certificate, "-purpose", "sslserver")


def test_the_first_start_makes_what_is_missing_and_the_second_nothing(tmp_path):
    by = Registrar(Vault(tmp_path), NOW, clock.random_bytes)
    hosts = Hosts.parse(["localhost", "127.0.0.1"])
    made = first_start(by, hosts)
    assert len(made) == 2
    assert made[0].startswith("made the authority CN=Ringback Root CA")
    served = read_pair(by.vault.server_file)
    assert served.certificate.dns_names == ("localhost",)
    assert first_start(by, hosts) == ()


def test_a_locked_authority_signs_with_its_passphrase_only(tmp_path):
    by = Registrar(Vault(tmp_path), NOW, clock.random_bytes, secret=b"opensesame")
    by.found(QUICK)
    assert issue_with(by)
    with pytest.raises(RefusedError, match="--passphrase-file"):
        issue_with(Registrar(by.vault, NOW, clock.random_bytes))


def issue_with(by):
    return by.certify_phone(PHONE, by.vault.open(by.secret), kind=Kind.ECDSA_P256)
