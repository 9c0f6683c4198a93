import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.cisco.notice import EVENTS, Deed, read, write

pytestmark = pytest.mark.duty(9)

visible = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=80).map(str.strip)


@given(st.sampled_from(sorted(EVENTS)), visible)
def test_an_event_and_its_rule_come_back(event, rule):
    notice = read(write(event, rule))

    assert notice is not None
    assert (notice.event.lower(), notice.rule) == (event, rule)


@given(st.text(max_size=100))
def test_any_header_is_an_event_or_none(text):
    notice = read(text)
    assert notice is None or notice.event.lower() in EVENTS


@pytest.mark.parametrize(
    ("header", "deed", "rule"),
    [
        ("resync", Deed.RESYNC, ""),
        ("check-sync;reboot=false", Deed.RESYNC, ""),
        ("resync;profile=tftp://h/a;b.cfg", Deed.RESYNC, "tftp://h/a;b.cfg"),
        ('resync ; Profile="[--key a b] http://h/x"', Deed.RESYNC, "[--key a b] http://h/x"),
        ("xml-service", Deed.PAGE, ""),
        ("reboot_now", Deed.REBOOT, ""),
    ],
)
def test_what_is_sent_to_phones_is_understood(header, deed, rule):
    notice = read(header)

    assert notice is not None
    assert (notice.deed, notice.rule) == (deed, rule)


def test_every_event_in_a_switch_s_sample_file_is_known(corpus):
    sample = (corpus / "sip" / "notify" / "pjsip_notify.conf.sample").read_text()
    others = {"aastra-xml", "custom"}
    events = {
        line.partition("=>")[2].replace("\\;", ";")
        for line in sample.splitlines()
        if line.startswith("Event=>")
    }

    assert {event for event in events if read(event) is None} <= others
