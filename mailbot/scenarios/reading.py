"""The text of a scenario file as scenarios. Every mistake of its form is told at once, each with its line.

A file holds one scenario or several. Each begins with its head (`Scenario:`, `Policy:` and so on), then come days
(`On`, `By`, `Until`) with steps below them; a mail's details (`Subject:`) and its text (`|`) follow the step that
writes it. Lines that begin with # are for people.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from mailbot.casework.policy import Overlay, Policy
from mailbot.casework.vocabulary import Person
from mailbot.mistakes import Mistake, Mistakes
from mailbot.scenarios import cast, words
from mailbot.scenarios import story as s
from mailbot.scenarios.steps import read_step
from mailbot.scenarios.words import DATE, TIME, Unreadable

FindPolicy = Callable[[str, Overlay], Policy]

HEAD = (
    "Scenario",
    "Policy",
    "Overlay",
    "Keeps",
    "Staff",
    "Outside",
    "Bank holidays",
    "Closure days",
    "Policy document",
)
DETAILS = ("Subject", "Taken as", "From", "Copied to", "Attached", "Vouched for")
CONFIRMED = "acknowledgements are confirmed by the handler"
HELD = "what staff send waits two minutes"
_KEY = re.compile(r"(?P<key>[A-Z][A-Za-z ]{2,24}):(?:\s+(?P<value>.*))?")
_DAY = re.compile(rf"(?P<when>On|By|Until) (?P<date>.+?)(?: at (?P<time>{TIME}|\S+))?:?", re.IGNORECASE)


@dataclass(frozen=True)
class ScenarioMistake(Mistake):
    """A line to put right."""

    line: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.value}\n    {self.problem}\n    -> {self.fix}"


class ScenarioMistakes(Mistakes):
    """A scenario file that can't be played, with everything that is wrong with it, in the order of its lines."""

    def __init__(self, mistakes: Iterable[ScenarioMistake]) -> None:
        in_order: list[ScenarioMistake] = sorted(mistakes, key=lambda mistake: mistake.line)
        super().__init__(in_order)


@dataclass
class _Draft:
    """A scenario while its lines are read."""

    line: int
    title: str
    head: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    sentences: list[tuple[int, str]] = field(default_factory=list)
    days: list[_Day] = field(default_factory=list)


@dataclass
class _Day:
    line: int
    said: str
    steps: list[_Line] = field(default_factory=list)


@dataclass
class _Line:
    line: int
    said: str
    details: list[tuple[int, str, str]] = field(default_factory=list)
    text: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Claim:
    """What coverage asks of a scenario: its policy's id and the clauses that it says it keeps."""

    file: str
    title: str
    policy: str
    overlay: Overlay
    keeps: tuple[str, ...]


def find_files(paths: list[Path]) -> list[Path]:
    """The scenario files that these paths name: files, and every .txt below a folder."""
    return [file for path in paths for file in (sorted(path.rglob("*.txt")) if path.is_dir() else [path])]


def read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        problem = getattr(error, "strerror", None) or "it is not UTF-8"
        fix = "save it as UTF-8" if isinstance(error, UnicodeDecodeError) else "name a file that can be read"
        raise ScenarioMistakes([ScenarioMistake(str(path), "", "(the file)", problem, fix, 0)]) from None


def read_scenarios(text: str, file: str, find_policy: FindPolicy) -> list[s.Scenario]:
    """All scenarios of a file. ScenarioMistakes: everything that is wrong with their form.

    `find_policy` gives a policy resolved; Mistakes of its own become a mistake of the line that names it.
    """
    reader = _Reader(file, find_policy)
    found = [made for draft in reader.drafts(text) if (made := reader.scenario(draft)) is not None]
    if not found and not reader.mistakes:
        reader.refuse(1, "(the file)", "there is no scenario in it", 'begin with "Scenario: " and a title')
    if reader.mistakes:
        raise ScenarioMistakes(reader.mistakes)
    return found


def read_claims(text: str, file: str) -> list[Claim]:
    """What the scenarios of a file claim to keep; their steps are not looked at. ScenarioMistakes: no such file."""

    def none(name: str, overlay: Overlay) -> Policy:
        raise AssertionError("claims are read without a policy")

    reader = _Reader(file, none)
    claims = []
    for draft in reader.drafts(text):
        overlay = reader.overlay(draft)
        keeps = tuple(
            piece.strip()
            for _, value in draft.head.get("Keeps", ())
            for piece in value.split(";")
            if piece.strip()
        )
        policy = reader.one(draft, "Policy").lower().partition("@")[0]
        claims.append(Claim(file, draft.title, policy, overlay, keeps))
    if reader.mistakes:
        raise ScenarioMistakes(reader.mistakes)
    return claims


class _Reader:
    def __init__(self, file: str, find_policy: FindPolicy) -> None:
        self._file = file
        self._find_policy = find_policy
        self._steps: list[s.Deed | s.Expectation] = []  # of the scenario in hand, those of refused days too
        self.mistakes: list[ScenarioMistake] = []

    def refuse(self, line: int, said: str, problem: str, fix: str) -> None:
        self.mistakes.append(ScenarioMistake(self._file, f"line {line}", said.strip(), problem, fix, line))

    # -------------------------------------------------------------- lines

    def drafts(self, text: str) -> list[_Draft]:
        """The lines in their places; what a place can't hold is refused."""
        drafts: list[_Draft] = []
        for number, raw in enumerate(text.splitlines(), 1):
            said = raw.strip()
            if not said or said.startswith("#"):
                continue
            if (key := _KEY.fullmatch(said)) and key["key"] == "Scenario":
                drafts.append(_Draft(number, (key["value"] or "").strip()))
            elif not drafts:
                self.refuse(
                    number, said, "it stands before any scenario", 'begin with "Scenario: " and a title'
                )
                return []
            else:
                self._place(drafts[-1], number, said)
        return drafts

    def _place(self, draft: _Draft, number: int, said: str) -> None:
        day = draft.days[-1] if draft.days else None
        step = day.steps[-1] if day and day.steps else None
        if said.startswith("|"):
            if step is None:
                self.refuse(
                    number, said, "this text belongs to no mail", "put it below the step that writes it"
                )
            else:
                step.text.append(said[1:].removeprefix(" "))
        elif (found := _KEY.fullmatch(said)) and found["key"] not in ("On", "By", "Until"):
            self._keyed(draft, step, number, found["key"], (found["value"] or "").strip(), said)
        elif re.match(r"(?:On|By|Until) ", said):
            draft.days.append(_Day(number, said))
        elif day is None:
            draft.sentences.append((number, said))
        else:
            day.steps.append(_Line(number, said))

    def _keyed(self, draft: _Draft, step: _Line | None, number: int, key: str, value: str, said: str) -> None:
        if key in HEAD and not draft.days:
            draft.head.setdefault(key, []).append((number, value))
        elif key in DETAILS and step is not None:
            step.details.append((number, key, value))
        elif key in HEAD:
            self.refuse(number, said, f"{key} belongs to the head", "write it before the first day")
        elif key in DETAILS:
            self.refuse(number, said, f"{key} belongs to a mail", "put it below the step that writes it")
        else:
            known = DETAILS if draft.days else HEAD
            self.refuse(number, said, f"nobody knows {key!r} here", words.nearest(key, known))

    # -------------------------------------------------------------- the head

    def one(self, draft: _Draft, key: str) -> str:
        """The value of a key that may stand once."""
        values = draft.head.get(key, [])
        for number, value in values[1:]:
            self.refuse(number, f"{key}: {value}", f"{key} is said twice", "keep one of them")
        return values[0][1] if values else ""

    def overlay(self, draft: _Draft) -> Overlay:
        said = self.one(draft, "Overlay").lower() or Overlay.ENFORCE.value
        if said in [o.value for o in Overlay]:
            return Overlay(said)
        number, value = draft.head["Overlay"][0]
        self.refuse(number, f"Overlay: {value}", "this is no overlay", "write off, warn or enforce")
        return Overlay.ENFORCE

    def scenario(self, draft: _Draft) -> s.Scenario | None:
        """The scenario, or None where its head alone makes it impossible to read on."""
        if not draft.title:
            self.refuse(draft.line, "Scenario:", "it has no title", "say in one sentence what comes true")
        overlay = self.overlay(draft)
        policy = self._policy(draft, overlay)
        if policy is None:
            return None
        people = cast.staff(policy, self._staff(draft))
        habits = set()
        for number, sentence in draft.sentences:
            habit, people = self._sentence(number, sentence, people)
            habits.add(habit)
        keeps = [
            clause
            for number, value in draft.head.get("Keeps", ())
            for clause in self._clauses(number, f"Keeps: {value}", value, policy)
        ]
        scenario = s.Scenario(
            self._file,
            draft.line,
            draft.title,
            draft.head["Policy"][0][1],
            overlay,
            tuple(dict.fromkeys(keeps)),
            tuple(self._blocks(draft, policy)),
            people,
            CONFIRMED in habits,
            tuple(self._outsiders(draft)),
            tuple(self._dates(draft, "Bank holidays")),
            tuple(self._dates(draft, "Closure days")),
            self.one(draft, "Policy document"),
            HELD in habits,
        )
        self._check_people(scenario)
        self._steps.clear()
        return scenario

    def _policy(self, draft: _Draft, overlay: Overlay) -> Policy | None:
        name = self.one(draft, "Policy")
        if not name:
            self.refuse(
                draft.line, f"Scenario: {draft.title}", "it names no policy", "add: Policy: code-2024"
            )
            return None
        number = draft.head["Policy"][0][0]
        try:
            return self._find_policy(name, overlay)
        except Mistakes as wrong:
            first = wrong.mistakes[0]
            more = f" (and {len(wrong.mistakes) - 1} more)" if len(wrong.mistakes) > 1 else ""
            self.refuse(number, f"Policy: {name}", f"{first.file}: {first.problem}{more}", first.fix)
            return None

    def _staff(self, draft: _Draft) -> Iterator[tuple[str, tuple[str, ...]]]:
        for number, value in draft.head.get("Staff", ()):
            for piece in filter(None, (p.strip() for p in value.split(";"))):
                found = re.fullmatch(r"(?P<name>[^()]+?)\s*\((?P<roles>[^()]+)\)", piece)
                if not found:
                    fix = "write: Staff: Lena Ward (legal); Ravi Shah (handler, asb)"
                    self.refuse(number, f"Staff: {value}", f"{piece!r} has no role in brackets", fix)
                    continue
                roles = (role.strip().lower().replace(" ", "_") for role in found["roles"].split(","))
                yield found["name"], tuple(roles)

    def _outsiders(self, draft: _Draft) -> Iterator[tuple[str, str]]:
        for number, value in draft.head.get("Outside", ()):
            for piece in filter(None, (p.strip() for p in value.split(";"))):
                found = re.fullmatch(r"(?P<name>[^<>]+?)\s*<(?P<address>[^\s<>@]+@[^\s<>@]+)>", piece)
                if found:
                    yield found["name"], found["address"].lower()
                else:
                    fix = "write: Outside: Ann Lee MP <ann.lee@parliament.example>"
                    self.refuse(number, f"Outside: {value}", f"{piece!r} is no name with an address", fix)

    def _dates(self, draft: _Draft, key: str) -> Iterator[dt.date]:
        for number, value in draft.head.get(key, ()):
            for piece in filter(None, (p.strip() for p in value.split(";"))):
                try:
                    yield words.read_day(piece)
                except Unreadable as wrong:
                    self.refuse(number, f"{key}: {value}", wrong.problem, wrong.fix)

    def _sentence(
        self, number: int, sentence: str, people: tuple[Person, ...]
    ) -> tuple[str, tuple[Person, ...]]:
        """The habit that the sentence speaks of, and the people as they are by it."""
        said = sentence.removesuffix(".")
        if said.lower() in (CONFIRMED, HELD):
            return said.lower(), people
        away = re.fullmatch(rf"(?P<who>.+?) is away from (?P<first>{DATE}) to (?P<last>{DATE})", said)
        if away is None:
            habits = " or ".join(f'"{habit.capitalize()}"' for habit in (CONFIRMED, HELD))
            fix = f'known at the head: {habits}, "NAME is away from DATE to DATE", or a day: "On ..."'
            self.refuse(number, sentence, "nobody knows this sentence here", fix)
            return "", people
        try:
            first, last = words.read_day(away["first"]), words.read_day(away["last"])
        except Unreadable as wrong:
            self.refuse(number, sentence, wrong.problem, wrong.fix)
            return "", people
        if not cast.holders(away["who"], people):
            known = words.nearest(away["who"], [person.name for person in people])
            self.refuse(number, sentence, f"nobody called {away['who']!r} works here", known)
        return "", send_away(people, away["who"], first, last)

    def _clauses(self, number: int, said: str, value: str, policy: Policy) -> tuple[str, ...]:
        try:
            return words.clauses(value, policy.clauses)
        except Unreadable as wrong:
            self.refuse(number, said, wrong.problem, wrong.fix)
            return ()

    # -------------------------------------------------------------- days and steps

    def _blocks(self, draft: _Draft, policy: Policy) -> Iterator[s.Block]:
        if not draft.days:
            fix = "write a day (On Friday 19 December 2025 at 10:00) and steps below it"
            self.refuse(draft.line, f"Scenario: {draft.title}", "nothing happens in it", fix)
        latest = (dt.date.min, dt.time.min)
        for day in draft.days:
            block = self._block(day, policy)
            if block is None:
                continue
            ends = (block.day, block.time or dt.time.max)
            begins = (block.day, block.time or (dt.time(10) if block.does_something else dt.time.max))
            if begins < latest:
                told = f"this lies before {words.tell_day(latest[0])}, which the story has reached already"
                self.refuse(day.line, day.said, told, "put the days in their order")
            latest = max(latest, begins if block.does_something else ends)
            yield block

    def _block(self, day: _Day, policy: Policy) -> s.Block | None:
        found = _DAY.fullmatch(day.said)
        assert found is not None
        steps = tuple(step for line in day.steps if (step := self._step(line, policy)) is not None)
        self._steps += steps
        try:
            time = words.read_time(found["time"]) if found["time"] else None
            block = s.Block(
                day.line, day.said, s.When(found["when"].title()), words.read_day(found["date"]), time, steps
            )
        except Unreadable as wrong:
            self.refuse(day.line, day.said, wrong.problem, wrong.fix)
            return None
        except ValueError:
            self.refuse(day.line, day.said, f"there is no time {found['time']!r}", 'write it like "09:30"')
            return None
        if not day.steps:
            self.refuse(
                day.line, day.said, "nothing stands below this day", "write a step, or leave the day out"
            )
        if block.when is not s.When.ON and block.does_something:
            self.refuse(
                day.line,
                day.said,
                "somebody acts below it",
                f"write: On {words.tell_day(block.day)} at 10:00",
            )
        for step in steps:
            if block.when is s.When.UNTIL and isinstance(step, s.Gets) and step.count != 0:
                fix = f"write: By {words.tell_day(block.day)}"
                self.refuse(step.line, step.said, "Until is for what does not come", fix)
        return block

    def _step(self, line: _Line, policy: Policy) -> s.Deed | s.Expectation | None:
        try:
            step = read_step(line.line, line.said, policy)
        except Unreadable as wrong:
            self.refuse(line.line, line.said, wrong.problem, wrong.fix)
            return None
        if isinstance(step, s.Writes):
            return self._mail(step, line)
        for number, key, value in line.details[:1]:
            self.refuse(
                number, f"{key}: {value}", "the step above writes no mail", "put it below one that does"
            )
        if line.text:
            self.refuse(
                line.line,
                line.said,
                "it writes no mail, yet a text follows",
                'for words that a letter says write: saying "..."',
            )
        return step

    def _mail(self, step: s.Writes, line: _Line) -> s.Writes:
        for number, key, value in line.details:
            try:
                step = self._detail(step, key, value)
            except Unreadable as wrong:
                self.refuse(number, f"{key}: {value}", wrong.problem, wrong.fix)
        text = "\n".join(line.text).strip("\n") or step.text
        if not text:
            self.refuse(line.line, line.said, "the mail has no text", "write it below, each line after a |")
        if not step.answers and not step.subject:
            self.refuse(line.line, line.said, "the mail has no subject", "write below it: Subject: ...")
        return replace(step, text=text)

    def _detail(self, step: s.Writes, key: str, value: str) -> s.Writes:
        match key:
            case "Subject":
                return replace(step, subject=value)
            case "Taken as":
                return replace(step, taken_as=words.verdict(value))
            case "From":
                if not re.fullmatch(r"[^\s<>@]+@[^\s<>@]+", value):
                    raise Unreadable(f"{value!r} is no mail address", "write: From: jean@example.com")
                return replace(step, address=value.lower())
            case "Copied to":
                return replace(
                    step, copied=tuple(p.strip().lower() for p in re.split(r"[;,]", value) if p.strip())
                )
            case "Attached":
                return replace(step, files=tuple(p.strip() for p in re.split(r"[;,]", value) if p.strip()))
            case _:
                if value.lower() not in ("yes", "no"):
                    raise Unreadable(f"{value!r} is neither yes nor no", "write: Vouched for: no")
                return replace(step, vouched=value.lower() == "yes")

    # -------------------------------------------------------------- people

    def _check_people(self, scenario: s.Scenario) -> None:
        """Whoever is spoken of works for the landlord or writes somewhere in the story."""
        outside = {name.lower() for name, _ in scenario.outsiders}
        outside |= {step.who.lower() for step in self._steps if isinstance(step, s.Writes)}
        outside = {name for name in outside if not cast.holders(name, scenario.people)}
        for step in self._steps:
            who = getattr(step, "who", "")
            if not who or cast.holders(who, scenario.people):
                continue
            if role := cast.role_of(who):
                fix = f"add at the head: Staff: Lena Ward ({words.spoken(role)})"
                self.refuse(step.line, step.said, f"nobody is {who}", fix)
            elif who.lower() not in outside:
                known = [*(p.name for p in scenario.people), *sorted(n.title() for n in outside)]
                fix = f"{words.nearest(who, known)}, or add at the head: Outside: {who} <{cast.address_of(who)}>"
                self.refuse(step.line, step.said, f"nobody called {who!r} is in this story", fix)


def send_away(people: tuple[Person, ...], who: str, first: dt.date, last: dt.date) -> tuple[Person, ...]:
    """The staff, this one (or all who hold this role) being away."""
    gone = {person.key for person in cast.holders(who, people)}
    return tuple(replace(p, away=(*p.away, (first, last))) if p.key in gone else p for p in people)
