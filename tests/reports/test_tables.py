"""What a mail shows of very many rows."""

from __future__ import annotations

import weakref
from collections.abc import Iterator

from mailbot.reports.rows import MOST_ROWS, Row, Tables


def test_of_ten_thousand_rows_none_is_kept_that_no_mail_could_show_and_all_are_counted() -> None:
    alive: weakref.WeakSet[Row] = weakref.WeakSet()

    def rows() -> Iterator[Row]:
        for number in range(10_000):
            row = Row(f"CC-2026-{number:06}", "", ("Late by 3 working days",))
            alive.add(row)
            yield row

    tables = Tables()
    tables.add("Overdue", ("Case", "Late"), rows())
    assert len(alive) <= MOST_ROWS
    (table,), tight = tables.laid_out()
    assert tight and isinstance(table, dict)
    shown = len(table["rows"])
    assert 0 < shown < MOST_ROWS
    assert table["more"] == f"{10_000 - shown:,} more are not shown here."
