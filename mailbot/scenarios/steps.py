"""One line of a scenario as a step. Each reader is a form of words that people write, tried in their order.

Quoted words are set aside first ("§0"), so that what a letter says can't be mistaken for the step's own words.
Refuses (`Unreadable`) what no form fits, an unknown letter, stage, clause or person, and a wrong weekday.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from mailbot.casework.calendar import Calendar
from mailbot.casework.policy import Policy
from mailbot.casework.vocabulary import Letter
from mailbot.scenarios import story as s
from mailbot.scenarios import words as w
from mailbot.scenarios.words import DATE, TIME, Unreadable

CASE = r"the (?:(?P<nth>first|second|third|fourth|fifth) )?case"
OF_CASE = r"(?: (?:of|on|about) the (?P<nth>first|second|third|fourth|fifth)? ?case)?"
TAIL = r"(?P<tail>(?:,? (?:and )?(?:citing|saying|not saying|with the file) .*)?)"


@dataclass(frozen=True)
class Said:
    """A line that is being read: its words with the quotes set aside."""

    line: int
    whole: str
    masked: str
    quotes: tuple[str, ...]
    policy: Policy

    def unmask(self, text: str) -> str:
        return re.sub(r"§(\d+)", lambda found: f'"{self.quotes[int(found[1])]}"', text)

    def quoted(self, text: str) -> tuple[str, ...]:
        return tuple(self.quotes[int(n)] for n in re.findall(r"§(\d+)", text))


Found: TypeAlias = "re.Match[str]"
Reader: TypeAlias = Callable[[Said, Found], "s.Deed | s.Expectation"]


@dataclass(frozen=True)
class Form:
    """A form of words: how it is told to people, and how it is read."""

    told: str
    pattern: re.Pattern[str]
    read: Reader


@dataclass(frozen=True)
class Tail:
    citing: tuple[str, ...] = ()
    saying: tuple[str, ...] = ()
    not_saying: tuple[str, ...] = ()
    files: tuple[str, ...] = ()


def read_tail(said: Said, tail: str) -> Tail:
    """ ", citing 3.2 b3, saying "14 January 2026", not saying "..." "."""
    pieces = re.split(r",?\s*(?:\band\s+)?\b(citing|not saying|saying|with the file)\s+", tail)
    found: dict[str, list[str]] = {}
    for word, rest in zip(pieces[1::2], pieces[2::2], strict=True):
        if word == "citing":
            found.setdefault(word, []).extend(w.clauses(said.unmask(rest), said.policy.clauses))
            continue
        quotes = said.quoted(rest)
        left = re.sub(r"§\d+|,|\band\b|\s", "", rest)
        if not quotes or left:
            raise Unreadable(f"{said.unmask(rest)!r} is not in quotes", f'write: {word} "the words"')
        found.setdefault(word, []).extend(quotes)
    return Tail(*(tuple(found.get(k, ())) for k in ("citing", "saying", "not saying", "with the file")))


def number_of_case(found: Found) -> int:
    return w.ORDINALS[found["nth"]] if found["nth"] else 0


# ------------------------------------------------------------------ deeds


def writes(said: Said, found: Found) -> s.Writes:
    return s.Writes(said.line, said.whole, who=found["who"])


def answers(said: Said, found: Found) -> s.Writes:
    return s.Writes(
        said.line,
        said.whole,
        who=found["who"],
        answers=w.letters(found["letter"]) or tuple(Letter),
        answers_words=found["letter"],
        case=number_of_case(found),
    )


def out_of_office(said: Said, found: Found) -> s.Writes:
    return s.Writes(
        said.line,
        said.whole,
        who=found["who"],
        answers=w.letters(found["letter"]) or tuple(Letter),
        answers_words=found["letter"],
        machine=True,
        text="I am away until next week and shall read your mail then.",
    )


def comes_back(said: Said, found: Found) -> s.ComesBack:
    letters = w.letters(found["letter"]) or tuple(Letter)
    return s.ComesBack(said.line, said.whole, found["who"], letters, found["letter"])


def out_of_reach(said: Said, found: Found) -> s.OutOfReach:
    until = Calendar.instant(w.read_day(found["date"]), w.read_time(found["time"]))
    return s.OutOfReach(said.line, said.whole, until)


def bank_holiday(said: Said, found: Found) -> s.BankHoliday:
    return s.BankHoliday(said.line, said.whole, w.read_day(found["date"]))


def is_away(said: Said, found: Found) -> s.IsAway:
    first, last = w.read_day(found["first"]), w.read_day(found["last"])
    if last < first:
        raise Unreadable("the last day lies before the first", "exchange them")
    return s.IsAway(said.line, said.whole, found["who"], first, last)


# ------------------------------------------------------------------ letters


def gets_nothing(said: Said, found: Found) -> s.Gets:
    who = "" if found["who"].lower() == "nobody" else found["who"]
    return s.Gets(said.line, said.whole, who, (), "nothing", 0, case=number_of_case(found))


def gets(said: Said, found: Found) -> s.Gets:
    tail = read_tail(said, found["tail"])
    how_many, who = found["many"].lower(), found["who"]
    count = None
    if how_many.isdigit() or how_many in w.NUMBERS:
        count = int(how_many) if how_many.isdigit() else w.NUMBERS[how_many]
    if who.lower() in ("nobody", "anybody"):
        count, who = (0, "") if who.lower() == "nobody" else (count, "")
    return s.Gets(
        said.line,
        said.whole,
        who,
        w.letters(found["letter"]),
        found["letter"],
        count,
        tail.citing,
        tail.saying,
        tail.not_saying,
        tail.files,
        number_of_case(found),
    )


def act_is_refused(said: Said, found: Found) -> s.Gets:
    tail = read_tail(said, found["tail"])
    return s.Gets(
        said.line,
        said.whole,
        "",
        (Letter.COMMAND_REFUSED,),
        "refusal of the command",
        None,
        tail.citing,
        tail.saying,
        tail.not_saying,
    )


# ------------------------------------------------------------------ the case


def stands(said: Said, found: Found) -> s.Stands:
    standing = s.Standing(found["standing"])
    at = found["stage"]
    if at and standing not in (s.Standing.OPEN, s.Standing.ANSWERED):
        raise Unreadable(f"a case is not {standing} at a stage", "leave the stage out")
    stage = w.stage_number(at, said.policy) if at else 0
    because = found["because"] or ""
    if because and standing is not s.Standing.CLOSED:
        raise Unreadable("only a closed case has a because", "write: the case is closed because agreed")
    return s.Stands(said.line, said.whole, number_of_case(found), standing, stage, because.lower())


def is_with(said: Said, found: Found) -> s.IsWith:
    who = "" if found["who"].lower() == "nobody" else found["who"]
    return s.IsWith(said.line, said.whole, number_of_case(found), who)


def is_due(said: Said, found: Found) -> s.IsDue:
    latest: dt.date | None = w.read_day(found["latest"]) if found["latest"] else None
    target = w.read_day(found["date"])
    if latest and latest < target:
        raise Unreadable("the latest day lies before the target", "exchange them")
    citing = read_tail(said, found["tail"]).citing
    return s.IsDue(
        said.line, said.whole, number_of_case(found), found["duty"].lower(), target, latest, citing
    )


def nothing_due(said: Said, found: Found) -> s.IsDue:
    duty = (found["duty"] or "").lower()
    return s.IsDue(said.line, said.whole, number_of_case(found), duty, None)


def may_ask_until(said: Said, found: Found) -> s.MayAskUntil:
    w.stage_number(found["stage"], said.policy)
    until = w.read_day(found["date"]) if found["date"] else None
    return s.MayAskUntil(said.line, said.whole, number_of_case(found), until)


def cases_open(said: Said, found: Found) -> s.CasesOpen:
    count = found["count"].lower()
    if not count.isdigit() and count not in w.NUMBERS:
        raise Unreadable(f"{found['count']!r} is no number", 'write: "2 cases are open", "no case is open"')
    n = int(count) if count.isdigit() else w.NUMBERS[count]
    return s.CasesOpen(said.line, said.whole, n, bool(found["open"]))


def journal(said: Said, found: Found) -> s.JournalSays:
    quotes = said.quoted(found["quotes"])
    citing = read_tail(said, found["tail"]).citing
    never = found["never"] == "does not say"
    return s.JournalSays(said.line, said.whole, number_of_case(found), quotes, citing, never)


def flagged(said: Said, found: Found) -> s.IsFlagged:
    return s.IsFlagged(said.line, said.whole, number_of_case(found), w.flags(found["flags"]))


def linked(said: Said, found: Found) -> s.IsLinked:
    other = w.ORDINALS[found["other"]]
    return s.IsLinked(said.line, said.whole, number_of_case(found), other)


def _form(told: str, pattern: str, read: Reader) -> Form:
    return Form(told, re.compile(pattern, re.IGNORECASE), read)


LETTER = r"(?P<letter>[A-Za-z][A-Za-z ]*?)"
FORMS: tuple[Form, ...] = (
    # what somebody does
    _form("NAME writes", r"(?P<who>.+?) writes", writes),
    _form(
        "NAME's out-of-office answers the LETTER",
        rf"(?P<who>.+?)'s out-of-office(?: notice)? answers the {LETTER}",
        out_of_office,
    ),
    _form("NAME answers the LETTER", rf"(?P<who>.+?) answers the {LETTER}{OF_CASE}", answers),
    _form("the LETTER to NAME comes back", rf"the {LETTER} to (?P<who>.+?) comes back", comes_back),
    _form(
        "the mailbox is out of reach until DATE at TIME",
        rf"the mailbox is out of reach until (?P<date>{DATE}) at (?P<time>{TIME})",
        out_of_reach,
    ),
    _form("DATE becomes a bank holiday", rf"(?P<date>{DATE}) becomes a bank holiday", bank_holiday),
    _form(
        "NAME is away from DATE to DATE",
        rf"(?P<who>.+?) is away from (?P<first>{DATE}) to (?P<last>{DATE})",
        is_away,
    ),
    # what is expected
    _form("NAME gets nothing", rf"(?P<who>.+?) gets nothing{OF_CASE}", gets_nothing),
    _form(
        'NAME gets the LETTER, citing CLAUSES, saying "words", not saying "words"',
        rf"(?P<who>.+?) gets (?P<many>the|a|an|another|no|\d+|one|two|three|four|five|six|seven)"
        rf" {LETTER}{OF_CASE}{TAIL}",
        gets,
    ),
    _form('the act is refused, saying "words"', rf"the act is refused{TAIL}", act_is_refused),
    _form(
        "the case is open at STAGE",
        rf"{CASE} is (?P<standing>open|answered|closed|a service request|to be sorted)"
        r"(?: at (?P<stage>.+?))?(?: because (?P<because>.+))?",
        stands,
    ),
    _form("the case is with NAME", rf"{CASE} is with (?P<who>.+)", is_with),
    _form("the case is flagged FLAG", rf"{CASE} is flagged (?P<flags>.+)", flagged),
    _form(
        "the first case is linked to the second case",
        rf"{CASE} is linked to the (?P<other>first|second|third|fourth|fifth) case",
        linked,
    ),
    _form(
        "the DUTY is due on DATE, at the latest DATE, citing CLAUSES",
        rf"the (?P<duty>.+?){OF_CASE} is due(?: on)? (?P<date>{DATE})"
        rf"(?:,? at the latest (?P<latest>{DATE}))?{TAIL}",
        is_due,
    ),
    _form("no DUTY is due", rf"(?:nothing|no (?P<duty>.+?)) is due{OF_CASE}", nothing_due),
    _form(
        "STAGE may be asked for until DATE",
        rf"(?P<stage>.+?) may be asked for{OF_CASE} (?:until (?P<date>{DATE})|at any time)",
        may_ask_until,
    ),
    _form(
        "2 cases are open",
        r"(?P<count>\w+) cases? (?:is|are) (?P<open>open)",
        cases_open,
    ),
    _form("there are 2 cases", r"there (?:is|are) (?P<count>\w+) cases?(?P<open>)?", cases_open),
    _form(
        'the journal says "words", citing CLAUSES',
        rf"the journal{OF_CASE} (?P<never>says|does not say) (?P<quotes>§\d+(?:(?:,| and|, and) §\d+)*){TAIL}",
        journal,
    ),
)


def read_step(line: int, text: str, policy: Policy) -> s.Deed | s.Expectation:
    """The step that this line is. Unreadable where it is none."""
    quotes: list[str] = []

    def set_aside(found: Found) -> str:
        quotes.append(" ".join(found[1].split()))
        return f"§{len(quotes) - 1}"

    straight = text.translate({0x201C: '"', 0x201D: '"', 0x2019: "'", 0x2018: "'"})
    masked = re.sub(r'"([^"]*)"', set_aside, straight)
    if '"' in masked:
        raise Unreadable("a quotation does not end", 'close it with "')
    masked = " ".join(masked.split()).removesuffix(".")
    said = Said(line, text, masked, tuple(quotes), policy)
    for form in FORMS:
        if found := form.pattern.fullmatch(masked):
            return form.read(said, found)
    raise Unreadable("nobody knows this step", closest_form(masked))


def closest_form(masked: str) -> str:
    """What a step that no form fits may have been meant for."""
    verbs = {
        " gets ": "gets the LETTER",
        " answers ": "answers the",
        " writes": "NAME writes",
        " is due": "is due on",
        "journal": "journal",
        " away": "is away",
        "holiday": "bank holiday",
        "out of reach": "out of reach",
        "closed": "the case is open",
        " case is": "the case is open",
        " cases": "cases are open",
    }
    hints = [
        form.told
        for verb, part in verbs.items()
        if verb in f" {masked} "
        for form in FORMS
        if part in form.told
    ]
    if hints:
        return f"write it like: {hints[0]}"
    return "write one of: " + "; ".join(form.told for form in FORMS)
