"""What a phone must hold by now: from the ledger, and from its reports."""

import pytest
from tests.operations.fleets import device, fill

from ringback.cisco.gzipped import compress
from ringback.operations.publish import publish
from ringback.operations.recollect import Uploaded, recollect
from ringback.store.chain import Chain
from ringback.store.devices import Devices
from ringback.store.fact import Fact, Kind
from ringback.store.ledger import Ledger
from ringback.store.pantry import Pantry

DEVICE = device(0)
MAC = str(DEVICE.mac)
EVIDENCE = f"address=192.0.2.7 certificate=- mac={MAC} agent=Cisco-CP-8851-3PCC/12.0.7 ({MAC})"


@pytest.fixture
def published(store):
    fill(store)
    publish(store, 5.0)
    return store


def found(store, path):
    pantry = Pantry(store, print)
    ready = pantry.find(path)
    pantry.close()
    assert ready is not None
    return ready


def evidence(address="192.0.2.7", *, mac=MAC, proof=""):
    """Who asked; ``mac`` is of a certificate."""
    said = f" proof={proof}" if proof else ""
    return f"address={address} certificate=- mac={mac or '-'}{said} agent=curl/8.5.0"


def served(store, time, path, outcome="200, sent 9 bytes", *, content="", who=EVIDENCE):
    content = content or found(store, path).content
    fact = Fact(time, Kind.ANSWER, MAC, who, f"device {path}", 1, content, outcome)
    with store.ledger.writing() as connection:
        Ledger(connection, Chain(store.seal.draw("ledger"))).append([fact])


def report(*, whole=True, **values):
    comment = "<!-- System -->" if whole else ""
    inside = "".join(f"<{name}>{value}</{name}>" for name, value in values.items())
    return f"<flat-profile>{comment}{inside}</flat-profile>".encode()


def test_of_a_phone_that_was_never_heard_of_nothing_is_known(published):
    known = recollect(published, DEVICE)
    assert not known.known
    assert known.profile.values == {}


@pytest.mark.parametrize("number", [0, 1])
def test_a_file_that_arrived_is_what_it_holds_sealed_or_not(published, number):
    served(published, 10.0, f"/device/{MAC}-{number}.cfg")
    known = recollect(published, DEVICE)
    assert known.profile.value("Password_1_") == "swordfish"
    assert known.profile.value("User_ID_1_") == "0"
    last = known.served[f"/device/{MAC}-{number}.cfg"]
    assert (last.time, last.release) == (10.0, 1)


def test_a_file_given_at_the_path_of_a_key_of_before_is_opened_with_that(published):
    with published.fleet.writing() as connection:
        devices = Devices(connection, published.seal)
        devices.remove([MAC])
        devices.keep([DEVICE])
        (again,) = devices.several([MAC])
    publish(published, 6.0)
    served(published, 10.0, f"/device/{MAC}-1.cfg")
    known = recollect(published, again)
    assert known.profile.value("Profile_Rule_B").endswith(f"/device/{MAC}-2.cfg")


def test_what_did_not_arrive_is_not_held(published):
    served(published, 10.0, f"/device/{MAC}-1.cfg", "200, broke off after sent 3 bytes")
    served(published, 11.0, f"/device/{MAC}-1.cfg", "the client went away")
    assert not recollect(published, DEVICE).known


def test_bytes_that_nobody_knows_any_more_change_nothing(published):
    served(published, 10.0, f"/device/{MAC}-1.cfg", content="00" * 32)
    known = recollect(published, DEVICE)
    assert known.profile.values == {}


def test_it_says_from_where_and_with_which_load_it_asked(published):
    served(published, 10.0, f"/device/{MAC}-1.cfg")
    known = recollect(published, DEVICE)
    assert (known.address, known.firmware) == ("192.0.2.7", "12.0.7")


def test_a_report_counts_by_its_time(published):
    served(published, 10.0, f"/device/{MAC}-1.cfg")
    later = recollect(published, DEVICE, [Uploaded(11.0, report(User_ID_1_="typed"))])
    assert later.profile.value("User_ID_1_") == "typed"
    assert later.profile.value("Password_1_") == "swordfish"
    assert later.reported_at == 11.0
    earlier = recollect(published, DEVICE, [Uploaded(9.0, report(User_ID_1_="typed"))])
    assert earlier.profile.value("User_ID_1_") == "0"


def test_what_a_report_hides_is_not_taken(published):
    served(published, 10.0, f"/device/{MAC}-1.cfg")
    hidden = report(Profile_Rule="[--key *************] https://prov.example.com/x")
    known = recollect(published, DEVICE, [Uploaded(11.0, hidden)])
    assert known.profile.value("Profile_Rule") == "https://prov.example.com/common/8851-3PCC.cfg"


def test_a_delta_adds_to_what_was_reported_and_nonsense_to_nothing(published):
    uploads = [
        Uploaded(1.0, report(GPP_A="one", GPP_B="two")),
        Uploaded(2.0, report(whole=False, GPP_B="three")),
        Uploaded(3.0, b"<Status><Product_Name>x</Product_Name></Status>"),
        Uploaded(4.0, compress(b"no report")),
    ]
    known = recollect(published, DEVICE, uploads)
    assert {name: each.value for name, each in known.reported.items()} == {
        "GPP_A": "one", "GPP_B": "three",
    }  # fmt: skip
    assert known.reported_at == 2.0


SEALED, CLEAR = f"/device/{MAC}-1.cfg", f"/device/{MAC}-0.cfg"


def test_where_nobody_ever_proved_anything_it_counts_and_is_said(published):
    served(published, 10.0, SEALED, who=evidence("127.0.0.1", mac=""))
    known = recollect(published, DEVICE)
    assert list(known.served) == [SEALED]
    assert not known.proven
    (said,) = known.granted
    assert said.startswith("its files were fetched from 127.0.0.1 by somebody who proved nothing")


@pytest.mark.parametrize(
    "proof", [{}, {"mac": "", "proof": "token:1"}, {"mac": "", "proof": "digest"}]
)
def test_a_strangers_fetch_changes_nothing_of_a_phone_that_proves_itself(published, proof):
    served(published, 10.0, CLEAR, who=evidence(**proof))
    before = recollect(published, DEVICE)
    assert (before.proven, before.granted) == (True, ())
    served(published, 11.0, SEALED, who=evidence("203.0.113.9", mac=""))
    known = recollect(published, DEVICE)
    assert (list(known.served), known.address) == ([CLEAR], "192.0.2.7")
    assert known.granted == ("what 203.0.113.9 fetched without proof was not its own",)


def test_who_came_through_a_window_has_proved_nothing(published):
    served(published, 10.0, CLEAR, who=evidence())
    served(published, 11.0, SEALED, who=evidence("203.0.113.9", mac="", proof="window"))
    known = recollect(published, DEVICE)
    assert (list(known.served), known.address) == ([CLEAR], "192.0.2.7")


def test_what_is_fetched_from_where_it_proved_itself_is_its_own_and_said(published):
    served(published, 10.0, SEALED, who=evidence(mac=""))
    served(published, 11.0, CLEAR, who=evidence())
    known = recollect(published, DEVICE)
    assert list(known.served) == [SEALED, CLEAR]
    (said,) = known.granted
    assert said == "what 192.0.2.7 fetched without proof was its own: it proved itself from there"


def test_what_another_phone_fetched_with_its_own_certificate_never_counts(published):
    served(published, 10.0, SEALED, who=evidence(mac="000e08ffffff"))
    assert not recollect(published, DEVICE).known


def test_asking_often_does_not_make_its_proofs_forgotten(published, monkeypatch):
    monkeypatch.setattr("ringback.operations.recollect.MOST", 3)
    served(published, 10.0, CLEAR, who=evidence())
    for number in range(10):
        served(published, 11.0 + number, SEALED, who=evidence("203.0.113.9", mac=""))
    assert list(recollect(published, DEVICE).served) == [CLEAR]
