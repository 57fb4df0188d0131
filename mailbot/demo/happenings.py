"""What happened, one thing at a time: the timeline prints it, the index page lists it, the checks count it.

A happening is a mail that arrived, a colleague's act, a timer that fell or a morning's digest, together with
the letters that it caused. All of it is taken from what the service's own turn reports.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from mailbot.attended import Attended
from mailbot.casework.orders import FLAG_WORDS
from mailbot.casework.vocabulary import Audience, Flag, Intent, Letter, Verdict
from mailbot.daemon import Turn
from mailbot.demo.cast import name_of
from mailbot.sending import Sent

ISO_DATE = re.compile(r"\b(20\d\d)-(\d\d)-(\d\d)\b")


class Kind(StrEnum):
    """What sort of thing it is; the value is the word that the timeline prints for it."""

    ARRIVED = "arrived"
    MACHINE = "machine"
    ASIDE = "set aside"
    STAFF = "staff"
    REFUSED = "refused"
    CLOCK = "clock"
    DIGEST = "digest"


class Outcome(StrEnum):
    """What came of it."""

    OPENED = "opened"
    MOVED = "moved on"
    ASKED = "asked"
    PASSED = "passed on"
    CHASED = "chased"
    CLOSED = "closed"
    REOPENED = "reopened"
    FILED = "filed"
    REMINDED = "reminded"
    ACTED = "done"


@dataclass(frozen=True)
class Out:
    """A letter that went out, or did not."""

    id: int
    letter: Letter
    to: str
    audience: Audience
    subject: str
    sent: bool
    because: tuple[str, ...]

    @property
    def words(self) -> str:
        return {
            Letter.CASE_ASSIGNED: "case",
            Letter.CASE_MAIL: "copy",
            Letter.SERVICE_REQUEST_RECEIPT: "receipt",
            Letter.COMMAND_REFUSED: "what to write instead",
            Letter.HANDLER_REPLY: "reply",
            Letter.EXTENSION_NOTICE: "extension",
        }.get(self.letter, self.letter.value.replace("_", " "))


@dataclass(frozen=True)
class Happening:
    at: dt.datetime
    kind: Kind
    who: str
    subject: str = ""
    reference: str = ""
    taken_for: str = ""
    sure: int = 0  # percent, 0 where nothing was classified
    why: tuple[str, ...] = ()
    flags: tuple[Flag, ...] = ()
    outcome: Outcome = Outcome.ACTED
    decided: str = ""
    because: tuple[str, ...] = ()
    how_found: str = ""
    letters: tuple[Out, ...] = ()
    mail: str = ""

    @property
    def alarms(self) -> tuple[Out, ...]:
        return tuple(out for out in self.letters if out.letter is Letter.ALERT)


def happenings_of(turn: Turn, at: dt.datetime, text_of: Callable[[str], str]) -> list[Happening]:
    """What a turn did, in order. `text_of` gives the first words of a mail by its id: of a colleague's commands
    the timeline shows what was typed."""
    letters = [out_of(sent) for sent in turn.sent]
    references = [sent.letter.reference or "" for sent in turn.sent]
    left = list(zip(references, letters, strict=True))

    def take(reference: str, fits: Callable[[Out], bool] = lambda out: True) -> tuple[Out, ...]:
        found = [pair for pair in left if pair[0] == reference and fits(pair[1])]
        for pair in found:
            left.remove(pair)
        return tuple(out for _, out in found)

    found: list[Happening] = []
    if turn.digests:
        digests = take("", lambda out: out.letter is Letter.DIGEST)
        headline = digests[0].subject if digests else ""
        found.append(Happening(at, Kind.DIGEST, "", headline, letters=digests))
    for attended in turn.attended:
        found.append(from_mail(attended, at, take(attended.reference or ""), text_of))
    for reference, decision in turn.fell:
        if "nothing left to do" in decision.summary:
            continue
        after = decision.case
        outcome = outcome_of(decision.summary)
        decided = tidy(decision.summary)
        if outcome in (Outcome.OPENED, Outcome.MOVED):
            decided = f"{decided.removesuffix('.')}, as nobody said what the mail is"
        found.append(
            Happening(
                at,
                Kind.CLOCK,
                "",
                after.subject if after else "",
                reference,
                outcome=outcome,
                decided=decided,
                because=decision.because,
                letters=take(reference),
            )
        )
    rest = tuple(out for _, out in left)
    if rest and found:  # a mail that was moved to another case takes its letters along
        found[-1] = replace(found[-1], letters=(*found[-1].letters, *rest))
    elif rest:
        found.append(Happening(at, Kind.CLOCK, "", "", decided="Sent what waited.", letters=rest))
    return found


def from_mail(
    attended: Attended,
    at: dt.datetime,
    letters: tuple[Out, ...],
    text_of: Callable[[str], str],
) -> Happening:
    verdict = attended.verdict
    kind = kind_of(attended)
    who = name_of(attended.sender) if attended.sender else "(no sender)"
    subject = attended.subject
    if kind in (Kind.STAFF, Kind.REFUSED):
        subject = text_of(attended.mail)
    decided = tidy(attended.summary.removeprefix(f"{who}: "))
    if attended.disposition == "same mail by another way":
        decided = "The same mail by another way: kept once, worked on once."
    return Happening(
        at=at,
        kind=kind,
        who=who,
        subject=subject,
        reference=attended.reference or "",
        taken_for=words_for(verdict, attended),
        sure=round(100 * verdict.confidence) if verdict and verdict.readings else 0,
        why=reasons_of(verdict),
        flags=tuple(raised.flag for raised in verdict.flags) if verdict else (),
        outcome=outcome_of(decided, attended),
        decided=decided,
        because=attended.because,
        how_found=attended.how_found,
        letters=letters,
        mail=attended.mail,
    )


def kind_of(attended: Attended) -> Kind:
    match attended.disposition:
        case "automatic" | "our own letter" | "same mail by another way":
            return Kind.MACHINE
        case "quarantined" | "to be tried again":
            return Kind.ASIDE
        case "staff act refused":
            return Kind.REFUSED
        case "staff act":
            return Kind.STAFF
        case _:
            return Kind.ARRIVED


def outcome_of(summary: str, attended: Attended | None = None) -> Outcome:
    """The one word for a decision, told by the sentence that the decision gave itself."""
    beginnings = (
        (("Opened", "Recorded as a service", "It is "), Outcome.OPENED),
        (("Escalated", "The service request became", "The resident makes it"), Outcome.MOVED),
        (("Asked to escalate",), Outcome.PASSED),
        (("What is this", "Not clear", "Asked"), Outcome.ASKED),
        (("Chased", "Not closed: the last word is"), Outcome.CHASED),
        (("Reminded",), Outcome.REMINDED),
        (("Closed",), Outcome.CLOSED),
        (("Reopened", "The resident wrote again"), Outcome.REOPENED),
        (("Filed", "From an address", "The same mail"), Outcome.FILED),
    )
    for words, outcome in beginnings:
        if summary.startswith(words):
            return outcome
    if attended is not None and attended.disposition == "step":
        return Outcome.PASSED
    return Outcome.ACTED


def words_for(verdict: Verdict | None, attended: Attended) -> str:
    if verdict is None:
        return ""
    words = {
        Intent.NEW_COMPLAINT: "complaint",
        Intent.SERVICE_REQUEST: "service request",
        Intent.ESCALATION_REQUEST: "escalation",
        Intent.REPLY: "reply",
        Intent.OTHER: "other",
        Intent.UNSURE: "unsure",
    }[verdict.intent]
    if verdict.intent is Intent.REPLY and verdict.reply_kind:
        words = f"reply ({verdict.reply_kind.value.replace('_', ' ')})"
    if verdict.intent is Intent.UNSURE and verdict.readings:
        guess = words_for(Verdict(verdict.readings[0].intent), attended)
        words = f"unsure, perhaps {guess}"
    return words


def reasons_of(verdict: Verdict | None) -> tuple[str, ...]:
    if verdict is None:
        return ()
    return tuple(
        dict.fromkeys((*verdict.reasons, *(verdict.readings[0].reasons if verdict.readings else ())))
    )


def flag_words(flags: tuple[Flag, ...]) -> str:
    return ", ".join(
        FLAG_WORDS[flag].lower() if flag is not Flag.MP_OR_COUNCILLOR else "MP" for flag in flags
    )


def out_of(sent: Sent) -> Out:
    order = sent.letter.order
    return Out(
        sent.letter.id,
        order.letter,
        order.to,
        order.audience,
        str(order.facts.get("headline") or headline(order.facts.get("headline_lines"))),
        sent.outcome is not None and sent.outcome.value == "accepted",
        order.because,
    )


def headline(lines: object) -> str:
    return " ".join(str(line) for line in lines) if isinstance(lines, list) else ""


def tidy(sentence: str) -> str:
    """Dates as people read them."""

    def plain(found: re.Match[str]) -> str:
        day = dt.date(int(found[1]), int(found[2]), int(found[3]))
        return f"{day.day} {day:%B}"

    sentence = re.sub(
        r"^Automatic mail \((\w+)\): filed, told by ", r"Filed, no answer to a machine (\1): ", sentence
    )
    return " ".join(ISO_DATE.sub(plain, sentence).split())


def cite(clauses: tuple[str, ...], most: int = 4) -> str:
    """ "Code 1.2, Code 6.2, House 1" as "Code 1.2, 6.2; House 1"; the rest beyond `most` is counted."""
    if len(clauses) > most + 1:
        return f"{cite(clauses[:most], most)} +{len(clauses) - most}"
    groups: dict[str, list[str]] = {}
    for clause in clauses:
        name, space, number = clause.partition(" ")
        if not space or name not in ("Code", "House"):
            name, number = "", clause
        groups.setdefault(name, []).append(number)
    return "; ".join(f"{name} {', '.join(numbers)}".strip() for name, numbers in groups.items())
