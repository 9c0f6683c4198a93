import re
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from ringback.phone.chart import Chart, Series

CHART = Chart(
    "300 phones <one> & more",
    "seconds",
    "resyncs per second",
    (
        Series("begun", tuple((float(at), float(at % 7)) for at in range(40))),
        Series("failed", ((3.0, 2.0),)),
    ),
    "All's <well>",
    limit=5,
)
SVG = "{http://www.w3.org/2000/svg}"


def drawn(chart):
    return ET.fromstring(chart.svg())


def test_the_page_needs_nothing_from_elsewhere():
    page = CHART.page()
    assert not re.search(r"https?://|src=|url\(|@import|<script|<link", page)


def test_texts_cannot_break_out():
    page = CHART.page()
    assert "<one>" not in page
    assert "<well>" not in page
    assert "300 phones &lt;one&gt; &amp; more" in page


def test_who_does_not_see_it_is_told():
    root = drawn(CHART)
    assert root.get("role") == "img"
    ids = {each.get("id"): each.text for each in root if each.get("id")}
    assert [ids[name] for name in root.get("aria-labelledby").split()] == [
        "300 phones <one> & more",
        "resyncs per second over seconds. begun: at most 6, at 6. failed: at most 2, at 3.",
    ]


def test_axes_have_names_and_round_numbers():
    texts = [each.text for each in drawn(CHART).iter("text")]
    assert {"seconds", "resyncs per second", "begun", "failed", "limit 5"} <= set(texts)
    assert {"0", "2", "4", "6", "10", "20", "30", "40"} <= set(texts)


def test_each_series_has_a_line_of_its_own_kind():
    lines = [each for each in drawn(CHART).iter("path") if "line" in each.get("class", "").split()]
    assert [each.get("class") for each in lines] == ["line a", "line b"]
    assert len({each.get("stroke-dasharray") for each in lines}) == 2


def test_a_peak_survives_when_there_are_more_seconds_than_columns():
    points = tuple((float(at), 900.0 if at == 54321 else 1.0) for at in range(86400))
    chart = Chart("a day", "seconds", "per second", (Series("load", points),))
    line = next(each for each in drawn(chart).iter("path") if each.get("class") == "line a")
    heights = [float(each) for each in re.findall(r"V([\d.]+)", line.get("d"))]
    assert min(heights) < 80
    assert len(line.get("d")) < 20_000


class Balanced(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open = []

    def handle_starttag(self, tag, _attrs):
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag, _attrs):
        """Nothing stays open."""

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


POINTS = st.lists(
    st.tuples(st.integers(0, 10**6).map(float), st.integers(0, 10**6).map(float)), max_size=30
).map(lambda each: tuple(sorted(each)))


@given(st.lists(st.builds(Series, st.text("<>&\"'abc", max_size=5), POINTS), max_size=6))
def test_whatever_is_drawn_is_whole(series):
    chart = Chart("t", "x", "y", tuple(series))
    ET.fromstring(chart.svg())
    page = Balanced()
    page.feed(chart.page())
    assert page.open == []
    assert "nan" not in chart.svg()
    assert "inf" not in chart.svg()
