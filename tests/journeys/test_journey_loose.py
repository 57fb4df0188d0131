"""A letter that belongs to no case waits for a supervisor's word: one press sends it, one does not, and nothing else
moves it (House 48)."""

from __future__ import annotations

import contextlib
import re
import shutil
import sqlite3
import urllib.parse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import ALEX, JO, SAM, House, Received, london
from doors.catcher import SmtpCatcher
from doors.mailboxes import Mailboxes
from doors.primed import Primed
from journey_worlds import TURN
from test_journey_modes import switch, to_residents

from mailbot.clock import SetClock
from mailbot.erasing import erase_person
from mailbot.people import held_on
from mailbot.retention import carry_out, look
from mailbot.sending import pause
from storage.rows import LetterRow, LetterState

PRAISE = "Thank you so much. The caretaker of Alder Court is a gem, please tell him how wonderful he was on Friday."
RECEIPT = [(JO, "feedback_receipt")]
MakeHouse = Callable[..., House]


def held(house: House) -> list[LetterRow]:
    with house.parts.store.read() as work:
        return work.letters_in(LetterState.HELD)


def told_in_journal(house: House) -> list[str]:
    with house.parts.store.read() as work:
        return [row.summary for row in work.journal_between(london("2026-03-01"), london("2027-03-01"))]


def buttons(letter: Received) -> dict[str, tuple[str, str, str]]:
    """What each button of a mail opens: to whom, under which subject, with which words."""
    part = letter.message.get_body(("html",))
    assert part is not None
    links = re.findall(r'href="(mailto:[^"]*)"[^>]*>([^<]*)</a>', str(part.get_content()))
    opened = {}
    for link, label in links:
        to, _, query = link.replace("&amp;", "&").removeprefix("mailto:").partition("?")
        fields = {name: values[0] for name, values in urllib.parse.parse_qs(query).items()}
        opened[label.replace("&#39;", "'")] = (urllib.parse.unquote(to), fields["subject"], fields["body"])
    return opened


def press(house: House, who: str, letter: Received, label: str, add: str = "", **told: Any) -> None:
    """Press a button as a mail program does: a new mail, with no thread, that begins with the prepared line."""
    to, subject, body = buttons(letter)[label]
    line, _, below = body.partition("\r\n")
    house.write(who, f"{line.rstrip()} {add}".rstrip() + "\r\n" + below, subject=subject, to=to, **told)
    house.turn()


@pytest.fixture
def house(make_house: MakeHouse, embedded_mail: Mailboxes) -> House:
    """An assist house to which Jo has written praise, on Monday 2 March 2026."""
    house = make_house(embedded_mail, mode="assist")
    house.write(JO, PRAISE, subject="Thank you")
    house.turn()
    return house


@pytest.mark.parametrize("server", ["dovecot-postgres", "embedded"])
def test_one_press_of_a_supervisor_sends_it_once_in_the_thread_of_the_mail_that_it_answers(
    make_house: MakeHouse, request: pytest.FixtureRequest, server: str
) -> None:
    doors = request.getfixturevalue("dovecot" if server == "dovecot-postgres" else "embedded_mail")
    choices = {"url": request.getfixturevalue("postgres_url"), "plus": True} if "postgres" in server else {}
    house = make_house(doors, mode="assist", **choices)
    house.write(JO, PRAISE, subject="Thank you")
    house.turn()
    assert to_residents(house) == [] and house.cases() == []
    asked = house.last(ALEX, "release_request")
    (row,) = held(house)
    assert re.fullmatch(r"Please decide: send this feedback receipt\? \[LETTER-\d+-[\dX]\]", asked.subject)
    assert f"to {JO} waits for your word. It does not go by itself." in asked.text
    assert "It belongs to no case and has no last day." in asked.text
    assert "\r\n> Hello,\r\n" in asked.text  # the letter is shown, whole
    assert [r.kind for r in house.letters(ALEX, "alert")] == []  # nobody is told twice of one thing
    house.clock.put(london("2026-03-03", "11:00"))
    press(house, ALEX, asked, "Send it")
    assert to_residents(house) == RECEIPT
    thanks = house.last(JO, "feedback_receipt")
    assert str(thanks.message["In-Reply-To"]).endswith("@mail.example.com>")
    assert thanks.message_id == row.message_id  # the letter that was shown, and no other
    assert "Done" in house.last(ALEX, "command_done").subject
    assert f"The feedback receipt goes to {JO} now." in house.last(ALEX, "command_done").text
    assert f"Alex Reid: The feedback receipt goes to {JO} now." in told_in_journal(house)
    with house.parts.store.read() as work:
        assert work.verify_journal().faults == ()


def test_a_second_press_does_nothing_and_says_what_was_decided(house: House) -> None:
    asked = house.last(ALEX, "release_request")
    press(house, ALEX, asked, "Send it")
    house.clock.put(london("2026-03-04", "09:00"))
    press(house, ALEX, asked, "Send it")
    press(house, ALEX, asked, "Don't send it", "too late")
    assert to_residents(house) == RECEIPT
    told = house.last(ALEX, "command_refused").text
    assert f"Somebody has decided already. The feedback receipt to {JO} went on 2 March 2026" in " ".join(
        told.split()
    )


def test_one_that_is_not_to_go_stays_on_record_with_its_reason_and_never_goes(house: House) -> None:
    asked = house.last(ALEX, "release_request")
    press(house, ALEX, asked, "Don't send it", "I rang her")
    assert f"The feedback receipt to {JO} is not sent: I rang her." in house.last(ALEX, "command_done").text
    assert held(house) == []
    house.clock.put(london("2026-03-02", "12:00"))
    press(house, ALEX, asked, "Send it")
    told = " ".join(house.last(ALEX, "command_refused").text.split())
    assert "does not go (not sent: Alex Reid said so on 2 March 2026" in told and "(I rang her)" in told
    house.go_to("2026-03-05")
    assert to_residents(house) == []


def test_nobody_decides_so_every_digest_asks_and_no_other_mail_does_until_somebody_presses_there(
    house: House,
) -> None:
    house.go_to("2026-03-05", "10:00")
    digests = house.letters(ALEX, "digest")[1:]  # but for Monday's, before she wrote
    assert len(digests) == 3
    for digest in digests:
        words = " ".join(digest.text.split())
        assert "1 letter waits for your decision" in words and "letters in trouble" not in words.lower()
        assert "Shall this feedback receipt go?; without an answer: it does not go; since Mon 2 Mar" in words
        assert "#release | #discard because" in words
        assert JO not in words  # a digest names nobody
    assert len(house.letters(ALEX, "release_request")) == 1
    assert to_residents(house) == []
    press(house, ALEX, digests[0], "Send it")
    assert to_residents(house) == RECEIPT
    house.go_to("2026-03-06", "10:00")
    assert "feedback receipt" not in house.letters(ALEX, "digest")[-1].text


def test_what_is_mistyped_does_nothing_and_is_answered_with_the_two_lines(house: House) -> None:
    asked = house.last(ALEX, "release_request")
    for text in (
        "Yes, please send it",
        "#relese",
        "#release 2",
        "#close answered",
        "#release\n#discard because no",
    ):
        house.write(ALEX, text, answers=asked)
        house.turn()
        refused = house.last(ALEX, "command_refused")
        assert "#release" in refused.text and "#discard because" in refused.text, text
        assert refused.subject.endswith(asked.subject[asked.subject.rindex("[") :])
    assert len(house.letters(ALEX, "command_refused")) == 5
    assert to_residents(house) == [] and len(held(house)) == 1
    house.write(
        ALEX, "#release\n\nShe will be glad.", answers=refused
    )  # and the answer itself can be answered
    house.turn()
    assert to_residents(house) == RECEIPT
    assert "The rest of your mail stayed inside" in house.last(ALEX, "command_done").text
    assert "glad" not in house.last(JO, "feedback_receipt").text


def test_a_stranger_a_handler_and_a_borrowed_name_send_nothing(house: House) -> None:
    asked = house.last(ALEX, "release_request")
    press(house, "eve@example.net", asked, "Send it")  # who holds the whole mail, and is nobody
    press(house, SAM, asked, "Send it")  # to whom it was forwarded
    press(house, ALEX, asked, "Send it", vouched=False)  # no server says that it is Alex
    assert to_residents(house) == [] and len(held(house)) == 1
    with house.parts.store.read() as work:
        aside = [row.cause for row in work.quarantined()]
    assert len(aside) == 1 and "lacks two things to act on: token and role" in aside[0]
    assert (
        len(house.letters(ALEX, "release_request")) == 2
    )  # Alex is asked afresh, at the address that we know
    assert "was not done" in house.last(ALEX, "release_request").text
    press(house, ALEX, house.last(ALEX, "release_request"), "Send it")
    assert to_residents(house) == RECEIPT


def test_a_supervisor_who_writes_its_reference_in_a_mail_of_their_own_is_asked_afresh(house: House) -> None:
    called = re.findall(r"LETTER-\d+-[\dX]", house.last(ALEX, "release_request").subject)[0]
    house.write(ALEX, "#release", subject=called.lower())
    house.turn()
    assert to_residents(house) == []
    fresh = house.last(ALEX, "release_request")
    assert len(house.letters(ALEX, "release_request")) == 2 and called in fresh.subject
    house.write(ALEX, f"#release {called}", answers=fresh)
    house.turn()
    assert to_residents(house) == RECEIPT
    number, check = called.split("-")[1:]
    house.write(ALEX, "#release", subject=f"LETTER-{number}-{(int(check.replace('X', '10')) + 1) % 10}")
    house.turn()
    assert "does not answer one of our mails" in " ".join(house.last(ALEX, "command_refused").text.split())


def test_no_mode_and_no_start_ever_sends_it_and_a_late_word_still_does(house: House) -> None:
    asked = house.last(ALEX, "release_request")
    switch(house, "live", "2026-03-10")
    house.go_to("2026-03-12")
    switch(house, "shadow", "2026-03-13")
    switch(house, "live", "2026-03-20")
    house.go_to("2026-03-24")
    assert to_residents(house) == [] and len(held(house)) == 1
    house.write("ben.ode@example.net", PRAISE, subject="Thanks")
    house.turn()
    assert to_residents(house) == [
        ("ben.ode@example.net", "feedback_receipt")
    ]  # live it goes by itself, as ever
    press(house, ALEX, asked, "Send it")
    assert to_residents(house)[1:] == RECEIPT


def test_live_one_that_a_cap_held_back_is_put_before_a_supervisor_with_its_reason(
    make_house: MakeHouse, embedded_mail: Mailboxes
) -> None:
    house = make_house(embedded_mail)
    with house.parts.store.begin() as work:
        pause(work, JO, None, house.clock.now())  # a letter to her came back
    house.write(JO, PRAISE, subject="Thank you", vouched=False)
    house.turn()
    house.turn()
    assert to_residents(house) == []
    asked = house.last(ALEX, "release_request")
    assert "Why it waits: letters to this address came back (since 02 March 2026)." in asked.text
    assert house.letters(ALEX, "alert") == []  # nobody is told twice of one thing
    press(house, ALEX, asked, "Send it")
    assert to_residents(house) == RECEIPT


def test_a_flood_of_praise_is_ten_mails_an_hour_and_the_digest_has_them_all(house: House) -> None:
    for n in range(11):
        house.write(f"reader{n}@example.net", PRAISE, subject=f"Thanks {n}")
    house.turn()
    assert len(house.letters(ALEX, "release_request")) == 10 and len(held(house)) == 12
    house.go_to("2026-03-03", "08:00")
    assert "12 letters wait for your decision" in house.last(ALEX, "digest").text


def test_an_erasure_takes_its_words_and_it_never_goes(house: House) -> None:
    asked = house.last(ALEX, "release_request")
    house.go_to("2026-03-03", "08:00")
    assert "Thank you (LETTER-" in house.last(ALEX, "digest").text  # it says what she wrote about
    settings, now = house.parts.service.settings, house.clock.now()
    with house.parts.store.begin() as work:
        found = held_on(work, settings, JO)
        assert held(house)[0].id in found.letters
        erase_person(work, settings, found, now, "alex")
    assert held(house) == []
    with sqlite3.connect(house.url.partition("///")[2]) as database:
        kept = [
            *database.execute("SELECT subject, body FROM letters"),
            *database.execute("SELECT content FROM blobs"),
        ]
    database.close()
    assert len(kept) > 3 and not [row for row in kept if "Thank you" in str(row)]
    house.clock.put(london("2026-03-03"))
    press(house, ALEX, asked, "Send it")
    assert to_residents(house) == []
    with house.parts.store.read() as work:
        assert work.verify_journal().faults == ()
        assert not [row for row in work.journal_between(london("2026-03-01"), now) if JO in row.summary]


def test_after_the_time_of_its_mail_the_words_go_and_nobody_is_asked_any_more(house: House) -> None:
    settings, later = house.parts.service.settings, london("2028-04-01")
    with house.parts.store.begin() as work:
        plan = look(work, settings, later)
        assert held(house)[0].id in plan.letters
        carry_out(work, settings, plan, later, "retention")
    with house.parts.store.read() as work:
        assert work.letters_in(LetterState.HELD) == [] and not look(work, settings, later).anything
        assert work.verify_journal().faults == ()


# ------------------------------------------------------------------ killed halfway


POINTS = ("attend:settled", "dispatch:claimed", "dispatch:handing", "dispatch:handed")
WINDOW = {"dispatch:handing": 0, "dispatch:handed": 1}
"""Between these it is with SMTP: nobody knows whether it went, so it is not sent again, and a supervisor is told."""


def test_killed_at_any_point_of_the_press_it_goes_once_at_most_and_is_never_lost_unseen(
    dovecot: Any, primed: Primed, ready_made_sqlite: Path, tmp_path: Path
) -> None:
    """The process that reads the press is killed by SIGKILL, at each point in a world of its own, and started again."""
    catcher = SmtpCatcher()
    catcher.start()
    house = House(
        dovecot, catcher, tmp_path, f"sqlite:///{tmp_path}/mailbot.db", dovecot.fresh_mailbox(),
        SetClock(london("2026-03-02", "09:00")), mode="assist", blank=ready_made_sqlite,
    )  # fmt: skip
    house.start()
    house.write(JO, PRAISE, subject="Thank you")
    house.turn()
    asked = house.last(ALEX, "release_request")
    press_on = house.compose(ALEX, "#release", answers=asked)
    stamp = (
        b"Authentication-Results: mx.landlord.example.org; dmarc=pass header.from=landlord.example.org\r\n"
    )
    house.stop()
    shutil.move(tmp_path / "mailbot.db", tmp_path / "asked.db")
    dovecot.put(house.address, stamp + press_on, london("2026-03-02", "12:00"))
    words = (TURN, house.folder / "config", london("2026-03-02", "12:30").isoformat())
    for point in POINTS:
        shutil.copy(tmp_path / "asked.db", tmp_path / "mailbot.db")
        begun = len(catcher.letters)
        assert primed.run("-c", *words, env={"MAILBOT_CRASH_AT": point}).killed, point
        ended = primed.run("-c", *words)
        assert ended.code == 0, ended.err
        assert len(house.letters(JO, since=begun)) == WINDOW.get(point, 1), point
        alerts = " ".join(" ".join(r.text.split()) for r in house.letters(ALEX, "alert", since=begun))
        assert ("feedback receipt may or may not have gone out" in alerts) == (point in WINDOW), point
        with contextlib.closing(sqlite3.connect(tmp_path / "mailbot.db")) as database:
            (row,) = database.execute(
                "SELECT state FROM letters WHERE letter = 'feedback_receipt'"
            ).fetchall()
            lines = database.execute("SELECT summary FROM journal WHERE kind = 'letter'").fetchall()
        assert row[0] == ("unknown" if point in WINDOW else "sent"), point
        assert sum("goes to" in line for (line,) in lines) == 1, f"{point}: decided once"
    catcher.stop()
