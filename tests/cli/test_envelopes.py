"""``ringback profile seal`` and ``open`` as typed: the installed program, in its own process."""

import base64
import json
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

PROFILE = b"<flat-profile>\n<GPP_A>12345678</GPP_A>\n</flat-profile>\n"
RINGBACK = str(Path(sys.executable).parent / "ringback")
IKM = "yqdlZ-tYemfogSmv7Ws5PQ"


@pytest.fixture
def typed(tmp_path):
    """Type a command in a folder that holds basic.txt."""
    (tmp_path / "basic.txt").write_bytes(PROFILE)

    def run(command, *arguments, stdin=b""):
        return subprocess.run(
            [command, *arguments], cwd=tmp_path, input=stdin, capture_output=True, check=False
        )

    return run


@pytest.fixture
def profile(typed):
    return lambda *arguments, **kwargs: typed(RINGBACK, "profile", *arguments, **kwargs)


def test_the_guides_command_typed_today_is_opened_and_its_derivation_named(typed, profile, program):
    command = "enc -aes-256-cbc -k MyOwnSecret -in basic.txt -out basic.cfg"
    typed(program("openssl"), *shlex.split(command))
    opened = profile("open", "basic.cfg", "--key", "MyOwnSecret")

    assert opened.stdout == PROFILE
    assert opened.stderr == b"ringback: basic.cfg was aes-256-cbc (sha256)\n"
    assert opened.returncode == 0


@pytest.mark.parametrize("kdf", ["md5", "sha256"])
def test_openssl_and_gzip_open_what_is_sealed(typed, profile, program, kdf):
    sealed = profile("seal", "basic.txt", "--gzip", "--key", "my secret", "--kdf", kdf, "-o", "x")
    plain = typed(program("openssl"), "enc", "-d", "-aes-256-cbc", "-md", kdf, "-k", "my secret",
                  "-in", "x")  # fmt: skip
    plain = typed(program("gzip"), "-dc", stdin=plain.stdout)

    assert (sealed.returncode, sealed.stdout, sealed.stderr) == (0, b"", b"")
    assert plain.stdout == PROFILE


def test_what_openssl_and_gzip_sealed_is_opened(typed, profile, program):
    typed(program("gzip"), "basic.txt")
    command = "enc -aes-256-cbc -md md5 -k K -in basic.txt.gz -out b"
    typed(program("openssl"), *shlex.split(command))
    opened = profile("open", "b", "--key", "K")

    assert opened.stdout == PROFILE
    assert b"aes-256-cbc (md5), then gzip" in opened.stderr


def test_a_pipe_serves_at_both_ends(profile):
    sealed = profile("seal", "-", "--gzip", "--key", "K", stdin=PROFILE)
    opened = profile("open", "-", "--key", "K", stdin=sealed.stdout)

    assert sealed.stdout.startswith(b"Salted__")
    assert opened.stdout == PROFILE


@pytest.mark.parametrize("spelling", [["--key=--x"], ["--key", "--x"], ["--key=-o"]])
def test_a_key_may_begin_with_dashes(profile, spelling):
    sealed = profile("seal", "basic.txt", *spelling).stdout

    assert profile("open", "-", *spelling, stdin=sealed).stdout == PROFILE


def test_the_same_profile_is_never_encrypted_the_same_way_twice(profile):
    first, second = (profile("seal", "basic.txt", "--key", "K").stdout for _ in range(2))

    assert first[8:16] != second[8:16]
    assert profile("seal", "basic.txt", "--gzip").stdout == profile(
        "seal", "basic.txt", "--gzip"
    ).stdout  # fmt: skip


def test_content_encryption_both_ways(profile):
    profile("seal", "basic.txt", "--gzip", "--ikm", IKM, "-o", "coded")
    opened = profile("open", "coded", "--ikm", IKM, "-o", "plain")

    assert opened.stdout == b""
    assert b"aes128gcm, then gzip" in opened.stderr
    assert profile("open", "plain").stdout == PROFILE


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--key", "wrong"], b"the key opens nothing that is gzip or XML"),
        ([], b"the file is encrypted and no key is known: give its --key"),
        (["--key", "K", "--kdf", "sha256"], b"(key derivation sha256)"),
        (["--ikm", IKM], b"no key is known"),
    ],
)
def test_what_does_not_open_writes_nothing_and_exits_1(profile, tmp_path, arguments, words):
    profile("seal", "basic.txt", "--key", "K", "-o", "sealed")
    opened = profile("open", "sealed", *arguments, "-o", "plain")

    assert (opened.returncode, opened.stdout) == (1, b"")
    assert opened.stderr.startswith(b"ringback: sealed: ")
    assert words in opened.stderr
    assert not (tmp_path / "plain").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["seal", "nosuch", "--gzip"], b"nosuch: no such file"),
        (["open", "."], b"Is a directory"),
        (["open", "basic.txt", "--key", "K"], b"the file is not encrypted"),
        (["seal", "sealed", "--key", "K"], b"sealed is encrypted already"),
        (["seal", "zipped", "--gzip"], b"zipped is compressed already: leave --gzip out"),
        (["seal", "basic.txt", "--gzip", "-o", "no/such/folder"], b"cannot be written"),
    ],
)
def test_what_cannot_be_done_is_one_clear_line_and_exit_1(profile, arguments, words):
    profile("seal", "basic.txt", "--key", "K", "-o", "sealed")
    profile("seal", "basic.txt", "--gzip", "-o", "zipped")
    done = profile(*arguments)

    assert done.returncode == 1
    assert words in done.stderr
    assert done.stderr.count(b"\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["seal", "basic.txt", "--kdf", "sha1", "--key", "K"],
        ["seal"],
        ["open", "--nosuch", "basic.txt"],
        ["open", "-x"],
        ["open", "basic.txt", "extra"],
        ["seal", "basic.txt"],
        ["seal", "basic.txt", "--key", "K", "--ikm", IKM],
        ["seal", "basic.txt", "--ikm", "no base64url!"],
    ],
)
def test_wrong_usage_exits_2(profile, arguments):
    assert profile(*arguments).returncode == 2


def test_a_profile_that_no_phone_will_take_is_remarked_upon(profile):
    sealed = profile("seal", "-", "--key", "K", stdin=b"just text")

    assert sealed.returncode == 0
    assert b"this is no XML" in sealed.stderr


# --- --json ---------------------------------------------------------------------------------------


def test_json_reports_what_was_opened_with_the_contents(profile):
    sealed = profile("seal", "basic.txt", "--gzip", "--key", "K", "--kdf", "sha256").stdout
    report = json.loads(profile("open", "-", "--key", "K", "--json", stdin=sealed).stdout)

    assert base64.b64decode(report.pop("contents_base64")) == PROFILE
    assert report == {
        "error": None,
        "layers": ["aes-256-cbc", "gzip"],
        "kdf": "sha256",
        "remarks": [],
        "bytes": len(PROFILE),
    }


def test_json_with_an_output_names_it_instead(profile, tmp_path):
    done = profile("seal", "basic.txt", "--gzip", "--json", "-o", "x.gz")
    report = json.loads(done.stdout)

    assert report["output"] == "x.gz"
    assert report["layers"] == ["gzip"]
    assert report["bytes"] == (tmp_path / "x.gz").stat().st_size


def test_json_reports_an_error_too(profile):
    done = profile("open", "basic.txt", "--key", "K", "--json")
    report = json.loads(done.stdout)

    assert done.returncode == 1
    assert report["status"] == "expecting an encrypted file"
    assert report["error"].startswith("basic.txt: ")
