"""A mistake in a scenario file is told with its line, what was read and what to write instead; a story that is not so
fails, and says what came instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailbot.casework.policy import Overlay
from mailbot.casework.vocabulary import Letter
from mailbot.scenario_commands import policies_of
from mailbot.scenarios.reading import ScenarioMistakes, read_scenarios
from mailbot.scenarios.running import Played, play

POLICIES = policies_of(Path("config"))
STORY = """\
Scenario: A leak is answered in time
Policy: mtvh
Keeps: 3.2 b3; 3.2 b4

On Monday 9 March 2026 at 09:00
  Jean Walker writes
    Subject: Leak over the bath
    Taken as: new complaint; damp mould leaks
    | The ceiling has leaked for three weeks and I want to complain.
  Jean Walker gets the acknowledgement, citing 3.2 b3, saying "Monday 23 March 2026"
  the case is open at Stage One

On Thursday 19 March 2026 at 10:00
  the handler answers the case mail
    | #respond upheld
    |
    | We are sorry. The pipe was mended today.
  Jean Walker gets the response, citing 3.2 b4
  the case is answered at Stage One

Until Friday 20 March 2026
  Jean Walker gets nothing
"""


def mistakes_of(text: str) -> list[tuple[int, str, str]]:
    with pytest.raises(ScenarioMistakes) as refused:
        read_scenarios(text, "leak.txt", POLICIES)
    return [(m.line, m.problem, m.fix) for m in refused.value.mistakes]  # type: ignore[attr-defined]


def played(text: str) -> Played:
    (scenario,) = read_scenarios(text, "leak.txt", POLICIES)
    return play(scenario, POLICIES(scenario.policy, scenario.overlay))


def test_the_story_itself_comes_true() -> None:
    assert played(STORY).came_true


BROKEN = {
    "an unknown step": (
        "the case is answered at Stage One",
        "the case has been answered",
        (19, "nobody knows this step", "the case is open at STAGE"),
    ),
    "an unknown letter": (
        "gets the response,",
        "gets the respnse,",
        (18, "no letter called 'respnse'", "'response'"),
    ),
    "an unknown clause": ("citing 3.2 b4", "citing 3.2 b44", (18, "no clause '3.2 b44'", "'3.2 b4'")),
    "an unknown clause that is claimed": (
        "Keeps: 3.2 b3; 3.2 b4",
        "Keeps: 3.2 b3; 3.3 b4",
        (3, "no clause '3.3 b4'", "did you mean"),
    ),
    "a wrong weekday": (
        "On Monday 9 March",
        "On Tuesday 9 March",
        (5, "9 March 2026 is a Monday", "write Monday 9 March 2026"),
    ),
    "a day that there is not": (
        "Until Friday 20 March",
        "Until 31 April",
        (21, "there is no 31 April 2026", "a day that the month has"),
    ),
    "a month that there is not": (
        "On Thursday 19 March",
        "On Thursday 19 Mach",
        (13, "'Mach' is no month", "'March'"),
    ),
    "a time that there is not": ("at 10:00", "at 25:00", (13, "there is no time '25:00'", '"09:30"')),
    "a time in words": ("at 10:00", "at noon", (13, "there is no time 'noon'", '"09:30"')),
    "days out of order": (
        "On Thursday 19 March",
        "On Thursday 5 March",
        (13, "before Monday 9 March 2026", "in their order"),
    ),
    "an unknown policy": ("Policy: mtvh", "Policy: mtwh", (2, "", "mtvh")),
    "no policy": ("Policy: mtvh\n", "", (1, "names no policy", "Policy: code-2024")),
    "an unknown overlay": (
        "Keeps:",
        "Overlay: strict\nKeeps:",
        (3, "this is no overlay", "off, warn or enforce"),
    ),
    "a key of the head that nobody knows": ("Keeps:", "Kept:", (3, "nobody knows 'Kept'", "'Keeps'")),
    "a head that comes too late": (
        "Until Friday",
        "Keeps: 3.2 b4\nUntil Friday",
        (21, "belongs to the head", "before the first day"),
    ),
    "an unknown stage": (
        "answered at Stage One",
        "answered at Stage Three",
        (19, "no stage called 'stage three'", "stage one"),
    ),
    "an unknown verdict": (
        "new complaint;",
        "new complain;",
        (8, "can't be taken as 'new complain'", "'new complaint'"),
    ),
    "an unknown mark": (
        "damp mould leaks",
        "damp",
        (8, "no mail is marked 'damp'", ""),
    ),
    "a detail that nobody knows": (
        "Taken as:",
        "Read as:",
        (8, "nobody knows 'Read as'", "Taken as"),
    ),
    "a mail without a subject": (
        "    Subject: Leak over the bath\n",
        "",
        (6, "the mail has no subject", "Subject: ..."),
    ),
    "a mail without a text": (
        "    | The ceiling has leaked for three weeks and I want to complain.\n",
        "",
        (6, "the mail has no text", "after a |"),
    ),
    "somebody who is not in the story": (
        "Jean Walker gets the response",
        "Joan Walker gets the response",
        (18, "nobody called 'Joan Walker'", "Jean Walker"),
    ),
    "a role that nobody holds": (
        "  Jean Walker gets the response",
        "  the legal team gets an alert\n  Jean Walker gets the response",
        (18, "nobody is the legal team", "Staff: Lena Ward (legal)"),
    ),
    "words without quotes": (
        'saying "Monday 23 March 2026"',
        "saying Monday",
        (10, "'Monday' is not in quotes", 'saying "the words"'),
    ),
    "a quotation without an end": (
        '23 March 2026"',
        "23 March 2026",
        (10, "a quotation does not end", 'close it with "'),
    ),
    "somebody who acts below By": (
        "On Thursday 19 March 2026 at 10:00",
        "By Thursday 19 March 2026",
        (13, "somebody acts below it", "On Thursday 19 March 2026 at 10:00"),
    ),
    "a letter expected below Until": (
        "gets nothing",
        "gets the closure",
        (22, "Until is for what does not come", "By Friday 20 March 2026"),
    ),
    "a text that belongs to nothing": (
        "  the case is open at Stage One\n",
        "  the case is open at Stage One\n    | and so on\n",
        (11, "writes no mail", 'saying "..."'),
    ),
    "a day with nothing below it": (
        "  Jean Walker gets nothing\n",
        "",
        (21, "nothing stands below this day", "leave the day out"),
    ),
    "staff without a role": (
        "Keeps:",
        "Staff: Lena Ward\nKeeps:",
        (3, "no role in brackets", "Lena Ward (legal)"),
    ),
    "a sentence at the head that nobody knows": (
        "Keeps:",
        "It is summer\nKeeps:",
        (3, "nobody knows this sentence here", "is away from"),
    ),
    "a policy that is named twice": (
        "Policy: mtvh\n",
        "Policy: mtvh\nPolicy: mtvh\n",
        (3, "Policy is said twice", "keep one of them"),
    ),
    "somebody away who does not work here": (
        "Keeps:",
        "Sam Okafo is away from 9 March 2026 to 10 March 2026\nKeeps:",
        (3, "nobody called 'Sam Okafo' works here", "Sam Okafor"),
    ),
    "a latest day before the target": (
        "the case is open at Stage One",
        "the response is due on 23 March 2026, at the latest 20 March 2026",
        (11, "the latest day lies before the target", "exchange them"),
    ),
    "words before any scenario": (
        "Scenario:",
        "A story\nScenario:",
        (1, "before any scenario", "Scenario: "),
    ),
}


@pytest.mark.parametrize("broken", BROKEN)
def test_a_mistake_names_its_line_and_what_to_write(broken: str) -> None:
    right, wrong, (line, problem, fix) = BROKEN[broken]
    assert right in STORY
    found = mistakes_of(STORY.replace(right, wrong, 1))
    assert any(line == n and problem in p and fix in f for n, p, f in found), found


def test_several_mistakes_are_told_at_once_in_the_order_of_their_lines() -> None:
    text = STORY
    for broken in ("an unknown clause", "a wrong weekday", "an unknown stage", "an unknown verdict"):
        right, wrong, _ = BROKEN[broken]
        text = text.replace(right, wrong, 1)
    assert [line for line, _, _ in mistakes_of(text)] == [5, 8, 18, 19]


def test_a_mistake_is_told_in_three_lines() -> None:
    with pytest.raises(ScenarioMistakes) as refused:
        read_scenarios(STORY.replace("On Monday 9", "On Tuesday 9"), "leak.txt", POLICIES)
    assert str(refused.value) == (
        "leak.txt:5: On Tuesday 9 March 2026 at 09:00\n"
        "    9 March 2026 is a Monday\n"
        "    -> write Monday 9 March 2026, or the date that you mean"
    )


# ------------------------------------------------------------------ guards, tested by breaking what they guard

UNTRUE = {
    "a letter that did not come": (
        "Jean Walker gets the response, citing 3.2 b4",
        "Jean Walker gets the closure",
        "they got: the response of Thursday 19 March 2026 at 10:00",
    ),
    "a letter of another day": (
        "Jean Walker gets the response, citing 3.2 b4",
        "Jean Walker gets the acknowledgement",
        "the last one came on Monday 9 March 2026 at 09:00",
    ),
    "a clause that the letter does not cite": (
        "citing 3.2 b4",
        "citing 3.2 b9",
        "it does not cite 3.2 b9. It cites 3.2 b4",
    ),
    "words that the letter does not say": (
        "Monday 23 March 2026",
        "Tuesday 24 March 2026",
        'it does not say "Tuesday 24 March 2026"; the nearest in it: ',
    ),
    "words that the letter says": (
        "gets the response, citing 3.2 b4",
        'gets the response, not saying "mended"',
        'it says "mended"',
    ),
    "silence that is none": (
        "Jean Walker gets nothing",
        "nobody gets a letter",
        "it came: ",
    ),
    "a stage where it is not": (
        "the case is answered at Stage One",
        "the case is open at Stage Two",
        "it is answered at Stage One",
    ),
    "a closure that was none": (
        "the case is answered at Stage One",
        "the case is closed because agreed",
        "it is answered at Stage One",
    ),
    "a handler who has not got it": (
        "the case is open at Stage One",
        "the case is with Tessa Lowe",
        "it is with Sam Okafor",
    ),
    "a duty of another day": (
        "the case is open at Stage One",
        "the response is due on Tuesday 24 March 2026",
        "Stage One response on Monday 23 March 2026",
    ),
    "a duty where something is due": (
        "the case is open at Stage One",
        "no response is due",
        "due: Stage One response on Monday 23 March 2026",
    ),
    "cases that there are not": (
        "the case is open at Stage One",
        "2 cases are open",
        "1 were opened, 1 of them is open",
    ),
    "a case that there is not": (
        "the case is open at Stage One",
        "the second case is open",
        "there is no such case",
    ),
    "a journal that does not say so": (
        "the case is open at Stage One",
        'the journal says "Escalated"',
        "its last lines: ",
    ),
    "a journal that says so": (
        "the case is open at Stage One",
        'the journal does not say "Opened"',
        "it says so on Monday 9 March 2026 at 09:00",
    ),
    "a flag that is not up": (
        "the case is open at Stage One",
        "the case is flagged urgent hazard",
        "it is flagged: nothing",
    ),
    "a window that is none": (
        "the case is answered at Stage One",
        "Stage Two may be asked for until 20 April 2026",
        "the last day is none",
    ),
    "too few letters": (
        "Jean Walker gets the response, citing 3.2 b4",
        "Jean Walker gets 2 responses",
        "1 came: the response of Thursday 19 March 2026 at 10:00",
    ),
    "an act that was not refused": (
        "Jean Walker gets the response, citing 3.2 b4",
        "the act is refused",
        "they got: ",
    ),
}


@pytest.mark.parametrize("untrue", UNTRUE)
def test_what_does_not_come_true_fails_and_says_what_came_instead(untrue: str) -> None:
    right, wrong, instead = UNTRUE[untrue]
    assert right in STORY
    story = played(STORY.replace(right, wrong, 1))
    failed = [check for check in story.checks if not check.true]
    assert not story.came_true
    assert wrong in failed[0].said
    assert instead in failed[0].instead


def test_a_claim_that_nothing_cited_is_refused() -> None:
    story = played(STORY.replace("Keeps: 3.2 b3; 3.2 b4", "Keeps: 3.2 b3; 3.2 b9"))
    assert not story.came_true
    assert story.unkept == ("3.2 b9",)


def test_a_letter_counts_in_one_block_only() -> None:
    twice = STORY.replace("\nUntil", "\nBy Thursday 19 March 2026\n  Jean Walker gets the response\n\nUntil")
    (failed,) = [check for check in played(twice).checks if not check.true]
    assert "is already expected in an earlier block" in failed.instead


def test_a_story_that_answers_what_never_came_ends_there_and_says_so() -> None:
    story = played(STORY.replace("the handler answers the case mail", "the handler answers the question"))
    assert "the handler has had no question" in story.stuck
    assert "case assigned" in story.stuck
    assert not story.came_true


def test_what_the_service_stumbles_over_makes_the_story_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    from mailbot.postroom.letters import LetterMistake, Stationery

    whole = Stationery.write

    def broken(self, order, letterhead):  # type: ignore[no-untyped-def]
        if order.letter is Letter.RESPONSE:
            raise LetterMistake("response: the fact decision is missing")
        return whole(self, order, letterhead)

    monkeypatch.setattr(Stationery, "write", broken)
    story = played(STORY)
    assert not story.came_true
    assert any("the response to jean.walker@example.com: it could not be written" in f for f in story.faults)


def test_two_scenarios_of_one_process_know_nothing_of_each_other() -> None:
    first, second = played(STORY), played(STORY)
    assert first.came_true
    assert second.came_true
    assert [type(one) for one in first.told] == [type(one) for one in second.told]


def test_a_story_by_a_version_of_a_policy_is_played_by_that_version() -> None:
    story = played(STORY.replace("Policy: mtvh", "Policy: mtvh@2021-08-23"))
    assert story.came_true
    assert story.scenario.policy == "mtvh@2021-08-23"


def test_two_colleagues_of_one_first_name_are_two_people() -> None:
    text = STORY.replace("Keeps", "Staff: Sam Hill (legal)\nKeeps").replace("the handler", "Sam Okafor")
    story = played(text)
    assert story.came_true
    assert {person.key for person in story.scenario.people} >= {"sam", "sam.hill"}


def test_a_scenario_takes_the_landlords_word_before_the_codes_where_the_overlay_says_so() -> None:
    (scenario,) = read_scenarios(STORY.replace("Keeps", "Overlay: off\nKeeps"), "leak.txt", POLICIES)
    assert scenario.overlay is Overlay.OFF
