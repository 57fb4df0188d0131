"""The chronology of a case: each date held against policy and Code, each act with its words, nothing of a stranger's
taken for markup, and a page that fits a phone."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest
from morning_cases import make

from mailbot.casework.calendar import Calendar
from mailbot.casework.vocabulary import (
    Action,
    Case,
    Determination,
    Due,
    Extension,
    Intent,
    MailArrived,
    Party,
    Proposal,
    Role,
    Stage,
    StageRecord,
    Verdict,
)
from mailbot.places import templates_dir
from mailbot.policyfile import load_policy
from mailbot.reports.chronology import (
    LONGEST_TEXT,
    Paper,
    Source,
    actions,
    decisions,
    page,
    story,
    timeliness,
)
from storage.rows import JournalRow

POLICY, CODE = load_policy("mtvh"), load_policy("code-2024")


def at(day: str, time: str = "10:00") -> dt.datetime:
    return Calendar.instant(dt.date.fromisoformat(day), dt.time.fromisoformat(time))


def due(day: str) -> Due:
    return Due(dt.date.fromisoformat(day), dt.date.fromisoformat(day), ("3.2 b4",))


def a_source(now: str = "2026-04-01", **record: object) -> Source:
    """A complaint of Monday 2 March 2026, acknowledged on the 4th; its answer is due on Monday the 16th."""
    stage = StageRecord(
        requested_at=at("2026-03-02"),
        request_mail="m1",
        definition="The ceiling leaks.",
        outcome_sought="",
        acknowledge=due("2026-03-09"),
        respond=due("2026-03-16"),
        handler="sam",
        acknowledged_at=at("2026-03-04"),
    )
    case = Case(
        reference="CC-2026-000001-4",
        policy=POLICY.key,
        mailbox="complaints",
        stage=Stage.STAGE1_OPEN,
        subject="Leak <script>alert(1)</script>",
        parties=(Party("jo@example.com", "Jo Finch"), Party("mp@example.org", "An MP", Role.OFFICE)),
        received_at=at("2026-03-02"),
        stage1=replace(stage, **record),  # type: ignore[arg-type]
    )
    return Source(
        case=case,
        journal=[],
        letters=[],
        mails={},
        sent={},
        policy=POLICY,
        code=CODE,
        calendar=Calendar("ENG"),
        people=(),
        landlord="Brackenfield Homes",
        now=at(now),
    )


def verdicts(source: Source, code: bool = False) -> dict[str, tuple[str, bool | None]]:
    rows = timeliness(source, CODE if code else POLICY)
    return {row.what.partition(": ")[2]: (row.verdict, row.good) for row in rows}


@pytest.mark.parametrize(
    ("responded", "own", "code"),
    [
        ("2026-03-16", ("in time", True), ("in time", True)),
        ("2026-03-18", ("2 working days late", False), ("in time", True)),  # the Code: 10 days from the 4th
        ("2026-03-19", ("3 working days late", False), ("1 working day late", False)),
        ("2026-03-21", ("4 working days late", False), ("2 working days late", False)),  # a Saturday
    ],
)
def test_an_answer_is_held_against_the_policy_and_against_the_code(
    responded: str, own: tuple[str, bool], code: tuple[str, bool]
) -> None:
    source = a_source(responded_at=at(responded, "23:30"))
    assert verdicts(source)["response"] == own
    assert verdicts(source, code=True)["response"] == code
    assert verdicts(source)["acknowledgement"] == ("in time", True)


def test_what_is_not_done_is_open_until_its_day_and_late_after_it() -> None:
    assert verdicts(a_source("2026-03-16"))["response"] == ("open", None)
    assert verdicts(a_source("2026-03-17"))["response"] == ("not done, 1 working day late", False)
    closed = a_source("2026-04-01")
    closed = replace(closed, case=replace(closed.case, stage=Stage.CLOSED, closed_at=at("2026-03-12")))
    assert verdicts(closed)["response"] == ("not needed: the case was closed before", None)


def test_a_late_acknowledgement_buys_no_time_under_the_code() -> None:
    source = a_source(acknowledged_at=at("2026-03-20"), responded_at=at("2026-03-24"))
    assert verdicts(source, code=True)["acknowledgement"] == ("9 working days late", False)
    assert verdicts(source, code=True)["response"] == ("1 working day late", False)


def test_an_extension_counts_if_it_was_told_in_time() -> None:
    told = Extension(dt.date(2026, 3, 27), "the roofer is ill", at("2026-03-16"))
    source = a_source(extension=told, responded_at=at("2026-03-27"))
    assert verdicts(source)["response"] == ("extended on Mon 16 Mar 2026", None)
    assert verdicts(source)["response, as extended"] == ("in time", True)
    late = a_source(extension=replace(told, told_at=at("2026-03-17")), responded_at=at("2026-03-27"))
    assert verdicts(late)["response"] == ("9 working days late", False)
    assert verdicts(late)["extension"] == ("told too late: it does not count", False)
    early = a_source(extension=told, responded_at=at("2026-03-13"))
    assert verdicts(early)["response"] == ("in time", True)


def test_decisions_and_promises_name_people_days_and_clauses() -> None:
    source = a_source(responded_at=at("2026-03-16"), decision="upheld", approved_by="ruth")
    case = replace(
        source.case,
        proposals=(Proposal(1, "exclusion", "court_proceedings", ("2.1",), at("2026-03-03"), "", "Told us so.",
                            at("2026-03-04"), "accepted", "ruth"),),
        determinations=(Determination(at("2026-06-01"), "maladministration"),),
        actions=(Action(1, "Mend the roof", dt.date(2026, 3, 30), at("2026-03-29")),
                 Action(2, "Pay 50 pounds", None, ordered=True)),
        closed_at=at("2026-06-02"), closed_because="agreed",
    )  # fmt: skip
    told = decisions(replace(source, case=case))
    assert [(row["what"], row["on"]) for row in told] == [
        ("Stage One", "Mon 16 Mar 2026"),
        ("Refusing the complaint (court proceedings)", "Wed 4 Mar 2026"),
        ("Ombudsman's determination", "Mon 1 Jun 2026"),
        ("Closed", "Tue 2 Jun 2026"),
    ]
    assert told[0]["by"] == "sam, approved by ruth" and told[1]["outcome"] == "accepted: Told us so."
    assert [(a["due"], a["done"], a["ordered"]) for a in actions(case)] == [
        ("Mon 30 Mar 2026", "Sun 29 Mar 2026", ""),
        ("", "", "ordered by the Ombudsman"),
    ]


def a_mail(text: str, **other: object) -> JournalRow:
    event = MailArrived(at("2026-03-02"), at("2026-03-02"), "m1", Party("jo@example.com", "Jo Finch"), "Leak", text,
                        Verdict(Intent.NEW_COMPLAINT))  # fmt: skip
    row = JournalRow(1, event.at, "CC-2026-000001-4", "jo@example.com", "mail_arrived", "m1", "Opened.", ("Code 6.2",),
                     event, (), 1)  # fmt: skip
    return replace(row, **other)  # type: ignore[arg-type]


def test_a_strangers_words_are_text_a_long_one_is_cut_and_leads_to_its_file() -> None:
    paper = Paper("m1", "jo@example.com", "Leak", "", "mails/in/001.eml", "mails/in/001.txt",
                  (("<b>roof</b>.jpg", "attachments/001-01.jpg"),))  # fmt: skip
    source = a_source()
    source = replace(
        source, journal=[a_mail("<img src=x onerror=alert(1)> " + "leak " * 2_000)], mails={"m1": paper}
    )
    (told,) = story(source)
    assert told.cut and len(told.text) <= LONGEST_TEXT and told.side == "resident"
    html = page(source, templates_dir())
    assert "<img" not in html and "<script" not in html and "<b>roof" not in html
    for wanted in ("&lt;img src=x", "mails/in/001.eml", "attachments/001-01.jpg", "&lt;b&gt;roof&lt;/b&gt;.jpg",
                   "an elected member&#39;s office", "Code 6.2"):  # fmt: skip
        assert wanted in html, wanted


def test_an_entry_whose_words_are_erased_says_so() -> None:
    source = replace(
        a_source(), journal=[a_mail("(erased)", erased_by=9)], erased=("Personal data erased on 1 April",)
    )
    html = page(source, templates_dir())
    assert "The words of this entry were erased." in html and "Personal data erased on 1 April" in html


def test_the_page_fits_a_phone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    long = "https://example.com/" + "a" * 300
    source = a_source(responded_at=at("2026-03-30"), decision="partly upheld")
    source = replace(source, journal=[a_mail(f"See {long}")], case=replace(source.case, subject="Leak" * 60))
    make.Camera(make.find_browser()).take(
        page(source, templates_dir()), tmp_path / "page.png", make.PHONE, dark=True
    )
    assert (tmp_path / "page.png").stat().st_size > 10_000
    assert "pixels wide" not in capsys.readouterr().err
