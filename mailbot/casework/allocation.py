"""Who gets a case: fair, reproducible and never somebody whom the complaint is about.

The choice promises to be the same for the same facts (the lightest load first, then the key), to say why, and
to prefer nobody to the wrong one: a handler whom the text names (mtvh 4), who is away, who is full or who had
part in the earlier stage is not chosen, and when nobody remains the answer is None and a supervisor decides.
"""

from __future__ import annotations

import datetime as dt
import functools
import re
import unicodedata
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from mailbot.casework.vocabulary import Flag, Person, Stage, Topic

_TITLES = frozenset({"mr", "mrs", "ms", "miss", "mx", "dr", "prof", "sir", "madam"})
_LETTERS = r"(?:[^\W\d_][\u0300-\u036f]*)+"  # an accent may stand by itself behind its letter
_WORD = re.compile(rf"{_LETTERS}(?:['-]{_LETTERS})*")
_PLAIN_WORD = re.compile(r"[a-z]+(?:['-][a-z]+)*")  # the same of a text in ASCII
_ADDRESS = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w.-]{1,190}\w")


@dataclass(frozen=True)
class Desk:
    """The staff and how many open cases each of them has, by key; nobody's number is nought. `weights`: what those
    cases weigh together, where that is told apart; else each weighs one."""

    people: tuple[Person, ...]
    open_cases: Mapping[str, int] = field(default_factory=dict)
    weights: Mapping[str, int] | None = None

    def load(self, person: Person) -> int:
        return self.open_cases.get(person.key, 0)

    def weight(self, person: Person) -> int:
        return self.load(person) if self.weights is None else self.weights.get(person.key, 0)


@dataclass(frozen=True)
class Weights:
    """What an open case weighs: by where it stands, and more for each flag that makes it heavier."""

    stages: Mapping[Stage, int] = field(
        default_factory=lambda: {
            Stage.UNSORTED: 1,
            Stage.SERVICE_REQUEST: 1,
            Stage.STAGE1_OPEN: 3,
            Stage.STAGE1_RESPONDED: 1,
            Stage.STAGE2_OPEN: 4,
            Stage.STAGE2_RESPONDED: 1,
        }
    )
    flags: Mapping[Flag, int] = field(
        default_factory=lambda: {
            Flag.URGENT_HAZARD: 2,
            Flag.SAFEGUARDING: 2,
            Flag.VULNERABILITY: 1,
            Flag.LEGAL_ACTION: 1,
            Flag.OMBUDSMAN: 2,
        }
    )

    def of(self, stage: Stage, flags: Collection[Flag]) -> int:
        return self.stages.get(stage, 0) + sum(weight for flag, weight in self.flags.items() if flag in flags)

    def of_all(self, burden: Burden) -> int:
        stages = sum(self.stages.get(stage, 0) * count for stage, count in burden.stages.items())
        return stages + sum(self.flags.get(flag, 0) * count for flag, count in burden.flags.items())


@dataclass(frozen=True)
class Burden:
    """What one person has open: how many cases stand where, and how many of them carry which flag."""

    stages: Mapping[Stage, int] = field(default_factory=dict)
    flags: Mapping[Flag, int] = field(default_factory=dict)

    @property
    def cases(self) -> int:
        return sum(self.stages.values())


class Loads(Mapping[str, int]):
    """A number for each person, reckoned when somebody first asks: most steps give nothing to anybody."""

    def __init__(self, reckon: Callable[[], Mapping[str, int]]) -> None:
        self._reckoned = functools.cache(reckon)

    def __getitem__(self, key: str) -> int:
        return self._reckoned()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._reckoned())

    def __len__(self) -> int:
        return len(self._reckoned())


def open_loads(burdens: Callable[[], Mapping[str, Burden]]) -> Loads:
    """How many open cases each person has."""
    return Loads(lambda: {key: burden.cases for key, burden in burdens().items()})


def open_weights(weights: Weights, burdens: Callable[[], Mapping[str, Burden]]) -> Loads:
    """What the open cases of each person weigh together."""
    return Loads(lambda: {key: weights.of_all(burden) for key, burden in burdens().items()})


@dataclass(frozen=True)
class Chosen:
    """The person who gets the case, and for the journal why."""

    person: Person
    why: str


def choose_handler(
    desk: Desk,
    day: dt.date,
    text: str,
    topics: Collection[Topic],
    avoid: frozenset[str] = frozenset(),
    role: str = "handler",
    conflicted: frozenset[str] = frozenset(),
) -> Chosen | None:
    """The one to take a case on `day`, or None when nobody may.

    `text` is the complaint with its subject; `topics` what it is about: under STAFF_CONDUCT a bare first name
    or surname counts as naming somebody. `avoid` holds the keys of those who had part in it before (for
    stage 2 everybody of stage 1), `conflicted` those who may not have it, `role` is "handler", or "stage2" for stage 2.
    """
    holders = [person for person in desk.people if role in person.roles]
    about = named_in(text, holders, bare=Topic.STAFF_CONDUCT in topics)
    left_out: dict[str, int] = {}
    free = []
    for person in holders:
        reason = _reason_against(person, desk, day, about, avoid, conflicted)
        if reason:
            left_out[reason] = left_out.get(reason, 0) + 1
        else:
            free.append(person)
    if not free:
        return None
    person = min(free, key=lambda one: (desk.weight(one), one.key))
    load, weight = desk.load(person), desk.weight(person)
    lightest = (
        f"lightest load ({weight} for {load} open)"
        if desk.weights is not None
        else f"least open cases ({load})"
    )
    others = sorted(desk.weight(one) for one in free if one is not person)
    beside = f" (the others: {', '.join(map(str, others[:5]))})" if desk.weights is not None else ""
    why = f"{lightest} of {len(free)} free to take it{beside}" if len(free) > 1 else "the only one free"
    if left_out:
        why += "; left out: " + ", ".join(f"{count} {reason}" for reason, count in left_out.items())
    return Chosen(person, why)


def find_person(desk: Desk, words: str) -> Person | tuple[Person, ...]:
    """Whom a handler means by `words`: a key, an address, a whole name, else a first name or a surname.

    One person where it is clear; else all whom it may be, () where nobody is called that.
    """
    said = words.strip().strip("@.,;:").casefold()
    for person in desk.people:
        if said and said in (person.key.casefold(), *map(str.casefold, _addresses(person))):
            return person
    wanted = tuple(word for word in _words_of(words) if word not in _TITLES)
    names = [(person, name) for person in desk.people for name in _names(person)]
    for fits in (
        [person for person, name in names if wanted == name],
        [person for person, name in names if wanted in (name[:1], name[1:], name[-1:], (name[0], name[-1]))],
    ):
        found = tuple(dict.fromkeys(fits)) if wanted else ()
        if found:
            return found[0] if len(found) == 1 else found
    return ()


def named_in(text: str, people: Collection[Person], bare: bool = False) -> frozenset[str]:
    """The keys of those whom the text names: by whole name, by surname with title, first name or initial, or
    by address; with `bare` also by first name or surname alone. Accents and case don't matter."""
    said = _said_in(text)
    return frozenset(
        person.key
        for person in people
        if any(said.names(name, bare) for name in _names(person))
        or any(address.casefold() in said.addresses for address in _addresses(person))
    )


@dataclass(frozen=True)
class _Said:
    """The words of a text, each for itself and in their order with a blank around each, and its addresses."""

    words: frozenset[str]
    line: str
    addresses: frozenset[str]

    def names(self, name: tuple[str, ...], bare: bool) -> bool:
        """Whether somebody of this name is named. Every way to do so holds a word of it, which most texts don't."""
        return not self.words.isdisjoint(name) and any(
            f" {' '.join(phrase)} " in self.line for phrase in _ways_to_name(name, bare)
        )


@functools.lru_cache(maxsize=8)
def _said_in(text: str) -> _Said:
    """Kept for a moment: a step asks for one text several times."""
    words = _words_of(text)
    addresses = frozenset(map(str.casefold, _ADDRESS.findall(text) if "@" in text else ()))
    return _Said(frozenset(words), f" {' '.join(words)} ", addresses)


def conflicted_in(people: Collection[Person], parties: Collection[str], text: str) -> frozenset[str]:
    """The keys of those whose declared conflicts meet this case: an address of a party, a name or a place in what
    was written, or a colleague whom it names."""
    if not any(person.conflicts for person in people):
        return frozenset()
    named, said = named_in(text, people), " ".join(_words_of(text))
    theirs = {party.casefold() for party in parties}

    def meets(conflict: str) -> bool:
        if "@" in conflict:
            return conflict.casefold() in theirs
        words = " ".join(_words_of(conflict))
        return conflict in named or (bool(words) and re.search(rf"\b{re.escape(words)}\b", said) is not None)

    return frozenset(p.key for p in people if any(meets(c) for c in p.conflicts))


def _reason_against(
    person: Person,
    desk: Desk,
    day: dt.date,
    about: frozenset[str],
    avoid: frozenset[str],
    conflicted: frozenset[str],
) -> str:
    if person.key in about:
        return "named in it"
    if person.key in conflicted:
        return "with a conflict of interest"
    if person.key in avoid:
        return "had part in it before"
    if person.is_away(day):
        return "away"
    if person.case_limit and desk.load(person) >= person.case_limit:
        return "at the limit"
    return ""


def _ways_to_name(name: tuple[str, ...], bare: bool) -> Iterator[tuple[str, ...]]:
    """ "Priya Nair", "Nair, Priya", "P. Nair", "Ms Nair"; the surname of "Ana de la Cruz" may be all but the
    first word or the last alone."""
    if len(name) == 1:
        yield name
        return
    first = name[0]
    for surname in {name[1:], name[-1:]}:
        yield (first, *surname)
        yield (first[0], *surname)
        yield (*surname, first)
        for title in _TITLES:
            yield (title, *surname)
            yield (title, first, *surname)
        if bare:
            yield surname
    if bare:
        yield (first,)


def _names(person: Person) -> Iterator[tuple[str, ...]]:
    for name in (person.name, *(alias for alias in person.aliases if "@" not in alias)):
        if words := _name_of(name):
            yield words


@functools.lru_cache(maxsize=1_024)
def _name_of(name: str) -> tuple[str, ...]:
    """Its words without titles."""
    return tuple(word for word in _words_of(name) if word not in _TITLES)


def _addresses(person: Person) -> tuple[str, ...]:
    return (person.address, *(alias for alias in person.aliases if "@" in alias))


def _words_of(text: str) -> tuple[str, ...]:
    """The words in small letters without accents and without a possessive 's."""
    text = text.replace("\u2019", "'")
    words = _PLAIN_WORD.findall(text.lower()) if text.isascii() else map(_folded, _WORD.findall(text))
    return tuple(word.removesuffix("'s") for word in words)


def _folded(word: str) -> str:
    return word.lower() if word.isascii() else "".join(map(_plain_letter, word))


@functools.lru_cache(maxsize=4096)
def _plain_letter(letter: str) -> str:
    """One letter at a time: a whole text of combining marks takes quadratic time to decompose."""
    parts = unicodedata.normalize("NFKD", letter)
    return "".join(part for part in parts if not unicodedata.combining(part)).casefold()


def first_there(people: Sequence[Person], day: dt.date | None) -> Person:
    """The first of these who is not away on that day, or the first of all: somebody must hear of it. `day` None:
    nobody is taken for away. IndexError where there is nobody at all."""
    return next((p for p in people if day is None or not p.is_away(day)), people[0])
