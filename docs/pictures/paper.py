"""Print a page of the docs on one sheet of A4, for the wall beside the desk.

    python docs/pictures/paper.py handlers supervisors      # handlers.pdf and supervisors.pdf, here

Chromium sets the type, as large as fits; nothing is fetched. A page that does not fit in a readable size is refused.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from make import find_browser
from markdown_it import MarkdownIt

DOCS = Path(__file__).resolve().parent.parent
STYLE = """
@page{size:A4;margin:10mm 11mm}
section{columns:2;column-gap:7mm}
body{margin:0;font:SIZEpt/1.25 'Liberation Sans',Arial,sans-serif;color:#111}
h1{margin:0 0 3pt;font-size:1.65em}
h2{margin:6pt 0 2pt;font-size:1.2em;break-after:avoid}
p,ul,ol{margin:0 0 3pt}
ul,ol{padding-left:13pt}
table,thead,tbody,tr{display:block}
table{margin-bottom:4pt}
th{display:inline;font-weight:400;font-style:italic}
th+th::before{content:"\\2002"}
tr{padding:1.2pt 0;border-top:.4pt solid #bbb;break-inside:avoid}
td{display:inline}
td+td::before{content:"\\2002"}
td:first-child{font-weight:700}
code,pre{font:.9em/1.2 'Liberation Mono',monospace}
td:first-child code{font-weight:700}
pre{margin:2pt 0 3pt 8pt;white-space:pre-wrap}
a{color:inherit;text-decoration:none}
"""
SIZES = (10, 9.5, 9, 8.5, 8)
"""Points. Nothing that people read is smaller."""


def page_of(*names: str, size: float = SIZES[0]) -> str:
    """The pages as HTML for paper, each on a sheet of its own."""
    read = MarkdownIt("commonmark").enable("table")
    written = [
        read.render((DOCS / f"{name}.md").read_text(encoding="utf-8").replace("<br>", " \u00a0·\u00a0 "))
        for name in names
    ]
    style = STYLE.replace("SIZE", str(size))
    sheets = "".join(f'<section style="break-after:page">{page}</section>' for page in written[:-1])
    return (
        f'<!DOCTYPE html><meta charset="utf-8"><style>{style}</style>{sheets}<section>{written[-1]}</section>'
    )


def print_page(page: str, target: Path) -> int:
    """The page as PDF, and on how many sheets."""
    with tempfile.TemporaryDirectory() as folder:
        html = Path(folder) / "page.html"
        html.write_text(page, encoding="utf-8")
        quiet = ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer"]
        command = [find_browser(), *quiet, f"--print-to-pdf={target.resolve()}", html.as_uri()]
        subprocess.run(command, check=True, capture_output=True, timeout=120)
    return len(re.findall(rb"/Type\s*/Page\b", target.read_bytes()))


def main() -> None:
    for name in sys.argv[1:]:
        target = Path(f"{name}.pdf")
        size = next((size for size in SIZES if print_page(page_of(name, size=size), target) == 1), 0)
        if not size:
            raise SystemExit(f"{target.name}: does not fit on one sheet in {SIZES[-1]} points")
        print(f"{target.name}: one sheet, in {size} points")


if __name__ == "__main__":
    main()
