"""A tiny server of ours gives every kind of bad answer; dnsmasq judges that we speak DNS."""

import asyncio
import socket
import subprocess
import time
from contextlib import contextmanager

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest

from ringback import clock
from ringback.dns.resolver import Resolver
from ringback.dns.srv import Service
from ringback.errors import Failure, TransferError, UsageError

LONG = [f"10.1.{number // 250}.{number % 250 + 1}" for number in range(300)]
ZONE = {
    ("prov.example.", "A"): ["10.0.0.3", "10.0.0.1", "10.0.0.2"],
    ("alias.example.", "CNAME"): ["middle.example."],
    ("middle.example.", "CNAME"): ["prov.example."],
    ("split.example.", "CNAME"): ["elsewhere.example."],
    ("elsewhere.example.", "A"): ["10.0.0.7"],
    ("loop.example.", "CNAME"): ["loop.example."],
    ("only6.example.", "AAAA"): ["2001:db8::1"],
    ("long.example.", "A"): LONG,
    **{(f"split{n}.example.", "CNAME"): [f"split{n + 1}.example."] for n in range(9)},
    ("_ciscoprov-http._tcp.example.", "SRV"): [
        "20 0 8080 spare.example.",
        "10 5 80 prov.example.",
    ],
    ("_denied._tcp.example.", "SRV"): ["0 0 0 ."],
}
RCODES = {"fails.example.": dns.rcode.SERVFAIL, "refused.example.": dns.rcode.REFUSED}


def add(reply, name, kind):
    """Each record by itself: dnspython shuffles those of one set when it writes them."""
    for value in ZONE[name, kind]:
        reply.answer.append(dns.rrset.from_text(name, 60, "IN", kind, value))


def reply_to(query, *, udp):
    """What the tiny server says, or None to stay silent."""
    reply = dns.message.make_response(query)
    question = query.question[0]
    name, kind = question.name.to_text().lower(), dns.rdatatype.to_text(question.rdtype)
    if name == "silent.example.":
        return None
    if name == "garbage.example.":
        return b"garbage"
    if name in RCODES:
        reply.set_rcode(RCODES[name])
        return reply.to_wire()
    chased = not name.startswith("split")
    for _ in range(3):
        if (name, kind) in ZONE or (name, "CNAME") not in ZONE:
            break
        add(reply, name, "CNAME")
        name = ZONE[name, "CNAME"][0]
        if not chased:
            return reply.to_wire()
    if (name, kind) in ZONE:
        add(reply, name, kind)
    elif not any(known == name for known, _ in ZONE):
        reply.set_rcode(dns.rcode.NXDOMAIN)
    wire = reply.to_wire()
    if udp and len(wire) > 512:
        reply.answer.clear()
        reply.flags |= dns.flags.TC
        return reply.to_wire()
    return wire


class Tiny(asyncio.DatagramProtocol):
    """The tiny server: UDP here, TCP in ``serve``."""

    def __init__(self):
        self.asked = []

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, addr):
        query = dns.message.from_wire(data)
        self.asked.append(query.question[0].name.to_text())
        reply = reply_to(query, udp=True)
        if reply:
            self.transport.sendto(reply, addr)

    async def serve(self, reader, writer):
        length = int.from_bytes(await reader.readexactly(2), "big")
        query = dns.message.from_wire(await reader.readexactly(length))
        self.asked.append("tcp " + query.question[0].name.to_text())
        reply = reply_to(query, udp=False)
        writer.write(len(reply).to_bytes(2, "big") + reply)
        await writer.drain()
        writer.close()


async def both_transports():
    """UDP and TCP on one port, which may take more than one try."""
    loop = asyncio.get_running_loop()
    while True:
        transport, tiny = await loop.create_datagram_endpoint(Tiny, ("127.0.0.1", 0))
        try:
            port = transport.get_extra_info("sockname")[1]
            return transport, tiny, await asyncio.start_server(tiny.serve, "127.0.0.1", port)
        except OSError:
            transport.close()


def asking(work, **settings):
    """Run ``work(resolver, tiny)`` against the tiny server."""

    async def run():
        transport, tiny, streams = await both_transports()
        try:
            server = transport.get_extra_info("sockname")
            resolver = Resolver(server=server, **({"timeout": 10.0} | settings))
            return await work(resolver, tiny)
        finally:
            streams.close()
            transport.close()

    return asyncio.run(run())


def addresses(name, **settings):
    return asking(lambda resolver, _: resolver.addresses(name), **settings)


def failure(name, **settings):
    with pytest.raises(TransferError) as caught:
        addresses(name, **settings)
    assert caught.value.failure is Failure.DNS
    return str(caught.value)


def test_a_records_come_in_the_order_of_the_answer():
    assert addresses("prov.example") == ("10.0.0.3", "10.0.0.1", "10.0.0.2")


def test_nothing_is_cached_as_a_phone_asks_each_time():
    async def twice(resolver, tiny):
        await resolver.addresses("prov.example")
        await resolver.addresses("prov.example")
        return tiny.asked

    assert asking(twice) == ["prov.example."] * 2


@pytest.mark.parametrize("name", ["alias.example", "ALIAS.example.", "middle.example"])
def test_a_chain_of_cnames_leads_to_the_addresses(name):
    assert addresses(name) == ("10.0.0.3", "10.0.0.1", "10.0.0.2")


def test_a_chain_the_server_left_unfinished_is_followed():
    assert addresses("split.example") == ("10.0.0.7",)


def test_a_truncated_answer_is_asked_for_again_over_tcp():
    async def look(resolver, tiny):
        return await resolver.addresses("long.example"), tiny.asked

    found, asked = asking(look)
    assert found == tuple(LONG)
    assert asked == ["long.example.", "tcp long.example."]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nobody.example", "there is no server named nobody.example"),
        ("only6.example", "only6.example has no A record"),
        ("fails.example", "SERVFAIL"),
        ("refused.example", "REFUSED"),
        ("loop.example", "loop.example"),
        ("split0.example", "leads through more than 8 CNAMEs"),
        ("192.168.1.300", "300 is over 255"),
    ],
)
def test_each_bad_answer_is_one_clear_error(name, words):
    assert words in failure(name)


def test_garbage_is_no_answer():
    assert "garbage.example cannot be looked up" in failure("garbage.example", timeout=0.5)


def test_silence_ends_in_time():
    began = time.monotonic()

    assert "no DNS server answered within 0.4 s" in failure("silent.example", timeout=0.4)
    assert time.monotonic() - began < 2


def test_a_closed_port_is_one_clear_error(free_port):
    async def look():
        await Resolver(server=("127.0.0.1", free_port("udp")), timeout=0.5).addresses("a.example")

    with pytest.raises(TransferError, match=r"asked 127\.0\.0\.1"):
        asyncio.run(look())


def test_a_name_beyond_ascii_is_asked_for_in_its_wire_form():
    async def look(resolver, tiny):
        with pytest.raises(TransferError, match="no server named"):
            await resolver.addresses("münchen.example")
        return tiny.asked

    assert asking(look) == ["xn--mnchen-3ya.example."]


# --- without asking -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("10.1.2.3", "10.1.2.3"),
        ("::1", "::1"),
        ("[2001:DB8::1]", "2001:db8::1"),
        ("localhost", "127.0.0.1"),
        ("LocalHost.", "127.0.0.1"),
    ],
)
def test_literals_and_localhost_are_never_asked_for(name, known):
    async def look(resolver, tiny):
        return await resolver.addresses(name), tiny.asked

    assert asking(look) == ((known,), [])


def test_fixed_names_come_before_dns_in_their_order():
    fixed = {"Prov.Example": ["10.9.9.2", "10.9.9.1"]}

    assert addresses("prov.example.", fixed=fixed) == ("10.9.9.2", "10.9.9.1")
    assert addresses("elsewhere.example", fixed=fixed) == ("10.0.0.7",)


def test_no_name_is_no_server():
    with pytest.raises(TransferError) as caught:
        addresses("")
    assert caught.value.failure is Failure.NO_SERVER


@pytest.mark.parametrize("settings", [{"fixed": {"a": ["b"]}}, {"server": ("dns.example", 53)}])
def test_a_resolver_is_told_addresses_not_names(settings):
    with pytest.raises(UsageError, match="is not an IP address"):
        Resolver(**settings)


# --- as the machine asks --------------------------------------------------------------------------


@contextmanager
def machine(folder, hosts="", configuration="", **settings):
    """A resolver that reads these instead of /etc/hosts and /etc/resolv.conf."""
    (folder / "hosts").write_text(hosts)
    (folder / "resolv.conf").write_text(configuration)
    yield Resolver(
        hosts_file=folder / "hosts", configuration=folder / "resolv.conf", timeout=10, **settings
    )


def test_the_hosts_file_comes_first_and_is_read_again_when_it_changes(tmp_path):
    with machine(tmp_path, "10.0.0.1 pbx\n") as resolver:
        assert asyncio.run(resolver.addresses("PBX")) == ("10.0.0.1",)
        (tmp_path / "hosts").write_text("10.0.0.22 pbx\n")
        assert asyncio.run(resolver.addresses("pbx")) == ("10.0.0.22",)


def test_a_named_server_is_asked_instead_of_the_hosts_file(tmp_path):
    (tmp_path / "hosts").write_text("10.0.0.99 prov.example\n")

    assert addresses("prov.example", hosts_file=tmp_path / "hosts")[0] == "10.0.0.3"


def test_short_names_are_searched_for_as_the_machine_would(tmp_path):
    with machine(tmp_path, configuration="nameserver 127.0.0.1\nsearch office.test\n") as ours:
        asker = ours._asker("pbx")

    assert asker.use_search_by_default
    assert [each.to_text() for each in asker.search] == ["office.test."]
    assert not Resolver(server=("127.0.0.1", 53))._asker("pbx").use_search_by_default


@pytest.mark.parametrize("configuration", ["", "# nothing\n"])
def test_a_machine_without_dns_says_so(tmp_path, configuration):
    with (
        machine(tmp_path, configuration=configuration) as resolver,
        pytest.raises(TransferError, match="names no DNS server: name a DNS server"),
    ):
        asyncio.run(resolver.addresses("prov.example"))


def test_missing_files_are_as_empty_ones(tmp_path):
    resolver = Resolver(hosts_file=tmp_path / "no", configuration=tmp_path / "no")

    with pytest.raises(TransferError, match="names no DNS server"):
        asyncio.run(resolver.addresses("prov.example"))


# --- services -------------------------------------------------------------------------------------


def test_services_come_by_priority():
    found = asking(lambda resolver, _: resolver.services("_ciscoprov-http._tcp.example"))

    assert found == (Service(10, 5, 80, "prov.example"), Service(20, 0, 8080, "spare.example"))


def test_a_denied_service_has_no_servers_and_a_missing_one_is_an_error():
    assert asking(lambda resolver, _: resolver.services("_denied._tcp.example")) == ()
    with pytest.raises(TransferError, match="no server named"):
        asking(lambda resolver, _: resolver.services("_none._tcp.example"))


# --- dnsmasq --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def dnsmasq(program, tmp_path_factory):
    """Debian's dnsmasq as the only DNS server of a small network; its port."""
    folder = tmp_path_factory.mktemp("dnsmasq")
    (folder / "hosts").write_text("10.0.0.3 prov.test\n10.0.0.1 prov.test\n10.0.0.2 prov.test\n")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [
            program("dnsmasq"), "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv",
            "--no-hosts", f"--addn-hosts={folder}/hosts", f"--port={port}", "--user=root",
            "--listen-address=127.0.0.1", "--bind-interfaces", "--pid-file=", "--local=/test/",
            "--cname=alias.test,prov.test", "--log-facility=-",
            "--srv-host=_ciscoprov-http._tcp.test,prov.test,6980,1,2",
        ],
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stderr is not None
    for line in process.stderr:
        if "read" in line and "hosts" in line:
            break
    yield port
    process.terminate()
    process.wait(5)
    process.stderr.close()


def test_dnsmasq_answers_us(dnsmasq):
    async def look():
        resolver = Resolver(server=("127.0.0.1", dnsmasq), dice=clock.dice(1))
        return (
            await resolver.addresses("prov.test"),
            await resolver.addresses("alias.test"),
            await resolver.services("_ciscoprov-http._tcp.test"),
        )

    direct, alias, services = asyncio.run(look())
    assert sorted(direct) == sorted(alias) == ["10.0.0.1", "10.0.0.2", "10.0.0.3"]
    assert services == (Service(1, 2, 6980, "prov.test"),)


@pytest.mark.parametrize(("name", "words"), [("no.test", "no server named"), ("a.org", "REFUSED")])
def test_dnsmasq_refuses_us_in_its_own_ways(dnsmasq, name, words):
    async def look():
        await Resolver(server=("127.0.0.1", dnsmasq)).addresses(name)

    with pytest.raises(TransferError, match=words):
        asyncio.run(look())
