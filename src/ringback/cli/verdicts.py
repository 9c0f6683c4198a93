"""``ringback cert check``: what a PEM file holds, in plain words, and what a phone says to it."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from ringback import clock
from ringback.certificate import account, chain
from ringback.certificate import certificate as certificates
from ringback.certificate.account import Account, Answer, Question
from ringback.certificate.browser import complaints
from ringback.certificate.certificate import Certificate
from ringback.certificate.key import PrivateKey
from ringback.certificate.vault import read_bytes
from ringback.cisco.model import Generation, find_model
from ringback.cli.arguments import Json, MaybeModelName
from ringback.cli.vaults import Passphrase, State, blocks, passphrase, print_json, say, show, vault
from ringback.errors import UsageError

_GENERATIONS = {each.value.lower(): each for each in Generation}


def check(
    *files: Path,
    model: MaybeModelName = None,
    generation: Annotated[str | None, Parameter(help="Sipura, SPA, ATA, MPP or PhoneOS.")] = None,
    name: str = "",
    ca: Annotated[tuple[Path, ...], Parameter(name="--ca", negative="")] = (),
    passphrase_file: Passphrase = None,
    state: State = None,
    as_json: Json = False,
) -> None:
    """Explain certificates, keys, requests and revocation lists; say whether phones take them.

    Exits 1 when a phone that was asked for would refuse, or a key and a certificate do not fit.

    Args:
        files: The files; together they are what a server would show.
        model: Ask phones of this model.
        generation: Ask phones of this generation; all of them otherwise.
        name: The host name in the phone's profile rule.
        ca: Whom the phone trusts; our own authority otherwise, if there is one.
        passphrase_file: Opens a locked key.
        state: Where state is kept.
        as_json: Report as one JSON object.
    """
    if not files:
        raise UsageError("no file named", remedy="ringback cert check FILE")
    asked = _asked(model, generation)
    secret, now = passphrase(passphrase_file), clock.now()
    accounts = [account.give(each, now, secret) for each in blocks(files)]
    shown = tuple(each.thing for each in accounts if isinstance(each.thing, Certificate))
    anchors = _anchors(ca, state, shown)
    question = Question(shown, now, name, anchors)
    answers = [account.answer(question, each) for each in asked or Generation] if shown else []
    misfits = _misfits(accounts)
    if as_json:
        print_json(_as_dict(accounts, answers, misfits))
    else:
        _print(accounts, answers, misfits, shown)
    if misfits or (asked and not all(each.yes for each in answers)):
        sys.exit(1)


def _asked(model: str | None, generation: str | None) -> list[Generation]:
    found = [find_model(model).generation] if model else []
    if generation is not None:
        if generation.lower() not in _GENERATIONS:
            known = ", ".join(Generation)
            raise UsageError(f"no such generation: {generation!r}", remedy=f"one of {known}")
        found.append(_GENERATIONS[generation.lower()])
    return found


def _anchors(
    files: Sequence[Path], state: Path | None, shown: Sequence[Certificate]
) -> tuple[Certificate, ...]:
    """Those named; else our own root, if it has to do with what is shown."""
    if files:
        return tuple(
            each for file in files for each in certificates.read(read_bytes(file), name=str(file))
        )
    home = vault(state)
    ours = home.certificates() if home.exists else ()
    related = any(each.issuer == one.subject for each in shown for one in ours)
    return ours[-1:] if related else ()


def _misfits(accounts: Sequence[Account]) -> list[str]:
    """Keys that fit none of the certificates beside them."""
    shown = [each.thing for each in accounts if isinstance(each.thing, Certificate)]
    keys = [each for each in accounts if isinstance(each.thing, PrivateKey)]
    return [
        f"the private key in {each.where} belongs to none of the certificates"
        for each in keys
        if shown
        and isinstance(each.thing, PrivateKey)
        and not any(each.thing.opens(one.public) for one in shown)
    ]


def _as_dict(
    accounts: Sequence[Account], answers: Sequence[Answer], misfits: Sequence[str]
) -> dict[str, Any]:
    return {
        "found": [
            {"what": each.what, "where": each.where, "facts": list(each.facts)} for each in accounts
        ],
        "phones": {
            each.generation.value: {
                "accepts": each.yes,
                "condition": each.condition,
                "problems": [
                    {"kind": problem.kind.value, "text": str(problem), "remedy": problem.remedy}
                    for problem in each.problems
                ],
            }
            for each in answers
        },
        "misfits": list(misfits),
    }


def _print(
    accounts: Sequence[Account],
    answers: Sequence[Answer],
    misfits: Sequence[str],
    shown: Sequence[Certificate],
) -> None:
    for each in accounts:
        say(f"{each.where}: {each.what}")
        show(each.facts)
    for text in misfits:
        say(text)
    if answers:
        say("Would a phone accept it from a server?")
        show([(each.generation.value, _words(each)) for each in answers])
    dislikes = [] if not shown or shown[0].authority else _browser(shown)
    if dislikes:
        say("A web browser, though no phone, would mind that it")
        show([("", text) for text in dislikes])


def _words(answer: Answer) -> str:
    if answer.yes:
        return f"yes, {answer.condition}" if answer.condition else "yes"
    first = answer.problems[0]
    more = f" (and {len(answer.problems) - 1} more)" if len(answer.problems) > 1 else ""
    return f"no: {first}{more}" + (f"; {first.remedy}" if first.remedy else "")


def _browser(shown: Sequence[Certificate]) -> list[str]:
    leaf = shown[0]
    if chain.USAGE[chain.Purpose.SERVER] not in (leaf.purposes or ()):
        return []
    return list(complaints((leaf,)))
