"""A step is recorded whole; cases, timers, references and the journal can be asked for."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from storage_examples import (
    ADA,
    BEN,
    DAY,
    MINUTE,
    NINE,
    a_case,
    a_letter,
    a_step,
    an_arrival,
    open_case,
    set_timer,
    whole_first_step,
    whole_second_step,
)

from mailbot.casework.allocation import Burden
from mailbot.casework.vocabulary import Act as StaffAct
from mailbot.casework.vocabulary import (
    Bounced,
    CancelTimer,
    Flag,
    Note,
    Party,
    StaffActed,
    Stage,
    Timer,
    TimerFell,
)
from storage import CaseChanged, LetterState, SequenceMoved, Store
from storage.schema import burdens

REFERENCE = "CC-2026-000001-4"


def test_a_step_leaves_the_case_its_parties_timers_letters_and_journal_line(store: Store) -> None:
    with store.begin() as work:
        written = whole_first_step(work)
    with store.read() as work:
        assert work.case(REFERENCE) == written == replace(a_case(parties=(ADA, BEN)), version=1)
        assert [c.reference for c in work.open_cases_of("BEN@advice.example")] == [REFERENCE]
        assert [(t.timer, t.due_at, t.because) for t in work.timers_of(REFERENCE)] == [
            (Timer.ACKNOWLEDGE, NINE + 5 * DAY, ("Code 6.3",)),
            (Timer.RESPONSE_DUE, NINE + 21 * DAY, ("Code 6.3",)),
        ]
        letters = work.letters_of(REFERENCE)
        assert [(x.message_id, x.state) for x in letters] == [
            ("<first@landlord.example>", LetterState.WAITING)
        ]
        line = work.journal_of(REFERENCE)[0]
        assert (line.who, line.kind, line.mail, line.version) == ("mailbot", "mail_arrived", "m1", 1)
        assert (line.summary, line.because) == ("A new complaint.", ("Code 6.2", "House 1"))
        assert line.event == an_arrival()
        assert len(line.effects) == 2


def test_the_next_step_changes_all_of_them(store: Store) -> None:
    with store.begin() as work:
        first = whole_first_step(work)
    with store.begin() as work:
        second = whole_second_step(work, first)
    with store.read() as work:
        assert work.case(REFERENCE) == second
        assert second.version == 2
        assert work.open_cases_of(BEN.address) == []
        assert [t.timer for t in work.timers_of(REFERENCE)] == [Timer.CLOSE_SILENT]
        assert [x.nonce for x in work.letters_of(REFERENCE)] == ["first", "second"]
        assert [(j.kind, j.version) for j in work.journal_of(REFERENCE)] == [
            ("mail_arrived", 1),
            ("timer_fell", 2),
        ]


def test_a_step_on_a_case_that_somebody_else_stepped_is_refused_and_leaves_nothing(store: Store) -> None:
    with store.begin() as work:
        case = open_case(work)
    with store.begin() as work:
        work.record(a_step(replace(case, subject="Damp and mould"), case))

    def step_again() -> None:
        with store.begin() as work:
            late = a_step(
                replace(case, subject="Late"),
                case,
                set_timer(Timer.CONTACT, NINE),
                letters=(a_letter(),),
            )
            work.record(late)

    with pytest.raises(CaseChanged, match=REFERENCE):
        step_again()
    with store.read() as work:
        now = work.case(REFERENCE)
        assert now and (now.subject, now.version) == ("Damp and mould", 2)
        assert work.timers_of(REFERENCE) == []
        assert work.letters_of(REFERENCE) == []
        assert len(work.journal_of(REFERENCE)) == 2


def test_of_many_who_step_a_case_at_once_each_wins_in_turn(opened: Callable[[], Store]) -> None:
    stores = [opened() for _ in range(4)]
    with stores[0].begin() as work:
        open_case(work)
    refused = []

    def step_five_times(store: Store) -> None:
        done = 0
        while done < 5:
            try:
                with store.begin() as work:
                    case = work.case(REFERENCE)
                    assert case
                    work.record(a_step(replace(case, attempts=(*case.attempts, NINE)), case))
                done += 1
            except CaseChanged:
                refused.append(store)

    threads = [threading.Thread(target=step_five_times, args=(s,)) for s in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with stores[0].read() as work:
        case = work.case(REFERENCE)
        assert case and (case.version, len(case.attempts)) == (21, 20)
        assert [j.version for j in work.journal_of(REFERENCE)] == list(range(1, 22))


def test_a_reference_is_never_given_twice(store: Store) -> None:
    with store.begin() as work:
        open_case(work)
    with pytest.raises(CaseChanged), store.begin() as work:
        open_case(work)
    with store.begin() as work:
        case = work.case(REFERENCE)
        assert case
        with pytest.raises(ValueError, match="can't turn"):
            work.record(a_step(replace(case, reference="CC-2026-000002-2"), case))


def test_a_mail_that_is_merely_filed_leaves_its_line_and_its_letters(store: Store) -> None:
    with store.begin() as work:
        assert work.record(a_step(None, None, Note("Filed."), letters=(a_letter(),), mail="m9")) is None
        line = work.journal_between(NINE, NINE + MINUTE)[0]
        assert (line.reference, line.mail, line.version, line.effects) == (
            None,
            "m9",
            None,
            (Note("Filed."),),
        )
        assert work.letters_by_state()[LetterState.WAITING] == 1


def test_a_staff_act_and_a_bounce_are_journaled_under_their_names(store: Store) -> None:
    acted = StaffActed(NINE, "hana", StaffAct.EXTEND, until=dt.date(2026, 4, 1), reason="the lift")
    bounced = Bounced(NINE, "m2", ADA.address, "<1@landlord.example>", "5.1.1")
    with store.begin() as work:
        case = open_case(work)
        case = work.record(a_step(case, case, event=acted))
        assert case
        work.record(a_step(None, case, event=bounced))
        lines = work.journal_of(REFERENCE)
        assert [(j.kind, j.event, j.version) for j in lines[1:]] == [
            ("staff_acted", acted, 2),
            ("bounced", bounced, None),
        ]
        assert work.case(REFERENCE) == case


# ------------------------------------------------------------------ timers


def test_a_timer_that_fell_is_gone_unless_it_is_set_again(store: Store) -> None:
    with store.begin() as work:
        case = work.record(
            a_step(a_case(), None, set_timer(Timer.RESPONSE_LATE, NINE), set_timer(Timer.CONTACT, NINE))
        )
        late = TimerFell(NINE, Timer.RESPONSE_LATE, NINE)
        case = work.record(a_step(case, case, set_timer(Timer.RESPONSE_LATE, NINE + DAY), event=late))
        case = work.record(a_step(case, case, event=TimerFell(NINE, Timer.CONTACT, NINE)))
        assert [(t.timer, t.due_at) for t in work.timers_of(REFERENCE)] == [(Timer.RESPONSE_LATE, NINE + DAY)]


def test_there_is_one_timer_of_a_kind_and_subject_and_setting_it_again_moves_it(store: Store) -> None:
    with store.begin() as work:
        case = work.record(
            a_step(
                a_case(),
                None,
                set_timer(Timer.ACTION_DUE, NINE, "1"),
                set_timer(Timer.ACTION_DUE, NINE + DAY, "2"),
                set_timer(Timer.ACTION_DUE, NINE + 2 * DAY, "1"),
            )
        )
        assert [(t.subject, t.due_at) for t in work.timers_of(REFERENCE)] == [
            ("2", NINE + DAY),
            ("1", NINE + 2 * DAY),
        ]
        # Within a step the last word counts.
        work.record(
            a_step(
                case,
                case,
                CancelTimer(Timer.ACTION_DUE, "2"),
                set_timer(Timer.ACTION_DUE, NINE + 3 * DAY, "1"),
                CancelTimer(Timer.ACTION_DUE, "1"),
                CancelTimer(Timer.SORT, "none such"),
            )
        )
        assert work.timers_of(REFERENCE) == []


def test_what_is_due_is_told_the_longest_due_first(store: Store) -> None:
    with store.begin() as work:
        assert work.next_due() is None
        open_case(work, "CC-2026-000001-4")
        for number, days in (("2", 3), ("3", 1), ("4", 2)):
            work.record(
                a_step(a_case(f"CC-2026-00000{number}-0"), None, set_timer(Timer.CONTACT, NINE + days * DAY))
            )
        assert work.next_due() == NINE + DAY
        assert work.due_timers(NINE + DAY - MINUTE, 10) == []
        assert [t.reference for t in work.due_timers(NINE + 2 * DAY, 10)] == [
            "CC-2026-000003-0",
            "CC-2026-000004-0",
        ]
        assert len(work.due_timers(NINE + 9 * DAY, 2)) == 2
        assert work.drop_timer("CC-2026-000003-0", Timer.CONTACT)
        assert not work.drop_timer("CC-2026-000003-0", Timer.CONTACT)
        assert work.next_due() == NINE + 2 * DAY


# ------------------------------------------------------------------ references


def test_every_year_has_its_own_numbers_and_a_peek_takes_none(store: Store) -> None:
    with store.begin() as work:
        assert work.peek_reference("CC-2026") == work.peek_reference("CC-2026") == 1
        work.record(a_step(a_case("CC-2026-000001-4"), serial=("CC-2026", 1)))
        work.record(a_step(a_case("CC-2026-000002-2"), serial=("CC-2026", 2)))
    with store.begin() as work:
        assert work.peek_reference("CC-2026") == 3
        assert work.peek_reference("CC-2027") == 1
        work.record(a_step(a_case("CC-2027-000001-1"), serial=("CC-2027", 1)))
        assert work.peek_reference("CC-2027") == 2
        assert work.peek_reference("CC-2026") == 3


def test_a_number_is_taken_once_and_a_step_that_fails_gives_it_back(store: Store) -> None:
    with store.begin() as work:
        number = work.peek_reference("CC-2026")
        work.record(a_step(a_case("CC-2026-000001-4"), serial=("CC-2026", number)))
    with pytest.raises(SequenceMoved), store.begin() as work:
        work.record(a_step(a_case("CC-2026-000009-0"), serial=("CC-2026", number)))
    with pytest.raises(CaseChanged), store.begin() as work:
        work.record(a_step(a_case("CC-2026-000001-4"), serial=("CC-2026", 2)))
    with store.begin() as work:
        assert work.peek_reference("CC-2026") == 2


def test_numbers_have_neither_gap_nor_double_when_many_take_them(opened: Callable[[], Store]) -> None:
    def take_ten(store: Store) -> None:
        for _ in range(10):
            with store.begin() as work:
                number = work.peek_reference("CC-2026")
                work.record(a_step(a_case(f"CC-2026-{number:06}"), serial=("CC-2026", number)))

    stores = [opened() for _ in range(3)]
    threads = [threading.Thread(target=take_ten, args=(s,)) for s in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with stores[0].read() as work:
        taken = work.case_references_like("CC-2026-", limit=100)
    assert taken == [f"CC-2026-{n:06}" for n in range(1, 31)]


def test_references_are_found_by_their_beginning_and_nothing_else(store: Store) -> None:
    with store.begin() as work:
        for reference in ("CC-2026-000001-4", "CC-2026-000012-1", "CC-2027-000001-1"):
            open_case(work, reference)
        assert work.case_references_like("CC-2026-") == ["CC-2026-000001-4", "CC-2026-000012-1"]
        assert work.case_references_like("CC-2026-", limit=1) == ["CC-2026-000001-4"]
        assert work.case_references_like("CC_2026") == []
        assert work.case_references_like("%") == []


# ------------------------------------------------------------------ asking


def test_only_open_cases_of_an_address_count_and_addresses_know_no_case(store: Store) -> None:
    with store.begin() as work:
        open_case(work, "CC-2026-000002-2", received_at=NINE + DAY)
        open_case(work, "CC-2026-000001-4", parties=(Party("Ada@Example.org"), ADA))
        open_case(work, "CC-2026-000003-0", stage=Stage.CLOSED)
        open_case(work, "CC-2026-000004-9", parties=(BEN,))
        mine = work.open_cases_of("ADA@example.ORG")
        assert [c.reference for c in mine] == ["CC-2026-000001-4", "CC-2026-000002-2"]
        assert work.open_cases_of("stranger@example.org") == []


def test_a_closed_case_that_still_owes_something_is_found(store: Store) -> None:
    """A request for stage 2 that came late, a promise that outlived its case: people must see them somewhere."""
    with store.begin() as work:
        for number, timer in (
            ("000001-4", Timer.SORT),
            ("000002-2", Timer.ACTION_DUE),
            ("000003-0", Timer.SURVEY),
        ):
            closed = a_case(f"CC-2026-{number}", stage=Stage.CLOSED)
            work.record(a_step(closed, None, set_timer(timer, NINE + DAY, "1")))
        work.record(a_step(a_case("CC-2026-000004-9"), None, set_timer(Timer.SORT, NINE + DAY, "1")))
        assert [c.reference for c in work.closed_and_owed()] == ["CC-2026-000001-4", "CC-2026-000002-2"]


def test_cases_are_listed_by_stage_handler_and_mailbox(store: Store) -> None:
    with store.begin() as work:
        open_case(work, "CC-2026-000001-4")
        open_case(work, "CC-2026-000002-2", handler="", stage=Stage.UNSORTED)
        open_case(work, "CC-2026-000003-0", handler="idris", mailbox="repairs", received_at=NINE - DAY)
        open_case(work, "CC-2026-000004-9", stage=Stage.CLOSED, closed_at=NINE + DAY)

        def listed(**of: object) -> list[int]:
            return [int(c.reference[8:14]) for c in work.cases(**of)]  # type: ignore[arg-type]

        assert listed() == [3, 1, 2, 4]
        assert listed(limit=2) == [3, 1]
        assert listed(stages=(Stage.UNSORTED, Stage.CLOSED)) == [2, 4]
        assert listed(stages=()) == []
        assert listed(handler="hana", open_only=True) == [1]
        assert listed(handler="") == [2]
        assert listed(mailbox="repairs") == [3]
        assert [c.reference for c in work.open_cases()] == [c.reference for c in work.cases(open_only=True)]
        assert work.cases_by_stage() == {Stage.STAGE1_OPEN: 2, Stage.UNSORTED: 1, Stage.CLOSED: 1}
        assert [c.reference for c in work.closed_cases(NINE, NINE + 2 * DAY)] == ["CC-2026-000004-9"]
        assert work.closed_cases(NINE, NINE + DAY) == []
        assert work.case("CC-2026-000009-0") is None


# ------------------------------------------------------------------ the journal


@pytest.mark.parametrize(
    "change",
    ["UPDATE journal SET summary = 'nothing happened'", "DELETE FROM journal", "TRUNCATE journal"],
)
def test_the_database_itself_refuses_to_change_the_journal(store: Store, change: str) -> None:
    if store._is_sqlite and change.startswith("TRUNCATE"):
        change = "DELETE FROM journal WHERE 1"  # SQLite has no TRUNCATE; this is its nearest
    with store.begin() as work:
        open_case(work)
    with pytest.raises(DBAPIError, match="append-only"), store.begin() as work:
        work._connection.execute(text(change))
    with store.read() as work:
        assert [j.summary for j in work.journal_of(REFERENCE)] == ["A new complaint."]


def test_a_line_can_be_written_without_a_step(store: Store) -> None:
    with store.begin() as work:
        work.note(NINE, "mailbot", "quarantined", "Unreadable twice.", ("House 4",), mail="m3")
        work.note(NINE + DAY, "hana", "noted", "Called.", reference=REFERENCE)
        lines = work.journal_between(NINE, NINE + 2 * DAY)
        assert [(j.kind, j.mail, j.reference, j.because, j.event) for j in lines] == [
            ("quarantined", "m3", None, ("House 4",), None),
            ("noted", None, REFERENCE, (), None),
        ]
        assert [j.seq for j in work.journal_of(REFERENCE)] == [lines[1].seq]
        assert len(work.journal_between(NINE, NINE + DAY)) == 1


def test_what_open_cases_weigh_is_told_by_their_stage_and_flags(store: Store) -> None:
    with store.begin() as work:
        open_case(work, flags=(Flag.VULNERABILITY, Flag.URGENT_HAZARD))
        open_case(work, "CC-2026-000002-2", stage=Stage.STAGE1_RESPONDED, handler="kim")
        open_case(work, "CC-2026-000003-0", stage=Stage.CLOSED, closed_at=NINE)
        open_case(work, "CC-2026-000004-9", handler="")
    with store.read() as work:
        assert work.burdens() == {
            "hana": Burden({Stage.STAGE1_OPEN: 1}, {Flag.VULNERABILITY: 1, Flag.URGENT_HAZARD: 1}),
            "kim": Burden({Stage.STAGE1_RESPONDED: 1}),
        }


def test_what_people_have_to_do_is_the_same_whether_it_is_followed_or_counted_anew(store: Store) -> None:
    """Two hundred turns of a case; the lines that follow them are summed up by each transaction that asks, which then
    keeps its sum up itself, and are folded between."""
    handlers, stages = ("hana", "kim", ""), (Stage.STAGE1_OPEN, Stage.STAGE2_OPEN, Stage.CLOSED)
    flags = ((), (Flag.LEGAL_ACTION,), (Flag.VULNERABILITY, Flag.LEGAL_ACTION))
    with store.begin() as work:
        case = open_case(work, flags=flags[2])
    for begin in range(0, 200, 50):
        with store.begin() as work:
            work.burdens()
            for turn in range(begin, begin + 50):
                after = replace(
                    case, handler=handlers[turn % 3], stage=stages[turn // 3 % 3], flags=flags[turn // 9 % 3]
                )
                case = work.record(a_step(after, case)) or case
            followed = work.burdens()
        with store.begin() as work:
            assert work.burdens() == followed, "it is on record as the one who changed it saw it"
            lines = work._connection.execute(select(func.count()).select_from(burdens)).scalar_one()
        assert lines < 20
    with store.begin() as work:
        work.count_burdens_anew()
        assert work.burdens() == followed
    with store.read() as work:
        assert work.burdens() == followed


def test_what_has_no_time_is_not_due_and_is_named_wherever_in_the_order_of_times_it_sorts(
    store: Store,
) -> None:
    """SQLite keeps anything; what stood for a time and was none is moved to PostgreSQL as the beginning of 1970."""
    moved = "1970-01-01 00:00:00.000000"
    anything = ("soon", "", 0, "2026-02-30 09:00:00.000000", b"\x00") if store._is_sqlite else ()
    with store.begin() as work:
        work.record(
            a_step(a_case(), None, set_timer(Timer.CONTACT, NINE), set_timer(Timer.RESPONSE_DUE, NINE))
        )
    for time in (moved, *anything):
        with store.begin() as work:
            letter = work.add_letter(a_letter(), NINE)
            of_timer, of_letter = (
                "UPDATE timers SET due_at = :time WHERE timer = 'contact'",
                ("UPDATE letters SET next_at = :time, created_at = :time WHERE id = :id"),
            )
            work._connection.execute(text(of_timer), {"time": time})
            work._connection.execute(text(of_letter), {"time": time, "id": letter})
        with store.begin() as work:
            assert [row.timer for row in work.due_timers(NINE, 9)] == [Timer.RESPONSE_DUE], time
            assert work.count_timers_due(NINE) == (1, (("CC-2026-000001-4", "contact"),)), time
            assert work.next_due() is not None
            claimed = {row.id: row.unreadable for row in work.claim_letters(NINE, 9, MINUTE, "one")}
            assert claimed[letter] == "its record can't be read (a time in it is none)", time
            work.hold(letter, claimed[letter], "one")
