"""Mail from machines: what a bounce, an out-of-office notice or a receipt changes. Works inside the service's
transaction.

Never a stage, never a date, and none of them gets an answer. A bounce that is tied to a letter of ours (by the
letter's Message-ID or by a keyed token, both of which only a holder of that letter knows) tells its case that the
person was not reached, and holds back what would go to that address next; any other bounce is a claim, and is noted.
An out-of-office notice of staff offers to hand their case on; a resident's is filed and is no contact.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from mailbot.attended import Attended
from mailbot.casework import orders
from mailbot.casework.allocation import first_there, open_weights
from mailbot.casework.vocabulary import Audience, Bounced, Case, Person, Stage
from mailbot.postroom import tokens
from mailbot.postroom.reading import Mail
from mailbot.postroom.screening import Screening
from mailbot.postroom.trust import authenticate
from mailbot.sending import may_tell, pause
from storage.rows import LetterRow, MailRow
from storage.work import Work

if TYPE_CHECKING:
    from mailbot.service import Service

FULL_FOR = dt.timedelta(days=1)
"""How long nothing goes to an address whose mailbox is full or whose server asks to come back later."""
LOOKED_THROUGH = 200_000
"""Characters of a bounce in which a token of ours is looked for."""


class MachineDesk:
    """Takes what screening says no person wrote."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def receive(self, work: Work, row: MailRow, mail: Mail, screening: Screening) -> Attended:
        service = self._service
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
