"""Makes docs/pictures/report.png: the top of a quarterly report of a made-up landlord. Needs Chromium.

    python docs/pictures/report.py             # report.png
    python docs/pictures/report.py --try DIR   # every report, 1200 and 390 pixels, light and dark, and as PDF, into DIR

The cases are two years of chance with a seed (mailbot/demo/year.py), played through mailbot's own rules.
"""

from __future__ import annotations

import argparse
import datetime as dt
import html
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from make import DESKTOP, PHONE, find_browser

from mailbot.casework.calendar import Calendar
from mailbot.casework.parts import Landlord, Place, ReportSettings
from mailbot.demo import year as desk
from mailbot.places import config_dir
from mailbot.policyfile import load_policy
from mailbot.reports import contents
from mailbot.reports.ledger import rows_of
from mailbot.reports.page import as_html, paper_pdf
from mailbot.reports.paper import Paper
from mailbot.reports.periods import Cycle, last_ended
from mailbot.reports.sections import Facts
from mailbot.reports.suppression import for_publication

HERE = Path(__file__).resolve().parent
FIRST, TODAY, CASES = dt.date(2024, 4, 1), dt.date(2026, 4, 1), 1_600
HIGH = 1_460  # CSS pixels of the picture


def facts() -> Facts:
    policies = {
        p.key: p for p in (load_policy(name, config_dir() / "policies") for name in ("mhs", "code-2024"))
    }
    played = desk.played(
        tuple(policies.values()), FIRST, TODAY - dt.timedelta(days=1), CASES, seed=3, until=TODAY
    )
    settings = ReportSettings(
        estates=tuple(Place(name) for name in desk.ESTATES),
        contractors=tuple(Place(n) for n in desk.CONTRACTORS),
    )
    rows = rows_of(
        played.cases, played.lines, lambda c: policies[c.policy], Calendar("ENG"), desk.PEOPLE, settings
    )
    landlord = Landlord(
        "Brackenfield Homes", "Brackenfield", "0113 496 0100", "www.brackenfieldhomes.example",
        "Wool House, 3 Fulling Lane, Leeds LS2 0XX", "complaints@brackenfieldhomes.example", 7_475, 610,
    )  # fmt: skip
    code = tuple(load_policy("code-2024", config_dir() / "policies").clauses.values())
    return Facts(rows, landlord, settings, Calendar("ENG"), TODAY, code=code)


def take(page: str, to: Path, width: int, dark: bool = False, most: int = 0) -> tuple[int, int]:
    """A picture of the page; its height and width in CSS pixels. A frame, because a window has a least width."""
    scheme = ["--blink-settings=preferredColorScheme=0"] if dark else []
    quiet = ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--log-level=3", *scheme]
    with tempfile.TemporaryDirectory() as folder:
        framed = Path(folder, "page.html")
        size, height = (0, 0), most or 1_000
        for _ in range(2):
            framed.write_text(
                '<!DOCTYPE html><meta charset="utf-8"><meta name="color-scheme" content="light dark">'
                "<style>body{margin:0;overflow:hidden}iframe{border:0;display:block}</style>"
                f'<iframe width="{width}" height="{height}" srcdoc="{html.escape(page)}"></iframe>'
                "<script>onload=()=>{const d=document.querySelector('iframe').contentDocument.documentElement;"
                "document.body.dataset.size=d.scrollHeight+' '+d.scrollWidth}</script>",
                encoding="utf-8",
            )
            told = subprocess.run(
                [find_browser(), *quiet, "--virtual-time-budget=2000", "--dump-dom", framed.as_uri()],
                capture_output=True, text=True, timeout=120, check=True,
            ).stdout  # fmt: skip
            found = re.search(r'data-size="(\d+) (\d+)"', told)
            assert found, "Chromium did not say how big the page is"
            size = int(found[1]), int(found[2])
            height = most or size[0]
        window = f"--window-size={width},{height}"
        shot = [find_browser(), *quiet, window, f"--screenshot={to.resolve()}", framed.as_uri()]
        subprocess.run([*shot, "--virtual-time-budget=2000"], capture_output=True, timeout=120, check=True)
    return size


def papers() -> dict[str, Paper]:
    made = facts()
    found = {str(cycle): contents.report(made, last_ended(cycle, TODAY)) for cycle in Cycle}
    return {**found, "published": for_publication(found["annual"])}


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument(
        "--try", dest="folder", type=Path, help="every report, in every way, into this folder"
    )
    folder: Path | None = options.parse_args().folder
    if folder is None:
        quarter = contents.report(facts(), last_ended(Cycle.QUARTERLY, TODAY))
        take(as_html(quarter), HERE / "report.png", DESKTOP, most=HIGH)
        return
    folder.mkdir(parents=True, exist_ok=True)
    for name, paper in papers().items():
        page = as_html(paper)
        (folder / f"{name}.html").write_text(page, encoding="utf-8")
        (folder / f"{name}.pdf").write_bytes(paper_pdf(paper))
        for width in (DESKTOP, PHONE):
            for dark in (False, True):
                _, wide = take(page, folder / f"{name}-{width}{'-dark' if dark else ''}.png", width, dark)
                if wide > width:
                    print(f"{name}: is {wide} pixels wide, {width} were meant", file=sys.stderr)


if __name__ == "__main__":
    main()
