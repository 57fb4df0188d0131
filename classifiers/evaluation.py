"""How good the chain is, on mail by writers that it has not learnt from.

The corpus is split by file, never at random: one person wrote each, and a model that has seen a writer's other
mail knows their turns of phrase. `leave_one_file_out` trains as `train` does (calibration and limits included)
on all files but one, reads that one, and pools the verdicts.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from classifiers.chain import Chain
from classifiers.corpus_reading import PRIMER, Labelled, read_corpus
from classifiers.model import FLAGS, INTENTS, TOPICS, Bools, Floats, read
from mailbot.casework.vocabulary import Flag, Intent, Verdict


@dataclass(frozen=True)
class Score:
    """Precision, recall and F1 of one label, and how many messages truly have it."""

    precision: float
    recall: float
    f1: float
    n: int


@dataclass(frozen=True)
class Report:
    """Figures of one evaluation. All shares are 0 to 1.

    intent_macro_f1    everything decided: the likeliest reading counts, sure or not
    auto_share         decided without a person
    auto_error         wrong among those
    guarded_recall     complaints, escalations and hazards that get the right intent or a person, and, if a
                       hazard, its flag or a person
    ece                expected calibration error of the likeliest reading, ten bins of equal width
    reliability        (mean confidence, share right, messages) of each bin
    confusion          rows true, columns likeliest, in the order of INTENTS
    ms_per_message     processor's time, in batches: by the clock it would say what else the machine was doing
    """

    n: int
    intent_macro_f1: float
    intent: Mapping[str, Score]
    auto_share: float
    auto_error: float
    guarded_recall: float
    flags: Mapping[str, Score]
    topics: Mapping[str, Score]
    ece: float
    ms_per_message: float
    reply_kind_accuracy: float
    reliability: tuple[tuple[float, float, int], ...]
    confusion: tuple[tuple[int, ...], ...]
    by_file: Mapping[str, float]  # macro F1 of each file

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=2)

    def figures(self) -> dict[str, object]:
        """What `mailbot evaluate --json` tells: every figure of a label with how many messages truly have it."""
        told = asdict(self)
        return {
            key: told[key]
            for key in (
                "n",
                "intent_macro_f1",
                "intent",
                "auto_share",
                "auto_error",
                "guarded_recall",
                "flags",
                "topics",
                "ece",
                "ms_per_message",
            )
        }


def evaluate(paths: Iterable[Path], chain: Chain | None = None) -> Report:
    """Read every message of `paths` with `chain` (None: the cached one) and compare with its labels."""
    corpus = read_corpus(paths)
    if chain is None:
        from classifiers.training import ensure

        chain = ensure(None)
    return evaluate_mail(corpus, chain)


def evaluate_mail(corpus: Sequence[Labelled], chain: Chain) -> Report:
    """As `evaluate`, for mail that was read already."""
    verdicts, seconds = _timed(chain, corpus)
    return report(corpus, verdicts, seconds)


def leave_one_file_out(paths: Sequence[Path], seed: int = 20) -> Report:
    """Train on all files but one, read that one; once for each file, pooled. The primer is in every training and
    is never read."""
    corpus = read_corpus(paths)
    return hold_back(corpus, sorted({m.writer for m in corpus} - {PRIMER}), seed)[0]


Held = tuple[tuple[Labelled, Verdict], ...]
"""Mail with what a model that had not learnt from it said."""


def hold_back(corpus: Sequence[Labelled], writers: Sequence[str], seed: int = 20) -> tuple[Report, Held]:
    """Train on all mail but one of these writers', read that writer's; once for each of them, pooled."""
    from classifiers.training import build

    reads = [read(m.ask) for m in corpus]
    held: list[Labelled] = []
    verdicts: list[Verdict] = []
    seconds = 0.0
    for writer in writers:
        others = [k for k, m in enumerate(corpus) if m.writer != writer]
        chain = build([corpus[k] for k in others], seed, "held back", [reads[k] for k in others])
        part = [m for m in corpus if m.writer == writer]
        said, spent = _timed(chain, part)
        held.extend(part)
        verdicts.extend(said)
        seconds += spent
    return report(held, verdicts, seconds), tuple(zip(held, verdicts, strict=True))


def _timed(chain: Chain, corpus: Sequence[Labelled]) -> tuple[list[Verdict], float]:
    chain.read(corpus[0].ask)  # imports and caches are not the messages' cost
    begun = time.process_time()
    verdicts = chain.read_many([m.ask for m in corpus])
    return verdicts, time.process_time() - begun


def report(corpus: Sequence[Labelled], verdicts: Sequence[Verdict], seconds: float) -> Report:
    """Compare verdicts with labels, message by message."""
    likeliest = [v.readings[0].intent for v in verdicts]
    true = [m.intent for m in corpus]
    decided = [v.intent is not Intent.UNSURE for v in verdicts]
    wrong = sum(d and a is not b for d, a, b in zip(decided, likeliest, true, strict=True))
    intents = {i.value: _score([a is i for a in likeliest], [b is i for b in true]) for i in INTENTS}
    replies = [
        (m, v) for m, v in zip(corpus, verdicts, strict=True) if m.reply_kind and v.intent is Intent.REPLY
    ]
    confidence = np.array([v.confidence for v in verdicts])
    right = np.array([a is b for a, b in zip(likeliest, true, strict=True)])
    bins = _reliability(confidence, right)
    return Report(
        n=len(corpus),
        intent_macro_f1=_macro(likeliest, true),
        intent=intents,
        auto_share=sum(decided) / len(corpus),
        auto_error=wrong / max(sum(decided), 1),
        guarded_recall=_guarded_recall(corpus, verdicts),
        flags={f.value: _score([v.has(f) for v in verdicts], [f in m.flags for m in corpus]) for f in FLAGS},
        topics={
            t.value: _score([t in v.topics for v in verdicts], [t in m.topics for m in corpus])
            for t in TOPICS
        },
        ece=sum(abs(mean - share) * many for mean, share, many in bins) / len(corpus),
        ms_per_message=1000 * seconds / len(corpus),
        reply_kind_accuracy=sum(m.reply_kind is v.reply_kind for m, v in replies) / max(len(replies), 1),
        reliability=bins,
        confusion=tuple(
            tuple(
                sum(t is row and p is column for t, p in zip(true, likeliest, strict=True))
                for column in INTENTS
            )
            for row in INTENTS
        ),
        by_file={
            writer: _macro(
                [p for p, m in zip(likeliest, corpus, strict=True) if m.writer == writer],
                [m.intent for m in corpus if m.writer == writer],
            )
            for writer in sorted({m.writer for m in corpus})
        },
    )


def _macro(likeliest: Sequence[Intent], true: Sequence[Intent]) -> float:
    """Mean F1 over the intents that occur."""
    there = [i for i in INTENTS if i in true or i in likeliest]
    return sum(_score([a is i for a in likeliest], [b is i for b in true]).f1 for i in there) / len(there)


def _score(found: Sequence[bool], true: Sequence[bool]) -> Score:
    hit = sum(a and b for a, b in zip(found, true, strict=True))
    precision, recall = hit / max(sum(found), 1), hit / max(sum(true), 1)
    f1 = 2 * hit / max(sum(found) + sum(true), 1)
    return Score(precision, recall, f1, sum(true))


def _guarded_recall(corpus: Sequence[Labelled], verdicts: Sequence[Verdict]) -> float:
    guarded = kept = 0
    for message, verdict in zip(corpus, verdicts, strict=True):
        dear = message.intent in (Intent.NEW_COMPLAINT, Intent.ESCALATION_REQUEST)
        hazard = Flag.URGENT_HAZARD in message.flags
        if not (dear or hazard):
            continue
        guarded += 1
        asked = verdict.intent is Intent.UNSURE
        kept += asked or (
            (not dear or verdict.intent is message.intent) and (not hazard or verdict.has(Flag.URGENT_HAZARD))
        )
    return kept / max(guarded, 1)


def _reliability(confidence: Floats, right: Bools) -> tuple[tuple[float, float, int], ...]:
    bins = []
    for low in np.arange(0, 1, 0.1):
        here = (confidence > low) & (confidence <= low + 0.1 + 1e-9)
        if here.any():
            bins.append((float(confidence[here].mean()), float(right[here].mean()), int(here.sum())))
    return tuple(bins)
