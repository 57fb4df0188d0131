"""Which of many patterns a text can hold at all, told at once from its letters in threes.

Most turns of phrase stand in no given mail, and finding that out by trying is what reading costs most. Every match of
"nobody (?:came|showed)" holds "nobody " and one of "came" and "showed"; a text that lacks the threes of letters of
either needn't be searched. What a pattern must hold is read from the pattern itself, so that a sieve can't disagree
with what it saves from being tried: it lets through too much rather than too little.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

_LONG = 3  # letters looked for at once
_WIDTH = 6  # bits a letter
_BLANK = 1  # whatever ends a word: blanks, stops, and letters that ASCII patterns know nothing of
_CODES = np.full(256, _BLANK, dtype=np.int32)
for _number, _letter in enumerate(b"abcdefghijklmnopqrstuvwxyz0123456789_", _BLANK + 1):
    _CODES[_letter] = _number

_Pieces = frozenset[str]  # every match holds one of these ...
_Needs = tuple[_Pieces, ...]  # ... and one of these, and so on


class Sieve:
    """Built once for patterns (in the order given; ASCII, lower case); `may_hold` is asked of each text."""

    def __init__(self, patterns: Sequence[str]) -> None:
        ways = [_ways(pattern) for pattern in patterns]
        told = [number for number, found in enumerate(ways) if all(found)]
        self._always = np.ones(len(patterns), dtype=bool)
        self._always[told] = False
        self._told = np.array(told, dtype=np.int64)
        # A pattern needs one of its ways, a way all its needs, a need one of its pieces, a piece all its threes.
        each_way = [way for number in told for way in ways[number]]
        each_need = [sorted(need) for way in each_way for need in way]
        each_piece = [_in_threes(piece) for need in each_need for piece in need]
        self._ways = _begins(len(ways[number]) for number in told)
        self._needs = _begins(map(len, each_way))
        self._pieces = _begins(map(len, each_need))
        self._threes = _begins(map(len, each_piece))
        self._codes = np.concatenate(each_piece) if each_piece else np.zeros(0, dtype=np.int32)

    def may_hold(self, text: str) -> list[int]:
        """The numbers of the patterns that `text` may hold, in order."""
        may = self._always.copy()
        if len(self._told):
            there = np.zeros(1 << (_LONG * _WIDTH), dtype=bool)
            there[_in_threes(f" {text} ")] = True
            pieces = np.logical_and.reduceat(there[self._codes], self._threes)
            needs = np.logical_or.reduceat(pieces, self._pieces)
            ways = np.logical_and.reduceat(needs, self._needs)
            may[self._told] = np.logical_or.reduceat(ways, self._ways)
        return np.flatnonzero(may).tolist()


def _begins(lengths: Iterable[int]) -> NDArray[np.int64]:
    return np.cumsum([0, *lengths], dtype=np.int64)[:-1]


def _in_threes(text: str) -> NDArray[np.int32]:
    codes = _CODES[np.frombuffer(text.encode("latin-1", "replace"), dtype=np.uint8)]
    return (codes[:-2] << (2 * _WIDTH)) | (codes[1:-1] << _WIDTH) | codes[2:]


def _ways(pattern: str) -> list[_Needs]:
    """The ways in which `pattern` can match: what each needs, () where that can't be told."""
    from re import _parser  # type: ignore[attr-defined]

    return _alternatives(list(_parser.parse(pattern, re.ASCII)), False, False)


def _alternatives(nodes: list[Any], before: bool, after: bool) -> list[_Needs]:
    """`_ways` of things that stand one after another; `before` and `after`: a word begins, or ends, there."""
    while nodes and _is_border(nodes[0]):
        nodes, before = nodes[1:], True
    while nodes and _is_border(nodes[-1]):
        nodes, after = nodes[:-1], True
    if len(nodes) == 1:
        kind, value = str(nodes[0][0]), nodes[0][1]
        if kind == "SUBPATTERN":
            return _alternatives(list(value[3]), before, after)
        if kind == "BRANCH":
            return [way for branch in value[1] for way in _alternatives(list(branch), before, after)]
    return [tuple(_of_sequence(nodes, before, after))]


def _of_sequence(nodes: list[Any], before: bool, after: bool) -> list[_Pieces]:
    """All that a match of things that stand one after another must hold: runs of letters, and what each part needs."""
    found: list[_Pieces] = []
    run = ""
    border = before
    for place, (kind, value) in enumerate(nodes):
        name = str(kind)
        if name == "LITERAL":
            run = (" " if not run and border and _in_word(chr(value)) else "") + run + chr(value)
            border = False
            continue
        border_here = _is_border((kind, value))
        if len(run) + border_here >= _LONG:
            found.append(frozenset({run + " " if border_here and _in_word(run[-1:]) else run}))
        run = ""
        ends = _is_border(nodes[place + 1]) if place + 1 < len(nodes) else after
        part: Iterable[_Pieces] = ()
        if name == "SUBPATTERN":
            part = _joined(_alternatives(list(value[3]), border, ends))
        elif name == "BRANCH":
            part = _joined(way for branch in value[1] for way in _alternatives(list(branch), border, ends))
        elif name in ("MAX_REPEAT", "MIN_REPEAT") and value[0] >= 1:
            part = _joined(_alternatives(list(value[2]), border and value[1] == 1, ends and value[1] == 1))
        found.extend(part)
        border = border_here
    if run:
        found.append(frozenset({run + " " if after and _in_word(run[-1:]) else run}))
    return [pieces for pieces in found if min(map(len, pieces)) >= _LONG]


def _joined(ways: Iterable[_Needs]) -> list[_Pieces]:
    """What is needed whichever way is taken: of each way the piece that chance makes most seldom."""
    each = list(ways)
    if not all(each):
        return []
    return [frozenset().union(*(max(way, key=lambda f: (min(map(len, f)), -len(f))) for way in each))]


def _is_border(node: Any) -> bool:
    return str(node[0]) == "AT" and str(node[1]) == "AT_BOUNDARY"


def _in_word(letter: str) -> bool:
    return bool(re.match(r"\w", letter, re.ASCII))
