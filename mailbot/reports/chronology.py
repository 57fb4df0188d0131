"""The chronology of one case, as the Ombudsman reads it: every act in its order, with its words, person and clause, and
each date held against the landlord's own policy and against the Code.

Pure: the case, its journal, its letters and its mails in, one page out (HTML with a print style, for paper too).
Names of files lead into the pack that the page lies in. What a stranger wrote is text, never markup.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from mailbot.casework import orders
from mailbot.casework.calendar import LONDON, Calendar
from mailbot.casework.policy import Anchor, Moment, Policy
from mailbot.casework.vocabulary import (
    Audience,
    Bounced,
    Case,
    DatesChanged,
    Due,
    Letter,
    MailArrived,
    Person,
    Role,
    StaffActed,
    StageRecord,
    TimerFell,
)
from mailbot.reports.history import (
    Line,
    Written,
    date,
    in_order,
    moment,
    said,
    stage_words,
    take_before,
    take_ordered,
)

LONGEST_TEXT = 4_000  # characters of a mail that stand in the chronology; the whole text lies beside it

LETTER_WORDS: Mapping[Letter, str] = {
    Letter.HANDLER_REPLY: "message",
    Letter.RESPONSE: "response",
    Letter.FINAL_RESPONSE: "final response",
    Letter.CLOSURE: "notice of closure",
    Letter.REFUSAL: "refusal",
    Letter.SURVEY: "survey",
    Letter.UPDATE: "update",
}
ROLE_WORDS: Mapping[Role, str] = {
    Role.RESIDENT: "",
    Role.REPRESENTATIVE: "writes for the resident",
    Role.OFFICE: "an elected member's office",
    Role.OMBUDSMAN: "the Ombudsman",
}


@dataclass(frozen=True)
class Paper:
    """A mail or a letter as it lies in the pack: its words, and where its files are."""

    id: str
    who: str
    subject: str
    text: str
    eml: str = ""
    txt: str = ""
    files: tuple[tuple[str, str], ...] = ()  # (what the sender called it, where it lies)


@dataclass(frozen=True)
class Told:
    """An entry of the chronology."""

    at: str
    day: str
    side: str  # resident, landlord, inside
    title: str
    who: str = ""
    text: str = ""
    cut: bool = False
    because: tuple[str, ...] = ()
    paper: Paper | None = None
    erased: bool = False


@dataclass(frozen=True)
class Kept:
    """A date that was owed, when it was kept, and by which rule. `late`: working days after the outer date."""

    what: str
    owed: str
    done: str
    verdict: str
    good: bool | None  # None: still open
    clauses: tuple[str, ...]


@dataclass(frozen=True)
class Source:
    """Everything that the page is made of."""

    case: Case
    journal: Sequence[Line]
    letters: Sequence[Written]
    mails: Mapping[str, Paper]  # by the mail's id
    sent: Mapping[str, Paper]  # by the letter's Message-ID
    policy: Policy
    code: Policy | None
    calendar: Calendar
    people: Sequence[Person]
    landlord: str
    now: dt.datetime
    linked: tuple[tuple[str, str], ...] = ()  # (reference, what it is)
    seal: str = ""
    verified: str = ""
    erased: tuple[str, ...] = field(default=())


# ------------------------------------------------------------------ timeliness


def timeliness(source: Source, policy: Policy) -> list[Kept]:
    """Each duty of each stage: when it was owed, when done. By the case's own policy with the dates that the case
    carries; by another (the Code) counted anew from receipt."""
    own = policy.key == source.case.policy
    rows: list[Kept] = []
    for number, record in enumerate((source.case.stage1, source.case.stage2), 1):
        if record is not None:
            rows += _stage(source, policy, number, record, own)
    return rows


def _stage(source: Source, policy: Policy, number: int, record: StageRecord, own: bool) -> list[Kept]:
    rules, name = policy.stage(number), source.policy.stage(number).name
    counting = policy.counting(source.calendar)
    if own:
        acknowledge, respond = record.acknowledge, record.respond
    else:
        asked = Moment(policy.received_on(record.requested_at, source.calendar), None)
        anchors = {Anchor.RECEIVED: asked, Anchor.REQUESTED: asked, Anchor.LOGGED: asked}
        acknowledge = rules.acknowledge.due(anchors, counting)
        done = record.acknowledged_at.astimezone(LONDON).date() if record.acknowledged_at else None
        anchors[Anchor.ACKNOWLEDGED] = Moment(done, acknowledge)
        respond = rules.respond.due(anchors, counting)
    rows = [_kept(source, f"{name}: acknowledgement", acknowledge, record.acknowledged_at)]
    if own and record.contact:
        rows.append(
            _kept(
                source, f"{name}: contact with the {policy.person_noun}", record.contact, record.contacted_at
            )
        )
    if own and record.review:
        rows.append(_kept(source, f"{name}: review", record.review, record.reviewed_at))
    answer = _kept(source, f"{name}: response", respond, record.responded_at)
    if record.extension is None:
        return [*rows, answer]
    told = record.extension.told_at.astimezone(LONDON).date()
    if told > respond.outer:
        by, clauses = f"told by {date(respond.outer)}", rules.extension.clauses
        late = "told too late: it does not count"
        no_good = Kept(f"{name}: extension", by, date(told), late, False, clauses)
        rows += [answer, no_good]
    else:
        extended = answer if answer.good else replace(answer, verdict=f"extended on {date(told)}", good=None)
        rows.append(extended)
        longer = Due(
            record.extension.to, record.extension.to, record.extension.clauses or rules.extension.clauses
        )
        rows.append(_kept(source, f"{name}: response, as extended", longer, record.responded_at))
    return rows


def _kept(source: Source, what: str, due: Due, done: dt.datetime | None) -> Kept:
    owed = date(due.outer) if due.target == due.outer else f"aim {date(due.target)}, latest {date(due.outer)}"
    today = source.now.astimezone(LONDON).date()
    if done is None:
        closed = source.case.closed_at
        if closed and closed.astimezone(LONDON).date() <= due.outer:
            return Kept(what, owed, "", "not needed: the case was closed before", None, due.clauses)
        if today <= due.outer:
            return Kept(what, owed, "", "open", None, due.clauses)
        return Kept(what, owed, "", f"not done, {_late(source, due.outer, today)}", False, due.clauses)
    day = done.astimezone(LONDON).date()
    if day <= due.outer:
        return Kept(what, owed, date(day), "in time" if day <= due.target else "in time, after the day aimed for",
                    True, due.clauses)  # fmt: skip
    return Kept(what, owed, date(day), _late(source, due.outer, day), False, due.clauses)


def _late(source: Source, due: dt.date, day: dt.date) -> str:
    days = source.calendar.working_days_between(due, day)
    return f"{days} working day{'s'[: days != 1]} late" if days else "late"


# ------------------------------------------------------------------ the story


def story(source: Source) -> list[Told]:
    """Every line of the journal with the mail that it is about, and every letter under the act that ordered it."""
    told: list[Told] = []
    queue = sorted(source.letters, key=lambda letter: letter.created_at)
    for entry in source.journal:
        told += [_letter(source, letter) for letter in take_before(queue, entry)]
        told.append(_act(source, entry))
        told += [_letter(source, letter) for letter in take_ordered(queue, entry)]
    return told + [_letter(source, letter) for letter in queue]


def _act(source: Source, entry: Line) -> Told:
    event = entry.event
    side, title, paper, text = "inside", said(entry.summary), None, ""
    who = _name(source, entry.who)
    if isinstance(event, MailArrived):
        side = "resident" if not event.from_ombudsman else "ombudsman"
        paper = source.mails.get(event.mail)
        who = event.sender.name or event.sender.address
        kind = orders.KIND_WORDS[event.verdict.intent]
        title = f"{who} wrote, taken for {kind}. {said(entry.summary)}"
        text = event.text
    elif isinstance(event, StaffActed):
        paper = source.mails.get(event.mail) if event.mail else None
        text = event.text
    elif isinstance(event, Bounced):
        title = f"A letter to {event.address} came back. {said(entry.summary)}"
    elif isinstance(event, TimerFell | DatesChanged):
        who = "mailbot"
    erased = bool(getattr(entry, "erased_by", None))
    return _told(entry.at, side, title, who, text, entry.because, paper, erased)


def _letter(source: Source, letter: Written) -> Told:
    order = letter.order
    words = LETTER_WORDS.get(order.letter, order.letter.value.replace("_", " "))
    inside = order.audience is not Audience.RESIDENT
    paper = source.sent.get(letter.message_id)
    if letter.sent_at:
        when, at = "", letter.sent_at
    else:
        when, at = f", {letter.last_error or 'waiting to go out'}", letter.created_at
    to = _name(source, order.person) if inside and order.person else order.to
    title = f"{words[0].upper()}{words[1:]} to {to}{when}"
    text = "" if inside or paper is None else paper.text
    return _told(at, "inside" if inside else "landlord", title, "", text, order.because, paper, False)


def _told(
    at: dt.datetime,
    side: str,
    title: str,
    who: str,
    text: str,
    because: tuple[str, ...],
    paper: Paper | None,
    erased: bool,
) -> Told:
    local = at.astimezone(LONDON)
    words = text.strip()
    return Told(
        at=f"{local:%H:%M}",
        day=date(local.date()),
        side=side,
        title=title,
        who=who,
        text=words[:LONGEST_TEXT].rstrip(),
        cut=len(words) > LONGEST_TEXT,
        because=because,
        paper=paper,
        erased=erased,
    )


def _name(source: Source, key: str) -> str:
    return next((p.name for p in source.people if p.key == key), key)


def decisions(source: Source) -> list[dict[str, str]]:
    """What was decided, by whom, on which clause."""
    found: list[dict[str, str]] = []
    case = source.case
    for number, record in enumerate((case.stage1, case.stage2), 1):
        if record is None or not record.responded_at:
            continue
        by = _name(source, record.handler) + (
            f", approved by {_name(source, record.approved_by)}" if record.approved_by else ""
        )
        found.append(_decided(source.policy.stage(number).name, record.decision or "answered", by, record.responded_at,
                              record.respond.clauses))  # fmt: skip
    for one in case.proposals:
        outcome = one.decision or "not decided yet"
        what = "Refusing the complaint" if one.kind == "exclusion" else "Refusing the next stage"
        told = f"{outcome}{f': {one.reason}' if one.reason else ''}"
        found.append(_decided(f"{what} ({one.ground.replace('_', ' ')})", told, _name(source, one.decided_by),
                              one.decided_at, one.clauses))  # fmt: skip
    for determination in case.determinations:
        found.append(
            _decided("Ombudsman's determination", determination.found, "the Ombudsman", determination.at, ())
        )
    if case.closed_at:
        why = orders.CLOSED_WORDS.get(case.closed_because, case.closed_because.replace("_", " "))
        found.append(_decided("Closed", why, "", case.closed_at, ()))
    return found


def _decided(
    what: str, outcome: str, by: str, at: dt.datetime | None, clauses: tuple[str, ...]
) -> dict[str, str]:
    day = date(at.astimezone(LONDON).date()) if at else ""
    return {"what": what, "outcome": outcome, "by": by, "on": day, "clauses": ", ".join(clauses)}


def actions(case: Case) -> list[dict[str, str]]:
    return [
        {
            "text": action.text,
            "due": date(action.due) if action.due else "",
            "done": date(action.done_at.astimezone(LONDON).date()) if action.done_at else "",
            "ordered": "ordered by the Ombudsman" if action.ordered else "",
        }
        for action in case.actions
    ]


def cited(source: Source, told: Sequence[Told], *rows: Sequence[Kept]) -> list[tuple[str, str]]:
    """What every clause says that the page names, as people count clauses."""
    named = {clause for one in told for clause in one.because}
    named |= {clause for some in rows for kept in some for clause in kept.clauses}
    says = {**(source.code.clauses if source.code else {}), **source.policy.clauses}
    return [(clause, says[clause].says) for clause in sorted(named, key=in_order) if clause in says]


def page(source: Source, templates: Path) -> str:
    """The whole chronology as one HTML page that needs nothing from anywhere."""
    told = story(source)
    by_policy = timeliness(source, source.policy)
    by_code = timeliness(source, source.code) if source.code and source.code.key != source.policy.key else []
    case, policy = source.case, source.policy
    parties = [(p.name or p.address, p.address if p.name else "", ROLE_WORDS[p.role]) for p in case.parties]
    environment = Environment(
        autoescape=True,
        loader=FileSystemLoader(templates / "chronology"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html").render(
        case=case,
        landlord=source.landlord,
        received=moment(case.received_at),
        stage=stage_words(case, policy),
        handler=_name(source, case.handler) if case.handler else "nobody yet",
        parties=parties,
        flags=[orders.FLAG_WORDS[flag] for flag in case.flags],
        policy=policy,
        in_force=f"in force from {date(policy.valid_from)}"
        + (f" to {date(policy.valid_to)}" if policy.valid_to else ""),
        by_policy=by_policy,
        by_code=by_code,
        code=source.code,
        decisions=decisions(source),
        actions=actions(case),
        told=told,
        clauses=cited(source, told, by_policy, by_code),
        linked=source.linked,
        now=moment(source.now),
        seal=source.seal,
        verified=source.verified,
        erased=source.erased,
        counts={side: sum(1 for t in told if t.side == side) for side in ("resident", "landlord", "inside")},
    )
