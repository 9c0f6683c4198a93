"""The form of single certificates; the corpus has one of each oddity."""

from tests.certificate.house import found

from ringback.certificate import form


def test_what_we_sign_has_no_oddity(house):
    for leaf in (house.server().certificate, house.device().certificate):
        assert list(form.oddities(leaf, leaf=True)) == []
        assert list(form.unknown_critical(leaf)) == []
    for authority in (house.root.certificate, house.issuing.certificate):
        assert list(form.oddities(authority, leaf=False)) == []
        assert form.may_sign(authority, anchor=False)


def test_a_leaf_may_not_sign(house):
    assert not form.may_sign(house.server().certificate, anchor=True)


def test_a_version_1_root_is_taken_at_our_word(openssl, tmp_path):
    from ringback.certificate import certificate as certificates

    openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", tmp_path / "k", "-out",
            tmp_path / "csr", "-subj", "/CN=Old Root")  # fmt: skip
    data = openssl("x509", "-req", "-in", tmp_path / "csr", "-signkey", tmp_path / "k").stdout
    root = certificates.read(data)[0]
    assert form.may_sign(root, anchor=True)
    assert not form.may_sign(root, anchor=False)


def test_key_usage_decides_on_handshakes():
    assert form.handshakes(form.key_usage(digital_signature=True), server=False)
    assert form.handshakes(form.key_usage(key_encipherment=True), server=True)
    assert not form.handshakes(form.key_usage(key_encipherment=True), server=False)
    assert not form.handshakes(form.key_usage(key_cert_sign=True), server=True)


def test_serial_numbers_are_spelt_as_openssl_does(openssl):
    made = found().server().certificate
    text = openssl("x509", "-noout", "-serial", data=made.pem()).stdout.decode()
    assert text.strip() == f"serial={form.serial_text(made.serial)}"
    assert form.serial_text(0) == "00"
    assert form.serial_text(-5) == "-05"


def test_purposes_are_words():
    assert form.purposes(["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"]) == "servers, clients"
    assert form.purposes(["1.2.3"]) == "1.2.3"
    assert form.purposes([]) == "nothing"
