"""The process is killed in the middle of each step of `record`; the next turn finds the case as it was.

A child does the work on the test's database and kills itself at the named point with SIGKILL, as a power cut
would. What it leaves is compared, table by table, with what was there before.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import select
from storage_examples import MINUTE, NINE, a_letter, whole_first_step, whole_second_step

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

FIRST_STEP = """
with store.begin() as work:
    whole_first_step(work)
"""
SECOND_STEP = """
with store.begin() as work:
    whole_second_step(work, work.case("CC-2026-000001-4"))
"""


def kill_in(url: str, work: str, point: str) -> None:
    """Do the work in a process of its own that dies at the point."""
    code = (
        "from storage import open_store\nfrom storage_examples import *\n"
        f"store = open_store({url!r})\n{work}\nprint('survived')"
    )
    paths = os.pathsep.join(map(str, (Path(__file__).parent, Path(schema.__file__).parents[1])))
    env = {**os.environ, "MAILBOT_CRASH_AT": point, "PYTHONPATH": paths}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (-signal.SIGKILL, ""), done.stderr


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
    url: str, point: str
) -> None:
    store = open_store(url)
    before = everything(store)
    kill_in(url, FIRST_STEP, point)
    assert everything(store) == before
    with store.begin() as work:
        assert whole_first_step(work).reference == REFERENCE
        assert work.peek_reference("CC-2026") == 2
        assert len(work.letters_of(REFERENCE)) == len(work.journal_of(REFERENCE)) == 1
    store.close()


@pytest.mark.parametrize("point", SECOND)
def test_a_kill_while_a_case_is_stepped_leaves_it_untouched_and_the_next_turn_steps_it(
    url: str, point: str
) -> None:
    store = open_store(url)
    with store.begin() as work:
        first = whole_first_step(work)
    before = everything(store)
    kill_in(url, SECOND_STEP, point)
    assert everything(store) == before
    with store.begin() as work:
        assert work.case(REFERENCE) == first
        assert whole_second_step(work, first).version == 2
        assert len(work.letters_of(REFERENCE)) == len(work.journal_of(REFERENCE)) == 2
    store.close()


def test_a_kill_right_after_the_commit_loses_nothing(url: str) -> None:
    kill_in(url, FIRST_STEP, "committed")
    store = open_store(url)
    with store.read() as work:
        assert work.case(REFERENCE)
        assert len(work.letters_of(REFERENCE)) == 1
    store.close()


def test_a_kill_during_the_handing_over_makes_the_letter_unknown_and_not_sent_again(url: str) -> None:
    store = open_store(url)
    with store.begin() as work:
        letter_id = work.add_letter(a_letter(), NINE)
    hand = (
        "with store.begin() as work:\n"
        "    (letter,) = work.claim_letters(NINE, 1, MINUTE)\n"
        "with store.begin() as work:\n"
        "    work.handing(letter.id, b'x', 'Hello', NINE)\n"
    )
    kill_in(url, hand, "committed:2")
    with store.begin() as work:
        assert [x.id for x in work.recover_letters(NINE)] == [letter_id]
        assert work.claim_letters(NINE + 99 * MINUTE, 10, MINUTE) == []
        assert work.letters_by_state()[LetterState.UNKNOWN] == 1
    store.close()


def test_a_kill_before_the_handing_over_was_recorded_lets_the_letter_go_out(url: str) -> None:
    store = open_store(url)
    with store.begin() as work:
        letter_id = work.add_letter(a_letter(), NINE)
    hand = (
        "with store.begin() as work:\n"
        "    (letter,) = work.claim_letters(NINE, 1, MINUTE)\n"
        "with store.begin() as work:\n"
        "    work.handing(letter.id, b'x', 'Hello', NINE)\n"
    )
    kill_in(url, hand, "commit:2")
    with store.begin() as work:
        assert work.recover_letters(NINE) == []
        assert [x.id for x in work.claim_letters(NINE, 10, MINUTE)] == [letter_id]
    store.close()
