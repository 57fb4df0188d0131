"""A page about a model: its figures, its confusion matrix, and whether its confidence means what it says.

One HTML file with its pictures inside (SVG), light and dark, readable without a script and by a screen reader.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from classifiers.evaluation import Report, Score
from classifiers.model import INTENTS

_STYLE = """
:root{color-scheme:light dark;--ink:#1b1f24;--paper:#fff;--line:#d0d7de;--mark:#0b57d0;--soft:#5b6570}
@media (prefers-color-scheme:dark){:root{--ink:#e6edf3;--paper:#0d1117;--line:#30363d;--mark:#8ab4f8;--soft:#9aa4ae}}
body{font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper)}
body{max-width:60rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;margin:1rem 0}
th,td{border-bottom:1px solid var(--line);padding:.3rem .7rem;text-align:left}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}.right{font-weight:700}.wrong{color:#b3261e}
@media (prefers-color-scheme:dark){.wrong{color:#f2b8b5}}
p.soft{color:var(--soft)}svg{max-width:100%;height:auto}
"""


def page(report: Report, title: str, about: str, extra: str = "") -> str:
    """The whole page. `extra` is HTML that comes after `about` (a comparison with the model in use)."""
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head><body>'
        f"<h1>{escape(title)}</h1><p>{escape(about)}</p>{extra}"
        f"<h2>Figures</h2>{_table(('', ''), figures_in_words(report), right_from=1)}"
        '<p class="soft">Guarded recall: complaints, escalations and dangers that got the right intent or a person; '
        "dangers their flag or a person.</p>"
        f"<h2>Intents</h2>{_scores(report.intent)}"
        f"<h2>Confusion</h2>{confusion_table(report)}"
        f"<h2>Does confidence mean what it says?</h2>{reliability_plot(report)}"
        '<p class="soft">A bar that ends at the dashed line means what it says; a lower one is overconfident. '
        f"Expected calibration error {report.ece:.3f}.</p>"
        f"<h2>Flags</h2>{_scores(report.flags)}<h2>Topics</h2>{_scores(report.topics)}</body></html>\n"
    )


def figures_in_words(report: Report) -> list[tuple[str, str]]:
    return [
        ("messages", f"{report.n:,}"),
        ("macro F1 of the intent, everything decided", f"{report.intent_macro_f1:.3f}"),
        ("decided without a person", f"{report.auto_share:.1%}"),
        ("wrong among those", f"{report.auto_error:.1%}"),
        ("guarded recall", f"{report.guarded_recall:.1%}"),
        ("recall of urgent_hazard", f"{report.flags['urgent_hazard'].recall:.1%}"),
        ("recall of safeguarding", f"{report.flags['safeguarding'].recall:.1%}"),
        ("expected calibration error", f"{report.ece:.3f}"),
        ("kind of a reply right", f"{report.reply_kind_accuracy:.1%}"),
        ("processor's time a message, in batches", f"{report.ms_per_message:.1f} ms"),
    ]


def comparison(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of figures side by side."""
    return _table(headings, rows, right_from=1)


def confusion_table(report: Report) -> str:
    names = [i.value for i in INTENTS]
    head = "".join(f'<th class="n" scope="col">{name}</th>' for name in names)
    rows = "".join(
        f'<tr><th scope="row">{name}</th>'
        + "".join(f'<td class="n {_class_of(r == c, many)}">{many}</td>' for c, many in enumerate(row))
        + "</tr>"
        for r, (name, row) in enumerate(zip(names, report.confusion, strict=True))
    )
    return (
        "<table><caption>Rows: what it is. Columns: the likeliest reading, decided or not.</caption>"
        f"<tr><td></td>{head}</tr>{rows}</table>"
    )


def _class_of(on_the_diagonal: bool, many: int) -> str:
    return "right" if on_the_diagonal else "wrong" if many else "none"


def reliability_plot(report: Report) -> str:
    """An SVG: for each tenth of confidence, how often the likeliest reading was right. On the line is honest."""
    size, edge = 300, 44

    def x(value: float) -> float:
        return round(edge + value * size, 1)

    def y(value: float) -> float:
        return round(16 + (1 - value) * size, 1)

    bars = "".join(
        f'<rect x="{x(mean) - 9}" y="{y(share)}" width="18" height="{round(y(0) - y(share), 1)}" fill="#0b57d0" '
        f'fill-opacity=".75"><title>said {mean:.0%}, right {share:.0%}, {many} messages</title></rect>'
        f'<text x="{x(mean)}" y="{y(share) - 5}" text-anchor="middle" font-size="11">{many}</text>'
        for mean, share, many in report.reliability
    )
    ticks = "".join(
        f'<text x="{x(t / 4)}" y="{y(0) + 18}" text-anchor="middle" font-size="12">{t * 25}%</text>'
        f'<text x="{edge - 8}" y="{y(t / 4) + 4}" text-anchor="end" font-size="12">{t * 25}%</text>'
        for t in range(5)
    )
    told = f"Expected calibration error {report.ece:.3f}."
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size + edge + 20} {size + 66}" width="420" role="img" '
        f'fill="currentColor" font-family="system-ui,sans-serif" aria-label="Reliability plot. {told}">'
        f'<path d="M{x(0)} {y(0)}H{x(1)}M{x(0)} {y(0)}V{y(1)}" stroke="currentColor" fill="none"/>'
        f'<path d="M{x(0)} {y(0)}L{x(1)} {y(1)}" stroke="currentColor" stroke-dasharray="4 4" fill="none"/>'
        f"{bars}{ticks}"
        f'<text x="{x(0.5)}" y="{y(0) + 38}" text-anchor="middle" font-size="12">how sure it said it was '
        "(on each bar: messages)</text></svg>"
    )


def _scores(scores: Mapping[str, Score]) -> str:
    rows = [
        (name, f"{s.precision:.3f}", f"{s.recall:.3f}", f"{s.f1:.3f}", str(s.n)) for name, s in scores.items()
    ]
    return _table(("", "precision", "recall", "F1", "messages"), rows, right_from=1)


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]], right_from: int) -> str:
    def cells(tag: str, row: Sequence[str]) -> str:
        right = ' class="n"'
        return "".join(
            f"<{tag}{right if c >= right_from else ''}>{escape(cell)}</{tag}>" for c, cell in enumerate(row)
        )

    body = "".join("<tr>" + cells("td", row) + "</tr>" for row in rows)
    head = f"<tr>{cells('th', headings)}</tr>" if any(headings) else ""
    return f"<table>{head}{body}</table>"
