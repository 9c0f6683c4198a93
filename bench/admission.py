"""What admission costs an answer: microseconds in the answer path, with the guard and without.

Usage: python -m bench.admission [ROUNDS]

One process, no network: ``operations/answer`` is asked again and again for files of a release, as
the listeners ask it. Each figure is the best of the rounds, which take turns.
"""

import statistics
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

from bench.answers import fill

from ringback import clock
from ringback.errors import NotFoundError, RefusedError
from ringback.files.root import Root
from ringback.mac import Mac
from ringback.operations.answer import Answering
from ringback.operations.guard import Guard
from ringback.provisioning import own
from ringback.provisioning.admission import Admission, Channel
from ringback.provisioning.evidence import NOTHING, Offer
from ringback.provisioning.identity import Identity
from ringback.serve.transfer import answer_transfer
from ringback.store.database import Store
from ringback.store.gate import Gate
from ringback.store.notebook import Notebook
from ringback.store.pantry import Pantry
from ringback.tftp.request import ReadRequest

MAC: Final = "000e08000007"
TIMES: Final = 20_000
CLIENT: Final = ("192.0.2.7", 5060)


def timed(ask: Callable[[], object], times: int = TIMES) -> float:
    """Microseconds for each."""
    start = clock.monotonic()
    for _ in range(times):
        ask()
    return (clock.monotonic() - start) / times * 1e6


def refused(ask: Callable[[], object]) -> Callable[[], None]:
    """The same, which ends in a refusal."""

    def asked() -> None:
        try:
            ask()
        except (NotFoundError, RefusedError):
            return
        raise AssertionError("it was given")

    return asked


def cases(answering: Answering, token: str) -> dict[str, Callable[[], object]]:
    """What is asked."""
    nobody = Identity(CLIENT[0], "Cisco-CP-8851-3PCC/12.0")
    phone = replace(nobody, certificate="CN=x", mac=Mac(MAC))
    sealed, clear = f"/device/{MAC}-1.cfg", f"/device/{MAC}-0.cfg"
    tls = Channel.TLS

    def ask(path: str, who: Identity, offer: Offer = NOTHING) -> Callable[[], object]:
        return lambda: answering.ready(path, who, tls, CLIENT, offer)

    found: dict[str, Callable[[], object]] = {
        "sealed, to anyone": ask(sealed, nobody),
        "in clear, to its certificate": ask(clear, phone),
    }
    if answering.guard is not None:
        found["in clear, to its token"] = ask(f"/t/{token}{clear}", nobody, Offer(token))
        wrong = ask(f"/t/{'x' * 32}{clear}", nobody, Offer("x" * 32))
        found["refused: a wrong token"] = refused(wrong)
    found["refused: no evidence"] = refused(ask(clear, nobody))
    for word, mac in (("a phone of ours", MAC), ("an unknown phone", "000e08ffffff")):
        request = ReadRequest(f"/device/{mac}-0.cfg", *CLIENT)
        found[f"TFTP refused: {word}"] = refused(partial(answer_transfer, answering, request))
    return found


def main() -> None:
    """Print the table."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        store = Store(fill(folder))
        (folder / "root").mkdir()
        pantry, gate = Pantry(store, print), Gate(store)
        notebook = Notebook(store, print)
        guard = Guard(gate, notebook, lambda _: None, lambda _: None, clock.now)
        bare = Answering(Root(folder / "root").read, Admission(), lambda _: None, {}, pantry.find)
        token = own.token(store.seal.draw("devices"), Mac(MAC), 1)
        measured: dict[str, dict[str, list[float]]] = {}
        for _ in range(rounds):
            for which, answering in (("without", bare), ("with", replace(bare, guard=guard))):
                for case, ask in cases(answering, token).items():
                    measured.setdefault(case, {}).setdefault(which, []).append(timed(ask))
        for case, found in measured.items():
            best = {which: f"{min(each):6.2f}" for which, each in found.items()}
            middle = statistics.median(found["with"])
            print(
                f"{case:32} without {best.get('without', '     -')} µs   with {best['with']} µs"
                f"   (median with {middle:.2f})"
            )
        notebook.close()
        gate.close()
        pantry.close()
        store.close()


if __name__ == "__main__":
    main()
