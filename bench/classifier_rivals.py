"""Other ways to tell the intent, on the same folds and features as the model that ships. Each takes mail to learn from
and mail to read, and gives probabilities; nothing of the mail to read is used in fitting.

    python bench/bench_classifier.py --rivals
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from classifiers.corpus_reading import PRIMER, Labelled, judging, labels_of, writers_of
from classifiers.model import (
    BY_STAGE,
    CROSSED,
    INTENTS,
    WANTED,
    Model,
    Scores,
    fit,
    fit_views,
    groups_of,
    matrix,
    read,
    take_views,
)
from mailbot.casework.vocabulary import Intent

SEED = 20


@dataclass(frozen=True)
class Fold:
    """One writer held back: features by view of the mail to learn from and of the mail to read."""

    learn: dict[str, Any]
    ask: dict[str, Any]
    learn_groups: Any
    ask_groups: Any
    intents: Any  # of the mail to learn from
    model: Model
    taken: Any
    held: Scores  # of the mail to learn from, each by a fit without its writer
    chances: Any  # what the model that ships says of the mail to read


def views_of(blocks: dict[str, Any], names: Sequence[str]) -> Any:
    return sparse.hstack([matrix(blocks[name]) * np.sqrt(WANTED[name]) for name in names], format="csr")


def crossed(blocks: dict[str, Any], groups: Any) -> Any:
    everything = views_of(blocks, list(WANTED))
    again = views_of(blocks, list(CROSSED)) * np.sqrt(BY_STAGE)
    families = [sparse.diags((groups[:, 0] == family).astype(float)) @ again for family in range(5)]
    return sparse.hstack([everything, *families], format="csr")


def logistic(balanced: bool = True) -> LogisticRegression:
    weight = "balanced" if balanced else None
    return LogisticRegression(C=6.0, max_iter=120, class_weight=weight, random_state=SEED)


def plain(names: Sequence[str]) -> Callable[[Fold], Any]:
    def by(fold: Fold) -> Any:
        fitted = logistic().fit(views_of(fold.learn, names), fold.intents)
        return fitted.predict_proba(views_of(fold.ask, names))

    return by


def crossed_logistic(fold: Fold) -> Any:
    fitted = logistic().fit(crossed(fold.learn, fold.learn_groups), fold.intents)
    return fitted.predict_proba(crossed(fold.ask, fold.ask_groups))


def support_vectors(fold: Fold) -> Any:
    inner = LinearSVC(C=0.15, class_weight="balanced", random_state=SEED)
    fitted = CalibratedClassifierCV(inner, method="sigmoid", cv=4)
    fitted.fit(crossed(fold.learn, fold.learn_groups), fold.intents)
    return fitted.predict_proba(crossed(fold.ask, fold.ask_groups))


def bayes_weighted(fold: Fold) -> Any:
    """Wang and Manning (2012): features weighed by their log-count ratio, one linear SVM a class."""
    names = ("words", "cues", "concepts", "pairs")
    learn, ask = views_of(fold.learn, names), views_of(fold.ask, names)
    scores = np.zeros((ask.shape[0], len(INTENTS)))
    own = np.zeros((learn.shape[0], len(INTENTS)))
    for column in range(len(INTENTS)):
        here = fold.intents == column
        for_it = np.asarray(learn[here].sum(axis=0)).ravel() + 0.5
        against = np.asarray(learn[~here].sum(axis=0)).ravel() + 0.5
        ratio = sparse.diags(np.log((for_it / for_it.sum()) / (against / against.sum())))
        fitted = LinearSVC(C=0.05, class_weight="balanced", random_state=SEED).fit(learn @ ratio, here)
        scores[:, column] = fitted.decision_function(ask @ ratio)
        own[:, column] = fitted.decision_function(learn @ ratio)
    return logistic(balanced=False).fit(own, fold.intents).predict_proba(scores)


def two_steps(fold: Fold) -> Any:
    """Is it about the case that there is (a reply or an escalation)? Then, which of those, or of the rest."""
    about = np.isin(fold.intents, [INTENTS.index(Intent.REPLY), INTENTS.index(Intent.ESCALATION_REQUEST)])
    learn, ask = crossed(fold.learn, fold.learn_groups), crossed(fold.ask, fold.ask_groups)
    chance = logistic().fit(learn, about).predict_proba(ask)[:, 1]
    found = np.zeros((ask.shape[0], len(INTENTS)))
    for side, share in ((about, chance), (~about, 1 - chance)):
        fitted = logistic().fit(learn[side], fold.intents[side])
        found[:, fitted.classes_] = share[:, None] * fitted.predict_proba(ask)
    return found


def stacked(fold: Fold) -> Any:
    """Trees over held-back scores of everything (intents, kinds, topics, flags) and the cues."""

    def rows(scores: Scores, blocks: dict[str, Any]) -> Any:
        return np.hstack([scores.intents, scores.topics, scores.flags, matrix(blocks["cues"]).toarray() > 0])

    trees = ExtraTreesClassifier(
        300, min_samples_leaf=2, max_features=0.3, class_weight="balanced", random_state=SEED
    )
    trees.fit(rows(fold.held, fold.learn), fold.intents)
    return trees.predict_proba(rows(fold.model.scores(fold.taken), fold.ask))


def shipped(fold: Fold) -> Any:
    return fold.chances


def averaged(*ways: Callable[[Fold], Any]) -> Callable[[Fold], Any]:
    return lambda fold: sum(way(fold) for way in ways) / len(ways)


RIVALS: dict[str, Callable[[Fold], Any]] = {
    "the model that ships": shipped,
    "words and letters, logistic regression": plain(("words", "letters")),
    "the same and cues, edges, standing": plain(("words", "letters", "cues", "edges", "standing")),
    "the same and concepts, pairs": plain(list(WANTED)),
    "all views, crossed with the stage, logistic regression": crossed_logistic,
    "all views, crossed, linear SVM, calibrated": support_vectors,
    "NB-weighted features, linear SVM": bayes_weighted,
    "two steps: about the case or not, then which": two_steps,
    "trees stacked on held-back scores": stacked,
    "average of the shipped and the linear SVM": averaged(shipped, support_vectors),
}


def compare(corpus: Sequence[Labelled], figures_of: Callable[[Any, Any], str]) -> None:
    """Print what each makes of mail of held-back writers."""
    reads = [read(m.ask) for m in corpus]
    right = labels_of(corpus).intents.argmax(axis=1)
    told = {name: np.zeros((len(corpus), len(INTENTS))) for name in RIVALS}
    judged = np.array([m.writer != PRIMER for m in corpus])
    for writer in sorted({m.writer for m in corpus} - {PRIMER}):
        here = np.array([m.writer == writer for m in corpus])
        learn, ask = np.flatnonzero(~here), np.flatnonzero(here)
        part = [corpus[k] for k in learn]
        model, held = fit([reads[k] for k in learn], labels_of(part), writers_of(part), judging(part), SEED)
        taken = model.take([reads[k] for k in ask])
        views = [reads[k].views for k in learn], [reads[k].views for k in ask]
        grams, learnt = fit_views(views[0])
        fold = Fold(
            learnt,
            take_views(grams, views[1]),
            groups_of(views[0]),
            groups_of(views[1]),
            right[learn],
            model,
            taken,
            held,
            model.chances(taken).intents,
        )
        for name, way in RIVALS.items():
            told[name][ask] = way(fold)
        print(f"{writer} read", file=sys.stderr, flush=True)
    print(f"{'':<56} macro F1  log loss  decided at 3% wrong")
    for name, found in told.items():
        print(f"{name:<56} {figures_of(found[judged], right[judged])}")
