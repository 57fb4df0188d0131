"""What each handler has open, counted as cases change and not by looking through them all.

A step that changes who has a case, where it stands or its flags adds lines that say by how much; nobody waits for
anybody, as they would for a total that all change. Who asks sums the lines up, and folds them where there are many.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, insert, select, text

from mailbot.casework.allocation import Burden
from mailbot.casework.vocabulary import Case, Flag, Stage
from storage.ready import Ready
from storage.schema import burdens, cases
from storage.transaction import Transaction

_MOST_LINES = 40
"""Beyond so many lines more than needed they are folded: then each person has a line for each stage and each flag."""
_FOLDING = 0x6D626F6C64  # the advisory lock of who folds, on PostgreSQL

_LINES = Ready(select(burdens.c.handler, burdens.c.stage, burdens.c.flag, burdens.c.change))
_ADD = Ready(insert(burdens).inline())
_TAKE_ALL = delete(burdens).returning(burdens.c.handler, burdens.c.stage, burdens.c.flag, burdens.c.change)

Line = tuple[str, str, str]
"""Handler, stage, flag: one of the last two is "" """


class Burdens(Transaction):
    """The part of a unit of work that knows who has how much to do."""

    _summed: Counter[Line] | None = None  # as far as it was asked for in this transaction, and kept up since

    def burdens(self) -> dict[str, Burden]:
        """What each person has open, by the key of the person: as it was when this transaction first asked, and with
        what it has changed itself."""
        if self._summed is None:
            self._summed = self._sum_up()
        stages: dict[str, dict[Stage, int]] = {}
        flags: dict[str, dict[Flag, int]] = {}
        for (handler, stage, flag), count in self._summed.items():
            if not count:
                continue
            if stage:
                stages.setdefault(handler, {})[_STAGES[stage]] = count
            elif flag in _FLAGS:
                flags.setdefault(handler, {})[_FLAGS[flag]] = count
        return {handler: Burden(found, flags.get(handler, {})) for handler, found in stages.items()}

    def _sum_up(self) -> Counter[Line]:
        # Summed up here: where there is about a line for each sum, a database's sorting costs more than the lines.
        rows = _LINES.all(self._connection, {})
        summed: Counter[Line] = Counter()
        for handler, stage, flag, change in rows:
            summed[handler, stage, flag] += change
        if self._writes and len(rows) > _MOST_LINES + len(summed):
            self._fold()
        return summed

    def count_burdens_anew(self) -> None:
        """Count them from the cases themselves: once a day, so that no mistake lasts."""
        if (
            self._dialect == "postgresql"
        ):  # a step that is under way adds its lines before or after, not meanwhile
            self._connection.execute(text("LOCK TABLE burdens IN SHARE ROW EXCLUSIVE MODE"))
        counted: Counter[Line] = Counter()
        open_ones = select(cases.c.handler, cases.c.stage, cases.c.body).where(
            cases.c.stage != Stage.CLOSED.value, cases.c.handler != ""
        )
        for handler, stage, body in self._connection.execute(open_ones.execution_options(yield_per=1_000)):
            counted.update(_lines(handler, stage, _flags_in(body)))
        self._connection.execute(delete(burdens))
        self._add_lines(counted)
        self._summed = counted

    def _move_burden(self, before: Case | None, after: Case) -> None:
        """Note what a step has changed in who has what to do."""
        was, now = _lines_of(before) if before else [], _lines_of(after)
        if was == now:
            return
        changes = Counter(now)
        changes.subtract(was)
        self._add_lines(changes)
        if self._summed is not None:
            self._summed.update(changes)

    def _fold(self) -> None:
        if self._dialect == "postgresql":
            free = self._connection.execute(text(f"SELECT pg_try_advisory_xact_lock({_FOLDING})")).scalar()
            if not free:
                return  # somebody else is at it
        summed: Counter[Line] = Counter()
        for handler, stage, flag, change in self._connection.execute(_TAKE_ALL):
            summed[handler, stage, flag] += change
        self._add_lines(summed)

    def _add_lines(self, changes: Mapping[Line, int]) -> None:
        rows: list[dict[str, Any]] = [
            {"handler": handler, "stage": stage, "flag": flag, "change": change}
            for (handler, stage, flag), change in changes.items()
            if change
        ]
        _ADD.change_all(self._connection, rows)


def _flags_in(body: str) -> list[str]:
    """The flags in a case's row, none where it can't be read."""
    try:
        return [str(flag) for flag in json.loads(body)["flags"]]
    except (ValueError, TypeError, KeyError):
        return []


_FLAGS = {flag.value: flag for flag in Flag}
_STAGES = {stage.value: stage for stage in Stage}


def _lines_of(case: Case) -> list[Line]:
    if case.stage is Stage.CLOSED or not case.handler:
        return []
    return _lines(case.handler, case.stage.value, [flag.value for flag in case.flags])


def _lines(handler: str, stage: str, flags: Any) -> list[Line]:
    return [(handler, stage, ""), *((handler, "", flag) for flag in flags)]
