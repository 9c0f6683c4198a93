"""Cisco XML: what a phone executes, and how it answers."""

from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from ringback.errors import MessageError, StorageError
from ringback.phone.execute import MOST_BYTES, execute, read, rule_of

pytestmark = pytest.mark.duty(8)

RULE = "Resync:tftp://192.168.1.200/basic.txt"
QUOTED = f'<CP-7832-3PCCExecute>\n  <ExecuteItem URL="{RULE}"/>\n</CP-7832-3PCCExecute>'
PRINTED = f"<CP-7832-3PCCExecute>\n  <ExecuteItem URL={RULE}/>\n</CP-7832-3PCCExecute>"


@pytest.mark.parametrize("form", [QUOTED, PRINTED])
@pytest.mark.parametrize(
    "wrap",
    [
        str,
        lambda text: "XML=" + quote(text),
        lambda text: "XML=" + quote_plus(text),
        lambda text: "XML=" + quote_plus(text) + "&B1=Submit",
        lambda text: "XML=" + text,  # curl -d, not encoded
        lambda text: '<?xml version="1.0"?>\n' + text,
        lambda text: "\ufeff" + text + "\n",
    ],
)
def test_an_object_is_read_raw_or_as_a_form_quoted_or_as_printed(form, wrap):
    assert read(wrap(form).encode()) == (RULE,)


@pytest.mark.parametrize(
    "root", ["CiscoIPPhoneExecute", "CP-8851-3PCCExecute", "CP-x8xx-3PCCExecute"]
)
def test_every_name_of_the_object_is_taken(root):
    assert read(f'<{root}><ExecuteItem URL="{RULE}"/></{root}>'.encode()) == (RULE,)


@pytest.mark.parametrize(
    ("url", "value"),
    [
        ("Resync:[--key a/>b] http://h/a?x=1&y=2", "Resync:[--key a/>b] http://h/a?x=1&y=2"),
        ("Resync:http://h/a?x=1&amp;y=2", "Resync:http://h/a?x=1&y=2"),
        ('Resync:("$A" ne "x")? tftp://h/a | /b ', 'Resync:("$A" ne "x")? tftp://h/a | /b'),
        ('Resync:/a Priority="0"', "Resync:/a"),
        ("Resync:", "Resync:"),
    ],
)
def test_an_unquoted_value_runs_to_the_last_end_of_a_tag(url, value):
    text = f"<CP-7832-3PCCExecute>\n<ExecuteItem URL={url}/>\n</CP-7832-3PCCExecute>"
    assert read(text.encode()) == (value,)


@pytest.mark.parametrize(
    ("url", "rule"),
    [
        ("Resync:tftp://h/a", "tftp://h/a"),
        ("resync: tftp://h/a ", "tftp://h/a"),
        ("Resync:[tftp://h/a]", "tftp://h/a"),  # the guide's brackets are a placeholder
        ("Resync:[--key k]tftp://h/a", "[--key k]tftp://h/a"),
        ("Resync:[--key k]", "[--key k]"),
        ("Resync:", ""),
        ("Key:Services", None),
        ("http://h/a", None),
        ("Resync", None),
    ],
)
def test_a_resync_url_carries_a_rule(url, rule):
    assert rule_of(url) == rule


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"XML=",
        b"hello",
        b"<CiscoIPPhoneText><Text>x</Text></CiscoIPPhoneText>",
        b"<CiscoIPPhoneExecute></CiscoIPPhoneExecute>",
        b"<CiscoIPPhoneExecute><ExecuteItem URL=Resync:/a/></Other>",
        b"<CiscoIPPhoneExecute><ExecuteItem Priority=0/></CiscoIPPhoneExecute>",
        b"<CiscoIPPhoneExecute>" + b'<ExecuteItem URL="Resync:"/>' * 17 + b"</CiscoIPPhoneExecute>",
        QUOTED.encode() + b" " * MOST_BYTES,
        b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>' + QUOTED.encode(),
        b'<!DOCTYPE x SYSTEM "file:///etc/passwd">' + QUOTED.encode(),
        QUOTED.replace(RULE, "&undefined;").encode().replace(b'"', b"'"),
    ],
)
def test_what_is_no_object_is_answered_by_error_one(body):
    if b"&undefined;" in body:
        # Not well-formed, so it is read as printed: a rule that no server will know.
        assert read(body) == ("&undefined;",)
        return
    with pytest.raises(MessageError):
        read(body)
    answer = etree.fromstring(execute(body, lambda _: pytest.fail("nothing to obey")))
    assert (answer.tag, answer.get("Number")) == ("CiscoIPPhoneError", "1")


def test_each_item_is_answered():
    two = b'<CiscoIPPhoneExecute><ExecuteItem URL="Resync:a&amp;b"/><ExecuteItem URL="Key:x"/>'
    two += b"</CiscoIPPhoneExecute>"
    answer = etree.fromstring(execute(two, lambda url: "" if url[0] == "R" else "not <supported>"))
    assert answer.tag == "CiscoIPPhoneResponse"
    assert [dict(item.attrib) for item in answer] == [
        {"Status": "0", "Data": "Success", "URL": "Resync:a&b"},
        {"Status": "1", "Data": "not <supported>", "URL": "Key:x"},
    ]


@given(st.one_of(st.binary(max_size=300), st.text("<>/=\"' XML=ExecuteItemURL:[]-&", max_size=300)))
def test_any_body_ends_in_xml(body):
    data = body if isinstance(body, bytes) else body.encode()
    etree.fromstring(execute(data, lambda _: ""))


@given(st.text(max_size=60))
def test_any_value_is_answered_in_well_formed_xml(value):
    text = f"<CiscoIPPhoneExecute><ExecuteItem URL=Resync:{value}/></CiscoIPPhoneExecute>"
    etree.fromstring(execute(text.encode("utf-8", "surrogatepass"), lambda _: ""))


def test_an_answer_longer_than_an_object_may_be_is_error_two():
    answer = etree.fromstring(execute(QUOTED.encode(), lambda _: "x" * MOST_BYTES))
    assert (answer.tag, answer.get("Number")) == ("CiscoIPPhoneError", "2")


def test_a_memory_that_fails_is_error_three():
    def obey(_):
        raise StorageError("no space left")

    answer = etree.fromstring(execute(QUOTED.encode(), obey))
    assert (answer.tag, answer.get("Number")) == ("CiscoIPPhoneError", "3")
