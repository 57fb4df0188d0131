"""How the service is, told to machines, to people and to its operator: each trouble by making it."""

from __future__ import annotations

import contextlib
import datetime as dt
import errno
import json
import re
import socket
import struct
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from commands_places import Office
from doors.command_line import Said
from doors.tokens import TokenServer

from mailbot import settings
from mailbot.alarms import GRACE, Alarms
from mailbot.casework.parts import OAuthSettings
from mailbot.clock import SetClock
from mailbot.health import ONCE, Health, examine, token_sources, working_hours
from mailbot.healthdoor import DutyCount, HealthDoor, Tally, look_into, metrics_text
from mailbot.postroom.oauth import TokenRefused
from mailbot.postroom.smtp import Handed, Outcome
from mailbot.presence import Presence, works_with_an_older_model
from mailbot.settings import Settings
from mailbot.start import build
from storage import Store, open_store
from storage.rows import KeptMail

AT = dt.datetime(2026, 3, 2, 10, 5, tzinfo=dt.UTC)  # five minutes after the office's mail was attended to


@dataclass
class Ward:
    """A service whose health is looked at."""

    settings: Settings
    store: Store

    def look(self, at: dt.datetime = AT) -> Health:
        with self.store.read() as work:
            return examine(work, self.settings, at)

    def beat(self, at: dt.datetime = AT) -> None:
        with self.store.begin() as work:
            work.beat("daemon", at)
            work.looked("complaints", at)


@pytest.fixture
def ward(office: Office) -> Iterator[Ward]:
    made = settings.load(office.config)
    store = open_store(made.database.url)
    with store.begin() as work:  # the letters of the office wait; here they have left
        for letter in work.claim_letters(AT, 100, dt.timedelta(minutes=5)):
            work.handing(letter.id, b"x", "x", AT)
            work.sent(letter.id, AT)
    found = Ward(made, store)
    found.beat()
    yield found
    store.close()


@pytest.fixture
def tokens() -> Iterator[TokenServer]:
    server = TokenServer()
    yield server
    server.stop()


def parts(health: Health) -> dict[str, bool]:
    return {trouble.part: trouble.blocks for trouble in health.troubles}


def test_a_service_that_is_well_is_ready_and_names_what_waits_for_a_person(ward: Ward) -> None:
    health = ward.look()
    assert health.ready
    assert parts(health) == {"quarantine": False}  # the mail without a sender
    assert health.quarantined == {"no_sender": 1}
    assert (health.mails_waiting, health.timers_overdue) == (0, 0)


def test_a_daemon_that_shows_no_life_and_looks_into_nothing_stands_still(ward: Ward) -> None:
    health = ward.look(AT + dt.timedelta(minutes=20))
    assert not health.ready
    assert parts(health)["heartbeat"] and parts(health)["mailbox"]
    told = {t.part: t.told for t in health.troubles}
    assert told["mailbox"] == "complaints was last looked into 20 minutes ago"


def test_where_cron_has_it_take_its_turns_no_daemon_is_missed_but_a_look_is(ward: Ward) -> None:
    at = AT + dt.timedelta(minutes=30)
    with ward.store.begin() as work:
        work.beat(ONCE, at)
        work.looked("complaints", at)
    assert ward.look(at + dt.timedelta(minutes=10)).ready
    assert set(parts(ward.look(at + dt.timedelta(minutes=16)))) >= {"mailbox"}
    ward.beat(at + dt.timedelta(minutes=20))  # a daemon was started after all, and has died
    assert parts(ward.look(at + dt.timedelta(minutes=23)))["heartbeat"]


def test_a_mail_that_nobody_attends_to_and_a_letter_that_does_not_leave_stand_still(ward: Ward) -> None:
    late = AT + dt.timedelta(hours=2)
    with ward.store.begin() as work:
        work.keep_mail(KeptMail("complaints", "INBOX", 1, 99, AT, AT, b"Subject: x\r\n\r\nx"))
    ward.beat(late)
    assert parts(ward.look(late))["mails"]
    from mailbot.casework.vocabulary import Audience, Letter, SendLetter
    from storage.rows import NewLetter

    order = SendLetter(Letter.ALERT, Audience.SUPERVISOR, "alex", "alex@landlord.example.org", {}, ())
    with ward.store.begin() as work:
        work.add_letter(NewLetter(order, "<a@b>", "n"), AT)
    assert parts(ward.look(late))["outbox"]
    assert not ward.look(late).ready


def test_what_ends_soon_is_told_and_blocks_nothing(ward: Ward) -> None:
    ward.settings = replace(ward.settings, expiries=(("The client secret", dt.date(2026, 3, 20)),))
    calendar = ward.settings.calendar
    assert calendar.published is not None
    ending = replace(calendar, published=replace(calendar.published, to_year=2025))
    ward.settings = replace(ward.settings, calendar=ending)
    health = ward.look()
    assert (parts(health)["secret"], parts(health)["calendar"], health.ready) == (False, False, True)
    assert health.secret_days_left == 18


def test_a_mailbox_that_is_silent_longer_than_ever_is_told(ward: Ward) -> None:
    with ward.store.begin() as work:
        for n in range(60):
            at = AT - dt.timedelta(days=50) + dt.timedelta(hours=20 * n)
            work.keep_mail(
                KeptMail("complaints", "INBOX", 1, 1000 + n, at, at, f"Subject: {n}\r\n\r\nx".encode())
            )
        for mail in work.waiting_mails(100):
            work.discard_mail(mail.id)
    usual, broken = AT + dt.timedelta(days=1), AT + dt.timedelta(days=9)
    ward.beat(usual)
    assert "silence" not in parts(ward.look(usual))
    ward.beat(broken)
    assert parts(ward.look(broken))["silence"] is False


def test_hours_of_work_leave_out_nights_weekends_and_bank_holidays(ward: Ward) -> None:
    calendar = ward.settings.calendar
    thursday = dt.datetime(2026, 4, 2, 15, 0, tzinfo=dt.UTC)  # 16:00 in London, before Good Friday
    tuesday = dt.datetime(2026, 4, 7, 9, 0, tzinfo=dt.UTC)  # 10:00, after Easter Monday
    assert working_hours(calendar, thursday, tuesday) == 2.0


# ------------------------------------------------------------------ over HTTP


def ask(port: int, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as reply:
            return reply.status, reply.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


@pytest.fixture
def door(ward: Ward) -> Iterator[HealthDoor]:
    tally = Tally()
    tally.count("mails_attended", "decided", 2)
    tally.count("mails_attended", "asked")
    look = look_into(ward.store, ward.settings, lambda: AT)
    duties = DutyCount(ward.store, ward.settings, lambda: AT)
    opened = HealthDoor(
        ("127.0.0.1", 0), look, lambda: metrics_text(look(), tally.counted(), duties()), lambda: True
    )
    opened.start()
    yield opened
    opened.close()


def test_machines_ask_over_http(door: HealthDoor, ward: Ward) -> None:
    assert ask(door.port, "/healthz") == (200, "ok\n")
    status, body = ask(door.port, "/readyz")
    assert (status, json.loads(body)["ready"]) == (200, True)
    assert ask(door.port, "/anything")[0] == 404
    with ward.store.begin() as work:
        work.beat("daemon", AT - dt.timedelta(hours=1))
    status, body = ask(door.port, "/readyz")
    assert (status, json.loads(body)["troubles"][0]["part"]) == (503, "heartbeat")
    ward.store.close()
    assert ask(door.port, "/healthz")[0] == 200  # the process lives, whatever its database does


def test_whoever_hangs_up_or_speaks_no_http_leaves_nothing_in_the_log(
    door: HealthDoor, capfd: pytest.CaptureFixture[str]
) -> None:
    for said in (b"GET /readyz HTTP/1.0\r\n\r\n", b"\x16\x03\x01 hello", b"HEAD /healthz HTTP/1.0\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", door.port)) as one:
            one.setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
            )  # a reset, no goodbye
            one.sendall(said)
    asking = urllib.request.Request(f"http://127.0.0.1:{door.port}/healthz", method="HEAD")
    with urllib.request.urlopen(asking, timeout=10) as reply:
        assert (reply.status, reply.read()) == (200, b"")
    assert capfd.readouterr().err == ""


def test_it_can_be_asked_by_ipv6_where_the_machine_speaks_it() -> None:
    told = 0
    try:
        HealthDoor(("::1", 0), lambda: pytest.fail("nobody asked"), bytes, bool).close()
    except OSError as error:
        told = error.errno or 0
    assert told in (0, errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT), "it is an address, whoever has it"


def test_metrics_have_units_in_their_names_and_nobody_in_their_labels(door: HealthDoor) -> None:
    status, text = ask(door.port, "/metrics")
    assert status == 200
    for line in (
        "mailbot_ready 1.0",
        'mailbot_mode_info{mode="live"} 1.0',
        'mailbot_mails_attended_total{taken_for="decided"} 2.0',
        'mailbot_mails_attended_total{taken_for="asked"} 1.0',
        'mailbot_quarantined_mails{cause="no_sender"} 1.0',
        'mailbot_cases{stage="stage1_open"} 1.0',
        'mailbot_open_duties{stand="missed"} 0.0',
        "mailbot_heartbeat_age_seconds 0.0",
        'mailbot_mailbox_last_look_age_seconds{mailbox="complaints"} 0.0',
    ):
        assert line in text, line
    assert "@" not in text and "Finch" not in text
    page = (Path(__file__).parents[2] / "docs" / "operators.md").read_text()
    names = set(re.findall(r"^(mailbot_\w+?)(?:_created)?(?:\{| )", text, re.MULTILINE))
    assert len(names) > 12
    assert {name for name in names if f"`{name}`" not in page and f"`{name}_total`" not in page} == set()


def test_a_password_that_ends_soon_is_told_like_the_providers_secret(ward: Ward) -> None:
    ward.settings = replace(
        ward.settings, expiries=(("the mailbox's password", AT.date() + dt.timedelta(days=9)),)
    )
    (told,) = [trouble for trouble in ward.look().troubles if trouble.part == "secret"]
    assert told.told == "the mailbox's password ends in 9 days, on 11 March 2026" and not told.blocks


def test_a_model_that_was_trained_anew_is_told_until_mailbot_starts_again(ward: Ward, tmp_path: Path) -> None:
    own = tmp_path / "own.npz"
    own.write_bytes(b"a model")
    classifier = replace(ward.settings.classifier, model=own)
    ward.settings = replace(ward.settings, classifier=classifier)

    def at_its_start() -> Presence:
        presence = Presence(build(ward.settings, ward.store, SetClock(AT), with_classifier=False).service)
        presence.begin()
        return presence

    first = at_its_start()
    assert "model" not in parts(ward.look())
    own.write_bytes(b"a better model")
    (told,) = [trouble for trouble in ward.look().troubles if trouble.part == "model"]
    assert told.told.endswith("start it again to have it used") and not told.blocks
    with ward.store.read() as work:
        assert works_with_an_older_model(work, ward.settings)
    first.end()
    at_its_start()
    assert "model" not in parts(ward.look())


def test_duties_are_told_by_how_they_stand(ward: Ward) -> None:
    from mailbot.health import duties_of

    with ward.store.read() as work:
        (case,) = [c for c in work.open_cases() if c.stage1]
        assert case.stage1 is not None
        last = case.stage1.promised.outer
        assert duties_of(work, last).missed == 0
        assert duties_of(work, last + dt.timedelta(days=1)).missed >= 1
        assert duties_of(work, case.stage1.promised.target).due_today >= 1


# ------------------------------------------------------------------ alarms


class Relay:
    """Takes alarms, or refuses them."""

    def __init__(self) -> None:
        self.mails: list[bytes] = []
        self.away = False

    def hand_over(self, raw: bytes, sender: str, to: str, *, null_sender: bool = False) -> Handed:
        if self.away:
            return Handed(Outcome.LATER)
        self.mails.append(raw)
        return Handed(Outcome.ACCEPTED)

    def close(self) -> None:
        self.away = True


def test_the_operator_hears_once_a_day_of_trouble_and_once_of_its_end(ward: Ward) -> None:
    ward.settings = replace(ward.settings, alarm_to=("it@landlord.example.org",))
    relay = Relay()
    alarms = Alarms(ward.settings, ward.store, relay)
    assert not alarms.raise_for(ward.look())
    silent = AT + dt.timedelta(minutes=30)
    assert not alarms.raise_for(ward.look(silent))  # servers restart: nobody is woken at once
    relay.away = True
    assert not alarms.raise_for(ward.look(silent + GRACE))
    relay.away = False
    assert alarms.raise_for(ward.look(silent + GRACE))
    assert b"Subject: mailbot stands still: the daemon last showed life" in relay.mails[0].replace(
        b"\n ", b" "
    )
    again = Alarms(ward.settings, ward.store, relay)  # a restart tells nothing twice
    again.raise_for(ward.look(silent + 2 * GRACE))
    assert not again.raise_for(ward.look(silent + 3 * GRACE + GRACE))
    assert again.raise_for(ward.look(silent + dt.timedelta(days=1, hours=1)))
    well = silent + dt.timedelta(days=1, hours=2)
    ward.beat(well)
    assert again.raise_for(ward.look(well))
    assert b"Subject: mailbot is well again" in relay.mails[-1]
    assert not again.raise_for(ward.look(well))
    assert len(relay.mails) == 3


def test_the_operator_hears_of_a_secret_30_and_7_days_and_a_day_before_its_end_and_daily_after(
    ward: Ward,
) -> None:
    ends = dt.date(2026, 5, 1)
    ward.settings = replace(
        ward.settings, alarm_to=("it@landlord.example.org",), expiries=(("The client secret", ends),)
    )
    relay, told = Relay(), {}
    for left in (31, 30, 29, 8, 7, 2, 1, 0, -1, -2):
        at = dt.datetime.combine(ends - dt.timedelta(days=left), dt.time(10), dt.UTC)
        health = ward.look(at)
        only = replace(health, troubles=tuple(t for t in health.troubles if t.part == "secret"))
        told[left] = Alarms(ward.settings, ward.store, relay).raise_for(only)
    assert [left for left, mailed in told.items() if mailed] == [30, 7, 1, -1, -2]
    words = ["ends in 30 days, on", "ends in 7 days, on", "ends tomorrow, on", "ended on", "ended on"]
    for mail, when in zip(relay.mails, words, strict=True):
        assert f"- secret: the client secret {when} 1 May 2026." in mail.decode()


def test_a_token_that_can_not_be_renewed_is_an_alarm_while_it_still_holds(
    ward: Ward, tokens: TokenServer
) -> None:
    """With the time that is left and what the provider says; another once it has ended; a single try that fails with
    much time left is none, nor is a token that nobody has needed since it ended."""
    oauth = OAuthSettings(
        "generic", client_id=f"near-{tokens.port}", client_secret="the-secret", token_url=tokens.url
    )
    ward.settings = replace(
        ward.settings,
        smtp=replace(ward.settings.smtp, oauth=oauth),
        alarm_to=("it@landlord.example.org",),
    )
    (source,) = token_sources(ward.settings)
    clock = [0.0]
    source._now = lambda: clock[0]
    source.token()
    relay = Relay()
    alarms = Alarms(ward.settings, ward.store, relay)
    told = []
    for at, refuses in [
        (2400, True),
        (2460, True),
        (2700, True),
        (3000, True),
        (3700, True),
        (3760, False),
        (9999, None),
    ]:
        clock[0] = at
        tokens.answers = [(401, json.dumps({"error": "invalid_client"}))] if refuses else []
        if refuses is not None and at < 3600:
            source.keep_fresh()
        elif refuses is not None:
            with contextlib.suppress(TokenRefused):
                source.token()
        health = ward.look(AT + dt.timedelta(seconds=at))
        of_it = tuple(t for t in health.troubles if t.part == "token")
        told.append([(t.told, t.blocks) for t in of_it])
        alarms.raise_for(replace(health, troubles=of_it))
    why = "could not be renewed: invalid_client - client_id and its secret do not belong together"
    near = [[(f"the token ends in {left} minutes and {why}", False)] for left in (19, 15, 10)]
    assert told == [[], *near, [(f"the token has ended and {why}", True)], [], []]
    begins = ["- token: the token ends in 19 minutes", "- token: the token has ended", "Well again: token"]
    for mail, begin in zip(relay.mails, begins, strict=True):
        assert begin in mail.decode()


def test_without_an_address_nobody_is_told(ward: Ward) -> None:
    relay = Relay()
    alarms = Alarms(ward.settings, ward.store, relay)
    assert not alarms.raise_for(ward.look(AT + dt.timedelta(days=3)))
    assert relay.mails == []


# ------------------------------------------------------------------ for people


def test_the_command_says_what_stands_still_and_exits_with_1(
    office: Office, mailbot: Callable[..., Said], ward: Ward
) -> None:
    said = mailbot("health", "--config", office.config)
    assert said.code == 1
    assert "STANDS STILL  heartbeat: the daemon last showed life" in said.out
    told: Any = mailbot("health", "--config", office.config, "--json").json
    assert told["ready"] is False
    ward.beat(dt.datetime.now(dt.UTC))
    late = mailbot("health", "--config", office.config)
    assert "heartbeat" not in late.out and "timers" in late.out  # it is long after March 2026
