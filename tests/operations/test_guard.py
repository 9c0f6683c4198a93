import pytest
from tests.operations.fleets import fill

from ringback import digest
from ringback.errors import RefusedError
from ringback.files.root import Root
from ringback.mac import Mac
from ringback.operations.answer import Answering
from ringback.operations.guard import Guard, StaleError
from ringback.operations.publish import publish
from ringback.operations.witness import Witness
from ringback.provisioning import credential, own
from ringback.provisioning.admission import Admission, Channel
from ringback.provisioning.evidence import Offer, Proof
from ringback.provisioning.identity import Identity
from ringback.provisioning.vigil import Bounds, Vigil
from ringback.provisioning.window import Breadth, Window
from ringback.store.database import Store
from ringback.store.devices import Devices
from ringback.store.fact import Fact
from ringback.store.gate import Gate
from ringback.store.notebook import Notebook, sighted
from ringback.store.pantry import Pantry
from ringback.store.strangers import Decoys, pending
from ringback.store.tokens import Tokens
from ringback.store.windows import Windows

ONE, TWO, NOBODYS, DECOY = "000e08000001", "000e08000002", "000e08dddddd", "000e08dec0de"
ASKER = Identity("192.0.2.1", agent=f"Cisco-CP-8841-3PCC/11.0 ({NOBODYS})")
CLIENT = ("192.0.2.1", 5060)
MADE = "m" * 32
NOW = 1_700_000_000.0


class House:
    """A store and who stands at its door."""

    def __init__(self, store: Store, folder) -> None:
        self.store = store
        self.said = list[str]()
        self.facts = list[Fact]()
        self.now = NOW
        self.notebook = Notebook(store, self.said.append, period=0.0)
        self.gate, self.pantry = Gate(store), Pantry(store, self.said.append)
        self.guard = Guard(
            self.gate, self.notebook, self.said.append, lambda make: self.facts.append(make()),
            lambda: self.now, digest=True, vigil=Vigil(Bounds(source=4, maker=50)),
        )  # fmt: skip
        self.witness = Witness(lambda make: self.facts.append(make()), lambda: self.now)
        self.answering = Answering(
            Root(folder).read, Admission(), self.said.append, {}, self.pantry.find, self.witness,
            self.guard,
        )  # fmt: skip

    def key(self):
        return self.store.seal.draw("devices")

    def token(self, mac=ONE, number=1):
        return own.token(self.key(), Mac(mac), number)

    def asked(self, mac=ONE, *, token="", authorization="", channel=Channel.TLS, prefix=""):
        path = f"{prefix}/device/{mac}-0.cfg"
        offer = Offer(token, authorization, "GET", path)
        return self.answering.ready(path, ASKER, channel, CLIENT, offer)

    def close(self):
        self.notebook.close()
        self.gate.close()
        self.pantry.close()


@pytest.fixture
def house(store, tmp_path):
    fill(store)
    publish(store, NOW - 10, hands=1)
    with store.fleet.writing() as connection:
        Tokens(connection).keep(Mac(ONE), MADE, NOW - 10, NOW + 100)
        Decoys(connection).add(Mac(DECOY), NOW - 10)
    (tmp_path / "root").mkdir()
    made = House(store, tmp_path / "root")
    yield made
    made.close()


def digest_of(house, mac=ONE, number=1, uid=None):
    asked = digest.choose([credential.challenge(house.gate.secret, house.now)])
    assert asked is not None
    pwd = credential.password(house.key(), Mac(mac), number)
    path = f"/device/{ONE}-0.cfg"
    return digest.answer(asked, uid=uid or mac, pwd=pwd, method="GET", uri=path, cnonce="c")


@pytest.mark.parametrize("token", ["made", "own"])
def test_a_token_of_the_device_gives_its_file_over_tls_only(house, token):
    text = MADE if token == "made" else house.token()
    assert house.asked(token=text).mac == ONE
    assert house.asked(token=text, prefix=f"/t/{text}").mac == ONE
    for refused in ({"channel": Channel.PLAIN}, {"mac": TWO}):
        with pytest.raises(RefusedError):
            house.asked(token=text, **refused)


@pytest.mark.parametrize("token", ["x", "y" * 32, "z" * 4096])
def test_a_wrong_token_is_refused_and_what_it_was_is_nowhere(house, token):
    with pytest.raises(RefusedError):
        house.asked(token=token, prefix=f"/t/{token}")
    assert house.said
    assert not [each for each in house.said if token * 2 in each or f"/{token}" in each]


def test_a_made_token_ends(house):
    house.now = NOW + 100
    with pytest.raises(RefusedError):
        house.asked(token=MADE)


def test_the_ledger_tells_by_what_a_phone_proved_itself_and_not_the_token(house):
    house.asked(token=house.token())
    house.witness.ended(CLIENT, f"/device/{ONE}-0.cfg", "sent 10 bytes")
    (fact,) = house.facts
    assert "proof=token:1" in fact.evidence
    assert house.token() not in str(fact)


def test_what_a_phone_proved_itself_with_is_noted(house):
    house.asked(token=MADE)  # a person's token tells nothing of the phone's own
    house.notebook.flush()
    with house.store.ledger.reading() as ledger:
        assert sighted(ledger) == {}
    house.asked(token=house.token())
    house.notebook.flush()
    with house.store.ledger.reading() as ledger:
        assert sighted(ledger) == {ONE: (1, NOW)}


def test_the_right_password_gives_the_file_once_for_each_count(house):
    word = digest_of(house)
    assert house.asked(authorization=word).mac == ONE
    with pytest.raises(StaleError):
        house.asked(authorization=word)


@pytest.mark.parametrize(("mac", "uid"), [(TWO, None), (ONE, TWO)])
def test_another_devices_password_is_wrong(house, mac, uid):
    with pytest.raises(RefusedError) as caught:
        house.asked(authorization=digest_of(house, mac, uid=uid or mac))
    assert not isinstance(caught.value, StaleError)


def test_a_locked_device_gets_nothing_by_token_password_or_window(house):
    with house.store.fleet.writing() as connection:
        Devices(connection, house.store.seal).lock(Mac(ONE), locked=True)
        Windows(connection).open(Window(0, Breadth.DEVICE, ONE, NOW - 1, "ann", NOW + 9))
    for offer in ({"token": MADE}, {"authorization": digest_of(house)}, {}):
        with pytest.raises(RefusedError):
            house.asked(**offer)


def test_a_window_is_not_used_up_by_those_who_prove_themselves(house):
    with house.store.fleet.writing() as connection:
        Windows(connection).open(Window(0, Breadth.DEVICE, ONE, NOW - 1, "ann", NOW + 9))
    assert house.asked(token=MADE)
    assert house.asked(channel=Channel.PLAIN)
    with pytest.raises(RefusedError):
        house.asked()
    assert any("came through window 1 of ann" in each for each in house.said)


def test_the_challenge_depends_on_what_was_sent_alone(house):
    known, unknown = f"/device/{ONE}-0.cfg", f"/device/{NOBODYS}-0.cfg"
    assert house.guard.challenge(known, Offer()) == house.guard.challenge(unknown, Offer())
    assert not house.guard.challenge("/basic.txt", Offer())
    assert not house.guard.challenge(known, Offer(authorization="Digest x"))
    assert "stale" in house.guard.challenge(known, Offer(authorization="Digest x"), stale=True)


def test_who_guesses_is_told_of_once_slowed_and_no_longer_fills_the_queue(house):
    for number in range(12):
        house.guard.refused(f"/ffffff{number:06x}.cfg", ASKER)
    assert len([each for each in house.said if "phones in 600 s" in each]) == 1
    assert [each.kind for each in house.facts] == ["alarm"]
    assert house.guard.pause("/x", ASKER) > 0
    house.notebook.flush()
    with house.store.ledger.reading() as ledger, house.store.fleet.reading() as fleet:
        assert len(list(pending(fleet, ledger))) == 3
    # A phone behind the same address gets what is its own at once, and clears it by its proof.
    assert house.asked(token=house.token())
    assert house.guard.pause("/x", ASKER) == 0


def test_a_request_with_a_thousand_macs_is_a_few(house):
    house.guard.refused("/" + "-".join(f"ffffff{number:06x}" for number in range(1000)), ASKER)
    house.notebook.flush()
    with house.store.ledger.reading() as ledger, house.store.fleet.reading() as fleet:
        assert len(list(pending(fleet, ledger))) <= 4


def test_a_decoy_is_an_alarm_and_no_stranger(house):
    house.guard.refused(f"/{DECOY}.cfg", ASKER)
    assert any(each.startswith("alarm") and DECOY in each for each in house.said)
    assert house.guard.pause("/x", ASKER) > 0


def test_a_phone_that_got_what_all_may_have_is_met(house):
    house.guard.met("/x.xml", ASKER)
    house.notebook.flush()
    with house.store.ledger.reading() as ledger, house.store.fleet.reading() as fleet:
        (found,) = pending(fleet, ledger)
    assert (found.mac, found.path) == (NOBODYS, "/x.xml")


def test_what_a_phone_says_of_itself_is_noted_though_somebody_asked_before(house):
    house.guard.refused(f"/{NOBODYS}.cfg", Identity("192.0.2.1", agent="curl/8"))
    house.guard.refused(f"/{NOBODYS}.cfg", ASKER)
    house.guard.refused(f"/{NOBODYS}.cfg?again", ASKER)
    house.notebook.flush()
    with house.store.ledger.reading() as ledger, house.store.fleet.reading() as fleet:
        (found,) = pending(fleet, ledger)
    assert (found.agent, found.path) == (ASKER.agent, f"/{NOBODYS}.cfg")


def test_a_phone_of_a_model_that_the_fleet_has_not_yet_is_met_by_its_first_request(house):
    house.guard.refused("/8841-3PCC.xml", ASKER)
    house.guard.refused("/8841-3PCC.xml", Identity("192.0.2.1", agent="curl/8.5.0"))
    assert [(each.mac, each.path) for each in waiting(house)] == [(NOBODYS, "/8841-3PCC.xml")]
    assert not house.guard.pause("/8841-3PCC.xml", ASKER)


def test_a_path_that_names_a_phone_tells_more_than_a_user_agent(house):
    house.guard.refused("/000e08eeeeee.cfg", ASKER)
    assert [each.mac for each in waiting(house)] == ["000e08eeeeee"]


def test_whoever_guesses_is_not_met_by_a_user_agent(house):
    for number in range(4):
        house.guard.refused(f"/device/000e08ee000{number}-0.cfg", Identity("192.0.2.1"))
    house.guard.refused("/8841-3PCC.xml", ASKER)
    assert NOBODYS not in [each.mac for each in waiting(house)]


def waiting(house):
    house.notebook.flush()
    with house.store.ledger.reading() as ledger, house.store.fleet.reading() as fleet:
        return list(pending(fleet, ledger))


def test_every_proof_is_told_by_its_name():
    assert {str(each) for each in Proof} == {"certificate", "token", "digest", "window"}
