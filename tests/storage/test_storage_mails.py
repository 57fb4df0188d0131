"""Mails are kept once, found again by what they are, and set aside when they can't be read."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import text
from storage_examples import DAY, MINUTE, NINE, a_mail

from mailbot.casework.vocabulary import Intent, Reading, ReplyKind, Topic, Verdict
from storage import KeptAttachment, MailState, NoSuchMail, Position, SettledMail, Store


def settled(**other: object) -> SettledMail:
    return SettledMail(at=NINE + 2 * MINUTE, disposition="joined", **other)  # type: ignore[arg-type]


def test_a_mail_that_is_delivered_again_is_kept_once(store: Store) -> None:
    with store.begin() as work:
        first = work.keep_mail(a_mail(7))
        assert first
        assert work.keep_mail(a_mail(7)) is None
    with store.begin() as work:
        assert work.keep_mail(a_mail(7, kept_at=NINE + DAY)) is None
        assert [m.id for m in work.waiting_mails(10)] == [first]


def test_another_uidvalidity_folder_or_mailbox_makes_it_another_mail_on_the_same_bytes(store: Store) -> None:
    with store.begin() as work:
        kept = [
            work.keep_mail(a_mail(7)),
            work.keep_mail(a_mail(7, uidvalidity=1_800_000_000)),
            work.keep_mail(a_mail(7, folder="Archive")),
            work.keep_mail(a_mail(7, mailbox="repairs")),
            work.keep_mail(a_mail(8)),
        ]
        assert len(set(kept)) == 5
        assert None not in kept
        assert len({m.blob for m in work.waiting_mails(10)}) == 1
        assert work._connection.execute(text("SELECT count(*) FROM blobs")).scalar() == 1


def test_the_bytes_come_back_as_they_came(store: Store) -> None:
    raw = bytes(range(256)) * 5000
    with store.begin() as work:
        mail_id = work.keep_mail(a_mail(raw=raw))
        cut = work.keep_mail(a_mail(2, raw=b"Subject: big\r\n", size=90_000_000, truncated=True))
        empty = work.keep_mail(a_mail(3, raw=b""))
    assert mail_id and cut and empty
    with store.read() as work:
        assert work.raw(mail_id) == raw
        assert work.mail(mail_id).size == len(raw)
        assert work.raw(empty) == b""
        assert (work.mail(cut).size, work.mail(cut).truncated) == (90_000_000, True)
        assert work.blob(work.mail(mail_id).blob) == raw
        for ask in (work.raw, work.mail):
            with pytest.raises(NoSuchMail):
                ask("nobody")
        with pytest.raises(KeyError):
            work.blob("0" * 64)


def test_mails_wait_in_the_order_in_which_they_reached_the_landlord(store: Store) -> None:
    with store.begin() as work:
        late = work.keep_mail(a_mail(1, received_at=NINE + DAY))
        early = work.keep_mail(a_mail(9, received_at=NINE - DAY))
        second = work.keep_mail(a_mail(4))
        first = work.keep_mail(a_mail(3))
        assert [m.id for m in work.waiting_mails(10)] == [early, first, second, late]
        assert [m.id for m in work.waiting_mails(2)] == [early, first]


def test_ids_sort_by_the_time_of_keeping(store: Store) -> None:
    with store.begin() as work:
        ids = [work.keep_mail(a_mail(n, kept_at=NINE + n * MINUTE)) for n in range(1, 30)]
    assert ids == sorted(i or "" for i in ids)
    assert all(len(i or "") == 16 for i in ids)


def test_a_mail_that_fails_backs_off_and_is_then_quarantined_for_a_person(store: Store) -> None:
    with store.begin() as work:
        mail_id = work.keep_mail(a_mail())
        assert mail_id
        assert work.fail_mail(mail_id, "unreadable", NINE, wait=10 * MINUTE) == 1
        assert work.waiting_mails(10, NINE + 9 * MINUTE) == []
        again = work.waiting_mails(10, NINE + 10 * MINUTE)
        assert [(m.id, m.attempts, m.cause) for m in again] == [(mail_id, 1, "unreadable")]
        assert work.fail_mail(mail_id, "unreadable", NINE) == 2
        work.quarantine(mail_id, "unreadable twice")
        assert work.waiting_mails(10) == []
        aside = work.quarantined()
        assert [(m.id, m.cause, m.received_at) for m in aside] == [(mail_id, "unreadable twice", NINE)]
        assert work.mails_by_state()[MailState.QUARANTINED] == 1
        work.release_mail(mail_id)
        assert [(m.id, m.attempts) for m in work.waiting_mails(10, NINE)] == [(mail_id, 0)]


def test_nothing_is_done_to_a_mail_that_is_not_there(store: Store) -> None:
    with store.begin() as work:
        for act in (
            lambda: work.fail_mail("nobody", "cause", NINE),
            lambda: work.quarantine("nobody", "cause"),
            lambda: work.release_mail("nobody"),
            lambda: work.settle_mail("nobody", settled()),
        ):
            with pytest.raises(NoSuchMail):
                act()


def test_what_attending_found_is_kept_with_the_mail(store: Store) -> None:
    verdict = Verdict(
        Intent.REPLY,
        (Reading(Intent.REPLY, 0.91, ("thank you for",)), Reading(Intent.OTHER, 0.09)),
        ReplyKind.THANKS,
        (Topic.REPAIRS,),
        model="2026-02",
    )
    found = settled(
        reference="CC-2026-000001-4",
        fingerprint="f1",
        message_id="<a@b.example>",
        sender="ada@example.org",
        subject="Re: Damp",
        verdict=verdict,
        how_found="subject",
        automatic="vacation",
        attachments=(
            KeptAttachment("wall.jpg", "image/jpeg", b"\xff\xd8wall"),
            KeptAttachment("again.jpg", "image/jpeg", b"\xff\xd8wall"),
        ),
    )
    with store.begin() as work:
        mail_id = work.keep_mail(a_mail())
        assert mail_id
        work.settle_mail(mail_id, found)
    with store.read() as work:
        mail = work.mail(mail_id)
        for name in (
            "state",
            "disposition",
            "reference",
            "fingerprint",
            "message_id",
            "sender",
            "subject",
            "verdict",
            "how_found",
            "automatic",
        ):
            assert getattr(mail, name) == getattr(found, name)
        assert mail.attended_at == found.at
        assert work.waiting_mails(10) == []
        attached = work.attachments(mail_id)
        assert [(a.position, a.name, a.size) for a in attached] == [(1, "wall.jpg", 6), (2, "again.jpg", 6)]
        assert attached[0].sha256 == attached[1].sha256 == found.attachments[0].sha256
        assert work.blob(attached[0].sha256) == b"\xff\xd8wall"
        assert [m.id for m in work.mails_of("CC-2026-000001-4")] == [mail_id]


def test_settling_again_replaces_what_was_found_before(store: Store) -> None:
    with store.begin() as work:
        mail_id = work.keep_mail(a_mail())
        assert mail_id
        work.settle_mail(mail_id, settled(attachments=(KeptAttachment("a", "text/plain", b"a"),)))
        work.settle_mail(mail_id, settled(state=MailState.DISCARDED))
        assert work.attachments(mail_id) == []
        assert work.mail(mail_id).state is MailState.DISCARDED


def test_the_same_mail_by_another_way_is_told_once_the_first_was_attended_to(store: Store) -> None:
    with store.begin() as work:
        first = work.keep_mail(a_mail(1))
        copy = work.keep_mail(a_mail(1, mailbox="repairs", kept_at=NINE + 5 * MINUTE))
        assert first and copy
        assert work.same_mail("f1", but_not=copy) is None
        work.settle_mail(first, settled(fingerprint="f1"))
        same = work.same_mail("f1", but_not=copy)
        assert same and same.id == first
        assert work.same_mail("f1", but_not=first) is None
        work.settle_mail(copy, settled(fingerprint="f1", state=MailState.DISCARDED))
        third = work.same_mail("f1", but_not="a third")
        assert third and third.id == first


def test_mails_without_a_fingerprint_are_never_the_same(store: Store) -> None:
    with store.begin() as work:
        first = work.keep_mail(a_mail(1))
        assert first
        work.settle_mail(first, settled(fingerprint=""))
        assert work.same_mail("", but_not="x") is None


def test_several_mails_may_share_a_message_id(store: Store) -> None:
    with store.begin() as work:
        ids = [work.keep_mail(a_mail(n)) for n in (1, 2, 3)]
        for mail_id, message_id in zip(ids, ("<a@x>", "<a@x>", "<b@x>"), strict=True):
            work.settle_mail(mail_id or "", settled(message_id=message_id))
        assert [m.id for m in work.mail_by_message_id(["<a@x>", "<c@x>", ""])] == ids[:2]
        assert len(work.mail_by_message_id(["<b@x>", "<a@x>"])) == 3
        assert work.mail_by_message_id([]) == []
        assert work.mail_by_message_id([""]) == []


def test_whatever_a_stranger_puts_into_a_header_can_be_kept_and_found(store: Store) -> None:
    odd = "<" + "\0\udcff\N{PILE OF POO}" * 5000 + "@x>"
    other = odd[:-3] + "@y>"
    with store.begin() as work:
        first, second = work.keep_mail(a_mail(1)), work.keep_mail(a_mail(2))
        assert first and second
        attachment = KeptAttachment(odd, odd, b"")
        found = settled(message_id=odd, sender=odd, subject=odd, fingerprint=odd, attachments=(attachment,))
        work.settle_mail(first, found)
        work.settle_mail(second, settled(message_id=other))
        assert [m.id for m in work.mail_by_message_id([odd])] == [first]
        assert [m.id for m in work.mail_by_message_id([other])] == [second]
        assert work.mail(first).subject == odd.replace("\0", "\ufffd").replace("\udcff", "?")
        work.quarantine(second, odd)


def test_a_naive_time_is_refused(store: Store) -> None:
    naive = dt.datetime(2026, 3, 2, 9, 0)  # noqa: DTZ001 (that is what is refused)
    with store.begin() as work, pytest.raises(Exception, match="naive"):
        work.keep_mail(a_mail(received_at=naive))


def test_times_come_back_in_utc_to_the_microsecond(store: Store) -> None:
    at = dt.datetime(2026, 7, 1, 0, 30, 0, 123456, tzinfo=dt.timezone(dt.timedelta(hours=1)))
    with store.begin() as work:
        mail_id = work.keep_mail(a_mail(received_at=at))
        back = work.mail(mail_id or "").received_at
    assert back == at
    assert back.tzinfo is dt.UTC


def test_a_failed_look_does_not_count_as_silence(store: Store) -> None:
    with store.begin() as work:
        assert work.position("complaints") is None
        assert work.last_looks() == {}
        work.stumbled("complaints", "connection refused", NINE)
        assert work.last_looks() == {"complaints": None}
        assert work.position("complaints") is None
        work.set_position("complaints", 17, 41)
        work.looked("complaints", NINE + MINUTE)
        work.looked("repairs", NINE)
        work.stumbled("complaints", "connection reset", NINE + 5 * MINUTE)
        work.set_position("complaints", 17, 42)
    with store.read() as work:
        assert work.last_looks() == {"complaints": NINE + MINUTE, "repairs": NINE}
        assert work.position("complaints") == Position(17, 42)
        complaints = work.mailboxes()[0]
        assert (complaints.last_error, complaints.error_at) == ("connection reset", NINE + 5 * MINUTE)
    with store.begin() as work:
        work.looked("complaints", NINE + 6 * MINUTE)
        assert (work.mailboxes()[0].last_error, work.mailboxes()[0].error_at) == ("", None)


def test_a_days_mails_are_told_with_those_that_belong_to_no_case(store: Store) -> None:
    with store.begin() as work:
        ids = [work.keep_mail(a_mail(n)) or "" for n in range(1, 6)]
        at = [NINE - MINUTE, NINE, NINE + MINUTE, NINE + 2 * MINUTE, NINE + DAY]
        for mail_id, when, reference in zip(ids, at, (None, None, "CC-1", None, None), strict=True):
            work.settle_mail(mail_id, SettledMail(when, "filed", reference=reference))
        work.settle_mail(
            ids[3], SettledMail(NINE + 2 * MINUTE, "the same by another way", MailState.DISCARDED)
        )
        assert [m.id for m in work.attended_mails(NINE, NINE + DAY)] == ids[1:4]
        assert work.count_filed_mails(NINE, NINE + DAY) == len(ids[1:2])
        assert work.mails_by_state() == {
            MailState.KEPT: 0,
            MailState.ATTENDED: 4,
            MailState.QUARANTINED: 0,
            MailState.DISCARDED: 1,
        }


def test_a_batch_of_mails_can_share_a_transaction(store: Store) -> None:
    with store.begin() as work:
        for uid in range(1, 51):
            assert work.keep_mail(a_mail(uid, raw=b"mail %d" % uid))
        work.set_position("complaints", 17, 50)
    with store.read() as work:
        assert len(work.waiting_mails(100)) == 50


def test_the_heads_of_mails_are_had_without_their_bodies(store: Store) -> None:
    with store.begin() as work:
        first = work.keep_mail(a_mail(1, raw=b"From: jo@example.com\r\n\r\n" + b"x" * 50_000))
        second = work.keep_mail(a_mail(2, raw=b"\x00\xff"))
    assert first
    assert second
    with store.read() as work:
        heads = work.heads([first, second, "none"], length=20)
    assert heads == {first: b"From: jo@example.com", second: b"\x00\xff"}


def test_mails_of_one_place_are_counted_unless_they_were_set_aside(store: Store) -> None:
    with store.begin() as work:
        for uid, sender in enumerate(("a@x.example", "b@x.example", "a@x.example", "a@yx.example"), start=1):
            mail = work.keep_mail(a_mail(uid))
            assert mail
            work.settle_mail(mail, settled(sender=sender))
        work.quarantine(mail, "flood: too many")
        aside = work.quarantined()[0]
        assert (aside.cause_code, aside.cause_words) == ("flood", "too many")
        assert work.count_mails_from("a@x.example", NINE, 9) == 2
        assert work.count_mails_from("a@x.example", NINE, 1) == 1, "no further than was asked for"
        assert work.count_mails_from_domain("x.example", NINE, 9) == 3
        assert work.count_mails_from("a@yx.example", NINE, 9) == 0
        assert work.count_mails_from("a@x.example", NINE + DAY, 9) == 0


def test_the_fates_of_mails_are_counted_and_those_astray_are_named(store: Store) -> None:
    with store.begin() as work:
        filed, waiting, lost, done = (work.keep_mail(a_mail(uid)) for uid in range(1, 5))
        assert filed
        assert lost
        assert done
        work.settle_mail(filed, settled())
        work.settle_mail(lost, settled(reference="CC-2026-000009-9"))
        work.settle_mail(done, settled())
        work.quarantine(done, "failed: x")
        work.discard_mail(done)
    with store.read() as work:
        box = work.mail(filed).mailbox
        assert sum(work.fates(box).values()) == 4
        assert work.fates(box)[(MailState.ATTENDED, True, None)] == 1
        assert work.mails_astray(box, NINE + DAY) == ([waiting], [lost])
        assert work.mails_astray(box, NINE - DAY) == ([], [lost])
        row = work.mail(filed)
        assert work.known_uids(box, row.folder, row.uidvalidity) == {1, 2, 3, 4}
        assert work.known_uids(box, row.folder, row.uidvalidity + 1) == frozenset()
