"""``ringback cert authority``: make a private authority, and show it to whoever is to trust it."""

from typing import Annotated

from cyclopts import App, Parameter

from ringback.certificate.authority import ROOT_DAYS
from ringback.certificate.chain import day
from ringback.certificate.key import Kind, describe
from ringback.cli.arguments import Json
from ringback.cli.vaults import (
    KeyKind,
    Passphrase,
    State,
    as_dict,
    print_json,
    registrar,
    say,
    show,
    vault,
)
from ringback.operations.certify import ROOT_NAME, Founding

app = App(name="authority", help="Make a private authority, and show it.")


@app.command
def create(
    name: str = ROOT_NAME,
    *,
    organization: str = "",
    intermediate: Annotated[bool, Parameter(negative="")] = False,
    key_type: KeyKind = Kind.RSA_2048,
    days: int = ROOT_DAYS,
    passphrase_file: Passphrase = None,
    state: State = None,
    as_json: Json = False,
) -> None:
    """Make an authority that signs certificates for this server and its phones.

    Args:
        name: The common name of the root; phones show it as their custom authority.
        organization: Whose authority it is.
        intermediate: Let an authority under the root sign, so that the root's key can be put away.
        key_type: RSA for phones of every generation.
        days: How long the root is valid.
        passphrase_file: Lock the keys with the passphrase in this file.
        state: Where state is kept.
        as_json: Report as one JSON object.
    """
    wanted = Founding(name, organization, key_type, intermediate, days)
    registrar(state, passphrase_file).found(wanted)
    display(state=state, as_json=as_json)


@app.command(name="show")
def display(
    *,
    pem: Annotated[bool, Parameter(negative="")] = False,
    state: State = None,
    as_json: Json = False,
) -> None:
    """Show the authority: names, dates, fingerprint, and how a phone comes to trust it.

    Args:
        pem: Print the root's certificate and nothing else.
        state: Where state is kept.
        as_json: Report as one JSON object.
    """
    found = vault(state)
    certificates = found.certificates()
    root = certificates[-1]
    if pem:
        print(root.pem().decode(), end="")
    elif as_json:
        chain = [as_dict(each) for each in certificates]
        files = {"root": str(found.trust_file), "lists": str(found.lists_file)}
        print_json({"authority": chain[-1], "chain": chain, **files})
    else:
        for each in certificates:
            say(f"{each}")
            show([("valid until", day(each.not_after)), ("key", describe(each.public)),
                  ("fingerprint", f"SHA-256 {each.fingerprint}")])  # fmt: skip
        say("Phones trust it once they have its certificate:")
        show([("file", str(found.trust_file)),
              ("phone", "Custom_CA_Rule http://SERVER/ringback-ca.pem")])  # fmt: skip
