"""What a played demo left, and how tests ask it: by who wrote, by what a letter was, by the case."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mailbot.casework.vocabulary import Case, Letter
from mailbot.demo import Ended
from mailbot.demo.cast import Actor
from mailbot.demo.happenings import Happening
from storage.rows import LetterRow


@dataclass(frozen=True)
class Played:
    ended: Ended
    printed: str
    out: Path

    def case(self, resident: Actor, nth: int = 0) -> Case:
        """The nth case that this resident's own mail opened."""
        return [c for c in self.ended.books.cases if c.resident.address == resident.address][nth]

    def letters(self, resident: Actor, *kinds: Letter) -> list[LetterRow]:
        """Letters on this resident's first case, in order."""
        reference = self.case(resident).reference
        found = [x for x in self.ended.books.letters if x.reference == reference]
        return [x for x in found if x.order.letter in kinds] if kinds else found

    def mails(self, sender: Actor) -> list[Happening]:
        """What became of this sender's mails, in order."""
        return [h for h in self.ended.told.happenings if h.mail and h.who == sender.name]

    def on(self, case: Case) -> list[Happening]:
        return [h for h in self.ended.told.happenings if h.reference == case.reference]
