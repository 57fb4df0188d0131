"""A complaints desk without a mailbox: cases of every stage, the people around them, and what becomes of a mail that
one of them writes. Reading, rights and tables are those of the service; only the post is left out."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from functools import cache

from casework_samples import ALEX, DANA, MORGAN, PRIYA, SAM, at, letters, rulebook

from mailbot.casework.acting import acts_of, first_refusal, may_act
from mailbot.casework.commands import parse
from mailbot.casework.forms import help_lines
from mailbot.casework.lifecycle import decide
from mailbot.casework.rulebook import Habits, Rulebook
from mailbot.casework.vocabulary import (
    Act,
    Audience,
    Case,
    Effect,
    Fact,
    HeldLetter,
    Letter,
    Party,
    Person,
    Role,
    SendLetter,
    StaffActed,
    Stage,
    Unconfirmed,
)
from mailbot.reports.flow import samples

DAY = "2026-03-05"  # a Thursday; the sample complaint came on Monday 2 March
TODAY = dt.date.fromisoformat(DAY)
HARRIET = Person("harriet", "Harriet Lund", "harriet@landlord.example.org", roles=("head",))
ROBIN = Person("robin", "Robin Hale", "robin@landlord.example.org", roles=("approver",))
KIT = Person("kit", "Kit Dunne", "kit@landlord.example.org")  # stands in for Sam
PEOPLE = (SAM, PRIYA, MORGAN, ALEX, DANA, HARRIET, ROBIN, KIT)
WORLDS = {
    "plain": ("code-2024", Habits()),
    "shown first": ("code-2024", Habits(confirm_acknowledgement=True)),
    "welsh": ("code-2024", Habits(languages={"cy": frozenset((Letter.UPDATE,))})),
    "held": ("code-2024", Habits(hold_minutes=2)),
    "approved": ("tch", Habits()),
    "reviewed": ("mrh", Habits()),
    "put by": ("code-2024", Habits()),
    "unsent": ("code-2024", Habits()),
}


@cache
def rules_of(world: str, sam_is_away: bool = False) -> Rulebook:
    name, habits = WORLDS[world]
    away = ((TODAY, TODAY),) if sam_is_away else ()
    people = tuple(replace(p, away=away, delegate="kit") if p is SAM else p for p in PEOPLE)
    return replace(rulebook(name, people, habits=habits), today=TODAY)


@cache
def cases_of(world: str) -> dict[Stage, Case]:
    """A case of every stage: Sam's, or Morgan's where it reached the second."""
    made = samples(rules_of(world))
    second = (Stage.STAGE2_OPEN, Stage.STAGE2_RESPONDED)
    waiting = tuple(put_by(key) for key in ("sam", "morgan", "alex")) if world == "put by" else ()
    held = (unsent(1), unsent(2)) if world == "unsent" else ()
    return {
        stage: replace(
            case,
            handler="morgan" if stage in second else "sam",
            had_part=("sam",),
            unconfirmed=waiting,
            unsent=held,
        )
        for stage, case in made.items()
    }


def put_by(who: str) -> Unconfirmed:
    """A note that came in a mail without our token."""
    note = StaffActed(at("2026-03-04"), who, Act.NOTE, words="she rang twice", mail="mail-8")
    return Unconfirmed(1, who, note.mail, note.at, "token", (note,))


def unsent(number: int) -> HeldLetter:
    """A survey that was never sent: it waits for somebody's word."""
    facts: dict[str, Fact] = {"closed_on": "2026-03-02"}
    order = SendLetter(Letter.SURVEY, Audience.RESIDENT, "jo.finch@example.com", ("Code 1.6",), facts)
    return HeldLetter(number, order, at("2026-03-04"))


def written_for(case: Case) -> Case:
    """The case as if a relative had written it for somebody whom we don't know yet."""
    relative = Party("kim@example.com", "Kim Finch", Role.REPRESENTATIVE)
    return replace(case, parties=(relative,), representative=True, authority="needed")


@dataclass(frozen=True)
class Outcome:
    """What became of a mail: the case after it, its orders, and why nothing was done ("" where it was)."""

    case: Case
    effects: tuple[Effect, ...] = ()
    refused: str = ""
    forms: tuple[str, ...] = ()

    @property
    def to_resident(self) -> list[SendLetter]:
        return [e for e in letters(self.effects) if e.audience is Audience.RESIDENT]

    @property
    def told(self) -> str:
        """What the echo to whoever wrote says."""
        return " ".join(
            str(e.facts["done"]) for e in letters(self.effects) if e.letter is Letter.COMMAND_DONE
        )


ANOTHER = "CC-2026-000002-4"  # the next free reference
NOT_THEIRS = "the case is not theirs"


def send(case: Case, who: str, text: str, rules: Rulebook, day: str = DAY, time: str = "10:00") -> Outcome:
    """This person answers a mail of ours about the case."""
    today = dt.date.fromisoformat(day)
    person = rules.person(who)
    if person is None or not may_act(person, case, rules.desk.people, today):
        return Outcome(case, refused=NOT_THEIRS)
    parsed = parse(text, today, rules.calendar.add_working_days)
    if parsed.mistakes:
        assert parsed.acts == () and parsed.body == "" and not parsed.is_for_resident
        said = " ".join(m.problem for m in parsed.mistakes)
        return Outcome(case, refused=said, forms=tuple(m.right_form for m in parsed.mistakes))
    texts = {Act.HELP: "\n".join(help_lines()), Act.HISTORY: "2 Mar 2026  Opened."}
    events = acts_of(parsed, who, at(day, time), "mail-9", texts=texts)
    if refused := first_refusal(case, events, rules):
        return Outcome(case, refused=refused[1])
    effects: tuple[Effect, ...] = ()
    for event in events:
        decision = decide(case, event, rules)
        assert decision.case is not None and not decision.refused
        case, effects = decision.case, (*effects, *decision.effects)
        if decision.opens:
            opened = decide(None, decision.opens, replace(rules, reference=ANOTHER))
            effects = (*effects, *opened.effects)
    return Outcome(case, effects)
