"""When a phone uploads a report, and what is in it, on an imaginary network."""

from dataclasses import replace

import pytest
from tests.phone.world import SERVER, World, profile

from ringback.cisco import report
from ringback.cisco.report import Kind
from ringback.dns.srv import Service
from ringback.errors import Failure, RefusedError
from ringback.phone.memory import Memory
from ringback.phone.report import Reports

pytestmark = pytest.mark.duty(9)

FULL, DELTA = f"http://{SERVER}/full.xml", f"http://{SERVER}/delta.xml"
QUIET = {"Resync_On_Reset": "No", "Resync_Periodic": "0"}


def up(model="7832", **settings):
    return World(model, **QUIET, **settings).power_on()


def ask(world):
    """A NOTIFY asks for the report; what was uploaded."""
    world.phone.report(world.now)
    world.settle()
    sent, world.taken = world.taken, []
    return sent


def told(request):
    return report.read(request.body)


def test_without_a_keyword_everything_is_reported():
    world = up(Report_Rule=FULL, GPP_A="here", GPP_SA="not here")
    (sent,) = ask(world)
    assert str(sent.url) == FULL
    assert (sent.method, sent.content_type) == ("POST", "text/xml")
    assert sent.agent == "Cisco-CP-7832-3PCC/11.3.1 (000e08abcdef)"
    assert told(sent).kind is Kind.FULL
    assert told(sent).values["GPP_A"] == "here"
    assert b"not here" not in sent.body


def test_http_report_method_decides_between_post_and_put():
    assert ask(up(Report_Rule=FULL, HTTP_Report_Method="PUT"))[0].method == "PUT"


def test_a_status_report_tells_the_load_and_why_the_phone_restarted():
    (sent,) = ask(up(Report_Rule=f"[--status]{FULL}"))
    said = told(sent)
    assert said.kind is Kind.STATUS
    assert said.values["Software_Version"] == "sip7832.11-3-1MPP-678"
    assert said.values["MAC_Address"] == "000E08ABCDEF"
    assert said.values["Reboot_Reason_1"].endswith("] Power On")


def test_two_targets_get_a_report_each_and_one_that_fails_does_not_keep_the_other_from_it():
    world = up(Report_Rule=f"[--status]tftp://{SERVER}/s.xml; {FULL}", Debug_Level="1")
    world.takes[f"tftp://{SERVER}/s.xml"] = Failure.GET
    (sent,) = ask(world)
    assert str(sent.url) == FULL
    assert [each.error != "" for each in world.phone.part(Reports).last] == [True, False]
    assert any("report to tftp://" in line and "failed" in line for line in world.details)


def test_srv_finds_the_servers_and_the_first_that_answers_gets_the_report():
    world = up(Report_Rule="[--srv]http://telco.test/x")
    world.services["_ciscoprov-http._tcp.telco.test"] = (
        Service(1, 0, 8081, "a.telco.test"),
        Service(2, 0, 8082, "b.telco.test"),
    )
    world.names |= {"a.telco.test": ("10.0.0.1",), "b.telco.test": ("10.0.0.2",)}
    world.takes["http://telco.test:8081/x"] = Failure.GET
    (sent,) = ask(world)
    assert (str(sent.url), sent.addresses) == ("http://telco.test:8082/x", ("10.0.0.2",))


def test_only_the_servers_that_are_allowed_get_reports():
    world = up(Report_Rule=FULL, Restricted_Access_Domains="prov.telco.test")
    assert ask(world) == []
    (last,) = world.phone.part(Reports).last
    assert "none of the servers this phone may ask" in last.error


def test_the_rule_is_expanded_and_names_a_phone():
    (sent,) = ask(up(Report_Rule=f"http://{SERVER}/$MA.xml"))
    assert sent.url.path == "/000e08abcdef.xml"


def test_credentials_and_keys_of_the_rule_go_with_the_report():
    (sent,) = ask(up(Report_Rule=f'[--key "$SA" --uid u --pwd p]{FULL}', GPP_SA="a b"))
    assert (sent.key, sent.uid, sent.pwd, sent.digest) == ("a b", "u", "p", "md5")


def test_keying_material_seals_a_report_over_http_that_has_no_key():
    material = "yqdlZ-tYemfogSmv7Ws5PQ"
    world = up(Report_Rule=FULL, IKM_HTTP_Encrypt_Content=material)
    assert ask(world)[0].ikm is not None
    world = up(Report_Rule=f"[--key k]{FULL}", IKM_HTTP_Encrypt_Content=material)
    assert ask(world)[0].ikm is None
    world = up(Report_Rule=f"tftp://{SERVER}/x", IKM_HTTP_Encrypt_Content=material)
    assert ask(world)[0].ikm is None


def test_a_rule_that_is_empty_or_commented_out_reports_to_nobody():
    for rule in ("", "# " + FULL):
        with pytest.raises(RefusedError, match="nobody to report to"):
            up(Report_Rule=rule).phone.report(0.0)


def test_a_broken_rule_is_told_in_the_details():
    world = up(Report_Rule="http://", Debug_Level="1")
    assert ask(world) == []
    assert any("report to Report_Rule failed" in line for line in world.details)


def test_a_key_in_a_rule_is_masked_in_the_report():
    (sent,) = ask(up(Report_Rule=f"[--key s3cret]{FULL}"))
    assert b"s3cret" not in sent.body


# When


def test_on_request_nothing_is_reported_by_itself():
    world = up(Report_Rule=FULL)
    world.submit(GPP_A="1")
    world.wait(86_400)
    assert world.taken == []


def test_periodically_means_every_so_often_from_the_start():
    world = up(Report_Rule=FULL, Report_To_Server="Periodically", Periodic_Upload_To_Server="1000")
    world.wait(2500)
    assert len(world.taken) == 2


def test_a_period_below_the_least_is_the_least():
    world = up(Report_Rule=FULL, Report_To_Server="Periodically", Periodic_Upload_To_Server="1")
    assert len(world.wait(1250).taken) == 2


def test_a_local_change_is_reported_after_its_delay_and_once():
    world = up(
        Report_Rule=f"[--delta]{DELTA}",
        Report_To_Server="On Local Change",
        Upload_Delay_On_Local_Change="20",
    )
    world.submit(GPP_A="1")
    assert world.wait(19).taken == []
    (sent,) = world.wait(2).taken
    assert told(sent).values == {"GPP_A": "1"}
    assert len(world.wait(10_000).taken) == 1


def test_a_change_that_a_profile_makes_is_no_local_change():
    world = up(Report_Rule=FULL, Report_To_Server="On Local Change")
    world.put("new", profile(GPP_A="2"))
    world.resync(f"tftp://{SERVER}/new")
    assert world.wait(10_000).taken == []


def test_an_upload_on_local_change_that_fails_is_not_repeated():
    world = up(Report_Rule=FULL, Report_To_Server="On Local Change")
    world.takes[FULL] = Failure.GET
    world.submit(GPP_A="1")
    world.wait(61)
    (last,) = world.phone.part(Reports).last
    assert last.error
    world.takes.clear()
    assert world.wait(10_000).taken == []


def test_a_rule_that_a_profile_brings_begins_a_period():
    world = up()
    world.put("new", profile(Report_Rule=FULL, Report_To_Server="Periodically"))
    world.resync(f"tftp://{SERVER}/new")
    assert len(world.wait(3601).taken) == 1


def test_models_without_the_parameter_report_on_request():
    world = up("SPA942", Report_Rule=FULL)
    world.wait(100_000)
    assert world.taken == []
    assert len(ask(world)) == 1


# What a delta holds


def test_a_delta_holds_what_was_changed_at_the_phone_and_not_yet_reported():
    world = up(Report_Rule=f"[--delta]{DELTA}")
    assert told(ask(world)[0]).values == {}
    world.submit(GPP_A="1", GPP_B="2", GPP_SA="hidden")
    assert told(ask(world)[0]).values == {"GPP_A": "1", "GPP_B": "2"}
    assert told(ask(world)[0]).values == {}
    world.submit(GPP_B="3")
    assert told(ask(world)[0]).values == {"GPP_B": "3"}


def test_a_full_and_a_delta_report_of_one_rule_tell_of_the_same_moment():
    world = up(Report_Rule=f"{FULL} [--delta]{DELTA}")
    world.submit(GPP_A="1")
    assert [told(each).values["GPP_A"] for each in ask(world)] == ["1", "1"]


def test_what_a_profile_has_set_since_is_in_no_delta():
    world = up(Report_Rule=f"[--delta]{DELTA}")
    world.submit(GPP_A="1", GPP_B="2")
    world.put("new", profile(GPP_A="server"))
    world.resync(f"tftp://{SERVER}/new")
    assert told(ask(world)[0]).values == {"GPP_B": "2"}


def test_what_could_not_be_reported_is_in_the_next_delta():
    world = up(Report_Rule=f"[--delta]{DELTA}")
    world.submit(GPP_A="1")
    world.takes[DELTA] = Failure.GET
    ask(world)
    world.takes.clear()
    assert told(ask(world)[0]).values == {"GPP_A": "1"}


def test_a_power_cut_forgets_neither_what_is_to_be_told_nor_what_was():
    world = up(Report_Rule=f"[--delta]{DELTA}")
    world.submit(GPP_A="1")
    world.power_cut()
    world.power_on()
    assert told(ask(world)[0]).values == {"GPP_A": "1"}
    world.power_cut()
    world.power_on()
    assert told(ask(world)[0]).values == {}


def test_a_report_waits_for_a_resync_and_follows_it():
    world = up(Report_Rule=FULL)
    world.put("new", profile(GPP_A="9"))
    world.holding = True
    world.phone.request(f"tftp://{SERVER}/new", world.now)
    world.phone.report(world.now)
    world.settle()
    assert world.taken == []
    world.release()
    assert told(world.taken[0]).values["GPP_A"] == "9"


def test_memory_that_holds_nonsense_counts_as_nothing_told():
    world = up(Report_Rule=f"[--delta]{DELTA}")
    part = world.phone.part(Reports)
    memory = replace(Memory.parse(world.disk), kept={"report": {"told": [1, 2]}})
    part.recall(memory)
    assert part.keep() == {}
