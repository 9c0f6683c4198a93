"""Whether explain tells what happens, on ten thousand random fleets; and how long it takes.

Usage: python -m bench.explain [FLEETS] [FIRST] [SECONDS]

Each fleet (models, layers, expressions, documents, envelopes, keys under way, locks, listeners) is
told by ``explain``'s rehearsal and run for real by another driver of the same mind against the same
answer path (``tests/serve/reality.py``): equal requests, equal bytes, equal results, equal settings
in the end. A phone that has settled is told and run once more after the fleet has changed. FIRST
is the first seed: one that failed can be run alone. After SECONDS it stops and says how far it
came.
"""

import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.serve.random_fleets import random_case, shelf
from tests.serve.test_story import check

from ringback import clock
from ringback.errors import RingbackError


def main() -> int:
    """Run them, and say how it went."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    most = float(sys.argv[3]) if len(sys.argv) > 3 else float("inf")
    seen: Counter[str] = Counter()
    begin = time.perf_counter()
    with tempfile.TemporaryDirectory() as root:
        for seed in range(first, first + count):
            if time.perf_counter() - begin > most:
                break
            seen[_one(seed, Path(root))] += 1
    spent = time.perf_counter() - begin
    count = seen.total()
    cpu = time.process_time() / count * 1000
    print(f"{count} fleets from seed {first} in {spent:.0f} s, {cpu:.1f} ms of one core each")
    for what, number in seen.most_common():
        print(f"{number:8}  {what}")
    return seen["NOT AS IT HAPPENED"]


def _one(seed: int, root: Path) -> str:
    """One fleet: how its story ended, which was equal to what happened."""
    case = random_case(clock.dice(seed))
    try:
        ready = shelf(case.fleet)
    except RingbackError as error:
        return f"cannot be published: {error.what}"
    try:
        story = check(case, ready, root)
    except AssertionError as error:
        print(f"seed {seed}: {str(error)[:2000]}")
        return "NOT AS IT HAPPENED"
    if story.failed:
        return "equal; the phone fails"
    rounds = f"after {len(story.resyncs)} resyncs, {story.restarts} restarts"
    return f"equal; the phone settles {rounds}" if story.settled else f"equal; {story.due}"


if __name__ == "__main__":
    sys.exit(bool(main()))
