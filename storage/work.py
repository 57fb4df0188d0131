"""One unit of work: everything that happens between BEGIN and COMMIT, and above all `record`.

`record` writes a step whole: the case, its parties, its timers, its letters, its journal line and the number
of its reference. It never commits; `Store.begin` does, and a process that dies before leaves no trace.
Two who step the same case at once can't both win: the version that the step was decided on must still stand.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from sqlalchemy import bindparam, delete, insert, update

from mailbot.casework.vocabulary import (
    Bounced,
    CancelTimer,
    Case,
    DatesChanged,
    Event,
    LetterHeld,
    MailArrived,
    SetTimer,
    StaffActed,
    Timer,
    TimerFell,
)
from storage import codec, points, schema
from storage.burdens import Burdens
from storage.cases import _DROP, Cases
from storage.erasing import Erasing
from storage.housekeeping import Housekeeping
from storage.mails import Mails
from storage.outbox import Outbox
from storage.ready import Ready
from storage.rows import CaseChanged, SequenceMoved, Step
from storage.schema import cases, parties, sequences, timers
from storage.workers import Workers

_KINDS: dict[type[Event], str] = {
    MailArrived: "mail_arrived",
    TimerFell: "timer_fell",
    StaffActed: "staff_acted",
    Bounced: "bounced",
    DatesChanged: "dates_changed",
    LetterHeld: "letter_held",
}
_NEW_CASE = Ready(lambda dialect: schema.insert_if_new(dialect, cases))
_CHANGE_CASE = Ready(
    update(cases).where(
        cases.c.reference == bindparam("its_reference"), cases.c.version == bindparam("its_version")
    )
)
_TAKE_NUMBER = Ready(
    update(sequences)
    .where(sequences.c.name == bindparam("its_name"), sequences.c.next == bindparam("taken"))
    .values(next=sequences.c.next + 1)
)
_DROP_PARTIES = Ready(delete(parties).where(parties.c.reference == bindparam("its_reference")))
_ADD_PARTIES = Ready(insert(parties).inline())
_SET_TIMER = Ready(lambda dialect: schema.insert_or_change(dialect, timers, "due_at", "because"))


class Work(Mails, Cases, Burdens, Erasing, Outbox, Housekeeping, Workers):
    """Everything that can be asked of storage, and changed in it, within one transaction."""

    def record(self, step: Step) -> Case | None:
        """Write a step, all of it or nothing. Gives the case as it now stands, with its new version.

        A timer that fell is gone unless the decision sets it again. A mail that is merely filed (no case)
        leaves its journal line, and whatever letters the decision asked for.

        CaseChanged    the case was stepped by somebody else, or the new reference exists already
        SequenceMoved  the number in `step.serial` is not the next one any more
        """
        points.reached("record:start")
        # The chain before the case, as a note on the case does: who takes them in turns waits for nobody who waits.
        head = self._take_head(step.before.reference) if step.before else None
        if step.serial:
            self._take_number(*step.serial)
            points.reached("record:serial")
        after = self._write_case(step)
        reference = after.reference if after else step.before.reference if step.before else None
        if after:
            self._move_burden(step.before, after)
            points.reached("record:case")
            if step.before is None:
                self._add_parties(after)
            elif step.before.parties != after.parties:
                _DROP_PARTIES.change(self._connection, {"its_reference": after.reference})
                self._add_parties(after)
            points.reached("record:parties")
        if reference:
            self._write_timers(reference, step)
            points.reached("record:timers")
        self._add_letters(step.letters, step.at, reference)
        points.reached("record:letters")
        self._write_line(step, reference, after, head)
        points.reached("record:journal")
        return after

    def _take_number(self, name: str, number: int) -> None:
        if not _TAKE_NUMBER.change(self._connection, {"its_name": name, "taken": number}):
            raise SequenceMoved(f"{name}: {number} is not the next number")

    def _write_case(self, step: Step) -> Case | None:
        after, before = step.decision.case, step.before
        if after is None:
            return None
        if before is not None and before.reference != after.reference:
            raise ValueError(f"a step can't turn {before.reference} into {after.reference}")
        after = dataclasses.replace(after, version=(before.version if before else 0) + 1)
        row = _case_row(after)
        if before is None:
            written = _NEW_CASE.change(self._connection, {"reference": after.reference, **row})
        else:
            old = {"its_reference": before.reference, "its_version": before.version}
            written = _CHANGE_CASE.change(self._connection, {**row, **old})
        if not written:
            raise CaseChanged(after.reference)
        return after

    def _add_parties(self, case: Case) -> None:
        # The same address twice is one party to look up; the case itself keeps both entries.
        unique = {party.address.lower(): party for party in reversed(case.parties)}
        _ADD_PARTIES.change_all(
            self._connection,
            [
                {
                    "reference": case.reference,
                    "address": address,
                    "name": party.name,
                    "role": party.role.value,
                }
                for address, party in unique.items()
            ],
        )

    def _write_timers(self, reference: str, step: Step) -> None:
        wanted: dict[tuple[Timer, str], SetTimer | None] = {}
        if isinstance(step.event, TimerFell):
            wanted[step.event.timer, step.event.subject] = None
        for effect in step.decision.effects:
            if isinstance(effect, SetTimer):
                wanted[effect.timer, effect.subject] = effect
            elif isinstance(effect, CancelTimer):
                wanted[effect.timer, effect.subject] = None
        gone = [
            {"its_reference": reference, "its_timer": timer.value, "its_subject": subject}
            for (timer, subject), order in wanted.items()
            if order is None
        ]
        kept = [
            {
                "reference": reference,
                "timer": order.timer.value,
                "subject": order.subject,
                "due_at": order.due_at,
                "because": codec.write_words(order.because),
            }
            for order in wanted.values()
            if order is not None
        ]
        if step.before:  # a case that is just opened has none to forget
            _DROP.change_all(self._connection, gone)
        _SET_TIMER.change_all(self._connection, kept)

    def _write_line(
        self, step: Step, reference: str | None, after: Case | None, head: tuple[str, int, str, int] | None
    ) -> None:
        self._add_line(
            {
                "at": step.at,
                "reference": reference,
                "who": step.who,
                "kind": _KINDS[type(step.event)],
                "mail": step.mail,
                "summary": step.decision.summary,
                "because": codec.write_words(step.decision.because),
                "event": codec.write_event(step.event),
                "effects": codec.write_effects(step.decision.effects),
                "version": after.version if after else None,
                "proof": None,
            },
            head,
        )


def _case_row(case: Case) -> dict[str, Any]:
    return {
        "version": case.version,
        "policy": case.policy,
        "mailbox": case.mailbox,
        "stage": case.stage.value,
        "handler": case.handler,
        "resident": case.resident.address if case.parties else "",
        "subject": case.subject,
        "received_at": case.received_at,
        "closed_at": case.closed_at,
        "body": codec.write_case(case),
    }
