"""What a policy says beyond the dates of its stages, held against the statutory Code: what is tried before a complaint
is logged, what a refusal's letter holds, what stage 2 waits for, what is said of the Ombudsman, who hears how often.

Where the file has no table for one of these, the words of its clauses are looked at, so that an older or a smaller
file is not called silent on what it says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from mailbot.casework.findings import Clauses, Finding, Kind, Severity, each, known, speaks
from mailbot.casework.layers import Layer, StageLayer
from mailbot.casework.provisions import EarlyResolution, Understanding

# ------------------------------------------------------------------ before stage 1

_EARLY: Final = (
    r"\b(local|informal|frontline|quick)\b[^.;]*\b(re)?solutions?\b|\bbefore (it|a complaint) is logged\b"
)


def before_stage_1(own: Layer, code: Layer) -> Iterator[Finding]:
    """A solution that is tried before anything is logged is a stage before the first (a hidden stage 0)."""
    early = own.early_resolution
    tried = early.clauses if early else tuple(c.id for c in own.clauses if _tried_early(c.says))
    if not tried or (early and not early.before_logging):
        return
    told_together = {c for a in own.ambiguities if set(a.clauses) & set(tried) for c in a.clauses}
    opening = [c for c in own.because.get("opened", ()) if c in told_together]
    unwritten = ("Code 6.9",) if early and not early.written_outcome else ()
    yield Finding(
        Kind.BREACH,
        Severity.HIGH,
        "a solution tried before stage 1",
        each(tried, opening),
        _said_of(early),
        known(code, "Code 5.2", "Code 1.3", "Code 6.2", *unwritten),
        "No further stage before stage 1; whoever shows dissatisfaction may complain at once.",
        "The case is opened on receipt and its clock runs from there; a quick solution is tried within stage 1, and its"
        " outcome is written.",
    )


def _tried_early(says: str) -> bool:
    return re.search(_EARLY, says, re.I) is not None


def _said_of(early: EarlyResolution | None) -> str:
    if early is None:
        return "A solution is looked for first, and a complaint is logged only where that does not do."
    told = [f"A {early.name} comes first, and a complaint is logged only where that does not do"]
    told += [] if early.offers_choice else ["nobody is asked whether they want a complaint"]
    told += [] if early.written_outcome else ["its outcome is not written"]
    return "; ".join(told) + "."


def service_requests(own: Layer, code: Layer) -> Iterator[Finding]:
    if not code.service_requests:
        return
    if not own.service_requests:
        yield Finding(
            Kind.SILENT,
            Severity.MEDIUM,
            "service requests",
            (),
            "Nothing tells a request from a complaint.",
            code.service_requests.clauses,
            "Requests are recorded and watched; dissatisfaction with their answer is a complaint.",
            "Requests are recorded apart, chased, and become a complaint on a word of dissatisfaction.",
        )
    elif not own.because.get("dissatisfaction"):
        yield Finding(
            Kind.SILENT,
            Severity.MEDIUM,
            "dissatisfaction with the answer to a request",
            own.service_requests.clauses,
            "A request is told from a complaint; when it becomes one is not said.",
            known(code, "Code 1.5", "Code 1.3"),
            "Whoever is dissatisfied with the answer to a request may complain, and the work on it goes on.",
            "A word of dissatisfaction makes the request a complaint; the request stays open.",
        )


# ------------------------------------------------------------------ what a refusal's letter holds

_REFUSAL: Final = r"(refus|declin|not (be )?(accept|consider)).*Ombudsman"
_HOLDS: Final = {
    "reasons": "the reasons",
    "ombudsman": "the way to the Ombudsman",
    "instead": "what is done instead",
}


def refusal(own: Layer, code: Layer) -> Iterator[Finding]:
    if not own.exclusions:
        return
    if own.refusal:
        asked = code.refusal.contains if code.refusal else ()
        missing = [_HOLDS[content] for content in asked if content not in own.refusal.contains]
        if not missing:
            return
        cited = own.refusal.clauses
        says = f"A letter that refuses, without {' and '.join(missing)}."
    elif speaks(own, _REFUSAL):
        return
    else:
        cited = each(*(_parents(e.clauses, own) for e in own.exclusions))
        says = "Grounds for refusal, and no letter with reasons and the way to the Ombudsman."
    yield Finding(
        Kind.SILENT,
        Severity.HIGH,
        "exclusion: the letter that refuses",
        cited,
        says,
        known(code, "Code 2.4"),
        "A refusal is written, with its reasons and the right to take it to the Ombudsman.",
        "The decision is a named person's, and its letter is not written without them.",
    )


def _parents(clauses: Clauses, own: Layer) -> Clauses:
    """The heading under which the clauses stand ("3.3" for "3.3 e1"), or themselves where it is no clause."""
    ids = {c.id for c in own.clauses}
    return tuple(head if (head := c.rpartition(" ")[0]) in ids else c for c in clauses)


# ------------------------------------------------------------------ a stage


def stage(own: StageLayer, code: StageLayer, name: str) -> Iterator[Finding]:
    """What holds a stage up, skips the one before or shuts it."""
    if own.understanding and own.understanding.gate:
        yield _waits(own.understanding, code, name)
    if own.direct and own.direct.allowed and code.direct and not code.direct.allowed:
        yield Finding(
            Kind.BREACH,
            Severity.MEDIUM,
            f"{name}: without the stage before",
            own.direct.clauses,
            "It may be asked for, or begun, without the stage before.",
            code.direct.clauses,
            "It follows stage 1, and is the landlord's second look.",
            "Stage 1 comes first; what is complex is a reason for more time.",
        )
    if own.decline_clauses and code.grounds_gate is False:
        yield Finding(
            Kind.BREACH,
            Severity.HIGH,
            f"{name}: declining it",
            own.decline_clauses,
            "The landlord keeps a right to decline it.",
            each(("Code 5.11",), code.grounds_clauses),
            "It is not refused without a valid reason for not taking a complaint at all.",
            "Only a named person declines, for such a ground, in a letter with reasons and the way to the Ombudsman.",
        )
    if own.panel:
        yield Finding(
            Kind.STRICTER,
            Severity.LOW,
            f"{name}: who sits with the decider",
            own.panel.clauses,
            f"With the decider: {own.panel.says}.",
            code.different_person_clauses or code.respond_because.get("decision", ()) or code.grounds_clauses,
            "Not asked for.",
            "The landlord's own promise is kept, and nothing is shown to them before the resident agrees.",
        )
    if own.supported_by and code.different_person:
        yield Finding(
            Kind.BREACH,
            Severity.MEDIUM,
            f"{name}: who supports the decider",
            own.different_person_clauses,
            f"{own.supported_by[:1].upper()}{own.supported_by[1:]}, supports the decider.",
            code.different_person_clauses,
            "Whoever considers stage 2 is not whoever considered stage 1.",
            "They may hand over the papers; neither the decision nor the draft is theirs.",
        )


def _waits(understanding: Understanding, code: StageLayer, name: str) -> Finding:
    window = understanding.letter.sources[0].outer
    return Finding(
        Kind.BREACH,
        Severity.HIGH,
        f"{name}: waiting for a confirmation",
        understanding.clauses,
        f"What was understood is written within {window} and confirmed within {understanding.confirm_working_days}"
        " working days, before the request is considered.",
        each(code.acknowledge.clauses if code.acknowledge else (), code.grounds_clauses,
             code.respond.clauses if code.respond else ()),
        "It is acknowledged and its clock runs; nobody has to give reasons or confirm anything.",
        "What was understood stands in the acknowledgement; a correction joins it, and silence holds nothing up.",
    )  # fmt: skip


# ------------------------------------------------------------------ where matters go

_KINDS: Final = {
    "building_safety": "the safety of a building",
    "behaviour": "how somebody behaves",
    "staff_conduct": "a member of staff",
}


def routes(own: Layer, code: Layer) -> Iterator[Finding]:
    """A matter that has a single stage, or over which a complaint may be ended."""
    for route in own.routes:
        about = _KINDS.get(route.kind, route.kind.replace("_", " "))
        if route.one_stage:
            yield Finding(
                Kind.BREACH,
                Severity.MEDIUM,
                f"a single stage: {about}",
                route.clauses,
                f"A complaint about {about} has one stage, and then goes to somebody else.",
                known(code, "Code 5.3", "Code 6.10"),
                "Two stages, never more and never fewer.",
                "The matter is passed on as well; the complaint keeps both stages.",
            )
        if route.ends_complaint:
            yield Finding(
                Kind.BREACH,
                Severity.HIGH,
                f"ending a complaint: {about}",
                route.clauses,
                f"A complaint may be ended for {about}.",
                known(code, "Code 5.14", "Code 5.15", "Code 6.10"),
                "Contact may be limited on evidence and in proportion; the complaint goes on, to stage 2 if asked.",
                "mailbot ends nothing for it: a person decides, and no last letter stands for stage 2.",
            )


# ------------------------------------------------------------------ the Ombudsman


def addresses(own: Layer, code: Layer) -> Iterator[Finding]:
    if own.dead_addresses:
        told = (a.clauses for a in own.ambiguities if "address" in a.question)
        printed = each(*told) or tuple(c.id for c in own.clauses if "Ombudsman" in c.says)
        yield Finding(
            Kind.BREACH,
            Severity.HIGH,
            "the Ombudsman's address",
            printed,
            f"Prints {'; '.join(own.dead_addresses)}, which is out of date.",
            known(code, "Code 3.7"),
            "Residents are told how to reach the Ombudsman, throughout.",
            "Contacts come from one dated table, at any overlay, and never from the policy.",
        )


def referral(own: Layer, code: Layer) -> Iterator[Finding]:
    """What a document still says of going to the Ombudsman and what holds no longer."""
    told = "Residents are told that they may turn to the Ombudsman, and how, throughout."
    if own.wait_weeks:
        yield Finding(
            Kind.BREACH,
            Severity.HIGH,
            "how soon the Ombudsman can be asked",
            own.obsolete_clauses,
            f"{own.wait_weeks} weeks after the final answer. That rule was abolished.",
            known(code, "Code 3.7", "Code 6.19"),
            told,
            "At any overlay nobody is told to wait.",
        )
    if own.only_for:
        yield Finding(
            Kind.BREACH,
            Severity.MEDIUM,
            "who may go to the Ombudsman",
            own.obsolete_clauses,
            f"Only {own.only_for}. The Ombudsman's own scheme takes others too.",
            known(code, "Code 3.7"),
            told,
            "Everybody is told of the Ombudsman, who says whether a case is theirs.",
        )


# ------------------------------------------------------------------ who hears how often

_OFTEN: Final = r"how often|\bintervals?\b"
_YEARLY: Final = r"\bannual|once a year|each year|\byearly"
_REFUSED: Final = r"refus|not (taken|accepted)"


def updates(own: Layer, code: Layer) -> Iterator[Finding]:
    if (own.updates and own.updates.every_working_days) or speaks(own, _OFTEN):
        return
    yield Finding(
        Kind.SILENT,
        Severity.MEDIUM,
        "how often the resident hears when it takes longer",
        own.updates.clauses if own.updates else (),
        "The resident is kept informed; how often is not said." if own.updates else "No clause speaks of it.",
        known(code, "Code 5.9"),
        "How often the resident hears is agreed with them.",
        "The handler is reminded to tell the resident how things stand, as often as the house says.",
    )


def days(own: Layer, code: Layer) -> Iterator[Finding]:
    """What makes a clock begin later, or stand still, than the Code lets it."""
    for subject, rule, said in (
        ("from when a mail counts", own.receipt, own.receipt and own.receipt.roll_forward),
        ("days on which the office is shut", own.closures, own.closures and own.closures.deducted),
    ):
        if rule and said:
            yield Finding(
                Kind.BREACH,
                Severity.MEDIUM,
                subject,
                rule.clauses,
                f"{str(rule)[0].upper()}{str(rule)[1:]}.",
                known(code, "Code 6.2"),
                "Working days count from receipt.",
                "It counts from the day on which it came, and a shut office stops no clock.",
            )


def annual_report(own: Layer, code: Layer) -> Iterator[Finding]:
    yearly = [r for r in own.reports if r.cycle == "annual"]
    if any(re.search(_REFUSED, r.holds, re.I) for r in yearly) or (not own.reports and speaks(own, _YEARLY)):
        return
    yield Finding(
        Kind.SILENT,
        Severity.HIGH,
        "the annual report",
        each(*(r.clauses for r in yearly)),
        "A report once a year, which does not say what was refused." if yearly else "No clause speaks of it.",
        known(code, "Code 8.1", "Code 8.2"),
        "A report once a year, with what was refused, to the governing body and the website.",
        "The figures for it are kept and given; the report is a person's.",
    )
