"""A chart of load over time: one HTML page that needs nothing else.

The drawing is SVG, made here: a line per series with its area, axes with round numbers, a title
and a description for those who do not see it, and colours for light and dark screens. Series keep
their colour and their dash, so that they can be told apart in print, too. Where there are more
seconds than the drawing is wide, each column shows the most that any of its seconds had: a peak
is what such a chart is looked at for, and averaging would hide it.
"""

import html
import math
from dataclasses import dataclass

WIDTH, HEIGHT = 960, 400
LEFT, RIGHT, TOP, BOTTOM = 70, 20, 40, 50
COLUMNS = 600
SHORTEST = 10.0
"""Seconds that a drawing shows at least."""
STYLES = (("a", ""), ("b", "6 3"), ("c", "2 3"), ("d", "9 3 2 3"))
"""A class for the colour and a dash for each series."""
_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>
:root {{ --back: #fff; --text: #1c2430; --faint: #d5dae1;
  --a: #1f5fbf; --b: #1d7a46; --c: #b3261e; --d: #7a4fb5; }}
@media (prefers-color-scheme: dark) {{ :root {{ --back: #14181f; --text: #e4e8ee;
  --faint: #39414d; --a: #7fb0ff; --b: #6fcf97; --c: #ff8a80; --d: #c7a4f5; }} }}
body {{ background: var(--back); color: var(--text); font: 16px/1.5 system-ui, sans-serif;
  margin: 2rem auto; max-width: 62rem; padding: 0 1rem; }}
h1 {{ font-size: 1.3rem; }}
svg {{ width: 100%; height: auto; }}
svg text {{ fill: var(--text); font: 13px system-ui, sans-serif; }}
.grid {{ stroke: var(--faint); }}
.axis {{ stroke: var(--text); }}
.a {{ --line: var(--a); }} .b {{ --line: var(--b); }} .c {{ --line: var(--c); }}
.d {{ --line: var(--d); }}
.line {{ fill: none; stroke: var(--line); stroke-width: 2; stroke-linejoin: round; }}
.area {{ fill: var(--line); fill-opacity: .12; }}
pre {{ white-space: pre-wrap; font: 14px/1.5 ui-monospace, monospace; }}
</style>
</head>
<body>
<h1>{title}</h1>
{svg}
<pre>{text}</pre>
</body>
</html>
"""


@dataclass(frozen=True, slots=True)
class Series:
    """One line: (second, amount) in the order of time; seconds that are missing had nothing."""

    name: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """What is drawn; ``text`` stands below it."""

    title: str
    across: str
    up: str
    series: tuple[Series, ...]
    text: str = ""
    limit: float = 0.0
    """An amount that must not be exceeded, drawn as a line; 0 for none."""

    def page(self) -> str:
        """The whole page, as HTML."""
        title = html.escape(self.title)
        return _PAGE.format(title=title, svg=self.svg(), text=html.escape(self.text))

    def svg(self) -> str:
        """The drawing alone."""
        points = [point for each in self.series for point in each.points]
        first = min((0.0, *(at for at, _ in points)))
        span = max(max((at for at, _ in points), default=0.0) + 1 - first, SHORTEST)
        most = max([self.limit, *(amount for _, amount in points), 1.0])
        field = _Field(first, span, _ceiling(most))
        parts = [
            f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-labelledby="title what">',
            f'<title id="title">{html.escape(self.title)}</title>',
            f'<desc id="what">{html.escape(self._description())}</desc>',
            *field.grid(),
            *self._names(),
            *(part for each, style in self._styled() for part in field.curve(each, *style)),
            *self._limit(field),
            *self._legend(),
            "</svg>",
        ]
        return "\n".join(parts)

    def _styled(self) -> list[tuple[Series, tuple[str, str]]]:
        return [(each, STYLES[n % len(STYLES)]) for n, each in enumerate(self.series)]

    def _description(self) -> str:
        said = [f"{self.up} over {self.across}."]
        for each in self.series:
            at, most = max(each.points, key=lambda point: point[1], default=(0.0, 0.0))
            said.append(f"{each.name}: at most {most:g}, at {at:g}.")
        return " ".join(said)

    def _names(self) -> list[str]:
        middle = (TOP + HEIGHT - BOTTOM) / 2
        across, up = html.escape(self.across), html.escape(self.up)
        return [
            (
                f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 8}" '
                f'text-anchor="middle">{across}</text>'
            ),
            (
                f'<text transform="translate(16 {middle}) rotate(-90)" text-anchor="middle">'
                f"{up}</text>"
            ),
        ]

    def _limit(self, field: "_Field") -> list[str]:
        if not self.limit:
            return []
        y = field.y(self.limit)
        return [
            (
                f'<line class="axis" stroke-dasharray="4 4" x1="{LEFT}" x2="{WIDTH - RIGHT}" '
                f'y1="{y:.1f}" y2="{y:.1f}"/>'
            ),
            (
                f'<text x="{WIDTH - RIGHT}" y="{y - 5:.1f}" text-anchor="end">'
                f"limit {self.limit:g}</text>"
            ),
        ]

    def _legend(self) -> list[str]:
        parts = []
        for number, (each, (colour, dash)) in enumerate(self._styled()):
            x, y = LEFT + 160 * number, TOP - 18
            parts.append(
                f'<line class="line {colour}" stroke-dasharray="{dash}" x1="{x}" x2="{x + 30}" '
                f'y1="{y - 4}" y2="{y - 4}"/><text x="{x + 38}" y="{y}">'
                f"{html.escape(each.name)}</text>"
            )
        return parts


@dataclass(frozen=True, slots=True)
class _Field:
    """The rectangle between the axes."""

    first: float
    span: float
    top: float

    def x(self, at: float) -> float:
        return LEFT + (at - self.first) / self.span * (WIDTH - LEFT - RIGHT)

    def y(self, amount: float) -> float:
        return HEIGHT - BOTTOM - amount / self.top * (HEIGHT - TOP - BOTTOM)

    def grid(self) -> list[str]:
        """Lines and numbers, and the two axes."""
        parts = []
        for amount in _steps(0.0, self.top):
            y = self.y(amount)
            parts.append(
                f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
                f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{amount:g}</text>'
            )
        for at in _steps(self.first, self.first + self.span):
            x = self.x(at)
            low = HEIGHT - BOTTOM
            parts.append(
                f'<line class="axis" x1="{x:.1f}" x2="{x:.1f}" y1="{low}" y2="{low + 5}"/>'
                f'<text x="{x:.1f}" y="{low + 20}" text-anchor="middle">{at:g}</text>'
            )
        corner = f"M{LEFT} {TOP}V{HEIGHT - BOTTOM}H{WIDTH - RIGHT}"
        return [*parts, f'<path class="axis" fill="none" d="{corner}"/>']

    def curve(self, series: Series, colour: str, dash: str) -> list[str]:
        """One series: its area and its line, as steps."""
        width = max(1.0, self.span / COLUMNS)
        highest: dict[int, float] = {}
        for at, amount in series.points:
            column = int((at - self.first) / width)
            highest[column] = max(amount, highest.get(column, 0.0))
        if not any(highest.values()):
            return []
        base = self.y(0)
        path, level = [f"M{LEFT} {base:.1f}"], 0.0
        for column in sorted({*highest, *(each + 1 for each in highest)}):
            new = highest.get(column, 0.0)
            if new != level:
                x = min(self.x(self.first + column * width), WIDTH - RIGHT)
                path.append(f"H{x:.1f}V{self.y(new):.1f}")
                level = new
        drawn = "".join(path) + f"H{WIDTH - RIGHT}"
        return [
            f'<path class="area {colour}" d="{drawn}V{base:.1f}Z"/>',
            f'<path class="line {colour}" stroke-dasharray="{dash}" d="{drawn}"/>',
        ]


def _step(span: float) -> float:
    """A round distance (1, 2 or 5 times a power of ten) that divides ``span`` in 4 to 10."""
    rough = span / 5
    power = 10.0 ** math.floor(math.log10(rough))
    return next(each * power for each in (1.0, 2.0, 5.0, 10.0) if each * power >= rough)


def _ceiling(most: float) -> float:
    """The next round number at or above."""
    step = _step(most)
    return math.ceil(most / step) * step


def _steps(low: float, high: float) -> list[float]:
    step = _step(high - low)
    first = math.ceil(low / step)
    last = math.floor(high / step + 1e-9)
    return [round(number * step, 6) for number in range(first, last + 1)]
