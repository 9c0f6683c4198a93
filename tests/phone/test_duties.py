"""The table of duties in docs/virtual-phone.md is what the tests say of themselves."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs" / "virtual-phone.md"
MARK = re.compile(r"mark\.duty\((\d+)\)")
ROW = re.compile(r"^\| \*\*(\d+)\. [^|]+\| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)


def cited():
    """Duty to the test files that cite it."""
    found: dict[int, set[str]] = {}
    for file in (ROOT / "tests").rglob("test_*.py"):
        for number in MARK.findall(file.read_text()):
            found.setdefault(int(number), set()).add(str(file.relative_to(ROOT / "tests")))
    return found


def told():
    """Duty to the test files its row names, and its known gap."""
    rows = ROW.findall(DOCS.read_text())
    return {int(number): (set(re.findall(r"`([^`]+)`", files)), gap) for number, files, gap in rows}


def test_there_are_ten_duties_and_each_has_tests():
    assert sorted(told()) == list(range(1, 11))
    assert cited().keys() == told().keys()


@pytest.mark.parametrize("duty", range(1, 11))
def test_a_row_names_the_files_that_cite_its_duty(duty):
    assert told()[duty][0] == cited()[duty]


def test_every_row_owns_up_to_what_is_missing():
    assert all(len(gap.strip()) > 10 for _, gap in told().values())
