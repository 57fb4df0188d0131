"""Which case does a mail belong to? Evidence, surest first, and the choice among what the evidence points to.

`clues` reads a mail and says what could be looked up; `choose` takes what the look-up found. Between the two
stands storage: this module looks nothing up.

It promises that a surer clue is never overruled by a lesser one, that a contradiction is named and not
hidden, and that nobody is trusted for a number alone: a mail counts as the word of a party only if it comes
from the address of a party. A case guessed from sender and subject is a suggestion for a person, never a
fact.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from mailbot.casework.references import find
from mailbot.casework.vocabulary import Case, Flag, Stage, Verdict

_MOST_IDS = 50  # of References; the newest say the most, and a hostile header may hold thousands
_MESSAGE_ID = re.compile(r"<[^<>\s]+>")
_SUBJECT_MARKS = re.compile(
    r"(?:(?:re|fwd?|aw|wg|sv|vs|antw|tr|rv|r)(?:\s?\[\d{1,3}\]|\s?\(\d{1,3}\))?\s?:\s?"
    r"|\[(?:external|ext|caution|spam\??)[^\[\]]{0,20}\]\s?"
    r"|(?:external|caution)\s?:\s?)+",
    re.IGNORECASE,
)
_KEEPS_NAME_BACK = re.compile(
    r"\banonym|(?:\b(?:not|without)|n['’]t)\b[^.!?\n]{0,40}\bm(?:y|e) (?:own )?(?:name|identity|identified)\b"
    r"|\bname(?:s)? (?:withheld|not given)\b",
    re.IGNORECASE,
)


class ClueKind(StrEnum):
    """Kinds of evidence, the surest first. The values are the words of `MailArrived.how_found`."""

    REPLY_ADDRESS = "reply address"  # value: what stands after the plus of the address (nonce and token)
    THREAD = "in-reply-to"  # value: a message id that may be a letter of ours
    SUBJECT = "subject"  # value: a reference
    BODY = "body"  # value: a reference
    OWN_FIRST_MAIL = "own first mail"  # value: a message id that may be an earlier mail of the same sender
    SAME_SENDER_AND_SUBJECT = "same sender and subject"  # value: the subject as `plain_subject` gives it


_SURENESS = {kind: place for place, kind in enumerate(ClueKind)}


@dataclass(frozen=True)
class Clue:
    kind: ClueKind
    value: str


@dataclass(frozen=True)
class Found:
    """The case that a mail belongs to.

    trusted     the sender is a party to the case: their words may move it
    suggestion  not a fact: a person is to say whether the mail belongs there
    others      cases that lesser clues point to
    conflict    the contradiction in a sentence, "" where there is none
    """

    reference: str
    clue: Clue
    trusted: bool
    suggestion: bool = False
    others: tuple[str, ...] = ()
    conflict: str = ""

    @property
    def how(self) -> str:
        """How it was found, for `MailArrived.how_found` and the journal."""
        return self.clue.kind.value


def clues(
    in_reply_to: str | Iterable[str],
    references: str | Iterable[str],
    subject: str,
    new_text: str,
    text: str,
    delivered_to: Iterable[str],
    prefix: str,
) -> tuple[Clue, ...]:
    """What could tell the case of a mail, surest first, each once.

    `in_reply_to` and `references` are the header fields or the message ids in them, in their order (RFC 5322
    section 3.6.4: the newest last). `delivered_to` are the addresses the mail went to: the envelope's where
    the server tells them, To and Cc besides. `prefix` is that of the landlord's references.
    """
    parents = _message_ids(in_reply_to)
    thread = tuple(dict.fromkeys(parents + _message_ids(references)[::-1]))[:_MOST_IDS]
    found = [Clue(ClueKind.REPLY_ADDRESS, tag) for tag in _plus_tags(delivered_to)]
    found += [Clue(ClueKind.THREAD, message_id) for message_id in thread]
    found += [Clue(ClueKind.SUBJECT, reference) for reference in find(subject, prefix)]
    found += [Clue(ClueKind.BODY, reference) for reference in find(new_text, prefix) + find(text, prefix)]
    found += [Clue(ClueKind.OWN_FIRST_MAIL, message_id) for message_id in thread]
    if plain := plain_subject(subject):
        found.append(Clue(ClueKind.SAME_SENDER_AND_SUBJECT, plain))
    return tuple(dict.fromkeys(found))


def choose(candidates: Iterable[tuple[Clue, str]], sender: str, cases: Mapping[str, Case]) -> Found | None:
    """The case that the clues speak for, None if they speak for none.

    `candidates` are the clues with the references of the cases they led to (a clue may have led to several),
    `cases` those cases by reference. Among clues of one kind a case of the sender's own goes first: people
    quote other people's letters.
    """
    known = [(clue, cases[reference]) for clue, reference in candidates if reference in cases]
    facts = [
        (clue, case)
        for clue, case in known
        if clue.kind is not ClueKind.SAME_SENDER_AND_SUBJECT
        and (clue.kind is not ClueKind.OWN_FIRST_MAIL or case.is_party(sender))
    ]
    if facts:
        facts.sort(key=lambda fact: (_SURENESS[fact[0].kind], not fact[1].is_party(sender)))
        clue, case = facts[0]
        others: dict[str, Clue] = {}
        for by, other in facts:
            if other.reference != case.reference:
                others.setdefault(other.reference, by)
        return Found(
            case.reference,
            clue,
            trusted=case.is_party(sender),
            others=tuple(others),
            conflict=_conflict(clue, case.reference, others),
        )
    guesses = {
        case.reference: (clue, case)
        for clue, case in known
        if clue.kind is ClueKind.SAME_SENDER_AND_SUBJECT and _is_open(case) and case.is_party(sender)
    }
    if len(guesses) != 1:
        return None
    ((reference, (clue, _)),) = guesses.items()
    return Found(reference, clue, trusted=True, suggestion=True)


def plain_subject(subject: str) -> str:
    """The subject without "Re:", "Fwd:", "[External]" and the like, in small letters, blanks closed up: what
    two mails of one matter have in common."""
    words = " ".join(subject.split())
    return words[match.end() :].casefold() if (match := _SUBJECT_MARKS.match(words)) else words.casefold()


def _conflict(surest: Clue, reference: str, others: Mapping[str, Clue]) -> str:
    if not others:
        return ""
    said = ", ".join(f"the {clue.kind.value} says {other}" for other, clue in others.items())
    return f"{said}; the {surest.kind.value} says {reference}, which is surer"


def _is_open(case: Case) -> bool:
    return case.stage not in (Stage.NONE, Stage.CLOSED)


def _message_ids(header: str | Iterable[str]) -> tuple[str, ...]:
    """The message ids of a header field, or of ids already taken apart, as they were written."""
    parts = (header,) if isinstance(header, str) else header
    return tuple(message_id for part in parts for message_id in _MESSAGE_ID.findall(part) or part.split())


def _plus_tags(addresses: Iterable[str]) -> list[str]:
    """What stands between the first plus and the @ (RFC 5233 calls it the detail), in small letters: tokens
    are made of these, and some mail programs change the case of an address."""
    tags = []
    for address in addresses:
        local, at, _ = address.strip().strip("<>").rpartition("@")
        _, plus, tag = local.partition("+")
        if at and plus and tag:
            tags.append(tag.lower())
    return tags


def named(verdict: Verdict, name: str, text: str) -> Verdict:
    """The verdict without "anonymous" where the mail comes under a first and a last name and nothing in it asks that
    the name be kept back: an unsigned mail is not a nameless one, and its text alone can't tell the two apart."""
    if not verdict.has(Flag.ANONYMOUS) or len(name.split()) < 2 or _KEEPS_NAME_BACK.search(text):
        return verdict
    return replace(verdict, flags=tuple(r for r in verdict.flags if r.flag is not Flag.ANONYMOUS))
