"""A replay told to its readers: figures on top, the most instructive cases as stories, everything behind them.

One page in three forms (text, HTML, JSON) from the same facts, so that they can't say different things. Words of
residents are cut to what recognises a mail; the page is for the landlord's own eyes and says so.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from mailbot.casework.calendar import LONDON
from mailbot.casework.vocabulary import Audience, Case, Letter
from mailbot.replay.comparing import Compared, Finding, Kind
from mailbot.replay.playing import Replayed, Wrote
from mailbot.reports.policies import Page, Section, Table

INSTRUCTIVE: Final = 20
MOST_WAITING: Final = 100
MOST_ROWS: Final = 2_000
THE_TEAMS_OWN: Final = (Letter.HANDLER_REPLY, Letter.RESPONSE, Letter.FINAL_RESPONSE)
"""Letters that stand for mails which the team wrote itself."""

MEANS: Final = {
    Kind.ESCALATION_UNANSWERED: "they asked for the next stage, and the export holds no answer to them after it",
    Kind.NEVER_ACKNOWLEDGED: "nobody of the team wrote to them at all after their complaint",
    Kind.RESPONSE_MISSING: "somebody wrote, but nothing that reads as a stage 1 response",
    Kind.LATE_RESPONSE: "the stage 1 response came after its last day",
    Kind.ESCALATION_LATE: "the answer to the escalation came after its last day",
    Kind.LATE_ACKNOWLEDGEMENT: "the first words of the team came after the last day for an acknowledgement",
    Kind.HIDDEN_COMPLAINT: "a new complaint that came as a reply in an older thread, where it is easily missed",
    Kind.WRONG_THREAD: "the team wrote to somebody in the thread of somebody else",
}


@dataclass(frozen=True)
class About:
    """What was replayed, and under what."""

    source: str
    policy: str
    mailbox: str
    undated: int
    seconds: float


def letters_of(replayed: Replayed) -> list[Wrote]:
    """What mailbot would have written itself."""
    return [row for row in replayed.letters if row.letter not in THE_TEAMS_OWN]


def make_page(replayed: Replayed, compared: Compared, about: About) -> Page:
    """The report for the manager."""
    ours = letters_of(replayed)
    to_people = [row for row in ours if row.audience is Audience.RESIDENT]
    asked = sum(came.asked for came in replayed.came)
    facts = (
        ("Mails", f"{len(replayed.came):,} came in, {len(replayed.went):,} went out"),
        ("From, to", f"{_day(replayed.began)} to {_day(replayed.ended)}"),
        ("Cases", f"{len(replayed.cases):,}"),
        (
            "Acknowledged in time by the team",
            _share(compared.acknowledged_in_time, compared.acknowledgements_due),
        ),
        ("Answered in time by the team", _share(compared.responded_in_time, compared.responses_due)),
        ("Letters that mailbot would have sent to residents", f"{len(to_people):,}"),
        ("Mails that mailbot would have asked a person about", _share(asked, len(replayed.came))),
        ("Things that staff would have been reminded of", _reminded(ours)),
        ("Policy", f"{about.policy}, mailbox {about.mailbox}"),
    )
    sections = [
        *_unwritten(replayed),
        _found(compared),
        *(_story(n, ref, findings, replayed) for n, (ref, findings) in enumerate(_instructive(compared), 1)),
        _taken_for(replayed),
        _letters(ours),
        *_waiting(ours),
        _all_findings(compared),
        _all_cases(replayed),
        _definitions(about, replayed, compared),
    ]
    return Page("What mailbot would have done", f"Replay of {about.source}", facts, tuple(sections))


def missed(compared: Compared) -> list[tuple[str, str]]:
    """What was missed, with how often; of each kind."""
    return [(kind.value.capitalize(), f"{len(compared.of(kind)):,}") for kind in Kind]


def _found(compared: Compared) -> Section:
    rows = tuple((*told, MEANS[kind]) for kind, told in zip(Kind, missed(compared), strict=True))
    worst = any(compared.of(kind) for kind in list(Kind)[:2])
    says = "What the team's own mail shows, the gravest first. Each is listed below with its mails."
    return Section(
        "What was missed", says, Table(("What", "Times", "That is"), rows, (3, 1, 6)), "high" if worst else ""
    )


def _instructive(compared: Compared) -> list[tuple[str, list[Finding]]]:
    """The cases to read first: of each kind in turn, the one that was latest, no case twice."""
    by_case: dict[str, list[Finding]] = {}
    for finding in compared.findings:
        by_case.setdefault(finding.reference, []).append(finding)
    queues = [list(dict.fromkeys(f.reference for f in compared.of(kind))) for kind in Kind]
    chosen: list[str] = []
    while any(queues) and len(chosen) < INSTRUCTIVE:
        for queue in queues:
            while queue and queue[0] in chosen:
                queue.pop(0)
            if queue and len(chosen) < INSTRUCTIVE:
                chosen.append(queue.pop(0))
    return [(reference, by_case[reference]) for reference in chosen]


def _story(number: int, reference: str, findings: Sequence[Finding], replayed: Replayed) -> Section:
    case = next(case for case in replayed.cases if case.reference == reference)
    rows: list[tuple[dt.datetime, str, str]] = []
    for came in replayed.came:
        if came.reference == reference:
            taken = came.intent.value.replace("_", " ") if came.intent else came.disposition
            rows.append(
                (came.at, f"{came.sender} wrote", f"{came.subject}: {_cut(came.text)} (taken for: {taken})")
            )
    for went in replayed.went:
        if went.reference == reference:
            what = "a machine answered" if went.machine else "the team wrote"
            rows.append((went.at, what, went.subject))
    for row in letters_of(replayed):
        if row.reference == reference and row.audience is Audience.RESIDENT:
            why = ", ".join(row.because[:3])
            rows.append((row.at, "mailbot: letter", f"{_words(row.letter)} ({why})"))
    rows.sort(key=lambda row: row[0])
    told = " ".join(f"{f.told[0].upper()}{f.told[1:]}." for f in findings)
    table = Table(("When", "Who", "What"), tuple((_when(at), who, what) for at, who, what in rows), (2, 3, 7))
    return Section(f"{number}. {_cut(case.subject, 70) or '(no subject)'}", told, table, "medium")


def _taken_for(replayed: Replayed) -> Section:
    counted = Counter(came.intent.value if came.intent else came.disposition for came in replayed.came)
    rows = tuple((what.replace("_", " "), f"{n:,}") for what, n in counted.most_common())
    says = (
        "Unsure: a person would have been asked, and the strictest clock would have run until they answered."
    )
    return Section("Mails", says, Table(("Taken for", "Mails"), rows, (4, 1)))


def _letters(ours: Sequence[Wrote]) -> Section:
    counted = Counter((row.audience.value, row.letter) for row in ours if not row.again)
    again = Counter((row.audience.value, row.letter) for row in ours if row.again)
    rows = tuple(
        (
            _words(letter),
            who,
            f"{counted[who, letter]:,}",
            f"{again[who, letter]:,}" if again[who, letter] else "",
        )
        for who, letter in sorted(counted | again, key=lambda kind: (-counted[kind], kind))
    )
    says = (
        "What nobody does is asked for again: a reminder of the same thing in the same case is counted apart. "
        "Reminders that fall due together go in one mail a person a morning."
    )
    table = Table(("Letter", "To", "Times", "Reminders of the same"), rows, (4, 2, 1, 2))
    return Section("Letters that mailbot would have sent", says, table)


@dataclass(frozen=True)
class Waited:
    """One thing that staff would have been reminded of, over all cases. `most`: the case with the most reminders."""

    about: str
    asked_of: str
    cases: int
    reminders: int
    most: tuple[str, int]


def waiting(ours: Sequence[Wrote]) -> list[Waited]:
    """What would have waited for somebody, the most reminders first. In a case one thing is one, however often it was
    asked for; of several who were asked it is the first."""
    first: dict[tuple[str, str], str] = {}
    reminders: Counter[tuple[str, str]] = Counter()
    for row in ours:
        if row.about:
            first.setdefault((row.about, row.reference), row.audience.value)
            reminders[row.about, row.reference] += row.again
    kinds: dict[tuple[str, str], list[tuple[str, int]]] = {}
    for (about, reference), number in reminders.items():
        if number:
            kinds.setdefault((about, first[about, reference]), []).append((reference, number))
    found = (
        Waited(about, who, len(of), sum(n for _, n in of), max(of, key=lambda one: one[1]))
        for (about, who), of in kinds.items()
    )
    return sorted(found, key=lambda one: (-one.reminders, one.about))


def _reminded(ours: Sequence[Wrote]) -> str:
    found = waiting(ours)
    number = sum(one.reminders for one in found)
    return f"{sum(one.cases for one in found):,}, by {number:,} reminders" if found else "none"


def _waiting(ours: Sequence[Wrote]) -> list[Section]:
    found = waiting(ours)
    if not found:
        return []
    rows = tuple(
        (one.about, one.asked_of, f"{one.cases:,}", f"{one.reminders:,}", f"{one.most[1]:,} ({one.most[0]})")
        for one in found[:MOST_WAITING]
    )
    says = (
        "What nobody of the team is seen to have done. What was done by telephone, or decided without a mail, stands "
        "here too: an export does not tell of it, and in daily work one line to mailbot would have ended it."
    )
    if len(found) > MOST_WAITING:
        says += f" The {MOST_WAITING:,} of {len(found):,} with the most reminders; --json has all letters."
    headings = ("What", "Asked of", "Cases", "Reminders", "Most in one case")
    return [Section("What would have waited for somebody", says, Table(headings, rows, (5, 2, 1, 1, 3)))]


def _unwritten(replayed: Replayed) -> list[Section]:
    if not replayed.unwritten:
        return []
    says = (
        "Each kind of letter was written once for each shape that it had. These could not be: in daily work such a "
        "letter is held, and a supervisor is told."
    )
    table = Table(("What is wrong",), tuple((told,) for told in replayed.unwritten), (1,))
    return [Section("Letters that can't be written", says, table, "high")]


def _all_findings(compared: Compared) -> Section:
    rows = tuple(
        (
            f.kind.value,
            f.reference,
            _when(f.at),
            f"{f.late or ''}",
            f.told,
            ", ".join(f.mails),
            ", ".join(f.clauses[:3]),
        )
        for f in compared.findings[:MOST_ROWS]
    )
    says = _more(len(compared.findings), "findings")
    headings = ("What", "Case", "Began", "Working days late", "Told", "Mails", "Clauses")
    return Section("Every finding", says, Table(headings, rows, (3, 2, 2, 1, 5, 3, 2)))


def _all_cases(replayed: Replayed) -> Section:
    rows = tuple(
        (case.reference, _day(case.received_at), case.resident.address, _cut(case.subject, 60), _stage(case))
        for case in replayed.cases[:MOST_ROWS]
    )
    says = _more(len(replayed.cases), "cases")
    return Section(
        "Every case",
        says,
        Table(("Case", "Received", "From", "Subject", "Where it stood"), rows, (2, 2, 3, 5, 2)),
    )


def _definitions(about: About, replayed: Replayed, compared: Compared) -> Section:
    rows = (
        (
            "Acknowledged",
            "the first mail of the team to the resident in the case; an automatic answer is none",
        ),
        (
            "Answered",
            "the first mail of the team that reads as a formal response, by its subject or its words",
        ),
        ("In time", "by the last day that the policy and the Code can be read to allow (the outer date)"),
        ("The team", f"mail from {about.mailbox}, from staff, or from a colleague of the same domain"),
        ("Not counted", f"{compared.undecided:,} duties whose last day lies after the end of the export"),
        (
            "Left out",
            f"{about.undated:,} mails without a date, or with one that is still to come;"
            f" {len(replayed.stumbled):,} that a person would have had to open",
        ),
        ("What can't be seen", "telephone calls, letters by post, and mail that is not in the export"),
    )
    return Section("How this was counted", "", Table(("Word", "Means"), rows, (2, 8)))


def as_json(replayed: Replayed, compared: Compared, about: About) -> dict[str, Any]:
    """Everything, for programs: the figures, every finding, every case, every mail."""
    ours = letters_of(replayed)
    return {
        "source": about.source,
        "policy": about.policy,
        "mailbox": about.mailbox,
        "from": replayed.began.isoformat(),
        "to": replayed.ended.isoformat(),
        "mails_in": len(replayed.came),
        "mails_out": len(replayed.went),
        "undated": about.undated,
        "set_aside": replayed.stumbled,
        "unwritten": replayed.unwritten,
        "asked": sum(came.asked for came in replayed.came),
        "acknowledged_in_time": compared.acknowledged_in_time,
        "acknowledgements_due": compared.acknowledgements_due,
        "responded_in_time": compared.responded_in_time,
        "responses_due": compared.responses_due,
        "undecided": compared.undecided,
        "findings": [
            {
                "kind": f.kind.value,
                "case": f.reference,
                "began": f.at.isoformat(),
                "due": f.due.isoformat() if f.due else None,
                "done": f.done.isoformat() if f.done else None,
                "working_days_late": f.late,
                "mails": list(f.mails),
                "clauses": list(f.clauses),
                "told": f.told,
            }
            for f in compared.findings
        ],
        "cases": [
            {
                "reference": case.reference,
                "received": case.received_at.isoformat(),
                "from": case.resident.address if case.parties else "",
                "subject": case.subject,
                "stage": case.stage.value,
            }
            for case in replayed.cases
        ],
        "letters": [
            {
                "case": row.reference,
                "letter": row.letter.value,
                "to": row.audience.value,
                "at": row.at.isoformat(),
                "because": list(row.because),
                **({"about": row.about, "reminder": row.again} if row.about else {}),
            }
            for row in ours
        ],
        "mails": [
            {
                "at": came.at.isoformat(),
                "place": came.place,
                "from": came.sender,
                "subject": came.subject,
                "taken_for": came.intent.value if came.intent else came.disposition,
                "confidence": round(came.confidence, 3),
                "case": came.reference or None,
            }
            for came in replayed.came
        ],
    }


def _ids(finding: Finding) -> str:
    return ", ".join(finding.clauses[:3])


def _share(part: int, whole: int) -> str:
    return f"{part:,} of {whole:,} ({100 * part / whole:.0f} %)" if whole else "none were due"


def _more(count: int, what: str) -> str:
    return f"The first {MOST_ROWS:,} of {count:,} {what}; --json has all." if count > MOST_ROWS else ""


def _cut(text: str, length: int = 140) -> str:
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def _words(letter: Letter) -> str:
    return letter.value.replace("_", " ")


def _stage(case: Case) -> str:
    return case.stage.value.replace("_", " ") + (f" ({case.closed_because})" if case.closed_because else "")


def _day(at: dt.datetime) -> str:
    return f"{at.astimezone(LONDON):%d %B %Y}".lstrip("0")


def _when(at: dt.datetime) -> str:
    return f"{at.astimezone(LONDON):%a %d %b %Y %H:%M}"
