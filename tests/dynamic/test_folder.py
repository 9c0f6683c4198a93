"""What may be run or rendered, by names that strangers choose."""

import pytest

from ringback.dynamic.folder import Folder
from ringback.errors import NotFoundError, RefusedError, UsageError


@pytest.fixture
def place(tmp_path):
    inside = tmp_path / "cgi"
    (inside / "sub").mkdir(parents=True)
    (tmp_path / "cgi-old").mkdir()
    for path in (inside / "a.pl", inside / "sub" / "b.pl", tmp_path / "cgi-old" / "c.pl"):
        path.write_text("#!/bin/true\n")
        path.chmod(0o755)
    return inside


@pytest.mark.parametrize(
    ("path", "name", "rest"),
    [
        ("a.pl", "a.pl", ""),
        ("a.pl/", "a.pl", "/"),
        ("a.pl/x//y/", "a.pl", "/x//y/"),
        ("sub/b.pl/x", "sub/b.pl", "/x"),
    ],
)
def test_a_script_and_what_is_left_of_the_path(place, path, name, rest):
    script = Folder(place).script(path)
    assert (script.name, script.rest) == (name, rest)
    assert script.file == str(place / name)


@pytest.mark.parametrize("path", ["", "/", "sub", "sub/", "no.pl", "no/a.pl", "a.plx"])
def test_what_is_not_there(place, path):
    with pytest.raises(NotFoundError):
        Folder(place).script(path)


@pytest.mark.parametrize(
    "path",
    ["../cgi-old/c.pl", "sub/../../cgi-old/c.pl", "a.pl/../../x", "..", "a\\b", "a\0.pl", "a\n.pl",
     ".a.pl", "sub/.b.pl", "x" * 2000],
)  # fmt: skip
def test_names_that_climb_hide_or_smuggle(place, path):
    with pytest.raises(RefusedError):
        Folder(place).script(path)


def test_a_link_that_leads_out_is_refused_and_one_that_stays_is_followed(place):
    (place / "out.pl").symlink_to(place.parent / "cgi-old" / "c.pl")
    (place / "in.pl").symlink_to("sub/b.pl")
    (place / "up").symlink_to(place.parent)
    folder = Folder(place)
    assert folder.script("in.pl").file == str(place / "sub" / "b.pl")
    for name in ("out.pl", "up/cgi-old/c.pl"):
        with pytest.raises(RefusedError, match="not served"):
            folder.script(name)


def test_a_script_that_may_not_be_run_says_what_to_type(place):
    (place / "a.pl").chmod(0o644)
    with pytest.raises(RefusedError) as caught:
        Folder(place).script("a.pl")
    assert caught.value.why == "it is not executable"
    assert caught.value.remedy == f"chmod 755 {place}/a.pl"


def test_only_ordinary_files_are_run(place):
    import os

    os.mkfifo(place / "pipe", 0o755)
    with pytest.raises(RefusedError) as caught:
        Folder(place).script("pipe")
    assert "ordinary" in caught.value.why


def test_reading_bounds_the_size_and_never_gives_keys(place):
    (place / "x.j2").write_bytes(b"y" * 100)
    (place / "x.pem").write_bytes(b"key")
    (place / "link.j2").symlink_to("x.pem")
    folder = Folder(place)
    assert folder.read("x.j2", largest=100)[0] == b"y" * 100
    for name, largest in (("x.j2", 99), ("x.pem", 100), ("link.j2", 100), ("sub", 100)):
        with pytest.raises(RefusedError):
            folder.read(name, largest=largest)


def test_a_folder_that_is_none(tmp_path):
    with pytest.raises(UsageError):
        Folder(tmp_path / "none")
