"""What only a person decides, what one mail asks for in whatever order, and what staff read about it."""

from __future__ import annotations

from casework_samples import at, letters, mail, rulebook

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
