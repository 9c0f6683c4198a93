"""How much of anything a script or a template may have before it is stopped."""

from dataclasses import dataclass
from typing import Final

KIB: Final = 1024
MIB: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes in bytes, times in seconds. The defaults suit a script written for phones."""

    seconds: float = 10.0
    """From start to end, as the clock on the wall has it."""
    cpu: int = 5
    """Of processor time, in whole seconds (RLIMIT_CPU)."""
    memory: int = 512 * MIB
    """Of address space, for each process (RLIMIT_AS)."""
    output: int = 4 * MIB
    """Of everything printed. No phone reads a larger file."""
    files: int = 64
    """Open files (RLIMIT_NOFILE)."""
    file_size: int = 64 * MIB
    """Of any file written (RLIMIT_FSIZE)."""
    processes: int = 256
    """Of the user we run as, all together (RLIMIT_NPROC); the kernel exempts root."""
    at_once: int = 8
    """Running at the same time."""
    waiting: int = 1024
    """Waiting for their turn; beyond these the answer is 503."""
    environment: int = 128 * KIB
    """All variables together."""


SCRIPT: Final = Limits()
TEMPLATE: Final = Limits(
    seconds=3.0, cpu=1, memory=160 * MIB, files=16, file_size=0, processes=0, at_once=2
)
