"""How soon the service is there, and what it holds in memory.

    python bench/bench_start.py                    # memory over 2,000 mails
    python bench/bench_start.py --mails 50000      # some twenty minutes

`mailbot --help` and the daemon until it says that it is ready (sd_notify) are started anew, the median of five.
Memory is the resident size of a process that takes so many mails, works on what falls due and hands its letters over:
nobody answers, so that cases and reminders grow.
"""

from __future__ import annotations

import argparse
import os
import resource
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path

from generated_mail import varied_mails
from worlds import CONFIG, STAFF, resident_mb, world

from mailbot.memory import give_large_blocks_back

TIMES = 5


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--mails", type=int, default=2_000)
    told = options.parse_args()
    print(
        f"mailbot --help: {statistics.median(help_seconds() for _ in range(TIMES)):.2f} s of processor time"
    )
    ready()  # the first trains the classifier where this machine has none
    found = [ready() for _ in range(TIMES)]
    seconds, processor = (statistics.median(one[part] for one in found) for part in (0, 1))
    print(
        f"daemon ready: {seconds:.2f} s ({processor:.2f} s of processor time), {found[-1][2]:.0f} MB resident"
    )
    memory(told.mails)


def help_seconds() -> float:
    """Of processor time."""
    before = os.times()
    subprocess.run([sys.executable, "-m", "mailbot", "--help"], check=True, stdout=subprocess.DEVNULL)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def ready() -> tuple[float, float, float]:
    """Seconds until READY=1 by the wall clock and of processor time, and megabytes then."""
    with (
        tempfile.TemporaryDirectory() as folder,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening,
    ):
        (Path(folder) / "mailbot.toml").write_text(CONFIG.format(port=1))
        (Path(folder) / "staff.toml").write_text(STAFF)
        address = f"{folder}/notify"
        listening.bind(address)
        listening.settimeout(120)
        wall = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "mailbot", "run", "--config", folder],
            env={**os.environ, "NOTIFY_SOCKET": address},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=folder,
        )
        try:
            while listening.recv(4_096) != b"READY=1":
                pass
            seconds = time.perf_counter() - wall
            spent = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
            processor = (int(spent[11]) + int(spent[12])) / os.sysconf("SC_CLK_TCK")
            pages = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1])
            return seconds, processor, pages * os.sysconf("SC_PAGE_SIZE") / 1e6
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def memory(mails: int) -> None:
    """Resident megabytes at each tenth of the way, the most within each tenth beside it, and how many blocks Python
    holds: the resident size goes up and down with what the allocator keeps for the next mail, and what is never let go
    shows in the blocks."""
    give_large_blocks_back()  # as the daemon
    with world() as here:
        coming = varied_mails(mails)
        taken, tenth, most = 0, 1, 0.0
        while some := list(islice(coming, 50)):
            here.take(some)
            here.tick()
            here.dispatch()
            taken += len(some)
            most = max(most, resident_mb())
            if taken >= tenth * mails / 10:
                print(
                    f"{taken:,} mails: {resident_mb():.0f} MB resident, {most:.0f} at most, "
                    f"{sys.getallocatedblocks():,} blocks",
                    flush=True,
                )
                tenth, most = tenth + 1, 0.0
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
        print(f"the most at any moment: {peak:.0f} MB")


if __name__ == "__main__":
    main()
