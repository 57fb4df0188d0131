"""Makes the database of a version, for `test_journey_upgrade`: two weeks of mail, worked on by the code as it stands.

    OUT=tests/storage/versions/0006.json.xz python -m pytest -q tests/journeys/make_version.py

To be run on the last commit before a new migration; the file is named after the revision that the database then has.
"""

from __future__ import annotations

import base64
import json
import lzma
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

from conftest import COMPLAINT, ESCALATION, JO, REQUEST, SAM, House
from doors.embedded import Embedded


def test_make_it(make_house: Callable[..., House], embedded_mail: Embedded) -> None:
    house = make_house(embedded_mail)
    house.write(JO, COMPLAINT)
    house.turn()
    house.write("kim@example.com", REQUEST, subject="Key fob")
    house.write("lee@example.com", "About the windows: well. Flat 9", subject="Windows")
    ill = COMPLAINT.replace("kitchen", "hall").replace("five", "six") + "\nMy baby is ill from the mould."
    house.write("pat@example.com", ill, subject="Hall")
    bulk = {"List-Id": "<news.shop.example>", "Precedence": "bulk"}
    house.write("news@shop.example", "Buy now", subject="Offers", headers=bulk)
    house.write("ann@example.com", "", raw=b"Subject: no sender at all\r\n\r\nHello\r\n")
    house.turn()
    house.go_to("2026-03-04", "10:00")
    assigned = next(r for r in house.letters(SAM, "case_assigned") if "eak" in r.text)
    for words in (
        "#contacted by phone",
        "#action replace the seal by 20 March 2026",
        "#note she works nights",
    ):
        house.write(SAM, f"{words}\n", answers=assigned)
        house.turn()
    house.write(JO, "Thank you, and the pipe drips again.", answers=house.last(JO, "acknowledgement"))
    house.turn()
    house.go_to("2026-03-10", "10:00")
    house.write(SAM, "#respond upheld\n\nWe are sorry. The pipe was mended on Monday.\n", answers=assigned)
    house.turn()
    house.go_to("2026-03-12", "10:00")
    house.write(JO, ESCALATION, answers=house.last(JO, "response"))
    house.turn()
    house.go_to("2026-03-17", "09:00")
    house.stop()
    Path(os.environ["OUT"]).write_bytes(packed(house.url.removeprefix("sqlite:///")))


def packed(file: str) -> bytes:
    """Every row of every table, as JSON."""
    raw = sqlite3.connect(file)
    raw.row_factory = sqlite3.Row
    there = raw.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    told = {
        name: [_row(row) for row in raw.execute(f"SELECT * FROM {name} ORDER BY rowid")]
        for (name,) in there.fetchall()
    }
    raw.close()
    return lzma.compress(json.dumps(told, indent=0, sort_keys=True).encode(), preset=9)


def _row(row: sqlite3.Row) -> dict[str, Any]:
    return {
        k: {"base64": base64.b64encode(v).decode()} if isinstance(v, bytes) else v
        for k, v in dict(row).items()
    }
