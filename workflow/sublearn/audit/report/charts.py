"""Draw the ranked traits and the curve as SVG that is as wide as its place: x in percent, y in pixels, text at its own size."""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from xml.etree.ElementTree import Element

from sublearn.audit.layers.base import Status
from sublearn.audit.report.contents import Row, interval, stands_out
from sublearn.audit.report.text import number, p_value, rounded
from sublearn.core.markdown import visible
from sublearn.core.web import element

DOTS = 24  # traits that are drawn; all of them stand in the table
HEIGHT, TOP, BOTTOM = 240.0, 12.0, 200.0  # of the curve: its picture, and where AUROC 1 and the lowest value lie
LEFT, RIGHT = 9.0, 97.0  # where the first and the last K of the curve lie, in percent


def percent(x: float) -> str:
    return f"{x:.2f}%"


def mark(status: Status) -> Element:
    """A sign of a layer's state that needs no colour: a full diamond, an empty circle, a dash."""
    if status == "found":
        shape = element("path", d="M8 1 15 8 8 15 1 8Z", stroke="none")
    elif status == "nothing_found":
        shape = element("circle", cx=8, cy=8, r=6, fill="none", stroke_width=2)
    else:
        shape = element("path", d="M2 8H14", fill="none", stroke_width=2, stroke_dasharray="3 1.5")
    return element("svg", shape, class_="mark", viewBox="0 0 16 16", aria_hidden="true")


def ticks(low: float, high: float, about: int = 4) -> list[float]:
    """Round numbers between ``low`` and ``high``, about as many as asked for."""
    span = high - low
    if not (math.isfinite(span) and span > 0):
        return [low]
    power = 10.0 ** math.floor(math.log10(span / about))
    step = next((power * factor for factor in (1, 2, 5, 10) if span / (power * factor) <= about + 0.5), power * 10)
    return [round(n * step, 12) for n in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)]


def dots(rows: Sequence[Row]) -> Element:
    """Traits with their shifts as dots and their intervals as lines, on one scale that holds zero.

    Args:
        rows: of a table ``traits``, in the order in which they are drawn.
    """
    rows = rows[:DOTS]
    ends = [end for row in rows for end in interval(row) if math.isfinite(end)] + [0.0]
    low, high = min(ends), max(ends)
    room = (high - low or 1.0) * 0.04
    low, high = low - room, high + room

    def place(value: float) -> str:
        return percent(100 * (value - low) / (high - low))

    digits = max(0, 2 - math.floor(math.log10(max(map(abs, ends)) or 1.0)))
    made = [_dot(row, place, digits) for row in rows]
    marks = [element("text", rounded(tick), x=place(tick), y=14, text_anchor="middle") for tick in ticks(low, high)]
    axis = element("svg", *marks, height=20, aria_hidden="true")
    return element("ol", *made, element("li", axis, class_="axis"), class_="dots")


def _dot(row: Row, place: Callable[[float], str], digits: int) -> Element:
    value, low, high = interval(row)
    shapes = [element("line", x1=place(0.0), x2=place(0.0), y1=0, y2=32, class_="zero")]
    told = rounded(value, digits)
    if math.isfinite(low) and math.isfinite(high):
        shapes.append(element("line", x1=place(low), x2=place(high), y1=16, y2=16, stroke_width=2))
        told += f" ({rounded(low, digits)} to {rounded(high, digits)})"
    p = _number(row, "p")
    away = stands_out(row)
    shapes.append(element("circle", cx=place(value), cy=16, r=5, stroke_width=2, class_=None if away else "hollow"))
    family = element("span", f" {visible(str(row['family']))}", class_="family") if row.get("family") else None
    return element(
        "li",
        element("span", element("bdi", visible(str(row.get("trait", "")))), family),
        element("svg", *shapes, height=32, class_="alarm" if away else "plain", aria_hidden="true"),
        element("span", told, element("span", p_value(p)) if math.isfinite(p) else None, class_="told"),
    )


def curve(rows: Sequence[Row]) -> Element:
    """AUROC against K with its interval, beside that of the shortcut by format.

    Args:
        rows: of a table ``curve``.
    """
    points = sorted(({name: _number(row, name) for name in ("k", "auroc", "low", "high", "shortcut")} for row in rows),
                    key=lambda point: point["k"])  # fmt: skip
    points = [point for point in points if point["k"] > 0]
    values = [value for point in points for name, value in point.items() if name != "k" and math.isfinite(value)]
    lowest = min([0.45, *(math.floor(value * 20) / 20 for value in values)])
    first, last = (math.log(points[place]["k"]) for place in (0, -1)) if points else (0.0, 0.0)

    def x(k: float) -> str:
        return percent(LEFT + (RIGHT - LEFT) * ((math.log(k) - first) / (last - first) if last > first else 0.5))

    def y(value: float) -> float:
        return round(BOTTOM - (BOTTOM - TOP) * (value - lowest) / (1.0 - lowest), 2)

    shapes = []
    for tick in ticks(lowest, 1.0, 5):
        kind = "zero" if tick == 0.5 else "grid"
        shapes.append(element("line", x1=percent(LEFT - 2), x2="100%", y1=y(tick), y2=y(tick), class_=kind))
        shapes.append(element("text", f"{tick:.1f}", x=0, y=y(tick) + 4))
    for point in points:
        shapes.append(element("text", f"{point['k']:g}", x=x(point["k"]), y=BOTTOM + 20, text_anchor="middle"))
        if math.isfinite(point["low"]) and math.isfinite(point["high"]):
            ends = {"y1": y(point["low"]), "y2": y(point["high"])}
            shapes.append(element("line", x1=x(point["k"]), x2=x(point["k"]), **ends, stroke_width=2, class_="alarm"))
    shapes.append(element("text", "K, rows in a bag", x="50%", y=BOTTOM + 38, text_anchor="middle"))
    for name in ("shortcut", "auroc"):
        drawn = [(x(point["k"]), y(point[name])) for point in points if math.isfinite(point[name])]
        shapes += _line(drawn, name)
    told = "; ".join(f"{point['k']:g}: {point['auroc']:.2f}, format alone {point['shortcut']:.2f}" for point in points)
    return element("svg", *shapes, height=HEIGHT, role="img", aria_label=f"AUROC by K: {told}")


def _number(row: Row, name: str) -> float:
    value = number(row.get(name))
    return math.nan if value is None else value


def _line(points: Sequence[tuple[str, float]], name: str) -> list[Element]:
    """The line of the bag of rows (full, with full circles) or of the shortcut (dashed, with empty circles)."""
    bag = name == "auroc"
    colour, dashes = ("alarm", None) if bag else ("calm", "5 4")
    lines = [
        element("line", x1=x1, x2=x2, y1=y1, y2=y2, stroke_width=2, stroke_dasharray=dashes, class_=colour)
        for (x1, y1), (x2, y2) in pairwise(points)
    ]
    kind = colour if bag else f"hollow {colour}"
    return [*lines, *(element("circle", cx=x, cy=y, r=4.5, stroke_width=2, class_=kind) for x, y in points)]


def key() -> Element:
    """What the two lines of the curve are, and the line of chance."""
    at = [("15%", 8.0), ("85%", 8.0)]
    pictures = (_line(at, "auroc"), _line(at, "shortcut"), [element("line", x1="0%", x2="100%", y1=8, y2=8, class_="zero")])
    signs = [element("svg", *shapes, aria_hidden="true") for shapes in pictures]
    names = ("rows", "format alone", "chance, 0.5")
    return element("p", *(element("span", sign, name) for sign, name in zip(signs, names, strict=True)), class_="key")
