"""What is left of a case, an event or an order when a person's words are taken out of it.

Dates, stages, intents, acts, clauses, numbers and the keys of staff stay: whatever figures are made of. Every other
text goes, unless its field is named here as one that nobody's words are in. So a field that is added to the vocabulary
later is taken out until somebody says that it may stay.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, TypeVar

from mailbot.casework.vocabulary import Case, MailArrived, SendLetter, StaffActed

ERASED = "(erased)"
"""What stands for words that are gone. Not nothing: that a reason was given is a fact of its own."""

KEPT: Mapping[str, frozenset[str]] = {
    "Verdict": frozenset({"model"}),
    "StageRecord": frozenset({"request_mail", "handler", "decision", "approved_by"}),
    "Draft": frozenset({"decision", "by", "mail", "approvers"}),
    "Extension": frozenset({"answer"}),
    "Question": frozenset({"mail", "answer", "suggested"}),
    "Proposal": frozenset({"kind", "ground", "by", "decision", "decided_by"}),
    "Determination": frozenset({"mail"}),
    "Claim": frozenset({"answer"}),
    "Unconfirmed": frozenset({"person", "mail", "lacks"}),
    "Learning": frozenset({"by", "theme"}),
    "Recorded": frozenset({"by", "what", "said"}),
    "Case": frozenset(
        [
            "reference",
            "policy",
            "mailbox",
            "handler",
            "supervisor",
            "request_mail",
            "closed_because",
            "authority",
            "linked",
            "routes",
            "had_part",
            "conflicts",
            "how_received",
        ]
    ),
    "MailArrived": frozenset(
        {"mail", "how_found", "answers", "handed_in_by", "channel", "suggested", "linked"}
    ),
    "StaffActed": frozenset({"who", "mail", "person", "ground", "channel"}),
    "Bounced": frozenset({"mail", "letter"}),
    "TimerFell": frozenset({"subject"}),
    "SetTimer": frozenset({"subject"}),
    "CancelTimer": frozenset({"subject"}),
    "SendLetter": frozenset({"answers", "person", "carries"}),
}
"""Fields of text, by class, in which nobody's words are. Clauses stay in every class."""
ALWAYS = frozenset({"because", "clauses"})
ADDRESSES = frozenset({("Party", "address"), ("Bounced", "address"), ("SendLetter", "to"), ("Case", "unreachable"),
                       ("StaffActed", "address"), ("Claim", "address"), ("MailArrived", "answers_about")})  # fmt: skip
FACTS = frozenset(
    [
        "reference",
        "stage",
        "stage_name",
        "decision",
        "closed_because",
        "next_stage_name",
        "kind_words",
        "due",
        "target",
        "outer",
    ]
)
"""Facts of letters that may stay. So may numbers and dates."""

_DAY = re.compile(r"\d{4}-\d\d-\d\d(T[\d:.+Z-]+)?")
_WORDS = re.compile(
    r"(?:upheld|partly upheld|not upheld|given|refused|agreed|silence|withdrawn|concern|none|compensation|"
    r"maladministration|[ ,]|£?\d+(?:\.\d\d)?)+"
)
_FOUND = re.compile(
    r"(?i)no maladministration|severe maladministration|maladministration|service failure|reasonable redress|"
    r"outside jurisdiction|resolved with intervention|withdrawn"
)
_MARK = re.compile(r"(?<![\d.])[1-5](?![\d.])")

Alias = Callable[[str], str]
T = TypeVar("T")


def without_words(value: T, alias: Alias) -> T:
    """The same thing without anybody's words. `alias` gives what stands for an address (itself, for one of staff)."""
    made: T = _taken(value, alias)
    return made


def _taken(value: Any, alias: Alias) -> Any:
    if isinstance(value, SendLetter):
        return dataclasses.replace(
            value, to=alias(value.to), facts={k: _fact(k, v) for k, v in value.facts.items()}
        )
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        changed = {
            f.name: _field(value, f.name, getattr(value, f.name), alias) for f in dataclasses.fields(value)
        }
        return dataclasses.replace(value, **changed)
    if isinstance(value, tuple):
        return tuple(_taken(one, alias) for one in value)
    if isinstance(value, str) and not isinstance(value, Enum):
        return ERASED if value else ""
    return value


def _field(owner: Any, name: str, value: Any, alias: Alias) -> Any:
    kind = type(owner).__name__
    if isinstance(value, Enum) or not isinstance(value, str | tuple):
        return _taken(value, alias)
    texts = (
        isinstance(value, tuple)
        and value
        and all(isinstance(v, str) and not isinstance(v, Enum) for v in value)
    )
    if not isinstance(value, str) and not texts:
        return _taken(value, alias)
    if name in ALWAYS or name in KEPT.get(kind, frozenset()):
        return value
    if (kind, name) in ADDRESSES:
        return alias(value) if isinstance(value, str) else tuple(map(alias, value))
    if not isinstance(value, str):
        return tuple(ERASED for _ in value) if name == "attachments" else ()
    return _text(owner, kind, name, value)


def _text(owner: Any, kind: str, name: str, value: str) -> str:
    if isinstance(owner, MailArrived) and name == "text" and owner.answers == "survey":
        mark = _MARK.search(value[:200])  # the mark is a figure, what stands around it is not
        return mark.group() if mark else ERASED
    if kind == "Determination" and name == "found":
        return ", ".join(dict.fromkeys(_FOUND.findall(value))) or ERASED
    if isinstance(owner, StaffActed) and name == "words" and _WORDS.fullmatch(value.strip().lower()):
        return value
    if name == "name" and kind == "Party":
        return ""
    return _reason(value) if name == "reason" else ERASED if value else ""


def _reason(value: str) -> str:
    """That the resident agreed is a good reason by itself, and is counted."""
    if not value:
        return ""
    return f"{ERASED}, agreed" if "agreed" in value.lower() else ERASED


def _fact(name: str, value: Any) -> Any:
    if isinstance(value, str):
        if name == "reason":
            return _reason(value)
        return value if not value or name in FACTS or _DAY.fullmatch(value) else ERASED
    if isinstance(value, Mapping):
        return {key: _fact(key, one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_fact(name, one) for one in value]
    return value


def of_case(case: Case, alias: Alias, scrub: Callable[[str], str]) -> Case:
    """A case without the words of its people. What it taught stays, with their names taken out."""
    bare = without_words(case, alias)
    lessons = tuple(dataclasses.replace(lesson, text=scrub(lesson.text)) for lesson in case.learned)
    return dataclasses.replace(bare, learned=lessons)
