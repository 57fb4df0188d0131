"""What the demo prints and leaves: the timeline, the folder of letters, the index page; and how it refuses."""

from __future__ import annotations

import datetime as dt
import email
import email.policy
import io
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from demo_stage import Played
from rich.console import Console
from typer.testing import CliRunner

from mailbot.__main__ import app
from mailbot.demo import cast, perform, run_demo
from mailbot.demo.folder import DESK, FolderTaken, clear
from mailbot.demo.happenings import cite

pytestmark = pytest.mark.timeout(300)  # whoever comes first plays six weeks, and may have to train first


class Links(HTMLParser):
    """The addresses that a page points to."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attributes if name in ("href", "src") and value]


def test_the_timeline_fits_a_log_and_a_terminal(played: Played) -> None:
    lines = played.printed.splitlines()
    assert max(map(len, lines)) <= 118
    timeline = lines[: next(n for n, line in enumerate(lines) if line.startswith("Cases"))]
    assert len(timeline) <= 300
    assert "\x1b" not in played.printed


def test_the_timeline_says_what_came_why_it_was_taken_so_and_what_followed(played: Played) -> None:
    printed = played.printed
    assert "── Tuesday 28 April 2026" in printed
    assert "Monday 4 May 2026 · bank holiday" in printed
    assert re.search(
        r"09:12 arrived +Amara Nwosu +Mould in my sons bedroom AGAIN +complaint \d+% \w", printed
    )
    assert re.search(
        r"opened +000002-2 Stage 1 complaint \[Code 1\.2, .*\] → acknowledgement, case to", printed
    )
    assert re.search(
        r"08:30 chased +\S+ LATE: Stage 1 response, due .* → (Martin|Owen) \w+ and (Martin|Owen) ", printed
    )


def test_every_letter_is_left_as_mail_and_as_page(played: Played) -> None:
    letters = played.out / "letters"
    sent = [letter for letter in played.ended.books.letters if letter.blob]
    assert len(list(letters.glob("*.eml"))) == len(list(letters.glob("*.html"))) == len(sent)
    first = email.message_from_bytes(
        sorted(letters.glob("*.eml"))[0].read_bytes(), policy=email.policy.default
    )
    assert first["Message-ID"] == sent[0].message_id


def test_the_index_opens_from_disk_and_no_link_leads_nowhere(played: Played) -> None:
    pages = [
        played.ended.index,
        *(played.out / "cases").glob("*.html"),
        *(played.out / "mails").glob("*.html"),
    ]
    assert len(pages) > 100
    for page in pages:
        for link in Links(page).found:
            assert not link.startswith(("http:", "https:", "//")), link
            assert (page.parent / link).resolve().is_file(), (page.name, link)


def test_the_index_shows_every_case_and_every_letter(played: Played) -> None:
    links = Links(played.ended.index).found
    for case in played.ended.books.cases:
        assert f"cases/{case.reference}.html" in links
    went = [
        letter for letter in played.ended.books.letters if letter.blob
    ]  # some reminders went in another's mail
    assert len({link for link in links if link.startswith("letters/") and link.endswith(".html")}) == len(
        went
    )


def test_a_cases_page_tells_each_act_with_its_clause(played: Played) -> None:
    case = played.case(cast.JORDAN)
    text = (played.out / "cases" / f"{case.reference}.html").read_text(encoding="utf-8")
    for words in ("Opened as a Stage 1 complaint", "Escalated to Stage 2", "Code 6.11", "Ruth Calloway"):
        assert words in text


def test_what_strangers_write_is_never_markup_on_our_pages(played: Played) -> None:
    for page in (*(played.out / "mails").glob("*.html"), played.ended.index):
        assert "<script src" not in page.read_text(encoding="utf-8")


def test_a_folder_of_somebody_elses_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(FolderTaken, match="no demo has left there"):
        clear(tmp_path)
    paper = io.StringIO()
    assert run_demo(out=tmp_path, console=Console(file=paper, width=200)) == 2
    assert "--out" in paper.getvalue()
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_the_folder_of_an_earlier_demo_is_used_again(tmp_path: Path) -> None:
    clear(tmp_path / "out")
    (tmp_path / "out" / "letters" / "old.eml").write_text("old")
    clear(tmp_path / "out")
    assert not (tmp_path / "out" / "letters" / "old.eml").exists()


def test_a_policy_that_there_is_not_is_named(tmp_path: Path) -> None:
    paper = io.StringIO()
    assert run_demo("no-such-policy", tmp_path / "out", Console(file=paper, width=200)) == 2
    assert "no-such-policy" in paper.getvalue()


def test_the_first_week_by_another_landlords_policy(tmp_path: Path) -> None:
    paper = io.StringIO()
    console = Console(file=paper, width=118, highlight=False)
    ended = perform("mtvh", tmp_path / "out", console, until=dt.date(2026, 5, 1))
    assert [check.broken for check in ended.checks] == [""] * 11
    assert "Stage One complaint [3.1, 3.2 b2" in paper.getvalue()


def test_clauses_are_cited_shortly() -> None:
    assert cite(("Code 1.2", "Code 6.2", "House 1")) == "Code 1.2, 6.2; House 1"
    assert cite(("3.2 b3", "Code 6.2")) == "3.2 b3; Code 6.2"
    assert cite(tuple(f"Code 6.{n}" for n in range(1, 9))) == "Code 6.1, 6.2, 6.3, 6.4 +4"


def test_every_case_of_the_demo_can_be_asked_for_afterwards(played: Played) -> None:
    """`mailbot case show` tells the whole story of any case, each act of the case work with its clause."""
    desk = ["--config", str(played.out / DESK)]
    listed = CliRunner().invoke(app, ["case", "list", "--all", *desk])
    assert listed.exit_code == 0
    for case in played.ended.books.cases:
        told = CliRunner().invoke(app, ["case", "show", case.reference, *desk])
        assert told.exit_code == 0
        assert case.reference in told.output
        assert re.search(r"\[(Code|House) ", told.output), "acts cite their clauses"
        assert "\nClauses\n" in told.output
