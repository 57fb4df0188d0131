"""Learning from a landlord's people, and refusing a model that guards residents worse than the one in use.

The candidate is tried on mail that it has not learnt from: each corpus file held back in turn, and the landlord's
own decided mail held back in parts. Its guarded figures are compared with those of the model in use, on the same
mail: that model's own figures by file stand in its notes (or are found anew, for the shipped one), and of the
decided mail it is asked only what it has not learnt either.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from classifiers.chain import Chain
from classifiers.corpus_reading import PRIMER, Labelled, read_corpus
from classifiers.evaluation import Report, evaluate_mail, hold_back
from classifiers.training import SEED, notes_beside, notes_of, train

PARTS = 5
"""In how many parts decided mail is held back."""


@dataclass(frozen=True)
class Relearnt:
    """What became of a retraining.

    corpus, own  the candidate's figures on held-back corpus files, and on held-back decisions
    rows         (guarded figure, the model in use, the candidate), as shares; None where there is none to compare
    worse        names of the guarded figures that the candidate is worse on: if any, it was not installed
    """

    corpus: Report
    own: Report
    rows: tuple[tuple[str, float | None, float], ...]
    worse: tuple[str, ...]
    version: str
    previous: Path | None

    @property
    def installed(self) -> bool:
        return not self.worse


def relearn(
    corpus_paths: Sequence[Path],
    decisions: Sequence[Labelled],
    out: Path,
    in_use: Chain,
    in_use_at: Path | None = None,
    seed: int = SEED,
) -> Relearnt:
    """Train on the corpus and the decisions; write to `out` unless a guarded figure is worse than that of `in_use`.

    `in_use_at` is where the model in use lies, None for the shipped one. What was at `out` stays beside it as
    "...-previous.npz"."""
    corpus = read_corpus(corpus_paths)
    files = sorted({m.writer for m in corpus} - {PRIMER})
    parts = [replace(m, writer=f"{m.writer} {k % PARTS}") for k, m in enumerate(decisions)]
    both = (*corpus, *parts)
    on_files, _ = hold_back(both, files, seed)
    on_own, _ = hold_back(both, sorted({m.writer for m in parts}), seed)
    notes: dict[str, Any] = notes_of(in_use_at) if in_use_at else {}
    before: Mapping[str, float] = notes.get("figures") or guarded(hold_back(corpus, files, seed)[0])
    known = set(notes.get("decisions", ()))
    fresh = [m for m in parts if m.identity not in known]
    rows: list[tuple[str, float | None, float]] = [
        (name, before[name], after) for name, after in guarded(on_files).items()
    ]
    name = "guarded recall on your own decided mail"
    rows.append((name, evaluate_mail(fresh, in_use).guarded_recall if fresh else None, on_own.guarded_recall))
    worse = tuple(name for name, old, new in rows if old is not None and new < old - 1e-9)
    version, previous = "", None
    if not worse:
        previous = keep_previous(out)
        chain = train(corpus_paths, out, seed, decisions, guarded(on_files))
        version = chain.version
    return Relearnt(on_files, on_own, tuple(rows), worse, version, previous)


def guarded(report: Report) -> dict[str, float]:
    """The figures that must not get worse."""
    return {
        "guarded recall": report.guarded_recall,
        "recall of urgent_hazard": report.flags["urgent_hazard"].recall,
        "recall of safeguarding": report.flags["safeguarding"].recall,
    }


def keep_previous(out: Path) -> Path | None:
    """Copy the model at `out`, if there is one, beside itself; gives where it lies now."""
    if not out.exists() or not notes_beside(out).exists():
        return None
    previous = out.with_name(f"{out.stem}-previous{out.suffix}")
    shutil.copy2(out, previous)
    shutil.copy2(notes_beside(out), notes_beside(previous))
    return previous
