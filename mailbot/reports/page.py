"""A report as one HTML file that needs nothing else: for a screen, a phone, dark or light, and for paper.

The print style is the page's own, so that what a browser prints and what `paper_pdf` makes look alike. No script,
nothing fetched.
"""

from __future__ import annotations

import html
import re
from typing import Final

from mailbot.reports.charts import drawn
from mailbot.reports.paper import Answer, Figure, Listed, Paper, Section, Style, Table
from mailbot.reports.periods import spelled

_REFERENCE: Final = re.compile(r"\b([A-Z]{2,6}-\d{4}-\d{6}-[0-9A-Z])\b")
_LIGHT: Final = (
    "--ink:#16202a;--soft:#566472;--line:#dfe5e9;--paper:#fff;--ground:#eef2f4;--mark:#0b5563;--second:#c2571a;"
    "--head:#f1f5f6;--write:#fff4df;--writeink:#6b4000"
)
_DARK: Final = (
    "--ink:#e9eef2;--soft:#a9b7c2;--line:#34424d;--paper:#1a232b;--ground:#0f151a;--mark:#8fd3df;--second:#f0a070;"
    "--head:#222d36;--write:#3d3217;--writeink:#ffdf9c"
)
_STYLE: Final = f"""
:root{{{_LIGHT};color-scheme:light dark}}
*{{box-sizing:border-box}}
body{{margin:0;background:var(--ground);color:var(--ink);
font:16px/1.5 'Segoe UI',-apple-system,'Helvetica Neue',Arial,sans-serif}}
main{{max-width:1160px;margin:28px auto;padding:0 0 36px;background:var(--paper);border-radius:12px;
border-top:6px solid var(--mark)}}
header,section,nav,footer{{padding:0 36px}}
header{{padding-top:24px}}
.under{{margin:0;color:var(--mark);font-weight:700}}
h1{{margin:2px 0 4px;font-size:30px;line-height:1.25;letter-spacing:-.3px}}
h2{{margin:44px 0 10px;padding-bottom:6px;border-bottom:2px solid var(--line);font-size:21px;line-height:1.3}}
h3{{margin:26px 0 4px;font-size:16.5px;line-height:1.35}}
p{{max-width:78ch;margin:0 0 10px}}
.soft{{color:var(--soft);font-size:14px;max-width:112ch}}
.lead{{font-size:18px;margin:14px 0 0}}
nav{{display:flex;flex-wrap:wrap;gap:2px 18px;margin-top:18px;font-size:14px}}nav a{{color:var(--mark)}}
.figures{{display:grid;grid-template-columns:repeat(3,1fr);gap:14px;margin:14px 0 6px}}
.figure{{padding:14px 16px 12px;background:var(--head);border-radius:10px}}
.figure b{{display:block;font-size:29px;line-height:1.15;font-variant-numeric:tabular-nums;color:var(--mark)}}
.figure h3{{margin:3px 0 5px;font-size:15px}}
.figure p{{margin:0;font-size:12.5px;line-height:1.45;color:var(--soft)}}
.scroll{{overflow-x:auto;margin:8px 0 4px}}
table{{width:100%;border-collapse:collapse;font-size:14.5px;line-height:1.4}}
th{{padding:7px 0 7px 14px;text-align:right;vertical-align:bottom;font-size:12.5px;color:var(--soft);font-weight:600;
border-bottom:2px solid var(--line)}}
td{{padding:7px 0 7px 14px;text-align:right;border-bottom:1px solid var(--line);font-variant-numeric:tabular-nums;
white-space:nowrap}}
th:first-child,td:first-child,tbody th,tfoot th{{padding-left:0;text-align:left}}
tbody th{{font-size:14.5px;color:var(--ink);white-space:nowrap;border-bottom:1px solid var(--line);vertical-align:top}}
tfoot th,tfoot td{{font-weight:700;color:var(--ink);font-size:14.5px;border-bottom:0;border-top:2px solid var(--line)}}
ul{{margin:6px 0 0;padding-left:20px}}li{{margin:3px 0;max-width:90ch}}.ref{{white-space:nowrap}}
.charts{{display:grid;grid-template-columns:1fr 1fr;gap:22px;margin:14px 0 4px}}
.chart{{margin:0;min-width:0}}.chart svg{{display:block;width:100%;height:auto}}
figcaption{{font-weight:600;font-size:15px}}
.legend{{margin:2px 0 6px;font-size:13px;color:var(--soft)}}.key{{margin-right:16px}}
.key i{{display:inline-block;width:11px;height:11px;margin-right:6px;border-radius:2px;background:var(--mark)}}
.key.b1 i{{background:var(--second)}}
.bars{{margin-top:14px}}
.barline{{display:grid;grid-template-columns:minmax(120px,30%) 1fr;gap:0 12px;padding:4px 0;font-size:14px;
break-inside:avoid}}
.barline .what{{grid-row:span 2;align-self:center;line-height:1.3}}
.bar{{display:flex;align-items:center;height:17px}}
.bar i{{display:block;height:12px;border-radius:2px;background:var(--mark)}}.bar.b1 i{{background:var(--second)}}
.bar b{{margin-left:8px;font-size:12.5px;font-variant-numeric:tabular-nums}}
.write{{margin:12px 0;padding:12px 16px;background:var(--write);color:var(--writeink);border-radius:8px;
border-left:5px solid #e0a020}}
.write b{{display:block;font-size:13px}}
.answers td,.answers tbody th{{text-align:left;white-space:normal;vertical-align:top;overflow-wrap:break-word}}
.answers thead th{{text-align:left}}.answers td{{padding-left:14px}}
.answers .write{{margin:0;padding:6px 10px;font-size:13px}}
footer{{margin-top:40px}}
@media (max-width:760px){{main{{margin:0;border-radius:0}}header,section,nav,footer{{padding-left:18px;
padding-right:18px}}.figures{{grid-template-columns:1fr 1fr;gap:10px}}.charts{{grid-template-columns:1fr}}
.figure{{padding:12px}}.figure b{{font-size:25px}}h1{{font-size:25px}}.wide{{min-width:680px}}
.answers,.answers tbody,.answers tr,.answers td,.answers th{{display:block;border:0;padding:2px 0}}
.answers thead{{display:none}}.answers tr{{padding:12px 0;border-bottom:1px solid var(--line)}}}}
@media (max-width:420px){{.figures{{grid-template-columns:1fr}}}}
@media (prefers-color-scheme:dark){{:root{{{_DARK}}}}}
@media print{{:root{{{_LIGHT};color-scheme:light}}body{{background:#fff;font-size:10pt}}
main{{margin:0;max-width:none;border-radius:0;border-top-width:3px}}header,section,footer{{padding:0}}nav{{display:none}}
.figure,.barline,tr,.chart,.write,li{{break-inside:avoid}}h2,h3,figcaption{{break-after:avoid}}
h2{{margin-top:24px;font-size:15pt}}h1{{font-size:20pt}}.figures{{gap:8px}}.figure{{padding:9px 11px}}
.figure b{{font-size:17pt}}.figure p{{font-size:7.5pt}}.figure h3{{font-size:9pt}}
table,tbody th,tfoot th,tfoot td{{font-size:8.5pt}}th{{font-size:7.5pt;padding-left:8px}}td{{padding:4px 0 4px 8px}}
.wide{{min-width:0}}.scroll{{overflow:visible}}.answers td,.answers th,.answers .write{{font-size:8pt}}
thead{{display:table-header-group}}tfoot{{display:table-row-group}}.chart.bars{{break-inside:auto}}
.lead{{font-size:11pt;margin-top:6px}}}}
@page{{size:A4;margin:16mm 15mm 18mm;@bottom-left{{content:var(--foot);font:8pt Arial,sans-serif;color:#566472}}
@bottom-right{{content:counter(page) " of " counter(pages);font:8pt Arial,sans-serif;color:#566472}}}}
"""


def as_html(paper: Paper, for_paper: bool = False) -> str:
    """The whole report as one page. `for_paper`: to be made a PDF by a program that knows no dark and no variables
    within pictures."""
    title = f"{paper.title}: {paper.period.title}"
    links = "".join(f'<a href="#s{n}">{_safe(s.heading)}</a>' for n, s in enumerate(paper.sections, 1))
    body = "\n".join(_section(n, section, for_paper) for n, section in enumerate(paper.sections, 1))
    foot = f"{paper.landlord} · {title}".replace('"', "'")
    lead = "".join(f'<p class="lead">{_safe(line)}</p>' for line in paper.headlines)
    published = "<p><b>For publication: small numbers are left out.</b></p>" if paper.published else ""
    notes = "".join(f'<p class="soft">{_safe(note)}</p>' for note in paper.notes)
    return (
        '<!doctype html>\n<html lang="en-GB"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<title>{_safe(title)}</title><style>{_STYLE}:root{{--foot:"{_css(foot)}"}}</style></head>\n'
        f'<body><main><header><p class="under">{_safe(paper.landlord)}</p><h1>{_safe(title)}</h1>'
        f'<p class="soft">{_safe(paper.period.days)}. Made on {spelled(paper.as_of)}.</p>{published}{lead}</header>\n'
        f'<nav aria-label="On this page">{links}</nav>\n{body}\n<footer>{notes}</footer></main></body></html>\n'
    )


def _section(number: int, section: Section, for_paper: bool) -> str:
    parts = [f'<section><h2 id="s{number}">{_safe(section.heading)}</h2>']
    parts += [f"<p>{_safe(line)}</p>" for line in section.says]
    if section.figures:
        parts.append(f'<div class="figures">{"".join(map(_figure, section.figures))}</div>')
    pictures = [(c, section.table(c.table)) for c in section.charts if section.table(c.table).rows]
    small = [drawn(c, table, for_paper) for c, table in pictures if c.style is not Style.BARS]
    if small:
        parts.append(f'<div class="charts">{"".join(small)}</div>')
    for table in section.tables:
        parts.append(_table(table))
        parts += [drawn(c, t, for_paper) for c, t in pictures if c.style is Style.BARS and t is table]
    parts += [_listed(listed) for listed in section.listed]
    if section.answers:
        parts.append(_answers(section.answers))
    parts += [_write(prompt) for prompt in section.write]
    return "\n".join((*parts, "</section>"))


def _figure(figure: Figure) -> str:
    note = f" {figure.note}" if figure.note else ""
    return (
        f'<div class="figure"><b>{_safe(figure.cell.shown)}</b><h3>{_safe(figure.title)}</h3>'
        f"<p>{_safe(figure.definition)}{_safe(note)}</p></div>"
    )


def _table(table: Table) -> str:
    head = "".join(f'<th scope="col">{_safe(column)}</th>' for column in (table.head, *table.columns))
    rows = "\n".join(
        f'<tr><th scope="row">{_safe(row.label)}</th>'
        + "".join(f"<td>{_safe(cell.shown)}</td>" for cell in row.cells)
        + "</tr>"
        for row in table.rows
    )
    foot = ""
    if table.total:
        cells = "".join(f"<td>{_safe(cell.shown)}</td>" for cell in table.total.cells)
        foot = f'<tfoot><tr><th scope="row">{_safe(table.total.label)}</th>{cells}</tr></tfoot>'
    wide = ' class="wide"' if len(table.columns) > 4 else ""
    note = f'<p class="soft">{_safe(table.note)}</p>' if table.note else ""
    return (
        f'<h3>{_safe(table.title)}</h3><p class="soft">{_safe(table.definition)}</p>'
        f'<div class="scroll" tabindex="0"><table{wide} aria-label="{_safe(table.title)}">'
        f"<thead><tr>{head}</tr></thead><tbody>\n{rows}\n</tbody>{foot}</table></div>{note}"
    )


def _listed(listed: Listed) -> str:
    title = f"<h3>{_safe(listed.title)}</h3>" if listed.title else ""
    lines = (_REFERENCE.sub(r'<span class="ref">\1</span>', _safe(line)) for line in listed.lines)
    return f"{title}<ul>{''.join(f'<li>{line}</li>' for line in lines)}</ul>"


def _answers(answers: tuple[Answer, ...]) -> str:
    rows = "\n".join(
        f'<tr><th scope="row">{_safe(a.provision)}</th><td>{_safe(a.asks)}</td><td>{_safe(_told(a))}</td>'
        f'<td><div class="write">{_safe(a.write)}</div></td></tr>'
        for a in answers
    )
    heads = "".join(
        f'<th scope="col">{h}</th>' for h in ("Code", "Asks", "What the record says", "Yes or no, and why")
    )
    sizes = "".join(f'<col style="width:{wide}%">' for wide in (7, 30, 38, 25))
    return (
        f'<div class="scroll"><table class="answers"><colgroup>{sizes}</colgroup><thead><tr>{heads}</tr></thead>'
        f"<tbody>\n{rows}\n</tbody></table></div>"
    )


def _told(answer: Answer) -> str:
    return " ".join((answer.record, *(f"{title}: {cell.shown}." for title, cell in answer.cells))).strip()


def _write(prompt: str) -> str:
    return f'<div class="write"><b>To be written</b>{_safe(prompt)}</div>'


def _css(text: str) -> str:
    """A text within quotation marks of a style sheet."""
    return html.escape(text.replace("\\", "").replace("\n", " "), quote=False)


def _safe(text: str) -> str:
    return html.escape(text)


# ------------------------------------------------------------------ on paper


class NoPdf(Exception):
    """The program that makes PDFs is not installed. The message says how to get it, and what to do without."""


def paper_pdf(paper: Paper) -> bytes:
    """The report as a PDF. NoPdf: the extra [pdf] is not installed."""
    try:
        from weasyprint import HTML
    except (ImportError, OSError) as missing:  # OSError: its libraries of the system are not there
        raise NoPdf(
            "a PDF needs WeasyPrint, which is not installed here: pip install 'mailbot[pdf]'. Without it, write "
            "--html report.html and print that from a browser: it has a print style"
        ) from missing
    made: bytes = HTML(string=as_html(paper, for_paper=True)).write_pdf()
    return made
