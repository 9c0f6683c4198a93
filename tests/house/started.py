"""Start Ringback's own commands as a user does, for the tests of the whole house."""

import subprocess
import sys
from pathlib import Path

from ringback.cli.processes import Process


def ringback(*arguments: str, cwd: Path | None = None, timeout: float = 60.0):
    """Run one command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "ringback", *arguments],
        capture_output=True,
        text=True,
        timeout=timeout,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        check=False,
    )


def serve(root: Path, state: Path, *arguments: str) -> Process:
    """A server that is ready."""
    process = Process(["serve", "--root", str(root), "--state", str(state), *arguments])
    try:
        process.wait_for("Ready")
    except BaseException:
        process.stop()
        raise
    return process
