"""What the model sees of a mail: eight texts, each with a vocabulary of its own.

    words     the words, with numbers, dates, money, times and references named by kind
    letters   the same text for character n-grams (typing errors, word forms, other Englishes)
    subject   the subject's words
    edges     the first and the last sentence's words, past greeting and signature: what people want stands at the ends
    cues      names of turns of phrase (`classifiers.cues`), also by place (first, last) and count
    concepts  the sequence of what is spoken of (`classifiers.concepts`): synonyms are one
    pairs     the concepts that share a sentence
    standing  the case's stage, the sender's kind, whether a reference was found, length and shape

Pure and linear in the length of the text, which is cut to `words.LONGEST` first: a two-megabyte body costs seconds
in n-grams and says no more than its first and last pages.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from classifiers.concepts import speak
from classifiers.cues import Found, cues_in
from classifiers.words import body_alone, cut, plain, sentences
from mailbot.casework.vocabulary import Stage

SENDERS = (
    "resident", "former_resident", "applicant", "neighbour", "family_or_friend", "councillor_or_mp",
    "solicitor", "support_worker", "organisation", "unknown",
)  # fmt: skip
"""Kinds of sender, as classifiers/corpus/LABELS.md names them."""


@dataclass(frozen=True)
class Ask:
    """A mail to be classified, with what is known before its words are read.

    text             the new text (quoted history left out), signature included
    stage            of the case that it belongs to, NONE for a mail that stands alone
    sender           one of SENDERS where somebody knows it, "" where nobody does (the daemon: mail says who wrote,
                     not what they are to us)
    reference_found  one of our case references stands in it
    """

    text: str
    subject: str
    stage: Stage
    sender: str = ""
    reference_found: bool = False


@dataclass(frozen=True)
class Views:
    """The texts that features are counted in, and what features are crossed with: the stage's family and the kind of
    sender ("" if not known). `phrases` has the words that each cue was read from."""

    words: str
    letters: str
    subject: str
    edges: str
    cues: str
    standing: str
    concepts: str
    pairs: str
    family: str
    sender: str
    phrases: Mapping[str, str]


FAMILIES: dict[Stage, str] = {
    Stage.NONE: "nothing",
    Stage.UNSORTED: "nothing",
    Stage.SERVICE_REQUEST: "request",
    Stage.STAGE1_OPEN: "open",
    Stage.STAGE2_OPEN: "open",
    Stage.STAGE1_RESPONDED: "decided",
    Stage.STAGE2_RESPONDED: "decided",
    Stage.CLOSED: "closed",
}
"""Stages that a mail's words mean the same at. A new stage must be put somewhere: this table is total."""

_SPACES = re.compile("  +")
_REFERENCE = re.compile(r"\bcc[\s/-]*20\d\d[\s/-]*\d{3,6}(?:-\d)?\b|\bcc20\d{6,8}\b")
_TELEPHONE = re.compile(r"\b0\d{3,4}[\s-]?\d{3}[\s-]?\d{3,4}\b")
_ADDRESS = re.compile(r"\S+@\S+|https?://\S+|www\.\S+")
_MONEY = re.compile(r"£ ?\d[\d,.]*k?|\b\d+ ?(?:quid|pounds)\b")
_CLOCK = re.compile(r"\b\d{1,2}[.:]\d{2} ?(?:am|pm)?\b|\b\d{1,2} ?(?:am|pm)\b")
_MONTHS = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|"
    r"oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_DATE = re.compile(
    rf"\b\d{{1,2}}(?:st|nd|rd|th)?(?: of)? {_MONTHS}\b(?: 20\d\d)?|\b{_MONTHS} \d{{1,2}}(?:st|nd|rd|th)?\b"
    r"|\b\d{1,2}/\d{1,2}(?:/\d{2,4})?\b|\b\d{1,2}(?:st|nd|rd|th)\b"
)
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_WEEKDAY = re.compile(r"\b(?:mon|tues?|wed(?:nes)?|thur?s?|fri|sat(?:ur)?|sun)(?:days?)?\b")
_LONG_NUMBER = re.compile(r"\b[a-z]{0,4}\d{4,}\b")
_NUMBERS = (  # how each is named, and what must stand in a text for one to be looked for
    (_REFERENCE, " someref ", ("cc",)),
    (_TELEPHONE, " somephone ", ("0",)),
    (_MONEY, " somemoney ", ("£", "quid", "pounds")),
    (_CLOCK, " sometime ", (":", ".", "am", "pm")),
    (_DATE, " somedate ", ("",)),
    (_YEAR, " someyear ", ("19", "20")),
)
_WORD = re.compile(r"\w+|[?!]")
_OPENING = 260  # characters in which people say that they write about something else
_CAPITALS = re.compile(r"\b[A-Z]{3,}\b")


_ANY_DIGIT = re.compile(r"\d")


def _name_numbers(plain_text: str) -> str:
    text = plain_text
    if "@" in text or "www" in text or "http" in text:
        text = _ADDRESS.sub(" somelink ", text)
    if _ANY_DIGIT.search(text):  # most sentences have none, and none of these need be looked for
        for pattern, name, marks in _NUMBERS:
            if any(mark in text for mark in marks):
                text = pattern.sub(name, text)
    text = _WEEKDAY.sub(" someday ", text)
    if _ANY_DIGIT.search(text):
        text = _LONG_NUMBER.sub(" somenumber ", text)
    return text if text == plain_text else _SPACES.sub(" ", text)


def _ends(body: str) -> tuple[str, str]:
    """The first and the last sentence that say something, plain."""
    said = sentences(body_alone(body)) or [""]
    return plain(said[0]), plain(said[-1])


def _edge_words(first: str, last: str) -> str:
    marked = [f"f_{w}" for w in _WORD.findall(_name_numbers(first))]
    return " ".join(marked + [f"l_{w}" for w in _WORD.findall(_name_numbers(last))])


def _bucket(length: int) -> str:
    for limit in (25, 60, 120, 250, 500, 1000, 2000):
        if length < limit:
            return f"len{limit}"
    return "lenmore"


def view(ask: Ask, watched: tuple[str, ...] = ()) -> Views:
    """The eight texts of one mail. `watched` names the watchwords that it holds (`sentinels.named`)."""
    body = cut(ask.text)
    subject = plain(ask.subject[:500])
    pieces = sentences(body)
    first, last = plain(" ".join(pieces[:2])), plain(" ".join(pieces[-3:]))
    read = plain(body)
    whole = f"{subject} . {read}"
    named, named_subject = _name_numbers(whole), _name_numbers(subject)
    found = cues_in(whole, len(subject) + 3, len(subject) + 3 + len(first), len(whole) - len(last))
    questions = body.count("?") + subject.count("?")
    shape = [
        _bucket(len(body)),
        f"questions{min(questions, 4)}",
        f"exclaims{min(body.count('!') + ask.subject.count('!'), 4)}",
        f"dates{min(len(_DATE.findall(whole)), 4)}",
        f"capitals{min(len(_CAPITALS.findall(body)) // 3, 3)}",
        f"ends_{'question' if pieces and '?' in pieces[-1] else 'plain'}",
        f"cues{min(len(found) // 3, 8)}",
        *ages(whole),
    ]
    if re.match(r"re\b", subject):
        shape.append("subject_re")
    if re.match(r"fwd?\b", subject):
        shape.append("subject_fwd")
    if not subject:
        shape.append("subject_empty")
    if ask.reference_found or _REFERENCE.search(whole):
        shape.append("has_reference")
    if ask.sender in SENDERS:
        shape.append(f"sender_{ask.sender}")
    family = FAMILIES[ask.stage]
    if family != "nothing" and any(f.name == "aside" and f.at < len(subject) + 3 + _OPENING for f in found):
        family = "nothing"  # "this isn't about the fence": its words mean what they mean in a mail that stands alone
    concepts, pairs = speak(named)
    return Views(
        words=named + " " + " ".join(f"s_{w}" for w in named_subject.split()),
        letters=named,
        subject=named_subject,
        edges=_edge_words(*_ends(body)),
        cues=" ".join(
            [token for f in found for token in _tokens(f)]
            + [f"watch_{name.replace(' ', '_')}" for name in watched]
        ),
        standing=" ".join([f"stage_{ask.stage.value}", f"family_{family}", *shape]),
        concepts=concepts,
        pairs=pairs,
        family=family,
        sender=ask.sender if ask.sender in SENDERS else "",
        phrases={f.name: f.phrase for f in found},
    )


def watch_token(name: str) -> str:
    """How the model sees the watchword `name`."""
    return "watch_" + re.sub(r"\W+", "_", name)


def _tokens(found: Found) -> list[str]:
    places = (("subject", found.in_subject), ("first", found.in_first), ("last", found.in_last))
    return [found.name, *(f"{found.name}_{place}" for place, there in places if there)]


_SPAN_WORDS = {
    "one": 1, "a": 1, "two": 2, "couple of": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
    "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "eighteen": 18, "twenty": 20,
}  # fmt: skip
_AGO = re.compile(
    r"\b(\d{1,3}|one|a|two|couple of|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|"
    r"eighteen|twenty)(?: and a half|ish|\+)? (month|mth|year|yr|winter|summer|christmas)s?\b"
)


def ages(read: str) -> list[str]:
    """What the spans of time in `read` say of the matter's age: "span6", "span12" for so many months or more."""
    longest = 0
    for amount, unit in _AGO.findall(read):
        number = int(amount) if amount.isdigit() else _SPAN_WORDS[amount]
        if 0 < number < 100:
            longest = max(longest, number * (1 if unit in ("month", "mth") else 12))
    return [f"span{months}" for months in (3, 6, 12) if longest >= months]
