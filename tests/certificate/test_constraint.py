"""Which names an authority may sign for; the corpus has the finer cases."""

import pytest

from ringback.certificate import certificate as certificates
from ringback.certificate import constraint


@pytest.fixture
def path(openssl, tmp_path):
    """``path(constraints, names)``: a leaf with these names under a root so constrained."""

    def make(constraints, names, subject="/O=Example"):
        root, root_key = tmp_path / "root", tmp_path / "root.key"
        leaf, request, extensions = tmp_path / "leaf", tmp_path / "csr", tmp_path / "ext"
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", root_key, "-out", root,
                "-subj", "/CN=Root",
                "-addext", f"nameConstraints=critical,{constraints}")  # fmt: skip
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", tmp_path / "k", "-out", request,
                "-subj", subject)  # fmt: skip
        extensions.write_text(
            f"subjectAltName={names}\n" if names else "basicConstraints=CA:FALSE\n"
        )
        openssl("x509", "-req", "-in", request, "-CA", root, "-CAkey", root_key, "-out", leaf,
                "-extfile", extensions)  # fmt: skip
        return [certificates.read(each.read_bytes())[0] for each in (leaf, root)]

    return make


@pytest.mark.parametrize(
    ("constraints", "names", "subject", "complaint"),
    [
        ("permitted;DNS:example.com", "DNS:a.example.com", "/O=Example", ""),
        ("permitted;DNS:example.com", "DNS:example.com.evil.net", "/O=Example", "outside"),
        ("excluded;DNS:bar.example.com", "DNS:*.example.com", "/O=Example", "excluded"),
        ("permitted;IP:10.0.0.0/255.0.0.0", "IP:10.1.2.3", "/O=Example", ""),
        ("permitted;IP:10.0.0.0/255.0.0.0", "IP:11.1.2.3", "/O=Example", "outside"),
        ("permitted;email:example.com", "email:a@example.com", "/O=Example", ""),
        ("permitted;email:.example.com", "email:a@example.com", "/O=Example", "outside"),
        ("permitted;URI:.example.com", "URI:https://a.example.com/x", "/O=Example", ""),
        ("permitted;URI:.example.com", "URI:https://[/", "/O=Example", "outside"),
        ("permitted;DNS:example.com", "", "/CN=www.other.com", "outside"),
        ("permitted;DNS:example.com", "", "/CN=SPA-962", ""),
        ("permitted;email:example.com", "", "/CN=x/emailAddress=a@other.com", "outside"),
    ],
)  # fmt: skip
def test_names_are_held_against_subtrees(path, constraints, names, subject, complaint):
    found = list(constraint.violations(path(constraints, names, subject)))
    assert bool(found) is bool(complaint)
    assert not complaint or complaint in found[0]
    assert all("CN=Root may not sign for" in each for each in found)
