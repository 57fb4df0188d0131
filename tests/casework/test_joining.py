"""Cases that are merged, split or given up for a conflict, and what the Ombudsman found and ordered."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from casework_samples import PEOPLE, at, letters, mail, rulebook

from mailbot.casework.allocation import Desk, conflicted_in
from mailbot.casework.lifecycle import decide
from mailbot.casework.vocabulary import (
    Act,
    Audience,
    Case,
    Decision,
    Intent,
    Letter,
    Person,
    SetTimer,
    StaffActed,
    Stage,
    Timer,
    TimerFell,
)
from mailbot.reports.flow import samples

RULES = rulebook("code-2024")


def opened(rules=RULES) -> Case:  # type: ignore[no-untyped-def]
    case = decide(None, mail(Intent.NEW_COMPLAINT, "2026-03-02"), rules).case
    assert case is not None
    return case


def acted(what: Act, words: str = "", who: str = "alex", **told: object) -> StaffActed:
    return StaffActed(at("2026-03-05"), who, what, words=words, **told)  # type: ignore[arg-type]


def go(case: Case, event: StaffActed | TimerFell) -> Decision:
    decision = decide(case, event, RULES)
    assert not decision.refused, decision.refused
    return decision


def test_a_case_that_is_merged_ends_silently_and_its_words_go_to_the_other() -> None:
    decision = go(opened(), acted(Act.MERGE, "CC-2026-000001-1"))
    assert decision.case is not None and decision.case.stage is Stage.CLOSED
    assert all(e.audience is not Audience.RESIDENT for e in letters(decision.effects))
    assert decision.moves is not None
    target, moved = decision.moves
    assert target == "CC-2026-000001-1" and moved.text
    assert not [e for e in decision.effects if isinstance(e, SetTimer) and e.timer is Timer.SURVEY]


def test_a_case_is_not_merged_into_itself_or_over_an_open_promise() -> None:
    case = opened()
    assert decide(case, acted(Act.MERGE, case.reference), RULES).refused
    promised = go(case, acted(Act.ACTION, "mend it", until=dt.date(2026, 3, 20))).case
    assert promised is not None
    assert "#done 1" in decide(promised, acted(Act.MERGE, "CC-2026-000001-1"), RULES).refused


def test_what_is_split_off_counts_from_the_day_of_the_whole() -> None:
    case = opened()
    decision = go(case, acted(Act.SPLIT, text="And the lift is broken."))
    assert decision.case == case
    assert decision.opens is not None
    assert decision.opens.received_at == case.received_at
    assert decision.opens.sender == case.resident
    assert decide(case, acted(Act.SPLIT), RULES).refused


def test_who_declares_a_conflict_is_rid_of_the_case_and_never_gets_it_back() -> None:
    case = opened()
    first = case.handler
    decision = go(case, acted(Act.CONFLICT, who=first))
    moved = decision.case
    assert moved is not None and moved.handler not in ("", first) and moved.conflicts == (first,)
    assert Letter.CASE_ASSIGNED in [e.letter for e in letters(decision.effects) if e.person == moved.handler]
    name = next(p.name for p in PEOPLE if p.key == first)
    assert "conflict of interest" in decide(moved, acted(Act.ASSIGN, person=name), RULES).refused
    assert decide(moved, acted(Act.CONFLICT, who=first), RULES).refused


def test_where_everybody_has_a_conflict_the_supervisor_is_told() -> None:
    case = opened()
    others = tuple(p.key for p in PEOPLE)
    decision = go(replace(case, conflicts=others), acted(Act.CONFLICT, who=case.handler))
    assert decision.case is not None and decision.case.handler == ""
    assert [e.letter for e in letters(decision.effects) if e.letter is Letter.ALERT]


def test_declared_conflicts_meet_addresses_names_places_and_colleagues() -> None:
    sam = Person("sam", "Sam Okafor", "sam@landlord.example.org")
    kim = Person("kim", "Kim Lee", "kim@landlord.example.org", conflicts=("jo@example.com",))
    ann = Person("ann", "Ann Day", "ann@landlord.example.org", conflicts=("Alder Court", "sam"))
    people = (sam, kim, ann)
    assert conflicted_in(people, ("jo@example.com",), "The lift.") == {"kim"}
    assert conflicted_in(people, (), "I live at 14 Alder Court.") == {"ann"}
    assert conflicted_in(people, (), "Sam Okafor was rude.") == {"ann"}
    assert conflicted_in(people, ("x@example.com",), "The lift.") == frozenset()


def test_whoever_does_not_work_that_day_gets_nothing_new_and_their_delegate_acts() -> None:
    sam = Person("sam", "Sam", "s@example.org", works=("mon", "tue"), delegate="kim")
    kim = Person("kim", "Kim", "k@example.org")
    assert sam.is_away(dt.date(2026, 3, 4)) and not sam.is_away(dt.date(2026, 3, 3))
    rules = replace(RULES, desk=Desk((sam, kim)), today=dt.date(2026, 3, 4))
    assert rules.acting("sam") == kim
    assert replace(rules, today=dt.date(2026, 3, 3)).acting("sam") == sam


def test_a_supervisor_is_told_what_the_ombudsman_found_in_its_own_words() -> None:
    stepped = go(
        opened(), acted(Act.DETERMINATION, "maladministration", text="No reply for a year.", who="sam")
    )
    assert stepped.case is not None
    assert [d.found for d in stepped.case.determinations] == ["maladministration. No reply for a year."]
    (alert,) = (one for one in letters(stepped.effects) if one.letter is Letter.ALERT)
    assert alert.facts["subject"] == "What was found"
    assert alert.facts["text"] == "maladministration. No reply for a year."
    assert alert.facts["what"] == "Each thing ordered is recorded with #order and its date."


def test_what_the_ombudsman_ordered_is_chased_and_done_only_with_its_evidence() -> None:
    found = go(opened(), acted(Act.DETERMINATION, "maladministration in the repair", who="sam")).case
    assert found is not None and [d.found for d in found.determinations] == [
        "maladministration in the repair"
    ]
    ordered = go(found, acted(Act.ORDER, "pay 200 pounds", until=dt.date(2026, 4, 1))).case
    assert ordered is not None
    chased = go(ordered, TimerFell(at("2026-04-01"), Timer.ACTION_DUE, at("2026-04-01"), "1"))
    assert Letter.CHASER in [e.letter for e in letters(chased.effects)]
    assert "what shows" in decide(ordered, acted(Act.DONE, number=1), RULES).refused
    done = go(ordered, acted(Act.DONE, number=1, text="Paid on 20 March, receipt attached.")).case
    assert done is not None and done.open_actions == ()
    assert done.actions[0].evidence == "Paid on 20 March, receipt attached."


def test_an_internal_act_has_no_way_to_a_resident() -> None:
    """Of all acts only those carry words there that are meant for the resident, or tell what the resident said
    (an escalation by phone)."""
    secret = "SECRET-WORDS-7"
    may = {
        Act.REPLY,
        Act.RESPOND,
        Act.UPDATE,
        Act.APPROVE,
        Act.DECLINE,
        Act.EXTEND,
        Act.ACTION,
        Act.ORDER,
        Act.ESCALATE,
    }

    for case in samples(RULES).values():
        for what in set(Act) - may:
            event = acted(what, secret, who=case.handler or "alex", text=secret, reason=secret, number=1)
            decision = decide(case, event, RULES)
            for letter in letters(decision.effects):
                if letter.audience is Audience.RESIDENT:
                    assert secret not in str(letter.facts), (case.stage, what, letter.letter)
