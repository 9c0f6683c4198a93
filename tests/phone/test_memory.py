"""What a phone remembers without power, as bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.cisco.model import find_model
from ringback.cisco.profile import Profile
from ringback.errors import MalformedError
from ringback.mac import Mac
from ringback.phone.boot import Boot, History, Reason
from ringback.phone.custom_ca import CustomCa
from ringback.phone.memory import LIMIT, Memory

pytestmark = pytest.mark.duty(1)

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
BOOTS = st.lists(
    st.builds(Boot, st.floats(0, 4e9, allow_nan=False), st.sampled_from(Reason)), max_size=5
)
MEMORIES = st.builds(
    Memory,
    model=TEXT,
    mac=TEXT,
    serial=TEXT,
    values=st.dictionaries(TEXT, TEXT),
    access=st.dictionaries(TEXT, TEXT),
    local=st.frozensets(TEXT),
    history=st.builds(History, BOOTS.map(tuple)),
)
ONE = Memory("CP-7832-3PCC", "000e08abcdef", "88012BA01234", {"GPP_A": "12345678"})


@given(MEMORIES)
def test_what_is_written_is_read_back(memory):
    assert Memory.parse(bytes(memory)) == memory


@given(MEMORIES, st.data())
def test_a_file_cut_off_anywhere_is_refused(memory, data):
    whole = bytes(memory)
    length = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(MalformedError):
        Memory.parse(whole[:length])


@given(st.data())
def test_one_changed_byte_is_refused(data):
    whole = bytearray(bytes(ONE))
    place = data.draw(st.integers(0, len(whole) - 1))
    whole[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(MalformedError):
        Memory.parse(bytes(whole))


@given(st.binary(max_size=300))
def test_any_bytes_end_in_memory_or_our_error(data):
    with pytest.raises(MalformedError):
        Memory.parse(data)


def test_an_endless_file_is_refused_before_it_is_read():
    with pytest.raises(MalformedError, match="too many"):
        Memory.parse(b"x" * (LIMIT + 1))


@pytest.mark.parametrize("body", [b"[]\n", b"{}\n", b'{"values": 1}\n', b"[" * 100_000])
def test_a_whole_file_that_is_no_memory_is_refused(body):
    import hashlib

    heading = b"ringback phone memory 1 sha256:%s %d\n"
    whole = heading % (hashlib.sha256(body).hexdigest().encode(), len(body)) + body
    with pytest.raises(MalformedError, match="not a phone's memory"):
        Memory.parse(whole)


def test_a_phones_settings_come_back_as_they_were():
    model = find_model("7832")
    profile, _ = Profile.factory(model).set({"GPP_A": "1", "Syslog_Server": "h"}, local=True)
    memory = Memory.of(profile, Mac.parse("000e08abcdef"), "88012BA01234", History(), CustomCa())
    assert Memory.parse(bytes(memory)).profile(model) == profile


def test_a_setting_the_model_no_longer_has_is_left_out():
    memory = Memory("CP-7832-3PCC", "000e08abcdef", "1", {"GPP_A": "1", "No_Such_Thing": "2"})
    assert memory.profile(find_model("7832")).values == {"GPP_A": "1"}


def test_half_a_character_is_remembered_too():
    memory = Memory("m", "a", "s", {"GPP_A": "\udcff\x00"})
    assert Memory.parse(bytes(memory)) == memory
