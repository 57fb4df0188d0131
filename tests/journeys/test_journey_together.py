"""Mails of a backlog are settled together, by one commit: one in trouble takes none of the others with it."""

from __future__ import annotations

import logging
import re
import sqlite3
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from conftest import COMPLAINT, ESCALATION, JO, SAM, House
from doors.embedded import Embedded
from sqlalchemy import create_engine
from sqlalchemy.exc import OperationalError

from mailbot import backlog, keeping, together
from mailbot.ahead import Ahead, look_ahead
from mailbot.daemon import Rounds
from mailbot.keeping import JustKept
from storage import engines
from storage.rows import MailState

RESIDENTS = [f"resident{n}@example.com" for n in range(5)]
THIRD = RESIDENTS[2]


def instruct(house: House, statement: str) -> None:
    engine = create_engine(house.url)
    with engine.begin() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()


def test_a_mail_that_fails_halfway_through_a_group_is_tried_again_and_the_others_are_settled_once(
    make_house: Callable[..., House], embedded_mail: Embedded
) -> None:
    """On Monday 2 March 2026 five residents complain at once; the database will have no case of the third."""
    house = make_house(embedded_mail, day="2026-03-02", time="09:00")
    for n, resident in enumerate(RESIDENTS):
        house.write(resident, COMPLAINT, subject=f"The lift of block {n}")
    instruct(
        house,
        f"CREATE TRIGGER refuse BEFORE INSERT ON parties WHEN new.address = '{THIRD}' "
        "BEGIN SELECT RAISE(ABORT, 'not this one'); END",
    )
    others = [resident for resident in RESIDENTS if resident != THIRD]
    house.turn()
    assert sorted(case.resident.address for case in house.cases()) == others
    assert sorted(letter.to for letter in house.letters(kind="acknowledgement")) == others
    with house.parts.store.read() as work:
        states = work.mails_by_state()
        (waiting,) = work.waiting_mails(10)
        numbers = sorted(int(case.reference.split("-")[2]) for case in work.cases())
    assert (states[MailState.ATTENDED], waiting.attempts) == (4, 1)
    assert numbers == [1, 2, 3, 4], "what was taken back has left no gap"

    instruct(house, "DROP TRIGGER refuse")
    house.write(
        "resident5@example.com", COMPLAINT, subject="The lift of block 5"
    )  # it goes alone, beside another
    house.go_to("2026-03-02", "09:05")
    everybody = [*RESIDENTS, "resident5@example.com"]
    assert sorted(case.resident.address for case in house.cases()) == everybody
    assert sorted(letter.to for letter in house.letters(kind="acknowledgement")) == everybody


def test_a_commit_that_fails_for_a_group_has_each_of_its_mails_attended_to_for_itself(
    make_house: Callable[..., House], embedded_mail: Embedded
) -> None:
    """The third has something asked for that is missed by the commit alone."""
    house = make_house(embedded_mail, day="2026-03-02", time="09:00")
    for n, resident in enumerate(RESIDENTS):
        house.write(resident, COMPLAINT, subject=f"The lift of block {n}")
    instruct(house, "CREATE TABLE known (address TEXT PRIMARY KEY)")
    instruct(
        house,
        "CREATE TABLE wanted (address TEXT REFERENCES known DEFERRABLE INITIALLY DEFERRED)",
    )
    instruct(
        house,
        f"CREATE TRIGGER hold AFTER INSERT ON parties WHEN new.address = '{THIRD}' "
        "BEGIN INSERT INTO wanted VALUES ('nobody'); END",
    )
    rounds = Rounds(house.parts.service)
    rounds.look(house.clock)
    rounds.close()
    house.parts.service.attend()
    assert sorted(case.resident.address for case in house.cases()) == [r for r in RESIDENTS if r != THIRD]


def test_a_database_that_is_locked_as_a_group_begins_is_waited_for_once(
    make_house: Callable[..., House],
    embedded_mail: Embedded,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Whoever went alone then would wait as long once more: the round ends, and all wait for the next one."""
    monkeypatch.setattr(engines, "BUSY_TIMEOUT", 100)
    house = make_house(embedded_mail, day="2026-03-02", time="09:00")
    for n, resident in enumerate(RESIDENTS):
        house.write(resident, COMPLAINT, subject=f"The lift of block {n}")
    rounds = Rounds(house.parts.service)
    assert rounds.look(house.clock) == 5
    rounds.close()
    other = sqlite3.connect(house.url.removeprefix("sqlite:///"), isolation_level=None)

    def locked_meanwhile(*given: Any) -> Ahead:
        other.execute("BEGIN IMMEDIATE")
        return look_ahead(*given)

    monkeypatch.setattr(backlog, "look_ahead", locked_meanwhile)
    with pytest.raises(OperationalError, match="locked"), caplog.at_level(logging.INFO, "mailbot"):
        house.parts.service.attend()
    assert "not attended to together" not in caplog.messages
    other.close()
    monkeypatch.setattr(backlog, "look_ahead", look_ahead)
    house.turn()
    assert sorted(letter.to for letter in house.letters(kind="acknowledgement")) == RESIDENTS


# ------------------------------------------------------------------ nobody can tell from the record

PRAISE = "Thank you so much. The caretaker of Alder Court is a gem, please tell him how wonderful he was on Friday."
NEW = "new@example.net"
RECORD = (
    "SELECT mailbox, state, reference, sender, subject, disposition, attempts, automatic FROM mails ORDER BY uid",
    "SELECT reference, who, kind, mail, summary FROM journal ORDER BY seq",
    "SELECT reference, letter, person, to_address, state, last_error, answer, subject FROM letters ORDER BY id",
    "SELECT body FROM letters WHERE letter NOT IN ('digest', 'chaser') ORDER BY id",
    "SELECT reference, timer, subject, due_at FROM timers ORDER BY reference, timer, subject",
    "SELECT body FROM cases ORDER BY reference",
    "SELECT reference, address, role FROM parties ORDER BY reference, address",
    "SELECT key, value FROM meta WHERE key LIKE 'told:%' ORDER BY key",
    "SELECT name, next FROM sequences",
)


def record_of(house: House) -> list[list[str]]:
    """Everything that the database says, but for names that are given by chance."""
    engine = create_engine(house.url)
    with engine.connect() as connection:
        uids = connection.exec_driver_sql("SELECT id, uid FROM mails").all()
        told = [[repr(tuple(row)) for row in connection.exec_driver_sql(one)] for one in RECORD]
    engine.dispose()
    names = {mail: f"mail {uid}" for mail, uid in uids} | {house.address: "ours"}
    return [[re.sub("|".join(names), lambda m: names[m[0]], line) for line in lines] for lines in told]


def a_backlog(house: House) -> None:
    """Of every sort, several of one case, and two that a mail before them decides."""
    begun = len(house.relay.letters)
    house.write(JO, COMPLAINT)
    house.turn()
    (to_sam, *_), (to_jo, *_) = house.letters(SAM, since=begun), house.letters(JO, since=begun)
    same = house.compose("twice@example.net", COMPLAINT, subject="Twice")
    house.write("twice@example.net", "", raw=same)
    house.write("twice@example.net", "", raw=b"X-Way: another\r\n" + same)
    house.write(JO, "I also want to add that the hall is wet.", answers=to_jo)
    for line in ("#contacted by phone", "#note all done", "#nonsense"):
        house.write(SAM, line, answers=to_sam)
    house.write(SAM, "#note and more", answers=to_sam, vouched=False)
    house.write(JO, ESCALATION, answers=to_jo)
    house.write("glad@example.net", PRAISE, subject="Thanks")
    house.write(NEW, COMPLAINT, subject="New")
    house.write(NEW, "And the lift is broken, too. I want to complain of that as well.", subject="Re: New")
    house.write("away@example.net", "I am away.", headers={"Auto-Submitted": "auto-replied"})
    house.write("nobody", "", raw=b"Subject: none\r\n\r\nI complain.\r\n")
    for n in range(5):
        house.write("flood@example.org", f"{COMPLAINT} {n}", subject=f"Flood {n}")
    house.turn()


@pytest.mark.parametrize("trouble", [False, True], ids=["all is well", "one is taken back"])
def test_nobody_can_tell_from_record_or_log_whether_mails_were_settled_together_or_read_back_first(
    make_house: Callable[..., House],
    embedded_mail: Embedded,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    trouble: bool,
) -> None:
    told = []
    caplog.set_level(logging.INFO)
    for at_once in (1, together.AT_ONCE):
        monkeypatch.setattr(backlog, "AT_ONCE", at_once)
        monkeypatch.setattr(keeping, "AT_HAND", keeping.AT_HAND if at_once > 1 else 0)
        monkeypatch.setattr(together, "HELD", 60.0)
        house = make_house(embedded_mail, day="2026-03-02", time="09:00")
        service = house.parts.service
        few = replace(service.settings.limits, mails_per_address_per_hour=4)
        service.settings = replace(service.settings, limits=few)
        if trouble:
            instruct(
                house,
                f"CREATE TRIGGER refuse BEFORE INSERT ON parties WHEN new.address = '{NEW}' "
                "BEGIN SELECT RAISE(ABORT, 'not this one'); END",
            )
        caplog.clear()
        a_backlog(house)
        steps = [record for record in caplog.records if record.name == "mailbot.step"]
        log = [[getattr(one, key, "") for key in ("msg", "outcome", "reference", "act")] for one in steps]
        apart = [record for record in caplog.records if record.name == "mailbot.together"]
        assert bool(apart) == (trouble and at_once > 1)
        told.append((record_of(house), log))
        house.stop()
    assert told[0] == told[1]
    states = Counter(line.split("'")[3] for line in told[0][0][0])
    assert states["discarded"] == 1 and states["quarantined"] == 2 and states["kept"] == 2 * trouble


# ------------------------------------------------------------------ what was kept a moment ago


def test_what_was_just_kept_is_held_within_its_room_until_it_is_read_or_waits_no_more() -> None:
    just_kept = JustKept()
    just_kept.remember({"a": bytes(5_000_000), "b": bytes(4_000_000), "c": b"short"})
    assert (just_kept.peek("b"), just_kept.peek("c")) == (None, b"short"), "b is too much beside a"
    assert just_kept.take("c") == b"short" and just_kept.take("c") is None
    just_kept.forget_all_but({"c", "d"})
    assert just_kept.peek("a") is None
    just_kept.remember({"d": bytes(keeping.AT_HAND)})
    assert just_kept.take("d") is not None, "all its room is there again"


def test_a_mail_that_a_person_discarded_meanwhile_is_not_attended_to_from_memory(
    make_house: Callable[..., House], embedded_mail: Embedded
) -> None:
    house = make_house(embedded_mail, day="2026-03-02", time="09:00")
    service = house.parts.service
    for resident in RESIDENTS[:2]:
        house.write(resident, COMPLAINT)
    rounds = Rounds(service)
    rounds.look(house.clock)
    rounds.close()
    with service.store.begin() as work:
        first, second = (row.id for row in work.waiting_mails(10))
        work.discard_mail(first)
    assert service.just_kept.peek(first) and service.just_kept.peek(second)
    assert [attended.mail for attended in service.attend()] == [second]
    assert (service.just_kept.peek(first), service.just_kept.peek(second)) == (None, None)
