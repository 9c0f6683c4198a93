"""Dummy firmware: it names its models and version, and is taken whole or not at all."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.cisco import image
from ringback.cisco.image import Firmware, Part
from ringback.cisco.model import find_model
from ringback.errors import MalformedError, RefusedError, UsageError

pytestmark = pytest.mark.duty(10)

SPA, MPP = find_model("SPA504G"), find_model("8841")
VERSION = "sip88xx.12-0-1MPP0001-100"
BIN = image.make([SPA], "7.6.3")


def test_an_image_names_its_models_and_version():
    found = image.read(image.make([SPA, MPP], "7.6.3", size=10))
    assert found == Firmware(("SPA504G", "CP-8841-3PCC"), "7.6.3")


def test_a_list_names_the_files_to_fetch():
    part = Part.of("a.bin", BIN)
    found = image.read(image.make_load([MPP], VERSION, [part]))
    assert found == Firmware(("CP-8841-3PCC",), VERSION, (part,))
    found.parts[0].check(BIN)


@given(st.integers(0, len(BIN) - 1))
def test_an_image_that_was_cut_short_is_refused(length):
    with pytest.raises(MalformedError):
        image.read(BIN[:length])


@given(st.integers(0, 400))
def test_a_list_that_was_cut_short_is_refused(length):
    whole = image.make_load([MPP], VERSION, [Part.of("a.bin", BIN)])
    with pytest.raises(MalformedError):
        image.read(whole[: min(length, len(whole) - 1)])


@pytest.mark.parametrize("at", [-1, -1000])
def test_a_flipped_bit_is_noticed(at):
    damaged = bytearray(BIN)
    damaged[at] ^= 1
    with pytest.raises(MalformedError, match="damaged"):
        image.read(bytes(damaged))
    with pytest.raises(MalformedError, match="damaged"):
        Part.of("a", BIN).check(bytes(damaged))


def test_another_models_firmware_is_refused():
    image.read(BIN).refuse_other(SPA)
    with pytest.raises(RefusedError, match="not for CP-8841-3PCC") as refused:
        image.read(BIN).refuse_other(MPP)
    assert "SPA504G" in refused.value.why


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\x7fELF", image.IMAGE, image.LOAD + b"\n\n", image.IMAGE + b"models: A\n\n",
        image.IMAGE + b"models: A\nversion: 1.2.3\nsize: x\nsha256: y\n\n",
        image.IMAGE + b"models: A\nversion: nonsense\nsize: 0\nsha256: "
        + b"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n\n",
        image.LOAD + b"models: A\nversion: 1.2.3\nfile: ../x 1 " + b"0" * 64 + b"\n\n",
        image.LOAD + b"models: A\nversion: 1.2.3\n\n",
        image.LOAD + b"models: A\nmodels: B\nversion: 1.2.3\nfile: x 1 " + b"0" * 64 + b"\n\n",
    ],
)  # fmt: skip
def test_what_is_no_firmware_is_refused(data):
    with pytest.raises(MalformedError):
        image.read(data)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: image.make([], "7.6.3"),
        lambda: image.make([SPA], "newest"),
        lambda: image.make([SPA], "7.6.3", size=-1),
        lambda: image.make_load([MPP], VERSION, []),
        lambda: image.make_load([MPP], VERSION, [Part.of("../a.bin", b"")]),
    ],
)
def test_nonsense_is_not_made(wrong):
    with pytest.raises(UsageError):
        wrong()


@given(st.sampled_from([b"", image.IMAGE, image.LOAD]), st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(start, rest):
    with contextlib.suppress(MalformedError):
        image.read(start + rest)
