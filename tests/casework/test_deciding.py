"""What only a person decides, what one mail asks for in whatever order, and what staff read about it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from casework_samples import PEOPLE, SAM, at, letters, mail, rulebook

from mailbot.casework import money
from mailbot.casework.forms import ParsedAct, help_lines, in_order
from mailbot.casework.lifecycle import decide
from mailbot.casework.nouns import called
from mailbot.casework.rulebook import Rulebook
from mailbot.casework.vocabulary import (
    Act,
    Case,
    Decision,
    Event,
    Flag,
    Intent,
    Letter,
    Raised,
    StaffActed,
    Stage,
    Timer,
    TimerFell,
)


def act(what: Act, day: str, who: str = "sam", words: str = "", text: str = "", **more: object) -> StaffActed:
    return StaffActed(at(day), who, what, words=words, text=text, **more)  # type: ignore[arg-type]


def last(rules: Rulebook, *events: Event) -> tuple[Case, Decision]:
    case: Case | None = None
    decision = Decision(None)
    for event in events:
        decision = decide(case, event, rules)
        assert not decision.refused, decision.refused
        case = decision.case
    assert case is not None
    return case, decision


COMPLAINT = mail(Intent.NEW_COMPLAINT, "2026-03-02")
TWO_GROUNDS = mail(
    Intent.NEW_COMPLAINT,
    "2026-03-02",
    flags=(Raised(Flag.OLDER_THAN_12_MONTHS), Raised(Flag.LEGAL_PROCEEDINGS_ISSUED)),
)

# ------------------------------------------------------------------ one mail, in whatever order


def test_an_action_below_the_response_is_done_before_it_so_that_the_letter_names_it() -> None:
    asked = (ParsedAct(Act.RESPOND), ParsedAct(Act.ACTION), ParsedAct(Act.NOTE))
    assert [a.act for a in in_order(asked)] == [Act.ACTION, Act.NOTE, Act.RESPOND]
    assert in_order(tuple(reversed(asked)))[-1].act is Act.RESPOND


def test_what_moves_or_ends_the_case_comes_after_what_is_recorded_on_it() -> None:
    asked = tuple(ParsedAct(a) for a in (Act.ASSIGN, Act.CLOSE, Act.DONE, Act.REPLY, Act.SORT))
    assert [a.act for a in in_order(asked)] == [Act.SORT, Act.DONE, Act.REPLY, Act.CLOSE, Act.ASSIGN]


def test_two_acts_of_one_kind_stay_in_their_order() -> None:
    asked = (ParsedAct(Act.ACTION, "first"), ParsedAct(Act.RESPOND), ParsedAct(Act.ACTION, "second"))
    assert [a.words for a in in_order(asked)] == ["first", "second", ""]


# ------------------------------------------------------------------ one ground of several


def test_declining_on_one_ground_decides_on_no_other() -> None:
    refused = act(Act.DECLINE, "2026-03-03", "alex", ground="age", text="It ended in 2019.")
    case, _ = last(rulebook("code-2024"), TWO_GROUNDS, refused)
    by_ground = {p.ground: (p.decision, p.decided_by) for p in case.proposals[:2]}
    assert by_ground == {"age": ("refused", "alex"), "legal_proceedings": ("lapsed", "")}
    assert not case.open_proposals


def test_declining_stage_2_leaves_what_is_proposed_against_the_complaint_open() -> None:
    response = act(Act.RESPOND, "2026-03-10", words="upheld", text="Sorry.")
    late = mail(Intent.ESCALATION_REQUEST, "2026-09-30")
    declined = act(Act.DECLINE, "2026-10-01", "alex", ground="late", text="Our answer said until when.")
    case, _ = last(rulebook("mhs"), TWO_GROUNDS, response, late, declined)
    assert {p.ground for p in case.open_proposals} == {"age", "legal_proceedings"} & {
        p.ground for p in case.proposals
    }


# ------------------------------------------------------------------ the landlord's own noun


def test_staff_read_their_own_noun_and_nobodys_words_are_changed() -> None:
    assert called("customer", "Write #resident and the resident's address.") == (
        "Write #resident and the customer's address."
    )
    assert called("customer", "Residents of “the resident's hall” wrote.") == (
        "Customers of “the resident's hall” wrote."
    )
    assert called("resident", "The resident wrote.") == "The resident wrote."


def test_buttons_echoes_and_help_speak_of_a_customer_where_the_policy_does() -> None:
    rules = rulebook("mtvh")
    _, opened = last(rules, COMPLAINT)
    (assigned,) = [e for e in letters(opened.effects) if e.letter is Letter.CASE_ASSIGNED]
    prepared = str(assigned.facts["commands"])
    assert "customer is to read" in prepared and "the resident" not in prepared
    _, sent = last(rules, COMPLAINT, act(Act.REPLY, "2026-03-03", text="We come on Friday."))
    (echo,) = [e for e in letters(sent.effects) if e.letter is Letter.COMMAND_DONE]
    assert echo.facts["done"] == "Your reply was sent to the customer."
    assert not any("the resident" in line.partition(": ")[2] for line in help_lines("customer"))


def test_a_note_that_speaks_of_the_resident_is_kept_as_it_was_written() -> None:
    rules = rulebook("mtvh")
    case, _ = last(rules, COMPLAINT)
    noted = decide(case, act(Act.NOTE, "2026-03-03", words="the resident is away"), rules)
    assert "the resident is away" in noted.summary


# ------------------------------------------------------------------ closing for silence is a supervisor's

RESPONSE = act(Act.RESPOND, "2026-03-10", words="upheld", text="Sorry.")


def silent(policy: str = "code-2024") -> tuple[Rulebook, Case, Decision]:
    """Answered on 10 March, reminded, and nothing heard: the morning on which it may close."""
    rules = rulebook(policy)
    reminded = TimerFell(at("2026-03-31", "08:30"), Timer.REMIND_WINDOW, at("2026-03-31", "08:30"))
    ends = TimerFell(at("2026-04-10", "08:30"), Timer.CLOSE_SILENT, at("2026-04-10", "08:30"))
    case, decision = last(rules, COMPLAINT, RESPONSE, reminded, ends)
    return rules, case, decision


def test_a_whole_silence_is_put_before_a_supervisor_with_its_clause_and_what_shows_it() -> None:
    rules, case, decision = silent()
    assert case.stage is Stage.STAGE1_RESPONDED
    (asked,) = letters(decision.effects)
    assert (asked.letter, asked.person) == (Letter.PROPOSAL, "alex")
    assert "House 9" in asked.because and "House 46" in asked.because
    assert "Answered on 2026-03-10" in str(asked.facts["evidence"])
    assert [a["line"] for a in asked.facts["answers"]] == ["#approve 1", "#return 1 because "]  # type: ignore[index, union-attr, call-overload]
    closed = decide(case, act(Act.APPROVE, "2026-04-13", "alex", number=1), rules)
    assert closed.case is not None and closed.case.closed_because == "silence"
    assert Letter.CLOSURE in {e.letter for e in letters(closed.effects)}


def test_only_a_supervisor_approves_and_a_refusal_leaves_the_case_open() -> None:
    rules, case, _ = silent()
    assert (
        "A supervisor decides" in decide(case, act(Act.APPROVE, "2026-04-13", "sam", number=1), rules).refused
    )
    refused = decide(case, act(Act.RETURN, "2026-04-13", "alex", number=1, reason="she is ill"), rules)
    assert refused.case is not None and refused.case.stage is Stage.STAGE1_RESPONDED
    assert not refused.case.open_proposals
    assert "she is ill" in str([e.facts.get("what") for e in letters(refused.effects)])


def test_a_word_of_the_residents_ends_the_proposal() -> None:
    rules, case, _ = silent()
    wrote = decide(case, mail(Intent.REPLY, "2026-04-12"), rules)
    assert wrote.case is not None
    assert [p.decision for p in wrote.case.proposals] == ["lapsed"]
    assert "Nothing" in decide(wrote.case, act(Act.APPROVE, "2026-04-13", "alex"), rules).refused or (
        "sent, and nothing" in decide(wrote.case, act(Act.APPROVE, "2026-04-13", "alex"), rules).refused
    )


def test_a_supervisor_is_reminded_of_it_and_asked_once() -> None:
    rules, case, _ = silent()
    again = TimerFell(at("2026-04-17", "08:30"), Timer.CLOSE_SILENT, at("2026-04-17", "08:30"))
    reminded = decide(case, again, rules)
    assert [e.letter for e in letters(reminded.effects)] == [Letter.ALERT]
    assert reminded.case is not None and len(reminded.case.proposals) == 1


def test_a_handler_proposes_to_close_and_what_was_not_answered_is_never_closed_by_it() -> None:
    rules = rulebook("code-2024")
    case, decision = last(rules, COMPLAINT, act(Act.CLOSE, "2026-03-05", words="proposed", reason="all done"))
    (asked,) = [e for e in letters(decision.effects) if e.letter is Letter.PROPOSAL]
    assert asked.facts["answers"][0]["line"] == "#close withdrawn"  # type: ignore[index, call-overload]
    assert (
        "No response was sent"
        in decide(case, act(Act.APPROVE, "2026-03-06", "alex", number=1), rules).refused
    )
    early = decide(case, act(Act.CLOSE, "2026-03-05", words="silence", reason="no answer"), rules)
    assert early.refused
    answered, _ = last(
        rules, COMPLAINT, RESPONSE, act(Act.CLOSE, "2026-03-12", words="proposed", reason="moved")
    )
    closed = decide(answered, act(Act.APPROVE, "2026-03-13", "alex"), rules)
    assert closed.case is not None and closed.case.closed_because == "decided"


# ------------------------------------------------------------------ limits on contact


def test_a_limit_on_contact_is_a_proposal_of_a_handlers_and_a_supervisors_word() -> None:
    rules = rulebook("code-2024")
    asked = act(
        Act.RESTRICT,
        "2026-03-05",
        words="one email a week",
        text="You rang 40 times on 3 March.",
        reason="40 calls a day",
        until=at("2026-06-01").date(),
    )
    case, proposed = last(rules, COMPLAINT, asked)
    assert [e.letter for e in letters(proposed.effects)] == [Letter.PROPOSAL, Letter.COMMAND_DONE]
    assert not case.agreed
    done = decide(case, act(Act.APPROVE, "2026-03-06", "alex", number=1), rules)
    (told,) = [e for e in letters(done.effects) if e.letter is Letter.CONTACT_LIMIT]
    assert told.facts["text"] == "You rang 40 times on 3 March." and told.facts["review_on"] == "2026-06-01"
    assert done.case is not None and "one email a week" in done.case.agreed[0].text
    bare = decide(last(rules, COMPLAINT)[0], act(Act.RESTRICT, "2026-03-05"), rules)
    assert bare.case is not None and bare.case.restricted, "keeping words from others is no limit on anybody"


# ------------------------------------------------------------------ money


def test_money_beyond_a_handlers_limit_waits_for_a_supervisor() -> None:
    rules = rulebook("code-2024", (*(replace(p, compensation_limit=100) if p is SAM else p for p in PEOPLE),))
    case, _ = last(rules, COMPLAINT, act(Act.ASSIGN, "2026-03-02", "alex", person="sam"))
    within = decide(case, act(Act.RESPOND, "2026-03-10", words="upheld", text="Sorry.", amount=10_000), rules)
    (sent,) = [e for e in letters(within.effects) if e.letter is Letter.RESPONSE]
    assert sent.facts["compensation"] == "£100"
    assert within.case is not None and within.case.stage1 is not None
    assert within.case.stage1.compensation == 10_000 and within.case.recorded[-1].said == "100.00"
    beyond = decide(case, act(Act.RESPOND, "2026-03-10", words="upheld", text="Sorry.", amount=25_000), rules)
    assert Letter.RESPONSE not in {e.letter for e in letters(beyond.effects)}
    (asked,) = [e for e in letters(beyond.effects) if e.letter is Letter.APPROVAL_REQUEST]
    assert (asked.person, asked.facts["compensation"]) == ("alex", "£250") and "House 47" in asked.because
    assert beyond.case is not None
    approved = decide(beyond.case, act(Act.APPROVE, "2026-03-11", "alex"), rules)
    assert Letter.RESPONSE in {e.letter for e in letters(approved.effects)}
    assert approved.case is not None and approved.case.stage1 is not None
    assert approved.case.stage1.compensation == 25_000


def test_a_response_that_speaks_of_money_says_how_much_it_offers() -> None:
    rules = rulebook("code-2024")
    case, _ = last(rules, COMPLAINT)
    text = "We are sorry and offer you £250 for the inconvenience."
    unsaid = decide(case, act(Act.RESPOND, "2026-03-10", words="upheld", text=text), rules)
    assert "compensation none" in unsaid.refused
    none = decide(case, act(Act.RESPOND, "2026-03-10", words="upheld", text=text, amount=0), rules)
    assert Letter.RESPONSE in {e.letter for e in letters(none.effects)}
    assert not money.speaks_of_it("Your rent went up by £4 in April.")


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("upheld compensation £250", ("upheld", 25_000)),
        ("partly upheld, compensation of 1,250.50", ("partly upheld", 125_050)),
        ("not upheld compensation none", ("not upheld", 0)),
        ("upheld", ("upheld", None)),
        ("upheld and offering 40 pounds", ("upheld", 4_000)),
    ],
)
def test_what_a_response_offers_is_read_from_its_first_line(said: str, found: tuple[str, int | None]) -> None:
    read = money.taken_apart(said)
    assert not isinstance(read, str) and (read[0].strip(" ,"), read[1]) == found


@pytest.mark.parametrize(
    ("words", "pence"),
    [
        ("We are sorry. We would like to offer you £50 for the inconvenience.", 5_000),
        ("I can offer £120.50 in compensation.", 12_050),
        ("Because of the delay we are offering you a goodwill payment of £75", 7_500),
        ("We will pay you 40 pounds.", 4_000),
        ("Please accept £25 as a gesture of goodwill.", 2_500),
        ("We'll send you £30 by way of apology.", 3_000),
        ("We have decided to pay compensation of £1,250.", 125_000),
        ("We offer you, for the distress and inconvenience, £60.", 6_000),
        ("I offer you £20. If that is not enough, we offer £35 for the missed visits.", 2_000),
        ("You will receive £45 in recognition of the missed appointments.", 4_500),
    ],
)
def test_an_offer_of_money_is_known_by_what_the_landlord_promises(words: str, pence: int) -> None:
    assert money.offered_in(words) == pence


@pytest.mark.parametrize(
    "words",
    [
        "Your rent of £120 a week stays as it is.",
        "We can offer you a garage at £12 a week.",
        "We can offer you the flat in Alder Court. The rent is £120 a week.",
        "We offer you £120 a week as the new rent.",
        "You asked for £500 in compensation. We will look at that.",
        "You say that we should pay you £500.",
        "We cannot offer you £500.",
        "We are not able to pay you £200 as compensation.",
        "As we offered £50 in our letter of 2 March, the payment is on its way.",
        "The service charge went up by £4. We offer an appointment on Tuesday at 10:00.",
        "We offer appointments on Tuesday; the key costs £15.",
        "We will pay the contractor £90 for the second visit.",
        "We will refund the £30 that you paid twice.",
        "If we were to offer you £50, would that settle it?",
        "The 10 pounds of nails that we offer to carry",
        "",
    ],
)
def test_sums_that_nobody_offers_raise_no_alarm(words: str) -> None:
    assert money.offered_in(words) == 0


def test_money_in_a_plain_answer_is_held_where_a_response_would_be() -> None:
    rules = rulebook("code-2024", (*(replace(p, compensation_limit=60) if p is SAM else p for p in PEOPLE),))
    case, _ = last(rules, COMPLAINT, act(Act.ASSIGN, "2026-03-02", "alex", person="sam"))
    for kind in (Act.REPLY, Act.UPDATE):
        beyond = decide(case, act(kind, "2026-03-10", text="We offer you £75 for the delay."), rules)
        assert "#respond upheld compensation £75" in beyond.refused and "House 47" in beyond.refused
        assert Letter.HANDLER_REPLY not in {e.letter for e in letters(beyond.effects)}
        within = decide(case, act(kind, "2026-03-10", text="We offer you £50 for the delay."), rules)
        assert not within.refused
    mistaken = decide(
        case, act(Act.REPLY, "2026-03-10", text="We offer you £75 for the delay.", amount=0), rules
    )
    assert Letter.HANDLER_REPLY in {e.letter for e in letters(mistaken.effects)}
    supervisor = decide(
        case, act(Act.REPLY, "2026-03-10", "alex", text="We offer you £75 for the delay."), rules
    )
    assert Letter.HANDLER_REPLY in {e.letter for e in letters(supervisor.effects)}


def test_a_sum_that_was_approved_may_be_named_again() -> None:
    rules = rulebook("code-2024")
    case, _ = last(rules, COMPLAINT)
    assert case.stage1 is not None
    case = replace(case, stage1=replace(case.stage1, compensation=7_500))
    again = decide(case, act(Act.REPLY, "2026-03-20", text="We will pay you £75 on Friday."), rules)
    assert not again.refused
    more = decide(case, act(Act.REPLY, "2026-03-20", text="We will pay you £80 on Friday."), rules)
    assert "£80" in more.refused
