"""The commands that staff can write: every form of each, what it does, and what reading one yields."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from mailbot.casework.nouns import called
from mailbot.casework.vocabulary import Act, Intent

FORMS: Mapping[Act, tuple[str, ...]] = MappingProxyType(
    {
        Act.REPLY: ("(just write your answer)", "#reply"),
        Act.CONFIRM: ("#acknowledge", "#acknowledge by post on 3 March"),
        Act.CONTACTED: ("#contacted", "#contacted by phone she was in and told me about the leak"),
        Act.RESPOND: (
            "#respond upheld",
            "#respond partly upheld",
            "#respond not upheld",
            "#respond",
            "#respond upheld compensation £250",
            "#respond upheld compensation none",
        ),
        Act.EXTEND: (
            "#extend 10 working days because the surveyor is ill",
            "#extend to 14 March because the surveyor is ill",
        ),
        Act.ACTION: ("#action repair the bathroom fan by 14 March",),
        Act.DONE: ("#done 2",),
        Act.NOTE: ("#note spoke to the contractor",),
        Act.ASSIGN: ("#assign Priya Nair",),
        Act.CLOSE: (
            "#close agreed",
            "#close withdrawn",
            "#close answered",
            "#close concern",
            "#close silence because nobody rings back",
            "#close because she moved away and wants nothing more",
        ),
        Act.REOPEN: ("#reopen the leak is back",),
        Act.ESCALATE: ("#escalate she asked for stage 2 by phone",),
        Act.SORT: (
            "#sort complaint",
            "#sort service request",
            "#sort escalation",
            "#sort reply",
            "#sort other",
        ),
        Act.TRIED: ("#tried by phone, no answer",),
        Act.UPDATE: ("#update",),
        Act.REVIEWED: ("#reviewed",),
        Act.APPROVE: ("#approve", "#approve 2"),
        Act.RETURN: (
            "#return because the date of the visit is missing",
            "#return 2 because she is in hospital",
        ),
        Act.DECLINE: ("#decline age because it was put right in 2019",),
        Act.ACCEPT: ("#accept",),
        Act.RESIDENT: (
            "#resident jo.finch@example.com Jo Finch",
            "#resident without jo.finch@example.com",
        ),
        Act.AUTHORITY: ("#authority given", "#authority refused", "#authority not needed"),
        Act.RESTRICT: (
            "#restrict",
            "#restrict contact to one email a week because of 40 calls a day, review 1 June",
        ),
        Act.ADJUST: ("#adjust large print, review 1 June", "#adjust ended 1"),
        Act.LANGUAGE: ("#language Welsh", "#language English"),
        Act.HOLD: ("#hold until 14 March because she is in hospital", "#hold off"),
        Act.NEW: (
            "#new complaint from Jo Finch <jo@example.com> received 12 March by phone",
            "#new service request from Jo Finch received 12 March by post",
        ),
        Act.MERGE: ("#merge CC-2026-004217-7",),
        Act.SPLIT: ("#split",),
        Act.CONFLICT: ("#conflict",),
        Act.DETERMINATION: ("#determination maladministration in the repair",),
        Act.ORDER: ("#order pay 200 pounds by 14 March",),
        Act.LEARNED: (
            "#learned we now ring the day before each visit",
            "#learned appointments: we now ring the day before each visit",
        ),
        Act.RECORD: (
            "#record tenure shared ownership",
            "#record estate Fulling Lane",
            "#record service repairs",
            "#record contractor Aire Roofing",
            "#record compensation 150 pounds",
        ),
        Act.CANCEL: ("#cancel",),
        Act.VERIFY: ("#confirm 1",),
        Act.RELEASE: ("#release", "#release 2"),
        Act.DISCARD: ("#discard 2 because I rang her", "#discard acknowledgement because it is no complaint"),
        Act.HELP: ("#help",),
        Act.HISTORY: ("#history",),
    }
)

MEANING: Mapping[Act, str] = MappingProxyType(
    {
        Act.REPLY: "the text goes to the resident",
        Act.CONFIRM: "send the acknowledgement now; with by post or by email, you have written one yourself",
        Act.CONTACTED: "you have spoken to the resident; a note may follow",
        Act.RESPOND: "the text below is the response of this stage and goes to the resident",
        Act.EXTEND: "more time for the response; the resident is told the date and the reason",
        Act.ACTION: "something promised to the resident, with its date",
        Act.DONE: "the action with this number is done",
        Act.NOTE: "an internal note; the text below belongs to it",
        Act.ASSIGN: "pass the case to a colleague",
        Act.CLOSE: "close the case; for silence or a reason of yours your supervisor decides",
        Act.REOPEN: "open the case again",
        Act.ESCALATE: "take the case to the next stage",
        Act.SORT: "answer the question what a mail is",
        Act.TRIED: "you tried to reach the resident and did not",
        Act.UPDATE: "the text below goes to the resident: how things stand",
        Act.REVIEWED: "the review of stage 2 was held",
        Act.APPROVE: "send the response that waits for your approval; with a number, do what was proposed",
        Act.RETURN: "give a response back, or refuse a proposal; say why",
        Act.DECLINE: "refuse the complaint or stage 2 on a ground; a supervisor's, for others a proposal",
        Act.ACCEPT: "the ground is weighed and the complaint goes on",
        Act.RESIDENT: "the resident for whom somebody writes, or a further address of theirs: letters go there",
        Act.AUTHORITY: "whether the writer may act for the resident, as you have seen it",
        Act.RESTRICT: "only who has the case sees its words; with contact, a limit that your supervisor decides on",
        Act.ADJUST: "how the resident needs us to write; what email can't do comes to you instead",
        Act.LANGUAGE: "letters to the resident go in that language; one that you have no letters in is refused",
        Act.HOLD: "nothing goes to the resident by itself until then; it comes to you instead",
        Act.NEW: "what came by phone, post or visit, with its true date; their words stand below",
        Act.MERGE: "this case goes into an older one of the same resident",
        Act.SPLIT: "the text below becomes a case of its own",
        Act.CONFLICT: "you should not have this case: it moves to somebody else",
        Act.DETERMINATION: "what the Ombudsman found",
        Act.ORDER: "what the Ombudsman ordered, with its date; done with its evidence below #done",
        Act.LEARNED: "what the case taught, for the reports; a theme may stand before a colon",
        Act.RECORD: "what the figures ask for: tenure, estate, service, contractor, compensation in all",
        Act.VERIFY: "do what you wrote: we asked you by a mail of its own whether it was you",
        Act.RELEASE: "send a letter that waits for your word",
        Act.DISCARD: "a letter that waits for your word does not go",
        Act.CANCEL: "take back what you have just sent to the resident, before it goes",
        Act.HELP: "send me this list",
        Act.HISTORY: "send me the history of the case",
    }
)


@dataclass(frozen=True)
class ParsedAct:
    """One act that a handler asked for.

    words         the argument: the decision of RESPOND ("upheld", "partly upheld", "not upheld", ""), the
                  kind of CLOSE ("agreed", "withdrawn", "answered", "concern"), the text of ACTION, what RECORD
                  records, else what stood on the line
    name          of the resident for NEW, the theme of LEARNED, the field of RECORD
    until         the date of EXTEND or ACTION
    working_days  those of EXTEND
    amount        of money that RESPOND offers, in pence; 0 for none, None where it does not say
    number        of the action for DONE, of the question for SORT where it was given
    line          as it was written, for the answer to who wrote it; says nothing of what is done
    """

    act: Act
    words: str = ""
    until: dt.date | None = None
    working_days: int | None = None
    number: int | None = None
    reason: str = ""
    person: str = ""
    intent: Intent | None = None
    ground: str = ""
    address: str = ""
    name: str = ""
    channel: str = ""
    amount: int | None = None
    line: str = field(default="", compare=False)


_FIRST: tuple[Act, ...] = (
    Act.CANCEL,
    Act.VERIFY,
    Act.DISCARD,
    Act.RELEASE,
    Act.RESIDENT,
    Act.AUTHORITY,
    Act.ADJUST,
    Act.LANGUAGE,
    Act.HOLD,
    Act.SORT,
    Act.REOPEN,
    Act.CONTACTED,
    Act.TRIED,
    Act.REVIEWED,
    Act.DONE,
    Act.ACTION,
    Act.DETERMINATION,
    Act.ORDER,
    Act.NOTE,
    Act.CONFIRM,
    Act.EXTEND,
)
_LAST: tuple[Act, ...] = (
    Act.CLOSE,
    Act.ESCALATE,
    Act.SPLIT,
    Act.NEW,
    Act.CONFLICT,
    Act.ASSIGN,
    Act.MERGE,
    Act.HISTORY,
    Act.HELP,
)


def in_order(acts: tuple[ParsedAct, ...]) -> tuple[ParsedAct, ...]:
    """The acts of one mail as they are carried out, in whatever order its lines stand: what is recorded first, so that
    a letter of the same mail can tell of it; then what goes to the resident; then what ends the case or moves it."""

    def place(parsed: ParsedAct) -> int:
        if parsed.act in _FIRST:
            return _FIRST.index(parsed.act)
        middle = len(_FIRST)
        return middle + 1 + _LAST.index(parsed.act) if parsed.act in _LAST else middle

    return tuple(sorted(acts, key=place))


def help_lines(noun: str = "resident") -> tuple[str, ...]:
    """Every command with what it does, for the help letter; `noun` is the landlord's for a resident."""
    return tuple(
        f"{form}: {called(noun, MEANING[act])}" for act, forms in FORMS.items() for form in forms[:2]
    )
