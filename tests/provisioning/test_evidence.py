import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.mac import Mac
from ringback.provisioning.admission import Admission, Channel
from ringback.provisioning.document import Level
from ringback.provisioning.entitlement import Wanted, why_not
from ringback.provisioning.evidence import TABLE, Offer, Proof, entitled, hidden, part, same
from ringback.provisioning.identity import Identity

MINE, OTHERS = "000e08000001", "000e08000002"
PROOFS = st.sets(st.sampled_from(Proof))
CHANNELS = st.sampled_from(Channel)
WANTED = st.builds(
    Wanted,
    st.sampled_from(Level),
    st.sampled_from((MINE, "")),
    st.sampled_from((None, 0, 1)),
    st.booleans(),
)
ADMISSIONS = st.builds(Admission, st.booleans(), st.booleans())
NOBODY = Identity("192.0.2.1", agent=f"Cisco/x ({MINE})")
IDENTITIES = st.sampled_from(
    (
        NOBODY,
        Identity("192.0.2.1", certificate="CN=me", mac=Mac(MINE)),
        Identity("192.0.2.1", certificate="CN=other", mac=Mac(OTHERS)),
    )
)
TOKEN = "Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6"


def test_the_table_has_an_answer_for_every_proof_over_every_channel():
    assert set(TABLE) == {(proof, channel) for proof in Proof for channel in Channel}


@given(PROOFS, PROOFS, CHANNELS, st.booleans())
def test_more_evidence_never_gives_less(some, more, channel, spared):
    assert entitled(some | more, channel, spared=spared) >= entitled(some, channel, spared=spared)


@given(st.tuples(WANTED, IDENTITIES, CHANNELS, ADMISSIONS), PROOFS, PROOFS)
def test_what_some_evidence_opens_more_evidence_does_not_shut(asked, some, more):
    wanted, identity, channel, admission = asked
    if not why_not(wanted, identity, channel, admission, some):
        assert not why_not(wanted, identity, channel, admission, some | more)


@given(CHANNELS, ADMISSIONS, st.sampled_from((MINE, "")), st.sampled_from((None, 0)))
def test_no_evidence_never_gives_a_secret(channel, admission, mac, key):
    assert why_not(Wanted(Level.DEVICE, mac, key), NOBODY, channel, admission)
    assert entitled((), channel, spared=admission.plain_devices) == Level.BOOTSTRAP


@given(PROOFS, CHANNELS, st.booleans())
def test_a_locked_device_is_entitled_to_nothing(proofs, channel, spared):
    assert entitled(proofs, channel, spared=spared, locked=True) == Level.NOTHING


@given(st.sets(st.sampled_from((Proof.TOKEN, Proof.DIGEST, Proof.CERTIFICATE))))
def test_in_clear_only_a_persons_word_gives_a_secret_unless_plain_channels_are_free(proofs):
    assert entitled(proofs, Channel.PLAIN) < Level.DEVICE
    assert entitled(proofs | {Proof.WINDOW}, Channel.PLAIN) == Level.DEVICE
    if proofs & {Proof.TOKEN, Proof.DIGEST}:
        assert entitled(proofs, Channel.PLAIN, spared=True) == Level.DEVICE


@pytest.mark.parametrize(
    ("path", "query", "bare", "token"),
    [
        (f"/t/{TOKEN}/device/x.cfg", "", "/device/x.cfg", TOKEN),
        ("/device/x.cfg", f"token={TOKEN}", "/device/x.cfg", TOKEN),
        ("/device/x.cfg", f"a=b&token={TOKEN}&c", "/device/x.cfg", TOKEN),
        ("/device/x.cfg", "token=a%2Fb", "/device/x.cfg", "a/b"),
        (f"/t/{TOKEN}/x", "token=other", "/x", TOKEN),
        ("/t/", "", "/t/", ""),
        ("/t/no-file", "", "/t/no-file", ""),
        ("/t//x", "", "/t//x", ""),
        ("/x", "nottoken=1", "/x", ""),
        ("/x", "token=", "/x", ""),
    ],
)
def test_a_token_is_the_first_segment_or_in_the_query(path, query, bare, token):
    assert part(path, query) == (bare, token)


@given(st.text(max_size=80), st.text(max_size=80))
def test_whatever_a_path_says_it_is_read(path, query):
    bare, token = part(path, query)
    assert token or bare == path


@given(st.from_regex(r"[A-Za-z0-9_-]{22,64}", fullmatch=True))
def test_no_token_gets_into_a_log(token):
    for line in (f"GET /t/{token}/x.cfg", f"RRQ t/../t/{token}/x", f"GET /x?a=1&token={token}&b"):
        assert token not in hidden(f"x {line}".replace(" t/..", " /t/.."))


def test_a_line_without_a_token_is_left_alone():
    assert hidden("GET /device/x.cfg?a=b") == "GET /device/x.cfg?a=b"


def test_an_offer_of_nothing_is_none():
    assert not Offer()
    assert Offer(token="x")
    assert Offer(authorization="Digest")


def test_tokens_of_any_characters_are_compared():
    assert same("a\udcff", "a\udcff")
    assert not same("a", "ä")
