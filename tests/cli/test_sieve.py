"""Lists are sifted by every field they have, and by any fragment."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringback.cli.sieve import sift
from ringback.errors import UsageError

FIELDS = ("name", "number", "paths", "secrets", "slot")
ROWS: list[dict[str, Any]] = [
    {"name": "Common", "number": 1, "paths": ["/a.cfg", "/[b].cfg"], "secrets": False, "slot": ""},
    {"name": "device", "number": 11, "paths": [], "secrets": True, "slot": "B"},
    {"name": "old", "number": 2, "paths": ["/old"], "secrets": True, "slot": None},
]


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ([], "Common device old"),
        (["name=comm"], "Common"),
        (["NAME=*D"], "old"),
        (["number=1"], "Common"),
        (["number="], ""),
        (["secrets=yes"], "device old"),
        (["secrets=FALSE"], "Common"),
        (["secrets=maybe"], ""),
        (["slot="], "Common old"),
        (["slot=b"], "device"),
        (["paths=/[b]*"], "Common"),
        (["paths="], "device"),
        (["old"], "old"),
        (["secrets=yes", "11"], "device"),
        (["%"], ""),
    ],
)
def test_all_the_words_must_fit(words: list[str], names: str) -> None:
    assert [row["name"] for row in sift(ROWS, words, FIELDS)] == names.split()


@pytest.mark.parametrize("rows", [ROWS, []])
def test_a_field_that_is_not_there_is_wrong_usage_with_the_fields(rows: list[Any]) -> None:
    with pytest.raises(UsageError, match=r"there is no 'colour' here: fields: name, number, paths"):
        sift(rows, ["colour=red"], FIELDS)


@given(st.text().filter(lambda text: "=" not in text))
def test_odd_text_finds_what_holds_it_and_nothing_else(text: str) -> None:
    rows = [{"name": f"x{text}y"}, {"name": ""}]
    assert rows[0] in sift(rows, [text], ["name"])


@pytest.mark.parametrize("said", ["00:0E:08:00:00:01", "000e.0800.0001", "mac=00-0e-08-00-00-01"])
def test_a_mac_is_found_in_any_spelling(said: str) -> None:
    rows = [{"mac": "000e08000001"}, {"mac": "000e08000002"}]
    assert sift(rows, [said], ["mac"]) == rows[:1]
