"""What a handler's mail asks for: commands at its top, one a line, and the text below them.

    #contacted by phone
    #extend 10 working days because the surveyor is ill

    Everything below is the letter, or the note.

Without a command the mail is a plain reply. It promises that a slip does no harm: with a single mistake in it
no act of the mail is taken and nothing of it goes anywhere, and every mistake names the right form. It is
forgiving about case, blanks, quote marks and what mail programs do to a line; it never guesses a word: a
mistyped command is refused with the nearest one, not carried out.

Only REPLY and RESPOND carry the text below the commands to a resident, and never both. Any other text in a
mail with commands stays inside.
"""

from __future__ import annotations

import datetime as dt
import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from mailbot.casework import money
from mailbot.casework.arguments import (
    read_adjustment,
    read_hold,
    read_language,
    read_learned,
    read_new,
    read_record,
    read_restriction,
)
from mailbot.casework.forms import FORMS, ParsedAct
from mailbot.casework.plain_dates import AddWorkingDays, read_date, read_number
from mailbot.casework.unmarked import is_unmarked
from mailbot.casework.vocabulary import Act, Intent

# Case mails and notices to staff carry this line above everything internal, so that a reply can be cut there
# whatever the handler's mail program makes of quoting.
CUT_LINE = "----- write your answer above this line; nothing below it is passed on -----"


@dataclass(frozen=True)
class Mistake:
    """A line that can't be carried out, why, and how to write it instead."""

    line: str
    problem: str
    right_form: str


@dataclass(frozen=True)
class Parsed:
    """What a mail asks for. With mistakes `acts` and `body` are empty; `understood` then says which acts
    there would have been, for the answer to the handler and nothing else."""

    acts: tuple[ParsedAct, ...]
    body: str
    mistakes: tuple[Mistake, ...] = ()
    understood: tuple[ParsedAct, ...] = ()

    @property
    def is_for_resident(self) -> bool:
        """The body is meant to reach the resident."""
        return any(parsed.act in _TO_RESIDENT for parsed in self.acts)

    def text_for(self, act: Act) -> str:
        """The body if it belongs to this act, else "". A letter to the resident takes it whole: nothing else
        of the mail shares it."""
        if self.is_for_resident:
            return self.body if act in _TO_RESIDENT else ""
        return self.body if act in _TAKES_TEXT else ""

    @property
    def leftover(self) -> str:
        """A body that no act of the mail takes. It stays inside, and the echo to the handler should say so."""
        return "" if any(self.text_for(parsed.act) for parsed in self.acts) else self.body


_TO_RESIDENT = frozenset({Act.REPLY, Act.RESPOND, Act.UPDATE, Act.DECLINE})
_MAY_LACK_TEXT = frozenset({Act.DECLINE})
_ONCE = frozenset(set(Act) - {Act.ACTION, Act.DONE, Act.NOTE, Act.LEARNED, Act.RECORD})
_TAKES_TEXT = frozenset(
    {
        *_TO_RESIDENT,
        Act.NOTE,
        Act.CONTACTED,
        Act.TRIED,
        Act.RETURN,
        Act.ESCALATE,
        Act.REOPEN,
        Act.NEW,
        Act.SPLIT,
        Act.DETERMINATION,
        Act.LEARNED,
        Act.DONE,
        Act.RESTRICT,
    }
)
_WORDS = {act.value: act for act in Act}

# ------------------------------------------------------------------ lines

_TIDY: dict[int, str | None] = {
    **dict.fromkeys(
        map(ord, "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009"), " "
    ),
    **dict.fromkeys(map(ord, "\u200a\u202f\u205f\u3000\t"), " "),
    **dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff")),
    **dict.fromkeys(map(ord, "\u201c\u201d\u201e\u201f\u00ab\u00bb"), '"'),
    **dict.fromkeys(map(ord, "\u2018\u2019\u201a\u201b\u00b4\u0060"), "'"),
    ord("\uff03"): "#",
}
_COMMAND = re.compile(r"[\s>|\"'*\u2022\u00b7-]*#+[ ]{0,3}(?P<word>[A-Za-z][\w-]*)(?P<rest>.*)")
_GAP = re.compile(r"(?<!\S)(?:\u2026|\.\.\.)(?!\S)")  # as the case mail shows what is still to be written
_WRAPPED = 55  # characters; mail programs that break lines do so between 65 and 78, at a blank
_SALUTATION = re.compile(r"(?:dear|hi|hello|hiya|good (?:morning|afternoon|evening))\b", re.IGNORECASE)
_SIGNATURE = re.compile(r"^--[ ]?$", re.MULTILINE)  # RFC 3676 section 4.3
_LONGEST_LINE = 2_000  # characters of an argument


def parse(text: str, today: dt.date, add_working_days: AddWorkingDays) -> Parsed:
    """Reads the new text of a handler's mail (quoted history already told apart where that could be done).

    `today` is the London date on which the mail reached us: "Friday" is counted from there.
    `add_working_days(day, n)` is the calendar's. Any text can be read; nothing is raised.
    """
    lines = strip_internal(text).split("\n")
    block, rest = _top_block(lines)
    body = "\n".join(rest).strip("\n").rstrip()
    acts: list[ParsedAct] = []
    mistakes: list[Mistake] = []
    for command in block:
        if command.act is None:
            mistakes.append(_unknown(command.line[:200], command.word))
        elif len(command.rest) > _LONGEST_LINE:
            mistakes.append(Mistake(command.line[:200], "the line is too long", _forms(command.act)))
        elif isinstance(said := _READERS[command.act](command.rest, today, add_working_days), str):
            mistakes.append(Mistake(command.line, said, _forms(command.act)))
        else:
            acts.extend(replace(act, line=command.line) for act in said)
    mistakes += _contradictions(block, acts, body) if not mistakes else []
    mistakes += _commands_below(rest)
    if not block and not mistakes:
        mistakes += _unmarked(body)
    if not block and not mistakes:
        if _SIGNATURE.split(body)[0].strip():
            return Parsed((ParsedAct(Act.REPLY),), body)
        mistakes.append(Mistake("", "there is no text above the quoted mail", _forms(Act.REPLY)))
    if mistakes:
        return Parsed((), "", tuple(mistakes), tuple(acts))
    return Parsed(tuple(acts), body)


@dataclass(frozen=True)
class _Command:
    line: str
    word: str
    act: Act | None
    rest: str
    glued: bool = False  # a long line with text right below it: it may be that line's end


def _top_block(lines: list[str]) -> tuple[list[_Command], list[str]]:
    """The commands at the top and the lines below them. Empty lines between commands are what mail programs
    make of paragraphs. A long command line that goes on in the next line is joined again."""
    block: list[_Command] = []
    at = 0
    while at < len(lines):
        tidy = _tidy(lines[at])
        if not tidy:
            at += 1
            continue
        command = _read_command(tidy)
        if command is None:
            break
        at += 1
        length, line = len(tidy), tidy
        while at < len(lines) and length >= _WRAPPED and len(line) <= _LONGEST_LINE:
            more = _tidy(lines[at])
            if not more or _read_command(more) or _SALUTATION.match(more):
                break
            if command.act in _TAKES_TEXT:
                command = _Command(command.line, command.word, command.act, command.rest, glued=True)
                break
            length, line, at = len(more), f"{line} {more.lstrip('>| ')}", at + 1
            command = _read_command(line) or command
        block.append(command)
    return block, lines[at:]


def _tidy(line: str) -> str:
    return " ".join(line.translate(_TIDY).split())


def _read_command(tidy: str) -> _Command | None:
    match = _COMMAND.match(tidy)
    if match is None:
        return None
    opened = tidy[: match.start("word")]
    rest = _GAP.sub(" ", match["rest"]).strip()
    if '"' in opened or "'" in opened:
        rest = rest.rstrip("\"'")
    return _Command(tidy, match["word"], _WORDS.get(match["word"].lower()), rest.lstrip(":,.;-–— ").strip())


def _unknown(line: str, word: str) -> Mistake:
    near = difflib.get_close_matches(word.lower()[:20], _WORDS, n=1, cutoff=0.6)
    if near:
        return Mistake(
            line, f"#{word[:20]} is not a command; did you mean #{near[0]}?", _forms(_WORDS[near[0]])
        )
    return Mistake(line, f"#{word[:20]} is not a command", _forms(Act.HELP))


def _forms(act: Act) -> str:
    return " or ".join(FORMS[act])


def _contradictions(block: list[_Command], acts: list[ParsedAct], body: str) -> list[Mistake]:
    """What each command allows by itself and the mail as a whole doesn't."""
    mistakes = []
    lines = {command.act: command.line for command in reversed(block) if command.act}
    asked = [command.act for command in block if command.act]
    for act in dict.fromkeys(asked):
        if act in _ONCE and asked.count(act) > 1:
            mistakes.append(Mistake(lines[act], f"#{act.value} stands there twice", _forms(act)))
    sent = [act for act in dict.fromkeys(asked) if act in _TO_RESIDENT]
    if len(sent) > 1:
        both = " and ".join(f"#{act.value}" for act in sent)
        problem = f"{both} can't both have the text below: send two mails"
        mistakes.append(Mistake(lines[sent[-1]], problem, _forms(sent[-1])))
    for act in sent:
        if act not in _MAY_LACK_TEXT and not _SIGNATURE.split(body)[0].strip():
            problem = "there is no text for the resident below it"
            form = FORMS[act][0] if act is Act.RESPOND else f"#{act.value}"
            mistakes.append(Mistake(lines[act], problem, f"{form}, an empty line, then the text"))
    for parsed in acts:
        if parsed.act is Act.NOTE and not parsed.words and (sent or not body):
            mistakes.append(Mistake(lines[Act.NOTE], "there is no note", _forms(Act.NOTE)))
    if sent and block[-1].glued and block[-1].act not in _TO_RESIDENT:
        # The end of an internal line must not slip into a letter.
        problem = "I can't tell where this line ends and the letter begins: put an empty line between them"
        mistakes.append(Mistake(block[-1].line, problem, _forms(block[-1].act or Act.HELP)))
    return mistakes


def _unmarked(body: str) -> list[Mistake]:
    """A mail without a command whose first line is one but for its #: it would go to the resident."""
    first = _tidy(body.partition("\n")[0])
    if not is_unmarked(first):
        return []
    problem = "this reads like a command without its #, so nothing was sent to the resident"
    return [
        Mistake(first, problem, f"#{first[:80]} or, for the resident, #reply, an empty line, then the text")
    ]


def _commands_below(rest: list[str]) -> list[Mistake]:
    """Commands among the text: they would go to the resident as they stand."""
    mistakes = []
    for line in rest:
        tidy = _tidy(line)
        if not tidy.lstrip("\"'*- ").startswith("#"):
            continue
        command = _read_command(tidy)
        if command is None:
            continue
        word = re.sub(r"[^a-z]+\Z", "", command.word.lower()[:20])
        if _may_be_meant(word):
            problem = "commands stand at the top of the mail, before any other text"
            mistakes.append(Mistake(tidy, problem, tidy.lstrip("\"'*- ")))
    return mistakes


def _may_be_meant(word: str) -> bool:
    """Whether a word is near a command, or begins with what is: the rest may have been typed on to it."""
    if difflib.get_close_matches(word, _WORDS, n=1, cutoff=0.8):
        return True
    return any(
        len(known) >= SHORTEST and difflib.SequenceMatcher(None, word[: len(known)], known).ratio() >= 0.8
        for known in _WORDS
    )


# ------------------------------------------------------------------ arguments

SHORTEST = 4
"""Letters of a command that is looked for at the beginning of a longer word: #newsletter is no #new."""

_Read = Callable[[str, dt.date, AddWorkingDays], "tuple[ParsedAct, ...] | str"]

_DECISIONS = {
    "upheld": "upheld",
    "fully upheld": "upheld",
    "partly upheld": "partly upheld",
    "partially upheld": "partly upheld",
    "part upheld": "partly upheld",
    "upheld in part": "partly upheld",
    "not upheld": "not upheld",
}
_CLOSURES = ("agreed", "withdrawn", "answered", "concern", "silence")
_KINDS = {
    "new complaint": Intent.NEW_COMPLAINT,
    "complaint": Intent.NEW_COMPLAINT,
    "service request": Intent.SERVICE_REQUEST,
    "escalation request": Intent.ESCALATION_REQUEST,
    "escalation": Intent.ESCALATION_REQUEST,
    "reply": Intent.REPLY,
    "other": Intent.OTHER,
}
_BECAUSE = re.compile(r"[\s,;:(-]*\b(?:because(?: of)?|due to|since|as|reason)\b[\s:,-]*", re.IGNORECASE)
_COUNT_OF_DAYS = re.compile(
    r"(?:by |for )?(?P<n>\d{1,4}|[a-z]{1,9}(?=[ -]))[ -]?(?:more )?"
    r"(?P<unit>(?:working|business)[ -]days?|wds?|days?|weeks?|months?)\b(?P<more>.*)\Z",
    re.IGNORECASE,
)
_TO_DATE = re.compile(r"(?:to|until|till|by)\b\s*(?P<date>.*)\Z", re.IGNORECASE)
_SORTED_AS = re.compile(
    r"(?:(?:question )?#?(?P<number>\d{1,3})\b[\s:,.-]*)?(?:as )?(?:an? )?(?P<kind>.*)\Z", re.IGNORECASE
)
_LONGEST_EXTENSION = 60  # working days; beyond it a number is a slip. What is allowed the policy says


def _plain(act: Act) -> _Read:
    def read(rest: str, today: dt.date, add: AddWorkingDays) -> tuple[ParsedAct, ...] | str:
        return (ParsedAct(act, words=rest),)

    return read


def _reasoned(act: Act) -> _Read:
    def read(rest: str, today: dt.date, add: AddWorkingDays) -> tuple[ParsedAct, ...] | str:
        because = _BECAUSE.match(rest)
        return (ParsedAct(act, words=rest, reason=rest[because.end() :] if because else rest),)

    return read


def _numbered(act: Act) -> _Read:
    """A reason, and before it the number of what is decided on, where one was given."""

    def read(rest: str, today: dt.date, add: AddWorkingDays) -> tuple[ParsedAct, ...] | str:
        counted = re.match(r"(?:proposal |number |no\.? )?#?(?P<n>\d{1,3})\b[\s:,.;-]*", rest, re.IGNORECASE)
        more = rest[counted.end() :] if counted else rest
        because = _BECAUSE.match(more)
        reason = more[because.end() :] if because else more
        return (ParsedAct(act, words=more, number=int(counted["n"]) if counted else None, reason=reason),)

    return read


def _read_reply(rest: str, today: dt.date, add: AddWorkingDays) -> tuple[ParsedAct, ...] | str:
    split = money.taken_apart(f" {rest}" if rest else "")
    if isinstance(split, tuple) and not split[0].strip() and split[1] in (None, 0):
        return (ParsedAct(Act.REPLY, amount=split[1]),)
    if isinstance(split, tuple) and split[1]:
        return "money is offered in the response: #respond upheld compensation £50"
    return "the text stands below the command, after an empty line"


def _read_response(rest: str, today: dt.date, add: AddWorkingDays) -> tuple[ParsedAct, ...] | str:
    split = money.taken_apart(rest)
    if isinstance(split, str):
        return split
    rest, amount = split
    said = rest.lower().strip(" .,;:!\"'")
    if said and said not in _DECISIONS:
        near = difflib.get_close_matches(said[:40], _DECISIONS, n=1)
        hint = f"; did you mean “{_DECISIONS[near[0]]}”?" if near else "; the response itself stands below it"
        return f"“{rest[:60]}” is not a decision{hint}"
    return (ParsedAct(Act.RESPOND, words=_DECISIONS.get(said, ""), amount=amount),)


def _read_extension(rest: str, today: dt.date, add: AddWorkingDays) -> tuple[ParsedAct, ...] | str:
    because = _BECAUSE.search(rest)
    how_long = rest[: because.start()].strip() if because else rest
    reason = rest[because.end() :].strip(" \"'") if because else ""
    counted = _COUNT_OF_DAYS.match(how_long)
    dated = _TO_DATE.match(how_long)
    working_days: int | None = None
    until: dt.date | None = None
    if counted:
        unit = counted["unit"].lower()
        if not unit.startswith(("working", "business", "wd")):
            return f"“{how_long[:60]}” can mean several dates: say how many working days, or the date"
        if counted["more"].strip(" .,;"):
            return (
                f"I understand “{how_long[: counted.start('more')]}” and not “{counted['more'].strip()[:60]}”"
            )
        working_days = read_number(counted["n"])
        if working_days is None or working_days > _LONGEST_EXTENSION:
            return f"“{counted['n']}” is not a number of working days from 1 to {_LONGEST_EXTENSION}"
    elif dated:
        if _COUNT_OF_DAYS.match(dated["date"]):
            return f"“{how_long[:60]}” can mean several dates: say how many working days more, or the date"
        day = read_date(dated["date"], today, add)
        if isinstance(day, str):
            return day
        until = day
    elif how_long:
        return f"“{how_long[:60]}” is neither a number of working days nor “to” a date"
    missing = ["how long or until when"] if not (counted or dated) else []
    if not reason:
        missing.append("the reason")
    if missing:
        return f"it lacks {' and '.join(missing)}"
    return (ParsedAct(Act.EXTEND, words=rest, until=until, working_days=working_days, reason=reason),)


def _read_action(rest: str, today: dt.date, add: AddWorkingDays) -> tuple[ParsedAct, ...] | str:
    text, by, date = _last_by(rest)
    missing = [] if text or not by else ["what is to be done"]
    if not rest:
        missing = ["what is to be done", "its date"]
    elif not by:
        missing.append("its date (“by 14 March”)")
    if missing:
        return f"it lacks {' and '.join(missing)}"
    day = read_date(date, today, add)
    if isinstance(day, str):
        return day
    return (ParsedAct(Act.ACTION, words=text, until=day),)


def _last_by(rest: str) -> tuple[str, bool, str]:
    """ "send it by post by Friday" taken apart at the last "by"."""
    matches = list(re.finditer(r"\bby\b", rest, re.IGNORECASE))
    if not matches:
        return rest, False, ""
    last = matches[-1]
    return rest[: last.start()].rstrip(" ,;-"), True, rest[last.end() :].strip()


def _read_done(rest: str, today: dt.date, add: AddWorkingDays) -> tuple[ParsedAct, ...] | str:
    said = [word for word in re.split(r"[\s,;&+#]+|\band\b", rest.strip(" .!")) if word]
    if said and said[0].lower() in ("action", "actions", "number", "no", "no."):
        said = said[1:]
    if not said:
        return "it lacks the number of the action"
    numbers = []
    for word in said:
        number = read_number(word)
        if number is None or word.lower() == "a":
            return f"“{word[:40]}” is not the number of an action"
        numbers.append(number)
    return tuple(ParsedAct(Act.DONE, words=rest, number=number) for number in dict.fromkeys(numbers))


def _read_assignment(rest: str, today: dt.date, add: AddWorkingDays) -> tuple[ParsedAct, ...] | str:
    person = re.sub(r"\A(?:it )?to\b\s*", "", rest, flags=re.IGNORECASE).strip(" .,;:@\"'")
    if not person:
        return "it lacks the colleague's name"
    return (ParsedAct(Act.ASSIGN, words=rest, person=person),)


def _read_closure(rest: str, today: dt.date, add: AddWorkingDays) -> tuple[ParsedAct, ...] | str:
    kind, _, more = rest.partition(" ")
    kind = kind.lower().strip(" .,;:-\"'")
    if kind == "because" or (not kind and more):
        return (ParsedAct(Act.CLOSE, words="proposed", reason=more.strip(" ,;:-")),)
    if not kind:
        return "it lacks why: agreed, withdrawn, answered or concern, or because and your reason"
    if kind not in _CLOSURES:
        near = difflib.get_close_matches(kind[:20], _CLOSURES, n=1)
        hint = f"; did you mean “{near[0]}”?" if near else ": agreed, withdrawn, answered or concern"
        return f"“{kind[:40]}” is not a way to close{hint}"
    because = _BECAUSE.match(more)
    reason = (more[because.end() :] if because else more).strip(" ,;:-")
    return (ParsedAct(Act.CLOSE, words=kind, reason=reason),)


def _read_sorting(rest: str, today: dt.date, add: AddWorkingDays) -> tuple[ParsedAct, ...] | str:
    match = _SORTED_AS.match(rest)
    kind = match["kind"].lower().strip(" .,;:!\"'").removesuffix(" please") if match else ""
    if not match or not kind:
        return "it lacks what the mail is"
    if kind not in _KINDS:
        near = difflib.get_close_matches(kind[:40], _KINDS, n=1)
        hint = f"; did you mean “{near[0]}”?" if near else ""
        return f"“{kind[:60]}” is not a kind of mail{hint}"
    number = int(match["number"]) if match["number"] else None
    return (ParsedAct(Act.SORT, words=kind, number=number, intent=_KINDS[kind]),)


def _read_decline(rest: str, today: dt.date, add: AddWorkingDays) -> tuple[ParsedAct, ...] | str:
    because = _BECAUSE.search(rest)
    ground = (rest[: because.start()] if because else rest).strip(" .,;:\"'").lower()
    if not ground:
        return "it lacks the ground"
    return (
        ParsedAct(
            Act.DECLINE, words=rest, ground=ground, reason=rest[because.end() :].strip() if because else ""
        ),
    )


def _held_letter(act: Act) -> _Read:
    """The number of the letter, or "acknowledgement"; then why."""

    def read(rest: str, today: dt.date, add: AddWorkingDays) -> tuple[ParsedAct, ...] | str:
        because = _BECAUSE.search(rest)
        which = (rest[: because.start()] if because else rest).strip(" .,;:!#\"'")
        which = re.sub(r"\A(?:the |letter |number |no\.? )+", "", which, flags=re.IGNORECASE)
        if which and not re.fullmatch(r"\d{1,3}|ack\w*", which, re.IGNORECASE):
            return f"“{which[:40]}” is not the number of a letter that waits, nor “acknowledgement”"
        number = int(which) if which.isdigit() and which.isascii() else None
        reason = rest[because.end() :].strip() if because else ""
        return (ParsedAct(act, words="" if number else which, number=number, reason=reason),)

    return read


_AN_ADDRESS = re.compile(
    r"<?(?:mailto:)?(?P<address>[\w.+'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5})>?[,;]?"
)


def _read_resident(rest: str, today: dt.date, add: AddWorkingDays) -> tuple[ParsedAct, ...] | str:
    found = list(_AN_ADDRESS.finditer(rest))
    if not found:
        return "it lacks the resident's address"
    if len({match["address"].lower() for match in found}) > 1:
        return "it holds more than one address"
    name = " ".join(_AN_ADDRESS.sub(" ", rest).split()).strip(" ,;\"'<>()")
    without = re.match(r"(?:without|remove|not)\b", name, re.IGNORECASE)
    return (
        ParsedAct(
            Act.RESIDENT,
            words="" if without else name,
            address=found[0]["address"].lower(),
            reason="without" if without else "",
        ),
    )


def _read_authority(rest: str, today: dt.date, add: AddWorkingDays) -> tuple[ParsedAct, ...] | str:
    said = " ".join(rest.lower().split()).strip(" .,;:!\"'")
    if said not in ("given", "refused", "not needed"):
        return "say whether it was given, refused or is not needed"
    return (ParsedAct(Act.AUTHORITY, words=said),)


def _read_order(rest: str, today: dt.date, add: AddWorkingDays) -> tuple[ParsedAct, ...] | str:
    read = _read_action(rest, today, add)
    return read if isinstance(read, str) else tuple(replace(act, act=Act.ORDER) for act in read)


def _read_confirmation(rest: str, today: dt.date, add: AddWorkingDays) -> tuple[ParsedAct, ...] | str:
    said = rest.strip(" .,;:!#\"'")
    if said and not (said.isascii() and said.isdigit() and len(said) <= 3):
        return f"“{rest[:40]}” is not the number of what waits to be confirmed"
    return (ParsedAct(Act.VERIFY, words=said, number=int(said) if said else None),)


_A_REFERENCE = re.compile(
    r"(?:in)?(?:to )?(?:case )?(?P<reference>[A-Z]{2,6}-\d{4}-\d{6}-[0-9A-Z])\W*\Z", re.IGNORECASE
)


def _read_merge(rest: str, today: dt.date, add: AddWorkingDays) -> tuple[ParsedAct, ...] | str:
    found = _A_REFERENCE.match(rest.strip())
    if not found:
        return "it lacks the reference of the other case, or that is not whole"
    return (ParsedAct(Act.MERGE, words=found["reference"].upper()),)


_READERS: Mapping[Act, _Read] = {
    Act.REPLY: _read_reply,
    Act.CONFIRM: _plain(Act.CONFIRM),
    Act.CONTACTED: _plain(Act.CONTACTED),
    Act.RESPOND: _read_response,
    Act.EXTEND: _read_extension,
    Act.ACTION: _read_action,
    Act.DONE: _read_done,
    Act.NOTE: _plain(Act.NOTE),
    Act.ASSIGN: _read_assignment,
    Act.CLOSE: _read_closure,
    Act.REOPEN: _reasoned(Act.REOPEN),
    Act.ESCALATE: _reasoned(Act.ESCALATE),
    Act.SORT: _read_sorting,
    Act.TRIED: _plain(Act.TRIED),
    Act.UPDATE: _plain(Act.UPDATE),
    Act.REVIEWED: _plain(Act.REVIEWED),
    Act.APPROVE: _numbered(Act.APPROVE),
    Act.RETURN: _numbered(Act.RETURN),
    Act.DECLINE: _read_decline,
    Act.ACCEPT: _reasoned(Act.ACCEPT),
    Act.RESIDENT: _read_resident,
    Act.AUTHORITY: _read_authority,
    Act.RESTRICT: read_restriction,
    Act.ADJUST: read_adjustment,
    Act.LANGUAGE: read_language,
    Act.HOLD: read_hold,
    Act.NEW: read_new,
    Act.MERGE: _read_merge,
    Act.SPLIT: _plain(Act.SPLIT),
    Act.CONFLICT: _plain(Act.CONFLICT),
    Act.DETERMINATION: _plain(Act.DETERMINATION),
    Act.ORDER: _read_order,
    Act.LEARNED: read_learned,
    Act.RECORD: read_record,
    Act.RELEASE: _held_letter(Act.RELEASE),
    Act.DISCARD: _held_letter(Act.DISCARD),
    Act.CANCEL: _plain(Act.CANCEL),
    Act.VERIFY: _read_confirmation,
    Act.HELP: _plain(Act.HELP),
    Act.HISTORY: _plain(Act.HISTORY),
}

# ------------------------------------------------------------------ quoted internals

_HISTORY_STARTS = re.compile(
    r"-{2,}\s?(?:original message|forwarded message|original appointment)\s?-{2,}"
    r"|begin forwarded message:",
    re.IGNORECASE,
)
_HEADER = re.compile(r"[*]?(?P<name>from|sent|date|to|cc|subject|reply-to)\s?:[*]?\s", re.IGNORECASE)
_WROTE = re.compile(r"on\b.{4,300}\bwrote ?:\Z", re.IGNORECASE)
_STAMPED = re.compile(r"@|\d\d?[:.]\d\d")  # an address or a time: a mail program speaks, not the handler
_MOBILE = re.compile(
    r"(?:sent from (?:my |outlook|yahoo|mail for|samsung|gmail|proton)[^.!?]{0,60}"
    r"|get outlook for (?:ios|android)[^.!?]{0,60}|sent via [^.!?]{0,40}"
    r"|sent from (?:iphone|ipad|mobile))\.?\Z",
    re.IGNORECASE,
)


_KEY_LINE = re.compile(r"[>| ]*case key: [a-z0-9]+\.[a-z2-7]+\Z", re.IGNORECASE)


def strip_internal(body: str) -> str:
    """The text without what must not reach a resident: quoted history, wherever it stands, and everything
    below the cut line; and without a phone's advertisement at the end. The signature stays. Where a mail
    program quoted everything, commands at the top are kept for reading."""
    lines = body.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    lines = lines[: _history_start(lines)]
    kept: list[str] = []
    at_top = True
    for line in lines:
        tidy = _tidy(line)
        quoted = tidy.startswith((">", "|"))
        command = _read_command(tidy) is not None
        at_top = at_top and (not tidy or command)
        if _KEY_LINE.match(tidy):
            continue  # of a button, where somebody took away the line above it
        if not quoted or (at_top and command):
            kept.append(line if line == "-- " else line.rstrip())
    while kept and (_MOBILE.match(_tidy(kept[-1])) or not kept[-1].strip("_ \u00a0\t")):
        kept.pop()
    return "\n".join(kept).strip("\n")


def _history_start(lines: list[str]) -> int:
    """The line at which only history follows; the number of lines where there is none."""
    ends_in_quotes = _ends_in_quotes(lines)
    for at, line in enumerate(lines):
        tidy = _tidy(line).lstrip("> ")
        if not tidy:
            continue
        if CUT_LINE.strip("- ") in tidy or _HISTORY_STARTS.match(tidy):
            return at
        if _HEADER.match(tidy + " ") and _is_header_block(lines[at : at + 8]):
            return at
        wrote = (
            tidy if tidy.endswith(":") else f"{tidy} {_tidy(lines[at + 1]) if at + 1 < len(lines) else ''}"
        )
        if _WROTE.match(wrote[:400]) and _STAMPED.search(wrote[:400]) and ends_in_quotes[at]:
            return at
    return len(lines)


def _is_header_block(lines: list[str]) -> bool:
    """From with Sent or Date, and To or Subject, close together: the head of a mail that Outlook quotes."""
    names = {
        match["name"].lower() for line in lines if (match := _HEADER.match(_tidy(line).lstrip("> ") + " "))
    }
    return "from" in names and bool(names & {"sent", "date"}) and bool(names & {"to", "subject"})


def _ends_in_quotes(lines: list[str]) -> list[bool]:
    """For each line whether after it only quoted text follows, or text that the mail program didn't mark at
    all; text of both kinds says that somebody answered inside. The line right after an attribution may be
    its wrapped end."""
    ends = [True] * len(lines)
    quoted = unquoted = 0
    nearest_unquoted = False
    for at in range(len(lines) - 1, -1, -1):
        ends[at] = quoted == 0 or unquoted - nearest_unquoted == 0
        tidy = _tidy(lines[at])
        if tidy:
            nearest_unquoted = not tidy.startswith((">", "|"))
            quoted, unquoted = quoted + (not nearest_unquoted), unquoted + nearest_unquoted
    return ends
