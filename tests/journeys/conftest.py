"""A whole mailbot, as a landlord would run it: configuration on disk, a real mailbox, a real relay, a real
database. Time stands where the test puts it; people write and read through their mail."""

from __future__ import annotations

import datetime as dt
import email
import email.message
import email.policy
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from doors.catcher import Caught, SmtpCatcher
from doors.mailboxes import Mailboxes
from hypothesis import settings as hypothesis_settings

from mailbot import settings
from mailbot.casework.calendar import Calendar
from mailbot.casework.vocabulary import Case
from mailbot.clock import SetClock
from mailbot.daemon import Rounds, Turn
from mailbot.start import Parts, build, shipped_chain
from storage import open_store

hypothesis_settings.register_profile("house", deadline=None)
hypothesis_settings.load_profile("house")

STAFF = """
[[person]]
key = "sam"
name = "Sam Okafor"
address = "sam@landlord.example.org"
phone = "01632 960101"
title = "Complaints Officer"
roles = ["handler"]

[[person]]
key = "morgan"
name = "Morgan Bell"
address = "morgan@landlord.example.org"
phone = "01632 960102"
title = "Head of Customer Relations"
roles = ["stage2"]

[[person]]
key = "alex"
name = "Alex Reid"
address = "alex@landlord.example.org"
phone = "01632 960103"
roles = ["supervisor"]
"""

CONFIG = """
mode = "{mode}"

[landlord]
name = "Brackenfield Homes Limited"
short_name = "Brackenfield Homes"
phone = "01632 960100"
web = "https://brackenfield.example.org"
postal_address = "1 High Street, Anytown"
complaints_address = "{address}"
{landlord}

[database]
url = "{url}"
{database}

[[mailbox]]
name = "complaints"
address = "{address}"
policy = "{policy}"
after = "{after}"
plus_addressing = {plus}
{mailbox}

[mailbox.imap]
host = "127.0.0.1"
port = {imap_port}
security = "none"
user = "{address}"
password = "secret"
timeout_connect = 5
timeout_read = 10

[smtp]
host = "127.0.0.1"
port = {smtp_port}
security = "none"
{smtp}

[trust]
authserv_id = "mx.landlord.example.org"

[casework]
hold_minutes = {hold}
{casework}

[calendar]
{calendar}

[limits]
letters_per_hour = 5000
letters_per_address_per_hour = 200
letters_per_address_per_day = 500
letters_of_a_kind_per_day = 500
mails_per_address_per_hour = 500
mails_per_domain_per_hour = 5000
"""


def london(day: str, time: str = "10:00") -> dt.datetime:
    return Calendar.instant(dt.date.fromisoformat(day), dt.time.fromisoformat(time))


@dataclass(frozen=True)
class Received:
    """A letter as its reader's mail client has it."""

    message: email.message.EmailMessage
    caught: Caught

    @property
    def to(self) -> str:
        return self.caught.recipients[0]

    @property
    def subject(self) -> str:
        return str(self.message["Subject"])

    @property
    def kind(self) -> str:
        return str(self.message["X-Mailbot-Letter"])

    @property
    def text(self) -> str:
        part = self.message.get_body(("plain",))
        assert part is not None
        return str(part.get_content())

    @property
    def message_id(self) -> str:
        return str(self.message["Message-ID"])

    @property
    def answers_to(self) -> str:
        return str(self.message["Reply-To"] or self.message["From"])


@dataclass
class House:
    mail_server: Mailboxes
    relay: SmtpCatcher
    folder: Path
    url: str
    address: str
    clock: SetClock
    policy: str = "code-2024"
    after: str = "leave"
    plus: bool = False
    casework: str = ""
    hold: int = 0  # minutes: most journeys need not wait
    mailbox: str = ""
    landlord: str = ""
    smtp: str = ""
    calendar: str = ""
    mode: str = "live"
    database: str = ""
    policies: dict[str, str] = field(default_factory=dict)  # the landlord's own files, by name
    blank: Path | None = None  # a database with tables and nothing in them, to begin with
    _parts: Parts | None = None
    _rounds: Rounds | None = None
    _seen: int = 0
    _numbers: list[int] = field(default_factory=list)

    # ---------------------------------------------------------- running it

    def write_config(self) -> Path:
        config = self.folder / "config"
        config.mkdir(exist_ok=True)
        (config / "staff.toml").write_text(STAFF)
        (config / "mailbot.toml").write_text(
            CONFIG.format(
                mode=self.mode,
                address=self.address,
                url=self.url,
                database=self.database,
                policy=self.policy,
                after=self.after,
                plus=str(self.plus).lower(),
                imap_port=self.mail_server.imap_port,
                smtp_port=self.relay.port,
                smtp=self.smtp,
                casework=self.casework,
                hold=self.hold,
                mailbox=self.mailbox,
                landlord=self.landlord,
                calendar=self.calendar,
            )
        )
        own = config / "policies"
        own.mkdir(exist_ok=True)
        for name, text in self.policies.items():
            (own / f"{name}.toml").write_text(text)
        return config

    @property
    def parts(self) -> Parts:
        if self._parts is None:
            configured = settings.load(self.write_config())
            file = Path(configured.database.url.removeprefix("sqlite:///"))
            if self.blank and self.url.startswith("sqlite") and not file.exists():
                shutil.copy(self.blank, file)
            store = open_store(configured.database.url)
            store.upgrade()
            self._parts = build(configured, store, self.clock)
        return self._parts

    def start(self) -> House:
        """The first look, at an empty mailbox."""
        self.turn()
        return self

    def turn(self) -> Turn:
        if self._rounds is None:
            self._rounds = Rounds(self.parts.service)
        return self._rounds.turn(self.clock)

    def stop(self) -> None:
        """The process ends; what is not in the database is gone."""
        if self._rounds:
            self._rounds.close()
        if self._parts:
            self._parts.close()
        self._rounds = self._parts = None

    def go_to(self, day: str, time: str = "10:00") -> Turn:
        """Time passes to this moment, with a turn on every morning between, as the daemon would have."""
        until = london(day, time)
        calendar = self.parts.service.settings.calendar
        today = calendar.london_date(self.clock.now())
        turn = Turn()
        while today <= calendar.london_date(until):
            for hour in ("07:45", "08:45", "16:05"):
                moment = Calendar.instant(today, dt.time.fromisoformat(hour))
                if self.clock.now() < moment < until:
                    self.clock.put(moment)
                    turn = self.turn()
            today += dt.timedelta(days=1)
        self.clock.put(until)
        self.turn()
        return turn

    # ---------------------------------------------------------- people writing

    def write(
        self,
        sender: str,
        text: str,
        *,
        subject: str = "Leak in the kitchen",
        answers: Received | None = None,
        to: str = "",
        vouched: bool = True,
        headers: dict[str, str] | None = None,
        raw: bytes | None = None,
    ) -> None:
        """A mail reaches the mailbox, now. `answers` makes it a reply as a mail client composes one; `vouched`
        is what the landlord's border says of the sender."""
        if raw is None:
            raw = self.compose(sender, text, subject=subject, answers=answers, to=to, headers=headers)
        domain = sender.rpartition("@")[2].strip("<> ")
        verdict = "pass" if vouched else "fail"
        stamp = f"Authentication-Results: mx.landlord.example.org; dmarc={verdict} header.from={domain}\r\n"
        self.mail_server.put(self.address, stamp.encode() + raw, self.clock.now())

    def compose(
        self,
        sender: str,
        text: str,
        *,
        subject: str = "Leak in the kitchen",
        answers: Received | None = None,
        to: str = "",
        headers: dict[str, str] | None = None,
    ) -> bytes:
        self._numbers.append(1)
        message = email.message.EmailMessage(policy=email.policy.SMTP)
        message["From"] = sender
        message["To"] = to or (answers.answers_to if answers else self.address)
        message["Subject"] = f"Re: {answers.subject}" if answers else subject
        message["Date"] = email.utils.format_datetime(self.clock.now())  # type: ignore[attr-defined]
        message["Message-ID"] = f"<{len(self._numbers)}.{abs(hash(text))}@mail.example.com>"
        for name, value in (headers or {}).items():
            message[name] = value
        body = text
        if answers:
            quoted = "\n".join(f"> {line}" for line in answers.text.splitlines())
            body = f"{text}\n\nOn {self.clock.now():%d %b %Y} at 10:00, Brackenfield Homes wrote:\n{quoted}\n"
        message.set_content(body)
        raw = message.as_bytes()
        if answers:
            thread = f"In-Reply-To: {answers.message_id}\r\nReferences: {answers.message_id}\r\n"
            raw = thread.encode() + raw
        return raw

    # ---------------------------------------------------------- people reading

    def letters(self, to: str = "", kind: str = "", since: int = 0) -> list[Received]:
        """Everything that was sent so far, in order; `since`: but for so many of the first."""
        found = []
        for caught in self.relay.letters[since:]:
            message = email.message_from_bytes(caught.raw, policy=email.policy.default)
            assert isinstance(message, email.message.EmailMessage)
            found.append(Received(message, caught))
        return [r for r in found if (not to or r.to == to) and (not kind or r.kind == kind)]

    def last(self, to: str, kind: str) -> Received:
        found = self.letters(to, kind)
        assert found, f"no {kind} went to {to}: {[(r.to, r.kind) for r in self.letters()]}"
        return found[-1]

    # ---------------------------------------------------------- the record

    def cases(self) -> list[Case]:
        with self.parts.store.read() as work:
            return work.cases()

    def the_case(self) -> Case:
        (case,) = self.cases()
        return case

    def journal(self, reference: str) -> list[Any]:
        with self.parts.store.read() as work:
            return work.journal_of(reference)


JO = "jo.finch@example.com"
SAM = "sam@landlord.example.org"
MORGAN = "morgan@landlord.example.org"
ALEX = "alex@landlord.example.org"

COMPLAINT = (
    "I reported the leak in my kitchen ceiling five weeks ago and nobody has come. I have taken two days off work "
    "for appointments that your contractor missed. I am very unhappy with how this has been handled and I want to "
    "make a complaint. I want the ceiling repaired and an apology.\n\nJo Finch, 14 Alder Court"
)
REQUEST = (
    "Hello, could I please order a second key fob for the front door of Alder Court? Thank you, Jo Finch"
)
ESCALATION = (
    "I am not happy with your response. The ceiling still leaks and your letter does not deal with the missed "
    "appointments. Please take my complaint to stage 2."
)


@pytest.fixture(scope="session")
def classifier() -> None:
    """The shipped model, once for all journeys of a worker."""
    shipped_chain()


@pytest.fixture
def make_house(
    classifier: None, smtp_catcher: SmtpCatcher, tmp_path: Path, ready_made_sqlite: Path
) -> Iterator[Callable[..., House]]:
    made: list[House] = []

    def make(mail_server: Mailboxes, day: str = "2026-03-02", time: str = "09:00", **choices: Any) -> House:
        url = choices.pop("url", f"sqlite:///{tmp_path}/mailbot-{len(made)}.db")
        house = House(
            mail_server,
            smtp_catcher,
            tmp_path / f"house-{len(made)}",
            url,
            mail_server.fresh_mailbox(),
            SetClock(london(day, time)),
            blank=ready_made_sqlite,
            **choices,
        )
        house.folder.mkdir()
        made.append(house)
        return house.start()

    yield make
    for house in made:
        house.stop()


@pytest.fixture(params=["dovecot-sqlite", "dovecot-postgres", "embedded-sqlite"])
def house(request: pytest.FixtureRequest, make_house: Callable[..., House]) -> House:
    """The same journey over Dovecot and the embedded server, on SQLite and on PostgreSQL."""
    server = {"dovecot": "dovecot", "embedded": "embedded_mail"}[request.param.split("-")[0]]
    choices = {"url": request.getfixturevalue("postgres_url")} if request.param.endswith("postgres") else {}
    return make_house(request.getfixturevalue(server), **choices)
