"""Features from text, quickly: sequences of words or letters, numbered, counted and weighed (TF-IDF).

What a vectoriser of scikit-learn does, for many mails at once and without its dictionaries of strings: a sequence is
one whole number (its words' numbers, or its letters' codes, side by side), a vocabulary is a sorted array of such
numbers, and looking all sequences of a batch up is a few passes over arrays. A vocabulary of 50,000 sequences takes
a megabyte where a dictionary takes ten, and no library but numpy is needed to read mail.

A sequence of words can only be known if each of its words is (one that occurs in two mails has words that do), so that
only single words need a dictionary.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from string import whitespace

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Places = NDArray[np.int32]

_SPREAD = np.uint64(
    0x9E3779B97F4A7C15
)  # 2^64 by the golden ratio: multiplying by it scatters numbers (Knuth 6.4)


@dataclass(frozen=True)
class Rows:
    """A sparse matrix, one row a mail: the columns that aren't zero in `indices`, their values in `data`, row after
    row; row `r` from `indptr[r]` to `indptr[r + 1]`."""

    indptr: Integers
    indices: Places
    data: Floats
    width: int

    def row(self, number: int) -> slice:
        return slice(self.indptr[number], self.indptr[number + 1])

    def __len__(self) -> int:
        return len(self.indptr) - 1


@dataclass(frozen=True)
class Recipe:
    """How a view's text becomes features.

    tokens   splits a text into words; None: letters, inside words, the word's edges counted as a blank
    longest  words, or letters, in a sequence at most; `shortest` likewise
    at_least mails of training that a sequence must stand in
    counted  "log" (1 + log of how often it stands there), "once", or "often" (the count itself)
    plain    neither weighed by rarity nor brought to length one
    """

    tokens: Callable[[str], Sequence[str]] | None
    longest: int = 1
    shortest: int = 1
    at_least: int = 1
    counted: str = "log"
    plain: bool = False


@dataclass(frozen=True)
class Table:
    """Whole numbers (over 0, each once) and the place of each: many are looked up at once."""

    keys: Integers

    @cached_property
    def _slots(self) -> tuple[Places, np.uint64]:
        """Open addressing: each key's place stands in the first free slot from the one that it is scattered to."""
        bits = max(4, int(np.ceil(np.log2(len(self.keys) * 4 + 1))))
        shift, slots = np.uint64(64 - bits), np.full(1 << bits, -1, dtype=np.int32)
        waiting = np.arange(len(self.keys), dtype=np.int32)
        at = self._scatter(self.keys, shift)
        while len(waiting):
            free = slots[at] < 0
            slots[at[free]] = waiting[free]  # of several for one slot the last stays
            lost = slots[at] != waiting
            waiting, at = waiting[lost], (at[lost] + 1) & (len(slots) - 1)
        return slots, shift

    @staticmethod
    def _scatter(keys: Integers, shift: np.uint64) -> Integers:
        return ((keys.astype(np.uint64) * _SPREAD) >> shift).astype(np.int64)

    def places(self, wanted: Integers) -> Places:
        """The place of each of `wanted` among the keys, -1 for one that isn't there."""
        found = np.full(len(wanted), -1, dtype=np.int32)
        if not len(self.keys):
            return found
        slots, shift = self._slots
        asking, at = np.arange(len(wanted)), self._scatter(wanted, shift)
        while len(asking):
            there = slots[at]
            taken = there >= 0  # an empty slot: no such key
            asking, at, there = asking[taken], at[taken], there[taken]
            hit = self.keys[there] == wanted[asking]
            found[asking[hit]] = there[hit]
            asking, at = asking[~hit], (at[~hit] + 1) & (len(slots) - 1)
        return found


class _Numbers(dict[str, int]):
    """A word's number; 0 for one that isn't known."""

    def __missing__(self, word: str) -> int:
        return 0


@dataclass(frozen=True)
class Grams:
    """A fitted vocabulary. `words` holds its single words (or letters), numbered from 1; `keys` its sequences, in the
    order of the columns; `rarity` the weight of each (inverse document frequency)."""

    recipe: Recipe
    words: tuple[str, ...]
    keys: Integers
    rarity: Floats
    _numbers: _Numbers = field(init=False, repr=False, compare=False)
    _table: Table = field(init=False, repr=False, compare=False)
    _codes: NDArray[np.uint8] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_table", Table(self.keys))
        numbers = _Numbers({word: number for number, word in enumerate(self.words, 1)})
        codes = np.zeros(1, dtype=np.uint8)
        if self.recipe.tokens is None:
            codes = np.zeros(max(map(ord, self.words), default=0) + 1, dtype=np.uint8)
            for letter, number in numbers.items():
                codes[ord(letter)] = number
            numbers.clear()
        object.__setattr__(self, "_numbers", numbers)
        object.__setattr__(self, "_codes", codes)

    def __len__(self) -> int:
        return len(self.keys)

    @property
    def _base(self) -> int:
        return 256 if self.recipe.tokens is None else len(self.words) + 1

    def take(self, texts: Sequence[str]) -> Rows:
        """The features of `texts`."""
        keys, rows = self._sequences(texts)
        places = self._table.places(keys)
        known = places >= 0
        return self._weighed(*_counted(rows[known], places[known], len(self)), len(texts))

    def term(self, column: int) -> str:
        """The sequence of `column`, as it is read."""
        key, words, base = int(self.keys[column]), list[str](), self._base
        while key:
            key, number = divmod(key, base)
            words.append(self.words[number - 1])
        return ("" if self.recipe.tokens is None else " ").join(reversed(words))

    def _sequences(self, texts: Sequence[str]) -> tuple[Integers, Integers]:
        """All sequences of known words in `texts`, and the text that each stands in."""
        if self.recipe.tokens is None:
            numbers, owner = _lettered(texts, self._codes)
        else:
            numbers, owner = _worded([self.recipe.tokens(text) for text in texts], self._numbers)
        return _side_by_side(numbers, owner, self.recipe, self._base)

    def _weighed(self, rows: Integers, columns: Places, counts: Floats, many: int) -> Rows:
        indptr = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=many))])
        values = counts
        if self.recipe.counted == "log":
            values = 1 + np.log(counts)
        elif self.recipe.counted == "once":
            values = np.ones_like(counts)
        if not self.recipe.plain:
            values = values * self.rarity[columns]
            lengths = np.sqrt(np.bincount(rows, weights=values * values, minlength=many))
            values = values / lengths[rows]
        return Rows(indptr, columns, values, len(self))


def fit(recipe: Recipe, texts: Sequence[str]) -> tuple[Grams, Rows]:
    """The vocabulary of `texts`, and their features."""
    if recipe.tokens is None:
        # A letter's number fits a byte; the blank is always one of them.
        words = (" ", *_often(({*text} - {*whitespace} for text in texts), recipe.at_least)[:254])
        split: list[Sequence[str]] = []
    else:
        split = [recipe.tokens(text) for text in texts]
        words = _often((set(tokens) for tokens in split), recipe.at_least)
    words = tuple(sorted(words))
    empty = Grams(recipe, words, np.zeros(0, np.int64), np.zeros(0))
    keys, rows = (
        empty._sequences(texts)
        if recipe.tokens is None
        else _side_by_side(*_worded(split, empty._numbers), recipe, empty._base)
    )
    all_keys, places = np.unique(keys, return_inverse=True)
    owners, columns, counts = _counted(rows, places.astype(np.int32), len(all_keys))
    in_mails = np.bincount(columns, minlength=len(all_keys))
    kept = in_mails >= recipe.at_least
    rarity = np.ones(int(kept.sum()))
    if not recipe.plain:
        rarity = np.log((1 + len(texts)) / (1 + in_mails[kept])) + 1
    grams = Grams(recipe, words, all_keys[kept], rarity)
    stay = kept[columns]
    anew = (np.cumsum(kept) - 1).astype(np.int32)
    return grams, grams._weighed(owners[stay], anew[columns[stay]], counts[stay], len(texts))


def fit_all(
    recipes: Mapping[str, Recipe], texts: Mapping[str, Sequence[str]]
) -> tuple[dict[str, Grams], dict[str, Rows]]:
    """`fit` for each view."""
    both = {name: fit(recipe, texts[name]) for name, recipe in recipes.items()}
    return {name: grams for name, (grams, _) in both.items()}, {
        name: rows for name, (_, rows) in both.items()
    }


def _often(sets: Iterable[set[str]], at_least: int) -> tuple[str, ...]:
    """What stands in at least so many of `sets`, the most frequent first."""
    counts: Counter[str] = Counter()
    for one in sets:
        counts.update(one)
    return tuple(
        word for word, many in sorted(counts.items(), key=lambda c: (-c[1], c[0])) if many >= at_least
    )


def _worded(split: Sequence[Sequence[str]], numbers: _Numbers) -> tuple[Integers, Integers]:
    """The numbers of all words, text after text with a 0 between, and the text of each."""
    flat: list[int] = []
    lengths = []
    for tokens in split:
        flat.extend(map(numbers.__getitem__, tokens))
        flat.append(0)
        lengths.append(len(tokens) + 1)
    return np.array(flat, dtype=np.int64), np.repeat(np.arange(len(split)), lengths)


def _lettered(texts: Sequence[str], codes: NDArray[np.uint8]) -> tuple[Integers, Integers]:
    """Likewise of letters: each word between blanks, so that no sequence reaches from one into the next."""
    spaced = [f" {'  '.join(text.split())} \n" for text in texts]
    points = np.frombuffer("".join(spaced).encode("utf-32-le", "replace"), dtype=np.uint32)
    numbers = np.where(points < len(codes), codes[np.minimum(points, len(codes) - 1)], 0).astype(np.int64)
    return numbers, np.repeat(np.arange(len(texts)), [len(text) for text in spaced])


def _side_by_side(numbers: Integers, owner: Integers, recipe: Recipe, base: int) -> tuple[Integers, Integers]:
    """The sequences of `numbers` as keys, and the text that each stands in. None holds an unknown word (0)."""
    keys, rows = [], []
    known = numbers > 0
    letters = recipe.tokens is None
    blank = numbers == numbers[0] if letters and len(numbers) else known  # letters begin with one
    key, whole = numbers, known
    for length in range(1, recipe.longest + 1):
        if length > 1:
            ahead = numbers[length - 1 :]
            whole = whole[: len(ahead)] & known[length - 1 :]
            if letters:
                whole &= ~(blank[length - 2 : -1] & blank[length - 1 :])
            key = key[: len(ahead)] * base + ahead
        if length >= recipe.shortest:
            keys.append(key[whole])
            rows.append(owner[: len(whole)][whole])
    return np.concatenate(keys), np.concatenate(rows)


def _counted(rows: Integers, places: Places, width: int) -> tuple[Integers, Places, Floats]:
    """Row, column and count of each column that stands in a row, row after row."""
    cells = np.sort(rows * width + places)
    first = np.ones(len(cells), dtype=bool)
    first[1:] = cells[1:] != cells[:-1]
    begins = np.flatnonzero(first)
    counts = np.diff(np.append(begins, len(cells))).astype(np.float64)
    cells = cells[begins]
    return cells // max(width, 1), (cells % max(width, 1)).astype(np.int32), counts
