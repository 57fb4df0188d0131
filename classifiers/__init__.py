"""Mail -> Verdict: what a message wants of the mailbox, what it is about, and what a person must know first.

A short chain: words that must never be missed (`sentinels`), a model trained from labelled mail (`model`), and
rules that hand what is unsure to a person (`chain`). The room promises that what may be a complaint, an
escalation or a hazard is never set aside without a person, that every decision names the words behind it, and
that a probability of 0.9 is right nine times in ten. It refuses model files that were altered or made by
another version.

Importing this package is cheap: numpy comes in with the first model, scikit-learn only where one is trained.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from classifiers.mistakes import ModelMistake
from classifiers.words import definition, outcome_sought

if TYPE_CHECKING:
    from classifiers.chain import Caution, Chain
    from classifiers.evaluation import Report, evaluate, leave_one_file_out
    from classifiers.features import Ask
    from classifiers.training import ensure, load, train

__all__ = [
    "Ask",
    "Caution",
    "Chain",
    "ModelMistake",
    "Report",
    "definition",
    "ensure",
    "evaluate",
    "leave_one_file_out",
    "load",
    "outcome_sought",
    "train",
]

_ROOMS = {
    "Ask": "features",
    "Caution": "chain",
    "Chain": "chain",
    "Report": "evaluation",
    "ensure": "training",
    "evaluate": "evaluation",
    "leave_one_file_out": "evaluation",
    "load": "training",
    "train": "training",
}


def __getattr__(name: str) -> Any:
    if name not in _ROOMS:
        raise AttributeError(f"module 'classifiers' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"classifiers.{_ROOMS[name]}"), name)
