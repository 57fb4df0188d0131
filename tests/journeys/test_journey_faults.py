"""Faults at the doors: the mailbox, the relay, the database, the clock, the names of servers. Each is seen where
somebody looks, stops nobody else, and heals by itself when its cause is gone. docs/reliability.md has the list."""

from __future__ import annotations

import datetime as dt
import socket
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import conftest
import psycopg
import pytest
from conftest import ALEX, COMPLAINT, JO, SAM, House, london
from doors.catcher import Reply, SmtpCatcher
from doors.dovecot import Dovecot
from doors.mailboxes import Mailboxes
from doors.meddler import Cut, Meddler
from doors.primed import Primed
from sqlalchemy.exc import OperationalError

from storage import engines
from storage.rows import LetterState, MailState

MakeHouse = Callable[..., House]
HALL = "mr.hall@example.net"


def last_error(house: House) -> str:
    with house.parts.store.read() as work:
        return work.mailboxes()[0].last_error


def sent_once(house: House, *residents: str) -> None:
    """Each of them has one case, and got one acknowledgement; nothing was sent twice to anybody."""
    assert sorted(case.resident.address for case in house.cases()) == sorted(residents)
    assert sorted(letter.to for letter in house.letters(kind="acknowledgement")) == sorted(residents)
    assert max(Counter(letter.message_id for letter in house.letters()).values()) == 1


# ------------------------------------------------------------------ the mailbox


@pytest.fixture
def line(dovecot: Dovecot) -> Iterator[Meddler]:
    meddler = Meddler(dovecot.imap_port)
    yield meddler
    meddler.stop()


class Meddled(Mailboxes):
    """A mail server at the other end of a line that is meddled with; people reach it directly."""

    def __init__(self, server: Mailboxes, line: Meddler) -> None:
        self.server, self.imap_port = server, line.port

    def fresh_mailbox(self) -> str:
        return self.server.fresh_mailbox()

    def put(self, to: str, raw: bytes, received_at: dt.datetime | None = None, folder: str = "INBOX") -> None:
        self.server.put(to, raw, received_at, folder)


@pytest.fixture
def patient_for_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conftest, "CONFIG", conftest.CONFIG.replace("timeout_read = 10", "timeout_read = 1"))


def stalls(said: bytes) -> bytes:
    """The server has gone quiet in the middle of it."""
    return said[: len(said) // 2] if b"FETCH" in said else said


def half_a_line(said: bytes) -> bytes:
    if b"FETCH" in said:
        raise Cut(said[: len(said) // 2])
    return said


def goodbye(said: bytes) -> bytes:
    raise Cut(b"* BYE shutting down for maintenance\r\n")


@pytest.mark.parametrize("fault", [stalls, half_a_line, goodbye])
def test_a_mailbox_in_trouble_is_told_of_and_read_once_it_is_well_again(
    make_house: MakeHouse,
    dovecot: Dovecot,
    line: Meddler,
    patient_for_a_second: None,
    fault: Callable[..., bytes],
) -> None:
    house = make_house(Meddled(dovecot, line), day="2026-03-02", time="06:00")
    house.write(JO, COMPLAINT)
    line.edit = fault
    house.turn()
    assert house.cases() == []
    assert last_error(house), "it is on record, and the log has said it"
    house.clock.put(london("2026-03-02", "09:00"))
    house.turn()
    digest = " ".join(house.last(ALEX, "digest").text.split())
    assert "ailbox complaints was read 3 hours ago" in digest
    assert "has not been read for more than an hour" in digest
    line.edit = lambda said: said
    for minute in ("09:30", "09:40"):  # a mail over which the line broke twice is left alone for a minute
        house.clock.put(london("2026-03-02", minute))
        house.turn()
    assert last_error(house) == ""
    sent_once(house, JO)


def test_a_server_that_lies_about_its_numbers_makes_nothing_twice(
    make_house: MakeHouse, dovecot: Dovecot, line: Meddler
) -> None:
    """It names mails that are not there and those that were read long ago, each twice, and sends other mails than
    were asked for."""
    house = make_house(Meddled(dovecot, line))
    house.write(JO, COMPLAINT)
    house.turn()
    line.edit = lambda said: said.replace(b"* SEARCH", b"* SEARCH 4999 1 1 2 2 4000")
    house.write(HALL, COMPLAINT, subject="Lift")
    house.turn()
    house.turn()
    line.edit = lambda said: said.replace(b"(UID 3 ", b"(UID 1 ")
    house.write("kim@example.com", COMPLAINT, subject="Bins")
    house.turn()
    line.edit = lambda said: said
    house.turn()
    house.go_to("2026-03-02", "12:00")
    sent_once(house, JO, HALL, "kim@example.com")


def test_a_server_that_refuses_to_move_is_told_of_and_obeyed_later(
    make_house: MakeHouse, dovecot: Dovecot, line: Meddler
) -> None:
    house = make_house(Meddled(dovecot, line), after="move")
    line.translate = lambda said: said.replace(b"UID MOVE ", b"UID MOVE 1:bad ")
    house.write(JO, COMPLAINT)
    house.turn()
    sent_once(house, JO)
    assert len(dovecot.uids(house.address)) == 1
    line.translate = lambda said: said
    house.turn()
    assert dovecot.uids(house.address) == []
    assert len(dovecot.uids(house.address, "Done")) == 1


# ------------------------------------------------------------------ the relay


def test_a_letter_that_the_relay_puts_off_for_two_days_is_given_up_and_a_supervisor_is_told(
    make_house: MakeHouse, embedded_mail: Mailboxes, smtp_catcher: SmtpCatcher
) -> None:
    house = make_house(embedded_mail)
    smtp_catcher.reply = lambda to: Reply(rcpt="451 4.7.1 try again later" if to == JO else "")
    house.write(JO, COMPLAINT)
    house.turn()
    for day in ("2026-03-03", "2026-03-04", "2026-03-05"):
        house.go_to(day, "12:00")
    with house.parts.store.read() as work:
        assert [r.order.to for r in work.letters_in(LetterState.FAILED)] == [JO]
    assert any("given up" in alert.text for alert in house.letters(ALEX, "alert"))
    assert "acknowledgement" in house.last(ALEX, "digest").text.lower()


def test_a_relay_that_takes_its_time_gets_each_letter_once(
    make_house: MakeHouse, embedded_mail: Mailboxes, smtp_catcher: SmtpCatcher
) -> None:
    house = make_house(embedded_mail)

    def slowly(to: str) -> Reply:
        time.sleep(0.2)
        return Reply()

    smtp_catcher.reply = slowly
    house.write(JO, COMPLAINT)
    house.write(HALL, COMPLAINT, subject="Lift")
    house.turn()
    sent_once(house, JO, HALL)


def test_a_relay_that_refuses_one_of_the_recipients_serves_the_others(
    make_house: MakeHouse, embedded_mail: Mailboxes, smtp_catcher: SmtpCatcher
) -> None:
    house = make_house(embedded_mail)
    smtp_catcher.reply = lambda to: Reply(rcpt="550 5.1.1 no such user" if to == HALL else "")
    house.write(HALL, COMPLAINT, subject="Lift")
    house.write(JO, COMPLAINT)
    house.turn()
    house.go_to("2026-03-02", "12:00")
    assert [letter.to for letter in house.letters(kind="acknowledgement")] == [JO]
    assert len(house.letters(SAM, "case_assigned")) == 2
    assert "not reached" in house.last(SAM, "alert").text


# ------------------------------------------------------------------ the database


@pytest.fixture
def soon_tired_of_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "BUSY_TIMEOUT", 100)


def test_a_database_that_is_locked_delays_everything_and_spoils_nothing(
    make_house: MakeHouse, embedded_mail: Mailboxes, soon_tired_of_waiting: None
) -> None:
    house = make_house(embedded_mail)
    house.write(JO, COMPLAINT)
    other = sqlite3.connect(house.url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    for _ in range(3):
        with pytest.raises(OperationalError, match="locked"):
            house.turn()
    other.execute("ROLLBACK")
    house.turn()
    sent_once(house, JO)


def test_trouble_with_the_database_is_not_laid_to_the_mail_in_hand(
    make_house: MakeHouse, embedded_mail: Mailboxes, soon_tired_of_waiting: None
) -> None:
    """Two failures of its own would have it set aside."""
    house = make_house(embedded_mail)
    house.write(JO, COMPLAINT)
    service = house.parts.service
    rounds = conftest.Rounds(service)
    assert rounds.look(house.clock) == 1
    rounds.close()
    other = sqlite3.connect(house.url.removeprefix("sqlite:///"), isolation_level=None)
    for _ in range(4):
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(OperationalError, match="locked"):
            service.attend()
        other.execute("ROLLBACK")
    other.close()
    house.turn()
    sent_once(house, JO)
    with house.parts.store.read() as work:
        assert work.mails_by_state()[MailState.QUARANTINED] == 0


def test_a_database_that_is_gone_and_back_is_used_again(
    make_house: MakeHouse, embedded_mail: Mailboxes, postgres_url: str
) -> None:
    """PostgreSQL throws everybody out and lets nobody in, as while it is restarted."""
    house = make_house(embedded_mail, url=postgres_url)
    house.write(JO, COMPLAINT)
    house.turn()
    name = postgres_url.partition("@/")[2].partition("?")[0]
    desk = psycopg.connect(postgres_url.replace("+psycopg", "").replace(name, "postgres"), autocommit=True)
    house.write(HALL, COMPLAINT, subject="Lift")
    desk.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')  # type: ignore[call-overload]
    desk.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
    for _ in range(2):
        with pytest.raises(OperationalError):
            house.turn()
    desk.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')  # type: ignore[call-overload]
    desk.close()
    house.turn()
    sent_once(house, JO, HALL)


FULL_DISK = """
import resource, runpy, sys
most = int(sys.argv.pop())
resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
sys.argv = ["mailbot", "once", "--config", sys.argv[1]]
runpy.run_module("mailbot", run_name="__main__", alter_sys=True)
"""


def test_a_full_disk_is_told_keeps_what_is_on_record_and_loses_no_mail(
    make_house: MakeHouse, dovecot: Dovecot, primed: Primed
) -> None:
    """A limit on the size of files stands for the disk: the mail does not fit into it."""
    house = make_house(dovecot, after="move")
    house.stop()
    once = ("-m", "mailbot", "once", "--config", house.write_config())
    assert primed.run(*once).code == 0
    stamp = "Authentication-Results: mx.landlord.example.org; dmarc=pass header.from=example.com\r\n"
    big = COMPLAINT + "\n" + "\n".join(f"{n}: it is wet" for n in range(40_000))
    dovecot.deliver(stamp.encode() + house.compose(JO, big), house.address)
    room = Path(house.url.removeprefix("sqlite:///")).stat().st_size + 60_000
    for most in (room, 10_000):  # with 10,000 bytes it can't even be opened: nothing is waited for then
        began = time.monotonic()
        ended = primed.run("-c", FULL_DISK, house.write_config(), most)
        assert ended.code in (1, 2), ended.err
        assert time.monotonic() - began < engines.BUSY_TIMEOUT / 1000
        assert "disk" in ended.out + ended.err
        assert JO not in ended.out + ended.err
        assert len(dovecot.uids(house.address)) == 1, "it stays where it is safe"
    assert primed.run(*once).code == 0
    sent_once(house, JO)
    assert dovecot.uids(house.address) == []


# ------------------------------------------------------------------ the clock


class Wayward:
    """A clock that may go back, as one that was set wrongly and is put right."""

    def __init__(self, at: dt.datetime) -> None:
        self.at = at

    def now(self) -> dt.datetime:
        return self.at


def with_clock(house: House, clock: Wayward) -> None:
    house.stop()
    house.clock = clock  # type: ignore[assignment]


@pytest.mark.parametrize(
    "jump", [dt.timedelta(hours=-1), dt.timedelta(hours=1), dt.timedelta(hours=-30)], ids=str
)
def test_a_clock_that_jumps_sends_nothing_twice_and_loses_nothing(
    make_house: MakeHouse, embedded_mail: Mailboxes, jump: dt.timedelta
) -> None:
    house = make_house(embedded_mail, day="2026-03-12", time="07:55")
    clock = Wayward(london("2026-03-12", "09:05"))
    with_clock(house, clock)
    house.write(JO, COMPLAINT)
    house.turn()
    before = Counter((letter.to, letter.kind) for letter in house.letters())
    clock.at += jump
    house.turn()
    house.write(HALL, COMPLAINT, subject="Lift")
    house.turn()
    clock.at = london("2026-03-12", "10:20")  # put right again
    house.turn()
    sent_once(house, JO, HALL)
    digests = [
        letter for letter in house.letters(ALEX, "digest") if "12 March" in letter.subject + letter.text[:400]
    ]
    assert len(digests) == 1
    assert before[ALEX, "digest"] == 1
    assert {letter.state for letter in every_letter(house)} == {LetterState.SENT}


def every_letter(house: House) -> list[Any]:
    with house.parts.store.read() as work:
        return work.letters_in(*LetterState)


@pytest.mark.parametrize(("friday", "monday"), [("2026-03-27", "2026-03-30"), ("2026-10-23", "2026-10-26")])
def test_over_a_clock_change_each_morning_has_one_digest_and_each_duty_its_day(
    make_house: MakeHouse, embedded_mail: Mailboxes, friday: str, monday: str
) -> None:
    house = make_house(embedded_mail, day=friday, time="16:00")
    house.write(JO, COMPLAINT)
    house.turn()
    promised = house.the_case().stage1
    assert promised
    end = dt.datetime.fromisoformat(monday).replace(hour=12, tzinfo=dt.UTC)
    while house.clock.now() < end:  # every half hour, also those that the clocks skip or repeat
        house.clock.put(house.clock.now() + dt.timedelta(minutes=30))
        house.turn()
    assert len(house.letters(ALEX, "digest")) == 2, "Friday's and Monday's"
    assert house.the_case().stage1 == promised
    sent_once(house, JO)


# ------------------------------------------------------------------ the names of servers


def test_without_dns_everything_waits_and_nothing_is_given_up(
    make_house: MakeHouse,
    embedded_mail: Mailboxes,
    smtp_catcher: SmtpCatcher,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        conftest, "CONFIG", conftest.CONFIG.replace('host = "127.0.0.1"', 'host = "localhost"')
    )
    house = make_house(embedded_mail)
    house.write(JO, COMPLAINT)
    house.turn()
    house.write(HALL, COMPLAINT, subject="Lift")
    house.stop()  # connections are gone as well

    def nobody_knows(*asked: object, **more: object) -> list[Any]:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    with monkeypatch.context() as gone:
        gone.setattr(socket, "getaddrinfo", nobody_knows)
        for hour in range(10, 15):
            house.clock.put(london("2026-03-02", f"{hour}:00"))
            house.turn()
        assert "gaierror" in last_error(house)
        assert house.letters(HALL) == []
    house.clock.put(london("2026-03-02", "16:00"))
    house.turn()
    assert last_error(house) == ""
    sent_once(house, JO, HALL)
