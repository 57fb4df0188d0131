"""One model for the whole folder: trained on seven writers, so that the eighth can judge it."""

from __future__ import annotations

from pathlib import Path

import pytest

from classifiers.chain import Chain
from classifiers.corpus_reading import shipped_corpus
from classifiers.training import ensure

HELD_OUT = "train-h"


@pytest.fixture(scope="session")
def learnt_from() -> tuple[Path, ...]:
    return tuple(p for p in shipped_corpus() if p.stem != HELD_OUT)


@pytest.fixture(scope="session")
def held_out() -> Path:
    return next(p for p in shipped_corpus() if p.stem == HELD_OUT)


@pytest.fixture(scope="session")
def chain(
    tmp_path_factory: pytest.TempPathFactory, learnt_from: tuple[Path, ...], request: pytest.FixtureRequest
) -> Chain:
    # Workers of one run share the model: the first trains it, the others wait and load it.
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if hasattr(request.config, "workerinput") else base
    return ensure(shared / "classifier-cache", learnt_from)
