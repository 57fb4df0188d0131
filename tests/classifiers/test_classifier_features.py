"""Features are what scikit-learn would count, and no pattern is left untried that would have matched."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer

from classifiers.corpus_reading import read_corpus, shipped_corpus
from classifiers.cues import CUES
from classifiers.grams import Recipe, Table, fit
from classifiers.model import RECIPES, matrix
from classifiers.sieve import Sieve
from classifiers.watchwords import WATCHWORDS
from classifiers.words import plain

PATTERNS = [pattern for _, pattern in CUES] + [w.pattern for w in WATCHWORDS]
MAILS = [plain(f"{m.ask.subject} . {m.ask.text}") for m in read_corpus(shipped_corpus()[:2])][:200]


@pytest.mark.parametrize(
    ("view", "like"),
    [
        (
            "words",
            {"ngram_range": (1, 3), "min_df": 2, "token_pattern": r"(?u)\b\w+\b|[?!]", "sublinear_tf": True},
        ),
        ("letters", {"analyzer": "char_wb", "ngram_range": (3, 5), "min_df": 5, "sublinear_tf": True}),
        ("cues", {"min_df": 2, "token_pattern": r"\S+", "binary": True}),
        ("standing", {"token_pattern": r"\S+", "use_idf": False, "norm": None}),
    ],
)
def test_features_are_those_of_scikit_learn(view: str, like: dict[str, object]) -> None:
    theirs = TfidfVectorizer(lowercase=False, **like)
    expected = theirs.fit_transform(MAILS)
    ours, found = fit(RECIPES[view], MAILS)
    places = [theirs.vocabulary_[ours.term(column)] for column in range(len(ours))]
    assert len(places) == expected.shape[1]
    assert abs(matrix(found) - expected[:, places]).max() < 1e-12
    unseen = ["ceiling's down, no-one came?! £40", "", "  ", "žluťoučký kůň 🐎 ring me"]
    assert abs(matrix(ours.take(unseen)) - theirs.transform(unseen)[:, places]).max() < 1e-12


def test_a_sequence_never_reaches_from_one_mail_into_the_next() -> None:
    ours, _ = fit(Recipe(str.split, longest=2), ["no heating", "heating off"])
    assert matrix(ours.take(["no", "heating", "off"])).getnnz(axis=1).tolist() == [1, 1, 1]


@given(
    st.lists(st.integers(1, 2**40), unique=True, max_size=60), st.lists(st.integers(1, 2**40), max_size=30)
)
def test_every_key_is_found_and_nothing_else(keys: list[int], others: list[int]) -> None:
    table = Table(np.array(sorted(keys), dtype=np.int64))
    assert table.places(table.keys).tolist() == list(range(len(keys)))
    absent = np.array([n for n in others if n not in keys], dtype=np.int64)
    assert (table.places(absent) == -1).all()


def test_the_sieve_lets_every_pattern_through_that_matches() -> None:
    sieve = Sieve(PATTERNS)
    tried = 0
    for text in MAILS:
        may = set(sieve.may_hold(text))
        tried += len(may)
        assert {n for n, pattern in enumerate(PATTERNS) if re.search(pattern, text, re.ASCII)} <= may
    assert tried < len(MAILS) * len(PATTERNS) / 3, "it saves nothing"


@given(
    st.sampled_from(PATTERNS).flatmap(lambda p: st.tuples(st.just(p), st.from_regex(re.compile(p, re.ASCII))))
)
def test_the_sieve_knows_what_a_pattern_must_hold_from_the_pattern_alone(made: tuple[str, str]) -> None:
    pattern, text = made
    read = plain(text)
    if re.search(pattern, read, re.ASCII):
        assert Sieve([pattern]).may_hold(read) == [0]


def test_a_pattern_that_could_be_anything_is_always_tried() -> None:
    assert Sieve([r"\d+", r"(?:gas)?", r"gas"]).may_hold("nothing of the kind") == [0, 1]
    assert Sieve([]).may_hold("gas") == []
