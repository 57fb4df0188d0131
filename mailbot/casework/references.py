"""Case references: how they are made, and how they are found however people type them.

A reference reads `CC-2026-004217-7`: the landlord's prefix, the year, a serial of six digits (more when a
year needs them) and a check character over year and serial after ISO 7064 MOD 11-2. That scheme catches
every single wrong digit and every swap of two digits; its price is that the check is an `X` in one of
eleven references. `CC-2026-004217-7` itself carries its true check.

`find` promises to know a reference in lower case, with any or no separators, with typographic dashes, with
O for 0 and I or l for 1, in brackets or quotes, and broken over the lines of a quoted reply. It refuses
other prefixes and wrong checks: another organisation's number is nothing of ours. `near_misses` names what
looks like ours and does not add up, so that a person can look. Both are linear in the length of the text,
whatever the text is.

A reference found is a clue, never authority: who may act on the case is decided elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

_SERIAL_DIGITS = 6
_LONGEST_SERIAL = 9
_REMEMBERED = 20_000  # characters; what was found in a longer text is not held in memory
_PREFIX = re.compile(r"[A-Z]{2,6}\Z")

# Characters that readers can't tell from plain ones, or can't see at all. Full-width forms come from
# phones with an East Asian keyboard. Normal form NFKC would do the same, but not in linear time.
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u207b\u2212\ufe58\ufe63\uff0d"
_BLANKS = "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
_UNSEEN = "\u00ad\u034f\u061c\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\ufeff"
_PLAIN: dict[int, str | None] = {
    **{code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)},
    **dict.fromkeys(map(ord, _DASHES), "-"),
    **dict.fromkeys(map(ord, _BLANKS), " "),
    **dict.fromkeys(map(ord, _UNSEEN)),
    0x2028: "\n",
    0x2029: "\n",
    ord("\r"): None,
}
_DIGIT = "[0-9OoIl|]"
_TYPED_DIGITS = str.maketrans("OoIl|", "00111")
# At most a few separators, then at most one line break with the quote marks of a reply behind it. Possessive,
# so that a text made of separators can't be read in many ways.
_GAP = r"[ \t._/\\-]{0,6}+(?:\n[ \t>|_-]{0,12}+)?+"
_PLAIN_GAP = r"(?=[ \t._/\\\n-])" + _GAP
_END = r"(?![0-9A-Za-z])"
_LETTER = re.compile(
    r"(?<![0-9A-Za-z-])LETTER[ -]{1,3}(?P<number>[1-9][0-9]{0,17})[ -]{1,3}(?P<check>[0-9Xx])" + _END,
    re.IGNORECASE,
)


def check_character(year: int, serial: int) -> str:
    """ISO 7064 MOD 11-2 over the digits of the year and of the serial (padded to six): `0` to `9` or `X`."""
    return _check_over(f"{year:04d}{serial:0{_SERIAL_DIGITS}d}")


def _check_over(digits: str) -> str:
    remainder = 0
    for digit in digits:
        remainder = (remainder + int(digit)) * 2 % 11
    check = (12 - remainder) % 11
    return "X" if check == 10 else str(check)


def of_letter(number: int) -> str:
    """What a letter that belongs to no case is called, by its number in the outbox: LETTER-27-1. It has no year and not
    the landlord's prefix, so that nobody takes it for a case."""
    return f"LETTER-{number}-{_check_over(str(number))}"


def find_letters(text: str) -> tuple[int, ...]:
    """The numbers of the letters that `text` names so, each once. One with a wrong check is none."""
    plain = text if text.isascii() else text.translate(_PLAIN)
    found = (
        int(m["number"]) for m in _LETTER.finditer(plain) if _check_over(m["number"]) == m["check"].upper()
    )
    return tuple(dict.fromkeys(found))


def without_letters(text: str) -> str:
    """The text with the names of such letters left out."""
    return _LETTER.sub("", text)


def compose(prefix: str, year: int, serial: int) -> str:
    """The reference of the `serial`-th case of `year`.

    Raises ValueError for a prefix that isn't two to six capital letters, a year outside 2000 to 2999 and a
    serial below 1 or of more than nine digits.
    """
    _refuse_odd_prefix(prefix)
    if not 2000 <= year <= 2999:
        raise ValueError(f"the year of a reference lies between 2000 and 2999, not {year}")
    if not 1 <= serial < 10**_LONGEST_SERIAL:
        raise ValueError(f"the serial of a reference has one to nine digits and starts at 1, not {serial}")
    return f"{prefix}-{year}-{serial:0{_SERIAL_DIGITS}d}-{check_character(year, serial)}"


def find(text: str, prefix: str) -> tuple[str, ...]:
    """The valid references in `text`, as `compose` spells them, each once, in the order of the text."""
    return tuple(dict.fromkeys(seen.reference for seen in _read(text, prefix) if seen.reference))


def near_misses(text: str, prefix: str) -> tuple[str, ...]:
    """What looks like a reference of ours but whose check is wrong or missing, as it was typed (blanks and
    line breaks closed up), each once. A person is to be told of these; nothing is looked up by them."""
    return tuple(dict.fromkeys(seen.typed for seen in _read(text, prefix) if not seen.reference))


def without_check(text: str, prefix: str) -> tuple[str, ...]:
    """The references whose check somebody left away, completed ("CC-2026-004217"), each once. A number alone
    proves little: it counts only where the writer is a party to that very case."""
    return tuple(dict.fromkeys(seen.completed for seen in _read(text, prefix) if seen.completed))


@dataclass(frozen=True)
class _Seen:
    """What has the shape of a reference: which it is, "" where its check is wrong or missing; as it was typed; and
    completed, where it was left without a check."""

    reference: str
    typed: str
    completed: str


def _read(text: str, prefix: str) -> Iterable[_Seen]:
    """Everything that has the shape of a reference, in its order."""
    return _read_once(text, prefix) if len(text) <= _REMEMBERED else _scan(text, prefix)


def _scan(text: str, prefix: str) -> Iterator[_Seen]:
    plain = text.replace("\r", "") if text.isascii() else text.translate(_PLAIN)
    return (_seen(match, prefix) for match in _shape(prefix).finditer(plain))


@lru_cache(maxsize=8)
def _read_once(text: str, prefix: str) -> tuple[_Seen, ...]:
    """Kept for a moment: of one text several things are asked."""
    return tuple(_scan(text, prefix))


def _seen(match: re.Match[str], prefix: str) -> _Seen:
    year = int(match["year"].translate(_TYPED_DIGITS))
    reference = completed = ""
    for typed_serial, typed_check in _readings(match):
        serial = int(typed_serial.translate(_TYPED_DIGITS))
        check = typed_check.translate(_TYPED_DIGITS).upper()
        if serial > 0 and check == check_character(year, serial):
            reference = compose(prefix, year, serial)
            break
    if match["bare"] is not None and (serial := int(match["bare"].translate(_TYPED_DIGITS))) > 0:
        completed = compose(prefix, year, serial)
    return _Seen(reference, " ".join(re.sub(r"\n[\s>|]*", "", match[0]).split()), completed)


def _readings(match: re.Match[str]) -> Iterator[tuple[str, str]]:
    """The ways to tell serial and check apart, the surest first; none where the check is missing."""
    if match["serial"] is not None:
        yield match["serial"], match["alone"] or match["letter"]
        if len(match["serial"]) > _SERIAL_DIGITS:  # "CC20260042177 7 Elm Road": a house number follows
            yield match["serial"][:-1], match["serial"][-1]
    elif match["spaced"] is not None:
        digits = re.sub(rf"(?!{_DIGIT})[^Xx]", "", match["spaced"])
        yield digits[:-1], digits[-1]
    elif match["run"] is not None:
        yield match["run"][:-1], match["run"][-1]


@lru_cache(maxsize=32)
def _shape(prefix: str) -> re.Pattern[str]:
    """The four ways in which a number of ours is laid out, the surest first.

    alone   the check stands by itself: the serial's leading zeros may be missing
    letter  the same with an O or I for the digit, close by: "CC-2026-004217. I am" has no check
    spaced  serial and check in groups of somebody's own ("004 217 7"): all seven digits must be there
    run     serial and check in one run: six digits of serial at least, else a forgotten check would pass
            for the check of another case
    bare    no check at all: never a reference, always a near miss
    """
    _refuse_odd_prefix(prefix)
    lookalike = {"O": "[Oo0]", "I": "[Iil1|]"}
    first, *others = (lookalike.get(letter, f"[{letter}{letter.lower()}]") for letter in prefix)
    # Its first letter before what may not stand before that: so most of a text is passed over quickly.
    letters = rf"{first}(?<![0-9A-Za-z].){''.join(others)}"
    check = "[0-9OoIl|Xx]"
    return re.compile(
        rf"{letters}{_GAP}#?(?P<year>2{_DIGIT}{{3}}){_GAP}"
        rf"(?:(?P<serial>{_DIGIT}{{1,{_LONGEST_SERIAL}}}+)"
        rf"(?:{_PLAIN_GAP}(?P<alone>[0-9Xx])|[ ]?[-/_][ ]?(?P<letter>[OoIl|])){_END}"
        rf"|(?P<spaced>(?:{_DIGIT}{_GAP}){{6}}{check}){_END}"
        rf"|(?P<run>{_DIGIT}{{{_SERIAL_DIGITS},{_LONGEST_SERIAL}}}{check}){_END}"
        rf"|(?P<bare>{_DIGIT}{{4,{_LONGEST_SERIAL}}}){_END})"
    )


def _refuse_odd_prefix(prefix: str) -> None:
    if not _PREFIX.match(prefix):
        raise ValueError(f"a reference prefix is two to six capital letters, not {prefix!r}")
