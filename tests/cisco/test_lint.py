from contextlib import suppress
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.cisco import envelope
from ringback.cisco.flat_profile import write
from ringback.cisco.lint import Severity, lint
from ringback.cisco.model import find_model
from ringback.cisco.parameter import Parameter
from ringback.cisco.profile import Profile

MPP, SPA = find_model("7832"), find_model("SPA504G")


def said(text: str, model=MPP, **options) -> list[str]:
    data = f"<flat-profile>{text}</flat-profile>".encode()
    return [str(each) for each in lint(data, model, name="x.xml", **options)]


def test_the_simplest_profile_is_fine():
    text = "\n  <GPP_A> 12345678 </GPP_A>\n"
    assert said(text) == []
    assert said(text, SPA) == []


def test_an_unknown_name_is_a_warning_with_the_nearest():
    (found,) = said("<Resync_Periodc>3600</Resync_Periodc>")
    assert found.startswith("x.xml:1:15: warning: Resync_Periodc: CP-7832-3PCC does not know it")
    assert found.endswith("did you mean Resync_Periodic?")


def test_a_name_in_another_case_is_an_error():
    assert said("<gpp_a>1</gpp_a>") == [
        "x.xml:1:15: error: gpp_a: names are case-sensitive, this one is ignored: write GPP_A"
    ]


def test_lines_that_the_model_does_not_have_are_told_together():
    text = "".join(f"<User_ID_{line}_>1</User_ID_{line}_>" for line in (1, 2, 3))
    (found,) = (each for each in said(text) if "warning" in each)
    assert found.startswith("x.xml:1:41: warning: User_ID_2_: CP-7832-3PCC numbers these 1 only")
    assert "User_ID_2_, User_ID_3_" in found


def test_a_bad_rule_is_told_with_its_column():
    (found,) = said("<Profile_Rule>\n [--kye x] tftp://h/a</Profile_Rule>")
    assert found.startswith("x.xml:1:15: error: Profile_Rule: column 2 of the value: ")
    assert "--kye" in found


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Profile_Rule", "ftp://h/a"),
        ("Profile_Rule", "http://192.168.1.300/a"),
        ("Profile_Rule_B", "tftp://prov.telco.com: 6900/x.cfg"),
        ("Profile_Rule", "(“$A” ne “x”)? http://h/a | http://h/b"),
        ("Upgrade_Rule", "[--key x] http://h/a.loads"),
        ("Resync_Trigger_1", "$PRVTMR ge"),
        ("Report_Rule", "http://h/a http://h/b http://h/c"),
    ],
)
def test_every_kind_of_rule_is_read(name, value):
    assert [each for each in said(f"<{name}>{value}</{name}>") if f"error: {name}" in each]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Profile_Rule", "tftp://h/$MA.xml"),
        ("Profile_Rule", '("$A" ne "x")? http://h/a | http://h/b'),
        ("Resync_Trigger_1", "$PRVTMR gt 600"),
        ("Report_Rule", "[--delta] http://h/a; [--status] http://h/b"),
        ("Upgrade_Rule", "($SWVER ne sip7832.11-0-0MPP-256)? http://h/a.loads"),
    ],
)
def test_good_rules_are_no_errors(name, value):
    assert [each for each in said(f"<{name}>{value}</{name}>") if "error" in each] == []


def test_a_rule_that_hangs_on_registers_of_another_file_is_not_judged():
    rule = "<Profile_Rule>$A://$B/$MA.xml</Profile_Rule>"
    assert any("GPP_A, which this file does not set" in each for each in said(rule))
    assert not any("error" in each for each in said(rule))
    given = f"{rule}<GPP_A>ftp</GPP_A><GPP_B>h</GPP_B>"
    assert any("error: Profile_Rule" in each for each in said(given))


def test_what_strict_reading_refuses_is_an_error_here():
    (found,) = said("<GPP_A>a&b</GPP_A>")
    assert found.startswith("x.xml:1:23: error: ")
    assert found.endswith("write &amp;")


def test_what_no_phone_could_read_is_one_error():
    (found,) = lint(b"<flat-profile><GPP_A>1</GPP_A>", MPP, name="x.xml")
    assert found.severity is Severity.ERROR
    assert str(found.place) == "x.xml:1:1"


def test_findings_come_in_the_order_of_the_file():
    found = lint(
        b"<flat-profile>\n<B>1</B>\n<GPP_A>&</GPP_A>\n<Resync_Periodic>x</Resync_Periodic>\n"
        b"<B>2</B></flat-profile>",
        MPP,
    )
    assert [each.place.line for each in found] == sorted(each.place.line for each in found)
    assert len(found) == 5


PROFILE = b"<flat-profile><Password_1_>geheim</Password_1_><gpp_a>1</gpp_a></flat-profile>"


@pytest.mark.parametrize("digest", ["md5", "sha256"])
def test_a_sealed_file_is_opened_first(digest):
    sealed = envelope.seal(PROFILE, key="k", digest=digest, salt=b"12345678")
    found = lint(sealed, MPP, key="k")
    assert [each.parameter for each in found] == ["gpp_a"]


def test_a_file_sealed_for_another_generation_does_not_open():
    sealed = envelope.seal(PROFILE, key="k", digest="sha256", salt=b"12345678")
    (found,) = lint(sealed, SPA, key="k")
    assert found.severity is Severity.ERROR


def test_a_sealed_file_without_key_is_an_error_and_a_compressed_one_is_not_sealed():
    (found,) = lint(envelope.seal(PROFILE, key="k", salt=b"12345678"), MPP)
    assert found.severity is Severity.ERROR
    compressed = lint(envelope.seal(PROFILE, salt=b""), MPP)
    assert [each.parameter for each in compressed] == ["Password_1_", "gpp_a"]


def test_a_file_with_content_encoding_is_opened_with_its_keying_material():
    sealed = envelope.seal(PROFILE, ikm=b"k" * 16, salt=b"s" * 16)
    assert [each.parameter for each in lint(sealed, MPP, ikm=b"k" * 16)] == ["gpp_a"]
    assert lint(sealed, MPP)[0].severity is Severity.ERROR


@pytest.mark.parametrize("model", [MPP, SPA], ids=lambda each: each.name)
def test_a_factory_fresh_phones_own_profile_has_no_errors(model):
    found = lint(write(Profile.factory(model)), model)
    assert [each for each in found if each.severity is Severity.ERROR] == []


DEPLOYED = {
    "spicy384/default-template.xml": ("SPA504G", 0),
    "sipxecs/default.cfg": ("SPA942", 0),
    "sipxecs/spa2102.cfg": ("SPA2102", 0),
    "sipxecs/spa942.cfg": ("SPA942", 1),  # RTP_COS for RTP_CoS: ignored by the phone
    "fusionpbx/cisco_spa122.xml": ("SPA122", 2),  # '18 0' seconds; a rule left as template
    "wazo/wazo_cisco_sip_v12_0_7_var_tftpboot_cp-phone.xml": ("8841", 1),  # Call_UnPark_Code
    "wazo/wazo_cisco_spa_common_var_tftpboot_spa-phone.xml": ("SPA508G", 0),
}
"""Deployed files that are no templates: the model, and the real mistakes in them."""


@pytest.mark.parametrize("file", DEPLOYED)
def test_deployed_profiles_have_the_errors_they_have_and_no_others(corpus, file):
    model, errors = DEPLOYED[file]
    found = lint((corpus / "profiles" / file).read_bytes(), find_model(model))
    assert sum(each.severity is Severity.ERROR for each in found) == errors


@given(st.binary(max_size=200), st.sampled_from([MPP, SPA]))
def test_any_bytes_are_linted(data, model):
    for each in lint(data, model):
        assert each.text


@given(
    st.lists(
        st.builds(
            Parameter,
            st.sampled_from(sorted(Profile.factory(MPP).catalogue)) | st.just("No_Such_Name"),
            st.none() | st.text(max_size=40),
        ),
        max_size=6,
    )
)
def test_any_profile_is_linted(parameters):
    with suppress(Exception):
        data = write(parameters)
        for each in lint(data, MPP):
            assert each.text


def test_five_hundred_unknown_names_are_linted_in_no_time():
    data = write([Parameter(f"Unknwon_Name_{i}x", "1") for i in range(500)])
    started = perf_counter()
    assert len(lint(data, MPP)) == 500
    assert perf_counter() - started < 30  # some 2 s; the bound is for a busy machine
