"""What the benches share: a landlord, a service on a database of either kind, a relay that swallows letters, and the
means of measuring. Processor time is of this process alone: another one's work, and PostgreSQL's, is not in it."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import logging
import multiprocessing
import resource
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from aiosmtpd import smtp
from aiosmtpd.handlers import Sink as SinkHandler
from generated_mail import APART, BEGIN

from mailbot import settings
from mailbot.clock import SetClock
from mailbot.postroom.fetched import Fetched, Position
from mailbot.start import Parts, build
from storage import open_store

CONFIG = """
[landlord]
name = "Example Homes Limited"
phone = "020 7946 0100"
web = "https://www.examplehomes.example"
postal_address = "1 Example Street, Anytown AN1 1AA"
complaints_address = "complaints@examplehomes.example"
[[mailbox]]
name = "complaints"
address = "complaints@examplehomes.example"
[mailbox.imap]
host = "127.0.0.1"
port = 1
security = "none"
[smtp]
host = "127.0.0.1"
port = {port}
security = "none"
[trust]
authserv_id = "mx.examplehomes.example"
[limits]
letters_per_hour = 1000000
letters_per_day = 1000000
"""
STAFF = """
[[person]]
key = "priya"
name = "Priya Shah"
address = "priya.shah@examplehomes.example"
[[person]]
key = "tom"
name = "Tom Okafor"
address = "tom.okafor@examplehomes.example"
[[person]]
key = "helen"
name = "Helen Marsh"
address = "helen.marsh@examplehomes.example"
roles = ["stage2", "supervisor", "duty"]
"""
BATCH = 50


class World:
    """A service that takes mail. Its clock goes with the mail's own dates."""

    def __init__(self, parts: Parts, clock: SetClock) -> None:
        self.parts, self.clock, self.service, self.store = parts, clock, parts.service, parts.store
        self.uid = 0
        self._keeper = self.service.keeper("complaints")
        self._keeper.begin_at("complaints", Position(1, 0))

    def keep(self, mails: Sequence[bytes]) -> None:
        batch = [
            Fetched("complaints", "INBOX", 1, uid, BEGIN + uid * APART, raw, len(raw), False, False)
            for uid, raw in enumerate(mails, self.uid + 1)
        ]
        self.uid += len(batch)
        self.clock.put(BEGIN + self.uid * APART)
        self._keeper.keep(batch, Position(1, self.uid))
        self._keeper.looked("complaints", self.clock.now())

    def attend(self) -> None:
        while self.service.attend(BATCH):
            pass

    def take(self, mails: Sequence[bytes]) -> None:
        """The whole path: kept in looks of 50, each attended to, its letters queued."""
        for start in range(0, len(mails), BATCH):
            self.keep(mails[start : start + BATCH])
            self.attend()

    def tick(self) -> int:
        done = 0
        while fell := self.service.tick():
            done += len(fell)
        return done

    def dispatch(self) -> int:
        done = 0
        while sent := self.service.dispatch(BATCH):
            done += len(sent)
        return done


@contextlib.contextmanager
def world(url: str = "", at: dt.datetime = BEGIN) -> Iterator[World]:
    """A service on this database, or on a SQLite file of its own."""
    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "mailbot.toml").write_text(CONFIG.format(port=_sink()))
        (Path(folder) / "staff.toml").write_text(STAFF)
        configured = settings.load(Path(folder))
        store = open_store(url or configured.database.url)
        store.upgrade()
        clock = SetClock(at)
        parts = build(configured, store, clock)
        try:
            yield World(parts, clock)
        finally:
            parts.close()


@contextlib.contextmanager
def databases() -> Iterator[dict[str, Callable[[], str]]]:
    """What gives a fresh database of each kind: "" stands for a SQLite file. PostgreSQL is the one of the tests."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
    from doors.postgres import Postgres, PostgresMissing

    server = Postgres()
    try:
        server.start()
    except PostgresMissing as missing:
        print(f"without PostgreSQL: {missing}", file=sys.stderr)
        yield {"SQLite": str}
        return
    try:
        yield {"SQLite": str, "PostgreSQL": server.fresh_database}
    finally:
        server.throw_away()


def _sink() -> int:
    """An SMTP server that takes every letter and forgets it, in a process of its own, so that its work is not
    counted as ours. Gives its port."""
    listening = socket.create_server(("127.0.0.1", 0))
    child = multiprocessing.get_context("fork").Process(target=_take_letters, args=(listening,), daemon=True)
    child.start()
    return int(listening.getsockname()[1])


def _take_letters(listening: socket.socket) -> None:
    async def serve() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: smtp.SMTP(SinkHandler()), sock=listening)
        await server.serve_forever()

    asyncio.run(serve())


def processor_ms(work: Callable[[], object]) -> float:
    begun = time.process_time()
    work()
    return 1000 * (time.process_time() - begun)


def resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def whole_numbers(text: str) -> list[int]:
    """ "0,1000" as numbers."""
    return [int(word) for word in text.split(",")]
