"""However many cases are open: the digest stays small, is written quickly, and what it leaves out goes along."""

from __future__ import annotations

import csv
import datetime as dt
import email
import email.policy
import io
import re
import time
from dataclasses import replace

import pytest
from morning_cases import (
    KIM,
    MONDAY,
    MORNING,
    POLICY,
    case,
    desk,
    digest,
    rows,
    section,
    with_action,
    written,
)

from mailbot.casework.vocabulary import Flag, Stage, Topic
from mailbot.composing import pictures_of
from mailbot.reports import trend
from mailbot.reports.digest import Reader
from mailbot.reports.listing import COLUMNS, safe
from mailbot.reports.rows import Aside

FLOW = tuple(
    (MONDAY - dt.timedelta(days=n % 60), MONDAY - dt.timedelta(days=n % 50), "sam") for n in range(300)
)


def two_hundred():
    """Two hundred open cases of all kinds, and all else that can be in trouble."""
    played = desk.play(desk.STORIES, POLICY, desk.moment(MONDAY, "07:30"))
    found = [
        replace(
            one.case,
            reference=f"CC-2026-{1000 * again + n:06d}-X",
            subject=f"{one.case.subject} " * 4,
            handler="sam",
        )
        for again in range(1, 9)
        for n, one in enumerate(played)
        if one.case.stage is not Stage.CLOSED
    ]
    return [*found, *(case(n, "2026-03-10") for n in range(200 - len(found)))]


def list_in(letter):
    message = email.message_from_bytes(letter.raw, policy=email.policy.default)
    (enclosed,) = message.iter_attachments()
    return enclosed, list(csv.reader(io.StringIO(enclosed.get_payload(decode=True).decode("utf-8-sig"))))


def test_two_hundred_open_cases_stay_under_100_kilobytes_and_none_is_lost():
    cases = two_hundred()
    assert len(cases) == 200
    facts = digest(
        *cases,
        troubled=tuple((f"CC-2026-{n:06d}-X", "response", "unknown") for n in range(40)),
        aside=tuple(
            Aside(f"0ht4b7k2m9qd3x{n:02d}", f"Mail {n}", "it is too big", MORNING) for n in range(40)
        ),
        flow=FLOW,
    )
    letter = written(facts)
    assert len(letter.raw) < 100_000 and len(letter.html) < 60_000
    overdue = next(count["value"] for count in facts["counts"] if count["label"] == "Overdue")
    for title, number in (("Overdue", overdue), ("Letters in trouble", 40)):
        table = section(facts, title)
        hidden = int(re.search(r"(\d+) more (?:is|are) not shown here", table["more"])[1])
        assert len(table["rows"]) + hidden == number
        assert len(table["rows"]) >= 1
        assert table["more"] in letter.text
    enclosed, lines = list_in(letter)
    assert enclosed.get_filename() == "cases-2026-03-30.csv"
    assert tuple(lines[0]) == COLUMNS
    assert sorted(line[0] for line in lines[1:]) == sorted(c.reference for c in cases)
    assert "200 cases are in the list that goes along." in letter.text
    assert [line[8] for line in lines[1:] if line[8]] == sorted(line[8] for line in lines[1:] if line[8])


def test_the_list_has_no_restricted_case_no_case_of_another_team_and_no_name():
    cases = [case(n, "2026-03-10", subject="Jo Finch and the damp") for n in range(60)]
    secret = case(98, "2026-03-10", restricted=True)
    other = case(99, "2026-03-10", handler=KIM.key)
    facts = digest(*cases, secret, other, reader=Reader("alex", ("Repairs",)))
    _, lines = list_in(written(facts))
    assert len(lines) == 61
    assert lines[1] == [
        "CC-2026-000000-X", "… and the damp", "Stage One", "Sam Okafor", "Repairs", "2026-03-02",
        "Stage One response", "2026-03-10", "2026-03-10", "14", "",
    ]  # fmt: skip


def test_a_digest_that_shows_everything_carries_no_list():
    message = email.message_from_bytes(
        written(digest(case(1, "2026-03-10"))).raw, policy=email.policy.default
    )
    assert list(message.iter_attachments()) == []


@pytest.mark.parametrize(
    "cell", ["=cmd|' /C calc'!A0", "+1", "-2+3", "@SUM(A1)", "\t=1", " =1", "＝1", "\u00a0=1", "\r=1"]
)
def test_no_cell_of_the_list_is_a_formula(cell):
    assert safe(cell) == f"'{cell}"
    cases = [case(n, "2026-03-10", subject=cell) for n in range(60)]
    _, lines = list_in(written(digest(*cases)))
    for line in lines:
        assert not [told for told in line if told.strip().startswith(("=", "+", "-", "@", "＝"))]


def test_plain_words_of_the_list_stay_as_they_are():
    assert [safe(cell) for cell in ("Mould", "3 lifts", "'quoted'", "")] == [
        "Mould",
        "3 lifts",
        "'quoted'",
        "",
    ]


# ------------------------------------------------------------------ the trend


def test_the_trend_counts_what_came_what_went_and_what_was_open_week_by_week():
    day = dt.date(2026, 3, 31)  # a Tuesday
    flow = (
        (dt.date(2026, 2, 8), dt.date(2026, 3, 30)),  # came before the first week
        (dt.date(2026, 2, 9), None),
        (dt.date(2026, 2, 15), dt.date(2026, 2, 15)),
        (dt.date(2026, 3, 29), dt.date(2026, 3, 31)),
        (dt.date(2026, 3, 30), None),
    )
    weeks = trend.weeks_of(day, 2, flow)
    assert [w["week"] for w in weeks] == [
        "9 Feb",
        "16 Feb",
        "23 Feb",
        "2 Mar",
        "9 Mar",
        "16 Mar",
        "23 Mar",
        "30 Mar",
    ]
    assert [w["opened"] for w in weeks] == [2, 0, 0, 0, 0, 0, 1, 1]
    assert [w["closed"] for w in weeks] == [1, 0, 0, 0, 0, 0, 0, 2]
    assert [w["open"] for w in weeks] == [2, 2, 2, 2, 2, 2, 3, 2]
    assert trend.told(weeks).startswith(
        "Cases by week (the Monday): 9 Feb: 2 in, 1 closed, 2 open; 16 Feb: 0 in"
    )


def test_the_picture_is_small_the_same_each_time_and_goes_inside_the_mail():
    facts = digest(case(1, "2026-03-10"), flow=FLOW)
    (drawn,) = pictures_of(facts)
    assert drawn.content.startswith(b"\x89PNG") and len(drawn.content) < 15_000
    assert pictures_of(facts) == (drawn,)
    letter = written(facts)
    message = email.message_from_bytes(letter.raw, policy=email.policy.default)
    body = message.get_body(("related",))
    assert [part.get_content_type() for part in body.iter_parts()] == ["text/html", "image/png"]
    page, picture = body.iter_parts()
    assert f'src="{"cid:" + picture["Content-ID"].strip("<>")}"' in page.get_content()
    assert picture.get_content() == drawn.content
    assert facts["trend_words"] in page.get_content()
    assert "data:image/png;base64," in letter.page and "cid:" not in letter.page


def test_without_matplotlib_the_trend_is_bars(monkeypatch):
    monkeypatch.setattr(trend.importlib.util, "find_spec", lambda name: None)
    facts = digest(case(1, "2026-03-10", topics=(Topic.REPAIRS,)), flow=FLOW)
    assert pictures_of(facts) == ()
    letter = written(facts)
    assert "<img" not in letter.html
    for week in facts["trend"]:
        assert f">{week['week']}</th>" in letter.html


# ------------------------------------------------------------------ quick


def test_five_thousand_open_cases_are_a_digest_in_a_moment():
    cases = [
        case(n, f"2026-04-{1 + n % 28:02d}", flags=(Flag.URGENT_HAZARD,) * (n % 50 == 0))
        for n in range(4_500)
    ]
    cases += [with_action(n, "2026-03-20") for n in range(4_500, 5_000)]
    began = time.process_time()
    facts = digest(*cases, flow=FLOW)
    letter = written(facts)
    taken = time.process_time() - began
    assert len(letter.html) < 60_000
    assert len(rows(facts, "Overdue")) <= 10
    assert taken < 5, f"{taken:.1f} seconds of processor time"
