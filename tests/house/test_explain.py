"""What explain says beside what happens: our server as a process, phones on real sockets, TLS.

Random fleets are published one after the other. Each phone is explained, and then plugged in: the
bytes that the server's ledger says it sent, the result of every resync and all settings in the end
are what was told. Afterwards every one of those releases is explained again, as of then.
"""

import asyncio
import json
import time
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from tests.house.secured import QUICK, Papers, Secure, opened
from tests.house.started import ringback
from tests.serve.random_fleets import HOST, SECRETS, random_fleet

from ringback import clock
from ringback.certificate import certificate as certificates
from ringback.certificate.roster import Phone
from ringback.certificate.vault import read_pair
from ringback.cisco.model import find_model
from ringback.dns.resolver import Resolver
from ringback.errors import RingbackError
from ringback.operations.publish import publish
from ringback.operations.revise import revise
from ringback.phone.desk import Desk
from ringback.phone.handset import Handset
from ringback.phone.identity import Identity
from ringback.phone.lease import Lease
from ringback.provisioning.device import Device
from ringback.serve.explain import Explanation, explain
from ringback.serve.setting import Inquiry
from ringback.settings import Address, Listening, Serve
from ringback.store.chain import Chain
from ringback.store.database import Store
from ringback.store.fact import Kind
from ringback.store.ledger import Ledger
from ringback.store.secrets import Secrets

MODELS = ("CP-8851-3PCC", "CP-7841-3PCC", "CP-6851-3PCC", "CP-7832-3PCC")
SEEDS = range(8)


class Watcher(Desk):
    """A phone on the desk, whose resyncs are counted."""

    def __init__(self, *arguments, **named):
        super().__init__(*arguments, **named)
        self.outcomes = []

    def finished(self, outcome):
        self.outcomes.append(outcome)


@dataclass
class Provider:
    store: Store
    server: Secure

    @property
    def settings(self) -> Serve:
        """The server's, as its own settings file would have them."""
        ports, papers = self.server.ports, self.server.papers
        ask = Listening.parse(f"127.0.0.1:{ports['ask']},client=ask")
        return Serve(
            state=papers.state,
            tftp=(Address(host="127.0.0.1", port=ports["tftp"]),),
            http=(Listening.parse(f"127.0.0.1:{ports['http']}"),),
            https=(ask,),
        )

    @property
    def dhcp(self) -> str:
        return f"66=127.0.0.1:{self.server.ports['tftp']}"

    @property
    def roots(self):
        return certificates.read(self.server.papers.root.read_bytes())

    def publish(self, seed: int) -> tuple[int, tuple[Device, ...]]:
        """A random fleet, if it can be published."""
        server = f"https://127.0.0.1:{self.server.ports['ask']}"
        fleet = at_home(random_fleet(clock.dice(seed), server, MODELS), server)
        try:
            revise(self.store, fleet, now=1.0)
            release = publish(self.store, clock.now(), hands=1)
        except RingbackError:
            return 0, ()
        assert release is not None
        return release.number, fleet.devices

    def explained(self, device: Device, **more) -> Explanation:
        inquiry = Inquiry(str(device.mac), dhcp=(self.dhcp,), roots=self.roots, foreign=(HOST,),
                          fresh=True)  # fmt: skip
        return explain(self.store, self.settings, replace(inquiry, **more), clock.now())

    def plugged_in(self, device: Device, resyncs: int):
        """The real thing: so many resyncs of a phone fresh from the factory."""
        papers = self.server.papers
        serial = device.serial or "FCH00000000"
        phone = Phone(find_model(device.model), device.mac, serial)
        registrar = papers.registrar(papers.state)
        registrar.certify_phone(phone, registrar.vault.open(), kind=QUICK)
        identity = Identity(
            phone.model, device.mac, serial, lease=Lease.parse((self.dhcp,)),
            pair=read_pair(papers.phone(str(device.mac))), roots=self.roots, boot_seconds=0.0,
            address="192.0.2.1",
        )  # fmt: skip
        return asyncio.run(live(Handset(identity, clock.dice(1)), resyncs))

    def sent(self, after: int) -> list[str]:
        """Hashes of what the server has sent since, in order, by its ledger."""
        with self.store.ledger.reading() as connection:
            ledger = Ledger(connection, Chain(self.store.seal.draw("ledger")))
            found = [each for each in ledger.records() if each.number > after]
        return [each.fact.content for each in found if each.fact.kind == Kind.ANSWER]

    @property
    def last(self) -> int:
        with self.store.ledger.reading() as connection:
            return Ledger(connection, Chain(b"")).head.number

    def heard(self, after: int, count: int) -> list[str]:
        """As ``sent``, once so many are there; the ledger is written a moment later."""
        for _ in range(100):
            if len(found := self.sent(after)) >= count:
                break
            time.sleep(0.05)
        return found


def at_home(fleet, server):
    """The same fleet, with every rule leading to this server."""
    layers = [
        replace(
            layer,
            settings=tuple(
                replace(each, value=each.value.replace(f"https://{HOST}", server))
                if each.value and each.name.startswith("Profile_Rule")
                else each
                for each in layer.settings
                if each.name != "Restricted_Access_Domains"
            ),
        )
        for layer in fleet.layers
    ]
    return replace(fleet, layers=tuple(layers))


async def live(phone, resyncs):
    """Let a phone live until so many resyncs have ended; its clock is moved on to the next."""
    moved = [0.0]
    desk = Watcher(phone, Resolver(fixed={HOST: ["127.0.0.1"]}), now=lambda: clock.now() + moved[0])
    await desk.plug_in()
    try:
        for _ in range(20_000):
            due = phone.timer()
            if len(desk.outcomes) >= resyncs or (due is None and desk.errand is None):
                break
            if desk.errand is None and due is not None:
                moved[0] += max(0.0, due - desk.now())
                desk.wake()
            await asyncio.sleep(0)
        return desk.outcomes, phone.profile
    finally:
        await desk.unplug()


@pytest.fixture(scope="module")
def provider(tmp_path_factory, program):
    folder = tmp_path_factory.mktemp("explained")
    papers = Papers.made_in(folder / "papers")
    (folder / "root").mkdir()
    store = Store(folder / "fleet.db")
    with store.fleet.writing() as connection:
        Secrets(connection, store.seal).keep(SECRETS, clock.now())
    more = ("--store", str(store.path))
    with opened(papers, folder / "root", program, *more, doors=("tftp", "http", "ask")) as server:
        yield Provider(store, server)
    store.close()


@pytest.fixture(scope="module")
def published(provider):
    """Every release, whom it is for, what was told of them, and what happened."""
    told = []
    for seed in SEEDS:
        number, devices = provider.publish(seed)
        for device in devices:
            explanation, before = provider.explained(device), provider.last
            bodies = [each.content for each in explanation.story.all if each.content]
            outcomes, profile = provider.plugged_in(device, len(explanation.story.resyncs))
            heard = provider.heard(before, len(bodies))
            told.append((number, device, explanation, outcomes, profile, heard))
    return told


def test_enough_was_published(published):
    assert len(published) >= 8
    assert any(each[2].story.settled for each in published)
    assert any(each[2].story.failed for each in published)


def test_phones_are_given_the_bytes_that_were_told(published):
    for _, _, told, _, _, heard in published:
        assert heard == [each.content for each in told.story.all if each.content]


def test_phones_become_what_was_told(published):
    for _, _, told, outcomes, profile, _ in published:
        ends = [each.outcome for each in told.story.resyncs]
        assert [each.result for each in outcomes] == [each.result for each in ends]
        assert [each.changes for each in outcomes] == [each.changes for each in ends]
        assert profile == told.story.after


def test_every_release_is_told_again_as_of_then(provider, published):
    for number, device, told, *_ in published:
        again = provider.explained(device, release=number)
        assert again.release == told.release
        assert [each.content for each in again.story.all] == [
            each.content for each in told.story.all
        ] or device.locked
        by_time = provider.explained(device, moment=told.release.made)
        assert by_time.story.after == again.story.after


def test_a_phone_that_does_not_trust_us_is_told_to_fail_and_does(provider, published):
    number, device, *_ = next(each for each in published if each[2].story.settled)
    told = provider.explained(device, release=number, roots=())
    assert told.story.failed
    assert "no secure connection" in told.story.resyncs[-1].outcome.explanation


def test_the_last_known_state_is_what_the_phone_holds(provider, published):
    """By the ledger alone; what shared files gave in clear is in its own file too."""
    number, device, _, _, profile, _ = [each for each in published if each[2].story.settled][-1]
    told = provider.explained(device, release=number, fresh=None)
    assert not told.fresh
    differing = {each.name for each in told.recollection.profile.diff(profile)}
    assert differing <= {"Profile_Rule"}


def test_the_command_says_it_too(provider, published, tmp_path):
    number, device, told, *_ = next(each for each in published if each[2].story.settled)
    ports, papers = provider.server.ports, provider.server.papers
    (tmp_path / "ringback.toml").write_text(
        f'[serve]\nstate = "{papers.state}"\ntftp = "127.0.0.1:{ports["tftp"]}"\n'
        f'https = "127.0.0.1:{ports["ask"]},client=ask"\n[store]\npath = "{provider.store.path}"\n'
    )
    words = ["explain", str(device.mac), "--as-of", str(number), "--fresh", "--foreign", HOST]
    more = ["--dhcp", provider.dhcp, "--ca", str(papers.root)]
    done = ringback(*words, *more, "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout)
    requests = [r for each in facts["resyncs"] for rule in each["rules"] for r in rule["requests"]]
    assert [each["sha256"] for each in requests] == [each.content for each in told.story.all]
    assert not any(value in done.stdout for value in SECRETS.values())
    shown = ringback(*words, *more, cwd=tmp_path)
    assert all(len(line) <= 80 for line in shown.stdout.splitlines())
    assert not any(value in shown.stdout for value in SECRETS.values())
    assert "It has settled" in shown.stdout
    assert Path(tmp_path / "ringback.toml").exists()
