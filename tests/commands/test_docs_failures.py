"""docs/failures.md names a test for every failure, and each of them exists."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_test_and_mail_that_is_named_exists() -> None:
    page = (ROOT / "docs" / "failures.md").read_text("utf-8")
    tests = "\n".join(path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    named = set(re.findall(r"`(test_\w+)`", page))
    mails = set(re.findall(r"`([\w-]+\.eml)`", page))
    assert len(named) > 50
    assert sorted(name for name in named if f"def {name}(" not in tests) == []
    assert (
        sorted(mail for mail in mails if not (ROOT / "tests" / "postroom" / "mails" / mail).is_file()) == []
    )


def test_every_line_of_a_table_names_a_test() -> None:
    rows = [
        line
        for line in (ROOT / "docs" / "failures.md").read_text("utf-8").splitlines()
        if line.startswith("| ") and not line.startswith(("| what", "| ---"))
    ]
    assert len(rows) > 45
    assert [row for row in rows if not re.search(r"`(?:test_\w+|[\w-]+\.eml)`", row)] == []
