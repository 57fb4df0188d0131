"""`mailbot doctor`: every part that the service stands on, tried for real, with what to do about each that fails.

It asks through the same doors as the service, changes nothing but its own test mails, and may run beside the daemon:
a test mail is from our own address, which the service never attends to. Order: what others need comes first.
"""

from __future__ import annotations

import datetime as dt
import secrets
import shutil
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from mailbot.calendarfile import PLACE
from mailbot.casework.calendar import LONDON
from mailbot.casework.parts import MODE_WORDS, Mode
from mailbot.clock import Clock, monotonic
from mailbot.postroom.examining import (
    CAPABILITIES,
    Examiner,
    MailboxFound,
    OwnMail,
    certificate_end,
    heads,
    own_mail,
)
from mailbot.postroom.imap_login import in_words
from mailbot.postroom.reading import read
from mailbot.postroom.smtp import Outcome, SmtpDoor
from mailbot.postroom.trust import authenticate, border_of

if TYPE_CHECKING:
    from mailbot.settings import MailboxSettings, Settings

ENOUGH_DISK: Final = 1_000_000_000  # bytes
SOON: Final = dt.timedelta(days=30)
CALENDAR_SOON: Final = dt.timedelta(days=180)
CLOCK_OFF: Final = dt.timedelta(seconds=90)
PAUSE: Final = 0.5  # seconds between two looks for a test mail


class State(StrEnum):
    OK = "ok"
    WARNING = "warning"
    WRONG = "wrong"


@dataclass(frozen=True)
class Finding:
    """One thing that was tried. `fix` is what to do, "" where nothing is to be done."""

    part: str
    state: State
    told: str
    fix: str = ""


def ok(part: str, told: str) -> Finding:
    return Finding(part, State.OK, told)


def warning(part: str, told: str, fix: str) -> Finding:
    return Finding(part, State.WARNING, told, fix)


def wrong(part: str, told: str, fix: str) -> Finding:
    return Finding(part, State.WRONG, told, fix)


def examine(settings: Settings, clock: Clock, *, send: bool = True, seconds: float = 60) -> Iterator[Finding]:
    """Everything, one after the other. `send`: mail is sent to ourselves, and waited for so long."""
    for mistake in settings.warnings:
        yield warning("configuration", f"{mistake.key} = {mistake.value}: {mistake.problem}", mistake.fix)
    yield ok(
        "configuration",
        f"mailboxes: {len(settings.mailboxes)}, people: {len(settings.people)}",
    )
    yield _mode(settings, send)
    yield from _machine(settings, clock)
    yield from _database(settings)
    yield from _model(settings)
    yield from _calendar(settings, clock)
    yield from _templates(settings)
    yield from _tokens(settings, clock)
    door = SmtpDoor(settings.smtp)
    try:
        relay_works = False
        for finding in _relay(settings, door, clock):
            relay_works = relay_works or (finding.state is not State.WRONG and finding.part == "sending")
            yield finding
        for mailbox in settings.mailboxes:
            yield from _mailbox(settings, mailbox, clock, door if send and relay_works else None, seconds)
    finally:
        door.close()


def _mode(settings: Settings, send: bool) -> Finding:
    told = MODE_WORDS[settings.mode]
    if settings.mode is Mode.SHADOW and not send:
        told += "; so no test mail goes into the mailbox (--send has it try)"
    return ok("mode", told)


# ------------------------------------------------------------------ this machine


def _machine(settings: Settings, clock: Clock) -> Iterator[Finding]:
    where = settings.data_dir
    try:
        where.mkdir(parents=True, exist_ok=True)
        probe = where / f".doctor-{secrets.token_hex(4)}"
        probe.touch()
        probe.unlink()
        free = shutil.disk_usage(where).free
    except OSError as error:
        yield wrong(
            "disk",
            f"{where}: {error.strerror}",
            "let the service's user write there, or name another data_dir",
        )
    else:
        told = f"{where}: {free / 1e9:.1f} GB free"
        yield (
            ok("disk", told)
            if free >= ENOUGH_DISK
            else warning("disk", told, "make room: every mail is kept")
        )
    if not dt.datetime(2026, 7, 1, 12, tzinfo=dt.UTC).astimezone(LONDON).utcoffset():
        yield wrong(
            "time zone", "Europe/London has no summer time here", "install tzdata, or bring it up to date"
        )
    else:
        yield ok("time zone", f"it is {clock.now().astimezone(LONDON):%A %d %B %Y, %H:%M} in London")


def _database(settings: Settings) -> Iterator[Finding]:
    from sqlalchemy.exc import DatabaseError

    from mailbot.presence import works_with_an_older_model
    from storage import open_store
    from storage.rows import StorageRefused

    kind = settings.database.url.partition(":")[0].partition("+")[0]
    try:
        store = open_store(settings.database.url)
        current = store.schema_is_current()
        older = False
        if current:
            with store.read() as work:
                older = works_with_an_older_model(work, settings)
        store.close()
    except (StorageRefused, DatabaseError, OSError) as error:
        told = str(getattr(error, "orig", error)).partition("\n")[0]
        yield wrong(
            "database", told, "see that database.url is right, the server is there, and the user may use it"
        )
        return
    if older:
        yield warning(
            "classifier", "mailbot runs with the model of before it was trained anew", "start mailbot again"
        )
    if current:
        yield ok("database", f"{kind}, of this version")
    elif settings.database.upgrade_on_start:
        yield ok("database", f"{kind}; it is made or brought up to date at the next start")
    else:
        yield warning("database", f"{kind}, of another version", "run: mailbot db upgrade")


def _model(settings: Settings) -> Iterator[Finding]:
    from classifiers import ModelMistake
    from mailbot.start import load_chain

    began = monotonic()
    try:
        load_chain(settings)
    except (ModelMistake, OSError) as error:
        yield wrong(
            "classifier", str(error), "leave classifier.model out for the shipped one, or run: mailbot train"
        )
    else:
        yield ok("classifier", f"ready in {monotonic() - began:.1f} s")


def _calendar(settings: Settings, clock: Clock) -> Iterator[Finding]:
    published = settings.calendar.published
    if published is None:
        yield ok("bank holidays", "those of the library")
        return
    ends = dt.date(published.to_year, 12, 31)
    told = f"the published list reaches to {ends:%d %B %Y}"
    near = ends - clock.now().astimezone(LONDON).date() < CALENDAR_SOON
    yield (
        warning("bank holidays", told, f"add the next year to {PLACE}") if near else ok("bank holidays", told)
    )


def _templates(settings: Settings) -> Iterator[Finding]:
    from mailbot.postroom.letters import LetterMistake
    from mailbot.start import stationery_of

    try:
        stationery_of(settings)
    except LetterMistake as error:
        yield wrong("letters", str(error), "put that template right")
    else:
        yield ok("letters", "every template reads, with the facts that it may use")


def _tokens(settings: Settings, clock: Clock) -> Iterator[Finding]:
    """What passwords and secrets end soon, and a token for each door that wants one; the login itself comes later."""
    from mailbot.postroom.oauth import NoToken, TokenRefused, source_for

    doors = [(box.imap.oauth, box.imap.user) for box in settings.mailboxes] + [
        (settings.smtp.oauth, settings.smtp.user)
    ]
    today = clock.now().date()
    for what, day in settings.expiries:
        if day - today <= SOON:
            when = f"{'ended' if day < today else 'ends'} on {day.day} {day:%B %Y}"
            yield warning("secrets", f"{what} {when}", "have a new one made, and write its end beside it")
    first = next((oauth for oauth, _ in doors if oauth), None)
    if first and first.provider != "google" and not first.secret_ends:
        yield warning(
            "secrets",
            "nobody will be told before the secret ends that tokens are asked for with",
            "write the day on which it ends into oauth.secret_ends: it is told 30, 7 and 1 days before",
        )
    for oauth, user in dict.fromkeys(doors):
        if oauth is None:
            continue
        source = source_for(oauth, user)
        try:
            source.token()
        except TokenRefused as error:
            told, _, fix = str(error).partition(" - ")
            yield wrong(
                "tokens", f"{oauth.provider}, for {user}: {told}", fix or "see the provider's own log"
            )
        except NoToken as error:
            yield wrong(
                "tokens", f"{oauth.provider}: {error}", "let this machine reach the provider by HTTPS"
            )
        else:
            yield ok(
                "tokens",
                f"{oauth.provider} gives one for {user}, for {(source.seconds_left or 0) / 60:.0f} minutes",
            )


# ------------------------------------------------------------------ the servers


def _resolves(part: str, host: str) -> Finding | None:
    try:
        socket.getaddrinfo(host, None)
    except (OSError, UnicodeError) as error:
        told = f"{host}: {getattr(error, 'strerror', None) or error}"
        return wrong(part, told, "correct the host, or let this machine ask a name server")
    return None


def _certificate(part: str, ends: dt.date | None, security: str, clock: Clock) -> Iterator[Finding]:
    if ends is None:
        if security == "none":
            yield warning(
                part,
                "the connection is in the clear",
                'set security to "tls" unless the server is on this machine',
            )
        return
    left = ends - clock.now().date()
    told = f"its certificate holds until {ends:%d %B %Y}"
    yield warning(part, told, "have it renewed") if left < SOON else ok(part, told)


def _relay(settings: Settings, door: SmtpDoor, clock: Clock) -> Iterator[Finding]:
    if lost := _resolves("sending", settings.smtp.host):
        yield lost
        return
    found = door.examine()
    where = f"{settings.smtp.host}:{settings.smtp.port}"
    if found.trouble:
        yield wrong("sending", f"{where}: {found.trouble}", _what_to_do(found.trouble, "smtp"))
        return
    yield ok(
        "sending", f"{where} takes our mail" + (f" as {settings.smtp.user}" if settings.smtp.user else "")
    )
    yield from _certificate("sending", certificate_end(found.certificate), settings.smtp.security, clock)
    if settings.smtp.null_sender and not found.null_sender_taken:
        yield warning("sending", "it takes no empty sender (MAIL FROM:<>)", "write smtp.null_sender = false")


def _what_to_do(trouble: str, key: str) -> str:
    """For a login or a connection that failed. An answer that names its own way out has said it after " - "."""
    small = trouble.lower()
    if " - " in trouble:
        return trouble.rpartition(" - ")[2]
    if "certificate" in small:
        return "it does not verify: correct host, or add its authority to this machine's trust store"
    if "select failed" in small or "no such mailbox" in small:
        return "correct mailbox.folder"
    if "refuses the user" in small or small.startswith("53") or "loginrefused" in small:
        return f"correct {key}.user and its password"
    if "malformed" in small:
        return f"that is no server of its kind: correct {key}.host and {key}.port"
    if "timed out" in small or "timeout" in small:
        return f"nothing answers at {key}.port: correct it, or open the firewall"
    if "starttls" in small:
        return f'the server offers no STARTTLS there: {key}.security = "tls" with its port, most likely'
    return f"correct {key}.host, {key}.port and {key}.security"


def _mailbox(
    settings: Settings, mailbox: MailboxSettings, clock: Clock, door: SmtpDoor | None, seconds: float
) -> Iterator[Finding]:
    ours = mailbox.imap
    part = f"mailbox {ours.name}"
    if lost := _resolves(part, ours.host):
        yield lost
        return
    # Test mails are taken away again; where none is sent the door may only read, as the run itself.
    examiner = Examiner(replace(ours, read_only=ours.read_only and door is None))
    try:
        try:
            found = examiner.examine()
        except Exception as error:  # whatever a server does is a finding
            told = in_words(error)
            yield wrong(part, f"{ours.host}:{ours.port}: {told}", _what_to_do(told, "mailbox.imap"))
            return
        yield ok(
            part, f"{ours.host}:{ours.port} lets us in as {ours.user}; {found.mails} mails in {ours.folder}"
        )
        yield from _certificate(part, found.certificate_ends, ours.security, clock)
        yield from _folders(part, settings, mailbox, found)
        yield from _vouching(part, settings, mailbox, found)
        if door is not None:
            yield from _round_trip(part, mailbox, examiner, door, clock, seconds)
    finally:
        examiner.close()


def _folders(
    part: str, settings: Settings, mailbox: MailboxSettings, found: MailboxFound
) -> Iterator[Finding]:
    ours = mailbox.imap
    if ours.after != "leave" and not found.writable:
        yield wrong(part, f"{ours.folder} is read-only for us", 'ask for rights, or write after = "leave"')
    if ours.after == "move" and ours.done_folder not in found.folders:
        yield warning(
            part, f"there is no folder {ours.done_folder!r}", "it is made with the first mail that is moved"
        )
    if settings.mode is Mode.SHADOW:
        yield _what_the_team_sends(part, settings, found)
    elif settings.smtp.sent_folder and settings.smtp.sent_folder not in found.folders:
        near = ", ".join(sorted(f for f in found.folders if "sent" in f.lower())) or "none that is called so"
        yield warning(
            part,
            f"there is no folder {settings.smtp.sent_folder!r}",
            f"it is made when first needed; there is: {near}",
        )
    lacking = [name for name in CAPABILITIES if name not in found.capabilities]
    if ours.after != "move" and "MOVE" in lacking:
        lacking.remove("MOVE")
    for name in lacking:
        yield warning(
            part, f"the server has no {name}", f"nothing has to be done; with it, {CAPABILITIES[name]}"
        )


def _what_the_team_sends(part: str, settings: Settings, found: MailboxFound) -> Finding:
    """A shadow run compares itself with the team's own letters, and so must find them."""
    named = settings.watches_sent
    if named in found.folders or (not named and found.sent):
        return ok(part, f"what the team sends is read from {named or found.sent}")
    near = ", ".join(sorted(f for f in found.folders if "sent" in f.lower())) or "none with sent in its name"
    told = f"there is no folder {named!r}" if named else "the server marks no folder as the one for sent mail"
    return warning(
        part,
        f"{told}: the shadow run can't compare itself with what your team writes",
        f"name the folder that holds what your team sends: sent_folder = ... under [smtp]. There is {near}; a new "
        "mailbox may get it with the first mail that is sent from it",
    )


def _vouching(
    part: str, settings: Settings, mailbox: MailboxSettings, found: MailboxFound
) -> Iterator[Finding]:
    """Whose Authentication-Results stand on top, and whether they speak for the staff."""
    mails = [read(head) for head in heads(found.headers)]
    trust = settings.trust
    last = f"the last {len(mails)} mails"
    if not mails:
        told = f"no mail in {mailbox.imap.folder} yet that would show whose Authentication-Results can be trusted"
        fix = "write to it from a staff member's own mail program, then run doctor again"
        yield warning(part, told, fix)
    elif trust.mode == "standard":
        ours = trust.authserv_id.strip().lower()
        borders = Counter(border for mail in mails if (border := border_of(mail)))
        usual, times = borders.most_common(1)[0] if borders else ("", 0)
        if not borders:
            fix = "no command of staff is obeyed without: have the server check DMARC and say so"
            yield warning(part, f"none of {last} carries Authentication-Results", fix)
        elif usual != ours:
            told = f"{times} of {last} were vouched for by {usual!r}, {borders[ours]} by {ours!r}"
            yield wrong(part, told, f'write authserv_id = "{usual}", if that is your own server')
        else:
            yield ok(part, f"{ours} vouches for senders, as trust.authserv_id says: {times} of {last}")
    staff = {address for person in settings.people for address in (person.address, *person.aliases)}
    verdicts = [authenticate(mail, trust) for mail in mails if mail.sender and mail.sender.address in staff]
    doubted = Counter(verdict.reason for verdict in verdicts if verdict.result != "pass")
    if doubted:
        told = (
            f"{doubted.total()} of {len(verdicts)} mails of staff were not vouched for: {next(iter(doubted))}"
        )
        yield warning(part, told, "commands in them would do nothing: see docs/operators.md")
    elif verdicts:
        yield ok(part, f"all {len(verdicts)} mails of staff among {last} were vouched for")


def _round_trip(
    part: str, mailbox: MailboxSettings, examiner: Examiner, door: SmtpDoor, clock: Clock, seconds: float
) -> Iterator[Finding]:
    """One mail to ourselves, and one to a plus-address of ours; both taken away again."""
    address = mailbox.imap.address
    local, _, domain = address.rpartition("@")
    sent: dict[str, str] = {}
    for kind, to in (("plain", address), ("plus", f"{local}+doctor@{domain}")):
        message_id = f"<doctor.{secrets.token_hex(12)}@{domain}>"
        handed = door.hand_over(own_mail(address, to, message_id, clock.now()), address, to)
        if handed.outcome is Outcome.ACCEPTED:
            sent[kind] = message_id
        elif kind == "plain":
            told = f"a mail to ourselves was not taken: {handed.code or ''} {handed.answer}"
            yield wrong(part, told, _what_to_do(handed.answer, "smtp"))
            return
    sent_at = clock.now()
    back = _wait_for(examiner, sent, seconds)
    plain = back.get("plain")
    if plain is None:
        fix = f"look into Junk and into the relay's log; is mail for {address} delivered here?"
        yield wrong(part, f"a mail to ourselves did not arrive in {seconds:.0f} s", fix)
        return
    yield ok(part, f"a mail to ourselves arrived after {(clock.now() - sent_at).total_seconds():.0f} s")
    apart = abs(plain.received_at - sent_at)
    if apart > max(CLOCK_OFF, dt.timedelta(seconds=seconds)):
        yield warning(part, f"this clock and the mail server's differ by {apart}", "set both by NTP")
    plus = f"mail to {local}+anything@{domain}"
    if "plus" in back and not mailbox.imap.plus_addressing:
        fix = "write plus_addressing = true: answers then find their case more surely"
        yield warning(part, f"{plus} arrives too", fix)
    elif "plus" not in back and mailbox.imap.plus_addressing:
        fix = "write plus_addressing = false, or let the server take it: answers would be lost"
        yield wrong(part, f"{plus} does not arrive", fix)
    if not examiner.take_away(list(back.values())):
        yield warning(part, "the test mails stay in the mailbox: there is no UIDPLUS", "remove them by hand")


def _wait_for(examiner: Examiner, sent: dict[str, str], seconds: float) -> dict[str, OwnMail]:
    """Those that arrive. A plus-address that does not work costs no more than five seconds beyond the plain one."""
    back: dict[str, OwnMail] = {}
    ends = monotonic() + seconds
    pause = threading.Event()
    while len(back) < len(sent) and monotonic() < ends:
        for kind, message_id in sent.items():
            if kind not in back and (mail := examiner.find_own(message_id)):
                back[kind] = mail
                if kind == "plain":
                    ends = min(ends, monotonic() + 5)
        if len(back) < len(sent):
            pause.wait(PAUSE)
    return back
