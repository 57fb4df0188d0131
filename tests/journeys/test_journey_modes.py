"""Assist mode, and every way from one mode to another: nothing of the past is ever sent by itself."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from conftest import ALEX, COMPLAINT, JO, REQUEST, SAM, House, london
from doors.catcher import Reply
from doors.mailboxes import Mailboxes

from mailbot.casework.vocabulary import Stage
from storage.rows import LetterState

BEN = "ben.ode@example.net"
MakeHouse = Callable[..., House]


def switch(house: House, mode: str, day: str, time: str = "10:00") -> None:
    """The process ends, somebody writes another mode, and it is started again then."""
    house.stop()
    house.mode = mode
    house.clock.put(london(day, time))
    house.turn()


def to_residents(house: House) -> list[tuple[str, str]]:
    return [(r.to, r.kind) for r in house.letters() if not r.to.endswith("@landlord.example.org")]


# ------------------------------------------------------------------ assist


def test_assist_puts_the_acknowledgement_before_the_handler_who_sends_it_with_one_press(
    make_house: MakeHouse, dovecot: Any
) -> None:
    house = make_house(dovecot, mode="assist", after="move", plus=True)
    house.write(JO, COMPLAINT)
    house.turn()
    assert to_residents(house) == []
    assert dovecot.uids(house.address) == []  # all the rest of live work is done: the mail was moved
    assert house.letters(SAM, "case_assigned")
    asked = house.last(SAM, "release_request")
    assert asked.subject.startswith("Please decide: send this acknowledgement?")
    assert "It does not go by itself" in asked.text and "Monday 9 March 2026" in asked.text
    assert "two days off work" in asked.text  # the letter is shown
    house.write(SAM, "#acknowledge", answers=asked)
    house.clock.put(london("2026-03-03", "11:00"))
    house.turn()
    assert to_residents(house) == [(JO, "acknowledgement")]
    assert house.the_case().stage1.acknowledged_at == london("2026-03-03", "11:00")  # type: ignore[union-attr]


def test_assist_and_silence_reminds_then_alarms_loudly_and_never_sends(
    make_house: MakeHouse, embedded_mail: Mailboxes
) -> None:
    house = make_house(embedded_mail, mode="assist")
    house.write(JO, COMPLAINT)
    house.turn()
    house.go_to("2026-03-06", "17:00")  # the working day before its last one
    assert house.last(SAM, "release_request").subject.startswith("Reminder")
    house.go_to("2026-03-09", "09:00")
    for person in (SAM, ALEX):
        alarm = house.last(person, "release_request")
        assert alarm.subject.startswith("ACT NOW: the acknowledgement must go today")
    house.go_to("2026-03-12", "09:00")
    assert len([r for r in house.letters(ALEX, "release_request") if r.subject.startswith("ACT NOW")]) == 4
    assert to_residents(house) == []
    # assist -> live: what waits for a word stays waiting
    switch(house, "live", "2026-03-12", "12:00")
    house.go_to("2026-03-16", "10:00")
    assert to_residents(house) == []
    house.write(ALEX, "#acknowledge", answers=house.last(ALEX, "release_request"))
    house.turn()
    assert to_residents(house) == [(JO, "acknowledgement")]


def test_assist_and_a_letter_that_is_held_back(make_house: MakeHouse, embedded_mail: Mailboxes) -> None:
    house = make_house(embedded_mail, mode="assist")
    house.write(BEN, REQUEST, subject="Key fob")
    house.turn()
    asked = house.last(SAM, "release_request")
    assert "service request receipt" in asked.subject
    house.write(SAM, "#discard 1 because I have rung him", answers=asked)
    house.turn()
    house.go_to("2026-03-05")
    assert to_residents(house) == []
    assert house.the_case().unsent == ()
    assert "is not sent: I have rung him" in house.last(SAM, "command_done").text


# ------------------------------------------------------------------ shadow, then live


def test_from_shadow_to_live_the_past_is_left_alone_and_the_supervisor_gets_the_open_cases(
    make_house: MakeHouse, dovecot: Any
) -> None:
    house = make_house(dovecot, mode="shadow")
    house.write(JO, COMPLAINT)
    house.turn()
    house.go_to("2026-03-12")
    shadow = house.the_case()
    switch(house, "live", "2026-03-16")
    house.go_to("2026-03-20")
    assert house.cases() == [] and to_residents(house) == []
    told = next(r for r in house.letters(ALEX, "alert") if "from now on" in r.subject)
    assert shadow.reference in told.text and "Leak in the kitchen" in told.text
    house.write(BEN, COMPLAINT, subject="Damp")
    house.turn()
    assert to_residents(house) == [(BEN, "acknowledgement")]  # and new mail is answered at once
    assert house.the_case().reference.startswith("CC-2026-000001")


def test_from_shadow_to_live_with_since_the_cases_are_opened_and_their_letters_wait(
    make_house: MakeHouse, embedded_mail: Mailboxes
) -> None:
    house = make_house(embedded_mail, mode="shadow")
    house.write(JO, COMPLAINT)
    house.turn()
    house.go_to("2026-03-06")
    house.mailbox = "since = 2026-03-01"
    switch(house, "live", "2026-03-06", "15:00")
    case = house.the_case()
    assert case.received_at == london("2026-03-02", "09:00")  # its own date
    assert to_residents(house) == []
    assert "does not go by itself" in house.last(SAM, "release_request").text
    house.go_to("2026-03-13")
    assert to_residents(house) == []


def test_live_then_shadow_then_live_again_sends_nothing_that_fell_due_meanwhile(
    make_house: MakeHouse, dovecot: Any
) -> None:
    """Live from 2 March 2026; set aside from 10 March to 8 June; live again."""
    house = make_house(dovecot, mode="live", plus=True)
    house.write(JO, COMPLAINT)
    house.write(BEN, COMPLAINT.replace("Jo Finch", "Ben Ode"), subject="Damp in the hall")
    house.turn()
    ben, jo = sorted(house.cases(), key=lambda c: c.subject)
    assigned = {r.subject: r for r in house.letters(SAM, "case_assigned")}
    of_jo = next(r for r in assigned.values() if jo.reference in r.subject)
    of_ben = next(r for r in assigned.values() if ben.reference in r.subject)
    house.write(SAM, "#respond upheld\n\nDear Jo, we repair it.", answers=of_jo)  # silence would end her case
    house.turn()
    house.go_to("2026-03-10", "09:00")
    before = to_residents(house)
    acknowledged = house.last(JO, "acknowledgement")

    switch(house, "shadow", "2026-03-10", "10:00")
    house.go_to("2026-03-11", "09:00")
    house.write(BEN, "Has anybody looked at the damp?", answers=house.last(BEN, "acknowledgement"))
    house.write(SAM, "#respond upheld\n\nDear Ben, late.", answers=of_ben)
    house.write("kim@example.net", COMPLAINT, subject="Lift")
    house.turn()
    house.go_to("2026-03-20", "09:00")
    assert to_residents(house) == before

    switch(house, "live", "2026-06-08", "09:00")
    for time in ("09:05", "10:00", "16:05"):
        house.clock.put(london("2026-06-08", time))
        house.turn()
    assert to_residents(house) == before  # no closure, no reminder, no response by surprise
    ben, jo = (next(c for c in house.cases() if c.reference == old.reference) for old in (ben, jo))
    assert jo.stage is Stage.STAGE1_RESPONDED  # nobody was closed by a clock that nobody watched
    assert ben.last_resident_word_at == london("2026-03-11", "09:00")  # his word was taken in
    assert {c.reference for c in house.cases()} == {ben.reference, jo.reference}  # Kim's is the team's to end
    back = next(r for r in house.letters(ALEX, "alert") if "works on the mailbox again" in r.subject)
    assert "10 March 2026" in back.text
    refused = house.last(SAM, "command_refused")
    assert "while mailbot was set aside" in refused.text
    with house.parts.store.read() as work:
        alone = [m for m in work.attended_mails(dt.datetime(2026, 1, 1, tzinfo=dt.UTC), london("2026-12-31"))
                 if "left alone" in m.disposition]  # fmt: skip
    assert [m.sender for m in alone] == ["kim@example.net"]
    # and what happens from now on is answered as ever
    house.write(JO, "Thank you, all is well, please close it.", answers=acknowledged)
    house.turn()
    jo = next(c for c in house.cases() if c.reference == jo.reference)
    assert jo.last_resident_word_at == house.clock.now()


def test_letters_that_waited_when_live_work_stopped_are_held_and_go_with_one_press(
    make_house: MakeHouse, embedded_mail: Mailboxes
) -> None:
    house = make_house(embedded_mail)
    usual = house.relay.reply
    house.relay.reply = lambda recipient: Reply(rcpt="451 4.3.0 try again later" if recipient == JO else "")
    house.write(JO, COMPLAINT)
    house.turn()
    switch(house, "shadow", "2026-03-02", "12:00")
    house.relay.reply = usual
    switch(house, "live", "2026-03-16", "09:00")
    house.go_to("2026-03-17", "10:00")
    assert to_residents(house) == []
    asked = house.last(SAM, "release_request")
    assert "it was written on 02 March 2026, before mailbot was set aside" in asked.text
    with house.parts.store.read() as work:
        assert len(work.letters_in(LetterState.HELD)) == 1
    house.write(SAM, "#release 1", answers=asked)
    house.turn()
    assert to_residents(house) == [(JO, "acknowledgement")]
    with house.parts.store.read() as work:
        assert work.letters_in(LetterState.HELD) == []  # and no digest speaks of it any more


def test_a_short_stop_without_a_shadow_run_is_no_switch(
    make_house: MakeHouse, embedded_mail: Mailboxes
) -> None:
    """An outage is caught up with, as ever: what fell due goes at once."""
    house = make_house(embedded_mail)
    house.stop()
    house.write(JO, COMPLAINT)
    house.clock.put(london("2026-03-05", "09:00"))
    house.turn()
    assert to_residents(house) == [(JO, "acknowledgement")]
