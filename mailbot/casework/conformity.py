"""A landlord's policy held against the statutory Code, clause against clause: what breaches it, where the
landlord is silent, where it promises more, and what `enforce` does about each.

It reads what the policy file says and nothing else. Windows, grounds, exclusions, extensions, contents and
closures are compared as rules here, what a policy says beyond its stages in `mailbot.casework.conformity_beyond`.
What has no rule in the file (a record of adjustments, limits on contact) is looked for in the words of its clauses,
and counts as silent where no clause speaks of it. What only a reader can judge (the definition of a complaint, a
handler's conduct) is not judged.

Severity: high where the Ombudsman would probably find a failing or order a change, medium where the wording
or the overlay must mend it, low where the landlord is stricter, or unclear without a breach.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from mailbot.casework import conformity_beyond as beyond
from mailbot.casework.calendar import Unit
from mailbot.casework.findings import Clauses, Finding, Kind, Severity, each, known, speaks
from mailbot.casework.layers import Layer, StageLayer
from mailbot.casework.policy import Anchor, Deadline, Exclusion, ExtensionRules, Window


def check(policy: Layer, code: Layer) -> tuple[Finding, ...]:
    """Everything found, the gravest first, then as the Code counts."""
    found = [
        *beyond.before_stage_1(policy, code),
        *beyond.service_requests(policy, code),
        *_exclusions(policy, code),
        *(
            f
            for own, floor in zip(policy.stages, code.stages, strict=True)
            for f in _stage(own, floor, policy)
        ),
        *_silence(policy, code),
        *_readings(policy, code),
        *beyond.routes(policy, code),
        *beyond.addresses(policy, code),
        *beyond.referral(policy, code),
        *beyond.updates(policy, code),
        *beyond.days(policy, code),
        *beyond.annual_report(policy, code),
        *_unspoken(policy, code),
    ]
    ranks = list(Severity)
    return tuple(sorted(found, key=lambda f: (ranks.index(f.severity), list(Kind).index(f.kind), _number(f))))


def _number(finding: Finding) -> tuple[int, ...]:
    """Code 6.11 stands after Code 6.2."""
    return tuple(int(n) for n in re.findall(r"\d+", finding.code[0])) if finding.code else ()


# ------------------------------------------------------------------ exclusions

_FILED: Final = re.compile(r"claim form|particulars|filed at court", re.I)


def _exclusions(own: Layer, code: Layer) -> Iterator[Finding]:
    valid = {e.ground: e for e in code.exclusions}
    for exclusion in own.exclusions:
        if exclusion.ground in valid:
            yield from _same_ground(exclusion, valid[exclusion.ground])
    shut_out = [e for e in own.exclusions if e.ground not in valid]
    for severity in Severity:
        if some := [e for e in shut_out if _gravity(e) is severity]:
            yield Finding(
                Kind.BREACH,
                severity,
                "exclusion: whole kinds of complaint",
                each(*(e.clauses for e in some)),
                " ".join(e.says for e in some),
                known(code, "Code 2.1") + tuple(c for c in code.on_merits if c != "Code 2.1"),
                "Each complaint is looked at by itself; nothing is shut out as a kind.",
                "A ground is only ever proposed to a person, for this one complaint; how it was handled stays in.",
            )
    yield from beyond.refusal(own, code)


#: Grounds that shut out no whole kind of complaint, or that the Code lets stand if the person is told what follows.
_LESSER_GROUNDS: Final = {
    "anonymous": Severity.MEDIUM,
    "behaviour": Severity.MEDIUM,
    "other_appeal": Severity.MEDIUM,
    "policy_content": Severity.MEDIUM,
    "first_request": Severity.LOW,
    "outside_remit": Severity.LOW,
    "with_ombudsman": Severity.LOW,
}


def _gravity(exclusion: Exclusion) -> Severity:
    """High for a kind that is shut out whole."""
    left_in = exclusion.exceptions or exclusion.unless or exclusion.except_handling
    return _LESSER_GROUNDS.get(exclusion.ground, Severity.MEDIUM if left_in else Severity.HIGH)


def _same_ground(own: Exclusion, code: Exclusion) -> Iterator[Finding]:
    if own.months is not None and code.months is not None:
        missing = [word for word in code.counted_from if word not in own.counted_from]
        sooner = own.months < code.months
        if sooner or missing or not own.exceptions:
            told = counted(own)
            told += ", except " + ", ".join(own.exceptions) if own.exceptions else ", without exception"
            yield Finding(
                Kind.BREACH if sooner else Kind.SILENT,
                Severity.HIGH if sooner else Severity.MEDIUM,
                "exclusion: how old a complaint may be",
                own.clauses,
                f"{told}.",
                code.clauses,
                f"{counted(code)}; discretion beyond.",
                f"{max(own.months, code.months)} months, counted from the later; a person weighs discretion beyond.",
            )
        elif own.months > code.months:
            yield Finding(
                Kind.STRICTER,
                Severity.LOW,
                "exclusion: how old a complaint may be",
                own.clauses,
                f"{own.months} months.",
                code.clauses,
                f"{code.months} months.",
                f"{own.months} months stay: the more generous right governs.",
            )
    if _FILED.search(code.says) and not _FILED.search(own.says):
        yield Finding(
            Kind.BREACH,
            Severity.MEDIUM,
            "exclusion: when proceedings have started",
            own.clauses,
            own.says,
            code.clauses,
            code.says,
            "Only a claim form and particulars filed at court count; a letter before action does not.",
        )


def counted(exclusion: Exclusion) -> str:
    """12 months from the event, or from when it came to be known if that is later"""
    words = {"event": "from the event", "awareness": "from when it came to be known"}
    later = " if that is later" if len(exclusion.counted_from) > 1 else ""
    return f"{exclusion.months} months {', or '.join(words[w] for w in exclusion.counted_from)}{later}"


# ------------------------------------------------------------------ a stage


def _stage(own: StageLayer, code: StageLayer, policy: Layer) -> Iterator[Finding]:
    name = own.name or code.name or f"stage {own.number}"
    offset = code.acknowledge.sources[0].outer.n if code.acknowledge else 0
    yield from _duty(f"{name}: acknowledgement", own.acknowledge, code.acknowledge, 0, _spoken(own))
    yield from _duty(f"{name}: response", own.respond, code.respond, offset, ())
    yield from _contents(own, code, name)
    yield from _extension(f"{name}: more time", own.extension, code.extension)
    yield from _grounds(own, code, name, policy)
    yield from beyond.stage(own, code, name)
    if own.window and not code.window:
        yield Finding(
            Kind.BREACH,
            Severity.MEDIUM,
            f"{name}: the time to ask for it",
            own.window.clauses,
            f"Within {own.window}.",
            ("Code 5.11",),
            "No limit is set, and going on is refused only for a valid reason.",
            "The limit is read as late as it can be; a late request goes to a person, who weighs discretion.",
        )
    if code.different_person and not own.different_person:
        refused = own.different_person is False
        yield Finding(
            Kind.BREACH if refused else Kind.SILENT,
            Severity.HIGH if refused else Severity.MEDIUM,
            f"{name}: who decides",
            own.different_person_clauses,
            "The same person may decide."
            if refused
            else "Nothing keeps the same person from deciding again.",
            code.different_person_clauses,
            "Whoever considers stage 2 is not whoever considered stage 1.",
            "Whoever had part in stage 1 is never given stage 2.",
        )


def _spoken(own: StageLayer) -> Clauses:
    """The clauses that promise an acknowledgement without a time for it."""
    return each(*own.acknowledge_because.values())


def _duty(
    subject: str, own: Deadline | None, code: Deadline | None, code_offset: int, spoken: Clauses
) -> Iterator[Finding]:
    """`code_offset`: the working days after which the Code's acknowledgement is due, which its answer counts
    from."""
    if code is None:
        return
    if own is None:
        yield Finding(
            Kind.SILENT,
            Severity.HIGH,
            subject,
            spoken,
            "Promised, without a time." if spoken else "Nothing is said.",
            code.clauses,
            f"Within {code}.",
            f"{code} governs.",
        )
        return
    floor = min((s.outer for s in code.sources), key=lambda w: _working_days(w))
    latest = min((s.outer for s in own.sources), key=lambda w: _reach(w, own, code_offset))
    from_request = not _follows_acknowledgement(latest, own)
    most = _reach(latest, own, code_offset)
    counted_later = floor.anchor in _AFTER_AN_ACT
    limit = _working_days(floor) + (code_offset if counted_later else 0)
    as_the_code = (latest.n, latest.unit, from_request) == (floor.n, floor.unit, not counted_later)
    unclear = [s for s in own.sources if s.target != s.outer and s.outer.n == s.target.n]
    if most > limit:
        kind, severity = Kind.BREACH, Severity.HIGH
        does = f"{code} governs wherever it is the earlier."
    elif from_request and counted_later and most > _working_days(floor):
        # Counted from the request it may end before the Code's date or after, as the acknowledgement went.
        kind, severity = Kind.BREACH, Severity.MEDIUM
        does = "The earlier of both dates governs."
    elif not as_the_code and not unclear:
        kind, severity = Kind.STRICTER, Severity.LOW
        does = "The landlord's own promise is kept."
    else:
        kind, severity, does = None, Severity.LOW, ""
    if kind:
        yield Finding(
            kind, severity, subject, own.clauses, f"Within {own}.", code.clauses, f"Within {code}.", does
        )
    if unclear:
        yield Finding(
            Kind.SILENT,
            Severity.LOW if kind is None else Severity.MEDIUM,
            f"{subject}: counted from when",
            each(*(s.clauses for s in unclear)),
            f"{latest.n} {latest.unit}, and from when is not said.",
            code.clauses,
            f"Within {code}.",
            f"People work to {unclear[0].target}; a breach is reported on {floor}.",
        )


_AFTER_AN_ACT: Final = (Anchor.ACKNOWLEDGED, Anchor.CONTACTED, Anchor.REVIEWED)


def _working_days(window: Window) -> int:
    """About how many working days it spans, rounded up."""
    if window.unit is Unit.WORKING_DAYS:
        return window.n
    return math.ceil(window.n * (5 / 7 if window.unit is Unit.CALENDAR_DAYS else 261 / 12))


def _reach(window: Window, duty: Deadline, offset: int) -> int:
    """How many working days after the request it may end, when each earlier act is done on its last day."""
    before = dict(duty.before).get(window.anchor)
    if before:
        return _working_days(window) + min(_reach(s.outer, before, offset) for s in before.sources)
    return _working_days(window) + (offset if window.anchor in _AFTER_AN_ACT else 0)


def _follows_acknowledgement(window: Window, duty: Deadline) -> bool:
    """A review may itself count from the request; an answer that follows it then does so too."""
    before = dict(duty.before).get(window.anchor)
    if before:
        return all(_follows_acknowledgement(s.outer, before) for s in before.sources)
    return window.anchor in _AFTER_AN_ACT


def _readings(own: Layer, code: Layer) -> Iterator[Finding]:
    """A window that could be read in more than one way and is read in one: unclear to residents, and no breach."""
    ambiguities = {told.id: told for told in own.ambiguities}
    for mine, theirs in zip(own.stages, code.stages, strict=True):
        for letter, name, duty, floor in (
            ("acknowledgement", "acknowledge", mine.acknowledge, theirs.acknowledge),
            ("response", "respond", mine.respond, theirs.respond),
        ):
            if not duty or not floor or any(s.target != s.outer for s in duty.sources):
                continue
            for told in (ambiguities[id] for id in mine.readings.get(name, ()) if id in ambiguities):
                yield Finding(
                    Kind.SILENT,
                    Severity.LOW,
                    f"{mine.name or theirs.name}: {letter}: how it is read",
                    tuple(c for c in duty.clauses if c in told.clauses) or duty.clauses,
                    told.question,
                    floor.clauses,
                    f"Within {floor}.",
                    f"Read like this: {told.reading}",
                )


def _contents(own: StageLayer, code: StageLayer, name: str) -> Iterator[Finding]:
    for letter, duty, mine, theirs in (
        ("acknowledgement", own.acknowledge, own.acknowledge_because, code.acknowledge_because),
        ("response", own.respond, own.respond_because, code.respond_because),
    ):
        if missing := [content for content in theirs if content not in mine]:
            yield Finding(
                Kind.SILENT,
                Severity.MEDIUM,
                f"{name}: what the {letter} holds",
                each(*mine.values()) or (duty.clauses if duty else ()),
                f"{_listed(mine) if mine else 'Nothing is said'}.",
                each(*(theirs[content] for content in missing)),
                f"Also {_listed(missing, capital=False)}.",
                "The letter is not written without them.",
            )
        if more := [content for content in mine if content not in theirs]:
            yield Finding(
                Kind.STRICTER,
                Severity.LOW,
                f"{name}: what the {letter} holds",
                each(*(mine[content] for content in more)),
                f"{_listed(more)}, beyond what the Code asks.",
                each(*theirs.values()),
                "Not asked for.",
                "The landlord's own promise is kept.",
            )


def _extension(subject: str, own: ExtensionRules | None, code: ExtensionRules | None) -> Iterator[Finding]:
    if code is None:
        return
    if own is None:
        yield Finding(
            Kind.SILENT, Severity.MEDIUM, subject, (), "Nothing is said.", code.clauses, _limits(code),
            "The Code's limits bind every extension.",
        )  # fmt: skip
        return
    cap = code.cap_working_days
    open_ended = cap is not None and own.cap_working_days is None
    too_long = cap is not None and own.cap_working_days is not None and own.cap_working_days > cap
    untold = (code.needs_reason and not own.needs_reason) or (
        code.ombudsman_details and not own.ombudsman_details
    )
    # To tell some people of the Ombudsman is to keep it from the others.
    kept_back = untold and own.ombudsman_when_refused
    if open_ended or too_long or untold:
        grave = open_ended or too_long or kept_back
        yield Finding(
            Kind.BREACH if grave else Kind.SILENT,
            Severity.HIGH if grave else Severity.MEDIUM,
            subject,
            own.clauses,
            _limits(own),
            code.clauses,
            _limits(code),
            "Capped, told in time with its reason and the Ombudsman's details; longer only by a supervisor.",
        )
    if cap is not None and own.cap_working_days is not None and own.cap_working_days < cap:
        yield Finding(
            Kind.STRICTER, Severity.LOW, subject, own.clauses, _limits(own), code.clauses, _limits(code),
            "The landlord's own promise is kept.",
        )  # fmt: skip
    if own.needs_agreement and not code.needs_agreement:
        yield Finding(
            Kind.STRICTER,
            Severity.LOW,
            f"{subject}: by agreement",
            own.clauses,
            "The new time is agreed with the resident.",
            code.clauses,
            "The resident is told the reason and the new date.",
            "The landlord's own promise is kept.",
        )


def _limits(rules: ExtensionRules) -> str:
    cap = rules.cap_working_days
    told = [f"At most {cap} working days without good reason" if cap else "No end is set"]
    told += ["the reason told"] if rules.needs_reason else ["no word of a reason"]
    told += [
        "the Ombudsman's details given"
        if rules.ombudsman_details
        else "the Ombudsman's details only where it is not agreed"
        if rules.ombudsman_when_refused
        else "none of the Ombudsman's details"
    ]
    told += ["by agreement"] if rules.needs_agreement else []
    told += ["more where both agree"] if rules.beyond_by_agreement else []
    return ", ".join(told) + "."


def _grounds(own: StageLayer, code: StageLayer, name: str, policy: Layer) -> Iterator[Finding]:
    """A document that names grounds shuts the others out, even where the file reads it kindly: then an
    ambiguity says so. Grounds that are only tags, with no word of a contradiction, ask nothing of anybody."""
    if code.grounds_gate is not False or not (own.grounds or own.grounds_gate):
        return
    cited = each(own.grounds_clauses, *(g.clauses for g in own.grounds))
    if own.grounds_gate or any(set(a.clauses) & set(own.grounds_clauses) for a in policy.ambiguities):
        count = f"on one of {len(own.grounds)} grounds" if own.grounds else "for reasons given"
        yield Finding(
            Kind.BREACH,
            Severity.HIGH,
            f"{name}: the grounds for asking",
            cited,
            f"Looked into again only {count}.",
            code.grounds_clauses,
            "Every request goes on, and nobody has to give reasons.",
            "Every request goes on to stage 2; a ground is noted for the handler and asked of nobody.",
        )


# ------------------------------------------------------------------ what is left


def _silence(own: Layer, code: Layer) -> Iterator[Finding]:
    floor = code.silence_floor
    for rule in own.silence if floor else ():
        assert floor
        unanswered = floor.needs_response and not rule.needs_response
        open_things = [b for b in floor.blocked_by if b not in rule.blocked_by]
        if unanswered or open_things:
            without = [*(["an answer"] if unanswered else []), *(b.replace("_", " ") for b in open_things)]
            yield Finding(
                Kind.BREACH,
                Severity.HIGH,
                "closing for silence",
                rule.clauses,
                f"After {rule.window}; it does not ask about {', '.join(without)}.",
                floor.clauses,
                "An answer first, and nothing left undone.",
                "No case closes before a full answer, or while something is open.",
            )


@dataclass(frozen=True)
class _Topic:
    """What the file format has no rule for: found by its words, or not at all."""

    code: Clauses
    subject: str
    words: str
    severity: Severity
    asks: str
    enforce: str


_ACTING: Final = "somebody who acts for the resident"
_BY_PEOPLE: Final = "Nothing: this is for people to do outside the mailbox."
_TOPICS: Final = (
    _Topic(("Code 1.6",), "what surveys say", r"\bsurvey", Severity.LOW,
           "Who is dissatisfied in a survey is told how to complain.", _BY_PEOPLE),
    _Topic(("Code 3.6",), _ACTING,
           r"representative|on behalf|\bacts? for (the|a|another) (resident|customer|tenant|person)",
           Severity.MEDIUM, "A representative may act for the resident and come along.",
           "A complaint through somebody else is opened at once; a person sees to the authority."),
    _Topic(("Code 5.10",), "a record of disabilities and adjustments",
           r"(adjust|disabilit)[^.]*\brecord|\brecord[^.]*(adjust|disabilit)", Severity.HIGH,
           "Disabilities and adjustments are recorded and looked over again.",
           "The acknowledgement asks what support is needed; keeping the record is for people."),
    _Topic(("Code 5.14", "Code 5.15"), "limits on contact", r"unacceptable behaviour|restrict|vexatious",
           Severity.LOW, "Restrictions rest on evidence, are in proportion and are looked over again.",
           "mailbot restricts nobody's contact."),
    _Topic(("Code 6.8",), "new issues while a complaint runs", r"\bnew issues?\b|\b(un)?related\b|further issues",
           Severity.MEDIUM, "Related issues join before the stage 1 answer; others are a complaint of their own.",
           "A person says whether a new point joins the case or opens its own."),
    _Topic(("Code 9.5",), "who answers for complaints on the governing body",
           r"member responsible|(member|somebody|one) of the (governing body|board)", Severity.MEDIUM,
           "One member of the governing body answers for complaints.", _BY_PEOPLE),
)  # fmt: skip


def _unspoken(own: Layer, code: Layer) -> Iterator[Finding]:
    for topic in _TOPICS:
        if topic.subject == _ACTING and own.third_party:
            continue  # the file has a rule for it
        if not speaks(own, topic.words):
            yield Finding(
                Kind.SILENT, topic.severity, topic.subject, (), "No clause speaks of it.",
                known(code, *topic.code), topic.asks, topic.enforce,
            )  # fmt: skip


# ------------------------------------------------------------------ words

#: How people say what a letter holds.
CONTENTS: Final = {
    "reference": "the reference",
    "handler_name": "the handler's name",
    "handler_contact": "how to reach the handler",
    "definition": "what the complaint is understood to be",
    "outcome_sought": "what the resident wants",
    "responsibility": "what the landlord answers for and what not",
    "next_dates": "the next dates",
    "how_to_correct": "how to put a misunderstanding right",
    "support_question": "whether support is needed",
    "ombudsman": "how to reach the Ombudsman",
    "ombudsman_by": "until when the Ombudsman can be asked",
    "policy_copy": "where the policy is",
    "stage": "which stage it is",
    "decision": "what was decided",
    "reasons": "the reasons",
    "remedy": "how it is put right",
    "outstanding_actions": "what is left to do",
    "next_stage": "how to go on to stage 2",
    "other_bodies": "who else can help",
}


def _listed(contents: Iterable[str], capital: bool = True) -> str:
    told = ", ".join(CONTENTS[content] for content in contents)
    return told[:1].upper() + told[1:] if capital else told
