"""
Charts: from figures to the geometry that `ui.chart` draws, with the same figures as rows of a table.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from watchword.web.portal.reading import Reading

WIDTH: Final = 720
HALF: Final = WIDTH // 2
HEIGHT: Final = 200
LEFT: Final = 40
"""What there is in a drawing, in its own units, of which the browser makes as many as there is room."""

_TOP: Final = 8
_BOTTOM: Final = 24
_GAP: Final = 0.25
_LINES: Final = 4
_MOST_TICKS: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """
    One kind of figure.

    Attributes:
        fill: 1 to 5, of components.css.
        said: the figures as the table and the bars' titles have them, where they are not those that are drawn.
    """

    label: str
    figures: Sequence[float]
    fill: int
    said: Sequence[float] | None = None

    def told(self, place: int) -> float:
        """Return a figure as it is said."""
        return (self.figures if self.said is None else self.said)[place]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A rectangle, and what is said where one points at it."""

    x: float
    y: float
    width: float
    height: float
    fill: int
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line across, with its figure."""

    y: float
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A word below."""

    x: float
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row of the table that says the same."""

    label: str
    figures: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A drawing. `axis` is what its rows are."""

    axis: str
    series: tuple[Series, ...]
    bars: tuple[Bar, ...]
    lines: tuple[Line, ...]
    ticks: tuple[Tick, ...]
    rows: tuple[Row, ...]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT


def stacked(
    reading: Reading, *, axis: str, labels: Sequence[str], series: Sequence[Series], width: int = WIDTH
) -> Chart:
    """
    Return bars side by side, the figures of each one above another.

    Args:
        reading: whoever looks.
        axis: what the bars are, such as the hour.
        labels: what each bar is.
        series: figures, as many in each as there are labels.
        width: of the drawing, in its own units: half for one that stands beside another.
    """
    sums = [sum(figures) for figures in zip(*(one.figures for one in series), strict=True)]
    top = _round_up(max(sums, default=0))
    step = (width - LEFT) / max(1, len(labels))
    room = HEIGHT - _TOP - _BOTTOM
    bars: list[Bar] = []
    for place, label in enumerate(labels):
        base = float(HEIGHT - _BOTTOM)
        for one in series:
            tall = one.figures[place] / top * room
            if tall > 0:
                base -= tall
                bars.append(
                    Bar(
                        x=round(LEFT + step * (place + _GAP / 2), 2),
                        y=round(base, 2),
                        width=round(step * (1 - _GAP), 2),
                        height=round(tall, 2),
                        fill=one.fill,
                        title=f"{label}: {one.label} {reading.number(one.told(place))}",
                    )
                )
    every = max(1, math.ceil(len(labels) / (_MOST_TICKS * width // WIDTH)))
    return Chart(
        axis=axis,
        width=width,
        series=tuple(series),
        bars=tuple(bars),
        lines=tuple(
            Line(y=round(_TOP + room * (1 - part / _LINES), 2), label=reading.number(top * part / _LINES))
            for part in range(_LINES + 1)
        ),
        ticks=tuple(
            Tick(x=round(LEFT + step * (place + 0.5), 2), label=labels[place]) for place in range(0, len(labels), every)
        ),
        rows=tuple(
            Row(label=label, figures=tuple(one.told(place) for one in series)) for place, label in enumerate(labels)
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RankedBar:
    """A bar that lies, with its words above it and its figure behind them."""

    y: float
    width: float
    fill: int
    label: str
    figure: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """A drawing of figures from the largest to the smallest. `axis` is what its rows are, `measure` what they count."""

    axis: str
    measure: str
    bars: tuple[RankedBar, ...]
    height: float
    width: int = HALF
    thick: int = 8


_RANK: Final = 34
"""Room for one bar that lies, with its words."""


def ranked(*, axis: str, measure: str, rows: Sequence[tuple[str, float, int]]) -> Ranking:
    """
    Return bars one below another, the longest first.

    Args:
        axis: what the bars are.
        measure: what they count.
        rows: what each bar is, its figure, and its fill.
    """
    order = sorted(rows, key=lambda row: (-row[1], row[0]))
    most = max((figure for _, figure, _ in order), default=0) or 1
    return Ranking(
        axis=axis,
        measure=measure,
        bars=tuple(
            RankedBar(y=place * _RANK, width=round(figure / most * HALF, 2), fill=fill, label=label, figure=figure)
            for place, (label, figure, fill) in enumerate(order)
        ),
        height=len(order) * _RANK,
    )


def _round_up(value: float) -> float:
    """Return the next number that a scale of four steps reads well up to."""
    if value <= _LINES:
        return _LINES
    size = 10.0 ** math.floor(math.log10(value))
    return next(size * part for part in (1, 2, 4, 6, 8, 10, 20) if size * part >= value)
