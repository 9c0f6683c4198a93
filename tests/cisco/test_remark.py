import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.cisco.macro import expand
from ringback.cisco.macros import phone_macros
from ringback.cisco.model import MODELS
from ringback.cisco.remark import LONGEST, Kind, Remark, Task, recognise
from ringback.mac import Mac
from ringback.provisioning.fleet import READY
from ringback.provisioning.ready import ready_layers

pytestmark = pytest.mark.duty(7)

MAC = Mac("000e08abcdef")
HEAD = "CP-7832-3PCC 00:0e:08:ab:cd:ef -- "


def remark(kind, task=Task.RESYNC, *url, product="CP-7832-3PCC", error=""):
    scheme, host, port, path = url or ("", "", None, "")
    return Remark(kind, task, product, MAC, scheme, host, port, path, error)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "CP-78xx-3PCC 00:0e:08:ab:cd:ef -- Requesting resync tftp://192.168.1.200/basic.txt",
            remark(
                Kind.REQUEST, Task.RESYNC, "tftp", "192.168.1.200", None, "/basic.txt",
                product="CP-78xx-3PCC",
            ),
        ),
        (
            HEAD + "Requesting resync tftp://192.168.1.200:69/basic.txt",
            remark(Kind.REQUEST, Task.RESYNC, "tftp", "192.168.1.200", 69, "/basic.txt"),
        ),
        (
            HEAD + "Successful resync http://prov.example.com:8080/a/b.xml?mac=1",
            remark(Kind.SUCCESS, Task.RESYNC, "http", "prov.example.com", 8080, "/a/b.xml?mac=1"),
        ),
        (
            HEAD + "Successful resync tftp://192.0.2.1:69/x.cfg -- OK",
            remark(Kind.SUCCESS, Task.RESYNC, "tftp", "192.0.2.1", 69, "/x.cfg", error="OK"),
        ),
        (
            HEAD + "Successful resync tftp://192.0.2.1:69/x.cfg -- ",
            remark(Kind.SUCCESS, Task.RESYNC, "tftp", "192.0.2.1", 69, "/x.cfg"),
        ),
        (HEAD + "Resync failed: file not found", remark(Kind.FAILURE, error="file not found")),
        (HEAD + "Resync failed: ", remark(Kind.FAILURE)),
        (
            HEAD + "Requesting upgrade https://[2001:db8::1]:443/sip78xx.loads",
            remark(
                Kind.REQUEST, Task.UPGRADE, "https", "[2001:db8::1]", 443, "/sip78xx.loads"
            ),
        ),
        (
            HEAD + "Successful upgrade tftp://192.0.2.1/x.bin -- 7.6.2f",
            remark(Kind.SUCCESS, Task.UPGRADE, "tftp", "192.0.2.1", None, "/x.bin", error="7.6.2f"),
        ),
        (
            HEAD + "Upgrade failed: http_get failed",
            remark(Kind.FAILURE, Task.UPGRADE, error="http_get failed"),
        ),
        (
            HEAD + "Successful resync tftp://192.0.2.1:69/x -- release=17 prvst=-1 swver=7.6.2f",
            replace(
                remark(Kind.SUCCESS, Task.RESYNC, "tftp", "192.0.2.1", 69, "/x"),
                release=17, prvst=-1, swver="7.6.2f",
            ),
        ),
        (
            HEAD + "Resync failed: file not found -- release=0 prvst=2 swver=sip88xx.11-3-2",
            replace(
                remark(Kind.FAILURE, error="file not found"),
                release=0, prvst=2, swver="sip88xx.11-3-2",
            ),
        ),
        (
            HEAD + "Resync failed: x -- release=1 prvst=y swver=z",
            remark(Kind.FAILURE, error="x -- release=1 prvst=y swver=z"),
        ),
    ],
)  # fmt: skip
def test_the_documented_lines_are_recognised(line, expected):
    assert recognise(line) == expected


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_every_model_is_recognised_with_its_own_default_formats(model):
    values = {
        "PN": model.name, "MAC": MAC.colons, "SCHEME": "tftp", "SERVIP": "192.0.2.1",
        "PORT": "69", "PATH": "/x.cfg", "ERR": "done",
    }  # fmt: skip
    text = model.traits.log_success_default
    for name in sorted(values, key=len, reverse=True):
        text = text.replace(f"${name}", values[name])

    found = recognise(text)

    assert found is not None
    assert (found.kind, found.product, found.url) == (
        Kind.SUCCESS, model.name, "tftp://192.0.2.1:69/x.cfg",
    )  # fmt: skip


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_the_formats_of_the_ready_made_layers_are_recognised_with_their_marks(model):
    layers = ready_layers(READY)
    formats = {
        setting.name: setting.value or ""
        for name in ("all", model.generation.value)
        for setting in layers[name].settings
        if setting.name.startswith("Log_")
    }
    traits = model.traits
    assert {traits.log_request, traits.log_success, traits.log_failure} <= formats.keys()
    state = {
        "SCHEME": "tftp", "SERVIP": "192.0.2.1", "PORT": "69", "PATH": "/x.cfg",
        "ERR": "corrupt file", "PRVST": "1",
    }  # fmt: skip
    macros = phone_macros(model, MAC, "S", values=lambda _: "", state=state)
    for text in formats.values():
        found = recognise(expand(text.replace("{{ release }}", "42"), macros).text)
        assert found is not None
        assert (found.release, found.prvst, found.swver) == (42, 1, model.load)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "Requesting resync tftp://192.0.2.1/x",
        "hello 000e08abcdef -- Requesting resync tftp://192.0.2.1/x",
        HEAD + "requesting resync tftp://192.0.2.1/x",
        HEAD + "Requesting resync",
        HEAD + "Requesting resync 192.0.2.1/x",
        HEAD + "Requesting resync tftp://192.0.2.1:66666/x",
        HEAD + "Requesting resync tftp://192.0.2.1:69x",
        HEAD + "Resync failed",
        HEAD + "Resync succeeded: yes",
        "x " + HEAD + "Resync failed: why",
        HEAD + "Resync failed: a\nb",
        "System started: ip@192.0.2.1, reboot reason:C4",
    ],
)
def test_a_custom_format_is_not_guessed_at(line):
    assert recognise(line) is None


products = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.+-]{0,31}", fullmatch=True)
macs = st.from_regex(r"[0-9a-f]{12}", fullmatch=True).map(Mac)
printable = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=40)
hosts = st.ip_addresses(v=4).map(str) | st.ip_addresses(v=6).map("[{}]".format)
asked = st.builds(
    Remark,
    st.sampled_from([Kind.REQUEST, Kind.SUCCESS]), st.sampled_from(Task), products, macs,
    st.sampled_from(["tftp", "http", "https", "TFTP"]), hosts,
    st.none() | st.integers(0, 65_535), printable.map("/{}".format),
)  # fmt: skip
answered = st.builds(
    lambda one, error: Remark(
        Kind.SUCCESS, one.task, one.product, one.mac, one.scheme, one.host, one.port, one.path,
        error,
    ),
    asked, printable,
)  # fmt: skip
failed = st.builds(
    Remark, st.just(Kind.FAILURE), st.sampled_from(Task), products, macs, error=printable
)

marked = st.builds(
    lambda one, release, prvst, swver: replace(one, release=release, prvst=prvst, swver=swver),
    asked | answered | failed, st.integers(0, 999_999_999), st.integers(-1, 2),
    st.from_regex(r"[A-Za-z0-9.()-]{1,64}", fullmatch=True),
)  # fmt: skip


@given(asked | answered | failed | marked)
def test_what_is_printed_is_recognised_again(one):
    assert recognise(str(one)) == one


@given(st.text(max_size=300) | st.text(max_size=200).map(lambda rest: HEAD + rest))
def test_any_text_is_a_remark_or_none(text):
    assert isinstance(recognise(text), Remark | None)


@pytest.mark.parametrize(
    "hostile",
    [
        HEAD + "Successful resync tftp://h/" + " -- " * LONGEST,
        HEAD + "Requesting resync tftp://" + "a." * LONGEST,
        HEAD + "Requesting resync tftp://h" + ":" * LONGEST,
        HEAD + "Resync failed:" + " " * LONGEST + "x",
        "A" * LONGEST,
    ],
)
def test_a_hostile_line_costs_one_pass_and_a_longer_one_nothing(hostile):
    begun = time.process_time()
    recognise(hostile[:LONGEST])

    assert time.process_time() - begun < 0.5  # a pass for every character would take longer
    assert recognise(hostile + "A") is None
