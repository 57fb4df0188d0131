"""What residents say of how they need to be written to, and what whoever sends a letter another way does.

Nothing is recorded by itself: what a mail seems to ask for is put before whoever has the case, as a prepared #adjust
line (House 41, Code 5.10).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from mailbot.casework.tongues import seems_written_in

LANGUAGES: Final[Mapping[str, str]] = {
    "albanian": "sq",
    "amharic": "am",
    "arabic": "ar",
    "bengali": "bn",
    "bulgarian": "bg",
    "cantonese": "yue",
    "chinese": "zh",
    "czech": "cs",
    "farsi": "fa",
    "french": "fr",
    "german": "de",
    "gujarati": "gu",
    "hindi": "hi",
    "hungarian": "hu",
    "italian": "it",
    "kurdish": "ku",
    "latvian": "lv",
    "lithuanian": "lt",
    "mandarin": "zh",
    "pashto": "ps",
    "persian": "fa",
    "polish": "pl",
    "portuguese": "pt",
    "punjabi": "pa",
    "romanian": "ro",
    "russian": "ru",
    "slovak": "sk",
    "somali": "so",
    "spanish": "es",
    "tamil": "ta",
    "tigrinya": "ti",
    "turkish": "tr",
    "ukrainian": "uk",
    "urdu": "ur",
    "vietnamese": "vi",
    "welsh": "cy",
    "yoruba": "yo",
}
"""How people call a language, and the code that a folder of templates in it is called by (ISO 639)."""
_LANGUAGES: Final = "|".join(LANGUAGES)
_WANTS: Final = (
    r"(?:please|need|want|would like|could you|can you|only read|prefer|ask(?:ed|ing)? for)\b[^.!?\n]{0,60}?"
)
_ASKS: Final[tuple[tuple[tuple[str, ...], re.Pattern[str], str], ...]] = (
    (
        ("plain",),
        re.compile(
            r"\bplain[- ]text (?:e-?mails?|messages?|only|version)\b"
            r"|\b(?:e-?mails?|write)\b[^.!?\n]{0,30}\bin plain text\b",
            re.I,
        ),
        "plain text",
    ),
    (("large",), re.compile(r"\blarge(?:r)? (?:print|type|font)\b", re.I), "large print"),
    (("braille",), re.compile(r"\bbraille\b", re.I), "braille"),
    (("easy",), re.compile(r"\beasy[- ]read\b", re.I), "easy read"),
    (
        ("audio", "on tape", "on a cd", "read out"),
        re.compile(
            r"\b(?:audio|on tape|on a cd|read out)\b[^.!?\n]{0,30}\b(?:letter|version|recording)s?\b", re.I
        ),
        "audio",
    ),
    (
        ("bsl", "sign language", "lip"),
        re.compile(r"\b(?:bsl|sign language|lip ?reader)\b", re.I),
        "sign language",
    ),
    (("interpreter",), re.compile(r"\binterpreter\b", re.I), "an interpreter"),
    (
        ("mail", "post", "letter"),
        re.compile(
            r"\b(?:don'?t|do not|stop|instead of|rather than|please no)\b[^.!?\n]{0,25}\be-?mail(?:s|ing)?\b"
            r"[^.!?\n]{0,30}\b(?:me|please|post|letter|phone|ring|call)\b"
            rf"|\b{_WANTS}\b(?:by|through the) post\b|\b(?:write|send)\b[^.!?\n]{{0,30}}\bby (?:post|letter)\b",
            re.I,
        ),
        "by post, no email",
    ),
    (
        ("ring me", "phone me", "call me", "t read"),
        re.compile(
            r"\b(?:ring|phone|call|telephone) me\b[^.!?\n]{0,30}\b(?:instead|rather than|not (?:write|email))\b"
            r"|\bcan(?:no|')t read\b[^.!?\n]{0,40}\b(?:ring|phone|call) me\b",
            re.I,
        ),
        "by phone only",
    ),
)
"""Words of which one stands (in small letters) in all that the pattern finds, which is quickly told; the pattern; and
what is asked for."""
_IN_LANGUAGE: Final = re.compile(
    rf"(?:\btranslat\w+\b[^.!?\n]{{0,20}}\b(?:in|into|to)\s+|\b{_WANTS}\bin\s+)(?P<language>{_LANGUAGES})\b",
    re.I,
)


def suggested(text: str, agreed: tuple[str, ...] = ()) -> tuple[str, ...]:
    """What the mail seems to ask for, each as #adjust takes it; none that is agreed already. At most three."""
    text = text[:20_000].replace("\u2019", "'")
    small = text.casefold()
    found = [
        words
        for marks, pattern, words in _ASKS
        if any(mark in small for mark in marks) and pattern.search(text)
    ]
    if any(name in small for name in LANGUAGES) and (language := _IN_LANGUAGE.search(text)):
        found.append(f"in {language['language'].title()}")
    elif theirs := seems_written_in(text):
        found.append(f"in {theirs}")
    known = " ".join(agreed).lower()
    return tuple(words for words in dict.fromkeys(found) if words.lower() not in known)[:3]


_NAMED: Final = re.compile(rf"\b(?:(?:in|into)\s+)?(?P<language>{_LANGUAGES})\b", re.I)
_PLAIN: Final = re.compile(r"\bplain[- ]text\b|\btext only\b", re.I)


def language_of(adjustment: str) -> str:
    """The code of the language that an adjustment asks for, "" where it names none."""
    named = _NAMED.search(adjustment)
    return LANGUAGES[named["language"].lower()] if named else ""


def written_in(agreed: Iterable[str]) -> str:
    """The language that letters are written in by what was agreed, the latest governing; "" for English."""
    return next((code for text in reversed(tuple(agreed)) if (code := language_of(text))), "")


def wants_plain_text(agreed: Iterable[str]) -> bool:
    """Whether emails go without layout and pictures: for a screen reader, an old telephone."""
    return any(_PLAIN.search(text) for text in agreed)


_HOW: Final[tuple[tuple[str, str], ...]] = (
    (r"phone|call|ring", "Ring them and read it to them."),
    (r"large print", "Print it in 16 points or more and post it."),
    (
        r"braille|audio|tape|cd\b|sign language|bsl",
        "Have it made in that form, and ring to say that it comes.",
    ),
    (r"easy[- ]read", "Have it put into easy read, and send that."),
    (rf"translat|interpreter|\b(?:in|into) (?:{_LANGUAGES})\b", "Have it translated, and send both."),
    (r"visit", "Take it to them."),
    (r"post|letter|no email address|not by e-?mail|no e-?mail", "Print it and post it."),
)


def how_to_send(reason: str) -> str:
    """What whoever sends a letter another way does first, as the adjustment says."""
    return next((told for pattern, told in _HOW if re.search(pattern, reason, re.I)), "")
