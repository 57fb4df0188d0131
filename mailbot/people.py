"""Everything that is held on one person: addresses and names, cases, mails, letters, and where else they are named.

Found by the address that is asked for and by what it leads to: another address of the resident's in one of their own
cases is theirs too. What other people wrote about them is found by address and full name, and is other people's data as
well: a person looks at it.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from mailbot.casework.references import find_letters
from mailbot.casework.vocabulary import Case, Flag, Matter, Role, Stage
from mailbot.postroom.reading import Mail, read
from mailbot.settings import Settings
from storage.erasing import ERASED_MAIL
from storage.rows import LetterState, MailState
from storage.work import Work

LEGAL_HOLD = "legal_hold:"
"""What storage remembers by: a case that must be kept, since when, by whom and why."""
_LIKE_AN_ID = re.compile(r"\b[0-9a-z]{16}\b")  # a mail's
LEGAL_FLAGS = (Flag.LEGAL_ACTION, Flag.LEGAL_PROCEEDINGS_ISSUED, Flag.INSURANCE_CLAIM)


@dataclass(frozen=True)
class Traces:
    """What a person is known by. `replace` takes it out of a text."""

    addresses: tuple[str, ...]
    names: tuple[str, ...]
    references: tuple[str, ...] = ()

    @property
    def pattern(self) -> re.Pattern[str]:
        words = [re.escape(a) for a in self.addresses]
        words += [r"\s+".join(map(re.escape, name.split())) for name in self.names]
        return re.compile("|".join(words) or r"(?!)", re.IGNORECASE)

    def in_text(self, text: str) -> bool:
        return bool(self.pattern.search(text))


@dataclass(frozen=True)
class Held:
    """What is held on a person. `mails` are theirs and those of their own cases; `about`: mails of others that name
    them, (id, whether its writer is one of staff or a machine)."""

    traces: Traces
    cases: tuple[Case, ...]  # their own
    party_to: tuple[Case, ...]  # somebody else's, that they are a party to
    mails: tuple[str, ...]
    about: tuple[tuple[str, bool], ...]
    letters: tuple[int, ...]  # to them, or of their own cases
    telling: tuple[int, ...]  # letters to staff that name them, or a case, mail or letter of theirs
    remembered: tuple[str, ...]  # keys of what is remembered of their addresses

    @property
    def anything(self) -> bool:
        return bool(
            self.cases or self.party_to or self.mails or self.about or self.letters or self.remembered
        )


def held_on(work: Work, settings: Settings, address: str) -> Held:
    """Find everything. Reads every mail and letter: minutes where there are many."""
    address = address.strip().lower()
    all_cases = work.cases_of(address)
    own = tuple(
        c for c in all_cases if any(p.address == address and p.role is Role.RESIDENT for p in c.parties)
    )
    names = {p.name for c in all_cases for p in c.parties if p.address == address and p.name}
    theirs = [p for c in own for p in c.parties if p.role is Role.RESIDENT]
    addresses = {address} | {p.address for p in theirs}
    names |= {p.name for p in theirs if p.name}
    for other in sorted(addresses - {address}):
        known = {c.reference for c in own}
        own += tuple(
            c
            for c in work.cases_of(other)
            if c.reference not in known
            and any(p.address == other and p.role is Role.RESIDENT for p in c.parties)
        )
    party_to = tuple(c for c in all_cases if c.reference not in {c.reference for c in own})
    references = tuple(c.reference for c in own)
    mails = {m: None for a in sorted(addresses) for m in work.mails_with(sender=a)}
    mails |= dict.fromkeys(work.mails_with(references=references))
    seen: list[tuple[str, bool]] = []
    staff = {a for person in settings.people for a in (person.address, *person.aliases)}
    for id_ in mails:
        mail = read(work.raw(id_))
        if mail.sender and mail.sender.address in addresses and _is_name(mail.sender.name):
            names.add(mail.sender.name)
    traces = Traces(tuple(sorted(addresses)), tuple(sorted(n for n in names if _is_name(n))), references)
    pattern = traces.pattern
    for id_, _ in work.every_mail():
        if id_ in mails:
            continue
        raw = work.raw(id_)
        if raw == ERASED_MAIL:
            continue
        mail = read(raw)
        if mail.sender and mail.sender.address in addresses:
            mails[id_] = None  # it waits, or was set aside before anybody knew whose it is
        elif pattern.search(_all_of(mail)):
            row = work.mail(id_)
            seen.append(
                (id_, bool(row.automatic) or (mail.sender is not None and mail.sender.address in staff))
            )
    letters, telling = _letters(work, traces, references, mails)
    remembered = tuple(k for p in ("paused:", "told:") for k in work.remembered(p) if pattern.search(k))
    return Held(traces, own, party_to, tuple(mails), tuple(seen), letters, telling, remembered)


def _letters(
    work: Work, traces: Traces, references: Iterable[str], mails: Collection[str]
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Those to them or of their own cases; and those to staff that name them, one of their cases, a mail of theirs that
    was set aside or a letter to them of no case: beside these stands what their mail was about."""
    theirs, telling = [], []
    wanted, loose = set(references), set[int]()
    named = re.compile("|".join([traces.pattern.pattern, *map(re.escape, wanted)]), re.IGNORECASE)
    for id_ in work.every_letter():
        letter = work.letter(id_)
        assert letter is not None
        if letter.reference in wanted or letter.order.to.lower() in traces.addresses:
            theirs.append(id_)
            if letter.reference is None:
                loose.add(id_)
            continue
        told = f"{dict(letter.order.facts)} {letter.damaged} {letter.subject}"
        of_theirs = bool(loose) and not loose.isdisjoint(find_letters(told))
        if of_theirs or named.search(told) or any(word in mails for word in _LIKE_AN_ID.findall(told)):
            telling.append(id_)
    return tuple(theirs), tuple(telling)


def _all_of(mail: Mail) -> str:
    people = [mail.sender, *mail.to, *mail.cc, *mail.reply_to]
    spoken = " ".join(f"{p.name} {p.address}" for p in people if p)
    return f"{spoken}\n{mail.subject}\n{mail.text}"


def _is_name(name: str) -> bool:
    """Two words at least: a first name alone, or "Complaints", is no trace of one person."""
    return len(name.split()) > 1 and len(name) > 4


# ------------------------------------------------------------------ what stands in the way


def held_back(work: Work, settings: Settings, case: Case, now: dt.datetime, by_age: bool = True) -> list[str]:
    """Why the words of this case must stay for now; empty where nothing speaks for it."""
    reasons = []
    if case.stage is not Stage.CLOSED:
        reasons.append(f"{case.reference} is open")
    if hold := work.recall(f"{LEGAL_HOLD}{case.reference}"):
        reasons.append(f"{case.reference} is under legal hold: {hold.partition('|')[2]}")
    if legal := [flag.value.replace("_", " ") for flag in LEGAL_FLAGS if flag in case.flags]:
        reasons.append(f"{case.reference} may end in court ({', '.join(legal)})")
    if ombudsman := _before_the_ombudsman(case):
        reasons.append(f"{case.reference}: {ombudsman}")
    years = settings.retention.cases_years
    if by_age and years and case.closed_at and case.closed_at > years_before(now, years):
        closed = settings.calendar.london_date(case.closed_at)
        reasons.append(
            f"{case.reference} was closed on {closed.day} {closed:%B %Y}, and closed cases are kept {years} years"
        )
    return reasons


def still_waiting(work: Work, held: Held) -> list[str]:
    """Mails of theirs that nobody has attended to yet: they may be complaints, and their clock runs."""
    rows = (work.mail(id_) for id_ in held.mails)
    waits = (MailState.KEPT, MailState.QUARANTINED)
    return [f"mail {row.id} of theirs waits for somebody to look at it" for row in rows if row.state in waits]


def _before_the_ombudsman(case: Case) -> str:
    if any(action.ordered and action.done_at is None for action in case.actions):
        return "an order of the Ombudsman is not done yet"
    asked = Flag.OMBUDSMAN in case.flags or case.matter is Matter.OMBUDSMAN
    if asked and not case.determinations:
        return "the Ombudsman may still be looking at it"
    return ""


def years_before(now: dt.datetime, years: int) -> dt.datetime:
    try:
        return now.replace(year=now.year - years)
    except ValueError:  # 29 February
        return now.replace(year=now.year - years, day=28)


def on_its_way(work: Work, ids: Iterable[int]) -> list[int]:
    """Letters that have not reached their end: they go no more once their words are erased."""
    final = (LetterState.SENT, LetterState.FAILED, LetterState.UNKNOWN)
    found = ((id_, work.letter(id_)) for id_ in ids)
    return [id_ for id_, letter in found if letter and letter.state not in final]
