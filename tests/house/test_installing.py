"""``pip install .`` gives a program that works from any folder: its data files are in the wheel."""

import json
import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest
from tests.house.started import BASIC, serve

PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def program_folder(tmp_path_factory) -> Path:
    """The ``bin`` of an environment in which our wheel is installed, and nothing of this folder.

    The libraries are those of the environment that runs the tests; no network is used.
    """
    folder = tmp_path_factory.mktemp("installed")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "--isolated"]
    alone = ["--no-deps", "--no-index"]
    build = [*pip, "wheel", *alone, "--no-build-isolation", "--wheel-dir", str(folder)]
    run(*build, str(PROJECT))
    venv.create(folder / "env", symlinks=True)
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    packages = folder / "env" / "lib" / version / "site-packages"
    (wheel,) = folder.glob("ringback-*.whl")
    run(*pip, "install", *alone, "--target", str(packages), str(wheel))
    # Not through a .pth file: those of the other environment must not be read, for one of them
    # leads to this folder.
    (packages / "sitecustomize.py").write_text(
        f"import sys\nsys.path.append({sysconfig.get_path('purelib')!r})\n"
    )
    return Path(packages, "bin")


def run(*command: str | Path, cwd: Path | None = None) -> str:
    """Run a program; what it printed."""
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [*map(str, command)], cwd=cwd, env=clean, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def installed(program_folder, tmp_path):
    """Run the installed program in an empty folder."""
    python = program_folder.parents[3] / "bin" / "python"

    def call(*arguments: str) -> str:
        return run(python, program_folder / "ringback", *arguments, cwd=tmp_path)

    return call


def test_the_wheel_is_what_runs(program_folder, tmp_path):
    python = program_folder.parents[3] / "bin" / "python"

    where = run(python, "-c", "import ringback; print(ringback.__file__)", cwd=tmp_path)

    assert where.startswith(str(program_folder.parent))


def test_rules_and_profiles_need_the_catalogues(installed, tmp_path):
    (tmp_path / "profile.xml").write_text(BASIC.replace("GPP_A", "GPP_AA"))

    assert installed("rule", "explain", "tftp://h/$PN.cfg", "--model", "8851").count("CP-8851-3PCC")
    assert "GPP_AA" in installed("profile", "lint", "profile.xml", "--model", "8841")


def test_a_phone_resyncs_and_has_a_style_sheet(installed, program_folder, tmp_path):
    root = tmp_path / "root"
    root.mkdir()
    (root / "basic.txt").write_text(BASIC)
    with serve(root, tmp_path / "s", "--tftp", "127.0.0.1:0") as server:
        port = server.wait_for(" TFTP ").rpartition(":")[2]
        told = json.loads(
            installed("phone", "resync", f"tftp://127.0.0.1:{port}/basic.txt", "--json")
        )

    assert told["changed"] == {"GPP_A": ["", "12345678"]}
    assert (program_folder.parent / "ringback" / "phone" / "page.css").is_file()
    assert (program_folder.parent / "ringback" / "example" / "basic.txt").is_file()
