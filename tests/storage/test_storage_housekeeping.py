"""Digests are claimed once, heartbeats and single values are remembered, the secret never changes."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable

import pytest
from storage_examples import DAY, NINE, a_letter

from storage import Store, points

MONDAY = dt.date(2026, 3, 2)


def test_a_digest_belongs_to_the_first_who_claims_it(store: Store) -> None:
    with store.begin() as work:
        assert work.digest_claimed("morning", "sam", MONDAY)
        assert not work.digest_claimed("morning", "sam", MONDAY)
        assert work.digest_claimed("morning", "sue", MONDAY)
        assert work.digest_claimed("weekly", "sam", MONDAY)
        assert work.digest_claimed("morning", "sam", MONDAY + dt.timedelta(days=1))


def test_a_digest_whose_letter_was_not_recorded_can_be_claimed_again(store: Store) -> None:
    def break_off() -> None:
        with store.begin() as work:
            assert work.digest_claimed("morning", "sam", MONDAY)
            work.add_letter(a_letter(), NINE)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        break_off()
    with store.begin() as work:
        assert work.digest_claimed("morning", "sam", MONDAY)


def test_of_many_who_claim_a_digest_at_once_one_gets_it(opened: Callable[[], Store]) -> None:
    stores = [opened() for _ in range(4)]
    got: list[bool] = []

    def claim(store: Store) -> None:
        with store.begin() as work:
            got.append(work.digest_claimed("morning", "sam", MONDAY))

    threads = [threading.Thread(target=claim, args=(s,)) for s in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got) == [False, False, False, True]


def test_a_heartbeat_is_the_last_one(store: Store) -> None:
    with store.begin() as work:
        work.beat("look", NINE)
        work.beat("tick", NINE)
        work.beat("look", NINE + DAY)
        assert work.heartbeats() == {"look": NINE + DAY, "tick": NINE}


def test_a_value_is_remembered_until_another_takes_its_place(store: Store) -> None:
    with store.begin() as work:
        assert work.recall("policy") is None
        work.remember("policy", "mtvh")
        work.remember("policy", "code-2024")
    with store.read() as work:
        assert work.recall("policy") == "code-2024"


def test_the_secret_is_made_once_and_by_one(opened: Callable[[], Store]) -> None:
    stores = [opened() for _ in range(4)]
    keys: list[bytes] = []

    def ask(store: Store) -> None:
        with store.begin() as work:
            keys.append(work.secret_key())

    threads = [threading.Thread(target=ask, args=(s,)) for s in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with stores[0].read() as work:
        assert set(keys) == {work.secret_key()}
    assert len(keys) == 4
    assert len(keys[0]) == 32


def test_a_crash_point_is_nothing_in_daily_life(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MAILBOT_CRASH_AT", raising=False)
    points.reached("record:case")
    monkeypatch.setenv("MAILBOT_CRASH_AT", "record:journal")
    points.reached("record:case")
    monkeypatch.setenv("MAILBOT_CRASH_AT", "record:case:1000")
    points.reached("record:case")
