"""``ringback secret``: values that layers and lines refer to by name, and nobody is shown."""

from typing import Annotated

from cyclopts import App, Parameter

from ringback import clock
from ringback.cli.device_words import meant
from ringback.cli.sieve import sift
from ringback.cli.stores import Form, Output, StoreFile, opened, show
from ringback.cli.when import utc
from ringback.cli.whisper import whispered
from ringback.errors import NotFoundError, RefusedError, UsageError
from ringback.provisioning.own import password
from ringback.store.secrets import Secrets

app = App(name="secret", help="Secrets that settings refer to by name, kept sealed.")


@app.command(name="list")
def list_(*words: str, store: StoreFile = None, output: Output = Form.TABLE) -> None:
    """List secrets: names, when they changed and how many devices use them; never a value.

    Args:
        words: What they must be: field=value or any fragment, such as name=line-* devices=0.
        store: Which fleet.
        output: How they are printed.
    """
    with opened(store) as found, found.fleet.reading() as connection:
        rows = [
            {"name": each.name, "changed": utc(each.changed), "devices": each.used}
            for each in Secrets(connection, found.seal)
        ]
    names = ("name", "changed", "devices")
    show(sift(rows, words, names), output, empty="None.", names=names)


@app.command(name="set")
def set_(name: str, /, *, store: StoreFile = None) -> None:
    """Set a secret to the first line of standard input; a terminal is asked without an echo.

    Phones get it with the next publish. A value is never an argument: those are seen by all.

    Args:
        name: Its name; settings refer to it by {{ secret('NAME') }}.
        store: Which fleet.
    """
    if not name.strip() or not name.isprintable():
        raise UsageError(f"not a name for a secret: {name!r}", remedy="printable text")
    value = whispered(name)
    with opened(store) as found, found.fleet.writing() as connection:
        Secrets(connection, found.seal).keep({name: value}, clock.now())


@app.command(name="own")
def own_secret(device: str, name: str, /, *, store: StoreFile = None) -> None:
    """Print a password that one device has for itself, derived from the fleet's key.

    It is what {{ own_secret('NAME') }} gives there. The ready-made layers set 'admin' and 'user',
    for the phone's own pages.

    Args:
        device: Its MAC in any spelling, or any fragment that fits one alone.
        name: Which of its passwords.
        store: Which fleet.
    """
    with opened(store) as found, found.fleet.reading() as connection:
        known = meant(connection, found.seal, device)
        print(password(found.seal.draw("devices"), known.mac, name, known.first_key))


@app.command
def remove(
    name: str, /, *, force: Annotated[bool, Parameter(negative="")] = False, store: StoreFile = None
) -> None:
    """Forget a secret.

    Args:
        name: Which.
        force: Even if devices use it; nothing can be published then until they do not.
        store: Which fleet.
    """
    with opened(store) as found, found.fleet.writing() as connection:
        secrets = Secrets(connection, found.seal)
        used = next((each.used for each in secrets if each.name == name), None)
        if used is None:
            raise NotFoundError(f"there is no secret {name!r}", remedy="ringback secret list")
        if used and not force:
            raise RefusedError(
                f"{used} {'device uses' if used == 1 else 'devices use'} the secret {name!r}",
                remedy="--force",
            )
        secrets.remove(name, clock.now())
