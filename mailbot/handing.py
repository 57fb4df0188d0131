"""Mail in which a colleague hands something in: a resident's mail that they send on, or a #new line with what somebody
said by phone, post or at a visit.

It takes less than acting on a case does: the landlord's border vouches for the colleague, and all that follows is
what a resident's own mail would have brought about. Whose address can't be read is asked for, and the mail is set
aside meanwhile, because its clock may run.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from mailbot.casework.acting import acts_of
from mailbot.casework.commands import parse
from mailbot.casework.handed_in import event_of, why_not_new
from mailbot.casework.vocabulary import Act, Person
from mailbot.postroom.forwarded import Forwarded, forwarded
from mailbot.postroom.reading import Mail
from storage.rows import MailRow
from storage.work import Work

if TYPE_CHECKING:
    from mailbot.attended import Attended
    from mailbot.service import Service
    from mailbot.staffmail import StaffDesk

_BEGINS_NEW = re.compile(r"\s*[>|\"'*]*#+\s{0,3}new\b", re.IGNORECASE)
_OLDEST = dt.timedelta(days=3 * 366)
"""A date further back is taken for a mistake of some mail program: then the clock runs from receipt."""
SAY_WHO = (
    "#new complaint from NAME <their address> received 12 March by email, an empty line, then their words",
    "or forward their mail again as an attachment",
)


class Counter:
    """Where colleagues hand in what is not theirs. Works inside the service's transaction."""

    def __init__(self, service: Service, desk: StaffDesk) -> None:
        self._service = service
        self._desk = desk

    def take(self, work: Work, row: MailRow, mail: Mail, person: Person) -> Attended | None:
        """What became of the mail; None where it hands nothing in."""
        if _BEGINS_NEW.match(mail.new_text):
            return self._written_down(work, row, mail, person)
        service = self._service
        ours = service.own_addresses | {a for p in service.settings.people for a in (p.address, *p.aliases)}
        found = forwarded(mail, ours)
        if found is None:
            return None
        if found.sender is None or not found.text.strip():
            return self._ask(work, row, mail, person, found)
        return self._sent_on(work, row, mail, person, found)

    def _written_down(self, work: Work, row: MailRow, mail: Mail, person: Person) -> Attended:
        service = self._service
        now, calendar = service.clock.now(), service.settings.calendar
        parsed = parse(mail.new_text, calendar.london_date(now), calendar.add_working_days)
        problems = [m.problem for m in parsed.mistakes]
        if not problems and [a.act for a in parsed.acts] != [Act.NEW]:
            problems = ["Beside #new no other command can stand in the mail."]
        if not problems:
            (act,) = acts_of(parsed, person.key, now, row.id)
            box = service.box(row.mailbox, None)
            rules = service.rules(work, box)
            if not (refused := why_not_new(act, rules)):
                event = event_of(act, rules)
                after, decision = service.step(work, None, event, box, who=person.key)
                return service.settled(
                    work,
                    row,
                    mail,
                    "handed in",
                    after.reference if after else None,
                    summary=decision.summary,
                    because=decision.because,
                )
            problems = [refused]
        lines = "\n".join(m.line for m in parsed.mistakes)
        return self._desk.refuse(work, row, mail, person, None, lines, " ".join(problems), SAY_WHO[:1])

    def _sent_on(self, work: Work, row: MailRow, mail: Mail, person: Person, found: Forwarded) -> Attended:
        received = row.received_at
        if found.sent_at and received - _OLDEST < found.sent_at < received:
            received = found.sent_at.astimezone(dt.UTC)
        theirs = replace(
            mail,
            sender=found.sender,
            subject=found.subject or mail.subject,
            text=found.text,
            new_text=found.text,
            in_reply_to=(),
            references=(),
        )
        return self._service.from_outside(work, row, theirs, received_at=received, handed_in_by=person.key)

    def _ask(self, work: Work, row: MailRow, mail: Mail, person: Person, found: Forwarded) -> Attended:
        problem = (
            "Thank you for passing this on. I can't read whose mail it is, so no case was opened yet. Please tell "
            "me: its clock may run already."
        )
        attended = self._desk.refuse(work, row, mail, person, None, found.subject, problem, SAY_WHO)
        work.quarantine(row.id, "a colleague passed it on, and whose mail it was can't be read")
        return attended
