"""The process is killed in the middle of each step of `record`; the next turn finds the case as it was.

A child does the work on the test's database and kills itself at the named point with SIGKILL, as a power cut
would. What it leaves is compared, table by table, with what was there before.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select
from storage_examples import MINUTE, NINE, a_letter, whole_first_step, whole_second_step
from storage_mortals import Mortals

from storage import LetterState, Store, open_store, schema

FIRST = (
    "record:start",
    "record:serial",
    "record:case",
    "record:parties",
    "record:timers",
    "record:letters",
    "record:journal",
    "commit",
)
SECOND = tuple(point for point in FIRST if point != "record:serial")
REFERENCE = "CC-2026-000001-4"


@pytest.fixture(scope="module")
def mortals() -> Iterator[Mortals]:
    mortals = Mortals()
    yield mortals
    mortals.close()


def everything(store: Store) -> dict[str, list[object]]:
    with store._writer.begin() as connection:
        return {
            name: sorted(map(tuple, connection.execute(select(table))), key=repr)
            for name, table in schema.metadata.tables.items()
        }


def test_every_crash_point_of_record_is_in_these_tests() -> None:
    named = re.findall(r'reached\("(.+?)"\)', Path(schema.__file__).with_name("work.py").read_text())
    assert [*named, "commit"] == list(FIRST)


@pytest.mark.parametrize("point", FIRST)
def test_a_kill_while_a_case_is_opened_leaves_no_trace_and_the_next_turn_opens_it(
    mortals: Mortals, url: str, point: str
) -> None:
    store = open_store(url)
    before = everything(store)
    mortals.kill_in("open_a_case", url, point)
    assert everything(store) == before
    with store.begin() as work:
        assert whole_first_step(work).reference == REFERENCE
        assert work.peek_reference("CC-2026") == 2
        assert len(work.letters_of(REFERENCE)) == len(work.journal_of(REFERENCE)) == 1
    store.close()


@pytest.mark.parametrize("point", SECOND)
def test_a_kill_while_a_case_is_stepped_leaves_it_untouched_and_the_next_turn_steps_it(
    mortals: Mortals, url: str, point: str
) -> None:
    store = open_store(url)
    with store.begin() as work:
        first = whole_first_step(work)
    before = everything(store)
    mortals.kill_in("step_the_case", url, point)
    assert everything(store) == before
    with store.begin() as work:
        assert work.case(REFERENCE) == first
        assert whole_second_step(work, first).version == 2
        assert len(work.letters_of(REFERENCE)) == len(work.journal_of(REFERENCE)) == 2
    store.close()


def test_a_kill_right_after_the_commit_loses_nothing(mortals: Mortals, url: str) -> None:
    mortals.kill_in("open_a_case", url, "committed")
    store = open_store(url)
    with store.read() as work:
        assert work.case(REFERENCE)
        assert len(work.letters_of(REFERENCE)) == 1
    store.close()


def test_a_kill_during_the_handing_over_makes_the_letter_unknown_and_not_sent_again(
    mortals: Mortals, url: str
) -> None:
    store = open_store(url)
    with store.begin() as work:
        letter_id = work.add_letter(a_letter(), NINE)
    mortals.kill_in("hand_over_a_letter", url, "committed:2")
    with store.begin() as work:
        assert [x.id for x in work.recover_letters(NINE)] == [letter_id]
        assert work.claim_letters(NINE + 99 * MINUTE, 10, MINUTE) == []
        assert work.letters_by_state()[LetterState.UNKNOWN] == 1
    store.close()


def test_a_kill_before_the_handing_over_was_recorded_lets_the_letter_go_out(
    mortals: Mortals, url: str
) -> None:
    store = open_store(url)
    with store.begin() as work:
        letter_id = work.add_letter(a_letter(), NINE)
    mortals.kill_in("hand_over_a_letter", url, "commit:2")
    with store.begin() as work:
        assert work.recover_letters(NINE) == []
        assert [x.id for x in work.claim_letters(NINE, 10, MINUTE)] == [letter_id]
    store.close()
