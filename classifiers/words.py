"""Reading a mail's words: plain form, sentences, and what a letter quotes of them.

Pure functions. `plain` is what all patterns of this room are matched against, `spread` leads back from it to
what was typed. `outcome_sought` and `definition` give residents' own words for the acknowledgement (the Code
asks that it sets out what we understood and what the resident wants): they cut, they never rephrase.
"""

from __future__ import annotations

import functools
import re
import sys

LONGEST = 20_000  # characters of a mail that are read; beyond it its middle is left out

_APOSTROPHE = re.compile(r"['’‘`´](?<=\w.)(?=\w)")
"""Between letters. What is looked for first is what is rare."""
_SPACE = re.compile(r"\s+")
_SENTENCE = re.compile(r"(?<=[.?!])\s+|\n\s*\n|\n(?=\s*[-*•\d])")


def cut(text: str) -> str:
    """`text`, shortened to LONGEST characters by leaving out its middle: a mail of megabytes says no more."""
    if len(text) <= LONGEST:
        return text
    head = LONGEST * 3 // 4
    return text[:head] + "\n" + text[-(LONGEST - head) :]


def plain(text: str) -> str:
    """Lower case, apostrophes inside words gone ("don't" and "dont" are one), white space single."""
    return " ".join(_APOSTROPHE.sub("", text).lower().split())


def spread(text: str, as_far_as: int = sys.maxsize) -> list[int]:
    """For each character of `plain(text)`, its place in `text`: so that a phrase can be shown as it was typed.
    `as_far_as`: how many are asked for; there may be more."""
    places: list[int] = []
    gone = {hit.start() for hit in _APOSTROPHE.finditer(text)}
    blank = True  # leading white space is stripped
    for place, letter in enumerate(text):
        if place in gone:
            continue
        if letter.isspace():
            if not blank:
                places.append(place)
            blank = True
            continue
        if len(places) >= as_far_as:
            return places
        places.extend([place] * len(letter.lower()))
        blank = False
    if blank and places:
        places.pop()
    return places


def sentences(text: str) -> list[str]:
    """The sentences of `text`, roughly: at stops, blank lines and list items."""
    return [piece.strip() for piece in _SENTENCE.split(text) if piece and piece.strip()]


# ------------------------------------------------------------------ for the letters

_GREETING = re.compile(
    r"^\s*(?:dear|hi|hiya|hello|hey|good (?:morning|afternoon|evening|day)|morning|afternoon|evening|greetings|"
    r"to whom\s?so?ever|to whom|respected sir|sirs?)\b[^.?!\n]{0,60}?(?:,|\n|!|$)\s*",
    re.IGNORECASE,
)
_GREETING_ALONE = re.compile(
    r"^\s*(?:dear|hi|hiya|hello|hey|good (?:morning|afternoon|evening|day)|to whom|respected)\b[^.?!\n]{0,60}\n",
    re.IGNORECASE,
)
_FAREWELL = re.compile(
    r"^\s*(?:(?:many |kind(?:est)? |best |warm(?:est)? |with |yours? )*(?:thanks|regards|wishes|sincerely|faithfully|"
    r"truly)|thank you|thanks in advance|cheers|ta|best|rgds|sent from\b.*|get outlook\b.*|--|__+|respectfully|"
    r"i remain\b.*)\W*(?:and regards\W*)?$",
    re.IGNORECASE,
)
_DISCLAIMER = re.compile(
    r"^\s*(?:this (?:e-?mail|message)\b.*(?:confidential|intended|privileged)|confidentiality notice|disclaimer|"
    r"please consider the environment)",
    re.IGNORECASE,
)
_CONTACT = re.compile(
    r"^\s*(?:tel|phone|mob(?:ile)?|email|t|m|e)\b\W*[\d+@\w. ()-]*$|^[\s\d()+-]{8,}$", re.IGNORECASE
)


@functools.lru_cache(maxsize=4)
def body_alone(text: str) -> str:
    """`text` without its greeting, farewell, signature and disclaimer. Where nothing would be left: all of it. Kept
    for a moment: of one mail several things are asked."""
    whole = text.replace("\r\n", "\n").strip()
    kept = whole
    for pattern in (_GREETING_ALONE, _GREETING):
        shorter = pattern.sub("", kept, count=1)
        if shorter != kept and shorter.strip():
            kept = shorter
            break
    lines = kept.split("\n")
    for number, line in enumerate(lines):
        # The first line may be a farewell's words and still be the message ("Thank you").
        if number and (_FAREWELL.match(line) or _DISCLAIMER.match(line)):
            lines = lines[:number]
            break
    while len(lines) > 1 and _ends_in_name(lines):
        lines.pop()
    kept = "\n".join(lines).strip()
    return kept or whole


def _ends_in_name(lines: list[str]) -> bool:
    """The last line is a signature's: blank, a telephone number, or a few words that end no sentence and stand
    after one that is ended or blank."""
    last = lines[-1].strip()
    if not last or _CONTACT.match(last):
        return True
    before = lines[-2].rstrip()
    few = len(last.split()) <= 6 and last[-1] not in ".?!:;," and not last.startswith(("-", "*", "•"))
    named = bool(re.match(r"(?:[A-Z]|\d+\w?\b)", last)) and not re.search(
        r"\b(?:is|are|was|not|no|please|want|has|have)\b", last
    )
    return few and named and (not before or before[-1] in ".?!")


def definition(text: str, limit: int = 600) -> str:
    """The resident's own words, greeting and signature trimmed, at most `limit` characters.

    Cut after a sentence where one ends in the first `limit` characters, else after a word, then with an
    ellipsis; never inside a word (unless a single word is longer than `limit`).
    """
    if limit < 1:
        raise ValueError("limit must be at least one character")
    words = _tidy(body_alone(text))
    if len(words) <= limit:
        return words
    end = 0
    for stop in re.finditer(r"[.?!][\"'”’)]*(?=\s)", words[: limit + 1]):
        if stop.end() <= limit:
            end = stop.end()
    if end >= limit // 3:
        return words[:end].rstrip()
    room = limit - 1
    space = max(words.rfind(" ", 0, room + 1), words.rfind("\n", 0, room + 1))
    return (words[:space] if space > 0 else words[:room]).rstrip(" \n,;:-") + "…"


def _tidy(text: str) -> str:
    text = re.sub(r"[ \t]+", " ", text)
    text = re.sub(r" ?\n ?", "\n", text)
    return re.sub(r"\n{3,}", "\n\n", text).strip()


_SAYING = (
    r"(?! to (?:say|thank|complain|make a|tell|let you|start|raise|report|point|mention|apologise|know if ))"
)
_WISHES = tuple(
    re.compile(pattern)
    for pattern in (
        # surest first: what they say that they want, what they would like, what we have to do, what they ask
        r"\b(?:all )?(?:i|we|she|he|they) (?:just |only |really |simply |would |do |also |now )*"
        rf"(?:want|need|expect|demand|wish|request|require)(?:s|ed)?\b{_SAYING}(?! (?:not|no )\b)",
        r"\b(?:id|wed|i would|we would|she would|he would|shed|hed) (?:just |really |also |now )*"
        rf"(?:like|appreciate|be (?:very |most )?grateful|be obliged|prefer|expect)\b{_SAYING}",
        r"\bi(?:m| am) (?:asking|looking) (?:for|that|you)\b|\bwhat (?:i|we) (?:want|need|am asking|would like)\b|"
        r"\bto (?:put|set) (?:it|this|things) right\b|"
        r"\bthe (?:outcome|remedy|result)\b[^.?!]{0,20}\b(?:want|seek|like|hope)",
        r"\byou (?:need|have|ought) to\b|"
        r"\b(?:someone|somebody|you|they) (?:needs?|has|have|should|must|ought)(?: to)?\b (?!been|had|not\b)",
        r"\b(?:please|pls|plz|kindly)\b"
        r"(?! (?:find|see|note|forgive|excuse|be aware|accept my apolog|accept this|dont think))",
        r"\b(?:can|could|would|will) (?:you|someone|somebody|your|one of you|a)\b(?! (?:believe|imagine|blame))",
    )
)


_PROCEDURE = re.compile(
    r"\b(?:(?:stage|step) (?:2|two|ii)|(?:next|second|final|higher) (?:stage|step|level)|escalat\w+|appeal\w*|"
    r"(?:a|for|by|stage) review|review(?:ed)? (?:my |this |the |your )?(?:complaint|case|decision|answer|response|it)|"
    r"(?:look\w*|gone) (?:at )?(?:it |this |my complaint )?(?:at )?(?:again|afresh|into again)|"
    r"(?:log|raise|register|treat|record|open|accept|take)\b[^.?!]{0,40}\bcomplaint|"
    r"(?:acknowledge|confirm) (?:receipt|that you (?:have )?(?:got|received))|"
    r"tak(?:e|en|ing) (?:it |this |my complaint )?further|look(?:ed|ing)? into (?:it|this|that|the matter))\b"
)
"""What somebody asks of the procedure, which is no outcome: a letter that says "You want stage 2" has not listened."""


def outcome_sought(text: str) -> str:
    """The resident's own sentence that says what they want ("I want...", "please...", "you need to..."), as
    typed; "" when there is none, or only that it be looked at, again or by somebody else. Of several, the surest kind;
    of one kind, the last, because people end on it.
    A sentence of more than 400 characters is cut after a word, with an ellipsis."""
    said = [(s, plain(s)) for s in sentences(body_alone(cut(text)))]
    whole = "\n".join(read for _, read in said)
    for wish in _WISHES:
        if not wish.search(whole):  # of most kinds there is none, and one look tells
            continue
        for typed, read in reversed(said):
            if wish.search(read) and not _PROCEDURE.search(read):
                return definition(_SPACE.sub(" ", typed), 400)
    return ""
