"""TLS contexts, judged by ``openssl s_client`` and ``openssl s_server``."""

import asyncio
import socket
import ssl
import subprocess
import threading
from typing import TYPE_CHECKING, Any

import pytest
import uvloop
from tests.certificate.house import DAY, NOW, found

from ringback import clock
from ringback.certificate import certificate as certificates
from ringback.certificate import key, pair, tls
from ringback.certificate.inspection import Inspection
from ringback.certificate.kept import Kept, maker
from ringback.certificate.key import Kind
from ringback.certificate.policy import Clients, Legacy, Policy
from ringback.cisco.handshake import HANDSHAKES
from ringback.cisco.model import Generation
from ringback.errors import RefusedError, UsageError
from ringback.http.limits import Limits
from ringback.http.secure import Secured

if TYPE_CHECKING:
    from ringback.http.engine import Failed

MPP, SPA = HANDSHAKES[Generation.MPP], HANDSHAKES[Generation.SPA]


class Greeter(asyncio.Protocol):
    """Says whom it takes the client for, and hangs up."""

    def __init__(self, listening):
        self.listening = listening

    def connection_made(self, transport):
        session = transport.get_extra_info("session")
        try:
            proven = session.proven
            who = self.listening.inspection.inspect(proven, clock.now()) if proven else None
            said = f"hello {who.bearer if who else 'nobody'}\n"
        except RefusedError as error:
            said = f"refused: {error}\n"
        self.listening.seen.append((session.version, session.cipher, said))
        transport.write(said.encode())
        transport.close()


class Listening:
    """A listener in a thread that greets whoever has shaken hands; ``failed`` are the others."""

    limits, closing = Limits(linger=0.2), False

    def __init__(self, make, inspection=None):
        self.make, self.inspection = make, inspection or Inspection()
        self.seen: list[tuple[str, str, str]] = []
        self.failures: list[Failed] = []
        self.noise: list[dict[str, object]] = []
        self._loop = uvloop.new_event_loop()
        self.now = self._loop.time
        self.failed = self.failures.append
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self):
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_):
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()
        assert self.noise == []

    def _run(self):
        self._loop.set_exception_handler(lambda _, context: self.noise.append(context))
        me: Any = self  # as much of a house as is asked of it
        server: Any = self._loop.run_until_complete(
            self._loop.create_server(
                lambda: Secured(me, self.make, lambda: Greeter(self)), "127.0.0.1", 0
            )
        )
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        self._loop.run_until_complete(asyncio.sleep(0.05))

    # what a client behind TLS asks of its house

    def admit(self, client):
        pass

    def release(self, client):
        pass

    def knock(self, guest):
        guest.begin()

    def date(self):
        return "now"


@pytest.fixture
def s_client(openssl, tmp_path):
    """``s_client(listening, *options, pair=…)``: what openssl says of the connection."""

    def run(listening, *options, pair=None, trust=None):
        more = list(options)
        if pair is not None:
            (tmp_path / "c.pem").write_bytes(bytes(pair))
            more += ["-cert", tmp_path / "c.pem", "-key", tmp_path / "c.pem",
                     "-cert_chain", tmp_path / "c.pem"]  # fmt: skip
        if trust is not None:
            (tmp_path / "trust.pem").write_bytes(trust.pem())
            more += ["-CAfile", tmp_path / "trust.pem", "-verify_return_error"]
        done = openssl("s_client", "-connect", f"127.0.0.1:{listening.port}", "-ign_eof", *more,
                       check=False)  # fmt: skip
        return (done.stdout + done.stderr).decode(errors="replace")

    return run


def context(house, clients=Clients.NONE, legacy=None, **how):
    policy = Policy(clients, legacy or Legacy())
    return maker(house.server(**how), policy, house.anchors)


def test_openssl_trusts_the_chain_we_send_at_tls_1_2_and_1_3(house, s_client):
    with Listening(context(house)) as listening:
        for version in ("-tls1_2", "-tls1_3"):
            said = s_client(listening, version, "-verify_hostname", "prov.example.com",
                            trust=house.root.certificate)  # fmt: skip
            assert "Verify return code: 0 (ok)" in said
            assert "hello nobody" in said


@pytest.mark.parametrize("clients", [Clients.NONE, Clients.ASK])
def test_old_versions_and_suites_are_refused_by_default(house, s_client, clients):
    with Listening(context(house, clients, kind=Kind.RSA_2048)) as listening:
        for options in (("-tls1",), ("-tls1_1",), ("-tls1_2", "-cipher", "AES128-SHA"),
                        ("-tls1_2", "-cipher", "AES128-GCM-SHA256"),
                        ("-tls1_2", "-cipher", "ECDHE-RSA-AES128-SHA")):  # fmt: skip
            cipher = () if "-cipher" in options else ("-cipher", "ALL:@SECLEVEL=0")
            assert "hello" not in s_client(listening, *options, *cipher)
            failed = listening.failures.pop()
            assert failed.why in ("TLS: unsupported protocol", "TLS: no shared cipher")
            offered = {"-tls1": "TLSv1", "-tls1_1": "TLSv1.1"}
            assert failed.version == offered.get(options[0], "TLSv1.2")


@pytest.mark.parametrize(
    ("legacy", "options"),
    [
        (Legacy(rsa_key_exchange=True), ("-tls1_2", "-cipher", "AES128-GCM-SHA256")),
        (Legacy(cbc_sha=True), ("-tls1_2", "-cipher", "ECDHE-RSA-AES128-SHA")),
        (Legacy(cbc_sha=True, rsa_key_exchange=True), ("-tls1_2", "-cipher", "AES128-SHA")),
        (Legacy(cbc_sha=True, old_versions=True),
         ("-tls1", "-cipher", "ECDHE-RSA-AES128-SHA:@SECLEVEL=0")),
        (Legacy.every(), ("-tls1", "-cipher", "AES256-SHA:AES128-SHA:@SECLEVEL=0")),
    ],
)  # fmt: skip
@pytest.mark.parametrize("clients", list(Clients))
def test_each_switch_lets_its_own_old_way_pass(house, s_client, legacy, options, clients):
    mine = house.device() if clients is Clients.REQUIRE else None
    greeting = "hello CP-8861" if mine else "hello nobody"
    with Listening(context(house, clients, legacy, kind=Kind.RSA_2048)) as listening:
        assert greeting in s_client(listening, *options, pair=mine)
        assert greeting in s_client(listening, "-tls1_3", pair=mine)


def test_no_session_ticket_is_sent_at_tls_1_3(house, s_client):
    with Listening(context(house)) as listening:
        assert "New Session Ticket" not in s_client(listening, "-tls1_3", "-msg")


@pytest.mark.parametrize("clients", [Clients.NONE, Clients.ASK])
def test_http_1_1_is_agreed_and_http_2_is_not(house, s_client, clients):
    with Listening(context(house, clients)) as listening:
        assert "ALPN protocol: http/1.1" in s_client(listening, "-alpn", "h2,http/1.1")
        assert "hello" in s_client(listening, "-alpn", "h2")


def test_a_required_listener_takes_our_phones_and_nobody_else(house, stranger, s_client):
    with Listening(context(house, Clients.REQUIRE)) as listening:
        assert "hello CP-8861 000e08abcdef" in s_client(listening, pair=house.device())
        for version in ("-tls1_2", "-tls1_3"):
            assert "hello" not in s_client(listening, version)
            assert "hello" not in s_client(listening, version, pair=stranger.device())
            assert "hello" not in s_client(listening, version, pair=house.server())
            old = house.device(now=NOW - 300 * DAY, days=10)
            assert "hello" not in s_client(listening, version, pair=old)
    assert all("nobody" not in said for _, _, said in listening.seen)


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
@pytest.mark.parametrize("alone", [False, True])
def test_a_refusal_names_the_authority_to_trust(house, stranger, s_client, version, alone):
    phone = stranger.device()
    if alone:
        phone = pair.Pair(phone.key, phone.certificate)
    with Listening(context(house, Clients.REQUIRE)) as listening:
        assert "alert unknown ca" in s_client(listening, version, pair=phone)
        (failed,) = listening.failures
    assert failed.version == version.replace("-tls1_", "TLSv1.")
    assert failed.doubt.issuer == "CN=Somebody Else Issuing"
    assert failed.doubt.anchor == ("CN=Somebody Else Issuing" if alone else "CN=Somebody Else")
    assert "--client-ca" in str(failed)
    if alone or version == "-tls1_2":
        assert failed.doubt.subject.endswith("CN=CP-8861-SEP000E08ABCDEF")
        assert failed.doubt.certificate == phone.certificate.der()


def test_who_shows_nothing_where_something_is_required_is_told_so(house, s_client):
    with Listening(context(house, Clients.REQUIRE)) as listening:
        for version in ("-tls1_2", "-tls1_3"):
            s_client(listening, version, "-servername", "prov.example.com")
            failed = listening.failures.pop()
            assert failed.why == "TLS: peer did not return a certificate"
            assert (failed.address, failed.host) == ("127.0.0.1", "prov.example.com")
            assert failed.doubt is None


def test_an_asking_listener_takes_a_phone_with_and_without_certificate(house, s_client):
    with Listening(context(house, Clients.ASK)) as listening:
        assert "hello CP-8861" in s_client(listening, pair=house.device())
        assert "hello nobody" in s_client(listening)
        assert listening.failures == []


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_what_is_not_believed_counts_as_none_where_one_is_asked_for(
    house, stranger, s_client, version
):
    old = house.device(now=NOW - 300 * DAY, days=10)
    for phone, why, anchor in (
        (stranger.device(), "not known here", "CN=Somebody Else"),
        (old, "has expired", ""),
        (house.server(), "for another purpose", ""),
    ):
        with Listening(context(house, Clients.ASK)) as listening:
            assert "hello nobody" in s_client(listening, version, pair=phone)
            (failed,) = listening.failures
        assert failed.served
        assert why in failed.doubt.why
        assert failed.doubt.anchor == anchor
        assert failed.doubt.certificate == phone.certificate.der()


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
@pytest.mark.parametrize("whose", ["ours", "a stranger's"])
def test_no_session_is_resumed_where_certificates_are_judged(  # noqa: PLR0917 (fixtures)
    house, stranger, s_client, tmp_path, version, whose
):
    phone = (house if whose == "ours" else stranger).device()
    kept = tmp_path / "session"
    with Listening(context(house, Clients.ASK)) as listening:
        first = s_client(listening, version, "-sess_out", kept, pair=phone)
        again = s_client(listening, version, "-sess_in", kept, pair=phone) if kept.exists() else ""
    assert ("hello CP-8861" if whose == "ours" else "hello nobody") in first
    assert "Reused" not in again
    assert ("hello nobody" in again) == (again != "" and whose != "ours")


def test_a_session_is_resumed_where_nobody_is_asked(house, s_client, tmp_path):
    kept = tmp_path / "session"
    with Listening(context(house)) as listening:
        s_client(listening, "-tls1_2", "-sess_out", kept)
        assert "Reused, TLSv1.2" in s_client(listening, "-tls1_2", "-sess_in", kept)


def test_a_revoked_phone_is_told_apart_after_the_handshake(house, s_client):
    from ringback.certificate import revocation
    from ringback.certificate.revocation import Revoked

    phone = house.device()
    listed = revocation.make(
        house.issuing.certificate, house.issuing.key,
        [Revoked(phone.certificate.serial, NOW)], number=1, now=NOW, days=9,
    )  # fmt: skip
    inspection = Inspection(lists=(listed,))
    with Listening(context(house, Clients.REQUIRE), inspection) as listening:
        assert "refused: serialNumber=PID:CP-8861" in s_client(listening, pair=phone)
        assert "hello" in s_client(listening, pair=house.device())


def old_pair(paths):
    ca, leaf, leaf_key = paths
    return certificates.read(ca.read_bytes())[0], pair.parse(
        leaf.read_bytes() + leaf_key.read_bytes()
    )


@pytest.mark.parametrize("digest", ["md5", "sha1"])
def test_a_weak_factory_certificate_needs_its_switch(house, s_client, old_authority, digest):
    root, phone = old_pair(old_authority(digest, 1024))
    made = house.server(kind=Kind.RSA_2048)
    strict = Policy(Clients.REQUIRE)
    versions_only = Legacy(old_versions=True, cbc_sha=True, rsa_key_exchange=True)
    weak = Policy(Clients.REQUIRE, Legacy(weak_certificates=True))
    seclevel = ("-cipher", "ALL:@SECLEVEL=0", "-tls1_2")
    with Listening(maker(made, strict, [root])) as listening:
        assert "hello" not in s_client(listening, *seclevel, pair=phone)
    with Listening(
        maker(made, Policy(Clients.REQUIRE, versions_only), [root]),
        Inspection(versions_only),
    ) as listening:
        assert "refused" in s_client(listening, *seclevel, pair=phone)
    with Listening(maker(made, weak, [root]), Inspection(weak.legacy)) as listening:
        assert "hello SPA-962 000e08abcdef" in s_client(listening, *seclevel, pair=phone)


def test_an_expired_factory_certificate_needs_its_switch_and_ours_never_has_it(
    house, s_client, old_authority
):
    root, phone = old_pair(old_authority("sha256", 2048, days=-1))
    ours = house.device(now=NOW - 300 * DAY, days=10)
    made, anchors = house.server(), [root, *house.anchors]
    legacy = Legacy(expired_certificates=True)
    with Listening(maker(made, Policy(Clients.REQUIRE), anchors)) as listening:
        assert "hello" not in s_client(listening, pair=phone)
    inspection = Inspection(legacy, ours=(house.root.certificate, house.issuing.certificate))
    with Listening(maker(made, Policy(Clients.REQUIRE, legacy), anchors), inspection) as listening:
        assert "hello SPA-962 000e08abcdef" in s_client(listening, pair=phone)
        assert "expired on" in s_client(listening, pair=ours)
        assert "hello" in s_client(listening, pair=house.device())


def test_a_listener_that_asks_clients_must_trust_somebody(house):
    with pytest.raises(UsageError, match="--client-ca"):
        maker(house.server(), Policy(Clients.ASK), ())


def test_a_new_pair_is_served_from_the_next_handshake_on(house, s_client):
    pairs = [house.server("one.example.com"), house.server("two.example.com")]
    kept = Kept(lambda: pairs[0], Policy())
    with Listening(kept) as listening:
        assert "CN = one.example.com" in s_client(listening)
        assert kept.reload() is False
        pairs.pop(0)
        assert kept.reload() is True
        assert "CN = two.example.com" in s_client(listening)


@pytest.mark.parametrize("clients", list(Clients))
def test_a_key_of_another_kind_is_served_after_a_reload(house, s_client, clients):
    pairs = [house.server("one.example.com"),
             house.server("two.example.com", kind=Kind.RSA_2048)]  # fmt: skip
    kept = Kept(lambda: pairs[0], Policy(clients), house.anchors)
    with Listening(kept) as listening:
        pairs.pop(0)
        assert kept.reload()
        said = s_client(listening, "-tls1_2", pair=house.device())
        assert "CN = two.example.com" in said
        assert "Peer signature type: RSA" in said


@pytest.mark.parametrize("clients", [Clients.NONE, Clients.ASK])
def test_an_unfit_pair_leaves_the_old_one_in_service(
    house, stranger, s_client, old_authority, clients
):
    _, weak = old_pair(old_authority("sha1", 1024))
    good = house.server("one.example.com", kind=Kind.RSA_2048)
    mixed = pair.Pair(stranger.server(kind=Kind.RSA_2048).key, good.certificate, good.chain)
    offered = [good]
    kept = Kept(lambda: offered[0], Policy(clients), house.anchors)
    with Listening(kept) as listening:
        for unfit, says in (
            (weak, "OpenSSL does not take the certificate"),
            (mixed, "OpenSSL does not take the certificate"),
        ):
            offered[0] = unfit
            with pytest.raises(RefusedError, match=says):
                kept.reload()
            assert "CN = one.example.com" in s_client(listening)


def test_phones_of_the_spa_kind_speak_to_the_legacy_listener_only():
    house = found("RSA Root", kind=Kind.RSA_2048)
    server = house.server(kind=Kind.RSA_2048)
    phone = tls.phone_context(SPA, house.anchors, house.device("SPA962"), now=lambda: NOW)
    with Listening(maker(server, Policy(legacy=Legacy.every()), ())) as listening:
        assert greet(phone, listening, "prov.example.com") == "hello nobody\n"
        assert listening.seen[0][:2] == ("TLSv1", "AES256-SHA")
    with Listening(maker(server, Policy(), ())) as listening:
        with pytest.raises(OSError):  # an alert, or a reset: asyncio hangs up without a word
            greet(phone, listening, "prov.example.com")
        assert listening.seen == []


def test_an_mpp_phone_shows_its_certificate(house):
    phone = tls.phone_context(MPP, house.anchors, house.device(), now=lambda: NOW)
    with Listening(context(house, Clients.REQUIRE)) as listening:
        assert greet(phone, listening, "prov.example.com").startswith("hello CP-8861 000e08abcdef")
        assert listening.seen[0][0] == "TLSv1.2"


def greet(phone, listening, host):
    async def talk():
        with socket.create_connection(("127.0.0.1", listening.port)) as line:
            line.settimeout(0)
            try:
                reader, writer = await asyncio.open_connection(
                    sock=line, ssl=phone, server_hostname=host
                )
                said = await reader.read(1000)
                writer.close()
                return said.decode()
            finally:
                # The transport closes it when it is done itself, and tells nobody.
                while line.fileno() >= 0:  # noqa: ASYNC110
                    await asyncio.sleep(0)

    return asyncio.run(asyncio.wait_for(talk(), 60))


@pytest.mark.parametrize(
    ("how", "host", "says"),
    [
        ({}, "www.example.com", "does not name www.example.com"),
        ({}, "127.0.0.1", "does not name 127.0.0.1"),
        ({"now": NOW - 300 * DAY, "days": 10}, "prov.example.com", "expired on"),
    ],
)
def test_a_phone_refuses_a_server_before_it_says_a_word(house, how, host, says):
    phone = tls.phone_context(MPP, house.anchors, now=lambda: NOW)
    served = maker(house.server(**how), Policy(), ())
    with Listening(served) as listening:
        with pytest.raises(ssl.SSLCertVerificationError) as refusal:
            greet(phone, listening, host)
        assert says in refusal.value.verify_message
        assert tls.explain(refusal.value)


def test_a_phone_trusts_only_its_own_list(house, stranger):
    phone = tls.phone_context(MPP, stranger.anchors, now=lambda: NOW)
    nobody = tls.phone_context(MPP, (), now=lambda: NOW)
    with Listening(context(house)) as listening:
        for each in (phone, nobody):
            with pytest.raises(ssl.SSLCertVerificationError) as refusal:
                greet(each, listening, "prov.example.com")
            assert "not known here" in tls.explain(refusal.value)


def test_a_phone_with_a_slow_clock_refuses_what_is_not_valid_yet(house):
    phone = tls.phone_context(MPP, house.anchors, now=lambda: NOW - 30 * DAY)
    with Listening(context(house)) as listening:
        with pytest.raises(ssl.SSLCertVerificationError) as refusal:
            greet(phone, listening, "prov.example.com")
        assert "is not valid before" in refusal.value.verify_message


def test_a_spa_does_not_speak_ecdsa(house):
    phone = tls.phone_context(SPA, house.anchors, now=lambda: NOW)
    with Listening(context(house, legacy=Legacy.every())) as listening:
        with pytest.raises(OSError):
            greet(phone, listening, "prov.example.com")
        assert listening.seen == []


def test_an_unusable_cipher_list_counts_as_none(house):
    phone = tls.phone_context(MPP, house.anchors, ciphers="NO-SUCH-SUITE", now=lambda: NOW)
    with Listening(context(house)) as listening:
        assert "hello" in greet(phone, listening, "prov.example.com")


def test_an_mpp_phone_reads_openssl_s_own_server(house, program, tmp_path, free_port):
    made = house.server()
    (tmp_path / "s.pem").write_bytes(bytes(made))
    port = free_port()
    server = subprocess.Popen(
        [program("openssl"), "s_server", "-accept", f"127.0.0.1:{port}", "-cert",
         tmp_path / "s.pem", "-key", tmp_path / "s.pem", "-cert_chain", tmp_path / "s.pem",
         "-www", "-verify", "5"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        assert server.stdout
        while b"ACCEPT" not in server.stdout.readline():
            assert server.poll() is None
        phone = tls.phone_context(MPP, house.anchors, house.device(), now=lambda: NOW)

        async def talk():
            reader, writer = await asyncio.open_connection(
                "127.0.0.1", port, ssl=phone, server_hostname="prov.example.com"
            )
            writer.write(b"GET / HTTP/1.0\r\n\r\n")
            page = await reader.read()
            writer.close()
            return page.decode()

        page = asyncio.run(asyncio.wait_for(talk(), 60))
        assert "Client certificate" in page
        assert "CP-8861-SEP000E08ABCDEF" in page
    finally:
        server.terminate()
        server.communicate(timeout=10)


def test_keys_of_every_kind_are_taken(house):
    for kind in key.Kind:
        for clients in Clients:
            maker(house.server(kind=kind), Policy(clients), house.anchors)()


def test_a_stranger_of_the_same_name_is_kept_out(house, s_client):
    twin = found()
    with Listening(context(house, Clients.REQUIRE)) as listening:
        assert "hello" not in s_client(listening, pair=twin.device())


def test_a_phone_goes_by_its_own_clock_and_not_by_this_machines(house):
    expired = maker(house.server(now=NOW - 300 * DAY, days=10), Policy(), ())
    phone = tls.phone_context(MPP, house.anchors, now=lambda: NOW - 295 * DAY)
    with Listening(expired) as listening:
        assert "hello" in greet(phone, listening, "prov.example.com")
    before = tls.phone_context(MPP, house.anchors, now=lambda: NOW - 5000 * DAY)
    refused = pytest.raises(ssl.SSLCertVerificationError, match="is not valid before")
    with Listening(context(house)) as listening, refused:
        greet(before, listening, "prov.example.com")


@pytest.mark.parametrize("clients", [Clients.ASK, Clients.REQUIRE])
@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_a_listener_that_asks_names_whom_it_believes(house, stranger, s_client, clients, version):
    both = (*house.anchors, *stranger.anchors)
    with Listening(maker(house.server(), Policy(clients), both)) as listening:
        said = s_client(listening, version, pair=house.device())
    named = said.partition("Acceptable client certificate CA names\n")[2]
    listed = named.partition("Requested Signature Algorithms")[0].splitlines()
    for each in both:
        common = dict(certificates.attributes(each.subject))["CN"]
        assert any(line.endswith(f"CN = {common}") for line in listed)


def test_a_list_too_long_to_be_told_is_not_told_in_part(house, s_client):
    many = tuple(found(f"Authority {each}").root.certificate for each in range(65))
    make = maker(house.server(), Policy(Clients.REQUIRE), (*many, *house.anchors))
    with Listening(make) as listening:
        said = s_client(listening, "-tls1_2", pair=house.device())
    assert "No client certificate CA names sent" in said
    assert "hello" in said


def believed(said: str) -> bool:
    return "hello " in said and "hello nobody" not in said


@pytest.mark.parametrize("clients", [Clients.ASK, Clients.REQUIRE])
def test_other_authorities_are_believed_from_the_next_handshake_on(
    house, stranger, s_client, clients
):
    kept = Kept(house.server, Policy(clients), house.anchors)
    with Listening(kept) as listening:
        assert not believed(s_client(listening, pair=stranger.device()))
        assert kept.believe(house.anchors) is False
        assert kept.believe((*house.anchors, *stranger.anchors)) is True
        assert believed(s_client(listening, pair=stranger.device()))
        assert kept.believe(stranger.anchors) is True
        assert not believed(s_client(listening, pair=house.device()))


def test_nobody_left_to_believe_leaves_the_old_authorities_in_force(house, s_client):
    kept = Kept(house.server, Policy(Clients.REQUIRE), house.anchors)
    with Listening(kept) as listening:
        with pytest.raises(UsageError, match="no authority to trust"):
            kept.believe(())
        assert "hello" in s_client(listening, pair=house.device())
