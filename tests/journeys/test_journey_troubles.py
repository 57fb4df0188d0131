"""Servers that go away, processes that are killed, mail that was there before: nothing lost, nothing doubled."""

from __future__ import annotations

import contextlib
import datetime as dt
import shutil
import signal
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import ALEX, COMPLAINT, JO, SAM, House, london
from doors.catcher import Reply, SmtpCatcher
from doors.dovecot import Dovecot
from doors.mailboxes import Mailboxes
from doors.meddler import Meddler
from doors.primed import Primed

from mailbot.casework.vocabulary import Stage
from storage.rows import LetterState

MakeHouse = Callable[..., House]


def test_mail_that_was_there_before_the_first_start_is_left_alone(
    make_house: MakeHouse, dovecot: Dovecot
) -> None:
    house = make_house(dovecot)
    house.stop()
    fresh = make_house(dovecot)
    fresh.stop()
    fresh.address = dovecot.fresh_mailbox()
    fresh.url = f"{fresh.url}.second"
    fresh.write(JO, COMPLAINT)
    fresh.turn()
    assert fresh.cases() == []
    fresh.write("mr.hall@example.net", COMPLAINT)
    fresh.turn()
    assert [c.resident.address for c in fresh.cases()] == ["mr.hall@example.net"]


def test_an_outage_of_the_mailbox_loses_nothing_and_closes_nobody(
    make_house: MakeHouse, dovecot: Dovecot
) -> None:
    house = make_house(dovecot)
    house.write(JO, COMPLAINT)
    house.turn()
    house.write(SAM, "#respond upheld\n\nDear Jo, we are sorry.", answers=house.last(SAM, "case_assigned"))
    house.turn()
    house.go_to("2026-03-30", "12:00")  # the silence would be complete on 30 March
    response = house.last(JO, "response")
    dovecot.stop()
    try:
        house.go_to("2026-04-15", "12:00")
        assert house.the_case().stage is Stage.STAGE1_RESPONDED
    finally:
        dovecot.start()
    house.write(JO, "I am still waiting for the repair, what is happening?", answers=response)
    house.turn()
    house.go_to("2026-04-16", "12:00")
    assert house.the_case().stage is not Stage.CLOSED
    assert "what is happening" in house.last(SAM, "case_mail").text


def test_a_relay_that_is_busy_for_hours_delays_letters_and_doubles_none(
    make_house: MakeHouse, dovecot: Dovecot, smtp_catcher: SmtpCatcher
) -> None:
    house = make_house(dovecot)
    smtp_catcher.reply = lambda recipient: Reply(rcpt="451 4.7.1 try again later")
    house.write(JO, COMPLAINT)
    house.turn()
    house.go_to("2026-03-02", "12:00")
    assert house.letters(JO) == []
    smtp_catcher.reply = lambda recipient: Reply()
    house.go_to("2026-03-02", "14:00")
    assert len(house.letters(JO, "acknowledgement")) == 1


def test_a_letter_whose_fate_is_unknown_is_not_sent_again_and_a_supervisor_is_told(
    make_house: MakeHouse, dovecot: Dovecot, smtp_catcher: SmtpCatcher
) -> None:
    house = make_house(dovecot)
    smtp_catcher.reply = lambda recipient: Reply(hang_up_after_data=recipient == JO, kept=True)
    house.write(JO, COMPLAINT)
    house.turn()
    smtp_catcher.reply = lambda recipient: Reply()
    house.go_to("2026-03-03", "12:00")
    assert len(house.letters(JO, "acknowledgement")) == 1
    assert "may or may not have gone out" in house.last(ALEX, "alert").text
    with house.parts.store.read() as work:
        assert [r.order.letter.value for r in work.letters_in(LetterState.UNKNOWN)] == ["acknowledgement"]


def test_a_letter_that_is_refused_for_good_counts_as_not_reached(
    make_house: MakeHouse, dovecot: Dovecot, smtp_catcher: SmtpCatcher
) -> None:
    house = make_house(dovecot)
    smtp_catcher.reply = lambda recipient: Reply(rcpt="550 5.1.1 no such user" if recipient == JO else "")
    house.write(JO, COMPLAINT)
    house.turn()
    house.turn()
    assert house.the_case().unreachable == (JO,)
    assert "not reached" in house.last(SAM, "alert").text


@pytest.mark.parametrize("after", ["leave", "flag", "move"])
def test_what_happens_to_a_kept_mail_on_the_server_is_as_configured(
    make_house: MakeHouse, mail_server: Mailboxes, after: str
) -> None:
    house = make_house(mail_server, after=after)
    house.write(JO, COMPLAINT)
    house.turn()
    house.turn()
    assert len(house.cases()) == 1
    inbox = house.mail_server.uids(house.address)
    assert len(inbox) == (0 if after == "move" else 1)
    if after != "move":
        (flags,) = house.mail_server.flags(house.address).values()
        assert b"\\Seen" not in flags


def test_a_keyed_reply_address_finds_the_case_without_any_other_clue(
    make_house: MakeHouse, dovecot: Dovecot
) -> None:
    house = make_house(dovecot, plus=True)
    house.write(JO, COMPLAINT)
    house.turn()
    acknowledgement = house.last(JO, "acknowledgement")
    assert "+" in acknowledgement.answers_to
    house.write(JO, "The best time to call is after five.", subject="hello", to=acknowledgement.answers_to)
    house.turn()
    assert len(house.cases()) == 1
    assert house.last(SAM, "case_mail").message["Reply-To"] != acknowledgement.message["Reply-To"]


# ------------------------------------------------------------------ the process itself


def test_the_daemon_acknowledges_within_five_seconds_and_stops_cleanly(
    make_house: MakeHouse, dovecot: Dovecot, primed: Primed
) -> None:
    """By LMTP into Dovecot, seen by IDLE, out by SMTP; the poll alone would take a minute."""
    house = make_house(dovecot)
    house.stop()
    command = ("-m", "mailbot", "run", "--config", house.write_config())
    daemon = primed.start(*command)
    until(lambda: "running" in daemon.err.read_text(), 60)
    until(lambda: looks(house) is not None, 20)
    stamp = b"Authentication-Results: mx.landlord.example.org; dmarc=pass header.from=example.com\r\n"
    begun = time.monotonic()
    dovecot.deliver(stamp + house.compose(JO, COMPLAINT), house.address)
    until(lambda: house.letters(JO, "acknowledgement"), 20)
    assert time.monotonic() - begun < 5
    second = primed.run(*command)
    assert second.code == 2
    assert "already" in second.err
    daemon.send(signal.SIGTERM)
    ended = daemon.wait(30)
    assert ended.code == 0
    assert "stopped" in ended.err
    assert JO not in ended.err, "personal data stays out of the log"


def test_told_to_stop_while_both_servers_are_silent_it_ends_in_seconds_and_tells_systemd_so(
    make_house: MakeHouse, dovecot: Dovecot, primed: Primed, tmp_path: Path
) -> None:
    """A letter that the relay never answered before its content waits as before: nobody has it."""
    house = make_house(dovecot)
    house.stop()
    silent = socket.create_server(("127.0.0.1", 0))  # takes connections and never says a word
    line = Meddler(dovecot.imap_port)
    told = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    told.bind(str(tmp_path / "notify"))
    told.settimeout(0.2)
    stalled = threading.Event()
    config = shutil.copytree(house.write_config(), tmp_path / "stalled")
    text = (config / "mailbot.toml").read_text()
    text = text.replace(f"port = {house.relay.port}", f"port = {silent.getsockname()[1]}")
    text = text.replace(f"port = {dovecot.imap_port}", f"port = {line.port}")
    (config / "mailbot.toml").write_text(text.replace("timeout_read = 10", "timeout_read = 120"))
    house.clock.put(dt.datetime.now(dt.UTC))
    house.write(JO, COMPLAINT)
    command = ("-m", "mailbot", "run", "--config", config)
    daemon = primed.start(*command, env={"NOTIFY_SOCKET": str(tmp_path / "notify")})
    try:
        until(lambda: LetterState.HANDING in states(house), 60)

        def say_nothing(said: bytes) -> bytes:
            stalled.wait(60)
            return said

        line.edit = say_nothing
        begun = time.monotonic()
        daemon.send(signal.SIGTERM)
        ended = daemon.wait(60)
        assert time.monotonic() - begun < 25  # the relay alone would have been waited for 30 seconds
        assert ended.code == 0 and "stopped" in ended.err, ended.err
        assert states(house) == {LetterState.WAITING}
    finally:
        stalled.set()
        line.stop()
        silent.close()
    heard = []
    with contextlib.suppress(TimeoutError):
        while True:
            heard.append(told.recv(100))
    told.close()
    assert {b"READY=1", b"WATCHDOG=1", b"STOPPING=1"} <= set(heard)


def states(house: House) -> set[LetterState]:
    """Of what has not gone out yet."""
    with house.parts.store.read() as work:
        return {one.state for one in work.letters_in(*LetterState)} - {LetterState.SENT}


def looks(house: House) -> object:
    with house.parts.store.read() as work:
        return work.last_looks().get("complaints")


def until(fact: Callable[[], object], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


def test_a_mailbox_that_is_numbered_anew_answers_nobody_twice(
    make_house: MakeHouse, dovecot: Dovecot
) -> None:
    """Same mails, new UIDVALIDITY: what is known is told by its fingerprint, what was there before stays so."""
    address = dovecot.fresh_mailbox()
    house = make_house(dovecot)
    house.stop()
    house.address, house.url = address, f"{house.url}.renumbered"
    house.mail_server.put(address, house.compose("old@example.net", COMPLAINT), london("2026-02-20"))
    house.turn()
    house.write(JO, COMPLAINT)
    house.turn()
    dovecot.renumber(address)
    house.stop()
    house.write("new@example.net", COMPLAINT)
    house.turn()
    assert sorted(c.resident.address for c in house.cases()) == [JO, "new@example.net"]
    assert len(house.letters(JO, "acknowledgement")) == 1
    assert house.letters("old@example.net") == []
