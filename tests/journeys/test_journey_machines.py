"""Machines, floods and liars write to the mailbox: nobody is answered who must not be, and nothing is lost."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import conftest
import pytest
from conftest import ALEX, COMPLAINT, JO, SAM, House, Received
from doors.mailboxes import Mailboxes
from sqlalchemy import text

from mailbot.casework.vocabulary import Audience, Letter, SendLetter
from mailbot.daemon import Rounds
from mailbot.reckoning import reckon
from storage.rows import LetterState, MailState

MakeHouse = Callable[..., House]
EVER = (dt.datetime(2026, 1, 1, tzinfo=dt.UTC), dt.datetime(2027, 1, 1, tzinfo=dt.UTC))
DAEMON = "MAILER-DAEMON@mx.example.net"


def configure(monkeypatch: pytest.MonkeyPatch, line: str, instead_of: str) -> None:
    assert instead_of in conftest.CONFIG
    monkeypatch.setattr(conftest, "CONFIG", conftest.CONFIG.replace(instead_of, line, 1))


def notice(
    about: str, to: str = "complaints@example.org", answer: str = "Sorry, no mailbox here by that name."
) -> bytes:
    """A bounce in no standard form, without a word of the letter that came back (qmail, RFC 3464 unknown to it)."""
    return (
        f"Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.example.net\r\nTo: {to}\r\nSubject: failure notice\r\n\r\n"
        "Hi. This is the mail program at mx.example.net.\r\nI'm afraid I wasn't able to deliver your message to "
        f"the following addresses.\r\n\r\n<{about}>:\r\n{answer}\r\n"
    ).encode()


def told_not_reached(house: House) -> list[Received]:
    return [a for a in house.letters(SAM, "alert") if "was not reached" in a.subject]


def held(house: House) -> list[str]:
    with house.parts.store.read() as work:
        return [row.last_error for row in work.letters_in(LetterState.HELD)]


# ------------------------------------------------------------------ forms

WEB_FORM = "Website form <no-reply@forms.example.org>"
FORM_TEXT = (
    "Name: Jo Finch. Email: jo.finch@example.com. Message: The lift at Alder Court is broken again and nobody answers "
    "my calls. I want to complain."
)


def test_a_complaint_that_a_web_form_passes_on_is_put_to_a_person_and_counts_from_its_day(
    make_house: MakeHouse, embedded_mail: Mailboxes
) -> None:
    house = make_house(embedded_mail)
    house.write(WEB_FORM, "Your parcel arrives tomorrow between 10 and 12.", subject="Your parcel")
    house.turn()
    assert house.cases() == [] and house.letters(ALEX, "question") == []
    house.write(WEB_FORM, FORM_TEXT, subject="New contact form submission")
    house.turn()
    asked = house.last(ALEX, "question")
    assert "takes no answers" in asked.text and "nobody answers" in asked.text and "#resident" in asked.text
    house.go_to("2026-03-03")
    house.write(ALEX, f"#sort complaint\n#resident {JO} Jo Finch", answers=asked)
    house.turn()
    acknowledged = house.last(JO, "acknowledgement")
    assert "Monday 2 March 2026" in acknowledged.text and "Dear Jo Finch" in acknowledged.text
    assert not [letter for letter in house.letters() if "no-reply" in letter.to] and held(house) == []


def test_a_form_that_nobody_sorts_becomes_a_complaint_and_its_letters_come_to_the_handler(
    make_house: MakeHouse, embedded_mail: Mailboxes
) -> None:
    house = make_house(embedded_mail)
    house.write(WEB_FORM, FORM_TEXT, subject="New contact form submission")
    house.turn()
    house.go_to("2026-03-09")
    assert "please send the acknowledgement another way" in house.last(SAM, "alert").subject
    assert house.the_case().resident.address == "" and not house.the_case().is_party(
        "no-reply@forms.example.org"
    )


# ------------------------------------------------------------------ bounces


def test_a_bounce_without_the_original_is_tied_by_its_keyed_address_and_pauses_that_address(
    make_house: MakeHouse, embedded_mail: Mailboxes
) -> None:
    house = make_house(embedded_mail, plus=True)
    house.write(JO, COMPLAINT)
    house.turn()
    keyed = house.last(JO, "acknowledgement").answers_to
    assert "+" in keyed
    house.write(DAEMON, "", raw=notice(JO, keyed))
    house.turn()
    assert len(told_not_reached(house)) == 1
    assert house.the_case().unreachable == (JO,)
    house.write(SAM, "We will come on Friday.", answers=house.last(SAM, "case_assigned"))
    house.turn()
    house.go_to("2026-03-02", "09:30")
    assert house.letters(JO, "handler_reply") == []
    assert "came back" in held(house)[0]
    assert [a for a in house.letters(ALEX, "alert") if "A letter needs you" in a.subject]
    reference = house.the_case().reference
    house.write(JO, f"Have you forgotten me? {reference}", subject=f"My complaint {reference}")
    house.turn()
    house.write(SAM, "No, we come on Friday.", answers=house.last(SAM, "case_mail"))
    house.turn()
    house.go_to("2026-03-02", "10:30")
    assert len(house.letters(JO, "handler_reply")) == 1, "who writes can be reached again"
    assert house.the_case().unreachable == ()


def test_a_full_mailbox_pauses_the_address_for_a_day_only(
    make_house: MakeHouse, embedded_mail: Mailboxes
) -> None:
    house = make_house(embedded_mail, plus=True)
    house.write(JO, COMPLAINT)
    house.turn()
    keyed = house.last(JO, "acknowledgement").answers_to
    house.write(DAEMON, "", raw=notice(JO, keyed, "552 5.2.2 mailbox full"))
    house.turn()
    house.go_to("2026-03-04")
    house.write(SAM, "We will come on Friday.", answers=house.last(SAM, "case_assigned"))
    house.turn()
    house.go_to("2026-03-04", "10:30")
    assert len(house.letters(JO, "handler_reply")) == 1
    assert held(house) == []


def test_a_forged_bounce_changes_nothing_beyond_a_note(
    make_house: MakeHouse, embedded_mail: Mailboxes
) -> None:
    house = make_house(embedded_mail, plus=True)
    house.write(JO, COMPLAINT)
    house.turn()
    before = house.the_case()
    address = house.address.replace("@", "+0123456789abcdef.aaaaaaaaaaaaaaaaaaaa@")
    for forged in (
        notice(JO),
        notice(JO, address, "Nobody here."),
        notice("else@example.net", house.last(JO, "acknowledgement").answers_to),
    ):
        house.write(DAEMON, "", raw=forged)
    sent = len(house.letters())
    house.turn()
    assert house.the_case() == before
    assert len(house.letters()) == sent
    with house.parts.store.read() as work:
        notes = [row.summary for row in work.journal_between(*EVER) if row.kind == "automatic"]
    assert len(notes) == 3
    assert all("noted" in note for note in notes)
    house.write(SAM, "We will come on Friday.", answers=house.last(SAM, "case_assigned"))
    house.turn()
    house.go_to("2026-03-02", "09:30")
    assert len(house.letters(JO, "handler_reply")) == 1, "her address is not paused"


# ------------------------------------------------------------------ out of office


def test_a_handlers_out_of_office_notice_offers_to_hand_the_case_on(
    make_house: MakeHouse, embedded_mail: Mailboxes, monkeypatch: pytest.MonkeyPatch
) -> None:
    kim = '\n[[person]]\nkey = "kim"\nname = "Kim Ward"\naddress = "kim@landlord.example.org"\nroles = ["handler"]\n'
    house = make_house(embedded_mail)
    house.write(JO, COMPLAINT)
    house.turn()
    monkeypatch.setattr(conftest, "STAFF", conftest.STAFF + kim)
    house.stop()
    for _ in range(2):
        house.write(
            SAM,
            "I am on leave until 16 March.",
            answers=house.last(SAM, "case_assigned"),
            headers={"Auto-Submitted": "auto-replied"},
        )
        house.turn()
    (offer,) = [a for a in house.letters(ALEX, "alert") if "out of office" in a.subject]
    assert "#assign Kim Ward" in offer.text
    assert house.the_case().handler == "sam", "nothing changes hands by itself"
    house.write(ALEX, "#assign Kim Ward", answers=offer)
    house.turn()
    assert house.the_case().handler == "kim"


def test_a_residents_out_of_office_notice_is_no_contact(
    make_house: MakeHouse, embedded_mail: Mailboxes
) -> None:
    house = make_house(embedded_mail)
    house.write(JO, COMPLAINT)
    house.turn()
    before, sent = house.the_case(), len(house.letters())
    house.write(JO, "I am away.", answers=house.last(JO, "acknowledgement"), headers={"X-Autoreply": "yes"})
    house.turn()
    assert (house.the_case(), len(house.letters())) == (before, sent)


# ------------------------------------------------------------------ limits


def test_a_flood_is_held_and_real_residents_are_served_first(
    make_house: MakeHouse, embedded_mail: Mailboxes, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(monkeypatch, "mails_per_domain_per_hour = 4", "mails_per_domain_per_hour = 5000")
    house = make_house(embedded_mail)
    for n in range(30):
        house.write(f"bot{n % 3}@flood.example.net", f"{COMPLAINT} Number {n}.", subject=f"Number {n}")
    house.write(JO, COMPLAINT)
    rounds = Rounds(house.parts.service)
    rounds.look(house.clock)
    rounds.close()
    first = house.parts.service.attend(4)
    assert JO in {one.sender for one in first}, "the last to come is among the first to be served"
    house.turn()
    assert len(house.letters(JO, "acknowledgement")) == 1
    assert len(house.letters(kind="acknowledgement")) == 5
    assert len([a for a in house.letters(ALEX, "alert") if "set aside" in a.subject]) == 1
    house.go_to("2026-03-03", "09:00")
    assert "26 mails from flood.example.net" in house.last(ALEX, "digest").text
    assert "Number 7" not in house.last(ALEX, "digest").text
    with house.parts.store.begin() as work:
        aside = work.quarantined()
        assert {m.cause_code for m in aside} == {"flood"}
        for mail in aside:
            work.release_mail(mail.id)
    house.turn()
    assert len(house.cases()) == 31, "held, not dropped"
    assert {c.received_at.date() for c in house.cases()} == {dt.date(2026, 3, 2)}, "dated from their receipt"


def test_whoever_is_not_authenticated_gets_none_of_their_words_back(
    make_house: MakeHouse, embedded_mail: Mailboxes
) -> None:
    house = make_house(embedded_mail)
    bait = f"{COMPLAINT} Buy cheap watches at evil dot example."
    house.write(JO, bait, subject="Cheap watches", vouched=False)
    house.turn()
    letter = house.last(JO, "acknowledgement")
    assert "watches" not in letter.caught.raw.decode("utf-8", "replace")
    assert "could not confirm" in letter.text
    assert house.the_case().reference in letter.subject
    assert "watches" in house.last(SAM, "case_assigned").text, "the handler sees it whole"


def test_letters_never_go_to_our_own_mailbox_or_to_an_address_that_takes_no_answers(
    make_house: MakeHouse, embedded_mail: Mailboxes
) -> None:
    house = make_house(embedded_mail)
    service = house.parts.service
    box = service.settings.mailboxes[0]
    with house.parts.store.begin() as work:
        for to in (house.address, house.address.replace("@", "+a.b@"), "noreply@example.com"):
            order = SendLetter(Letter.CLOSURE, Audience.RESIDENT, to, ("House 1",))
            work.add_letter(service.outbox.mint(work, order, "", box), house.clock.now())
    house.turn()
    assert house.letters(kind="closure") == []
    own, robot = "it would go to our own mailbox", "its address says that it takes no answers"
    assert sorted(held(house)) == [own, own, robot]


def test_the_same_mistake_is_answered_once_a_day(make_house: MakeHouse, embedded_mail: Mailboxes) -> None:
    house = make_house(embedded_mail)
    house.write(JO, COMPLAINT)
    house.turn()
    for typed in ("#clsoe agreed", "#clsoe agreed", "#extend until never", "#clsoe agreed"):
        house.write(SAM, typed, answers=house.last(SAM, "case_assigned"))
        house.turn()
    assert len(house.letters(SAM, "command_refused")) == 2
    house.go_to("2026-03-03")
    house.write(SAM, "#clsoe agreed", answers=house.last(SAM, "case_assigned"))
    house.turn()
    assert len(house.letters(SAM, "command_refused")) == 3


# ------------------------------------------------------------------ unreadable, dangerous, imitated


def test_an_encrypted_mail_is_kept_and_a_person_told(make_house: MakeHouse, embedded_mail: Mailboxes) -> None:
    house = make_house(embedded_mail)
    raw = (
        f"From: {JO}\r\nTo: {house.address}\r\nSubject: secret\r\nContent-Type: multipart/encrypted; boundary=q\r\n\r\n"
        "--q\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n--q\r\nContent-Type: "
        "application/octet-stream; name=e.asc\r\n\r\n-----BEGIN PGP MESSAGE-----\r\nhQEMA\r\n--q--\r\n"
    )
    house.write(JO, "", raw=raw.encode())
    house.turn()
    assert house.letters(JO) == []
    assert "encrypted" in house.last(ALEX, "alert").text
    with house.parts.store.read() as work:
        assert [m.cause_code for m in work.quarantined()] == ["encrypted"]


def test_a_dangerous_file_is_named_to_the_handler_and_not_passed_on(
    make_house: MakeHouse, embedded_mail: Mailboxes
) -> None:
    house = make_house(embedded_mail)
    raw = (
        f"From: {JO}\r\nTo: {house.address}\r\nSubject: Leak\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; "
        f"boundary=q\r\n\r\n--q\r\nContent-Type: text/plain\r\n\r\n{COMPLAINT}\r\n--q\r\nContent-Type: image/jpeg; "
        'name="leak.jpg"\r\n\r\nJPEG\r\n--q\r\nContent-Type: image/jpeg; name="photo.jpg.exe"\r\n\r\nMZ\r\n--q--\r\n'
    )
    house.write(JO, "", raw=raw.encode())
    house.turn()
    letter = house.last(SAM, "case_assigned")
    assert "photo.jpg.exe (a program: not passed on)" in letter.text
    assert [part.get_filename() for part in letter.message.iter_attachments()] in ([], ["leak.jpg"])


def test_an_address_drawn_like_ours_is_told_and_may_not_act(
    make_house: MakeHouse, embedded_mail: Mailboxes
) -> None:
    house = make_house(embedded_mail)
    house.write(JO, COMPLAINT)
    house.turn()
    house.write(
        "Sam Okafor <sam@land1ord.example.org>", "#close agreed", answers=house.last(SAM, "case_assigned")
    )
    house.turn()
    with house.parts.store.read() as work:
        warned = [row.summary for row in work.journal_between(*EVER) if row.kind == "warning"]
    assert warned
    assert "drawn like landlord.example.org" in warned[0]
    assert all(case.closed_at is None for case in house.cases())


# ------------------------------------------------------------------ the reckoning


def test_every_mail_has_its_place_and_a_difference_is_an_alarm(
    make_house: MakeHouse, embedded_mail: Mailboxes
) -> None:
    house = make_house(embedded_mail)
    house.write(JO, COMPLAINT)
    house.write("mr.hall@example.net", conftest.REQUEST, subject="Key fob")
    house.write(DAEMON, "", raw=notice("nobody@example.net"))
    house.write(SAM, "#close", vouched=False)
    house.turn()
    with house.parts.store.read() as work:
        found = reckon(work, "complaints", house.clock.now())
        position = work.position("complaints")
    assert position is not None
    assert (found.kept, found.of_cases, found.of_service_requests, found.filed, found.set_aside) == (
        4,
        1,
        1,
        1,
        1,
    )
    assert found.differences == ()
    house.go_to("2026-03-03", "09:00")
    digest = " ".join(house.last(ALEX, "digest").text.split())
    assert "All 4 mails of complaints add up." in digest, digest
    with house.parts.store.begin() as work:
        # A row that somebody's mistaken clean-up took away.
        work._connection.execute(text("DELETE FROM mails WHERE uid = :uid"), {"uid": position.last_uid})
    for day in (
        "2026-03-04",
        "2026-03-05",
    ):  # each morning what lies on the server is held against the record
        house.go_to(day, "09:00")
        alarms = [a for a in house.letters(ALEX, "alert") if "don't add up" in a.subject]
        assert len(alarms) == 1, "one alarm for one difference"
        assert f"UID {position.last_uid}" in alarms[0].text
        digest = " ".join(house.last(ALEX, "digest").text.split())
        assert "DIFFERENCE: on the server but not on file" in digest, "it is shown for as long as it lasts"


def test_a_discarded_mail_is_counted_and_stays_on_file(
    make_house: MakeHouse, embedded_mail: Mailboxes
) -> None:
    house = make_house(embedded_mail)
    house.write(SAM, "#close", vouched=False)
    house.turn()
    with house.parts.store.begin() as work:
        (aside,) = work.quarantined()
        assert aside.cause_code == "staff_not_vouched"
        assert work.quarantine_by_cause() == ({"staff_not_vouched": 1}, aside.received_at)
        work.discard_mail(aside.id)
    with house.parts.store.read() as work:
        assert work.mail(aside.id).state is MailState.DISCARDED
        assert b"#close" in work.raw(aside.id)
        assert reckon(work, "complaints", house.clock.now()).discarded == 1
        assert work.quarantine_by_cause() == ({}, None)
