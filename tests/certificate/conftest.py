"""An authority, a stranger, and the openssl command that judges them."""

import subprocess

import pytest
from tests.certificate.house import found


@pytest.fixture(scope="session")
def house():
    return found()


@pytest.fixture(scope="session")
def stranger():
    return found("Somebody Else")


@pytest.fixture(scope="session")
def openssl(program):
    """Run the openssl command: ``openssl("verify", …)`` gives a finished process."""
    path = program("openssl")

    def run(*arguments, data=b"", check=True):
        done = subprocess.run(
            [path, *map(str, arguments)], input=data, capture_output=True, check=False
        )
        assert not check or done.returncode == 0, done.stderr.decode()
        return done

    return run


@pytest.fixture
def old_authority(openssl, tmp_path):
    """What only the openssl command makes: an RSA 1024 root, MD5, and a leaf it signed."""

    def make(digest="md5", bits=1024, days=10, name="/OU=SPA-962/L=88012BA01234/ST=000e08abcdef"):
        ca, ca_key = tmp_path / f"{digest}-ca.pem", tmp_path / f"{digest}-ca.key"
        leaf, leaf_key = tmp_path / f"{digest}-leaf.pem", tmp_path / f"{digest}-leaf.key"
        request, extensions = tmp_path / f"{digest}.csr", tmp_path / f"{digest}.ext"
        openssl("req", "-x509", "-newkey", f"rsa:{bits}", f"-{digest}", "-nodes", "-keyout", ca_key,
                "-out", ca, "-subj", f"/O=Sipura Technology, Inc./CN=Old {digest} Root",
                "-days", 3650)  # fmt: skip
        openssl("req", "-newkey", f"rsa:{bits}", "-nodes", "-keyout", leaf_key, "-out", request,
                "-subj", name)  # fmt: skip
        extensions.write_text("basicConstraints=CA:FALSE\nextendedKeyUsage=clientAuth\n")
        if days < 0:
            options = _ca_options(tmp_path, ca, ca_key, digest)
            dates = ("-startdate", "20040226000000Z", "-enddate", "20140218000000Z")
            openssl("ca", *options, *dates, "-in", request, "-out", leaf, "-extfile", extensions)
        else:
            by = ("-CA", ca, "-CAkey", ca_key, "-CAcreateserial", "-extfile", extensions)
            how = (f"-{digest}", "-days", days)
            openssl("x509", "-req", "-in", request, "-out", leaf, *by, *how)
        return ca, leaf, leaf_key

    return make


def _ca_options(folder, ca, ca_key, digest):
    (folder / "index.txt").write_text("")
    (folder / "serial").write_text("01\n")
    config = folder / "ca.cnf"
    config.write_text(
        f"[ca]\ndefault_ca=d\n[d]\ndatabase={folder}/index.txt\nserial={folder}/serial\n"
        f"new_certs_dir={folder}\npolicy=p\nunique_subject=no\n[p]\n"
        "countryName=optional\nstateOrProvinceName=optional\nlocalityName=optional\n"
        "organizationName=optional\norganizationalUnitName=optional\ncommonName=optional\n"
    )
    return ("-config", config, "-batch", "-notext", "-md", digest, "-cert", ca, "-keyfile", ca_key)
