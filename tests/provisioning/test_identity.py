import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.mac import Mac
from ringback.provisioning.evidence import Proof
from ringback.provisioning.identity import Identity, mentions

MAC = Mac.parse("000e08abcdef")


def names(text, mac=MAC):
    found = mentions(text)
    return bool(found) and all(each.may_mean(mac) for each in found)


@pytest.mark.parametrize(
    "text",
    [
        "/CP-7832-3PCC000e08abcdef.cfg",
        "/spa000e08abcdef.xml",
        "/spa000E08ABCDEFconfig.cfg",
        "/000e08abcdef/x.cfg",
        "/cfg.php?mac=000e08abcdef",
        "/cfg.php?mac=00:0e:08:ab:cd:ef",
        "/cfg.php?mac=00%3A0e%3A08%3Aab%3Acd%3Aef",
        "/cfg.php?mac=00-0E-08-AB-CD-EF",
        "/000e.08ab.cdef.cfg",
        "/00_0e_08_ab_cd_ef.cfg",
        "/cfg?mac=00+0e+08+ab+cd+ef",
        "/%30%30%30e08abcdef.cfg",
    ],
)
def test_a_mac_in_any_spelling_names_its_phone(text):
    assert names(text)
    assert not names(text, Mac.parse("000e08abcdee"))


@pytest.mark.parametrize(
    "text",
    ["/basic.txt", "/CP-7832-3PCC.cfg", "/spa504g.cfg", "/cisco/Dj6Lmp23Q/x.cfg", "/00-0e-08"],
)
def test_other_names_name_nobody(text):
    assert mentions(text) == ()


def test_two_phones_in_one_request_are_two_mentions():
    assert len(mentions("/000e08abcdef.cfg?mac=000e08abcdee")) == 2


def test_an_identity_prints_as_evidence_with_dashes_for_what_is_missing():
    text = str(Identity("192.0.2.7", agent="curl/8"))

    assert text == "address=192.0.2.7 certificate=- mac=- agent=curl/8"


@given(
    st.text(alphabet="ghijxyz/-_.?=", max_size=12),
    st.integers(0, 2**48 - 1),
    st.text(max_size=12),
    st.sampled_from(["", ":", "-", "."]),
)
def test_a_phone_that_is_named_is_always_found(before, number, after, separator):
    digits = f"{number:012x}"
    pairs = [digits[i : i + 2] for i in range(0, 12, 2)]

    found = mentions(before + separator.join(pairs) + after)

    assert any(each.may_mean(Mac(digits)) for each in found)


@given(st.text())
def test_any_text_is_read_without_complaint(text):
    mentions(text)


@given(agent=st.text(), proof=st.sampled_from(["", "token:2", "digest:1", "window"]))
def test_evidence_is_read_back_whatever_an_asker_calls_itself(agent, proof):
    mac = Mac("000e08000001")
    for asked in (
        Identity("192.0.2.7", agent, proof=proof),
        Identity("192.0.2.7", agent, "CN=a phone, O=x", mac, proof=proof),
    ):
        read = Identity.read(str(asked))
        assert str(read) == str(asked)
        assert (read.address, read.mac, read.proof) == (asked.address, asked.mac, asked.proof)


@given(st.text())
def test_any_evidence_is_read_without_complaint(text):
    Identity.read(text)


def test_an_identity_proves_its_own_phone_anothers_or_nobody_and_a_window_proves_none():
    mac = "000e08000001"
    lying = f"x mac={mac} proof=token:1"
    assert Identity.read(str(Identity("192.0.2.7", agent=lying))).proves(mac) is None
    assert Identity("192.0.2.7", mac=Mac(mac)).proves(mac) is True
    assert Identity("192.0.2.7", mac=Mac("000e08000002")).proves(mac) is False
    assert Identity("192.0.2.7", proof="token:1").proves(mac) is True
    assert Identity("192.0.2.7", proof=str(Proof.WINDOW)).proves(mac) is None
    assert Identity("192.0.2.7", proof="window:2").proves(mac) is None
    assert Identity("192.0.2.7", proof="token:2,window:2").proves(mac) is True
