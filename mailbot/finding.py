"""Which case a mail belongs to, and which letter of ours it answers: the clues, looked up.

`casework.clues` reads a mail and says what could be looked up, and chooses among what that led to; here it is looked
up, each thing once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mailbot.casework.clues import Clue, ClueKind, Found, choose, clues, plain_subject
from mailbot.casework.references import without_check
from mailbot.casework.vocabulary import Case
from mailbot.postroom import tokens
from mailbot.postroom.reading import Mail
from storage.rows import LetterRow

if TYPE_CHECKING:
    from collections.abc import Callable

    from storage.work import Work


@dataclass(frozen=True)
class Belongs:
    """What was found: the surest evidence, the case itself (None where it is a suggestion or there is none), and the
    letter of ours that the mail answers."""

    found: Found | None
    case: Case | None
    answered: LetterRow | None


NOWHERE = Belongs(None, None, None)


class Finder:
    """Looks a mail's clues up for the service, in its transaction."""

    def __init__(
        self, prefix: str, own_addresses: frozenset[str], opens: Callable[[LetterRow, str, str], bool]
    ) -> None:
        self._prefix = prefix
        self._own = own_addresses
        self._opens = opens  # whether a token is whole

    def look_up(self, work: Work, mail: Mail) -> Belongs:
        """Look up what the clues point to, and choose the surest."""
        assert mail.sender is not None
        sender = mail.sender.address
        evidence = clues(
            mail.in_reply_to,
            mail.references,
            mail.subject,
            mail.new_text,
            mail.text,
            mail.delivered_to,
            self._prefix,
        )
        ids = [c.value for c in evidence if c.kind is ClueKind.THREAD]
        letters = {letter.message_id: letter for letter in work.letters_by_message_id(ids)} if ids else {}
        earlier = work.cases_of_mails(ids)
        open_ones = work.open_cases_of(sender)
        candidates: list[tuple[Clue, str]] = []
        for clue in evidence:
            leads = self._leads(work, clue, sender, letters, earlier, open_ones)
            candidates += [(clue, reference) for reference in leads]
        cases: dict[str, Case | None] = {case.reference: case for case in open_ones}
        candidates += self._forgotten_checks(work, mail, sender, cases)
        for _, reference in candidates:
            if reference not in cases:
                cases[reference] = work.case(reference)
        known = {reference: case for reference, case in cases.items() if case is not None}
        found = choose(candidates, sender, known)
        case = known[found.reference] if found and not found.suggestion else None
        return Belongs(found, case, self._answered(work, mail, letters))

    def leads_nowhere(self, work: Work, mails: Sequence[Mail]) -> list[bool]:
        """Of each mail whether nothing in it seems to lead to a case: asked for many at once, crudely, for those who
        want to know what `look_up` will probably say."""
        ids = {mail_id for mail in mails for mail_id in (*mail.in_reply_to, *mail.references)}
        known = {letter.message_id for letter in work.letters_by_message_id(ids)} | set(
            work.cases_of_mails(ids)
        )
        busy = work.open_references_of({mail.sender.address for mail in mails if mail.sender})
        mark = f"{self._prefix}-".lower()
        return [
            mail.sender is not None
            and mail.sender.address not in busy
            and known.isdisjoint((*mail.in_reply_to, *mail.references))
            and mark not in f"{mail.subject}\n{mail.text}".lower()
            and not any("+" in address for address in mail.delivered_to)
            for mail in mails
        ]

    def _forgotten_checks(
        self, work: Work, mail: Mail, sender: str, cases: dict[str, Case | None]
    ) -> list[tuple[Clue, str]]:
        """References without their check character, where the sender is a party to that very case."""
        found: list[tuple[Clue, str]] = []
        for kind, text in ((ClueKind.SUBJECT, mail.subject), (ClueKind.BODY, mail.new_text)):
            for reference in without_check(text, self._prefix):
                if reference not in cases:
                    cases[reference] = work.case(reference)
                case = cases[reference]
                if case and case.is_party(sender):
                    found.append((Clue(kind, reference), reference))
        return found

    def _leads(
        self,
        work: Work,
        clue: Clue,
        sender: str,
        letters: dict[str, LetterRow],
        earlier: dict[str, tuple[str, str | None]],
        open_ones: Iterable[Case],
    ) -> list[str]:
        """The references of the cases that one clue leads to. A token counts only if it is whole."""
        match clue.kind:
            case ClueKind.REPLY_ADDRESS:
                nonce, _, token = clue.value.partition(".")
                letter = work.letter_by_nonce(nonce)
                return (
                    [letter.reference]
                    if letter and letter.reference and self._opens(letter, nonce, token)
                    else []
                )
            case ClueKind.THREAD:
                letter = letters.get(clue.value)
                return [letter.reference] if letter and letter.reference else []
            case ClueKind.SUBJECT | ClueKind.BODY:
                return [clue.value]
            case ClueKind.OWN_FIRST_MAIL:
                who, reference = earlier.get(clue.value, ("", None))
                return [reference] if reference and who == sender else []
            case ClueKind.SAME_SENDER_AND_SUBJECT:
                return [c.reference for c in open_ones if plain_subject(c.subject) == clue.value]
        raise AssertionError(clue.kind)

    def _answered(self, work: Work, mail: Mail, known: dict[str, LetterRow]) -> LetterRow | None:
        """The letter of ours that the mail answers, by the key in the address that it was sent to, or by its thread."""
        for address in mail.delivered_to:
            pair = tokens.parse_reply_address(address, self._own)
            keyed = work.letter_by_nonce(pair[0]) if pair else None
            if pair and keyed and self._opens(keyed, *pair):
                return keyed
        ids = (*mail.in_reply_to, *reversed(mail.references))
        return next((known[i] for i in ids if i in known), None)
