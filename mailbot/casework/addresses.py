"""Somebody writes on a case from an address that it does not know: a partner's, a new one, a stranger's.

Promises: nothing of a case goes to such an address, and nothing that came from it moves the case, before the resident
has said at the address that we know that it is theirs, or a member of staff has. Who is asked reads the address and
nothing of what was written from it. Where asking might tell a resident who has spoken to us about them, nobody is
asked and a person decides. What came from there counts, once it is theirs, from the day on which it came (House 44).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Final, TypeAlias

from mailbot.casework import orders
from mailbot.casework.acts import no, yes
from mailbot.casework.rulebook import Rulebook
from mailbot.casework.vocabulary import (
    Audience,
    Case,
    Claim,
    Decision,
    Effect,
    Flag,
    Intent,
    Letter,
    MailArrived,
    Party,
    Role,
    SendLetter,
    StaffActed,
)

Step: TypeAlias = Callable[[Case, MailArrived, Rulebook], Decision]

MOST_ASKED: Final = 3
"""Addresses about which one resident is asked by themselves; beyond it somebody plays with the reference."""
MOST_KEPT: Final = 10
"""Mails from one such address that are kept to be read later; all of them are filed and shown."""
LONGEST_KEPT: Final = 20_000  # characters of each
_PLAIN: Final = re.compile(r"[a-z0-9][a-z0-9._%+'-]{0,63}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,5}")
"""An address that a letter can name without saying something else by it."""
_NOT_ASKED_ABOUT: Final = (
    Flag.SAFEGUARDING,
    Flag.REPRESENTATIVE,
    Flag.MP_OR_COUNCILLOR,
    Flag.LEGAL_ACTION,
    Flag.LEGAL_PROCEEDINGS_ISSUED,
    Flag.OMBUDSMAN,
)
"""Who writes of these may be somebody else than the resident, and the resident must not hear it from us."""
TO_STAFF: Final = frozenset(
    letter.value
    for letter in (
        *(Letter.CASE_ASSIGNED, Letter.CASE_MAIL, Letter.CONFIRM_ACKNOWLEDGEMENT, Letter.CHASER),
        *(
            Letter.COMMAND_DONE,
            Letter.COMMAND_REFUSED,
            Letter.CONFIRM_ACT,
            Letter.APPROVAL_REQUEST,
            Letter.ROUTED,
        ),
        *(
            Letter.QUESTION,
            Letter.PROPOSAL,
            Letter.ALERT,
            Letter.DIGEST,
            Letter.REPORT,
            Letter.QUALITY_SAMPLE,
        ),
    )
)
ONE_ADDRESS: Final = (Letter.ADDRESS_REQUEST, Letter.SURVEY)
"""Letters that go to the address that we know, and to no further one."""


# ------------------------------------------------------------------ a mail from such an address


def claimed(case: Case, event: MailArrived, rules: Rulebook) -> tuple[Case, tuple[Effect, ...], str]:
    """The case with what came kept to be read later, the question to the resident where it may be asked (once an
    address), and a sentence for whoever has the case."""
    address = event.sender.address
    if case.is_party(address):
        return case, (), "You decide."
    known = next((c for c in case.claims if c.address == address), None)
    if known is None and (why_not := _not_asked(case, event, rules)):
        case = _with(case, Claim(address, event.sender.name, event.received_at, mails=(_kept(event),)))
        return case, (), f"The resident was not asked about it: {why_not}. You decide."
    claim = known or Claim(address, event.sender.name, event.received_at, event.at)
    case = _with(case, replace(claim, mails=(*claim.mails, _kept(event))[-MOST_KEPT:]))
    if known is None:
        return (
            case,
            (_question(case, address, event, rules),),
            "The resident has been asked whether it is theirs.",
        )
    if known.answer == "no":
        return case, (), "The resident said that it is not theirs."
    asked = "The resident was asked about it and has not answered yet." if known.asked_at else "You decide."
    return case, (), asked


def _not_asked(case: Case, event: MailArrived, rules: Rulebook) -> str:
    """Why the resident is not asked about this address by itself; "" where they are."""
    address = event.sender.address
    domain = address.rpartition("@")[2]
    if event.answers in TO_STAFF or rules.is_ours(address) or domain in rules.domains:
        return "it looks like one of the landlord's, or answers a mail that only staff got"
    if not case.knows_resident or not case.resident.address or case.resident.address in case.unreachable:
        return "there is no address of theirs that they can be asked at"
    if case.restricted or any(event.verdict.has(flag) for flag in _NOT_ASKED_ABOUT):
        return "it may come from somebody of whom the resident should not hear"
    if event.verdict.intent is Intent.OTHER:
        return "it seems to be no word of theirs"
    if not _PLAIN.fullmatch(address):
        return "the address is an odd one"
    if sum(claim.asked_at is not None for claim in case.claims) >= MOST_ASKED:
        return f"they were asked about {MOST_ASKED} addresses already"
    return ""


def _kept(event: MailArrived) -> MailArrived:
    return replace(event, text=event.text[:LONGEST_KEPT], history="", told=True, trusted=True)


def _with(case: Case, claim: Claim) -> Case:
    others = tuple(c for c in case.claims if c.address != claim.address)
    return replace(case, claims=(*others, claim))


def _question(
    case: Case, address: str, event: MailArrived | None, rules: Rulebook, added: bool = False
) -> SendLetter:
    return orders.to_resident(
        case,
        rules,
        Letter.ADDRESS_REQUEST,
        rules.policy.why("second_address"),
        {
            "address": address,
            "received_on": rules.day(event.received_at).isoformat() if event else "",
            "added": added,
            "handler": orders.card(rules.person(case.handler), rules),
        },
    )


# ------------------------------------------------------------------ the resident's answer

_GREETING: Final = re.compile(
    r"\W*(?:hi|hello|dear|good (?:morning|afternoon|evening))\b[^.!?\n]{0,40}\n", re.I
)
_YES: Final = re.compile(
    r"\W*(?:yes|yeah|yep|yup|correct|confirmed|i (?:can )?confirm|i agree|agreed|that(?: i|')s (?:me|mine|right|"
    r"correct|fine|ok(?:ay)?)|it(?: i|')s (?:me|mine|my)|ok(?:ay)?|please do)\b",
    re.I,
)
_NO: Final = re.compile(
    r"\W*(?:no|nope|never|not (?:me|mine)|that(?: i|')s not|it(?: i|')s not|that isn'?t|it isn'?t|"
    r"i (?:do not|don'?t)|do not|don'?t|please (?:do not|don'?t))\b",
    re.I,
)
_BUT: Final = re.compile(r"\b(?:not|no|never|don'?t|isn'?t|but|unless|except|only)\b", re.I)


def yes_or_no(text: str) -> str:
    """What a plain answer says: "yes", "no", or "" where a person must read it. A yes with a condition is none."""
    said = _GREETING.sub("", text.replace("\u2019", "'").strip() + "\n", count=1).strip()
    if _NO.match(said):
        return "no"
    if found := _YES.match(said):
        first = re.split(r"[.!?\n]", said[found.end() :], maxsplit=1)[0]
        return "" if _BUT.search(first) else "yes"
    return ""


def answered(case: Case, event: MailArrived, rules: Rulebook, usual: Decision | None, step: Step) -> Decision:
    """What the resident says of an address, at the one that we know, in answer to our question. `usual`: what else
    their mail brings about, None where it says nothing else."""
    claim = next((c for c in case.claims if c.address == event.answers_about), None)
    if claim is None:
        claim = Claim(event.answers_about, "", event.received_at)
    said = yes_or_no(event.text)
    why = rules.policy.why("second_address")
    if not said or not event.vouched:
        unclear = (
            "could not be read as yes or no" if event.vouched else "is not vouched for by the mail server"
        )
        return _told(
            usual or Decision(case),
            event,
            rules,
            f"Their answer about {claim.address} {unclear}: nothing goes there. If they agree, write #resident "
            f"{claim.address} and their name.",
            f"An answer about another address that {unclear}: a person decides.",
        )
    decision = usual or Decision(case)
    after = decision.case
    assert after is not None
    claim = replace(claim, answer=said, answered_at=event.at)
    if said == "no":
        after = _without(_with(after, claim), claim.address)
        return _told(
            replace(decision, case=after),
            event,
            rules,
            f"The resident says that {claim.address} is not theirs: nothing goes there.",
            "The resident says that an address is not theirs: nothing goes there.",
        )
    after = _added(_with(after, replace(claim, mails=())), claim.address, claim.name)
    told = _told(
        replace(decision, case=after),
        event,
        rules,
        f"The resident says that {claim.address} is theirs: letters go there as well, and what came from there "
        "counts as theirs.",
        "The resident confirms another address of theirs.",
    )
    read = read_as_theirs(told, claim.mails, event, rules, step)
    return replace(read, because=tuple(dict.fromkeys((*read.because, *why))))


def _told(decision: Decision, event: MailArrived, rules: Rulebook, warning: str, summary: str) -> Decision:
    """The decision with a word to whoever has the case; the resident's mail is shown once."""
    case = decision.case
    assert case is not None
    why = rules.policy.why("second_address")
    warning = rules.call(warning)
    shown = [e for e in decision.effects if isinstance(e, SendLetter) and e.letter is Letter.CASE_MAIL]
    if shown:
        effects = tuple(
            replace(e, facts={**e.facts, "warning": warning}) if e is shown[0] else e
            for e in decision.effects
        )
    else:
        effects = (*decision.effects, *orders.case_mail(case, rules, event, why, warning=warning))
    summary = " ".join(s for s in (decision.summary, summary) if s)
    because = tuple(dict.fromkeys((*decision.because, *why)))
    return replace(decision, effects=effects, summary=summary, because=because)


def read_as_theirs(
    decision: Decision,
    mails: tuple[MailArrived, ...],
    event: MailArrived | StaffActed,
    rules: Rulebook,
    step: Step,
) -> Decision:
    """The decision, and after it what the kept mails bring about now that they are the resident's, each from the day
    on which it came. One that opens a case of its own is the last that is taken so; a person has them all."""
    for mail in mails:
        case = decision.case
        if case is None or decision.opens is not None:
            break
        sender = next((p for p in case.parties if p.address == mail.sender.address), mail.sender)
        followed = step(case, replace(mail, at=event.at, sender=sender), rules)
        decision = replace(
            decision,
            case=followed.case,
            effects=(*decision.effects, *followed.effects),
            summary=f"{decision.summary} {followed.summary}".strip(),
            because=tuple(dict.fromkeys((*decision.because, *followed.because))),
            opens=followed.opens,
            links=decision.links or followed.links,
        )
    return decision


# ------------------------------------------------------------------ parties


def _added(case: Case, address: str, name: str) -> Case:
    if case.is_party(address):
        return case
    further = Party(address.lower(), name or case.resident.name, Role.RESIDENT)
    return replace(case, parties=(*case.parties, further))


def _without(case: Case, address: str) -> Case:
    """The case without this further address; the one that we know stays whatever somebody says of it."""
    kept = tuple(p for p in case.parties if p.address != address or p not in case.further_addresses)
    return replace(case, parties=kept)


def with_copies(case: Case | None, effects: tuple[Effect, ...]) -> tuple[Effect, ...]:
    """The orders, each letter to the resident also to their further addresses that can be reached."""
    further = [p for p in case.further_addresses if p.address not in case.unreachable] if case else []
    if case is None or not further:
        return effects
    told: list[Effect] = []
    for effect in effects:
        told.append(effect)
        if (
            isinstance(effect, SendLetter)
            and effect.audience is Audience.RESIDENT
            and effect.to == case.resident.address
            and effect.letter not in ONE_ADDRESS
        ):
            told += [replace(effect, to=party.address) for party in further]
    return tuple(told)


# ------------------------------------------------------------------ what people do


def set_address(case: Case, event: StaffActed, rules: Rulebook, step: Step) -> Decision:
    """#resident on a case whose resident we know: a further address of theirs, the first where there is none that
    reaches them, or (`without`) one that nothing goes to any more."""
    address, noun = event.address.lower(), rules.policy.person_noun
    resident = case.resident
    if event.reason == "without":
        if not any(p.address == address for p in case.further_addresses):
            return no(case, f"{address} is no further address of the {noun}'s on this case.")
        claim = next((c for c in case.claims if c.address == address), Claim(address, "", event.at))
        case = _without(_with(case, replace(claim, answer="no", answered_at=event.at)), address)
        return yes(case, event, rules, f"Nothing goes to {address} any more.", "second_address")
    if case.stakeholder and address == resident.address:
        case = replace(case, stakeholder=False)
        return yes(
            case,
            event,
            rules,
            f"They are a {noun}: letters name the Ombudsman from now on.",
            "second_address",
        )
    if address == resident.address or any(p.address == address for p in case.further_addresses):
        return no(case, f"{address} is an address of the {noun}'s on this case already.")
    claim = next((c for c in case.claims if c.address == address), Claim(address, "", event.at))
    case = _with(case, replace(claim, answer="yes", answered_at=event.at, mails=()))
    name = event.words.strip() or resident.name
    others = tuple(p for p in case.parties if p.address != address)
    effects: tuple[Effect, ...] = ()
    if not resident.address or resident.address in case.unreachable:
        kept = tuple(p for p in others if p.address)
        case = replace(case, parties=(Party(address, name, Role.RESIDENT), *kept))
        sentence = f"Letters go to {address} from now on: no other address reaches the {noun}."
    else:
        case = replace(case, parties=(*others, Party(address, name, Role.RESIDENT)))
        effects = (_question(case, address, None, rules, added=True),)
        told = f"The {noun} was told so at {resident.address}, and may say no."
        sentence = f"Letters go to {address} as well from now on. {told}"
    done = yes(case, event, rules, sentence, "second_address", effects)
    return read_as_theirs(done, claim.mails, event, rules, step)
