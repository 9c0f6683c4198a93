"""Conditional requests: RFC 9110 section 13, in its order of precedence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.http.conditional import http_date, range_holds, read_date, verdict

TAG, WHEN = '"abc-1"', 784_111_777.9
DATE, EARLIER, LATER = (http_date(int(WHEN) + seconds) for seconds in (0, -1, 1))


def test_dates_are_written_as_the_rfc_does() -> None:
    assert http_date(784_111_777) == "Sun, 06 Nov 1994 08:49:37 GMT"


@pytest.mark.parametrize(
    "text",
    [
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 -0000",
    ],
)
def test_dates_are_read(text: str) -> None:
    assert read_date(text) == 784_111_777


@pytest.mark.parametrize("text", ["", "yesterday", "Sun, 99 Nov 1994 08:49:37 GMT", "9" * 100,
                                  "Sun, 06 Nov 99999999999999 08:49:37 GMT"])  # fmt: skip
def test_other_dates_are_none(text: str) -> None:
    assert read_date(text) is None


@given(st.text(max_size=100))
def test_any_date_is_read_or_none(text: str) -> None:
    date = read_date(text)
    assert date is None or isinstance(date, float)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"If-None-Match": TAG}, 304),
        ({"If-None-Match": f"W/{TAG}"}, 304),
        ({"If-None-Match": f'"x", {TAG} , "y"'}, 304),
        ({"If-None-Match": "*"}, 304),
        ({"If-None-Match": '"other"'}, 200),
        ({"If-None-Match": "abc-1"}, 200),
        ({"If-None-Match": '"other"', "If-Modified-Since": DATE}, 200),
        ({"If-Modified-Since": DATE}, 304),
        ({"If-Modified-Since": LATER}, 304),
        ({"If-Modified-Since": EARLIER}, 200),
        ({"If-Modified-Since": "nonsense"}, 200),
        ({"If-Match": TAG}, 200),
        ({"If-Match": "*"}, 200),
        ({"If-Match": f"W/{TAG}"}, 412),
        ({"If-Match": '"other"'}, 412),
        ({"If-Match": '"other"', "If-None-Match": TAG}, 412),
        ({"If-Unmodified-Since": EARLIER}, 412),
        ({"If-Unmodified-Since": DATE}, 200),
        ({"If-Match": TAG, "If-Unmodified-Since": EARLIER}, 200),
    ],
)
def test_verdicts(headers: dict[str, str], status: int) -> None:
    assert verdict(lambda name: headers.get(name, ""), TAG, WHEN) == status


@pytest.mark.parametrize(
    ("condition", "holds"),
    [("", True), (TAG, True), (f"W/{TAG}", False), ('"x"', False), (DATE, True), (LATER, False),
     (EARLIER, False), ("nonsense", False)],
)  # fmt: skip
def test_a_range_is_for_one_version(condition: str, holds: bool) -> None:
    assert range_holds(lambda _: condition, TAG, WHEN) is holds
