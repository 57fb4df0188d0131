"""What is left of the vocabulary when words are taken out: figures, and nothing that somebody wrote."""

from __future__ import annotations

import dataclasses
import datetime as dt
import types
import typing
from enum import Enum
from typing import Any

import pytest

from mailbot.casework import vocabulary
from mailbot.casework.erasing import ADDRESSES, ALWAYS, ERASED, KEPT, of_case, without_words
from mailbot.casework.vocabulary import (
    Case,
    Determination,
    Intent,
    MailArrived,
    Party,
    SendLetter,
    StaffActed,
    Verdict,
)

SAID = "Jo Finch of 14 Alder Court says that the ceiling leaks"
AT = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)
CLASSES = [
    kind
    for kind in vars(vocabulary).values()
    if isinstance(kind, type)
    and dataclasses.is_dataclass(kind)
    and kind.__module__.startswith("mailbot.casework")
]
UNTOLD = {"Person"}  # staff: from staff.toml, stored nowhere


def made(hint: Any) -> Any:
    """A value of this type with somebody's words wherever a text can be."""
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return made(next(a for a in args if a is not type(None)))
    if origin is tuple:
        return (made(args[0]),) if args[-1] is ... else tuple(map(made, args))
    if hint is str:
        return SAID
    if isinstance(hint, type) and issubclass(hint, Enum):
        return next(iter(hint))
    if dataclasses.is_dataclass(hint):
        hints = typing.get_type_hints(hint)
        return hint(**{f.name: made(hints[f.name]) for f in dataclasses.fields(hint)})
    if origin is not None and "Mapping" in str(origin):
        return {
            "text": SAID,
            "lines": [SAID, {"more": SAID, "due": "2026-03-09"}],
            "number": 2,
            "on": "2026-03-02",
        }
    return {dt.datetime: AT, dt.date: AT.date(), int: 3, float: 0.5, bool: True}[hint]


def texts(value: Any, where: str = "") -> list[tuple[str, str]]:
    if isinstance(value, str) and not isinstance(value, Enum):
        return [(where, value)]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return [t for f in dataclasses.fields(value)
                for t in texts(getattr(value, f.name), f"{type(value).__name__}.{f.name}")]  # fmt: skip
    if isinstance(value, dict):
        return [t for one in value.values() for t in texts(one, where)]
    if isinstance(value, tuple | list):
        return [t for one in value for t in texts(one, where)]
    return []


@pytest.mark.parametrize("kind", [k for k in CLASSES if k.__name__ not in UNTOLD], ids=lambda k: k.__name__)
def test_no_text_stays_whose_field_nobody_named(kind: type) -> None:
    before = made(kind)
    after = without_words(before, lambda address: "nobody@erased.invalid")
    assert type(after) is type(before)
    named = {f"{name}.{field}" for name, fields in KEPT.items() for field in fields}
    for where, text in texts(after):
        if where in named or where.partition(".")[2] in ALWAYS:
            continue
        wanted = ("nobody@erased.invalid",) if tuple(where.split(".")) in ADDRESSES else ("", ERASED)
        assert text in (*wanted, "2026-03-09", "2026-03-02"), (where, text)


def test_every_field_that_is_named_exists() -> None:
    there = {f"{k.__name__}.{f.name}" for k in CLASSES for f in dataclasses.fields(k)}
    named = {f"{name}.{field}" for name, fields in KEPT.items() for field in fields}
    assert named | {".".join(pair) for pair in ADDRESSES} <= there


def test_marks_decisions_and_findings_stay_and_the_words_around_them_go() -> None:
    def bare(value: Any) -> Any:
        return without_words(value, str)

    answer = MailArrived(
        AT,
        AT,
        "m1",
        Party("jo@example.com"),
        "Re",
        "4, Sam was kind",
        Verdict(Intent.REPLY),
        answers="survey",
    )
    assert bare(answer).text == "4"
    assert bare(dataclasses.replace(answer, answers="")).text == ERASED
    assert bare(StaffActed(AT, "sam", vocabulary.Act.RESPOND, words="partly upheld")).words == "partly upheld"
    assert bare(StaffActed(AT, "sam", vocabulary.Act.NOTE, words="Jo rang")).words == ERASED
    assert bare(Determination(AT, "Maladministration in how Jo was told")).found == "Maladministration"
    order = SendLetter(vocabulary.Letter.RESPONSE, vocabulary.Audience.RESIDENT, "jo@example.com", ("6.3",),
                       {"text": "Dear Jo", "decision": "upheld", "stage": 1, "close_on": "2026-04-01"})  # fmt: skip
    assert bare(order).facts == {"text": ERASED, "decision": "upheld", "stage": 1, "close_on": "2026-04-01"}


def test_what_a_case_taught_stays_without_the_name() -> None:
    case: Case = made(Case)
    after = of_case(case, str, lambda text: text.replace("Jo Finch", ERASED))
    assert after.learned[0].text == SAID.replace("Jo Finch", ERASED)
    assert after.subject == ERASED and after.version == case.version
