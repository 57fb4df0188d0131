"""Several workers on one database: each mail, letter and duty has one of them, and a dead one keeps nothing."""

from __future__ import annotations

import datetime as dt
import threading
from collections import Counter
from collections.abc import Callable

import pytest
from storage_examples import MINUTE, NINE, a_case, a_letter, a_mail, a_step, set_timer

from mailbot.casework.vocabulary import Letter, Timer
from storage import CaseChanged, ClaimLost, LetterState, MailState, SettledMail, Store, Work, away, overtaken

LEASE = dt.timedelta(minutes=1)
OVER = -LEASE  # of a worker that showed life last a while ago


def kept(work: Work, number: int) -> list[str]:
    return [
        work.keep_mail(a_mail(uid, raw=b"Subject: %d\r\n\r\nx" % uid)) or "" for uid in range(1, number + 1)
    ]


def at_work(work: Work, **until: dt.timedelta) -> None:
    for name, lease in until.items():
        work.present(name, lease)


def settled() -> SettledMail:
    return SettledMail(at=NINE + 2 * MINUTE, disposition="filed")


def test_a_mail_is_in_the_hands_of_one_worker_until_it_is_settled_fails_or_is_let_go(store: Store) -> None:
    with store.begin() as work:
        at_work(work, anna=LEASE, ben=LEASE)
        first, second, third = kept(work, 3)
        assert [m.id for m in work.claim_mails([second, first], "anna")] == [second, first]
        assert [m.id for m in work.claim_mails([first, second, third], "ben")] == [third]
        assert [m.id for m in work.claim_mails([first], "anna")] == [first], "she may ask again"
        line = work.waiting_line(10, NINE, "ben")
        assert [(one.id, one.in_hand) for one in line] == [(first, True), (second, True), (third, False)]
        work.settle_mail(first, settled(), holder="anna")
        work.fail_mail(second, "unreadable", NINE)
        assert [m.id for m in work.claim_mails([first, second], "ben")] == [second]
        work.let_go([second, third], "ben")
        assert [m.id for m in work.claim_mails([second, third], "anna")] == [second, third]


def test_what_a_dead_worker_had_in_hand_is_anybodys_and_under_suspicion(store: Store) -> None:
    with store.begin() as work:
        at_work(work, anna=OVER, ben=LEASE)
        first, second = kept(work, 2)
        work.claim_mails([first], "anna")
        work.claim_mails([second], "ben")
        assert work.at_work() == ["ben"]
        assert work.bury() == ["anna"]
        assert work.bury() == []
        assert [(one.id, one.in_hand, one.deaths) for one in work.waiting_line(10, NINE, "carl")] == [
            (first, False, 1),
            (second, True, 0),
        ]
        work.release_mail(first)
        assert work.mail(first).deaths == 0, "a person wants it tried again"
        work.claim_mails([first], "carl")
        assert work.bury(everybody_but="dora") == ["ben"], "who is alone on the database clears up at once"
        assert [one.deaths for one in work.waiting_line(10, NINE, "dora")] == [1, 1]


def test_a_worker_that_was_taken_for_dead_does_not_settle_what_another_has_in_hand(store: Store) -> None:
    with store.begin() as work:
        at_work(work, anna=OVER, ben=LEASE)
        (mail,) = kept(work, 1)
        work.claim_mails([mail], "anna")
        work.bury()
        with pytest.raises(ClaimLost):
            work.settle_mail(mail, settled(), holder="anna")
        work.claim_mails([mail], "ben")
        with pytest.raises(ClaimLost):
            work.settle_mail(mail, settled(), holder="anna")
        work.settle_mail(mail, settled(), holder="ben")
        with pytest.raises(ClaimLost):
            work.settle_mail(mail, settled(), holder="ben")
        assert work.mail(mail).state is MailState.ATTENDED


def test_many_workers_share_the_mails_without_a_double(opened: Callable[[], Store]) -> None:
    stores = [opened() for _ in range(4)]
    names = ["anna", "ben", "carl", "dora"]
    with stores[0].begin() as work:
        at_work(work, **dict.fromkeys(names, LEASE))
        kept(work, 40)
    taken: list[str] = []
    starting = threading.Barrier(4)

    def attend_all(store: Store, name: str) -> None:
        starting.wait()
        while True:
            with store.begin() as work:
                line = work.waiting_line(40, NINE, name)
                mine = work.claim_mails([one.id for one in line if not one.in_hand][:3], name)
            with store.begin() as work:
                for mail in mine:
                    work.settle_mail(mail.id, settled(), holder=name)
            taken.extend(mail.id for mail in mine)
            if not line:
                return

    threads = [threading.Thread(target=attend_all, args=pair) for pair in zip(stores, names, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == 40
    assert Counter(taken).most_common(1)[0][1] == 1


def test_a_letter_that_was_lost_meanwhile_does_not_come_back_into_the_queue(store: Store) -> None:
    with store.begin() as work:
        at_work(work, anna=OVER, ben=LEASE)
        held, handed = work.add_letter(a_letter(), NINE), work.add_letter(a_letter(), NINE)
        work.claim_letters(NINE, 10, LEASE, "anna")
        work.handing(handed, b"x", "Hello", NINE, "anna")
        assert work.claim_letters(NINE + 2 * LEASE, 10, LEASE, "ben") == [], "she is on the list still"
        work.bury()
        assert [x.id for x in work.recover_letters(NINE)] == [handed]
        assert [x.id for x in work.claim_letters(NINE, 10, LEASE, "ben")] == [held]
        for letter in (held, handed):
            for late in (work.failed, work.unknown, work.hold):
                with pytest.raises(ClaimLost):
                    late(letter, "a late word", "anna")
            with pytest.raises(ClaimLost):
                work.later(letter, NINE, "a late word", "anna")
        with pytest.raises(ClaimLost):
            work.handing(held, b"x", "Hello", NINE, "anna")
        states = {x.id: x.state for x in work.letters_in(*LetterState)}
        assert states == {held: LetterState.CLAIMED, handed: LetterState.UNKNOWN}
        work.sent(handed, NINE, "250 it had gone out after all")
        assert not work.strayed(handed, "too late")
        work.handing(held, b"x", "Hello", NINE, "ben")
        work.later(held, NINE + MINUTE, "451", "ben")
        assert [x.id for x in work.claim_letters(NINE + MINUTE, 10, LEASE, "carl")] == [held]


def test_a_worker_that_leaves_in_good_order_leaves_everything_to_others_and_is_no_suspect(
    store: Store,
) -> None:
    with store.begin() as work:
        at_work(work, anna=LEASE, ben=LEASE)
        (mail,) = kept(work, 1)
        letter = work.add_letter(a_letter(), NINE)
        work.claim_mails([mail], "anna")
        work.claim_letters(NINE, 10, LEASE, "anna")
        assert work.take_lease("house", "anna")
        assert not work.take_lease("house", "ben")
        work.leave("anna")
        assert work.take_lease("house", "ben")
        assert [m.deaths for m in work.claim_mails([mail], "ben")] == [0]
        assert [x.id for x in work.claim_letters(NINE + LEASE, 10, LEASE, "ben")] == [letter]


def test_a_duty_has_one_worker_and_passes_on_when_it_dies(store: Store) -> None:
    with store.begin() as work:
        at_work(work, anna=LEASE, ben=LEASE)
        assert work.take_lease("house", "anna")
        assert work.take_lease("look:complaints", "ben"), "each duty for itself"
        assert not work.take_lease("house", "ben")
        work.present("anna", OVER)
        assert work.take_lease("house", "ben")
        assert not work.has_lease("house", "anna")
        work.present("anna", LEASE)
        assert not work.take_lease("house", "anna"), "she was slow, and it is his now"


def test_reminders_are_left_to_whoever_puts_them_together(store: Store) -> None:
    with store.begin() as work:
        reminder = work.add_letter(a_letter("sam@landlord.example", Letter.CHASER), NINE)
        other = work.add_letter(a_letter(), NINE)
        assert [x.id for x in work.claim_letters(NINE, 10, LEASE, "anna", 0)] == [other]
        later = work.add_letter(a_letter("sam@landlord.example", Letter.CHASER), NINE)
        assert [x.id for x in work.claim_letters(NINE, 10, LEASE, "ben", reminder)] == [reminder]
        assert [x.id for x in work.claim_letters(NINE, 10, LEASE, "ben")] == [later]


def test_a_timer_of_a_case_that_somebody_steps_is_passed_over(opened: Callable[[], Store]) -> None:
    one, other = opened(), opened()
    with one.begin() as work:
        work.record(a_step(a_case(), None, set_timer(Timer.CONTACT, NINE)))
        (timer,) = work.due_timers(NINE, 10)
    with one.begin() as work:
        assert work.take_timer(timer)
        if other.shared:  # SQLite has one writer: there the other waits
            with other.begin() as elsewhere:
                assert not elsewhere.take_timer(timer)
    with other.begin() as work:
        assert work.take_timer(timer)
        work.drop_timer(timer.reference, timer.timer, timer.subject)
        assert not work.take_timer(timer)


def test_a_count_that_two_workers_raise_at_once_is_right(opened: Callable[[], Store]) -> None:
    stores = [opened() for _ in range(3)]

    def count(store: Store) -> None:
        for _ in range(10):
            with store.begin() as work:
                work.remember("told", str(int(work.recall_to_change("told") or 0) + 1))

    threads = [threading.Thread(target=count, args=(store,)) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with stores[0].read() as work:
        assert work.recall("told") == "30"


def test_two_workers_that_wait_for_each_other_are_no_trouble_with_the_database(
    opened: Callable[[], Store],
) -> None:
    assert overtaken(CaseChanged("CC-2026-000001-4"))
    one, other = opened(), opened()
    if not one.shared:
        return  # one writer waits for nobody who waits
    met = threading.Barrier(2)
    told: list[Exception] = []

    def take(store: Store, first: str, second: str) -> None:
        try:
            with store.begin() as work:
                work.recall_to_change(first)
                met.wait(10)
                work.recall_to_change(second)
        except Exception as error:  # one of the two is to lose
            told.append(error)

    threads = [
        threading.Thread(target=take, args=(one, "a", "b")),
        threading.Thread(target=take, args=(other, "b", "a")),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (error,) = told
    assert overtaken(error)
    assert away(error) == ""
