"""Policy files: five landlords' shapes fit, and a file that cannot be kept to the letter is refused whole."""

from __future__ import annotations

import datetime as dt
import re
import typing
from pathlib import Path

import pytest

from mailbot.casework.calendar import Calendar
from mailbot.casework.policy import SILENCE_BLOCKS, Anchor, Moment
from mailbot.mistakes import Mistake
from mailbot.places import config_dir
from mailbot.policyfile import PolicyMistake, list_policies, load_policy, read_layer
from mailbot.policytables import Block

POLICIES = config_dir() / "policies"
MTVH = (POLICIES / "mtvh.toml").read_text(encoding="utf-8")
ENGLAND = Calendar("ENG")
D = dt.date


def write(directory: Path, text: str, name: str = "ours") -> Path:
    path = directory / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    return path


def changed(text: str, old: str, new: str, count: int = -1) -> str:
    assert old in text, f"the file no longer says {old!r}"
    return text.replace(old, new, count)


def refused(path: Path) -> tuple[Mistake, ...]:
    with pytest.raises(PolicyMistake) as caught:
        read_layer(path)
    return caught.value.mistakes


@pytest.mark.parametrize(
    ("old", "new", "key", "told", "instead"),
    [
        ("person_noun =", "person_nown =", "person_nown", "nobody knows this key", "mean 'person_noun'"),
        ("within = \"5 working days from received\"", "wihtin = \"5 working days from received\"",
         "stage[1].acknowledge[1].wihtin", "nobody knows this key", "mean 'within'"),
        ("= \"5 working days from received", "= \"5 days from received", "stage[1].acknowledge[1].within",
         "unknown unit 'day'", "working days, calendar days or calendar months"),
        ("= \"5 working days from received", "= \"5 working days from receipt", "stage[1].acknowledge[1].within",
         "unknown anchor 'receipt'", "write one of received"),
        ("= \"5 working days from received", "= \"soon", "stage[1].acknowledge[1].within", "cannot be read",
         '"5 working days from received"'),
        ("= \"5 working days from received", "= \"5 working days from acknowledged", "stage[1].acknowledge",
         "nothing here can count from acknowledged", "received or requested"),
        ('clauses = ["3.2 b4"]', "", "stage[1].respond[1].clauses", "missing.*a number needs the clause", "clauses ="),
        ('clauses = ["3.2 b4"]', "clauses = []", "stage[1].respond[1].clauses", "at least 1", "at least one"),
        ('clauses = ["3.2 b4"]', 'clauses = ["3.2 b44"]', "stage[1].respond.clauses", "no \\[\\[clause\\]\\]",
         "mean '3.2 b4'"),
        ('reference = ["3.2 b3"]', 'reference = ["b3"]', "stage[1].acknowledgement_contains.reference",
         "no \\[\\[clause\\]\\]", "known"),
        ('reference = ["3.2 b3"]', 'refrence = ["3.2 b3"]', "stage[1].acknowledgement_contains",
         "no letter can carry 'refrence'", "mean 'reference'"),
        ('id = "3.2 b5"', 'id = "3.2 b4"', "clause.id", "2 clauses have this id", "its own"),
        ('id = "3.2 b1"', 'id = "Code 1.2"', "clause.id", "belongs to the Code", "landlord's document"),
        ("number = 2", "number = 1", "stage 2", "this stage is missing", "number = 2"),
        ("number = 2", "number = 3", "stage[2].number", "not one of the words", "known: 1, 2"),
        ('reading = "A1"', "", "stage[1].respond.target", "two readings", 'reading = "A1"'),
        ('reading = "A2"', 'reading = "Z9"', "stage[2].grounds.reading", "no \\[\\[ambiguity\\]\\]", "A1, A2"),
        ('target = "10 working days from received"', 'target = "12 working days from acknowledged"',
         "stage[1].respond[1]", "later than the outer date", "at most 10 working days from acknowledged"),
        ('target = "10 working days from received"', "", "stage[1].respond[1]", "no window", "both target and outer"),
        ('outer = "10 working days from acknowledged"', 'within = "1 working day from received"',
         "stage[1].respond[1]", "say the same thing twice", "keep one"),
        ("opened = [", "open = [", "because.open", "mailbot has no such rule", "mean 'opened'"),
        ('kept_by = "person"', 'kept_by = "staff"', "clause[6].kept_by", "not one of the words", "person, document"),
        ('adjustments where they are needed, fair and open to all."\nkept_by = "person"',
         'adjustments."\nkept_by = "mailbot"', "clause.kept_by", "no rule cites it", '"person"'),
        ("months = 6\ncounted_from", "months = 6\n# counted_from", "exclusion[1]", "months from when",
         "counted_from"),
        ("valid_from = 2021-08-23", "valid_from = 2021-08-23\nvalid_to = 2021-01-01", "", "lies before", "exchange"),
        ("valid_from = 2021-08-23", 'valid_from = "23/08/2021"', "valid_from", "valid date", "2026-01-31"),
        ('nation = "ENG"', 'nation = "England"', "nation", "not one of the words", "ENG, WLS, SCT"),
        ('id = "mtvh"', "id = \"mtvh", "(the file)", "this is no TOML", "quotes"),
        ("[because]\nopened",
         '[[route]]\nkind = "leagl"\nto = "legal"\nclauses = ["3.3 e2"]\n[because]\nopened', "route[1].kind",
         "no such kind of matter", "mean 'legal'"),
        ("[because]\nopened", '[survey]\nclauses = ["3.1"]\n[because]\nopened', "survey.after_working_days", "missing",
         "after_working_days = 5"),
        ("[because]\nopened",
         '[refusal]\ncontains = ["reason"]\nclauses = ["3.1"]\n[because]\nopened', "refusal.contains[1]",
         "not one of the words", "mean 'reasons'"),
        ("[because]\nopened",
         '[[report]]\ncycle = "fortnightly"\nto = "Board"\nholds = "x"\nclauses = ["3.1"]\n[because]\nopened',
         "report[1].cycle", "not one of the words", "quarterly"),
        ("[because]\nopened",
         '[third_party]\nauthority = "maybe"\nclauses = ["3.1"]\n[because]\nopened', "third_party.authority",
         "not one of the words", "shown"),
        ("[because]\nopened",
         '[data_protection]\nwithin = "30 calendar days from responded"\nclauses = ["3.1"]\n[because]\nopened',
         "data_protection.within", "nothing here can count from responded", "received or requested"),
        ("[because]\nopened",
         2 * '[[silence]]\nwithin = "20 working days from responded"\nneeds_response = true\nclauses = ["3.1"]\n'
         + "[because]\nopened", "silence", "2 sources contradict each other", "reading ="),
        ("[because]\nopened",
         '[[exclusion]]\nground = "age"\nsays = "x"\nclauses = ["3.1"]\n[because]\nopened',
         "exclusion", "2 sources contradict each other", "reading ="),
        ('counted_from = ["event"]', 'counted_from = ["event"]\nunless = ["safe"]', "exclusion[1].unless",
         "no mail has the flag 'safe'", "safeguarding"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_policy_is_told_with_its_key_and_what_to_write(
    tmp_path: Path, old: str, new: str, key: str, told: str, instead: str
) -> None:
    mistakes = refused(write(tmp_path, changed(MTVH, old, new, count=1)))
    found = [m for m in mistakes if m.key == key and re.search(told, m.problem)]
    assert found, "\n".join(map(str, mistakes))
    assert re.search(instead, found[0].fix), found[0].fix
    assert found[0].file == "ours.toml"


def test_all_mistakes_of_a_policy_are_told_at_once(tmp_path: Path) -> None:
    text = changed(MTVH, "5 working days from received", "5 days from receipt")
    text = changed(text, "opened = [", "open = [")
    text = changed(text, 'id = "3.2 b5"', 'id = "3.2 b4"')
    keys = {m.key for m in refused(write(tmp_path, text))}
    assert {
        "stage[1].acknowledge[1].within",
        "because.open",
        "clause.id",
        "stage[1].extension.clauses",
    } <= keys


def test_two_sources_of_one_duty_need_a_reading(tmp_path: Path) -> None:
    duty = '[[stage.acknowledge]]\nwithin = "5 working days from received"\nclauses = ["3.2 b3"]\n'
    single = '[stage.acknowledge]\nwithin = "5 working days from received"\nclauses = ["3.2 b3"]\n'
    contradicting = duty + duty.replace("5 working", "3 working")
    mistakes = refused(write(tmp_path, changed(MTVH, single, contradicting)))
    assert [(m.key, m.problem.split(",")[0]) for m in mistakes] == [
        ("stage[1].acknowledge", "2 sources contradict each other")
    ]
    read = contradicting.replace("clauses", 'reading = "A1"\nclauses')
    layer = read_layer(write(tmp_path, changed(MTVH, single, read)))
    acknowledge = layer.stages[0].acknowledge
    assert acknowledge is not None
    asked = {Anchor.RECEIVED: Moment(D(2026, 3, 2))}
    assert acknowledge.due(asked, ENGLAND).target == D(2026, 3, 5)


OTHERS = '''
id = "others"
title = "Shapes of other landlords"
landlord = "Several"
person_noun = "customer"
valid_from = 2023-02-01
without_house = ["contact"]

[[ambiguity]]
id = "unit"
clauses = ["9.1"]
question = "Twenty days of which kind?"
reading = "Working days, the later."

[[stage]]
number = 1
name = "Stage 1"
acknowledge = { within = "2 working days from received", clauses = ["8.1"] }
contact = { within = "3 working days from acknowledged", clauses = ["8.1"] }
respond = { within = "10 working days from acknowledged", clauses = ["8.2"] }
approver = { role = "supervisor", clauses = ["8.1"] }
extension = { cap_working_days = 10, needs_agreement = true, clauses = ["8.2"] }

[[stage]]
number = 2
name = "Appeal"
acknowledge = { within = "3 working days from requested", clauses = ["7.6.3"] }
review = { within = "20 working days from requested", clauses = ["7.6.4"] }
respond = { within = "5 working days from reviewed", clauses = ["7.6.5"] }
grounds = { gate = true, clauses = ["9.1"] }
different_person = { clauses = ["7.6.4"] }

[[stage.window]]
target = "20 calendar days from responded"
outer = "20 working days from responded"
reading = "unit"
clauses = ["9.1"]

[[stage.window]]
within = "1 calendar month from closed"
reading = "unit"
clauses = ["9.1"]

[[silence]]
within = "10 working days from received"
needs_response = false
needs_attempts = 1
blocked_by = ["delay_notice"]
clauses = ["closure b"]

[[silence]]
within = "20 working days from responded"
needs_response = true
needs_attempts = 1
remind_before_working_days = 3
blocked_by = ["delay_notice", "escalation_window"]
clauses = ["closure c"]

[service_requests]
answer = { within = "3 working days from received", clauses = ["7.2"] }
clauses = ["7.2"]

[[exclusion]]
ground = "age"
says = "Older than six months."
months = 6
counted_from = ["event"]
exceptions = ["safeguarding", "health and safety", "an MP or the Ombudsman asked"]
clauses = ["x7"]
''' + "".join(
    f'\n[[clause]]\nid = "{id}"\nsays = "..."\nkept_by = "mailbot"\n'
    for id in ("8.1", "8.2", "7.6.3", "7.6.4", "7.6.5", "9.1", "closure b", "closure c", "7.2", "x7")
)  # fmt: skip


def test_the_shapes_of_the_other_landlords_fit_the_file(tmp_path: Path) -> None:
    policy = load_policy(write(tmp_path, OTHERS), overlay="off")
    first, second = policy.stages
    assert (second.name, first.approver, second.grounds_gate) == ("Appeal", "supervisor", True)
    asked = {Anchor.RECEIVED: Moment(D(2025, 12, 24)), Anchor.REQUESTED: Moment(D(2026, 5, 22))}
    acknowledge = first.acknowledge.due(asked, ENGLAND)
    told = {**asked, Anchor.ACKNOWLEDGED: Moment(D(2025, 12, 30), acknowledge)}
    assert acknowledge.outer == D(2025, 12, 30)
    assert first.contact is not None
    assert first.contact.due(told, ENGLAND).outer == D(2026, 1, 5)
    assert first.respond.due(told, ENGLAND).outer == D(2026, 1, 14)
    assert second.acknowledge.due(asked, ENGLAND).outer == D(2026, 5, 28)
    assert second.respond.due(asked, ENGLAND).outer == D(2026, 6, 29)
    assert "7.6.4" in second.clauses
    assert second.window is not None
    assert second.window.due({Anchor.RESPONDED: Moment(D(2026, 4, 28))}, ENGLAND) is None, "not closed yet"
    responded = {Anchor.RESPONDED: Moment(D(2026, 4, 28)), Anchor.CLOSED: Moment(D(2026, 4, 30))}
    window = second.window.due(responded, ENGLAND)
    assert window is not None
    assert window.outer == D(2026, 6, 1), "a month from 30 April is Saturday 30 May"
    assert [rule.last_day(D(2025, 12, 12), ENGLAND) for rule in policy.silence[:1]] == [D(2025, 12, 30)]
    answer = policy.service_requests.answer
    assert answer is not None
    assert policy.service_requests.chase_every_working_days == 3, "from the house"
    assert second.contact is None, "the landlord does without the house's"


def test_the_code_over_those_shapes_keeps_what_is_stricter_and_lifts_what_it_forbids(tmp_path: Path) -> None:
    policy = load_policy(write(tmp_path, OTHERS), overlay="enforce")
    first, second = policy.stages
    asked = {Anchor.RECEIVED: Moment(D(2026, 3, 2)), Anchor.REQUESTED: Moment(D(2026, 3, 2))}
    assert first.acknowledge.due(asked, ENGLAND).clauses == ("8.1",), "two days are stricter than five"
    assert not second.grounds_gate
    told = {**asked, Anchor.ACKNOWLEDGED: Moment(None, second.acknowledge.due(asked, ENGLAND))}
    # The review and its outcome take 25 days of their own; the Code gives 20 from the acknowledgement's 3.
    assert second.respond.due(told, ENGLAND).outer == ENGLAND.add_working_days(D(2026, 3, 2), 23)
    before_an_answer = policy.silence[0]
    assert before_an_answer.needs_response
    assert {"delay_notice", "open_actions"} <= set(before_an_answer.blocked_by)
    (age,) = policy.exclusions
    assert age.months == 12
    assert {"safeguarding", "a person's discretion"} <= set(age.exceptions)


def test_the_version_in_force_on_the_day_is_taken_and_a_case_finds_its_own_again(tmp_path: Path) -> None:
    ended = changed(MTVH, "valid_from = 2021-08-23", "valid_from = 2021-08-23\nvalid_to = 2026-03-31")
    write(tmp_path, ended, "mtvh")
    write(tmp_path, changed(MTVH, "valid_from = 2021-08-23", "valid_from = 2026-04-01"), "mtvh-2026")
    assert load_policy("mtvh", tmp_path).version == "2026-04-01"
    assert load_policy("mtvh", tmp_path, on=D(2026, 3, 31)).version == "2021-08-23"
    assert load_policy("mtvh", tmp_path, on=D(2026, 4, 1)).version == "2026-04-01"
    assert load_policy("mtvh@2021-08-23", tmp_path).version == "2021-08-23"
    with pytest.raises(PolicyMistake, match="there is no such policy"):
        load_policy("mtvh@1999-01-01", tmp_path)


def test_the_policies_of_a_directory_are_listed_with_what_is_wrong_with_them(tmp_path: Path) -> None:
    assert {listed.id for listed in list_policies(POLICIES)} >= {"code-2024", "mtvh"}
    assert all(listed.id != "house" and not listed.mistakes for listed in list_policies(POLICIES))
    write(tmp_path, changed(MTVH, '= "5 working days from received"', '= "soon"'), "broken")
    (listed,) = list_policies(tmp_path)
    assert (listed.id, listed.mistakes) == ("broken", 1)


def test_a_missing_policy_is_told_with_the_nearest_name(tmp_path: Path) -> None:
    with pytest.raises(PolicyMistake) as caught:
        load_policy("mthv", tmp_path)
    (mistake,) = caught.value.mistakes
    assert "did you mean 'mtvh'" in mistake.fix
    with pytest.raises(PolicyMistake, match="there is no such file"):
        load_policy(tmp_path / "none.toml")


def test_the_file_knows_the_same_words_as_the_core() -> None:
    assert typing.get_args(Block) == SILENCE_BLOCKS
