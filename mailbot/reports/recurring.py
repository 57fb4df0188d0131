"""What comes up more often than it used to: the same estate, the same contractor, the same topic.

The rule, printed beside every finding: this week's complaints and service requests are held against the mean of the
26 weeks before. If they came by chance at that rate (a Poisson process), how likely would so many or more be? What is
less likely than one in a hundred is named, if it is at least three. Half a case is added to the earlier ones, so that
something that never happened before is unusual and not impossible. With fewer than eight weeks of record nothing is
said. Pure arithmetic: it tells where to look, and not what is wrong there.
"""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from mailbot.reports.ledger import NOT_RECORDED, Row
from mailbot.reports.measures import Rows
from mailbot.reports.periods import Period

WEEKS: Final = 26
FEWEST_WEEKS: Final = 8
FEWEST: Final = 3
UNLIKELY: Final = 0.01
RULE: Final = (
    f"Named is what had at least {FEWEST} complaints or service requests this week, where so many or more would come "
    f"by chance in fewer than one week in a hundred at the rate of the {WEEKS} weeks before (Poisson; half a case is "
    "added to the earlier ones)."
)

_DIMENSIONS: Final[tuple[tuple[str, Callable[[Row], str]], ...]] = (
    ("Estate", lambda row: row.estate),
    ("Contractor", lambda row: row.contractor),
    ("Topic", lambda row: row.topic),
)


@dataclass(frozen=True)
class Finding:
    """`earlier` came in `weeks` weeks; `chance` is the probability of `cases` or more in a week at that rate."""

    dimension: str
    name: str
    cases: tuple[str, ...]
    earlier: int
    weeks: int
    chance: float

    @property
    def rate(self) -> float:
        return self.earlier / self.weeks

    @property
    def sentence(self) -> str:
        """Fulling Lane: 7 this week against 2.1 a week over the last 26 (55 in all); by chance ..."""
        often = f"less than once in {10 ** min(6, -math.ceil(math.log10(self.chance))):,} weeks"
        return (
            f"{self.dimension} {self.name}: {len(self.cases)} this week against {self.rate:.1f} a week over the last "
            f"{self.weeks} ({self.earlier:,} in all). By chance so many come {often} (p = {self.chance:.2g})."
        )


def at_least(n: int, rate: float) -> float:
    """The probability that a Poisson variable of this mean is n or more."""
    below, term = 0.0, math.exp(-rate)
    for k in range(n):
        below += term
        term *= rate / (k + 1)
    if below < 0.999999:
        return max(0.0, 1.0 - below)
    return _tail(n, rate)  # too near to one to be taken from it


def _tail(n: int, rate: float) -> float:
    """The same for what is very unlikely, term by term."""
    term = math.exp(n * math.log(rate) - rate - math.lgamma(n + 1))
    total, k = 0.0, n
    while term > total * 1e-16:
        total += term
        k += 1
        term *= rate / k
    return total


def weeks_before(rows: Rows, week: Period) -> int:
    """How many weeks before this one are held against it: 26, or as many as there are; 0 where they are too few."""
    first = min((row.received for row in rows if row.counts or row.is_request), default=week.first)
    weeks = min(WEEKS, (week.first - first).days // 7)
    return weeks if weeks >= FEWEST_WEEKS else 0


def find(rows: Rows, week: Period) -> tuple[Finding, ...]:
    """What came up unusually often in this week, the most unlikely first."""
    counted = [row for row in rows if row.counts or row.is_request]
    weeks = weeks_before(rows, week)
    if not weeks:
        return ()
    since = week.first - dt.timedelta(weeks=weeks)
    found = []
    for dimension, of in _DIMENSIONS:
        earlier = Counter(of(row) for row in counted if since <= row.received < week.first)
        now: dict[str, list[str]] = {}
        for row in counted:
            if week.holds(row.received):
                now.setdefault(of(row), []).append(row.reference)
        for name, cases in now.items():
            if name == NOT_RECORDED or len(cases) < FEWEST:
                continue
            chance = at_least(len(cases), (earlier[name] + 0.5) / weeks)
            if chance < UNLIKELY:
                found.append(Finding(dimension, name, tuple(cases), earlier[name], weeks, chance))
    return tuple(sorted(found, key=lambda f: (f.chance, f.dimension, f.name)))
