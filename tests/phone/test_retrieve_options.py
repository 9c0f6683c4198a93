"""What the options of a rule change about a request, and about what it brings."""

import pytest
from tests.phone.world import SERVER, profile

from ringback.cisco.resync import Result

pytestmark = pytest.mark.duty(3)


def test_without_post_nothing_is_sent(world):
    world.put("p", scheme="http")
    world.resync(f"http://{SERVER}/p")
    assert world.fetches[-1].body is None


def test_post_sends_its_gpp_with_macros_expanded_once(world):
    world.submit(GPP_B="mac=$MA&a=$A&cost=$$5", GPP_A="$MAU")
    world.put("p", scheme="http")
    assert world.resync(f"[--post b] http://{SERVER}/p").result is Result.OK
    assert world.fetches[-1].body == b"mac=000e08abcdef&a=$MAU&cost=$5"


def test_secrets_do_not_expand_in_what_is_posted(world):
    world.submit(GPP_B="$SA", GPP_SA="hush")
    world.put("p", scheme="http")
    world.resync(f"[--post b] http://{SERVER}/p")
    assert world.fetches[-1].body == b"$SA"


def test_credentials_go_with_the_request(world):
    world.submit(GPP_SA="hush")
    world.put("p", scheme="http")
    world.resync(f"[--uid me --pwd $SA] http://{SERVER}/p")
    assert (world.fetches[-1].uid, world.fetches[-1].pwd) == ("me", "hush")


def test_alias_reads_the_file_by_the_table_of_its_gpp(world):
    world.submit(GPP_P="/CPE/Line/User = /flat-profile/User_ID_1_ ;")
    world.put("p", b"<CPE><Line><User>201</User></Line></CPE>")
    assert world.resync(f"[--alias p] tftp://{SERVER}/p").result is Result.OK
    assert world.value("User_ID_1_") == "201"


def test_without_alias_such_a_file_is_corrupt(world):
    world.put("p", b"<CPE><Line><User>201</User></Line></CPE>")
    assert world.resync(f"tftp://{SERVER}/p").error == "corrupt file"


@pytest.mark.parametrize("table", ["", "User = User_ID_1_", "/a = /flat-profile/GPP_A ;" * 31])
def test_a_bad_table_is_an_aliases_error_before_anybody_is_asked(world, table):
    world.submit(GPP_P=table)
    world.put("p", profile(GPP_A="1"))
    assert world.resync(f"[--alias p] tftp://{SERVER}/p").error == "aliases error"
    assert world.asked == []


@pytest.mark.parametrize(
    ("model", "url", "ports"),
    [("8851", "tftp://h:6969/p", tuple(range(53240, 53246))), ("8851", "tftp://h/p", ()),
     ("8851", "http://h:6969/p", ()), ("SPA504G", "tftp://h:6969/p", ())],
)  # fmt: skip
def test_later_phones_send_from_ports_of_their_own_to_an_unusual_one(new_world, model, url, ports):
    world = new_world(model, Resync_On_Reset="No").power_on()
    world.names["h"] = ("10.0.0.1",)
    world.resync(url)
    assert world.fetches[-1].source_ports == ports


def test_what_counts_as_a_missing_file_is_its_generations_say(new_world):
    for model in ("SPA2000", "SPA504G", "ATA191", "8851", "9861"):
        world = new_world(model, Resync_On_Reset="No").power_on()
        world.put("p", scheme="http")
        world.resync(f"http://{SERVER}/p")
        assert world.fetches[-1].missing == world.identity.model.traits.not_found == (404,)
