"""The digest: every number is right, nobody's name or words are in it, and it is short enough to be read."""

from __future__ import annotations

import datetime as dt
import html
import re
from dataclasses import replace

import pytest
from morning_cases import (
    ALEX,
    LONG_AGO,
    MONDAY,
    MORNING,
    POLICY,
    RULES,
    STATIONERY,
    asked,
    buttons,
    case,
    desk,
    digest,
    make,
    rows,
    titles,
    with_action,
    written,
)

from mailbot.casework.calendar import Calendar
from mailbot.casework.duties import duties_of
from mailbot.casework.vocabulary import (
    Draft,
    Due,
    Flag,
    Intent,
    Letter,
    Matter,
    Party,
    Proposal,
    Stage,
    Topic,
)
from mailbot.reports.digest import Reader
from mailbot.reports.rows import Aside, Loose
from mailbot.reports.wording import KINDS, STATE_WORDS, TOPIC_WORDS, plain_cause, without_names
from storage.rows import LetterState


def shown(page: str) -> str:
    """What a reader sees of the HTML, in one line."""
    body = re.sub(r'(?s)<div style="display: ?none.*?</div>', "", page[page.index("<body") :])
    return " ".join(html.unescape(re.sub(r"(?s)<!--.*?-->|<[^>]*>", " ", body)).split())


def counts(facts):
    return {count["label"]: count["value"] for count in facts["counts"]}


def drafted(number, approver, **changes):
    draft = Draft("We are sorry.", "upheld", "sam", LONG_AGO, "m", (approver,))
    waiting = case(number, **changes)
    return replace(waiting, stage1=replace(waiting.stage1, draft=draft))


# ------------------------------------------------------------------ numbers


def test_each_duty_stands_in_the_one_table_of_its_dates():
    facts = digest(
        case(1, "2026-03-16", "2026-03-27"),  # the outer date has passed
        case(2, "2026-03-24", "2026-03-30"),  # past the target; today is the last defensible day
        case(3, "2026-03-30", "2026-04-02"),
        case(4, "2026-03-31"),
        case(5, "2026-04-02", "2026-04-09"),
        case(6, "2026-04-07"),  # the fourth working day: Good Friday and Easter Monday are none
        with_action(7, "2026-03-27"),
        with_action(8, "2026-03-26", done=True),
        with_action(9, "2026-04-01"),
    )
    found = {s["title"]: [row[0] for row in rows(facts, s["title"])] for s in facts["sections"]}
    assert found == {
        "Overdue": ["CC-2026-000001-X", "CC-2026-000007-X"],
        "Past the target, not yet a breach": ["CC-2026-000002-X"],
        "Due today": ["CC-2026-000003-X"],
        "Promised actions due in the next three working days": ["CC-2026-000009-X"],
        "Due in the next three working days": ["CC-2026-000004-X", "CC-2026-000005-X"],
    }
    assert counts(facts) == {"Open complaints": 6, "Overdue": 2, "Due today": 1, "For your decision": 0}
    assert facts["headline_lines"] == [
        "2 duties are overdue, the longest by 1 working day.",
        "1 response is due today.",
    ]


def test_an_acknowledgement_that_has_not_gone_is_shown_whenever_it_is_due():
    def fresh(number, due):
        made = case(number)
        day = dt.date.fromisoformat(due)
        return replace(made, stage1=replace(made.stage1, acknowledged_at=None, acknowledge=Due(day, day)))

    facts = digest(
        fresh(1, "2026-03-27"), fresh(2, "2026-03-30"), fresh(3, "2026-04-01"), fresh(4, "2026-04-09")
    )
    assert [row[0] for row in rows(facts, "Overdue")] == ["CC-2026-000001-X"]
    assert [row[0] for row in rows(facts, "Due today")] == ["CC-2026-000002-X"]
    assert rows(facts, "Not acknowledged yet") == [
        ["CC-2026-000003-X", "Matter 3", "Stage One acknowledgement", "Sam Okafor", "Wed 1 Apr"],
        ["CC-2026-000004-X", "Matter 4", "Stage One acknowledgement", "Sam Okafor", "Thu 9 Apr"],
    ]
    assert "Due in the next three working days" not in titles(facts)
    assert facts["headline_lines"] == [
        "1 acknowledgement is overdue by 1 working day.",
        "1 acknowledgement is due today.",
    ]


def test_lateness_is_counted_in_working_days_from_the_outer_date():
    facts = digest(case(1, "2026-03-10", "2026-03-26"), with_action(2, "2026-03-27"))
    assert rows(facts, "Overdue") == [
        ["CC-2026-000001-X", "Matter 1", "Stage One response", "Sam Okafor", "2 working days late"],
        ["CC-2026-000002-X", "Matter 2", "Action 1: mend the gate", "Sam Okafor", "1 working day late"],
    ]


def test_dates_are_short_and_today_is_called_today():
    facts = digest(case(1, "2026-03-30"), case(2, "2026-03-30", "2026-04-01"), case(3, "2026-04-01"))
    assert [row[-1] for row in rows(facts, "Due today")] == ["today", "Wed 1 Apr"]
    assert rows(facts, "Due in the next three working days")[0][-1] == "Wed 1 Apr"
    new_year = digest(asked(4, dt.datetime(2027, 1, 4, 16, 0, tzinfo=dt.UTC)))
    assert rows(new_year, "Waiting for your decision")[0][-1] == "a complaint, Mon 4 Jan 2027"


# ------------------------------------------------------------------ decisions


def test_questions_stand_with_what_happens_without_an_answer_the_next_one_first():
    facts = digest(
        asked(1, dt.datetime(2026, 4, 2, 15, 0, tzinfo=dt.UTC)),
        asked(2, dt.datetime(2026, 3, 31, 15, 0, tzinfo=dt.UTC), Intent.SERVICE_REQUEST),
    )
    assert rows(facts, "Waiting for your decision") == [
        ["CC-2026-000002-X", "Matter 2", "What is this mail?", "a service request, Tue 31 Mar"],
        ["CC-2026-000001-X", "Matter 1", "What is this mail?", "a complaint, Thu 2 Apr"],
    ]
    assert buttons(facts, "Waiting for your decision")[0] == [
        "#sort complaint",
        "#sort service request",
        "#sort other",
    ]
    assert counts(facts)["For your decision"] == 2
    assert facts["headline_lines"] == ["2 mails wait for your decision."]


def test_where_two_mails_wait_on_one_case_each_button_says_which():
    first = asked(1, MORNING).questions[0]
    both = case(1, questions=(first, replace(first, number=2)))
    assert [line[0] for line in buttons(digest(both), "Waiting for your decision")] == [
        "#sort 1 reply",
        "#sort 2 reply",
    ]


def test_a_question_that_is_answered_waits_for_nobody():
    one = asked(1, MORNING)
    answered = replace(one, questions=tuple(replace(q, answered_at=MORNING) for q in one.questions))
    assert titles(digest(answered)) == []


def test_a_ground_that_nobody_has_decided_on_waits_for_the_supervisor():
    proposed = Proposal(1, "exclusion", "insurance_claim", ("3.3 e1",), LONG_AGO)
    facts = digest(case(1, proposals=(proposed,)), case(2))
    assert rows(facts, "Waiting for your decision") == [
        [
            "CC-2026-000001-X",
            "Matter 1",
            "Ground to weigh: an insurance claim (3.3 e1)",
            "it goes on; since Mon 2 Mar",
        ]
    ]
    assert buttons(facts, "Waiting for your decision") == [["#accept", "#decline insurance claim because "]]
    assert facts["headline_lines"][0] == "1 ground waits for your decision."
    decided = replace(proposed, decided_at=LONG_AGO, decision="accepted")
    assert titles(digest(case(1, proposals=(decided,)))) == []


def test_a_response_to_approve_has_its_buttons_for_whoever_may_approve_it_and_for_nobody_else():
    facts = digest(drafted(1, "alex"), drafted(2, "kim"))
    assert rows(facts, "Waiting for your decision") == [
        ["CC-2026-000001-X", "Matter 1", "Response for you to approve", "nothing goes; due Mon 20 Apr"],
        ["CC-2026-000002-X", "Matter 2", "Response for Kim Li to approve", "nothing goes; due Mon 20 Apr"],
    ]
    assert buttons(facts, "Waiting for your decision") == [["#approve", "#return because "], []]
    assert counts(facts)["For your decision"] == 1
    assert facts["headline_lines"] == ["1 response waits for your decision."]


def test_a_head_reads_of_all_and_is_offered_no_command_that_they_may_not_give():
    facts = digest(case(1, "2026-03-16"), asked(2, MORNING), reader=Reader("hanna", acts=False))
    assert buttons(facts, "Overdue") == [["sam@landlord.example.org"]]
    assert buttons(facts, "Waiting for a decision") == [[]]
    assert counts(facts)["For a decision"] == 1
    assert "your" not in " ".join(facts["headline_lines"])


# ------------------------------------------------------------------ whose, and how much of it


def test_a_team_s_digest_holds_its_cases_and_what_nobody_has():
    cases = (
        case(1, "2026-03-16"),
        case(2, "2026-03-16", handler="kim"),
        case(3, "2026-03-16", handler=""),
        case(4, "2026-03-16", handler="somebody who left"),
    )
    repairs = digest(*cases, reader=Reader("alex", ("Repairs",)))
    assert [row[0][12:14] for row in rows(repairs, "Overdue")] == ["01", "03", "04"]
    assert counts(repairs)["Overdue"] == 3
    assert counts(digest(*cases))["Overdue"] == 4
    told = written(repairs)
    assert told.subject.startswith("Complaints today, Repairs, Mon 30 Mar 2026: 3 responses are overdue")
    assert "morning digest: Repairs" in shown(told.html) and "Complaints of Repairs" in told.text


def test_restricted_cases_are_counted_and_nothing_else_of_them_is_shown():
    hidden = {"restricted": True, "subject": "About the caretaker"}
    proposal = Proposal(1, "exclusion", "age", ("3.3 e1",), LONG_AGO)
    facts = digest(
        case(1, "2026-03-16", **hidden, flags=(Flag.SAFEGUARDING,)),
        case(2, "2026-03-30", **hidden, proposals=(proposal,)),
        case(3, "2026-03-30"),
        closed=(case(4, stage=Stage.CLOSED, stage1=None, closed_because="withdrawn", **hidden),),
    )
    assert facts["restricted"] == (
        "2 cases are restricted and not shown here: 1 overdue, 1 due today, 1 waiting for a decision."
    )
    assert counts(facts) == {"Open complaints": 3, "Overdue": 1, "Due today": 2, "For your decision": 1}
    letter = written(facts)
    for told in (letter.subject, letter.text, letter.html):
        assert (
            "000001" not in told and "000002" not in told and "000004" not in told and "caretaker" not in told
        )
    assert facts["restricted"] in letter.text and facts["restricted"] in shown(letter.html)
    quiet = digest(case(1, **hidden))
    assert quiet["restricted"] == "1 case is restricted and not shown here: nothing is due on them."


def test_with_references_only_no_word_of_anybody_outside_is_in_it():
    facts = digest(
        case(1, "2026-03-16", subject="Damp in my room"),
        with_action(2, "2026-03-30"),
        asked(3, MORNING),
        reader=Reader("alex", references_only=True),
        aside=(Aside("0mail", "Photos of me", "it is too big", MORNING),),
    )
    assert rows(facts, "Overdue")[0][:3] == ["CC-2026-000001-X", "CC-2026-000001-X", "Stage One response"]
    assert rows(facts, "Due today")[0][2] == "Action 1"
    assert rows(facts, "Quarantine: mails set aside") == [["0mail", "0mail", "It is too big", "today"]]
    told = written(facts)
    for words in ("Damp", "Matter", "gate", "Photos"):
        assert words not in told.text + shown(told.html)


# ------------------------------------------------------------------ the other tables


def test_open_complaints_are_those_that_we_owe_an_answer():
    facts = digest(
        case(1),
        case(2, stage=Stage.STAGE2_OPEN, stage2=case(2).stage1),
        with_action(3, "2026-05-01"),
        case(4, stage=Stage.SERVICE_REQUEST, stage1=None),
    )
    assert counts(facts)["Open complaints"] == 2


def test_danger_comes_first_the_newest_on_top_and_other_flags_have_their_own_table():
    facts = digest(
        case(1, "2026-03-16"),
        case(2, flags=(Flag.SAFEGUARDING, Flag.URGENT_HAZARD, Flag.VULNERABILITY)),
        case(3, flags=(Flag.MP_OR_COUNCILLOR, Flag.OMBUDSMAN)),
        case(4, flags=(Flag.URGENT_HAZARD,), received_at=MORNING),
        case(5, matter=Matter.OMBUDSMAN),
    )
    assert titles(facts)[:2] == ["Emergencies and safeguarding", "Overdue"]
    assert rows(facts, "Emergencies and safeguarding") == [
        ["CC-2026-000004-X", "Matter 4", "Danger to health or safety", "Sam Okafor"],
        ["CC-2026-000002-X", "Matter 2", "Danger to health or safety; Safeguarding", "Sam Okafor"],
    ]
    outside = {row[0]: row[2] for row in rows(facts, "MPs, the Ombudsman, legal")}
    assert outside == {"CC-2026-000003-X": "Ombudsman; MP or councillor", "CC-2026-000005-X": "Ombudsman"}
    assert "2 open cases speak of danger or safeguarding." in facts["headline_lines"]


def test_what_is_stuck_is_said_in_words():
    facts = digest(
        case(1, handler=""),
        case(4, handler="somebody-who-left"),
        case(2, unreachable=("jo.finch@example.com",)),
        case(3, stage=Stage.SERVICE_REQUEST, stage1=None),
        aside=(
            Aside("0a", "Photos", "KeyError: 'Jo Finch wrote this'", LONG_AGO),
            Aside("0b", "", "it is too big", MORNING),
        ),
        troubled=(("CC-2026-000009-X", "final_response", "unknown"), ("", "digest", "held")),
        closed=(case(8, stage=Stage.CLOSED, stage1=None, closed_because="withdrawn"),),
        filed=3,
        waiting_letters=2,
    )
    assert rows(facts, "Without a handler") == [
        ["CC-2026-000001-X", "Matter 1", "Stage One"],
        ["CC-2026-000004-X", "Matter 4", "Stage One"],
    ]
    assert buttons(facts, "Without a handler") == [["#assign "], ["#assign "]]
    assert rows(facts, "Customers not reached")[0][:3] == ["CC-2026-000002-X", "Matter 2", "Sam Okafor"]
    assert rows(facts, "Service requests without an answer") == [
        ["CC-2026-000003-X", "Matter 3", "Sam Okafor", "Mon 2 Mar"]
    ]
    assert rows(facts, "Quarantine: mails set aside") == [
        ["0a", "Photos", "It could not be worked on (KeyError)", "Mon 2 Mar"],
        ["0b", "(no subject)", "It is too big", "today"],
    ]
    assert rows(facts, "Letters in trouble") == [
        ["CC-2026-000009-X", "CC-2026-000009-X", "Final response", "may or may not have gone out"],
        ["No case", "No case", "Digest", "was held back"],
    ]
    assert rows(facts, "Closed since the last digest") == [
        ["CC-2026-000008-X", "Matter 8", "the resident withdrew it"]
    ]
    assert (
        facts["headline_lines"][-1]
        == "2 letters are in trouble, 2 mails are set aside and 2 cases have no handler."
    )
    assert facts["health"] == [
        "Mailbox complaints was read just now; 2 letters wait to go out.",
        "3 mails were filed without a case since the last digest.",
    ]


def test_what_was_reopened_since_the_last_digest_is_shown_once():
    friday_noon = dt.datetime(2026, 3, 27, 12, 0, tzinfo=dt.UTC)
    thursday = dt.datetime(2026, 3, 26, 12, 0, tzinfo=dt.UTC)
    facts = digest(case(1, reopened_at=friday_noon), case(2, reopened_at=thursday))
    assert rows(facts, "Reopened since the last digest") == [
        ["CC-2026-000001-X", "Matter 1", "Stage One", "Sam Okafor"]
    ]


@pytest.mark.parametrize(
    ("minutes", "told", "alarming"),
    [
        (1, "was read 1 minute ago", False),
        (60, "was read 60 minutes ago", False),
        (61, "was read 61 minutes ago", True),
        (185, "was read 3 hours ago", True),
        (3 * 24 * 60, "was read 3 days ago", True),
        (None, "has not been read yet", True),
    ],
)
def test_a_mailbox_that_nobody_reads_is_news(minutes, told, alarming):
    at = None if minutes is None else MORNING - dt.timedelta(minutes=minutes)
    facts = digest(case(1), looks={"complaints": at})
    assert facts["health"][0] == f"Mailbox complaints {told}; no letter waits to go out."
    assert any("not been read for more than an hour" in line for line in facts["headline_lines"]) is alarming
    first = digest(looks={})  # of a start in the day, before anybody has looked
    assert first["health"][0] == "No mailbox has been read yet; no letter waits to go out."


def test_the_end_of_a_password_is_told_thirty_days_ahead_and_when_it_has_passed():
    ends = {"a": "2026-03-29", "b": "2026-03-30", "c": "2026-04-29", "d": "2026-04-30"}
    facts = digest(
        expiries=tuple((f"The password of {k}", dt.date.fromisoformat(v)) for k, v in ends.items())
    )
    assert facts["health"][1:] == [
        "The password of a ended on Sun 29 Mar: no mail passes until it is renewed.",
        "The password of b ends today: have it renewed.",
        "The password of c ends on Wed 29 Apr, in 30 days: have it renewed.",
    ]


def test_topics_are_counted_and_named_in_words():
    damp, charges = (Topic.DAMP_MOULD_LEAKS, Topic.REPAIRS), (Topic.CHARGES,)
    facts = digest(case(1, "2026-03-30", topics=damp), case(2, topics=damp), case(3, topics=charges), case(4))
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


def test_three_lines_say_what_matters_and_one_is_singular():
    def lines(*cases, **changes):
        return digest(*cases, **changes)["headline_lines"]

    assert lines(case(1, "2026-03-10", "2026-03-26"), case(2, "2026-03-30"), asked(3, MORNING)) == [
        "1 response is overdue by 2 working days.",
        "1 response is due today, and 1 mail waits for your decision.",
    ]
    everything = lines(
        case(1, "2026-03-26", flags=(Flag.URGENT_HAZARD,)),
        case(2, "2026-03-27", handler=""),
        with_action(3, "2026-03-30"),
        with_action(4, "2026-03-30"),
        drafted(5, "alex"),
        aside=(Aside("0", "x", "y", MORNING),),
        troubled=(("", "digest", "held"),),
        looks={"a": None, "b": None},
    )
    assert everything == [
        "2 responses are overdue, the longest by 2 working days.",
        "2 promised actions are due today, and 1 response waits for your decision.",
        "The mailbox a and b has not been read for more than an hour, 1 open case speaks of danger or safeguarding, "
        "1 letter is in trouble, 1 mail is set aside and 1 case has no handler.",
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


@pytest.mark.parametrize(
    ("subject", "told"),
    [
        ("Complaint from Jo Finch, 4 Elm Road", "Complaint from …, 4 Elm Road"),
        ("JO.FINCH@EXAMPLE.COM: the lift", "…: the lift"),
        ("Finch: joined-up thinking about finches", "…: joined-up thinking about finches"),
    ],
)
def test_a_name_in_the_subject_line_is_taken_out(subject, told):
    assert without_names(subject, case(1)) == told


def test_the_text_says_every_number_and_word_of_the_tables():
    facts = make.digest_of(busy_month(), POLICY, True)
    letter = written(facts)
    text, page = letter.text, shown(letter.html)
    for number in re.findall(r"\d[\w-]*", page):
        assert number in text
    for table in facts["sections"]:
        for row in table["rows"]:
            for told in (row["lead"], row["under"], *row["cells"]):
                assert told in text
                assert told.lower() in page.lower()
    for bar in facts["bars"]:
        assert re.search(rf"{bar['label']} +{bar['value']}\n", text)
    for count in facts["counts"]:
        assert re.search(rf"{count['label']} +{count['value']}\n", text)
    for week in facts["trend"]:
        assert re.search(rf"{week['week']} +{week['opened']} +{week['closed']} +{week['open']}\n", text)


def test_no_word_of_the_program_is_in_the_digest():
    letter = written(make.digest_of(busy_month(), POLICY, True))
    for told in (letter.subject, letter.text, shown(letter.html)):
        assert not re.search(r"\d{4}-\d\d-\d\d", told)
        assert not re.search(r"[a-z0-9]_[a-z]|\bstage[12]\b|\bNone\b|Topic\.|Flag\.", told)


def test_a_quiet_day_is_a_short_mail_without_charts():
    flow = ((MONDAY, None, "sam"),)
    facts = digest(case(1, topics=(Topic.REPAIRS,)), flow=flow)
    assert facts["sections"] == facts["bars"] == facts["trend"] == []
    assert facts["headline_lines"] == ["Nothing is overdue, due today or waiting for you."]
    letter = written(facts)
    assert len(letter.text.splitlines()) < 25
    assert letter.subject == (
        "Complaints today, Mon 30 Mar 2026: Nothing is overdue, due today or waiting for you."
    )


@pytest.mark.parametrize(
    "subject", ["2026-99-99", "2026-03-26", "", "x" * 500, "<b>{{ 7 * 7 }}</b>", "a\nb\u202ec"]
)
def test_no_subject_line_can_stop_the_digest(subject):
    aside = (Aside("0mail", subject, "odd", MORNING),)
    letter = written(digest(case(1, "2026-03-30", subject=subject), aside=aside))
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


def test_the_buttons_write_about_their_case_and_ask_its_handler():
    letter = written(digest(case(1, "2026-03-16"), asked(2, MORNING)))
    links = re.findall(r'href="(mailto:[^"]+)"', letter.html)
    assert "mailto:sam@landlord.example.org?subject=CC-2026-000001-X%20Matter%201" in links
    sort = next(link for link in links if "sort%20complaint" in link)
    assert "subject=Re%3A%20CC-2026-000002-X&amp;" in sort
    assert ALEX.address not in letter.html


def test_a_letter_of_no_case_that_waits_is_a_decision_with_its_own_reference_and_two_buttons() -> None:
    since = dt.datetime(2026, 3, 27, 9, 0, tzinfo=dt.UTC)
    thanks = Loose("LETTER-27-1", "feedback receipt", "Thank you all", since)
    held = replace(thanks, reference="LETTER-5-2", subject="", why="more than 6 letters a day to one address")
    facts = digest(loose=(thanks, held))
    title = "Waiting for your decision"
    assert rows(facts, title) == [
        [
            "LETTER-27-1",
            "Thank you all",
            "Shall this feedback receipt go?",
            "it does not go; since Fri 27 Mar",
        ],
        [
            "LETTER-5-2",
            "LETTER-5-2",
            "Shall this feedback receipt go? (more than 6 letters a day to one address)",
            "it does not go; since Fri 27 Mar",
        ],
    ]
    assert buttons(facts, title) == [["#release", "#discard because "]] * 2
    assert "2 letters wait for your decision" in str(facts["headline_lines"])
    for reader, found in (
        (Reader("head", acts=False), [[], []]),
        (Reader("sam", ("north",)), buttons(facts, title)),
    ):
        theirs = digest(loose=(thanks, held), reader=reader)  # of no team, so everybody's
        assert [[b["line"] for b in row["buttons"]] for s in theirs["sections"] for row in s["rows"]] == found  # type: ignore[union-attr,index,call-overload,misc]
    private = digest(loose=(thanks,), reader=Reader(ALEX.key, references_only=True))
    assert rows(private, title)[0][:2] == ["LETTER-27-1", "LETTER-27-1"]
