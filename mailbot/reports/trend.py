"""The trend of the digest: what came in, what was closed and what was open, week by week.

The facts are numbers and words; the picture is drawn from them when the mail is written, by matplotlib where it
is installed (the extra `charts`). Without it the digest has its bars, which are plain HTML.
"""

from __future__ import annotations

import datetime as dt
import importlib.util
import io
from collections.abc import Iterable, Mapping
from typing import Any

from mailbot.casework.vocabulary import Fact

WEEKS = 8
WIDTH, HEIGHT = 568, 190  # CSS pixels at which the picture is shown; it is drawn finer


def first_week(day: dt.date) -> dt.date:
    """The Monday on which the trend begins."""
    return day - dt.timedelta(days=day.weekday() + 7 * (WEEKS - 1))


def weeks_of(day: dt.date, open_now: int, flow: Iterable[tuple[dt.date, dt.date | None]]) -> list[Fact]:
    """One line a week, the last one up to `day`: `flow` holds the days on which each case came and was closed, of
    every case that came or was closed since `first_week`."""
    begin = first_week(day)
    opened, closed = [0] * WEEKS, [0] * WEEKS
    for came, went in flow:
        if begin <= came <= day:
            opened[(came - begin).days // 7] += 1
        if went and begin <= went <= day:
            closed[(went - begin).days // 7] += 1
    lines: list[Fact] = []
    still = open_now
    for n in reversed(range(WEEKS)):
        monday = begin + dt.timedelta(days=7 * n)
        label = f"{monday.day} {monday:%b}"
        lines.insert(0, {"week": label, "opened": opened[n], "closed": closed[n], "open": max(still, 0)})
        still += closed[n] - opened[n]
    return lines


def told(weeks: Iterable[Mapping[str, Any]]) -> str:
    """The picture in words, for whoever does not see it."""
    each = "; ".join(f"{w['week']}: {w['opened']} in, {w['closed']} closed, {w['open']} open" for w in weeks)
    return f"Cases by week (the Monday): {each}."


def can_draw() -> bool:
    return importlib.util.find_spec("matplotlib") is not None


def picture(weeks: list[Mapping[str, Any]], colour: str) -> bytes | None:
    """The trend as PNG, None without matplotlib. A white ground of its own: on a dark screen it stays legible."""
    if not can_draw():
        return None
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH / 100, HEIGHT / 100), dpi=160, facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0.045, 0.14, 0.945, 0.68))
    places = range(len(weeks))
    opened, closed = [w["opened"] for w in weeks], [w["closed"] for w in weeks]
    still = [w["open"] for w in weeks]
    axes.bar([p - 0.18 for p in places], opened, 0.34, color="#b9c5cd", label="came in", zorder=2)
    axes.bar([p + 0.18 for p in places], closed, 0.34, color="#7fb8a0", label="closed", zorder=2)
    axes.plot(places, still, color=colour, linewidth=2, marker="o", markersize=4, label="open", zorder=3)
    top = max([*opened, *closed, *still, 1])
    for place, number in zip(places, still, strict=True):
        axes.annotate(
            str(number), (place, number), (0, 6), textcoords="offset points", ha="center", fontsize=7.5,
            color="#16202a", fontweight="bold",
        )  # fmt: skip
    axes.set_xticks(list(places), [w["week"] for w in weeks], fontsize=7.5, color="#566472")
    axes.set_ylim(0, top * 1.22)
    axes.set_xlim(-0.55, len(weeks) - 0.45)
    axes.tick_params(axis="y", labelsize=7, colors="#566472", length=0)
    axes.tick_params(axis="x", length=0)
    axes.locator_params(axis="y", integer=True, nbins=4)
    axes.grid(axis="y", color="#e6ecef", linewidth=0.8, zorder=0)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color("#b9c5cd")
    figure.legend(
        loc="upper left", bbox_to_anchor=(0.03, 1.0), ncols=3, frameon=False, fontsize=7.5,
        labelcolor="#566472", handlelength=1.1, columnspacing=1.6, borderaxespad=0.2,
    )  # fmt: skip
    return in_few_colours(figure)


def in_few_colours(figure: Any) -> bytes:
    """The figure as a PNG of 24 colours: a quarter of the bytes, and nobody sees it."""
    from PIL import Image

    figure.canvas.draw()
    drawn = Image.frombuffer("RGBA", figure.canvas.get_width_height(), figure.canvas.buffer_rgba())
    out = io.BytesIO()
    drawn.convert("RGB").quantize(24, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
    return out.getvalue()
