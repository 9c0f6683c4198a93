"""The vendor's exercise *URL Resolution by Using Macro Expansion*.

With dnsmasq as the DNS server of the network, ``prov.telco.com`` is the name of a server, and the
chapter's rules are typed exactly as they are printed.
"""

import pytest
from tests.house.conftest import TFTP_CLIENTS
from tests.house.started import MAC, basic, resync, serve

BY_PRODUCT = "tftp://prov.telco.com:6900/cisco/config/$PN.cfg"
BY_REGISTER = "tftp://prov.telco.com/cisco/$B/$MA.cfg"


@pytest.fixture
def tree(root):
    """The subdirectories of the chapter."""
    (root / "cisco" / "config").mkdir(parents=True)
    (root / "cisco" / "Dj6Lmp23Q").mkdir()
    (root / "cisco" / "config" / "CP-7832-3PCC.cfg").write_text(basic("by product"))
    (root / "cisco" / "Dj6Lmp23Q" / f"{MAC}.cfg").write_text(basic("by register and MAC"))
    return root


@pytest.fixture
def names(judges, loopback):
    """The DNS server of a network in which ``prov.telco.com`` is ``loopback``; what to type."""
    with judges.dns({"prov.telco.com": [loopback]}) as dns:
        yield ("--dns", dns)


def test_a_name_a_port_and_a_subdirectory_lead_to_our_server(tree, names, plug, loopback, ear):
    with serve(tree, tree.parent / "server", "--tftp", f"{loopback}:6900") as server:
        phone = plug(*names, Syslog_Server=ear.address, Resync_On_Reset="No")
        phone.submit(Profile_Rule=BY_PRODUCT, Resync_On_Reset="Yes")
        # $SERVIP is what DNS said; the file name is what the macros became.
        ear.wait_for(f"Successful resync tftp://{loopback}:6900/cisco/config/CP-7832-3PCC.cfg")
        server.wait_for('"RRQ /cisco/config/CP-7832-3PCC.cfg" ok')

    assert phone.field("GPP_A") == "by product"


@pytest.mark.usefixtures("privileged")
def test_a_register_and_the_mac_address_name_the_file_on_our_server(tree, names, loopback):
    with serve(tree, tree.parent / "server", "--tftp", f"{loopback}:69"):
        report = resolved(BY_REGISTER, *names)

    assert report["url"] == f"tftp://prov.telco.com/cisco/Dj6Lmp23Q/{MAC}.cfg"
    assert report["changed"] == {"GPP_A": ["", "by register and MAC"]}


def test_a_name_given_by_hand_needs_no_dns(tree, loopback):
    with serve(tree, tree.parent / "server", "--tftp", f"{loopback}:6900"):
        report = resolved(BY_PRODUCT, "--resolve", f"prov.telco.com={loopback}")

    assert report["changed"] == {"GPP_A": ["", "by product"]}


@pytest.mark.parametrize("client", TFTP_CLIENTS)
def test_a_foreign_client_fetches_from_a_subdirectory_of_our_server(
    tree, loopback, fetch_tftp, client
):
    with serve(tree, tree.parent / "server", "--tftp", f"{loopback}:6900"):
        got = fetch_tftp(client, 6900, "cisco/config/CP-7832-3PCC.cfg", host=loopback)

    assert got == (tree / "cisco" / "config" / "CP-7832-3PCC.cfg").read_bytes()


@pytest.mark.usefixtures("tree")
def test_both_rules_as_printed_work_against_tftpd_hpa_and_dnsmasq(judges, names, loopback):
    with judges.dnsmasq_tftp(loopback), judges.tftpd_hpa(loopback, 6900):
        first = resolved(BY_PRODUCT, *names)
        second = resolved(BY_REGISTER, *names)

    assert first["changed"] == {"GPP_A": ["", "by product"]}
    assert second["changed"] == {"GPP_A": ["", "by register and MAC"]}


@pytest.mark.parametrize("scheme", ["tftp", "http"])
def test_every_address_of_a_name_is_tried_until_one_answers(judges, tree, loopback, scheme):
    dead = f"{loopback.rpartition('.')[0]}.9"
    with (
        judges.dns({"prov.telco.com": [dead, loopback]}) as dns,
        serve(tree, tree.parent / "server", "--tftp", f"{loopback}:6900"),
        judges.nginx(loopback, 6900),
    ):
        rule = f"{scheme}://prov.telco.com:6900/cisco/config/$PN.cfg"
        reports = [resolved(rule, "--dns", dns) for _ in range(2)]

    assert [each["changed"] for each in reports] == [{"GPP_A": ["", "by product"]}] * 2


def test_the_syslog_server_may_be_a_name_too(names, ear, server):
    resolved(server.url("basic.txt"), *names, "--syslog", f"localhost:{ear.port}")

    ear.wait_for("Successful resync")


def resolved(rule, *arguments):
    who = ("--model", "7832", "--mac", MAC, "--set", "GPP_B=Dj6Lmp23Q")
    return resync(rule, *who, *arguments)
