"""Grounds against a complaint, and against a request for stage 2: proposed by mailbot or a handler, decided by a
supervisor alone (Code 2.1 to 2.5, 5.11).

The complaint goes on until somebody decides, with all its dates. A refusal names a ground of the policy, gives its
reasons, and tells how to take the decision to the Ombudsman; a ground that the mail itself lifts ("unless") is
noted and not proposed.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from mailbot.casework import asking, clocks, orders, stages, third_parties
from mailbot.casework.acts import no, roles_of, yes
from mailbot.casework.policy import Exclusion, Overlay
from mailbot.casework.provisions import GROUND_FLAGS
from mailbot.casework.rulebook import Rulebook
from mailbot.casework.vocabulary import (
    Audience,
    Case,
    Decision,
    Effect,
    Fact,
    Flag,
    Intent,
    Letter,
    Note,
    Proposal,
    StaffActed,
    Stage,
)

_NEVER_UNDER_THE_CODE: Final = ("legal_letter", "behaviour")
"""Grounds that the Code does not know at all (2.2, 5.14): a letter before action is no proceedings, and how somebody
behaves limits contact, not the complaint. Where the Code is enforced they are shown to readers and never proposed."""

GROUND_WORDS: Final[Mapping[str, str]] = {
    "age": "how old it is",
    "legal_proceedings": "proceedings filed at court",
    "legal_letter": "a solicitor's letter",
    "already_handled": "considered before",
    "insurance_claim": "an insurance claim",
    "anti_social_behaviour": "anti-social behaviour of a neighbour",
    "charges_level": "the level of a charge",
    "section_20_works": "works under section 20",
    "anonymous": "a writer who gives no name",
    "behaviour": "behaviour",
    "policy_content": "what a policy says",
    "late": "asked after the time to ask had ended",
}

_DISCRETION: Final = (
    "Was there a good reason for the delay, or did they come to know of it only later?",
    "Is the matter still going on, or did it come back?",
    "Is somebody vulnerable, or is there a risk to health or safety?",
    "Is it about how we handled the matter? Then that part stays a complaint.",
)
"""What is weighed before anybody is refused (Code 2.3, 2.5)."""

_SAY_INSTEAD: Final = (
    ' What will be done instead goes into a paragraph of its own that begins with "Instead:".'
)
_INSTEAD: Final = re.compile(r"^[ \t]*instead:[ \t]*(?P<what>.+?)(?=\n[ \t]*\n|\Z)", re.I | re.M | re.S)


def words_of(ground: str) -> str:
    return GROUND_WORDS.get(ground, ground.replace("_", " "))


# ------------------------------------------------------------------ what mailbot sees


def with_proposals(decision: Decision, at: dt.datetime, rules: Rulebook) -> Decision:
    """A decision that has just made a complaint of a mail, with the grounds that the case shows put before a
    supervisor."""
    case = decision.case
    assert case is not None and case.current is not None
    definition = case.current.definition
    flags = frozenset(case.flags)
    effects: list[Effect] = []
    for exclusion in rules.policy.exclusions:
        if not _shows(exclusion, flags, rules):
            continue
        lifted = [flag for flag in exclusion.unless if Flag(flag) in flags]
        why = tuple(dict.fromkeys((*exclusion.clauses, *rules.policy.why("exclusion_proposed"))))
        if lifted:
            told = ", ".join(orders.FLAG_WORDS[Flag(flag)].lower() for flag in lifted)
            effects.append(
                Note(f"Ground not proposed ({words_of(exclusion.ground)}): lifted by {told}.", why)
            )
            continue
        proposal = Proposal(len(case.proposals) + 1, "exclusion", exclusion.ground, exclusion.clauses, at)
        case = replace(case, proposals=(*case.proposals, proposal))
        effects.append(letter(case, proposal, rules, exclusion, definition))
        effects.append(Note(f"Ground put before a supervisor: {words_of(exclusion.ground)}.", why))
    return replace(decision, case=case, effects=(*decision.effects, *effects))


def _shows(exclusion: Exclusion, flags: frozenset[Flag] | set[Flag], rules: Rulebook) -> bool:
    if exclusion.ground in _NEVER_UNDER_THE_CODE and rules.policy.overlay is Overlay.ENFORCE:
        return False
    wanted = GROUND_FLAGS.get(exclusion.ground, ())
    if exclusion.months is not None and exclusion.months > 6:
        wanted = tuple(flag for flag in wanted if flag is not Flag.OLDER_THAN_6_MONTHS)
    return any(flag in flags for flag in wanted)


def letter(
    case: Case,
    proposal: Proposal,
    rules: Rulebook,
    exclusion: Exclusion | None,
    text: str,
    said_by: str = "",
) -> Effect:
    """The mail that puts a ground before the supervisor."""
    sender = case.parties[0]
    late = proposal.kind == "non_escalation"
    why = tuple(dict.fromkeys((*proposal.clauses, *rules.policy.why("exclusion_proposed"))))
    received = rules.day(case.received_at)
    earliest = exclusion.earliest(received, rules.calendar) if exclusion else None
    says = exclusion.says if exclusion else "The request came after the time to ask for this stage had ended."
    ground = proposal.ground
    facts: dict[str, Fact] = {
        **orders.common(case, rules),
        "kind": proposal.kind,
        "ground": ground,
        "ground_words": words_of(ground),
        "says": says,
        "clauses": list(why),
        "code_says": "Only ever this one complaint, on its merits."
        if exclusion and exclusion.individually
        else "",
        "exceptions": list(exclusion.exceptions) if exclusion else [],
        "lifted_by": [orders.FLAG_WORDS[Flag(f)] for f in exclusion.unless] if exclusion else [],
        "earliest": earliest.isoformat() if earliest else "",
        "discretion": list(asking.LATE_DISCRETION if late else _DISCRETION),
        "sender": {"name": sender.name, "address": sender.address},
        "received_on": case.received_at.isoformat(),
        "subject": case.subject,
        "text": text,
        "proposed_by": said_by,
        "reason": proposal.reason,
        "answers": [
            {"label": "Go on with it", "line": "#accept", "body": ""},
            {
                "label": "Decline",
                "line": f"#decline {ground} because ",
                "body": rules.call("Then, after an empty line, the reasons as the resident will read them.")
                + (_SAY_INSTEAD if not late and "instead" in rules.policy.refusal.contains else ""),
            },
        ],
        "goes_on": "Until you decide, the complaint goes on and its dates run.",
    }
    return orders.to_staff(rules.supervisor, Letter.PROPOSAL, Audience.SUPERVISOR, why, facts)


# ------------------------------------------------------------------ what people do


def decline(case: Case, event: StaffActed, rules: Rulebook) -> Decision:
    """A supervisor refuses the complaint (the stage that it came in by) or the request for stage 2, with the reasons
    in writing; a handler's #decline is put before the supervisor."""
    late = case.stage1 is not None and case.stage is not Stage.STAGE1_OPEN
    window = rules.policy.stage(2).window
    if late and case.stage is not Stage.STAGE2_OPEN and not asks_for_stage2(case):
        return no(
            case, f"Nobody asks for {rules.policy.stage(2).name} on this case: there is nothing to decline."
        )
    grounds = {e.ground: e for e in rules.policy.exclusions}
    known = [*grounds, *(["late"] if late and window else [])]
    ground = event.ground.replace(" ", "_").replace("-", "_")
    if ground not in known:
        return no(
            case,
            f"Say on which ground: {', '.join(known)}. Nobody is refused on any other (Code 2.2, 5.11). "
            f"Write #decline {known[0] if known else 'age'} because ... and the reasons below.",
        )
    exclusion = grounds.get(ground)
    clauses = exclusion.clauses if exclusion else window.clauses if window else ()
    kind = "non_escalation" if late else "exclusion"
    if "supervisor" not in roles_of(event, rules):
        return _propose(case, event, rules, kind, ground, clauses, exclusion)
    if unsaid := third_parties.silent_about(case, rules):
        return no(case, unsaid)
    reasons, instead = told(event)
    if not reasons:
        return no(
            case,
            "A refusal gives its reasons, which the resident reads: write them below the command, after an "
            "empty line.",
        )
    if not late and not instead and "instead" in rules.policy.refusal.contains:
        return no(
            case,
            "A refusal also says what will be done instead "
            f"({', '.join(rules.policy.refusal.clauses)}). Below the command, after an empty line, write the "
            "reasons, and in a paragraph of its own: Instead: our insurer writes to you this week",
        )
    proposal = Proposal(
        len(case.proposals) + 1,
        kind,
        ground,
        clauses,
        event.at,
        event.who,
        event.reason,
        event.at,
        "refused",
        event.who,
    )
    case = replace(
        case, proposals=(*_refused(case, event, kind, ground), proposal), last_landlord_word_at=event.at
    )
    if late:
        return _decline_stage2(case, event, rules, reasons, clauses)
    why = tuple(dict.fromkeys((*clauses, *rules.policy.refusal.clauses, *rules.policy.why("refused"))))
    record = case.current
    closed = replace(case, stage=Stage.CLOSED, closed_at=event.at, closed_because="refused")
    refusal = orders.to_resident(
        closed,
        rules,
        Letter.REFUSAL,
        why,
        {
            "handler": orders.card(rules.person(event.who), rules),
            "reasons": reasons,
            # a letter labels nobody: what they did is told in the reasons, by a person
            "ground": "" if ground == "behaviour" else words_of(ground),
            "instead": instead,
            "definition": record.definition if record else case.request_text,
        },
        answers=case.request_mail,
    )
    stopped = clocks.stop(*clocks.CLOCKS_OF_A_STAGE)
    sentence = (
        f"The complaint was refused ({words_of(ground)}); the {rules.policy.person_noun} was told why, and of the "
        "Ombudsman."
    )
    return yes(closed, event, rules, sentence, "refused", (refusal, *stopped), reasons, why)


def asks_for_stage2(case: Case) -> bool:
    """A mail that may ask for stage 2 waits for a person."""
    return any(question.default is Intent.ESCALATION_REQUEST for question in case.open_questions)


def told(event: StaffActed) -> tuple[str, str]:
    """The reasons of a refusal and what is done instead, as the resident will read them: the paragraph that begins
    with "Instead:", and the rest of the text, or what stands after "because" where there is no more."""
    instead = [found["what"].strip() for found in _INSTEAD.finditer(event.text)]
    reasons = _INSTEAD.sub("", event.text).strip()
    return reasons or event.reason.strip(), "\n\n".join(instead)


def _decline_stage2(
    case: Case, event: StaffActed, rules: Rulebook, reasons: str, clauses: tuple[str, ...]
) -> Decision:
    """The request for stage 2 is refused, and the resident may go to the Ombudsman. The case is again where it stood,
    with whoever had it there: the answer of stage 1 stands, or it is still owed."""
    stage2 = rules.policy.stage(2)
    why = tuple(
        dict.fromkeys(
            (
                *clauses,
                *stage2.decline_clauses,
                *rules.policy.refusal.clauses,
                *rules.policy.why("declined_stage2"),
            )
        )
    )
    asked = max((q.received_at or q.asked_at for q in case.open_questions), default=None)
    requested = case.stage2.requested_at if case.stage2 else asked or case.last_resident_word_at or event.at
    questions = case.open_questions
    case = asking.answer_all(case, event.at, f"{event.who}: declined")
    definition = case.stage2.definition if case.stage2 else case.stage1.definition if case.stage1 else ""
    timers: tuple[Effect, ...] = ()
    if case.stage is Stage.STAGE2_OPEN and case.stage1:
        back = Stage.STAGE1_RESPONDED if case.stage1.responded_at else Stage.STAGE1_OPEN
        case = replace(case, stage=back, stage2=None, handler=case.stage1.handler)
    if case.stage is Stage.STAGE1_RESPONDED:
        timers = clocks.silence_timers(case, rules)
    elif case.stage is Stage.STAGE1_OPEN:
        case, timers = stages.resume(case, rules, event.at)
    letter = orders.to_resident(
        case,
        rules,
        Letter.NON_ESCALATION,
        why,
        {
            "handler": orders.card(rules.person(event.who), rules),
            "reasons": reasons,
            "definition": definition,
            "requested_on": rules.day(requested).isoformat(),
        },
        answers=case.request_mail,
    )
    return yes(
        case,
        event,
        rules,
        f"{stage2.name} was declined; the {rules.policy.person_noun} was told why, and of the Ombudsman.",
        "declined_stage2",
        (
            letter,
            *(clocks.stop_sorting(q) for q in questions),
            *clocks.stop(*clocks.CLOCKS_OF_A_STAGE),
            *timers,
        ),
        reasons,
        why,
    )


def _propose(
    case: Case,
    event: StaffActed,
    rules: Rulebook,
    kind: str,
    ground: str,
    clauses: tuple[str, ...],
    exclusion: Exclusion | None,
) -> Decision:
    proposal = Proposal(len(case.proposals) + 1, kind, ground, clauses, event.at, event.who, event.reason)
    case = replace(case, proposals=(*case.proposals, proposal))
    person = rules.person(event.who)
    record = case.current
    text = event.text or (record.definition if record else case.request_text)
    mail = letter(case, proposal, rules, exclusion, text, person.name if person else event.who)
    sentence = f"Put before {rules.supervisor.name}, who decides. Until then the complaint goes on."
    return yes(case, event, rules, sentence, "exclusion_proposed", (mail,))


def accept(case: Case, event: StaffActed, rules: Rulebook) -> Decision:
    """Discretion was used: the proposals are settled and the complaint goes on."""
    grounds = tuple(p for p in case.open_proposals if p.kind in ("exclusion", "non_escalation"))
    if not grounds:
        return no(case, "Nothing on this case waits to be accepted or declined.")
    if "supervisor" not in roles_of(event, rules):
        return no(case, f"A supervisor decides on that: {rules.supervisor.name} has been asked.")
    told = ", ".join(words_of(p.ground) for p in grounds)
    case = replace(case, proposals=decided(case, grounds, event, "accepted"))
    return yes(case, event, rules, f"The complaint goes on ({told} weighed).", "exclusion_proposed")


def _refused(case: Case, event: StaffActed, kind: str, ground: str) -> tuple[Proposal, ...]:
    """The proposals after a refusal: the one of its ground is carried out. A refusal of the whole complaint leaves the
    others of its kind without a matter, and nobody has decided on them; one of stage 2 touches none but its own."""
    own = tuple(p for p in case.open_proposals if (p.kind, p.ground) == (kind, ground))
    proposals = decided(case, own, event, "refused")
    if kind != "exclusion":
        return proposals
    return tuple(
        replace(p, decided_at=event.at, decision="lapsed") if p.kind == kind and p.decided_at is None else p
        for p in proposals
    )


def decided(
    case: Case, which: tuple[Proposal, ...], event: StaffActed, decision: str
) -> tuple[Proposal, ...]:
    """All proposals of the case, with these decided on."""
    return tuple(
        replace(
            p, decided_at=event.at, decision=decision, decided_by=event.who, reason=p.reason or event.reason
        )
        if p in which
        else p
        for p in case.proposals
    )
