"""Whether what a scenario expects came true; and where it did not, what came instead and when.

A letter counts for an expectation if it went out since the story last did something (or, below `On`, on that very
day), and each letter counts in one block only: two blocks that both expect a chaser expect two.
"""

from __future__ import annotations

import datetime as dt
import difflib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from mailbot.casework.calendar import LONDON
from mailbot.casework.duties import duties_of
from mailbot.casework.policy import Policy
from mailbot.casework.vocabulary import Case, Letter, Note, Stage
from mailbot.scenarios import story as s
from mailbot.scenarios.rig import Laid, Rig
from mailbot.scenarios.words import spoken, tell_day
from storage import JournalRow

STANDINGS = {
    Stage.UNSORTED: (s.Standing.UNSORTED, 0),
    Stage.SERVICE_REQUEST: (s.Standing.SERVICE_REQUEST, 0),
    Stage.STAGE1_OPEN: (s.Standing.OPEN, 1),
    Stage.STAGE1_RESPONDED: (s.Standing.ANSWERED, 1),
    Stage.STAGE2_OPEN: (s.Standing.OPEN, 2),
    Stage.STAGE2_RESPONDED: (s.Standing.ANSWERED, 2),
    Stage.CLOSED: (s.Standing.CLOSED, 0),
}


@dataclass(frozen=True)
class Check:
    """One expectation, and what came of it. `instead` is "" where it came true."""

    line: int
    said: str
    at: dt.datetime
    true: bool
    instead: str = ""


def flat(text: str) -> str:
    """Words as they are compared: without line ends, in lower case, with straight quotes."""
    straight = text.translate({0x2019: "'", 0x2018: "'", 0x201C: '"', 0x201D: '"', 0x2013: "-"})
    return " ".join(straight.split()).lower()


def fill(text: str, rig: Rig) -> str:
    """The text with "{reference}" (or "{second reference}") as that of the case."""

    def reference(found: re.Match[str]) -> str:
        cases, nth = rig.cases(), ("first", "second", "third").index(found[1] or "first")
        return cases[nth].reference if nth < len(cases) else found[0]

    return re.sub(r"\{(?:(first|second|third) )?reference\}", reference, text)


def tell_moment(at: dt.datetime) -> str:
    local = at.astimezone(LONDON)
    return f"{tell_day(local.date())} at {local:%H:%M}"


class Checker:
    """Looks at expectations, in the order of the story."""

    def __init__(self, policy: Policy, rig: Rig, addresses: Callable[[str, int], tuple[str, ...]]) -> None:
        self._policy = policy
        self._rig = rig
        self._addresses = addresses
        self._since = 0  # letters before this one lie before the story's last deed
        self._number = 0
        self._acted = False
        self._block: s.Block | None = None
        self._claimed: dict[int, int] = {}  # letter to block

    def enter(self, block: s.Block) -> None:
        self._number += 1
        self._block = block
        self._acted = False

    def act(self) -> None:
        """The story does something: what was sent before the first deed of a day counts no longer."""
        if not self._acted:
            self._since = len(self._rig.laid)
        self._acted = True

    def check(self, step: s.Expectation) -> Check:
        instead = self._instead(step)
        return Check(step.line, step.said, self._rig.clock.now(), not instead, instead)

    def _instead(self, step: s.Expectation) -> str:
        match step:
            case s.Gets():
                return self._gets(step)
            case s.CasesOpen():
                return self._cases_open(step)
            case s.JournalSays():
                return self._journal_says(step)
        case = self._case(step.case)
        if case is None:
            return f"there is no such case: {self._counted()}"
        match step:
            case s.Stands():
                return self._stands(step, case)
            case s.IsWith():
                return self._is_with(step, case)
            case s.IsDue():
                return self._is_due(step, case)
            case s.MayAskUntil():
                window = case.stage1.window if case.stage1 else None
                until = window.outer if window else None
                return (
                    "" if until == step.until else f"the last day is {tell_day(until) if until else 'none'}"
                )
            case s.IsFlagged():
                missing = [f for f in step.flags if f not in case.flags]
                has = ", ".join(spoken(f.value) for f in case.flags) or "nothing"
                return f"it is flagged: {has}" if missing else ""
            case s.IsLinked():
                other = self._case(step.other)
                if other and (other.reference in case.linked or case.reference in other.linked):
                    return ""
                return f"it is linked to: {', '.join(case.linked) or 'no other'}"
        raise AssertionError(step)

    # -------------------------------------------------------------- letters

    def _gets(self, step: s.Gets) -> str:
        cases = self._rig.cases()
        reference = cases[step.case - 1].reference if 0 < step.case <= len(cases) else ""
        theirs = self._addresses(step.who, step.case) if step.who else ()
        everything = [
            one
            for one in self._rig.laid
            if (not step.who or one.to in theirs) and (not step.case or reference in one.about)
        ]
        kind = [one for one in everything if self._is_kind(one, step)]
        reached = [one for one in kind if one.number >= self._since and self._on_its_day(one)]
        counting = [one for one in reached if self._claimed.get(one.number, self._number) == self._number]
        right = [one for one in counting if not self._lacks(one, step)]
        if step.count == 0:
            return f"it came: {told(right)}" if right else ""
        if step.count is None and right:
            self._claimed[right[0].number] = self._number
            return ""
        if step.count is not None and len(right) == step.count:
            self._claimed.update((one.number, self._number) for one in right)
            return ""
        if step.count is not None and right:
            return f"{len(right)} came: {told(right)}"
        if counting:
            return f"it came on {tell_moment(counting[-1].at)}, but {self._lacks(counting[-1], step)}"
        if reached:
            return f"the one of {tell_moment(reached[-1].at)} is already expected in an earlier block"
        if kind:
            return f"the last one came on {tell_moment(kind[-1].at)}: {self._why_not(kind[-1])}"
        lately = [one for one in everything if one.number >= self._since] or everything[-3:]
        return f"they got: {told(lately)}" if lately else "they got no letter at all"

    def _is_kind(self, one: Laid, step: s.Gets) -> bool:
        letter = one.row.order.letter
        return letter in step.letters if step.letters else letter is not Letter.DIGEST

    def _on_its_day(self, one: Laid) -> bool:
        block = self._block
        assert block is not None
        return block.when is not s.When.ON or one.at.astimezone(LONDON).date() == block.day

    def _why_not(self, one: Laid) -> str:
        if one.number < self._since:
            return "that was before the story last did something, so expect it there"
        return "that was another day, so write By, or the right day"

    def _lacks(self, one: Laid, step: s.Gets) -> str:
        """What this letter has not, or has too much; "" if it is as expected."""
        if missing := [c for c in step.citing if c not in one.because]:
            return f"it does not cite {'; '.join(missing)}. It cites {'; '.join(one.because) or 'nothing'}"
        text = flat(f"{one.letter.subject}\n{one.letter.text}")
        for words in step.saying:
            if flat(fill(words, self._rig)) not in text:
                return f'it does not say "{fill(words, self._rig)}"; the nearest in it: {nearest_line(words, one)}'
        for words in step.not_saying:
            if flat(fill(words, self._rig)) in text:
                return f'it says "{words}"'
        for name in step.files:
            if name not in one.letter.raw.decode("utf-8", "replace"):
                return f"the file {name} is not with it"
        return ""

    # -------------------------------------------------------------- cases

    def _case(self, number: int) -> Case | None:
        cases = self._rig.cases()
        number = number or 1
        return cases[number - 1] if number <= len(cases) else None

    def _counted(self) -> str:
        cases = self._rig.cases()
        still = sum(case.stage is not Stage.CLOSED for case in cases)
        return f"{len(cases)} were opened, {still} of them {'is' if still == 1 else 'are'} open"

    def _cases_open(self, step: s.CasesOpen) -> str:
        cases = [c for c in self._rig.cases() if not step.open_only or c.stage is not Stage.CLOSED]
        return "" if len(cases) == step.count else self._counted()

    def _stands(self, step: s.Stands, case: Case) -> str:
        standing, stage = STANDINGS[case.stage]
        because = spoken(case.closed_because)
        right = standing is step.standing
        if step.standing is s.Standing.OPEN and not step.stage:
            right = case.stage is not Stage.CLOSED
        if (
            right
            and (not step.stage or stage == step.stage)
            and (not step.because or because == step.because)
        ):
            return ""
        name = f" at {self._policy.stage(stage).name}" if stage else ""
        why = f" because {because}" if because and standing is s.Standing.CLOSED else ""
        return f"it is {standing.value}{name}{why}"

    def _is_with(self, step: s.IsWith, case: Case) -> str:
        person = self._rig.person(case.handler)
        expected = self._addresses(step.who, 0) if step.who else ()
        if (person is None and not step.who) or (person is not None and person.address in expected):
            return ""
        return f"it is with {person.name if person else 'nobody'}"

    def _is_due(self, step: s.IsDue, case: Case) -> str:
        duties = duties_of(case, self._policy, self._rig.settings.calendar)
        fitting = [d for d in duties if not step.duty or step.duty == d.kind or step.duty in d.what.lower()]
        if step.target is None:
            return (
                f"due: {'; '.join(_owed(d.what, d.due.target, d.due.outer) for d in fitting)}"
                if fitting
                else ""
            )
        for duty in fitting:
            latest = step.latest is None or duty.due.outer == step.latest
            if duty.due.target == step.target and latest and set(step.citing) <= set(duty.due.clauses):
                return ""
        owed = [
            f"{_owed(d.what, d.due.target, d.due.outer)} [{'; '.join(d.due.clauses)}]"
            for d in fitting or duties
        ]
        return f"due: {', '.join(owed)}" if owed else "nothing is due"

    # -------------------------------------------------------------- the journal

    def _journal_says(self, step: s.JournalSays) -> str:
        case = self._case(step.case) if step.case else None
        rows = [r for r in self._rig.journal() if case is None or r.reference == case.reference]
        wanted = [flat(fill(words, self._rig)) for words in step.saying]
        saying = [row for row in rows if all(words in flat(journal_text(row)) for words in wanted)]
        right = [row for row in saying if set(step.citing) <= cited_in(row)]
        if step.never:
            return f"it says so on {tell_moment(right[0].at)}: {right[0].summary}" if right else ""
        if right:
            return ""
        if saying:
            return f"it says so, citing {'; '.join(sorted(cited_in(saying[-1]))) or 'nothing'}"
        return "its last lines: " + " / ".join(row.summary for row in rows[-3:])


def journal_text(row: JournalRow) -> str:
    """A line of the journal with the notes that belong to it."""
    notes = [effect.text for effect in row.effects if isinstance(effect, Note)]
    return " ".join((row.summary, *notes))


def cited_in(row: JournalRow) -> set[str]:
    return {*row.because, *(c for effect in row.effects for c in getattr(effect, "because", ()))}


def told(letters: Iterable[Laid]) -> str:
    return ", ".join(f"the {spoken(one.row.order.letter)} of {tell_moment(one.at)}" for one in letters)


def nearest_line(words: str, one: Laid) -> str:
    """The line of the letter that is most like these words."""
    lines = [line.strip() for line in [one.letter.subject, *one.letter.text.splitlines()] if line.strip()]
    best = max(lines, key=lambda line: difflib.SequenceMatcher(None, flat(words), flat(line)).ratio())
    return f'"{best}"'


def _owed(what: str, target: dt.date, outer: dt.date) -> str:
    return f"{what} on {tell_day(target)}" + (f", at the latest {tell_day(outer)}" if outer != target else "")
