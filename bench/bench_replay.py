"""How fast `mailbot replay` is: an export with mistakes in it, replayed in this process.

    python bench/bench_replay.py [MAILS]

Prints processor time a mail, what it comes to for 50,000 mails, and whether every planted mistake was found.
"""

from __future__ import annotations

import datetime as dt
import logging
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from export_with_faults import BOX, export, write_mbox

import classifiers
from mailbot.replay import comparing, landlord, playing
from mailbot.replay.sources import open_export


def main(mails: int) -> None:
    logging.disable(logging.WARNING)
    made, planted = export(mails)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "export.mbox")
        write_mbox(path, made)
        found = open_export(path, dt.datetime.now(dt.UTC) + dt.timedelta(days=3650))
        settings = landlord.settings_of(BOX, "code-2024", "enforce", None)
        chain = classifiers.ensure(None)
        cpu, clock = time.process_time(), time.perf_counter()
        replayed = playing.replay(found.mails, settings, chain)
        cpu, clock = time.process_time() - cpu, time.perf_counter() - clock
    box = settings.mailboxes[0]
    compared = comparing.compare(replayed, box.policy, box.policy.counting(settings.calendar))
    counted = Counter(finding.kind for finding in compared.findings)
    print(
        f"{planted.mails} mails ({len(replayed.came)} in, {len(replayed.went)} out), {len(replayed.cases)} cases"
    )
    print(
        f"{1000 * cpu / planted.mails:.1f} ms of processor time a mail; {planted.mails / clock:.0f} mails a second"
    )
    print(f"50,000 mails: {50_000 * cpu / planted.mails / 60:.1f} minutes of processor time")
    for kind, expected in (
        (comparing.Kind.LATE_ACKNOWLEDGEMENT, planted.late),
        (comparing.Kind.NEVER_ACKNOWLEDGED, planted.never),
        (comparing.Kind.ESCALATION_UNANSWERED, planted.unanswered),
        (comparing.Kind.WRONG_THREAD, planted.crossed),
    ):
        print(f"{kind.value}: {counted[kind]} found, {len(expected)} planted")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000)
