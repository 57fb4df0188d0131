"""What a check of a policy against the statutory Code finds, and the few words that its parts share."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from mailbot.casework.layers import Layer

Clauses: TypeAlias = tuple[str, ...]


class Kind(StrEnum):
    BREACH = "breach"  # the policy says what the Code forbids
    SILENT = "silent"  # the policy does not say what the Code asks for
    STRICTER = "stricter"  # the policy promises more: the promise is kept


class Severity(StrEnum):
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@dataclass(frozen=True)
class Finding:
    """One difference. `own` is empty where no clause of the landlord speaks of it."""

    kind: Kind
    severity: Severity
    subject: str
    own: Clauses
    says: str
    code: Clauses
    asks: str
    enforce: str


def speaks(own: Layer, words: str) -> bool:
    """Whether some clause says these words (a pattern, in either case)."""
    return any(re.search(words, clause.says, re.I | re.S) for clause in own.clauses)


def known(code: Layer, *clauses: str) -> Clauses:
    """Those that this edition of the Code holds."""
    held = {c.id for c in code.clauses}
    return tuple(c for c in clauses if c in held)


def each(*groups: Iterable[str]) -> Clauses:
    """Every clause once, in the order in which they come."""
    return tuple(dict.fromkeys(c for group in groups for c in group))
