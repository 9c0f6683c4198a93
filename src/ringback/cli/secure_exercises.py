"""The exercises of the vendor's chapter (S1) with HTTPS and certificates, on a secure stage.

Sections "Secure HTTPS Resync", "Obtain a Server Certificate" and "Configure a Custom Certificate
Authority". The commands are the chapter's own where openssl is installed, made to ask nothing;
else ``ringback cert`` does the same. What the vendor would sign, ``ringback cert sign`` signs.
"""

from collections.abc import Callable
from pathlib import Path

from ringback.certificate.policy import Clients
from ringback.cli.browser import open_page
from ringback.cli.exercises import FAILED, SUCCESSFUL, basic
from ringback.cli.secure_stage import SecureStage
from ringback.cli.stage import MAC, MODEL, SERIAL, has_tool, run_ringback, run_tool
from ringback.errors import RingbackError

Exercise = Callable[[SecureStage], None]

REFLECTOR = r"""#!/usr/bin/perl -wT
use strict;
print "Content-Type: text/plain\n\n";
print "<flat-profile><GPP_D>";

print "OU=$ENV{'SSL_CLIENT_I_DN_OU'},\n";
print "L=$ENV{'SSL_CLIENT_I_DN_L'},\n";
print "S=$ENV{'SSL_CLIENT_I_DN_S'}\n";
print "</GPP_D></flat-profile>";
"""
"""The chapter's script, as printed: it tells of the issuer, and ``S`` is nobody's state."""
CORRECTED = (
    REFLECTOR.replace("_I_DN_", "_S_DN_")
    .replace("print \"S=$ENV{'SSL_CLIENT_S_DN_S'}", "print \"ST=$ENV{'SSL_CLIENT_S_DN_ST'}")
    .replace('print "OU=', 'print "CN=$ENV{\'SSL_CLIENT_S_DN_CN\'},\\n";\nprint "OU=')
)
"""The subject's fields, ``ST`` for the state, and the CN, which names an MPP phone."""
TEMPLATE = (
    "<flat-profile><GPP_D>{{ certificate.product }} {{ certificate.mac }} "
    "{{ certificate.serial }}</GPP_D></flat-profile>\n"
)
_PERL = Path("/usr/bin/perl")


def basic_https_resync(stage: SecureStage) -> None:
    """Basic HTTPS Resync."""
    stage.submit_all_changes(
        Syslog_Server=stage.syslog, Resync_Random_Delay="0", Resync_Periodic="0"
    )
    stage.expect_field("Syslog_Server", stage.syslog)
    key, request = _request(stage, "my.server.com", "privkey.pem", "provserver.csr")
    _sign_and_serve(stage, key, request, "my.server.com")
    stage.put("basic.txt", basic("over HTTPS"))
    stage.expect_refused(
        "Step 8: a browser that does not know the vendor refuses the certificate",
        lambda: stage.browse("my.server.com", "basic.txt"),
    )
    if "over HTTPS" not in stage.browse("my.server.com", "basic.txt", stage.vendor_root):
        raise RingbackError("a browser does not get basic.txt")
    stage.tell("Step 7: a browser that knows the vendor downloads basic.txt")
    stage.forget()
    rule = stage.url("basic.txt", "https", "my.server.com")
    stage.submit_all_changes(Profile_Rule=rule)
    stage.tell(f"Step 9: Profile_Rule = {rule} submitted")
    stage.expect_said(f"{SUCCESSFUL} {stage.url('basic.txt', 'https')}")
    stage.expect_field("GPP_A", "over HTTPS")


def https_with_client_certificate_authentication(stage: SecureStage) -> None:
    """HTTPS with Client Certificate Authentication."""
    stage.restart_server(Clients.REQUIRE)
    stage.tell("Steps 1 to 3: the server requires a client certificate (SSLVerifyClient require)")
    mine, other = f"{MODEL}{MAC}.cfg", f"{MODEL}000e08aaaaaa.cfg"
    stage.put(mine, basic("for this phone only"))
    stage.put(other, basic("for another phone"))
    stage.forget()
    _resync(stage, "CP-7832-3PCC$MA.cfg")
    stage.expect_said(f"{SUCCESSFUL} {stage.url(mine, 'https')}")
    stage.expect_field("GPP_A", "for this phone only")
    stage.expect_refused(
        "an ordinary browser, without a certificate, is refused",
        lambda: stage.browse("my.server.com", mine, stage.vendor_root),
    )
    url = stage.url(mine, "https", "my.server.com")
    stage.expect_refused(
        "an unauthorised device, without a certificate, is refused",
        lambda: run_ringback(
            "phone", "resync", url, "--ca", str(stage.vendor_root),
            "--resolve", "my.server.com=127.0.0.1",
        ),
    )  # fmt: skip
    stage.forget()
    _resync(stage, other)
    stage.expect_said(f"{FAILED}: file not found")
    stage.tell(f"this phone's certificate does not get {other}, which is there")
    stage.expect_field("GPP_A", "for this phone only")


def https_client_filtering_and_dynamic_content(stage: SecureStage) -> None:
    """HTTPS Client Filtering and Dynamic Content."""
    if _PERL.exists():
        _script(stage, "reflect.pl", REFLECTOR)
        stage.tell("Steps 2 and 3: reflect.pl, as printed, is in the CGI folder")
        stage.forget()
        rule = stage.url("cgi-bin/reflect.pl?", "https", "my.server.com")
        stage.submit_all_changes(Profile_Rule=rule)
        stage.tell(f"Step 5: Profile_Rule = {rule} submitted")
        stage.expect_said(f"{SUCCESSFUL} {stage.url('cgi-bin/reflect.pl?', 'https')}")
        stage.expect_field("GPP_D", "OU=, L=, S=")
        stage.tell("as printed it asks for the fields of the issuer, which are empty here")
        _script(stage, "subject.pl", CORRECTED)
        _resync(stage, "cgi-bin/subject.pl?")
        stage.expect_field("GPP_D", f"CN=CP-7832-SEP{MAC.upper()}, OU=CTG, L=, ST=")
        stage.tell("corrected, with the fields of the subject, it tells who the phone is")
    else:
        stage.tell("Step 1: Perl is not installed; a template does the same")
    stage.put("whoami.xml.j2", TEMPLATE)
    _resync(stage, "whoami.xml")
    stage.expect_field("GPP_D", f"CP-7832 {MAC} {SERIAL}")


def obtain_a_server_certificate(stage: SecureStage) -> None:
    """Obtain a Server Certificate."""
    name = "provserv.domain.com"
    if has_tool("openssl"):
        run_tool("openssl", "genrsa", "-out", "short.key", "1024", folder=stage.folder)
        _openssl_request(stage, name, "short.key", "short.csr")
        stage.expect_refused(
            "Step 2: a key of 1024 bits, as the chapter makes it, is not signed today",
            lambda: run_ringback("cert", "sign", str(stage.folder / "short.csr"), *stage.state),
        )
    key, request = _request(stage, name, f"{name}.key", f"{name}.csr")
    told = "\n".join(run_ringback("cert", "check", str(request)))
    if name not in told:
        raise RingbackError(f"ringback cert check says: {told}")
    stage.tell(f"Step 3: the request names {name} and an e-mail address")
    _sign_and_serve(stage, key, request, name)
    stage.put("basic.txt", basic("from provserv"))
    stage.forget()
    _resync(stage, "basic.txt", "my.server.com")
    stage.expect_said(f"{FAILED}: https_get failed")
    stage.tell("under its old name the phone refuses the server: the certificate has another")
    _resync(stage, "basic.txt", name)
    stage.expect_field("GPP_A", "from provserv")


def configure_a_custom_certificate_authority(stage: SecureStage) -> None:
    """Configure a Custom Certificate Authority."""
    stage.expect_shown("Not Installed")
    name, telco = "prov.telco.com", ("--state", str(stage.folder / "telco"))
    run_ringback("cert", "authority", "create", "Telco CA", *telco)
    root = stage.folder / "telco" / "authority" / "root.pem"
    stage.put("telco-ca.crt", root.read_text())
    key, request = _request(stage, name, f"{name}.key", f"{name}.csr")
    _sign_and_serve(stage, key, request, name, telco)
    stage.put("basic.txt", basic("by a custom authority"))
    stage.forget()
    _resync(stage, "basic.txt", name)
    stage.expect_said(f"{FAILED}: https_get failed")
    stage.tell("the phone refuses a server by an authority that it does not know")
    stage.submit_all_changes(
        Custom_CA_Rule=stage.url("telco-ca.crt"), Profile_Rule=stage.url("basic.txt", "https", name)
    )
    stage.tell(f"Custom_CA_Rule = {stage.url('telco-ca.crt')} submitted")
    stage.expect_said(f"{SUCCESSFUL} {stage.url('basic.txt', 'https')}")
    stage.expect_field("GPP_A", "by a custom authority")
    stage.expect_shown("Last provisioning succeeded on ")
    stage.expect_shown("Installed \N{EN DASH} Telco CA")
    stage.put("junk.crt", "no certificate\n")
    open_page(f"{stage.pages}/admin/updateca?{stage.url('junk.crt')}")
    stage.expect_shown("Last provisioning failed on ")
    stage.expect_shown("Installed \N{EN DASH} Telco CA")


def _request(stage: SecureStage, name: str, key: str, request: str) -> tuple[Path, Path]:
    """A key and a signing request, by openssl or by ourselves."""
    if has_tool("openssl"):
        run_tool("openssl", "genrsa", "-out", key, "2048", folder=stage.folder)
        _openssl_request(stage, name, key, request)
        stage.tell(f"openssl genrsa -out {key} 2048; openssl req -new -key {key} -out {request}")
        return stage.folder / key, stage.folder / request
    email = f"admin@{name}"
    run_ringback("cert", "request", name, "--email", email, "--out", str(stage.folder))
    stage.tell(f"ringback cert request {name} --email {email} (openssl is not installed)")
    return stage.folder / f"{name}.key", stage.folder / f"{name}.csr"


def _openssl_request(stage: SecureStage, name: str, key: str, request: str) -> None:
    subject = f"/C=US/O=Example Telco/CN={name}/emailAddress=admin@{name}"
    run_tool(
        "openssl", "req", "-new", "-key", key, "-out", request, "-subj", subject,
        folder=stage.folder,
    )  # fmt: skip


def _sign_and_serve(
    stage: SecureStage, key: Path, request: Path, name: str, by: tuple[str, ...] = ()
) -> None:
    """Have a request signed by the vendor (or ``by`` somebody else), and serve what comes back."""
    signed = request.with_suffix(".cert")
    run_ringback("cert", "sign", str(request), "--out", str(signed), *(by or stage.state))
    stage.tell(f"ringback cert sign {request.name} --out {signed.name}")
    stage.install(key, signed, name)
    stage.restart_server()
    stage.tell(f"ringback cert install {key.name} {signed.name}; the server is restarted")


def _script(stage: SecureStage, name: str, text: str) -> None:
    path = stage.scripts / name
    path.write_text(text)
    path.chmod(0o755)


def _resync(stage: SecureStage, path: str, host: str = "my.server.com") -> None:
    """Open the phone's resync page with a URL of the server."""
    url = stage.url(path, "https", host)
    open_page(f"{stage.pages}/admin/resync?{url}")
    stage.tell(f"opened /admin/resync?{url}")


SECURE_EXERCISES: tuple[Exercise, ...] = (
    basic_https_resync,
    https_with_client_certificate_authentication,
    https_client_filtering_and_dynamic_content,
    obtain_a_server_certificate,
    configure_a_custom_certificate_authority,
)
