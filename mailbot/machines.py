"""Mail from machines: what a bounce, an out-of-office notice or a receipt changes. Works inside the service's
transaction.

Never a stage, never a date, and none of them gets an answer. A bounce that is tied to a letter of ours (by the
letter's Message-ID or by a keyed token, both of which only a holder of that letter knows) tells its case that the
person was not reached, and holds back what would go to that address next; any other bounce is a claim, and is noted.
An out-of-office notice of staff offers to hand their case on; a resident's is filed and is no contact. What a website's
form passes on for somebody is no machine's word: it is put to a person.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from classifiers.words import definition, outcome_sought
from mailbot.attended import Attended
from mailbot.casework import orders
from mailbot.casework.allocation import first_there, open_weights
from mailbot.casework.vocabulary import (
    Audience,
    Bounced,
    Case,
    Flag,
    Intent,
    MailArrived,
    Party,
    Person,
    Stage,
)
from mailbot.floods import is_flood
from mailbot.postroom import tokens
from mailbot.postroom.files import came_along
from mailbot.postroom.reading import Mail
from mailbot.postroom.screening import TAKES_NO_ANSWERS, Screening
from mailbot.postroom.trust import authenticate
from mailbot.sending import may_tell, pause
from mailbot.setaside import Cause
from storage.rows import LetterRow, MailRow
from storage.work import Work

if TYPE_CHECKING:
    from mailbot.service import Service

FULL_FOR = dt.timedelta(days=1)
"""How long nothing goes to an address whose mailbox is full or whose server asks to come back later."""
GUARDED: Final = (Intent.NEW_COMPLAINT, Intent.ESCALATION_REQUEST)
"""What a mail from a form may be, for a person to be asked where that is not clear."""
FORM: Final = "web form"
LOOKED_THROUGH = 200_000
"""Characters of a bounce in which a token of ours is looked for."""


class MachineDesk:
    """Takes what screening says no person wrote."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def receive(self, work: Work, row: MailRow, mail: Mail, screening: Screening) -> Attended:
        service = self._service
        if asked := self._from_a_form(work, row, mail, screening):
            return asked
        letter = self._letter_of(work, mail, screening)
        reference = letter.reference if letter else None
        told = f" ({screening.header})" if screening.header else ""
        summary = f"Automatic mail ({screening.automatic}): filed, told by {screening.rule}{told}."
        if screening.automatic == "bounce":
            summary = self._bounced(work, row, screening, letter) or summary
        elif screening.automatic == "vacation" and mail.sender is not None:
            person = service.person_at(mail.sender.address)
            if person is not None:
                self._away(work, row, mail, person, letter)
        if reference or screening.automatic == "bounce":
            work.note(service.clock.now(), "mailbot", "automatic", summary, reference=reference, mail=row.id)
        automatic = screening.automatic or "other"
        return service.settled(work, row, mail, "automatic", reference, automatic=automatic, summary=summary)

    def _letter_of(self, work: Work, mail: Mail, screening: Screening) -> LetterRow | None:
        """The letter of ours that this answers or returns: by Message-ID, else by a whole keyed token."""
        ids = [i for i in (screening.original_message_id, *screening.letter_ids) if i]
        ids = ids or [*mail.in_reply_to, *reversed(mail.references)]
        known = {letter.message_id: letter for letter in work.letters_by_message_id(ids)}
        found = next((known[i] for i in ids if i in known), None)
        if found is not None or screening.automatic != "bounce":
            return found
        written = " ".join((*mail.delivered_to, mail.whole_text[:LOOKED_THROUGH]))
        for nonce, token in tokens.pairs_in(written):
            letter = work.letter_by_nonce(nonce)
            if letter is not None and self._service.outbox.opens(letter, nonce, token):
                return letter
        return None

    # ---------------------------------------------------------- forms

    def _from_a_form(self, work: Work, row: MailRow, mail: Mail, screening: Screening) -> Attended | None:
        """What a form on a website passes on for somebody comes from an address that takes no answers. Where it may be
        a complaint or a request, it is put to a person and counts from its day; its case knows no address until
        somebody writes #resident, and nothing goes to the form's."""
        service = self._service
        if screening.rule != TAKES_NO_ANSWERS or mail.sender is None or mail.is_reply or row.truncated:
            return None
        if (gap := service.gap_of(row.received_at)) and not gap.takes_in:
            return None
        verdict = service.read_as_new(mail)
        likeliest = verdict.readings[0].intent if verdict.readings else verdict.intent
        wants = verdict.intent not in (Intent.OTHER, Intent.UNSURE) or likeliest in GUARDED
        if not wants or Flag.COMPLIMENT in {raised.flag for raised in verdict.flags}:
            return None
        now, box = service.clock.now(), service.box(row.mailbox, None)
        if row.cause_code != Cause.FLOOD and is_flood(
            work, mail.sender.address, service.settings.limits, now, False
        ):
            flood = f"{mail.sender.address} sent more mails in an hour than one place may"
            return service.quarantined(work, row, mail, Cause.FLOOD, flood)
        name = f"{mail.sender.name} ({mail.sender.address})" if mail.sender.name else mail.sender.address
        event = MailArrived(
            at=now,
            received_at=row.received_at,
            mail=row.id,
            sender=Party("", name),
            subject=mail.subject,
            text=mail.text,
            verdict=replace(verdict, intent=Intent.UNSURE, reasons=("a form or a program sent it",)),
            attachments=came_along(mail, mail.text, service.settings.forward_dangerous_files),
            definition=definition(mail.text),
            outcome_sought=outcome_sought(mail.text),
            vouched=True,
            channel=FORM,
        )
        after, decision = service.step(work, None, event, box, who=mail.sender.address)
        reference = after.reference if after else None
        return service.settled(
            work,
            row,
            mail,
            "step",
            reference,
            verdict=verdict,
            summary=decision.summary,
            because=decision.because,
        )

    # ---------------------------------------------------------- bounces

    def _bounced(self, work: Work, row: MailRow, screening: Screening, letter: LetterRow | None) -> str:
        """What the bounce of a letter changes; the sentence for the journal, "" where it is merely filed."""
        service = self._service
        if screening.delayed:
            return (
                "A letter is delayed; its delivery is still tried, so nothing is done yet." if letter else ""
            )
        if letter is None:
            return "A report of a letter that came back names none of ours: noted, and nothing is done."
        if screening.failed_recipients and letter.order.to not in screening.failed_recipients:
            return "A report names somebody to whom that letter was not sent: noted, and nothing is done."
        if screening.rule.startswith("delivery report") and not screening.failed_recipients:
            return "A report tells of no failure: noted."
        if letter.order.audience is not Audience.RESIDENT:
            service.outbox.undelivered(work, letter, screening.diagnostic)
            return ""
        now = service.clock.now()
        pause(work, letter.order.to, None if screening.permanent else now + FULL_FOR, now)
        case = work.case(letter.reference) if letter.reference else None
        if case is None:
            return "A letter of no case came back: noted."
        name = letter.order.letter.value
        event = Bounced(now, row.id, letter.order.to, name, screening.diagnostic)
        _, decision = service.step(work, case, event, service.box(row.mailbox, case), who="mailbot")
        return decision.summary

    # ---------------------------------------------------------- out of office

    def _away(self, work: Work, row: MailRow, mail: Mail, person: Person, letter: LetterRow | None) -> None:
        """A handler's out-of-office notice: their case is offered to somebody who is there, by a mail that only
        needs an answer. Nothing changes hands by itself. Told once a day for each case."""
        service = self._service
        vouched = authenticate(mail, service.settings.trust).result == "pass"
        if letter is None or letter.order.person != person.key or not letter.reference:
            return
        case = work.case(letter.reference)
        if case is None or case.handler != person.key or case.stage is Stage.CLOSED:
            return
        now = service.clock.now()
        day = service.settings.calendar.london_date(now)
        if not may_tell(work, f"away:{person.key}:{case.reference}", now, 1, period="%Y-%m-%d"):
            return
        supervisors = [p for p in service.settings.supervisors if p.key != person.key]
        told = first_there(supervisors or service.settings.supervisors, day)
        box = service.box(row.mailbox, case)
        other = self._somebody_there(work, case, person, day)
        others = [
            c.reference
            for c in work.open_cases()
            if c.handler == person.key and c.reference != case.reference
        ]
        answer = f"#assign {other.name}" if other else "#assign NAME"
        lines = [f"To hand it on, answer this mail with: {answer}"]
        if other:
            lines.append(f"{other.name} is there and has the lightest load of those who may take it.")
        if others:
            shown = ", ".join(others[:10]) + (" and more" if len(others) > 10 else "")
            lines.append(f"Also with {person.name}: {shown}")
        if not vouched:
            lines.append("The mail server could not confirm that the notice came from them.")
        alert = orders.alert(
            told,
            case.reference,
            f"{person.name} is out of office; {case.reference} is with them",
            "Our mail about this case was answered by an out-of-office notice. Its dates run on.",
            box.policy.why("supervisor_told"),
            lines=tuple(lines),
            subject=mail.subject if vouched else "",
            text=mail.new_text[:600] if vouched else "",
        )
        work.add_letter(service.outbox.mint(work, alert, case.reference, box), now, case.reference)

    def _somebody_there(self, work: Work, case: Case, person: Person, day: dt.date) -> Person | None:
        loads = open_weights(self._service.settings.allocation, work.burdens)
        role = "stage2" if case.stage in (Stage.STAGE2_OPEN, Stage.STAGE2_RESPONDED) else "handler"
        had_part = {case.stage1.handler} if role == "stage2" and case.stage1 else set()
        there = [
            p
            for p in self._service.settings.people
            if role in p.roles and p.key != person.key and p.key not in had_part and not p.is_away(day)
        ]
        return min(there, key=lambda p: (loads.get(p.key, 0), p.key), default=None)
