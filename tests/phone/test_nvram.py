"""The door to a phone's flash: power cuts, damage, full disks."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ringback.errors import MalformedError, StorageError
from ringback.phone.memory import Memory
from ringback.phone.nvram import Nvram

pytestmark = pytest.mark.duty(1)

SRC = Path(__file__).resolve().parents[2] / "src"


def memory(value="12345678"):
    return Memory("CP-7832-3PCC", "000e08abcdef", "88012BA01234", {"GPP_A": value})


@pytest.fixture
def nvram(tmp_path):
    opened = Nvram(tmp_path / "phone.state")
    yield opened
    opened.close()


def test_a_phone_fresh_from_the_factory_remembers_nothing(nvram):
    assert nvram.load() is None


def test_what_was_saved_is_remembered(nvram):
    nvram.save(memory())
    assert nvram.load() == memory()


def test_only_the_owner_may_read_it(nvram):
    nvram.save(memory())
    assert nvram.path.stat().st_mode & 0o077 == 0


def test_the_settings_before_the_last_change_are_kept(nvram):
    nvram.save(memory("one"))
    nvram.save(memory("two"))
    last = nvram.path.with_name("phone.state.last")
    assert Memory.parse(last.read_bytes()) == memory("one")


def test_a_damaged_file_is_named_and_left_alone(nvram):
    nvram.save(memory("one"))
    nvram.save(memory("two"))
    damaged = nvram.path.read_bytes()[:-5]
    nvram.path.write_bytes(damaged)
    with pytest.raises(MalformedError) as refused:
        nvram.load()
    assert str(nvram.path) in str(refused.value)
    assert "phone.state.last" in str(refused.value)
    assert nvram.path.read_bytes() == damaged


def test_a_damaged_file_with_no_earlier_one_says_how_to_start_afresh(nvram):
    nvram.path.write_bytes(b"nonsense")
    with pytest.raises(MalformedError, match="factory-fresh"):
        nvram.load()


def test_two_phones_never_share_a_memory(nvram):
    with pytest.raises(StorageError, match="used by another phone"):
        Nvram(nvram.path)
    nvram.close()
    Nvram(nvram.path).close()


def test_a_folder_that_does_not_exist_is_one_clear_error(tmp_path):
    with pytest.raises(StorageError, match="--state"):
        Nvram(tmp_path / "nowhere" / "phone.state")


def test_a_folder_in_place_of_the_file_is_one_clear_error(tmp_path):
    (tmp_path / "phone.state").mkdir()
    nvram = Nvram(tmp_path / "phone.state")
    with pytest.raises(StorageError, match="cannot read"):
        nvram.load()
    with pytest.raises(StorageError, match="cannot save"):
        nvram.save(memory())
    nvram.close()


FULL_DISK = """
import resource, signal, sys
from ringback.errors import StorageError
from ringback.phone.memory import Memory
from ringback.phone.nvram import Nvram
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
nvram = Nvram(sys.argv[1])
nvram.save(Memory("CP-7832-3PCC", "000e08abcdef", "1", {"GPP_A": "small"}))
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
try:
    nvram.save(Memory("CP-7832-3PCC", "000e08abcdef", "1", {"GPP_A": "x" * 10000}))
except StorageError as error:
    print(error)
"""


def test_a_disk_that_fills_up_leaves_the_old_settings(tmp_path):
    path = tmp_path / "phone.state"
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, path],
        env={**os.environ, "PYTHONPATH": str(SRC)},
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert "cannot save" in done.stdout
    assert Memory.parse(path.read_bytes()).values == {"GPP_A": "small"}
    assert not path.with_name("phone.state.new").exists()


WRITER = """
import sys
from ringback.phone.memory import Memory
from ringback.phone.nvram import Nvram
nvram, count = Nvram(sys.argv[1]), 0
while True:
    count += 1
    nvram.save(Memory("CP-7832-3PCC", "000e08abcdef", "1", {"GPP_A": str(count) * 2000}))
    print(count, flush=True)
"""


@pytest.mark.parametrize("cut_after", [1, 3, 8])
def test_a_power_cut_at_any_moment_leaves_whole_settings(tmp_path, cut_after):
    """Killed while it writes: what was acknowledged is there, or the one write after it."""
    path = tmp_path / "phone.state"
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, path],
        env={**os.environ, "PYTHONPATH": str(SRC)},
        stdout=subprocess.PIPE,
        text=True,
    ) as writer:
        assert writer.stdout is not None
        while int(writer.stdout.readline()) < cut_after:
            pass
        time.sleep(0.0007 * cut_after)
        writer.send_signal(signal.SIGKILL)
        acknowledged = max(cut_after, *map(int, writer.stdout.read().split()), 0)
    nvram = Nvram(path)
    remembered = nvram.load()
    nvram.close()
    assert remembered is not None
    assert remembered.values["GPP_A"] in {str(n) * 2000 for n in (acknowledged, acknowledged + 1)}


STEPS = (
    "open", "write the other half", "force the file", "keep the old file", "rename",
    "force the folder",
)  # fmt: skip


class CutError(Exception):
    """The power fails."""


@pytest.mark.parametrize("at", STEPS)
def test_a_power_cut_at_each_instruction_leaves_one_memory_or_the_other(tmp_path, at):
    path, seen = tmp_path / "phone.state", []

    def step(name):
        seen.append(name)
        if name == at:
            raise CutError

    before = Nvram(path)
    before.save(memory("old"))
    before.close()
    cut = Nvram(path, step=step)
    with pytest.raises(CutError):
        cut.save(memory("new"))
    cut.close()
    assert seen == list(STEPS[: STEPS.index(at) + 1])
    after = Nvram(path)
    remembered = after.load()
    assert remembered == memory("new" if at == STEPS[-1] else "old")
    after.save(memory("newer"))
    assert after.load() == memory("newer")
    after.close()


def test_a_disk_that_fails_at_any_instruction_is_one_clear_error(nvram):
    nvram.save(memory("old"))
    nvram.close()
    for at in STEPS[:-1]:

        def step(name, at=at):
            if name == at:
                raise OSError(28, "No space left on device")

        full = Nvram(nvram.path, step=step)
        with pytest.raises(StorageError, match="No space left"):
            full.save(memory("new"))
        assert full.load() == memory("old")
        full.close()
