"""Many turns of phrase looked for in one text, each only where it can begin.

Most of them stand in no given mail, and finding that out by trying each at every letter is what reading costs most. A
turn of phrase begins with a word, and with one of few: so the words of a text are gone through once, and each pattern
is tried where its matches could begin. How they begin is read from the pattern itself; where that can't be told, the
whole text is searched. Either way the matches are those of `re`, in the same order.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

_DEEP = 4  # letters of a beginning that are told
_FIRST, _FURTHER = 12, 4
"""Different letters, in the first place and in a further one, beyond which nothing is told."""

_WORD = re.compile(r"\w+", re.ASCII)


class Phrasebook:
    """Built once for patterns (ASCII, lower case, numbered by their order); opened at each text."""

    def __init__(self, patterns: Sequence[str]) -> None:
        self._patterns = tuple(re.compile(pattern, re.ASCII) for pattern in patterns)
        self._anywhere: list[int] = []
        self._begun: dict[str, list[int]] = {}
        for number, pattern in enumerate(patterns):
            begun = beginnings(pattern)
            if begun is None:
                self._anywhere.append(number)
            for letters in begun or ():
                self._begun.setdefault(letters, []).append(number)
        self._lengths = sorted(set(map(len, self._begun)))
        self._begin_as = lru_cache(maxsize=8_000)(self._that_begin_as)

    def open(self, text: str) -> Page:
        """`text` in plain form."""
        places: dict[int, list[int]] = {}
        for place, letters in _words_of(text):
            for number in self._begin_as(letters):
                places.setdefault(number, []).append(place)
        return Page(text, self._patterns, places, sorted([*places, *self._anywhere]))

    def _that_begin_as(self, letters: str) -> tuple[int, ...]:
        lengths = [length for length in self._lengths if length <= len(letters)]
        return tuple(number for length in lengths for number in self._begun.get(letters[:length], ()))


class Page(NamedTuple):
    """A text that a phrasebook is opened at. `numbers` has the patterns that may stand in it, in order."""

    text: str
    patterns: Sequence[re.Pattern[str]]
    places: Mapping[int, Sequence[int]]  # where each can begin; of one that isn't named anywhere
    numbers: Sequence[int]

    def hits(self, number: int, since: int = 0) -> Iterator[re.Match[str]]:
        """As `finditer(text, since)` of that pattern."""
        pattern, places = self.patterns[number], self.places.get(number)
        if places is None:
            yield from pattern.finditer(self.text, since)
            return
        for place in places:
            if place >= since and (hit := pattern.match(self.text, place)):
                yield hit
                since = hit.end()

    def first(self, number: int, since: int = 0) -> re.Match[str] | None:
        """As `search(text, since)` of that pattern."""
        return next(self.hits(number, since), None)


@lru_cache(maxsize=1)  # for a moment: several books are opened at one text
def _words_of(text: str) -> list[tuple[int, str]]:
    """Where each word begins, and the letters there, with what comes after a word of fewer."""
    begins = [word.start() for word in _WORD.finditer(text)]
    return [(place, text[place : place + _DEEP]) for place in begins]


# ------------------------------------------------------------------ how matches begin


class _Begun(NamedTuple):
    """How some matches begin: with these letters, of which no more can be told where they have `ended`."""

    letters: str
    at_word: bool  # a border of a word comes before them
    ended: bool = False


class _Untold(Exception):
    """Matches may begin anywhere, or with anything."""


def beginnings(pattern: str) -> frozenset[str] | None:
    """What each match of `pattern` begins with, up to four letters, at the beginning of a word; none of them begins
    with another one. None where that can't be told."""
    try:
        found = {begun.letters for begun in _along(_parsed(pattern), {_Begun("", False)})}
    except _Untold:
        return None
    if "" in found:
        return None
    return frozenset(one for one in found if not any(one[:end] in found for end in range(1, len(one))))


def _along(nodes: Iterable[Any], begun: set[_Begun]) -> set[_Begun]:
    """What begins as `begun` says and goes on with these nodes of a parsed pattern."""
    for kind, value in nodes:
        done = {one for one in begun if one.ended}
        going = begun - done
        if not going:
            break
        begun = done | _past(str(kind), value, going)
    return begun


def _past(kind: str, value: Any, begun: set[_Begun]) -> set[_Begun]:
    if kind == "AT":
        border = str(value) == "AT_BOUNDARY"
        return {one._replace(at_word=True) if border and not one.letters else one for one in begun}
    if kind in ("ASSERT", "ASSERT_NOT"):
        return begun  # they only forbid
    if kind == "LITERAL":
        return {_with(one, chr(value)) for one in begun}
    if kind == "SUBPATTERN":
        return _along(value[3], begun)
    if kind == "BRANCH":
        return set().union(*(_along(branch, begun) for branch in value[1]))
    if kind in ("MAX_REPEAT", "MIN_REPEAT"):
        least, most, inner = value
        found, so_far = (begun if least == 0 else set()), begun
        for _ in range(min(int(most), _DEEP)):
            so_far = _along(inner, so_far)
            found = found | so_far
        return found
    letters = _choices(value) if kind == "IN" else ""
    found = set()
    for one in begun:
        if 0 < len(letters) <= (_FURTHER if one.letters else _FIRST):
            found |= {_with(one, letter) for letter in letters}
        elif one.letters:
            found.add(one._replace(ended=True))
        else:
            raise _Untold
    return found


def _with(begun: _Begun, letter: str) -> _Begun:
    if not begun.letters and not (begun.at_word and _WORD.match(letter)):
        raise _Untold
    letters = begun.letters + letter
    return _Begun(letters, begun.at_word, len(letters) >= _DEEP)


def _choices(members: Iterable[Any]) -> str:
    """The letters of a set, "" where they can't be told."""
    letters = ""
    for kind, value in members:
        if str(kind) == "LITERAL":
            letters += chr(value)
        elif str(kind) == "RANGE":
            letters += "".join(map(chr, range(value[0], value[1] + 1)))
        elif str(value) == "CATEGORY_DIGIT":
            letters += "0123456789"
        else:
            return ""
    return letters


def _parsed(pattern: str) -> list[Any]:
    """The pattern as `re` itself takes it apart: kind and value of each thing that stands in it."""
    from re import _parser  # type: ignore[attr-defined]

    return list(_parser.parse(pattern, re.ASCII))
