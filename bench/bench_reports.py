"""How long the reports take on a year of work that lies in a real database.

    python bench/bench_reports.py                 # 2,000 first mails in a year, in SQLite
    python bench/bench_reports.py --cases 10000

The year is played with a seed (mailbot/demo/year.py), each step recorded as the service records it; then each report is
gathered and written as `mailbot report` does it.
"""

from __future__ import annotations

import argparse
import datetime as dt
import resource
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from mailbot.casework.vocabulary import Case
from mailbot.demo.year import PEOPLE, Player
from mailbot.demo.year import Step as Played
from mailbot.places import config_dir
from mailbot.policyfile import load_policy
from mailbot.reporting import gather
from mailbot.reports import contents
from mailbot.reports.page import as_html
from mailbot.reports.periods import Cycle, last_ended
from mailbot.reports.plain import as_text
from mailbot.reports.sheets import sheets
from mailbot.scenarios.rig import common_settings
from storage import open_store
from storage.rows import Step

FIRST, LAST, TODAY = dt.date(2025, 4, 1), dt.date(2026, 3, 31), dt.date(2026, 4, 1)


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--cases", type=int, default=2_000)
    options.add_argument("--seed", type=int, default=7)
    told = options.parse_args()
    policy = load_policy("code-2024", config_dir() / "policies")
    settings = replace(common_settings(), people=PEOPLE)
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{Path(folder, 'mailbot.db')}")
        store.upgrade()

        def record(step: Played) -> Case | None:
            with store.begin() as work:
                if step.serial:
                    work.peek_reference(step.serial[0])
                return work.record(
                    Step(step.event.at, step.who, step.before, step.decision, step.event, serial=step.serial)
                )

        began = time.perf_counter()
        year = Player((policy,), FIRST, LAST, told.seed, TODAY, record).play(told.cases)
        spent = time.perf_counter() - began
        print(f"{len(year.cases):,} cases, {len(year.lines):,} steps recorded in {spent:.1f} s")
        for cycle in Cycle:
            began = time.perf_counter()
            with store.read() as work:
                facts = gather(work, settings, cycle, TODAY)
            gathered = time.perf_counter()
            paper = contents.report(facts, last_ended(cycle, TODAY))
            counted = time.perf_counter()
            as_text(paper), as_html(paper), sheets(paper, facts.rows)
            written = time.perf_counter()
            print(
                f"{cycle:12} gathered in {gathered - began:5.1f} s, counted in {counted - gathered:5.1f} s, "
                f"written in {written - counted:5.1f} s"
            )
        store.close()
    print(f"most memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB")


if __name__ == "__main__":
    main()
