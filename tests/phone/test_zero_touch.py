"""What a phone fresh from the factory makes of the network it is plugged into (duty 10)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.phone.world import World, profile

from ringback.errors import Failure
from ringback.phone.lease import Lease
from ringback.phone.zero_touch import Customization, ZeroTouch

pytestmark = pytest.mark.duty(10)

EDOS = "https://activate.example/software/edos/callhome/rc?id=$MAU:$SN:$PN&sw=$SWVER"
ASKED_EDOS = (
    "https://activate.example/software/edos/callhome/rc"
    "?id=000E08ABCDEF:88012BA01234:CP-8841-3PCC&sw=sip88xx.11-3-2MPP0001-598"
)


def fresh(*options, model="8841", activation="", hosts=("dhcp.example",), **settings):
    world = World(model, Resync_Random_Delay="0", **settings)
    world.names |= dict.fromkeys(hosts, ("10.0.0.7",))
    world.network = {"lease": Lease.parse(options), "activation": activation}
    return world


def power_on(world):
    world.power_on(**world.network)
    return world


def state(world):
    return world.phone.part(ZeroTouch).state


def asked(*options, **more):
    return power_on(fresh(*options, **more)).asked


def test_a_server_is_asked_for_the_files_of_the_firmware_in_order():
    assert asked("66=dhcp.example") == [
        "tftp://dhcp.example/8841-3PCC.xml",
        "tftp://dhcp.example/Cisco/CP-8841-3PCC/000e08abcdef.cfg",
    ]


def test_an_spa_phone_asks_for_its_one_file():
    assert asked("66=dhcp.example", model="SPA504G") == ["tftp://dhcp.example/spa504G.cfg"]


def test_a_port_in_option_66_is_kept():
    assert asked("66=dhcp.example:6900", model="SPA504G") == [
        "tftp://dhcp.example:6900/spa504G.cfg"
    ]


def test_a_url_in_option_66_is_a_rule_with_macros():
    url = "66=http://dhcp.example/x.php?mac=$MAU&model=$PN"
    assert asked(url) == ["http://dhcp.example/x.php?mac=000E08ABCDEF&model=CP-8841-3PCC"]


def test_option_67_names_the_file():
    assert asked("66=dhcp.example", "67=boot/$MA.xml") == [
        "tftp://dhcp.example/boot/000e08abcdef.xml"
    ]


def test_the_first_candidate_that_brings_a_file_is_the_last_one_tried():
    world = fresh("66=dhcp.example", "160=http://dhcp.example/never.xml")
    world.put("8841-3PCC.xml", profile(GPP_A="found"), host="dhcp.example")
    assert power_on(world).asked == ["tftp://dhcp.example/8841-3PCC.xml"]
    assert world.value("GPP_A") == "found"


def test_options_are_tried_in_the_order_of_dhcp_option_to_use():
    options = ["66=dhcp.example", "160=http://dhcp.example/first.xml"]
    world = fresh(*options, DHCP_Option_To_Use="160,66")
    assert power_on(world).asked[0] == "http://dhcp.example/first.xml"


def test_a_missing_file_leads_on_even_where_it_counts_as_success():
    world = fresh("66=dhcp.example", Resync_Fails_On_FNF="No")
    assert len(power_on(world).asked) == 2


def test_each_candidate_that_fails_is_said_and_only_the_last_one_fails_the_resync():
    world = power_on(fresh("66=dhcp.example"))
    failed = [line.text for line in world.lines if "Resync failed" in line.text]
    assert len(failed) == 2
    assert [outcome.error for outcome in world.outcomes] == [Failure.NOT_FOUND.value]


def test_a_rule_that_somebody_set_is_not_replaced_by_what_dhcp_says():
    world = fresh("66=http://dhcp.example/x.xml", Profile_Rule="tftp://192.168.1.200/own.xml")
    assert power_on(world).asked == ["tftp://192.168.1.200/own.xml"]


def test_the_profile_that_dhcp_led_to_takes_over():
    world = fresh("66=http://dhcp.example/boot.xml")
    own = "tftp://192.168.1.200/own.xml"
    world.put("boot.xml", profile(Profile_Rule=own, Resync_Periodic="5"), "http", "dhcp.example")
    power_on(world).wait(6)
    assert world.asked[-1] == own


def test_without_dhcp_the_domain_is_looked_up_in_dns():
    rules = [each.rule for each in candidates(fresh("15=example.com"))]
    assert rules == [
        "[--srv] https://example.com/$PSN.xml",
        "[--srv] https://example.com/Cisco/$PN/$MA.cfg",
        "[--srv] http://example.com/$PSN.xml",
        "[--srv] http://example.com/Cisco/$PN/$MA.cfg",
    ]


def test_older_phones_know_nothing_of_service_records():
    assert candidates(fresh("15=example.com", model="SPA504G")) == ()


def candidates(world):
    world.power_on(**world.network)
    return world.phone.part(ZeroTouch).candidates()


# The activation server and the Customization states


def activated(answer, **files):
    world = fresh(activation=EDOS, hosts=("activate.example", "customer.example"))
    world.put(ASKED_EDOS.partition("example/")[2], answer, "https", "activate.example")
    for name, data in files.items():
        world.put(f"{name}.xml", data, "http", "customer.example")
    return power_on(world)


def test_a_fresh_phone_is_open_and_stays_so_with_nobody_to_ask():
    assert state(power_on(fresh())) is Customization.OPEN


def test_the_activation_server_is_asked_when_dhcp_says_nothing():
    assert asked(activation=EDOS, hosts=("activate.example",)) == [ASKED_EDOS]


def test_data_from_dhcp_aborts_remote_customization():
    world = fresh("66=dhcp.example", activation=EDOS, hosts=("dhcp.example",))
    world.put("8841-3PCC.xml", profile(GPP_A="x"), host="dhcp.example")
    assert state(power_on(world)) is Customization.ABORTED
    assert not any("activate" in url for url in world.asked)


def test_a_redirect_is_followed_at_once_and_completes_it():
    redirect = profile(Profile_Rule="http://customer.example/own.xml")
    world = activated(redirect, own=profile(GPP_A="customer"))
    assert world.value("GPP_A") == "customer"
    assert state(world) is Customization.ACQUIRED
    assert world.phone.macros()["ISCUST"] == "1"


def test_a_redirect_whose_file_is_missing_stays_pending():
    world = activated(profile(Profile_Rule="http://customer.example/own.xml"))
    assert state(world) is Customization.CUSTOM_PENDING
    assert world.phone.macros()["ISCUST"] == "0"


def test_an_empty_answer_means_there_is_nothing_for_this_phone():
    world = activated(b"")
    assert state(world) is Customization.UNAVAILABLE
    world.phone.request(None, world.now)
    world.settle()
    assert len([url for url in world.asked if "activate" in url]) == 1


def test_an_activation_server_that_does_not_answer_leaves_it_pending():
    assert state(power_on(fresh(activation=EDOS))) is Customization.PENDING


def test_a_rule_typed_by_hand_aborts_it():
    world = power_on(fresh())
    world.phone.submit({"Profile_Rule": "tftp://192.168.1.200/own.xml"}, world.now)
    world.settle()
    assert state(world) is Customization.ABORTED


def test_a_one_shot_rule_that_brings_a_file_aborts_it():
    world = power_on(fresh())
    world.put("basic.txt", profile(GPP_A="1"))
    world.resync("tftp://192.168.1.200/basic.txt")
    assert state(world) is Customization.ABORTED


def test_the_state_survives_a_power_cut_once_the_phone_has_saved():
    redirect = profile(Profile_Rule="http://customer.example/own.xml")
    world = activated(redirect)
    world.power_cut()
    assert state(power_on(world)) is Customization.CUSTOM_PENDING
    world.put("own.xml", profile(GPP_A="customer"), "http", "customer.example")
    world.phone.request(None, world.now)
    world.settle()
    assert state(world) is Customization.ACQUIRED


@pytest.mark.parametrize("kept", [{}, {"customization": 7}, {"customization": "Lost"}])
def test_a_state_that_cannot_be_read_is_open(kept):
    world = fresh()
    memory = world.phone.memory_with(world.phone.profile)
    part = world.phone.part(ZeroTouch)
    part.recall(type(memory)(memory.model, memory.mac, memory.serial, kept={"zero_touch": kept}))
    assert part.state is Customization.OPEN


@given(st.text(), st.text())
def test_nothing_that_dhcp_can_say_stops_a_phone(server, file):
    world = power_on(fresh(f"66={server}", f"67={file}", f"150={server}"))
    assert world.phone.is_up
    assert len(world.outcomes) == 1
