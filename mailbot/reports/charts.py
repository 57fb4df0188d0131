"""Pictures in a report: drawn by matplotlib where it is there (the extra [charts]), bars of plain HTML where it is not.

A picture shows numbers that stand in a table beside it, and its alternative text says them. Colours are the page's own,
so that a picture is as dark as the page around it; on paper they are plain.
"""

from __future__ import annotations

import html
import io
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from mailbot.reports.paper import Cell, Chart, Style, Table

INK: Final = "#16202a"
SOFT: Final = "#566472"
LINE: Final = "#dfe5e9"
FIRST: Final = "#0b5563"
SECOND: Final = "#c2571a"
_OF_PAGE: Final[Mapping[str, str]] = {
    INK: "var(--ink)",
    SOFT: "var(--soft)",
    LINE: "var(--line)",
    FIRST: "var(--mark)",
    SECOND: "var(--second)",
}
_WIDE, _HIGH = 5.6, 3.0  # inches of 72 points: what half the page is wide
_COLOURS: Final = (FIRST, SECOND)


def drawn(chart: Chart, table: Table, for_paper: bool = False) -> str:
    """The picture as HTML. `for_paper`: with plain colours, for what can't read the page's own."""
    series = [(table.columns[n], [row.cells[n] for row in table.rows]) for n in chart.columns]
    labels = [row.label for row in table.rows]
    if chart.style is Style.BARS:
        return bars(chart.title, labels, series)
    svg = _svg(chart, labels, series)
    if svg is None:
        return bars(chart.title, labels, series)
    told = html.escape(alternative(chart.title, labels, series))
    if not for_paper:
        for colour, variable in _OF_PAGE.items():
            svg = svg.replace(colour, variable)
    return (
        f'<figure class="chart" role="img" aria-label="{told}"><figcaption>{html.escape(chart.title)}</figcaption>'
        f"{_legend([name for name, _ in series])}{svg}</figure>"
    )


def alternative(title: str, labels: Sequence[str], series: Sequence[tuple[str, Sequence[Cell]]]) -> str:
    """The numbers of a picture, in words."""
    told = (
        f"{name}: " + ", ".join(f"{label} {cell.shown}" for label, cell in zip(labels, cells, strict=True))
        for name, cells in series
    )
    return f"{title}. {'. '.join(told)}."


def bars(title: str, labels: Sequence[str], series: Sequence[tuple[str, Sequence[Cell]]]) -> str:
    """Bars of plain HTML, each with its number beside it."""
    most = max((cell.value or 0 for _, cells in series for cell in cells), default=0) or 1
    lines = []
    for n, label in enumerate(labels):
        inner = "".join(
            f'<span class="bar b{k}"><i style="width:{max(0.6, 76 * (cells[n].value or 0) / most):.1f}%"></i>'
            f"<b>{cells[n].shown}</b></span>"
            for k, (_, cells) in enumerate(series)
        )
        lines.append(f'<div class="barline"><span class="what">{html.escape(label)}</span>{inner}</div>')
    return (
        f'<figure class="chart bars"><figcaption>{html.escape(title)}</figcaption>'
        f"{_legend([name for name, _ in series])}{''.join(lines)}</figure>"
    )


def _legend(names: Sequence[str]) -> str:
    if len(names) < 2:
        return ""
    keys = "".join(
        f'<span class="key b{n}"><i></i>{html.escape(name)}</span>' for n, name in enumerate(names)
    )
    return f'<p class="legend" aria-hidden="true">{keys}</p>'


def _svg(chart: Chart, labels: Sequence[str], series: Sequence[tuple[str, Sequence[Cell]]]) -> str | None:
    """The picture drawn by matplotlib; None where that is not installed."""
    try:
        import matplotlib
        from matplotlib.backends.backend_svg import FigureCanvasSVG
        from matplotlib.figure import Figure
    except ImportError:
        return None
    settings: dict[str, Any] = {
        "svg.fonttype": "none",
        "svg.hashsalt": "mailbot",
        "font.size": 11,
        "font.family": "sans-serif",
    }
    with matplotlib.rc_context(cast(Any, settings)):
        figure = Figure(figsize=(_WIDE, _HIGH), layout="constrained")
        FigureCanvasSVG(figure)
        figure.patch.set_alpha(0)
        axes = figure.add_subplot()
        axes.patch.set_alpha(0)
        if chart.style is Style.COLUMNS:
            _columns(axes, series)
        else:
            _lines(axes, series)
        axes.set_xticks(range(len(labels)), [label.replace("-", "\n", 1) for label in labels])
        axes.tick_params(colors=SOFT, length=0, labelsize=10)
        axes.grid(axis="y", color=LINE, linewidth=1)
        axes.set_axisbelow(True)
        for side, spine in axes.spines.items():
            spine.set_visible(side == "bottom")
            spine.set_color(SOFT)
        out = io.StringIO()
        figure.savefig(out, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return _fitting(out.getvalue())


def _columns(axes: Any, series: Sequence[tuple[str, Sequence[Cell]]]) -> None:
    wide = 0.8 / len(series)
    for k, (_, cells) in enumerate(series):
        places = [n - 0.4 + wide * (k + 0.5) for n in range(len(cells))]
        values = [cell.value or 0 for cell in cells]
        axes.bar(places, values, wide * 0.92, color=_COLOURS[k % 2])
        for place, cell, value in zip(places, cells, values, strict=True):
            axes.annotate(
                cell.shown,
                (place, value),
                (0, 2),
                textcoords="offset points",
                ha="center",
                color=INK,
                fontsize=9,
            )
    axes.set_yticks([])


def _lines(axes: Any, series: Sequence[tuple[str, Sequence[Cell]]]) -> None:
    for k, (_, cells) in enumerate(series):
        values = [float("nan") if cell.value is None else cell.value for cell in cells]
        axes.plot(
            range(len(values)), values, color=_COLOURS[k % 2], linewidth=2.5, marker="os"[k % 2], markersize=6
        )
    axes.set_ylim(0, 105)
    axes.set_yticks([0, 25, 50, 75, 100], ["0%", "25%", "50%", "75%", "100%"])


def _fitting(svg: str) -> str:
    """The drawing alone, as wide as its place, in the page's letters."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", svg, count=1)
    svg = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", svg, count=1)
    svg = re.sub(r"font-family: [^;\"]*", "font-family: 'Segoe UI', Arial, sans-serif", svg)
    return svg.replace("<svg ", '<svg aria-hidden="true" ', 1)
