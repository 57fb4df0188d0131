"""#release and #discard: a person says whether a letter goes that waits for their word (House 48)."""

from __future__ import annotations

from dataclasses import replace

from mailbot.casework import on_staff, orders, stages
from mailbot.casework.acts import no, yes
from mailbot.casework.rulebook import Rulebook
from mailbot.casework.vocabulary import (
    CancelTimer,
    Case,
    Decision,
    HeldLetter,
    StaffActed,
    Stage,
    Timer,
)
from mailbot.casework.withholding import name_of_letter


def release(case: Case, event: StaffActed, rules: Rulebook) -> Decision:
    """The letter goes, now and as it was shown. An acknowledgement is written with today's dates."""
    if _means_the_acknowledgement(case, event):
        return on_staff.confirm(case, replace(event, words=""), rules)
    held = _chosen(case, event, "#release")
    if isinstance(held, str):
        return no(case, held)
    case = _without(case, held)
    return yes(
        case,
        event,
        rules,
        f"The {name_of_letter(held.order.letter)} was sent to {held.order.to}.",
        "by_hand",
        (replace(held.order, released=True), _stopped(held)),
    )


def discard(case: Case, event: StaffActed, rules: Rulebook) -> Decision:
    """The letter does not go. An acknowledgement stays due until somebody says that it was given in another way."""
    reason = (event.reason or "").strip()
    if _means_the_acknowledgement(case, event):
        record = case.current
        assert record is not None
        if not reason:
            return no(
                case,
                "Say why it does not go: #discard acknowledgement because I am visiting her today. If you have "
                "acknowledged it yourself, write #acknowledge by post (or by email, by letter, by hand).",
            )
        case = stages.with_record(case, replace(record, by_hand="withheld"))
        last = orders.iso(record.acknowledge.outer)
        sentence = (
            f"The acknowledgement is not sent: {reason}. It stays due by {last}, and you are reminded until you write "
            "#acknowledge by post (or by email, by hand), or #acknowledge to send it after all."
        )
        return yes(case, event, rules, sentence, "by_hand")
    held = _chosen(case, event, "#discard")
    if isinstance(held, str):
        return no(case, held)
    why = f": {reason}" if reason else ""
    sentence = f"The {name_of_letter(held.order.letter)} to {held.order.to} is not sent{why}."
    return yes(_without(case, held), event, rules, sentence, "by_hand", (_stopped(held),))


def _means_the_acknowledgement(case: Case, event: StaffActed) -> bool:
    """The acknowledgement waits, and is named or is all that waits."""
    record = case.current
    is_open = case.stage in (Stage.STAGE1_OPEN, Stage.STAGE2_OPEN)
    waits = is_open and record is not None and record.acknowledged_at is None and bool(record.by_hand)
    named = event.words.strip().lower().startswith("ack")
    return waits and event.number is None and (named or not case.unsent)


def _chosen(case: Case, event: StaffActed, command: str) -> HeldLetter | str:
    """The letter that is meant, or why none can be told."""
    if not case.unsent:
        return "No letter of this case waits for your word: somebody has decided, or it has gone."
    if event.number is None and len(case.unsent) == 1 and not event.words.strip().lower().startswith("ack"):
        return case.unsent[0]
    found = next((h for h in case.unsent if h.number == event.number), None)
    if found is not None:
        return found
    listed = ", ".join(f"{command} {h.number} ({name_of_letter(h.order.letter)})" for h in case.unsent)
    return f"Say which letter: {listed}."


def _without(case: Case, held: HeldLetter) -> Case:
    return replace(case, unsent=tuple(h for h in case.unsent if h is not held))


def _stopped(held: HeldLetter) -> CancelTimer:
    return CancelTimer(Timer.RELEASE, subject=str(held.number))
