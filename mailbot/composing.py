"""How a letter of the outbox is written: its order, its case and its mailbox become what the stationery needs.

Promises: nothing is recorded and nothing sent here; the same row is written the same way whenever it is asked for: to
go out, to be shown to a supervisor, or as a preview.
"""

from __future__ import annotations

import base64
import datetime as dt
import logging
import mimetypes
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from markupsafe import Markup

from mailbot.casework.adjusting import wants_plain_text, written_in
from mailbot.casework.calendar import LONDON
from mailbot.casework.contents import asked_of
from mailbot.casework.parts import Landlord, Ombudsman
from mailbot.casework.policy import Policy
from mailbot.casework.vocabulary import Audience, Case, Fact, Letter, SendLetter
from mailbot.chasing import set_out
from mailbot.logs import place_of
from mailbot.postroom import tokens
from mailbot.postroom.files import danger_of
from mailbot.postroom.letters import (
    Enclosure,
    Letterhead,
    LetterMistake,
    Order,
    Picture,
    Stationery,
    Written,
)
from mailbot.postroom.shown import Shown, switched_off
from mailbot.postroom.wording import ENGLISH
from mailbot.reports import trend
from mailbot.settings import MailboxSettings, Settings, mailbox_named
from storage import Store
from storage.rows import AttachmentRow, LetterRow, LetterState
from storage.work import Work

log = logging.getLogger("mailbot.composing")

TOO_BIG_TO_CARRY = 15_000_000  # bytes of attachments that still travel with a letter
Carried = tuple[tuple[AttachmentRow, bytes | None], ...]


class Composer:
    """Writes letters for whoever sends or shows them."""

    def __init__(
        self, settings: Settings, store: Store, stationery: Stationery, now: Callable[[], dt.datetime]
    ) -> None:
        self._settings = settings
        self._store = store
        self._stationery = stationery
        self._now = now

    def _letterhead(self, case: Case | None, policy: Policy) -> Letterhead:
        """Who writes, by the policy that the letter's case keeps to."""
        landlord: Landlord = self._settings.landlord
        ombudsman: Ombudsman | None = self._settings.ombudsman(policy.ombudsman)
        if case and case.stakeholder:
            ombudsman = None
        return Letterhead(
            landlord=landlord,
            ombudsman=ombudsman,
            person_noun=policy.person_noun,
            bodies=self._settings.bodies,
            colour=self._settings.letters.colour,
            logo=self._settings.letters.logo,
        )

    def write(
        self,
        letter: LetterRow,
        case: Case | None,
        mailbox: MailboxSettings,
        now: dt.datetime,
        language: str = "",
        carried: Carried | None = None,
    ) -> Written:
        """The letter as it goes out. One that shows another letter (`preview_of`: its facts) carries its text.
        `carried`: the files that go along, where they were looked up already."""
        policy = mailbox.policy_of(case) if case else mailbox.policy
        order, letterhead = self._order(letter, case, mailbox, now, carried), self._letterhead(case, policy)
        if language:
            order = replace(order, language=language)
        if shown := order.facts.get("preview_of"):
            assert isinstance(shown, dict)
            kind = Letter(str(order.facts.get("preview_letter", Letter.ACKNOWLEDGEMENT)))
            contains = asked_of(policy, kind, shown)
            language, plain = self._manner(case)
            other = replace(
                order,
                letter=kind,
                language=language,
                plain=plain,
                audience=Audience.RESIDENT,
                facts=shown,
                attachments=_policy_copy(mailbox, contains),
                contains=contains,
            )
            facts = {
                key: fact for key, fact in order.facts.items() if key not in ("preview_of", "preview_letter")
            }
            facts["preview"] = self._stationery.write(other, letterhead).text
            order = replace(order, facts=facts)
        if order.letter is Letter.SHADOW_DRAFTS:
            order = replace(
                order,
                shown=self.shown(_ids(order.facts.get("drafts"))),
                facts={**order.facts, "listed": self._in_a_line(_ids(order.facts.get("listed")))},
            )
        return self._stationery.write(order, letterhead)

    def shown(self, letter_ids: Sequence[int]) -> tuple[Shown, ...]:
        """These letters as their readers see them, to stand in a mail to a supervisor."""
        with self._store.read() as work:
            rows = [row for one in letter_ids if (row := work.letter(one)) is not None]
            found = [(row, case_of(work, row)) for row in rows]
        return tuple(self._show(row, case) for row, case in found)

    def _show(self, row: LetterRow, case: Case | None) -> Shown:
        order = row.order
        person = next((p for p in self._settings.people if p.key == order.person), None)
        text, html, subject = "", Markup(""), ""
        files: tuple[str, ...] = ()
        if case is not None and case.restricted:
            subject = text = "The case is restricted: its words are not shown here."
            html = Markup("<p>{}</p>").format(text)
        else:
            try:
                mailbox = self.mailbox_of(case)
                written = self.write(row, case, mailbox, row.handed_at or self._now())
                text, html, subject = written.text, switched_off(written.html), written.subject
                files = tuple(e.name for e in self._order(row, case, mailbox, self._now()).attachments)
            except LetterMistake:  # as where its words were erased meanwhile
                subject = text = "It can't be shown any more."
        who = f"{person.name}, {order.audience.value}" if person else self.policy_of(case).person_noun
        return Shown(
            words=order.letter.value.replace("_", " "),
            to=order.to,
            who=who,
            at=row.handed_at or row.created_at,
            because=order.because,
            reference=row.reference or "",
            subject=subject,
            text=text,
            html=html,
            files=files,
        )

    def _in_a_line(self, letter_ids: Sequence[int]) -> list[Fact]:
        with self._store.read() as work:
            rows = [row for one in letter_ids if (row := work.letter(one)) is not None]
        return [
            f"{(row.handed_at or row.created_at).astimezone(LONDON):%d %B, %H:%M}: "
            f"{row.order.letter.value.replace('_', ' ')} to {row.order.to} {row.reference or ''} "
            f"({', '.join(row.order.because[:3])})"
            for row in rows
        ]

    def _order(
        self,
        letter: LetterRow,
        case: Case | None,
        mailbox: MailboxSettings,
        now: dt.datetime,
        carried: Carried | None = None,
    ) -> Order:
        order = letter.order
        if carried is None:
            with self._store.read() as work:
                carried = carried_by(work, order)
        token = tokens.parse_message_id(letter.message_id)
        reply_to = ""
        if mailbox.imap.plus_addressing and token:
            reply_to = tokens.reply_address(mailbox.imap.address, *token)
        person = next((p for p in self._settings.people if p.key == order.person), None)
        facts, files = with_files(order.facts)
        due = ""
        if order.letter is Letter.CHASER:
            facts, due = set_out(facts)
        policy = mailbox.policy_of(case) if case else mailbox.policy
        contains = asked_of(policy, order.letter, facts)
        to_resident = order.audience is Audience.RESIDENT
        theirs = case if case and to_resident and order.to in _addresses(case) else None
        language, plain = self._manner(theirs)
        to_name = person.name if person else str(facts.get(called(order.letter), ""))
        return Order(
            letter=order.letter,
            audience=order.audience,
            to=order.to,
            to_name=to_name,
            person=order.person,
            reference=letter.reference or "",
            facts=facts,
            message_id=letter.message_id,
            in_reply_to=letter.in_reply_to,
            references=letter.references,
            from_name=f"{self._settings.landlord.short_name or self._settings.landlord.name} complaints",
            from_address=mailbox.imap.address,
            reply_to=reply_to,
            date=now,
            attachments=(
                *self._enclosures(carried, order.audience is Audience.RESIDENT),
                *_policy_copy(mailbox, contains),
                *files,
                *list_of(facts),
                *_as_table("due.csv", due),
            ),
            contains=contains,
            pictures=pictures_of(facts),
            language=language,
            plain=plain,
        )

    def _manner(self, case: Case | None) -> tuple[str, bool]:
        """The language that letters to this case's resident are written in, and whether without HTML."""
        agreed = [a.text for a in case.agreed] if case else []
        language = written_in(agreed)
        if language not in self._settings.habits.languages:
            language = ENGLISH.code
        return language, self._settings.letters.plain_text_only or wants_plain_text(agreed)

    def _enclosures(self, carried: Carried, to_resident: bool) -> tuple[Enclosure, ...]:
        files = [(row, content) for row, content in carried if content is not None]
        if len(files) < len(carried):
            if to_resident:  # a response without its enclosures is another response
                raise LetterMistake("its attachments are too big to be sent")
            return ()
        whole = to_resident or self._settings.forward_dangerous_files
        return tuple(
            Enclosure(row.name, row.content_type, content)
            for row, content in files
            if whole or not danger_of(row.name, row.content_type, content)
        )

    def preview(self, order: SendLetter, mailbox: MailboxSettings, language: str = "") -> Written:
        """The letter of an order as it would look, in this language unless it is its own; it is not recorded and can't
        be answered."""
        now = self._now()
        row = LetterRow(
            id=0,
            reference=None,
            order=order,
            message_id=tokens.message_id("preview", "preview", mailbox.imap.address.rpartition("@")[2]),
            nonce="preview",
            in_reply_to="",
            references=(),
            state=LetterState.WAITING,
            attempts=0,
            next_at=now,
            created_at=now,
            handed_at=None,
            sent_at=None,
            subject="",
            blob=None,
            answer="",
            last_error="",
        )
        return self.write(row, None, mailbox, now, language)

    def mailbox_of(self, case: Case | None) -> MailboxSettings:
        """The mailbox that a letter leaves from: its case's."""
        return mailbox_named(self._settings, case.mailbox) if case else self._settings.mailboxes[0]

    def policy_of(self, case: Case | None) -> Policy:
        """The policy that a letter's case keeps to; the mailbox's own for one of no case."""
        mailbox = self.mailbox_of(case)
        return mailbox.policy_of(case) if case else mailbox.policy


def carried_by(work: Work, order: SendLetter) -> Carried:
    """The files that a letter carries on, without their bytes where they are too big to travel together."""
    rows = work.attachments(order.carries) if order.carries else []
    if sum(row.size for row in rows) > TOO_BIG_TO_CARRY:
        return tuple((row, None) for row in rows)
    return tuple((row, work.blob(row.sha256)) for row in rows)


def case_of(work: Work, letter: LetterRow) -> Case | None:
    """Its case; None also where that can't be read."""
    return work.case_if_readable(letter.reference) if letter.reference else None


def _addresses(case: Case) -> frozenset[str]:
    """Where the resident is written to."""
    return frozenset(p.address for p in (case.resident, *case.further_addresses))


def called(letter: Letter) -> str:
    """The fact that names who gets a letter: somebody who writes for a resident is never given their name."""
    for_others = (Letter.THIRD_PARTY_RECEIPT, Letter.OFFICE_REPLY)
    return "recipient_name" if letter in for_others else "resident_name"


def _policy_copy(mailbox: MailboxSettings, contains: tuple[str, ...]) -> tuple[Enclosure, ...]:
    """The policy itself, with a letter that is to hold a copy of it, where the landlord has given one."""
    document = mailbox.document
    if document is None or "policy_copy" not in contains:
        return ()
    kind = mimetypes.guess_type(document.name)[0] or "application/octet-stream"
    return (Enclosure(document.name, kind, document.content),)


def list_of(facts: Mapping[str, Fact]) -> tuple[Enclosure, ...]:
    """The full list, with a digest that can't show everything."""
    return _as_table(f"cases-{facts.get('date')}.csv", str(facts.get("list_csv") or ""))


def _as_table(name: str, listing: str) -> tuple[Enclosure, ...]:
    return (Enclosure(name, "text/csv", f"\ufeff{listing}".encode()),) if listing else ()


def pictures_of(facts: Mapping[str, Fact]) -> tuple[Picture, ...]:
    """The trend of a digest, drawn where matplotlib is installed; its bars stand in the HTML in any case."""
    weeks = facts.get("trend")
    if not isinstance(weeks, list) or not weeks:
        return ()
    try:
        drawn = trend.picture([week for week in weeks if isinstance(week, dict)], Letterhead.colour)
    except Exception as error:  # an ornament: the digest goes without it
        log.warning("the trend could not be drawn", extra={"error": place_of(error)})
        return ()
    return (Picture(f"trend.{facts.get('date')}@mailbot", drawn),) if drawn else ()


def _ids(fact: Fact) -> list[int]:
    return [one for one in fact if isinstance(one, int)] if isinstance(fact, list) else []


def with_files(facts: Mapping[str, Fact]) -> tuple[Mapping[str, Fact], tuple[Enclosure, ...]]:
    """The facts of a letter without the files among them, and these. Only mailbot's own reports have any."""
    listed = facts.get("files")
    if not isinstance(listed, list):
        return facts, ()
    files = tuple(
        Enclosure(str(one["name"]), str(one["content_type"]), base64.b64decode(str(one["base64"])))
        for one in listed
        if isinstance(one, dict)
    )
    return {key: value for key, value in facts.items() if key != "files"}, files
