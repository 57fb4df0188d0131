"""The chain: words that must never be missed, then the model, then rules that send what is unsure to a person.

Deciding is a matter of cost. `COST` says what each mistake does to a resident and to the landlord, in units of
one needless question to a person; the model's probabilities give the expected cost of every decision; the
cheapest decision is taken where it costs less than `Limits.ask`, otherwise a person is asked. `Limits.ask`,
and the limits of flags and topics, are chosen in training on mail of held-back writers.

The rules come last and only ever turn a decision into a question, never into another decision. What may be a
complaint, an escalation or a hazard is therefore never set aside as "other" without a person.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice, product

import numpy as np

from classifiers.explaining import name_stage
from classifiers.features import Ask
from classifiers.model import (
    FLAGS,
    INTENTS,
    KINDS,
    TOPICS,
    Bools,
    Chances,
    Floats,
    Integers,
    Model,
    Read,
    Taken,
    read,
)
from classifiers.sentinels import phrases
from classifiers.watchwords import Watchword
from mailbot.casework.vocabulary import Flag, Intent, Raised, Reading, ReplyKind, Stage, Topic, Verdict

# What it costs to take a mail for the row's intent when it is the column's, in needless questions to a person.
# Missing a complaint or an escalation is dearest: it is what landlords are ordered to pay for. Taking something
# for a complaint is cheap: a handler sees it the same day and nothing is refused meanwhile.
COST: Mapping[Intent, Mapping[Intent, float]] = {
    Intent.NEW_COMPLAINT: {
        Intent.NEW_COMPLAINT: 0,
        Intent.SERVICE_REQUEST: 2,
        Intent.ESCALATION_REQUEST: 24,
        Intent.REPLY: 2.5,
        Intent.OTHER: 2,
    },
    Intent.SERVICE_REQUEST: {
        Intent.NEW_COMPLAINT: 36,
        Intent.SERVICE_REQUEST: 0,
        Intent.ESCALATION_REQUEST: 60,
        Intent.REPLY: 2.5,
        Intent.OTHER: 2,
    },
    Intent.ESCALATION_REQUEST: {
        Intent.NEW_COMPLAINT: 24,
        Intent.SERVICE_REQUEST: 2.5,
        Intent.ESCALATION_REQUEST: 0,
        Intent.REPLY: 2.5,
        Intent.OTHER: 2.5,
    },
    Intent.REPLY: {
        Intent.NEW_COMPLAINT: 45,
        Intent.SERVICE_REQUEST: 4,
        Intent.ESCALATION_REQUEST: 60,
        Intent.REPLY: 0,
        Intent.OTHER: 2,
    },
    Intent.OTHER: {
        Intent.NEW_COMPLAINT: 60,
        Intent.SERVICE_REQUEST: 4,
        Intent.ESCALATION_REQUEST: 75,
        Intent.REPLY: 3,
        Intent.OTHER: 0,
    },
}
PRICE: Floats = np.array([[COST[taken][true] for true in INTENTS] for taken in INTENTS], dtype=np.float64)

NEVER_MISSED = frozenset({Flag.URGENT_HAZARD, Flag.SAFEGUARDING})
"""Flags whose limits are set for recall."""
WATCHED = frozenset({*NEVER_MISSED, Flag.LEGAL_ACTION, Flag.OMBUDSMAN, Flag.MP_OR_COUNCILLOR})
"""Flags that keep a mail from being set aside as "other"."""


@dataclass(frozen=True)
class Limits:
    """Where the chain stops being sure.

    ask     expected cost (in questions to a person) from which a person is asked
    hint    probability from which a watchword that is only a hint raises its flag
    doubt   probability below which a broad watchword doesn't raise its flag
    flags   probability from which the model raises a flag
    topics  probability from which a topic is named
    """

    ask: float
    hint: Mapping[Flag, float]
    doubt: Mapping[Flag, float]
    flags: Mapping[Flag, float]
    topics: Mapping[Topic, float]


@dataclass(frozen=True)
class Caution:
    """What a landlord adds to the care that ships ([classifier] in mailbot.toml).

    costs      how many times as dear as in COST it is to miss mail of this intent (1 where it isn't named)
    sure       probability that a reading must have to be decided, by what it would be decided as
    ask_below  likewise, whatever it would be decided as
    """

    costs: Mapping[Intent, float] = field(default_factory=dict)
    sure: Mapping[Intent, float] = field(default_factory=dict)
    ask_below: float = 0.0

    def prices(self) -> Floats:
        """PRICE as this landlord pays it."""
        return np.asarray(PRICE * np.array([self.costs.get(intent, 1.0) for intent in INTENTS]))

    def needs(self, intent: Intent) -> float:
        return max(self.sure.get(intent, 0.0), self.ask_below)


@dataclass(frozen=True)
class Draft:
    """A mail in the middle of the chain: what is about to be decided, and everything a rule may look at."""

    read: Read
    intent: Intent
    chance: Mapping[Intent, float]
    expected_cost: float
    flags: frozenset[Flag]
    limits: Limits
    caution: Caution


@dataclass(frozen=True)
class Rule:
    """When `applies`, a person decides; `why` is what the question tells them."""

    name: str
    why: str
    applies: Callable[[Draft], bool]


_DEVICE = re.compile(r"^\W*(?:sent from|get outlook)\b.*$", re.IGNORECASE | re.MULTILINE)
FEW_WORDS, SURE_OF_FEW = 8, 0.98
"""A body of fewer words than this is taken for something only at this chance: so little says little."""


def _typed_by_a_person(d: Draft) -> str:
    """The beginning of the body, without what the device wrote below it."""
    return _DEVICE.sub("", d.read.ask.text[:2000])


DISPLEASED = frozenset({"anger", "disappointed", "missed", "no_answer", "nobody_came", "rude", "waiting"})
"""Cues of somebody who is not content."""


def _nothing_to_read(d: Draft) -> bool:
    said = d.read.ask.subject + _typed_by_a_person(d)
    return len(list(islice(filter(str.isalpha, said), 3))) < 3


def _few_words(d: Draft) -> bool:
    return len(_typed_by_a_person(d).split()) < FEW_WORDS and d.chance[d.intent] < SURE_OF_FEW


def _too_costly(d: Draft) -> bool:
    return d.expected_cost >= d.limits.ask


def _not_sure_enough(d: Draft) -> bool:
    return d.chance[d.intent] < d.caution.needs(d.intent)


def _no_case_to_escalate(d: Draft) -> bool:
    return d.intent is Intent.ESCALATION_REQUEST and d.read.ask.stage in (
        Stage.NONE,
        Stage.UNSORTED,
        Stage.SERVICE_REQUEST,
    )


def _no_case_to_answer(d: Draft) -> bool:
    return d.intent is Intent.REPLY and d.read.ask.stage in (Stage.NONE, Stage.UNSORTED)


def _other_but_watched(d: Draft) -> bool:
    return d.intent is Intent.OTHER and bool(d.flags & WATCHED)


def _other_but_maybe_a_complaint(d: Draft) -> bool:
    guarded = d.chance[Intent.NEW_COMPLAINT] + d.chance[Intent.ESCALATION_REQUEST]
    return d.intent is Intent.OTHER and guarded >= 0.05


def _names_the_next_stage(d: Draft) -> bool:
    cues = d.read.views.cues.split()
    asks = "go_up_now" in cues or ("stage_two" in cues and "not_our_stage" not in cues)
    return d.intent in (Intent.REPLY, Intent.OTHER) and d.read.ask.stage is Stage.STAGE1_OPEN and asks


def _speaks_of_another_matter(d: Draft) -> bool:
    if d.intent not in (Intent.REPLY, Intent.OTHER):
        return False
    cues = frozenset(d.read.views.cues.split())
    open_stage = d.read.ask.stage in (Stage.STAGE1_OPEN, Stage.STAGE2_OPEN)
    more = ("another_matter" in cues and cues & DISPLEASED) or (
        "makes_complaint" in cues and "withdraws" not in cues
    )
    return (
        open_stage
        and bool(more)
        and d.chance[Intent.NEW_COMPLAINT] + d.chance[Intent.SERVICE_REQUEST] >= 0.002
    )


def _asks_for_more_than_a_reply(d: Draft) -> bool:
    if d.intent not in (Intent.REPLY, Intent.OTHER):
        return False
    decided = d.read.ask.stage in (Stage.STAGE1_RESPONDED, Stage.STAGE2_RESPONDED, Stage.CLOSED)
    cues = d.read.views.cues.split()
    goes_on = "go_up_now" in cues or ("rejects" in cues and "no_further" not in cues)
    return decided and goes_on and d.chance[Intent.ESCALATION_REQUEST] >= 0.02


RULES: tuple[Rule, ...] = (
    Rule("nothing to read", "the mail has no words", _nothing_to_read),
    Rule(
        "too costly to be wrong",
        "the readings are too close for what a mistake would cost",
        _too_costly,
    ),
    Rule("few words", "it says too little to be sure", _few_words),
    Rule(
        "not sure enough",
        "no reading is as sure as this landlord asks for",
        _not_sure_enough,
    ),
    Rule(
        "no decision to escalate",
        "it reads as an escalation, but no complaint stands that could be escalated",
        _no_case_to_escalate,
    ),
    Rule("no case to answer", "it reads as a reply, but no case is known", _no_case_to_answer),
    Rule(
        "not set aside with a warning",
        "it reads as no business of ours, but names a danger or an authority",
        _other_but_watched,
    ),
    Rule(
        "not set aside if it may be a complaint",
        "it reads as no business of ours, but may be a complaint",
        _other_but_maybe_a_complaint,
    ),
    Rule(
        "names the next stage",
        "it reads as a reply, but names the next stage while the first is open",
        _names_the_next_stage,
    ),
    Rule(
        "another matter in an open case",
        "it reads as a reply, but seems to complain of something else as well",
        _speaks_of_another_matter,
    ),
    Rule(
        "not a mere reply",
        "it reads as a reply, but seems not to accept the outcome",
        _asks_for_more_than_a_reply,
    ),
)
"""In this order; the first that applies asks a person."""

HAPPY_KINDS = frozenset(
    {ReplyKind.WITHDRAWS, ReplyKind.CONFIRMS_SUMMARY, ReplyKind.ACCEPTS_OUTCOME, ReplyKind.THANKS}
)
SURE_OF_HAPPY = 0.6
"""A reply that shows displeasure, or that somebody is at risk, is taken for one of these at this chance or not at all:
"I don't want him to deal with my complaint" is no withdrawal."""

TOGETHER = 64  # mails that are read at once: more save no time and cost memory


@dataclass(frozen=True)
class Chain:
    """Reads mail into verdicts. Holds no state: the same mail gives the same verdict."""

    model: Model
    limits: Limits
    version: str
    rules: tuple[Rule, ...] = RULES
    caution: Caution = field(default_factory=Caution)

    def read(self, ask: Ask) -> Verdict:
        """The verdict on one mail. Never raises for what a mail says."""
        return self.read_many([ask])[0]

    def read_many(self, asks: Sequence[Ask]) -> list[Verdict]:
        """Verdicts in the order of `asks`; cheaper a mail than one by one."""
        verdicts: list[Verdict] = []
        for start in range(0, len(asks), TOGETHER):
            reads = [read(ask) for ask in asks[start : start + TOGETHER]]
            taken = self.model.take(reads)
            chances = self.model.chances(taken)
            verdicts.extend(self._decide(taken, chances, row) for row in range(len(reads)))
        return verdicts

    def _decide(self, taken: Taken, chances: Chances, row: int) -> Verdict:
        here = taken.reads[row]
        flags = self._flags(taken, chances, row)
        likeliest = sorted(range(len(INTENTS)), key=lambda c: -chances.intents[row][c])
        costs = self.caution.prices() @ chances.intents[row]
        # The decision is always the likeliest reading: where another would be cheaper, that is a question.
        top = likeliest[0]
        draft = Draft(
            here,
            INTENTS[top],
            {intent: float(chances.intents[row][c]) for c, intent in enumerate(INTENTS)},
            float(costs[top]),
            frozenset(r.flag for r in flags),
            self.limits,
            self.caution,
        )
        stopped = next((rule for rule in self.rules if rule.applies(draft)), None)
        shown = likeliest[:1]
        if stopped is not None:
            third = likeliest[2]
            shown = likeliest[: 3 if chances.intents[row][third] >= 0.1 else 2]
        readings = tuple(
            Reading(INTENTS[c], float(chances.intents[row][c]), self.model.spoke_for(taken, row, INTENTS[c]))
            for c in shown
        )
        intent = INTENTS[top] if stopped is None else Intent.UNSURE
        may_be_reply = any(r.intent is Intent.REPLY for r in readings)
        return Verdict(
            intent=intent,
            readings=readings,
            reply_kind=_kind(here, chances.kinds[row], draft.flags) if may_be_reply else None,
            topics=self._topics(chances, row, INTENTS[top]),
            flags=flags,
            reasons=(*readings[0].reasons, name_stage(here.ask.stage)) if stopped is None else (stopped.why,),
            model=self.version,
        )

    def _flags(self, taken: Taken, chances: Chances, row: int) -> tuple[Raised, ...]:
        here = taken.reads[row]
        sure = tuple(
            h
            for h in here.hits
            if rings(h.word, float(chances.flags[row][FLAGS.index(h.word.flag)]), self.limits)
        )
        raised = {r.flag: r for r in phrases(here.typed, sure)}
        for column, flag in enumerate(FLAGS):
            if flag not in raised and chances.flags[row][column] >= self.limits.flags[flag]:
                raised[flag] = Raised(flag, weighed=self.model.raised(taken, row, flag))
        return tuple(sorted(raised.values(), key=lambda r: FLAGS.index(r.flag)))

    def _topics(self, chances: Chances, row: int, intent: Intent) -> tuple[Topic, ...]:
        found = [c for c, topic in enumerate(TOPICS) if chances.topics[row][c] >= self.limits.topics[topic]]
        if not found and intent is not Intent.OTHER:
            found = [int(chances.topics[row].argmax())]
        return tuple(TOPICS[c] for c in sorted(found, key=lambda c: -chances.topics[row][c])[:4])


def _kind(here: Read, chances: Floats, flags: frozenset[Flag]) -> ReplyKind:
    """The likeliest kind of reply; with doubt about a happy one it is information, which a person reads."""
    top = int(chances.argmax())
    troubled = flags & {*NEVER_MISSED, Flag.STAFF_COMPLAINT} or {"anger", "rude"} & set(
        here.views.cues.split()
    )
    doubtful = KINDS[top] in HAPPY_KINDS and chances[top] < SURE_OF_HAPPY and troubled
    return ReplyKind.PROVIDES_INFORMATION if doubtful else KINDS[top]


def rings(word: Watchword, chance: float, limits: Limits) -> bool:
    """Whether a watchword that was found raises its flag, where the model gives the flag this chance."""
    return chance >= (limits.hint[word.flag] if word.hint else limits.doubt[word.flag] if word.broad else 0.0)


AUTO_ERROR = 0.022  # most that may be wrong of what is decided without a person
GUARDED = 0.9975  # least of the complaints and escalations that must go right or to a person
PRECISION = 0.53  # of what rings for a flag that must never be missed: a bell that always rings is not heard
HINT, DOUBT = 0.02, 0.006  # for the other flags that have watchwords; the curve is flat round them


@dataclass(frozen=True)
class Truth:
    """The right answers: intents as column numbers, flags and topics as booleans, one row a mail."""

    intents: Integers
    topics: Bools
    flags: Bools


def choose_limits(chances: Chances, reads: Sequence[Read], truth: Truth) -> Limits:
    """Limits from calibrated probabilities of mail that the model had not seen.

    `ask`: the highest price of a question at which no more than `AUTO_ERROR` of what is decided is wrong
    and `GUARDED` of complaints and escalations go right or to a person. Flags that must never be missed: whatever
    finds most of them while `PRECISION` of what rings is right (see `generous`); other flags and topics: best F1.
    """
    hint, doubt = dict.fromkeys(FLAGS, HINT), dict.fromkeys(FLAGS, DOUBT)
    flags: dict[Flag, float] = {}
    for column, flag in enumerate(FLAGS):
        chance, right = chances.flags[:, column], truth.flags[:, column]
        words = [[h.word for h in r.hits if h.word.flag is flag] for r in reads]
        firm = np.array([any(not (w.hint or w.broad) for w in here) for here in words])
        broad = np.array([any(w.broad for w in here) for here in words])
        hinted = np.array([any(w.hint for w in here) for here in words])
        if flag in NEVER_MISSED:
            doubt[flag], hint[flag], flags[flag] = generous(chance, right, firm, broad, hinted)
        else:
            by_words = firm | (broad & (chance >= DOUBT)) | (hinted & (chance >= HINT))
            flags[flag] = _limit_for_f1(chance, right, by_words)
    topics = {
        topic: _limit_for_f1(chances.topics[:, c], truth.topics[:, c], np.zeros(len(reads), dtype=bool))
        for c, topic in enumerate(TOPICS)
    }
    return Limits(_price_of_asking(chances.intents, truth.intents), hint, doubt, flags, topics)


def generous(
    chance: Floats, right: Bools, firm: Bools, broad: Bools, hinted: Bools
) -> tuple[float, float, float]:
    """Limits for broad words, hints and the model alone that find most of what is `right` while `PRECISION` of what
    rings is; of several, those at which most rings: dangers told in words that nobody thought of are still to come."""
    best, found_best = (0.05, 0.2, 0.4), (-1, -1)
    for doubt, hint, alone in product(
        (0.004, 0.006, 0.01, 0.015, 0.02, 0.03, 0.04, 0.05),
        (0.02, 0.03, 0.05, 0.08, 0.12, 0.2),
        (0.06, 0.08, 0.1, 0.12, 0.14, 0.16, 0.18, 0.2, 0.23, 0.26, 0.3, 0.35, 0.4),
    ):
        rung = firm | (broad & (chance >= doubt)) | (hinted & (chance >= hint)) | (chance >= alone)
        hit, many = int((rung & right).sum()), int(rung.sum())
        if hit >= PRECISION * many and (hit, many) > found_best:
            best, found_best = (doubt, hint, alone), (hit, many)
    return best


def _price_of_asking(chances: Floats, right: Integers) -> float:
    top = chances.argmax(axis=1)
    costs = np.einsum("ij,ij->i", PRICE[top], chances)
    guarded = np.isin(right, [INTENTS.index(Intent.NEW_COMPLAINT), INTENTS.index(Intent.ESCALATION_REQUEST)])
    best = 0.0
    for price in np.round(np.arange(0.05, 3.0, 0.01), 2):
        decided = costs < price
        wrong = decided & (top != right)
        if not decided.any():
            continue
        missed = (wrong & guarded).sum() / max(guarded.sum(), 1)
        if wrong.sum() / decided.sum() <= AUTO_ERROR and 1 - missed >= GUARDED:
            best = float(price)
    return best


def _limit_for_f1(chance: Floats, right: Bools, by_words: Bools) -> float:
    best, best_f1 = 0.5, -1.0
    for limit in np.arange(0.1, 0.9, 0.02):
        found = by_words | (chance >= limit)
        hit = (found & right).sum()
        f1 = 2 * hit / max(found.sum() + right.sum(), 1)
        if f1 > best_f1:
            best, best_f1 = float(limit), float(f1)
    return round(best, 2)
