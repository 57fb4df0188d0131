"""Plays a scenario: the clock jumps from one due timer to the next, people do what the story says, and each
expectation is looked at in its place.

At every stop the mailbox is looked into before the timers are asked, as the daemon would have done within the
minute, except while the story says that it is out of reach: then mail waits on the server with its receipt date,
and whatever hangs on silence waits too.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from email.utils import parseaddr
from typing import TypeAlias

from mailbot.casework.calendar import Calendar
from mailbot.casework.policy import Policy
from mailbot.casework.vocabulary import Case, Letter, Person
from mailbot.clock import SetClock
from mailbot.demo.cast import Actor
from mailbot.demo.clients import Client, File, write
from mailbot.scenarios import cast
from mailbot.scenarios import story as s
from mailbot.scenarios.checking import Check, Checker, cited_in, fill
from mailbot.scenarios.reading import send_away
from mailbot.scenarios.rig import Laid, Rig, settings_for
from mailbot.scenarios.words import spoken
from storage import JournalRow

DEFAULT_HOUR = dt.time(10)
"""When somebody acts on a day for which the story names no time."""


class Stuck(Exception):
    """The story can't go on: what it wants to answer never came."""


@dataclass(frozen=True)
class Done:
    """Something that the story did."""

    at: dt.datetime
    who: str
    what: str
    text: str = ""


Told: TypeAlias = Done | JournalRow | Laid | Check


@dataclass(frozen=True)
class Played:
    """A scenario that was played, as far as it went."""

    scenario: s.Scenario
    told: tuple[Told, ...]  # all that was done, decided, sent and expected, in its order
    faults: tuple[str, ...]
    unkept: tuple[str, ...]  # clauses that it claims and that nothing cited
    stuck: str = ""

    @property
    def checks(self) -> tuple[Check, ...]:
        return tuple(one for one in self.told if isinstance(one, Check))

    @property
    def came_true(self) -> bool:
        return not (self.faults or self.unkept or self.stuck) and all(check.true for check in self.checks)


def play(scenario: s.Scenario, policy: Policy) -> Played:
    """The scenario from its first day to its last. `policy` is the one that it names, resolved."""
    first = Calendar.instant(scenario.blocks[0].day, dt.time())
    digests = any(isinstance(step, s.Gets) and Letter.DIGEST in step.letters for step in scenario.steps)
    with Rig(settings_for(scenario, policy), SetClock(first), digests) as rig:
        return _Player(scenario, policy, rig).play()


class _Player:
    def __init__(self, scenario: s.Scenario, policy: Policy, rig: Rig) -> None:
        self._scenario = scenario
        self._rig = rig
        self._told: list[Told] = []
        self._journal_read = 0
        self._addresses: dict[str, list[str]] = {}
        for name, address in scenario.outsiders:
            self._addresses.setdefault(name.lower(), []).append(address)
        self._checker = Checker(policy, rig, self.addresses)
        self._numbers = itertools.count(1)

    def play(self) -> Played:
        stuck = ""
        self._turn()
        try:
            for block in self._scenario.blocks:
                self._block(block)
        except Stuck as reason:
            stuck = str(reason)
        cited = set(_cited(self._told))
        return Played(
            self._scenario,
            tuple(self._told),
            tuple(self._rig.faults()),
            tuple(clause for clause in self._scenario.keeps if clause not in cited) if not stuck else (),
            stuck,
        )

    # -------------------------------------------------------------- time

    def _block(self, block: s.Block) -> None:
        self._advance(moment_of(block))
        self._checker.enter(block)
        for step in block.steps:
            if isinstance(step, s.Deed):
                self._checker.act()
                self._do(step)
                self._turn()
            else:
                self._told.append(self._checker.check(step))

    def _advance(self, until: dt.datetime) -> None:
        clock = self._rig.clock
        while (moment := self._rig.next_moment()) is not None and moment < until:
            clock.put(moment)
            self._turn()
        clock.put(until)
        self._turn()

    def _turn(self) -> None:
        """One round of the service, and what it did, told in its order."""
        since, letters = self._rig.clock.now(), len(self._rig.laid)
        self._rig.turn()
        rows = [row for row in self._rig.journal(since) if row.seq > self._journal_read]
        self._journal_read = max((row.seq for row in rows), default=self._journal_read)
        self._told += [*rows, *self._rig.laid[letters:]]

    # -------------------------------------------------------------- deeds

    def _do(self, step: s.Deed) -> None:
        match step:
            case s.Writes():
                self._write(step)
            case s.ComesBack():
                letter = self._newest(step.who, self.addresses(step.who), step.letters, step.letter_words, 0)
                self._note(step.who, f"the {step.letter_words} comes back")
                self._rig.arrive(bounce_of(letter), letter.to)
            case s.OutOfReach():
                self._note("", step.said)
                self._rig.out_of_reach_until = step.until
            case s.BankHoliday():
                self._note("", step.said)
                calendar = self._rig.settings.calendar
                more = replace(calendar, extra_holidays=calendar.extra_holidays | {step.day})
                self._rig.start(replace(self._rig.settings, calendar=more))
            case s.IsAway():
                self._note("", step.said)
                people = send_away(self._rig.settings.people, step.who, step.first, step.last)
                self._rig.start(replace(self._rig.settings, people=people))

    def _note(self, who: str, what: str, text: str = "") -> None:
        self._told.append(Done(self._rig.clock.now(), who, what, text))

    def _write(self, step: s.Writes) -> None:
        members = self.staff_called(step.who, step.case)
        letter: Laid | None = None
        if step.answers:
            addresses = self.addresses(step.who, step.case)
            letter = self._newest(step.who, addresses, step.answers, step.answers_words, step.case)
        if members:
            person = next((p for p in members if letter and p.address == letter.to), members[0])
            name, address, client = person.name, step.address or person.address, Client.OUTLOOK
        else:
            name, address, client = step.who, self._address(step, letter), Client.THUNDERBIRD
        extra = [f"Cc: {', '.join(step.copied)}"] if step.copied else []
        subject = fill(step.subject, self._rig)
        if step.machine:
            extra.append("Auto-Submitted: auto-replied")
            subject = f"Automatic reply: {letter.letter.subject if letter else ''}"
        raw = write(
            client,
            Actor(name, address),
            (letter.letter.answers_to if letter else cast.MAILBOX,),
            subject,
            fill(step.text, self._rig),
            self._rig.clock.now(),
            answering=letter.letter if letter else None,
            files=tuple(File(n, _type_of(n), f"{n} {next(self._numbers)}".encode()) for n in step.files),
            extra=tuple(extra),
        )
        if step.taken_as:
            self._rig.readings.state(raw, step.taken_as)
        what = f"answers the {step.answers_words}" if letter else f"writes: {subject}"
        self._note(name, what, step.text)
        self._rig.arrive(raw, address, step.vouched)

    def _address(self, step: s.Writes, letter: Laid | None) -> str:
        """Where this mail of somebody outside comes from; the first address of a name is theirs from then on."""
        known = self._addresses.setdefault(step.who.lower(), [])
        if step.address:
            if step.address not in known:
                known.append(step.address)
            return step.address
        if not known:
            known.append(cast.address_of(step.who))
        return letter.to if letter and letter.to in known else known[0]

    def _newest(
        self, who: str, addresses: tuple[str, ...], letters: tuple[Letter, ...], words: str, case: int
    ) -> Laid:
        """The newest such letter to them. Stuck: there is none; it says which letters there were."""
        cases = self._rig.cases()
        reference = cases[case - 1].reference if 0 < case <= len(cases) else ""
        theirs = [one for one in self._rig.laid if one.to in addresses]
        fitting = [
            one for one in theirs if one.row.order.letter in letters and (not case or reference in one.about)
        ]
        if fitting:
            return fitting[-1]
        had = ", ".join(dict.fromkeys(spoken(one.row.order.letter) for one in theirs)) or "no letter at all"
        raise Stuck(f"{who} has had no {words} that could be answered or come back; they had: {had}")

    # -------------------------------------------------------------- people

    def staff_called(self, who: str, case: int = 0) -> tuple[Person, ...]:
        """The members of staff whom the words mean now; "the handler" is whoever has the case."""
        people = self._rig.settings.people
        if cast.role_of(who) == "handler":
            cases = self._rig.cases()
            chosen: Case | None = cases[max(case, 1) - 1] if 0 < max(case, 1) <= len(cases) else None
            if chosen and (person := self._rig.person(chosen.handler)):
                return (person,)
        return cast.holders(who, people)

    def addresses(self, who: str, case: int = 0) -> tuple[str, ...]:
        members = self.staff_called(who, case)
        if members:
            return tuple(person.address for person in members)
        return tuple(self._addresses.get(who.lower(), ())) or (cast.address_of(who),)


def moment_of(block: s.Block) -> dt.datetime:
    """When a block is looked at: the time that it names, else the hour of its deeds or the end of its day."""
    if block.time is not None:
        return Calendar.instant(block.day, block.time)
    if block.does_something:
        return Calendar.instant(block.day, DEFAULT_HOUR)
    return Calendar.end_of(block.day) - dt.timedelta(seconds=1)


def bounce_of(letter: Laid) -> bytes:
    """A delivery report (RFC 3464) as the recipient's server sends one."""
    domain = letter.to.rpartition("@")[2]
    return (
        f"From: MAILER-DAEMON@{domain}\r\nTo: {parseaddr(letter.letter.sender)[1]}\r\n"
        "Subject: Undelivered Mail Returned to Sender\r\nAuto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nThe mail could not be delivered.\r\n"
        f"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.{domain}\r\n\r\n"
        f"Final-Recipient: rfc822; {letter.to}\r\nAction: failed\r\nStatus: 5.1.1\r\n"
        "Diagnostic-Code: smtp; 550 5.1.1 no such user\r\n\r\n"
        f"--b\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: {letter.letter.message_id}\r\n"
        f"Subject: {letter.number}\r\n\r\n\r\n--b--\r\n"
    ).encode()


def _cited(told: Iterable[Told]) -> Iterator[str]:
    """Every clause that an act of the run named: journal lines, timers, notes and letters."""
    for one in told:
        match one:
            case JournalRow():
                yield from cited_in(one)
            case Laid():
                yield from one.because


def _type_of(name: str) -> str:
    kinds = {"pdf": "application/pdf", "jpg": "image/jpeg", "png": "image/png", "txt": "text/plain"}
    return kinds.get(name.rpartition(".")[2].lower(), "application/octet-stream")
