"""The profile rules, written from the documents: Profile_Rule, _B, _C and _D.

Two kinds. A phone that has no key yet is sent on with rules that name key 0, and with its own
macros where the file that holds them is shared: ``https://server/device/$(MA)-0.cfg``. A device's
own file names its own paths and its newest key: ``[--key $SA] https://…``. The passphrase stands
in GPP_SA and not in the rule, because phones show their rules on pages and in reports, and GPP_SA
to nobody. Where a file goes as aes128gcm, the rule has no ``--key`` and the keying material stands
in IKM_HTTP_Encrypt_Content; a ``--key`` would take precedence.

A fleet, a group or a device may say in the variable ``evidence`` by what its phones prove who they
are: ``token`` puts one into the paths of a device's own rules (``/t/TOKEN/device/…``), ``digest``
gives them ``--uid`` and ``--pwd $SB``, both words give both. They bear the number of the sealing
key and change with it, so that the old ones work until the phone was seen with the new.

A device that stays on a release is *alone*: no rule leads to a file that phones share, for such a
file is today's. A rule that would, and any that is left, is written empty, so that the phone
forgets the one it has.

All are the weakest of settings: a layer that sets a rule itself wins.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from ringback.cisco.model import Model
from ringback.errors import UsageError
from ringback.provisioning import credential, own
from ringback.provisioning.device import Device
from ringback.provisioning.document import Document, Envelope
from ringback.provisioning.evidence import PREFIX, Proof
from ringback.provisioning.facts import SECRET, Facts, reach
from ringback.provisioning.ground import Value
from ringback.provisioning.operation import AbsentError, ElsewhereError, ExpressionError
from ringback.provisioning.paper import Paper
from ringback.provisioning.pattern import Whose
from ringback.provisioning.ready import RULE_NAMES

PASSPHRASE: Final = "GPP_SA"  # noqa: S105 - the name of a parameter
PASSWORD: Final = "GPP_SB"  # noqa: S105 - the name of a parameter
IKM: Final = "IKM_HTTP_Encrypt_Content"
KEYS: Final = frozenset({PASSPHRASE, PASSWORD, IKM})
EVIDENCE: Final = "evidence"
PIN: Final = "pin"
"""The origin of what is said only because a device stays on a release."""
_WORDS: Final = {str(each) for each in (Proof.TOKEN, Proof.DIGEST)}
_SERVER: Final = "server"
_SCHEMES: Final = ("https", "http", "tftp")


def seal_of(document: Document, model: Model) -> Envelope:
    """The envelope that a model of phone can open."""
    coded = document.envelope is Envelope.AES128GCM
    return Envelope.AES if coded and not model.traits.content_encryption else document.envelope


def first_rules(
    papers: Iterable[Paper], whose: Whose, facts: Facts, *, alone: bool = False
) -> dict[str, Value]:
    """The rules of a phone that has no key; ``alone``: none to what phones share.

    Raises:
        UsageError: a path that such a phone cannot make, or no ``server``.
        ElsewhereError: the variable ``server`` cannot be.
    """
    rules = {}
    without_key = Whose(whose.model, whose.site, whose.group, whose.mac, whose.serial, "", 0)
    for paper in _fetched(papers, alone=alone):
        name = RULE_NAMES[paper.document.slot]
        url = _server(facts) + paper.patterns[0].rule(without_key)
        rules[name] = _value(name, url, paper)
    return rules


def own_rules(
    papers: Sequence[Paper],
    device: Device,
    model: Model,
    facts: Facts,
    key: bytes,
    *,
    alone: bool = False,
) -> dict[str, Value]:
    """The rules of a device with its newest key, and what that key is.

    Args:
        papers: the documents.
        device: whose rules.
        model: its model.
        facts: what names mean for it.
        key: the fleet's key.
        alone: it stays on a release.

    Raises:
        UsageError: a place in a path that is empty for this device, or no ``server``.
        ElsewhereError: the variable ``server`` or ``evidence`` cannot be.
    """
    written: dict[str, Value] = {}
    number, proofs = device.keys[-1], _evidence(facts)
    token = own.token(key, device.mac, number)
    for paper in _fetched(papers, alone=alone):
        slot, envelope = paper.document.slot, seal_of(paper.document, model)
        whose = Whose(model, device.site, device.group, device.mac, device.serial, token, number)
        proven = Proof.TOKEN in proofs and paper.of_device
        server = _server(facts) + (f"{PREFIX}{token}" if proven else "")
        url, options = server + paper.patterns[0].path(whose), []
        if envelope is Envelope.AES:
            options.append("--key $SA")
            phrase = own.passphrase(key, device.mac, number)
            written[PASSPHRASE] = _value(PASSPHRASE, phrase, paper, secret=True)
        if envelope is Envelope.AES128GCM:
            written[IKM] = _value(IKM, own.ikm(key, device.mac, number), paper, secret=True)
        if Proof.DIGEST in proofs and paper.of_device:
            options.append(f"--uid {device.mac} --pwd $SB")
            word = credential.password(key, device.mac, number)
            written[PASSWORD] = _value(PASSWORD, word, paper, secret=True)
        rule = f"[{' '.join(options)}] {url}" if options else url
        secret = proven or paper.tokened
        written[RULE_NAMES[slot]] = _value(RULE_NAMES[slot], rule, paper, secret=secret)
    if alone:
        # Where no rule leads to its own file, those that shared files never had are not ours.
        ours = RULE_NAMES.keys() if written else {each.document.slot for each in papers} - {""}
        for slot in ours:
            written.setdefault(RULE_NAMES[slot], Value(RULE_NAMES[slot], "", None, PIN))
    return written


def _fetched(papers: Iterable[Paper], *, alone: bool) -> Iterator[Paper]:
    """The documents that rules fetch; ``alone``: of the device's own."""
    return (each for each in papers if each.document.slot and (each.of_device or not alone))


def _evidence(facts: Facts) -> set[str]:
    """The words of the variable ``evidence``; most fleets have none."""
    try:
        words = set(str(facts[EVIDENCE]).replace(",", " ").split())
    except (KeyError, AbsentError):
        return set()
    if wrong := words - _WORDS:
        what, remedy = f"the variable {EVIDENCE} says", "token, digest, or both words"
        raise _wrong(facts, EVIDENCE, what, " ".join(sorted(wrong)), remedy)
    return words


def _value(name: str, value: str, paper: Paper, *, secret: bool = False) -> Value:
    return Value(name, value, None, f"document/{paper.document.name}", secret)


def _server(facts: Facts) -> str:
    """Where documents are fetched: the variable ``server``, without a slash at its end."""
    try:
        server = str(facts[_SERVER]).rstrip("/")
    except (KeyError, AbsentError) as error:
        remedy = "set it among the fleet's variables, such as https://prov.example.com"
        raise UsageError("no variable server, and rules need one", remedy=remedy) from error
    scheme, there, _ = server.partition("://")
    if not there or scheme.lower() not in _SCHEMES:
        remedy = f"write it with its scheme ({', '.join(_SCHEMES)}), as in https://prov.example.com"
        raise _wrong(facts, _SERVER, "the variable server is no URL:", repr(server), remedy)
    return server


def _wrong(facts: Facts, name: str, what: str, said: str, remedy: str) -> ElsewhereError:
    """A variable that does not say what rules need, where it is set; no secret is told."""
    variable = facts.variables[name]
    hidden = bool(reach(variable.expression, facts.variables) & SECRET)
    error = ExpressionError(f"{what} {'a secret' if hidden else said}", remedy=remedy)
    return ElsewhereError(error, variable.layer, f"variable {name}")
