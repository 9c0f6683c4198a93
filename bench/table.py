"""Print what was measured: medians, and the spread of the ratio over the rounds."""

import os
import platform
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from statistics import median

from bench.contestants import REFERENCE
from bench.loads import Run, Workload

Results = Mapping[Workload, Mapping[str, list[Run]]]
_HEAD = ("workload", "server", "CPU ms / 1000", "ratio (spread)", "per second", "lost", "p99 ms")


def machine() -> str:
    """Date, processor and kernel in one line."""
    system = platform.uname()
    return (
        f"{date.today().isoformat()}, {os.cpu_count()} x {_processor()}, "
        f"{system.system} {system.release}, Python {platform.python_version()}"
    )


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def rows(results: Results) -> Iterable[tuple[str, ...]]:
    """One row for each workload and server."""
    for workload, servers in results.items():
        reference = servers.get(REFERENCE[workload.protocol], [])
        for name, runs in servers.items():
            yield (
                f"{workload.protocol}: {workload.name}",
                name,
                f"{median(each.cpu_ms_per_1000 for each in runs):.1f}",
                _ratio(runs, reference),
                f"{median(each.per_second for each in runs):.0f}",
                str(sum(each.lost for each in runs)),
                f"{median(each.p99_ms for each in runs):.1f}" if runs[0].p99_ms else "-",
            )


def _ratio(runs: list[Run], reference: list[Run]) -> str:
    """Round by round against the reference in the same round; the median and the extremes."""
    pairs = zip(runs, reference, strict=False)
    ratios = [ours.cpu_ms_per_1000 / theirs.cpu_ms_per_1000 for ours, theirs in pairs]
    if not ratios:
        return "-"
    return f"{median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})"


def as_text(results: Results) -> str:
    """A Markdown table whose columns also line up on a terminal."""
    table = [_HEAD, *rows(results)]
    widths = [max(len(row[column]) for row in table) for column in range(len(_HEAD))]
    lines = [_line(row, widths) for row in table]
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([lines[0], rule, *lines[1:]])


def _line(row: tuple[str, ...], widths: list[int]) -> str:
    cells = [
        text.ljust(width) if column < 2 else text.rjust(width)
        for column, (text, width) in enumerate(zip(row, widths, strict=True))
    ]
    return "| " + " | ".join(cells) + " |"
