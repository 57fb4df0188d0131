"""Each kind of letter is written once for each shape that it has in a replay, so that a template that can't be written
is found there, by file and line, and not when a resident waits for it.

Writing every letter would cost as much again as the whole replay. What a template does with a letter hangs on who reads
it and on which facts are there, not on their words: so letters alike in that are written once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Final

from mailbot.casework.vocabulary import Audience, Case, Fact, Letter
from mailbot.composing import Composer
from mailbot.postroom.letters import LetterMistake
from storage.rows import LetterRow

MOST_SHAPES: Final = 12
"""So many shapes of one kind of letter are tried for one sort of reader; a fault shows in the first few."""
CHOICES: Final = frozenset(
    {
        "authority", "closed_because", "decision", "early", "kind", "lacks", "matter", "response_to", "role", "stage",
        "tone", "urgency", "preview_letter",
    }
)  # fmt: skip
"""Facts whose word decides what a template says."""

Shape = tuple[Letter, Audience, object]


class Tryout:
    """`faults`: each once, with how many letters of the replay have that shape."""

    def __init__(self, composer: Composer) -> None:
        self._composer = composer
        self._met: dict[Shape, str] = {}  # shape -> what is wrong with it, "" for nothing
        self._tried: Counter[tuple[Letter, Audience]] = Counter()
        self._wrong: Counter[str] = Counter()

    @property
    def written(self) -> int:
        return sum(self._tried.values())

    @property
    def faults(self) -> list[str]:
        return [
            f"{told} ({number:,} letter{'s' * (number > 1)})" for told, number in self._wrong.most_common()
        ]

    def look_at(self, row: LetterRow, case: Case | None) -> None:
        order = row.order
        shape = (order.letter, order.audience, shape_of(order.facts))
        found = self._met.get(shape)
        if found is None:
            kind = (order.letter, order.audience)
            found = self._try(row, case) if self._tried[kind] < MOST_SHAPES else ""
            self._tried[kind] += self._tried[kind] < MOST_SHAPES
            self._met[shape] = found
        if found:
            self._wrong[found] += 1

    def _try(self, row: LetterRow, case: Case | None) -> str:
        mailbox = self._composer.mailbox_of(case)
        try:
            self._composer.write(row, case, mailbox, row.sent_at or row.created_at, carried=())
        except LetterMistake as mistake:
            return str(mistake)
        except Exception as error:  # whatever a template does, it is told and the next is tried
            return f"letter {row.order.letter}: {type(error).__name__}"
        return ""


def shape_of(facts: Mapping[str, Fact]) -> object:
    """Which facts are there, and what those say that decide."""
    return frozenset((name, _shape(name, fact)) for name, fact in facts.items())


def _shape(name: str, fact: Fact) -> object:
    if isinstance(fact, dict):
        return shape_of(fact)
    if isinstance(fact, list):
        return frozenset(_shape(name, one) for one in fact)
    return fact if name in CHOICES else bool(fact)
