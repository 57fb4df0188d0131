"""`mailbot report`, as people type it."""

from __future__ import annotations

import csv
import io
import sys
from pathlib import Path

import pytest

PERIOD = ("--for", "2026-Q1")


def test_a_report_without_a_file_is_shown_in_the_terminal(mailbot, office):
    said = mailbot("report", "quarterly", *PERIOD, cwd=office.folder)
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("Complaints in the quarter: quarter 4 of 2025-26\n")
    assert "Brackenfield Homes Limited, 1 January to 31 March 2026." in said.out
    assert "Stage 1 complaints received: 1\n" in said.out
    assert "Jo Finch" not in said.out and "jo.finch" not in said.out


def test_a_report_is_written_as_a_page_and_as_tables_with_the_cases_behind_each_figure(mailbot, office):
    said = mailbot("report", "quarterly", *PERIOD, "--html", "q.html", "--csv", "tables", cwd=office.folder)
    assert (said.code, said.err) == (0, "")
    page = (office.folder / "q.html").read_text()
    assert "<h1>Complaints in the quarter: quarter 4 of 2025-26</h1>" in page
    behind = read(office.folder / "tables" / "stage1_received.csv")
    cases = {line["reference"]: line for line in read(office.folder / "tables" / "cases.csv")}
    (case,) = [cases[line["reference"]] for line in behind]
    assert (case["received"], case["stage1_answer_by_code"]) == ("2026-03-02", "2026-03-16")
    figures = {
        line["key"]: line for line in read(office.folder / "tables" / "figures.csv") if not line["row"]
    }
    assert (figures["stage1_received"]["value"], figures["stage1_received"]["cases"]) == ("1.0", "1")
    assert all((office.folder / "tables" / f"{key}.csv").exists() for key in figures)


def read(file: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8-sig"))))


def test_what_is_published_names_no_case_and_no_small_number(mailbot, office):
    said = mailbot("report", "annual", "--for", "2025-26", "--publish", "--csv", "tables", cwd=office.folder)
    assert said.code == 0
    assert [file.name for file in (office.folder / "tables").iterdir()] == ["figures.csv"]
    assert "CC-2026" not in (office.folder / "tables" / "figures.csv").read_text()
    shown = mailbot("report", "annual", "--for", "2025-26", "--publish", cwd=office.folder).out
    assert "Stage 1 complaints received: *\n" in shown
    assert "* stands for a number that is not published" in shown
    assert "CC-2026" not in shown


def test_a_report_for_paper(mailbot, office):
    pytest.importorskip("weasyprint")
    said = mailbot("report", "monthly", "--for", "2026-03", "--pdf", "m.pdf", cwd=office.folder)
    assert (said.code, said.err) == (0, "")
    assert (office.folder / "m.pdf").read_bytes().startswith(b"%PDF-")


def test_without_the_program_for_pdfs_it_says_what_to_do(mailbot, office, monkeypatch):
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    said = mailbot("report", "weekly", "--for", "2026-W10", "--pdf", "w.pdf", cwd=office.folder)
    assert said.code == 2
    assert "pip install 'mailbot[pdf]'" in said.err and "--html report.html and print that" in said.err


def test_without_matplotlib_the_pictures_are_bars(mailbot, office, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    said = mailbot("report", "quarterly", *PERIOD, "--html", "q.html", cwd=office.folder)
    assert said.code == 0
    page = (office.folder / "q.html").read_text()
    assert "<svg" not in page and 'class="chart bars"' in page


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        (("quarterly", "--for", "2026-03"), "the quarterly report is of a quarter. Write --for 20"),
        (("annual", "--for", "2026"), "the landlord's year runs from April. Write --for 20"),
        (("monthly", "--for", "2199-01"), "there is nothing to report yet"),
        (("weekly", "--html", "w.txt"), "write a file name that ends in .html"),
        (("weekly", "--pdf", "w.html"), "write a file name that ends in .pdf"),
        (("weekly", "--csv", "config/mailbot.toml"), "that is a file, and a folder is wanted"),
    ],
)
def test_a_mistake_is_a_sentence(typed, told, mailbot, office):
    said = mailbot("report", *typed, cwd=office.folder)
    assert (said.code, said.out) == (2, "")
    assert told in said.err
