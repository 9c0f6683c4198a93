"""Byte ranges: one is honoured, nonsense is ignored, nothing leaves the file."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.http.ranges import Span


@pytest.mark.parametrize(
    ("line", "size", "expected"),
    [
        ("bytes=0-9", 100, "bytes 0-9/100"),
        ("Bytes=90-", 100, "bytes 90-99/100"),
        ("bytes=-10", 100, "bytes 90-99/100"),
        ("bytes=-1000", 100, "bytes 0-99/100"),
        ("bytes=50-1000", 100, "bytes 50-99/100"),
        ("bytes=0-0", 1, "bytes 0-0/1"),
        ("bytes=100-", 100, "bytes */100"),
        ("bytes=100-200", 100, "bytes */100"),
        ("bytes=-0", 100, "bytes */100"),
        ("bytes=0-", 0, "bytes */0"),
    ],
)
def test_one_range(line: str, size: int, expected: str) -> None:
    assert str(Span.parse(line, size)) == expected


@pytest.mark.parametrize(
    "line", ["", "bytes", "bytes=", "bytes=-", "bytes=5-3", "bytes=0-1,3-4", "items=0-1",
             "bytes=a-b", "bytes=0-" + "9" * 19, "bytes=+1-2", "bytes=٣-٤"]
)  # fmt: skip
def test_what_is_not_one_range_is_ignored(line: str) -> None:
    assert Span.parse(line, 100) is None


@given(st.integers(0, 1000), st.integers(0, 2000), st.integers(0, 2000))
def test_a_span_is_a_slice_of_the_file(size: int, first: int, last: int) -> None:
    span = Span.parse(f"bytes={first}-{last}", size)
    if span:
        assert 0 <= span.first < span.end <= size
        assert span.first == first
        assert span.end == min(last + 1, size)


@given(st.text(), st.integers(0, 1000))
def test_any_line_is_read(line: str, size: int) -> None:
    span = Span.parse(line, size)
    assert span is None or 0 <= span.first <= size
