"""The root: what is served, what never is, and what a missing file's owner is told."""

import os
import socket
import stat
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ringback.errors import NotFoundError, RefusedError, UsageError
from ringback.files.root import Root

SECRET = b"the bytes of a neighbour"


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A root with a private neighbour on every side."""
    root = tmp_path / "tftpboot"
    root.mkdir()
    (root / "spa.cfg").write_bytes(b"<flat-profile/>")
    (root / "sub").mkdir()
    (root / "sub" / "x.xml").write_bytes(b"<x/>")
    (tmp_path / "tftpboot-old").mkdir()
    (tmp_path / "tftpboot-old" / "spa.cfg").write_bytes(SECRET)
    (tmp_path / "secret.cfg").write_bytes(SECRET)
    return root


def age(path: Path, seconds: float = 60.0) -> None:
    """Let a file look as if it had been written long ago."""
    then = path.stat().st_mtime - seconds
    os.utime(path, (then, then))


@pytest.mark.parametrize("path", ["spa.cfg", "/spa.cfg", "////spa.cfg", "./spa.cfg", "/./spa.cfg"])
def test_leading_slashes_and_lone_dots_do_not_matter(house: Path, path: str) -> None:
    file = Root(house).read(path)
    assert (file.data, file.name) == (b"<flat-profile/>", "spa.cfg")


def test_a_file_knows_its_type_tag_and_date(house: Path) -> None:
    file = Root(house).read("sub/x.xml")
    assert file.content_type == "text/xml"
    assert file.etag.startswith('"')
    assert file.etag.endswith('-4"')
    assert file.modified == pytest.approx((house / "sub" / "x.xml").stat().st_mtime)


@pytest.mark.parametrize(
    "path",
    [
        "../secret.cfg",
        "/../secret.cfg",
        "sub/../../secret.cfg",
        "sub/../spa.cfg",
        "..",
        "..\\secret.cfg",
        "sub\\x.xml",
        "../tftpboot-old/spa.cfg",
        "spa.cfg\0.xml",
        "spa.cfg\r\n",
        "a" * 2000,
    ],
)
def test_names_that_climb_or_smuggle_are_refused(house: Path, path: str) -> None:
    with pytest.raises(RefusedError):
        Root(house).read(path)


def test_an_absolute_name_is_looked_for_inside_the_root(house: Path) -> None:
    with pytest.raises(NotFoundError):
        Root(house).read(str(house.parent / "secret.cfg"))


@pytest.mark.parametrize("path", ["%2e%2e/secret.cfg", "..%2fsecret.cfg", "%252e%252e/secret.cfg"])
def test_percent_signs_are_letters_here(house: Path, path: str) -> None:
    with pytest.raises((NotFoundError, RefusedError)):
        Root(house).read(path)
    (house / "100%.cfg").write_bytes(b"sure")
    assert Root(house).read("100%.cfg").data == b"sure"


def test_links_may_stay_inside_and_never_lead_out(house: Path) -> None:
    (house / "same.cfg").symlink_to("spa.cfg")
    (house / "current").symlink_to("sub")
    (house / "out.cfg").symlink_to(house.parent / "secret.cfg")
    (house / "twin").symlink_to(house.parent / "tftpboot-old")
    (house / "loop").symlink_to("loop")
    root = Root(house)
    assert root.read("same.cfg").data == b"<flat-profile/>"
    assert root.read("current/x.xml").data == b"<x/>"
    for path in ("out.cfg", "twin/spa.cfg", "loop"):
        with pytest.raises(RefusedError):
            root.read(path)


def test_a_link_that_is_turned_outward_is_noticed_at_once(house: Path) -> None:
    link = house / "today.cfg"
    link.symlink_to("spa.cfg")
    age(house / "spa.cfg")
    root = Root(house)
    assert root.read("today.cfg").data == b"<flat-profile/>"
    link.unlink()
    link.symlink_to(house.parent / "secret.cfg")
    with pytest.raises(RefusedError):
        root.read("today.cfg")


def test_a_folder_swapped_by_its_link_serves_the_new_files(house: Path) -> None:
    for week in ("week1", "week2"):
        (house / week).mkdir()
        (house / week / "x.cfg").write_bytes(week.encode())
    current = house / "current"
    current.symlink_to("week1")
    root = Root(house)
    assert root.read("current/x.cfg").data == b"week1"
    current.unlink()
    current.symlink_to("week2")
    assert root.read("current/x.cfg").data == b"week2"


PRIVATE = [".env", ".ssh/id", "a/.git/config", "x.xml.j2", "X.J2", "ca.pem", "CA.PEM", "s.Key"]


@pytest.mark.parametrize("path", PRIVATE)
def test_private_names_are_never_served(house: Path, path: str) -> None:
    place = house / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(SECRET)
    with pytest.raises(RefusedError, match="not served"):
        Root(house).read(path)


def test_a_harmless_name_for_a_private_file_is_refused(house: Path) -> None:
    (house / "server.key").write_bytes(SECRET)
    (house / "harmless.cfg").symlink_to("server.key")
    with pytest.raises(RefusedError) as caught:
        Root(house).read("harmless.cfg")
    assert caught.value.why == "templates and keys are private"


def test_only_ordinary_files_are_opened(house: Path) -> None:
    os.mkfifo(house / "pipe.cfg")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(house / "socket.cfg"))
        for path in ("pipe.cfg", "socket.cfg", "sub", "", "/"):
            with pytest.raises(RefusedError):
                Root(house).read(path)


def test_a_device_is_refused(house: Path) -> None:
    try:
        os.mknod(house / "null.cfg", stat.S_IFCHR | 0o666, os.makedev(1, 3))
    except PermissionError:
        (house / "null.cfg").symlink_to("/dev/null")
    with pytest.raises(RefusedError):
        Root(house).read("null.cfg")


def test_a_file_beyond_the_bound_is_refused_with_both_numbers(house: Path) -> None:
    (house / "big.bin").write_bytes(bytes(11))
    with pytest.raises(RefusedError) as caught:
        Root(house, largest=10).read("big.bin")
    assert caught.value.why == "its 11 bytes are more than the 10 allowed"


def test_a_changed_file_is_served_changed_at_once(house: Path) -> None:
    root = Root(house)
    place = house / "spa.cfg"
    for number in range(50):
        data = f"{number:04}".encode()
        place.write_bytes(data)
        file = root.read("spa.cfg")
        assert file.data == data


def test_an_unchanged_file_is_answered_from_memory(house: Path) -> None:
    root = Root(house)
    place = house / "spa.cfg"
    age(place)
    # Its change time is young, so the first answers are read again until it has settled.
    root.read("spa.cfg")
    root._hot = {
        key: type(entry)(entry.file, entry.mark, settled=True) for key, entry in root._hot.items()
    }
    first = root.read("spa.cfg")
    assert root.read("spa.cfg") is first
    place.unlink()
    with pytest.raises(NotFoundError):
        root.read("spa.cfg")


def test_memory_stays_within_its_bound(house: Path) -> None:
    root = Root(house, memory=100)
    for number in range(30):
        (house / f"{number}.cfg").write_bytes(bytes(10))
        root.read(f"{number}.cfg")
    assert root._kept == sum(len(entry.file.data) for entry in root._hot.values()) <= 100
    (house / "large").write_bytes(bytes(1000))
    assert len(root.read("large").data) == 1000
    assert root._kept <= 100


def test_a_file_that_keeps_changing_is_never_served_half(
    house: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = house / "spa.cfg"
    root = Root(house)
    whole = root.read("spa.cfg").data
    real_read = os.read

    def read_while_somebody_writes(descriptor: int, count: int) -> bytes:
        with place.open("ab") as writer:
            writer.write(b"more")
        return real_read(descriptor, count)

    monkeypatch.setattr(os, "read", read_while_somebody_writes)
    place.write_bytes(b"half")
    assert root.read("spa.cfg").data == whole
    with pytest.raises(RefusedError) as caught:
        Root(house).read("spa.cfg")
    assert caught.value.why == "it is being written"
    assert "rename" in str(caught.value)


def test_an_unreadable_file_is_one_clear_refusal(house: Path) -> None:
    place = house / "closed.cfg"
    place.write_bytes(SECRET)
    place.chmod(0)
    house.parent.chmod(0o755)
    script = textwrap.dedent("""
        import os, sys
        from ringback.errors import RefusedError
        from ringback.files.root import Root
        descriptor = os.open(sys.argv[1], os.O_PATH)
        if os.geteuid() == 0:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
        try:
            Root(f"/proc/self/fd/{descriptor}").read("closed.cfg")
        except RefusedError as error:
            print(error, error.why, sep="|")
    """)
    house.chmod(0o755)
    said = subprocess.run(
        [sys.executable, "-c", script, house], check=True, capture_output=True, text=True
    )
    assert "|permission denied" in said.stdout, said.stderr
    assert "chmod a+r" in said.stdout


@pytest.mark.parametrize(
    ("there", "asked"),
    [
        ("spa000e08abcdef.cfg", "spa000E08ABCDEF.cfg"),
        ("CP-7832-3PCC.xml", "CP7832-3PCC.xml"),
        ("CP-7832-3PCC macaddress.cfg", "CP-7832-3PCCmacaddress.cfg"),
        ("spa504G.cfg", "/spa504g.cfg"),
        ("sub/x.xml", "/sub/X.xml"),
        ("basic.txt", "basic.text"),
    ],
)
def test_a_missing_file_is_answered_with_the_nearest_name(
    house: Path, there: str, asked: str
) -> None:
    (house / there).write_bytes(b"here")
    with pytest.raises(NotFoundError) as caught:
        Root(house).read(asked)
    assert caught.value.nearest == there
    assert there in str(caught.value)


def test_private_names_are_never_suggested(house: Path) -> None:
    (house / "server.key").write_bytes(SECRET)
    with pytest.raises(NotFoundError) as caught:
        Root(house).read("server.kez")
    assert caught.value.nearest == ""


def test_a_wrong_name_never_looks_through_a_link_that_leads_out(house: Path) -> None:
    (house / "twin").symlink_to(house.parent / "tftpboot-old")
    with pytest.raises(NotFoundError) as caught:
        Root(house).read("twin/spa.cf")
    assert "spa.cfg" not in caught.value.nearest


def test_a_name_added_later_is_suggested(house: Path) -> None:
    root = Root(house)
    with pytest.raises(NotFoundError):
        root.read("late.xm")
    (house / "late.xml").write_bytes(b"")
    root._signposts._known.clear()
    with pytest.raises(NotFoundError) as caught:
        root.read("late.xm")
    assert caught.value.nearest == "late.xml"


def test_the_root_must_be_a_folder(house: Path) -> None:
    for wrong in (house / "spa.cfg", house / "nowhere"):
        with pytest.raises(UsageError, match="is not a folder"):
            Root(wrong)


@pytest.fixture(scope="module")
def lonely_root(tmp_path_factory: pytest.TempPathFactory) -> Root:
    outside = tmp_path_factory.mktemp("world")
    (outside / "secret.cfg").write_bytes(SECRET)
    folder = outside / "root"
    folder.mkdir()
    (folder / "a").mkdir()
    (folder / "a" / "b.cfg").write_bytes(b"inside")
    (folder / "out").symlink_to(outside)
    return Root(folder)


WORDS = st.sampled_from(
    ["..", ".", "/", "\\", "\0", "a", "b.cfg", "out", "root", "secret.cfg", "%2e", "%2f", "~", " "]
)


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(), st.lists(WORDS).map("".join), st.lists(WORDS).map("/".join)))
@example("out/secret.cfg")
@example("\ud800")
@example("a/b.cfg/../../../secret.cfg")
@example("a/b.cfg/")
def test_no_name_ever_yields_bytes_from_outside(lonely_root: Root, path: str) -> None:
    try:
        file = lonely_root.read(path)
    except (NotFoundError, RefusedError):
        return
    assert file.data == b"inside"
