"""What a scenario says, once it has been read: who does what on which day, and what is expected of it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from mailbot.casework.policy import Overlay
from mailbot.casework.vocabulary import Flag, Letter, Person, Verdict


@dataclass(frozen=True)
class Step:
    """One line of a story. `said` is the line as it was written, `line` its number."""

    line: int
    said: str


# ------------------------------------------------------------------ what somebody does


@dataclass(frozen=True)
class Writes(Step):
    """A mail to the complaints mailbox. `answers`: the letters of which the newest is answered, none for a mail
    of its own; `case`: the number of the case whose letter that is, 0 for any."""

    who: str
    answers: tuple[Letter, ...] = ()
    answers_words: str = ""
    case: int = 0
    subject: str = ""
    text: str = ""
    taken_as: Verdict | None = None
    address: str = ""
    copied: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    vouched: bool = True
    machine: bool = False  # an out-of-office notice


@dataclass(frozen=True)
class ComesBack(Step):
    """A letter could not be delivered: the server reports it (RFC 3464)."""

    who: str
    letters: tuple[Letter, ...]
    letter_words: str


@dataclass(frozen=True)
class OutOfReach(Step):
    """Nobody can look into the mailbox until then; what arrives waits on the server."""

    until: dt.datetime


@dataclass(frozen=True)
class BankHoliday(Step):
    """The landlord adds a bank holiday to its calendar, and the service starts anew with it."""

    day: dt.date


@dataclass(frozen=True)
class IsAway(Step):
    who: str
    first: dt.date
    last: dt.date


Deed: TypeAlias = Writes | ComesBack | OutOfReach | BankHoliday | IsAway

# ------------------------------------------------------------------ what is expected


@dataclass(frozen=True)
class Gets(Step):
    """Somebody gets a letter; none of the kind for `count` nought. `letters` is empty for any letter at all.
    `count`: None for at least one."""

    who: str  # "" for anybody
    letters: tuple[Letter, ...]
    letter_words: str
    count: int | None = None
    citing: tuple[str, ...] = ()
    saying: tuple[str, ...] = ()
    not_saying: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    case: int = 0


class Standing(StrEnum):
    OPEN = "open"
    ANSWERED = "answered"
    CLOSED = "closed"
    SERVICE_REQUEST = "a service request"
    UNSORTED = "to be sorted"


@dataclass(frozen=True)
class Stands(Step):
    """Where the case is. `stage` 0: at whichever; `because` "": for whatever reason."""

    case: int
    standing: Standing
    stage: int = 0
    because: str = ""


@dataclass(frozen=True)
class IsWith(Step):
    case: int
    who: str  # "" for nobody


@dataclass(frozen=True)
class IsDue(Step):
    """A duty of the landlord has these dates. `latest` None: it is not asked after; `target` None: nothing of that
    kind is due."""

    case: int
    duty: str
    target: dt.date | None
    latest: dt.date | None = None
    citing: tuple[str, ...] = ()


@dataclass(frozen=True)
class MayAskUntil(Step):
    """The last day to ask for the next stage; None: there is no last day."""

    case: int
    until: dt.date | None


@dataclass(frozen=True)
class CasesOpen(Step):
    count: int
    open_only: bool = True


@dataclass(frozen=True)
class JournalSays(Step):
    case: int  # 0: of any case or none
    saying: tuple[str, ...]
    citing: tuple[str, ...] = ()
    never: bool = False


@dataclass(frozen=True)
class IsFlagged(Step):
    case: int
    flags: tuple[Flag, ...]


@dataclass(frozen=True)
class IsLinked(Step):
    case: int
    other: int


Expectation: TypeAlias = (
    Gets | Stands | IsWith | IsDue | MayAskUntil | CasesOpen | JournalSays | IsFlagged | IsLinked
)

# ------------------------------------------------------------------ the whole


class When(StrEnum):
    ON = "On"
    BY = "By"
    UNTIL = "Until"


@dataclass(frozen=True)
class Block:
    """A day with what happens on it or is looked at. `time` None: the whole day."""

    line: int
    said: str
    when: When
    day: dt.date
    time: dt.time | None
    steps: tuple[Deed | Expectation, ...]

    @property
    def does_something(self) -> bool:
        return any(isinstance(step, Deed) for step in self.steps)


@dataclass(frozen=True)
class Scenario:
    file: str
    line: int
    title: str
    policy: str  # as it was written: its id, with a version or without
    overlay: Overlay
    keeps: tuple[str, ...]
    blocks: tuple[Block, ...]
    people: tuple[Person, ...]
    confirmed: bool = False  # acknowledgements wait for the handler
    outsiders: tuple[tuple[str, str], ...] = ()  # name and address of those who write from outside
    holidays: tuple[dt.date, ...] = ()
    closure_days: tuple[dt.date, ...] = ()
    document: str = ""  # the file of the policy that goes with acknowledgements
    held: bool = False  # what staff send to a resident can be taken back for two minutes

    @property
    def steps(self) -> tuple[Deed | Expectation, ...]:
        return tuple(step for block in self.blocks for step in block.steps)
