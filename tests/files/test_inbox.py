"""A folder for strangers' uploads: whole, under names of ours, within quotas."""

import re
import resource
from concurrent.futures import ThreadPoolExecutor

import pytest

from ringback.errors import StorageError, UsageError
from ringback.files.inbox import Inbox

PHONE = "000e08abcdef"


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "reports"


def names(folder, device=PHONE):
    return sorted(each.name for each in (folder / device).iterdir())


def test_what_is_kept_is_there_whole_and_for_its_owner_only(folder):
    name = Inbox(folder).keep(PHONE, "full", "xml", b"<flat-profile/>")
    assert re.fullmatch(rf"{PHONE}/\d{{8}}T\d{{6}}\.\d{{3}}Z-01-full\.xml", name)
    assert (folder / name).read_bytes() == b"<flat-profile/>"
    assert oct((folder / name).stat().st_mode)[-3:] == "600"
    assert oct(folder.stat().st_mode)[-3:] == "700"
    assert len(names(folder)) == 1


def test_nothing_is_kept_over_anything_else(folder):
    inbox = Inbox(folder)
    kept = {inbox.keep(PHONE, "full", "xml", bytes([number])) for number in range(15)}
    assert len(kept) == 15
    assert {(folder / name).read_bytes()[0] for name in kept} == set(range(15))


def test_threads_take_turns(folder):
    inbox = Inbox(folder, kept=500)
    with ThreadPoolExecutor(8) as threads:
        kept = list(threads.map(lambda _: inbox.keep(PHONE, "full", "xml", b"x" * 9), range(200)))
    assert sorted(each.partition("/")[2] for each in kept) == names(folder)
    assert len(set(kept)) == 200


def test_of_one_device_the_newest_are_kept(folder):
    inbox = Inbox(folder, kept=3)
    kept = [inbox.keep(PHONE, "full", "xml", b"x") for _ in range(10)]
    assert names(folder) == [each.partition("/")[2] for each in kept[-3:]]


def test_a_device_does_not_push_anothers_out(folder):
    inbox = Inbox(folder, kept=1)
    other = inbox.keep("000e08111111", "full", "xml", b"x")
    for _ in range(5):
        inbox.keep(PHONE, "full", "xml", b"x")
    assert (folder / other).exists()


def test_beyond_the_room_nothing_is_taken_and_what_was_there_stays(folder):
    inbox = Inbox(folder, room=10)
    first = inbox.keep(PHONE, "full", "xml", b"12345678")
    with pytest.raises(StorageError, match="full"):
        inbox.keep(PHONE, "full", "xml", b"123")
    assert names(folder) == [first.partition("/")[2]]
    assert inbox.keep(PHONE, "full", "xml", b"12")


def test_room_is_counted_over_restarts_and_freed_by_what_is_forgotten(folder):
    inbox = Inbox(folder, kept=1, room=25)
    for _ in range(9):
        inbox.keep(PHONE, "full", "xml", b"1234567890")
    with pytest.raises(StorageError):
        Inbox(folder, room=15).keep(PHONE, "full", "xml", b"123456")


def test_beyond_so_many_devices_no_other_is_taken(folder):
    inbox = Inbox(folder, devices=1)
    inbox.keep(PHONE, "full", "xml", b"1")
    with pytest.raises(StorageError, match="1 devices"):
        inbox.keep("000e08111111", "full", "xml", b"1")
    assert inbox.keep(PHONE, "full", "xml", b"1")


def test_what_was_never_finished_is_gone_after_a_restart(folder):
    name = Inbox(folder).keep(PHONE, "full", "xml", b"1")
    (folder / PHONE / ".new-77-1").write_bytes(b"half")
    Inbox(folder)
    assert names(folder) == [name.partition("/")[2]]


def test_files_that_are_not_ours_are_never_removed(folder):
    inbox = Inbox(folder, kept=1)
    inbox.keep(PHONE, "full", "xml", b"1")
    (folder / PHONE / "notes.txt").write_bytes(b"mine")
    for _ in range(3):
        inbox.keep(PHONE, "full", "xml", b"1")
    assert "notes.txt" in names(folder)


def test_a_disk_that_would_not_leaves_nothing_behind(folder):
    inbox = Inbox(folder)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    try:
        with pytest.raises(StorageError, match="File too large"):
            inbox.keep(PHONE, "full", "xml", b"1" * 1000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert names(folder) == []
    assert inbox.keep(PHONE, "full", "xml", b"1" * 1000)


def test_a_folder_that_cannot_be_had_is_said(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(UsageError, match="cannot keep uploads"):
        Inbox(tmp_path / "file")
