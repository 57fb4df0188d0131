"""Looking into a mailbox, over Dovecot and over the demo's servers alike."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from doors.dovecot import Dovecot
from doors.mailboxes import Mailboxes
from doors.meddler import Cut, Meddler
from doors.shelf import Shelf, mail, numbered, subject_of

from mailbot.postroom import imap
from mailbot.postroom.fetched import Position
from mailbot.postroom.imap import ImapDoor

NOW = dt.datetime(2026, 3, 2, 9, 30, tzinfo=dt.UTC)


def now() -> dt.datetime:
    return NOW


@contextmanager
def opened(server: Mailboxes, address: str, **changes: Any) -> Iterator[ImapDoor]:
    door = ImapDoor(server.settings(address, **changes))
    door.connect()
    try:
        yield door
    finally:
        door.close()


@contextmanager
def meddling(server: Mailboxes) -> Iterator[Meddler]:
    meddler = Meddler(server.imap_port)
    try:
        yield meddler
    finally:
        meddler.stop()


def garble(uid: int) -> Callable[[bytes], bytes]:
    """What the server says of this mail can't be understood."""
    return lambda said: re.sub(rb"UID %d\b" % uid, b"UID x%d" % uid, said)


def begun(server: Mailboxes, address: str) -> Shelf:
    """A shelf for a mailbox that has been looked into once, when it was empty."""
    shelf = Shelf()
    with opened(server, address) as door:
        assert door.look(shelf, now) == 0
    return shelf


def test_the_first_start_answers_nothing_that_was_there_before(mail_server: Mailboxes) -> None:
    address = mail_server.fresh_mailbox()
    mail_server.put(address, mail("from last year"))
    shelf = Shelf()
    with opened(mail_server, address) as door:
        assert door.look(shelf, now) == 0
        mail_server.put(address, mail("from today"))
        assert door.look(shelf, now) == 1
    assert shelf.subjects == ["from today"]
    assert len(shelf.begun) == 1
    assert shelf.looks == [NOW, NOW]


def test_since_takes_in_the_mails_of_these_days_and_no_older_ones(mail_server: Mailboxes) -> None:
    address = mail_server.fresh_mailbox()
    for day in (20, 27, 21):
        mail_server.put(address, mail(f"of {day} February"), dt.datetime(2026, 2, day, 12, tzinfo=dt.UTC))
    shelf = Shelf()
    with opened(mail_server, address, since=dt.date(2026, 2, 21)) as door:
        assert door.look(shelf, now) == 2
        assert shelf.subjects == ["of 27 February", "of 21 February"]
        mail_server.put(address, mail("moved back by hand"), dt.datetime(2026, 1, 5, 12, tzinfo=dt.UTC))
        assert door.look(shelf, now) == 1
    assert "of 20 February" not in shelf.subjects
    assert "moved back by hand" in shelf.subjects


def test_taking_in_older_mail_that_is_interrupted_never_takes_in_what_is_older_still(
    mail_server: Mailboxes, monkeypatch: Any
) -> None:
    monkeypatch.setattr(imap, "BATCH_MAILS", 1)
    address = mail_server.fresh_mailbox()
    for day in (25, 3, 26):
        mail_server.put(address, mail(f"of {day} February"), dt.datetime(2026, 2, day, 12, tzinfo=dt.UTC))
    shelf = Shelf()

    def power_cut(batch: Any) -> None:
        if batch and subject_of(batch[0].raw) == "of 26 February":
            raise KeyboardInterrupt

    shelf.refuse = power_cut
    with opened(mail_server, address, since=dt.date(2026, 2, 21)) as door:
        with suppress(KeyboardInterrupt):
            door.look(shelf, now)
    assert shelf.subjects == ["of 25 February"]
    shelf.refuse = lambda batch: None
    with opened(mail_server, address, since=dt.date(2026, 2, 21)) as door:
        door.look(shelf, now)
        assert door.look(shelf, now) == 0
    assert shelf.subjects == ["of 25 February", "of 26 February"]


def test_the_receipt_date_of_the_server_comes_with_the_mail(mail_server: Mailboxes) -> None:
    address = mail_server.fresh_mailbox()
    shelf = begun(mail_server, address)
    summer_evening = dt.datetime(2026, 6, 30, 23, 30, tzinfo=dt.timezone(dt.timedelta(hours=1)))
    mail_server.put(address, mail("late in June"), summer_evening)
    with opened(mail_server, address) as door:
        door.look(shelf, now)
    (kept,) = shelf.mails.values()
    assert kept.received_at == dt.datetime(2026, 6, 30, 22, 30, tzinfo=dt.UTC)
    assert kept.raw == mail("late in June")
    assert kept.size == len(kept.raw)
    assert (kept.mailbox, kept.folder, kept.truncated, kept.rescan) == ("complaints", "INBOX", False, False)


def test_mails_are_left_alone_unread_and_taken_once(mail_server: Mailboxes) -> None:
    address = mail_server.fresh_mailbox()
    shelf = begun(mail_server, address)
    for subject in numbered(3):
        mail_server.deliver(mail(subject), to=address)
    for _ in range(2):  # two connections, two looks each: once is enough
        with opened(mail_server, address, after="leave") as door:
            door.look(shelf, now)
            door.look(shelf, now)
    assert shelf.subjects == numbered(3)
    assert shelf.again == 0
    assert set(map(frozenset, mail_server.flags(address).values())) == {frozenset()}


def test_mails_that_people_have_read_already_are_taken_all_the_same(mail_server: Mailboxes) -> None:
    address = mail_server.fresh_mailbox()
    shelf = begun(mail_server, address)
    mail_server.put(address, mail("read by somebody"))
    with mail_server.client(address) as client:
        client.select_folder("INBOX")
        client.add_flags(client.search("ALL"), [b"\\Seen"])
    with opened(mail_server, address) as door:
        assert door.look(shelf, now) == 1


def test_a_kept_mail_is_flagged_and_stays_unread(mail_server: Mailboxes) -> None:
    address = mail_server.fresh_mailbox()
    shelf = begun(mail_server, address)
    mail_server.deliver(mail("to be flagged"), to=address)
    with opened(mail_server, address, after="flag") as door:
        door.look(shelf, now)
    assert list(mail_server.flags(address).values()) == [{b"$MailbotKept"}]


def test_nothing_is_flagged_before_it_is_kept(mail_server: Mailboxes) -> None:
    address = mail_server.fresh_mailbox()
    shelf = begun(mail_server, address)
    for subject in numbered(2):
        mail_server.deliver(mail(subject), to=address)
    shelf.on_keep = lambda batch: flags_then.append(mail_server.flags(address))
    flags_then: list[dict[int, set[bytes]]] = []
    for after in ("flag", "move"):
        with opened(mail_server, address, after=after) as door:
            door.look(shelf, now)
            mail_server.deliver(mail(f"another before {after}"), to=address)
            door.look(shelf, now)
        fresh = max(flags_then[-1])
        assert flags_then[-1][fresh] == set(), "still there and untouched while it was being kept"


def test_a_server_without_keywords_is_asked_for_none(mail_server: Mailboxes) -> None:
    address = mail_server.fresh_mailbox()
    shelf = begun(mail_server, address)
    mail_server.deliver(mail("no keywords here"), to=address)
    with meddling(mail_server) as meddler:
        meddler.edit = lambda said: (
            said.replace(b" \\*)", b")").replace(b"(\\*, ", b"(").replace(b"\\* ", b"")
        )
        with opened(mail_server, address, after="flag", port=meddler.port) as door:
            assert door.look(shelf, now) == 1
        assert b"STORE" not in meddler.commands
        with opened(mail_server, address, after="move", port=meddler.port) as door:
            assert door.look(shelf, now) == 0  # and it is moved now: it was kept by an earlier process
    assert mail_server.uids(address) == []
    assert list(mail_server.flags(address, "Done").values()) == [set()]
    assert shelf.errors == []


def test_kept_mails_are_moved_to_a_folder_that_is_made_for_them(mail_server: Mailboxes) -> None:
    address = mail_server.fresh_mailbox()
    shelf = begun(mail_server, address)
    for subject in numbered(3):
        mail_server.deliver(mail(subject), to=address)
    with opened(mail_server, address, after="move", done_folder="Erledigt & geprüft") as door:
        assert door.look(shelf, now) == 3
        mail_server.deliver(mail("one more"), to=address)
        assert door.look(shelf, now) == 1
    assert mail_server.uids(address) == []
    assert len(mail_server.uids(address, "Erledigt & geprüft")) == 4
    assert set(map(frozenset, mail_server.flags(address, "Erledigt & geprüft").values())) == {frozenset()}


def test_a_whole_years_mails_are_cleared_away_in_lines_that_a_server_takes(
    dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when a landlord has kept mails left where they lie and now wants them moved."""
    monkeypatch.setattr(imap, "LINE_MAILS", 2)
    address = dovecot.fresh_mailbox()
    shelf = begun(dovecot, address)
    for subject in numbered(5):
        dovecot.deliver(mail(subject), to=address)
    with opened(dovecot, address) as door:
        assert door.look(shelf, now) == 5
    with meddling(dovecot) as meddler:
        with opened(dovecot, address, after="move", port=meddler.port) as door:
            assert door.look(shelf, now) == 0
        assert meddler.commands.count(b"UID MOVE") == 3
    assert dovecot.uids(address) == []


@pytest.mark.parametrize("after", ["move", "flag"])
def test_what_an_earlier_process_kept_and_could_not_clear_away_is_cleared_away(
    mail_server: Mailboxes, after: str
) -> None:
    address = mail_server.fresh_mailbox()
    mail_server.put(address, mail("not ours"))
    shelf = begun(mail_server, address)
    for subject in numbered(2):
        mail_server.deliver(mail(subject), to=address)
    with opened(mail_server, address) as door:  # as one that is killed right after keeping leaves them
        assert door.look(shelf, now) == 2
    with opened(mail_server, address, after=after) as door:
        assert door.look(shelf, now) == 0
    if after == "move":
        assert len(mail_server.uids(address)) == 1
        assert len(mail_server.uids(address, "Done")) == 2
    else:
        flagged = [imap.KEPT_KEYWORD in flags for _, flags in sorted(mail_server.flags(address).items())]
        assert flagged == [False, True, True]
    assert shelf.errors == []


def test_without_move_a_mail_is_copied_and_only_it_is_removed(mail_server: Mailboxes) -> None:
    address = mail_server.fresh_mailbox()
    mail_server.put(address, mail("marked by a person"))
    shelf = begun(mail_server, address)
    with mail_server.client(address) as client:
        client.select_folder("INBOX")
        client.add_flags(client.search("ALL"), [b"\\Deleted"])
    mail_server.deliver(mail("kept"), to=address)
    with meddling(mail_server) as meddler:
        meddler.edit = lambda said: said.replace(b" MOVE", b"")
        with opened(mail_server, address, after="move", port=meddler.port) as door:
            assert door.look(shelf, now) == 1
        assert b"UID MOVE" not in meddler.commands
    assert len(mail_server.uids(address, "Done")) == 1
    (left,) = mail_server.flags(address).values()
    assert left == {b"\\Deleted"}, "a person's own mark is not ours to carry out"


def test_an_oversized_mail_is_kept_in_part_and_stays_where_it_is(mail_server: Mailboxes) -> None:
    address = mail_server.fresh_mailbox()
    shelf = begun(mail_server, address)
    mail_server.put(address, mail("small before"))
    mail_server.put(address, mail("with forty photos", size=900_000))
    mail_server.put(address, mail("small after"))
    with opened(mail_server, address, after="move", max_bytes=500_000) as door:
        assert door.look(shelf, now) == 3
    assert shelf.subjects == ["small before", "with forty photos", "small after"]
    big = next(m for m in shelf.mails.values() if m.truncated)
    whole = mail("with forty photos", size=900_000)
    assert whole.startswith(big.raw)
    assert len(big.raw) == whole.index(b"\r\n\r\n") + 4 + 200_000
    assert big.size == len(whole)
    (flags,) = mail_server.flags(address).values()
    assert b"\\Seen" not in flags
    assert len(mail_server.uids(address, "Done")) == 2


def test_many_mails_come_in_batches_and_memory_bounds_them(mail_server: Mailboxes, monkeypatch: Any) -> None:
    monkeypatch.setattr(imap, "BATCH_BYTES", 100_000)
    address = mail_server.fresh_mailbox()
    shelf = begun(mail_server, address)
    for subject in numbered(60):
        mail_server.put(address, mail(subject))
    for subject in ("photo 1", "photo 2", "photo 3"):
        mail_server.put(address, mail(subject, size=60_000))
    with opened(mail_server, address) as door:
        assert door.look(shelf, now) == 63
    assert [len(batch) for batch in shelf.batches] == [50, 11, 1, 1]
    assert shelf.subjects == [*numbered(60), "photo 1", "photo 2", "photo 3"]
    assert shelf.stored is not None
    assert shelf.stored.last_uid == max(uid for _, uid in shelf.mails)


def test_a_mail_that_somebody_removes_in_the_middle_of_a_look_is_simply_gone(mail_server: Mailboxes) -> None:
    address = mail_server.fresh_mailbox()
    shelf = begun(mail_server, address)
    for subject in numbered(3):
        mail_server.deliver(mail(subject), to=address)
    second = mail_server.uids(address)[1]

    def remove(said: bytes) -> None:
        if b"BODY.PEEK[]" in said and second in mail_server.uids(address):
            with mail_server.client(address) as client:
                client.select_folder("INBOX")
                client.delete_messages([second])
                client.uid_expunge([second])

    with meddling(mail_server) as meddler:
        meddler.before = remove
        with opened(mail_server, address, port=meddler.port) as door:
            door.look(shelf, now)
            mail_server.deliver(mail("complaint 4"), to=address)
            door.look(shelf, now)
    # Dovecot lets a session that had seen the mail still have it; the demo's server does not.
    assert [s for s in shelf.subjects if s != "complaint 2"] == ["complaint 1", "complaint 3", "complaint 4"]
    assert shelf.errors == []


def test_a_mail_that_cannot_be_fetched_holds_up_no_other_and_is_tried_again(mail_server: Mailboxes) -> None:
    address = mail_server.fresh_mailbox()
    shelf = begun(mail_server, address)
    for subject in numbered(4):
        mail_server.deliver(mail(subject), to=address)
    second = mail_server.uids(address)[1]
    later = [NOW]

    with meddling(mail_server) as meddler:
        meddler.edit = garble(second)
        with opened(mail_server, address, after="move", port=meddler.port) as door:
            assert door.look(shelf, lambda: later[0]) == 3
            assert shelf.subjects == ["complaint 1", "complaint 3", "complaint 4"]
            assert len(shelf.errors) == 1
            assert f"UID {second} " in shelf.errors[0]
            assert "complaint" not in shelf.errors[0].lower().replace("complaints", "")
            assert shelf.stored is not None
            assert shelf.stored.last_uid < second, "the position waits for it"
            assert door.look(shelf, lambda: later[0]) == 0
            assert len(shelf.errors) == 1, "told once, not with every look"
            meddler.edit = lambda said: said
            later[0] += dt.timedelta(hours=2)
            assert door.look(shelf, lambda: later[0]) == 1
    assert shelf.subjects == numbered(4)
    assert shelf.again == 0


def test_after_a_restart_the_mails_behind_an_unfetchable_one_are_handed_over_again_and_none_is_lost(
    mail_server: Mailboxes,
) -> None:
    address = mail_server.fresh_mailbox()
    shelf = begun(mail_server, address)
    for subject in numbered(3):
        mail_server.deliver(mail(subject), to=address)
    first = mail_server.uids(address)[0]
    with meddling(mail_server) as meddler:
        meddler.edit = garble(first)
        with opened(mail_server, address, port=meddler.port) as door:
            door.look(shelf, now)
    assert shelf.subjects == ["complaint 2", "complaint 3"]
    with opened(mail_server, address) as door:
        door.look(shelf, now)
    assert shelf.subjects == numbered(3)
    assert shelf.again == 2


@pytest.mark.parametrize(
    ("told", "instead"),
    [
        (rb'INTERNALDATE "[^"]*"', b'INTERNALDATE "31-Dec-9999 23:59:59 -1200"'),
        (rb"RFC822\.SIZE \d+", b"RFC822.SIZE big"),
        (rb"BODY\[\] \{\d+\}\r\n.*?broken again\.\r\n", b"BODY[] {0}\r\n"),
    ],
)
def test_a_server_that_tells_nonsense_of_a_mail_holds_up_none_and_none_is_kept_empty(
    mail_server: Mailboxes, told: bytes, instead: bytes
) -> None:
    address = mail_server.fresh_mailbox()
    shelf = begun(mail_server, address)
    for subject in numbered(2):
        mail_server.deliver(mail(subject), to=address)
    with meddling(mail_server) as meddler:
        meddler.edit = lambda said: re.sub(told, instead, said, count=1, flags=re.DOTALL)
        with opened(mail_server, address, port=meddler.port) as door:
            assert door.look(shelf, now) == 2
    assert shelf.subjects == numbered(2)
    assert NOW in [kept.received_at for kept in shelf.mails.values()] or b"DATE" not in told


def test_a_mail_over_which_the_connection_breaks_is_found_and_passed_by(mail_server: Mailboxes) -> None:
    address = mail_server.fresh_mailbox()
    shelf = begun(mail_server, address)
    for subject in numbered(5):
        mail_server.deliver(mail(subject), to=address)

    def break_down(said: bytes) -> bytes:
        if b"Subject: complaint 3" in said:
            raise Cut
        return said

    with meddling(mail_server) as meddler:
        meddler.edit = break_down
        door = ImapDoor(mail_server.settings(address, port=meddler.port))
        breaks = 0
        for _ in range(6):
            door.connect()
            try:
                door.look(shelf, now)
                break
            except (imap.IMAPClientError, OSError):
                breaks += 1
        door.close()
    assert shelf.subjects == ["complaint 1", "complaint 2", "complaint 4", "complaint 5"]
    assert breaks == 3, "in the batch, alone, and once more alone"
    assert len(shelf.errors) == 1


def test_a_mail_that_the_keeper_refuses_holds_up_no_other(mail_server: Mailboxes) -> None:
    address = mail_server.fresh_mailbox()
    shelf = begun(mail_server, address)
    for subject in numbered(4):
        mail_server.deliver(mail(subject), to=address)

    def refuse(batch: Any) -> None:
        if any(subject_of(m.raw) == "complaint 1" for m in batch):
            raise ValueError("cannot store this")

    shelf.refuse = refuse
    with opened(mail_server, address, after="move") as door:
        assert door.look(shelf, now) == 3
        assert len(shelf.errors) == 1
        assert len(mail_server.uids(address)) == 1, "what is not kept stays"
        shelf.refuse = lambda batch: None
        assert door.look(shelf, lambda: NOW + dt.timedelta(hours=1)) == 1
    assert shelf.subjects == numbered(4)
    assert mail_server.uids(address) == []


def test_a_keeper_that_can_keep_nothing_ends_the_look_and_nothing_is_touched(mail_server: Mailboxes) -> None:
    address = mail_server.fresh_mailbox()
    shelf = begun(mail_server, address)
    for subject in numbered(5):
        mail_server.deliver(mail(subject), to=address)

    def refuse(batch: Any) -> None:
        raise OSError("disk full")

    shelf.refuse = refuse
    began_at = shelf.stored
    looks = len(shelf.looks)
    with opened(mail_server, address, after="move") as door:
        with pytest.raises(OSError, match="disk full"):
            door.look(shelf, now)
        assert shelf.stored == began_at
        assert len(shelf.looks) == looks
        shelf.refuse = lambda batch: None
        assert door.look(shelf, now) == 5


def test_a_move_that_fails_is_told_once_and_done_later(mail_server: Mailboxes) -> None:
    address = mail_server.fresh_mailbox()
    shelf = begun(mail_server, address)
    mail_server.deliver(mail("complaint 1"), to=address)
    moving = [False]

    def listen(said: bytes) -> None:
        moving[0] = b"UID MOVE" in said

    with meddling(mail_server) as meddler:
        meddler.before = listen
        meddler.edit = lambda said: b"%b NO [OVERQUOTA] full\r\n" % said.split()[0] if moving[0] else said
        # The real server must not hear of it, or it would move the mail all the same.
        meddler.translate = lambda said: re.sub(rb"UID MOVE .*", b"NOOP\r", said)
        with opened(mail_server, address, after="move", port=meddler.port) as door:
            assert door.look(shelf, now) == 1
            assert door.look(shelf, now) == 0
            assert len(shelf.errors) == 1, "told once, not with every look"
            assert "could not be marked as done" in shelf.errors[0]
            assert len(mail_server.uids(address)) == 1
            meddler.edit = meddler.translate = lambda said: said
            assert door.look(shelf, now) == 0
    assert mail_server.uids(address) == []
    assert len(mail_server.uids(address, "Done")) == 1


def test_a_new_uidvalidity_has_everything_read_again_as_a_rescan(mail_server: Mailboxes) -> None:
    address = mail_server.fresh_mailbox()
    for subject in numbered(3):
        mail_server.deliver(mail(subject), to=address)
    shelf = Shelf()
    shelf.stored = Position(4711, 3)
    with opened(mail_server, address) as door:
        assert door.look(shelf, now) == 3
        assert all(m.rescan for m in shelf.mails.values())
        mail_server.deliver(mail("complaint 4"), to=address)
        assert door.look(shelf, now) == 1
    assert [m.rescan for m in shelf.mails.values()] == [True, True, True, False]


def test_an_interrupted_rescan_starts_again_as_a_rescan(mail_server: Mailboxes, monkeypatch: Any) -> None:
    monkeypatch.setattr(imap, "BATCH_MAILS", 1)
    address = mail_server.fresh_mailbox()
    for subject in numbered(3):
        mail_server.deliver(mail(subject), to=address)
    shelf = Shelf()
    shelf.stored = Position(4711, 3)
    shelf.on_keep = lambda batch: 1 / 0 if len(shelf.mails) == 2 else None
    with opened(mail_server, address) as door:
        with suppress(ZeroDivisionError):
            door.look(shelf, now)
    assert shelf.stored == Position(4711, 3)
    shelf.on_keep = lambda batch: None
    with opened(mail_server, address) as door:
        door.look(shelf, now)
    assert shelf.subjects == numbered(3)
    assert all(m.rescan for m in shelf.mails.values())
    assert shelf.stored.uidvalidity != 4711


def test_dovecot_that_lost_its_index_gives_new_numbers_and_nothing_is_lost(dovecot: Dovecot) -> None:
    address = dovecot.fresh_mailbox()
    shelf = begun(dovecot, address)
    for subject in numbered(2):
        dovecot.deliver(mail(subject), to=address)
    with opened(dovecot, address) as door:
        assert door.look(shelf, now) == 2
    before = shelf.stored
    assert before is not None
    dovecot.renumber(address)
    dovecot.deliver(mail("complaint 3"), to=address)
    with opened(dovecot, address) as door:
        assert door.look(shelf, now) == 3
    assert shelf.stored is not None
    assert shelf.stored.uidvalidity != before.uidvalidity
    again = [m for m in shelf.mails.values() if m.rescan]
    assert sorted(subject_of(m.raw) for m in again) == ["complaint 1", "complaint 2", "complaint 3"]


def test_a_copy_of_a_letter_goes_into_the_sent_folder_as_read(mail_server: Mailboxes) -> None:
    address = mail_server.fresh_mailbox()
    with opened(mail_server, address) as door:
        door.append_sent(mail("Your complaint CC-2026-000001-4").replace(b"\r\n", b"\n"), "Sent")
        door.append_sent(mail("another"), "Sent")
        assert door.look(Shelf(), now) == 0, "its own connection is left as it was"
    assert list(mail_server.flags(address, "Sent").values()) == [{b"\\Seen"}, {b"\\Seen"}]
    with mail_server.client(address) as client:
        client.select_folder("Sent", readonly=True)
        first, *_ = client.search("ALL")
        assert client.fetch([first], ["BODY.PEEK[]"])[first][b"BODY[]"] == mail(
            "Your complaint CC-2026-000001-4"
        )
