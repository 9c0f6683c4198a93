from dataclasses import replace

import pytest

from ringback.cisco.model import find_model
from ringback.errors import NotFoundError
from ringback.mac import Mac
from ringback.provisioning.device import Device
from ringback.provisioning.expression import parse
from ringback.provisioning.facts import RESERVED, Facts, Variable, of_device, of_model, reach
from ringback.provisioning.line import Line
from ringback.provisioning.operation import ElsewhereError, ExpressionError

MODEL = find_model("8851")
DEVICE = Device(
    Mac("000e08abcdef"),
    MODEL.name,
    site="berlin",
    tags=frozenset({"b", "a"}),
    lines=(Line(1, "{{ town }}-1", "hush", variables={"room": "{{ mac[-2:] }}"}),),
)


def facts(**texts):
    variables = {name: Variable(parse(text), "fleet") for name, text in texts.items()}
    return of_device(DEVICE, MODEL, variables, str.upper, str.lower)


def test_a_device_has_facts_and_its_lines_do():
    found = facts(town="b")
    assert found["mac_colons"] == "00:0e:08:ab:cd:ef"
    assert found["tags"] == ("a", "b")
    assert (found["model"], found["series"]) == ("CP-8851-3PCC", "8851-3PCC")
    assert found["lines"][1]["user"] == "b-1"
    assert found["lines"][1]["room"] == "ef"
    assert "password" not in found["lines"][1]


def test_every_fact_is_reserved():
    assert set(facts(town="b")) - {"town"} <= RESERVED
    assert set(of_model(None)) | set(of_model(MODEL)) <= RESERVED


def test_a_variable_is_rendered_once_and_kept():
    found = facts(town="b", street="{{ town }}!")
    assert found["street"] == "b!"
    assert dict(found)["street"] == "b!"
    with pytest.raises(KeyError):
        found["nothing"]


def test_a_fault_in_a_variable_says_which_whose_and_where():
    with pytest.raises(ElsewhereError) as caught:
        facts(town="{{ mac | int }}")
    assert str(caught.value) == "fleet, variable town:1:10: the text is no whole number"


def test_a_fault_in_a_text_of_a_line_says_which_line():
    device = replace(DEVICE, lines=(Line(2, "x {{ nosuch }}"),))
    with pytest.raises(ElsewhereError, match=r"^layer device/000e08abcdef line 2, user:1:6: "):
        of_device(device, MODEL, {}, str.upper, str.lower)


def test_a_circle_is_told_in_its_order():
    variables = {
        "a": Variable(parse("{{ b }}"), "site/x"),
        "b": Variable(parse("x{{ a }}"), "fleet/y"),
    }
    with pytest.raises(ElsewhereError, match="a needs b needs a") as caught:
        _ = Facts({}, variables)["a"]
    assert str(caught.value).startswith("layer fleet/y, variable b:1:5: ")


def test_what_a_value_reaches_is_known_through_variables_also_in_a_circle():
    variables = {
        "a": Variable(parse("{{ b }}"), "fleet"),
        "b": Variable(parse("{{ a ~ mac ~ secret('x') }}"), "fleet"),
    }
    assert reach(parse("{{ a }}"), variables) == {"a", "b", "mac", "secret"}
    assert reach(parse("plain"), variables) == frozenset()


@pytest.mark.parametrize("text", ["{{ lines[%s] }}", "{{ lines[1][%s] }}", "{{ secret(%s) }}"])
def test_a_part_is_told_by_name_unless_its_name_may_be_a_secret(text):
    def refuse(name):
        if name == "swordfish":
            raise NotFoundError(f"there is no secret {name!r}", remedy=f"set {name}")
        return "swordfish"

    said = {"a": "{{ secret('bad') }}", "town": "berlin"}
    variables = {name: Variable(parse(text), "fleet") for name, text in said.items()}
    known = of_device(DEVICE, MODEL, variables, refuse, refuse)
    with pytest.raises(ExpressionError, match=r"there is no .*swordfish"):
        parse(text % "'swordfish'").render(known)
    for hidden in ("secret('bad')", "a", "a | lower"):
        with pytest.raises(ExpressionError, match="there is no") as caught:
            parse(text % hidden).render(known)
        assert "swordfish" not in str(caught.value)
