"""Erasure: a person's words, names and addresses go, out of every table; figures and the proof of the journal stay.

One transaction, whole or not at all. Every line of the journal that is changed is vouched for by the line that orders
it, so that `mailbot journal verify` still proves that nothing else was changed, and says when and by whose order.
What lies outside the database (the mailbox on the server, copies of sent mail, backups, packs) is named, not reached.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import secrets
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from mailbot.casework import erasing
from mailbot.casework.erasing import ERASED
from mailbot.casework.vocabulary import (
    Act,
    CancelTimer,
    Case,
    Decision,
    Event,
    MailArrived,
    Recorded,
    StaffActed,
    Stage,
)
from mailbot.people import Held, Traces, on_its_way
from mailbot.reports.ledger import named, own_words
from mailbot.settings import Settings
from mailbot.surveys import remember_no_survey, wants_no_survey
from storage import codec
from storage.rows import LetterState, Step
from storage.work import Work

_QUOTED = re.compile(r"[“\"][^”\"]*[”\"]")
NOWHERE = "erased.invalid"
"""The domain of what stands for an address (RFC 6761: never anybody's)."""


class StillGoing(Exception):
    """It can't be done at this moment, and why: a letter is being handed over, or a case can't be read."""


@dataclass
class Done:
    """What an erasure did."""

    cases: list[str] = field(default_factory=list)
    mails: int = 0
    letters: int = 0
    lines: int = 0
    blobs: int = 0
    on_server: list[tuple[str, str, int]] = field(default_factory=list)  # mailbox, folder, UID
    for_a_person: list[str] = field(default_factory=list)  # mails of others that name them
    trained: bool = False  # people had said what one of the mails is, so that a model may have learnt from it
    order: int = 0


class Eraser:
    """Takes words out, in one transaction of the caller's."""

    def __init__(
        self, work: Work, settings: Settings, now: dt.datetime, traces: Traces | None = None
    ) -> None:
        self._work = work
        self._now = now
        self._reports = settings.reports
        self._staff = frozenset(
            a for person in settings.people for a in (person.address, *person.aliases)
        ) | {a for box in settings.mailboxes for a in (box.imap.address, *box.imap.aliases)}
        self._traces = traces or Traces((), ())
        self._aliases: dict[str, str] = {}
        self._lines: dict[int, dict[str, Any]] = {}
        self.done = Done()

    def alias(self, address: str) -> str:
        """What stands for this address from now on: the same for the same one, and nothing of it can be told."""
        if not address or address in self._staff or address.endswith(f"@{NOWHERE}"):
            return address
        return self._aliases.setdefault(address, f"erased-{secrets.token_hex(6)}@{NOWHERE}")

    def scrub(self, text: str) -> str:
        """A text without the person's addresses and names."""
        return self._traces.pattern.sub(
            lambda found: self.alias(found[0].lower()) if "@" in found[0] else ERASED, text
        )

    # -------------------------------------------------------------- whole things

    def case(self, case: Case) -> None:
        """A case, its mails, its letters, its lines."""
        work = self._work
        self.letters(letter.id for letter in work.letters_of(case.reference))
        self.mails(work.mails_with(references=(case.reference,)))
        people = people_of(case)
        for seq, who, kind, summary, event, effects in work.lines_to_redact(case.reference):
            if kind in ("erased", "words_erased", "legal_hold"):
                continue
            self._line(seq, who, event, effects, summary, people)
        bare = erasing.of_case(case, self.alias, self.scrub)
        work.replace_words(case, replace(bare, recorded=(*bare.recorded, *self._places(case))))
        self.done.cases.append(case.reference)

    def _places(self, case: Case) -> Iterator[Recorded]:
        """What reports read out of the words that go now: the estate and the contractor that they name."""
        for what, places in (("estate", self._reports.estates), ("contractor", self._reports.contractors)):
            if not case.told(what) and (found := named(own_words(case), places)):
                yield Recorded(case.received_at, "mailbot", what, found)

    def _line(
        self,
        seq: int,
        who: str,
        event: str | None,
        effects: str,
        summary: str = "",
        people: Traces = Traces((), ()),  # noqa: B008 - frozen
    ) -> None:
        before = codec.read_event(event)
        after = None if before is None else erasing.without_words(before, self.alias)
        bare = tuple(erasing.without_words(effect, self.alias) for effect in codec.read_effects(effects))
        self._lines[seq] = {
            "who": self.alias(who) if "@" in who else who,
            "summary": _summary(before, summary, people),
            "event": None if after is None else codec.write_event(after),
            "effects": codec.write_effects(bare),
        }

    def mails(self, ids: Iterable[str]) -> None:
        work = self._work
        sorted_by_people = {sorting.mail for sorting in work.sortings()}
        for id_ in ids:
            row = work.mail(id_)
            verdict = erasing.without_words(row.verdict, self.alias) if row.verdict else None
            self.done.trained |= id_ in sorted_by_people
            self.done.on_server.append((row.mailbox, row.folder, row.uid))
            work.erase_mail(id_, self.alias(row.sender) if row.sender else "", verdict)
            self.done.mails += 1
            for seq, who, event, effects in work.lines_of_mail(id_):
                if seq not in self._lines:
                    self._line(seq, who, event, effects)

    def letters(self, ids: Iterable[int]) -> None:
        work = self._work
        some = list(ids)
        for id_ in on_its_way(work, some):
            letter = work.letter(id_)
            if letter and letter.state is LetterState.HANDING:
                raise StillGoing(
                    f"a letter is being handed over at this moment ({id_}): try again in a minute"
                )
            work.absorb(id_, "erased before it went")
        for id_ in some:
            letter = work.letter(id_)
            assert letter is not None
            work.erase_letter(id_, erasing.without_words(letter.order, self.alias))
            self.done.letters += 1

    # -------------------------------------------------------------- traces elsewhere

    def elsewhere(self, skip: frozenset[str]) -> None:
        """Addresses and names of the person in lines and cases of other matters."""
        for seq, reference, who, summary, event, effects in self._work.every_line():
            if seq in self._lines or reference in skip:
                continue
            before = {"who": who, "summary": summary, "event": event, "effects": effects}
            if not any(self._traces.in_text(text) for text in before.values() if text):
                continue
            read = codec.read_event(event)
            if isinstance(read, MailArrived) and read.sender.address in self._traces.addresses:
                self._line(seq, who, event, effects)
                continue
            self._lines[seq] = {
                "who": self.scrub(who),
                "summary": self.scrub(summary),
                "event": _in_json(event, self.scrub),
                "effects": _in_json(effects, self.scrub),
            }
        for case in self._work.cases():
            body = codec.write_case(case)
            if case.reference not in skip and self._traces.in_text(body):
                self._work.replace_words(case, codec.read_case(_in_json(body, self.scrub) or body))
        if self._work.unreadable:  # rather nothing than an erasure that only seems whole
            damaged = ", ".join(sorted(self._work.unreadable))
            raise StillGoing(f"what can't be read may name them, and must be mended first: {damaged}")

    def finish(self, who: str, summary: str) -> Done:
        """Write the line that orders it all, and let go of the bytes."""
        self.done.lines = len(self._lines)
        self.done.order = self._work.redact_lines(self._lines, self._now, who, summary)
        for reference in self.done.cases:
            self._work.note(self._now, who, "words_erased", summary, reference=reference)
        self.done.blobs = self._work.drop_loose_bytes()
        return self.done


def people_of(case: Case) -> Traces:
    """Whoever a case's own sentences may name."""
    names = {p.name for p in case.parties if p.name.strip()}
    return Traces(tuple(p.address for p in case.parties), tuple(sorted(names, key=len, reverse=True)))


def _summary(event: Event | None, told: str, people: Traces) -> str:
    """What the sentence of a line becomes. mailbot's own stay, without a name, an address or anything quoted; what
    staff wrote goes, and whether it was done stays."""
    if isinstance(event, StaffActed):
        if told.startswith("Refused") or "nothing was done" in told:
            return f"Refused: #{event.act.value}, by {event.who}; nothing was done. The words are erased."
        return f"#{event.act.value}, by {event.who}. The words are erased."
    if event is None or not told:
        return "The words of this line are erased."
    bare = _QUOTED.sub(ERASED, people.pattern.sub(ERASED, told))
    written = " ".join(getattr(event, "text", "").split())
    spoken = (part.strip() for part in re.split(r"[.!?:;\n]", written))
    if any(len(part) > 11 and part in " ".join(bare.split()) for part in spoken):
        return "The words of this line are erased."
    return bare


def _in_json(text: str | None, scrub: Callable[[str], str]) -> str | None:
    if text is None:
        return None

    def walk(value: Any) -> Any:
        if isinstance(value, str):
            return scrub(value)
        if isinstance(value, list):
            return [walk(one) for one in value]
        if isinstance(value, dict):
            return {key: walk(one) for key, one in value.items()}
        return value

    return json.dumps(walk(json.loads(text)), ensure_ascii=False, separators=(",", ":"))


# ------------------------------------------------------------------ a person


def erase_person(
    work: Work, settings: Settings, held: Held, now: dt.datetime, who: str, why: str = ""
) -> Done:
    """Everything that is held on a person. Whether it may be done was asked before (`people.held_back`); `why`: despite
    what, in the words of whoever ordered it. Wishes for no survey stay, without the address."""
    eraser = Eraser(work, settings, now, held.traces)
    unasked = [a for a in held.traces.addresses if wants_no_survey(work, a)]
    for case in held.cases:
        eraser.case(close_for_erasure(work, case, now, who) if case.stage is not Stage.CLOSED else case)
    known = {mail for case in held.cases for mail in work.mails_with(references=(case.reference,))}
    eraser.mails(mail for mail in held.mails if mail not in known)
    eraser.mails(mail for mail, ours in held.about if ours)
    eraser.done.for_a_person = [mail for mail, ours in held.about if not ours]
    own = {case.reference for case in held.cases}
    eraser.letters(
        id_
        for id_ in held.letters
        if (letter := work.letter(id_)) is not None and letter.reference not in own
    )
    eraser.letters(held.telling)
    eraser.elsewhere(frozenset(own))
    for key in held.remembered:
        work.forget(key)
    for address in unasked:
        remember_no_survey(work, address, "erased")
    day = settings.calendar.london_date(now)
    told = f"Personal data erased on {day.day} {day:%B %Y} by order of {who}"
    return eraser.finish(who, f"{told}, despite what stood against it: {why}." if why else f"{told}.")


def close_for_erasure(work: Work, case: Case, now: dt.datetime, who: str) -> Case:
    """An open case ends when its person's words go: nobody could be answered any more."""
    timers = tuple(CancelTimer(row.timer, row.subject) for row in work.timers_of(case.reference))
    closed = replace(case, stage=Stage.CLOSED, closed_at=now, closed_because="erased", waiting=())
    decision = Decision(closed, timers, "Closed: what is held on its resident is erased.", ())
    event = StaffActed(at=now, who=who, act=Act.CLOSE)
    after = work.record(Step(at=now, who=who, before=case, decision=decision, event=event))
    assert after is not None
    return after
