"""`mailbot simulate` and `mailbot policy coverage`, as people type them."""

from __future__ import annotations

import re

from commands_places import CHECKOUT, DOCS

from mailbot.scenarios.steps import FORMS

SCENARIOS = CHECKOUT / "tests" / "scenarios"
TRUE = """\
Scenario: A complaint is acknowledged at once
Policy: code-2024
Keeps: Code 6.2

On Monday 9 March 2026 at 09:00
  Jean Walker writes
    Subject: Leak over the bath
    Taken as: new complaint
    | The ceiling has leaked for three weeks and I want to complain.
  Jean Walker gets the acknowledgement, citing Code 6.2
"""
UNTRUE = TRUE.replace("gets the acknowledgement", "gets the response")


def test_a_story_that_comes_true_ends_with_0_and_is_told_as_a_timeline(mailbot, tmp_path):
    (tmp_path / "leak.txt").write_text(TRUE)
    said = mailbot("simulate", tmp_path / "leak.txt")
    assert said.code == 0
    assert "── Monday 9 March 2026 ──" in said.out
    assert "09:00  Jean Walker writes: Leak over the bath" in said.out
    assert "→ acknowledgement to Jean Walker" in said.out
    assert "✓ Jean Walker gets the acknowledgement, citing Code 6.2" in said.out
    assert "It came true: 1 expectation." in said.out


def test_the_text_of_mails_and_letters_is_told_when_asked_for(mailbot, tmp_path):
    (tmp_path / "leak.txt").write_text(TRUE)
    assert "I want to complain." not in mailbot("simulate", tmp_path / "leak.txt").out
    assert "I want to complain." in mailbot("simulate", tmp_path / "leak.txt", "--verbose").out


def test_a_story_that_does_not_come_true_ends_with_1_and_says_what_came(mailbot, tmp_path):
    (tmp_path / "a.txt").write_text(TRUE)
    (tmp_path / "b.txt").write_text(UNTRUE)
    said = mailbot("simulate", tmp_path)
    assert said.code == 1
    assert "b.txt:10: Jean Walker gets the response, citing Code 6.2" in said.out
    assert "they got: the acknowledgement of Monday 9 March 2026 at 09:00" in said.out
    assert "1 of 2 scenarios came true." in said.out


def test_mistakes_of_all_files_end_with_2_and_nothing_is_played(mailbot, tmp_path):
    (tmp_path / "a.txt").write_text(TRUE.replace("On Monday", "On Sunday"))
    (tmp_path / "b.txt").write_text(TRUE.replace("Subject", "Betreff"))
    (tmp_path / "c.txt").write_bytes(b"Scenario: \xff")
    said = mailbot("simulate", tmp_path)
    assert said.code == 2
    assert said.out == ""
    assert "a.txt:5: On Sunday 9 March 2026 at 09:00\n    9 March 2026 is a Monday\n" in said.err
    assert "b.txt:7: Betreff: Leak over the bath" in said.err
    assert "save it as UTF-8" in said.err


def test_a_file_that_is_not_there_is_told(mailbot, tmp_path):
    said = mailbot("simulate", tmp_path / "none.txt")
    assert said.code == 2
    assert "No such file" in said.err


def test_a_folder_without_scenarios_is_told(mailbot, tmp_path):
    said = mailbot("simulate", tmp_path)
    assert said.code == 2
    assert "ends in .txt" in said.err


def test_a_program_reads_each_expectation_and_the_timeline(mailbot, tmp_path):
    (tmp_path / "b.txt").write_text(UNTRUE)
    said = mailbot("simulate", tmp_path / "b.txt", "--json")
    assert said.code == 1
    (story,) = said.json
    assert story["scenario"] == "A complaint is acknowledged at once"
    assert story["came_true"] is False
    (expected,) = story["expectations"]
    assert expected["line"] == 10
    assert expected["true"] is False
    assert "the acknowledgement of Monday 9 March 2026" in expected["instead"]
    letters = {line["what"]: line for line in story["timeline"] if line["kind"] == "letter"}
    assert "Code 6.2" in letters["acknowledgement"]["clauses"]
    assert letters["acknowledgement"]["at"] == "2026-03-09T09:00:00+00:00"


def test_a_landlord_plays_stories_by_its_own_policy(mailbot, tmp_path):
    own = tmp_path / "config" / "policies"
    own.mkdir(parents=True)
    text = (CHECKOUT / "config" / "policies" / "code-2024.toml").read_text()
    ours = text.replace('id = "code-2024"', 'id = "ours"').replace('name = "Stage 1"', 'name = "First look"')
    (own / "ours.toml").write_text(ours)
    story = TRUE.replace("code-2024", "ours") + "  the case is open at First look\n"
    (tmp_path / "leak.txt").write_text(story)
    said = mailbot("simulate", tmp_path / "leak.txt", "--config", tmp_path / "config")
    assert said.code == 0, said.out + said.err


# ------------------------------------------------------------------ coverage


def test_coverage_tells_each_clause_with_its_rules_and_its_stories(mailbot):
    said = mailbot("policy", "coverage", "mtvh", "--scenarios", SCENARIOS)
    assert said.code == 0, said.out
    line = next(line for line in said.out.splitlines() if line.startswith("3.2 b6"))
    assert "Stage Two: grounds" in line
    assert "mtvh/stage-two-" in said.out
    assert said.out.rstrip().endswith("clauses that mailbot keeps has a scenario.")


def test_coverage_ends_with_1_and_names_every_gap(mailbot, tmp_path):
    (tmp_path / "one.txt").write_text(TRUE)
    said = mailbot("policy", "coverage", "code-2024", "--scenarios", tmp_path)
    assert said.code == 1
    last = said.out.rstrip().splitlines()[-1]
    assert "have no scenario: Code 1.2; " in last
    assert "Code 6.2;" not in last


def test_coverage_for_a_program(mailbot, tmp_path):
    (tmp_path / "one.txt").write_text(TRUE)
    rows = {row["clause"]: row for row in
            mailbot("policy", "coverage", "code-2024", "--json", "--scenarios", tmp_path).json}  # fmt: skip
    assert rows["Code 6.2"]["scenarios"] == ["one.txt"]
    assert rows["Code 6.2"]["gap"] is False
    assert "Stage 1: acknowledgement" in rows["Code 6.2"]["rules"]
    assert rows["Code 6.14"]["gap"] is True


def test_a_story_by_another_policy_shows_nothing_of_this_one(mailbot, tmp_path):
    (tmp_path / "one.txt").write_text(TRUE)
    said = mailbot("policy", "coverage", "mtvh", "--json", "--scenarios", tmp_path)
    assert said.code == 1
    assert not any(row["scenarios"] for row in said.json)


# ------------------------------------------------------------------ the page about it


def test_the_page_tells_every_form_of_a_step():
    page = (DOCS / "scenarios.md").read_text()
    told = [line for line in page.splitlines() if line.startswith("| `")]
    for form in FORMS:
        verb = re.sub(r'[A-Z]{4,}|".*?"', "", form.told).split(",")[0]
        words = [word for word in verb.split() if word.islower() and len(word) > 3]
        assert any(all(word in line for word in words) for line in told), form.told


def test_the_example_of_the_page_comes_true(mailbot, tmp_path):
    page = (DOCS / "scenarios.md").read_text()
    example = re.search(r"^```text\n(Scenario: .*?)^```", page, re.MULTILINE | re.DOTALL)
    assert example
    (tmp_path / "example.txt").write_text(example[1])
    said = mailbot("simulate", tmp_path / "example.txt")
    assert said.code == 0, said.out
