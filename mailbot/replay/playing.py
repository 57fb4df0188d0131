"""Runs the service over an export: mail by mail, timer by timer, on the mail's own dates.

Mail from outside goes the whole way that live mail goes: kept, read, screened, threaded, classified, decided, recorded,
and letters laid on a tray. What the team wrote itself is no mail for the service; it is read apart, tied to its
case, and counts there as the word of the landlord that it was, so that a case goes on as it did: a reply to a
resident ends the wait for contact, a formal response ends the stage.

A case in which something is owed and of which the export tells nothing more for thirty days is let go: nobody is
reminded for ever of what was settled by telephone.
"""

from __future__ import annotations

import datetime as dt
import re
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from classifiers import Chain
from mailbot.attended import Attended
from mailbot.casework.deciding import STILL_WAITS
from mailbot.casework.vocabulary import (
    Act,
    Audience,
    CancelTimer,
    Case,
    Decision,
    Effect,
    Intent,
    Letter,
    SendLetter,
    StaffActed,
    Stage,
)
from mailbot.chasing import lines_of
from mailbot.clock import SetClock
from mailbot.places import templates_dir
from mailbot.postroom.bounces import without_plus
from mailbot.postroom.fetched import Fetched, Position
from mailbot.postroom.letters import Stationery
from mailbot.postroom.reading import Mail, read
from mailbot.postroom.screening import screen
from mailbot.postroom.smtp import Handed
from mailbot.replay.sources import Exported
from mailbot.replay.trying import Tryout
from mailbot.service import Service
from mailbot.setaside import AGAIN
from mailbot.settings import Settings
from storage.rows import Step
from storage.scratch import Scratch
from storage.work import Work

LET_GO: Final = dt.timedelta(days=30)
FURTHER: Final = dt.timedelta(days=45)
"""How long the clock runs on after the last mail, so that what was due then is seen."""
FORMAL: Final = re.compile(
    r"stage\s*(1|2|one|two)\s+(complaint\s+)?(response|outcome|decision)|final\s+response|formal\s+response|"
    r"outcome of (your|the) (complaint|stage)|response to your (formal |stage (1|2|one|two) )?complaint|"
    r"(complaint|stage (1|2|one|two))( complaint)? (is|was|has been) (partly |partially |not )?upheld|"
    r"(we have|i have|decided to) (partly |partially |not )?(uphold|upheld) (your|the) complaint",
    re.IGNORECASE,
)
"""Words by which a formal response of a team is told from a reply."""
PROMISED: Final = re.compile(
    r"\b(will|shall|expect|aim|within|by the|by (mon|tues|wednes|thurs|fri)day|can ask|if you|until|once)\b",
    re.IGNORECASE,
)
"""Words by which a sentence speaks of a response that is yet to come."""
UPHELD: Final = re.compile(
    r"\b(not|partly|partially)?\s*(?:to\s+)?(?:be\s+)?up(?:held|hold)\b", re.IGNORECASE
)


@dataclass(frozen=True)
class Came:
    """A mail from outside, and what it was taken for. `intent` None: it was not for the classifier (a bounce, an
    automatic answer, the same mail twice)."""

    at: dt.datetime
    place: str
    message_id: str
    thread: tuple[str, ...]
    sender: str
    subject: str
    text: str
    disposition: str
    reference: str
    intent: Intent | None
    confidence: float
    asked: bool  # a person would have been asked
    opened: bool  # it opened the case


@dataclass(frozen=True)
class Went:
    """A mail that the team wrote. `reference`: the case that its thread or its recipient belongs to; `threads`: those
    that its thread speaks of. `formal`: it reads as a response of a stage. `machine`: nobody wrote it."""

    at: dt.datetime
    place: str
    message_id: str
    thread: tuple[str, ...]
    sender: str
    to: tuple[str, ...]
    subject: str
    reference: str
    threads: tuple[str, ...]
    formal: bool
    machine: bool


@dataclass(frozen=True, slots=True)
class Wrote:
    """A letter that mailbot would have sent, or that stands for a mail which the team wrote itself. `about`: what one
    to staff asks for that may be asked for again; `again`: it was, of the same readers, and this is a reminder."""

    at: dt.datetime
    reference: str
    letter: Letter
    audience: Audience
    because: tuple[str, ...]
    about: str = ""
    again: bool = False


@dataclass
class Replayed:
    """Everything that happened. `letters` are those that the service would have sent, by case and in their order."""

    began: dt.datetime
    ended: dt.datetime
    came: list[Came] = field(default_factory=list)
    went: list[Went] = field(default_factory=list)
    cases: list[Case] = field(default_factory=list)
    letters: list[Wrote] = field(default_factory=list)
    stumbled: list[str] = field(default_factory=list)  # places of mails that were set aside, with the cause
    unwritten: list[str] = field(default_factory=list)  # templates that can't be written, by file and line


class NoRelay:
    """Nothing is ever handed over: letters are laid down in the outbox itself."""

    def hand_over(self, raw: bytes, sender: str, to: str, *, null_sender: bool = False) -> Handed:
        raise AssertionError("a replay sends nothing")

    def close(self) -> None:
        """There is no line to cut."""


def is_team(mail: Mail, settings: Settings, own: frozenset[str]) -> bool:
    """From the mailbox itself, from a member of staff, or from a colleague of the same domain."""
    if mail.sender is None:
        return False
    address = without_plus(mail.sender.address)
    domains = {box.imap.address.rpartition("@")[2] for box in settings.mailboxes}
    return (
        address in own
        or any(address in (p.address, *p.aliases) for p in settings.people)
        or address.rpartition("@")[2] in domains
    )


def replay(
    mails: Sequence[Exported],
    settings: Settings,
    chain: Chain,
    progress: Callable[[int], None] = lambda done: None,
    stationery: Stationery | None = None,
) -> Replayed:
    """Play all of it. `mails` in the order of their dates; `settings` has one mailbox, and nothing in it is asked or
    written. `stationery`: the landlord's own, where it has one. What is held in memory grows with the report alone; the
    rest lies on the disk until the end."""
    with tempfile.TemporaryDirectory(prefix="mailbot-replay-") as folder:
        store = Scratch(Path(folder))
        try:
            return _Player(settings, store, chain, stationery).play(mails, progress)
        finally:
            store.close()


_Arrived = tuple[Exported, Mail]


class _Player:
    def __init__(
        self, settings: Settings, store: Scratch, chain: Chain, stationery: Stationery | None
    ) -> None:
        self._stationery = stationery or Stationery(templates_dir())
        self._settings = replace(
            settings,
            habits=replace(settings.habits, confirm_acknowledgement=False, hold_minutes=0),
            limits=replace(
                settings.limits,
                letters_per_hour=10**9,
                letters_per_day=10**9,
            ),
        )
        self._store = store
        self._chain = chain
        (self._box,) = self._settings.mailboxes
        self._uid = 0
        self._known: set[str] = {""}
        self._case_of: dict[str, str] = {}  # Message-ID -> reference, of all that came and went
        self._last_word: dict[str, dt.datetime] = {}  # of open cases: when the export last told of them
        self._resting: set[str] = (
            set()
        )  # silent cases in which nothing was owed when they were last looked at
        self._pending: dict[str, _Arrived] = {}  # mails that are to be tried again, by their ids
        self._let_go_on = dt.datetime.min.replace(tzinfo=dt.UTC)

    def play(self, mails: Sequence[Exported], progress: Callable[[int], None]) -> Replayed:
        first = mails[0].at if mails else dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
        last = mails[-1].at if mails else first
        self._clock = SetClock(first)
        self._service = Service(
            self._settings, self._store, self._chain, self._stationery, NoRelay(), self._clock
        )
        self._keeper = self._service.keeper(self._box.name)
        self._keeper.begin_at(self._box.name, Position(1, 0))
        self._told = Replayed(first, last)
        for done, exported in enumerate(mails, 1):
            self._wait_until(exported.at)
            raw = exported.fetch()
            mail = read(raw)
            if is_team(mail, self._settings, self._service.own_addresses):
                self._went(exported, mail)
            else:
                self._came(exported, mail, raw)
            progress(done)
        self._wait_until(last + FURTHER)
        if self._pending:
            self._attend()
        with self._store.read() as work:
            self._told.cases = sorted(work.cases(), key=lambda case: (case.received_at, case.reference))
            self._told.letters = list(self._letters(work))
            self._told.stumbled += [
                f"{row.subject or row.id}: {row.cause_code}" for row in work.quarantined()
            ]
        return self._told

    def _letters(self, work: Work) -> Iterator[Wrote]:
        same: dict[tuple[str, ...], tuple[str, ...]] = {}  # there are many letters, and few reasons
        tried = Tryout(self._service.outbox.composer)
        for case in self._told.cases:
            asked: set[tuple[str, Audience]] = set()
            for row in work.letters_of(case.reference):
                order = row.order
                tried.look_at(row, case)
                because = same.setdefault(order.because, order.because)
                at = row.sent_at or row.created_at
                about = sys.intern(asks_for(order))
                again = bool(about) and (about, order.audience) in asked
                asked.add((about, order.audience))
                yield Wrote(at, case.reference, order.letter, order.audience, because, about, again)
        for row in work.letters_of_nobody():
            tried.look_at(row, None)
        self._told.unwritten = tried.faults

    # -------------------------------------------------------------- time

    def _wait_until(self, at: dt.datetime) -> None:
        """The clock jumps from one due moment to the next; the mailbox counts as looked into at each."""
        due = self._next_moment()
        while due is not None and due <= at:
            self._clock.put(due)
            self._turn()
            after = self._next_moment()
            if after == due:  # what can't be done now is tried again with the next mail
                break
            due = after
        self._clock.put(at)

    def _next_moment(self) -> dt.datetime | None:
        with self._store.glance() as work:
            due = work.next_due()
        return max(due, self._clock.now()) if due else None

    def _turn(self) -> None:
        now = self._clock.now()
        if now - self._let_go_on >= dt.timedelta(days=1):
            self._let_go_on = now
            self._let_go(now)
        with self._store.begin() as work:
            work.looked(self._box.name, now)
        if self._pending:
            self._attend()
        while fell := self._service.tick():
            self._look_at(fell)
        self._lay_down()

    def _look_at(self, fell: Iterable[tuple[str, Decision]]) -> None:
        """A case in which something is owed again, or that has closed, rests no more."""
        for reference, decision in fell:
            case = decision.case
            if case and (case.stage is Stage.CLOSED or is_owed(case)):
                self._resting.discard(reference)

    def _lay_down(self) -> None:
        """What waits counts as sent: replaying asks whether and when a letter goes, not how the relay takes it."""
        with self._store.begin() as work:
            work.lay_down(self._clock.now())

    def _let_go(self, now: dt.datetime) -> None:
        for reference, at in list(self._last_word.items()):
            silent = now - at
            if silent <= LET_GO or (reference in self._resting and silent <= 4 * LET_GO):
                continue
            with self._store.read() as work:
                case = work.case(reference)
            if case is None or case.stage is Stage.CLOSED:
                self._forget(reference)
            elif silent <= 4 * LET_GO and not is_owed(case):
                self._resting.add(reference)  # what ends it is the silence of the resident
            else:
                self._forget(reference)
                with self._store.begin() as work:
                    effects: tuple[Effect, ...] = tuple(
                        CancelTimer(row.timer, row.subject) for row in work.timers_of(reference)
                    )
                    letting = Decision(case, effects, "The export tells no more of it.", ())
                    event = StaffActed(now, "replay", Act.NOTE)
                    work.record(
                        Step(at=now, who="replay", before=case, decision=letting, event=event, letters=())
                    )

    def _heard_of(self, reference: str, at: dt.datetime) -> None:
        self._last_word[reference] = at
        self._resting.discard(reference)

    def _forget(self, reference: str) -> None:
        del self._last_word[reference]
        self._resting.discard(reference)

    # -------------------------------------------------------------- mail from outside

    def _came(self, exported: Exported, mail: Mail, raw: bytes) -> None:
        self._uid += 1
        name = self._box.name
        limit = self._box.imap.max_bytes
        kept = Fetched(
            name, "INBOX", 1, self._uid, exported.at, raw[:limit], len(raw), len(raw) > limit, False
        )
        self._keeper.keep([kept], Position(1, self._uid))
        with self._store.begin() as work:
            work.looked(name, exported.at)
        self._attend((exported, mail))
        self._lay_down()

    def _attend(self, arrived: _Arrived | None = None) -> None:
        """To the mail that has just arrived, and to what is to be tried again."""
        for attended in self._service.attend(50 if self._pending else 1):
            told = self._pending.pop(attended.mail, arrived)
            assert told is not None  # nothing else can have waited
            if attended.disposition == AGAIN:
                self._pending[attended.mail] = told
            else:
                self._record(attended, *told)
        if not self._pending:
            self._store.shorten()

    def _record(self, attended: Attended, exported: Exported, mail: Mail) -> None:
        verdict = attended.verdict
        reference = attended.reference or ""
        if reference:
            self._case_of.setdefault(mail.message_id, reference)
            self._heard_of(reference, exported.at)
        self._told.came.append(
            Came(
                at=exported.at,
                place=exported.place,
                message_id=mail.message_id,
                thread=(*mail.in_reply_to, *mail.references),
                sender=attended.sender,
                subject=mail.subject,
                text=" ".join(mail.new_text.split())[:300],
                disposition=attended.disposition,
                reference=reference,
                intent=verdict.intent if verdict else None,
                confidence=verdict.confidence if verdict else 0.0,
                asked=bool(verdict and verdict.intent is Intent.UNSURE),
                opened=bool(reference) and reference not in self._known,
            )
        )
        self._known.add(reference)

    # -------------------------------------------------------------- what the team wrote

    def _went(self, exported: Exported, mail: Mail) -> None:
        at = exported.at
        assert mail.sender is not None  # else it were nobody's
        own = self._service.own_addresses
        team = {a for p in self._settings.people for a in (p.address, *p.aliases)} | own
        domain = self._box.imap.address.rpartition("@")[2]
        to = tuple(
            a.address for a in (*mail.to, *mail.cc)
            if a.address not in team and a.address.rpartition("@")[2] != domain
        )  # fmt: skip
        if not to:
            return  # colleagues among themselves
        thread = (*mail.in_reply_to, *mail.references)
        threads = tuple(dict.fromkeys(self._case_of[id_] for id_ in thread if id_ in self._case_of))
        with self._store.begin() as work:
            theirs = [case.reference for address in to for case in work.open_cases_of(address)]
            reference = next((r for r in threads if r in theirs), "")
            reference = reference or (theirs[0] if len(set(theirs)) == 1 else threads[0] if threads else "")
            case = work.case(reference) if reference else None
            screening = screen(mail, frozenset())
            machine = bool(screening.automatic)
            formal = not machine and is_formal(mail.subject, mail.new_text)
            if case is not None and not machine and any(case.is_party(address) for address in to):
                self._heard_of(reference, at)
                self._case_of.setdefault(mail.message_id, reference)
                self._act(work, case, mail, at, formal)
                work.lay_down(at)
        self._told.went.append(
            Went(
                at=at,
                place=exported.place,
                message_id=mail.message_id,
                thread=thread,
                sender=mail.sender.address,
                to=to,
                subject=mail.subject,
                reference=reference,
                threads=threads,
                formal=formal,
                machine=machine,
            )
        )

    def _act(self, work: Work, case: Case, mail: Mail, at: dt.datetime, formal: bool) -> None:
        """The team's word counts in its case. What the lifecycle does not take it takes as a reply."""
        person = next(
            (
                p.key
                for p in self._settings.people
                if mail.sender and mail.sender.address in (p.address, *p.aliases)
            ),
            case.handler or self._settings.people[0].key,
        )
        text = mail.new_text.strip() or mail.subject or "(no text)"
        acts = [StaffActed(at, person, Act.REPLY, text=text)]
        if formal and case.stage in (Stage.STAGE1_OPEN, Stage.STAGE2_OPEN):
            acts.insert(0, StaffActed(at, person, Act.RESPOND, words=decision_in(mail.new_text), text=text))
        for act in acts:
            _, decision = self._service.step(work, case, act, self._box, who="the team")
            if decision.case is not None and decision.case != case:
                return


def is_owed(case: Case) -> bool:
    """Whether the team has yet to respond."""
    return case.current is not None and case.current.responded_at is None


def asks_for(order: SendLetter) -> str:
    """What a letter to staff asks for that mailbot asks for again until it is done; "" for one that is told once."""
    match order.letter:
        case Letter.CHASER:
            return "; ".join(str(line.get("what")) for line in lines_of(order))
        case Letter.PROPOSAL:
            return STILL_WAITS if order.facts.get("ground") == "silence" else ""
        case Letter.ALERT:
            reference = str(order.facts.get("reference", ""))
            headline = str(order.facts.get("headline", ""))
            return headline.replace(reference, "").strip(" :") if reference else headline
    return ""


def is_formal(subject: str, text: str) -> bool:
    """Whether it is a response of a stage, by its subject or by a sentence that does not only promise one."""
    if FORMAL.search(subject) and not re.match(r"(?i)\s*(re|aw|antw|fw|fwd)\s*:", subject):
        return True
    return any(FORMAL.search(s) and not PROMISED.search(s) for s in re.split(r"[.!?]\s|\n\s*\n", text))


def decision_in(text: str) -> str:
    """What a response decided, as `#respond` says it; "upheld" where it says nothing that we can read."""
    found = UPHELD.search(text)
    how = (found[1] or "").lower() if found else ""
    return "not upheld" if how == "not" else "partly upheld" if how else "upheld"
