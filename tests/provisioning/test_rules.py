import pytest

from ringback.cisco.macros import phone_macros
from ringback.cisco.model import MODELS
from ringback.cisco.rule import evaluate
from ringback.errors import MalformedError, UsageError
from ringback.mac import Mac
from ringback.provisioning import credential, own
from ringback.provisioning.device import Device
from ringback.provisioning.document import Document, Envelope, Rules, Selection
from ringback.provisioning.expression import parse
from ringback.provisioning.facts import Facts, Variable
from ringback.provisioning.operation import ElsewhereError
from ringback.provisioning.paper import papers
from ringback.provisioning.pattern import Whose
from ringback.provisioning.ready import DOCUMENTS
from ringback.provisioning.rules import first_rules, own_rules, seal_of

KEY, MAC = bytes(32), Mac("000e08abcdef")
FACTS = Facts({}, {"server": Variable(parse("https://p.example.com"), "fleet")})


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_a_phone_evaluates_the_written_rules_to_the_paths_of_its_files(model):
    device = Device(MAC, model.name, serial="S1", key=4)
    read = papers(DOCUMENTS)
    first = first_rules(read, Whose(model), FACTS)
    mine = own_rules(read, device, model, FACTS, KEY)
    values = {name: each.value or "" for name, each in mine.items()}
    macros = phone_macros(model, MAC, "S1", values=lambda name: values.get(name, ""))
    asked = evaluate(first["Profile_Rule_B"].value or "", macros)
    assert str(asked.url) == "https://p.example.com/device/000e08abcdef-0.cfg"
    asked = evaluate(mine["Profile_Rule_B"].value or "", macros)
    assert str(asked.url) == "https://p.example.com/device/000e08abcdef-4.cfg"
    assert asked.options.key == own.passphrase(KEY, MAC, 4)


def test_alone_no_rule_leads_to_what_phones_share_and_none_is_left():
    device, read = Device(MAC, "CP-8851-3PCC"), papers(DOCUMENTS)
    mine = own_rules(read, device, device.kind, FACTS, KEY)
    alone = own_rules(read, device, device.kind, FACTS, KEY, alone=True)
    assert mine["Profile_Rule"].value == "https://p.example.com/common/8851-3PCC.cfg"
    said = {name: each.value for name, each in alone.items() if name.startswith("Profile_Rule")}
    assert said == {
        "Profile_Rule": "", "Profile_Rule_B": mine["Profile_Rule_B"].value,
        "Profile_Rule_C": "", "Profile_Rule_D": "",
    }  # fmt: skip
    assert set(first_rules(read, Whose(device.kind), FACTS, alone=True)) == {"Profile_Rule_B"}


def test_alone_rules_that_are_not_ours_are_left():
    device = Device(MAC, "CP-8851-3PCC")
    own_way = papers([Document("own", ("/{mac}.cfg",), Selection())])
    assert own_rules(own_way, device, MODELS[0], FACTS, KEY, alone=True) == {}
    shared = papers([Document("own", ("/{mac}.cfg",)), Document("all", ("/{psn}.cfg",), slot="C")])
    assert set(own_rules(shared, device, MODELS[0], FACTS, KEY, alone=True)) == {"Profile_Rule_C"}


def test_the_passphrase_stands_in_no_rule():
    mine = own_rules(papers(DOCUMENTS), Device(MAC, "SPA504G"), MODELS[0], FACTS, KEY)
    phrase = own.passphrase(KEY, MAC, 1)
    assert [name for name, each in mine.items() if phrase in (each.value or "")] == ["GPP_SA"]
    assert [name for name, each in mine.items() if each.secret] == ["GPP_SA"]


def test_a_rule_with_a_token_is_a_secret_itself():
    document = Document(
        "d", ("/{mac}/{token}",), Selection(secrets=True), slot="C", rules=Rules.OWN
    )
    mine = own_rules(papers([document]), Device(MAC, "SPA504G"), MODELS[0], FACTS, KEY)
    assert mine["Profile_Rule_C"].secret
    assert own.token(KEY, MAC, 1) in (mine["Profile_Rule_C"].value or "")
    with pytest.raises(UsageError, match="cannot fill"):
        first_rules(papers([document]), Whose(MODELS[0]), FACTS)


def test_an_older_model_is_given_aes_for_aes128gcm():
    document = Document("d", ("/{mac}-{key}",), envelope=Envelope.AES128GCM)
    for model in MODELS:
        coded = model.traits.content_encryption
        assert seal_of(document, model) is (Envelope.AES128GCM if coded else Envelope.AES)


def rules_with(evidence, name="SPA504G"):
    facts = Facts({}, {**FACTS.variables, "evidence": Variable(parse(evidence), "site/hq")})
    return own_rules(papers(DOCUMENTS), Device(MAC, name, key=2), MODELS[0], facts, KEY)


def test_the_rules_of_a_device_carry_the_evidence_that_its_fleet_wants():
    token, word = own.token(KEY, MAC, 2), credential.password(KEY, MAC, 2)
    plain = "https://p.example.com/device/000e08abcdef-2.cfg"
    mine = rules_with("token")
    tokened = plain.replace("/device", f"/t/{token}/device")
    assert mine["Profile_Rule_B"].value == f"[--key $SA] {tokened}"
    assert mine["Profile_Rule_B"].secret
    assert token not in (mine["Profile_Rule"].value or "")  # what all share needs none
    mine = rules_with("digest")
    assert mine["Profile_Rule_B"].value == f"[--key $SA --uid {MAC} --pwd $SB] {plain}"
    assert not mine["Profile_Rule_B"].secret
    assert (mine["GPP_SB"].value, mine["GPP_SB"].secret) == (word, True)
    both = rules_with("token, digest")["Profile_Rule_B"].value
    assert both == f"[--key $SA --uid {MAC} --pwd $SB] {tokened}"


def test_evidence_that_is_none_is_refused():
    with pytest.raises(MalformedError, match=r"site/hq, variable evidence:1:1: .*says magic"):
        rules_with("magic")


@pytest.mark.parametrize(("name", "value"), [("server", "swordfish"), ("evidence", "sesame")])
def test_what_a_variable_says_wrongly_is_told_unless_a_secret_is_reached(name, value):
    def refused(**texts):
        said = {"server": "https://p.example.com", **texts}
        variables = {each: Variable(parse(text), "fleet") for each, text in said.items()}
        facts = Facts({"secret": {"bad": value}.__getitem__}, variables)
        with pytest.raises(ElsewhereError) as caught:
            own_rules(papers(DOCUMENTS), Device(MAC, "SPA504G"), MODELS[0], facts, KEY)
        assert caught.value.name == f"variable {name}"
        return str(caught.value)

    assert value in refused(**{name: value})
    for hidden in ({name: "{{ secret('bad') }}"}, {name: "{{ a }}", "a": "{{ secret('bad') }}"}):
        told = refused(**hidden)
        assert "a secret" in told
        assert value not in told
