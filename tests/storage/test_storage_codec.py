"""What is read from storage equals what was written, field by field."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from storage_examples import a_case, an_arrival

from mailbot.casework.vocabulary import (
    Audience,
    Bounced,
    CancelTimer,
    Case,
    DatesChanged,
    Effect,
    Event,
    Letter,
    MailArrived,
    Note,
    Reading,
    SendLetter,
    SetTimer,
    StaffActed,
    TimerFell,
    Verdict,
)
from storage import codec

st.register_type_strategy(dt.datetime, st.datetimes(timezones=st.just(dt.UTC)))
st.register_type_strategy(
    Reading,
    st.builds(Reading, probability=st.floats(0, 1)),
)
facts = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
st.register_type_strategy(
    SendLetter,
    st.builds(
        SendLetter,
        letter=st.sampled_from(Letter),
        audience=st.sampled_from(Audience),
        to=st.text(),
        because=st.lists(st.text()).map(tuple),
        facts=st.dictionaries(st.text(), facts, max_size=3),
        answers=st.text(),
        person=st.text(),
        carries=st.text(),
    ),
)


def exactly(value: Any) -> Any:
    """The value with the type of every part, so that 1, 1.0, True and an enum's text stay apart."""
    if dataclasses.is_dataclass(value):
        return type(value), [exactly(getattr(value, f.name)) for f in dataclasses.fields(value)]
    if isinstance(value, list | tuple):
        return type(value), [exactly(item) for item in value]
    if isinstance(value, dict):
        return dict, {key: exactly(item) for key, item in value.items()}
    return type(value), value


@given(st.from_type(Case))
@settings(max_examples=150, deadline=None)
def test_any_case_comes_back_as_it_was(case: Case) -> None:
    assert exactly(codec.read_case(codec.write_case(case))) == exactly(case)


@pytest.mark.parametrize("kind", [MailArrived, TimerFell, StaffActed, Bounced, DatesChanged])
def test_any_event_comes_back_as_it_was(kind: type[Event]) -> None:
    @given(st.from_type(kind))
    @settings(max_examples=50, deadline=None)
    def comes_back(event: Event) -> None:
        assert exactly(codec.read_event(codec.write_event(event))) == exactly(event)

    comes_back()


@given(st.lists(st.one_of(*(st.from_type(k) for k in (SendLetter, SetTimer, CancelTimer, Note)))).map(tuple))
@settings(max_examples=100, deadline=None)
def test_any_effects_come_back_as_they_were_and_in_order(effects: tuple[Effect, ...]) -> None:
    assert exactly(codec.read_effects(codec.write_effects(effects))) == exactly(effects)


@given(st.from_type(Verdict))
@settings(max_examples=50, deadline=None)
def test_any_verdict_comes_back_as_it_was(verdict: Verdict) -> None:
    assert exactly(codec.read_verdict(codec.write_verdict(verdict))) == exactly(verdict)


def test_times_of_another_zone_come_back_as_the_same_instant() -> None:
    london = dt.timezone(dt.timedelta(hours=1))
    case = a_case(received_at=dt.datetime(2026, 7, 1, 0, 30, tzinfo=london))
    back = codec.read_case(codec.write_case(case))
    assert back.received_at == dt.datetime(2026, 6, 30, 23, 30, tzinfo=dt.UTC)


def test_a_broken_charset_costs_a_letter_and_not_the_case() -> None:
    case = a_case(subject="D\udcffmp \0 \N{PILE OF POO}")
    assert codec.read_case(codec.write_case(case)).subject == "D?mp \0 \N{PILE OF POO}"
    event = dataclasses.replace(an_arrival(), text="\ud800")
    assert codec.read_event(codec.write_event(event)) == dataclasses.replace(event, text="?")
    order = SendLetter(Letter.ALERT, Audience.DUTY, "d@x.example", (), {"text\udcff": ["\udcff"]})
    assert codec.read_order(codec.write_order(order)).facts == {"text?": ["?"]}


def test_a_row_of_an_older_or_newer_vocabulary_can_still_be_read() -> None:
    fields = json.loads(codec.write_case(a_case()))
    del fields["unreachable"]
    fields["a_field_of_another_day"] = 1
    assert codec.read_case(json.dumps(fields)) == a_case()
    order = SendLetter(Letter.ALERT, Audience.DUTY, "d@x.example", ("House 1",))
    fields = json.loads(codec.write_order(order))
    del fields["carries"]
    fields["a_field_of_another_day"] = 1
    assert codec.read_order(json.dumps(fields)) == order
