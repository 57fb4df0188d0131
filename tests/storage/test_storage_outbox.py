"""A letter is handed to one sender at a time, in its turn, and never comes out twice."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from storage_examples import ADA, BEN, DAY, MINUTE, NINE, a_case, a_letter, a_step

from mailbot.casework.vocabulary import Letter
from storage import ClaimLost, LetterRow, LetterState, NoSuchLetter, Store, Work
from storage.outbox import _CLAIM, WINDOW
from storage.ready import run

REFERENCE = "CC-2026-000001-4"
LEASE = 5 * MINUTE


def claim(work: Work, at: object = NINE, limit: int = 10) -> list[LetterRow]:
    return work.claim_letters(at, limit, LEASE)  # type: ignore[arg-type]


def test_a_letter_keeps_all_that_was_ordered(store: Store) -> None:
    letter = a_letter(in_reply_to="<theirs@x>", references=("<a@x>", "<theirs@x>"))
    with store.begin() as work:
        letter_id = work.add_letter(letter, NINE)
        row = work.letter(letter_id)
    assert row
    assert row.order == letter.order
    assert (row.message_id, row.nonce, row.in_reply_to) == (letter.message_id, letter.nonce, "<theirs@x>")
    assert (row.references, row.reference, row.state) == (letter.references, None, LetterState.WAITING)
    assert (row.created_at, row.next_at, row.attempts) == (NINE, NINE, 0)


def test_a_letter_goes_out_once_and_then_stays_sent(store: Store) -> None:
    with store.begin() as work:
        letter_id = work.add_letter(a_letter(), NINE)
    with store.begin() as work:
        (claimed,) = claim(work)
        assert (claimed.id, claimed.state, claimed.attempts) == (letter_id, LetterState.CLAIMED, 1)
    with store.begin() as work:
        assert claim(work, NINE + MINUTE) == []
        work.handing(letter_id, b"Subject: Hello\r\n", "Hello", NINE)
    with store.begin() as work:
        work.sent(letter_id, NINE + MINUTE, "250 2.0.0 queued as 4Bx")
        work.sent(letter_id, NINE + 2 * MINUTE, "again")
        for doubt in (work.failed, work.unknown, work.hold):
            with pytest.raises(NoSuchLetter):
                doubt(letter_id, "a late word")
        with pytest.raises(NoSuchLetter):
            work.later(letter_id, NINE, "a late word")
        assert claim(work, NINE + DAY) == []
        row = work.letter(letter_id)
        assert row and row.blob and work.blob(row.blob) == b"Subject: Hello\r\n"
        assert (row.state, row.sent_at, row.answer) == (
            LetterState.SENT,
            NINE + MINUTE,
            "250 2.0.0 queued as 4Bx",
        )


def test_a_letter_that_was_put_off_comes_back_in_time(store: Store) -> None:
    with store.begin() as work:
        letter_id = work.add_letter(a_letter(), NINE)
        claim(work)
        work.handing(letter_id, b"x", "Hello", NINE)
        assert work.next_letter_at() is None
        work.later(letter_id, NINE + 10 * MINUTE, "451 try again")
        assert work.next_letter_at() == NINE + 10 * MINUTE
        assert claim(work, NINE + 9 * MINUTE) == []
        (again,) = claim(work, NINE + 10 * MINUTE)
        assert (again.attempts, again.last_error, again.handed_at) == (2, "451 try again", None)


@pytest.mark.parametrize("end", ["failed", "unknown", "hold"])
def test_a_letter_with_a_sad_end_is_not_tried_again_but_can_be_sent_after_all(store: Store, end: str) -> None:
    with store.begin() as work:
        letter_id = work.add_letter(a_letter(), NINE)
        claim(work)
        getattr(work, end)(letter_id, "why")
        assert claim(work, NINE + DAY) == []
        (row,) = work.letters_in(LetterState.FAILED, LetterState.UNKNOWN, LetterState.HELD)
        assert (row.id, row.last_error) == (letter_id, "why")
        work.later(letter_id, NINE + DAY, "a person asked for it")
        assert [x.id for x in claim(work, NINE + DAY)] == [letter_id]


def test_a_claim_that_ran_out_passes_to_the_next_and_its_holder_may_not_send(store: Store) -> None:
    with store.begin() as work:
        letter_id = work.add_letter(a_letter(), NINE)
    with store.begin() as work:
        claim(work)
    with store.begin() as work:
        assert claim(work, NINE + 4 * MINUTE) == []
        assert [x.attempts for x in claim(work, NINE + 5 * MINUTE)] == [2]
        work.handing(letter_id, b"x", "Hello", NINE + 5 * MINUTE)
    with store.begin() as work, pytest.raises(ClaimLost):
        work.handing(letter_id, b"x", "Hello", NINE + 6 * MINUTE)
    with store.begin() as work:
        work.sent(letter_id, NINE + 6 * MINUTE)
        with pytest.raises(ClaimLost):
            work.handing(letter_id, b"x", "Hello", NINE + 6 * MINUTE)


def test_nobody_hands_over_what_was_never_claimed(store: Store) -> None:
    with store.begin() as work:
        letter_id = work.add_letter(a_letter(), NINE)
        for unclaimed in (letter_id, 9999):
            with pytest.raises(ClaimLost):
                work.handing(unclaimed, b"x", "Hello", NINE)
        with pytest.raises(NoSuchLetter):
            work.sent(9999, NINE)
        with pytest.raises(NoSuchLetter):
            work.failed(9999, "why")


def test_letters_of_a_case_to_one_person_go_out_in_their_order(store: Store) -> None:
    first, second = a_letter(), a_letter("Ada@Example.org", Letter.RESPONSE)
    to_ben = a_letter(BEN.address)
    with store.begin() as work:
        work.record(a_step(a_case(), letters=(first, second, to_ben)))
        work.record(a_step(a_case("CC-2026-000002-2"), letters=(other := a_letter(),)))
        one, two, three = (x.id for x in work.letters_of(REFERENCE))
        assert [x.message_id for x in claim(work)] == [first.message_id, to_ben.message_id, other.message_id]
        assert claim(work, NINE + MINUTE) == []
        work.later(one, NINE + DAY, "451 try again")
        assert claim(work, NINE + MINUTE) == []
        claim(work, NINE + DAY, limit=1)
        work.handing(one, b"x", "Hello", NINE + DAY)
        assert two not in [x.id for x in claim(work, NINE + DAY)]
        work.sent(one, NINE + DAY)
        assert [x.id for x in claim(work, NINE + DAY)] == [two]
        assert three


def test_many_letters_that_wait_for_an_earlier_one_do_not_hide_one_that_may_go(store: Store) -> None:
    with store.begin() as work:
        work.record(a_step(a_case(), letters=tuple(a_letter() for _ in range(WINDOW + 10))))
        work.record(a_step(a_case("CC-2026-000002-2"), letters=(other := a_letter(BEN.address),)))
        (first,) = claim(work, limit=1)
        assert [x.message_id for x in claim(work, limit=1)] == [other.message_id]
        work.sent(first.id, NINE)
        assert [x.id for x in claim(work)] == [first.id + 1]


@pytest.mark.parametrize("end", ["failed", "unknown", "hold"])
def test_a_letter_that_came_to_nothing_does_not_hold_up_the_next(store: Store, end: str) -> None:
    with store.begin() as work:
        work.record(a_step(a_case(), letters=(a_letter(), a_letter())))
        (first,) = claim(work)
        getattr(work, end)(first.id, "why")
        (second,) = claim(work)
        assert second.id > first.id


def test_digests_of_no_case_do_not_wait_for_each_other(store: Store) -> None:
    with store.begin() as work:
        for _ in range(3):
            work.add_letter(a_letter("sam@landlord.example", Letter.DIGEST), NINE)
        assert len(claim(work, limit=2)) == 2
        assert len(claim(work)) == 1


def test_many_senders_share_the_letters_without_a_double(opened: Callable[[], Store]) -> None:
    stores = [opened() for _ in range(4)]
    with stores[0].begin() as work:
        for number in range(1, 41):
            letters = (a_letter(), a_letter(BEN.address), a_letter())
            work.record(a_step(a_case(f"CC-2026-{number:06}"), letters=letters))
    sent: list[int] = []
    starting = threading.Barrier(4)

    def send_all(store: Store) -> None:
        starting.wait()
        empty = 0
        while empty < 3:
            with store.begin() as work:
                mine = claim(work, limit=7)
                for letter in mine:
                    work.handing(letter.id, b"x", "Hello", NINE)
            sent.extend(x.id for x in mine)
            with store.begin() as work:
                for letter in mine:
                    work.sent(letter.id, NINE)
            empty = 0 if mine else empty + 1

    threads = [threading.Thread(target=send_all, args=(s,)) for s in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with stores[0].read() as work:
        assert work.letters_by_state()[LetterState.SENT] == 120
    assert Counter(sent).most_common(1)[0][1] == 1
    assert len(sent) == 120


def test_after_a_kill_letters_in_hand_are_unknown_and_those_only_claimed_go_out(store: Store) -> None:
    with store.begin() as work:
        ids = [work.add_letter(a_letter(), NINE) for _ in range(4)]
        claim(work, limit=3)
        for letter_id in ids[:2]:
            work.handing(letter_id, b"x", "Hello", NINE)
        work.sent(ids[0], NINE)
    with store.begin() as work:
        assert [x.id for x in work.recover_letters(NINE + MINUTE)] == [ids[1]]
        assert work.recover_letters(NINE + MINUTE) == []
        assert [x.id for x in claim(work, NINE + MINUTE)] == ids[2:]
        row = work.letter(ids[1])
        assert row and row.state is LetterState.UNKNOWN
        # The other process was alive after all, and says how it went.
        work.sent(ids[1], NINE + MINUTE)
        assert work.letters_by_state()[LetterState.UNKNOWN] == 0


def test_the_caps_count_what_was_handed_over_since(store: Store) -> None:
    with store.begin() as work:
        ids = [
            work.add_letter(a_letter(to), NINE)
            for to in ("ADA@example.org", *[ADA.address] * 4, "b@x.example")
        ]
        claim(work)
        for minutes, letter_id in enumerate(ids[:5]):
            work.handing(letter_id, b"x", "Hello", NINE + minutes * MINUTE)
        work.sent(ids[0], NINE)
        work.unknown(ids[1], "the line broke")
        work.later(ids[2], NINE + DAY, "451")
        work.failed(ids[3], "550")
        assert len(work.letters_handed_to("Ada@example.org", NINE)) == 3
        assert len(work.letters_handed_to(ADA.address, NINE + MINUTE)) == 2
        assert work.letters_handed_to("b@x.example", NINE) == []
        assert work.count_letters(NINE, 9) == 3
        assert work.count_letters(NINE, 2) == 2, "no further than was asked for"
        assert work.count_letters(NINE + 5 * MINUTE, 9) == 0


def test_a_letter_is_found_by_its_token_and_its_message_id(store: Store) -> None:
    letters = [a_letter() for _ in range(3)]
    with store.begin() as work:
        ids = [work.add_letter(x, NINE) for x in letters]
        found = work.letter_by_nonce(letters[1].nonce)
        assert found and found.id == ids[1]
        assert work.letter_by_nonce("guessed") is None
        assert [
            x.id for x in work.letters_by_message_id([letters[2].message_id, letters[0].message_id, "<x>"])
        ] == [
            ids[0],
            ids[2],
        ]
        assert work.letters_by_message_id(["", ""]) == []
        assert work.letter(9999) is None


@pytest.mark.parametrize("same", ["message_id", "nonce"])
def test_no_two_letters_share_a_message_id_or_a_token(store: Store, same: str) -> None:
    letter = a_letter()
    with store.begin() as work:
        work.add_letter(letter, NINE)
    with pytest.raises(IntegrityError), store.begin() as work:
        work.add_letter(a_letter(**{same: getattr(letter, same)}), NINE)


def test_of_two_who_decide_on_a_held_letter_at_once_one_does(store: Store) -> None:
    """The second asks while what the first did is not on record yet."""
    with store.begin() as work:
        letter = work.add_letter(a_letter(held="waits"), NINE)
    asked: list[bool] = []
    with store.begin() as work:
        assert work.release_letter(letter)
        second = threading.Thread(target=lambda: asked.append(_discard(store, letter)))
        second.start()
        second.join(0.05)
        assert not asked, "it waits for the first"
    second.join(10)
    with store.read() as work:
        row = work.letter(letter)
    assert asked == [False] and row and row.state is LetterState.WAITING


def _discard(store: Store, letter: int) -> bool:
    with store.begin() as work:
        return work.discard_letter(letter, "too late")


def test_of_two_who_decide_on_a_held_letter_one_does_and_what_they_said_is_what_goes(store: Store) -> None:
    with store.begin() as work:
        first, second = (work.add_letter(a_letter(held="waits"), NINE) for _ in range(2))
        assert claim(work) == []
        order = replace(a_letter().order, released=True)
        assert work.release_letter(first, order) and not work.release_letter(first, order)
        assert not work.discard_letter(first, "too late")
        assert work.discard_letter(second, "not sent: I rang her") and not work.release_letter(second)
        (going,) = claim(work)
        assert (going.id, going.order.released, going.last_error) == (first, True, "")
        gone = work.letter(second)
        assert gone and (gone.state, gone.handed_at, gone.answer) == (
            LetterState.SENT,
            None,
            "not sent: I rang her",
        )


def test_an_idle_outbox_is_found_idle_by_an_index(store: Store) -> None:
    with store.begin() as work:
        for _ in range(50):
            work.add_letter(a_letter(), NINE)
        if store._is_sqlite:
            explain, date = "EXPLAIN QUERY PLAN", "2026"
        else:
            work._connection.execute(text("SET LOCAL enable_seqscan = off"))
            explain, date = "EXPLAIN", "2026-01-01"
        question = f"SELECT id FROM letters WHERE state IN ('waiting', 'claimed') AND next_at <= '{date}'"
        plan = str(work._connection.execute(text(f"{explain} {question}")).all())
        assert "ix_letters_state_next_at" in plan


def test_those_that_wait_are_not_looked_for_among_all_that_were_ever_sent(store: Store) -> None:
    """PostgreSQL would walk along the ids to the first few that wait, which lie behind all others."""
    if store._is_sqlite:
        numbers, explain = (
            "WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < :number)",
            "EXPLAIN QUERY PLAN",
        )
    else:
        numbers, explain = "WITH s(n) AS (SELECT * FROM generate_series(1, :number))", "EXPLAIN"
    many = (
        "INSERT INTO letters (letter, audience, person, to_address, message_id, nonce, in_reply_to, refs, body, state,"
        f" attempts, next_at, created_at, subject, answer, last_error) {numbers} SELECT 'alert', 'supervisor', '',"
        " 'a@x', '<SENT' || n, 'SENT' || n, '', '', '', 'SENT', 0, '2026-03-02', '2026-03-02', '', '', '' FROM s"
    )
    with store.begin() as work:
        for state, number in (("sent", 10_000), ("waiting", 5_000)):
            work._connection.execute(text(many.replace("SENT", state)), {"number": number})
        work._connection.execute(text("ANALYZE letters"))
        asked = {
            "worker": "",
            "reminders_up_to": 0,
            "now": NINE,
            "limit": 25,
            "lease_until": NINE,
            "window": WINDOW,
        }
        form = _CLAIM._form(work._connection, asked)
        assert form
        plan = [str(row[-1]) for row in run(work._connection, f"{explain} {form.sql}", form.given(asked))]
    walks = [line for line in plan if "SCAN letters" in line or "pk_letters on letters letters_2" in line]
    assert not walks, plan


def test_reminders_are_read_in_pieces_each_once_in_their_order_and_put_off_together(store: Store) -> None:
    with store.begin() as work:
        theirs = [work.add_letter(a_letter("Ada@example.com", Letter.CHASER), NINE) for _ in range(450)]
        others = work.add_letter(a_letter("ben@example.com", Letter.CHASER), NINE)
        work._connection.execute(text("UPDATE letters SET body = '{' WHERE id = :id"), {"id": theirs[1]})
        assert work.chased_now(NINE) == ["ada@example.com", "ben@example.com"]
        assert work.chased_now(NINE - MINUTE) == []
        found = []
        for row in work.chasers_to("ada@example.com", NINE):
            found.append(row.id)
            work.absorb(row.id, "told together")  # as they come
        assert found == [theirs[0], *theirs[2:]], "one can't be read and is nobody's reminder"
    with store.begin() as work:
        assert work.put_off_chasers("ben@example.com", NINE, NINE + DAY, "tomorrow") == 1
        row = work.letter(others)
        assert row and (row.next_at, row.last_error) == (NINE + DAY, "tomorrow")
        assert work.chased_now(NINE) == ["ada@example.com"], "the damaged one is for whoever claims it"
