"""The model: eight views of a mail, one linear map, and scores made into probabilities.

Every label (intent, topic, flag, and reply kind) is a column of one kernel ridge regression over the same
features; the dual is solved once for all of them (1,600 mails, a second), then turned into plain weights, so
that a mail costs one sparse product and every decision can name the words that weighed most.

Intents see the features thrice: for all mail, for mail at the same family of stages, because "still not done" is
a complaint where nothing is open and a reply where a complaint is, and for mail by the same kind of sender, where
that is known: a supplier's grievance is none of ours. Scores become probabilities
by logistic regressions fitted on scores of held-back writers, never on those the map was fitted to.

Reading mail takes numpy alone; scipy and scikit-learn are imported where something is fitted, because a daemon that
only reads shouldn't carry them (a hundred megabytes).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from classifiers.explaining import name_features
from classifiers.features import FAMILIES, SENDERS, Ask, Views, view
from classifiers.grams import Grams, Recipe, Rows, fit_all
from classifiers.sentinels import Hit, hits, read_for
from mailbot.casework.vocabulary import Flag, Intent, ReplyKind, Topic

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Bools = NDArray[np.bool_]
Places = NDArray[np.int32]

INTENTS: tuple[Intent, ...] = tuple(i for i in Intent if i is not Intent.UNSURE)
KINDS: tuple[ReplyKind, ...] = tuple(ReplyKind)
TOPICS: tuple[Topic, ...] = tuple(Topic)
FLAGS: tuple[Flag, ...] = tuple(Flag)

# Weight of each view in the kernel. Chosen on leave-one-file-out; doubling or halving any of them moves macro F1
# by less than 0.01.
VIEWS: tuple[str, ...] = ("words", "letters", "subject", "edges", "standing", "cues", "concepts", "pairs")
WANTED: Mapping[str, float] = {
    "words": 6.0, "letters": 1.0, "subject": 0.75, "edges": 1.0, "standing": 0.06, "cues": 0.5, "concepts": 2.5,
    "pairs": 2.5,
}  # fmt: skip
"""For intents and reply kinds, in all mail."""
CROSSED: Mapping[str, float] = {"words": 1.0, "letters": 1.0, "cues": 1.0, "concepts": 0.8, "pairs": 0.8}
"""For intents, besides, in mail of the same group: times the weight of that kind of group, below."""
BY_STAGE, BY_SENDER = 0.15, 0.3
ABOUT: Mapping[str, float] = {
    "words": 1.0, "letters": 2.0, "subject": 0.0, "edges": 0.3, "standing": 0.06, "cues": 1.2, "concepts": 1.0,
    "pairs": 0.3,
}  # fmt: skip
"""For topics and flags, in all mail."""
RIDGE = 0.4  # strength of the penalty
LOOSE = 3.0  # how freely calibration follows the scores of held-back writers
BALANCE = 0.8  # 0: every mail counts the same, 1: every intent does

_FAMILY_NAMES: tuple[str, ...] = tuple(dict.fromkeys(FAMILIES.values()))
GROUPS: tuple[str, ...] = (*_FAMILY_NAMES, *SENDERS)
"""Groups of mail that features are weighed anew in: families of stages, then kinds of sender."""
_SPEAKING = ("words", "edges", "cues")  # views whose features can be shown to a person
_WORDS = re.compile(r"\w+|[?!]").findall


@dataclass(frozen=True)
class Read:
    """A mail as the model and the chain take it: its views, and the watchwords with the text they stand in."""

    ask: Ask
    typed: str
    plain: str
    hits: tuple[Hit, ...]
    views: Views


def read(ask: Ask) -> Read:
    """Everything that is read from a mail's words, once."""
    typed, plain_text = read_for(ask.text, ask.subject)
    found = hits(plain_text)
    return Read(ask, typed, plain_text, found, view(ask, tuple(h.word.name for h in found)))


RECIPES: Mapping[str, Recipe] = {
    "words": Recipe(_WORDS, longest=3, at_least=2),
    "letters": Recipe(None, longest=5, shortest=3, at_least=5),
    "subject": Recipe(_WORDS, longest=2, at_least=2),
    "edges": Recipe(str.split, longest=2, at_least=2),
    "standing": Recipe(str.split, counted="often", plain=True),
    "cues": Recipe(str.split, at_least=2, counted="once"),
    "concepts": Recipe(str.split, longest=3, at_least=3),
    "pairs": Recipe(str.split, at_least=3),
}


def fit_views(views: Sequence[Views]) -> tuple[dict[str, Grams], dict[str, Rows]]:
    return fit_all(RECIPES, {name: [getattr(v, name) for v in views] for name in RECIPES})


def take_views(grams: Mapping[str, Grams], views: Sequence[Views]) -> dict[str, Rows]:
    return {name: g.take([getattr(v, name) for v in views]) for name, g in grams.items()}


def matrix(rows: Rows) -> csr_matrix:
    from scipy.sparse import csr_matrix

    return csr_matrix((rows.data, rows.indices, rows.indptr), shape=(len(rows), rows.width))


def shared_rows(blocks: Mapping[str, Rows]) -> csr_matrix:
    """The features of all views side by side, unscaled; a constant stands last."""
    from scipy import sparse

    one = sparse.csr_matrix(np.ones((len(next(iter(blocks.values()))), 1)))
    return sparse.hstack([*(matrix(blocks[name]) for name in VIEWS), one], format="csr")


def crossed_rows(blocks: Mapping[str, Rows]) -> csr_matrix:
    """The features that are weighed anew in each group (before they are put in its place)."""
    from scipy import sparse

    return sparse.hstack([matrix(blocks[name]) for name in CROSSED], format="csr")


def scales(blocks: Mapping[str, Rows], weights: Mapping[str, float]) -> Floats:
    """The weight of each column of `shared_rows`."""
    return np.concatenate([*(np.full(blocks[name].width, weights[name]) for name in VIEWS), np.ones(1)])


def crossed_scales(blocks: Mapping[str, Rows]) -> Floats:
    """The weight of each column of `crossed_rows`."""
    return np.concatenate([np.full(blocks[name].width, weight) for name, weight in CROSSED.items()])


def groups_of(views: Sequence[Views]) -> Integers:
    """(mails, 2): the numbers in GROUPS of each mail's family of stages and kind of sender, -1 for one unknown."""
    return np.array(
        [(GROUPS.index(v.family), GROUPS.index(v.sender) if v.sender else -1) for v in views], dtype=np.int64
    )


@dataclass(frozen=True)
class Labels:
    """The right answers of a corpus as matrices of +1 and -1, one row a mail."""

    intents: Floats
    kinds: Floats  # all -1 for mail that is no reply
    topics: Floats
    flags: Floats
    weights: Floats  # (mails,) how many times each counts

    def of(self, rows: Integers) -> Labels:
        return Labels(
            self.intents[rows], self.kinds[rows], self.topics[rows], self.flags[rows], self.weights[rows]
        )


@dataclass(frozen=True)
class Scores:
    """What the linear map says before calibration, one row a mail, and the number of its family of stages."""

    intents: Floats
    kinds: Floats
    topics: Floats
    flags: Floats
    families: Integers

    def of(self, rows: Integers) -> Scores:
        return Scores(
            self.intents[rows], self.kinds[rows], self.topics[rows], self.flags[rows], self.families[rows]
        )

    def intents_where_they_stand(self) -> Floats:
        """Scores of intents beside the family of stages: what is rare there needs more to be believed."""
        return np.hstack([self.intents, np.eye(len(_FAMILY_NAMES))[self.families]])


@dataclass(frozen=True)
class Chances:
    """Calibrated probabilities, one row a mail; columns as INTENTS, KINDS, TOPICS, FLAGS."""

    intents: Floats
    kinds: Floats
    topics: Floats
    flags: Floats


def mail_weights(labels: Labels) -> Floats:
    """Rare intents count more, by BALANCE, and mail that the labels say so."""
    count = (labels.intents > 0).sum(axis=0)
    share = len(labels.intents) / (len(INTENTS) * np.maximum(count, 1))
    return np.asarray((share**BALANCE)[labels.intents.argmax(axis=1)] * labels.weights, dtype=np.float64)


@dataclass(frozen=True)
class Fitted:
    """Dual coefficients of a fit: one row a mail, 0 in `kinds` for mail that is no reply."""

    intents: Floats
    kinds: Floats
    about: Floats  # topics, then flags


@dataclass(frozen=True)
class Dual:
    """Kernels of a corpus: enough to fit it, and to score any part of it held back, without its features."""

    wanted: Floats  # reply kinds
    crossed: Floats  # intents
    about: Floats  # topics and flags

    def fit(self, labels: Labels, writers: Integers, families: Integers) -> tuple[Fitted, Scores]:
        """Fit to all mail; and the scores that each mail gets from a fit to the other writers' mail alone. Of mail
        that is no reply, scores of reply kinds are 0."""
        replies = np.flatnonzero((labels.kinds > 0).any(axis=1))
        kinds, held_kinds = np.zeros_like(labels.kinds), np.zeros_like(labels.kinds)
        if len(replies):
            there = np.ix_(replies, replies)
            kinds[replies], held_kinds[replies] = _ridge(
                self.wanted[there], labels.kinds[replies], np.ones(len(replies)), writers[replies]
            )
        intents, held_intents = _ridge(self.crossed, labels.intents, mail_weights(labels), writers)
        matters = np.hstack([labels.topics, labels.flags])
        about, held_about = _ridge(self.about, matters, np.ones(len(writers)), writers)
        held = Scores(
            held_intents, held_kinds, held_about[:, : len(TOPICS)], held_about[:, len(TOPICS) :], families
        )
        return Fitted(intents, kinds, about), held


def _ridge(kernel: Floats, targets: Floats, weights: Floats, writers: Integers) -> tuple[Floats, Floats]:
    """Dual coefficients of a kernel ridge regression (Saunders and others, 1998), and the predictions for each
    writer's mail by a fit without it.

    Both come from one inverse: taking the rows of a writer out of (K + ridge) y = target changes the prediction
    for them to target - inverse[rows, rows]^-1 dual[rows] (block leave-one-out), so that nothing is fitted twice."""
    from scipy.linalg import inv, solve

    inverse = inv(kernel + np.diag(RIDGE / weights), check_finite=False)
    dual = inverse @ targets
    held = np.empty_like(targets)
    for writer in np.unique(writers):
        rows = np.flatnonzero(writers == writer)
        held[rows] = targets[rows] - solve(inverse[np.ix_(rows, rows)], dual[rows], assume_a="pos")
    return np.asarray(dual, dtype=np.float64), held


def dual_of(blocks: Mapping[str, Rows], groups: Integers) -> Dual:
    sparse = {name: matrix(blocks[name]) for name in VIEWS}
    gram = {name: np.asarray((rows @ rows.T).todense()) for name, rows in sparse.items()}
    family, sender = groups[:, 0], groups[:, 1]
    shared = BY_STAGE * (family[:, None] == family) + BY_SENDER * (
        (sender[:, None] == sender) & (sender >= 0)
    )

    def mixed(weights: Mapping[str, float]) -> Floats:
        return np.asarray(sum(gram[name] * weight for name, weight in weights.items()), dtype=np.float64)

    wanted = 1 + mixed(WANTED)
    return Dual(wanted, wanted + mixed(CROSSED) * shared, 1 + mixed(ABOUT))


@dataclass(frozen=True)
class Calibration:
    """Logistic maps from scores to probabilities: multinomial for intents and kinds, one each for the rest.

    weights  (scores, classes) or (classes,) slopes; offsets (classes,)
    """

    intent_weights: Floats
    intent_offsets: Floats
    kind_weights: Floats
    kind_offsets: Floats
    slopes: Floats  # topics, then flags
    offsets: Floats

    def chances(self, scores: Scores) -> Chances:
        both = np.hstack([scores.topics, scores.flags])
        each = 1 / (1 + np.exp(-np.clip(both * self.slopes + self.offsets, -35, 35)))
        return Chances(
            _softmax(_weighed(scores.intents_where_they_stand(), self.intent_weights) + self.intent_offsets),
            _softmax(_weighed(scores.kinds, self.kind_weights) + self.kind_offsets),
            each[:, : len(TOPICS)],
            each[:, len(TOPICS) :],
        )


def _weighed(scores: Floats, weights: Floats) -> Floats:
    """`scores @ weights`, each row summed up in the same order however many there are: a matrix product of one mail
    ends in other last digits than that of thirty, and a mail's verdict must not hang on its company."""
    return np.asarray((scores[:, :, None] * weights).sum(axis=1), dtype=np.float64)


def _softmax(scores: Floats) -> Floats:
    raised = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True), dtype=np.float64)


def calibrate(scores: Scores, labels: Labels, seed: int) -> Calibration:
    """Fit the maps on scores of mail that the linear map has not seen."""
    intent_weights, intent_offsets = _multinomial(
        scores.intents_where_they_stand(), labels.intents.argmax(axis=1), len(INTENTS), seed
    )
    replies = np.flatnonzero((labels.kinds > 0).any(axis=1))
    kind_weights, kind_offsets = _multinomial(
        scores.kinds[replies], labels.kinds[replies].argmax(axis=1), len(KINDS), seed
    )
    both = np.hstack([scores.topics, scores.flags])
    right = np.hstack([labels.topics, labels.flags]) > 0
    slopes, offsets = np.zeros(both.shape[1]), np.full(both.shape[1], -6.0)
    for column in range(both.shape[1]):
        if 0 < right[:, column].sum() < len(right):
            weight, offset = _multinomial(both[:, [column]], right[:, column].astype(int), 2, seed)
            slopes[column], offsets[column] = weight[0, 1] - weight[0, 0], offset[1] - offset[0]
    return Calibration(intent_weights, intent_offsets, kind_weights, kind_offsets, slopes, offsets)


def _multinomial(scores: Floats, right: NDArray[Any], classes: int, seed: int) -> tuple[Floats, Floats]:
    from sklearn.linear_model import LogisticRegression

    weights, offsets = np.zeros((scores.shape[1], classes)), np.full(classes, -12.0)
    present = np.unique(right)
    if len(present) < 2:
        offsets[present] = 0.0
        return weights, offsets
    fitted = LogisticRegression(C=LOOSE, max_iter=2000, random_state=seed).fit(scores, right)
    if len(present) == 2:
        weights[:, present[0]], weights[:, present[1]] = -fitted.coef_[0] / 2, fitted.coef_[0] / 2
        offsets[present[0]], offsets[present[1]] = -fitted.intercept_[0] / 2, fitted.intercept_[0] / 2
    else:
        weights[:, present], offsets[present] = fitted.coef_.T, fitted.intercept_
    return weights, offsets


@dataclass(frozen=True)
class Taken:
    """Mails as the model sees them: their features by view, and their groups (`groups_of`)."""

    reads: Sequence[Read]
    blocks: Mapping[str, Rows]
    groups: Integers


@dataclass(frozen=True)
class Model:
    """A fitted model. `shared` weights are (features, intents + kinds + topics + flags), `crossed` ones
    (GROUPS, features, intents); both in half precision, which is plenty for a sum of hundreds."""

    grams: Mapping[str, Grams]
    shared: NDArray[np.float16]
    crossed: NDArray[np.float16]
    calibration: Calibration

    def take(self, reads: Sequence[Read]) -> Taken:
        views = [r.views for r in reads]
        return Taken(reads, take_views(self.grams, views), groups_of(views))

    def scores(self, taken: Taken) -> Scores:
        both = np.empty((len(taken.reads), self.shared.shape[1]))
        for row in range(len(both)):
            both[row] = self._weigh(taken, row)
        kinds_to = len(INTENTS) + len(KINDS)
        topics_to = kinds_to + len(TOPICS)
        return Scores(
            both[:, : len(INTENTS)],
            both[:, len(INTENTS) : kinds_to],
            both[:, kinds_to:topics_to],
            both[:, topics_to:],
            taken.groups[:, 0],
        )

    def _weigh(self, taken: Taken, row: int) -> Floats:
        """What the linear map gives mail `row`, and for intents its groups' own weights besides."""
        here = list(self._features_of(taken, row, VIEWS))
        indices = np.concatenate([start + found for _, start, _, found, _ in here])
        data = np.concatenate([values for *_, values in here]).astype(np.float32)
        # Only the weights of features that occur are widened.
        said = data @ self.shared.take(indices, axis=0).astype(np.float32) + self.shared[-1]
        again = [f for f in here if f[0] in CROSSED]
        indices = np.concatenate([start + found for _, _, start, found, _ in again])
        data = np.concatenate([values for *_, values in again]).astype(np.float32)
        for group in taken.groups[row]:
            if group >= 0:
                said[: len(INTENTS)] += data @ self.crossed[group].take(indices, axis=0).astype(np.float32)
        return np.asarray(said, dtype=np.float64)

    def chances(self, taken: Taken) -> Chances:
        return self.calibration.chances(self.scores(taken))

    def spoke_for(self, taken: Taken, row: int, intent: Intent, many: int = 4) -> tuple[str, ...]:
        """The words of mail `row` that weighed most for `intent` against the other intents, strongest first."""
        column = INTENTS.index(intent)
        groups = [int(group) for group in taken.groups[row] if group >= 0]
        pulls = []
        for name, start, crossed_start, indices, data in self._features_of(taken, row, _SPEAKING):
            weights = self.shared.take(start + indices, axis=0)[:, : len(INTENTS)].astype(np.float32)
            if name in CROSSED:
                for group in groups:
                    weights += self.crossed[group].take(crossed_start + indices, axis=0)
            pulls.append((name, indices, data * _against(weights, column)))
        return name_features(self._strongest(pulls), taken.reads[row], many)

    def raised(self, taken: Taken, row: int, flag: Flag, many: int = 3) -> tuple[str, ...]:
        """The words of mail `row` that weighed most for `flag`, strongest first."""
        column = len(INTENTS) + len(KINDS) + len(TOPICS) + FLAGS.index(flag)
        pulls = [
            (name, indices, data * self.shared[start + indices, column])
            for name, start, _, indices, data in self._features_of(taken, row, _SPEAKING)
        ]
        return name_features(self._strongest(pulls), taken.reads[row], many)

    def _features_of(
        self, taken: Taken, row: int, views: Sequence[str]
    ) -> Iterator[tuple[str, int, int, Places, Floats]]:
        """(view, where its weights start in `shared` and in `crossed`, indices, values) of `views`."""
        start = crossed_start = 0
        for name in VIEWS:
            block = taken.blocks[name]
            if name in views:
                there = block.row(row)
                yield name, start, crossed_start, block.indices[there], block.data[there]
            start += block.width
            crossed_start += block.width if name in CROSSED else 0

    def _strongest(self, pulls: Sequence[tuple[str, Places, Floats]]) -> Iterator[tuple[str, str]]:
        """(view, feature) of what pulls, hardest first; of each view only so many: no more can be shown."""
        found: list[tuple[float, str, int]] = []
        for name, indices, pull in pulls:
            hardest = np.argpartition(-pull, 25)[:25] if len(pull) > 25 else np.arange(len(pull))
            hardest = hardest[pull[hardest] > 0]
            found += zip((-pull[hardest]).tolist(), repeat(name), indices[hardest].tolist(), strict=False)
        for _, name, column in sorted(found):
            yield name, self.grams[name].term(column)


def _against(weights: NDArray[np.float32], column: int) -> NDArray[np.float32]:
    """The weights for one intent less the mean of those for the others."""
    many = weights.shape[1]
    return np.asarray(weights[:, column] * (many / (many - 1)) - weights.sum(axis=1) / (many - 1))


def fit(
    reads: Sequence[Read], labels: Labels, writers: Integers, judging: Bools, seed: int
) -> tuple[Model, Scores]:
    """Fit a model. `writers` numbers each mail's file (two at least); the scores returned are those of held-back
    writers, on which calibration was fitted (those of `judging` alone) and thresholds are to be chosen."""
    views = [r.views for r in reads]
    grams, blocks = fit_views(views)
    groups = groups_of(views)
    dual = dual_of(blocks, groups)
    fitted, held = dual.fit(labels, writers, groups[:, 0])
    shared_features, crossed_features = shared_rows(blocks), crossed_rows(blocks)
    # Dual to primal: the kernel's weights are folded in, so that a mail's features need no scaling.
    wanted = scales(blocks, WANTED)[:, None] * (shared_features.T @ np.hstack([fitted.intents, fitted.kinds]))
    about = scales(blocks, ABOUT)[:, None] * (shared_features.T @ fitted.about)
    crossed = np.zeros((len(GROUPS), crossed_features.shape[1], len(INTENTS)), dtype=np.float16)
    for number, group in enumerate(GROUPS):
        rows = np.flatnonzero((groups == number).any(axis=1))
        if len(rows):
            scale = crossed_scales(blocks) * (BY_STAGE if group in _FAMILY_NAMES else BY_SENDER)
            crossed[number] = scale[:, None] * (crossed_features[rows].T @ fitted.intents[rows])
    shared = np.hstack([wanted, about])
    judges = np.flatnonzero(judging)
    calibration = calibrate(held.of(judges), labels.of(judges), seed)
    return Model(grams, shared.astype(np.float16), crossed, calibration), held
