"""Cases, events, effects and verdicts as JSON text, and back: what is read equals what was written.

pydantic reads the vocabulary's dataclasses as they are; fields that are added there later take their
defaults when an older row is read, fields that were removed are passed over. Events and effects carry the
name of their class, because two of them may have the same fields.
"""

from __future__ import annotations

import dataclasses
import functools
import json
from typing import Any, cast

from pydantic import TypeAdapter
from pydantic_core import PydanticSerializationError, from_json, to_json

from mailbot.casework.vocabulary import (
    Audience,
    Bounced,
    CancelTimer,
    Case,
    DatesChanged,
    Effect,
    Event,
    Letter,
    LetterHeld,
    MailArrived,
    Note,
    SendLetter,
    SetTimer,
    StaffActed,
    TimerFell,
    Verdict,
)

_REMEMBERED = 20_000  # characters; a longer case is not held in memory

_case: TypeAdapter[Case] = TypeAdapter(Case)
_verdict: TypeAdapter[Verdict] = TypeAdapter(Verdict)
_tagged: dict[str, TypeAdapter[Any]] = {
    kind.__name__: TypeAdapter(kind)
    for kind in (
        MailArrived,
        TimerFell,
        StaffActed,
        Bounced,
        DatesChanged,
        LetterHeld,
        SetTimer,
        CancelTimer,
        Note,
    )
}
_order_fields = tuple(f.name for f in dataclasses.fields(SendLetter))


def _dump(adapter: TypeAdapter[Any], value: Any) -> str:
    if isinstance(value, LetterHeld) or (isinstance(value, Case) and value.unsent):
        return _plain(adapter.dump_python(value))  # facts of a letter are any JSON, and are written as such
    try:
        return adapter.dump_json(value).decode()
    except PydanticSerializationError:
        # A lone surrogate out of somebody's broken charset has no UTF-8: "?" stands for it.
        return _plain(adapter.dump_python(value))


def _plain(value: Any) -> str:
    try:
        return to_json(value).decode()
    except PydanticSerializationError:
        return to_json(_without_surrogates(value)).decode()


def _without_surrogates(value: Any) -> Any:
    if isinstance(value, str):
        return str(value).encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_without_surrogates(key): _without_surrogates(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_surrogates(item) for item in value]
    return value


def write_case(case: Case) -> str:
    return _dump(_case, case)


def read_case(body: str) -> Case:
    return _read_case_again(body) if len(body) <= _REMEMBERED else _case.validate_json(body)


@functools.lru_cache(maxsize=64)
def _read_case_again(body: str) -> Case:
    """A mail's case is read ahead, and again in its own turn: mostly the same words, hence the same case."""
    return _case.validate_json(body)


def write_verdict(verdict: Verdict | None) -> str | None:
    return None if verdict is None else _dump(_verdict, verdict)


def read_verdict(body: str | None) -> Verdict | None:
    """None also for one that can't be read (damaged, or of a later version): it tells how a mail was taken, and nothing
    is decided by it any more."""
    try:
        return None if body is None else _verdict.validate_json(body)
    except ValueError:
        return None


def write_order(order: SendLetter) -> str:
    """A letter's order. Its facts are any JSON, and keep their types: 1, 1.0, True and "1" stay apart."""
    fields = {name: getattr(order, name) for name in _order_fields}
    fields["facts"] = dict(order.facts)
    return _plain(fields)


def read_order(body: str) -> SendLetter:
    return _order_from(json.loads(body))


def _order_from(fields: dict[str, Any]) -> SendLetter:
    fields = {name: value for name, value in fields.items() if name in _order_fields}
    fields["letter"] = Letter(fields["letter"])
    fields["audience"] = Audience(fields["audience"])
    fields["because"] = tuple(fields["because"])
    return SendLetter(**fields)


def _write_tagged(value: Event | Effect) -> str:
    name = type(value).__name__
    body = write_order(value) if isinstance(value, SendLetter) else _dump(_tagged[name], value)
    return f'["{name}",{body}]'


def _read_tagged(pair: list[Any]) -> Any:
    name, fields = pair
    return _order_from(fields) if name == "SendLetter" else _tagged[name].validate_python(fields)


def write_event(event: Event) -> str:
    return _write_tagged(event)


def read_event(body: str | None) -> Event | None:
    return None if body is None else cast(Event, _read_tagged(from_json(body)))


def write_effects(effects: tuple[Effect, ...]) -> str:
    return f"[{','.join(map(_write_tagged, effects))}]"


def read_effects(body: str) -> tuple[Effect, ...]:
    return tuple(map(_read_tagged, json.loads(body)))


def write_words(words: tuple[str, ...]) -> str:
    """A tuple of strings: clauses, Message-IDs."""
    return _plain(words)


def read_words(body: str) -> tuple[str, ...]:
    return tuple(json.loads(body))
