"""Features are what scikit-learn would count, and no pattern is left untried that would have matched."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer

from classifiers.corpus_reading import read_corpus, shipped_corpus
from classifiers.cues import CUES
from classifiers.grams import Recipe, Table, fit
from classifiers.model import RECIPES, matrix
from classifiers.phrasebook import Phrasebook, beginnings
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


def spans(hits: Iterable[re.Match[str]]) -> list[tuple[int, int]]:
    return [hit.span() for hit in hits]


def test_a_phrasebook_finds_what_the_patterns_find_and_tries_few_of_them() -> None:
    book = Phrasebook(PATTERNS)
    tried = 0
    for text in MAILS:
        page = book.open(text)
        tried += len(page.numbers)
        for number, pattern in enumerate(PATTERNS):
            expected = spans(re.finditer(pattern, text, re.ASCII))
            assert expected == (spans(page.hits(number)) if number in page.numbers else [])
    assert tried < len(MAILS) * len(PATTERNS) / 2, "it saves nothing"


@given(
    st.sampled_from(PATTERNS).flatmap(
        lambda p: st.tuples(st.just(p), st.from_regex(re.compile(p, re.ASCII)), st.sampled_from(MAILS))
    ),
    st.integers(0, 30),
)
def test_a_phrasebook_knows_how_matches_begin_from_the_pattern_alone(
    made: tuple[str, str, str], since: int
) -> None:
    pattern, phrase, mail = made
    text = plain(f"{phrase} {mail} {phrase}")
    page, expected = Phrasebook([pattern]).open(text), re.compile(pattern, re.ASCII)
    found = spans(page.hits(0, since)) if page.numbers else []
    assert found == spans(expected.finditer(text, since))
    first = expected.search(text, since)
    assert spans(filter(None, [page.first(0, since) if page.numbers else None])) == spans(
        filter(None, [first])
    )


def test_a_pattern_that_could_begin_anywhere_is_always_tried() -> None:
    book = Phrasebook(
        [r"\d+", r"(?:gas)?", r"gas", r"\b\w+ gas\b", r"\bgas|^no", r"\bgas\b", r"\b(?:gas|oil) fire"]
    )
    page = book.open("a gasman, no gas fire, 2 gas fires")
    assert list(page.numbers) == [0, 1, 2, 3, 4, 5, 6]
    assert spans(page.hits(2)) == [(2, 5), (13, 16), (25, 28)]
    assert spans(page.hits(5)) == [(13, 16), (25, 28)]
    assert spans(page.hits(6)) == [(13, 21), (25, 33)]
    assert list(book.open("nothing of the kind").numbers) == [0, 1, 2, 3, 4]
    assert list(Phrasebook([]).open("gas").numbers) == []


@pytest.mark.parametrize(
    ("pattern", "begins"),
    [
        (r"\b(?:no|never)\b", {"no", "neve"}),
        (r"\b(?:the )?(?:cat|[dh]og)s?\b", {"the ", "cat", "dog", "hog"}),
        (r"\b[0-9]\d?th\b", {*"0123456789"}),
        (r"\b(?:very ){0,3}cold\b(?! tap)", {"very", "cold"}),
        (r"(?<!not )\bgas\b", {"gas"}),
        (r"\b£40", None),
        (r"cold\b", None),
        (r"\b\w+ing\b", None),
        (r"\b(?:gas)?", None),
    ],
)
def test_how_matches_begin(pattern: str, begins: set[str] | None) -> None:
    assert beginnings(pattern) == begins
