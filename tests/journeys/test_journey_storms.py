"""Too much of something, or something broken: everything else goes on, and a person hears of it, but not too often."""

from __future__ import annotations

import datetime as dt
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import conftest
import pytest
from conftest import ALEX, COMPLAINT, JO, SAM, House, Received
from doors.catcher import Reply, SmtpCatcher
from doors.dovecot import Dovecot
from doors.mailboxes import Mailboxes
from doors.primed import Primed
from sqlalchemy import create_engine, update

from mailbot.casework.vocabulary import Audience, Letter, SendLetter, Stage, Timer
from mailbot.daemon import GAVE_UP, Rounds
from mailbot.presence import at_work as present
from mailbot.service import Service
from mailbot.start import build
from storage import open_store, schema
from storage.rows import LetterState, MailState

MakeHouse = Callable[..., House]


def configure(monkeypatch: pytest.MonkeyPatch, line: str, instead_of: str) -> None:
    assert instead_of in conftest.CONFIG
    monkeypatch.setattr(conftest, "CONFIG", conftest.CONFIG.replace(instead_of, line, 1))


def bounce_of(letter: Received) -> bytes:
    """A delivery report (RFC 3464) as a handler's or resident's server sends one."""
    return (
        "From: MAILER-DAEMON@mx.example.net\r\nTo: complaints@example.org\r\nSubject: Undelivered Mail\r\n"
        'MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nNobody of that name is here.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.net\r\n\r\n"
        f"Final-Recipient: rfc822; {letter.to}\r\nAction: failed\r\nStatus: 5.1.1\r\n"
        "Diagnostic-Code: smtp; 550 5.1.1 unknown user\r\n\r\n"
        f"--b\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: {letter.message_id}\r\nTo: {letter.to}\r\n"
        "Subject: x\r\n\r\nx\r\n--b--\r\n"
    ).encode()


def about_letters(house: House) -> list[Received]:
    return [a for a in house.letters(kind="alert") if "A letter needs you" in a.subject]


# ------------------------------------------------------------------ limits


def test_letters_of_a_crowded_hour_wait_for_room_and_a_supervisor_hears_of_it_once(
    make_house: MakeHouse, embedded_mail: Mailboxes, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(monkeypatch, "letters_per_hour = 4", "letters_per_hour = 5000")
    house = make_house(embedded_mail)
    writers = [f"resident{n}@example.com" for n in range(6)]
    for writer in writers:
        house.write(writer, COMPLAINT)
    house.turn()
    house.go_to("2026-03-02", "09:30")
    assert len(about_letters(house)) == 1
    assert len([x for x in house.letters() if x.to != ALEX]) <= 4, "only the one who watches hears beyond it"
    for hour in range(10, 15):
        house.go_to("2026-03-02", f"{hour}:15")
    assert sorted(x.to for x in house.letters(kind="acknowledgement")) == writers
    with house.parts.store.read() as work:
        assert work.letters_in(LetterState.HELD, LetterState.FAILED) == []


def test_caps_hold_over_all_processes_together(
    make_house: MakeHouse, embedded_mail: Mailboxes, monkeypatch: pytest.MonkeyPatch, postgres_url: str
) -> None:
    """Four that share PostgreSQL, each as quick as it can: five mails of a council's in an hour, seven letters in all.
    What is beyond waits, or is set aside, whoever has it in hand."""
    configure(monkeypatch, "letters_per_hour = 7", "letters_per_hour = 5000")
    configure(monkeypatch, "mails_per_domain_per_hour = 5", "mails_per_domain_per_hour = 5000")
    house = make_house(embedded_mail, url=postgres_url)
    for n in range(14):
        house.write(f"officer{n}@council.example.org", f"{COMPLAINT} Block {n}.", subject=f"Block {n}")
    rounds = Rounds(house.parts.service)
    assert rounds.look(house.clock) == 14
    rounds.close()
    configured = house.parts.service.settings
    others = [build(configured, open_store(postgres_url), house.clock) for _ in range(3)]
    services = [house.parts.service, *(parts.service for parts in others)]
    together = threading.Barrier(len(services))

    def at_work(service: Service) -> None:
        with present(service):
            together.wait()
            while service.attend(limit=1):
                pass
            together.wait()
            while service.dispatch(limit=3):
                pass

    before = len(house.relay.letters)
    with ThreadPoolExecutor(len(services)) as pool:
        list(pool.map(at_work, services))
    with house.parts.store.read() as work:
        states, letters = work.mails_by_state(), work.letters_by_state()
    assert (states[MailState.ATTENDED], states[MailState.QUARANTINED]) == (5, 9)
    capped = [r for r in house.letters(since=before) if r.to != ALEX]
    assert letters[LetterState.WAITING] > 0 and letters[LetterState.HELD] == 0
    assert len(house.relay.letters) - before >= 7 >= len(capped)
    for parts in others:
        parts.close()


def test_letters_to_one_address_are_held_and_a_storm_of_them_is_told_of_ten_times_at_most(
    make_house: MakeHouse, embedded_mail: Mailboxes, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(monkeypatch, "letters_per_address_per_hour = 2", "letters_per_address_per_hour = 200")
    house = make_house(embedded_mail)
    for n in range(15):
        house.write(JO, f"{COMPLAINT} This is matter {n}.", subject=f"Matter {n}")
    house.turn()
    assert len(house.letters(JO)) == 2
    assert len(about_letters(house)) == 10
    with house.parts.store.read() as work:
        assert len(work.letters_in(LetterState.HELD)) == 13


def test_two_machines_that_answer_each_other_come_to_an_end(
    make_house: MakeHouse, embedded_mail: Mailboxes
) -> None:
    house = make_house(embedded_mail)
    house.write(SAM, "Your mail has reached our ticket system.", subject="Ticket 1")
    house.turn()
    for n in range(2, 20):
        refused = house.last(SAM, "command_refused")
        house.write(SAM, f"Your mail has reached our ticket system, ticket {n}.", answers=refused)
        house.turn()
    assert len(house.letters(SAM, "command_refused")) == 2


def test_a_thousand_forged_mails_from_staff_do_not_become_a_thousand_alerts(
    make_house: MakeHouse, embedded_mail: Mailboxes
) -> None:
    house = make_house(embedded_mail)
    for n in range(14):
        house.write(SAM, f"#close agreed {n}", subject=f"Forged {n}", vouched=False)
    house.turn()
    assert len(house.letters(ALEX, "alert")) == 10
    with house.parts.store.read() as work:
        assert len(work.quarantined()) == 14


# ------------------------------------------------------------------ alerts that come back


def test_a_handlers_letter_that_comes_back_is_told_to_a_supervisor_and_goes_round_in_no_circle(
    make_house: MakeHouse, embedded_mail: Mailboxes
) -> None:
    house = make_house(embedded_mail)
    house.write(JO, COMPLAINT)
    house.turn()
    house.write("MAILER-DAEMON@mx.example.net", "", raw=bounce_of(house.last(SAM, "case_assigned")))
    house.turn()
    (alert,) = about_letters(house)
    assert alert.to == ALEX
    assert "came back" in alert.text
    for _ in range(3):
        house.write("MAILER-DAEMON@mx.example.net", "", raw=bounce_of(alert))
        house.turn()
    assert len(about_letters(house)) == 1


# ------------------------------------------------------------------ something broken


def test_a_letter_that_can_not_be_written_stops_no_other_and_is_shown_to_a_person(
    make_house: MakeHouse, embedded_mail: Mailboxes
) -> None:
    house = make_house(embedded_mail)
    service = house.parts.service
    box = service.settings.mailboxes[0]
    broken = SendLetter(
        Letter.CONFIRM_ACKNOWLEDGEMENT,
        Audience.HANDLER,
        SAM,
        ("House 1",),
        {"preview_of": "no"},
        person="sam",
    )
    with house.parts.store.begin() as work:
        work.add_letter(service.outbox.mint(work, broken, "", box), house.clock.now())
    house.write(JO, COMPLAINT)
    house.turn()
    assert len(house.letters(JO, "acknowledgement")) == 1
    assert "could not be written" in about_letters(house)[0].text


def test_a_case_in_trouble_stops_nobody_elses_clock(make_house: MakeHouse, embedded_mail: Mailboxes) -> None:
    house = make_house(embedded_mail)
    house.write(JO, COMPLAINT)
    house.write("mr.hall@example.net", COMPLAINT, subject="Lift")
    house.turn()
    broken, sound = sorted(house.cases(), key=lambda c: c.reference)
    with sqlite3.connect(house.url.removeprefix("sqlite:///")) as database:
        database.execute("UPDATE cases SET body = '{}' WHERE reference = ?", (broken.reference,))
    house.clock.put(conftest.london("2026-03-12", "09:00"))
    for _ in range(3):
        house.turn()
    chased = "\n".join(letter.text for letter in house.letters(SAM, "chaser"))
    assert sound.reference in chased
    assert "1 case can't be read" in chased  # named, for somebody must see to it
    told = [a for a in house.letters(ALEX, "alert") if "clock stands still" in a.subject]
    assert {broken.reference in a.text for a in told} == {True}
    with house.parts.store.read() as work:
        kinds = {row.timer for row in work.timers_of(broken.reference)}
    assert Timer.RESPONSE_NEAR in kinds, "it stands until somebody mends the case"
    assert len(told) == len({Timer.RESPONSE_NEAR, Timer.CONTACT} & kinds)


def test_a_mail_that_ends_the_process_again_and_again_is_set_aside(
    make_house: MakeHouse, embedded_mail: Mailboxes
) -> None:
    house = make_house(embedded_mail)
    house.write(JO, COMPLAINT)
    rounds = Rounds(house.parts.service)
    assert rounds.look(house.clock) == 1
    rounds.close()
    with house.parts.store.begin() as work:
        (row,) = work.waiting_mails(1)
    engine = create_engine(house.url)
    with engine.begin() as connection:
        connection.execute(update(schema.mails).values(deaths=3))  # as three ends of the process leave it
    engine.dispose()
    house.stop()
    house.write("mr.hall@example.net", COMPLAINT, subject="Lift")
    house.turn()
    house.go_to("2026-03-02", "09:05")
    assert [c.resident.address for c in house.cases()] == ["mr.hall@example.net"]
    with house.parts.store.begin() as work:
        (aside,) = work.quarantined()
        assert (aside.id, aside.sender) == (row.id, JO)
        work.release_mail(aside.id)
    house.stop()
    house.turn()
    assert len(house.cases()) == 2


def test_a_refused_letter_is_on_record_though_its_case_can_not_be_stepped(
    make_house: MakeHouse, embedded_mail: Mailboxes, smtp_catcher: SmtpCatcher
) -> None:
    house = make_house(embedded_mail)
    smtp_catcher.reply = lambda recipient: Reply(rcpt="550 5.1.1 no such user" if recipient == JO else "")
    house.write(JO, COMPLAINT)
    rounds = Rounds(house.parts.service)
    rounds.look(house.clock)
    rounds.close()
    house.parts.service.attend()

    def breaks(*told: object) -> None:
        raise RuntimeError("the case can't be stepped")

    house.parts.service.outbox.on_refusal = breaks
    house.parts.service.dispatch()
    with house.parts.store.read() as work:
        assert [r.order.to for r in work.letters_in(LetterState.FAILED)] == [JO]
        assert work.letters_in(LetterState.HANDING) == []


# ------------------------------------------------------------------ silence and unread mail


def test_nobody_is_closed_while_a_mail_of_theirs_waits_to_be_read_by_a_person(
    make_house: MakeHouse, embedded_mail: Mailboxes
) -> None:
    house = make_house(embedded_mail, mailbox="max_bytes = 300000")
    house.write(JO, COMPLAINT)
    house.turn()
    house.write(SAM, "#respond upheld\n\nDear Jo, we are sorry.", answers=house.last(SAM, "case_assigned"))
    house.turn()
    house.go_to("2026-03-12")
    house.write(JO, "I don't accept this, see the photographs.\n" + "x" * 400_000, subject="Photographs")
    house.turn()
    house.go_to("2026-04-30")
    assert house.the_case().stage is Stage.STAGE1_RESPONDED
    assert house.letters(JO, "closing_reminder") == []
    with house.parts.store.read() as work:
        assert work.mails_by_state()[MailState.QUARANTINED] == 1


# ------------------------------------------------------------------ commands


def test_the_rest_of_a_mail_that_parts_a_matter_stays_with_its_own_case(
    make_house: MakeHouse, embedded_mail: Mailboxes
) -> None:
    house = make_house(embedded_mail)
    house.write(JO, COMPLAINT)
    house.turn()
    first = house.the_case()
    further = (
        "I also want to make a formal complaint about something else: the lift has been broken for six weeks, "
        "nobody answers my calls and I am disgusted with how I have been treated. I want it repaired."
    )
    house.write(JO, further, subject=f"New complaint about the lift {first.reference}")
    house.turn()
    assert [q.number for q in house.the_case().open_questions] == [1]
    house.write(SAM, "#sort complaint\n#contacted by phone", answers=house.last(SAM, "case_mail"))
    house.turn()
    old, new = sorted(house.cases(), key=lambda c: c.reference)
    assert old.stage1 is not None and old.stage1.contacted_at is not None
    assert new.stage1 is not None and new.stage1.contacted_at is None
    assert "lift" in new.request_text


# ------------------------------------------------------------------ copies in the Sent folder


def test_letters_to_residents_are_copied_into_the_sent_folder(
    make_house: MakeHouse, dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(monkeypatch, '[smtp]\nsent_folder = "Sent"', "[smtp]")
    house = make_house(dovecot)
    house.write(JO, COMPLAINT)
    house.turn()
    assert len(house.letters(JO)) == 1
    assert len(dovecot.uids(house.address, "Sent")) == 1, "letters to staff are not copied"


def test_a_copy_that_fails_neither_fails_the_letter_nor_sends_it_again(
    make_house: MakeHouse, dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(monkeypatch, '[smtp]\nsent_folder = "Sent"', "[smtp]")
    house = make_house(dovecot)
    house.write(JO, COMPLAINT)
    house.write("mr.hall@example.net", COMPLAINT, subject="Lift")
    rounds = Rounds(house.parts.service)
    rounds.look(house.clock)
    rounds.close()
    dovecot.stop()
    try:
        rounds.work()
        house.clock.put(house.clock.now() + dt.timedelta(hours=3))
        rounds.work()
    finally:
        dovecot.start()
    assert len(house.letters(JO)) == 1
    assert len(house.letters("mr.hall@example.net")) == 1
    with house.parts.store.read() as work:
        assert work.letters_by_state()[LetterState.SENT] == len(house.letters())


# ------------------------------------------------------------------ asked twice, and a process that hangs


def test_the_same_words_without_a_date_weeks_apart_are_two_mails(
    make_house: MakeHouse, embedded_mail: Mailboxes
) -> None:
    house = make_house(embedded_mail)
    house.write(JO, COMPLAINT)
    house.turn()
    raw = f"From: {JO}\r\nSubject: Leak in the kitchen {house.the_case().reference}\r\n\r\nIs there any news?\r\n"
    for day in ("2026-03-04", "2026-03-18"):
        house.go_to(day)
        house.write(JO, "", raw=raw.encode())
        house.write(JO, "", raw=raw.encode())  # and each of them by two ways
        house.turn()
    assert len([m for m in house.letters(SAM, "case_mail") if "any news" in m.text]) == 2


HANGS = """
import sys, time
from pathlib import Path
from mailbot import daemon, settings
from mailbot.clock import WallClock
from mailbot.start import build
from storage import open_store

configured = settings.load(Path(sys.argv[1]))
parts = build(configured, open_store(configured.database.url))
parts.service.attend = lambda limit: time.sleep(1000)
daemon.STALLED_AFTER = 2.0
daemon.Daemon(parts.service, WallClock()).run()
"""


def test_a_process_in_which_something_hangs_ends_so_that_it_can_be_started_again(
    make_house: MakeHouse, embedded_mail: Mailboxes, primed: Primed
) -> None:
    house = make_house(embedded_mail)
    house.stop()
    assert primed.run("-c", HANGS, house.write_config()).code == GAVE_UP
