"""The log tells machines each step by stable keys, and tells nothing of what anybody wrote or who they are."""

from __future__ import annotations

import io
import json
import logging
import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import COMPLAINT, SAM, House
from doors.embedded import Embedded
from hypothesis import given
from hypothesis import strategies as st

from mailbot import logs
from mailbot.logs import EVENTS, KEYS, Line

DOCS = Path(__file__).parents[2] / "docs" / "operators.md"
ZORA = "zora.quimblethorpe@example.com"
WORDS = "Flibbertigoose Vexolith Quimblethorpe Zora wumpledock grimbletonk 07700900123 snargleford plombifax"


@pytest.fixture(params=logs.FORMS)
def written(request: pytest.FixtureRequest) -> Iterator[tuple[str, io.StringIO]]:
    """All that goes to the log at INFO and above, as the daemon writes it."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(Line(request.param))
    root = logging.getLogger()
    before = root.level
    root.setLevel(logging.INFO)
    root.addHandler(handler)
    yield request.param, stream
    root.removeHandler(handler)
    root.setLevel(before)


def lines_of(form: str, text: str) -> list[dict[str, Any]]:
    """Each line, as whoever collects them reads it."""
    if form == "json":
        return [json.loads(line) for line in text.splitlines()]
    found = []
    for line in text.splitlines():
        pairs = [part.partition("=") for part in shlex.split(line)]
        assert all(key and sign for key, sign, _ in pairs), line
        found.append({key: value for key, _, value in pairs})
    return found


def test_a_morning_leaves_one_line_a_step_and_no_word_of_anybodys(
    written: tuple[str, io.StringIO],
    make_house: Callable[..., House],
    embedded_mail: Embedded,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    form, stream = written
    house = make_house(embedded_mail)
    text = f"{COMPLAINT}\n{WORDS}\nMy daughter Plombifax lives at 9 Snargleford Way."
    house.write(f"Zora Quimblethorpe <{ZORA}>", text, subject="Flibbertigoose in the wumpledock")
    house.write("Zora <>", text, raw=f"Subject: Vexolith\r\n\r\n{text}\r\n".encode())  # set aside
    house.turn()
    assigned = house.last(SAM, "case_assigned")
    house.write(SAM, "#note Grimbletonk told me\n", answers=assigned)
    house.write(SAM, "#extend because Plombifax said so\n", answers=assigned)  # refused
    house.turn()
    with monkeypatch.context() as broken:  # and something breaks, with their words in its mouth

        def fail(*asked: object, **more: object) -> None:
            raise ValueError(f"can't do it: {text}")

        broken.setattr(type(house.parts.service), "from_outside", fail)
        house.write(ZORA, f"More: {WORDS}", subject="Vexolith again")
        house.turn()
        house.turn()
    house.go_to("2026-03-06", "10:00")  # reminders, digests

    lines = lines_of(form, stream.getvalue())
    told = {line["event"] for line in lines}
    assert set(EVENTS) <= told, told
    assert any(line["level"] == "error" for line in lines), "it broke, and that was told"
    for line in lines:
        assert set(line) <= {*KEYS, "at", "level", "log", "event", "exception", "where"}
        if line["event"] in EVENTS:
            assert set(line) <= {"at", "level", "log", "event", *EVENTS[line["event"]]}, line
    letters = [line for line in lines if line["event"] == "letter"]
    assert len(letters) == len(house.letters())
    acts = [(line["act"], line["outcome"]) for line in lines if line["event"] == "command"]
    assert acts == [("note", "done")]
    outcomes = [line["outcome"] for line in lines if line["event"] == "mail"]
    assert {"step", "quarantined", "staff act", "staff act refused"} <= set(outcomes)

    whole = stream.getvalue().lower()
    own = {w for mail in (text, WORDS) for w in re.findall(r"[a-z0-9]{7,}", mail.lower())}
    strange = own - set(re.findall(r"[a-z]+", " ".join((*KEYS, *EVENTS)).lower())) - {"complaint", "response"}
    assert len(strange) > 15
    for word in (*strange, ZORA, "zora", "okafor", "@"):
        assert word not in whole, word


def test_the_page_for_operators_names_every_event_with_its_keys() -> None:
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| (`.+`) \|$", DOCS.read_text(), re.MULTILINE)
    told = {event: tuple(re.findall(r"`(\w+)`", keys)) for event, keys in rows}
    assert {event: told.get(event) for event in EVENTS} == EVENTS
    assert {key for keys in EVENTS.values() for key in keys} <= set(KEYS)


@given(st.dictionaries(st.sampled_from([*KEYS, "text", "subject", "to", "name"]), st.text(max_size=40)))
def test_a_line_is_one_line_whatever_its_values_and_has_no_key_that_is_not_known(
    more: dict[str, str],
) -> None:
    record = logging.LogRecord("mailbot.step", logging.INFO, "", 0, "mail", (), None)
    record.__dict__.update({key: value for key, value in more.items() if key != "name"})
    for form in logs.FORMS:
        line = Line(form).format(record)
        assert len(line.splitlines()) == 1
        if form == "json":
            assert set(json.loads(line)) <= {*KEYS, "at", "level", "log", "event"}


def test_the_message_of_an_exception_is_never_written() -> None:
    try:
        raise ValueError("Flibbertigoose")
    except ValueError as error:
        record = logging.LogRecord(
            "x", logging.ERROR, "", 0, "it broke", (), (type(error), error, error.__traceback__)
        )
    for form in logs.FORMS:
        line = Line(form).format(record)
        assert "Flibbertigoose" not in line and "ValueError" in line
