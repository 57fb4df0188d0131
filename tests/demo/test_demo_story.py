"""The demo's journeys, each as it went over real sockets under the statutory Code: what came, what was decided, what
went out, who was chased."""

from __future__ import annotations

import datetime as dt

import pytest
from demo_stage import Played

from mailbot.casework.calendar import Calendar
from mailbot.casework.vocabulary import Audience, Flag, Letter, Stage
from mailbot.demo import cast
from mailbot.demo.answers import spell_oddly
from mailbot.demo.cast import Actor
from mailbot.demo.checks import Check
from mailbot.demo.happenings import Kind, Outcome
from mailbot.demo.story import first_mails

ENGLAND = Calendar("ENG")
STAFF_NAMES = {one.name for one in cast.STAFF}

pytestmark = pytest.mark.timeout(300)  # whoever comes first plays six weeks, and may have to train first


def test_every_promise_is_kept(played: Played) -> None:
    broken = [(check.promise, check.broken) for check in played.ended.checks if check.broken]
    assert broken == []
    assert len(played.ended.checks) == 11


def test_some_forty_mails_come_from_outside_and_staff_answer(played: Played) -> None:
    assert 40 <= len(played.ended.told.delivered) <= 60
    assert played.ended.told.posted >= 40


def test_the_same_mail_to_two_addresses_is_one_case(played: Played) -> None:
    mails = played.mails(cast.DAWIT)
    assert [m.kind for m in mails[:2]] == [Kind.ARRIVED, Kind.MACHINE]
    assert mails[0].reference == mails[1].reference
    assert len(played.letters(cast.DAWIT, Letter.ACKNOWLEDGEMENT)) == 1


def test_a_complaint_is_acknowledged_at_once_with_its_handler(played: Played) -> None:
    letter = played.letters(cast.MARGARET, Letter.ACKNOWLEDGEMENT)[0]
    case = played.case(cast.MARGARET)
    assert letter.sent_at == case.received_at == dt.datetime(2026, 4, 27, 9, 5, tzinfo=dt.UTC)
    handler = letter.order.facts["handler"]
    assert isinstance(handler, dict)
    assert handler["name"] == cast.GRACE.name


def test_an_answer_to_the_acknowledgement_joins_its_case_by_its_thread_alone(played: Played) -> None:
    correction = played.mails(cast.AMARA)[1]
    assert correction.how_found == "in-reply-to"
    assert correction.reference == played.case(cast.AMARA).reference
    record = played.case(cast.AMARA).stage1
    assert record is not None
    assert "landing" in record.definition


def test_a_reference_in_odd_spelling_finds_its_case(played: Played) -> None:
    extra = played.mails(cast.MARGARET)[1]
    assert extra.how_found == "body"
    assert extra.reference == played.case(cast.MARGARET).reference
    assert spell_oddly("CC-2026-000002-2") == "cc 2026 OOOOO2 2"


def test_silence_closes_a_case_only_after_a_reminder(played: Played) -> None:
    case = played.case(cast.MARGARET)
    assert case.stage is Stage.CLOSED
    assert case.closed_because == "silence"
    reminder, closure = played.letters(cast.MARGARET, Letter.CLOSING_REMINDER, Letter.CLOSURE)
    assert reminder.order.letter is Letter.CLOSING_REMINDER
    assert reminder.created_at < closure.created_at
    assert case.stage1 is not None and case.stage1.responded_at is not None and case.closed_at is not None
    answered = ENGLAND.london_date(case.stage1.responded_at)
    closed = ENGLAND.london_date(case.closed_at)
    assert ENGLAND.working_days_between(answered, closed) == 21  # 20 of silence, two bank holidays left out


def test_a_service_request_that_nobody_answers_is_chased_and_becomes_a_complaint(played: Played) -> None:
    case = played.case(cast.KIERAN)
    assert case.was_service_request
    assert case.stage1 is not None
    before = [
        letter
        for letter in played.letters(cast.KIERAN, Letter.CHASER)
        if letter.created_at < case.stage1.requested_at
    ]
    assert before
    assert {letter.order.person for letter in before} == {cast.MARTIN.key}


def test_who_answers_late_is_chased_and_the_supervisor_is_copied(played: Played) -> None:
    case = played.case(cast.KIERAN)
    assert case.stage1 is not None and case.stage1.responded_at is not None
    assert ENGLAND.london_date(case.stage1.responded_at) > case.stage1.promised.outer
    people = {letter.order.person for letter in played.letters(cast.KIERAN, Letter.CHASER)}
    assert people == {cast.MARTIN.key, cast.OWEN.key}


def test_a_mistyped_command_does_nothing_and_is_answered_with_the_right_form(played: Played) -> None:
    refused = [h for h in played.mails(cast.DEV) if h.kind is Kind.REFUSED]
    assert any("contcted" in h.subject and "did you mean #contacted" in h.decided for h in refused)
    assert all({out.letter for out in h.letters} == {Letter.COMMAND_REFUSED} for h in refused)


def test_more_time_is_told_with_its_reason_before_the_old_date(played: Played) -> None:
    (notice,) = played.letters(cast.DAWIT, Letter.EXTENSION_NOTICE)
    assert "surveyor" in str(notice.order.facts["reason"])
    record = played.case(cast.DAWIT).stage1
    assert record is not None and record.extension is not None
    assert ENGLAND.london_date(notice.created_at) <= record.respond.outer < record.extension.to


def test_dissatisfaction_after_the_answer_goes_to_another_person(played: Played) -> None:
    case = played.case(cast.JORDAN)
    assert case.stage1 is not None and case.stage2 is not None
    assert case.stage2.handler == cast.RUTH.key != case.stage1.handler
    assert played.letters(cast.JORDAN, Letter.FINAL_RESPONSE)


def test_dissatisfaction_after_the_final_answer_is_told_about_the_ombudsman(played: Played) -> None:
    assert len(played.letters(cast.JORDAN, Letter.SIGNPOSTING)) == 1


def test_closing_waits_until_what_was_promised_is_done(played: Played) -> None:
    case = played.case(cast.AMARA)
    closes = [h for h in played.on(case) if "#close agreed" in h.subject]
    assert [h.kind for h in closes] == [Kind.REFUSED, Kind.STAFF]
    assert "still open" in closes[0].decided
    assert case.actions and not case.open_actions


def test_a_closed_case_is_opened_again_when_the_resident_writes(played: Played) -> None:
    assert played.letters(cast.AMARA, Letter.CLOSURE)
    assert played.letters(cast.AMARA, Letter.REOPENED)
    assert played.case(cast.AMARA).stage is Stage.STAGE1_RESPONDED


def test_a_withdrawal_is_carried_out_by_a_person(played: Played) -> None:
    case = played.case(cast.CRAIG)
    assert case.closed_because == "withdrawn"
    passed, closed = [h for h in played.on(case) if h.outcome in (Outcome.PASSED, Outcome.CLOSED)]
    assert passed.who == cast.CRAIG.name
    assert closed.who in STAFF_NAMES


def test_the_partners_other_address_is_filed_and_gets_nothing(played: Played) -> None:
    (mail,) = played.mails(cast.MEKDES)
    assert mail.outcome is Outcome.FILED
    assert mail.reference == played.case(cast.DAWIT).reference
    assert not any(x.order.to == cast.MEKDES.address for x in played.ended.books.letters)


@pytest.mark.parametrize("sender", [cast.JOURNAL, cast.SUPPLIER, cast.SALES, cast.APPLICANT])
def test_what_is_neither_complaint_nor_request_is_filed_without_an_answer(
    played: Played, sender: Actor
) -> None:
    (mail,) = played.mails(sender)
    assert mail.outcome is Outcome.FILED
    assert not any(x.order.to == sender.address for x in played.ended.books.letters)


def test_praise_is_passed_on_with_thanks_and_opens_no_case(played: Played) -> None:
    (mail,) = played.mails(cast.STAN)
    assert mail.outcome is Outcome.FILED
    thanks = [x for x in played.ended.books.letters if x.order.to == cast.STAN.address]
    assert [x.order.letter for x in thanks] == [Letter.FEEDBACK_RECEIPT]


def test_an_out_of_office_notice_changes_nothing_and_gets_no_answer(played: Played) -> None:
    (notice,) = [m for m in played.mails(cast.HELEN) if m.kind is Kind.MACHINE]
    assert notice.letters == ()


def test_a_colleagues_out_of_office_notice_offers_the_supervisor_to_pass_the_case_on(played: Played) -> None:
    (notice,) = [m for m in played.mails(cast.RUTH) if m.kind is Kind.MACHINE]
    assert [(out.letter, out.to) for out in notice.letters] == [(Letter.ALERT, cast.OWEN.address)]


def test_a_bounce_tells_the_handler_and_counts_as_no_contact(played: Played) -> None:
    case = played.case(cast.TOM)
    assert case.unreachable == (cast.TOM.address,)
    (alert,) = [x for x in played.letters(cast.TOM, Letter.ALERT) if x.order.audience is Audience.HANDLER]
    assert alert.order.person == case.handler


def test_who_only_claims_to_be_a_handler_closes_nothing(played: Played) -> None:
    spoof = next(m for m in played.mails(cast.GRACE) if m.kind is Kind.ASIDE)
    assert "nothing vouches" in spoof.decided
    assert spoof.reference == ""
    assert {out.to for out in spoof.letters} == {cast.OWEN.address}


def test_a_mail_that_nobody_can_read_is_set_aside_for_a_person(played: Played) -> None:
    (mail,) = [h for h in played.ended.told.happenings if h.kind is Kind.ASIDE and h.who == "(no sender)"]
    assert {out.letter for out in mail.letters} == {Letter.ALERT}


def test_gas_at_night_reaches_the_duty_officer_in_the_same_minute(played: Played) -> None:
    first = played.mails(cast.SOFIA)[0]
    assert first.at == dt.datetime(2026, 4, 29, 22, 40, tzinfo=dt.UTC)
    assert Flag.URGENT_HAZARD in first.flags
    assert cast.DUTY.address in {out.to for out in first.alarms}
    alarm = next(x for x in played.letters(cast.SOFIA, Letter.ALERT))
    assert alarm.sent_at == first.at


@pytest.mark.parametrize(
    ("sender", "flag", "told"),
    [
        (cast.SUPPORT, Flag.SAFEGUARDING, cast.DUTY),
        (cast.MEMBER, Flag.MP_OR_COUNCILLOR, cast.OWEN),
        (cast.SOLICITOR, Flag.LEGAL_ACTION, cast.OWEN),
    ],
)
def test_what_people_must_know_at_once_is_told_to_them(
    played: Played, sender: Actor, flag: Flag, told: Actor
) -> None:
    first = played.mails(sender)[0]
    assert flag in first.flags
    assert told.address in {out.to for out in first.alarms}
    assert played.case(sender).stage1 is not None  # and the complaint goes on


def test_a_supervisor_says_by_mail_what_an_unclear_mail_is(played: Played) -> None:
    case = played.case(cast.PAULETTE)
    assert [q.answer for q in case.questions] == [f"{cast.OWEN.key}: service_request"]
    assert played.letters(cast.PAULETTE, Letter.SERVICE_REQUEST_RECEIPT)


def test_an_unclear_mail_that_nobody_sorts_becomes_a_complaint_in_time(played: Played) -> None:
    case = played.case(cast.DES)
    assert [q.answer for q in case.questions] == ["default"]
    assert case.stage1 is not None and case.stage1.acknowledged_at is not None
    assert ENGLAND.london_date(case.stage1.acknowledged_at) == dt.date(2026, 5, 13)
    assert case.stage1.acknowledge.outer == dt.date(2026, 5, 14)


def test_a_mail_with_nothing_but_a_photograph_is_put_to_a_person(played: Played) -> None:
    first = played.mails(cast.RHIAN)[0]
    assert first.outcome is Outcome.ASKED
    assert played.case(cast.RHIAN).stage1 is not None


def test_the_same_sender_and_subject_is_a_suggestion_that_a_person_confirms(played: Played) -> None:
    second = played.mails(cast.ANITA)[1]
    assert second.outcome is Outcome.ASKED
    assert played.case(cast.ANITA, 1).closed_because == "belongs_elsewhere"


def test_a_request_on_a_bank_holiday_is_recorded_that_day(played: Played) -> None:
    assert not ENGLAND.is_working(dt.date(2026, 5, 4))
    assert played.case(cast.BEN).received_at == dt.datetime(2026, 5, 4, 11, 15, tzinfo=dt.UTC)


def test_supervisors_have_a_digest_on_each_working_morning_and_on_no_other_day(played: Played) -> None:
    days = [dt.date(2026, 4, 27) + dt.timedelta(days=n) for n in range(40)]
    working = [day for day in days if ENGLAND.is_working(day)]
    digests = [x for x in played.ended.books.letters if x.order.letter is Letter.DIGEST]
    assert sorted({ENGLAND.london_date(x.created_at) for x in digests}) == working
    assert len(digests) == 2 * len(working) == 56


def test_no_two_mails_of_the_story_share_a_message_id_but_the_one_that_was_sent_twice() -> None:
    ids = [
        line
        for arrival in first_mails()
        for line in arrival.raw.split(b"\r\n\r\n")[0].split(b"\r\n")
        if line.startswith(b"Message-ID:")
    ]
    assert len(ids) - len(set(ids)) == 1


def test_a_broken_promise_ends_the_demo_with_another_code(played: Played) -> None:
    from dataclasses import replace

    ended = replace(
        played.ended, checks=(*played.ended.checks, Check("No mail is lost", "1 of 2", "one is lost"))
    )
    assert played.ended.kept_all
    assert not ended.kept_all
