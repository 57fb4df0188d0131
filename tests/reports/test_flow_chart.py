"""The state chart of the README says exactly what the lifecycle's tables do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from morning_cases import ALEX, SAM

from mailbot.casework import lifecycle
from mailbot.casework.allocation import Desk
from mailbot.casework.calendar import Calendar
from mailbot.casework.lifecycle import ON_CLOCK, ON_MAIL, ON_STAFF, decide
from mailbot.casework.rulebook import Rulebook
from mailbot.casework.vocabulary import Act, Intent, Person, Stage, Timer, TimerFell
from mailbot.policyfile import load_policy
from mailbot.reports.flow import BEGIN, END, LATER, NAMES, act, chart, into_readme, mail, moves, samples

MORGAN = Person("morgan", "Morgan Bell", "morgan@landlord.example.org", roles=("stage2",))
RULES = Rulebook(
    load_policy("code-2024"), Calendar("ENG"), Desk((SAM, MORGAN, ALEX)), "complaints", "CC-2026-000001-6"
)
README = Path(__file__).resolve().parents[2] / "README.md"
STAGES = {name: stage for stage, name in NAMES.items()}


def arrows(text: str) -> dict[tuple[Stage, Stage], list[str]]:
    found = re.findall(r"^ +(\S+) --> (\S+): (.+)$", text, re.M)
    return {(STAGES[a], STAGES[b]): labels.split(", ") for a, b, labels in found}


def test_the_readme_holds_the_chart_that_the_tables_give():
    text = README.read_text(encoding="utf-8")
    assert into_readme(text, RULES) == text, "run: mailbot flow --write README.md"
    assert arrows(text) == moves(RULES)


def test_each_stage_has_a_sample_that_the_tables_themselves_made():
    found = samples(RULES)
    assert set(found) == set(Stage) - {Stage.NONE}
    for stage, case in found.items():
        assert case.stage is stage


def test_every_mail_that_moves_a_case_is_an_arrow_and_no_other_is():
    drawn, cases = arrows(chart(RULES)), {Stage.NONE: None, **samples(RULES)}
    for stage in ON_MAIL:
        for intent in Intent:
            label = intent.value.replace("_", " ")
            after = decide(cases[stage], mail(intent), RULES).case
            expected = {after.stage} if after and after.stage is not stage else set()
            assert {to for (a, to), labels in drawn.items() if a is stage and label in labels} == expected


def test_every_clock_that_moves_a_case_is_an_arrow_and_only_one_does_by_itself():
    cases = samples(RULES)
    moving = {
        (stage, timer)
        for stage in ON_CLOCK
        for timer in Timer
        if decide(cases[stage], TimerFell(LATER, timer, LATER, "1"), RULES).case.stage is not stage
    }
    drawn = arrows(chart(RULES))
    words = {Timer.SORT: "nobody sorts it in time"}
    assert moving == {
        (a, timer) for timer, label in words.items() for (a, _), labels in drawn.items() if label in labels
    }
    assert {timer for _, timer in moving} == set(words)
    silent = {
        a for (a, to), labels in drawn.items() if "silence is complete and a supervisor approves" in labels
    }
    assert silent == {Stage.STAGE1_RESPONDED, Stage.STAGE2_RESPONDED}


def test_every_act_of_staff_that_moves_a_case_is_an_arrow():
    drawn, cases = arrows(chart(RULES)), samples(RULES)
    for stage in ON_STAFF:
        for what in set(Act) - {Act.SORT, Act.CLOSE}:
            after = decide(cases[stage], act(what, RULES, who=cases[stage].handler), RULES).case
            assert after is not None
            found = {to for (a, to), labels in drawn.items() if a is stage and f"#{what.value}" in labels}
            assert found == ({after.stage} - {stage})


def test_the_chart_follows_the_tables(monkeypatch: pytest.MonkeyPatch):
    assert "reply" in arrows(chart(RULES))[Stage.CLOSED, Stage.STAGE1_RESPONDED]
    keep = ON_MAIL[Stage.CLOSED][Intent.OTHER]
    monkeypatch.setitem(lifecycle.ON_MAIL[Stage.CLOSED], Intent.REPLY, keep)
    labels = arrows(chart(RULES)).get((Stage.CLOSED, Stage.STAGE1_RESPONDED), [])
    assert "reply" not in labels
    text = README.read_text(encoding="utf-8")
    assert into_readme(text, RULES) != text


@pytest.mark.parametrize("text", ["", BEGIN, END, f"{END} {BEGIN}"])
def test_a_readme_without_its_marks_is_refused(text):
    with pytest.raises(ValueError, match="marks"):
        into_readme(text, RULES)


def test_what_stands_around_the_chart_stays():
    assert into_readme(f"before {BEGIN} old {END} after", RULES, lambda _: "new") == (
        f"before {BEGIN}\n```mermaid\nnew\n```\n{END} after"
    )
