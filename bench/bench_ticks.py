"""What the clock costs: a tick with nothing due among very many open cases, many timers due at once, the outbox's
hand-over rate, and the morning's digest.

    python bench/bench_ticks.py                                  # 1,000 and 100,000 open cases
    python bench/bench_ticks.py --cases 1000,1000000 --due 10000

Processor time of this process; ticks are told by the wall clock too, which on PostgreSQL is the server's work as well.
"""

from __future__ import annotations

import argparse
import datetime as dt
import statistics
import time

from filling import fill
from generated_mail import varied_mails
from sqlalchemy import select, update
from worlds import World, databases, processor_ms, resident_mb, whole_numbers, world

from storage import schema

TICKS = 300


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--cases", type=whole_numbers, default=[1_000, 100_000])
    options.add_argument("--due", type=int, default=1_000)
    options.add_argument("--mails", type=int, default=500)
    options.add_argument("--digest", type=int, default=5_000, help="so many open cases it tells of")
    options.add_argument("--databases", default="SQLite,PostgreSQL")
    told = options.parse_args()
    with databases() as kinds:
        for kind in (k for k in kinds if k in told.databases.split(",")):
            for existing in told.cases:
                with world(kinds[kind]()) as here:
                    fill(here, existing, history=False)
                    nothing_due(here, kind, existing)
            with world(kinds[kind]()) as here:
                due_against_mails(here, kind, told.due, told.mails)
            with world(kinds[kind]()) as here:
                digest(here, kind, told.digest)


def nothing_due(here: World, kind: str, existing: int) -> None:
    assert here.tick() == 0
    walls, begun = [], time.process_time()
    for _ in range(TICKS):
        wall = time.perf_counter()
        here.service.tick()
        walls.append(1000 * (time.perf_counter() - wall))
    spent = 1000 * (time.process_time() - begun) / TICKS
    print(
        f"{kind}, {existing:,} open cases, nothing due: {spent:.3f} ms of processor a tick, "
        f"{statistics.median(walls):.3f} ms by the wall clock",
        flush=True,
    )


def due_against_mails(here: World, kind: str, due: int, mails: int) -> None:
    """Timers that fall due together: the first kind of each filled case."""
    fill(here, due)
    here.take(list(varied_mails(50)))
    some = list(varied_mails(mails + 50))[50:]
    per_mail = processor_ms(lambda: here.take(some)) / len(some)
    timers = schema.timers
    with here.store.begin() as work:
        first = select(timers.c.timer).order_by(timers.c.due_at).limit(1)
        name = work._connection.execute(
            first.where(timers.c.due_at > here.clock.now() + dt.timedelta(days=300))
        ).scalar_one()
        moved = work._connection.execute(
            update(timers)
            .where(timers.c.timer == name, timers.c.due_at > here.clock.now() + dt.timedelta(days=300))
            .values(due_at=here.clock.now())
        ).rowcount
    done = 0

    def tick() -> None:
        nonlocal done
        done = here.tick()

    per_timer = processor_ms(tick) / max(done, 1)
    assert done >= moved, f"{moved} were due, {done} were worked on"
    print(f"{kind}, {done:,} due timers ({name}): {per_timer:.2f} ms each; a mail {per_mail:.2f} ms")
    wall, sent = time.perf_counter(), 0

    def dispatch() -> None:
        nonlocal sent
        sent = here.dispatch()

    per_letter = processor_ms(dispatch) / max(sent, 1)
    rate = sent / (time.perf_counter() - wall)
    print(f"{kind}, {sent:,} letters handed over: {per_letter:.2f} ms each, {rate:.0f} a second", flush=True)


def digest(here: World, kind: str, existing: int) -> None:
    fill(here, existing)
    here.clock.put(here.clock.now() + dt.timedelta(days=1))
    written = 0

    def write() -> None:
        nonlocal written
        written = here.service.digest()

    before = resident_mb()
    spent = processor_ms(write)
    print(
        f"{kind}, digest of {existing:,} open cases: {spent:.0f} ms ({written} written); "
        f"{before:.0f} MB resident before it, {resident_mb():.0f} after",
        flush=True,
    )


if __name__ == "__main__":
    main()
