"""What a mail costs: 1,000 mixed mails of the shipped corpus through the whole path, in one process on SQLite.

    python bench/bench_intake.py [MAILS] [--profile]

Prints processor time a mail of each verb, memory, and what attending costs beyond reading and classifying the
same mails alone in the same run. The ratio is the figure to compare between machines. With --profile the verb
`attend` runs under cProfile (which makes it dearer), and its dearest functions are listed.
"""

from __future__ import annotations

import asyncio
import cProfile
import datetime as dt
import json
import multiprocessing
import pstats
import resource
import socket
import sys
import tempfile
import time
from collections.abc import Callable
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

from aiosmtpd import smtp
from aiosmtpd.handlers import Sink as SinkHandler

import classifiers
from mailbot import settings
from mailbot.casework.vocabulary import Stage
from mailbot.clock import SetClock
from mailbot.postroom.imap import Fetched, Position
from mailbot.postroom.reading import read
from mailbot.postroom.screening import screen
from mailbot.start import build, shipped_chain
from storage import LetterState, open_store

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
letters_per_hour = 100000
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
AT = dt.datetime(2026, 3, 2, 10, 0, tzinfo=dt.UTC)
BATCH = 50


def sink() -> int:
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


def mixed_mails(number: int) -> list[bytes]:
    """The corpus as mail, each from a writer of its own, with some mail of machines between."""
    folder = Path(classifiers.__file__).parent / "corpus"
    lines = [
        json.loads(line) for f in sorted(folder.glob("*.jsonl")) for line in f.read_text("utf-8").splitlines()
    ]
    mails = []
    for n in range(number):
        line = lines[n * 7 % len(lines)]
        message = EmailMessage(policy=SMTP)
        message["From"] = f"Writer {n} <writer{n}@example.com>"
        message["To"] = "complaints@examplehomes.example"
        message["Subject"] = line["subject"] or "(none)"
        message["Date"] = AT
        message["Message-ID"] = f"<{n}@mail.example.com>"
        if n % 20 == 0:
            message["Auto-Submitted"] = "auto-replied"
        message.set_content(line["body"])
        mails.append(message.as_bytes())
    return mails


def processor_ms(work: Callable[[], object]) -> float:
    begun = time.process_time()
    work()
    return 1000 * (time.process_time() - begun)


def resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def main(number: int, profile: bool) -> None:
    mails = mixed_mails(number)
    port = sink()
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "mailbot.toml").write_text(CONFIG.format(port=port))
        (Path(folder) / "staff.toml").write_text(STAFF)
        configured = settings.load(Path(folder))
        store = open_store(configured.database.url)
        store.upgrade()
        parts = build(configured, store, SetClock(AT))
        service = parts.service
        keeper = service.keeper("complaints")
        keeper.begin_at("complaints", Position(1, 0))
        chain = shipped_chain()  # the one that the service reads with: a second would count twice
        chain.read(classifiers.Ask(text="warm", subject="", stage=Stage.NONE))
        before = resident_mb()

        def bare() -> None:
            for raw in mails:
                mail = read(raw)
                if not screen(mail, frozenset()).automatic:
                    chain.read(classifiers.Ask(text=mail.text, subject=mail.subject, stage=Stage.NONE))

        def keep() -> None:
            for start in range(0, number, BATCH):
                batch = [
                    Fetched("complaints", "INBOX", 1, uid, AT, raw, len(raw), False, False)
                    for uid, raw in enumerate(mails[start : start + BATCH], start + 1)
                ]
                keeper.keep(batch, Position(1, start + len(batch)))
            keeper.looked("complaints", AT)

        def attend() -> None:
            while service.attend(BATCH):
                pass

        def tick() -> None:
            while service.tick():
                pass

        def dispatch() -> None:
            while service.dispatch(BATCH):
                pass

        bare_ms = processor_ms(bare)
        keep_ms = processor_ms(keep)
        profiler = cProfile.Profile()
        attend_ms = processor_ms(lambda: profiler.runcall(attend) if profile else attend())
        tick_ms = processor_ms(tick)
        wall = time.perf_counter()
        dispatch_ms = processor_ms(dispatch)
        seconds = time.perf_counter() - wall
        with store.read() as work:
            states, letters, cases = work.mails_by_state(), work.letters_by_state(), len(work.cases())
        sent = letters[LetterState.SENT]
        assert sum(states.values()) == number, "a mail is lost or doubled"
        assert sent == sum(letters.values()), "a letter did not go out"
        parts.close()
    print(f"{number} mails, {cases} cases, {sent} letters; {sys.version.split()[0]}")
    print(f"  keep       {keep_ms / number:7.2f} ms of processor a mail")
    print(f"  attend     {attend_ms / number:7.2f} ms a mail")
    print(f"  tick       {tick_ms / number:7.2f} ms a mail")
    print(f"  dispatch   {dispatch_ms / sent:7.2f} ms a letter; {sent / seconds:.0f} letters a second")
    print(f"  bare       {bare_ms / number:7.2f} ms a mail: reading, screening and classifying alone")
    print(f"  attend : bare = {attend_ms / bare_ms:.2f}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    print(f"  memory     {before:.0f} MB with the model, {resident_mb():.0f} MB after, {peak:.0f} MB at most")
    if profile:
        pstats.Stats(profiler).sort_stats("tottime").print_stats(25)
        pstats.Stats(profiler).sort_stats("cumulative").print_stats(60)


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:] if word.isdigit()]
    main(numbers[0] if numbers else 1000, "--profile" in sys.argv)
