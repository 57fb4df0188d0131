"""Words that must never be missed: hazard, safeguarding, the law, the Ombudsman, elected members.

They are read before the model and whatever it says: each hit raises a flag with the phrase that caused it. Which
they are stands in `classifiers.watchwords`.

Pure, linear in the length of the text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from classifiers.phrasebook import Phrasebook
from classifiers.watchwords import WATCHWORDS, Watchword
from classifiers.words import cut, plain, spread
from mailbot.casework.vocabulary import Flag, Raised

_DENIED = re.compile(
    r"(?:\bno|\bnot|\bisnt|\bwasnt|\barent|\bwerent|\bnever|\bwithout|\bdidnt|\bdoesnt|\bcant|"
    r"\bcannot|\bnor|\bno longer|\bthere isnt any)"
    r"(?: (?:a|an|any|be|been|have|had|really|even|the|actually|more|sign|smell|of|to))*\s*$"
)
_BOOK = Phrasebook([w.pattern for w in WATCHWORDS])
_NEAR = tuple(re.compile(w.near, re.ASCII) if w.near else None for w in WATCHWORDS)
_NO_LAW = re.compile(
    r"\b(?:conveyanc\w*|mortgage|buyers?|purchaser|sale of|selling|completion|lender|probate|"
    r"citizenship|remortgag\w*)\b"
)
_LAW_MEANT = re.compile(
    r"\b(?:claim|action|instruct\w*|proceedings|court|sue|suing|disrepair|we act|protocol|"
    r"tribunal|without prejudice|my solicitors? (?:will|says?|has|have|is)|legal)\b"
)


@dataclass(frozen=True)
class Hit:
    """A watchword found, with its place in the plain text of subject and body."""

    word: Watchword
    start: int
    end: int


def read_for(text: str, subject: str = "") -> tuple[str, str]:
    """What `hits` reads: the text as typed (subject first, cut to `words.LONGEST`), and its plain form."""
    typed = f"{subject[:500]} . {cut(text)}"
    return typed, plain(typed)


def hits(read: str) -> tuple[Hit, ...]:
    """All watchwords that `read` (plain text) holds, first place each, in the order of the table."""
    found = []
    page = _BOOK.open(read)
    for number in page.numbers:
        word, near = WATCHWORDS[number], _NEAR[number]
        hit = next(
            (
                h
                for h in page.hits(number)
                if not (word.deniable and _DENIED.search(read[max(0, h.start() - 40) : h.start()]))
            ),
            None,
        )
        if hit is None or (near is not None and not near.search(read)):
            continue
        # A conveyancer is a solicitor too: the word alone, beside a sale, is no legal action.
        if word.flag is Flag.LEGAL_ACTION and _NO_LAW.search(read) and not _LAW_MEANT.search(read):
            continue
        found.append(Hit(word, hit.start(), hit.end()))
    return tuple(found)


def phrases(typed: str, found: tuple[Hit, ...]) -> tuple[Raised, ...]:
    """One Raised for each flag among `found`, with the words of `typed` that caused it."""
    if not found:
        return ()
    places = spread(typed, max(hit.end for hit in found))
    raised: dict[Flag, str] = {}
    for hit in found:
        raised.setdefault(hit.word.flag, typed[places[hit.start] : places[hit.end - 1] + 1].strip(" ."))
    return tuple(Raised(flag, phrase) for flag, phrase in raised.items())


def watch(text: str, subject: str = "") -> tuple[Raised, ...]:
    """The flags that the words alone raise (hints left out), one each, with the phrase that did it."""
    typed, read = read_for(text, subject)
    return phrases(typed, tuple(h for h in hits(read) if not h.word.hint))
