"""A policy as a page to be read beside the landlord's document: the same page as plain text and as one HTML file
that needs nothing else.

A page is made once (`policy_page`, `timetable_page`, `conformity_page`) and written out twice (`as_text`,
`as_html`), so that the two can't say different things. Everything in it comes from the resolved policy: what a
page does not show, no rule holds. Pure: no file, no clock.
"""

from __future__ import annotations

import datetime as dt
import html
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from mailbot.casework.calendar import Calendar
from mailbot.casework.conformity import CONTENTS, counted
from mailbot.casework.findings import Finding, Kind, Severity
from mailbot.casework.policy import Exclusion, Overlay, Policy
from mailbot.casework.timetable import EVENTS, Moments, Row, example

WIDTH = 112
TIED = "\N{NO-BREAK SPACE}"
#: An ordinary Monday; the example of a policy page is counted from here.
EXAMPLE = dt.date(2026, 3, 2)

OVERLAYS: Mapping[Overlay, str] = {
    Overlay.ENFORCE: "enforce: the stricter duty and the more generous right govern",
    Overlay.WARN: "warn: the landlord's words alone; what the Code would change is listed",
    Overlay.OFF: "off: the landlord's words alone",
}
NATIONS: Mapping[str, str] = {
    "ENG": "England", "WLS": "Wales", "SCT": "Scotland", "NIR": "Northern Ireland"
}  # fmt: skip
SEVERITIES: Mapping[Severity, str] = {
    Severity.HIGH: "High: the Ombudsman would probably find a failing",
    Severity.MEDIUM: "Medium: the wording or the overlay must mend it",
    Severity.LOW: "Low: stricter, or unclear without a breach",
}
KINDS: Mapping[Kind, str] = {
    Kind.BREACH: "breach",
    Kind.SILENT: "silent",
    Kind.STRICTER: "stricter",
}


@dataclass(frozen=True)
class Table:
    """Rows of text. `wide`: how much room each column asks for, by proportion; 0 for as much as its text."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    wide: tuple[int, ...]


@dataclass(frozen=True)
class Section:
    heading: str
    says: str = ""
    table: Table | None = None
    tone: str = ""  # high, medium, low: how grave it is


@dataclass(frozen=True)
class Page:
    title: str
    under: str
    facts: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]


# ------------------------------------------------------------------ the pages


def policy_page(policy: Policy, calendar: Calendar) -> Page:
    """The whole policy: dates, letters, rights, exclusions, readings, and clause by clause who keeps it."""
    own = [c for c in policy.clauses.values() if c.origin == _origin(policy)]
    cited = citations(policy)
    beside = [c for c in policy.clauses.values() if c.origin != _origin(policy) and c.id in cited]
    kept = {who: sum(c.kept_by == who for c in own) for who in ("mailbot", "person", "document")}
    facts = (
        *_named(policy),
        ("In force", f"from {_day(policy.valid_from)}" + (f" to {_day(policy.valid_to)}" if policy.valid_to else "")),
        ("Calls people", policy.person_noun),
        ("Working days", _working_days(policy, calendar)),
        ("Received", _and_ids(str(policy.receipt), policy.receipt.clauses)),
        ("Clauses", f"{len(own)}: {kept['mailbot']} kept by mailbot, {kept['person']} by people, "
                    f"{kept['document']} describe or promise outside the mailbox"),
    )  # fmt: skip
    sections = [
        Section(
            "What happens by when",
            f"The example is a complaint received on {_day(EXAMPLE)}, on which everything is done on its latest "
            "day and stage 2 is asked for on the working day after the answer. People work to the target; a "
            "breach is reported from the latest day.",
            _dates(policy, example(policy, calendar, EXAMPLE)),
        ),
        Section(
            "What the letters hold", "", Table(("Letter", "Holds", "Clause"), _letters(policy), (3, 7, 3))
        ),
        Section(
            "Who decides, and on what terms", "", Table(("Rule", "Says", "Clause"), _terms(policy), (3, 7, 3))
        ),
    ]
    if policy.exclusions:
        rows = tuple((_spoken(e.ground), _excluded(e), _ids(e.clauses)) for e in policy.exclusions)
        sections.append(
            Section(
                "What may be excluded",
                "Each is a proposal to a person, who decides; mailbot refuses nobody.",
                Table(("Ground", "Says", "Clause"), rows, (3, 7, 3)),
            )
        )
    sections.append(
        Section(
            "What else it provides",
            "",
            Table(
                ("For", "Says", "Clause"),
                tuple((_first(n), s, _ids(c)) for n, s, c in _provisions(policy)),
                (3, 7, 3),
            ),
        )
    )
    if policy.ambiguities:
        read = tuple((a.id, _ids(a.clauses), a.question, a.reading) for a in policy.ambiguities)
        sections.append(
            Section(
                "Where the document can be read in two ways",
                "",
                Table(("", "Clause", "Question", "Reading taken"), read, (0, 2, 6, 6)),
            )
        )
    if policy.changes:
        changed = tuple((*map(_spoken, (c.where, c.own, c.code)), _ids(c.clauses)) for c in policy.changes)
        done = "What the Code changes" if policy.overlay is Overlay.ENFORCE else "What the Code would change"
        sections.append(
            Section(done, "", Table(("Where", "The landlord", "The Code", "Clause"), changed, (3, 4, 5, 3)))
        )
    for heading, says, some in (
        ("Every clause", "What each place says, in our words, who keeps it, and the rules that cite it.", own),
        ("Clauses beside the document", "What the rules above take from the Code and from mailbot's own habits.",
         beside),
    ):  # fmt: skip
        if some:
            rows4 = tuple(
                (_ids((c.id,)), c.says, str(c.kept_by), ", ".join(cited.get(c.id, ()))) for c in some
            )
            table = Table(("Clause", "Says", "Kept by", "Rules that cite it"), rows4, (2, 7, 2, 5))
            sections.append(Section(heading, says, table))
    return Page(policy.title, policy.landlord, facts, tuple(sections))


def timetable_page(policy: Policy, rows: Sequence[Row], moments: Moments) -> Page:
    """Every date that follows from what has happened."""
    words = (
        ("Received", moments.received), (f"{policy.stage(1).name} acknowledged", moments.acknowledged),
        (f"{policy.stage(1).name} answered", moments.responded), ("Escalated", moments.escalated),
        (f"{policy.stage(2).name} acknowledged", moments.acknowledged2),
        (f"{policy.stage(2).name} answered", moments.responded2), ("Closed", moments.closed),
    )  # fmt: skip
    happened = tuple((name, _day(day)) for name, day in words if day)
    says = "What has not happened counts from the day on which it was due."
    section = Section("What follows", says, _dates(policy, rows))
    return Page(policy.title, policy.landlord, (*_named(policy), *happened), (section,))


def conformity_page(policy: Policy, findings: Sequence[Finding]) -> Page:
    """The policy against the Code, the gravest first."""
    counts = ", ".join(f"{sum(f.severity is s for f in findings)} {s}" for s in Severity)
    facts = (*_named(policy)[:1], ("Held against", "the statutory Complaint Handling Code, in force from 1 April 2024"),
             ("Found", counts if findings else "nothing"))  # fmt: skip
    sections = []
    for severity in Severity:
        rows = tuple(
            (
                _first(f.subject),
                KINDS[f.kind],
                _and_ids(f.says, f.own),
                _and_ids(f.asks, f.code),
                f.enforce,
            )
            for f in findings
            if f.severity is severity
        )
        if rows:
            headings = ("Where", "Finding", "The landlord", "The Code", "What enforce does")
            table = Table(headings, rows, (4, 0, 6, 6, 5))
            sections.append(Section(SEVERITIES[severity], "", table, severity))
    if not findings:
        sections.append(Section("Nothing differs", "The policy keeps to the Code, as far as rules can tell."))
    sections.append(
        Section(
            "What this does not judge",
            "Only the policy file is read, not what is done. Whether the file says what the document says, the "
            "definition of a complaint and how people behave are for a reader.",
        )
    )
    return Page(f"{policy.title} against the Code", policy.landlord, facts, tuple(sections))


def citations(policy: Policy) -> dict[str, tuple[str, ...]]:
    """Each clause with the rules that cite it."""
    found: dict[str, list[str]] = {}

    def cite(rule: str, clauses: Iterable[str]) -> None:
        for clause in clauses:
            rules = found.setdefault(clause, [])
            if rule not in rules:
                rules.append(rule)

    for stage in policy.stages:
        name = stage.name
        cite(f"{name}: acknowledgement", stage.acknowledge.clauses)
        cite(f"{name}: what the acknowledgement holds", _flat(stage.acknowledge_because))
        cite(f"{name}: contact", stage.contact.clauses if stage.contact else ())
        for _, duty in stage.respond.before:
            cite(f"{name}: review", duty.clauses)
        cite(f"{name}: response", stage.respond.clauses)
        cite(f"{name}: what the response holds", _flat(stage.respond_because))
        cite(f"{name}: more time", stage.extension.clauses)
        cite(f"{name}: the time to ask for it", stage.window.clauses if stage.window else ())
        cite(f"{name}: grounds", (*stage.grounds_clauses, *(c for g in stage.grounds for c in g.clauses)))
        cite(f"{name}: who decides", stage.different_person_clauses)
        cite(f"{name}: approval", stage.approver_clauses)
        cite(f"{name}: our understanding", stage.understanding.clauses if stage.understanding else ())
        cite(f"{name}: without the stage before", stage.direct.clauses if stage.direct else ())
        cite(f"{name}: who sits with the decider", stage.panel.clauses if stage.panel else ())
        cite(f"{name}: declining it", stage.decline_clauses)
    for rule in policy.silence:
        cite("closing for silence", rule.clauses)
    cite("service requests", policy.service_requests.clauses)
    cite("service requests", policy.service_requests.answer.clauses if policy.service_requests.answer else ())
    cite("chasing", policy.chase.clauses)
    cite("sorting", policy.triage.clauses)
    cite("going to the Ombudsman", policy.referral_clauses)
    for exclusion in policy.exclusions:
        cite(f"exclusion: {_spoken(exclusion.ground)}", exclusion.clauses)
    for name, _, clauses in _provisions(policy):
        cite(name, clauses)
    for name, clauses in policy.because.items():
        cite(_spoken(name), clauses)
    return {clause: tuple(rules) for clause, rules in found.items()}


# ------------------------------------------------------------------ their parts


def _origin(policy: Policy) -> str:
    """ "code" where the Code is the policy: its clauses are then the landlord's own."""
    return "policy" if any(c.origin == "policy" for c in policy.clauses.values()) else "code"


def _named(policy: Policy) -> tuple[tuple[str, str], ...]:
    over = "it is the Code itself" if _origin(policy) == "code" else OVERLAYS[policy.overlay]
    return (("Policy", policy.key), ("The Code over it", over))


def _working_days(policy: Policy, calendar: Calendar) -> str:
    """What counts as one, and what becomes of the days on which the office is shut."""
    told = f"Monday to Friday without the bank holidays of {NATIONS[policy.nation]}"
    if calendar.published:
        told += f" (published to {calendar.published.to_year})"
    if calendar.closure_days or policy.closures.deducted:
        shut = ", ".join(_short(day) for day in sorted(calendar.closure_days)) or "none"
        told += _and_ids(f"; closure days ({shut}): {policy.closures}", policy.closures.clauses)
    return told


def _dates(policy: Policy, rows: Iterable[Row]) -> Table:
    told = []
    for row in rows:
        what = EVENTS[row.event].format(person=policy.person_noun, stage2=policy.stage(2).name)
        stage = f"{policy.stage(row.stage).name}: " if row.stage else ""
        told.append(
            (
                f"{stage}{what}",
                row.rule,
                _short(row.target_due),
                _short(row.outer_due),
                _ids(row.clause.split("; ")),
            )
        )
    return Table(("What", "Counted", "Target", "Latest", "Clause"), tuple(told), (6, 7, 0, 0, 4))


def _letters(policy: Policy) -> tuple[tuple[str, ...], ...]:
    return tuple(
        (
            f"{stage.name}: {letter}",
            _first(
                ", ".join(CONTENTS[c] for c in holds).replace("the resident", f"the {policy.person_noun}")
            ),
            _ids(dict.fromkeys(clause for content in holds for clause in because[content])),
        )
        for stage in policy.stages
        for letter, holds, because in (
            ("acknowledgement", stage.acknowledge_contains, stage.acknowledge_because),
            ("response", stage.respond_contains, stage.respond_because),
        )
    )


def _terms(policy: Policy) -> tuple[tuple[str, ...], ...]:
    rows: list[tuple[str, str, str]] = []
    for stage in policy.stages:
        limits = stage.extension
        cap = limits.cap_working_days
        told = [f"At most {cap} working days without good reason" if cap else "No end is set"]
        told += ["with the reason"] if limits.needs_reason else []
        told += ["agreed"] if limits.needs_agreement else []
        told += ["with the Ombudsman's details"] if limits.ombudsman_details else []
        rows.append((f"{stage.name}: more time", ", ".join(told) + ".", _ids(limits.clauses)))
        if stage.approver:
            rows.append(
                (f"{stage.name}: approval", f"By the {stage.approver}.", _ids(stage.approver_clauses))
            )
    second = policy.stage(2)
    window = f"{_first(str(second.window))}; later, a person decides." if second.window else "At any time."
    rows.append(
        (f"{second.name}: asking for it", window, _ids(second.window.clauses if second.window else ()))
    )
    gate = (
        "Only on its grounds; a person decides on any other request."
        if second.grounds_gate
        else "Every request is followed; grounds are noted, never asked for."
    )
    rows.append((f"{second.name}: grounds", gate, _ids(second.grounds_clauses)))
    rows += [(f"    {_spoken(ground.tag)}", ground.says, _ids(ground.clauses)) for ground in second.grounds]
    who = (
        "Nobody who had part in stage 1."
        if second.different_person
        else "Nothing keeps the same person away."
    )
    rows.append((f"{second.name}: who decides", who, _ids(second.different_person_clauses)))
    for rule in policy.silence:
        told = [f"After {rule.window}"]
        told += ["after a full response"] if rule.needs_response else []
        told += [f"after {rule.needs_attempts} attempts to reach them"] if rule.needs_attempts else []
        kept_open = (
            "; never with " + ", ".join(_spoken(b) for b in rule.blocked_by) if rule.blocked_by else ""
        )
        by = "; by a supervisor" if rule.decided_by == "supervisor" else "; by itself"
        rows.append(("Closing for silence", ", ".join(told) + kept_open + by + ".", _ids(rule.clauses)))
    if not policy.silence:
        rows.append(("Closing for silence", "Never.", ""))
    return tuple(rows)


def _provisions(policy: Policy) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """What the policy says beyond its stages: for what, in words, by which clauses."""
    person = policy.person_noun
    if early := policy.early_resolution:
        told = [f"Within {early.aim}" if early.aim else "No time is set"]
        told += (
            ["before anything is logged"] if early.before_logging else ["while the complaint's clock runs"]
        )
        told += [f"the {person} is asked whether they want a complaint"] if early.offers_choice else []
        told += [] if early.written_outcome else ["how it ended is not written to them"]
        yield early.name, f"{', '.join(told)}.", early.clauses
        if early.aim:
            yield early.name, f"Within {early.aim}.", early.aim.clauses
    for stage in policy.stages:
        if said := stage.understanding:
            waits = "and waits for it" if said.gate else "and waits for nothing"
            asks = f"asking for a confirmation in {said.confirm_working_days} working days"
            yield (
                f"{stage.name}: what was understood",
                f"Within {said.letter}, {asks}, {waits}.",
                said.clauses,
            )
        if stage.direct:
            yield (
                f"{stage.name}: without the stage before",
                "Allowed." if stage.direct.allowed else "Never.",
                stage.direct.clauses,
            )
        if stage.panel:
            consent = f" With the {person}'s consent." if stage.panel.needs_consent else ""
            yield f"{stage.name}: who sits with the decider", stage.panel.says + consent, stage.panel.clauses
        if stage.decline_clauses:
            yield (
                f"{stage.name}: declining it",
                "A person may, with reasons; mailbot never does.",
                stage.decline_clauses,
            )
    if policy.refusal.contains:
        holds = {
            "reasons": "the reasons",
            "ombudsman": "how to take it to the Ombudsman",
            "instead": "what is done instead",
        }
        yield (
            "the letter that refuses",
            f"It holds {', '.join(holds[c] for c in policy.refusal.contains)}.",
            policy.refusal.clauses,
        )
    for route in policy.routes:
        told_to = f"Passed to {_spoken(route.to)} as well; the complaint goes on."
        seen = " Only those who have the case see its words." if route.restricted else ""
        yield f"route: {_spoken(route.kind)}", told_to + seen, route.clauses
    if third := policy.third_party:
        shown = {"shown": "Authority must have been seen. ", "asked": "Authority is asked for. ", "": ""}[
            third.authority
        ]
        to = f"The answer goes to the {person} unless they allow otherwise." if third.response_to == "resident" \
            else "The answer may go to either."  # fmt: skip
        yield "somebody who writes for another", shown + to, third.clauses
    if survey := policy.survey:
        yield "survey", f"{survey.after_working_days} working days after the case was closed.", survey.clauses
        yield "survey: who wants none", "Never asked again.", survey.opt_out_clauses
    if policy.updates and policy.updates.every_working_days:
        every = f"Every {policy.updates.every_working_days} working days once it takes longer."
        yield "word while it takes longer", every, policy.updates.clauses
    for what, duty in (
        ("a data-protection matter", policy.data_protection),
        ("the Ombudsman's mail", policy.ombudsman_mail),
    ):
        if duty:
            yield what, f"Within {duty}.", duty.clauses
    for report in policy.reports:
        yield f"report, {report.cycle}", f"To {report.to}: {report.holds}", report.clauses


def _excluded(exclusion: Exclusion) -> str:
    told = [exclusion.says]
    if exclusion.months is not None:
        told.append(f"{counted(exclusion)}.")
    if exclusion.exceptions:
        told.append(f"Except: {', '.join(exclusion.exceptions)}.")
    if exclusion.unless:
        told.append(f"Not where the mail shows {', '.join(_spoken(flag) for flag in exclusion.unless)}.")
    if exclusion.except_handling:
        told.append("How it was handled stays a complaint.")
    return " ".join(told)


def _flat(because: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(clause for clauses in because.values() for clause in clauses)


def _ids(clauses: Iterable[str]) -> str:
    """No line ends inside a clause's name."""
    return "; ".join(clause.replace(" ", TIED) for clause in clauses)


def _and_ids(says: str, clauses: tuple[str, ...]) -> str:
    return f"{says} [{_ids(clauses)}]" if clauses else says


def _spoken(word: str) -> str:
    return word.replace("_", " ")


def _first(text: str) -> str:
    return text[:1].upper() + text[1:]


def _day(day: dt.date) -> str:
    return f"{day:%A} {day.day} {day:%B %Y}"


def _short(day: dt.date) -> str:
    return f"{day:%a} {day.day} {day:%b %Y}"


# ------------------------------------------------------------------ as text


def as_text(page: Page, width: int = WIDTH) -> str:
    """The page in columns of plain text, no line longer than `width`."""
    title = f"{page.under}: {page.title}"
    lines = [title, "=" * len(title), ""]
    name_width = max((len(name) for name, _ in page.facts), default=0)
    for name, value in page.facts:
        margin = " " * (name_width + 2)
        lines += textwrap.wrap(
            value, width, initial_indent=f"{name:<{name_width}}  ", subsequent_indent=margin
        )
    for section in page.sections:
        lines += ["", section.heading, "-" * len(section.heading)]
        if section.says:
            lines += textwrap.wrap(section.says, width)
        if section.table:
            lines += ["", *columns(section.table, width)]
    return "\n".join(line.rstrip().replace(TIED, " ") for line in lines) + "\n"


def columns(table: Table, width: int) -> list[str]:
    """The lines of a table, each column as wide as it needs or as its share allows."""
    room = width - 2 * (len(table.headings) - 1)
    natural = [max(len(row[n]) for row in (table.headings, *table.rows)) for n in range(len(table.headings))]
    widths = _shares(natural, table.wide, room)
    lines: list[str] = []
    for row in (table.headings, tuple("-" * w for w in widths), *table.rows):
        cells = [_wrapped(cell, w) for cell, w in zip(row, widths, strict=True)]
        for n in range(max(len(cell) for cell in cells)):
            parts = [
                (cell[n] if n < len(cell) else "").ljust(w) for cell, w in zip(cells, widths, strict=True)
            ]
            lines.append("  ".join(parts))
    return lines


def _wrapped(cell: str, width: int) -> list[str]:
    indent = " " * (len(cell) - len(cell.lstrip()))
    return textwrap.wrap(cell, width, subsequent_indent=indent) or [""]


def _shares(natural: Sequence[int], wide: Sequence[int], room: int) -> list[int]:
    """What a column does not need goes to those that need more."""
    widths = [n if share == 0 else 0 for n, share in zip(natural, wide, strict=True)]
    still = [n for n, share in enumerate(wide) if share]
    while still:
        whole, left = sum(wide[n] for n in still), room - sum(widths)
        small = [n for n in still if natural[n] <= left * wide[n] // whole]
        for n in small or still:
            widths[n] = natural[n] if small else max(left * wide[n] // whole, 6)
        still = [n for n in still if n not in small] if small else []
    return widths


# ------------------------------------------------------------------ as HTML

_STYLE = """
:root{--ink:#16202a;--soft:#566472;--line:#dfe5e9;--paper:#fff;--ground:#eef2f4;--mark:#0b5563;--head:#f1f5f6}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);
font:16px/1.5 'Segoe UI',-apple-system,'Helvetica Neue',Arial,sans-serif}
main{max-width:1160px;margin:28px auto;padding:0 0 28px;background:var(--paper);border-radius:12px;
border-top:6px solid var(--mark)}
header,section,nav{padding:0 36px}
header{padding-top:24px}
.under{margin:0;color:var(--mark);font-weight:700}
h1{margin:2px 0 16px;font-size:30px;line-height:1.25;letter-spacing:-.3px}
h2{margin:36px 0 8px;font-size:20px;line-height:1.3}
p{max-width:76ch;margin:0 0 12px}
dl{display:grid;grid-template-columns:max-content 1fr;gap:4px 20px;margin:0;padding:14px 20px;
background:var(--head);border-radius:10px}
dt{color:var(--soft)}dd{margin:0}
nav{display:flex;flex-wrap:wrap;gap:2px 18px;margin-top:18px;font-size:14px}nav a{color:var(--mark)}
.scroll{overflow-x:auto}
table{width:100%;border-collapse:collapse;font-size:14.5px;line-height:1.45}
th{padding:8px 14px 8px 0;text-align:left;vertical-align:bottom;font-size:13px;color:var(--soft);
border-bottom:2px solid var(--line)}
td{padding:9px 14px 9px 0;vertical-align:top;border-bottom:1px solid var(--line);overflow-wrap:break-word}
td:first-child{font-weight:600}td.sub{padding-left:20px;font-weight:400}
.date{white-space:nowrap;font-variant-numeric:tabular-nums}
h2.high,h2.medium,h2.low{padding:6px 14px;border-radius:8px}
h2.high{background:#fdeceb;color:#8c1c15}h2.medium{background:#fff4df;color:#6b4000}h2.low{background:#e7f5ed;
color:#12502f}
@media (max-width:700px){main{margin:0;border-radius:0}header,section,nav{padding-left:18px;
padding-right:18px}table{min-width:640px}dl{grid-template-columns:1fr}dd{margin-bottom:6px}}
@media (prefers-color-scheme:dark){:root{--ink:#e9eef2;--soft:#a9b7c2;--line:#34424d;--paper:#1a232b;
--ground:#0f151a;--mark:#8fd3df;--head:#222d36}
h2.high{background:#5a2320;color:#ffc9c4}h2.medium{background:#54400f;color:#ffdf9c}h2.low{background:#1d4a31;
color:#b5ecce}}
@media print{body{background:#fff}main{margin:0;max-width:none}nav{display:none}tr{break-inside:avoid}
h2{break-after:avoid}table{font-size:11px}}
"""


def as_html(page: Page) -> str:
    """One file with its style inside: no picture, no script, nothing fetched."""
    title = f"{page.under}: {page.title}"
    links = "".join(f'<a href="#s{n}">{_safe(s.heading)}</a>' for n, s in enumerate(page.sections, 1))
    facts = "".join(f"<dt>{_safe(name)}</dt><dd>{_safe(value)}</dd>" for name, value in page.facts)
    body = "\n".join(_section(n, section) for n, section in enumerate(page.sections, 1))
    return (
        '<!doctype html>\n<html lang="en-GB"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{_safe(title)}</title><style>{_STYLE}</style></head>\n<body><main><header>"
        f'<p class="under">{_safe(page.under)}</p><h1>{_safe(page.title)}</h1><dl>{facts}</dl></header>\n'
        f'<nav aria-label="On this page">{links}</nav>\n{body}\n</main></body></html>\n'
    )


def _section(number: int, section: Section) -> str:
    tone = f' class="{section.tone}"' if section.tone else ""
    says = f"<p>{_safe(section.says)}</p>" if section.says else ""
    table = _table(section.table, number) if section.table else ""
    return f'<section><h2 id="s{number}"{tone}>{_safe(section.heading)}</h2>{says}{table}</section>'


def _table(table: Table, number: int) -> str:
    total = sum(table.wide) + 2 * table.wide.count(0)
    sizes = "".join(
        f'<col style="width:{100 * wide // total}%">' if wide else '<col style="width:1%">'
        for wide in table.wide
    )
    head = "".join(f'<th scope="col">{_safe(heading)}</th>' for heading in table.headings)
    rows = "\n".join(
        "<tr>" + "".join(_cell(h, c) for h, c in zip(table.headings, row, strict=True)) + "</tr>"
        for row in table.rows
    )
    return (
        f'<div class="scroll"><table aria-labelledby="s{number}"><colgroup>{sizes}</colgroup>'
        f"<thead><tr>{head}</tr></thead><tbody>\n{rows}\n</tbody></table></div>"
    )


def _cell(heading: str, cell: str) -> str:
    kind = ""
    if heading in ("Target", "Latest", "Finding"):
        kind = ' class="date"'
    elif cell.startswith(" "):
        kind = ' class="sub"'
    return f"<td{kind}>{_safe(cell.strip())}</td>"


def _safe(text: str) -> str:
    return html.escape(text)
