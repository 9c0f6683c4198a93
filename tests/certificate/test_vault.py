"""The vault: whole or not there, readable by nobody else, one writer at a time."""

import os
import stat
import subprocess
import sys
import textwrap

import pytest
from tests.certificate.house import NOW

from ringback.certificate import key, revocation
from ringback.certificate.vault import (
    DEVICES,
    PUBLIC,
    SECRET,
    SERVERS,
    Vault,
    read_bytes,
    read_pair,
    write_file,
)
from ringback.errors import NotFoundError, RefusedError


def lists(house):
    return b"".join(
        revocation.make(each.certificate, each.key, [], number=1, now=NOW, days=9).pem()
        for each in (house.issuing, house.root)
    )


@pytest.fixture
def vault(tmp_path, house):
    made = Vault(tmp_path / "state")
    made.found(house.root, house.issuing, lists(house), None)
    return made


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_an_authority_comes_back_as_it_was_put_in(vault, house):
    found = vault.open()
    assert found.certificate == house.issuing.certificate
    assert found.above == (house.root.certificate,)
    assert found.key.opens(house.issuing.certificate.public)
    assert vault.open_root().root == house.root.certificate
    assert [each.issuer for each in vault.lists()] == [
        house.issuing.certificate.subject, house.root.certificate.subject,
    ]  # fmt: skip
    assert vault.trust_file.read_bytes() == house.root.certificate.pem()


def test_keys_are_created_for_their_owner_alone_whatever_the_umask(tmp_path, house):
    before = os.umask(0)
    try:
        vault = Vault(tmp_path / "state")
        vault.found(house.root, house.issuing, lists(house), None)
        vault.install(house.server())
        device = vault.keep_pair(DEVICES, "000e08abcdef", house.device())
    finally:
        os.umask(before)
    secret = [vault.folder / "root.key", vault.folder / "issuing.key", vault.server_file, device]
    assert [mode(path) for path in secret] == [SECRET] * 4
    assert mode(vault.folder) == 0o700
    assert mode(vault.trust_file) == PUBLIC


def test_no_key_is_ever_readable_by_others_not_even_for_a_moment(tmp_path, program):
    """strace sees every open and chmod: keys are created 0600 and no mode is changed after."""
    strace = program("strace")
    code = f"""
        from pathlib import Path
        from ringback import clock
        from ringback.certificate.vault import Vault
        from ringback.operations.certify import Founding, Registrar
        from ringback.certificate.key import Kind
        vault = Vault(Path({str(tmp_path / "state")!r}))
        Registrar(vault, clock.now(), clock.random_bytes).found(Founding(kind=Kind.ECDSA_P256))
    """
    log = tmp_path / "trace"
    subprocess.run(
        [strace, "-f", "-e", "trace=openat,chmod,fchmod,fchmodat,rename,renameat,fsync,mkdir",
         "-o", log, sys.executable, "-c", textwrap.dedent(code)], check=True,
    )  # fmt: skip
    calls = log.read_text().splitlines()
    created = [each for each in calls if ".key" in each and "O_CREAT" in each]
    assert created
    assert all("O_EXCL" in each and "0600" in each for each in created)
    assert not [each for each in calls if "chmod" in each and "state" in each]
    assert sum("fsync" in each for each in calls) >= len(created)


def test_there_is_one_authority_and_no_second(vault, house):
    with pytest.raises(RefusedError, match=r"there is an authority in .* already"):
        vault.found(house.root, None, lists(house), None)
    assert vault.open().certificate == house.issuing.certificate


def run(code, *arguments):
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip


FOUND = """
    import os, sys
    from pathlib import Path
    from ringback import clock
    from ringback.certificate.key import Kind
    from ringback.certificate.vault import Vault
    from ringback.operations.certify import Founding, Registrar
    flush, left = os.fsync, [int(sys.argv[2])]
    def power_cut(handle):
        left[0] -= 1
        if not left[0]:
            os._exit(9)
        flush(handle)
    os.fsync = power_cut
    by = Registrar(Vault(Path(sys.argv[1])), clock.now(), clock.random_bytes)
    by.found(Founding(kind=Kind.ECDSA_P256, intermediate=True))
"""


def test_a_crash_at_any_moment_leaves_a_whole_authority_or_none(tmp_path):
    outcomes = set()
    for moment in range(1, 9):
        vault = Vault(tmp_path / str(moment))
        crashed = run(FOUND, vault.state, moment).returncode == 9
        outcomes.add((crashed, vault.exists))
        if vault.exists:
            assert vault.open().key.opens(vault.open().certificate.public)
            assert len(vault.lists()) == 2
        else:
            assert run(FOUND, vault.state, 99).returncode == 0
            assert vault.open()
    assert {(True, False), (True, True), (False, True)} == outcomes


FULL = """
    import resource, sys
    from pathlib import Path
    from ringback.certificate.vault import write_file
    from ringback.errors import StorageError
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))
    try:
        write_file(Path(sys.argv[1]), b"new" * 100, 0o600)
    except StorageError as error:
        print(error)
"""


def test_a_disk_that_takes_no_more_leaves_the_old_file(tmp_path):
    file = tmp_path / "x"
    write_file(file, b"old", PUBLIC)
    done = run(FULL, file)
    assert "File too large: nothing was changed" in done.stdout
    assert file.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [file]


def test_a_locked_authority_opens_with_its_passphrase_only(tmp_path, house):
    vault = Vault(tmp_path)
    vault.found(house.root, None, lists(house), b"opensesame")
    assert vault.open(b"opensesame").certificate == house.root.certificate
    with pytest.raises(RefusedError, match="openssl pkey -in"):
        vault.open()
    assert vault.certificates() == (house.root.certificate,)


def test_pairs_are_found_by_name(vault, house):
    device, server = house.device(), house.server()
    vault.keep_pair(DEVICES, "000e08abcdef", device)
    vault.keep_pair(SERVERS, "*.example.com", server)
    assert read_pair(vault.find_pair("000e08abcdef")[1]).certificate == device.certificate
    assert vault.find_pair("*.example.com")[0] == SERVERS
    assert [shelf for shelf, _ in vault.pairs()] == [DEVICES, SERVERS]
    for unknown in ("nobody", "../root", "..", "/etc/passwd"):
        with pytest.raises(NotFoundError, match="no certificate was issued"):
            vault.find_pair(unknown)


def test_every_issued_certificate_stays_on_record(vault, house):
    made = [house.device().certificate for _ in range(3)]
    for each in made:
        vault.record(each)
    assert set(vault.issued()) == set(made)


def test_without_an_authority_the_remedy_is_named(tmp_path):
    with pytest.raises(NotFoundError, match="ringback cert authority create"):
        Vault(tmp_path).open()


def test_files_that_cannot_be_read_are_named(tmp_path):
    with pytest.raises(NotFoundError, match=r"no file .*absent"):
        read_bytes(tmp_path / "absent")
    with pytest.raises(NotFoundError):
        read_bytes(tmp_path)
    large = tmp_path / "large"
    large.write_bytes(b"x" * (4 * 1024 * 1024 + 1))
    with pytest.raises(RefusedError, match="larger than 4 MiB"):
        read_bytes(large)


def test_one_process_at_a_time_changes_the_vault(vault):
    code = (
        "import sys; from pathlib import Path; from ringback.certificate.vault import Vault\n"
        f"with Vault(Path({str(vault.state)!r})).locked(): print('in')"
    )
    with vault.locked():
        other = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
        with pytest.raises(subprocess.TimeoutExpired):
            other.wait(1)
    assert other.communicate(timeout=20)[0] == "in\n"


def test_the_key_kept_is_the_key_of_the_certificate(vault, house):
    path = vault.keep_pair(DEVICES, "x", house.device())
    found = read_pair(path)
    assert found.key.opens(found.certificate.public)
    assert b"PRIVATE KEY" in path.read_bytes()
    assert key.pin(found.key.public) == key.pin(found.certificate.public)
