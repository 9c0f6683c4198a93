"""The exercises of the vendor's chapter, step by step, on a phone with an imaginary world.

The same steps are done over real sockets in tests/house; here they show what the phone's mind
does, with the numbers of the chapter: 30 seconds are 30 seconds.
"""

import gzip
from urllib.parse import urlencode

import pytest
from tests.phone.test_page import Inputs
from tests.phone.world import SEED, SERVER, World, ask, profile, text

from ringback.cisco.envelope import seal
from ringback.errors import Failure

LETTERS = "ABCDEFGHIJKLMNOP"
WHO = "CP-7832-3PCC 00:0e:08:ab:cd:ef --"


def field(world, name):
    """What the page admin/advanced shows."""
    return Inputs(text(ask(world, "/admin/advanced"))).values[name]


def submit(world, **changes):
    """Enter values on the page, press the button, wait for the phone to be back."""
    fields = Inputs(text(ask(world, "/admin/advanced"))).values
    done = ask(world, "/admin/advanced", urlencode({**fields, **changes}).encode())
    assert done.status == 200
    world.wait(world.identity.boot_seconds)


@pytest.fixture
def fresh():
    """A phone fresh from the factory, long after a start that found no server."""
    world = World()
    world.put("basic.txt", SEED)
    world.power_on().wait(120)
    return world


def test_tftp_resync(fresh):
    assert [field(fresh, f"GPP_{letter}") for letter in LETTERS] == [""] * 16
    ask(fresh, f"/admin/resync?tftp://{SERVER}/basic.txt")
    assert fresh.asked == [f"tftp://{SERVER}/basic.txt"]
    assert field(fresh, "GPP_A") == "12345678"


def test_logging_with_syslog(fresh):
    submit(fresh, Syslog_Server="192.168.1.210", Resync_On_Reset="No")
    fresh.lines.clear()
    ask(fresh, f"/admin/resync?tftp://{SERVER}/basic.txt")
    assert fresh.said == [
        f"{WHO} Requesting resync tftp://{SERVER}:69/basic.txt",
        f"{WHO} Successful resync tftp://{SERVER}:69/basic.txt",
    ]
    assert {line.servers for line in fresh.lines} == {("192.168.1.210",)}


def test_detailed_messages_by_debug_server_in_place_of_syslog_server(fresh):
    submit(fresh, Debug_Server="192.168.1.210", Debug_Level="3", Resync_On_Reset="No")
    fresh.lines.clear()
    ask(fresh, f"/admin/resync?tftp://{SERVER}/basic.txt")
    assert len(fresh.said) == 2
    assert len(fresh.details) > 3
    assert {line.servers for line in fresh.lines} == {("192.168.1.210",)}


def test_automatic_device_resync(fresh):
    submit(
        fresh, Profile_Rule=f"tftp://{SERVER}/basic.txt", Resync_Periodic="30",
        Resync_Error_Retry_Delay="30",
    )  # fmt: skip
    fresh.asked.clear()
    fresh.wait(60)
    assert len(fresh.asked) == 2  # twice a minute
    fresh.power_cut()
    fresh.asked.clear()
    fresh.power_on().wait(40)  # Resync_On_Reset, within the random delay
    assert fresh.asked[0] == f"tftp://{SERVER}/basic.txt"
    fresh.put("basic.txt", Failure.GET)  # the server is disabled
    fresh.lines.clear()
    fresh.wait(90)
    assert fresh.said.count(f"{WHO} Resync failed: tftp_get failed") == 3


def test_unique_profiles_by_macro_expansion(fresh):
    fresh.put("CP-7832-3PCC000e08abcdef.cfg", profile(GPP_A="mine"))
    submit(fresh, Profile_Rule=f"tftp://{SERVER}/CP-7832-3PCC$MA.cfg")
    assert field(fresh, "GPP_A") == "mine"


def test_http_get_resync(fresh):
    fresh.put("basic.txt", SEED, scheme="http")
    submit(fresh, Profile_Rule=f"http://{SERVER}/basic.txt", Resync_Periodic="30")
    fresh.wait(60)
    assert fresh.asked == [f"http://{SERVER}/basic.txt"] * 3
    assert fresh.agents[-1] == "Cisco-CP-7832-3PCC/11.3.1 (000e08abcdef)"


def test_provisioning_through_cisco_xml(fresh):
    submit(fresh, CISCO_XML_EXE_Enable="Yes")
    xml = "<CP-7832-3PCCExecute>\n  <ExecuteItem URL=Resync:{}/>\n</CP-7832-3PCCExecute>"
    done = ask(fresh, "/CGI/Execute", xml.format(f"tftp://{SERVER}/basic.txt").encode())
    assert "CiscoIPPhoneResponse" in text(done)
    assert field(fresh, "GPP_A") == "12345678"


def test_url_resolution_by_macro_expansion(fresh):
    fresh.names["prov.telco.com"] = ("10.0.0.9",)
    fresh.put(
        "cisco/config/CP-7832-3PCC.cfg", profile(GPP_B="Dj6Lmp23Q"), host="prov.telco.com:6900"
    )
    fresh.put("cisco/Dj6Lmp23Q/000e08abcdef.cfg", profile(GPP_A="mine"), host="prov.telco.com")
    submit(fresh, Profile_Rule="tftp://prov.telco.com:6900/cisco/config/$PN.cfg")
    submit(fresh, Profile_Rule="tftp://prov.telco.com/cisco/$B/$MA.cfg")
    assert field(fresh, "GPP_A") == "mine"


def test_open_profile_gzip_compression(fresh):
    fresh.put("basic.txt.gz", gzip.compress(SEED))
    submit(fresh, Profile_Rule=f"tftp://{SERVER}/basic.txt.gz")
    assert field(fresh, "GPP_A") == "12345678"


@pytest.mark.parametrize("compress", [False, True])
@pytest.mark.parametrize("digest", ["md5", "sha256"])
def test_profile_encryption_by_openssl(fresh, compress, digest):
    sealed = seal(SEED, compress=compress, key="MyOwnSecret", digest=digest, salt=b"12345678")
    fresh.put("basic.cfg", sealed)
    submit(fresh, Profile_Rule=f"[--key MyOwnSecret] tftp://{SERVER}/basic.cfg")
    assert field(fresh, "GPP_A") == "12345678"
    submit(fresh, Profile_Rule=f"[--key NotMySecret] tftp://{SERVER}/basic.cfg", GPP_A="kept")
    assert fresh.said[-1] == f"{WHO} Resync failed: file decrypt error"
    assert field(fresh, "GPP_A") == "kept"


def test_partitioned_profiles(fresh):
    fresh.put("basic2.txt", profile(GPP_A="12345678", GPP_B="ABCD"))
    submit(
        fresh, Profile_Rule=f"tftp://{SERVER}/basic.txt",
        Profile_Rule_B=f"tftp://{SERVER}/basic2.txt",
    )  # fmt: skip
    assert fresh.asked == [f"tftp://{SERVER}/basic.txt", f"tftp://{SERVER}/basic2.txt"]
    assert (field(fresh, "GPP_A"), field(fresh, "GPP_B")) == ("12345678", "ABCD")
