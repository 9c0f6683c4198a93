"""What a fleet has been through, told at its end: as text, as JSON, as a chart."""

import json
import sys
from pathlib import Path
from typing import Any

from ringback.cli import content
from ringback.cli.rules import printable
from ringback.phone.chart import Chart, Series
from ringback.phone.fleet import Fleet


def _report(made: Fleet, *, interrupted: bool) -> dict[str, Any]:
    view = made.view()
    grown = max(0, made.most_memory - made.before)
    return {
        "phones": view.count,
        "applied": view.done,
        "unapplied": view.count - view.done,
        "interrupted": interrupted,
        "seconds_elapsed": round(view.elapsed, 3),
        "bytes_per_phone": round(grown / view.count),
        "lost": view.lost,
        **made.tally.as_dict(),
    }


def tell(
    made: Fleet, result: Path | None, chart: Path | None, *, interrupted: bool, as_json: bool
) -> None:
    """Write and print it, and exit: 0 when every phone has applied a profile, else 1.

    Raises:
        RefusedError: a file cannot be written.
    """
    report = _report(made, interrupted=interrupted)
    if result:
        content.write(str(result), json.dumps(report, indent=1).encode() + b"\n")
    if chart:
        content.write(str(chart), _chart(report).page().encode())
    if as_json:
        print(json.dumps(report))
    else:
        print(_summary(report))
    sys.exit(0 if report["unapplied"] == 0 else 1)


def _summary(report: dict[str, Any]) -> str:
    spans, peaks = report["seconds"], report["peak_per_second"]
    lines = [
        f"{report['applied']} of {report['phones']} phones have applied their profile"
        f" after {report['seconds_elapsed']:.1f} s"
        + ("; stopped, call it again to go on" if report["interrupted"] else ""),
        (
            f"{report['attempts']} attempts, {report['failed_attempts']} failed,"
            f" {report['retries']} retries; at most {peaks['begun']} begun"
            f" and {peaks['applied']} applied in one second"
        ),
        (
            f"an attempt took {spans['p50'] * 1000:.0f} ms (p50),"
            f" {spans['p99'] * 1000:.0f} ms (p99),"
            f" {spans['longest'] * 1000:.0f} ms (longest);"
            f" begun {spans['late_p99'] * 1000:.0f} ms late at p99"
        ),
        f"{report['bytes_per_phone'] / 1000:.1f} KB of memory for each phone",
    ]
    lines += [f"{number} times: {error}" for error, number in list(report["errors"].items())[:5]]
    return "\n".join(map(printable, lines))


def _chart(report: dict[str, Any]) -> Chart:
    rows = report["load"]
    return Chart(
        f"{report['phones']} phones: {report['applied']} have applied their profile",
        "seconds since the start",
        "resyncs per second",
        (
            Series("begun", tuple((row[0], row[1]) for row in rows)),
            Series("applied", tuple((row[0], row[2]) for row in rows)),
            Series("failed", tuple((row[0], row[3]) for row in rows)),
        ),
        _summary(report),
    )
