"""Mail from staff: who may act, what they ask for, and what is done about it.

Acting takes trust: a reply to a letter that we sent to this very person (a keyed token in the reply address or
the Message-ID), a sender whom the receiving server vouches for, and a person who still has the case. Missing
one: filed, nothing is done, and somebody is asked by a fresh mail to confirm it. Missing two: set aside. A mail with a
mistaken command does nothing at all and nothing of it reaches the resident.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from mailbot.attended import Attended
from mailbot.casework import orders
from mailbot.casework.acting import acts_of, first_refusal, may_act
from mailbot.casework.calendar import LONDON
from mailbot.casework.commands import Mistake, parse
from mailbot.casework.confirming import LACKS, MOST, put_by
from mailbot.casework.forms import help_lines, in_order
from mailbot.casework.nouns import called
from mailbot.casework.references import find
from mailbot.casework.vocabulary import (
    Act,
    Audience,
    Case,
    Letter,
    Person,
    SendLetter,
    StaffActed,
)
from mailbot.handing import Counter
from mailbot.learning import learn
from mailbot.loose import ABOUT_MANY, LooseDesk, number_meant
from mailbot.postroom import tokens
from mailbot.postroom.reading import Mail
from mailbot.postroom.trust import authenticate
from mailbot.sending import MOST_ALERTS, may_tell
from mailbot.setaside import Cause
from storage.rows import LetterRow, MailRow, NewLetter
from storage.work import Work

if TYPE_CHECKING:
    from mailbot.service import Service

EXPIRES = dt.timedelta(days=180)
"""So long a letter to staff can be acted on: a case has had newer ones by then."""

TAKES_REPLIES = (Letter.CASE_ASSIGNED, Letter.CASE_MAIL)
"""The only letters to staff whose plain reply goes to the resident."""


class StaffDesk:
    """Reads what handlers and supervisors write to the mailbox. Works inside the service's transaction."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._counter = Counter(service, self)
        self.loose = LooseDesk(service, self)

    def receive(self, work: Work, row: MailRow, mail: Mail, person: Person) -> Attended:
        letter = self._replied_to(work, mail, person)
        vouched = authenticate(mail, self._service.settings.trust).result == "pass"
        if letter is None and not vouched:
            sentence = "it claims to be from staff, but nothing vouches for that"
            return self._service.quarantined(work, row, mail, Cause.STAFF_NOT_VOUCHED, sentence)
        if letter is None and (handed := self._counter.take(work, row, mail, person)):
            return handed
        if number := number_meant(letter, mail, self._service.settings.reference_prefix):
            return self.loose.receive(work, row, mail, person, letter, number, vouched)
        case = self._case_of(work, row, mail, letter)
        if case is None and letter is None:
            case = self._case_copied(work, mail, person)
        if case is None:
            problem = (
                "This mail does not answer one of our mails to you about a case, so nothing was done. To act on "
                "a case, answer the newest mail that you got about it. To hand in a resident's complaint, forward "
                "their mail, or write #new and what they told you."
            )
            return self.refuse(work, row, mail, person, None, mail.subject, problem)
        today = self._service.settings.calendar.london_date(self._service.clock.now())
        has_it = may_act(person, case, self._service.settings.people, today)
        lacks = [
            what
            for what, there in (("token", letter is not None), ("authentication", vouched), ("role", has_it))
            if not there
        ]
        if len(lacks) > 1:
            two = f"it asks to act on {case.reference} and lacks two things to act on: {' and '.join(lacks)}"
            return self._service.quarantined(work, row, mail, Cause.STAFF_WITHOUT_BOTH, two)
        return self._carry_out(work, row, mail, person, case, letter, lacks[0] if lacks else "")

    def _case_of(self, work: Work, row: MailRow, mail: Mail, letter: LetterRow | None) -> Case | None:
        """The case that the answered letter is of; else the one that the mail names: a clue, and no authority."""
        if letter is not None:
            return work.case(self._case_meant(letter, mail))
        return self._service.finder.look_up(work, mail).case

    def _case_copied(self, work: Work, mail: Mail, person: Person) -> Case | None:
        """The person's only open case of the one outside address to which they wrote themselves, with a copy to us: the
        copy is kept with it (Code 5.12), and acts on nothing."""
        outside = self._outside(mail)
        today = self._service.settings.calendar.london_date(self._service.clock.now())
        cases = [
            case
            for case in (work.open_cases_of(outside[0]) if len(outside) == 1 else ())
            if may_act(person, case, self._service.settings.people, today)
        ]
        return cases[0] if len(cases) == 1 else None

    def _outside(self, mail: Mail) -> list[str]:
        """Whom the mail went to beside us and colleagues."""
        people = self._service.settings.people
        inside = {*self._service.own_addresses, *(a.lower() for p in people for a in (p.address, *p.aliases))}
        own = tuple(self._service.own_addresses)
        addresses = dict.fromkeys(address.lower() for address in mail.delivered_to)
        return [a for a in addresses if a not in inside and not tokens.parse_reply_address(a, own)]

    def _case_meant(self, letter: LetterRow, mail: Mail) -> str:
        """The letter's case; of a mail about several cases the one that the subject names, as its buttons have it. The
        token says who holds our mail, whether they may act on that case is asked as ever."""
        if letter.reference or letter.order.letter not in ABOUT_MANY:
            return letter.reference or ""
        named = find(mail.subject, self._service.settings.reference_prefix)
        return named[0] if len(named) == 1 else ""

    def _replied_to(self, work: Work, mail: Mail, person: Person) -> LetterRow | None:
        """The letter to this person that the mail answers, by the token in the address, the Message-ID or the
        key line of a button; none that is too old."""
        own = tuple(self._service.own_addresses)
        addressed = (tokens.parse_reply_address(address, own) for address in mail.delivered_to)
        threaded = (tokens.parse_message_id(i) for i in (*mail.in_reply_to, *reversed(mail.references)))
        for found in (*addressed, *threaded, *tokens.parse_key_lines(mail.text)):
            letter = work.letter_by_nonce(found[0]) if found else None
            if (
                found
                and letter
                and letter.order.person == person.key
                and self._service.outbox.opens(letter, *found)
                and self._service.clock.now() - letter.created_at <= EXPIRES
            ):
                return letter
        return None

    def _carry_out(
        self,
        work: Work,
        row: MailRow,
        mail: Mail,
        person: Person,
        case: Case,
        letter: LetterRow | None,
        lacks: str,
    ) -> Attended:
        """All that the mail asks for, or nothing: every act is tried before the first is recorded. What lacks one
        thing to act on is put by instead."""
        service = self._service
        box, now, calendar = service.box(row.mailbox, case), service.clock.now(), service.settings.calendar
        parsed = parse(mail.own_words, calendar.london_date(now), calendar.add_working_days)
        if parsed.mistakes:
            lines = "\n".join(m.line for m in parsed.mistakes)
            forms = tuple(dict.fromkeys(m.right_form for m in parsed.mistakes))
            also = tuple(act.line for act in parsed.understood)
            return self.refuse(work, row, mail, person, case, lines, told_of(parsed.mistakes), forms, also)
        plain = all(act.act is Act.REPLY for act in parsed.acts)
        if plain and (letter is None or lacks == "role"):
            return self.refuse(
                work, row, mail, person, case, "", self._not_to_the_resident(case, lacks, mail)
            )
        if plain and letter and letter.order.letter not in TAKES_REPLIES:
            problem = (
                "This mail answers a notice of ours, not the resident's mail, so it was not passed on. "
                "To write to the resident, answer the mail that shows their message."
            )
            return self.refuse(work, row, mail, person, case, "", problem, ("#note and your text",))
        if mail.answers_within and parsed.is_for_resident:
            problem = (
                "You say that your answers stand within the quoted mail. Your mail program does not mark what it "
                "quotes, so they can't be told from it, and nothing was sent. Please write them above the quoted mail."
            )
            return self.refuse(work, row, mail, person, case, "", problem)
        parsed = replace(parsed, acts=in_order(parsed.acts))
        carried = letter.order.carries if letter else ""
        shown = next((q.number for q in case.questions if q.mail and q.mail == carried), None)
        asked = {act.act for act in parsed.acts}
        texts = (
            {Act.HELP: "\n".join(help_lines(service.policy_of(case).person_noun))}
            if Act.HELP in asked
            else {}
        )
        if Act.HISTORY in asked:
            texts[Act.HISTORY] = history_text(work, case)
        events = acts_of(parsed, person.key, now, row.id, shown, texts)
        for event in (*events, *confirmed_by(case, events)):
            if event.act is Act.MERGE and (problem := self._why_not_merge(work, case, event.words)):
                if lacks == "role":  # whose case that other one is, is not for whoever has neither
                    problem = self._not_to_the_resident(case, lacks, mail)
                return self.refuse(work, row, mail, person, case, f"#merge {event.words}", problem)
        if lacks:
            written = [act.line for act in parsed.acts]
            return self._put_by(work, row, mail, person, case, events, written, lacks)
        if refused := first_refusal(case, events, service.rules(work, box, case)):
            number, why = refused
            lines_of = [act.line for act in parsed.acts]
            line = lines_of.pop(number)
            return self.refuse(work, row, mail, person, case, line, why, also=tuple(filter(None, lines_of)))
        current: Case | None = case
        decisions = []
        for event in events:
            for said in (event, *confirmed_by(case, [event])):
                learn(work, current, said)
            current, decision = service.step(work, current, event, box, who=person.key)
            decisions.append(decision)
            if current is None or current.reference != case.reference:
                current = work.case(
                    case.reference
                )  # that act opened or moved to another case: the rest is of this
        return service.settled(
            work,
            row,
            mail,
            "staff act",
            case.reference,
            summary=" ".join(d.summary for d in decisions),
            because=tuple(dict.fromkeys(c for d in decisions for c in d.because)),
        )

    def _put_by(
        self,
        work: Work,
        row: MailRow,
        mail: Mail,
        person: Person,
        case: Case,
        events: Sequence[StaffActed],
        lines: Sequence[str],
        lacks: str,
    ) -> Attended:
        """Nothing is done; whoever can confirm it is asked by a fresh mail, at the address that we know."""
        service = self._service
        box, now = service.box(row.mailbox, case), service.clock.now()
        rules = service.rules(work, box, case)
        asked = person if lacks != "role" else rules.acting(case.handler)
        problem = f"The case is with {self._name(case.handler)} now. Ask them, or a supervisor, to do it."
        if lacks != "role":
            problem = (
                f"{LACKS[lacks].capitalize()}, so nothing was done. Answer our newest mail about the case."
            )
        theirs = [replace(event, who=asked.key if asked else "") for event in events]
        again = any(event.act is Act.VERIFY for event in events)
        if again or asked is None or len(case.unconfirmed) >= MOST or first_refusal(case, theirs, rules):
            return self.refuse(work, row, mail, person, case, "", problem)
        if not may_tell(work, f"confirm:{person.key}", now, MOST_ALERTS):
            return self.refuse(work, row, mail, person, case, "", problem)
        decision = put_by(case, theirs, lines, asked, person, lacks, rules)
        number = decision.case.unconfirmed[-1].number if decision.case else 0
        event = StaffActed(now, person.key, Act.VERIFY, words="put by", mail=row.id, number=number)
        service.step(work, case, event, box, who=person.key, decided=decision)
        if lacks == "role":
            told = f"{problem} {asked.name} has been asked to confirm what you wrote."
            return self.refuse(work, row, mail, person, case, "", told)
        return service.settled(
            work,
            row,
            mail,
            "staff act to confirm",
            case.reference,
            summary=decision.summary,
            because=decision.because,
        )

    def _not_to_the_resident(self, case: Case, lacks: str, mail: Mail) -> str:
        """Why a text without a command goes nowhere, where the mail lacks a token or its writer the case."""
        if lacks == "role":
            return f"The case is with {self._name(case.handler)} now. Ask them, or a supervisor, to do it."
        if theirs := [address for address in self._outside(mail) if case.is_party(address)]:
            return (
                f"You wrote to {theirs[0]} yourself, and we got a copy. It is kept with the case, and no date counts "
                "it: to have it counted as your contact, answer our newest mail about the case with #contacted by "
                "email. A response to the complaint has to go out from here, with #respond."
            )
        return (
            "This mail does not answer one of our mails to you about a case, so nothing was done. To write to the "
            "resident, answer the mail that shows their message."
        )

    def give_back(self, work: Work, row: MailRow, mail: Mail, person: Person) -> Attended:
        """Written while mailbot was set aside: carried out now it would be late and a surprise."""
        case = self._service.finder.look_up(work, mail).case
        written = row.received_at.astimezone(LONDON)
        problem = (
            f"You wrote this on {written.day} {written:%B at %H:%M}, while mailbot was set aside, so nothing was done. "
            "If it still holds, send it again as an answer to our newest mail about the case."
        )
        return self.refuse(work, row, mail, person, case, mail.subject, problem)

    def refuse(
        self,
        work: Work,
        row: MailRow,
        mail: Mail,
        person: Person,
        case: Case | None,
        understood: str,
        problem: str,
        forms: tuple[str, ...] = (),
        also: tuple[str, ...] = (),
        about_letter: str = "",
    ) -> Attended:
        """Nothing is done and nothing goes to the resident; the person gets an answer that helps: what could not be
        done and why, the right forms, and the lines that were understood and not done either (`also`)."""
        service = self._service
        box, now = service.box(row.mailbox, case), service.clock.now()
        policy = box.policy_of(case) if case else box.policy
        why = policy.why("recorded" if case else "untrusted")
        problem = called(policy.person_noun, problem)
        told = f"{person.name}: nothing was done. {problem}"
        work.note(
            now, person.key, "refused", told, why, reference=case.reference if case else None, mail=row.id
        )
        settled = service.settled(
            work,
            row,
            mail,
            "staff act refused",
            case.reference if case else None,
            summary=problem,
            because=why,
        )
        kind = hashlib.sha256(f"{problem}|{understood}".encode()).hexdigest()[:16]
        again = not may_tell(work, f"refused:{person.key}:{kind}", now, 1, period="%Y-%m-%d")
        if again or not may_tell(work, f"refused:{person.key}", now, MOST_ALERTS):
            return settled  # two machines that answer each other end here
        reference = case.reference if case else ""
        order = SendLetter(
            Letter.COMMAND_REFUSED,
            Audience.HANDLER,
            person.address,
            why,
            {
                "reference": reference,
                "stage_name": orders.stage_name(case, service.rules(work, box, case)) if case else "",
                "resident_name": case.resident.name if case else "",
                "handler_name": person.name,
                "understood": understood,
                "problem": problem,
                "right_forms": list(forms),
                "also": list(dict.fromkeys(also)),
                "relayed": False,
                "about_letter": about_letter,
            },
            person=person.key,
        )
        minted = in_thread(service.outbox.mint(work, order, reference, box), mail)
        work.add_letter(minted, now, reference or None)
        return settled

    def _why_not_merge(self, work: Work, case: Case, target: str) -> str:
        """Only into an older, open case of the same resident, at whichever of their addresses: so no date is won, and
        nothing is told to a stranger."""
        other = work.case(target)
        if (
            other is None
            or other.reference == case.reference
            or not (case.resident.address and other.is_residents(case.resident.address))
        ):
            return (
                f"There is no other case {target} of the same resident. If this one's address is another of theirs, "
                f"write #resident {case.resident.address} in answer to a mail about {target} first."
            )
        if other.closed_at is not None:
            return f"{target} is closed."
        if other.received_at > case.received_at:
            return f"{target} is the younger one: answer its mail with #merge {case.reference} instead."
        return ""

    def _name(self, key: str) -> str:
        return next((p.name for p in self._service.settings.people if p.key == key), "nobody")


def told_of(mistakes: Sequence[Mistake]) -> str:
    """Why a mail can't be carried out: each mistake by its own line, where there are several."""
    problems = tuple(dict.fromkeys((m.line if len(mistakes) > 1 else "", m.problem) for m in mistakes))
    return "\n".join(f"{line}: {problem}" if line else problem for line, problem in problems)


def confirmed_by(case: Case, events: Sequence[StaffActed]) -> tuple[StaffActed, ...]:
    """What was put by on the case and these acts confirm."""
    return tuple(
        act
        for event in events
        if event.act is Act.VERIFY
        for waiting in case.unconfirmed
        if waiting.person == event.who and event.number in (None, waiting.number)
        for act in waiting.acts
    )


def history_text(work: Work, case: Case, latest: int = 0) -> str:
    """The journal of the case for a member of staff, one act a line; with `latest` only so many, each cut short."""
    told = [
        f"{at.astimezone(LONDON):%d %b %Y %H:%M}  {summary}"
        + (f"  [{', '.join(because)}]" if because else "")
        for at, summary, because in work.story_of(case.reference, latest)
    ]
    return "\n".join(one if not latest or len(one) <= 200 else f"{one[:199]}…" for one in told)


def in_thread(letter: NewLetter, mail: Mail) -> NewLetter:
    """The letter as an answer to this mail (RFC 5322 section 3.6.4)."""
    chain = tuple(dict.fromkeys((*mail.references[-20:], mail.message_id)))
    return replace(letter, in_reply_to=mail.message_id, references=tuple(i for i in chain if i))
