"""Which version of a policy governs. A case keeps the one that was in force on the day of its receipt: whoever
complained under one set of promises is not answered under another, also not after a landlord was forced to
promise less for a while (Code 8.5).

An interim policy is a version that ends: while it lasts it goes before the one that it interrupts, and after it
that one is in force again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Protocol, TypeVar


class Dated(Protocol):
    """Something that holds from a day and, unless None, to a day, both included."""

    @property
    def valid_from(self) -> dt.date: ...
    @property
    def valid_to(self) -> dt.date | None: ...


Version = TypeVar("Version", bound=Dated)


def holds(version: Dated, day: dt.date) -> bool:
    return version.valid_from <= day and (version.valid_to is None or day <= version.valid_to)


def in_force(versions: Sequence[Version], day: dt.date) -> Version:
    """The version in force on that day; of several the one that began last. Where none is, the last that had
    begun by then, and before any the first: somebody's complaint is never without a policy."""
    begun = [version for version in versions if version.valid_from <= day]
    fitting = [version for version in begun if holds(version, day)] or begun
    if fitting:
        return max(fitting, key=lambda version: version.valid_from)
    return min(versions, key=lambda version: version.valid_from)
