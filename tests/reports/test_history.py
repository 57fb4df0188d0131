"""The story of a case: whole, in order, in words, with the text of every clause that it cites."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace

import pytest
from morning_cases import LONG_AGO, MORNING, POLICY, case, desk, with_action

from mailbot.casework.calendar import Calendar
from mailbot.casework.vocabulary import Audience, Flag, Letter, SendLetter, SetTimer, Stage, Timer
from mailbot.reports.history import STAGE_WORDS, TIMER_WORDS, in_order, moment, next_duty, tell

ENGLAND = Calendar("ENG")
CITED = re.compile(r"\[([^\]]+)\]")


def story(name: str, until: dt.datetime = MORNING) -> desk.Played:
    (one,) = desk.play(tuple(s for s in desk.STORIES if s.name == name), POLICY, until)
    return one


def told(one: desk.Played) -> str:
    return tell(one.case, one.journal, one.letters, POLICY, ENGLAND)


@pytest.fixture(scope="module")
def answered() -> str:
    return told(story("Dawit Tesfaye"))


def test_the_head_says_who_what_where_and_what_is_owed(answered):
    head = answered.partition("\n\nHistory\n")[0].splitlines()
    assert head == [
        "CC-2026-000412-X  Charged twice for February",
        "  received   Mon 9 Mar 2026 09:40 in complaints, policy mtvh@2021-08-23",
        "  customer   Dawit Tesfaye <dawit.tesfaye@example.com>",
        "  stage      Stage One, answered",
        "  handler    dev",
        "  owed       Action 1: pay back the second payment: by Fri 27 Mar 2026",
        "  owed       Action 2: write to the bank about the charges: by Fri 3 Apr 2026",
    ]


def test_every_act_stands_at_its_time_and_times_only_go_forward(answered):
    one = story("Dawit Tesfaye")
    stamps = re.findall(r"^(\w{3} \d+ \w{3} \d{4} \d\d:\d\d)  ", answered, re.M)
    assert stamps == [moment(entry.at) for entry in one.journal]
    times = [dt.datetime.strptime(stamp, "%a %d %b %Y %H:%M") for stamp in stamps]  # noqa: DTZ007
    assert times == sorted(times)


def test_each_letter_stands_once_under_the_act_that_ordered_it(answered):
    one = story("Dawit Tesfaye")
    blocks = answered.partition("\n\nHistory\n\n")[2].partition("\n\nClauses\n")[0].split("\n\n")
    assert len(blocks) == len(one.journal)
    for block, entry in zip(blocks, one.journal, strict=True):
        ordered = [e.letter.value.replace("_", " ") for e in entry.effects if isinstance(e, SendLetter)]
        assert re.findall(r"^    letter  (.+?) to ", block, re.M) == ordered
    assert answered.count("letter  response to dawit.tesfaye@example.com, sent Fri 20 Mar 2026 15:10") == 1


def test_a_mail_is_told_with_its_subject_and_what_it_was_taken_for(answered):
    assert (
        "    mail    “Charged twice for February” from Dawit Tesfaye, taken for a complaint, 94% sure\n"
        in answered
    )


def test_a_clock_that_a_step_sets_twice_is_told_once_as_it_was_left(answered):
    opening = answered.partition("\n\nHistory\n\n")[2].split("\n\n")[0]
    one = story("Dawit Tesfaye")
    assert [e.timer for e in one.journal[0].effects if isinstance(e, SetTimer)].count(Timer.RESPONSE_DUE) == 2
    assert opening.count("the response is due") == 1


def test_every_cited_clause_is_quoted_once_at_the_end(answered):
    body, _, clauses = answered.partition("\n\nClauses\n")
    cited = {c.strip() for found in CITED.findall(" ".join(body.split())) for c in found.split(",")}
    quoted = re.findall(r"^  (\S.{0,9}?) {2,}\S", clauses, re.M)
    assert sorted(quoted) == sorted(cited & set(POLICY.clauses))
    assert cited <= set(POLICY.clauses)
    assert len(quoted) == len(set(quoted))
    assert " ".join(POLICY.clauses["Code 6.3"].says.split()) in " ".join(clauses.split())


def test_clauses_stand_in_the_order_in_which_people_count():
    assert sorted(["Code 5.10", "House 2", "3.2 b10", "Code 5.6", "3.2 b9", "House 14"], key=in_order) == [
        "3.2 b9",
        "3.2 b10",
        "Code 5.6",
        "Code 5.10",
        "House 2",
        "House 14",
    ]


@pytest.mark.parametrize("one", desk.STORIES, ids=lambda story: story.name)
def test_no_story_speaks_the_programs_language(one):
    (played,) = desk.play((one,), POLICY, MORNING + dt.timedelta(days=120))
    text = told(played).replace(played.case.policy, "")
    assert not re.search(r"\d{4}-\d\d-\d\d|[a-z]_[a-z]|\bstage[12]\b|\bNone\b|\x00", text)
    assert max(len(line) for line in text.splitlines()) <= 110


def test_a_letter_that_no_act_ordered_stands_at_its_own_time():
    one = story("Rosa Quill")
    order = SendLetter(Letter.ALERT, Audience.SUPERVISOR, "alex@landlord.example.org", ("House 2",), {})
    early = desk.Sent("<a@x>", one.journal[0].at + dt.timedelta(hours=1), one.journal[0].at, order)
    late = desk.Sent("<b@x>", MORNING, MORNING, replace(order, to="late@landlord.example.org"))
    text = tell(one.case, one.journal, [late, *one.letters, early], POLICY, ENGLAND)
    lines = text.partition("\n\nClauses")[0].splitlines()
    first = next(i for i, line in enumerate(lines) if "letter  alert to alex@" in line)
    assert lines[first].startswith("Mon 2 Mar 2026 10:40  letter  alert")
    assert first < next(i for i, line in enumerate(lines) if "Contact with the customer recorded" in line)
    assert lines[-2].startswith("Mon 30 Mar 2026 07:30  letter  alert to late@landlord.example.org")
    assert text.count("letter  alert") == 2


def test_a_letter_that_did_not_leave_says_why():
    one = story("Rosa Quill")
    stuck = [replace(letter, sent_at=None, last_error="550 no such user") for letter in one.letters[:1]]
    waiting = [replace(letter, sent_at=None) for letter in one.letters[1:2]]
    text = tell(one.case, one.journal, [*stuck, *waiting], POLICY, ENGLAND)
    assert "550 no such user" in text
    assert "waiting to go out" in text


def test_a_closed_case_says_when_and_why():
    closed = story("Bernard Oakes", MORNING)
    assert closed.case.stage is Stage.CLOSED
    head = told(closed).partition("\n\n")[0]
    assert "  stage      closed on Sun 29 Mar 2026: the resident accepts the outcome" in head
    assert "owed" not in head


def test_a_case_without_a_history_is_still_told():
    text = tell(case(1, flags=(Flag.MP_OR_COUNCILLOR,)), [], [], POLICY, ENGLAND)
    assert text.endswith("History")
    assert "  flags      MP or councillor\n" in text
    assert "owed       Stage One response: by Mon 20 Apr 2026" in text


def test_two_dates_of_a_duty_are_both_told():
    text = tell(case(1, "2026-04-14", "2026-04-20"), [], [], POLICY, ENGLAND)
    assert "Stage One response: aim for Tue 14 Apr 2026, at the latest Mon 20 Apr 2026" in text


def test_the_next_duty_is_the_one_with_the_nearest_target():
    both = replace(case(1, "2026-04-14"), actions=with_action(1, "2026-04-10").actions)
    duty = next_duty(both, POLICY, ENGLAND)
    assert duty is not None and duty.what == "Action 1: mend the gate"
    assert next_duty(case(2, stage=Stage.CLOSED, closed_at=LONG_AGO), POLICY, ENGLAND) is None


def test_there_are_words_for_every_stage_and_every_clock():
    assert set(STAGE_WORDS) == set(Stage) - {Stage.NONE, Stage.CLOSED}
    assert set(TIMER_WORDS) == set(Timer)
