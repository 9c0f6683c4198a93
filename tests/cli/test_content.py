import os
import stat
from pathlib import Path

import pytest

from ringback.cli import content
from ringback.errors import NotFoundError, RefusedError


def test_a_file_comes_back_as_written(tmp_path):
    name = str(tmp_path / "basic.cfg")
    content.write(name, b"\0\r\nbytes")

    assert content.read(name) == b"\0\r\nbytes"
    assert [each.name for each in tmp_path.iterdir()] == ["basic.cfg"]


def test_a_new_file_can_be_read_by_whoever_serves_it(tmp_path):
    mask = os.umask(0o022)
    try:
        content.write(str(tmp_path / "new"), b"")
    finally:
        os.umask(mask)

    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o644


def test_an_old_file_keeps_its_permissions_and_a_link_its_target(tmp_path):
    (tmp_path / "old").write_bytes(b"old")
    (tmp_path / "old").chmod(0o640)
    (tmp_path / "link").symlink_to("old")
    content.write(str(tmp_path / "link"), b"new")

    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "old").read_bytes() == b"new"
    assert stat.S_IMODE((tmp_path / "old").stat().st_mode) == 0o640


def test_who_has_the_old_file_open_keeps_the_old_bytes(tmp_path):
    (tmp_path / "file").write_bytes(b"old")
    with (tmp_path / "file").open("rb") as reader:
        content.write(str(tmp_path / "file"), b"new bytes")
        assert reader.read() == b"old"


@pytest.mark.parametrize("name", ["nosuch/file", "/proc/nosuch", "."])
def test_what_cannot_be_written_is_one_clear_error_and_leaves_nothing(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RefusedError, match="cannot be written: "):
        content.write(name, b"data")
    assert not list(tmp_path.iterdir())


def test_a_full_disk_is_named_and_the_device_is_still_there():
    with pytest.raises(RefusedError, match="No space left on device"):
        content.write("/dev/full", b"data")
    assert Path("/dev/full").is_char_device()


def test_what_cannot_be_read_is_one_clear_error(tmp_path):
    with pytest.raises(NotFoundError, match="no such file"):
        content.read(str(tmp_path / "nosuch"))
    with pytest.raises(RefusedError, match="Is a directory"):
        content.read(str(tmp_path))


@pytest.mark.parametrize("name", ["", "no/such/file", "/dev/null/file"])
def test_where_nothing_can_be_written_is_said_before_the_work(tmp_path, name):
    with pytest.raises(RefusedError, match="cannot be written"):
        content.check_place(str(tmp_path / name))


@pytest.mark.parametrize("name", ["new", "old", "/dev/null"])
def test_a_place_is_looked_at_and_left_as_it_was(tmp_path, name):
    (tmp_path / "old").write_bytes(b"old")
    content.check_place(str(tmp_path / name))
    assert [each.name for each in tmp_path.iterdir()] == ["old"]
    assert (tmp_path / "old").read_bytes() == b"old"
