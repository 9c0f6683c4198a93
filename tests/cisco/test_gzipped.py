import gzip
import io
import subprocess
import time
import tracemalloc
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.cisco import gzipped
from ringback.errors import EnvelopeError

pytestmark = pytest.mark.duty(6)

LIMIT = 1 << 20
PROFILE = b"<flat-profile><GPP_A>1</GPP_A></flat-profile>\n"


def opened(data):
    return gzipped.decompress(data, limit=LIMIT)


@given(st.binary(max_size=4096))
def test_what_is_compressed_comes_back(data):
    assert opened(gzipped.compress(data)) == (data, ())


def test_equal_input_gives_equal_bytes_without_time_or_name():
    sealed = gzipped.compress(PROFILE)

    assert sealed == gzipped.compress(PROFILE)
    assert sealed[:10] == bytes.fromhex("1f8b0800000000000003")


@given(st.binary(max_size=200))
def test_noise_after_a_gzip_header_ends_in_our_error_or_an_answer(noise):
    for data in (noise, gzipped.MAGIC + noise, gzipped.compress(PROFILE) + noise):
        with suppress(EnvelopeError):
            opened(data)


@given(st.integers(0, len(gzipped.compress(PROFILE)) - 1))
def test_a_member_cut_off_anywhere_is_corrupt(length):
    with pytest.raises(EnvelopeError) as caught:
        opened(gzipped.compress(PROFILE)[:length])
    assert caught.value.status == "corrupt file"


@given(st.integers(10, len(gzipped.compress(PROFILE)) - 1), st.integers(0, 7))
def test_a_flipped_bit_is_never_taken_for_the_file(position, bit):
    data = bytearray(gzipped.compress(PROFILE))
    data[position] ^= 1 << bit
    with pytest.raises(EnvelopeError):
        opened(bytes(data))


@pytest.mark.parametrize("size", [LIMIT - 1, LIMIT])
def test_up_to_the_limit_is_opened(size):
    assert len(opened(gzipped.compress(bytes(size)))[0]) == size


def test_a_bomb_stops_at_the_limit_in_time_and_memory():
    bomb = gzip.compress(bytes(200 << 20), 9, mtime=0)
    tracemalloc.start()
    began = time.process_time()
    with pytest.raises(EnvelopeError) as caught:
        gzipped.decompress(bomb * 3, limit=LIMIT)
    spent, (_, peak) = time.process_time() - began, tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert caught.value.status == "file size exceeds internal buffer"
    assert peak < 8 * LIMIT
    assert spent < 1


def test_a_hundred_thousand_empty_members_cost_linear_time():
    empty = gzipped.compress(b"")

    def seconds(members):
        began = time.process_time()
        assert opened(empty * members) == (b"", ())
        return time.process_time() - began

    assert seconds(100_000) < 40 * max(seconds(10_000), 0.01)


# --- what gzip(1) does is what we do --------------------------------------------------------------

ONE = gzipped.compress(PROFILE)
TAILS = {
    "nothing": b"",
    "zeros, as tape padding": bytes(512),
    "garbage": b"garbage",
    "one byte": b"\n",
    "one zero": b"\0",
    "two bytes": b"\r\n",
    "a single magic byte": b"\x1f",
    "zeros, then garbage": b"\0\0\0garbage",
    "another member": ONE,
    "zeros, then another member": bytes(7) + ONE,
    "a member cut off": ONE[:-4],
    "a member of an unknown method": b"\x1f\x8b\x07" + bytes(20),
    "the magic alone": b"\x1f\x8b",
}


@pytest.mark.parametrize("tail", TAILS.values(), ids=TAILS.keys())
def test_what_follows_a_member_is_judged_as_by_gzip(program, tail):
    judge = subprocess.run(
        [program("gzip"), "-dc"], input=ONE + tail, capture_output=True, check=False
    )
    error, warning = judge.returncode == 1, judge.returncode == 2

    if error:
        with pytest.raises(EnvelopeError):
            opened(ONE + tail)
    else:
        contents, remarks = opened(ONE + tail)
        assert contents == judge.stdout
        assert bool(remarks) == warning


@pytest.mark.parametrize("level", ["-1", "-6", "-9"])
@pytest.mark.parametrize("size", [0, 1, 511, 70_000])
def test_gzip_opens_ours_and_we_open_its_own(program, tmp_path, level, size):
    contents = (PROFILE * (size // len(PROFILE) + 1))[:size]
    file = tmp_path / "basic.txt"
    file.write_bytes(contents)
    theirs = subprocess.run(
        [program("gzip"), level, "-c", str(file)], capture_output=True, check=True
    ).stdout
    judge = subprocess.run(
        [program("gzip"), "-dc"], input=gzipped.compress(contents), capture_output=True, check=True
    )

    assert opened(theirs) == (contents, ())
    assert judge.stdout == contents


def test_every_optional_header_field_is_passed_over():
    with io.BytesIO() as raw:
        with gzip.GzipFile("a name.xml", "wb", fileobj=raw, mtime=1) as file:
            file.write(PROFILE)
        named = raw.getvalue()
    extra = bytearray(gzipped.compress(PROFILE))
    extra[3] |= 4 | 16  # extra field and comment
    extra[10:10] = b"\x03\0abc" + b"a comment\0"

    assert opened(named)[0] == opened(bytes(extra))[0] == PROFILE
