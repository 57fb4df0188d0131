"""A piece of work of a fixed size, to tell how fast this machine is just now: what else it does, and how it shares its
memory, makes a second of processor time worth more or less. Nothing of mailbot is in it, so that it stays the same."""

from __future__ import annotations

import re
import statistics
import time
from collections import Counter

YARD = 1 / 16
"""Seconds that it takes on the machine that bounds are told for."""
WORD = re.compile(r"[a-z]+")
LINE = "The lift is stuck again, and nobody came.\n"


def _one() -> float:
    begun = time.process_time()
    raw = (LINE * 20_000).encode().replace(b"\n", b"\r\n") * 8
    counted: Counter[str] = Counter()
    for line in raw.decode().split("\r\n")[:20_000]:
        for word in WORD.findall(line.lower()):
            counted[word] += 1
    assert counted["lift"] == 20_000
    return time.process_time() - begun


def as_seconds(spent: float) -> float:
    """Processor time that was spent just now, as it would be on that machine."""
    return spent * YARD / statistics.median(_one() for _ in range(3))
