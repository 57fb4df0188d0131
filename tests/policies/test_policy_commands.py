"""`mailbot policy list`, `show`, `timeline` and `check`, as people and programs use them."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from mailbot.casework.calendar import Calendar
from mailbot.casework.policy import RULES
from mailbot.places import config_dir
from mailbot.policyfile import load_policy
from mailbot.reports.policies import WIDTH, Table, as_html, as_text, citations, columns, policy_page

SHIPPED = config_dir() / "policies"
MTVH = (SHIPPED / "mtvh.toml").read_text(encoding="utf-8")


# ------------------------------------------------------------------ list


def test_the_list_names_each_shipped_policy_and_not_the_house(policy):
    said = policy("list")
    assert said.code == 0
    assert re.search(r"^code-2024 +2024-04-01 +Housing Ombudsman Service", said.out, re.M)
    assert re.search(r"^mtvh +2021-08-23 +Metropolitan Thames Valley Housing", said.out, re.M)
    assert "House defaults" not in said.out


def test_a_landlords_own_file_stands_beside_the_shipped_ones_and_a_broken_one_tells_it(policy, tmp_path):
    own = tmp_path / "config" / "policies"
    own.mkdir(parents=True)
    ours = MTVH.replace('id = "mtvh"', 'id = "ours"').replace(
        "Metropolitan Thames Valley Housing", "Ours Ltd"
    )
    (own / "ours.toml").write_text(ours, encoding="utf-8")
    (own / "broken.toml").write_text('id = "broken"\n', encoding="utf-8")
    said = policy("list")
    assert re.search(r"^ours +2021-08-23 +Ours Ltd", said.out, re.M)
    assert re.search(r"^broken .*\d+ mistakes", said.out, re.M)
    assert policy("show", "ours").out.startswith("Ours Ltd: Complaints Policy\n")
    assert policy("check", "ours").code == 1
    broken = policy("show", "broken")
    assert broken.code == 2 and "broken.toml: title" in broken.err and "->" in broken.err


# ------------------------------------------------------------------ show


@pytest.mark.parametrize("id", ["mtvh", "code-2024", "mtvh@2021-08-23", "MTVH"])
def test_a_page_shows_every_clause_with_who_keeps_it(policy, id):
    said = policy("show", id)
    assert said.code == 0
    name = id.partition("@")[0].lower()
    for clause in load_policy(name).clauses.values():
        if clause.origin == ("code" if name == "code-2024" else "policy"):
            assert re.search(rf"^{re.escape(clause.id)} +.* {clause.kept_by}\b", said.out, re.M), clause.id
    assert max(map(len, said.out.splitlines())) <= WIDTH


def test_a_page_shows_dates_readings_and_what_the_code_changes(policy):
    out = policy("show", "mtvh").out
    assert re.search(r"Stage One: response .*Mon 16 Mar 2026 +Mon 23 Mar 2026 +3\.2 b4; Code 6\.3", out)
    assert "What the Code changes" in out and "Reading taken" in out
    assert "Stage Two: grounds, escalated" in " ".join(out.split())  # the rules that cite 3.2 b6
    alone = policy("show", "mtvh", "--overlay", "off").out
    assert "What the Code" not in alone and "Code 6.3" not in alone
    assert "What the Code would change" in policy("show", "mtvh", "--overlay", "warn").out


class Reader(HTMLParser):
    """Checks that tags close in order, and gathers words and addresses."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.words: list[str] = []
        self.fetched: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "col"):
            self.open.append(tag)
        self.fetched += [v or "" for k, v in attrs if k in ("src", "href") and not (v or "").startswith("#")]
        assert tag not in ("script", "link", "img")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_the_html_page_is_one_whole_file_that_says_what_the_text_says(policy, tmp_path):
    said = policy("show", "mtvh", "--html", "page.html")
    assert (said.code, said.out) == (0, "")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    reader = Reader()
    reader.feed(page)
    assert not reader.open and not reader.fetched and "url(" not in page
    words = " ".join(" ".join(reader.words).split())
    for heading in re.findall(r"^(.+)\n-+$", policy("show", "mtvh").out, re.M):
        if "  " not in heading:  # a section's, not a table's
            assert heading in words
    for clause in load_policy("mtvh").clauses.values():
        if clause.origin == "policy":
            assert clause.says in words


def test_what_a_file_says_is_no_markup():
    policy = load_policy("mtvh")
    clause = policy.clause("1")
    marked = {**policy.clauses, "1": type(clause)("1", "<b>bold</b> & more", clause.kept_by, clause.origin)}
    object.__setattr__(policy, "clauses", marked)
    page = as_html(policy_page(policy, Calendar("ENG")))
    assert "&lt;b&gt;bold&lt;/b&gt; &amp; more" in page and "<b>" not in page


@pytest.mark.parametrize("id", ["mtvh", "code-2024"])
def test_every_cited_clause_and_every_rule_is_among_the_citations(id):
    policy = load_policy(id)
    cited = citations(policy)
    assert set(cited) == set(policy.cited) | {c for _, d in policy.stage(2).respond.before for c in d.clauses}
    told = {rule for rules in cited.values() for rule in rules}
    assert {rule.replace("_", " ") for rule in RULES} <= told


def test_columns_wrap_to_the_room_that_there_is_and_dates_never_do():
    table = Table(("A", "Date"), (("words " * 30, "Mon 2 Mar 2026"), ("x", "Tue 3 Mar 2026")), (1, 0))
    lines = columns(table, 40)
    assert max(len(line) for line in lines) <= 40
    assert sum("Mon 2 Mar 2026" in line for line in lines) == 1


# ------------------------------------------------------------------ timeline


def test_a_timeline_for_a_program_has_exactly_the_six_keys(policy):
    said = policy(
        "timeline",
        "code-2024",
        "--received",
        "2025-12-19T10:00",
        "--acknowledged",
        "2025-12-30T16:00",
        "--json",
    )
    assert said.code == 0
    for row in said.json:
        assert list(row) == ["event", "stage", "target_due", "outer_due", "clause", "rule"]
    first = {row["event"]: row for row in said.json}
    assert first["acknowledgement"] == {
        "event": "acknowledgement", "stage": 1, "target_due": "2025-12-30", "outer_due": "2025-12-30",
        "clause": "Code 6.2", "rule": "5 working days from received",
    }  # fmt: skip
    assert (first["response"]["target_due"], first["response"]["clause"]) == ("2026-01-14", "Code 6.3")


def test_the_overlay_decides_whose_dates_are_told(policy):
    def second(overlay: str) -> dict[str, str]:
        said = policy("timeline", "mtvh", "--received", "2025-12-01", "--escalated", "2025-12-31",
                      "--acknowledged", "2026-01-08", "--overlay", overlay, "--json")  # fmt: skip
        (row,) = (r for r in said.json if (r["event"], r["stage"]) == ("acknowledgement", 2))
        return row

    assert (second("enforce")["clause"], second("off")["clause"]) == ("Code 6.11", "House 1")
    assert second("enforce")["outer_due"] == "2026-01-08"


def test_a_timeline_for_people_says_what_has_happened_and_what_follows(policy):
    said = policy("timeline", "mtvh", "--received", "2025-12-19T10:00", "--acknowledged", "2025-12-30")
    assert "Stage One acknowledged  Tuesday 30 December 2025" in said.out
    assert re.search(r"Stage One: response .*Wed 7 Jan 2026 +Wed 14 Jan 2026 ", said.out)


@pytest.mark.parametrize(
    ("received", "due"),
    [
        ("2026-06-14T23:30+00:00", "2026-06-22"),  # 00:30 on Monday in London
        ("2026-06-14T23:30", "2026-06-19"),  # Sunday
        ("2026-06-14", "2026-06-19"),
    ],
)
def test_a_moment_is_londons_unless_it_names_a_zone(policy, received, due):
    rows = policy("timeline", "code-2024", "--received", received, "--json").json
    assert rows[0]["target_due"] == due


def test_the_landlords_own_holidays_count(policy, tmp_path):
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "mailbot.toml").write_text("[calendar]\nextra_holidays = [2026-03-04]\n")
    rows = policy("timeline", "code-2024", "--received", "2026-03-02", "--json").json
    assert rows[0]["target_due"] == "2026-03-10"
    (tmp_path / "config" / "mailbot.toml").write_text('[calendar]\nextra_holidays = ["4 March"]\n')
    said = policy("timeline", "code-2024", "--received", "2026-03-02")
    assert said.code == 2 and "extra_holidays" in said.err and "->" in said.err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["mtvh", "--received", "19/12/2025"], "--received '19/12/2025' is no date: write it like 2025-12-19"),
        (["mtvh", "--received", "2025-02-30"], "--received '2025-02-30' is no date"),
        (["mtvh", "--received", "0202-12-19"], "the year 202 lies outside 2000 to 2100"),
        (["mtvh", "--received", "2025-12-19", "--escalated", "soon"], "--escalated 'soon' is no date"),
        (["mtvh", "--received", "2025-12-19", "--acknowledged", "2025-12-18"],
         "acknowledged (2025-12-18) lies before received (2025-12-19): put the dates right"),
        (["mtwh", "--received", "2025-12-19"], "did you mean 'mtvh'? known: code-2024, "),
        (["house", "--received", "2025-12-19"], "there is no such policy"),
        (["mtvh", "--received", "2025-12-19", "--config", "nowhere"], "nowhere is not a folder"),
    ],
)  # fmt: skip
def test_what_is_mistyped_is_told_in_a_sentence(policy, words, told):
    said = policy("timeline", *words)
    assert (said.code, said.out) == (2, "")
    assert told in said.err and "Traceback" not in said.err


def test_a_timeline_needs_the_day_of_receipt(policy):
    said = policy("timeline", "mtvh")
    assert said.code == 2 and "--received" in said.err


# ------------------------------------------------------------------ check


def test_a_policy_with_grave_findings_ends_with_1_and_the_code_with_0(policy):
    grave = policy("check", "mtvh")
    assert grave.code == 1
    assert "High: the Ombudsman would probably find a failing" in grave.out
    assert "3.2 b8" in grave.out and "What enforce does" in grave.out
    whole = policy("check", "code-2024")
    assert whole.code == 0 and "Nothing differs" in whole.out


def test_a_check_for_a_program_is_a_list_with_severity_and_clauses(policy):
    said = policy("check", "mtvh", "--json")
    assert said.code == 1
    grounds = next(f for f in said.json if f["subject"] == "Stage Two: the grounds for asking")
    assert (grounds["severity"], grounds["kind"]) == ("high", "breach")
    assert "3.2 b8" in grounds["clauses"] and grounds["code"] == ["Code 6.10", "Code 6.12"]
    assert policy("check", "code-2024", "--json").json == []


def test_a_check_can_be_written_as_a_page(policy, tmp_path):
    said = policy("check", "mtvh", "--html", "check.html")
    assert (said.code, said.out) == (1, "")
    page = (tmp_path / "check.html").read_text(encoding="utf-8")
    reader = Reader()
    reader.feed(page)
    assert not reader.open and "Complaints Policy against the Code" in page
    unwritten = policy("check", "mtvh", "--html", "nowhere/check.html")
    assert unwritten.code == 2 and "can't be written: No such file or directory" in unwritten.err


def test_a_policy_file_can_be_checked_where_it_lies(policy, tmp_path):
    (tmp_path / "draft.toml").write_text(MTVH.replace("months = 6", "months = 12"), encoding="utf-8")
    found = {f["subject"]: f["severity"] for f in policy("check", "draft.toml", "--json").json}
    assert found["exclusion: how old a complaint may be"] == "medium"


def test_pages_of_the_same_policy_are_the_same_twice():
    pages = [as_text(policy_page(load_policy("mtvh"), Calendar("ENG"))) for _ in range(2)]
    assert pages[0] == pages[1]
