"""Every command in one table: a good form, a mistyped one, one that lacks something, one before its time, one after it,
and everybody who may not give it. A command without its row fails the suite.

Whatever is refused changes nothing, sends nothing, and says why and what to write instead.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest
from casework_samples import letters
from command_desk import ANOTHER, NOT_THEIRS, TODAY, Outcome, cases_of, rules_of, send, written_for

from mailbot.casework.commands import parse
from mailbot.casework.forms import FORMS
from mailbot.casework.vocabulary import Act, Letter, Stage

OPEN, ANSWERED = Stage.STAGE1_OPEN, Stage.STAGE1_RESPONDED
ANYTIME = "at every stage"  # the command has no wrong time
WHOLE = "needs nothing"  # the bare command is whole
LETTER = "Dear Jo,\n\nThe surveyor comes on Monday.\n\nSam Okafor"
ACTION = "#action mend the fan by 14 March"
RESPONSE = f"#respond upheld\n\n{LETTER}"


@dataclass(frozen=True)
class Wrong:
    """The command where it is refused: why, and what is different from where it is done."""

    why: str
    at: Stage | None = None
    line: str = ""
    before: tuple[str, ...] | None = None
    by: str = ""
    day: str = "2026-03-05"
    had_part: tuple[str, ...] = ()  # in stage 1
    handler: str | None = None  # who has the case, where that matters


@dataclass(frozen=True)
class Row:
    """`before`: mails that whoever has the case sent first. `done`: what the echo says. `barred`: people who may act
    on the case and not give this command on it, with what they are told. `proposed`: whose command is put before a
    supervisor instead of being done."""

    good: str
    done: str
    mistyped: str
    incomplete: tuple[str, str] | str
    early: Wrong | str
    late: Wrong | str
    at: Stage = OPEN
    by: str = "sam"
    before: tuple[str, ...] = ()
    world: str = "plain"
    for_another: bool = False  # a relative wrote it
    barred: tuple[Wrong, ...] = ()
    proposed: tuple[str, ...] = ()


TABLE: dict[Act, Row] = {
    Act.REPLY: Row(
        LETTER, "sent to the resident", f"#repyl\n\n{LETTER}", ("#reply", "no text for the resident"), ANYTIME, ANYTIME
    ),
    Act.CONFIRM: Row(
        "#acknowledge", "acknowledgement was sent", "#acknowlege", WHOLE,
        Wrong("service request", Stage.SERVICE_REQUEST), Wrong("sent already", before=("#acknowledge",)),
        world="shown first",
        barred=(Wrong("had part in stage 1", Stage.STAGE2_OPEN, by="alex", had_part=("alex",), handler="", before=()),),
    ),
    Act.CONTACTED: Row(
        "#contacted by phone", "Contact with the resident", "#contcted by phone", WHOLE, ANYTIME, ANYTIME
    ),
    Act.RESPOND: Row(
        RESPONSE, "response was sent", f"#respnd upheld\n\n{LETTER}", ("#respond upheld", "no text for the resident"),
        Wrong("Nobody has said yet", Stage.UNSORTED), Wrong("has been sent", ANSWERED),
        barred=(Wrong("had part in stage 1", Stage.STAGE2_OPEN, by="alex", had_part=("alex",)),),
    ),
    Act.EXTEND: Row(
        "#extend 5 working days because the survey is late", "the response comes by 2026-03-23",
        "#extnd 5 working days because the survey is late", ("#extend 5 working days", "it lacks the reason"),
        Wrong("service request", Stage.SERVICE_REQUEST), Wrong("can't be extended after that", day="2026-03-17"),
        barred=(Wrong("your supervisor", line="#extend 40 working days because the survey is late", by="sam"),),
    ),
    Act.ACTION: Row(
        ACTION, "Action 1 recorded: mend the fan", "#acton mend the fan by 14 March",
        ("#action mend the fan", "its date"),
        ANYTIME, Wrong("has passed", line="#action mend the fan by 1 March 2026"),
    ),
    Act.DONE: Row(
        "#done 1", "Action 1 is done", "#doen 1", ("#done", "the number of the action"),
        Wrong("no open action", before=()), Wrong("no open action", before=(ACTION, "#done 1")), before=(ACTION,),
    ),
    Act.NOTE: Row("#note she rang twice", "Note kept inside", "#noet she rang", ("#note", "no note"), ANYTIME, ANYTIME),
    Act.ASSIGN: Row(
        "#assign Priya Shah", "Priya Shah has the case now", "#asign Priya Shah", ("#assign", "colleague's name"),
        Wrong("had part in stage 1", Stage.STAGE2_OPEN, "#assign Sam Okafor", by="morgan"),
        Wrong("is closed", Stage.CLOSED),
    ),
    Act.CLOSE: Row(
        "#close agreed", "Closed", "#clsoe agreed", ("#close", "it lacks why"),
        Wrong("only after the response", OPEN), Wrong("closed already", Stage.CLOSED), at=ANSWERED,
    ),
    Act.REOPEN: Row(
        "#reopen the leak is back", "Reopened", "#repoen the leak is back", WHOLE,
        Wrong("nothing to reopen", OPEN), Wrong("nothing to reopen", before=("#reopen",)), at=Stage.CLOSED,
    ),
    Act.ESCALATE: Row(
        "#escalate she asked by phone", "Stage 2", "#escalte she asked by phone", WHOLE,
        Wrong("Nobody has said yet", Stage.UNSORTED), Wrong("stage 2 already", Stage.STAGE2_OPEN), at=ANSWERED,
    ),
    Act.SORT: Row(
        "#sort complaint", "It is a complaint", "#srot complaint", ("#sort", "what the mail is"),
        Wrong("Nothing on this case waits", OPEN), Wrong("Nothing on this case waits", before=("#sort complaint",)),
        at=Stage.UNSORTED,
    ),
    Act.TRIED: Row("#tried by phone, no answer", "attempt to reach", "#tred by phone", WHOLE, ANYTIME, ANYTIME),
    Act.UPDATE: Row(
        f"#update\n\n{LETTER}", "update was sent", f"#updaet\n\n{LETTER}", ("#update", "no text for the resident"),
        ANYTIME, ANYTIME,
    ),
    Act.REVIEWED: Row(
        "#reviewed", "review is recorded", "#reviwed", WHOLE,
        Wrong("has no review at this stage", OPEN), Wrong("recorded already", before=("#reviewed",)),
        at=Stage.STAGE2_OPEN, by="morgan", world="reviewed",
    ),
    Act.APPROVE: Row(
        "#approve", "Approved: the response was sent", "#aprove", WHOLE,
        Wrong("No response waits", before=(), by="alex"), Wrong("has been sent", ANSWERED, before=(), by="alex"),
        by="robin", before=(RESPONSE,), world="approved",
        barred=(
            Wrong("Only whom the policy names", by="sam"),
            Wrong("Only whom the policy names", by="kit"),
            Wrong("Only whom the policy names", by="alex"),
        ),
    ),
    Act.RETURN: Row(
        "#return because the date is missing", "Given back", "#retrun because the date is missing",
        ("#return", "Say what should be different"),
        Wrong("No response waits", before=(), by="alex"), Wrong("has been sent", ANSWERED, before=(), by="alex"),
        by="robin", before=(RESPONSE,), world="approved",
        barred=(
            Wrong("Only whom the policy names", by="sam"),
            Wrong("Only whom the policy names", by="kit"),
            Wrong("Only whom the policy names", by="alex"),
        ),
    ),
    Act.DECLINE: Row(
        "#decline legal proceedings because a claim was issued\n\nA court has it.\n\nInstead: our solicitor writes.",
        "was refused", "#declien legal proceedings because a claim was issued", ("#decline", "the ground"),
        Wrong("Nobody has said yet", Stage.UNSORTED), Wrong("final response has been sent", Stage.STAGE2_RESPONDED),
        by="alex", proposed=("sam", "kit"),
    ),
    Act.ACCEPT: Row(
        "#accept", "The complaint goes on", "#acept", WHOLE,
        Wrong("Nothing on this case waits", before=()),
        Wrong("Nothing on this case waits", before=("#decline age because it is old", "by alex: #accept")),
        by="alex", before=("#decline age because it is old",),
        barred=(Wrong("A supervisor decides", by="sam"), Wrong("A supervisor decides", by="kit")),
    ),
    Act.RESIDENT: Row(
        "#resident jo@example.com Jo Finch", "is the resident of this case", "#residnet jo@example.com Jo Finch",
        ("#resident Jo Finch", "the resident's address"),
        Wrong("one of our own", line="#resident sam@landlord.example.org Sam"), Wrong("is closed", Stage.CLOSED),
        for_another=True,
    ),
    Act.AUTHORITY: Row(
        "#authority given", "Authority recorded", "#authorty given", ("#authority", "given, refused or is not needed"),
        ANYTIME, ANYTIME, for_another=True,
    ),
    Act.RESTRICT: Row(
        "#restrict", "is restricted", "#restict", WHOLE, ANYTIME, Wrong("restricted already", before=("#restrict",))
    ),
    Act.ADJUST: Row(
        "#adjust large print, review 1 June", "Adjustment 1 recorded", "#ajust large print",
        ("#adjust", "what the resident needs"),
        Wrong("no adjustment with that number", line="#adjust ended 1"),
        Wrong("has passed", line="#adjust large print, review 1 March 2026"),
    ),
    Act.LANGUAGE: Row(
        "#language Welsh", "Adjustment 1 recorded: in Welsh. Letters that we have in that language go in it",
        "#langauge Welsh", ("#language", "which language"),
        Wrong("There are letters in Welsh (cy)", line="#language Polish"),
        Wrong("go in Welsh already", before=("#language cy",)), world="welsh",
    ),
    Act.HOLD: Row(
        "#hold until 14 March because she is in hospital", "Held back until 2026-03-14",
        "#hodl until 14 March because x",
        ("#hold until 14 March", "the reason"),
        Wrong("Nothing is held back", line="#hold off"), Wrong("has passed", line="#hold until 1 March 2026 because x"),
    ),
    Act.NEW: Row(
        "#new complaint from Kim Roe <kim@example.com> received 27 February by phone\n\nThe hall is damp.",
        f"handed in for Kim Roe is {ANOTHER}",
        "#nwe complaint from Kim Roe by phone", ("#new complaint from Kim Roe", "how"),
        Wrong("has not come yet", line="#new complaint from Kim Roe received 12 March 2031 by phone\n\nDamp."),
        Wrong("our own addresses", line="#new complaint from Sam <sam@landlord.example.org> by phone\n\nDamp."),
    ),
    Act.MERGE: Row(
        "#merge CC-2026-000009-9", "Merged into CC-2026-000009-9", "#mrege CC-2026-000009-9",
        ("#merge CC-2026", "the reference of the other case"),
        Wrong("still open here", before=(ACTION,)), Wrong("is closed", Stage.CLOSED),
    ),
    Act.SPLIT: Row(
        "#split\n\nThe lift is out as well.", f"is {ANOTHER}", "#splt\n\nThe lift is out.",
        ("#split", "Write what the other matter is"),
        ANYTIME, Wrong("is closed", Stage.CLOSED),
    ),
    Act.CONFLICT: Row(
        "#conflict", "conflict of interest is recorded", "#conflct", WHOLE,
        Wrong("The case is not with you", Stage.UNSORTED, by="alex"), Wrong("is closed", Stage.CLOSED),
        barred=(Wrong("The case is not with you", by="alex"), Wrong("The case is not with you", by="kit")),
    ),
    Act.DETERMINATION: Row(
        "#determination maladministration in the repair", "Determination recorded", "#determinaton maladministration",
        ("#determination", "Say what the Ombudsman found"), ANYTIME, ANYTIME,
    ),
    Act.ORDER: Row(
        "#order pay 200 pounds by 14 March", "Order 1 of the Ombudsman", "#ordre pay 200 pounds by 14 March",
        ("#order pay 200 pounds", "its date"), ANYTIME,
        Wrong("has passed", line="#order pay 200 pounds by 1 March 2026"),
    ),
    Act.LEARNED: Row(
        "#learned appointments: we now ring the day before", "What was learned is recorded (appointments)",
        "#learnd we now ring the day before", ("#learned", "Say what was learned"), ANYTIME, ANYTIME,
    ),
    Act.RECORD: Row(
        "#record tenure shared ownership", "Recorded: tenure", "#recrod tenure shared ownership",
        ("#record tenure", "it lacks the tenure"), ANYTIME, ANYTIME,
    ),
    Act.CANCEL: Row(
        "#cancel", "taken back", "#cancle", WHOLE,
        Wrong("Nothing of yours waits", before=()), Wrong("can't be taken back", before=(LETTER, "#cancel")),
        before=(LETTER,), world="held", barred=(Wrong("Nothing of yours waits", by="kit"),),
    ),
    Act.VERIFY: Row(
        "#confirm 1", "Note kept inside", "#confrim 1", ("#confirm soon", "not the number"), ANYTIME,
        Wrong("done already, or it lapsed", before=("#confirm 1",)), world="put by",
        barred=(Wrong("done already, or it lapsed", by="kit"),),
    ),
    Act.RELEASE: Row(
        "#release 1", "The survey was sent", "#relaese 1", ("#release it all", "not the number"), ANYTIME,
        Wrong("No letter of this case waits", before=("#release 1", "#discard 2")), world="unsent",
    ),
    Act.DISCARD: Row(
        "#discard 2 because I rang her", "is not sent: I rang her", "#dsicard 2", ("#discard it", "not the number"),
        ANYTIME, Wrong("Say which letter", line="#discard 3"), world="unsent",
    ),
    Act.HELP: Row("#help", "what you can write", "#hlep", WHOLE, ANYTIME, ANYTIME),
    Act.HISTORY: Row("#history", "history of the case", "#hsitory", WHOLE, ANYTIME, ANYTIME),
}  # fmt: skip

SENDS = {Act.REPLY, Act.CONFIRM, Act.RESPOND, Act.EXTEND, Act.UPDATE, Act.APPROVE, Act.DECLINE, Act.CLOSE, Act.REOPEN,
         Act.ESCALATE, Act.SORT, Act.RESIDENT, Act.NEW, Act.SPLIT, Act.RELEASE}  # fmt: skip
"""The only commands that a resident hears of by a letter; of every other one they hear nothing."""


def play(act: Act, wrong: Wrong | None = None, line: str = "", who: str = "") -> tuple[Outcome, Outcome]:
    """The situation, and what became of the mail in it."""
    row, wrong = TABLE[act], wrong or Wrong("")
    rules = rules_of(row.world, sam_is_away="kit" in (who, wrong.by))
    case = cases_of(row.world)[wrong.at or row.at]
    if row.for_another:
        case = written_for(case)
    if wrong.had_part:
        case = replace(case, had_part=wrong.had_part)
    if wrong.handler is not None and case.stage2:
        case = replace(case, handler=wrong.handler, stage2=replace(case.stage2, acknowledged_at=None))
    by = who or wrong.by or (case.handler if row.by in ("sam", "morgan") else row.by)
    before = Outcome(case)
    for mail in row.before if wrong.before is None else wrong.before:
        asker, _, text = mail.rpartition(": ") if mail.startswith("by ") else (case.handler, "", mail)
        before = send(before.case, asker.removeprefix("by "), text, rules)
        assert not before.refused, (mail, before.refused)
    return before, send(before.case, by, line or wrong.line or row.good, rules, wrong.day)


def nothing_was_done(before: Outcome, after: Outcome) -> None:
    assert after.case == before.case
    assert after.effects == ()


def rows(part: str) -> list[Any]:
    found = [(act, getattr(row, part)) for act, row in TABLE.items()]
    return [pytest.param(act, told, id=act.value) for act, told in found if not isinstance(told, str)]


def test_every_command_has_its_row() -> None:
    assert set(TABLE) == set(Act) == set(FORMS)


@pytest.mark.parametrize("act", TABLE)
def test_a_good_command_is_done_and_said(act: Act) -> None:
    before, after = play(act)
    assert after.refused == ""
    assert TABLE[act].done in after.told
    assert after.case != before.case or after.effects, "it did something"
    assert bool(after.to_resident) <= (act in SENDS)


@pytest.mark.parametrize("act", TABLE)
def test_a_mistyped_command_does_nothing_and_is_told_the_right_one(act: Act) -> None:
    before, after = play(act, line=TABLE[act].mistyped)
    nothing_was_done(before, after)
    assert f"did you mean #{act.value}?" in after.refused
    assert FORMS[act][-1] in " ".join(after.forms)


@pytest.mark.parametrize(("act", "found"), rows("incomplete"))
def test_an_incomplete_command_does_nothing_and_is_told_what_it_lacks(
    act: Act, found: tuple[str, str]
) -> None:
    before, after = play(act, line=found[0])
    nothing_was_done(before, after)
    assert found[1] in after.refused
    assert after.forms or f"#{act.value}" in after.refused, "it says what to write"


@pytest.mark.parametrize("act", [act for act, row in TABLE.items() if row.incomplete == WHOLE])
def test_the_bare_command_is_whole_where_it_needs_nothing_more(act: Act) -> None:
    assert play(act, line=f"#{act.value}")[1].refused == ""


@pytest.mark.parametrize(("act", "wrong"), [*rows("early"), *rows("late")])
def test_a_command_out_of_its_order_or_late_does_nothing_and_says_why(act: Act, wrong: Wrong) -> None:
    before, after = play(act, wrong)
    nothing_was_done(before, after)
    assert wrong.why in after.refused


@pytest.mark.parametrize("act", [act for act, row in TABLE.items() if ANYTIME in (row.early, row.late)])
def test_a_command_without_a_wrong_time_is_done_at_every_stage(act: Act) -> None:
    row = TABLE[act]
    stages = set(cases_of(row.world))
    if row.late != ANYTIME:
        stages -= {Stage.CLOSED}
    for stage in stages:
        assert play(act, Wrong("", stage, by="alex"))[1].refused == "", stage


# ------------------------------------------------------------------ who may not

STRANGERS = ("priya", "morgan", "dana", "harriet", "robin", "kit", "left")
"""A colleague, stage 2, the duty officer, the head, the approver, the stand-in of somebody who is there, and who has
left: none of them has the case."""


@pytest.mark.parametrize("act", TABLE)
def test_nobody_who_has_not_the_case_gives_any_command_on_it(act: Act) -> None:
    row = TABLE[act]
    before, _ = play(act)
    case = before.case
    asked = case.current.draft.approvers if case.current and case.current.draft else ()
    outside = [who for who in STRANGERS if who not in (case.handler, *asked)]
    assert len(outside) >= len(STRANGERS) - 1
    for who in outside:
        after = send(case, who, row.good, rules_of(row.world))
        nothing_was_done(before, after)
        assert after.refused == NOT_THEIRS, who


@pytest.mark.parametrize(
    ("act", "wrong"),
    [
        pytest.param(act, wrong, id=f"{act.value}-{wrong.by}")
        for act, row in TABLE.items()
        for wrong in row.barred
    ],
)
def test_who_has_the_case_and_may_not_give_this_command_is_told_why(act: Act, wrong: Wrong) -> None:
    before, after = play(act, wrong)
    nothing_was_done(before, after)
    assert wrong.why in after.refused


@pytest.mark.parametrize("who", ["handler", "kit", "alex"])
@pytest.mark.parametrize("act", TABLE)
def test_whoever_has_the_case_gives_every_other_command(act: Act, who: str) -> None:
    """Its handler, their stand-in on a day on which they are away, and a supervisor."""
    row = TABLE[act]
    handler = cases_of(row.world)[row.at].handler
    if who == "kit" and handler != "sam":
        handler = who = "morgan"  # who stands in for nobody, and for whom nobody does
    key = handler if who == "handler" else who
    barred = {wrong.by for wrong in row.barred if not (wrong.line or wrong.at)}
    before, after = play(act, who=key)
    assert bool(after.refused) == (key in barred), after.refused
    if key in row.proposed:
        assert Letter.PROPOSAL in {e.letter for e in letters(after.effects)}
        assert after.case.stage is before.case.stage and after.to_resident == []


# ------------------------------------------------------------------ what mail programs make of a line

MADE_OF_IT = {
    "capitals": lambda line, word: line.replace(word, word.upper(), 1),
    "a capital": lambda line, word: line.replace(word, word.capitalize(), 1),
    "a space after the sign": lambda line, word: line.replace("#", "# ", 1),
    "the wide sign of a phone": lambda line, word: line.replace("#", "＃", 1),
    "two signs": lambda line, word: f"#{line}",
    "indented": lambda line, word: f"    {line}",
    "quoted": lambda line, word: f"> {line}",
    "a tab": lambda line, word: f"\t{line}",
    "a bullet": lambda line, word: f"\u2022 {line}",
    "no-break spaces": lambda line, word: line.replace(" ", "\u00a0"),
    "more spaces": lambda line, word: line.replace(" ", "   "),
    "a zero width space": lambda line, word: f"\u200b{line}",
    "in curly quotes": lambda line, word: f"\u201c{line}\u201d",
    "with line ends of Windows": lambda line, word: f"\r\n{line}\r",
}


@pytest.mark.parametrize("made", MADE_OF_IT)
def test_every_command_survives_what_mail_programs_make_of_it(made: str) -> None:
    add = rules_of("plain").calendar.add_working_days
    for act, row in TABLE.items():
        line, _, below = row.good.partition("\n")
        if act is Act.REPLY:
            line, below = "#reply", f"\n{LETTER}"
        plain = parse(f"{line}\n{below}", TODAY, add)
        found = parse(f"{MADE_OF_IT[made](line, act.value)}\n{below}\n\nSent from my iPhone", TODAY, add)
        assert not found.mistakes, (act, found.mistakes)
        assert (found.acts, found.body) == (plain.acts, plain.body), act
