"""What a mailbox may hold, as its owner configured it: big mails, older mails, several mailboxes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from conftest import ALEX, COMPLAINT, JO, House, london
from doors.dovecot import Dovecot
from doors.mailboxes import Mailboxes

MakeHouse = Callable[..., House]


def test_a_mail_that_is_too_big_is_kept_left_on_the_server_and_shown_to_a_person(
    make_house: MakeHouse, mail_server: Mailboxes
) -> None:
    house = make_house(mail_server, mailbox="max_bytes = 300000", after="move")
    house.write(JO, COMPLAINT + "\n" + "x" * 400_000)
    house.turn()
    house.write("small@example.net", COMPLAINT)
    house.turn()
    assert [c.resident.address for c in house.cases()] == ["small@example.net"], "it stops no other mail"
    with house.parts.store.read() as work:
        (row,) = work.quarantined()
        assert work.raw(row.id)
    assert any("too big" in alert.text for alert in house.letters(ALEX, "alert"))
    assert len(mail_server.uids(house.address)) == 1, "the whole of it still lies in the mailbox"


def test_older_mail_is_taken_in_from_the_day_that_is_asked_for(
    make_house: MakeHouse, dovecot: Dovecot
) -> None:
    address = dovecot.fresh_mailbox()
    house = make_house(dovecot, mailbox="since = 2026-02-25")
    house.stop()
    house.address, house.url = address, f"{house.url}.since"
    dovecot.put(address, house.compose("older@example.net", COMPLAINT), london("2026-02-10"))
    dovecot.put(address, house.compose("newer@example.net", COMPLAINT), london("2026-02-26"))
    house.turn()
    (case,) = house.cases()
    assert case.resident.address == "newer@example.net"
    assert case.received_at == london("2026-02-26"), "the clock runs from receipt"


def test_an_outage_is_logged_once_and_shown_in_the_digest(
    make_house: MakeHouse, dovecot: Dovecot, caplog: pytest.LogCaptureFixture
) -> None:
    house = make_house(dovecot)
    dovecot.stop()
    try:
        for time in ("10:00", "11:00", "12:00"):
            house.go_to("2026-03-02", time)
        house.go_to("2026-03-03", "08:00")
    finally:
        dovecot.start()
    told = [r for r in caplog.records if r.name == "mailbot.keeping" and "not reached" in r.getMessage()]
    assert len(told) == 1
    assert "was read" in house.last(ALEX, "digest").text
    house.go_to("2026-03-03", "12:00")
    with house.parts.store.read() as work:
        assert work.mailboxes()[0].last_error == ""
