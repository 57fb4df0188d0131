"""What the pages have people type: every `mailbot ...` of every page, and what its placeholders are filled with."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Final

from commands_places import CHECKOUT, DOCS

PAGES: Final = (
    *(CHECKOUT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")),
    *sorted(DOCS.glob("*.md")),
)

_DAEMON = "test_the_daemon_starts_without_its_servers_logs_no_resident_and_stops_on_sigterm"
_LEARNS = "trains for minutes; test_a_model_that_guards_no_worse_is_installed_and_the_old_one_kept"
_MOVES = "needs a PostgreSQL; test_everything_goes_on_in_postgresql_as_if_it_had_never_moved"
NOT_RUN: Final = {
    "run": f"runs until it is stopped; {_DAEMON}",
    "run --config ours": f"runs until it is stopped; {_DAEMON}",
    "run --config /etc/mailbot": f"runs until it is stopped; {_DAEMON}",
    "db move": _MOVES,
    "db move /var/lib/mailbot/mailbot.db": _MOVES,
    "db move --from-env OLD_DATABASE_URL": _MOVES,
    "train": "trains for half a minute; test_a_model_from_own_files_can_be_evaluated_and_refused_if_spoilt",
    "train --decisions": _LEARNS,
    "train --decisions --config /etc/mailbot --report report.html": _LEARNS,
}
"""What is not typed, why, and the test that does it in another way."""

REFUSES: Final = {
    "health": (1, "STANDS STILL  heartbeat"),  # no daemon runs here
    "person erase ADDRESS": (1, "CC-2026-000001-4 is open"),
    "case move feedback --into complaints": (2, "no case belongs to a mailbox 'feedback'"),
    "restore now.zip": (2, "With --replace it is put aside"),
    "config check --config ours": (2, "MAILBOT_IMAP_PASSWORD"),
}
"""Commands that end with another code than 0 in the office of the tests, as their pages say, and what they say."""

PLACES: Final = {"/etc/mailbot": "etc", "/var/backups/mailbot": "backups", "demo-out/mailbot": "config"}
STANDS_FOR: Final = {
    "REF": "cc-2026-1",
    "2026-7": "cc-2026-1",
    "FILE.zip": "pack.zip",
    "FILE.eml": "leak.eml",
    "FILE.html": "today.html",
    "ADDRESS": "jo.finch@example.com",
    "ID": "mtvh",
}
"""A word of a page, and what is typed for it."""

_ANSWERS = (
    '--name "Quayside Homes" --phone "0191 496 0000" --web https://quayside.example --postal-address "1 Quay" '
    '--address complaints@quayside.example --supervisor "Helen Marsh <helen@quayside.example>" '
    '--handler "Priya Shah <priya@quayside.example>"'
)
IN_FULL: Final = {
    "init": f"init fresh {_ANSWERS}",
    "init ours": f"init fresh {_ANSWERS}",
    "init ours --provider microsoft": f"init with-microsoft --provider microsoft {_ANSWERS}",
    "init ours --provider google": f"init with-google --provider google {_ANSWERS}",
    "init /etc/mailbot": f"init /etc/mailbot {_ANSWERS}",
    "doctor": "doctor --config ours",
    "once": "once --since 2026-12-01",
    "case show": "case show cc-2026-1",
    "case hold": 'case hold cc-2026-1 --because "claim issued in the county court"',
    "case export": "case export cc-2026-1 --to pack.zip",
    "case export --check": "case export --check pack.zip",
    "person export": "person export jo.finch@example.com --to jo.zip",
    "person export ADDRESS": "person export jo.finch@example.com --to jo.zip",
    "quarantine show": "quarantine show MAIL",
    "quarantine release": "quarantine release MAIL",
    "policy coverage": "policy coverage mtvh",
    "policy new ID": "policy new ours",
    "replay EXPORT": "replay export.mbox --policy mtvh --html report.html",
    "read FILE": "read leak.eml",
    "simulate": "simulate christmas.txt",
    "letters copy closure": "letters copy closure --config ours",
    "letters copy --language cy": "letters copy --language cy --config ours",
    "letters copy closure --language pl": "letters copy closure --language pl --config ours",
    "backup": "backup now.zip",
    "backup before.zip": "backup now.zip",
    "backup FILE|DIR": "backup now.zip",
    "restore FILE": "restore now.zip --replace",
    "letters send NUMBER": "letters send HELD",
    'letters drop NUMBER --because "..."': 'letters drop HELD --because "she rang"',
    "journal verify --witness": "journal verify --witness SEAL",
    'journal verify --witness "8f3a c01b"': "journal verify --witness SEAL",
    "report quarterly --for 2026-Q3": "report quarterly --html quarter.html",
}
"""What a sentence names without what it is used on, or asks at a terminal; HELD, MAIL and SEAL are looked up."""


def in_blocks(page: Path) -> list[str]:
    """Every command of the page's code blocks, in their order; of a line of cron what it starts."""
    blocks = re.findall(r"^```\w*\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)
    starts = r"\s*(?:\$ |[\d*]+(?: [\d*]+){4} +|sudo env \S+ )?(?:\S*/)?mailbot ([a-z-].*)"
    typed = (re.match(starts, line) for block in blocks for line in block.splitlines())
    return [found[1].partition(" # ")[0].strip() for found in typed if found]


def in_words(page: Path) -> list[str]:
    """Every command that a sentence names."""
    prose = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)
    return [" ".join(words.split()) for words in re.findall(r"`(?:\S*/)?mailbot ([a-z-][^`]*)`", prose)]


def words_of(line: str) -> tuple[str, ...]:
    """What is typed for it, word by word."""
    return tuple(STANDS_FOR.get(w, PLACES.get(w, w)) for w in shlex.split(IN_FULL.get(line, line)))
