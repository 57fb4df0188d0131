"""The digest: every number is right, nobody's name or words are in it, and it is short enough to be read."""

from __future__ import annotations

import datetime as dt
import html
import re
from dataclasses import replace

import pytest
from morning_cases import (
    LONG_AGO,
    MONDAY,
    MORNING,
    POLICY,
    RULES,
    STATIONERY,
    asked,
    case,
    desk,
    digest,
    make,
    section,
    titles,
    with_action,
    written,
)

from mailbot.casework.calendar import Calendar
from mailbot.casework.duties import duties_of
from mailbot.casework.vocabulary import Draft, Flag, Intent, Letter, Party, Proposal, Stage, Topic
from mailbot.reports.digest import KINDS, STATE_WORDS, TOPIC_WORDS, headlines, plain_cause
from storage.rows import LetterState


def shown(page: str) -> str:
    """What a reader sees of the HTML, in one line."""
    body = re.sub(r'(?s)<div style="display: ?none.*?</div>', "", page[page.index("<body") :])
    return " ".join(html.unescape(re.sub(r"(?s)<!--.*?-->|<[^>]*>", " ", body)).split())


def counts(facts):
    return {count["label"]: count["value"] for count in facts["counts"]}


# ------------------------------------------------------------------ numbers


def test_each_duty_stands_in_the_one_section_of_its_dates():
    facts = digest(
        case(1, "2026-03-16", "2026-03-27"),  # the outer date has passed
        case(2, "2026-03-24", "2026-03-30"),  # past the target; today is the last defensible day
        case(3, "2026-03-30", "2026-04-02"),
        case(4, "2026-03-31"),
        case(5, "2026-04-02", "2026-04-09"),
        case(6, "2026-04-07"),  # the fourth working day: Good Friday and Easter Monday are none
        with_action(7, "2026-03-27"),
        with_action(8, "2026-03-26", done=True),
    )
    rows = {s["title"]: [row[0] for row in s["rows"]] for s in facts["sections"]}
    assert rows == {
        "Overdue": ["CC-2026-000001-X", "CC-2026-000007-X"],
        "Past the target, not yet a breach": ["CC-2026-000002-X"],
        "Due today": ["CC-2026-000003-X"],
        "Due in the next three working days": ["CC-2026-000004-X", "CC-2026-000005-X"],
    }
    assert counts(facts) == {"Open complaints": 6, "Overdue": 2, "Due today": 1, "For your decision": 0}
    assert facts["headline_lines"] == ["2 duties are overdue and 1 is due today.", "Today: 1 response."]


def test_lateness_is_counted_in_working_days_from_the_outer_date():
    facts = digest(case(1, "2026-03-10", "2026-03-26"), with_action(2, "2026-03-27"))
    assert section(facts, "Overdue")["rows"] == [
        ["CC-2026-000001-X", "Matter 1", "Stage One response", "Sam Okafor", "2 working days late"],
        ["CC-2026-000002-X", "Matter 2", "Action 1: mend the gate", "Sam Okafor", "1 working day late"],
    ]


def test_dates_are_short_and_today_is_called_today():
    facts = digest(case(1, "2026-03-30"), case(2, "2026-03-30", "2026-04-01"), case(3, "2026-04-01"))
    assert [row[-1] for row in section(facts, "Due today")["rows"]] == ["today", "Wed 1 Apr"]
    assert section(facts, "Due in the next three working days")["rows"][0][-1] == "Wed 1 Apr"
    new_year = digest(asked(4, dt.datetime(2027, 1, 4, 16, 0, tzinfo=dt.UTC)))
    assert section(new_year, "Waiting for your decision")["rows"][0][-1] == "a complaint, Mon 4 Jan 2027"


def test_questions_stand_with_what_happens_without_an_answer_the_next_one_first():
    facts = digest(
        asked(1, dt.datetime(2026, 4, 2, 15, 0, tzinfo=dt.UTC)),
        asked(2, dt.datetime(2026, 3, 31, 15, 0, tzinfo=dt.UTC), Intent.SERVICE_REQUEST),
    )
    assert section(facts, "Waiting for your decision")["rows"] == [
        ["CC-2026-000002-X", "Matter 2", "What is this mail?", "a service request, Tue 31 Mar"],
        ["CC-2026-000001-X", "Matter 1", "What is this mail?", "a complaint, Thu 2 Apr"],
    ]
    assert counts(facts) == {"Open complaints": 0, "Overdue": 0, "Due today": 0, "For your decision": 2}
    assert facts["headline_lines"] == ["2 mails wait for your decision."]


def test_a_question_that_is_answered_waits_for_nobody():
    one = asked(1, MORNING)
    answered = replace(one, questions=tuple(replace(q, answered_at=MORNING) for q in one.questions))
    assert titles(digest(answered)) == []


def test_a_ground_that_nobody_has_decided_on_waits_for_the_supervisor():
    proposed = Proposal(1, "exclusion", "age", ("3.3 e1",), LONG_AGO)
    facts = digest(case(1, proposals=(proposed,)), case(2))
    assert section(facts, "Grounds for you to weigh")["rows"] == [
        ["CC-2026-000001-X", "Matter 1", "how old it is (3.3 e1)", "Mon 2 Mar"]
    ]
    assert counts(facts)["For your decision"] == 1
    assert facts["headline_lines"][0] == "1 ground is for you to weigh."
    decided = replace(proposed, decided_at=LONG_AGO, decision="accepted")
    assert "Grounds for you to weigh" not in titles(digest(case(1, proposals=(decided,))))


def test_a_response_that_nobody_has_approved_is_shown_with_who_may_and_until_when():
    draft = Draft("We are sorry.", "upheld", "sam", LONG_AGO, "m", ("alex",))
    waiting = case(1)
    waiting = replace(waiting, stage1=replace(waiting.stage1, draft=draft), restricted=True)
    facts = digest(waiting)
    assert section(facts, "Responses that wait for approval")["rows"] == [
        ["CC-2026-000001-X", "(restricted)", "Alex Reid", "Mon 20 Apr"]
    ]


def test_open_complaints_are_those_that_we_owe_an_answer():
    facts = digest(
        case(1),
        case(2, stage=Stage.STAGE2_OPEN, stage2=case(2).stage1),
        with_action(3, "2026-05-01"),
        case(4, stage=Stage.SERVICE_REQUEST, stage1=None),
    )
    assert counts(facts)["Open complaints"] == 2


def test_danger_comes_first_and_other_flags_have_their_own_table():
    facts = digest(
        case(1, "2026-03-16"),
        case(2, flags=(Flag.SAFEGUARDING, Flag.URGENT_HAZARD, Flag.VULNERABILITY)),
        case(3, flags=(Flag.MP_OR_COUNCILLOR, Flag.OMBUDSMAN)),
    )
    assert titles(facts) == ["Danger and safeguarding", "Overdue", "Ombudsman, elected members, legal"]
    assert section(facts, "Danger and safeguarding")["rows"] == [
        ["CC-2026-000002-X", "Matter 2", "Danger to health or safety; Safeguarding", "Sam Okafor"]
    ]
    assert section(facts, "Ombudsman, elected members, legal")["rows"][0][2] == "Ombudsman; MP or councillor"
    assert "1 open case speaks of danger or safeguarding." in facts["headline_lines"]


def test_what_is_stuck_is_said_in_words():
    facts = digest(
        case(1, handler=""),
        case(2, unreachable=("jo.finch@example.com",)),
        case(3, stage=Stage.SERVICE_REQUEST, stage1=None),
        quarantined=[("Photos", "KeyError: 'Jo Finch wrote this'", LONG_AGO), ("", "it is too big", MORNING)],
        troubled=[("CC-2026-000009-X", "final_response", "unknown"), ("", "digest", "held")],
        closed=[case(8, stage=Stage.CLOSED, stage1=None, closed_because="withdrawn")],
        filed=3,
        waiting_letters=2,
    )
    assert section(facts, "Without a handler")["rows"] == [["CC-2026-000001-X", "Matter 1", "Stage One"]]
    assert section(facts, "Customers not reached")["rows"] == [["CC-2026-000002-X", "Matter 2", "Sam Okafor"]]
    assert section(facts, "Service requests without an answer")["rows"] == [
        ["CC-2026-000003-X", "Matter 3", "Sam Okafor", "Mon 2 Mar"]
    ]
    assert section(facts, "Mails set aside")["rows"] == [
        ["Photos", "It could not be worked on (KeyError)", "Mon 2 Mar"],
        ["(no subject)", "It is too big", "today"],
    ]
    assert section(facts, "Letters in trouble")["rows"] == [
        ["CC-2026-000009-X", "Final response", "may or may not have gone out"],
        ["No case", "Digest", "was held back"],
    ]
    assert section(facts, "Closed since yesterday")["rows"] == [
        ["CC-2026-000008-X", "Matter 8", "the resident withdrew it"]
    ]
    assert (
        facts["headline_lines"][-1]
        == "2 letters are in trouble, 2 mails are set aside and 1 case has no handler."
    )
    assert facts["health"] == [
        "The mailbox complaints was read just now.",
        "2 letters wait to go out.",
        "3 mails were filed without a case since yesterday.",
    ]


@pytest.mark.parametrize(
    ("minutes", "told", "alarming"),
    [
        (1, "was read 1 minute ago.", False),
        (60, "was read 60 minutes ago.", False),
        (61, "was read 61 minutes ago.", True),
        (185, "was read 3 hours ago.", True),
        (3 * 24 * 60, "was read 3 days ago.", True),
        (None, "has not been read yet.", True),
    ],
)
def test_a_mailbox_that_nobody_reads_is_news(minutes, told, alarming):
    at = None if minutes is None else MORNING - dt.timedelta(minutes=minutes)
    facts = digest(case(1), looks={"complaints": at})
    assert facts["health"][0] == f"The mailbox complaints {told}"
    assert any("not been read for more than an hour" in line for line in facts["headline_lines"]) is alarming


def test_topics_are_counted_and_named_in_words():
    damp, charges = (Topic.DAMP_MOULD_LEAKS, Topic.REPAIRS), (Topic.CHARGES,)
    facts = digest(case(1, topics=damp), case(2, topics=damp), case(3, topics=charges), case(4))
    assert facts["bars"] == [
        {"label": "Damp, mould and leaks", "value": 2},
        {"label": "Rent and charges", "value": 1},
    ]


def test_there_are_words_for_all_that_can_stand_in_a_digest():
    assert set(TOPIC_WORDS) == set(Topic)
    assert set(STATE_WORDS) == {LetterState.FAILED, LetterState.UNKNOWN, LetterState.HELD}
    kinds = {
        duty.kind
        for played in (busy_month(), busy_month(MONDAY - dt.timedelta(days=20)))
        for one in played
        for duty in duties_of(one.case, POLICY, Calendar("ENG"))
    }
    assert {"contact", "response", "action"} <= kinds <= set(KINDS)


def test_one_is_singular_and_more_are_plural():
    one = headlines([], [], asked=1, proposed=1, dangers=1, nobody=1, set_aside=1, troubled=1, stale=())
    assert one == [
        "1 mail waits for your decision and 1 ground is for you to weigh.",
        "1 open case speaks of danger or safeguarding.",
        "1 letter is in trouble, 1 mail is set aside and 1 case has no handler.",
    ]
    two = headlines(
        [], [], asked=1200, proposed=2, dangers=2, nobody=2, set_aside=0, troubled=0, stale=("a", "b")
    )
    assert two == [
        "1,200 mails wait for your decision and 2 grounds are for you to weigh.",
        "The mailbox a and b has not been read for more than an hour: its mail is not known yet.",
        "2 open cases speak of danger or safeguarding.",
        "2 cases have no handler.",
    ]


def test_what_a_program_says_of_its_error_is_not_repeated():
    assert (
        plain_cause("UnicodeDecodeError: 'Amina Begum'") == "It could not be worked on (UnicodeDecodeError)"
    )
    assert plain_cause("sqlalchemy.exc.IntegrityError: x") == (
        "It could not be worked on (sqlalchemy.exc.IntegrityError)"
    )
    assert plain_cause("it has no readable sender") == "It has no readable sender"
    assert plain_cause("") == ""


# ------------------------------------------------------------------ as people read it


def busy_month(morning: dt.date = MONDAY):
    return desk.play(
        tuple(s for s in desk.STORIES if desk.day_of(s.happens[0].day) < morning),
        POLICY,
        desk.moment(morning, "07:30"),
    )


def test_no_name_address_or_words_of_a_resident_are_in_the_digest():
    letter = written(make.digest_of(busy_month(), POLICY, True))
    told = letter.subject + letter.text + shown(letter.html)
    for story in desk.STORIES:
        for private in (story.name, story.name.split()[-1], story.address):
            assert private not in told
        for words in re.findall(r"[^.?!\n]{12,}", story.happens[0].text):
            assert words.strip() == story.subject or words.strip() not in told
    assert "Smell of gas in the hall" in told


def test_the_text_says_every_number_and_word_of_the_tables():
    facts = make.digest_of(busy_month(), POLICY, True)
    letter = written(facts)
    text, page = letter.text, shown(letter.html)
    for number in re.findall(r"\d[\w-]*", page):
        assert number in text
    for table in facts["sections"]:
        for row in table["rows"]:
            for cell in row:
                assert cell in text
                assert cell.lower() in page.lower()
    for bar in facts["bars"]:
        assert re.search(rf"{bar['label']} +{bar['value']}\n", text)
    for count in facts["counts"]:
        assert re.search(rf"{count['label']} +{count['value']}\n", text)


def test_no_word_of_the_program_is_in_the_digest():
    letter = written(make.digest_of(busy_month(), POLICY, True))
    for told in (letter.subject, letter.text, shown(letter.html)):
        assert not re.search(r"\d{4}-\d\d-\d\d", told)
        assert not re.search(r"[a-z0-9]_[a-z]|\bstage[12]\b|\bNone\b|Topic\.|Flag\.", told)


def test_a_quiet_day_is_a_short_mail():
    facts = digest(case(1))
    assert facts["sections"] == []
    assert facts["headline_lines"] == ["Nothing is overdue, due today or waiting for you."]
    letter = written(facts)
    assert len(letter.text.splitlines()) < 25
    assert letter.subject == (
        "Complaints today, Mon 30 Mar 2026: Nothing is overdue, due today or waiting for you."
    )


def test_two_hundred_open_cases_stay_under_100_kilobytes_and_none_is_lost_without_a_word():
    played = busy_month()
    cases = [
        replace(one.case, reference=f"CC-2026-{1000 * round_ + n:06d}-X", subject=f"{one.case.subject} " * 4)
        for round_ in range(1, 10)
        for n, one in enumerate(played)
        if one.case.stage is not Stage.CLOSED
    ]
    assert len(cases) >= 190
    facts = digest(
        *cases,
        *(case(n, "2026-03-10") for n in range(60)),
        troubled=[(f"CC-2026-{n:06d}-X", "response", "unknown") for n in range(40)],
        quarantined=[(f"Mail {n}", "it is too big", MORNING) for n in range(40)],
    )
    letter = written(facts)
    assert len(letter.raw) < 100_000
    for title, number in (("Overdue", counts(facts)["Overdue"]), ("Letters in trouble", 40)):
        table = section(facts, title)
        hidden = int(re.search(r"(\d+) more (?:is|are) not shown here", table["note"])[1])
        assert len(table["rows"]) + hidden == number
        assert len(table["rows"]) >= 3


@pytest.mark.parametrize(
    "subject", ["2026-99-99", "2026-03-26", "", "x" * 500, "<b>{{ 7 * 7 }}</b>", "a\nb\u202ec"]
)
def test_no_subject_line_can_stop_the_digest(subject):
    letter = written(digest(case(1, "2026-03-30", subject=subject), quarantined=[(subject, "odd", MORNING)]))
    assert "CC-2026-000001-X" in letter.text
    assert "<b>{{" not in letter.html and "49" not in letter.text
    assert len(letter.text) < 3_000


def test_a_resident_with_an_odd_name_is_still_not_in_it():
    odd = case(1, "2026-03-30", parties=(Party("x@example.org", "<script>Zoë</script>"),))
    assert "Zoë" not in written(digest(odd)).text


def test_the_digest_takes_the_facts_that_its_form_names():
    form = STATIONERY.form(Letter.DIGEST)
    assert form.required <= set(digest()) <= form.required | set(form.optional)


def test_days_on_which_the_office_is_shut_are_shown_two_weeks_ahead():
    soon, far = MONDAY + dt.timedelta(days=10), MONDAY + dt.timedelta(days=20)
    closed = Calendar("ENG", closure_days=frozenset({soon, far}))
    facts = digest(rules=replace(RULES, calendar=closed))
    said = [line for line in facts["health"] if "office" in line]
    assert said == [f"The office is closed on {soon.day} {soon:%B}. Deadlines run on."]
    assert not [line for line in digest()["health"] if "office" in line]
