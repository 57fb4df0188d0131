"""What a mail costs here, at Roundup's mail gateway and at django-helpdesk's get_email, and at the least it could.

    python bench/bench_peers.py                                    # 2,000 mails at 0, 10,000 and 100,000 cases
    python bench/bench_peers.py --mails 200 --cases 0,1000         # a few minutes
    python bench/bench_peers.py --without-peers                    # ours and the floor alone

All take the same generated mail (generated_mail.py), one chunk after the other in turns, so that what else the machine
does falls on all alike. Told is the processor time a mail of each one's own process, as the median over the chunks,
start-up apart. Ours: kept, read, screened, threaded, classified, decided, recorded durably, letters queued. The
floor: the same mails read and classified together, and one durable commit of five rows each. Peers write their letters
to files; ours are written when they are handed over, which is told apart (`dispatch`). They come from the package
registry into environments of their own, made on first use in the cache folder (MAILBOT_BENCH_CACHE, else
~/.cache/mailbot-bench); for PostgreSQL the server of the tests is started.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from filling import fill
from generated_mail import varied_mails
from worlds import databases, processor_ms, whole_numbers, world

import classifiers
from mailbot.casework.vocabulary import Stage
from mailbot.postroom.reading import read
from mailbot.start import shipped_chain

PEERS = {
    "Roundup": ("roundup_worker.py", ("roundup==2.6.0", "psycopg2-binary")),
    "django-helpdesk": ("helpdesk_worker.py", ("django-helpdesk==2.6.1", "psycopg[binary]")),
}
CHUNK = 100


class Peer:
    """Another system, in a process and an environment of its own."""

    def __init__(self, name: str, folder: Path, url: str) -> None:
        script, needs = PEERS[name]
        command = [str(_environment(name, needs)), str(Path(__file__).parent / "peers" / script)]
        self._folder = folder
        self._process = subprocess.Popen(
            [*command, str(folder / "home"), url or "sqlite:///"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.version = str(self._answer()["version"])

    def ask(self, line: str) -> dict[str, float]:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        return self._answer()

    def take(self, mails: Sequence[bytes]) -> float:
        """Milliseconds of processor time."""
        with tempfile.TemporaryDirectory(dir=self._folder) as inbox:
            for n, raw in enumerate(mails):
                Path(inbox, f"{n:05}.eml").write_bytes(raw)
            told = self.ask(f"take {inbox}")
        assert told["mails"] == len(mails) and not told.get("left"), f"not all were taken: {told}"
        return 1000 * told["cpu"]

    def _answer(self) -> dict[str, float]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the process ended ({self._process.wait()})")
        return dict(json.loads(line))

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(60)


def _environment(name: str, needs: tuple[str, ...]) -> Path:
    """The Python of the peer's own virtual environment, made where there is none."""
    cache = Path(os.environ.get("MAILBOT_BENCH_CACHE") or Path.home() / ".cache" / "mailbot-bench")
    folder = cache / name
    python, made = folder / "bin" / "python", folder / ".installed"
    wanted = "\n".join(needs)
    if not made.exists() or made.read_text() != wanted:
        print(f"installing {', '.join(needs)} into {folder}", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *needs], check=True)
        made.write_text(wanted)
    return python


class Floor:
    """The least that any way could cost: read and classify together, one durable commit for all."""

    def __init__(self, folder: Path) -> None:
        self._chain = shipped_chain()
        self._database = sqlite3.connect(folder / "floor.db", isolation_level=None)
        self._database.executescript(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
            "CREATE TABLE mails (raw); CREATE TABLE cases (body); CREATE TABLE timers (body);"
            "CREATE TABLE letters (body); CREATE TABLE journal (body);"
        )

    def take(self, mails: Sequence[bytes]) -> float:
        return processor_ms(lambda: self._take(mails))

    def _take(self, raws: Sequence[bytes]) -> None:
        for start in range(0, len(raws), 50):
            some = raws[start : start + 50]
            mails = [read(raw) for raw in some]
            asks = [
                classifiers.Ask(text=mail.new_text, subject=mail.subject, stage=Stage.NONE) for mail in mails
            ]
            verdicts = self._chain.read_many(asks)
            self._database.execute("BEGIN IMMEDIATE")
            self._database.executemany("INSERT INTO mails VALUES (?)", [(raw,) for raw in some])
            bodies = [
                (f"{mail.text} {verdict.intent}",) for mail, verdict in zip(mails, verdicts, strict=True)
            ]
            for table in ("cases", "timers", "letters", "journal"):
                self._database.executemany(f"INSERT INTO {table} VALUES (?)", bodies)
            self._database.execute("COMMIT")


@dataclass
class Entrant:
    name: str
    take: Callable[[Sequence[bytes]], float]
    every: int = 1  # takes part in each so manieth chunk
    per_mail: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        return statistics.median(self.per_mail)


@contextlib.contextmanager
def entrants(
    kind: str, fresh: Callable[[], str], existing: int, peers: bool, every: int
) -> Iterator[list[Entrant]]:
    """All who take part at this number of existing cases, on this kind of database."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        ours = stack.enter_context(world(fresh()))
        fill(ours, existing)
        found = [Entrant("mailbot", lambda mails: processor_ms(lambda: ours.take(mails)))]
        if kind == "SQLite":
            found.append(Entrant("floor", Floor(folder).take))
        for name in PEERS if peers else ():
            home = folder / name
            home.mkdir()
            peer = Peer(name, home, fresh())
            stack.callback(peer.close)
            if existing:
                peer.ask(f"fill {existing}")
            found.append(Entrant(f"{name} {peer.version}", peer.take, every))
        yield found
        sent = 0

        def dispatch() -> None:
            nonlocal sent
            sent = ours.dispatch()

        # Made once a working day, with whichever dispatch comes first.
        lists = processor_ms(ours.service.worklists)
        spent = processor_ms(dispatch)
        print(f"  the morning's lists of all open cases, once a working day: {lists:.0f} ms")
        print(
            f"  dispatch, the letter written and handed over: {spent / max(sent, 1):.2f} ms a letter ({sent:,})"
        )


def measure(mails: Sequence[bytes], taking: list[Entrant], peer_mails: int) -> None:
    for one in taking:  # what is compiled and cached at first is start-up
        one.take(mails[:20])
    for turn, start in enumerate(range(20, len(mails), CHUNK)):
        chunk = mails[start : start + CHUNK]
        for one in taking:
            if turn % one.every == 0 and (one.every == 1 or len(one.per_mail) * CHUNK < peer_mails):
                one.per_mail.append(one.take(chunk) / len(chunk))


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--mails", type=int, default=2_000)
    options.add_argument("--cases", type=whole_numbers, default=[0, 10_000, 100_000])
    options.add_argument("--peer-mails", type=int, default=600, help="so many of them go to the peers too")
    options.add_argument("--without-peers", action="store_true")
    options.add_argument("--databases", default="SQLite,PostgreSQL")
    told = options.parse_args()
    mails = list(varied_mails(told.mails + 20))
    size = sum(map(len, mails)) / len(mails)
    print(
        f"{told.mails:,} mails of {size / 1000:.0f} kB on average; processor ms a mail, medians of chunks of {CHUNK}"
    )
    every = max(1, told.mails // max(told.peer_mails, CHUNK))
    at_nought: dict[str, float] = {}
    with databases() as kinds:
        for existing in told.cases:
            for kind in (k for k in kinds if k in told.databases.split(",")):
                print(f"{existing:,} existing cases, {kind}", flush=True)
                with entrants(kind, kinds[kind], existing, not told.without_peers, every) as taking:
                    measure(mails, taking, told.peer_mails)
                    report(taking, existing, kind, at_nought)


def report(taking: list[Entrant], existing: int, kind: str, at_nought: dict[str, float]) -> None:
    ours, *others = taking
    at_nought.setdefault(kind, ours.median)
    for one in taking:
        ratio = "" if one is ours else f"   mailbot is {ours.median / one.median:.2f} of it"
        print(f"  {one.name:24} {one.median:8.2f}{ratio}")
    if peers := [one for one in others if one.name != "floor"]:
        better = min(peers, key=lambda one: one.median)
        print(f"  1/{better.median / ours.median:.1f} of the better of the peers ({better.name})")
    print(f"  {ours.median / at_nought[kind]:.2f} times its own at the first number of cases", flush=True)


if __name__ == "__main__":
    main()
